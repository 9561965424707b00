//! Rejected input, what was told to destinations, and the audit go by their age, in transactions so small that nothing waits for them.

use anyhow::{Context as _, Result};
use engine::Timestamp;
use serde_json::json;
use store::catalog::audit::AuditEntry;

use crate::serve::config::Age;
use crate::serve::{Server, clock};

/// Rows that go at a time.
const AT_ONCE: usize = 500;

/// Looks once.
///
/// # Errors
/// If something cannot be read or written: the next look goes on.
pub fn look(server: &Server) -> Result<()> {
    let retention = &server.config.retention;
    let now = clock::now();
    let before = |age: &Age| now.minus(age.span, &server.shelf.workspace().zone);
    if let Some(before) = retention.rejects.as_ref().map(before) {
        in_steps(server, || server.ledger.forget_rejects(before, AT_ONCE)).context("cannot forget rejected input")?;
    }
    if let Some(before) = retention.messages.as_ref().map(before) {
        let mut above = 0;
        in_steps(server, || {
            let forgotten = server.ledger.forget_told(before, above, AT_ONCE)?;
            above = forgotten.last().copied().unwrap_or(above);
            Ok(forgotten.len() as u64)
        })
        .context("cannot forget what was told")?;
    }
    if let Some(before) = retention.audit.as_ref().map(before) {
        let lines = in_steps(server, || server.catalog.shorten_audit(before, AT_ONCE));
        note(server, before, lines.context("cannot shorten the audit")?)?;
    }
    Ok(())
}

/// Until there is nothing more, or the server ends; gives how many rows went.
fn in_steps(server: &Server, mut step: impl FnMut() -> store::Result<u64>) -> store::Result<u64> {
    let mut went = 0;
    loop {
        let now = step()?;
        went += now;
        if now < AT_ONCE as u64 || *server.ending.borrow() {
            return Ok(went);
        }
    }
}

/// That the audit was shortened stands in it.
fn note(server: &Server, before: Timestamp, lines: u64) -> Result<()> {
    if lines == 0 {
        return Ok(());
    }
    let line = AuditEntry {
        at: clock::now(),
        who: "brix".to_owned(),
        what: "retention.audit".to_owned(),
        target: "audit".to_owned(),
        detail: json!({ "before": before.to_string(), "lines": lines }).to_string(),
    };
    server.catalog.change(&[], &[line]).context("cannot write the audit")
}
