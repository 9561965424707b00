//! Definitions that change on a running server: planned, applied, rolled back, and killed in the middle of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::receivers::{Receiver, destination};
use crate::support::{MANAGE, READ, Server, folder};

const ACTIVE: &str = "
id: active
name: Makes projects
subject: user
when: { event: Project Created, count: \">= 2\" }
";

fn inviter(count: u32) -> String {
    format!("id: inviter\nname: Invites\nsubject: user\nwhen: {{ event: Invite Sent, count: \">= {count}\" }}\n")
}

const FAULTY: &str = "id: inviter\nname: I\nsubject: user\nwhen: { event: Invite Sent, cuont: \">= 2\" }\n";

fn until(what: &str, server: &Server, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: it does not come: {}", server.words());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A folder of definitions in a server's folder.
fn definitions(place: &Path, name: &str, texts: &[(&str, &str)]) -> PathBuf {
    let folder = place.join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for (file, text) in texts {
        std::fs::write(folder.join(format!("{file}.yaml")), text).unwrap();
    }
    folder
}

fn brix(server: &Server, arguments: &[&str]) -> Output {
    let url = format!("http://{}", server.address);
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    command.current_dir(&server.folder).env("BRIX_API_KEY", MANAGE).env("BRIX_URL", url);
    command.args(arguments).output().unwrap()
}

fn done(server: &Server, arguments: &[&str]) -> String {
    let output = brix(server, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn planned(server: &Server, folder: &str, id: &str) -> Value {
    let plan: Value = serde_json::from_str(&done(server, &["plan", folder, "--json"])).unwrap();
    let all = plan["definitions"].as_array().unwrap();
    all.iter().find(|planned| planned["id"] == id).unwrap().clone()
}

/// So many events of a user.
fn send(server: &Server, user: &str, event: &str, times: u32) {
    for number in 0..times {
        let message = format!("{user}-{event}-{number}");
        let body = json!({ "userId": user, "event": event, "messageId": message });
        assert_eq!(server.call("track", &body).status, 200);
    }
}

fn leads(server: &Server, query: &str) -> Vec<Value> {
    let path = format!("/api/v1/leads?limit=200&{query}");
    server.ask("GET", &path, READ, "").json()["leads"].as_array().unwrap().clone()
}

fn status(server: &Server) -> Value {
    server.ask("GET", "/api/v1/status", READ, "").json()["definitions"].clone()
}

/// A server with one definition that is in force from the beginning, and those who have invited.
fn with_history(name: &str, users: u32) -> (Server, Receiver) {
    let place = folder(name, "");
    definitions(&place, "definitions", &[("active", ACTIVE)]);
    let hooks = Receiver::well();
    destination(&place, &hooks);
    let server = Server::start(&place);
    server.until_ready();
    for user in 0..users {
        send(&server, &format!("u{user}"), "Invite Sent", 3);
    }
    (server, hooks)
}

#[test]
fn faults_are_told_as_check_tells_them() {
    let (server, _) = with_history("faults", 1);
    definitions(&server.folder, "bad", &[("active", ACTIVE), ("inviter", FAULTY)]);
    let check = brix(&server, &["check", "bad"]);
    let checked = String::from_utf8(check.stdout).unwrap();
    let (fault, _) = checked.split_once("\n\nfault").unwrap();
    let (_, fault) = fault.split_once("Makes projects\n").unwrap();
    assert!(fault.contains("cuont") && fault.contains('^') && fault.contains("`count`"), "{fault}");
    for command in [&["plan", "bad"][..], &["apply", "bad", "--yes"]] {
        let told = brix(&server, command);
        assert_eq!(told.status.code(), Some(1), "{told:?}");
        let words = String::from_utf8(told.stderr).unwrap();
        assert!(words.contains(fault), "{words}\n---\n{fault}");
    }
    let text = std::fs::read_to_string(server.folder.join("bad/inviter.yaml")).unwrap();
    let body = json!({ "files": [{ "name": "inviter.yaml", "text": text }] }).to_string();
    let answer = server.ask("POST", "/api/v1/definitions/plan", READ, &body);
    assert_eq!((answer.status, answer.header("content-type")), (422, Some("application/problem+json")));
    let problem = answer.json();
    assert_eq!(problem["code"], "definition-errors");
    assert_eq!(problem["detail"], "1 fault in the definitions: see `findings`, or `text` for people");
    let finding = problem["findings"].as_array().unwrap().iter().find(|finding| finding["line"] == 4).unwrap();
    assert_eq!((&finding["file"], &finding["column"]), (&json!("inviter.yaml"), &json!(29)));
    assert_eq!(status(&server)["edition"], 1);
}

#[test]
fn applied_while_events_come_in() {
    let (server, hooks) = with_history("apply", 50);
    definitions(&server.folder, "next", &[("active", ACTIVE), ("inviter", &inviter(3))]);
    let plan = planned(&server, "next", "inviter");
    assert_eq!((&plan["fate"], &plan["appear"]["count"], &plan["leads"]), (&json!("new"), &json!(50), &json!(50)));
    assert_eq!(plan["appear"]["first"].as_array().unwrap().len(), 20);
    assert_eq!(plan["a_week"], 12.5);
    assert_eq!(planned(&server, "next", "active")["fate"], "unchanged");
    let shown = done(&server, &["plan", "next"]);
    assert!(shown.contains("50 appear: u0 (") && shown.contains("and 30 more"), "{shown}");

    let (is_over, mut streamed) = (AtomicBool::new(false), 0);
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let mut users = 0;
            while !is_over.load(Ordering::Relaxed) || users < 30 {
                send(&server, &format!("s{users}"), "Project Created", 2);
                users += 1;
            }
            users
        });
        let words = brix(&server, &["apply", "next", "--yes", "--note", "for the team"]);
        assert!(words.status.success(), "{words:?}");
        assert!(String::from_utf8_lossy(&words.stderr).contains("in force after"), "{words:?}");
        is_over.store(true, Ordering::Relaxed);
        streamed = sender.join().unwrap();
    });
    assert_eq!(leads(&server, "definition=inviter").len(), 50, "as many as were planned");
    for user in 0..10 {
        send(&server, &format!("v{user}"), "Invite Sent", 3);
    }
    let later: Vec<String> = (0..10).map(|user| format!("v{user}")).collect();
    until("those who come after it are told", &server, || hooks.subjects_of("inviter").len() >= 10);
    until("nothing is lost meanwhile", &server, || hooks.subjects_of("active").len() as u32 >= streamed);
    assert_eq!(hooks.subjects_of("inviter"), later, "and nobody else");
    assert_eq!(hooks.subjects_of("active").len() as u32, streamed);
    let one = &leads(&server, "definition=inviter")[0];
    assert_eq!(one["version"], plan["version"], "the version that made it");
    let revisions = server.ask("GET", "/api/v1/definitions/inviter/revisions", READ, "").json();
    let made = &revisions["revisions"][0];
    assert_eq!((&made["by"], &made["note"]), (&json!("manager"), &json!("for the team")));
    assert_eq!((&made["version"], &revisions["in_force"]), (&plan["version"], &json!(1)));
    let table = done(&server, &["definitions"]);
    assert!(table.lines().any(|line| line.starts_with("inviter") && line.contains(" 60 ")), "{table}");
    let again = brix(&server, &["apply", "next"]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("they were in force"), "{again:?}");
}

