//! Both sides of the comparison in one form.

use std::collections::BTreeMap;
use std::fmt::Write;

use engine::assemble::from_records;
use engine::evaluate::Evaluator;
use engine::household::Directory;
use engine::outcome::Outcome;
use engine::program::Program;

pub mod explained;
pub mod lived;
pub mod resumed;
mod unfolded;

use crate::generate::Case;
use crate::oracle::{self, Entry, Key, Verdict};

/// What the engine says.
pub enum Said {
    Refused,
    Outcomes(BTreeMap<Key, Verdict>),
}

/// By replay of assembled households.
pub fn by_engine(case: &Case) -> Said {
    let Ok(program) = Program::compile(&case.definitions, &case.workspace) else { return Said::Refused };
    let assembled = from_records(&case.records, &case.workspace, program.needs());
    let binding = program.bind(&assembled.names);
    let mut evaluator = Evaluator::new(&program, &binding, case.horizon);
    let mut said = BTreeMap::new();
    for household in &assembled.households {
        let view = household.view();
        let mut outcomes = Vec::new();
        evaluator.household(&view, &mut |outcome| outcomes.push(outcome));
        for outcome in outcomes {
            let definition = &case.definitions[outcome.definition];
            let id = assembled.directory.id(outcome.subject);
            let key = (definition.id.clone(), definition.subject, id.into());
            let mut knowable = Vec::new();
            for (number, entry) in outcome.entries.iter().enumerate() {
                knowable.push(evaluator.knowable_at(&view, outcome.definition, outcome.subject, number, entry.at));
            }
            assert!(said.insert(key, verdict(outcome, &knowable)).is_none(), "one outcome for each subject");
        }
    }
    Said::Outcomes(said)
}

fn verdict(outcome: Outcome, knowable: &[engine::Timestamp]) -> Verdict {
    let entries = outcome.entries.into_iter().zip(knowable).map(|(entry, knowable_at)| Entry {
        at: entry.at,
        exit: entry.exit,
        score: entry.score,
        value: entry.value,
        knowable_at: *knowable_at,
    });
    Verdict {
        clock: outcome.clock,
        population_from: outcome.population_from,
        met_at: outcome.met_at,
        outside_at: outcome.outside_at,
        entries: entries.collect(),
        now: outcome.now,
        conversions: outcome.conversions,
    }
}

/// Whoever meets a definition's behaviour, once picked out of all and once asked for alone, which lets most people go by their counts.
/// The first difference, in words; and how many were let go.
pub fn screened_difference(case: &Case) -> (Option<String>, usize) {
    let Ok(program) = Program::compile(&case.definitions, &case.workspace) else { return (None, 0) };
    let assembled = from_records(&case.records, &case.workspace, program.needs());
    let binding = program.bind(&assembled.names);
    let mut all = Evaluator::new(&program, &binding, case.horizon);
    let mut only_met = Evaluator::new(&program, &binding, case.horizon);
    only_met.only_met();
    let mut let_go = 0;
    for household in &assembled.households {
        let view = household.view();
        let (mut expected, mut said) = (Vec::new(), Vec::new());
        all.household(&view, &mut |outcome| expected.push(outcome));
        only_met.household(&view, &mut |outcome| said.push(outcome));
        let everybody = expected.len();
        expected.retain(|outcome| outcome.met_at.is_some());
        let_go += everybody - expected.len();
        if said != expected {
            return (Some(format!("alone {said:#?}\npicked out {expected:#?}")), let_go);
        }
    }
    (None, let_go)
}

/// By the oracle.
pub fn by_oracle(case: &Case) -> BTreeMap<Key, Verdict> {
    oracle::evaluate(&case.records, &case.definitions, &case.workspace, case.horizon)
}

/// The first difference, in words.
pub fn difference(engine: &BTreeMap<Key, Verdict>, oracle: &BTreeMap<Key, Verdict>) -> Option<String> {
    let keys: std::collections::BTreeSet<&Key> = engine.keys().chain(oracle.keys()).collect();
    for key in keys {
        let (left, right) = (engine.get(key), oracle.get(key));
        if left != right {
            return Some(format!("{key:?}\nengine {}\noracle {}", verdict_told(left), verdict_told(right)));
        }
    }
    None
}

fn verdict_told(verdict: Option<&Verdict>) -> String {
    let Some(verdict) = verdict else { return "nothing".to_owned() };
    let when = |at: Option<engine::Timestamp>| at.map_or("-".to_owned(), |at| at.to_string());
    let mut told = format!(
        "clock {} population {} met {} outside {} now {:?} conversions {:?}",
        verdict.clock,
        when(verdict.population_from),
        when(verdict.met_at),
        when(verdict.outside_at),
        verdict.now,
        verdict.conversions.iter().map(ToString::to_string).collect::<Vec<_>>()
    );
    for entry in &verdict.entries {
        let score = entry.score.as_ref().map(|score| format!("{} = {:?}", score.total, score.parts));
        let _ = write!(
            told,
            "\n    at {} exit {} score {score:?} value {:?} knowable {}",
            entry.at,
            when(entry.exit),
            entry.value,
            entry.knowable_at
        );
    }
    told
}

/// A case in words.
pub fn told(case: &Case) -> String {
    let workspace = &case.workspace;
    let mut told = format!(
        "horizon {}, zone {:?}, goal {:?}, population {:?}, by e-mail {}, consent {:?}\n",
        case.horizon,
        workspace.zone.iana_name(),
        workspace.goal,
        workspace.population,
        workspace.account_from_email,
        workspace.consent
    );
    let mut records = case.records.clone();
    records.sort_by_key(|record| record.timestamp);
    for record in records {
        let received = record.received_at.map_or(String::new(), |at| format!(" received {at}"));
        let id = |id: &Option<std::sync::Arc<str>>| id.as_deref().unwrap_or("-").to_owned();
        let who = &record.who;
        let _ = writeln!(
            told,
            "{} {received} {} user {} anonymous {} account {} workspace {} {:?}",
            record.timestamp,
            record.message,
            id(&who.user),
            id(&who.anonymous),
            id(&who.account),
            id(&who.workspace),
            record.body
        );
    }
    for definition in &case.definitions {
        let _ = writeln!(told, "{definition:?}");
    }
    told
}
