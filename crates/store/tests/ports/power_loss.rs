//! The power goes at any moment: what was acknowledged by then is there.
//!
//! A process works while a small library (`tests/power/record.c`) records each of its writes, syncs and removals. From the record
//! come the disks that a loss of power could have left: all that was synced, and of what was written since then any part, by
//! sectors of 512 bytes, some of them torn. A file whose name was never synced may be missing. Simplified: removals count at once,
//! and an unsynced name is lost with its file only.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use store::ledger::Ledger as _;
use store::log::{Log, LogLimits};
use store::{SqliteLedger, SqliteLog};

use crate::kills::{folder_to_work_in, next, noise, seed};
use crate::ledger::{detected, of_leads};

const SECTOR: usize = 512;
const ACKNOWLEDGED: &str = "acknowledged";

fn note(folder: &Path) -> fs::File {
    fs::File::options().append(true).create(true).open(folder.join(ACKNOWLEDGED)).unwrap()
}

/// Not a test of its own: appends until the write-ahead file has been emptied into the file a few times.
#[test]
fn appender() {
    let Some(folder) = folder_to_work_in() else { return };
    let log = SqliteLog::open(&folder.join("log.db"), LogLimits::default()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let (log, folder) = (&log, &folder);
            scope.spawn(move || {
                let mut notes = note(folder);
                for number in 0..120 {
                    let last = log.append(vec![noise(9000 + thread * 30_000, number); 2]).unwrap().last;
                    notes.write_all(&last.to_le_bytes()).unwrap();
                }
            });
        }
    });
}

/// Not a test of its own: commits.
#[test]
fn committer() {
    let Some(folder) = folder_to_work_in() else { return };
    let ledger = SqliteLedger::open(&folder.join("ledger.db")).unwrap();
    let mut notes = note(&folder);
    for offset in 1..=300_u64 {
        ledger.commit(&of_leads(offset, vec![detected(offset * 2 - 1), detected(offset * 2)])).unwrap();
        notes.write_all(&offset.to_le_bytes()).unwrap();
    }
}

/// One line of the record.
struct Event {
    what: u8,
    path: String,
    place: usize,
    data: Vec<u8>,
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (part, tail) = rest.split_at(length);
    *rest = tail;
    part
}

