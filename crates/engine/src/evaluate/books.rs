//! What is known of a household's subjects as of any instant: traits, memberships and what passes have said.

use std::collections::{BTreeMap, HashMap};

use super::fold::Fold;
use crate::household::{Code, Directory, Household, Subject};
use crate::program::{Pass, Program};
use crate::record::SubjectKind;
use crate::{Timestamp, Value};

/// A stay in an account: from its start until it is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stay {
    pub from: i64,
    pub until: i64,
    pub account: Code,
    pub member: Subject,
}

impl Stay {
    pub const fn holds(&self, at: i64) -> bool {
        self.from <= at && at < self.until
    }
}

/// Lookups as of an instant.
#[derive(Debug, Default)]
pub(crate) struct Books {
    traits: HashMap<(Subject, u32), Vec<(i64, Value)>>,
    trait_times: HashMap<Subject, Vec<i64>>,
    stays: HashMap<Subject, Vec<Stay>>,
    members: BTreeMap<Code, Vec<Stay>>,
    ranks: HashMap<(Code, Code), u32>,
    /// For each output: subject code → times inside.
    pub intervals: Vec<HashMap<Code, Vec<(i64, i64)>>>,
    /// Whether a pass has said anything of this household.
    noted: bool,
    /// First conversions behind the frontier: (pass, goal, subject) → when. Only where a state is resumed.
    pub first_conversions: HashMap<(usize, usize, Subject), i64>,
    /// For each output: subject code → conversions.
    pub conversions: Vec<HashMap<Code, Vec<i64>>>,
}

impl Books {
    /// Forgets the last household and reads the next.
    pub fn open(&mut self, household: &Household<'_>, outputs: usize) {
        if !self.traits.is_empty() {
            self.traits.clear();
            self.trait_times.clear();
        }
        if !self.stays.is_empty() {
            self.stays.clear();
            self.members.clear();
            self.ranks.clear();
        }
        if !self.first_conversions.is_empty() {
            self.first_conversions.clear();
        }
        if self.intervals.len() < outputs {
            self.intervals.resize_with(outputs, HashMap::new);
            self.conversions.resize_with(outputs, HashMap::new);
        }
        if std::mem::take(&mut self.noted) {
            self.intervals.iter_mut().for_each(HashMap::clear);
            self.conversions.iter_mut().for_each(HashMap::clear);
        }
        self.read_traits(household);
        self.read_memberships(household);
    }

    fn read_traits(&mut self, household: &Household<'_>) {
        for fact in household.traits {
            let history = self.traits.entry((fact.of, fact.slot)).or_default();
            match history.last_mut() {
                Some((at, value)) if *at == fact.at.0 => {
                    if fact.value > *value {
                        *value = fact.value.clone();
                    }
                }
                _ => history.push((fact.at.0, fact.value.clone())),
            }
            if fact.at != Timestamp::MIN {
                self.trait_times.entry(fact.of).or_default().push(fact.at.0);
            }
        }
    }

    fn read_memberships(&mut self, household: &Household<'_>) {
        for membership in household.memberships {
            let stays = self.stays.entry(membership.member).or_default();
            let open = stays.iter_mut().find(|stay| stay.account == membership.account && stay.until == i64::MAX);
            match (open, membership.leaves) {
                (Some(stay), true) => stay.until = membership.at.0,
                (None, false) => stays.push(Stay {
                    from: membership.at.0,
                    until: i64::MAX,
                    account: membership.account,
                    member: membership.member,
                }),
                _ => {}
            }
        }
        for stay in self.stays.values().flatten() {
            self.members.entry(stay.account).or_default().push(*stay);
        }
        for (account, stays) in &mut self.members {
            stays.sort_by_key(|stay| (stay.from, stay.member, stay.until));
            let directory = household.directory;
            rank(*account, stays, directory, &mut self.ranks);
        }
    }

    /// Notes what a pass has said of a subject, for the passes after it.
    pub fn note(&mut self, pass: &Pass, subject: Subject, fold: &Fold) {
        for unit in &pass.kept {
            let (unit, rule) = (*unit, &pass.units[*unit]);
            let intervals = fold.intervals(unit);
            if !intervals.is_empty() {
                self.noted = true;
                self.intervals[rule.output].insert(subject.code, intervals);
            }
        }
        for (goal, rule) in pass.goals.iter().enumerate() {
            if let Some(output) = rule.output.filter(|_| !fold.goals[goal].is_empty()) {
                self.noted = true;
                self.conversions[output].insert(subject.code, fold.goals[goal].clone());
            }
        }
    }

