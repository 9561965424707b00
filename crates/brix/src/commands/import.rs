//! `brix import`: files of events into the lake.

mod beside;
mod record;
mod rejects;
mod suppressed;
mod told;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use connect::exports::{Exported, Plan};
use connect::files::{Batches, FileError, Import, Mapping, Options, Progress, Summary};
use engine::batch::Batch;
use engine::workspace::Workspace;
use history::{Lake, LakeWriter};
use indicatif::ProgressBar;

use crate::cli::Shared;
use crate::console::{Console, GOOD, count};
use crate::exit::{Exit, Failure};
use crate::live::SuppressedIds;
use crate::{progress, workspace};
pub use record::{Kept as ImportRecord, read as records};
pub use rejects::FOLDER as REJECTS;
use rejects::RejectFile;
use suppressed::SuppressedArguments;
use told::Told;

/// Import files of events into the lake
///
/// CSV and TSV in any encoding, JSON lines, Parquet and Avro, plain, in gzip, zstd or zip; files and folders. A mapping says
/// what is what: --mapping, else mapping.yaml in the folder that is imported, else here. Either everything is imported
/// or, when something stops the import, nothing. Importing the same rows again changes nothing. Without files, a lake
/// is laid out anew where brix.yaml finds accounts otherwise than before.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix import export/\n  \
    brix import events.csv.gz users.csv --mapping mapping.yaml\n  \
    brix import --strict export/\n  \
    brix import --from amplitude export.zip\n  \
    brix import --guess export/ > mapping.yaml")]
pub struct Arguments {
    /// Files and folders
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What the files' columns mean
    #[arg(long, value_name = "FILE", requires = "paths")]
    mapping: Option<PathBuf>,
    /// The files are what this vendor's own export wrote, and need no mapping: amplitude, mixpanel, posthog, heap
    #[arg(long, value_name = "VENDOR", requires = "paths", conflicts_with = "mapping")]
    from: Option<String>,
    /// Stop at the first row that cannot be used, and import nothing
    #[arg(long, requires = "paths")]
    strict: bool,
    /// Import nothing; print a proposed mapping with what was seen and what is doubtful
    #[arg(long, requires = "paths", conflicts_with_all = ["mapping", "strict", "from"])]
    guess: bool,
    #[command(flatten)]
    suppressed: SuppressedArguments,
}

/// Its usual name.
const MAPPING: &str = "mapping.yaml";
/// Batches that wait for the writer at most.
const WAITING: usize = 2;

/// Imports them.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    if arguments.guess {
        return propose(&arguments.paths, console);
    }
    let workspace = workspace::read(shared, &[], console)?;
    beside::tell(shared, console);
    if arguments.paths.is_empty() {
        return lay_out(&shared.lake(), &workspace, console);
    }
    let options = Options { strict: arguments.strict, ..Options::default() };
    let started = Instant::now();
    let import: Box<dyn Batches> = match &arguments.from {
        Some(vendor) => {
            let plan = Plan::of(vendor).map_err(Failure::usage)?;
            Box::new(Exported::open(plan, &arguments.paths, options)?)
        }
        None => open(&arguments.paths, arguments.mapping.as_deref(), options)?,
    };
    let folder = shared.lake();
    let suppressed = arguments.suppressed.ids(&folder)?;
    let told = take(import, (&folder, suppressed), &workspace, started, console)?;
    record::keep(&folder, &told)?;
    if console.json {
        console.value(&told)?;
    } else {
        told.tell(console);
    }
    Ok(Exit::Done)
}

/// Imports files into a lake that is used once, with the mapping that is named or found.
///
/// # Errors
/// As for `brix import`.
pub fn once(
    paths: &[PathBuf],
    named: Option<&Path>,
    folder: &Path,
    workspace: &Workspace,
    console: &mut Console,
) -> Result<()> {
    let import = open(paths, named, Options::default())?;
    let nobody = Arc::new(SuppressedIds::default());
    let told = take(import, (folder, nobody), workspace, Instant::now(), console)?;
    told.tell(console);
    Ok(())
}

/// Opens files by the mapping that is named, else the one next to the data, else the one here: a mapping of columns, or one
/// for a vendor's export.
///
/// # Errors
/// There is none, it cannot be used, or no file fits it.
pub fn open(paths: &[PathBuf], named: Option<&Path>, options: Options) -> Result<Box<dyn Batches>> {
    let (shown, text) = mapping_text(paths, named)?;
    if connect::exports::vendor_of(&text).is_some() {
        return Ok(Box::new(Exported::open(Plan::parse(&shown, &text)?, paths, options)?));
    }
    Ok(Box::new(Import::open(Arc::new(Mapping::parse(&shown, &text)?), paths, options)?))
}

/// Puts the rows of a lake where its settings of accounts want them now.
fn lay_out(folder: &Path, workspace: &Workspace, console: &mut Console) -> Result<Exit> {
    let lake = match Lake::open(folder) {
        Err(history::Error::Absent(_)) => {
            return Err(Failure::usage(format!(
                "nothing is named to import, and there is no lake in {} to lay out anew; name files or folders",
                folder.display()
            )));
        }
        lake => lake?,
    };
    let is_new = !lake.is_laid_out_for(workspace);
    let settling = progress::waiting(console, "Putting everything in order");
    let done = LakeWriter::begin(folder, workspace)?.commit()?;
    settling.finish_and_clear();
    if console.json {
        console.value(&serde_json::json!({ "lake": folder, "version": done.version, "laid_out_anew": is_new }))?;
    } else if is_new {
        console.say(format_args!("{GOOD}Laid out anew{GOOD:#}: accounts are found as brix.yaml says now"));
    } else {
        console.say("Nothing is named to import, and accounts are found as before: nothing to do");
    }
    Ok(Exit::Done)
}

