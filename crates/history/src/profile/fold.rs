//! The pass over all rows: what is counted of each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use engine::record::SubjectKind;
use engine::time::{DAY, MINUTE};
use engine::workspace::domain_of;
use engine::{Timestamp, Value};
use foldhash::fast::FixedState;
use jiff::tz::TimeZone;

use super::domains::Domains;
use super::values::Sketch;
use super::{ColumnProfile, Delays, People, TraitProfile};
use crate::columns::{ColumnName, Table, ValueType};
use crate::gather::batches::{Batches, Piece};
use crate::gather::columns::candidates_of_type;
use crate::lake::{Lake, Names};
use crate::rows::{CONSTANT, NEVER};
use crate::stream::{Buffers, Wanted};
use crate::values::{ColumnKind, WantedColumn};

/// Days and hours are counted by quarters of an hour: the finest step of any zone's clock against UTC today.
pub(super) const QUARTER: i64 = 15 * MINUTE;
/// Values that are kept of each property.
const PROPERTY_VALUES: usize = 64;
/// Of each trait.
const TRAIT_VALUES: usize = 256;
/// Properties of events whose values are looked at, on each thread; of those beyond only rows are counted.
const MOST_SKETCHES: usize = 1 << 14;
/// Places of the code columns of events.
const NAME: usize = 0;
const USER: usize = 1;
const ACCOUNT: usize = 2;
/// Of facts.
const FACT_USER: usize = 0;
const FACT_ACCOUNT: usize = 1;
const FACT_WORKSPACE: usize = 2;
/// The kinds of subjects in the order of what facts say.
const OWNERS: [SubjectKind; 3] = [SubjectKind::User, SubjectKind::Account, SubjectKind::Workspace];

/// What is read of a table.
pub(super) struct TablePlan {
    pub(super) wanted: Arc<Wanted>,
    /// By value column: the place in `names` of what it belongs to.
    slots: Vec<usize>,
    names: Vec<ColumnName>,
}

/// What is read, and how codes lead to names.
pub(super) struct Plan {
    pub(super) events: TablePlan,
    pub(super) facts: TablePlan,
    /// Behind the events' properties among their value columns: amounts (in two columns) and their currency.
    money: [usize; 3],
    /// By code of a name, less one: its place in the list of names, and whether its source states the kind.
    places: Vec<(u32, bool)>,
    event_names: usize,
    /// Slots of traits that hold e-mail addresses.
    emails: BTreeSet<usize>,
}

/// One event name's counts.
#[derive(Debug, Clone, Default)]
pub(super) struct EventFold {
    pub(super) rows: u64,
    pub(super) kind_stated: u64,
    pub(super) people: u64,
    pub(super) of_nobody: u64,
    pub(super) with_account: u64,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) quarters: HashMap<i64, u64, FixedState>,
    pub(super) money: BTreeMap<String, u64>,
    /// The last life that was counted among `people`.
    life: u64,
}

#[derive(Debug, Clone)]
struct PropertyFold {
    rows: u64,
    sketch: Option<Sketch>,
}

#[derive(Debug, Clone)]
struct TraitFold {
    rows: u64,
    constant: u64,
    subjects: u64,
    sketch: Sketch,
    life: u64,
}

/// What one thread has counted.
pub(super) struct Fold<'a> {
    plan: &'a Plan,
    pub(super) events: Vec<EventFold>,
    properties: HashMap<(u32, u32), PropertyFold, FixedState>,
    /// By slot, of users, accounts and workspaces.
    traits: Vec<[Option<Box<TraitFold>>; 3]>,
    pub(super) people: People,
    pub(super) delays: Delays,
    pub(super) domains: Domains,
    pub(super) at_midnight: u64,
    /// The number of the life at hand.
    life: u64,
}

/// What is known of the person at hand.
#[derive(Default)]
struct Person {
    is_identified: bool,
    has_events: bool,
    accounts: BTreeSet<u32>,
    domains: BTreeSet<String>,
    has_email: bool,
}

