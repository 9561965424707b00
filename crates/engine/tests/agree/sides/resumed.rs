//! The engine's state: changes one by one in some order of arrival, with frontiers, saving and restoring in between.

use std::collections::BTreeMap;

use engine::assemble::{OwnedHousehold, from_records};
use engine::evaluate::Evaluator;
use engine::evaluate::{Applied, Change, HouseholdState, NewRow};
use engine::outcome::Outcome;
use engine::program::{Binding, Program};
use engine::{Timestamp, household::Subject};

use crate::generate::Case;
use crate::generate::dice::Dice;

/// What was met on the way: so that a test can say that it met anything.
#[derive(Debug, Default, Clone, Copy)]
pub struct Met {
    pub advanced: u64,
    pub rebuilt: u64,
    pub resumed: u64,
}

/// The first difference between a replay and the state after all changes; none for a case that is refused.
pub fn difference(case: &Case, seed: u64, met: &mut Met) -> Option<String> {
    let program = Program::compile(&case.definitions, &case.workspace).ok()?;
    let assembled = from_records(&case.records, &case.workspace, program.needs());
    let binding = program.bind(&assembled.names);
    let mut dice = Dice::new(seed ^ 0x5EED);
    for household in &assembled.households {
        let mut evaluator = Evaluator::new(&program, &binding, case.horizon);
        let mut replayed = Vec::new();
        evaluator.household(&household.view(), &mut |outcome| replayed.push(outcome));
        let live = match lived(case, &program, &binding, household, &mut dice, met) {
            Ok(live) => live,
            Err(words) => return Some(words),
        };
        if by_subject(&live) != by_subject(&replayed) {
            return Some(format!("live {live:#?}\nreplayed {replayed:#?}"));
        }
    }
    None
}

fn by_subject(outcomes: &[Outcome]) -> BTreeMap<(usize, Subject), Outcome> {
    outcomes.iter().map(|outcome| ((outcome.definition, outcome.subject), outcome.clone())).collect()
}

/// The outcomes after all changes of a household.
fn lived(
    case: &Case,
    program: &Program,
    binding: &Binding,
    household: &OwnedHousehold,
    dice: &mut Dice,
    met: &mut Met,
) -> Result<Vec<Outcome>, String> {
    let directory = household.directory.as_ref();
    let changes = arrivals(household, dice);
    let mut seen: Vec<Change> = Vec::new();
    let mut state = HouseholdState::default();
    let mut latest = Timestamp::MIN;
    for change in changes {
        latest = latest.max(at(&change));
        // What is said in between is of the latest instant seen.
        let mut evaluator = Evaluator::new(program, binding, latest.max(state.frontier()));
        seen.push(change.clone());
        let said = match state.apply(&mut evaluator, directory, change.clone()) {
            Applied::Said(said) => said,
            Applied::NeedsReplay => {
                met.rebuilt += 1;
                state = HouseholdState::default();
                seen.iter().cloned().for_each(|change| state.insert(change));
                state.said(&mut evaluator, directory).expect("a state without a frontier")
            }
        };
        if dice.chance(20) {
            let mut fresh = HouseholdState::default();
            seen.iter().cloned().for_each(|change| fresh.insert(change));
            let expected = fresh.said(&mut evaluator, directory).expect("a state without a frontier");
            if by_subject(&said) != by_subject(&expected) {
                return Err(format!("on the way, after {change:?}\nstate {said:#?}\nreplay {expected:#?}"));
            }
        }
        if dice.chance(30) {
            let back = dice.pick(&[0, 0, 1, 3_600_000_000, 86_400_000_000]);
            let frontier = Timestamp(latest.0.saturating_sub(back)).min(case.horizon);
            if frontier > state.frontier() && frontier > Timestamp::MIN {
                let mut evaluator = Evaluator::new(program, binding, frontier);
                assert!(state.advance(&mut evaluator, directory), "nothing new reaches behind the frontier");
                met.advanced += u64::from(state.frontier() == frontier);
            }
        }
        if dice.chance(30) {
            let bytes = state.encode(&evaluator).expect("a state can be saved");
            let restored = HouseholdState::decode(&bytes, &evaluator).expect("a saved state can be restored");
            assert_eq!(restored.encode(&evaluator).as_ref(), Ok(&bytes), "restored and saved again");
            state = restored;
            met.resumed += 1;
        }
    }
    let mut evaluator = Evaluator::new(program, binding, case.horizon.max(state.frontier()));
    Ok(state.said(&mut evaluator, directory).expect("nothing new reaches behind the frontier"))
}

fn at(change: &Change) -> Timestamp {
    match change {
        Change::Row(row) => row.at,
        Change::Trait(fact) => fact.at,
        Change::Membership(step) => step.at,
    }
}

/// The changes of a household, roughly in the order of time, some late.
fn arrivals(household: &OwnedHousehold, dice: &mut Dice) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for run in &household.users {
        for row in run.start..run.end {
            changes.push(Change::Row(NewRow {
                at: Timestamp(household.times[row]),
                name: household.names[row],
                user: run.user,
                account: household.accounts.as_ref().map_or(0, |codes| codes[row]),
                workspace: household.workspaces.as_ref().map_or(0, |codes| codes[row]),
                properties: household.properties.0.iter().map(|column| column[row].clone()).collect(),
            }));
        }
    }
    changes.extend(household.traits.iter().cloned().map(Change::Trait));
    changes.extend(household.memberships.iter().copied().map(Change::Membership));
    dice.shuffle(&mut changes);
    if dice.chance(80) {
        changes.sort_by_key(at);
        for _ in 0..dice.below(3) {
            let (from, to) = (dice.below(changes.len()), dice.below(changes.len()));
            let change = changes.remove(from);
            changes.insert(to, change);
        }
    }
    changes
}
