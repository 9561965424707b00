//! Official clients of vendors, unmodified: each message arrives once, rightly mapped. They lie where `BRIX_SDKS` says (a folder
//! with `node_modules`), and in Python's own place; what is not there is skipped with a line.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use engine::Value;
use engine::record::{Body, Properties, Record, SubjectKind};

use crate::support::{KEY, Server, folder};

/// What a client can say beside events and traits of users.
#[derive(Default)]
struct Says {
    pages: bool,
    screens: bool,
    alias: bool,
    /// Whether it makes the user a member of the account.
    member: bool,
}

const SEGMENT: Says = Says { pages: true, screens: true, alias: true, member: true };

/// Whether a client can be run, said if not.
fn is_there(program: &mut Command, what: &str) -> bool {
    let there = program.output().is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("skipped: {what} is not installed (tests/sdk says what is needed)");
    }
    there
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sdk")
}

fn node(vendor: &str, package: &str, says: &Says) {
    let modules = std::env::var_os("BRIX_SDKS").map(|folder| PathBuf::from(folder).join("node_modules"));
    let Some(modules) = modules.filter(|modules| modules.join(package).is_dir()) else {
        eprintln!("skipped: {package} is not installed (tests/sdk says what is needed)");
        return;
    };
    if !is_there(Command::new("node").arg("--version"), "node") {
        return;
    }
    let place = folder(&format!("node_{vendor}"), "");
    std::os::unix::fs::symlink(modules, place.join("node_modules")).unwrap();
    let script = format!("send_{vendor}.mjs");
    std::fs::copy(scripts().join(&script), place.join(&script)).unwrap();
    sends(vendor, &place, Command::new("node").arg(place.join(script)), says);
}

fn python(vendor: &str, module: &str, says: &Says) {
    if is_there(Command::new("python3").args(["-c", &format!("import {module}")]), module) {
        let place = folder(&format!("python_{vendor}"), "");
        let script = scripts().join(format!("send_{vendor}.py"));
        sends(vendor, &place, Command::new("python3").arg(script), says);
    }
}

fn sends(vendor: &str, place: &Path, client: &mut Command, says: &Says) {
    let key = "sender:test-key-of-a-source";
    let settings = format!(
        "listen = \"127.0.0.1:0\"\nlog_format = \"json\"\n[compaction]\nevery = \"1h\"\n\
         [[sources]]\nname = \"app\"\nvendor = \"{vendor}\"\nkeys = [\"env:TEST_KEY\"]\n"
    );
    std::fs::write(place.join("server.toml"), settings).unwrap();
    let server = Server::start_with(place, &[("TEST_KEY", if vendor == "jitsu" { key } else { KEY })]);
    let output = client
        .env("BRIX_URL", format!("http://{}", server.address))
        .env("BRIX_KEY", if vendor == "jitsu" { key } else { KEY })
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words}");
    let (records, rejects) = server.kept();
    assert_eq!(rejects, [], "{words}");
    check(&records, says);
}

fn text(properties: &Properties, name: &str) -> Option<String> {
    match properties.get(name)? {
        Value::Number(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.to_string()),
        _ => None,
    }
}

fn check(records: &[Record], says: &Says) {
    let ids: HashSet<_> = records.iter().map(|record| (&record.sender, &record.message)).collect();
    assert_eq!(ids.len(), records.len(), "each has an id of its own: {records:#?}");
    let of_user = |record: &&Record| record.who.user.as_deref() == Some("user-1");
    let events = |wanted: &str| -> Vec<&Record> {
        let is_it = |record: &&Record| matches!(&record.body, Body::Event { name, .. } if &**name == wanted);
        records.iter().filter(is_it).collect()
    };
    let mut numbers: Vec<_> = events("Project Created")
        .into_iter()
        .map(|record| match &record.body {
            Body::Event { properties, .. } => (record.who.user.as_deref(), text(properties, "number")),
            _ => (None, None),
        })
        .collect();
    numbers.sort_unstable();
    let number = |number: &str| (Some("user-1"), Some(number.to_owned()));
    assert_eq!(numbers, [number("1"), number("2"), number("3")]);
    assert_eq!(events("Page Viewed").len(), usize::from(says.pages));
    assert_eq!(events("Screen Viewed").len(), usize::from(says.screens));
    let traits = |kind: SubjectKind, name: &str| -> Vec<(Option<&str>, String)> {
        let read = |record: &'_ Record| match &record.body {
            Body::Traits { of, traits, .. } if *of == kind => text(traits, name),
            _ => None,
        };
        let id = |record| match kind {
            SubjectKind::User => Record::user_of(record),
            _ => Record::account_of(record),
        };
        records.iter().filter_map(|record| Some((id(record), read(record)?))).collect()
    };
    assert_eq!(traits(SubjectKind::User, "plan"), [(Some("user-1"), "trial".to_owned())]);
    assert_eq!(traits(SubjectKind::Account, "employees"), [(Some("acme"), "80".to_owned())]);
    if says.member {
        let is_member = |record: &Record| of_user(&record) && record.who.account.as_deref() == Some("acme");
        assert!(records.iter().any(is_member), "{records:#?}");
    }
    // Clients do not agree on which of the two comes first; that they are one person is what it says.
    let aliases: Vec<_> = records
        .iter()
        .filter_map(|record| match &record.body {
            Body::Alias { previous } => {
                let mut both = [previous.as_ref(), record.who.user.as_deref().unwrap_or_default()];
                both.sort_unstable();
                Some(both)
            }
            _ => None,
        })
        .collect();
    let expected: &[_] = if says.alias { &[["user-1", "visitor-1"]] } else { &[] };
    assert_eq!(aliases, expected);
}

/// Whom a record is about.
trait About {
    fn user_of(&self) -> Option<&str>;
    fn account_of(&self) -> Option<&str>;
}

impl About for Record {
    fn user_of(&self) -> Option<&str> {
        self.who.user.as_deref()
    }

    fn account_of(&self) -> Option<&str> {
        self.who.account.as_deref()
    }
}

#[test]
fn segment_for_node() {
    node("segment", "@segment/analytics-node", &SEGMENT);
}

#[test]
fn segment_for_python() {
    python("segment", "segment.analytics", &SEGMENT);
}

#[test]
fn rudderstack_for_node() {
    node("rudderstack", "@rudderstack/rudder-sdk-node", &SEGMENT);
}

#[test]
fn rudderstack_for_python() {
    python("rudderstack", "rudderstack.analytics", &SEGMENT);
}

#[test]
fn jitsu_for_node() {
    node("jitsu", "@jitsu/js", &Says { pages: true, member: true, ..Says::default() });
}

#[test]
fn posthog_for_node() {
    node("posthog", "posthog-node", &Says { alias: true, member: true, ..Says::default() });
}

#[test]
fn posthog_for_python() {
    python("posthog", "posthog", &Says { alias: true, member: true, ..Says::default() });
}

#[test]
fn amplitude_for_node() {
    node("amplitude", "@amplitude/analytics-node", &Says { member: true, ..Says::default() });
}

#[test]
fn amplitude_for_python() {
    python("amplitude", "amplitude", &Says { member: true, ..Says::default() });
}

#[test]
fn mixpanel_for_node() {
    node("mixpanel", "mixpanel", &Says { alias: true, ..Says::default() });
}

#[test]
fn mixpanel_for_python() {
    // Its `alias` calls the vendor whatever it is told.
    python("mixpanel", "mixpanel", &Says::default());
}
