//! What is live: from the log to leads, with the evaluator that replays history.

pub mod entry;
