//! Households that turn out to be one.

use std::sync::Arc;

use engine::Timestamp;
use engine::language;
use engine::record::{Body, Properties, Record, Who};
use engine::time::HOUR;
use store::SqliteLog;
use store::ledger::Ledger as _;

use super::{Site, append};
use crate::live::Processor;

const LOYAL: &str = "
id: loyal
subject: user
population: everyone
when:
  all:
    - { event: Project Created, count: \">= 1\" }
    - not: { event: Plan Cancelled, count: \">= 1\" }
";

fn record(user: &str, body: Body, hour: i64) -> Record {
    Record {
        source: Arc::from("app"),
        sender: Arc::from(""),
        message: Arc::from(format!("{user} {hour}")),
        timestamp: Timestamp(hour * HOUR),
        received_at: Some(Timestamp(hour * HOUR)),
        who: Who { user: Some(Arc::from(user)), ..Who::default() },
        body,
    }
}

fn event(user: &str, name: &str, hour: i64) -> Record {
    let body = Body::Event { name: Arc::from(name), kind: None, properties: Properties::new(), amount: None };
    record(user, body, hour)
}

fn take(processor: &mut Processor, log: &SqliteLog, record: Record) {
    append(log, &[record]);
    while processor.lag() > 0 {
        processor.step().expect("it goes on");
    }
    processor.finish().expect("it commits");
}

/// Whoever is a lead alone, and is none together with what was known of another id, is retracted; whichever came first.
#[test]
fn a_lead_that_joining_undoes_is_retracted() {
    for lead_is_first in [true, false] {
        let mut site = Site::new(u64::MAX);
        site.definitions = vec![language::parse(LOYAL, &site.workspace).expect("it is sound").definition];
        let (log, ledger) = site.open();
        let mut processor = site.load(&log, &ledger);
        let mut records = vec![event("ada", "Project Created", 2), event("ada-old", "Plan Cancelled", 1)];
        if !lead_is_first {
            records.reverse();
        }
        records.into_iter().for_each(|record| take(&mut processor, &log, record));
        let retracted = || {
            let leads = ledger.briefs().expect("the ledger can be read");
            leads.iter().map(|lead| (lead.subject.clone(), lead.is_retracted)).collect::<Vec<_>>()
        };
        assert_eq!(retracted(), [("ada".to_owned(), false)]);
        let alias = Body::Alias { previous: Arc::from("ada-old") };
        take(&mut processor, &log, record("ada", alias, 3));
        assert!(retracted().iter().all(|(_, is_retracted)| *is_retracted), "{lead_is_first}: {:?}", retracted());
    }
}
