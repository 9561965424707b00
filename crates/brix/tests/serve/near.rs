//! Who is near and who has stalled, as a running server tells: of whom one event is missing, until it has come.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use engine::Timestamp;
use engine::time::{DAY, HOUR};
use serde_json::{Value, json};

use crate::support::{MANAGE, READ, Server, folder};

const DEFINITION: &str = "
id: builder
name: Builder
subject: user
clock: { event: Signed Up }
window: 14d
when:
  all:
    - { event: Project Created, count: \">= 3\" }
    - { event: Member Invited, count: \">= 1\" }
fit: { trait: role, is: admin }
";

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

fn happens(server: &Server, user: &str, event: &str, ago: i64) {
    let at = Timestamp(now() - ago).to_string();
    let call = json!({"userId": user, "event": event, "messageId": format!("{user}-{event}-{ago}"), "timestamp": at});
    assert_eq!(server.call("track", &call).status, 200);
}

fn start(name: &str) -> Server {
    let folder = folder(name, "");
    std::fs::create_dir_all(folder.join("definitions")).unwrap();
    std::fs::write(folder.join("definitions/builder.yaml"), DEFINITION).unwrap();
    let server = Server::start(&folder);
    server.until_ready();
    server
}

/// Until everything that was sent is in what is told.
fn told(server: &Server, path: &str, until: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..1000 {
        let answer = server.ask("GET", path, READ, "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        if until(&answer.json()) {
            return answer.json();
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("{path} does not come to say what it should: {}", server.ask("GET", path, READ, "").body);
}

fn ids(page: &Value) -> Vec<&str> {
    page["near"].as_array().unwrap().iter().map(|row| row["subject"]["id"].as_str().unwrap()).collect()
}

fn brix(server: &Server, arguments: &[&str]) -> String {
    let url = format!("http://{}", server.address);
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    command.current_dir(&server.folder).env("BRIX_API_KEY", READ).env("BRIX_URL", url).args(arguments);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn those_of_whom_little_is_missing_are_told_until_they_qualify() {
    let server = start("near");
    for (user, ago) in
        [("one-project", HOUR), ("no-invite", HOUR), ("silent", 10 * DAY), ("begun", HOUR), ("done", HOUR)]
    {
        happens(&server, user, "Signed Up", ago + HOUR);
        let projects = match user {
            "one-project" | "silent" => 2,
            "begun" => 1,
            _ => 3,
        };
        (0..projects).for_each(|minute| happens(&server, user, "Project Created", ago - minute * 60_000_000));
        if ["one-project", "silent", "done"].contains(&user) {
            happens(&server, user, "Member Invited", ago);
        }
    }
    let path = "/api/v1/leads/near?definition=builder";
    let all = told(&server, path, |page| page["total"] == 3);
    assert_eq!(ids(&all), ["one-project", "silent", "no-invite"], "{all}");
    let first = &all["near"][0];
    let words = first["missing"][0]["words"].as_str().unwrap();
    assert!(words.starts_with("Project Created at least 3 times: 2 so far; needs 1 more by 20"), "{words}");
    assert_eq!((first["steps"].as_u64(), first["fits"].as_str()), (Some(1), Some("unknown")));
    // Page by page the same.
    let (mut page, mut found) = (server.ask("GET", &format!("{path}&limit=1"), READ, "").json(), Vec::new());
    loop {
        found.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        page = server.ask("GET", &format!("{path}&limit=1&after={next}"), READ, "").json();
    }
    assert_eq!(found, ids(&all));
    let stalled = told(&server, "/api/v1/leads/stalled", |page| page["total"] == 1);
    assert_eq!(ids(&stalled), ["silent"]);
    assert!(stalled["near"][0]["last_at"].is_string(), "{stalled}");
    assert_eq!(told(&server, "/api/v1/leads/stalled?days=11", |page| page["total"] == 0)["next"], Value::Null);

    assert_eq!(brix(&server, &["near", "builder", "--json"]).matches("needs 1 more").count(), 3);
    let csv = brix(&server, &["near", "--stalled", "--format", "csv"]);
    assert!(csv.lines().nth(1).unwrap().starts_with("builder,user,silent,"), "{csv}");

    // With what is missing they are leads, and near no more; nobody tells of whoever is suppressed.
    happens(&server, "one-project", "Project Created", 0);
    told(&server, path, |page| ids(page) == ["silent", "no-invite"]);
    let silent = json!({"kind": "user", "id": "silent"}).to_string();
    assert_eq!(server.ask("POST", "/api/v1/privacy/suppressions", MANAGE, &silent).status, 200);
    assert_eq!(ids(&server.ask("GET", path, READ, "").json()), ["no-invite"]);
}

#[test]
fn what_cannot_be_asked_is_told_why() {
    let server = start("near-questions");
    for (query, status) in [
        ("definition=none", 404),
        ("within=2", 400),
        ("days=0", 400),
        ("limit=0", 400),
        ("after=here", 400),
        ("colour=red", 400),
    ] {
        assert_eq!(server.ask("GET", &format!("/api/v1/leads/near?{query}"), READ, "").status, status, "{query}");
    }
}
