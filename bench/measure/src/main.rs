//! Times what Brix does on a lake.
//!
//! usage: measure qualify LAKE FOLDER     judges everyone by the definitions of a folder, and reads the columns alone
//!        measure discover LAKE GOAL      the feature table of a discovery, and the whole of it
//!        measure live ADDRESS KEY API_KEY CONNECTIONS BATCH USERS SECONDS [OPTION=VALUE ...]      load for a running server
//!        measure syncs FOLDER           what it costs to have 4 KiB safely on the disk
//!
//! Prints one JSON object: the seconds of the fastest of five runs, the process's peak memory, and the answer.

mod discover;
mod live;
mod qualify;
mod syncs;

use anyhow::{Result, bail};
use mimalloc::MiMalloc;

/// As Brix does.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How often each thing is timed.
const REPEAT: usize = 5;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let report = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["qualify", lake, folder] => qualify::measure(lake.as_ref(), folder.as_ref())?,
        ["discover", lake, goal] => discover::measure(lake.as_ref(), goal)?,
        ["live", address, key, api_key, connections, batch, users, seconds, ref options @ ..] => {
            live::measure(&live::Load {
                address,
                key,
                api_key,
                connections: connections.parse()?,
                batch: batch.parse()?,
                users: users.parse()?,
                seconds: seconds.parse()?,
                options: live::Options::read(options)?,
            })?
        }
        ["syncs", folder] => syncs::measure(folder.as_ref())?,
        _ => bail!(
            "usage: measure qualify LAKE FOLDER, or measure discover LAKE GOAL, or measure live … (see the source)"
        ),
    };
    std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{report:#}\n"))?;
    Ok(())
}

/// The process's peak memory, where the system tells it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}
