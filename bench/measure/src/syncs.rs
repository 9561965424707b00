//! What it costs to have a page safely on the disk.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

/// How often it is done.
const TIMES: usize = 500;

/// Writes a page over and over, as a database does, each time until the disk has it.
pub fn measure(folder: &Path) -> Result<Value> {
    let path = folder.join("syncs");
    let mut file = File::create(&path)?;
    let page = [7; 4096];
    let mut times: Vec<Duration> = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        file.seek(SeekFrom::Start(0))?;
        let begun = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    std::fs::remove_file(&path)?;
    times.sort_unstable();
    let at = |place: usize| times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1_000.0);
    Ok(json!({ "times": TIMES, "p50_ms": at(TIMES / 2), "p99_ms": at(TIMES * 99 / 100) }))
}
