//! The reasons of the leads that a report names: only these are explained, in a second reading.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use engine::Timestamp;
use engine::evaluate::Evaluator;
use engine::household::{Household, Subject};
use history::ScanRequest;
use insight::{Report, qualified};

use super::asked::Asked;
use crate::question::Data;

/// A lead: the definition's place, and the instant.
type Wanted = BTreeMap<Subject, Vec<(usize, Timestamp)>>;
/// The reasons of a lead.
type Given = Vec<(usize, Subject, Timestamp, Vec<Arc<str>>)>;

/// Puts reasons on the leads whose reasons are shown.
pub fn give_reasons(report: &mut Report, asked: &Asked, data: &Data) -> Result<()> {
    let wanted = wanted(report, asked, data)?;
    if wanted.is_empty() {
        return Ok(());
    }
    let program = &asked.judged.program;
    let binding = program.bind(&data.lake.names(&data.workspace).list);
    let request = ScanRequest { needs: program.needs(), workspace: &data.workspace, threads: 0 };
    let (_, given) = data.lake.scan(
        &request,
        || (Evaluator::new(program, &binding, data.until), Given::new()),
        |(evaluator, given), household| {
            for subject in subjects(household, &wanted) {
                for (place, at) in wanted.get(&subject).into_iter().flatten() {
                    let Some(explanation) = evaluator.explain(household, *place, subject, *at) else { continue };
                    let Some(definition) = program.definitions().get(*place) else { continue };
                    given.push((*place, subject, *at, qualified::reasons(definition, &explanation)));
                }
            }
        },
        |(_, all), (_, part)| all.extend(part),
    )?;
    let directory = data.lake.directory();
    for (place, subject, at, reasons) in given {
        if let Some(definition) = program.definitions().get(place) {
            let id = engine::household::Directory::id(directory, subject);
            report.give_reasons(&definition.id, id, at, &reasons);
        }
    }
    Ok(())
}

fn wanted(report: &Report, asked: &Asked, data: &Data) -> Result<Wanted> {
    let kind = asked.judged.subject()?;
    let mut wanted = Wanted::new();
    for (definition, id, at) in report.reasons_wanted() {
        let place = asked.judged.asked().iter().position(|asked| asked.id == definition);
        let subject = data.lake.directory().find(kind, &id)?;
        if let (Some(place), Some(subject)) = (place, subject) {
            wanted.entry(subject).or_default().push((place, at));
        }
    }
    Ok(wanted)
}

/// Those of a household's subjects that are wanted.
fn subjects(household: &Household<'_>, wanted: &Wanted) -> Vec<Subject> {
    use engine::record::SubjectKind::{Account, User, Workspace};
    let users = household.users.iter().map(|run| Subject { kind: User, code: run.user });
    let accounts = household.accounts.into_iter().flatten().map(|code| Subject { kind: Account, code: *code });
    let workspaces = household.workspaces.into_iter().flatten().map(|code| Subject { kind: Workspace, code: *code });
    let traits = household.traits.iter().map(|fact| fact.of);
    let mut found: Vec<Subject> =
        users.chain(accounts).chain(workspaces).chain(traits).filter(|subject| wanted.contains_key(subject)).collect();
    found.sort_unstable();
    found.dedup();
    found
}
