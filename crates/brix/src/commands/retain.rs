//! `brix retain`: those of whom nothing has been heard for long, out of a lake that no server uses.

use anyhow::{Context as _, Result, bail};
use clap::Args;
use engine::record::SubjectKind;
use engine::{Span, Timestamp};
use history::{Lake, LakeLock, Unheard};
use serde_json::json;

use super::erase::is_sure;
use crate::cli::Shared;
use crate::console::{Console, count};
use crate::exit::{Exit, Failure};
use crate::serve::clock;
use crate::{instant, workspace};

/// Remove from a lake those of whom nothing has been heard for long
///
/// A person or company goes whole, with all that is known of it, when its last event or trait is older: a life is kept whole or not
/// at all. The lake says from then on since when somebody must have been heard of. A running server does it by itself: see
/// `retention` in its settings.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix retain --lake ./lake --older-than 400d --dry-run\n  \
    brix retain --lake ./lake --older-than 400d --yes\n  \
    brix retain --lake ./lake --before 2025-01-01")]
pub struct Arguments {
    /// Nothing was heard of them for this long
    #[arg(
        long,
        value_name = "TIME",
        value_parser = instant::span,
        conflicts_with = "before",
        required_unless_present = "before"
    )]
    older_than: Option<Span>,
    /// Nothing was heard of them on this day or later
    #[arg(long, value_name = "DATE")]
    before: Option<String>,
    /// Say what would go, and leave it
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
}

/// Says what goes, and removes it.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let folder = shared.lake();
    let settings = workspace::read(shared, &[], console)?;
    let now = clock::now();
    let before = match (&arguments.before, arguments.older_than) {
        (Some(text), _) => instant::from("--before", text, &settings.zone)?,
        (None, Some(span)) if now.minus(span, &settings.zone) > now.minus(Span::days(1), &settings.zone) => {
            return Err(Failure::usage(
                "--older-than: shorter than a day, so that everybody would go; write 400d or 24 months",
            ));
        }
        (None, Some(span)) => now.minus(span, &settings.zone),
        (None, None) => return Ok(Exit::Usage),
    };
    if before > now {
        return Err(Failure::usage("that day is still to come: everybody would go"));
    }
    // The lock would make the folder where there is none.
    Lake::open(&folder)?;
    let lock = LakeLock::take(&folder).context("the lake is in use: the server that has it removes what is old")?;
    let lake = Lake::open(&folder)?;
    if lake.manifest().log > 0 {
        bail!(
            "{} is the lake of a server, which holds more than the lake does: set `retention` in its settings",
            folder.display()
        );
    }
    let found = history::unheard(&lake, before, usize::MAX)?;
    let day = instant::shown(before, &settings.zone);
    if !console.json {
        told(&found, &day, console)?;
    }
    let goes = !arguments.dry_run
        && (arguments.yes || is_sure("those of whom nothing was heard since then, and all that is known of them")?);
    if goes {
        history::retain(&lock, &settings, &found, before)?;
        lock.sweep()?;
    }
    let rows = if goes { crate::live::forget_put_aside(&folder, &found.ids)? } else { 0 };
    if console.json {
        console.value(&shown(&found, before, goes))?;
    } else if goes {
        console.line(format_args!("They are gone, and {rows} rows that imports had put aside."))?;
        console
            .line("The files that were imported, and copies of the lake, still hold them: Brix does not reach them.")?;
    } else {
        console.say("nothing is removed");
    }
    Ok(Exit::Done)
}

fn ids(found: &Unheard, of: SubjectKind) -> usize {
    found.ids.iter().filter(|(kind, _)| *kind == of).count()
}

fn told(found: &Unheard, day: &str, console: &mut Console) -> Result<()> {
    console.line(format_args!(
        "Nothing was heard since {day} of {} ({} of people and devices, {} of accounts, {} of workspaces), with {} and {}.",
        count(found.households, "person or company", "people and companies"),
        count(ids(found, SubjectKind::User) as u64, "id", "ids"),
        ids(found, SubjectKind::Account),
        ids(found, SubjectKind::Workspace),
        count(found.events, "event", "events"),
        count(found.facts, "fact", "facts"),
    ))
}

fn shown(found: &Unheard, before: Timestamp, is_removed: bool) -> serde_json::Value {
    json!({
        "kept_from": before.to_string(),
        "households": found.households,
        "ids": {
            "user": ids(found, SubjectKind::User),
            "account": ids(found, SubjectKind::Account),
            "workspace": ids(found, SubjectKind::Workspace),
        },
        "events": found.events,
        "facts": found.facts,
        "removed": is_removed,
    })
}
