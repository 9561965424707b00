//! The end of a processor: what compaction has brought by then is not lost to the next one.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use engine::Timestamp;
use engine::language;
use engine::record::{Body, Properties, Record, Who};
use engine::time::DAY;
use history::Lake;
use store::SqliteLog;
use store::ledger::Ledger as _;
use store::ledger::lead::LeadState;
use store::log::Log as _;

use super::{CLOCK, Dice, Site, append, live};
use crate::live::Processor;

/// Holds until she does a task.
const QUIET: &str = "id: quiet\nsubject: user\npopulation: everyone\nwhen:\n  all:\n    - { event: Began, ever: true }\n    \
                     - { event: Task Created, count: \"= 0\", last: 3d }\n";
const BEGUN: i64 = 1_780_000_000_000_000;
/// Entries that make a compaction.
const MANY: u64 = 200;
/// More than are remembered, however much of what came before was in the lake when the processor started.
const ALL_REMEMBERED: u64 = 1_200;

fn does(user: &str, name: &str, message: &str, at: i64) -> Record {
    let body = Body::Event { name: Arc::from(name), kind: None, properties: Properties::new(), amount: None };
    Record {
        source: Arc::from("app"),
        sender: Arc::from(""),
        message: Arc::from(message),
        timestamp: Timestamp(at),
        received_at: Some(Timestamp(at)),
        who: Who { user: Some(Arc::from(user)), ..Who::default() },
        body,
    }
}

/// What makes no lead.
fn pages(from: u64, to: u64, at: i64) -> Vec<Record> {
    (from..to).map(|number| does("max", "Page Seen", &format!("page {number}"), at)).collect()
}

fn take(log: &SqliteLog, processor: &mut Processor, records: &[Record]) {
    append(log, records);
    while processor.lag() > 0 {
        processor.step().expect("it goes on");
    }
}

/// A copy of what is long in the lake, with another time, makes a lead lapse, until compaction finds that it is one.
#[test]
fn whom_compaction_revives_at_the_very_end_is_alive_at_the_next_start() {
    let mut site = Site::new(MANY);
    site.definitions = vec![language::parse(QUIET, &site.workspace).expect("it is sound").definition];
    CLOCK.store(BEGUN, Ordering::Relaxed);
    let first = does("zoe", "Task Created", "first", BEGUN);
    let long_ago: Vec<Record> = std::iter::once(first.clone()).chain(pages(0, 300, BEGUN)).collect();
    live(&site, &long_ago, &mut Dice(1));
    let (log, ledger) = site.open();
    let mut processor = site.load(&log, &ledger);
    take(&log, &mut processor, &pages(300, 300 + ALL_REMEMBERED, BEGUN));
    let in_lake = || Lake::open(&site.path().join("lake")).expect("there is a lake").manifest().log;
    while in_lake() + MANY / 2 < log.end() {
        processor.step().expect("it goes on");
    }
    let state = || {
        let leads = ledger.briefs().expect("the ledger can be read");
        leads.into_iter().find(|lead| lead.subject == "zoe").map(|lead| lead.state)
    };
    CLOCK.store(BEGUN + 5 * DAY, Ordering::Relaxed);
    take(&log, &mut processor, &[does("zoe", "Began", "began", BEGUN + 5 * DAY)]);
    assert_eq!(state(), Some(LeadState::New));
    CLOCK.store(BEGUN + 6 * DAY, Ordering::Relaxed);
    take(
        &log,
        &mut processor,
        &[Record { timestamp: Timestamp(BEGUN + 6 * DAY), received_at: Some(Timestamp(BEGUN + 6 * DAY)), ..first }],
    );
    assert_eq!(state(), Some(LeadState::Lapsed), "nobody remembers that it is a copy");
    // The compaction begins, something is taken that is not worth a commit, and it ends.
    append(&log, &pages(2_000, 2_000 + MANY, BEGUN + 6 * DAY));
    processor.step().expect("it goes on");
    append(&log, &pages(3_000, 3_001, BEGUN + 6 * DAY));
    processor.step().expect("it goes on");
    processor.finish().expect("it ends well");
    drop(processor);
    let mut processor = site.load(&log, &ledger);
    take(&log, &mut processor, &[]);
    processor.finish().expect("it ends well");
    assert_eq!(state(), Some(LeadState::New));
}
