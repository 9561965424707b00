//! `brix plan`: what a running server would make of other definitions.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;

use super::client::{Client, Refused};
use super::place::Place;
use crate::console::{Console, count};
use crate::definitions::{NamedText, text_of, yaml_files};
use crate::exit::{Exit, Failure};
use crate::live::plan::{Fate, Named, Plan, Planned};
use crate::progress;

/// Leads named in a line.
const IN_A_LINE: usize = 20;

/// Show what definitions would change on a running server: leads that appear, leave or move
///
/// Nothing is changed. The server judges all that it has ever taken in by the definitions in the folder, as `brix apply` would.
/// The key of the API is taken from the variable BRIX_API_KEY.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  brix plan definitions\n  brix plan definitions --json")]
pub struct Arguments {
    #[command(flatten)]
    pub place: Place,
    /// The folder of all definitions that are to be in force
    #[arg(value_name = "FOLDER", default_value = "definitions")]
    pub folder: PathBuf,
}

/// Plans.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit> {
    let client = Client::new(&arguments.place.address())?;
    let plan = ask(&client, &texts(&arguments.folder)?, console)?;
    if console.json {
        console.value(&plan)?;
        return Ok(Exit::Done);
    }
    tell(&plan, console)?;
    if changes(&plan) {
        let folder = arguments.folder.display();
        console.say(format_args!("`brix apply {folder}` brings this into force; of what was before nobody is alerted"));
    }
    Ok(Exit::Done)
}

/// The definitions of a folder.
///
/// # Errors
/// There is none, or one cannot be read.
pub fn texts(folder: &Path) -> Result<Vec<NamedText>> {
    let paths = yaml_files(folder)?;
    anyhow::ensure!(!paths.is_empty(), "there is no definition (*.yaml) in {}", folder.display());
    let read = |path: &PathBuf| Ok(NamedText { name: path.display().to_string(), text: text_of(path)? });
    paths.iter().map(read).collect()
}

/// What the server makes of them.
///
/// # Errors
/// Faults in the definitions, told as `brix check` does; and whatever else the server says.
pub fn ask(client: &Client, texts: &[NamedText], console: &mut Console) -> Result<Plan> {
    let waiting = progress::waiting(console, "the server judges all that it has taken in");
    let answer = client.post("/api/v1/definitions/plan", &json!({ "files": texts }));
    waiting.finish_and_clear();
    let answer = answer.map_err(|error| refused(error, console))?;
    serde_json::from_value(answer).context("the server's plan is of another version of Brix; use the same for both")
}

/// Faults in definitions are told line by line.
pub fn refused(error: anyhow::Error, console: &mut Console) -> anyhow::Error {
    let Some(text) = error.downcast_ref::<Refused>().and_then(|refused| refused.text("text")) else { return error };
    console.warn(text.trim_end());
    Failure::findings("the definitions have faults, see above; nothing has changed")
}

/// Whether anything would change.
pub fn changes(plan: &Plan) -> bool {
    plan.definitions.iter().any(|planned| planned.fate != Fate::Unchanged)
}

/// For people.
///
/// # Errors
/// It cannot be written.
pub fn tell(plan: &Plan, console: &mut Console) -> Result<()> {
    for planned in &plan.definitions {
        console.line(head(planned))?;
        let kinds = [
            ("appear", &planned.appear),
            ("leave", &planned.leave),
            ("at another instant", &planned.instant),
            ("in another band", &planned.band),
            ("with another score, value, end or qualification", &planned.other),
        ];
        for (what, named) in kinds.into_iter().filter(|(_, named)| named.count > 0) {
            console.line(format_args!("    {} {what}: {}", named.count, names(named)))?;
        }
    }
    if !changes(plan) {
        console.say("nothing changes: these definitions are in force");
    }
    Ok(())
}

fn head(planned: &Planned) -> String {
    let Planned { id, name, leads, leads_before, a_week, a_week_before, .. } = planned;
    let many = count(*leads, "lead", "leads");
    match planned.fate {
        Fate::Unchanged => format!("unchanged  {id} ({name}): {many}"),
        Fate::New => format!("new        {id} ({name}): {many}, {a_week:.1} a week lately"),
        Fate::Changed => {
            format!("changed    {id} ({name}): {leads_before} → {many}, {a_week_before:.1} → {a_week:.1} a week lately")
        }
        Fate::Retired => format!("retired    {id} ({name}): {many}, kept as they are"),
    }
}

/// From one instant to another: by days, and where that is one day, by what differs.
fn from_to(was: &str, is: &str) -> String {
    // 2026-05-01 09:12 is an instant to the minute; the last is all that there is.
    let parts = [10, 16, 19, usize::MAX].map(|end| (part(was, end), part(is, end)));
    let (was, is) = parts.into_iter().find(|(was, is)| was != is).unwrap_or((was.to_owned(), is.to_owned()));
    format!("{was} → {is}")
}

fn part(instant: &str, end: usize) -> String {
    instant.get(..end).unwrap_or(instant).replacen('T', " ", usize::from(end < usize::MAX))
}

fn names(named: &Named) -> String {
    let shown = named.first.iter().take(IN_A_LINE).map(|lead| {
        let day = lead.qualified_at.get(..10).unwrap_or_default();
        match (&lead.band, &lead.was) {
            (Some(band), Some(was)) if !was.starts_with(|sign: char| sign.is_ascii_digit()) => {
                format!("{} ({was} → {band})", lead.subject)
            }
            (_, Some(was)) => format!("{} ({})", lead.subject, from_to(was, &lead.qualified_at)),
            (Some(band), None) => format!("{} ({day}, {band})", lead.subject),
            (None, None) => format!("{} ({day})", lead.subject),
        }
    });
    let shown: Vec<String> = shown.collect();
    let rest = named.count.saturating_sub(shown.len() as u64);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_within_a_day_shows_what_differs() {
        for (was, is, told) in [
            ("2026-05-01T09:12:44Z", "2026-05-02T09:12:44Z", "2026-05-01 → 2026-05-02"),
            ("2026-05-01T09:12:44Z", "2026-05-01T10:12:44Z", "2026-05-01 09:12 → 2026-05-01 10:12"),
            ("2026-05-01T09:12:44Z", "2026-05-01T09:12:45.5Z", "2026-05-01 09:12:44 → 2026-05-01 09:12:45"),
            ("2026-05-01T09:12:44.25Z", "2026-05-01T09:12:44.5Z", "2026-05-01T09:12:44.25Z → 2026-05-01T09:12:44.5Z"),
        ] {
            assert_eq!(from_to(was, is), told);
        }
    }
}
