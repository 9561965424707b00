//! Proposed mappings: they can be read, used, and say their doubts.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail by panicking, and say what is skipped")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use connect::files::{Import, KeptRejects, Mapping, Options, guess};
use engine::record::Record;

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("brix-guess-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        for (name, text) in files {
            std::fs::write(path.join(name), text).expect("written");
        }
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// The proposal for a folder, and what importing by it gives.
fn propose(folder: &Path) -> (String, Vec<Record>, KeptRejects) {
    let guess = guess(&[folder.to_owned()]).unwrap_or_else(|error| panic!("{error}"));
    let mapping = Mapping::parse("guess.yaml", &guess.yaml).unwrap_or_else(|error| panic!("{error}\n{}", guess.yaml));
    let mut import = Import::open(Arc::new(mapping), &[folder.to_owned()], Options::default())
        .unwrap_or_else(|error| panic!("{error}\n{}", guess.yaml));
    let mut rejects = KeptRejects::default();
    let mut records = Vec::new();
    loop {
        match import.next_batch(&mut rejects) {
            Ok(Some(batch)) => records.extend(batch.to_records()),
            Ok(None) => break,
            Err(error) => panic!("{error}\n{}", guess.yaml),
        }
    }
    (guess.yaml, records, rejects)
}

#[test]
fn events_with_names_ids_and_money() {
    let rows = "message_id;Event;userId;account_id;timestamp;received_at;amount;currency;path\n\
                m1;Logged In;u1;a1;2024-01-31T10:00:00Z;2024-01-31T10:00:01Z;;EUR;/a\n\
                m2;Paid;u2;a1;2024-01-31T11:00:00Z;2024-01-31T11:00:01Z;12.50;EUR;/b\n\
                m3;Logged In;u1;a1;2024-02-01T10:00:00Z;2024-02-01T10:00:01Z;;EUR;/a\n";
    let folder = Folder::new("events", &[("events.csv", rows)]);
    let (yaml, records, rejects) = propose(&folder.0);
    assert_eq!((records.len(), rejects.total()), (3, 0), "{yaml}");
    for line in [
        "- event: { column: \"Event\" }",
        "user: \"userId\"",
        "account: \"account_id\"",
        "time: \"timestamp\"",
        "received: \"received_at\"",
        "amount: { column: \"amount\", currency: { column: \"currency\" } }",
        "delimiter: \";\"",
        "id: { column: \"message_id\", prefix: \"events.csv/\" }",
    ] {
        assert!(yaml.contains(line), "{line} in\n{yaml}");
    }
}

#[test]
fn day_and_month_are_decided_or_doubted() {
    let decided = "user_id,date\nu1,01-02-2024\nu2,13-02-2024\nu3,02-02-2024\n";
    let folder = Folder::new("decided", &[("logins.csv", decided)]);
    let (yaml, records, _) = propose(&folder.0);
    assert!(yaml.contains("row 2 decides, 13-02-2024 does not fit %m-%d-%Y"), "{yaml}");
    assert_eq!(records.first().map(|record| record.timestamp.to_string()).as_deref(), Some("2024-02-01T00:00:00Z"));

    let open = "user_id,date\nu1,01-02-2024\nu2,03-02-2024\n";
    let folder = Folder::new("open", &[("logins.csv", open)]);
    let (yaml, ..) = propose(&folder.0);
    assert!(yaml.contains("? day and month cannot be told apart"), "{yaml}");

    let american = "user_id,date\nu1,02/28/2024 10:00\nu2,01/02/2024 11:00\n";
    let folder = Folder::new("american", &[("logins.csv", american)]);
    let (yaml, records, _) = propose(&folder.0);
    assert!(yaml.contains("row 1 decides"), "{yaml}");
    assert_eq!(records.last().map(|record| record.timestamp.to_string()).as_deref(), Some("2024-01-02T11:00:00Z"));
}

#[test]
fn registers_give_constants_but_not_what_buying_changes() {
    let rows =
        "id,created_at,country,plan,score\n1,2024-01-01,NA,pro,1\n2,2024-01-02,DE,free,NULL\n3,2024-01-03,FR,free,7\n";
    let folder = Folder::new("register", &[("users.csv", rows)]);
    let (yaml, records, rejects) = propose(&folder.0);
    assert_eq!((records.len(), rejects.total()), (6, 0), "{yaml}");
    for line in [
        "constant: true",
        "NA is also the code of Namibia",
        "plan is left out: buying changes plan",
        "type: number, missing: [\"\", \"NULL\"]",
    ] {
        assert!(yaml.contains(line), "{line} in\n{yaml}");
    }
    assert!(!yaml.contains("\"plan\": {"), "{yaml}");
}

