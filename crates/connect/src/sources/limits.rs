//! Every limit of the HTTP sources that is Brix's own, in one place. Limits of a vendor stand with the vendor.
//!
//! What a record can hold is limited as for files ([`crate::files::limits`]), so that a history and a live feed of the
//! same events hold the same.

/// How deep objects and lists of a message may be nested.
pub const JSON_DEPTH: usize = crate::files::limits::JSON_DEPTH;

/// How much of a rejected message's text is kept, in bytes.
pub const SAMPLE_BYTES: usize = crate::files::limits::REJECT_RAW_BYTES;

/// How many faults an answer in strict mode lists.
pub const LISTED_FAULTS: usize = 1_000;

/// How far a webhook's signed time may lie from the time of receipt, in seconds.
pub const SIGNATURE_TOLERANCE_SECONDS: i64 = 300;
