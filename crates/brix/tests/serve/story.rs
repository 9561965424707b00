//! A lead's whole story: what became of it, by whom and by what, with what was said of it then, and who was told.

use std::process::{Command, Output};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::Timestamp;
use serde_json::{Value, json};

use crate::receivers::{Receiver, destination};
use crate::support::{MANAGE, READ, Server, folder};

const DEFINITION: &str = "
id: builder
name: Builds things
subject: user
when: { event: Project Created, count: \">= 2\" }
score:
  engagement: { weight: 60, of: { event: Project Created, ever: true }, full: 4 }
  fit: { weight: 40, points: [{ trait: role, is: admin, points: 5 }], cap: 5 }
bands: { high: 70, medium: 40 }
value: { trait: seats, times: 120, currency: USD }
";
const MINUTE: i64 = 60_000_000;

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

fn start(name: &str, hooks: &Receiver) -> Server {
    let folder = folder(name, "");
    std::fs::create_dir_all(folder.join("definitions")).unwrap();
    std::fs::write(folder.join("definitions/builder.yaml"), DEFINITION).unwrap();
    destination(&folder, hooks);
    let server = Server::start(&folder);
    server.until_ready();
    server
}

fn project(server: &Server, at: i64) {
    let call = json!({
        "userId": "ada", "event": "Project Created", "messageId": at.to_string(), "timestamp": Timestamp(at).to_string(),
    });
    assert_eq!(server.call("track", &call).status, 200);
}

/// All about the first lead, as soon as it is so.
fn until(server: &Server, is_so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..1000 {
        let answer = server.ask("GET", "/api/v1/leads/1", READ, "");
        if answer.status == 200 && is_so(&answer.json()) {
            return answer.json();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the lead does not come to be so: {}", server.ask("GET", "/api/v1/leads/1", READ, "").body);
}

fn patch(server: &Server, change: &Value) {
    assert_eq!(server.ask("PATCH", "/api/v1/leads/1", MANAGE, &change.to_string()).status, 202);
}

fn show(server: &Server, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    command.env("BRIX_API_KEY", READ).env("BRIX_URL", format!("http://{}", server.address));
    command.args(["leads", "show"]).args(arguments).output().unwrap()
}

fn words(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The line that has this in it, with those that belong to it.
fn part<'a>(words: &'a str, line: &str) -> Vec<&'a str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = words.lines().skip_while(|found| !found.contains(line));
    let first = lines.next().unwrap_or_else(|| panic!("no line has `{line}`:\n{words}"));
    std::iter::once(first).chain(lines.take_while(|next| indent(next) > indent(first))).collect()
}

/// Whether a number is one of microseconds or billionths, or a value stands under its type.
fn has_raw(json: &Value) -> bool {
    match json {
        Value::Number(number) => number.as_f64().unwrap().abs() >= 1e8,
        Value::Array(all) => all.iter().any(has_raw),
        Value::Object(all) => all.iter().any(|(name, one)| name == "Number" || has_raw(one)),
        _ => false,
    }
}

#[test]
fn a_lead_is_told_from_its_beginning_on() {
    let hooks = Receiver::well();
    let server = start("story", &hooks);
    let now = now();
    let traits = json!({"userId": "ada", "traits": {"role": "admin", "seats": 10}, "timestamp": Timestamp(now - 90 * MINUTE).to_string()});
    assert_eq!(server.call("identify", &traits).status, 200);
    project(&server, now - 30 * MINUTE);
    project(&server, now - 20 * MINUTE);
    until(&server, |lead| lead["deliveries"][0]["state"] == "delivered");
    patch(&server, &json!({"state": "working", "owner": "ann", "stage": "Demo", "note": "called her"}));
    until(&server, |lead| lead["state"] == "working");
    patch(&server, &json!({"state": "snoozed", "snoozed_until": Timestamp(now + 1_000_000).to_string()}));
    until(&server, |lead| {
        lead["history"].as_array().unwrap().iter().filter(|turn| turn["kind"] == "state").count() == 3
    });
    project(&server, now - 60 * MINUTE);
    let whole = until(&server, |lead| lead["corrected"] == true);

    let causes: Vec<(&str, &str)> = whole["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|turn| (turn["kind"].as_str().unwrap(), turn["cause"].as_str().unwrap()))
        .collect();
    let people = ["state", "owner", "stage", "note", "state"].map(|kind| (kind, "person"));
    let expected: Vec<_> =
        [("detected", "event")].into_iter().chain(people).chain([("state", "time"), ("corrected", "event")]).collect();
    assert_eq!(causes, expected);
    assert_eq!(whole["versions"][0]["revision"], 1);

    // Programs get instants and numbers as the rest of the API has them.
    let detected = &whole["history"][0]["detail"];
    assert_eq!(detected["qualified_at"], Timestamp(now - 20 * MINUTE).to_string());
    assert_eq!(
        (&detected["score"], &detected["score_parts"]),
        (&json!(70.0), &json!({"engagement": 30.0, "fit": 40.0}))
    );
    let explanation = &whole["evidence"]["explanation"];
    assert_eq!((&explanation["at"], &explanation["score"]["total"]), (&whole["qualified_at"], &json!(70.0)));
    assert_eq!(explanation["when"]["since"], whole["qualified_at"], "{explanation}");
    assert!(!has_raw(&whole), "{whole}");

    let told = words(&show(&server, &["1"]));
    assert!(told.starts_with("lead 1: user ada, Builds things (builder)\n"), "{told}");
    for line in [
        "  state       working, since ",
        "  owner       ann, since ",
        "  stage       Demo, since ",
        "  score       70 high: engagement 30 of 60 · fit 40 of 40",
        "  value       1200 USD (seats × 120)",
        "  definition  text 1, version ",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    let corrected = Timestamp(now - 30 * MINUTE).to_string();
    assert_eq!(part(&told, "  qualified ")[0].split(';').next().unwrap(), format!("  qualified   to buy, {corrected}"));
    // The evidence as `brix explain` tells it, with the events behind it.
    let why = part(&told, "✓ Project Created at least 2 times — 2, since ");
    assert_eq!(why.iter().filter(|line| line.ends_with(" Project Created ada")).count(), 2, "{told}");
    // What was so then stays told after it was corrected.
    let first = part(&told, "a new lead · an event");
    assert!(first[1].contains(&format!("qualified to buy, {}", Timestamp(now - 20 * MINUTE))), "{first:?}");
    assert_eq!(
        first[2..4],
        ["      score 70 high: engagement 30 of 60 · fit 40 of 40", "      value 1200 USD (seats × 120)"]
    );
    assert!(first[4].contains("because 2 × Project Created"), "{first:?}");
    assert!(part(&told, "corrected · an event")[1].contains(&corrected), "{told}");
    assert!(told.contains("snoozed until ") && told.contains(" · manager\n"), "{told}");
    assert!(part(&told, "working · time").len() == 1, "{told}");
    assert!(part(&told, "notes\n".trim()).len() == 2 && told.contains("manager: called her"), "{told}");
    assert!(part(&told, "told")[1].contains("to-buy, delivered 20"), "{told}");

    let listed: Value = serde_json::from_str(&words(&show(&server, &["1", "--json"]))).unwrap();
    assert_eq!((&listed["id"], &listed["history"]), (&json!(1), &whole["history"]));
}

#[test]
fn what_is_no_lead_is_told_with_the_nearest() {
    let hooks = Receiver::well();
    let server = start("story-of-none", &hooks);
    let now = now();
    let refused = |asked: &str| {
        let output = show(&server, &[asked]);
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused("7").ends_with("there is no lead 7\n"), "{}", refused("7"));
    project(&server, now - 30 * MINUTE);
    project(&server, now - 20 * MINUTE);
    until(&server, |_| true);
    assert!(refused("7").contains("there is no lead 7; the nearest is lead 1"), "{}", refused("7"));
    assert!(refused("0").contains("the nearest is lead 1"));
    assert!(refused("ad").contains("`ad` is no lead's number; do you mean 1 (ada, builder)?"), "{}", refused("ad"));
    assert!(refused("bob").contains("nobody of that id is a lead"), "{}", refused("bob"));
}
