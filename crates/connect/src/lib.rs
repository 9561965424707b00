//! Sources and destinations: where records come from and where leads go.
//!
//! Today the sources are files ([`files`]): decoding, mapping to records, and guessing a mapping.
//! Nothing here keeps state or knows the lake; a source hands out [`engine::batch::Batch`]es.

pub mod files;
