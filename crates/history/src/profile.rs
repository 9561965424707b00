//! What is inside a lake: one pass over all rows, on several threads, in bounded memory.

mod domains;
mod fold;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::Timestamp;
use engine::household::EventName;
use engine::record::SubjectKind;
use engine::workspace::Workspace;
use jiff::tz::TimeZone;

pub use domains::DomainProfile;
pub use values::ValueProfile;

use crate::columns::{Table, ValueType};
use crate::error::Result;
use crate::gather::batches::Batches;
use crate::lake::{Lake, Names};
use crate::manifest::Totals;
use crate::scan::Unit;
use crate::threads::share_out;
use fold::{EventFold, Fold, Plan};

/// What is inside a lake.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Events, the most frequent first.
    pub events: Vec<EventProfile>,
    /// Traits, by their owner and name.
    pub traits: Vec<TraitProfile>,
    /// Who is in it.
    pub people: People,
    /// Different ids of accounts, and of workspaces.
    pub ids: [u32; 2],
    /// What all imports have seen.
    pub totals: Totals,
    /// Days (since 1970-01-01, in the workspace's zone) between the first and the last event on which there is none:
    /// first and last of each gap.
    pub gaps: Vec<(i32, i32)>,
    /// How long after they happened events were received.
    pub delays: Delays,
    /// Domains of people's e-mail addresses, those with the most people first.
    pub domains: Vec<DomainProfile>,
    /// Whether there were more domains than are counted.
    pub more_domains: bool,
    /// Events by the hour of the day, in the workspace's zone.
    pub hours: [u64; 24],
    /// Events that stand exactly at a midnight of UTC: of a source that knows only days.
    pub at_midnight: u64,
}

/// Who is in a lake, after ties and aliases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct People {
    /// Everybody.
    pub all: u64,
    /// Of those: with a user id.
    pub identified: u64,
    /// With an event.
    pub with_events: u64,
    /// With an account in some row of theirs.
    pub with_account: u64,
    /// With an e-mail address.
    pub with_email: u64,
}

/// One event name.
#[derive(Debug, Clone, PartialEq)]
pub struct EventProfile {
    /// The name, after aliases, and its kind.
    pub name: EventName,
    /// How many events.
    pub rows: u64,
    /// Of those: whose source states the kind.
    pub kind_stated: u64,
    /// By how many people.
    pub people: u64,
    /// Events of nobody: of an account, or a workspace, alone.
    pub of_nobody: u64,
    /// Events that name an account.
    pub with_account: u64,
    /// How many on each day (since 1970-01-01, in the workspace's zone) that has any.
    pub days: BTreeMap<i32, u64>,
    /// The first one's time.
    pub first: Timestamp,
    /// The last one's time.
    pub last: Timestamp,
    /// Events with an amount of money, by currency.
    pub money: BTreeMap<String, u64>,
    /// Properties, by name and type.
    pub properties: Vec<ColumnProfile>,
}

/// A property of one event, or a trait, as far as its values have one type.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub value_type: ValueType,
    /// How many rows have it.
    pub rows: u64,
    /// What stands there.
    pub values: ValueProfile,
}

/// A trait.
#[derive(Debug, Clone, PartialEq)]
pub struct TraitProfile {
    /// Whose.
    pub of: SubjectKind,
    /// Name, type, rows and values.
    pub column: ColumnProfile,
    /// How many subjects have it.
    pub subjects: u64,
    /// Rows that hold it to be so always.
    pub constant: u64,
}

/// How long after they happened events were received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delays {
    /// Events whose receipt is known.
    pub known: u64,
    /// Of those, received at their very time: also those whose clock ran ahead and was set back at the door.
    pub at_once: u64,
    /// Of those, received more than a minute later.
    pub over_a_minute: u64,
    /// Of those, received more than an hour later.
    pub over_an_hour: u64,
    /// Of those, received more than a day later.
    pub over_a_day: u64,
    /// The longest delay, in microseconds.
    pub longest: i64,
}

impl Delays {
    fn add(&mut self, delay: i64) {
        self.known += 1;
        self.at_once += u64::from(delay <= 0);
        self.over_a_minute += u64::from(delay > engine::time::MINUTE);
        self.over_an_hour += u64::from(delay > engine::time::HOUR);
        self.over_a_day += u64::from(delay > engine::time::DAY);
        self.longest = self.longest.max(delay);
    }

