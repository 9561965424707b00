//! What a fold may look at: one subject of a household, in one pass.

use std::collections::BTreeMap;

use super::books::Books;
use super::calendar::{Calendar, Zones, lasted};
use super::compare::{date, relates};
use crate::definition::{CalendarUnit, Op, TraitOwner};
use crate::household::{Code, Household, Subject};
use crate::program::pass::{Derived, Filter, Operand, Pass, Test, TraitRef};
use crate::program::{Binding, PassBinding, Program};
use crate::record::SubjectKind;
use crate::{Timestamp, Value};

/// The rows of a subject, in time order.
#[derive(Clone, Copy)]
pub(crate) enum Rows<'a> {
    Range(usize, usize),
    List(&'a [u32]),
}

impl Rows<'_> {
    #[inline]
    pub fn len(self) -> usize {
        match self {
            Self::Range(start, end) => end - start,
            Self::List(list) => list.len(),
        }
    }

    #[inline]
    pub fn row(self, place: usize) -> usize {
        match self {
            Self::Range(start, _) => start + place,
            Self::List(list) => list[place] as usize,
        }
    }
}

/// One subject before the eyes of one pass.
pub(crate) struct Scene<'a> {
    pub program: &'a Program,
    pub binding: &'a Binding,
    pub pass: &'a Pass,
    /// The pass's place in the program.
    pub place: usize,
    pub touches: &'a PassBinding,
    pub household: &'a Household<'a>,
    pub books: &'a Books,
    pub subject: Subject,
    pub rows: Rows<'a>,
    /// Each row's user, where rows are not all one user's.
    pub row_users: &'a [Code],
    /// The units that the subject may still meet, as a set of the pass's screen: only what matters to these is looked at. Empty: all.
    pub left: &'a [u64],
}

/// Calendars, which remember what they looked up last.
pub(crate) struct Clockwork {
    pub workspace: Calendar,
    pub zones: Zones,
    pub local: BTreeMap<String, Calendar>,
}

impl Clockwork {
    pub fn new(program: &Program) -> Self {
        Self {
            workspace: Calendar::new(program.workspace().zone.clone()),
            zones: Zones::default(),
            local: BTreeMap::new(),
        }
    }
}

/// The event at hand and what is remembered of the steps before it.
#[derive(Clone, Copy)]
pub(crate) struct Moment<'a> {
    pub at: i64,
    pub row: Option<usize>,
    pub captured: &'a [Option<Value>],
}

impl<'a> Scene<'a> {
    /// The place of the first row from a place on whose event can change anything of some units (of an empty set: of any), or that
    /// is not before an instant.
    #[inline]
    pub fn next_that_matters(&self, place: usize, until: i64, left: &[u64]) -> usize {
        let (times, names) = (self.household.times, self.household.names);
        let matters = |name: u32| {
            if left.is_empty() {
                !self.touches.touches(name).is_empty()
            } else {
                self.touches.screen.matters(name, left)
            }
        };
        let found = match self.rows {
            Rows::Range(start, end) => {
                let mut rows = times[start + place..end].iter().zip(&names[start + place..end]);
                rows.position(|(at, name)| *at >= until || matters(*name))
            }
            Rows::List(list) => {
                list[place..].iter().position(|row| times[*row as usize] >= until || matters(names[*row as usize]))
            }
        };
        found.map_or(self.rows.len(), |found| place + found)
    }