/// A proposed mapping, to be read, corrected and kept: as YAML, or within JSON.
fn propose(paths: &[PathBuf], console: &mut Console) -> Result<Exit> {
    let guess = match connect::exports::guess(paths)? {
        Some(export) => export,
        None => connect::files::guess(paths)?,
    };
    if guess.looked_at.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        anyhow::bail!("there is nothing to guess from in {}: no file with rows", names.join(", "));
    }
    for looked in &guess.looked_at {
        let rows = count(looked.rows, "row", "rows");
        let part = if looked.is_whole { "all" } else { "the first" };
        console.say(format_args!("{}: {part} {rows} looked at", looked.file));
    }
    if console.json {
        console.value(&serde_json::json!({ "mapping": guess.yaml }))?;
    } else {
        write!(console.out(), "{}", guess.yaml)?;
        console.say("Read it, set right what is doubtful, and import with it: brix import --mapping FILE …");
    }
    Ok(Exit::Done)
}

/// The mapping's name for messages, and what stands in it.
fn mapping_text(paths: &[PathBuf], named: Option<&Path>) -> Result<(String, String)> {
    let beside = paths.iter().filter(|path| path.is_dir()).map(|path| path.join(MAPPING));
    let here = [PathBuf::from(MAPPING)];
    let found = match named {
        Some(path) => Some(path.to_owned()),
        None => beside.chain(here).find(|path| path.is_file()),
    };
    let path = found.with_context(|| {
        format!(
            "nothing says what the columns mean: there is no {MAPPING} next to the data or here; name it by --mapping, \
             or let `brix import --guess` propose one"
        )
    })?;
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok((path.display().to_string(), text))
}

/// What the reading thread hands over.
enum Step {
    Batch(Box<Batch>),
    Done(Box<(Summary, RejectFile)>),
    Failed(FileError),
}

/// Reads on one thread and writes on this one; nothing of those who are suppressed.
fn take(
    import: Box<dyn Batches>,
    (folder, suppressed): (&Path, Arc<SuppressedIds>),
    workspace: &Workspace,
    started: Instant,
    console: &mut Console,
) -> Result<Told> {
    let mut writer = LakeWriter::begin(folder, workspace)?;
    let rejects = RejectFile::create(folder, Arc::clone(&suppressed))?;
    let bar = progress::bytes(console, "Importing");
    let progress = import.progress();
    let (give, steps) = sync_channel(WAITING);
    let taken = std::thread::scope(|scope| {
        scope.spawn(move || read(import, rejects, &give));
        write(&steps, &mut writer, &suppressed, (&bar, &progress), started)
    });
    let (summary, mut rejects, left) = taken.inspect_err(|_| bar.finish_and_clear())?;
    bar.finish_and_clear();
    let settling = progress::waiting(console, "Putting everything in order");
    rejects.refused(&left.refused)?;
    let lake = writer.commit()?;
    settling.finish_and_clear();
    let kept = rejects.finish()?;
    Ok(Told::new(folder, &summary, &lake, left.suppressed, kept, started.elapsed()))
}

/// Reads files into batches until all are done or nobody takes them any more.
fn read(mut import: Box<dyn Batches>, mut rejects: RejectFile, give: &SyncSender<Step>) {
    loop {
        let step = match import.next_batch(&mut rejects) {
            Ok(Some(batch)) => Step::Batch(Box::new(batch)),
            Ok(None) => {
                let _ = give.send(Step::Done(Box::new((import.summary().clone(), rejects))));
                return;
            }
            Err(error) => {
                let _ = give.send(Step::Failed(error));
                return;
            }
        };
        if give.send(step).is_err() {
            return;
        }
    }
}

/// A row that the lake refused, and why.
pub struct Refused {
    source: String,
    message: String,
    reason: history::Refusal,
}

/// What did not get into the lake.
#[derive(Default)]
struct LeftOut {
    refused: Vec<Refused>,
    /// Records that name somebody who is suppressed.
    suppressed: u64,
}

/// Writes batches as they come.
fn write(
    steps: &Receiver<Step>,
    writer: &mut LakeWriter,
    suppressed: &SuppressedIds,
    (bar, progress): (&ProgressBar, &Progress),
    started: Instant,
) -> Result<(Summary, RejectFile, LeftOut)> {
    let mut rows = 0;
    let mut left = LeftOut::default();
    loop {
        match steps.recv().context("the reading of files stopped without a word")? {
            Step::Batch(batch) => {
                rows += batch.len() as u64;
                let (batch, left_out) = suppressed.sift(*batch);
                left.suppressed += left_out;
                for (row, reason) in writer.append(&batch)? {
                    let Some(row) = batch.row(row) else { continue };
                    let source = batch.texts.get(row.source).unwrap_or_default().to_owned();
                    left.refused.push(Refused { source, message: batch.message_text(row.message), reason });
                }
                bar.set_length(progress.total());
                bar.set_position(progress.read());
                bar.set_message(progress::rate(rows, started.elapsed()));
            }
            Step::Done(done) => {
                let (summary, rejects) = *done;
                return Ok((summary, rejects, left));
            }
            Step::Failed(error) => return Err(error.into()),
        }
    }
}

/// Seconds, for people and scripts.
fn seconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 1000.0).round() / 1000.0
}
