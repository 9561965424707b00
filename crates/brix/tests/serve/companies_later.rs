//! Leads of people that were made while no definition asked about companies.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::receivers::{Receiver, destination};
use crate::support::{MANAGE, READ, Server, folder};

const ACTIVE: &str = "id: active\nsubject: user\nwhen: { event: Project Created, count: \">= 1\" }\n";
const COMPANY: &str = "id: company\nsubject: account\nwhen: { event: Team Created, count: \">= 9\" }\n";

fn lead(server: &Server, number: u32) -> Value {
    server.ask("GET", &format!("/api/v1/leads/{number}"), READ, "").json()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what} does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn they_get_their_company_once_companies_are_followed() {
    let place = folder("companies-later", "");
    for (folder, texts) in
        [("definitions", &[("active", ACTIVE)][..]), ("next", &[("active", ACTIVE), ("company", COMPANY)])]
    {
        std::fs::create_dir(place.join(folder)).unwrap();
        for (name, text) in texts {
            std::fs::write(place.join(folder).join(format!("{name}.yaml")), text).unwrap();
        }
    }
    let hooks = Receiver::well();
    destination(&place, &hooks);
    let server = Server::start(&place);
    server.until_ready();
    let at = "2026-03-01T10:00:00Z";
    let send = |kind: &str, body: Value| assert_eq!(server.call(kind, &body).status, 200);
    for user in ["ada", "bob"] {
        if user == "ada" {
            send("group", json!({"userId": user, "groupId": "acme", "timestamp": at, "messageId": "g1"}));
        }
        send("track", json!({"userId": user, "event": "Project Created", "timestamp": at, "messageId": user}));
        until("the webhook", || hooks.subjects_of("active").contains(&user.to_owned()));
    }
    assert_eq!((&lead(&server, 1)["account"], &lead(&server, 2)["account"]), (&Value::Null, &Value::Null));

    let mut apply = Command::new(env!("CARGO_BIN_EXE_brix"));
    apply.current_dir(&place).env("BRIX_API_KEY", MANAGE).env("BRIX_URL", format!("http://{}", server.address));
    let applied = apply.args(["apply", "next", "--yes"]).output().unwrap();
    assert!(applied.status.success(), "{applied:?}");
    let ada = lead(&server, 1);
    assert_eq!(ada["account"], "acme", "{ada}");
    let turn = ada["history"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&turn["kind"], &turn["cause"], &turn["detail"]["account"]),
        (&json!("moved"), &json!("event"), &json!("acme"))
    );
    // Whose company comes to be known now gets it, too.
    assert_eq!(lead(&server, 2)["account"], Value::Null);
    send("group", json!({"userId": "bob", "groupId": "bolt", "timestamp": at, "messageId": "g2"}));
    until("the account", || lead(&server, 2)["account"] == "bolt");
    let listed = server.ask("GET", "/api/v1/leads?account=acme", READ, "").json();
    assert_eq!(listed["leads"].as_array().unwrap().len(), 1);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(hooks.count(), 2, "nobody is alerted");
}
