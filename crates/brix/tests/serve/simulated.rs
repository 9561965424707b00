//! A simulated product that sends to the server.

use std::process::Command;
use std::time::{Duration, Instant};

use engine::Value;
use engine::record::Body;
use engine::time::{DAY, SECOND};

use crate::support::{KEY, READ, Server, folder};

const DEFINITION: &str = "
id: seated
subject: user
population: everyone
when: { event: Logged In, count: \">= 3\" }
fit: { trait: account.seats, is: \">= 1\" }
value: { trait: account.seats, times: 10, currency: USD }
";

#[test]
fn a_simulated_product_sends_its_history() {
    let place = folder("simulated", "");
    std::fs::create_dir(place.join("definitions")).unwrap();
    std::fs::write(place.join("definitions/seated.yaml"), DEFINITION).unwrap();
    let server = Server::start(&place);
    server.until_ready();
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
    // What is said of an account stands for its people, too: seats are.
    let asked = |path: &str| server.ask("GET", path, READ, "").json();
    let begun = Instant::now();
    while asked("/api/v1/leads")["leads"] == serde_json::json!([]) || asked("/api/v1/status")["processor"]["lag"] != 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "no lead comes");
        std::thread::sleep(Duration::from_millis(20));
    }
    let all = asked("/api/v1/leads?limit=200");
    for lead in all["leads"].as_array().unwrap() {
        assert_eq!(lead["qualification"], "to_buy", "the account's seats are known: {lead}");
        assert!(lead["account"].is_string() && lead["value"]["amount"].is_string(), "{lead}");
    }
    let records = server.records();
    assert_eq!(records.len() as u64, told["rows"].as_u64().unwrap());
    // Its times are the product's, not those of the sending, but so many weeks later that it ends now.
    let now = jiff::Timestamp::now().as_microsecond();
    let times = || records.iter().map(|record| record.timestamp.0);
    let (first, last) = (times().min().unwrap(), times().max().unwrap());
    assert!((now - 8 * DAY..=now).contains(&last), "the last is of {}", records.last().unwrap().timestamp);
    assert!((50 * DAY..=59 * DAY).contains(&(last - first)), "two months: {}", (last - first) / DAY);
    // Times among the traits are moved with it.
    let created = records.iter().filter_map(|record| match &record.body {
        Body::Traits { traits, .. } => Some((traits.get("created_at")?, record.timestamp)),
        Body::Event { .. } | Body::Alias { .. } | Body::Leave => None,
    });
    let created: Vec<_> = created.collect();
    assert!(!created.is_empty());
    for (said, at) in created {
        let Value::Text(said) = said else { panic!("{said:?}") };
        let said: jiff::Timestamp = said.parse().unwrap();
        // Some copies differ by a second.
        assert!((said.as_microsecond() - at.0).abs() <= SECOND, "{said} at {at}");
    }
}
