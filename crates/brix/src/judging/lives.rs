//! From households to lives: what each definition says of each subject, folded as it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use engine::definition::{Definition, Population};
use engine::evaluate::Evaluator;
use engine::household::{Household, Needs, Subject};
use engine::outcome::Outcome;
use engine::program::{Binding, Program};
use engine::record::SubjectKind;
use engine::{Number, Span, Timestamp, Value};
use history::ScanRequest;
use insight::question::length;
use insight::{EntryFacts, Life};

use super::probe;
use crate::console::Console;
use crate::progress;
use crate::question::Data;

/// What is read of the lake.
pub struct Reading<'a> {
    /// All definitions, compiled together.
    pub program: &'a Program,
    /// The places of those that a life tells of, in its order.
    pub told: Vec<usize>,
    /// Of how many of these, the first ones, it is asked when an entry could be known: for the others that is left open.
    pub dated: usize,
    /// The places of the definitions that read the segments ([`probe`]).
    pub segments: std::ops::Range<usize>,
    /// The places of the definitions whose behaviour's amount is wanted ([`Life::measures`]), and how long after the clock.
    pub measures: Vec<usize>,
    /// See [`Reading::measures`].
    pub measured_after: Span,
    /// Whether people of one account are to be told from strangers ([`Life::household`]): accounts are read for it.
    pub households: bool,
}

/// What all threads share.
struct Shared<'a> {
    reading: &'a Reading<'a>,
    binding: &'a Binding,
    /// For each definition told of: slots of the traits that its behaviour and fit read.
    slots: Vec<BTreeSet<u32>>,
    /// Whether the data says when it was received.
    receipts: bool,
    until: Timestamp,
    /// How many people refuse to be judged.
    refusing: AtomicU64,
}

/// What came of a reading.
pub struct Folded<A> {
    /// Everybody who is judged.
    pub folded: A,
    /// How many people were left out because they refuse to be judged; `None`: the workspace asks for no consent.
    pub refusing: Option<u64>,
}

/// What each thread has for itself.
struct Folding<'a, A> {
    shared: &'a Shared<'a>,
    evaluator: Evaluator<'a>,
    folded: A,
    outcomes: BTreeMap<Subject, Vec<Outcome>>,
}

/// Reads the lake once, with all processors: `make` starts a fold, `add` gives it a life, `merge` puts two together.
pub fn fold<A: Send>(
    reading: &Reading<'_>,
    data: &Data,
    console: &Console,
    make: impl Fn() -> A + Sync,
    add: impl Fn(&mut A, Life) + Sync,
    merge: impl Fn(&mut A, A),
) -> Result<Folded<A>> {
    let program = reading.program;
    let binding = program.bind(&data.lake.names(&data.workspace).list);
    let mut needs = program.needs().clone();
    needs.accounts |= reading.households && data.lake.is_laid_out_for(&data.workspace);
    let shared = Shared {
        reading,
        binding: &binding,
        slots: reading.told.iter().map(|place| slots(program, *place, program.needs())).collect(),
        receipts: data.lake.totals().received > 0,
        until: data.until,
        refusing: AtomicU64::new(0),
    };
    let bar = progress::parts(console, data.lake.totals().events, "Replaying");
    let request = ScanRequest { needs: &needs, workspace: &data.workspace, threads: 0 };
    let folded = data.lake.scan(
        &request,
        || Folding::new(&shared, make()),
        |folding, household| {
            folding.household(household, &add);
            bar.inc(household.times.len() as u64);
        },
        |all, part| merge(&mut all.folded, part.folded),
    )?;
    bar.finish_and_clear();
    let folded = folded.folded;
    let refusing = shared.refusing.into_inner();
    Ok(Folded { folded, refusing: data.workspace.consent.profile.as_ref().map(|_| refusing) })
}

impl<'a, A> Folding<'a, A> {
    fn new(shared: &'a Shared<'a>, folded: A) -> Self {
        Self {
            shared,
            evaluator: Evaluator::new(shared.reading.program, shared.binding, shared.until),
            folded,
            outcomes: BTreeMap::new(),
        }
    }

    fn household(&mut self, household: &Household<'_>, add: &impl Fn(&mut A, Life)) {
        let Self { shared, evaluator, outcomes, .. } = self;
        evaluator.household(household, &mut |outcome| {
            if shared.reading.told.contains(&outcome.definition) {
                outcomes.entry(outcome.subject).or_default().push(outcome);
            }
        });
        shared.refusing.fetch_add(evaluator.refusing(household), Ordering::Relaxed);
        while let Some((subject, outcomes)) = self.outcomes.pop_first() {
            let life = self.life(household, subject, &outcomes);
            add(&mut self.folded, life);
        }
    }

