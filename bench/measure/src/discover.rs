//! What predicts a goal.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use engine::Timestamp;
use engine::definition::{Criterion, Definition, Entries, Events, Goal, NamePattern, Population};
use engine::evaluate::Evaluator;
use engine::household::{EventName, Household};
use engine::outcome::Outcome;
use engine::program::Program;
use engine::record::SubjectKind;
use engine::time::DAY;
use engine::workspace::Workspace;
use history::{Lake, ScanRequest};
use insight::Discover;
use insight::discover::aim::Aim;
use insight::discover::table::{FeatureTable, Measure};
use insight::discover::{Catalog, Question};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::{REPEAT, peak_memory};

/// By when after their start people have to reach the goal.
const WITHIN: i64 = 60 * DAY;

/// First the table of everybody, without a goal, as the other engines make it; then the whole discovery.
pub fn measure(folder: &Path, goal: &str) -> Result<Value> {
    let (mut seconds, mut sums, mut bytes, mut people) = (f64::INFINITY, Vec::new(), 0, 0);
    for _ in 0..REPEAT {
        let started = Instant::now();
        let table = fold(&Lake::open(folder)?, "No such event")?.into_table();
        seconds = seconds.min(started.elapsed().as_secs_f64());
        (bytes, people) = (table.bytes(), table.len());
        sums = add_up(&table, &Lake::open(folder)?);
    }
    let table_memory = peak_memory();
    let (mut whole, mut tried, mut reliable) = (f64::INFINITY, Value::Null, Value::Null);
    for _ in 0..REPEAT {
        let started = Instant::now();
        let found = fold(&Lake::open(folder)?, goal)?.finish(&on_all_processors);
        whole = whole.min(started.elapsed().as_secs_f64());
        let found = serde_json::to_value(&found)?;
        (tried, reliable) = (found["tried"].clone(), found["population"].clone());
    }
    Ok(json!({
        "seconds": seconds,
        "people": people,
        "table_bytes": bytes,
        "table_peak_memory_bytes": table_memory,
        "sums": sums,
        "discovery": {"goal": goal, "seconds": whole, "peak_memory_bytes": peak_memory(), "tried": tried, "population": reliable},
    }))
}

fn on_all_processors(pieces: usize, work: &(dyn Fn(usize) + Sync)) {
    (0..pieces).into_par_iter().with_max_len(1).for_each(work);
}

fn fold(lake: &Lake, goal: &str) -> Result<Discover> {
    let workspace = Workspace::default();
    let goal = Goal {
        events: Events { names: vec![NamePattern::Exactly(Arc::from(goal))], kind: None, filter: None },
        of: None,
        within: None,
    };
    let names = lake.names(&workspace).list;
    let counted: Vec<_> = names.iter().cloned().map(|name| (name, 1)).collect();
    let question = Arc::new(Question {
        subject: SubjectKind::User,
        goal: "the goal".to_owned(),
        recurs: false,
        through_account: false,
        windows: Question::WINDOWS.iter().map(|days| days * DAY).collect(),
        end: WITHIN,
        // Everybody is taken as watched for long enough, as the other engines do.
        observed_until: Timestamp::LATEST,
        from: None,
        to: None,
        zone: workspace.zone.clone(),
        zone_slot: None,
        catalog: Arc::new(Catalog::new(&counted, &goal)),
        aim: Aim::default(),
        capacity_per_week: None,
        permutations: 0,
        seed: 1,
        trusted: Vec::new(),
        without_sales_touched: false,
    });
    let program = Program::compile(&[everybody(goal)], &workspace).map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let mut needs = program.needs().clone();
    needs.accounts = false;
    let binding = program.bind(&names);
    let request = ScanRequest { needs: &needs, workspace: &workspace, threads: 2 };
    let start = || {
        let evaluator = Evaluator::new(&program, &binding, Timestamp::LATEST);
        (evaluator, Discover::new(Arc::clone(&question)), Vec::new())
    };
    let step = |(evaluator, discover, outcomes): &mut (Evaluator<'_>, Discover, Vec<Outcome>),
                household: &Household<'_>| {
        outcomes.clear();
        evaluator.household(household, &mut |outcome| outcomes.push(outcome));
        discover.add(household, outcomes);
    };
    let (_, discover, _) = lake.scan(&request, start, step, |all, part| all.1.merge(part.1))?;
    Ok(discover)
}

/// A definition whose entries are the times before the goal.
fn everybody(goal: Goal) -> Definition {
    Definition {
        population: Some(Population::Everyone),
        goal: Some(goal),
        entries: Entries::Repeated,
        ..Definition::of("everybody", "Everybody", SubjectKind::User, Criterion::All(Vec::new()))
    }
}

/// What the other engines are asked for as well, in their order; the last three of some events only.
const COMPARED: [Measure; 5] = [Measure::Count, Measure::Days, Measure::Soon, Measure::Growth, Measure::Lately];

/// The sums of the table by event name, measure and window; exact, since no value here is above 100.
fn add_up(table: &FeatureTable, lake: &Lake) -> Vec<u64> {
    let layout = &table.layout;
    let names = lake.names(&Workspace::default()).list;
    let nothing = || vec![0; layout.windows];
    let of_name = |event: &EventName| {
        (0..COMPARED.len()).map(|of| ((Arc::clone(&event.name), of), nothing())).collect::<Vec<_>>()
    };
    let mut sums: BTreeMap<(Arc<str>, usize), Vec<u64>> = names.iter().flat_map(of_name).collect();
    let counted: Vec<_> = names.into_iter().map(|name| (name, 1)).collect();
    let no_goal = Goal { events: Events { names: Vec::new(), kind: None, filter: None }, of: None, within: None };
    let catalog = Catalog::new(&counted, &no_goal);
    for (place, slot) in layout.slots.iter().enumerate() {
        let measure = COMPARED.iter().position(|measure| *measure == slot.measure);
        let (Some(event), Some(measure)) = (slot.event, measure) else { continue };
        let name = Arc::clone(&catalog.events[usize::from(event)].name);
        let of_slot = sums.entry((name, measure)).or_insert_with(nothing);
        for levels in table.parts.iter().flat_map(|part| part.levels.chunks(layout.stride())) {
            let windows = &levels[place * layout.windows..(place + 1) * layout.windows];
            of_slot.iter_mut().zip(windows).for_each(|(sum, level)| *sum += u64::from(layout.levels.least(*level)));
        }
    }
    sums.into_values().flatten().collect()
}