#[test]
fn months_in_files_of_their_own_share_a_pattern() {
    let rows = |day: u32| format!("user,ts\nu1,17040672{day:02}\nu2,17040673{day:02}\n");
    let (one, two) = (rows(1), rows(2));
    let folder = Folder::new("months", &[("log-2024-01.csv", &one), ("log-2024-02.csv", &two)]);
    let (yaml, records, _) = propose(&folder.0);
    assert!(yaml.contains("match: \"log-*-*.csv\"") && yaml.contains("format: \"unix\""), "{yaml}");
    assert_eq!(records.len(), 4);
}

#[test]
fn json_is_looked_at_too() {
    let rows = "{\"event\":\"A\",\"user\":{\"id\":\"u1\"},\"timestamp\":\"2024-01-01T00:00:00Z\",\"tags\":[\"x\"],\"n\":1}\n\
                {\"event\":\"B\",\"user\":{\"id\":\"u2\"},\"timestamp\":\"2024-01-02T00:00:00Z\",\"n\":2}\n";
    let folder = Folder::new("json", &[("events.jsonl", rows)]);
    let (yaml, records, rejects) = propose(&folder.0);
    assert_eq!((records.len(), rejects.total()), (2, 0), "{yaml}");
    assert!(yaml.contains("user: \"user.id\""), "{yaml}");
}

#[test]
fn the_real_sets_get_a_mapping_that_can_be_used() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    for set in ["olist", "ravenstack", "relax"] {
        let folder = data.join(set);
        if !folder.is_dir() {
            eprintln!("skipped: {} is absent", folder.display());
            continue;
        }
        let (yaml, records, rejects) = propose(&folder);
        assert!(
            !records.is_empty() && rejects.total() * 50 < records.len() as u64,
            "{set}: {:?}\n{yaml}",
            rejects.counts
        );
    }
}

#[test]
fn copies_of_a_message_are_copies_and_notes_are_no_data() {
    let mut rows = String::from("message_id,user_id,timestamp,event,plan\n");
    for row in 0..40 {
        rows.push_str(&format!("m{},u{},2024-01-31T10:00:{row:02}Z,Logged In,\n", row.min(38), row % 3));
    }
    let files = [("events.csv", rows.as_str()), ("mapping.yaml", "a: b\nc: [d, e]\n"), ("README.md", "# Notes, all\n")];
    let folder = Folder::new("copies", &files);
    let (yaml, records, rejects) = propose(&folder.0);
    assert_eq!((records.len(), rejects.total()), (40, 0), "{yaml}");
    assert!(yaml.contains("id: { column: \"message_id\", prefix: \"events.csv/\" } # ? 1 rows repeat one"), "{yaml}");
    assert!(!yaml.contains("mapping.yaml") && !yaml.contains("README"), "{yaml}");
    assert!(!yaml.contains("day and month"), "an empty column holds no dates: {yaml}");
}

#[test]
fn messages_of_the_usual_shape() {
    let lines = concat!(
        r#"{"userId":"a","event":"Signed Up","timestamp":"2025-01-01T00:00:00Z","properties":{"plan":"pro","event":"x"},"context":{"groupId":"acme"}}"#,
        "\n",
        r#"{"userId":"b","event":"Logged In","timestamp":"2025-01-02T00:00:00Z","plan":"free","properties":{"minutes":3}}"#,
        "\n"
    );
    let folder = Folder::new("messages", &[("events.json", lines)]);
    let (yaml, records, _) = propose(&folder.0);
    assert!(yaml.contains("account: \"context.groupId\""), "{yaml}");
    assert!(yaml.contains("\"minutes\": { column: \"properties.minutes\""), "{yaml}");
    assert!(yaml.contains("\"properties.plan\": { column: \"properties.plan\""), "two are called plan: {yaml}");
    assert_eq!(records.first().and_then(|record| record.who.account.as_deref()), Some("acme"));
}
