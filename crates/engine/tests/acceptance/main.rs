//! Definitions with their examples, run by the engine and by the oracle: those that ship, those of the acceptance
//! table, those of public handbooks.

#[cfg(test)]
mod files;
#[cfg(test)]
#[expect(dead_code, reason = "explanations are compared elsewhere")]
#[path = "../oracle/mod.rs"]
mod oracle;
#[cfg(test)]
mod run;
