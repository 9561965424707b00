//! The engine against the oracle.

mod oracle;

#[test]
fn builds() {
    let _ = oracle::evaluate(&[], &[], &engine::workspace::Workspace::default(), engine::Timestamp(0));
}
