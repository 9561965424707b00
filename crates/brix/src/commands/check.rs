//! `brix check`: is a definition sound, and does it use names that the data has?

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use engine::language::{Diagnostic, Known};
use engine::workspace::Workspace;
use history::Lake;

use crate::cli::Shared;
use crate::console::{BAD, Console, GOOD, count};
use crate::definitions::{DefinitionFile, DefinitionFiles, Finding};
use crate::exit::Exit;
use crate::{question, workspace};

/// Check definitions: every fault with its line, column and cure
///
/// Where there is a lake, names of events, properties and traits, also those in `brix.yaml`, are compared with those that it holds.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  brix check trial-team.yaml\n  brix check definitions/ --json")]
pub struct Arguments {
    /// Definition files, folders of them, or ids of shipped templates
    #[arg(required = true, value_name = "DEFINITION")]
    definitions: Vec<PathBuf>,
    /// Warnings count as faults
    #[arg(long)]
    strict: bool,
}

/// Checks them.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let workspace = workspace::read(shared, &arguments.definitions, console)?;
    let mut files = DefinitionFiles::read(&arguments.definitions, &workspace)?;
    let known = known(shared, &workspace)?;
    files.check(&workspace, known.as_ref());
    let settings = workspace::find(shared, &arguments.definitions)?;
    let unknown = settings.zip(known).and_then(|(path, known)| workspace::unknown_names(&path, &known, None));
    let of_settings = unknown.as_ref().map_or(&[][..], |unknown| &unknown.findings);
    let (mut errors, mut warnings) = (0, 0);
    for finding in files.files.iter().flat_map(|file| &file.findings).chain(of_settings) {
        if finding.is_error() {
            errors += 1;
        } else {
            warnings += 1;
        }
    }
    if console.json {
        let mut findings = files.findings();
        let name = unknown.as_ref().map_or("", |unknown| &unknown.name);
        findings.extend(of_settings.iter().map(|finding| Finding::new(name, finding)));
        console.value(&findings)?;
    } else {
        if let Some(unknown) = &unknown {
            console.line(unknown.rendered())?;
            console.line("")?;
        }
        for file in &files.files {
            tell(file, console)?;
        }
    }
    if errors + warnings > 0 {
        console.say(format_args!(
            "{} and {}",
            count(errors, "error", "errors"),
            count(warnings, "warning", "warnings")
        ));
    }
    Ok(if errors > 0 || (arguments.strict && warnings > 0) { Exit::Findings } else { Exit::Done })
}

/// The names that the data has; `None` where there is no lake to ask.
fn known(shared: &Shared, workspace: &Workspace) -> Result<Option<Known>> {
    let lake = match Lake::open(&shared.lake()) {
        Ok(lake) => lake,
        Err(history::Error::Absent(_)) if shared.lake.is_none() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(Some(question::known(&lake, workspace)))
}

fn tell(file: &DefinitionFile, console: &mut Console) -> Result<()> {
    if !file.findings.is_empty() {
        console.line(file.rendered().trim_end())?;
        console.line("")?;
    }
    if !file.asked && file.findings.is_empty() {
        return Ok(());
    }
    let is_sound = !file.findings.iter().any(Diagnostic::is_error);
    match file.document.as_ref().filter(|_| is_sound) {
        Some(document) => console.line(format_args!("{GOOD}ok{GOOD:#}    {}: {}", file.name, document.definition.name)),
        None => console.line(format_args!("{BAD}fault{BAD:#} {}", file.name)),
    }
}
