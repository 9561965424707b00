//! From households to features: read once, with all processors.

use anyhow::Result;
use engine::evaluate::Evaluator;
use engine::household::Household;
use engine::outcome::Outcome;
use history::ScanRequest;
use insight::Discover;

use super::asked::Asked;
use crate::console::Console;
use crate::progress;
use crate::question::Data;

/// What each thread has for itself.
struct Folding<'a> {
    evaluator: Evaluator<'a>,
    discover: Discover,
    outcomes: Vec<Outcome>,
    /// How many refuse to be judged.
    refusing: u64,
}

/// Reads the lake; gives also how many refuse to be judged, if the workspace asks for consent.
pub fn fold(asked: &Asked, data: &Data, console: &Console) -> Result<(Discover, Option<u64>)> {
    let program = &asked.judged.program;
    let binding = program.bind(&data.lake.names(&data.workspace).list);
    let bar = progress::parts(console, data.lake.totals().events, "Reading");
    let request = ScanRequest { needs: &asked.needs, workspace: &data.workspace, threads: 0 };
    let start = || Folding {
        evaluator: Evaluator::new(program, &binding, data.until),
        discover: Discover::new(std::sync::Arc::clone(&asked.question)),
        outcomes: Vec::new(),
        refusing: 0,
    };
    let step = |folding: &mut Folding<'_>, household: &Household<'_>| {
        let Folding { evaluator, discover, outcomes, refusing } = folding;
        outcomes.clear();
        evaluator.household(household, &mut |outcome| outcomes.push(outcome));
        discover.add(household, outcomes);
        *refusing += evaluator.refusing(household);
        bar.inc(household.times.len() as u64);
    };
    let folded = data.lake.scan(&request, start, step, |all, part| {
        all.discover.merge(part.discover);
        all.refusing += part.refusing;
    })?;
    bar.finish_and_clear();
    Ok((folded.discover, data.workspace.consent.profile.as_ref().map(|_| folded.refusing)))
}
