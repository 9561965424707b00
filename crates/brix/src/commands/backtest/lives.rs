//! From households to lives: what each definition says of each subject, folded as it is read.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use engine::Timestamp;
use engine::definition::{Definition, Population};
use engine::evaluate::Evaluator;
use engine::household::{Household, Needs, Subject};
use engine::outcome::Outcome;
use engine::program::{Binding, Program};
use engine::record::SubjectKind;
use history::ScanRequest;
use insight::{Backtest, EntryFacts, Life};

use super::asked::Asked;
use super::probe;
use crate::console::Console;
use crate::progress;
use crate::question::Data;

/// What all threads share.
struct Shared<'a> {
    asked: &'a Asked,
    program: &'a Program,
    binding: &'a Binding,
    /// The places of those that a life tells of: the definitions asked for, then the baseline.
    told: Vec<usize>,
    /// For each of these: slots of the traits that its behaviour and fit read.
    slots: Vec<BTreeSet<u32>>,
    /// Whether the data says when it was received.
    receipts: bool,
    until: Timestamp,
}

/// What each thread has for itself.
struct Folding<'a> {
    shared: &'a Shared<'a>,
    evaluator: Evaluator<'a>,
    backtest: Backtest,
    outcomes: BTreeMap<Subject, Vec<Outcome>>,
}

/// Reads the lake once, with all processors.
pub fn fold(asked: &Asked, data: &Data, console: &Console) -> Result<Backtest> {
    let program = &asked.judged.program;
    let binding = program.bind(&data.lake.names(&data.workspace).list);
    let told: Vec<usize> = (0..asked.judged.asked().len()).chain(asked.baseline).collect();
    let shared = Shared {
        asked,
        program,
        binding: &binding,
        slots: told.iter().map(|place| slots(program, *place, program.needs())).collect(),
        told,
        receipts: data.lake.totals().received > 0,
        until: data.until,
    };
    let bar = progress::parts(console, data.lake.totals().events, "Replaying");
    let request = ScanRequest { needs: program.needs(), workspace: &data.workspace, threads: 0 };
    let folded = data.lake.scan(
        &request,
        || Folding::new(&shared),
        |folding, household| {
            folding.household(household);
            bar.inc(household.times.len() as u64);
        },
        |all, part| all.backtest.merge(part.backtest),
    )?;
    bar.finish_and_clear();
    Ok(folded.backtest)
}

impl<'a> Folding<'a> {
    fn new(shared: &'a Shared<'a>) -> Self {
        Self {
            shared,
            evaluator: Evaluator::new(shared.program, shared.binding, shared.until),
            backtest: Backtest::new(shared.asked.question.clone()),
            outcomes: BTreeMap::new(),
        }
    }

    fn household(&mut self, household: &Household<'_>) {
        let Self { shared, evaluator, outcomes, .. } = self;
        evaluator.household(household, &mut |outcome| {
            if shared.told.contains(&outcome.definition) {
                outcomes.entry(outcome.subject).or_default().push(outcome);
            }
        });
        while let Some((subject, outcomes)) = self.outcomes.pop_first() {
            self.life(household, subject, &outcomes);
        }
    }

    fn life(&mut self, household: &Household<'_>, subject: Subject, outcomes: &[Outcome]) {
        let shared = self.shared;
        let of = |place: &usize| outcomes.iter().find(|outcome| outcome.definition == *place);
        let facts: Vec<Vec<EntryFacts>> = shared
            .told
            .iter()
            .zip(&shared.slots)
            .map(|(place, slots)| of(place).map(|outcome| self.facts(household, outcome, slots)).unwrap_or_default())
            .collect();
        let clock = shared.told.iter().find_map(of).map(|outcome| outcome.clock);
        let segments = (0..shared.asked.question.segments.len()).map(|segment| {
            probe::value(&mut self.evaluator, household, shared.asked.probes + segment, subject, clock?)
        });
        let segments = segments.collect();
        let told: Vec<Option<(&Outcome, &[EntryFacts])>> =
            shared.told.iter().zip(&facts).map(|(place, facts)| Some((of(place)?, facts.as_slice()))).collect();
        self.backtest.add(Life::new(household.directory.id(subject), segments, &told));
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