impl Plan {
    pub(super) fn of(lake: &Lake, names: &Names) -> Self {
        let mut events = Wanted { codes: vec!["name", "user", "account"], received: true, ..Wanted::default() };
        let facts = Wanted { codes: vec!["user", "account", "workspace"], says: true, ..Wanted::default() };
        let (slots, properties) = value_columns(lake, Table::Events, &mut events);
        let money = events.values.len();
        events.values.extend([
            WantedColumn { name: "amount".to_owned(), kind: ColumnKind::Main(ValueType::Number) },
            WantedColumn { name: "large_amount".to_owned(), kind: ColumnKind::Large },
            WantedColumn { name: "currency".to_owned(), kind: ColumnKind::Main(ValueType::Text) },
        ]);
        let mut facts = facts;
        let (fact_slots, traits) = value_columns(lake, Table::Facts, &mut facts);
        let is_email = |column: &ColumnName| {
            let last = column.name.rsplit('.').next().unwrap_or_default().to_lowercase().replace(['_', '-', ' '], "");
            column.value_type == ValueType::Text
                && matches!(last.as_str(), "email" | "mail" | "emailaddress" | "useremail")
        };
        let emails = (0..).zip(&traits).filter(|(_, column)| is_email(column)).map(|(slot, _)| slot).collect();
        Self {
            events: TablePlan { wanted: Arc::new(events), slots, names: properties },
            facts: TablePlan { wanted: Arc::new(facts), slots: fact_slots, names: traits },
            money: [money, money + 1, money + 2],
            places: lake.places_of_names(names),
            event_names: names.list.len(),
            emails,
        }
    }
}

/// All value columns of a table: by column the place of its name, and the names.
fn value_columns(lake: &Lake, table: Table, wanted: &mut Wanted) -> (Vec<usize>, Vec<ColumnName>) {
    let names: Vec<ColumnName> = lake.columns().into_iter().filter(|column| column.table == table).collect();
    let mut slots = Vec::new();
    for (slot, name) in (0..).zip(&names) {
        for column in candidates_of_type(&name.name, name.value_type) {
            wanted.values.push(column);
            slots.push(slot);
        }
    }
    (slots, names)
}

/// The day and the hour of a quarter of an hour.
pub(super) fn day_and_hour(quarter: i64, zone: &TimeZone) -> (i32, usize) {
    let at = Timestamp(quarter.saturating_mul(QUARTER));
    (at.day(zone), usize::try_from(at.in_zone(zone).hour()).unwrap_or(0))
}

