//! `brix person`, with a server and without one.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::{KEY, MANAGE, READ, Server, folder};

const PASSWORD: &str = "correct horse battery";

/// `brix person`, with a line on its standard input.
fn person(folder: &Path, url: &str, arguments: &[&str], line: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_brix"))
        .current_dir(folder)
        .envs([("TEST_KEY", KEY), ("TEST_READ", READ), ("TEST_MANAGE", MANAGE)])
        .envs([("BRIX_API_KEY", MANAGE), ("BRIX_URL", url)])
        .arg("person")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever wants no line may be gone.
    let _ = child.stdin.take().unwrap().write_all(line.as_bytes());
    child.wait_with_output().unwrap()
}

fn sign_in(server: &Server, email: &str, password: &str) -> u16 {
    let body = json!({ "email": email, "password": password }).to_string();
    server.post("/api/v1/session", &[("content-type", "application/json")], body.as_bytes()).status
}

#[test]
fn people_are_added_and_changed_with_a_server_and_without() {
    let place = folder("person-command", "");
    let run = |url: &str, way: &str, arguments: &[&str], line: &str| {
        let output = person(&place, url, arguments, line);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && words.contains(way), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    // Nobody listens here, and nobody has to.
    let nowhere = "http://127.0.0.1:1";
    let itself = |arguments: &[&str], line: &str| run(nowhere, "it is changed itself", arguments, line);
    itself(&["add", "ann@example.com", "--role", "admin", "--password-stdin"], PASSWORD);
    let made = itself(&["add", "bob+sales@example.com", "--role", "viewer"], "");
    itself(&["role", "bob+sales@example.com", "member"], "");
    assert!(!person(&place, nowhere, &["disable", "ann@example.com"], "").status.success(), "the last admin stays");

    let server = Server::start(&place);
    let url = format!("http://{}", server.address);
    let asked = |arguments: &[&str], line: &str| run(&url, "is asked", arguments, line);
    assert_eq!(sign_in(&server, "ann@example.com", PASSWORD), 201);
    assert_eq!(sign_in(&server, "bob+sales@example.com", made.trim()), 201, "with the password that was made");
    let again = asked(&["password", "bob+sales@example.com"], "");
    assert_eq!(sign_in(&server, "bob+sales@example.com", made.trim()), 401);
    assert_eq!(sign_in(&server, "bob+sales@example.com", again.trim()), 201);
    asked(&["disable", "bob+sales@example.com"], "");
    assert_eq!(sign_in(&server, "bob+sales@example.com", again.trim()), 401);
    asked(&["enable", "bob+sales@example.com"], "");
    asked(&["password", "bob+sales@example.com", "--password-stdin"], PASSWORD);
    assert_eq!(sign_in(&server, "bob+sales@example.com", PASSWORD), 201);
    let table = asked(&["list"], "");
    assert_eq!(table.lines().count(), 3, "{table}");

    let audit = server.ask("GET", "/api/v1/audit", MANAGE, "").json();
    let line = |line: &Value| format!("{} {}", line["who"].as_str().unwrap(), line["what"].as_str().unwrap());
    let lines: Vec<_> = audit["lines"].as_array().unwrap().iter().rev().map(line).collect();
    let told = ["person.add", "person.add", "person.role"].map(|what| format!("command line {what}"));
    assert_eq!(lines[..3], told);
    let told = ["person.password", "person.disable", "person.enable", "person.password"];
    assert_eq!(lines[3..], told.map(|what| format!("manager {what}")));
    let wrong = person(&place, &url, &["role", "eve@example.com", "admin"], "");
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("no person"), "{wrong:?}");
}
