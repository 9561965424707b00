//! What is inside a lake, for scripts; the texts are made of it too.

use std::collections::BTreeMap;
use std::path::PathBuf;

use engine::Value;
use engine::workspace::Workspace;
use history::{ColumnProfile, Delays, EventProfile, Lake, People, Profile, TraitProfile, ValueProfile};
use serde::Serialize;

use super::rejected::Rejected;
use super::span;
use crate::commands::import::{self, ImportRecord};
use crate::instant;

/// What is inside a lake.
#[derive(Debug, Serialize)]
pub struct Told {
    pub lake: PathBuf,
    pub version: u64,
    pub zone: String,
    /// Who was not heard of since is not kept; none: everybody is.
    pub kept_from: Option<String>,
    /// The first and the last day with an event, and how many days that is.
    pub first_day: Option<String>,
    pub last_day: Option<String>,
    pub days: u64,
    pub event_rows: u64,
    pub fact_rows: u64,
    pub people: PeopleTold,
    pub events: Vec<EventTold>,
    pub traits: Vec<TraitTold>,
    pub gaps: Vec<GapTold>,
    pub receipts: ReceiptsTold,
    pub duplicates: u64,
    pub differing_duplicates: u64,
    pub rejected: Rejected,
    /// Imports that brought something, the first first.
    pub imports: Vec<ImportRecord>,
    /// What is odd, in words.
    pub notes: Vec<String>,
    /// The first and the last day as numbers.
    #[serde(skip)]
    pub range: Option<(i32, i32)>,
}

/// Who is in it.
#[derive(Debug, Serialize)]
pub struct PeopleTold {
    pub people: u64,
    pub with_user_id: u64,
    pub with_events: u64,
    pub with_account: u64,
    pub with_email: u64,
    pub accounts: u32,
    pub workspaces: u32,
}

/// An event name.
#[derive(Debug, Serialize)]
pub struct EventTold {
    pub name: String,
    pub kind: &'static str,
    pub count: u64,
    pub people: u64,
    pub of_nobody: u64,
    pub with_account: u64,
    pub first: String,
    pub last: String,
    pub first_day: String,
    pub last_day: String,
    /// The name comes only from this day on although more should have come before.
    pub begins_late: bool,
    /// The name stops although more should have come after.
    pub stops_early: bool,
    /// The longest stretch of days without it in which it should have come.
    pub longest_gap: Option<GapTold>,
    pub money: BTreeMap<String, u64>,
    pub by_day: BTreeMap<String, u64>,
    pub properties: Vec<ColumnTold>,
    #[serde(skip)]
    pub days: BTreeMap<i32, u64>,
}

/// A property, or a trait's values.
#[derive(Debug, Serialize)]
pub struct ColumnTold {
    pub name: String,
    #[serde(rename = "type")]
    pub value_type: &'static str,
    pub rows: u64,
    pub different: u64,
    /// Whether `different` is a count, and not an estimate.
    pub is_exact: bool,
    pub least: Option<String>,
    pub most: Option<String>,
    /// The most frequent values where exact, else a random few.
    pub values: Vec<ValueTold>,
}

/// A value and its rows.
#[derive(Debug, Serialize)]
pub struct ValueTold {
    pub value: String,
    pub rows: u64,
}

/// A trait.
#[derive(Debug, Serialize)]
pub struct TraitTold {
    pub of: &'static str,
    pub subjects: u64,
    /// Of all subjects of its kind, the share that has it.
    pub coverage: f64,
    pub constant_rows: u64,
    #[serde(flatten)]
    pub column: ColumnTold,
}

/// Days without any event.
#[derive(Debug, Clone, Serialize)]
pub struct GapTold {
    pub from: String,
    pub to: String,
    pub days: i32,
}

/// Receipt against the time of the event.
#[derive(Debug, Serialize)]
pub struct ReceiptsTold {
    pub known: u64,
    pub not_after_the_event: u64,
    pub over_a_minute: u64,
    pub over_an_hour: u64,
    pub over_a_day: u64,
    pub longest_seconds: i64,
}

/// Values of a column that are told.
const VALUES: usize = 12;

