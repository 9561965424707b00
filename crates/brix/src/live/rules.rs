//! The definitions in force, compiled together.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::definition::Definition;
use engine::language;
use engine::outcome::Outcome;
use engine::program::{CompileError, Program};
use engine::record::SubjectKind;
use engine::workspace::Workspace;
use insight::DefinitionFacts;

/// Definitions that are judged together. Immutable.
pub struct Rules {
    /// The workspace's settings.
    pub workspace: Workspace,
    /// The definitions, compiled.
    pub program: Program,
    /// By place: the hash of the version.
    versions: Vec<String>,
    /// By place: bands and the names of the score's parts.
    facts: Vec<DefinitionFacts>,
}

impl Rules {
    /// Compiles definitions.
    ///
    /// # Errors
    /// What cannot be compiled together.
    pub fn new(definitions: &[Definition], workspace: Workspace) -> Result<Self, Vec<CompileError>> {
        let program = Program::compile(definitions, &workspace)?;
        let version = |definition: &Definition| language::version(definition, definitions, &workspace).to_string();
        Ok(Self {
            versions: definitions.iter().map(version).collect(),
            facts: definitions.iter().map(|one| DefinitionFacts::of(one, definitions, |_| None)).collect(),
            program,
            workspace,
        })
    }

    /// The definition that an outcome is of.
    pub fn definition(&self, outcome: &Outcome) -> Option<&Arc<Definition>> {
        self.program.definitions().get(outcome.definition)
    }

    /// The place of a definition.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.program.definitions().iter().position(|definition| &*definition.id == id)
    }

    /// The hash of a definition's version.
    pub fn version(&self, place: usize) -> &str {
        self.versions.get(place).map_or("", String::as_str)
    }

    /// The hash of each definition's version: what means the same has the same.
    pub fn versions_by_id(&self) -> BTreeMap<String, String> {
        let ids = self.program.definitions().iter().map(|definition| definition.id.to_string());
        ids.zip(self.versions.iter().cloned()).collect()
    }

    /// Bands and the names of the score's parts.
    pub fn facts(&self, place: usize) -> Option<&DefinitionFacts> {
        self.facts.get(place)
    }

    /// What a definition qualifies.
    pub fn kind(&self, place: usize) -> SubjectKind {
        self.facts.get(place).map_or(SubjectKind::User, |facts| facts.subject)
    }
}