impl<'a> Fold<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            events: vec![EventFold::default(); plan.event_names],
            properties: HashMap::default(),
            traits: plan.facts.names.iter().map(|_| [None, None, None]).collect(),
            people: People::default(),
            delays: Delays::default(),
            domains: Domains::default(),
            at_midnight: 0,
            life: 0,
        }
    }

    /// Takes in a batch.
    pub(super) fn batch(&mut self, batches: &Batches) {
        for stream in &batches.events {
            self.event_rows(&stream.buffers);
            self.property_values(&stream.buffers);
        }
        let mut seen = BTreeSet::new();
        for household in batches.pieces.chunk_by(|a, b| a.household == b.household) {
            seen.clear();
            for life in household.chunk_by(|a, b| a.person == b.person) {
                self.life(life, batches, &mut seen);
            }
        }
    }

    /// What can be said of each event alone.
    fn event_rows(&mut self, buffers: &Buffers) {
        let accounts = buffers.codes(ACCOUNT);
        for (row, (time, code)) in buffers.times.iter().zip(buffers.codes(NAME)).enumerate() {
            let Some((place, stated)) = self.plan.place(*code) else { continue };
            let Some(event) = self.events.get_mut(place as usize) else { continue };
            if event.rows == 0 {
                (event.first, event.last) = (*time, *time);
            }
            event.rows += 1;
            event.kind_stated += u64::from(stated);
            event.with_account += u64::from(accounts.get(row).is_some_and(|account| *account != 0));
            (event.first, event.last) = (event.first.min(*time), event.last.max(*time));
            *event.quarters.entry(time.div_euclid(QUARTER)).or_default() += 1;
            self.at_midnight += u64::from(time.rem_euclid(DAY) == 0);
            let received = buffers.received.get(row).copied().unwrap_or(NEVER);
            if received != NEVER {
                self.delays.add(received.saturating_sub(*time));
            }
        }
    }

    fn property_values(&mut self, buffers: &Buffers) {
        let names = buffers.codes(NAME);
        for (column, slot) in buffers.values.iter().zip(&self.plan.events.slots) {
            for row in column.filled() {
                let place = names.get(row).and_then(|code| self.plan.place(*code));
                let (Some((place, _)), Some(value)) = (place, column.value(row)) else { continue };
                let room = self.properties.len() < MOST_SKETCHES;
                let fresh = || PropertyFold { rows: 0, sketch: room.then(|| Sketch::new(PROPERTY_VALUES)) };
                let slot = u32::try_from(*slot).unwrap_or(u32::MAX);
                let property = self.properties.entry((place, slot)).or_insert_with(fresh);
                property.rows += 1;
                if let Some(sketch) = &mut property.sketch {
                    sketch.add(&value);
                }
            }
        }
        let [amount, large, currency] = self.plan.money.map(|place| buffers.values.get(place));
        for column in amount.into_iter().chain(large) {
            for row in column.filled() {
                let Some((place, _)) = names.get(row).and_then(|code| self.plan.place(*code)) else { continue };
                let Some(event) = self.events.get_mut(place as usize) else { continue };
                let word = currency.and_then(|currency| currency.value(row));
                let word = word.as_ref().and_then(Value::as_text).unwrap_or_default();
                match event.money.get_mut(word) {
                    Some(rows) => *rows += 1,
                    None => drop(event.money.insert(word.to_owned(), 1)),
                }
            }
        }
    }

    /// What is said of one person, or of nobody.
    fn life(&mut self, pieces: &[Piece], batches: &Batches, seen: &mut BTreeSet<(usize, usize, u32)>) {
        self.life += 1;
        let mut person = Person::default();
        let code = pieces.first().map_or(0, |piece| piece.person);
        for piece in pieces {
            let streams = match piece.table {
                Table::Events => &batches.events,
                Table::Facts => &batches.facts,
            };
            let Some(buffers) = streams.get(piece.stream).map(|stream| &stream.buffers) else { continue };
            match piece.table {
                Table::Events => self.life_events(piece, buffers, &mut person),
                Table::Facts => self.life_facts(piece, buffers, &mut person, seen),
            }
        }
        if code == 0 {
            return;
        }
        self.people.all += 1;
        self.people.identified += u64::from(person.is_identified);
        self.people.with_events += u64::from(person.has_events);
        self.people.with_account += u64::from(!person.accounts.is_empty());
        self.people.with_email += u64::from(person.has_email);
        for domain in person.domains {
            self.domains.add(domain, 1, person.accounts.iter().copied());
        }
    }

    fn life_events(&mut self, piece: &Piece, buffers: &Buffers, person: &mut Person) {
        let code = |column: usize, row: usize| buffers.codes(column).get(row).copied().unwrap_or(0);
        person.has_events |= piece.rows > 0;
        let mut account = 0;
        for row in piece.start..piece.start + piece.rows {
            person.is_identified |= code(USER, row) != 0;
            if code(ACCOUNT, row) != account {
                account = code(ACCOUNT, row);
                person.accounts.insert(account);
            }
            let event = self.plan.place(code(NAME, row)).and_then(|(place, _)| self.events.get_mut(place as usize));
            let Some(event) = event else { continue };
            if piece.person == 0 {
                event.of_nobody += 1;
            } else if event.life != self.life {
                event.life = self.life;
                event.people += 1;
            }
        }
        person.accounts.remove(&0);
    }

    fn life_facts(
        &mut self,
        piece: &Piece,
        buffers: &Buffers,
        person: &mut Person,
        seen: &mut BTreeSet<(usize, usize, u32)>,
    ) {
        let code = |column: usize, row: usize| buffers.codes(column).get(row).copied().unwrap_or(0);
        for row in piece.start..piece.start + piece.rows {
            let says = buffers.says.get(row).copied().unwrap_or(0);
            person.is_identified |= code(FACT_USER, row) != 0;
            if code(FACT_ACCOUNT, row) != 0 {
                person.accounts.insert(code(FACT_ACCOUNT, row));
            }
            let owner = (says & 7) as usize;
            let subject = match owner {
                0 => piece.person,
                1 => code(FACT_ACCOUNT, row),
                2 => code(FACT_WORKSPACE, row),
                _ => continue,
            };
            if subject == 0 {
                continue;
            }
            for (column, slot) in buffers.values.iter().zip(&self.plan.facts.slots) {
                let Some(value) = column.value(row) else { continue };
                if owner == 0 && self.plan.emails.contains(slot) {
                    let domain = value.as_text().and_then(domain_of);
                    person.has_email |= domain.is_some();
                    person.domains.extend(domain);
                }
                let Some(found) = self.traits.get_mut(*slot).and_then(|owners| owners.get_mut(owner)) else { continue };
                let found = found.get_or_insert_with(|| Box::new(TraitFold::new()));
                found.rows += 1;
                found.constant += u64::from(says & CONSTANT != 0);
                found.sketch.add(&value);
                let is_new = match owner {
                    0 => std::mem::replace(&mut found.life, self.life) != self.life,
                    _ => seen.insert((*slot, owner, subject)),
                };
                found.subjects += u64::from(is_new);
            }
        }
    }

    /// Adds what another thread has counted.
    pub(super) fn join(&mut self, other: Self) {
        for (mine, theirs) in self.events.iter_mut().zip(other.events) {
            mine.join(theirs);
        }
        let mut properties: Vec<_> = other.properties.into_iter().collect();
        properties.sort_unstable_by_key(|(key, _)| *key);
        for (key, theirs) in properties {
            match self.properties.get_mut(&key) {
                None => drop(self.properties.insert(key, theirs)),
                Some(mine) => {
                    mine.rows += theirs.rows;
                    mine.sketch = mine.sketch.take().zip(theirs.sketch).map(|(mut mine, theirs)| {
                        mine.join(theirs);
                        mine
                    });
                }
            }
        }
        for (mine, theirs) in self.traits.iter_mut().flatten().zip(other.traits.into_iter().flatten()) {
            match (mine.as_mut(), theirs) {
                (_, None) => {}
                (None, theirs) => *mine = theirs,
                (Some(mine), Some(theirs)) => mine.join(*theirs),
            }
        }
        self.people.join(other.people);
        self.delays.join(&other.delays);
        self.domains.join(other.domains);
        self.at_midnight += other.at_midnight;
    }

    /// Properties by the place of their event's name.
    pub(super) fn properties(&self, plan: &Plan) -> BTreeMap<u32, Vec<ColumnProfile>> {
        let mut all: BTreeMap<u32, Vec<ColumnProfile>> = BTreeMap::new();
        let mut folds: Vec<_> = self.properties.iter().collect();
        folds.sort_unstable_by_key(|(key, _)| **key);
        for ((place, slot), fold) in folds {
            let Some(name) = plan.events.names.get(*slot as usize) else { continue };
            let values = fold.sketch.clone().map(Sketch::finish).unwrap_or_default();
            all.entry(*place).or_default().push(profile_of(name, fold.rows, values));
        }
        for columns in all.values_mut() {
            columns.sort_by(|a, b| (&a.name, a.value_type).cmp(&(&b.name, b.value_type)));
        }
        all
    }

    /// Traits by their owner and name.
    pub(super) fn traits(&self, plan: &Plan) -> Vec<TraitProfile> {
        let mut all = Vec::new();
        for (name, owners) in plan.facts.names.iter().zip(&self.traits) {
            for (of, fold) in OWNERS.into_iter().zip(owners) {
                let Some(fold) = fold else { continue };
                let column = profile_of(name, fold.rows, fold.sketch.clone().finish());
                all.push(TraitProfile { of, column, subjects: fold.subjects, constant: fold.constant });
            }
        }
        all.sort_by(|a, b| {
            (a.of, &a.column.name, a.column.value_type).cmp(&(b.of, &b.column.name, b.column.value_type))
        });
        all
    }
}

