//! Whoever is erased is shown to nobody from the answer on, and soon no file holds anything of them; everybody else is as if they
//! had never been.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::{Value, json};
use store::Store;
use store::log::LogLimits;

use crate::support::{KEY, MANAGE, READ, Server, folder};

/// By what the person is known; the last is an older id.
const IDS: [&str; 3] = ["ann-4711@example.com", "ann-phone-0815", "ann-before-77"];

const USERS: &str = "id: busy\nname: Busy\nsubject: user\nwhen: { event: Project Created, count: \">= 2\" }\n";
const ACCOUNTS: &str =
    "id: lively\nname: Lively\nsubject: account\nwhen: { event: Project Created, count: \">= 3\" }\n";

/// A folder in which the log goes into the lake after every few records.
pub fn place(name: &str) -> PathBuf {
    let place = folder(name, "");
    let settings = std::fs::read_to_string(place.join("server.toml")).unwrap();
    std::fs::write(place.join("server.toml"), settings.replace("every = \"1h\"", "every = \"1h\"\nentries = 6"))
        .unwrap();
    std::fs::create_dir(place.join("definitions")).unwrap();
    std::fs::write(place.join("definitions/busy.yaml"), USERS).unwrap();
    std::fs::write(place.join("definitions/lively.yaml"), ACCOUNTS).unwrap();
    place
}

fn track(who: Value, number: usize) -> Value {
    let mut message = json!({
        "event": "Project Created",
        "messageId": format!("m{number}"),
        "timestamp": format!("2026-03-01T10:{number:02}:00Z"),
        "properties": {"name": "a project"},
    });
    message.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
    message
}

