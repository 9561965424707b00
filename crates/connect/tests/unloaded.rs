//! The recipes of `docs/unloading.md`: files in the form of each warehouse, imported by the mapping that the page gives,
//! say the same.

#![expect(clippy::expect_used, reason = "tests fail by panicking")]

mod support;

use std::path::Path;
use std::sync::Arc;

use engine::record::{Body, Money, Record, Who};
use engine::{Number, Timestamp, Value};
use support::{Folder, import};

const PAGE: &str = include_str!("../../../docs/unloading.md");

/// Each mapping of the page with the files that it is for.
fn recipes() -> Vec<(Vec<&'static str>, &'static str)> {
    let mut blocks = PAGE.split("\n```yaml ").skip(1).map(|rest| rest.split_once('\n').expect("a line of names"));
    let mut recipes = Vec::new();
    for (names, rest) in blocks.by_ref() {
        let (mapping, _) = rest.split_once("\n```").expect("the block ends");
        recipes.push((names.split(' ').collect(), mapping));
    }
    recipes
}

/// What the five events of the fixtures say; the sixth is a test's, and left out.
fn expected() -> Vec<Record> {
    let at = |text: &str| text.parse::<jiff::Timestamp>().map(Timestamp::from_jiff).expect("a time");
    let note = |text: &str| vec![("note", Value::text(text))];
    let size = Value::Number(Number::whole(3));
    let paid = Money { amount: Number::from_f64(1200.5).expect("a number"), currency: Arc::from("USD") };
    let rows = [
        ("2024-03-10T04:30:00Z", "2024-03-10T04:30:01Z", "Signed Up", Some("u1"), note("a, \"é\" | \\c"), None),
        (
            "2024-03-10T07:15:00.25Z",
            "2024-03-10T07:15:02Z",
            "Project Created",
            Some("u1"),
            [note("two\nlines"), vec![("size", size)]].concat(),
            None,
        ),
        ("2024-03-10T07:00:00.000001Z", "2024-03-10T07:00:00.5Z", "Comment Added", Some("u2"), Vec::new(), None),
        ("2024-03-11T12:00:00Z", "2024-03-11T12:00:00Z", "Comment Added", None, Vec::new(), None),
        (
            "2024-03-12T12:00:00Z",
            "2024-03-12T12:00:00Z",
            "Subscription Started",
            Some("u1"),
            [note("<b> & co"), vec![("plan", Value::text("team"))]].concat(),
            Some(paid),
        ),
    ];
    let record = |(number, (time, received, name, user, properties, amount)): (usize, _)| Record {
        source: Arc::from("product"),
        sender: Arc::from(""),
        message: Arc::from(format!("event-{}", number + 1)),
        timestamp: at(time),
        received_at: Some(at(received)),
        who: Who { user: Option::map(user, Arc::from), account: Some(Arc::from("7")), ..Who::default() },
        body: Body::Event {
            name: Arc::from(name),
            kind: None,
            properties: Vec::into_iter(properties).map(|(name, value)| (Arc::from(name), value)).collect(),
            amount,
        },
    };
    rows.into_iter().enumerate().map(record).collect()
}

#[test]
fn files_of_every_warehouse_say_the_same() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/unloaded");
    let mut seen = 0;
    for (names, mapping) in recipes() {
        for name in names {
            let bytes = std::fs::read(fixtures.join(name)).expect("the fixture is there");
            let folder = Folder::new(&[(name, &bytes)]);
            let imported = import(mapping, &folder.0);
            assert_eq!(imported.rejects.total(), 0, "{name}: {:?}", imported.rejects.kept);
            assert_eq!(imported.records, expected(), "{name}");
            let left_out: u64 = imported.summary.files.iter().map(|file| file.left_out).sum();
            assert_eq!(left_out, 1, "{name}: the test's event");
            seen += 1;
        }
    }
    assert_eq!(seen, 9, "every fixture has its mapping on the page");
}