    fn join(&mut self, other: &Self) {
        self.known += other.known;
        self.at_once += other.at_once;
        self.over_a_minute += other.over_a_minute;
        self.over_an_hour += other.over_an_hour;
        self.over_a_day += other.over_a_day;
        self.longest = self.longest.max(other.longest);
    }
}

impl Lake {
    /// Looks at everything. `threads`: 0 for one for each processor; `progress` is told how many rows a step took.
    ///
    /// # Errors
    /// As for [`Lake::scan`], save that the lake may be laid out for any account settings.
    pub fn profile(&self, workspace: &Workspace, threads: usize, progress: &(dyn Fn(u64) + Sync)) -> Result<Profile> {
        let names = self.names(workspace);
        let plan = Plan::of(self, &names);
        let folds = share_out(
            &self.units(),
            threads,
            || Fold::new(&plan),
            |fold, unit| {
                let mut batches = self.profile_batches(unit, &plan)?;
                while batches.advance(true)? {
                    fold.batch(&batches);
                    progress(batches.pieces.iter().map(|piece| piece.rows as u64).sum());
                }
                Ok(())
            },
        )?;
        let mut folds = folds.into_iter();
        let mut all = folds.next().unwrap_or_else(|| Fold::new(&plan));
        folds.for_each(|fold| all.join(fold));
        let [accounts, workspaces] =
            [SubjectKind::Account, SubjectKind::Workspace].map(|kind| self.directory().still_named(kind));
        Ok(Profile { ids: [accounts?, workspaces?], ..self.profile_of(all, &plan, &names, &workspace.zone) })
    }

    fn profile_batches(&self, unit: &Unit, plan: &Plan) -> Result<Batches> {
        let (mut events, mut facts) = (Vec::new(), Vec::new());
        for run in &self.manifest().runs {
            events.push(self.files_of(run, Table::Events, unit.from, unit.to)?);
            facts.push(self.files_of(run, Table::Facts, unit.from, unit.to)?);
        }
        Batches::open(unit, (events, &plan.events.wanted), (facts, &plan.facts.wanted))
    }

    fn profile_of(&self, fold: Fold<'_>, plan: &Plan, names: &Names, zone: &TimeZone) -> Profile {
        let mut hours = [0; 24];
        let mut days_of = BTreeMap::new();
        let mut events: Vec<EventProfile> = Vec::new();
        let mut properties = fold.properties(plan);
        for (place, (name, event)) in
            (0..).zip(names.list.iter().zip(&fold.events)).filter(|(_, (_, event))| event.rows > 0)
        {
            let mut days = BTreeMap::new();
            let mut quarters: Vec<_> = event.quarters.iter().collect();
            quarters.sort_unstable();
            for (quarter, rows) in quarters {
                let (day, hour) = *days_of.entry(*quarter).or_insert_with(|| fold::day_and_hour(*quarter, zone));
                *days.entry(day).or_default() += rows;
                if let Some(hour) = hours.get_mut(hour) {
                    *hour += rows;
                }
            }
            events.push(event_profile(name, event, days, properties.remove(&place).unwrap_or_default()));
        }
        events.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.name.name.cmp(&b.name.name)));
        Profile {
            gaps: gaps(&events),
            events,
            traits: fold.traits(plan),
            people: fold.people,
            ids: [0; 2],
            totals: self.totals().clone(),
            more_domains: fold.domains.is_full(),
            domains: fold.domains.finish(),
            delays: fold.delays,
            hours,
            at_midnight: fold.at_midnight,
        }
    }
}

fn event_profile(
    name: &EventName,
    event: &EventFold,
    days: BTreeMap<i32, u64>,
    properties: Vec<ColumnProfile>,
) -> EventProfile {
    EventProfile {
        name: EventName { name: Arc::clone(&name.name), kind: name.kind },
        rows: event.rows,
        kind_stated: event.kind_stated,
        people: event.people,
        of_nobody: event.of_nobody,
        with_account: event.with_account,
        days,
        first: Timestamp(event.first),
        last: Timestamp(event.last),
        money: event.money.clone(),
        properties,
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