    fn life(&mut self, household: &Household<'_>, subject: Subject, outcomes: &[Outcome]) -> Life {
        let shared = self.shared;
        let of = |place: &usize| outcomes.iter().find(|outcome| outcome.definition == *place);
        let facts: Vec<Vec<EntryFacts>> = shared
            .reading
            .told
            .iter()
            .zip(&shared.slots)
            .take(shared.reading.dated)
            .map(|(place, slots)| of(place).map(|outcome| self.facts(household, outcome, slots)).unwrap_or_default())
            .collect();
        let clock = shared.reading.told.iter().find_map(of).map(|outcome| outcome.clock);
        let segments = shared
            .reading
            .segments
            .clone()
            .map(|place| probe::value(&mut self.evaluator, household, place, subject, clock?));
        let segments = segments.collect();
        let told: Vec<Option<(&Outcome, &[EntryFacts])>> = shared
            .reading
            .told
            .iter()
            .zip(facts.iter().map(Vec::as_slice).chain(std::iter::repeat(&[][..])))
            .map(|(place, facts)| Some((of(place)?, facts)))
            .collect();
        let life = Life::new(household.directory.id(subject), segments, &told);
        let life = life.with_measures(self.measures(household, subject, clock));
        if shared.reading.households { life.in_household(number(household, subject)) } else { life }
    }

    /// Amounts at the age asked for; none of those who are younger.
    fn measures(
        &mut self,
        household: &Household<'_>,
        subject: Subject,
        clock: Option<Timestamp>,
    ) -> Vec<Option<Number>> {
        let reading = self.shared.reading;
        let Some(at) = clock.map(|clock| Timestamp(clock.0.saturating_add(length(reading.measured_after)))) else {
            return Vec::new();
        };
        if at > self.shared.until {
            return Vec::new();
        }
        let amount = |place: &usize| {
            let explanation = self.evaluator.explain(household, *place, subject, at)?;
            explanation.when.value.as_ref().and_then(Value::as_number)
        };
        reading.measures.iter().map(amount).collect()
    }

    fn facts(&mut self, household: &Household<'_>, outcome: &Outcome, slots: &BTreeSet<u32>) -> Vec<EntryFacts> {
        let constant = rests_on_constant(household, outcome.subject, slots);
        let entries = outcome.entries.iter().enumerate().map(|(number, entry)| EntryFacts {
            knowable_at: self
                .shared
                .receipts
                .then(|| self.evaluator.knowable_at(household, outcome.definition, outcome.subject, number, entry.at)),
            reasons: Vec::new(),
            rests_on_constant: constant,
        });
        entries.collect()
    }
}

/// A number that the subjects of a household share and no others have: its first account, else its first person.
fn number(household: &Household<'_>, subject: Subject) -> u64 {
    let accounts = household.accounts.into_iter().flatten().copied();
    let members = household.memberships.iter().map(|tie| tie.account);
    let account = accounts.chain(members).filter(|code| *code != 0).min();
    // Accounts and people are numbered apart.
    account.map_or(2 * u64::from(subject.code), |account| 2 * u64::from(account) + 1)
}

/// Whether a trait that holds always is among those read of the subject, or of an account that it is in.
fn rests_on_constant(household: &Household<'_>, subject: Subject, slots: &BTreeSet<u32>) -> bool {
    let constants = household.traits.iter().take_while(|fact| fact.at == Timestamp::MIN);
    let mut own = constants.filter(|fact| slots.contains(&fact.slot));
    own.any(|fact| {
        let is_of_account = || {
            let ties = household.memberships.iter();
            ties.filter(|tie| tie.member == subject)
                .any(|tie| fact.of == Subject { kind: SubjectKind::Account, code: tie.account })
        };
        fact.of == subject || is_of_account()
    })
}

/// Slots of the traits that a definition reads beside its population: it is compiled alone, and its needs are looked up.
/// One that refers to others cannot be; of it all traits count.
fn slots(program: &Program, place: usize, needs: &Needs) -> BTreeSet<u32> {
    let Some(definition) = program.definitions().get(place) else { return BTreeSet::new() };
    let alone = Definition { population: Some(Population::Everyone), ..Definition::clone(definition) };
    let alone = Program::compile(&[alone], program.workspace());
    let read = alone.as_ref().map_or(needs, Program::needs);
    let place = |wanted| needs.traits.iter().position(|known| known == wanted);
    read.traits.iter().filter_map(place).filter_map(|slot| u32::try_from(slot).ok()).collect()
}
