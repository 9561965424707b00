//! `brix qualify --near` and `--stalled`: who is not in the definition and on the way.

use std::io::Write;

use anyhow::Result;
use engine::Timestamp;
use engine::definition::Definition;
use engine::evaluate::Evaluator;
use engine::household::Household;
use history::ScanRequest;
use insight::figure::When;
use insight::near::{Near, NearListing, Terms};

use super::{Arguments, Format};
use crate::console::Console;
use crate::exit::Exit;
use crate::progress;
use crate::question::{Data, Judged};

/// Lists them.
pub fn run(
    arguments: &Arguments,
    data: &Data,
    judged: &Judged,
    definition: &Definition,
    as_of: Timestamp,
    console: &mut Console,
) -> Result<Exit> {
    let mut terms = Terms::default();
    terms.within = arguments.within.map_or(terms.within, |percent| f64::from(percent) / 100.0);
    terms.silent = arguments.silent.unwrap_or(terms.silent);
    let zone = &data.workspace.zone;
    let (mut rows, refusing) = rows(data, judged, definition, as_of, console, &|near| match arguments.stalled {
        true => near.has_stalled(&terms, as_of),
        false => near.is_near(&terms),
    })?;
    rows.sort_by(Near::order);
    let listing = NearListing {
        definition: definition.id.clone(),
        name: definition.name.clone(),
        as_of: When(as_of),
        stalled: arguments.stalled,
        rows,
        refused_profiling: data.workspace.consent.profile.as_ref().map(|_| refusing),
    };
    match if console.json { Format::Json } else { arguments.format } {
        Format::Json => console.value(&listing)?,
        Format::Csv => write!(console.out(), "{}", listing.csv())?,
        Format::Table => write!(console.out(), "{}", listing.text(zone))?,
    }
    Ok(Exit::Done)
}

fn rows(
    data: &Data,
    judged: &Judged,
    definition: &Definition,
    as_of: Timestamp,
    console: &Console,
    is_wanted: &(dyn Fn(&Near) -> bool + Sync),
) -> Result<(Vec<Near>, u64)> {
    let program = &judged.program;
    let binding = program.bind(&data.lake.names(&data.workspace).list);
    let bar = progress::parts(console, data.lake.totals().events, "Evaluating");
    let request = ScanRequest { needs: program.needs(), workspace: &data.workspace, threads: 0 };
    let start = || (Evaluator::new(program, &binding, as_of), Vec::new(), 0);
    let step = |(evaluator, rows, refusing): &mut (Evaluator<'_>, Vec<Near>, u64), household: &Household<'_>| {
        evaluator.progress(household, &mut |progress| {
            if progress.definition == 0 {
                let id = household.directory.id(progress.outcome.subject);
                let near = Near::of(id, definition, &progress, as_of, &data.workspace.zone);
                rows.extend(near.filter(|near| is_wanted(near)));
            }
        });
        *refusing += evaluator.refusing(household);
        bar.inc(household.times.len() as u64);
    };
    let merge = |(_, all, refusing): &mut (Evaluator<'_>, Vec<Near>, u64), (_, part, more): (_, Vec<Near>, u64)| {
        all.extend(part);
        *refusing += more;
    };
    let (_, rows, refusing) = data.lake.scan(&request, start, step, merge)?;
    bar.finish_and_clear();
    Ok((rows, refusing))
}
