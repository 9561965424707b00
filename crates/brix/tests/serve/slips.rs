//! Slips of whoever asks: what is misspelt, said where it does not belong, or asked of the wrong server, is answered with the cure.

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::equality::until_judged;
use crate::ill_destinations::{becomes_a_lead, with_destinations};
use crate::support::{MANAGE, READ, Server};

fn with_a_lead(name: &str) -> Server {
    let server = Server::start(&with_destinations(name, ""));
    server.until_ready();
    becomes_a_lead(&server, "ada");
    until_judged(&server);
    server
}

/// Status, code and detail.
fn told(server: &Server, method: &str, path: &str, body: &Value) -> (u16, String, String) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = server.ask(method, path, MANAGE, &body);
    let problem = answer.json();
    let text = |member: &str| problem[member].as_str().unwrap_or_default().to_owned();
    (answer.status, text("code"), text("detail"))
}

#[test]
fn what_is_misspelt_is_answered_with_the_nearest() {
    let server = with_a_lead("slips");
    for (method, path, body, status, code, detail) in [
        (
            "GET",
            "leads?stat=new",
            json!(null),
            400,
            "bad-parameter",
            "there is no parameter `stat`; did you mean `state`?",
        ),
        (
            "GET",
            "audit?wat=export",
            json!(null),
            400,
            "bad-parameter",
            "there is no parameter `wat`; did you mean `what`?",
        ),
        (
            "PATCH",
            "leads/1",
            json!({"stat": "new"}),
            400,
            "bad-body",
            "there is no member `stat`; did you mean `state`?",
        ),
        (
            "POST",
            "definitions/plan",
            json!({"files": [{"nam": "a", "text": ""}]}),
            400,
            "bad-body",
            "files[0].nam: there is no member `nam`; did you mean `name`?",
        ),
        (
            "PATCH",
            "leads/7",
            json!({"state": "working"}),
            404,
            "not-found",
            "there is no lead 7; the nearest is lead 1",
        ),
        (
            "GET",
            "lead",
            json!(null),
            404,
            "not-found",
            "the API has no such path; /api/v1/openapi.json has all that there are",
        ),
    ] {
        let expected = (status, code.to_owned(), detail.to_owned());
        assert_eq!(told(&server, method, &format!("/api/v1/{path}"), &body), expected, "{path}");
    }
    let (status, code, detail) = told(&server, "GET", "/api/v1/audit?what=person", &Value::Null);
    assert_eq!((status, code.as_str()), (400, "bad-parameter"));
    assert!(
        detail.starts_with("what: `person` is not definitions.apply, ") && detail.contains("person.add"),
        "{detail}"
    );
    assert_eq!(server.ask("GET", "/api/v1/audit?what=person.add", MANAGE, "").status, 200);
}

#[test]
fn what_belongs_to_another_state_is_refused() {
    let server = with_a_lead("slips-of-states");
    let patch = |body: Value| told(&server, "PATCH", "/api/v1/leads/1", &body);
    for (body, member) in [
        (
            json!({"state": "snoozed", "snoozed_until": "2020-01-01T00:00:00Z"}),
            "snoozed_until: 2020-01-01T00:00:00Z is past",
        ),
        (
            json!({"state": "accepted", "snoozed_until": "2100-01-01T00:00:00Z"}),
            "snoozed_until: it goes with the state `snoozed`",
        ),
        (json!({"state": "accepted", "refused_because": "x"}), "refused_because: it goes with the state `refused`"),
        (
            json!({"state": "snoozed", "snoozed_until": "2100-01-01T00:00:00Z", "refused_because": "x"}),
            "refused_because: it goes with the state `refused`",
        ),
        (json!({"owner": "ann", "refused_because": "x"}), "refused_because: it goes"),
    ] {
        let (status, code, detail) = patch(body.clone());
        assert_eq!((status, code.as_str()), (400, "bad-body"), "{body}");
        assert!(detail.starts_with(member), "{body}: {detail}");
    }
    let lead = server.ask("GET", "/api/v1/leads/1", READ, "").json();
    assert_eq!(
        (&lead["state"], lead["history"].as_array().unwrap().len()),
        (&json!("new"), 1),
        "nothing of it was done"
    );
    assert_eq!(
        patch(json!({"state": "snoozed", "snoozed_until": "2100-01-01T00:00:00Z", "refused_because": null})).0,
        202
    );
}

fn brix(server: &Server, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    for variable in ["BRIX_URL", "BRIX_LISTEN", "BRIX_CONFIG"] {
        command.env_remove(variable);
    }
    command.current_dir(&server.folder).env("BRIX_API_KEY", MANAGE).args(arguments).output().unwrap()
}

#[test]
fn the_server_is_found_where_the_settings_say_that_it_listens() {
    let server = with_a_lead("slips-of-addresses");
    let path = server.folder.join("server.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    let listens_at = |address: &str| {
        std::fs::write(&path, settings.replace("127.0.0.1:0", address)).unwrap();
    };
    for address in [server.address.to_string(), format!("0.0.0.0:{}", server.address.port())] {
        listens_at(&address);
        for arguments in [&["leads", "--json"][..], &["status"], &["definitions"], &["leads", "show", "1"]] {
            let output = brix(&server, arguments);
            assert_eq!(output.status.code(), Some(0), "{address} {arguments:?}: {output:?}");
        }
    }
    listens_at("127.0.0.1:1");
    let words = String::from_utf8(brix(&server, &["status"]).stderr).unwrap();
    let expected = "cannot reach a server at http://127.0.0.1:1, where the settings here say that it listens";
    assert!(words.contains(expected), "{words}");
    // Who names one means that.
    let named = brix(&server, &["leads", "--server", &format!("http://{}", server.address)]);
    assert_eq!(named.status.code(), Some(0), "{named:?}");
}

/// A day is its beginning in UTC, wherever a command takes an instant of a server.
#[test]
fn a_day_is_an_instant() {
    let server = with_a_lead("slips-of-days");
    let url = format!("http://{}", server.address);
    let leads = |option: &str, day: &str| -> usize {
        let output = brix(&server, &["leads", option, day, "--json", "--server", &url]);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap().as_array().unwrap().len()
    };
    assert_eq!(["2020-01-01", "2100-01-01"].map(|day| leads("--since", day)), [1, 0]);
    assert_eq!(["2020-01-01", "2100-01-01T00:00:00+02:00"].map(|day| leads("--before", day)), [0, 1]);
    for command in
        [&["leads", "--since", "2026-02-30"][..], &["leads", "--before", "soon"], &["audit", "--since", "soon"]]
    {
        let output = brix(&server, &[command, &["--server", &url]].concat());
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}");
        let option = command[1];
        assert!(words.contains(&format!("{option}: `{}` is no instant; write 2026-05-01 or", command[2])), "{words}");
    }
}
