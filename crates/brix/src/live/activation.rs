//! Which definitions are in force from an entry of the log on: the texts of all of them.

use engine::Timestamp;
use engine::language;
use engine::workspace::Workspace;
use serde::{Deserialize, Serialize};

use super::rules::Rules;

/// From here on these definitions are in force, and no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// Counts what was decided about definitions. What has a smaller one than what is in force was overtaken.
    pub edition: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// All of them.
    pub definitions: Vec<ActiveText>,
}

/// A definition that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveText {
    /// Its id.
    pub id: String,
    /// The number of its text.
    pub revision: u32,
    /// The hash of its version.
    pub version: String,
    /// Its text.
    pub text: String,
}

/// A text in force that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}\nThis definition was in force. What it needs may have gone from brix.yaml: put it back there")]
pub struct Unusable {
    what: String,
}

/// Compiles texts that are in force together.
///
/// # Errors
/// The settings are not any more those with which they were checked.
pub fn compile(definitions: &[ActiveText], workspace: &Workspace) -> Result<Rules, Unusable> {
    let mut parsed = Vec::with_capacity(definitions.len());
    for ActiveText { id, revision, text, .. } in definitions {
        let name = format!("{id}, revision {revision}");
        match language::parse(text, workspace) {
            Ok(document) => parsed.push(document.definition),
            Err(findings) => return Err(Unusable { what: language::render(&findings, text, &name) }),
        }
    }
    Rules::new(&parsed, workspace.clone()).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Unusable { what: lines.join("\n") }
    })
}
