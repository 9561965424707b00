//! The definition language: from the text of a file to a [`Definition`], with every fault at its place.
//!
//! `docs/language.md` says how to write one, `docs/meaning.md` what it means. Reading goes in steps: YAML with
//! places, a walk over that tree by hand (so that each fault knows its line and its cure), the
//! checks against other definitions and against the data.

mod behaviour;
mod check;
mod comparison;
mod criterion;
mod diagnostic;
mod document;
mod events;
pub mod examples;
pub mod keys;
pub mod limits;
mod mention;
mod print;
mod reader;
mod scalars;
mod schema;
mod score;
mod settings;
mod templates;
mod tree;
mod version;
mod warnings;

pub use check::{DERIVED_TRAITS, Known, check, check_workspace};
pub use diagnostic::{Code, Diagnostic, Place, Severity, nearest, render};
pub use document::parse;
pub use mention::{Mention, MentionOf, Section};
pub use print::{criterion_to_yaml, text_to_yaml, to_yaml};
pub use scalars::{duration, time, trait_path, write_duration};
pub use schema::{definition_schema, workspace_schema};
pub use settings::parse_workspace;
pub use templates::{Template, templates};
pub use version::{Version, version};

use crate::definition::Definition;
use crate::workspace::Workspace;

/// A definition file, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What it says.
    pub definition: Definition,
    /// Where its id stands.
    pub id_place: Place,
    /// Its own examples.
    pub examples: Vec<examples::Example>,
    /// The names it uses, and where.
    pub mentions: Vec<Mention>,
    /// What likely does not mean what its writer thinks.
    pub warnings: Vec<Diagnostic>,
}

/// `brix.yaml`, read.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkspaceDocument {
    /// What it says.
    pub workspace: Workspace,
    /// The names it uses, and where.
    pub mentions: Vec<Mention>,
    /// What likely does not mean what its writer thinks.
    pub warnings: Vec<Diagnostic>,
}