    /// A trait's value as of an instant.
    pub fn trait_at(&self, of: Subject, slot: u32, at: i64) -> Option<&Value> {
        let history = self.traits.get(&(of, slot))?;
        let behind = history.partition_point(|(from, _)| *from <= at);
        history.get(behind.checked_sub(1)?).map(|(_, value)| value)
    }

    /// Whether somebody refuses to be judged, by the latest that is known: a withdrawal counts for whatever is asked from then on.
    pub fn refuses_profile(&self, program: &Program, of: Subject) -> bool {
        let slot = program.consent().profile.filter(|_| of.kind == SubjectKind::User);
        slot.is_some_and(|slot| program.workspace().consent.refuses(self.trait_at(of, slot, i64::MAX)))
    }

    /// The whole history of a trait: (from when on, value), sorted.
    pub fn history(&self, of: Subject, slot: u32) -> &[(i64, Value)] {
        self.traits.get(&(of, slot)).map_or(&[], Vec::as_slice)
    }

    /// The instants at which some trait of a subject changes.
    pub fn trait_times(&self, of: Subject) -> &[i64] {
        self.trait_times.get(&of).map_or(&[], Vec::as_slice)
    }

    /// A user's or workspace's stays.
    pub fn stays(&self, member: Subject) -> &[Stay] {
        self.stays.get(&member).map_or(&[], Vec::as_slice)
    }

    /// An account's stays, by start.
    pub fn members(&self, account: Code) -> &[Stay] {
        self.members.get(&account).map_or(&[], Vec::as_slice)
    }

    /// The accounts that have members here.
    pub fn accounts_with_members(&self) -> impl Iterator<Item = Code> + '_ {
        self.members.keys().copied()
    }

    /// The account a user (or workspace) is in at an instant: the latest joined, at one instant the smaller id.
    pub fn account_of(&self, member: Subject, at: i64, directory: &dyn Directory) -> Option<Code> {
        if member.kind == SubjectKind::Account {
            return Some(member.code);
        }
        let id = |code: Code| directory.id(Subject { kind: SubjectKind::Account, code });
        let mut best: Option<&Stay> = None;
        for stay in self.stays(member).iter().filter(|stay| stay.holds(at)) {
            let later = best.is_none_or(|best| {
                stay.from > best.from || (stay.from == best.from && id(stay.account) < id(best.account))
            });
            if later {
                best = Some(stay);
            }
        }
        best.map(|stay| stay.account)
    }

    /// How many distinct users are members of an account at an instant.
    pub fn member_count(&self, account: Code, at: i64) -> usize {
        let users = self.members(account).iter();
        users.filter(|stay| stay.member.kind == SubjectKind::User && stay.holds(at)).count()
    }

    /// A user's place among those who ever joined an account.
    pub fn rank(&self, account: Code, user: Code) -> Option<u32> {
        self.ranks.get(&(account, user)).copied()
    }

    /// Whether a subject is inside an output's interval at an instant; since when.
    pub fn inside(&self, output: usize, code: Code, at: i64) -> Option<i64> {
        let intervals = self.intervals.get(output)?.get(&code)?;
        intervals.iter().find(|(from, until)| *from <= at && at < *until).map(|(from, _)| *from)
    }

    /// The conversions that an output holds of a subject.
    pub fn conversions(&self, output: usize, code: Code) -> &[i64] {
        self.conversions.get(output).and_then(|map| map.get(&code)).map_or(&[], Vec::as_slice)
    }
}

/// Ranks users by (first join, id).
fn rank(account: Code, stays: &[Stay], directory: &dyn Directory, ranks: &mut HashMap<(Code, Code), u32>) {
    let mut firsts: BTreeMap<Code, i64> = BTreeMap::new();
    for stay in stays.iter().filter(|stay| stay.member.kind == SubjectKind::User) {
        let first = firsts.entry(stay.member.code).or_insert(stay.from);
        *first = (*first).min(stay.from);
    }
    let mut order: Vec<(i64, &str, Code)> = firsts
        .into_iter()
        .map(|(code, from)| (from, directory.id(Subject { kind: SubjectKind::User, code }), code))
        .collect();
    order.sort_unstable();
    for (place, (_, _, code)) in order.into_iter().enumerate() {
        ranks.insert((account, code), place as u32 + 1);
    }
}
