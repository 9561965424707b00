//! What becomes of leads on a running server: the snoozed wake and are told of again, and how soon leads are there.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::Timestamp;
use serde_json::{Value, json};

use crate::receivers::{Receiver, destination};
use crate::support::{MANAGE, READ, Server, folder};

const DEFINITION: &str = "
id: starter
subject: user
when: { event: Project Created, count: \">= 1\" }
";

fn start(name: &str, hooks: &Receiver) -> Server {
    let folder = folder(name, "");
    std::fs::create_dir_all(folder.join("definitions")).unwrap();
    std::fs::write(folder.join("definitions/starter.yaml"), DEFINITION).unwrap();
    destination(&folder, hooks);
    let settings = std::fs::read_to_string(folder.join("server.toml")).unwrap();
    let settings = settings.replace("[[destinations]]", "[[destinations]]\nwoken = true");
    std::fs::write(folder.join("server.toml"), settings).unwrap();
    let server = Server::start(&folder);
    server.until_ready();
    server
}

fn status(server: &Server) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    let url = format!("http://{}", server.address);
    let output = command.args(["status"]).env("BRIX_API_KEY", READ).env("BRIX_URL", url).output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

/// The first lead, as soon as it is so.
fn until(server: &Server, is_so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..1000 {
        let page = server.ask("GET", "/api/v1/leads", READ, "").json();
        if let Some(lead) = page["leads"].get(0).filter(|lead| is_so(lead)) {
            return lead.clone();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("no lead comes to be so: {}", server.ask("GET", "/api/v1/leads", READ, "").body);
}

fn patch(server: &Server, lead: &Value, change: &Value) {
    let path = format!("/api/v1/leads/{}", lead["id"]);
    let answer = server.ask("PATCH", &path, MANAGE, &change.to_string());
    assert_eq!(answer.status, 202, "{}", answer.body);
}

#[test]
fn a_snoozed_lead_wakes_and_is_told_of_again() {
    let hooks = Receiver::well();
    let server = start("course", &hooks);
    let (is_well, words) = status(&server);
    assert!(is_well && words.contains("nobody has become a lead since the server started"), "{words}");
    let call = json!({"userId": "ada", "event": "Project Created", "messageId": "1"});
    assert_eq!(server.call("track", &call).status, 200);
    let lead = until(&server, |lead| lead["state"] == "new");
    patch(&server, &lead, &json!({"state": "working"}));
    until(&server, |lead| lead["state"] == "working");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    let soon = Timestamp(i64::try_from(now).unwrap() + 2_000_000).to_string();
    patch(&server, &lead, &json!({"state": "snoozed", "snoozed_until": soon}));
    until(&server, |lead| lead["state"] == "snoozed");
    assert_eq!(hooks.count(), 1);
    until(&server, |lead| lead["state"] == "working");
    for _ in 0..500 {
        if hooks.count() == 2 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let told = hooks.keys();
    assert_eq!(told.values().map(std::collections::BTreeSet::len).collect::<Vec<_>>(), [2], "{told:?}");
    let (is_well, words) = status(&server);
    assert!(is_well && words.contains("for half of 1 lead, "), "{words}");
    let delay = &server.ask("GET", "/api/v1/status", READ, "").json()["delay"];
    assert!(delay["median_ms"].as_f64().unwrap() < 5_000.0 && delay["p99_ms"].is_null(), "{delay}");
    let metrics = server.get("/metrics").body;
    assert!(metrics.contains("lead_delay_median_microseconds"));
    // One lead, in each bucket from its own on and in the last one at the latest: told twice, but a lead once.
    let figure = |name: &str| -> f64 {
        let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("brix_lead_delay_seconds{name} ")));
        line.unwrap_or_else(|| panic!("no {name} in {metrics}")).parse().unwrap()
    };
    let buckets =
        ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "30.0", "60.0", "+Inf"];
    let counts = buckets.map(|bound| figure(&format!("_bucket{{le=\"{bound}\"}}")));
    assert!(counts.is_sorted() && counts[13] == 1.0, "{counts:?}");
    assert_eq!((figure("_count"), counts[9]), (1.0, 1.0), "within five seconds");
    let median = delay["median_ms"].as_f64().unwrap() / 1e3;
    assert!((figure("_sum") - median).abs() < 0.001, "{} s, {median} s", figure("_sum"));
    assert!(metrics.contains("# TYPE brix_lead_delay_seconds histogram"), "{metrics}");
}

/// A client that was offline sends what happened an hour ago: the server has had it for no longer than it takes.
#[test]
fn how_soon_a_lead_is_there_is_measured_from_receipt() {
    let server = start("course-of-late-events", &Receiver::well());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    let hour_ago = Timestamp(i64::try_from(now).unwrap() - 3_600_000_000).to_string();
    let call = json!({"userId": "ada", "event": "Project Created", "messageId": "1", "timestamp": hour_ago});
    assert_eq!(server.call("track", &call).status, 200);
    assert_eq!(until(&server, |_| true)["qualified_at"], hour_ago, "it is a lead since then");
    let measured = || {
        let metrics = server.get("/metrics").body;
        let figure = |name: &str| {
            let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("brix_lead_delay_seconds_{name} ")));
            line.unwrap_or_else(|| panic!("no {name} in {metrics}")).parse::<f64>().unwrap()
        };
        (figure("count"), figure("sum"))
    };
    let begun = std::time::Instant::now();
    while measured().0 < 1.0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is not measured");
        std::thread::sleep(Duration::from_millis(10));
    }
    let (_, seconds) = measured();
    assert!(seconds < 60.0, "{seconds} s");
    let delay = &server.ask("GET", "/api/v1/status", READ, "").json()["delay"];
    assert!(delay["median_ms"].as_f64().unwrap() < 60_000.0, "{delay}");
    assert!(delay["median_since_event_ms"].as_f64().unwrap() > 3_599_000.0, "{delay}");
}