    /// The calendar that holds for the subject at an instant.
    fn calendar<'c>(&self, clockwork: &'c mut Clockwork, at: i64) -> &'c mut Calendar {
        if self.subject.kind == SubjectKind::User {
            let named = self.program.zone_slot.and_then(|slot| self.books.trait_at(self.subject, slot, at));
            if let Some(Value::Text(name)) = named
                && let Some(zone) = clockwork.zones.named(name)
            {
                return clockwork.local.entry(name.to_string()).or_insert_with(|| Calendar::new(zone));
            }
        }
        &mut clockwork.workspace
    }

    #[inline]
    pub fn day(&self, clockwork: &mut Clockwork, at: i64) -> i32 {
        self.calendar(clockwork, at).day(at)
    }

    pub fn unit(&self, clockwork: &mut Clockwork, at: i64, unit: CalendarUnit) -> i32 {
        self.calendar(clockwork, at).unit(at, unit)
    }

    pub fn next_unit(&self, clockwork: &mut Clockwork, at: i64, unit: CalendarUnit) -> i64 {
        self.calendar(clockwork, at).next_unit(at, unit)
    }

    /// The user whose event a row is; 0 for nobody's.
    #[inline]
    pub fn row_user(&self, row: usize) -> Code {
        if self.subject.kind == SubjectKind::User {
            self.subject.code
        } else {
            self.row_users.get(row).copied().unwrap_or(0)
        }
    }

    /// Whose trait a path means at an instant.
    pub fn owner(&self, owner: TraitOwner, moment: Moment<'_>) -> Option<Subject> {
        let user = |code: Code| (code != 0).then_some(Subject { kind: SubjectKind::User, code });
        match owner {
            TraitOwner::Own => Some(self.subject),
            TraitOwner::User => match (self.subject.kind, moment.row) {
                (SubjectKind::User, _) => Some(self.subject),
                (_, Some(row)) => user(self.row_user(row)),
                (_, None) => Some(self.subject),
            },
            TraitOwner::Account => self.account_at(moment.at).map(account),
            TraitOwner::Workspace => match (self.subject.kind, moment.row) {
                (SubjectKind::Workspace, _) => Some(self.subject),
                (_, Some(row)) => {
                    let code = self.household.workspaces.and_then(|codes| codes.get(row).copied()).unwrap_or(0);
                    (code != 0).then_some(Subject { kind: SubjectKind::Workspace, code })
                }
                _ => None,
            },
            TraitOwner::FirstMember => {
                let first = self.books.members(self.account_at(moment.at)?).iter().find(|stay| {
                    stay.member.kind == SubjectKind::User
                        && stay.from <= moment.at
                        && self.books.rank(stay.account, stay.member.code) == Some(1)
                });
                first.map(|stay| stay.member)
            }
            TraitOwner::AnyMember => None,
        }
    }

    /// The account the subject is, or is in, at an instant.
    pub fn account_at(&self, at: i64) -> Option<Code> {
        self.books.account_of(self.subject, at, self.household.directory)
    }

    /// A trait's value as of an instant.
    pub fn trait_value(&self, path: &TraitRef, moment: Moment<'_>) -> Option<Value> {
        let owner = self.owner(path.owner, moment)?;
        self.value_of(path, owner, moment.at)
    }

    /// The value of some subject's trait as of an instant.
    pub fn value_of(&self, path: &TraitRef, owner: Subject, at: i64) -> Option<Value> {
        if let Some(value) = self.books.trait_at(owner, path.slots.for_kind(owner.kind), at) {
            return Some(value.clone());
        }
        self.derived(path.derived?, owner, path, at)
    }

    fn derived(&self, derived: Derived, owner: Subject, path: &TraitRef, at: i64) -> Option<Value> {
        match derived {
            Derived::FirstSeen => self.seen(owner, at, true).map(|time| Value::Time(Timestamp(time))),
            Derived::LastSeen => self.seen(owner, at, false).map(|time| Value::Time(Timestamp(time))),
            Derived::FirstOf(slot) => self.first_of(owner, slot, at),
            Derived::Members if owner.kind != SubjectKind::Account => None,
            Derived::Rank if owner.kind != SubjectKind::User => None,
            Derived::Members => {
                let count = self.books.member_count(self.books.account_of(owner, at, self.household.directory)?, at);
                Some(Value::whole(count as i64))
            }
            Derived::Rank => {
                let account = self.books.account_of(owner, at, self.household.directory)?;
                self.books.rank(account, owner.code).map(|rank| Value::whole(i64::from(rank)))
            }
            Derived::Stage(goal) => self.stage(goal, owner, path, at),
        }
    }

    /// The stage of whom no source gives one: the account's, else `customer` after the first conversion.
    fn stage(&self, goal: Option<usize>, owner: Subject, path: &TraitRef, at: i64) -> Option<Value> {
        if owner.kind == SubjectKind::User {
            let account_stage = self
                .books
                .account_of(owner, at, self.household.directory)
                .and_then(|code| self.books.trait_at(account(code), path.slots.account, at));
            if let Some(value) = account_stage {
                return Some(value.clone());
            }
        }
        goal.is_some_and(|goal| self.converted_before(goal, owner, at)).then(|| Value::text("customer"))
    }

    /// Whether a subject, or for users the account it is in, has converted before an instant.
    pub fn converted_before(&self, goal: usize, owner: Subject, at: i64) -> bool {
        let Some(rule) = self.pass.goals.get(goal) else { return false };
        let resumed = self.books.first_conversions.get(&(self.place, goal, owner)).is_some_and(|time| *time < at);
        if rule.own && resumed {
            return true;
        }
        let own = |of: Subject| self.rows_of(of).any(|row| self.household.times[row] < at && self.is_goal(goal, row));
        let of_account = |code: Code| match rule.of_account {
            Some(output) => self.books.conversions(output, code).iter().any(|time| *time < at),
            None => own(account(code)),
        };
        if owner.kind == SubjectKind::Account {
            return of_account(owner.code);
        }
        let user = owner.kind == SubjectKind::User;
        let (by_self, by_account) =
            (!user || rule.of != Some(SubjectKind::Account), user && rule.of != Some(SubjectKind::User));
        (by_self && own(owner))
            || (by_account && self.books.account_of(owner, at, self.household.directory).is_some_and(of_account))
    }

    fn is_goal(&self, goal: usize, row: usize) -> bool {
        self.touches.touches(self.household.names[row]).iter().any(|touch| {
            touch.effect == crate::program::pass::Effect::Goal
                && touch.index as usize == goal
                && self.passes_filter(touch.filter, self.household.times[row], row, &[], None)
        })
    }

    /// All rows of a subject of the household, in no particular order.
    fn rows_of(&self, owner: Subject) -> Box<dyn Iterator<Item = usize> + '_> {
        let household = self.household;
        let matching = |codes: Option<&'a [Code]>| -> Box<dyn Iterator<Item = usize> + '_> {
            match codes {
                Some(codes) => {
                    Box::new(codes.iter().enumerate().filter(move |(_, code)| **code == owner.code).map(|(row, _)| row))
                }
                None => Box::new(std::iter::empty()),
            }
        };
        match owner.kind {
            SubjectKind::User => Box::new(
                household.users.iter().filter(move |run| run.user == owner.code).flat_map(|run| run.start..run.end),
            ),
            SubjectKind::Account => matching(household.accounts),
            SubjectKind::Workspace => matching(household.workspaces),
        }
    }

    fn is_product(&self, row: usize) -> bool {
        self.binding.product.get(self.household.names[row] as usize).copied().unwrap_or(false)
    }

    /// The first or last product event of a subject up to an instant.
    fn seen(&self, owner: Subject, at: i64, first: bool) -> Option<i64> {
        let times = self
            .rows_of(owner)
            .filter(|row| self.household.times[*row] <= at && self.is_product(*row))
            .map(|row| self.household.times[row]);
        if first { times.min() } else { times.max() }
    }

    fn first_of(&self, owner: Subject, slot: u32, at: i64) -> Option<Value> {
        self.rows_of(owner)
            .filter(|row| self.household.times[*row] <= at)
            .filter_map(|row| Some((self.household.times[row], self.household.properties.value(row, slot)?)))
            .min()
            .map(|(_, value)| value)
    }

    /// The instants at which the derived traits of a subject can change.
    pub fn derived_times(&self, derived: Derived, owner: Subject) -> Vec<i64> {
        match derived {
            Derived::FirstSeen => self.seen(owner, i64::MAX, true).into_iter().collect(),
            Derived::LastSeen => {
                self.rows_of(owner).filter(|row| self.is_product(*row)).map(|row| self.household.times[row]).collect()
            }
            Derived::FirstOf(slot) => self
                .rows_of(owner)
                .filter(|row| self.household.properties.value(*row, slot).is_some())
                .map(|row| self.household.times[row])
                .collect(),
            Derived::Members | Derived::Rank => {
                let accounts = self.books.stays(owner).iter().map(|stay| stay.account);
                let own = (owner.kind == SubjectKind::Account).then_some(owner.code);
                accounts
                    .chain(own)
                    .flat_map(|code| self.books.members(code).iter().flat_map(|stay| [stay.from, stay.until]))
                    .collect()
            }
            Derived::Stage(goal) => self.stage_times(goal, owner),
        }
    }

    /// Just after the conversions of a subject and, for users, of the accounts they are ever in.
    fn stage_times(&self, goal: Option<usize>, owner: Subject) -> Vec<i64> {
        let stays = self.books.stays(owner).iter().filter(|_| owner.kind == SubjectKind::User);
        let mut times: Vec<i64> = stays.clone().flat_map(|stay| [stay.from, stay.until]).collect();
        let Some(goal) = goal else { return times };
        let output = self.pass.goals.get(goal).and_then(|rule| rule.of_account);
        for converted in stays.map(|stay| account(stay.account)).chain([owner]) {
            let rows = self.rows_of(converted).filter(|row| self.is_goal(goal, *row));
            times.extend(rows.map(|row| self.household.times[row].saturating_add(1)));
            // Of a conversion before the frontier only the checkpoint knows.
            let resumed = self.books.first_conversions.get(&(self.place, goal, converted));
            times.extend(resumed.map(|time| time.saturating_add(1)));
            if let (Some(output), SubjectKind::Account) = (output, converted.kind) {
                let conversions = self.books.conversions(output, converted.code).iter();
                times.extend(conversions.map(|time| time.saturating_add(1)));
            }
        }
        times
    }

    fn operand(&self, operand: &Operand, moment: Moment<'_>, clockwork: Option<&mut Clockwork>) -> Option<Value> {
        match operand {
            Operand::Constant(value) => Some(value.clone()),
            Operand::Property(slot) => self.household.properties.value(moment.row?, *slot),
            Operand::Captured(place) => moment.captured.get(*place)?.clone(),
            Operand::Day => {
                let day = match clockwork {
                    Some(clockwork) => self.day(clockwork, moment.at),
                    None => self.day(&mut Clockwork::new(self.program), moment.at),
                };
                Some(Value::whole(i64::from(day)))
            }
            Operand::Time => Some(Value::Time(Timestamp(moment.at))),
            Operand::UserId => {
                let code = self.row_user(moment.row?);
                let subject = Subject { kind: SubjectKind::User, code };
                (code != 0).then(|| Value::text(self.household.directory.id(subject)))
            }
            Operand::Trait(path) => self.trait_value(path, moment),
        }
    }

    /// The users who are members of the subject's account at an instant; of a workspace, the users of its events so far.
    pub fn members_at(&self, at: i64) -> Vec<Subject> {
        let mut members: Vec<Subject> = if self.subject.kind == SubjectKind::Workspace {
            let rows = (0..self.rows.len()).map(|place| self.rows.row(place));
            rows.filter(|row| self.household.times[*row] <= at)
                .map(|row| Subject { kind: SubjectKind::User, code: self.row_user(row) })
                .filter(|user| user.code != 0)
                .collect()
        } else {
            let stays = self.account_at(at).map_or(&[][..], |code| self.books.members(code));
            let users = stays.iter().filter(|stay| stay.holds(at) && stay.member.kind == SubjectKind::User);
            users.map(|stay| stay.member).collect()
        };
        members.sort_unstable();
        members.dedup();
        members
    }

    /// Whether a value equals an operand, where `$user.id` stands for any of the user's ids.
    fn same(
        &self,
        value: &Value,
        operand: &Operand,
        moment: Moment<'_>,
        clockwork: Option<&mut Clockwork>,
    ) -> Option<bool> {
        if matches!(operand, Operand::UserId) {
            let code = self.row_user(moment.row?);
            if code == 0 {
                return None;
            }
            return Some(value.as_text().is_some_and(|text| self.household.directory.is_id_of(code, text)));
        }
        let right = self.operand(operand, moment, clockwork)?;
        Some(relates(value, Op::Equal, &right, &self.program.workspace.zone))
    }

    /// Whether a comparison holds of a value at a moment.
    pub fn holds(
        &self,
        test: &Test,
        value: Option<&Value>,
        moment: Moment<'_>,
        mut clockwork: Option<&mut Clockwork>,
    ) -> bool {
        let zone = &self.program.workspace.zone;
        let Some(value) = value else { return matches!(test, Test::Missing) };
        let mut operand = |operand: &Operand| self.operand(operand, moment, clockwork.as_deref_mut());
        match test {
            Test::Exists => true,
            Test::Missing => false,
            Test::Is(op @ (Op::Equal | Op::Unequal), right @ Operand::UserId) => {
                self.same(value, right, moment, clockwork).is_some_and(|same| same == (*op == Op::Equal))
            }
            Test::Is(op, right) => operand(right).is_some_and(|right| relates(value, *op, &right, zone)),
            Test::Between(low, high) => {
                operand(low).is_some_and(|low| relates(value, Op::AtLeast, &low, zone))
                    && operand(high).is_some_and(|high| relates(value, Op::AtMost, &high, zone))
            }
            Test::In(list) => {
                list.iter().any(|item| self.same(value, item, moment, clockwork.as_deref_mut()) == Some(true))
            }
            Test::NotIn(list) => {
                list.iter().all(|item| self.same(value, item, moment, clockwork.as_deref_mut()) != Some(true))
            }
            Test::Contains(right) => match (value, operand(right)) {
                (Value::Text(text), Some(Value::Text(part))) => text.contains(&*part),
                (Value::List(list), Some(item)) => list.contains(&item),
                _ => false,
            },
            Test::Starts(part) => value.as_text().is_some_and(|text| text.starts_with(&**part)),
            Test::Ends(part) => value.as_text().is_some_and(|text| text.ends_with(&**part)),
            Test::Matches(pattern) => value.as_text().is_some_and(|text| pattern.0.is_match(text)),
            Test::OlderThan(span) => date(value, zone).is_some_and(|date| lasted(date, *span, zone) <= moment.at),
            Test::WithinLast(span) => {
                date(value, zone).is_some_and(|date| date <= moment.at && moment.at < lasted(date, *span, zone))
            }
            Test::WithinNext(span) => date(value, zone)
                .is_some_and(|date| moment.at <= date && Timestamp(date).minus(*span, zone).0 <= moment.at),
            Test::DomainKind(kind) => {
                value.as_text().and_then(|text| self.program.workspace.domain_kind(text)) == Some(*kind)
            }
        }
    }

    /// The instants at which a comparison of an unchanged value changes by time alone.
    pub fn changes(&self, test: &Test, value: Option<&Value>) -> [i64; 2] {
        const NEVER: i64 = i64::MAX;
        let zone = &self.program.workspace.zone;
        let Some(date) = value.and_then(|value| date(value, zone)) else { return [NEVER, NEVER] };
        match test {
            Test::OlderThan(span) => [lasted(date, *span, zone), NEVER],
            Test::WithinLast(span) => [date, lasted(date, *span, zone)],
            Test::WithinNext(span) => [Timestamp(date).minus(*span, zone).0, date.saturating_add(1)],
            _ => [NEVER, NEVER],
        }
    }

    /// Whether an event passes a touch's filter.
    pub fn passes_filter(
        &self,
        filter: u32,
        at: i64,
        row: usize,
        captured: &[Option<Value>],
        clockwork: Option<&mut Clockwork>,
    ) -> bool {
        match self.pass.filters.get(filter as usize) {
            None => true,
            Some(filter) => self.filter(filter, Moment { at, row: Some(row), captured }, clockwork),
        }
    }

    fn filter(&self, filter: &Filter, moment: Moment<'_>, mut clockwork: Option<&mut Clockwork>) -> bool {
        match filter {
            Filter::All(parts) => parts.iter().all(|part| self.filter(part, moment, clockwork.as_deref_mut())),
            Filter::Any(parts) => parts.iter().any(|part| self.filter(part, moment, clockwork.as_deref_mut())),
            Filter::Not(part) => !self.filter(part, moment, clockwork),
            Filter::Test { left: Operand::UserId, test: Test::Is(op @ (Op::Equal | Op::Unequal), right) } => {
                let right = self.operand(right, moment, clockwork.as_deref_mut());
                let same = right.and_then(|right| self.same(&right, &Operand::UserId, moment, clockwork));
                same.is_some_and(|same| same == (*op == Op::Equal))
            }
            Filter::Test { left, test } => {
                let value = self.operand(left, moment, clockwork.as_deref_mut());
                self.holds(test, value.as_ref(), moment, clockwork)
            }
        }
    }
}

/// An account as a subject.
pub(crate) const fn account(code: Code) -> Subject {
    Subject { kind: SubjectKind::Account, code }
}
