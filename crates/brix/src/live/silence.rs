//! Those of whom nothing has been heard for long, as the log has it: found in the lake by somebody else, to go with everything.

use std::collections::BTreeSet;

use engine::Timestamp;
use engine::record::SubjectKind;
use serde::{Deserialize, Serialize};

/// Who is to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// By which it is asked for.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Nothing was heard of them since.
    pub before: Timestamp,
    /// Up to this entry of the log everything was in the lake in which they were found.
    pub through: u64,
    /// How many households they are.
    pub households: u64,
    /// By what they are known.
    pub ids: BTreeSet<(SubjectKind, String)>,
    /// Devices that others used too.
    pub shared: BTreeSet<String>,
}
