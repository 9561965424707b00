//! Measures the lake: `measure FOLDER ROWS` imports synthetic events in order of time (40 for each user, 10 users for each
//! account) unless the folder holds a lake already, then reads them several ways.

use std::path::Path;
use std::time::Instant;

use engine::batch::{ABSENT, Batch, Cell, Message, Row, Shape};
use engine::household::{Household, Needs};
use engine::workspace::Workspace;
use engine::{Number, Timestamp};
use history::{Lake, LakeWriter, ScanRequest};

const BATCH: u64 = 100_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("measure FOLDER ROWS")?;
    let rows: u64 = arguments.next().ok_or("measure FOLDER ROWS")?.parse()?;
    let folder = Path::new(&folder);
    let workspace = Workspace::default();
    if Lake::open(folder).is_err() {
        import(folder, rows, &workspace)?;
    }
    let lake = Lake::open(folder)?;
    for threads in [1, 2] {
        for _ in 0..3 {
            let start = Instant::now();
            let read = lake.read_bare(&["name"], threads)?;
            report("bare: time, name", threads, read, start);
        }
        scan(&lake, &workspace, "users", &Needs::default(), threads)?;
        scan(&lake, &workspace, "users, number", &with_properties(&["minutes"]), threads)?;
        scan(&lake, &workspace, "users, text", &with_properties(&["path"]), threads)?;
        scan(&lake, &workspace, "accounts", &Needs { accounts: true, ..Needs::default() }, threads)?;
    }
    Ok(())
}

fn with_properties(names: &[&str]) -> Needs {
    Needs { properties: names.iter().map(|name| (*name).into()).collect(), ..Needs::default() }
}

fn report(what: &str, threads: usize, rows: u64, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    let words =
        format!("{what:20} {threads} threads {rows} rows {seconds:.3} s, {:.2} ns a row", seconds * 1e9 / rows as f64);
    std::io::Write::write_all(&mut std::io::stdout(), format!("{words}\n").as_bytes()).ok();
}

/// Counts rows, and those of one name, by household: about the least that a definition does.
fn scan(lake: &Lake, workspace: &Workspace, what: &str, needs: &Needs, threads: usize) -> history::Result<()> {
    for _ in 0..3 {
        let start = Instant::now();
        let request = ScanRequest { needs, workspace, threads };
        let step = |sums: &mut (u64, u64, i64), household: &Household<'_>| {
            sums.0 += household.times.len() as u64;
            sums.1 += household.names.iter().filter(|name| **name == 3).count() as u64;
            sums.2 ^= household.times.iter().fold(0, |all, time| all ^ time);
            if !needs.properties.is_empty() {
                for (row, name) in household.names.iter().enumerate() {
                    sums.1 += u64::from(*name == 3 && household.properties.value(row, 0).is_some());
                }
            }
        };
        let join = |sums: &mut (u64, u64, i64), other: (u64, u64, i64)| {
            *sums = (sums.0 + other.0, sums.1 + other.1, sums.2 ^ other.2);
        };
        let sums = lake.scan(&request, || (0, 0, 0), step, join)?;
        report(&format!("scan: {what}"), threads, sums.0, start);
    }
    Ok(())
}

fn import(folder: &Path, rows: u64, workspace: &Workspace) -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let mut writer = LakeWriter::begin(folder, workspace)?;
    let mut random = 88_172_645_463_325_252_u64;
    let mut building = 0.0;
    for first in (0..rows).step_by(BATCH as usize) {
        let before = Instant::now();
        let batch = batch(first, BATCH.min(rows - first), rows, &mut random);
        building += before.elapsed().as_secs_f64();
        writer.append(&batch)?;
    }
    let appended = start.elapsed().as_secs_f64() - building;
    let before = Instant::now();
    let summary = writer.commit()?;
    let committed = before.elapsed().as_secs_f64();
    let rate = rows as f64 / (appended + committed);
    let words = format!("import: append {appended:.2} s, commit {committed:.2} s, {rate:.0} rows/s\n{summary:?}\n");
    std::io::Write::write_all(&mut std::io::stdout(), words.as_bytes())?;
    Ok(())
}

fn batch(first: u64, count: u64, rows: u64, random: &mut u64) -> Batch {
    let mut batch = Batch::default();
    let (source, sender, path) = (batch.texts.intern("app"), batch.texts.intern(""), batch.texts.intern("path"));
    let minutes = batch.texts.intern("minutes");
    let names: Vec<u32> = (0..20).map(|name| batch.texts.intern(&format!("Event {name}"))).collect();
    let users = (rows / 40).max(1);
    for row in first..first + count {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let user = *random % users;
        let name = (*random >> 32) % 1000;
        let name = (name * name / 50_000) as usize;
        let (user, account) =
            (batch.texts.intern(&format!("user-{user}")), batch.texts.intern(&format!("account-{}", user / 10)));
        batch.push(Row {
            source,
            sender,
            message: Message::Digest(u128::from(row) << 64 | u128::from(row.wrapping_mul(0x9E37_79B9_7F4A_7C15))),
            timestamp: Timestamp(1_700_000_000_000_000 + row as i64 * 400_000 + (*random % 400_000) as i64),
            received: Timestamp::MIN,
            user,
            anonymous: ABSENT,
            account,
            workspace: ABSENT,
            shape: Shape::Event(None),
            name: names.get(name).copied().unwrap_or(ABSENT),
        });
        if name.is_multiple_of(3) {
            batch.set(minutes, Cell::Number(Number::whole((*random >> 20) as i64 % 60)));
        }
        if name.is_multiple_of(5) {
            let page = batch.texts.intern(&format!("/page/{}", (*random >> 40) % 50));
            batch.set(path, Cell::Text(page));
        }
    }
    batch
}
