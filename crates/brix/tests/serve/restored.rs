//! Whoever is told once more after a restore is told with the id of before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::ill_destinations::{becomes_a_lead, until, with_destinations};
use crate::receivers::{Does, Receiver, webhook};
use crate::support::{KEY, MANAGE, READ, Server};

const PATIENCE: Duration = Duration::from_secs(30);

fn brix(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_brix"))
        .current_dir(folder)
        .envs([("TEST_KEY", KEY), ("TEST_READ", READ), ("TEST_MANAGE", MANAGE)])
        .args(arguments)
        .output()
        .unwrap();
    let words = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{words}");
    words
}

/// How often each id came.
fn ids(receiver: &Receiver) -> BTreeMap<String, usize> {
    let mut ids = BTreeMap::new();
    receiver.got().into_iter().for_each(|got| *ids.entry(got.key).or_default() += 1);
    ids
}

/// A server whose backup was made before some of its leads were told, and that was lost afterwards; started again from it.
fn restored(name: &str, options: &[&str]) -> (Server, Receiver, BTreeMap<String, usize>) {
    let receiver = Receiver::that(Does::Answers(503, "retry-after: 2\r\n".to_owned()), 1);
    let folder = with_destinations(name, &webhook("crm", &receiver, ""));
    let server = Server::start(&folder);
    server.until_ready();
    becomes_a_lead(&server, "waiting");
    until("it was tried", &server, PATIENCE, || receiver.got().len() == 1);
    brix(&folder, &["backup", "copy"]);
    receiver.recovers();
    becomes_a_lead(&server, "after");
    until("both are told", &server, PATIENCE, || ids(&receiver).len() == 2 && receiver.got().len() == 3);
    drop(server);
    let told = ids(&receiver);

    let words = brix(&folder, &[&["restore", "copy", "again"], options].concat());
    assert_eq!(words.contains("1 delivery is held"), !options.is_empty(), "{words}");
    let settings = std::fs::read_to_string(folder.join("server.toml")).unwrap();
    std::fs::write(folder.join("server.toml"), format!("data = \"again\"\nlake = \"again/lake\"\n{settings}")).unwrap();
    (Server::start(&folder), receiver, told)
}

#[test]
fn what_is_told_again_has_the_id_of_before() {
    let (server, receiver, told) = restored("restored", &[]);
    server.until_ready();
    until("what waited is told again", &server, PATIENCE, || receiver.got().len() == 4);
    // Its sender never had an answer, and sends it again.
    becomes_a_lead(&server, "after");
    until("it is told again", &server, PATIENCE, || receiver.got().len() == 5);
    let again = ids(&receiver);
    assert_eq!(again.keys().collect::<BTreeSet<_>>(), told.keys().collect::<BTreeSet<_>>(), "no id is new");
    let numbers: BTreeSet<u64> = receiver.got().iter().map(|got| got.lead).collect();
    assert!(numbers.len() == 3 && numbers.last() > Some(&100_000), "a number of before is never given: {numbers:?}");
    becomes_a_lead(&server, "somebody-else");
    until("another lead is told", &server, PATIENCE, || receiver.got().len() == 6);
    assert_eq!(ids(&receiver).len(), 3, "another lead has another id");
}

#[test]
fn what_waited_can_be_held() {
    let (server, receiver, told) = restored("restored_held", &["--hold"]);
    server.until_ready();
    becomes_a_lead(&server, "somebody-else");
    until("another lead is told", &server, PATIENCE, || receiver.got().len() == 4);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(receiver.got().len(), 4, "what waited is not told");
    let dead = server.ask("GET", "/api/v1/deliveries?state=dead", READ, "").json()["deliveries"].clone();
    assert!(dead[0]["last_error"].as_str().unwrap().starts_with("held when a backup was put back"), "{dead}");
    let environment = [("BRIX_API_KEY", MANAGE), ("BRIX_URL", &format!("http://{}", server.address))];
    let replayed = Command::new(env!("CARGO_BIN_EXE_brix"))
        .envs(environment)
        .args(["deliveries", "replay", "--dead"])
        .output()
        .unwrap();
    assert!(replayed.status.success(), "{replayed:?}");
    until("it is told", &server, PATIENCE, || receiver.got().len() == 5);
    assert!(told.contains_key(&receiver.got()[4].key), "with the id of before");
}
