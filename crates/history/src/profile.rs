//! What is inside a lake.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use engine::Timestamp;
use engine::household::EventName;
use engine::record::SubjectKind;
use engine::time::MINUTE;
use engine::workspace::Workspace;
use foldhash::fast::FixedState;

use crate::columns::{ColumnName, Table};
use crate::error::Result;
use crate::lake::Lake;
use crate::manifest::Totals;
use crate::rows::NEVER;
use crate::stream::{Buffers, Wanted};

/// What is inside a lake.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Events, the most frequent first.
    pub events: Vec<EventProfile>,
    /// Properties and traits with their types and how many rows have them, by table and name.
    pub columns: Vec<(ColumnName, u64)>,
    /// Different ids of users and anonymous ids, of accounts, of workspaces.
    pub ids: [u32; 3],
    /// What all imports have seen.
    pub totals: Totals,
    /// Days (since 1970-01-01, in the workspace's zone) between the first and the last event on which there is none:
    /// first and last of each gap.
    pub gaps: Vec<(i32, i32)>,
    /// How long after they happened events were received.
    pub delays: Delays,
}

/// One event name.
#[derive(Debug, Clone, PartialEq)]
pub struct EventProfile {
    /// The name, after aliases, and its kind.
    pub name: EventName,
    /// How many events.
    pub rows: u64,
    /// How many on each day (since 1970-01-01, in the workspace's zone) that has any.
    pub days: BTreeMap<i32, u64>,
    /// The first one's time.
    pub first: Timestamp,
    /// The last one's time.
    pub last: Timestamp,
}

/// How long after they happened events were received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delays {
    /// Events whose receipt is known.
    pub known: u64,
    /// Of those, received at their very time: also those whose clock ran ahead and was set back at the door.
    pub at_once: u64,
    /// Of those, received more than an hour later.
    pub over_an_hour: u64,
    /// Of those, received more than a day later.
    pub over_a_day: u64,
    /// The longest delay, in microseconds.
    pub longest: i64,
}

#[derive(Default)]
struct Counts {
    /// By name and quarter of an hour, the finest step of any zone's clock against UTC today.
    quarters: HashMap<(u32, i64), u64, FixedState>,
    ends: BTreeMap<u32, (i64, i64)>,
    delays: Delays,
}

const QUARTER: i64 = 15 * MINUTE;

impl Counts {
    fn add(&mut self, buffers: &Buffers) {
        for (row, (time, name)) in buffers.times.iter().zip(buffers.codes(0)).enumerate() {
            *self.quarters.entry((*name, time.div_euclid(QUARTER))).or_default() += 1;
            let ends = self.ends.entry(*name).or_insert((*time, *time));
            *ends = (ends.0.min(*time), ends.1.max(*time));
            let received = buffers.received.get(row).copied().unwrap_or(NEVER);
            if received != NEVER {
                self.delays.add(received.saturating_sub(*time));
            }
        }
    }
}

impl Delays {
    fn add(&mut self, delay: i64) {
        self.known += 1;
        self.at_once += u64::from(delay <= 0);
        self.over_an_hour += u64::from(delay > engine::time::HOUR);
        self.over_a_day += u64::from(delay > engine::time::DAY);
        self.longest = self.longest.max(delay);
    }

    fn join(&mut self, other: &Self) {
        self.known += other.known;
        self.at_once += other.at_once;
        self.over_an_hour += other.over_an_hour;
        self.over_a_day += other.over_a_day;
        self.longest = self.longest.max(other.longest);
    }
}

impl Lake {
    /// Looks at everything.
    ///
    /// # Errors
    /// As for [`Lake::scan`].
    pub fn profile(&self, workspace: &Workspace, threads: usize) -> Result<Profile> {
        let wanted = Arc::new(Wanted { codes: vec!["name"], received: true, ..Wanted::default() });
        let folds = self.fold_rows(Table::Events, &wanted, threads.max(1), Counts::default, Counts::add)?;
        let mut delays = Delays::default();
        folds.iter().for_each(|fold| delays.join(&fold.delays));
        let events = self.event_profiles(workspace, folds);
        let ids = [SubjectKind::User, SubjectKind::Account, SubjectKind::Workspace];
        Ok(Profile {
            gaps: gaps(&events),
            events,
            columns: self.column_counts()?,
            ids: ids.map(|kind| self.directory().count(kind)),
            totals: self.totals().clone(),
            delays,
        })
    }

    fn event_profiles(&self, workspace: &Workspace, folds: Vec<Counts>) -> Vec<EventProfile> {
        let names = self.names(workspace);
        let mut all: BTreeMap<u32, EventProfile> = BTreeMap::new();
        let mut days: HashMap<i64, i32, FixedState> = HashMap::default();
        for fold in folds {
            for (code, (first, last)) in fold.ends {
                let Some((place, name)) = names.of_code(code) else { continue };
                let (first, last) = (Timestamp(first), Timestamp(last));
                let fresh = || EventProfile { name: name.clone(), rows: 0, days: BTreeMap::new(), first, last };
                let profile = all.entry(place).or_insert_with(fresh);
                profile.first = profile.first.min(first);
                profile.last = profile.last.max(last);
            }
            let mut quarters: Vec<_> = fold.quarters.into_iter().collect();
            quarters.sort_unstable();
            for ((code, quarter), rows) in quarters {
                let day = *days
                    .entry(quarter)
                    .or_insert_with(|| Timestamp(quarter.saturating_mul(QUARTER)).day(&workspace.zone));
                let profile = names.of_code(code).and_then(|(place, _)| all.get_mut(&place));
                if let Some(profile) = profile {
                    profile.rows += rows;
                    *profile.days.entry(day).or_default() += rows;
                }
            }
        }
        let mut events: Vec<EventProfile> = all.into_values().collect();
        events.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.name.name.cmp(&b.name.name)));
        events
    }

    /// How many rows have each property and trait. Rows that have moved count where they are now only up to the next
    /// merge of runs.
    fn column_counts(&self) -> Result<Vec<(ColumnName, u64)>> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for part in self.manifest().runs.iter().flat_map(|run| &run.parts) {
            for (table, entry) in [(Table::Events, &part.events), (Table::Facts, &part.facts)] {
                let Some(entry) = entry else { continue };
                for (name, rows) in self.open_table(entry)?.0.counts() {
                    let name =
                        name.strip_prefix("large.").map_or_else(|| name.to_owned(), |name| format!("number.{name}"));
                    *counts.entry(format!("{} {name}", table.word())).or_default() += rows;
                }
            }
        }
        let mut columns: Vec<(ColumnName, u64)> = self
            .columns()
            .into_iter()
            .map(|column| {
                let text = ColumnName::text(column.table, column.value_type, &column.name);
                let rows = counts.get(&text).copied().unwrap_or(0);
                (column, rows)
            })
            .collect();
        columns.sort_by(|(a, _), (b, _)| (a.table, &a.name, a.value_type).cmp(&(b.table, &b.name, b.value_type)));
        Ok(columns)
    }
}

/// Stretches of days without any event.
fn gaps(events: &[EventProfile]) -> Vec<(i32, i32)> {
    let mut days: Vec<i32> = events.iter().flat_map(|event| event.days.keys().copied()).collect();
    days.sort_unstable();
    days.dedup();
    let pairs = days.iter().zip(days.iter().skip(1));
    pairs.filter(|(day, next)| **day + 1 < **next).map(|(day, next)| (day + 1, next - 1)).collect()
}