impl Told {
    /// From a look at the lake, as yet without notes.
    pub fn new(lake: &Lake, profile: &Profile, settings: &Workspace, rejected: Rejected) -> Self {
        let days = |pick: fn(&EventProfile) -> Option<i32>| profile.events.iter().filter_map(pick);
        let first = days(|event| event.days.keys().next().copied()).min();
        let last = days(|event| event.days.keys().next_back().copied()).max();
        let range = first.zip(last);
        let per_day = span::per_day(&profile.events);
        let events = profile.events.iter().map(|event| EventTold::new(event, &per_day)).collect();
        Self {
            lake: lake.folder().to_owned(),
            version: lake.version(),
            zone: settings.zone.iana_name().unwrap_or("UTC").to_owned(),
            kept_from: lake.kept_from().map(instant::written),
            first_day: first.map(day),
            last_day: last.map(day),
            days: range.map_or(0, |(first, last)| u64::from(last.abs_diff(first)) + 1),
            event_rows: profile.totals.events,
            fact_rows: profile.totals.facts,
            people: PeopleTold::new(profile.people, profile.ids),
            events,
            traits: profile.traits.iter().map(|found| TraitTold::new(found, profile)).collect(),
            gaps: profile.gaps.iter().map(|gap| GapTold::new(*gap)).collect(),
            receipts: ReceiptsTold::new(&profile.delays),
            duplicates: profile.totals.duplicates,
            differing_duplicates: profile.totals.differing,
            rejected,
            imports: import::records(lake.folder()),
            notes: Vec::new(),
            range,
        }
    }
}

impl PeopleTold {
    const fn new(people: People, ids: [u32; 2]) -> Self {
        let [accounts, workspaces] = ids;
        Self {
            people: people.all,
            with_user_id: people.identified,
            with_events: people.with_events,
            with_account: people.with_account,
            with_email: people.with_email,
            accounts,
            workspaces,
        }
    }
}

impl EventTold {
    fn new(event: &EventProfile, per_day: &BTreeMap<i32, u64>) -> Self {
        let span = span::Span::of(event, per_day);
        let end = |at: Option<i32>| at.map(day).unwrap_or_default();
        Self {
            name: event.name.name.to_string(),
            kind: event.name.kind.word(),
            count: event.rows,
            people: event.people,
            of_nobody: event.of_nobody,
            with_account: event.with_account,
            first: instant::written(event.first),
            last: instant::written(event.last),
            first_day: end(event.days.keys().next().copied()),
            last_day: end(event.days.keys().next_back().copied()),
            begins_late: span.begins_late,
            stops_early: span.stops_early,
            longest_gap: span.gap.map(GapTold::new),
            money: event.money.clone(),
            by_day: event.days.iter().map(|(at, rows)| (day(*at), *rows)).collect(),
            properties: event.properties.iter().map(ColumnTold::new).collect(),
            days: event.days.clone(),
        }
    }
}

impl ColumnTold {
    fn new(column: &ColumnProfile) -> Self {
        let ValueProfile { different, is_exact, common, least, most } = &column.values;
        Self {
            name: column.name.clone(),
            value_type: column.value_type.word(),
            rows: column.rows,
            different: *different,
            is_exact: *is_exact,
            least: least.as_ref().map(shown),
            most: most.as_ref().map(shown),
            values: common
                .iter()
                .take(VALUES)
                .map(|(value, rows)| ValueTold { value: shown(value), rows: *rows })
                .collect(),
        }
    }
}

impl TraitTold {
    fn new(found: &TraitProfile, profile: &Profile) -> Self {
        let [accounts, workspaces] = profile.ids.map(u64::from);
        let all = match found.of {
            engine::record::SubjectKind::User => profile.people.all,
            engine::record::SubjectKind::Account => accounts,
            engine::record::SubjectKind::Workspace => workspaces,
        };
        Self {
            of: found.of.word(),
            subjects: found.subjects,
            coverage: if all == 0 { 0.0 } else { (found.subjects as f64 / all as f64 * 1e4).round() / 1e4 },
            constant_rows: found.constant,
            column: ColumnTold::new(&found.column),
        }
    }
}

impl GapTold {
    fn new((from, to): (i32, i32)) -> Self {
        Self { from: day(from), to: day(to), days: to - from + 1 }
    }
}

impl ReceiptsTold {
    const fn new(delays: &Delays) -> Self {
        Self {
            known: delays.known,
            not_after_the_event: delays.at_once,
            over_a_minute: delays.over_a_minute,
            over_an_hour: delays.over_an_hour,
            over_a_day: delays.over_a_day,
            longest_seconds: delays.longest / engine::time::SECOND,
        }
    }
}

/// A day since 1970-01-01 as a date.
pub fn day(number: i32) -> String {
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch.checked_add(jiff::Span::new().days(number)).map_or_else(|_| number.to_string(), |date| date.to_string())
}

fn shown(value: &Value) -> String {
    match value {
        Value::Boolean(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(words) => words.to_string(),
        Value::Time(time) => instant::written(*time),
        Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
    }
}

/// A name or value for a page: signs that would break a line, or command the terminal, are shown as a mark.
pub fn printable(text: &str) -> String {
    text.chars().map(|sign| if sign.is_control() { '\u{FFFD}' } else { sign }).collect()
}
