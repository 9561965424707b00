//! From households to customers: what each did before its first payment and in the time after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Result;
use engine::Timestamp;
use engine::definition::{Clock, Criterion, Definition, Entries, Goal};
use engine::evaluate::Evaluator;
use engine::household::{EventName, Household, Subject};
use engine::outcome::Outcome;
use engine::record::{EventKind, SubjectKind};
use engine::time::DAY;
use history::ScanRequest;
use insight::best::{Customer, LAST_ACTIONS};

use crate::console::Console;
use crate::judging::{goal, probe};
use crate::progress;
use crate::question::{Data, Judged};

/// What is looked for.
pub struct Asking<'a> {
    pub subject: SubjectKind,
    pub goal: &'a Goal,
    pub clock: Option<&'a str>,
    /// In microseconds.
    pub tenure: i64,
    pub expansion: Vec<String>,
    pub advocacy: Vec<String>,
    pub traits: Vec<String>,
}

/// The customers of a history.
#[derive(Default)]
pub struct Gathered {
    pub customers: Vec<Customer>,
    /// Customers for a shorter time than the tenure.
    pub too_young: u64,
}

/// Which codes of event names are what.
struct Kinds {
    names: Vec<EventName>,
    expansion: BTreeSet<u32>,
    advocacy: BTreeSet<u32>,
}

/// Reads the lake once.
pub fn customers(asking: &Asking<'_>, data: &Data, console: &Console) -> Result<Gathered> {
    let clock = asking.clock.map_or(Clock::FirstSeen, |name| Clock::Event(goal::events(&Arc::from(name))));
    let mut definitions = vec![Definition {
        id: Arc::from("customers"),
        name: "Customers".to_owned(),
        subject: asking.subject,
        population: None,
        clock,
        window: None,
        when: Criterion::All(Vec::new()),
        fit: None,
        score: Vec::new(),
        bands: Vec::new(),
        value: None,
        goal: Some(asking.goal.clone()),
        entries: Entries::Once,
    }];
    definitions.extend(asking.traits.iter().map(|path| probe::definition(path, asking.subject)));
    let judged = Judged::new(&definitions, 1, &data.workspace)?;
    let names = data.lake.names(&data.workspace).list;
    let binding = judged.program.bind(&names);
    let codes = |wanted: &[String]| {
        let of = names.iter().zip(0..).filter(|(name, _)| wanted.iter().any(|wanted| **wanted == *name.name));
        of.map(|(_, code)| code).collect::<BTreeSet<u32>>()
    };
    let kinds = Kinds { expansion: codes(&asking.expansion), advocacy: codes(&asking.advocacy), names };
    let bar = progress::parts(console, data.lake.totals().events, "Reading");
    let request = ScanRequest { needs: judged.program.needs(), workspace: &data.workspace, threads: 0 };
    let (gathered, _) = data.lake.scan(
        &request,
        || (Gathered::default(), Evaluator::new(&judged.program, &binding, data.until)),
        |(gathered, evaluator), household| {
            let mut outcomes: Vec<Outcome> = Vec::new();
            evaluator.household(household, &mut |outcome| {
                if outcome.definition == 0 && outcome.population_from.is_some() {
                    outcomes.push(outcome);
                }
            });
            for outcome in outcomes {
                let Some(paid) = outcome.conversions.first().copied() else { continue };
                if paid.0.saturating_add(asking.tenure) > data.until.0 {
                    gathered.too_young += 1;
                    continue;
                }
                let traits = (1..=asking.traits.len())
                    .map(|place| probe::value(evaluator, household, place, outcome.subject, paid))
                    .collect();
                gathered.customers.push(customer(household, &outcome, paid, asking, &kinds, traits));
            }
            bar.inc(household.times.len() as u64);
        },
        |(all, _), (part, _)| {
            all.customers.extend(part.customers);
            all.too_young += part.too_young;
        },
    )?;
    bar.finish_and_clear();
    Ok(gathered)
}

fn customer(
    household: &Household<'_>,
    outcome: &Outcome,
    paid: Timestamp,
    asking: &Asking<'_>,
    kinds: &Kinds,
    traits: Vec<Option<Arc<str>>>,
) -> Customer {
    let end = paid.0.saturating_add(asking.tenure);
    let mut weeks: BTreeSet<i64> = BTreeSet::new();
    let mut measured = [0.0; 4];
    let mut before: BTreeMap<Arc<str>, u32> = BTreeMap::new();
    let mut last: Vec<(Timestamp, Arc<str>)> = Vec::new();
    for row in rows(household, outcome.subject) {
        let (Some(time), Some(code)) = (household.times.get(row), household.names.get(row)) else { continue };
        let Some(name) = kinds.names.get(*code as usize) else { continue };
        if *time < paid.0 {
            if name.kind == EventKind::Product && *time >= outcome.clock.0 {
                *before.entry(Arc::clone(&name.name)).or_default() += 1;
                last.push((Timestamp(*time), Arc::clone(&name.name)));
            }
        } else if *time < end && *time > paid.0 {
            if name.kind == EventKind::Product {
                weeks.insert((time - paid.0) / (7 * DAY));
            }
            measured[1] += f64::from(u8::from(kinds.expansion.contains(code)));
            measured[2] += f64::from(u8::from(kinds.advocacy.contains(code)));
            measured[3] += f64::from(u8::from(name.kind == EventKind::Support));
        }
    }
    let all_weeks = (asking.tenure as f64 / (7 * DAY) as f64).ceil();
    measured[0] = weeks.len() as f64 / all_weeks;
    last.sort_by(|left, right| right.cmp(left));
    last.truncate(LAST_ACTIONS);
    let id = Arc::from(household.directory.id(outcome.subject));
    Customer { id, clock: outcome.clock, paid, measured, before, last, traits }
}

/// The rows of a person, or of an account.
fn rows(household: &Household<'_>, subject: Subject) -> Vec<usize> {
    if subject.kind == SubjectKind::User {
        let own = household.users.iter().filter(|run| run.user == subject.code);
        return own.flat_map(|run| run.start..run.end).collect();
    }
    let owners = household.accounts.unwrap_or(&[]);
    owners.iter().enumerate().filter(|(_, owner)| **owner == subject.code).map(|(row, _)| row).collect()
}
