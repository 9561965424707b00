//! A question for the tests of this module.

use std::sync::Arc;

use engine::Timestamp;
use engine::definition::{Events, Goal, NamePattern};
use engine::household::EventName;
use engine::record::{EventKind, SubjectKind};
use engine::time::DAY;

use super::catalog::Catalog;
use super::question::Question;

/// A question about events that are called by their numbers.
pub fn question(events: usize, windows: &[i64]) -> Question {
    let name = |text: String| EventName { name: Arc::from(text), kind: EventKind::Product };
    let names: Vec<_> = (0..events).map(|event| (name(format!("Event {event:03}")), 1_u64)).collect();
    let goal = Events { names: vec![NamePattern::Exactly(Arc::from("Bought"))], kind: None, filter: None };
    Question {
        subject: SubjectKind::User,
        goal: "Bought".to_owned(),
        recurs: false,
        through_account: false,
        windows: windows.to_vec(),
        end: 60 * DAY,
        observed_until: Timestamp(10_000 * DAY),
        from: None,
        to: None,
        zone: jiff::tz::TimeZone::UTC,
        zone_slot: None,
        catalog: Arc::new(Catalog::new(&names, &Goal { events: goal, of: None, within: None })),
        aim: super::aim::Aim::Tell,
        capacity_per_week: None,
        permutations: 0,
        seed: 1,
        trusted: Vec::new(),
        without_sales_touched: false,
    }
}
