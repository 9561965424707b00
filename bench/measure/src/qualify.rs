//! Who qualifies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use engine::Timestamp;
use engine::definition::Definition;
use engine::evaluate::Evaluator;
use engine::household::Household;
use engine::language;
use engine::program::Program;
use engine::workspace::Workspace;
use history::{Lake, ScanRequest};
use serde_json::{Value, json};

use crate::{REPEAT, peak_memory};

/// Judges everyone by the definitions of a folder; and reads the same columns without judging.
pub fn measure(lake: &Path, folder: &Path) -> Result<Value> {
    let workspace = Workspace::default();
    let definitions = read(folder, &workspace)?;
    let program = Program::compile(&definitions, &workspace).map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let mut answer = Answer::default();
    let mut judged = f64::INFINITY;
    let mut touched = f64::INFINITY;
    for _ in 0..REPEAT {
        // Opening the lake is part of the question, as opening the files is for the other engines.
        let started = Instant::now();
        let lake = Lake::open(lake)?;
        answer = judge(&lake, &program, &workspace)?;
        judged = judged.min(started.elapsed().as_secs_f64());
        let started = Instant::now();
        touch(&lake, &program, &workspace)?;
        touched = touched.min(started.elapsed().as_secs_f64());
    }
    Ok(json!({
        "definitions": definitions.len(),
        "events": Lake::open(lake)?.totals().events,
        "seconds": judged,
        "seconds_to_read_the_columns": touched,
        "peak_memory_bytes": peak_memory(),
        "people": answer.people,
        "qualified": answer.qualified,
    }))
}

fn read(folder: &Path, workspace: &Workspace) -> Result<Vec<Definition>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(|| folder.display().to_string())?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path)?;
            let document = language::parse(&text, workspace).map_err(|findings| anyhow::anyhow!("{findings:?}"))?;
            Ok(document.definition)
        })
        .collect()
}

/// How many qualified by each definition, and of how many people.
#[derive(Default)]
struct Answer {
    people: u64,
    qualified: BTreeMap<String, u64>,
}

fn judge(lake: &Lake, program: &Program, workspace: &Workspace) -> Result<Answer> {
    let binding = program.bind(&lake.names(workspace).list);
    let request = ScanRequest { needs: program.needs(), workspace, threads: 2 };
    let start = || {
        let mut evaluator = Evaluator::new(program, &binding, Timestamp::LATEST);
        evaluator.only_met();
        (evaluator, 0_u64, vec![0_u64; program.definitions().len()])
    };
    let step = |(evaluator, people, entered): &mut (Evaluator<'_>, u64, Vec<u64>), household: &Household<'_>| {
        *people += household.users.len() as u64;
        evaluator.household(household, &mut |outcome| {
            if let Some(count) = entered.get_mut(outcome.definition) {
                *count += u64::from(!outcome.entries.is_empty());
            }
        });
    };
    let join = |all: &mut (Evaluator<'_>, u64, Vec<u64>), part: (Evaluator<'_>, u64, Vec<u64>)| {
        all.1 += part.1;
        for (sum, count) in all.2.iter_mut().zip(part.2) {
            *sum += count;
        }
    };
    let (_, people, entered) = lake.scan(&request, start, step, join)?;
    let ids = program.definitions().iter().map(|definition| definition.id.to_string());
    Ok(Answer { people, qualified: ids.zip(entered).collect() })
}

/// Reads what [`judge`] reads and adds it up.
fn touch(lake: &Lake, program: &Program, workspace: &Workspace) -> Result<u64> {
    let request = ScanRequest { needs: program.needs(), workspace, threads: 2 };
    let step = |sum: &mut u64, household: &Household<'_>| {
        *sum += household.times.iter().fold(0_u64, |sum, time| sum.wrapping_add(*time as u64));
        *sum += household.names.iter().map(|name| u64::from(*name)).sum::<u64>();
    };
    Ok(lake.scan(&request, || 0_u64, step, |all, part| *all = all.wrapping_add(part))?)
}
