//! Histories that are there twice: as files to import, and as the messages of Segment that say the same.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// A history with its definitions, laid out in a folder: `export` to import, `brix.yaml`, `definitions`.
pub struct History {
    pub folder: PathBuf,
    /// The name of the source, which is the same on both ways.
    pub source: &'static str,
    pub messages: Vec<Value>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap();
}

/// Somebody who comes back, with every part that a score can have; learners of many countries fit or do not.
const ENGAGED: &str = r#"
id: engaged-learner
name: Engaged learner
subject: user
population: everyone
clock: { event: Signed Up }
window: 30d
when:
  at_least: 2
  of:
    - { event: Lesson Watched, sum: minutes, is: ">= 45" }
    - { event: Exam Attempted, where: { passed: true }, count: ">= 2" }
    - { event: Lesson Watched, distinct: course, is: ">= 2" }
    - { event: Course Rated }
fit: { not: { trait: country, in: [IN, NG] } }
score:
  time: { weight: 30, best: 1d, worst: 30d }
  engagement: { weight: 50, of: { event: any, measure: days, last: 14d }, full: 5 }
  exams: { weight: 20, of: { event: Exam Attempted, last: 30d }, full: 4 }
bands: { high: 60, medium: 30 }
"#;

/// Each quiet week after an active one is an entry of its own, so there are exits and second entries, and time alone lets them
/// fall due.
const QUIET: &str = r#"
id: gone-quiet
name: Gone quiet
subject: user
population: everyone
clock: { event: Signed Up }
when:
  all:
    - { event: Lesson Watched, last: 30d, count: ">= 2" }
    - { event: Lesson Watched, last: 7d, count: "= 0" }
once: false
score:
  engagement: { weight: 100, of: { event: Lesson Watched, last: 30d }, full: 10 }
bands: { high: 50 }
"#;

/// The free learners of `../shared/data/365`: one in so many of them. `None` where the data are not there.
pub fn learners(folder: &Path, one_in: u64) -> Option<History> {
    let data = root().join("../shared/data/365");
    if !data.is_dir() {
        println!("skipped: there is no {}", data.display());
        return None;
    }
    let (export, definitions) = (folder.join("export"), folder.join("definitions"));
    std::fs::create_dir_all(&export).unwrap();
    std::fs::create_dir_all(&definitions).unwrap();
    let example = root().join("examples/365");
    copy(&example.join("mapping.yaml"), &export.join("mapping.yaml"));
    // Segment's messages do not say what kind of event they are; the mapping does.
    let workspace = std::fs::read_to_string(example.join("brix.yaml")).unwrap();
    let workspace = format!("{workspace}\nevent_kinds:\n  Subscription *: billing\n");
    std::fs::write(folder.join("brix.yaml"), workspace).unwrap();
    copy(&example.join("learner.yaml"), &definitions.join("learner.yaml"));
    std::fs::write(definitions.join("engaged.yaml"), ENGAGED).unwrap();
    std::fs::write(definitions.join("quiet.yaml"), QUIET).unwrap();
    let mut messages = Vec::new();
    let tables: [(&str, Say); 6] = [
        ("info", |row| {
            let country = row.text("student_country");
            let at = row.text("date_registered");
            vec![
                json!({"type": "track", "event": "Signed Up", "timestamp": at, "properties": {"country": country}}),
                json!({"type": "identify", "timestamp": at, "traits": {"country": country}}),
            ]
        }),
        ("onboarding", |row| match row.text("student_onboarded") {
            "1" => vec![json!({"type": "track", "event": "Onboarded", "timestamp": row.text("date_registered")})],
            _ => Vec::new(),
        }),
        ("learning", |row| {
            let properties = json!({"course": row.text("course_id"), "minutes": row.number("minutes_watched")});
            let at = row.text("date_watched");
            vec![json!({"type": "track", "event": "Lesson Watched", "timestamp": at, "properties": properties})]
        }),
        ("exam_attempts", |row| {
            let passed = row.text("exam_passed") == "1";
            let category = row.text("exam_category");
            let properties = json!({"exam": row.text("exam_id"), "category": category, "passed": passed});
            let at = row.text("date_exam_completed");
            vec![json!({"type": "track", "event": "Exam Attempted", "timestamp": at, "properties": properties,
                "messageId": format!("exam-{}", row.text("exam_attempt_id"))})]
        }),
        ("certificates", |row| {
            let properties = json!({"type": row.text("certificate_type"), "paid": row.text("paid") == "1"});
            let at = row.text("date_issued");
            vec![json!({"type": "track", "event": "Certificate Issued", "timestamp": at, "properties": properties,
                "messageId": format!("certificate-{}", row.text("certificate_id"))})]
        }),
        ("purchases", |row| {
            let properties = json!({"plan": row.text("purchase_type")});
            let at = row.text("date_purchased");
            vec![json!({"type": "track", "event": "Subscription Purchased", "timestamp": at,
                "properties": properties, "messageId": format!("purchase-{}", row.text("purchase_id"))})]
        }),
    ];
    for (name, say) in tables {
        let file = format!("365_student_{name}.csv");
        messages.extend(sampled(&data.join(&file), &export.join(&file), one_in, say));
    }
    let ratings = "365_course_ratings.csv";
    messages.extend(sampled(&data.join(ratings), &export.join(ratings), one_in, |row| {
        let properties = json!({"course": row.text("course_id"), "rating": row.number("course_rating")});
        let at = row.text("date_rated");
        vec![json!({"type": "track", "event": "Course Rated", "timestamp": at, "properties": properties})]
    }));
    Some(History { folder: folder.to_owned(), source: "365", messages })
}

