//! What the log says, one record at a time.

use engine::record::Record;

/// A record with its place in the log.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Its offset.
    pub offset: u64,
    /// What it says: on its way from hand to hand it stays where it is.
    pub record: Box<Record>,
}
