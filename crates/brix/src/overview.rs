//! A quick look over the lake: which events there are, and from when to when.

use std::collections::BTreeMap;

use anyhow::Result;
use engine::Timestamp;
use engine::household::{EventName, Household, Needs};
use engine::workspace::Workspace;
use history::{Lake, ScanRequest};

/// Which events a lake holds.
#[derive(Debug, Default)]
pub struct Overview {
    /// Each name with its kind that occurs.
    pub events: Vec<EventSpan>,
}

/// An event name's part of the history.
#[derive(Debug, Clone)]
pub struct EventSpan {
    /// The name, after aliases, with its kind.
    pub name: EventName,
    /// How often.
    pub count: u64,
    /// The first time.
    pub first: Timestamp,
    /// The last time.
    pub last: Timestamp,
}

/// How often, first and last, by name code.
type Spans = Vec<(u64, i64, i64)>;

impl Overview {
    /// Reads times and names of all events.
    pub fn of(lake: &Lake, workspace: &Workspace) -> Result<Self> {
        let names = lake.names(workspace).list;
        let needs = Needs { accounts: true, ..Needs::default() };
        // With accounts, so that events of nobody but an account count too; not where the lake is laid out otherwise.
        let needs = if lake.is_laid_out_for(workspace) { needs } else { Needs::default() };
        let request = ScanRequest { needs: &needs, workspace, threads: 0 };
        let empty = || vec![(0, i64::MAX, i64::MIN); names.len()];
        let spans = lake.scan(&request, empty, add, |all, part| {
            for (mine, theirs) in all.iter_mut().zip(part) {
                *mine = (mine.0 + theirs.0, mine.1.min(theirs.1), mine.2.max(theirs.2));
            }
        })?;
        let events = names.into_iter().zip(spans).filter(|(_, (count, ..))| *count > 0);
        let events = events.map(|(name, (count, first, last))| EventSpan {
            name,
            count,
            first: Timestamp(first),
            last: Timestamp(last),
        });
        Ok(Self { events: events.collect() })
    }

    /// The last event's instant; `None` if there is none.
    pub fn last(&self) -> Option<Timestamp> {
        self.events.iter().map(|event| event.last).max()
    }

    /// When each name first appeared, of whatever kind.
    pub fn first_seen(&self) -> BTreeMap<&str, Timestamp> {
        let mut first = BTreeMap::new();
        for event in &self.events {
            let seen = first.entry(&*event.name.name).or_insert(event.first);
            *seen = event.first.min(*seen);
        }
        first
    }
}

fn add(spans: &mut Spans, household: &Household<'_>) {
    for (time, name) in household.times.iter().zip(household.names) {
        if let Some((count, first, last)) = spans.get_mut(*name as usize) {
            *count += 1;
            *first = (*first).min(*time);
            *last = (*last).max(*time);
        }
    }
}