/// What a row of a table says.
type Say = fn(&Row<'_>) -> Vec<Value>;

/// A row of a table without quotes.
struct Row<'a> {
    names: &'a [&'a str],
    cells: Vec<&'a str>,
}

impl Row<'_> {
    fn text(&self, name: &str) -> &str {
        self.names.iter().position(|known| *known == name).map_or("", |place| self.cells[place])
    }

    fn number(&self, name: &str) -> f64 {
        self.text(name).parse().unwrap()
    }
}

/// Copies the rows of some learners, and says them. Who has no id in his row has it from the row and its number among equal ones.
fn sampled(from: &Path, to: &Path, one_in: u64, say: impl Fn(&Row<'_>) -> Vec<Value>) -> Vec<Value> {
    let text = std::fs::read_to_string(from).unwrap();
    let mut lines = text.lines();
    let head = lines.next().unwrap();
    let names: Vec<&str> = head.split(',').collect();
    let (mut kept, mut messages, mut equal) = (format!("{head}\n"), Vec::new(), HashMap::<&str, u32>::new());
    for line in lines {
        assert!(!line.contains('"'), "{line}");
        let row = Row { names: &names, cells: line.split(',').collect() };
        let student = row.text("student_id");
        if student.parse::<u64>().unwrap() % one_in != 0 {
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
        let number = equal.entry(line).or_default();
        *number += 1;
        for mut message in say(&row) {
            message["userId"] = student.into();
            if message["messageId"].is_null() {
                let kind = message["event"].as_str().unwrap_or("traits");
                message["messageId"] = format!("{kind}:{line}#{number}").into();
            }
            messages.push(message);
        }
    }
    std::fs::write(to, kept).unwrap();
    messages
}

/// A simulated product, with accounts, visitors who sign up, aliases, late events and copies.
pub fn product(folder: &Path, users: u32) -> History {
    let (export, definitions) = (folder.join("export"), folder.join("definitions"));
    std::fs::create_dir_all(&definitions).unwrap();
    let users = users.to_string();
    let made = Command::new(env!("CARGO_BIN_EXE_brix"))
        .args(["simulate", "--quiet", "--users", &users, "--seed", "11", "--months", "4", "--format", "jsonl", "--out"])
        .arg(&export)
        .status();
    assert!(made.unwrap().success());
    copy(&root().join("examples/simulated/brix.yaml"), &folder.join("brix.yaml"));
    for id in ["project-management", "minimum-viable", "expansion-seats", "stalled-trial", "hand-raise", "crm"] {
        let name = format!("{id}.yaml");
        copy(&root().join("definitions").join(&name), &definitions.join(&name));
    }
    let text = std::fs::read_to_string(export.join("events.jsonl")).unwrap();
    let (mut messages, mut kept, mut known) = (Vec::new(), String::new(), HashMap::new());
    for line in text.lines() {
        let mut message: Value = serde_json::from_str(line).unwrap();
        let object = message.as_object_mut().unwrap();
        // Of copies that differ the first to come counts, and here they are shuffled: exact copies are sent instead.
        let id = object["messageId"].as_str().unwrap().to_owned();
        if known.insert(id, ()).is_some() {
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
        // A history is received long after it happened, so no clock is to be set right by the time of sending. One that ran ahead
        // was set to the receipt.
        let (happened, received) = (object["timestamp"].as_str().unwrap(), object["receivedAt"].as_str().unwrap());
        let at = happened.min(received).to_owned();
        object.insert("timestamp".to_owned(), at.into());
        ["receivedAt", "originalTimestamp", "sentAt"].iter().for_each(|name| drop(object.remove(*name)));
        messages.push(message);
    }
    std::fs::write(export.join("events.jsonl"), kept).unwrap();
    History { folder: folder.to_owned(), source: "simulated", messages }
}
