//! `brix init`: a first `brix.yaml` from a look at the data.

mod account;
mod goal;
mod kinds;
mod limits;
mod look;
mod money;
mod proposal;
mod section;
mod spelling;
mod words;
mod zone;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use engine::language;
use serde_json::json;

use crate::cli::Shared;
use crate::console::{Console, GOOD};
use crate::exit::{Exit, Failure};
use crate::workspace;
use look::Look;
use proposal::Proposal;

/// Write a first brix.yaml from a look at the data: what was seen, what that suggests, and the doubts
///
/// Looks at the lake; or, before there is one, at files with their mapping. Nothing in the file is certain: doubts
/// stand in it as comments that begin with `# ?`. What would change data in silence, like aliases of events, is
/// proposed in comments only.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix init                              from the lake\n  \
    brix init export/ --mapping mapping.yaml   from files, before the first import\n  \
    brix init --print                      to standard output")]
pub struct Arguments {
    /// Files and folders to look at [default: the lake]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What the files' columns mean [default: mapping.yaml next to the files, else here]
    #[arg(long, value_name = "FILE", requires = "paths")]
    mapping: Option<PathBuf>,
    /// Write over a brix.yaml that is there
    #[arg(long)]
    force: bool,
    /// Print the file and write nothing
    #[arg(long, conflicts_with = "force")]
    print: bool,
}

/// Looks, and writes.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let target = target(shared);
    if !arguments.print && !arguments.force && target.exists() {
        return Err(Failure::usage(format!(
            "{} is there already; --force writes over it, --print shows what would be written",
            target.display()
        )));
    }
    let look = if arguments.paths.is_empty() {
        Look::at_lake(&shared.lake(), console)?
    } else {
        Look::at_files(&arguments.paths, arguments.mapping.as_deref(), console)?
    };
    let proposal = Proposal::of(&look);
    let text = proposal.to_yaml();
    // The file must be one that the other commands can read, whatever names the data has.
    if let Err(findings) = language::parse_workspace(&text) {
        let shown = target.display().to_string();
        anyhow::bail!("the proposal cannot be read back:\n{}", language::render(&findings, &text, &shown).trim_end());
    }
    if !arguments.print {
        write(&target, &text, arguments.force)?;
    }
    if console.json {
        let written = (!arguments.print).then_some(&target);
        console
            .value(&json!({ "written": written, "seen": look.seen(), "settings": proposal.sections, "yaml": text }))?;
    } else if arguments.print {
        write!(console.out(), "{text}")?;
    } else {
        tell(&target, &proposal, &look, console);
    }
    Ok(Exit::Done)
}

/// `--workspace`, else next to the lake that is named, else here: where the other commands look for it first.
fn target(shared: &Shared) -> PathBuf {
    if let Some(path) = &shared.workspace {
        return if path.is_dir() { path.join(workspace::FILE) } else { path.clone() };
    }
    let folder = shared.lake.as_deref().and_then(Path::parent).map(Path::to_path_buf).unwrap_or_default();
    folder.join(workspace::FILE)
}

/// Writes it beside and renames it, so that it is never there by half.
fn write(target: &Path, text: &str, force: bool) -> Result<()> {
    let shown = target.display();
    if !force {
        // Made anew: what came in between is not written over.
        let file = OpenOptions::new().write(true).create_new(true).open(target);
        let mut file = file.with_context(|| format!("cannot write {shown}"))?;
        return file.write_all(text.as_bytes()).with_context(|| format!("cannot write {shown}"));
    }
    let beside = target.with_extension(format!("yaml.{}", std::process::id()));
    fs::write(&beside, text).and_then(|()| fs::rename(&beside, target)).with_context(|| format!("cannot write {shown}"))
}

fn tell(target: &Path, proposal: &Proposal, look: &Look, console: &mut Console) {
    console.say(format_args!("{GOOD}Written{GOOD:#} {}, from {}", target.display(), look.what));
    for section in &proposal.sections {
        for line in &section.settings {
            console.say(format_args!("  {line}"));
        }
    }
    let doubts: usize = proposal.sections.iter().map(|section| section.doubts.len()).sum();
    console.say(match doubts {
        0 => "Read it through before you use it.".to_owned(),
        1 => "One doubt stands in it as a comment that begins with `# ?`: settle it before you use it.".to_owned(),
        doubts => {
            format!("{doubts} doubts stand in it as comments that begin with `# ?`: settle them before you use it.")
        }
    });
    if look.is_lake && proposal.changes_accounts {
        console.say("Accounts are found otherwise than before: `brix import` without files lays the lake out anew.");
    }
}
