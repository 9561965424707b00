//! The API: who may do what, and leads from the event to the command line.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{MANAGE, READ, Server, folder};

const DEFINITION: &str = "
id: active
name: Makes projects
subject: user
when: { event: Project Created, count: \">= 2\" }
";

#[test]
fn questions_that_make_no_sense_are_told_why() {
    let server = Server::of("questions");
    let code = |path: &str| {
        let answer = server.ask("GET", path, READ, "");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}: {answer:?}");
        (answer.status, answer.json()["code"].as_str().unwrap().to_owned())
    };
    for query in [
        "state=odd",
        "sort=name",
        "after=x",
        "since=yesterday",
        "score=high",
        "limit=-1",
        "limit=0",
        "limit=201",
        "colour=red",
    ] {
        assert_eq!(code(&format!("/api/v1/leads?{query}")), (400, "bad-parameter".to_owned()), "{query}");
    }
    assert_eq!(code("/api/v1/leads/99"), (404, "not-found".to_owned()));
    assert_eq!(code("/api/v1/leads/first").0, 400);
    assert_eq!(code("/api/v1/leads/9223372036854775808"), (404, "not-found".to_owned()));
    let told = |method: &str, path: &str, body: &str| {
        let answer = server.ask(method, path, MANAGE, body);
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    let bad_body = || (400, "bad-body".to_owned());
    assert_eq!(told("GET", "/api/v1/audit?after=9223372036854775808", "").0, 400);
    assert_eq!(told("PATCH", "/api/v1/people/ann@example.com", "[null, null]"), bad_body(), "a list is no object");
    let back = |body: &str| told("POST", "/api/v1/definitions/none/rollback", body);
    assert_eq!(back("{\"to\": 1.0}"), (404, "unknown-definition".to_owned()), "1.0 is a whole number");
    assert_eq!(
        (back("{\"to\": 1.5}"), back("{\"to\": -1}"), back("{\"expect\": 9223372036854775808}")),
        (bad_body(), bad_body(), bad_body())
    );
    assert_eq!(code("/api/v1/nothing"), (404, "not-found".to_owned()));
}

/// A server with a definition, and a lead u1.
fn with_lead(name: &str) -> (Server, Value) {
    let place = folder(name, "");
    std::fs::create_dir(place.join("definitions")).unwrap();
    std::fs::write(place.join("definitions/active.yaml"), DEFINITION).unwrap();
    let server = Server::start(&place);
    server.until_ready();
    for id in ["m1", "m2"] {
        let event = json!({"userId": "u1", "event": "Project Created", "messageId": id});
        assert_eq!(server.call("track", &event).status, 200);
    }
    let lead = until_some(|| server.ask("GET", "/api/v1/leads", READ, "").json()["leads"].get(0).cloned());
    (server, lead)
}

fn until_some<T>(mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "it does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn until(mut is_so: impl FnMut() -> bool) {
    until_some(|| is_so().then_some(()));
}

#[test]
fn a_lead_is_listed_explained_and_worked_on() {
    let (server, lead) = with_lead("leads");
    assert_eq!(
        (&lead["definition"], &lead["subject"]["id"], &lead["state"]),
        (&json!("active"), &json!("u1"), &json!("new"))
    );
    let path = format!("/api/v1/leads/{}", lead["id"]);
    let whole = server.ask("GET", &path, READ, "").json();
    assert!(!whole["evidence"]["reasons"].as_array().unwrap().is_empty(), "{whole}");
    assert_eq!(whole["evidence"]["explanation"]["when"]["words"], "Project Created at least 2 times");
    assert_eq!(whole["history"][0]["kind"], "detected");
    let change = json!({"state": "refused", "refused_because": "a student", "owner": "ann", "note": "called"});
    assert_eq!(server.ask("PATCH", &path, MANAGE, &change.to_string()).status, 202);
    until(|| server.ask("GET", &path, READ, "").json()["state"] == "refused");
    let whole = server.ask("GET", &path, READ, "").json();
    assert_eq!((&whole["refused_because"], &whole["owner"]), (&json!("a student"), &json!("ann")));
    assert_eq!((&whole["notes"][0]["text"], &whole["notes"][0]["by"]), (&json!("called"), &json!("manager")));
    let count = |query: &str| {
        server.ask("GET", &format!("/api/v1/leads?{query}"), READ, "").json()["leads"].as_array().unwrap().len()
    };
    assert_eq!(
        (count("state=refused"), count("state=new"), count("owner=ann"), count("definition=active")),
        (1, 0, 1, 1)
    );
    for path in ["/api/v1/leads?definition=activ", "/api/v1/qualification?user=u1&definition=activ"] {
        let unknown = server.ask("GET", path, READ, "");
        assert_eq!((unknown.status, &unknown.json()["code"]), (404, &json!("unknown-definition")));
        assert!(unknown.json()["detail"].as_str().unwrap().contains("did you mean `active`?"), "{unknown:?}");
    }
    for nonsense in ["{}", "{\"state\":\"odd\"}", "{\"state\":\"refused\"}", "no JSON", "{\"colour\":1}"] {
        assert_eq!(server.ask("PATCH", &path, MANAGE, nonsense).status, 400, "{nonsense}");
    }
}

fn leads(server: &Server, key: &str, arguments: &[&str]) -> Output {
    command(&server.folder, &format!("http://{}", server.address), key).args(arguments).output().unwrap()
}

fn command(folder: &Path, url: &str, key: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    command.current_dir(folder).env("BRIX_API_KEY", key).env("BRIX_URL", url).arg("leads");
    command
}

#[test]
fn the_command_lists_and_follows_leads() {
    let (server, _) = with_lead("command");
    let out = |arguments: &[&str]| {
        let output = leads(&server, READ, arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let table = out(&[]);
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(table.contains("active") && table.contains("u1"), "{table}");
    let csv = out(&["--format", "csv", "--definition", "active"]);
    assert!(csv.lines().nth(1).unwrap().contains(",active,user,u1,"), "{csv}");
    let listed: Value = serde_json::from_str(&out(&["--json", "--state", "working"])).unwrap();
    assert_eq!(listed, json!([]));
    let wrong = leads(&server, "guess", &[]);
    assert_eq!(wrong.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("there is no such API key"), "{wrong:?}");

    let url = format!("http://{}", server.address);
    let mut follower =
        command(&server.folder, &url, READ).args(["--follow", "--after", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains("lead 1 u1, active: is a new lead"), "{first}");
    assert!(first.contains("Project Created"), "the reason in words: {first}");
    server.ask("PATCH", "/api/v1/leads/1", MANAGE, "{\"state\":\"working\"}");
    let second = lines.next().unwrap().unwrap();
    assert!(second.ends_with("is now working"), "{second}");
    follower.kill().unwrap();
    follower.wait().unwrap();
}

#[test]
fn whoever_follows_hears_of_the_leads_they_ask_for() {
    let (server, _) = with_lead("choosy");
    for id in ["m3", "m4"] {
        let event = json!({"userId": "u2", "event": "Project Created", "messageId": id});
        assert_eq!(server.call("track", &event).status, 200);
    }
    let count = |query: &str| {
        server.ask("GET", &format!("/api/v1/leads?{query}"), READ, "").json()["leads"].as_array().unwrap().len()
    };
    until(|| count("text=u2") == 1);
    let change = json!({"state": "working", "owner": "ann"});
    assert_eq!(server.ask("PATCH", "/api/v1/leads/1", MANAGE, &change.to_string()).status, 202);
    until(|| count("state=working&owner=ann") == 1);
    assert_eq!((count("kind=user"), count("kind=account")), (2, 0));
    let url = format!("http://{}", server.address);
    let heard = |choice: &[&str], lines: usize| {
        let follow = ["--follow", "--after", "0"];
        let mut follower = command(&server.folder, &url, READ);
        let mut follower = follower.args(follow).args(choice).stdout(Stdio::piped()).spawn().unwrap();
        let told = BufReader::new(follower.stdout.take().unwrap()).lines().take(lines);
        let told: Vec<String> = told.map(Result::unwrap).collect();
        follower.kill().unwrap();
        follower.wait().unwrap();
        told
    };
    assert!(heard(&[], 2)[1].contains("lead 2 u2"), "this is what the others do not hear");
    let all = ["--kind", "user", "--definition", "active", "--qualification", "to_buy", "--state", "working"];
    for choice in [&all[..], &["--state", "working"], &["--owner", "ann"], &["--text", "u1"]] {
        let told = heard(choice, 3);
        assert!(told.iter().all(|told| told.contains("lead 1 u1")), "{choice:?}: {told:?}");
    }
    assert!(heard(&["--state", "new"], 1)[0].contains("lead 2 u2"));
    let wrong = leads(&server, READ, &["--follow", "--definition", "activ"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("did you mean `active`?"), "{wrong:?}");
    for query in ["state=odd", "kind=robot", "sort=score", "retracted=true", "colour=red"] {
        let answer = server.ask("GET", &format!("/api/v1/leads/stream?{query}"), READ, "");
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("bad-parameter")), "{query}");
    }
}