/// What Segment calls it, and what it says.
pub type Message = (&'static str, Value);

/// What everybody else does, and what the person does.
fn history() -> (Vec<Message>, Vec<Message>) {
    let of = |account: &str| json!({"groupId": account});
    let others = [
        track(json!({"userId": "ben", "context": of("acme")}), 1),
        track(json!({"userId": "ben", "context": of("acme")}), 2),
        track(json!({"userId": "eve", "context": of("umbrella")}), 3),
        track(json!({"userId": "eve", "context": of("umbrella")}), 4),
        track(json!({"userId": "eve", "context": of("umbrella")}), 5),
        track(json!({"userId": "joe", "anonymousId": "joe-phone"}), 6),
    ];
    let [id, phone, before] = IDS;
    let theirs = [
        (
            "identify",
            json!({"userId": id, "anonymousId": phone, "messageId": "a1", "traits": {"email": id, "name": "Ann"}}),
        ),
        ("alias", json!({"userId": id, "previousId": before, "messageId": "a2"})),
        ("track", track(json!({"userId": id, "context": of("acme")}), 11)),
        ("track", track(json!({"anonymousId": phone}), 12)),
        ("track", track(json!({"userId": before, "context": of("acme")}), 13)),
        ("track", track(json!({"userId": id, "context": of("acme")}), 14)),
    ];
    (others.into_iter().map(|message| ("track", message)).collect(), theirs.into_iter().collect())
}

pub fn send(server: &Server, messages: &[Message]) {
    for (kind, message) in messages {
        assert_eq!(server.call(kind, message).status, 200, "{message}");
    }
}

/// Waits until everything that was sent has been made into leads.
pub fn until_settled(server: &Server) {
    let begun = Instant::now();
    loop {
        let status = server.ask("GET", "/api/v1/status", READ, "").json();
        if status["processor"]["lag"] == 0 {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{status}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn erase(server: &Server, kind: &str, id: &str) -> Value {
    let body = json!({"kind": kind, "id": id, "reason": format!("{id} asked for it")}).to_string();
    let answer = server.ask("POST", "/api/v1/privacy/erasures", MANAGE, &body);
    assert_eq!(answer.status, 202, "{}", answer.body);
    answer.json()
}

pub fn until_done(server: &Server, erasure: &str) -> Value {
    let begun = Instant::now();
    loop {
        let receipt = server.ask("GET", &format!("/api/v1/privacy/erasures/{erasure}"), MANAGE, "").json();
        if receipt["state"] == "done" {
            return receipt;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{receipt}: {}", server.words());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Leads with what does not depend on when they were found.
pub fn leads(server: &Server) -> Vec<Value> {
    let list = server.ask("GET", "/api/v1/leads?limit=100", READ, "").json();
    let mut leads: Vec<Value> = list["leads"].as_array().unwrap().clone();
    for lead in &mut leads {
        let whole = server.ask("GET", &format!("/api/v1/leads/{}", lead["id"]), READ, "").json();
        let events = whole["evidence"]["events"].as_array().unwrap().iter();
        let events: Vec<Value> = events.map(|event| json!([event["user"], event["timestamp"]])).collect();
        *lead = json!([lead["definition"], lead["subject"], lead["qualified_at"], events]);
    }
    leads.sort_by_key(Value::to_string);
    leads
}

/// All leads, once there are so many: what was taken is committed a moment later.
pub fn so_many_leads(server: &Server, count: usize) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let leads = leads(server);
        if leads.len() == count {
            return leads;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "not {count}: {leads:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What somebody hears who follows some leads from the beginning, up to an erasure.
fn followed(server: &Server, choice: &str) -> String {
    let mut stream = server.connect();
    let start = format!("GET /api/v1/leads/stream?after=0{choice} HTTP/1.1");
    let ask = format!("{start}\r\nhost: brix\r\nauthorization: Bearer {MANAGE}\r\n\r\n");
    stream.write_all(ask.as_bytes()).unwrap();
    let (mut told, mut piece) = (String::new(), [0; 4096]);
    while !told.contains("event: erased") {
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0, "the stream ends: {told}");
        told.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    told
}

/// Everything that a folder holds, in a form in which an id can be found.
fn everything(place: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    let mut folders = vec![place.join("data"), place.join("lake")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            match path.extension().and_then(|end| end.to_str()) {
                Some("parquet") => {
                    let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
                    for row in reader.get_row_iter(None).unwrap() {
                        all.push((path.clone(), row.unwrap().to_string().into_bytes()));
                    }
                }
                Some("snapshot") => {
                    // What is packed begins with zstd's mark, wherever that is.
                    let packed = bytes.windows(4).position(|window| window == [0x28, 0xB5, 0x2F, 0xFD]);
                    if let Some(packed) = packed {
                        all.push((path.clone(), zstd::decode_all(&bytes[packed..]).unwrap()));
                    }
                }
                _ => {}
            }
            all.push((path, bytes));
        }
    }
    // Last, for it is opened by it.
    let store = Store::open(&place.join("data"), LogLimits::default()).unwrap();
    let log = store.log();
    let mut from = log.start();
    while from <= log.end() {
        for (offset, entry) in log.read(from, 1000).unwrap() {
            from = offset + 1;
            all.push((PathBuf::from(format!("entry {offset}")), entry));
        }
    }
    all
}

pub fn holding(place: &Path, id: &str) -> Vec<PathBuf> {
    let holds = |bytes: &[u8]| bytes.windows(id.len()).any(|window| window == id.as_bytes());
    everything(place).into_iter().filter(|(_, bytes)| holds(bytes)).map(|(path, _)| path).collect()
}

#[test]
fn nothing_is_left_of_whoever_is_erased() {
    let (others, theirs) = history();
    // A history that never had them.
    let without = Server::start(&place("erasing-without"));
    without.until_ready();
    send(&without, &others);
    until_settled(&without);
    // Two people and an account.
    let expected = so_many_leads(&without, 3);

    let here = place("erasing");
    let _ = std::fs::remove_dir_all(here.with_file_name("erasing-copied"));
    let mut server = Server::start(&here);
    server.until_ready();
    for (one, other) in others.iter().zip(&theirs) {
        send(&server, &[one.clone(), other.clone()]);
    }
    // Also among what is not taken.
    assert_eq!(server.call("track", &json!({"userId": IDS[0], "messageId": "bad"})).status, 200);
    until_settled(&server);
    // They, and the account that they were in.
    so_many_leads(&server, 5);
    let all = server.ask("GET", "/api/v1/leads?limit=100", READ, "").json();
    let of_them = all["leads"].as_array().unwrap().iter().find(|lead| lead["subject"]["id"] == IDS[0]).unwrap();
    let note = json!({"note": format!("call {}", IDS[0])}).to_string();
    let path = format!("/api/v1/leads/{}", of_them["id"]);
    assert_eq!(server.ask("PATCH", &path, MANAGE, &note).status, 202);

    let copied = Command::new(env!("CARGO_BIN_EXE_brix"))
        .current_dir(&here)
        .envs([("TEST_KEY", KEY), ("TEST_READ", READ), ("TEST_MANAGE", MANAGE)])
        .args(["backup", "../erasing-copied"])
        .output()
        .unwrap();
    assert!(copied.status.success(), "{copied:?}");

    // By an older id; the others are found.
    let begun = erase(&server, "user", IDS[2]);
    let found: Vec<&str> = begun["ids"].as_array().unwrap().iter().map(|id| id["id"].as_str().unwrap()).collect();
    assert!(IDS.iter().all(|id| found.contains(id)) && found.len() == 3, "{begun}");
    assert_eq!(leads(&server), expected, "from the answer on");
    assert_eq!(server.ask("GET", &path, READ, "").status, 404);
    let receipt = until_done(&server, begun["id"].as_str().unwrap());
    let removed = &receipt["removed"];
    assert_eq!(
        (&removed["leads"], &removed["events"], &removed["facts"]),
        (&json!(1), &json!(4), &json!(2)),
        "{receipt}"
    );
    assert!(removed["rejects"].as_u64() >= Some(1) && receipt["ids"].is_null(), "{receipt}");
    assert!(receipt["words"].to_string().contains("Backups"), "{receipt}");
    assert!(receipt["backups"][0]["folder"].as_str().unwrap().ends_with("erasing-copied"), "{receipt}");
    assert_eq!(leads(&server), expected);

    // An SDK sends again what it has kept.
    send(&server, &theirs);
    until_settled(&server);
    assert_eq!(leads(&server), expected);
    let again = erase(&server, "user", IDS[0]);
    let again = until_done(&server, again["id"].as_str().unwrap());
    assert_eq!((&again["removed"]["leads"], &again["removed"]["events"]), (&json!(0), &json!(0)), "{again}");
    let of_few = followed(&server, "&owner=nobody");
    assert!(!of_few.contains("event: detected"), "whoever follows others learns what to forget, and no more: {of_few}");
    let told = followed(&server, "");
    IDS.iter().for_each(|id| assert!(!told.contains(id) && !server.words().contains(id), "{told}"));
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.words());
    for id in IDS {
        assert_eq!(holding(&here, id), Vec::<PathBuf>::new(), "{id}");
    }
    assert!(!holding(&here, "eve").is_empty(), "the search finds others");

    // A start reads what is left.
    std::fs::remove_dir_all(here.join("data/snapshots")).unwrap();
    let server = Server::start(&here);
    server.until_ready();
    assert_eq!(leads(&server), expected);
}

#[test]
fn an_erasure_survives_any_end() {
    let (others, theirs) = history();
    let here = place("erasing-killed");
    let mut server = Server::start(&here);
    server.until_ready();
    send(&server, &others);
    send(&server, &theirs);
    until_settled(&server);
    let mut begun = erase(&server, "user", IDS[0]);
    // It dies again and again, each time a little later.
    for step in 0..12 {
        std::thread::sleep(Duration::from_millis(step * 15));
        server.signal("KILL");
        server.child.wait().unwrap();
        server = Server::start(&here);
        if step % 3 == 0 {
            server.until_ready();
            begun = server
                .ask("GET", &format!("/api/v1/privacy/erasures/{}", begun["id"].as_str().unwrap()), MANAGE, "")
                .json();
            assert!(!leads(&server).iter().any(|lead| lead.to_string().contains("ann")));
        }
    }
    until_done(&server, begun["id"].as_str().unwrap());
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.words());
    for id in IDS {
        assert_eq!(holding(&here, id), Vec::<PathBuf>::new(), "{id}");
    }
}

#[test]
fn a_company_goes_with_those_who_were_in_no_other() {
    let (others, theirs) = history();
    let here = place("erasing-company");
    let server = Server::start(&here);
    server.until_ready();
    send(&server, &others);
    send(&server, &theirs);
    until_settled(&server);
    let url = format!("http://{}", server.address);
    let brix = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
        command.current_dir(&here).env("BRIX_API_KEY", MANAGE).env("BRIX_URL", &url).args(arguments).output().unwrap()
    };
    let unasked = brix(&["erase", "acme", "--kind", "account"]);
    assert!(!unasked.status.success() && String::from_utf8_lossy(&unasked.stderr).contains("--yes"), "{unasked:?}");
    let output = brix(&["erase", "acme", "--kind", "account", "--yes", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let begun: Value = serde_json::from_slice(&output.stdout).unwrap();
    let left: Vec<String> = leads(&server).iter().map(|lead| lead[1]["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(left, ["eve", "umbrella"], "{begun}");
    let erasure = begun["id"].as_str().unwrap();
    until_done(&server, erasure);
    let told = brix(&["erase", "--receipt", erasure]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("done") && told.contains("From the lake went"), "{told}");
}

/// A file of a zip, as JSON lines.
fn unpacked(zip: &Path, name: &str) -> Vec<Value> {
    let mut archive = zip::ZipArchive::new(File::open(zip).unwrap()).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn everything_that_is_known_of_somebody_is_given() {
    let (others, theirs) = history();
    let here = place("exporting");
    let server = Server::start(&here);
    server.until_ready();
    for (one, other) in others.iter().zip(&theirs) {
        send(&server, &[one.clone(), other.clone()]);
    }
    until_settled(&server);
    let body = json!({"kind": "user", "id": IDS[1]}).to_string();
    assert_eq!(server.ask("POST", "/api/v1/privacy/exports", READ, &body).status, 403);
    let url = format!("http://{}", server.address);
    let brix = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
        let output =
            command.current_dir(&here).env("BRIX_API_KEY", MANAGE).env("BRIX_URL", &url).args(arguments).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    // By the device.
    brix(&["export", IDS[1], "--out", "ann.zip"]);
    let zip = here.join("ann.zip");
    let ids: Vec<String> = unpacked(&zip, "ids.jsonl").iter().map(|id| id["id"].as_str().unwrap().to_owned()).collect();
    assert!(IDS.iter().all(|id| ids.contains(&(*id).to_owned())) && ids.len() == 3, "{ids:?}");
    let records = unpacked(&zip, "records.jsonl");
    assert_eq!(records.len(), theirs.len(), "some of the lake, some of the log, each once: {records:#?}");
    let traits: Vec<&Value> = records.iter().filter_map(|record| record.get("traits")).collect();
    assert_eq!(traits, [&json!({"email": IDS[0], "name": "Ann"})]);
    assert!(records.iter().any(|record| record["properties"] == json!({"name": "a project"})), "{records:#?}");
    assert_eq!(unpacked(&zip, "memberships.jsonl").len(), 2, "under two ids");
    let leads = unpacked(&zip, "leads.jsonl");
    assert_eq!((leads.len(), &leads[0]["definition"]), (1, &json!("busy")), "{leads:#?}");
    assert!(leads[0]["evidence"]["events"].as_array().is_some_and(|events| events.len() >= 2), "{leads:#?}");
    assert!(!format!("{records:?}{leads:?}").contains("umbrella"), "nothing of others");

    brix(&["export", "umbrella", "--kind", "account", "--out", "umbrella.zip"]);
    let zip = here.join("umbrella.zip");
    assert_eq!(unpacked(&zip, "records.jsonl").len(), 3, "what its people did");
    let subjects: Vec<Value> = unpacked(&zip, "leads.jsonl").iter().map(|lead| lead["subject"]["id"].clone()).collect();
    assert_eq!(subjects, ["eve", "umbrella"], "its own leads, and those of its people");
}

#[test]
fn where_there_is_no_lake_none_is_begun() {
    let here = place("erasing-nothing");
    let erased = Command::new(env!("CARGO_BIN_EXE_brix"))
        .current_dir(&here)
        .args(["erase", "ann", "--lake", "mistyped", "--yes"])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&erased.stderr).contains("there is no lake in"), "{erased:?}");
    assert!(!here.join("mistyped").exists());
}
