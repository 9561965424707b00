//! A simulated product that sends to the server.

use std::process::Command;

use engine::record::Body;

use crate::support::{KEY, Server};

#[test]
fn a_simulated_product_sends_its_history() {
    let server = Server::of("simulated");
    let simulate = |key: &str, more: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_brix"))
            .env("BRIX_WRITE_KEY", key)
            .args(["simulate", "--users", "20", "--months", "2", "--seed", "3", "--json"])
            .args(["--send", &format!("http://{}", server.address)])
            .args(more)
            .output()
            .unwrap()
    };
    let sent = simulate(KEY, &["--seconds", "0"]);
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    let told: serde_json::Value = serde_json::from_slice(&sent.stdout).unwrap();
    let refused = simulate("another", &["--seconds", "0"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("401"), "{}", String::from_utf8_lossy(&refused.stderr));
    let records = server.records();
    assert_eq!(records.len() as u64, told["rows"].as_u64().unwrap());
    let signed_up = |body: &Body| matches!(body, Body::Event { name, .. } if &**name == "Signed Up");
    let first = records.iter().find(|record| signed_up(&record.body)).unwrap();
    // Its times are the product's, not those of the sending.
    assert!(first.timestamp.to_string().starts_with("2025-0"), "{}", first.timestamp);
}