fn number(rest: &mut &[u8], length: usize) -> usize {
    take(rest, length).iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// Lets a test of this program work with its writes recorded; `None` if that cannot be done here.
fn recorded(test: &str) -> Option<Vec<Event>> {
    let (tools, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (library, record) = (tools.path().join("record.so"), tools.path().join("record"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/power/record.c");
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).arg("-ldl").status();
    if !cfg!(target_os = "linux") || !made.is_ok_and(|status| status.success()) {
        println!("skipped: recording writes needs Linux and a C compiler");
        return None;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--test-threads=1"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("BRIX_TEST_STORE", folder.path()).env("LD_PRELOAD", &library);
    command.env("BRIX_RECORD", &record).env("BRIX_RECORD_FOLDER", folder.path().canonicalize().unwrap());
    assert!(command.status().unwrap().success());
    let bytes = fs::read(&record).unwrap();
    let (mut rest, mut events) = (bytes.as_slice(), Vec::new());
    while !rest.is_empty() {
        let what = number(&mut rest, 1);
        let [path, place, data] = [2, 8, 8].map(|length| number(&mut rest, length));
        let path = PathBuf::from(String::from_utf8(take(&mut rest, path).to_vec()).unwrap());
        let path = path.strip_prefix(folder.path().canonicalize().unwrap()).unwrap().to_string_lossy().into_owned();
        events.push(Event { what: u8::try_from(what).unwrap(), path, place, data: take(&mut rest, data).to_vec() });
    }
    Some(events)
}

/// A file between what is surely on the disk and what was written since.
#[derive(Default)]
struct DiskFile<'a> {
    synced: Vec<u8>,
    since: Vec<&'a Event>,
    is_named: bool,
}

fn write(bytes: &mut Vec<u8>, place: usize, data: &[u8]) {
    if bytes.len() < place + data.len() {
        bytes.resize(place + data.len(), 0);
    }
    bytes[place..place + data.len()].copy_from_slice(data);
}

impl DiskFile<'_> {
    fn sync(&mut self) {
        for event in self.since.drain(..) {
            match event.what {
                b'w' => write(&mut self.synced, event.place, &event.data),
                _ => self.synced.resize(event.place, 0),
            }
        }
    }

    /// What a loss of power could leave.
    fn after_loss(&self, seed: &mut u64) -> Option<Vec<u8>> {
        if !self.is_named && next(seed).is_multiple_of(2) {
            return None;
        }
        let mut bytes = self.synced.clone();
        for event in &self.since {
            let fate = next(seed) % 4;
            match event.what {
                b't' if fate < 2 => bytes.resize(event.place, 0),
                b'w' if fate < 2 => write(&mut bytes, event.place, &event.data),
                b'w' if fate == 2 => {
                    let mut place = event.place;
                    while place < event.place + event.data.len() {
                        let end = (place / SECTOR * SECTOR + SECTOR).min(event.place + event.data.len());
                        let data = &event.data[place - event.place..end - event.place];
                        match next(seed) % 4 {
                            0 | 1 => write(&mut bytes, place, data),
                            2 => write(&mut bytes, place, &noise(data.len(), next(seed))),
                            _ => {}
                        }
                        place = end;
                    }
                }
                _ => {}
            }
        }
        Some(bytes)
    }
}

/// Runs the test, loses power at many moments, and shows each disk with what was acknowledged.
fn lose_power(test: &str, moments: u64, check: impl Fn(&Path, u64)) {
    let Some(events) = recorded(test) else { return };
    let mut seed = seed();
    let (mut disk, mut acknowledged) = (BTreeMap::<&str, DiskFile<'_>>::new(), 0);
    let syncs = events.iter().filter(|event| event.what == b's').count();
    let (mut losses, mut unsynced) = (0, 0);
    for event in &events {
        match (event.what, event.path.as_str()) {
            (b'w', ACKNOWLEDGED) => acknowledged = acknowledged.max(number(&mut event.data.as_slice(), 8) as u64),
            (b'w' | b't', path) => disk.entry(path).or_default().since.push(event),
            (b's', "") => disk.values_mut().for_each(|file| file.is_named = true),
            (b's', path) => disk.entry(path).or_default().sync(),
            (_, path) => drop(disk.remove(path)),
        }
        // Before the first acknowledgement there is nothing to lose.
        if acknowledged == 0 || next(&mut seed) % events.len() as u64 >= moments {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        for (path, file) in &disk {
            unsynced += file.since.len();
            if let Some(bytes) = file.after_loss(&mut seed) {
                fs::write(folder.path().join(path), bytes).unwrap();
            }
        }
        check(folder.path(), acknowledged);
        losses += 1;
    }
    println!("{} events, {syncs} syncs, {losses} losses of power, {unsynced} writes in doubt", events.len());
    assert!(losses > moments / 3 && unsynced > 0);
}

/// How many moments: `BRIX_KILLS` times 4.
fn moments() -> u64 {
    crate::kills::kills() * 4
}

#[test]
fn the_log_has_what_it_acknowledged() {
    lose_power("power_loss::appender", moments(), |folder, acknowledged| {
        let log = SqliteLog::open(&folder.join("log.db"), LogLimits::default()).unwrap();
        assert!(log.end() >= acknowledged, "{acknowledged} were acknowledged, {} are there", log.end());
        let mut at = 1;
        while at <= log.end() {
            at += log.read(at, 1000).unwrap().len() as u64;
        }
        let first = log.append(vec![vec![1]]).unwrap().first;
        assert_eq!((first, at), (log.end(), log.end()), "and it goes on");
    });
}

#[test]
fn the_ledger_has_what_it_acknowledged() {
    lose_power("power_loss::committer", moments(), |folder, acknowledged| {
        let ledger = SqliteLedger::open(&folder.join("ledger.db")).unwrap();
        let offset = ledger.offset().unwrap();
        assert!(offset >= acknowledged, "{acknowledged} were acknowledged, {offset} are there");
        assert_eq!(ledger.briefs().unwrap().len() as u64, offset * 2);
        assert_eq!(ledger.changes(0, usize::MAX).unwrap().len() as u64, offset * 2);
    });
}
