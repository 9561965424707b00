//! Whoever follows leads while definitions change, and when the server goes away.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{MANAGE, READ, Server, folder};

fn definition(count: u32) -> String {
    format!(
        "id: active\nname: Makes projects\nsubject: user\nwhen: {{ event: Project Created, count: \">= {count}\" }}\n"
    )
}

fn brix(server: &Server, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    command.current_dir(&server.folder).env("BRIX_API_KEY", MANAGE);
    command.env("BRIX_URL", format!("http://{}", server.address)).args(arguments);
    command
}

fn send(server: &Server, user: &str, minute: u32) {
    let at = format!("2026-03-01T10:0{minute}:00Z");
    let call =
        json!({"userId": user, "event": "Project Created", "messageId": format!("{user}{minute}"), "timestamp": at});
    assert_eq!(server.call("track", &call).status, 200);
}

fn start(name: &str) -> Server {
    let place = folder(name, "");
    for (folder, count) in [("definitions", 2), ("sooner", 1), ("later", 3)] {
        std::fs::create_dir(place.join(folder)).unwrap();
        std::fs::write(place.join(folder).join("active.yaml"), definition(count)).unwrap();
    }
    let server = Server::start(&place);
    server.until_ready();
    (0..2).for_each(|minute| send(&server, "ada", minute));
    let begun = Instant::now();
    while server.ask("GET", "/api/v1/leads", READ, "").json()["leads"] == json!([]) {
        assert!(begun.elapsed() < Duration::from_secs(20), "the lead does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
    server
}

#[test]
fn what_an_apply_changes_is_not_put_down_to_late_data() {
    let server = start("followed-apply");
    send(&server, "cora", 0);
    for folder in ["sooner", "later"] {
        let applied = brix(&server, &["apply", folder, "--yes"]).output().unwrap();
        assert!(applied.status.success(), "{applied:?}");
    }
    // Late data does that, too, and is told as such.
    (2..5).for_each(|minute| send(&server, "bob", minute));
    send(&server, "bob", 1);
    let mut follower = brix(&server, &["leads", "--follow", "--after", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(follower.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut told = Vec::new();
    for line in lines {
        told.push(line);
        if told.len() == 7 {
            break;
        }
    }
    follower.kill().unwrap();
    follower.wait().unwrap();
    let (of_cora, told): (Vec<String>, Vec<String>) = told.into_iter().partition(|line| line.contains("cora"));
    assert!(of_cora[0].contains("cora, active: is a new lead (to_buy), found in the history: "), "{of_cora:?}");
    let expected = [
        "ada, active: is a new lead (to_buy): ",
        "ada, active: was corrected: its definition has changed",
        "ada, active: was retracted: its definition has changed, and does not name it",
        "bob, active: is a new lead (to_buy): ",
        "bob, active: was corrected by late data",
    ];
    for (line, expected) in told.iter().zip(expected) {
        assert!(line.contains(expected), "{expected}: {told:#?}");
    }
    let shown = brix(&server, &["leads", "show", "1"]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("corrected: its definition has changed") && !shown.contains("late data"), "{shown}");
}

#[test]
fn a_follower_whose_server_goes_away_fails_and_says_how_to_go_on() {
    let mut server = start("followed-away");
    for signal in ["TERM", "KILL"] {
        let mut follower = brix(&server, &["leads", "--follow", "--after", "0", "--json"]);
        let mut follower = follower.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(follower.stdout.take().unwrap());
        let mut line = String::new();
        told.read_line(&mut line).unwrap();
        let change: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(change["change"]["cause"], "event", "{change}");
        server.signal(signal);
        server.ended();
        assert_eq!(follower.wait().unwrap().code(), Some(3), "{signal}");
        let mut words = String::new();
        follower.stderr.take().unwrap().read_to_string(&mut words).unwrap();
        let cure = format!("has gone; go on by --follow --after {}", change["change"]["number"]);
        assert!(words.contains(&cure) && words.contains(&server.address.to_string()), "{signal}: {words}");
        server = Server::start(&server.folder.clone());
        server.until_ready();
    }
}