#[test]
fn rolled_back() {
    let (server, hooks) = with_history("rollback", 20);
    definitions(&server.folder, "next", &[("active", ACTIVE), ("inviter", &inviter(3))]);
    done(&server, &["apply", "next", "--yes"]);
    let before = leads(&server, "definition=inviter");
    assert_eq!(before.len(), 20);
    send(&server, "u3", "Invite Resent", 1);
    definitions(&server.folder, "strict", &[("active", ACTIVE), ("inviter", &inviter(4))]);
    let plan = planned(&server, "strict", "inviter");
    assert_eq!((&plan["fate"], &plan["leave"]["count"], &plan["leads"]), (&json!("changed"), &json!(20), &json!(0)));
    done(&server, &["apply", "strict", "--yes"]);
    assert_eq!(leads(&server, "definition=inviter"), Vec::<Value>::new());
    let gone = server.ask("GET", &format!("/api/v1/leads/{}", before[0]["id"]), READ, "").json();
    let last = gone["history"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["kind"], &last["detail"]["version"]), (&json!("retracted"), &plan["version"]));

    // Somebody who has not seen the last edition does not overwrite it.
    let body = json!({ "files": [{ "name": "a.yaml", "text": ACTIVE }], "expect": 1 }).to_string();
    let late = server.ask("POST", "/api/v1/definitions/apply", MANAGE, &body);
    assert_eq!((late.status, &late.json()["code"]), (409, &json!("definitions-changed")), "{late:?}");

    let back = brix(&server, &["rollback", "inviter", "--yes"]);
    let words = String::from_utf8_lossy(&back.stderr);
    assert!(words.contains("inviter is back at revision 1, from 2; the same command again goes to 2"), "{words}");
    let again = server.ask("GET", &format!("/api/v1/leads/{}", before[0]["id"]), READ, "").json();
    let told: Vec<_> =
        again["history"].as_array().unwrap().iter().map(|turn| (&turn["kind"], &turn["cause"])).collect();
    let by = |cause: &str, kinds: &[&str]| kinds.iter().map(|kind| (json!(kind), json!(cause))).collect::<Vec<_>>();
    let expected = [by("history", &["detected"]), by("definition", &["retracted", "reinstated", "moved"])].concat();
    assert_eq!(told, expected.iter().map(|(kind, cause)| (kind, cause)).collect::<Vec<_>>());
    let after = leads(&server, "definition=inviter");
    assert_eq!(after.len(), 20, "they are back");
    assert_eq!(after[0]["version"], before[0]["version"]);
    let unknown = brix(&server, &["rollback", "inviter", "--to", "7", "--yes"]);
    assert_eq!(unknown.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no revision 7"), "{unknown:?}");

    // Once more goes forward again, and a number says which text is meant.
    let forward: Value = serde_json::from_str(&done(&server, &["rollback", "inviter", "--yes", "--json"])).unwrap();
    assert_eq!((&forward["revision"], &forward["revision_before"]), (&json!(2), &json!(1)), "{forward}");
    done(&server, &["rollback", "inviter", "--to", "1", "--yes"]);
    let there = brix(&server, &["rollback", "inviter", "--to", "1", "--yes"]);
    assert!(String::from_utf8_lossy(&there.stderr).contains("revision 1 of inviter was in force already"), "{there:?}");
    assert_eq!(leads(&server, "definition=inviter").len(), 20);

    // What is retired keeps its leads, and can come back.
    done(&server, &["apply", "definitions", "--yes"]);
    send(&server, "late", "Invite Sent", 3);
    send(&server, "active", "Project Created", 2);
    until("the others are told", &server, || hooks.subjects_of("active").len() == 1);
    assert_eq!(leads(&server, "definition=inviter").len(), 20);
    assert!(
        done(&server, &["definitions"]).lines().any(|line| line.starts_with("inviter") && line.contains("retired"))
    );
    done(&server, &["rollback", "inviter", "--to", "1", "--yes"]);
    assert_eq!(leads(&server, "definition=inviter").len(), 21);
    assert_eq!(hooks.subjects_of("inviter"), Vec::<String>::new(), "nobody was told of history");
    assert_eq!(done(&server, &["definitions", "inviter", "--revision", "2"]).trim(), inviter(4).trim());
}