fn profile_of(name: &ColumnName, rows: u64, values: super::ValueProfile) -> ColumnProfile {
    ColumnProfile { name: name.name.clone(), value_type: name.value_type, rows, values }
}

impl Plan {
    fn place(&self, code: u32) -> Option<(u32, bool)> {
        self.places.get(code.checked_sub(1)? as usize).copied()
    }
}

impl EventFold {
    fn join(&mut self, other: Self) {
        if self.rows == 0 {
            (self.first, self.last) = (other.first, other.last);
        }
        if other.rows > 0 {
            (self.first, self.last) = (self.first.min(other.first), self.last.max(other.last));
        }
        self.rows += other.rows;
        self.kind_stated += other.kind_stated;
        self.people += other.people;
        self.of_nobody += other.of_nobody;
        self.with_account += other.with_account;
        let mut quarters: Vec<_> = other.quarters.into_iter().collect();
        quarters.sort_unstable();
        for (quarter, rows) in quarters {
            *self.quarters.entry(quarter).or_default() += rows;
        }
        for (currency, rows) in other.money {
            *self.money.entry(currency).or_default() += rows;
        }
    }
}

impl TraitFold {
    fn new() -> Self {
        Self { rows: 0, constant: 0, subjects: 0, sketch: Sketch::new(TRAIT_VALUES), life: 0 }
    }

    fn join(&mut self, other: Self) {
        self.rows += other.rows;
        self.constant += other.constant;
        self.subjects += other.subjects;
        self.sketch.join(other.sketch);
    }
}

impl People {
    const fn join(&mut self, other: Self) {
        self.all += other.all;
        self.identified += other.identified;
        self.with_events += other.with_events;
        self.with_account += other.with_account;
        self.with_email += other.with_email;
    }
}
