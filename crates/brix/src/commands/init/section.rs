//! One setting of a proposed `brix.yaml`.

use serde::Serialize;

/// A setting.
#[derive(Debug, Default, Serialize)]
pub struct Section {
    /// Its key in `brix.yaml`.
    pub key: &'static str,
    /// What it is for and what was seen.
    pub because: Vec<String>,
    /// What is doubtful, and how to decide.
    pub doubts: Vec<String>,
    /// Lines of YAML; none if nothing is set.
    pub settings: Vec<String>,
    /// Lines of YAML that are only proposed: comments in the file.
    pub proposed: Vec<String>,
}