/// Wherever it dies, the next start has what was applied in force, and nobody is told of history.
#[test]
fn killed_in_the_middle() {
    let (mut server, hooks) = with_history("killed", 40);
    for round in 0_u32..6 {
        // In turns something new and something changed.
        let text = inviter(1 + round % 3);
        let body = json!({ "files": [{ "name": "a.yaml", "text": ACTIVE }, { "name": "i.yaml", "text": text }] });
        let answer = server.ask("POST", "/api/v1/definitions/apply", MANAGE, &body.to_string());
        assert_eq!(answer.status, 202, "{answer:?}");
        let edition = answer.json()["edition"].as_u64().unwrap();
        std::thread::sleep(Duration::from_millis(u64::from(round) * 7));
        server.signal("KILL");
        server.ended();
        let place = server.folder.clone();
        server = Server::start(&place);
        server.until_ready();
        until("it comes into force", &server, || status(&server)["edition"] == edition);
        assert_eq!(leads(&server, "definition=inviter").len() as u32, 40 + round, "round {round}");
        let user = format!("v{round}");
        send(&server, &user, "Invite Sent", 3);
        until("who comes after it is told", &server, || hooks.subjects_of("inviter").contains(&user));
    }
    assert_eq!(hooks.subjects_of("inviter").len(), 6, "nobody was told of history: {:?}", hooks.subjects_of("inviter"));
}

