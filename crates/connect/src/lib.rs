//! Sources and destinations: where records come from and where leads go.
//!
//! There are two kinds of sources: files ([`files`]: decoding, mapping to records, guessing a mapping) and what vendors'
//! clients send over HTTP ([`sources`]: pure mapping of requests); what vendors export to files is read as what they send ([`exports`]). What leaves goes through [`destinations`]: pure mapping to
//! requests. Nothing here keeps state or knows the lake; files hand out [`engine::batch::Batch`]es, requests
//! [`engine::record::Record`]s.

pub mod destinations;
pub mod exports;
pub mod files;
pub mod secret;
pub mod sources;
