//! `brix backup` and `brix restore`: a copy of all that a server must not lose, and a server from such a copy.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use super::serve::ConfigArguments;
use crate::backup::{self, PutBack};
use crate::cli::Shared;
use crate::console::{Console, GOOD, count};
use crate::exit::Exit;
use crate::serve::clock;
use crate::table::Table;

/// Copy all that a server must not lose into a new folder, while it goes on
///
/// The store and the lake as they hang together at one moment, with a list of all files and their digests. Everything that had been
/// acknowledged when the backup began is in it. Run it where the server's data folder is.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix backup /backups/2026-05-01\n  \
    brix backup --list\n  \
    brix backup --verify /backups/2026-05-01")]
pub struct Arguments {
    /// The folder for it, which is new or empty
    #[arg(value_name = "FOLDER", required_unless_present_any = ["list", "verify"])]
    to: Option<PathBuf>,
    /// List the backups that were made
    #[arg(long, conflicts_with = "to")]
    list: bool,
    /// Compare every file of a backup with its digest
    #[arg(long, value_name = "BACKUP", conflicts_with_all = ["to", "list"])]
    verify: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArguments,
}

/// Put a backup into a new folder, from which a server can start
///
/// Every file is compared with its digest first. Then name the folder as `data`, and the folder `lake` in it as `lake`, in server.toml. What
/// happened after the backup is not in it. Leads get numbers that were never given, also not after the backup.
///
/// What waited to be told when the backup was made is told again, with the id of before, by which a webhook's receiver knows it. Slack knows no
/// ids: with `--hold` nothing of it is told until `brix deliveries replay`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  brix restore /backups/2026-05-01 data")]
pub struct RestoreArguments {
    /// The backup
    #[arg(value_name = "BACKUP")]
    from: PathBuf,
    /// The folder for it, which is new or empty
    #[arg(value_name = "FOLDER")]
    to: PathBuf,
    /// Tell nothing that waited to be told when the backup was made
    #[arg(long)]
    hold: bool,
}

/// Makes one, or tells of those that were made.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    if let Some(folder) = &arguments.verify {
        let read = backup::verify(folder)?;
        if console.json {
            console.value(&read)?;
        } else {
            console.say(format_args!("{GOOD}Whole{GOOD:#}: {} files are as they were written", read.files.len()));
        }
        return Ok(Exit::Done);
    }
    let config = arguments.config.read(shared)?;
    let Some(to) = &arguments.to else { return list(&config.data, console) };
    if !config.data.join("ledger.db").is_file() {
        anyhow::bail!("{} is no data folder of a server", config.data.display());
    }
    let made = backup::make(&config.data, &config.lake, to, clock::now())?;
    if console.json {
        console.value(&made)?;
    } else {
        let megabytes = made.bytes() as f64 / 1e6;
        let through = made.moment.log_end;
        console.say(format_args!(
            "{GOOD}Backed up{GOOD:#} to {}: {} files, {megabytes:.1} MB, everything up to entry {through} of the log",
            to.display(),
            made.files.len()
        ));
    }
    Ok(Exit::Done)
}

fn list(data: &Path, console: &mut Console) -> Result<Exit> {
    let made = backup::made(data)?;
    if console.json {
        console.value(&made)?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["at", "folder", ">through", ">bytes"]);
    for one in &made {
        table.row([one.at.clone(), one.folder.display().to_string(), one.through.to_string(), one.bytes.to_string()]);
    }
    table.write(console.out())?;
    Ok(Exit::Done)
}

/// Puts one back.
pub fn restore(arguments: &RestoreArguments, console: &mut Console) -> Result<Exit> {
    let PutBack { backup: read, held } = backup::restore(&arguments.from, &arguments.to, arguments.hold)?;
    if console.json {
        console.value(&read)?;
    } else {
        let to = arguments.to.display();
        console.say(format_args!(
            "{GOOD}Put back{GOOD:#} into {to}: everything up to entry {} of the log, as of {}",
            read.moment.log_end, read.at
        ));
        if held > 0 {
            let held = count(held, "delivery is", "deliveries are");
            console.say(format_args!(
                "{held} held: `brix deliveries --state dead` shows them, `brix deliveries replay` tells them"
            ));
        }
        console.say(format_args!("In server.toml: data = \"{to}\" and lake = \"{to}/lake\""));
    }
    Ok(Exit::Done)
}