/// From the second start on, the folder is only looked at.
#[test]
fn a_folder_that_differs_is_told_of_and_not_taken() {
    let (mut server, _) = with_history("folder", 5);
    assert_eq!(status(&server)["folder"], Value::Null);
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
    let place = server.folder.clone();
    definitions(&place, "definitions", &[("active", ACTIVE), ("inviter", &inviter(3))]);
    let server = Server::start(&place);
    server.until_ready();
    let told = status(&server)["folder"].as_str().unwrap().to_owned();
    assert!(told.contains("differ from what is in force: `brix plan"), "{told}");
    assert!(server.words().contains("differ from what is in force"), "{}", server.words());
    assert_eq!(status(&server)["edition"], 1);
    assert_eq!(server.ask("GET", "/api/v1/leads?definition=inviter", READ, "").status, 404, "there is none such");
    done(&server, &["apply", "--yes"]);
    assert_eq!(leads(&server, "definition=inviter").len(), 5);
    assert_eq!(status(&server)["folder"], Value::Null);
}

/// Definitions that come to a server which has taken events without any: all of it is history.
#[test]
fn the_first_definitions_come_in_silence_too() {
    let place = folder("first", "");
    let hooks = Receiver::well();
    destination(&place, &hooks);
    let mut server = Server::start(&place);
    server.until_ready();
    for user in 0..5 {
        send(&server, &format!("u{user}"), "Project Created", 2);
    }
    server.signal("KILL");
    server.ended();
    definitions(&place, "definitions", &[("active", ACTIVE)]);
    let server = Server::start(&place);
    server.until_ready();
    until("they come into force", &server, || status(&server)["edition"] == 1);
    assert_eq!(leads(&server, "definition=active").len(), 5);
    send(&server, "later", "Project Created", 2);
    until("who comes later is told", &server, || !hooks.subjects_of("active").is_empty());
    assert_eq!(hooks.subjects_of("active"), ["later"]);
}

/// As much history as is quick to send: the time is told, and bounded only so that a hang is seen.
#[test]
fn the_time_of_an_apply() {
    let (server, hooks) = with_history("time", 0);
    let (users, events) = (1_000, 100);
    for user in 0..users {
        let event = |number: u32| {
            let id = format!("u{user}-{number}");
            let name = if number.is_multiple_of(3) { "Invite Sent" } else { "Page Viewed" };
            json!({ "type": "track", "userId": format!("u{user}"), "event": name, "messageId": id })
        };
        let batch: Vec<Value> = (0..events).map(event).collect();
        assert_eq!(server.call("batch", &json!({ "batch": batch })).status, 200);
    }
    definitions(&server.folder, "next", &[("active", ACTIVE), ("inviter", &inviter(20))]);
    let begun = Instant::now();
    let applied: Value = serde_json::from_str(&done(&server, &["apply", "next", "--yes", "--json"])).unwrap();
    let whole = begun.elapsed();
    let seconds = applied["applied"]["seconds"].as_f64().unwrap();
    eprintln!(
        "{} events of {users} users: planned and applied in {whole:?}, in force after {seconds:.2} s",
        users * events
    );
    assert_eq!(leads(&server, "definition=inviter").len(), 200);
    assert_eq!(applied["plan"]["definitions"][1]["leads"], users);
    assert!(whole < Duration::from_secs(60), "{whole:?}");
    assert_eq!(hooks.subjects_of("inviter"), Vec::<String>::new());

    // Before it knows what is there, a server plans nothing.
    let mut server = server;
    server.signal("KILL");
    server.ended();
    let place = server.folder.clone();
    let server = Server::start(&place);
    let body = json!({ "files": [{ "name": "a.yaml", "text": ACTIVE }] }).to_string();
    let early = server.ask("POST", "/api/v1/definitions/plan", READ, &body);
    assert_eq!((early.status, &early.json()["code"]), (503, &json!("not-ready")), "{early:?}");
    server.until_ready();
    let plan = server.ask("POST", "/api/v1/definitions/plan", READ, &body).json();
    assert_eq!((&plan["definitions"][1]["fate"], &plan["definitions"][1]["leads"]), (&json!("retired"), &json!(users)));
}
