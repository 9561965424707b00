//! `brix explain`: one subject, criterion by criterion.

mod told;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use engine::Timestamp;
use engine::evaluate::Evaluator;
use engine::household::{EventName, Household, Subject};
use engine::record::SubjectKind;
use history::ScanRequest;
use jiff::tz::TimeZone;

use crate::cli::Shared;
use crate::console::Console;
use crate::definitions;
use crate::exit::{Exit, Failure};
use crate::instant;
use crate::question::{self, Data, Judged};
use told::{Told, Verdict};

/// Explain one user or account: what happened, which criteria were met when and by what, and what is missing
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix explain ann@acme.example\n  \
    brix explain u0042 --definition trial-team.yaml --at 2025-03-31\n  \
    brix explain acme --kind account --definition crm")]
pub struct Arguments {
    /// Its id
    #[arg(value_name = "SUBJECT")]
    subject: String,
    /// A definition file or the id of a shipped template (repeatable) [default: the definitions here]
    #[arg(long, short, value_name = "DEFINITION")]
    definition: Vec<PathBuf>,
    /// As of the end of this day, or this instant [default: the end of the data]
    #[arg(long, visible_alias = "as-of", value_name = "DATE")]
    at: Option<String>,
    /// What it is [default: what the definitions are about]
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// How many of its latest events to list
    #[arg(long, value_name = "COUNT", default_value = "20")]
    events: usize,
}

/// What a subject is.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    User,
    Account,
    Workspace,
}

impl From<Kind> for SubjectKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::User => Self::User,
            Kind::Account => Self::Account,
            Kind::Workspace => Self::Workspace,
        }
    }
}

/// Explains it.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let names = if arguments.definition.is_empty() { here()? } else { arguments.definition.clone() };
    let data = Data::open(shared, &names, console)?;
    let (definitions, asked) = question::read(&names, &data, console)?;
    let judged = Judged::new(&definitions, asked, &data.workspace)?;
    let subject = find(arguments, &judged, &data)?;
    let zone = &data.workspace.zone;
    let at = match &arguments.at {
        Some(text) => instant::until("--at", text, zone)?,
        None => data.until,
    };
    let question = Question { subject, at, zone, events: arguments.events };
    let program = &judged.program;
    let event_names = data.lake.names(&data.workspace).list;
    let binding = program.bind(&event_names);
    let request = ScanRequest { needs: program.needs(), workspace: &data.workspace, threads: 0 };
    let (_, told) = data.lake.scan(
        &request,
        || (Evaluator::new(program, &binding, at), None),
        |(evaluator, told), household| {
            if holds(household, subject) {
                *told = Some(tell(&question, evaluator, household, &judged, &event_names));
            }
        },
        |(_, mine), (_, theirs)| *mine = mine.take().or(theirs),
    )?;
    let told: Told = told.with_context(|| {
        format!(
            "there is nothing of the {} `{}` that these definitions could look at",
            subject.kind.word(),
            arguments.subject
        )
    })?;
    if console.json {
        console.value(&told)?;
    } else {
        told.tell(zone, console)?;
    }
    Ok(Exit::Done)
}

/// The definitions in the current folder.
fn here() -> Result<Vec<PathBuf>> {
    let found = definitions::yaml_files(&PathBuf::from("."))?;
    if found.is_empty() {
        return Err(Failure::usage("no definition is here; name one by --definition"));
    }
    Ok(found)
}

/// The subject of this id, of the kind that is named or that the definitions are about.
fn find(arguments: &Arguments, judged: &Judged, data: &Data) -> Result<Subject> {
    let mut kinds: Vec<SubjectKind> = match arguments.kind {
        Some(kind) => vec![kind.into()],
        None => judged.asked().iter().map(|definition| definition.subject).collect(),
    };
    kinds.sort_unstable();
    kinds.dedup();
    for kind in &kinds {
        if let Some(subject) = data.lake.directory().find(*kind, &arguments.subject)? {
            return Ok(subject);
        }
    }
    let words: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
    anyhow::bail!("the lake has no {} with the id `{}`", words.join(" or "), arguments.subject)
}

/// Whether a household is the subject's.
fn holds(household: &Household<'_>, subject: Subject) -> bool {
    let has = |codes: Option<&[u32]>| codes.is_some_and(|codes| codes.contains(&subject.code));
    let by_rows = match subject.kind {
        SubjectKind::User => household.users.iter().any(|run| run.user == subject.code),
        SubjectKind::Account => has(household.accounts),
        SubjectKind::Workspace => has(household.workspaces),
    };
    by_rows
        || household.traits.iter().any(|fact| fact.of == subject)
        || household
            .memberships
            .iter()
            .any(|tie| tie.member == subject || (subject.kind == SubjectKind::Account && tie.account == subject.code))
}

/// What is asked of a household.
struct Question<'a> {
    subject: Subject,
    at: Timestamp,
    zone: &'a TimeZone,
    events: usize,
}

fn tell(
    question: &Question<'_>,
    evaluator: &mut Evaluator<'_>,
    household: &Household<'_>,
    judged: &Judged,
    names: &[EventName],
) -> Told {
    let Question { subject, at, zone, events } = *question;
    let mut outcomes = Vec::new();
    evaluator.household(household, &mut |outcome| {
        if outcome.subject == subject {
            outcomes.push(outcome);
        }
    });
    let mut verdicts = Vec::new();
    for (place, definition) in judged.asked().iter().enumerate() {
        if definition.subject != subject.kind {
            continue;
        }
        let outcome = outcomes.iter().find(|outcome| outcome.definition == place);
        if let Some(explanation) = evaluator.explain(household, place, subject, at) {
            verdicts.push(Verdict::new(definition, outcome, explanation, household, names, zone));
        }
    }
    let id = household.directory.id(subject).to_owned();
    Told::new(id, subject, at, household, names, events, verdicts)
}
