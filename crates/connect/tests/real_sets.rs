//! The mappings under `examples/` on the real data sets, where these are at hand: counts of rows, records and rejects.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, and say what is skipped"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use connect::files::{Import, KeptRejects, Mapping, Options, Summary};
use engine::batch::{Batch, Shape};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What an import gave: rejects, its summary, and how many records of each kind there are.
fn import(set: &str) -> Option<(KeptRejects, Summary, BTreeMap<String, u64>)> {
    let data = root().join("../shared/data").join(set);
    if !data.is_dir() {
        eprintln!("skipped: {} is absent", data.display());
        return None;
    }
    let path = root().join("examples").join(set).join("mapping.yaml");
    let text = std::fs::read_to_string(&path).expect("the example is there");
    let mapping = Mapping::parse(&path.display().to_string(), &text).unwrap_or_else(|error| panic!("{error}"));
    let mut import =
        Import::open(Arc::new(mapping), &[data], Options::default()).unwrap_or_else(|error| panic!("{error}"));
    let mut rejects = KeptRejects::default();
    let mut kinds = BTreeMap::new();
    while let Some(batch) = import.next_batch(&mut rejects).unwrap_or_else(|error| panic!("{error}")) {
        count(&batch, &mut kinds);
    }
    let progress = import.progress();
    assert_eq!(progress.read(), progress.total(), "all bytes are read");
    assert!(import.summary().unmatched.is_empty(), "each pattern has its file: {:?}", import.summary().unmatched);
    Some((rejects, import.summary().clone(), kinds))
}

fn count(batch: &Batch, kinds: &mut BTreeMap<String, u64>) {
    for at in 0..batch.len() {
        let row = batch.row(at).expect("within the batch");
        let kind = match row.shape {
            Shape::Event(_) => batch.texts.get(row.name).expect("an event has a name").to_owned(),
            Shape::Traits { of, constant } => {
                format!("traits of {}{}", of.word(), if constant { ", constant" } else { "" })
            }
            Shape::Alias => "alias".to_owned(),
            Shape::Leave => "leave".to_owned(),
        };
        *kinds.entry(kind).or_default() += 1;
    }
}

fn check(set: &str, rows: u64, rejected: u64, expect: &[(&str, u64)]) {
    let Some((rejects, summary, kinds)) = import(set) else { return };
    assert_eq!(
        rejects.total(),
        rejected,
        "{:?}",
        rejects.kept.iter().take(5).map(ToString::to_string).collect::<Vec<_>>()
    );
    assert_eq!(summary.rows(), rows);
    assert_eq!((summary.kept_as_text, summary.replaced, summary.texts_cut, summary.clamped), (0, 0, 0, 0));
    let expect: BTreeMap<String, u64> = expect.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect();
    assert_eq!(kinds, expect);
}

#[test]
fn relax() {
    check(
        "relax",
        219_917,
        0,
        &[
            ("Signed Up", 12_000),
            ("Invited Colleague Joined", 6_417),
            ("traits of user, constant", 12_000),
            ("Logged In", 207_917),
        ],
    );
}

#[test]
fn free_learners() {
    check(
        "365",
        35_230 + 37_490 + 64_458 + 35_359 + 3_683 + 2_500 + 3_041,
        0,
        &[
            ("Signed Up", 35_230),
            ("traits of user, constant", 35_230),
            ("Onboarded", 19_332),
            ("Lesson Watched", 64_458),
            ("Exam Attempted", 35_359),
            ("Certificate Issued", 3_683),
            ("Course Rated", 2_500),
            ("Subscription Purchased", 3_041),
        ],
    );
}

#[test]
fn fintech() {
    check(
        "fintech",
        50_000,
        0,
        &[
            ("App Opened", 50_000),
            ("Screen Viewed", 649_156),
            ("traits of user, constant", 50_000),
            ("Enrolled", 31_074),
        ],
    );
}

#[test]
fn olist() {
    check(
        "olist",
        8_000 + 842 + 3_095,
        0,
        &[
            ("Contact Requested", 8_000),
            ("traits of user, constant", 8_000),
            ("Deal Won", 842),
            ("traits of user", 842),
            ("traits of account, constant", 3_095),
        ],
    );
}

#[test]
fn ravenstack() {
    check(
        "ravenstack",
        500 + 5_000 + 25_000 + 2_000 + 600,
        0,
        &[
            ("Signed Up", 500),
            ("traits of account, constant", 500),
            ("Trial Started", 778),
            ("Subscription Started", 4_222),
            ("traits of account", 5_000),
            ("Subscription Ended", 486),
            ("Feature Used", 25_000),
            ("Ticket Opened", 2_000),
            ("Ticket Closed", 2_000),
            ("Churned", 600),
        ],
    );
}

#[test]
fn x_education() {
    check("xeducation", 9_240, 0, &[("Lead Created", 9_240), ("traits of user", 9_240), ("Converted", 3_561)]);
}
