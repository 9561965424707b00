//! A process that is killed at any moment: what it acknowledged is there, once and in order.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::ledger::{action, detected, reject};
use store::ledger::action::{ActionFilter, Outbox as _};
use store::ledger::lead::LeadChange;
use store::ledger::rejects::Rejects as _;
use store::ledger::{Commit, Ledger as _};
use store::log::{Log, LogLimits};
use store::{SqliteLedger, SqliteLog};

const FOLDER: &str = "BRIX_TEST_STORE";
const THREADS: usize = 4;

/// How often to kill: `BRIX_KILLS`, or 30 times.
pub fn kills() -> u64 {
    std::env::var("BRIX_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(30)
}

/// The seed of the moments: `BRIX_SEED`, or another one each time.
pub fn seed() -> u64 {
    let seed = std::env::var("BRIX_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()) + 1);
    println!("BRIX_SEED={seed}");
    seed
}

/// The next of a row of numbers that look random (Marsaglia's xorshift).
pub fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

/// Bytes that cannot be packed any shorter.
pub fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut seed = seed + 1;
    (0..length).map(|_| (next(&mut seed) >> 20) as u8).collect()
}

/// Starts this program again with one test only, lets it work on the folder for so long, and kills it.
pub fn run_and_kill(test: &str, folder: &Path, life: Duration) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--test-threads=1"]).env(FOLDER, folder).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    std::thread::sleep(life);
    assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Where the killed process is to work; `None` in the ordinary run of the tests.
pub fn folder_to_work_in() -> Option<std::path::PathBuf> {
    std::env::var_os(FOLDER).map(Into::into)
}

fn open(folder: &Path) -> SqliteLog {
    SqliteLog::open(&folder.join("log.db"), LogLimits::default()).unwrap()
}

/// Not a test of its own: appends until it is killed, and notes what was acknowledged.
#[test]
fn appender() {
    let Some(folder) = folder_to_work_in() else { return };
    let log = open(&folder);
    let run = log.end();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (log, folder) = (&log, &folder);
            scope.spawn(move || {
                let mut notes = File::options().append(true).create(true).open(folder.join("acknowledged")).unwrap();
                for number in 0.. {
                    let text = format!("{run} {thread} {number}");
                    let first = log.append(vec![text.clone().into_bytes(); 1 + thread]).unwrap().first;
                    // One write: it is whole or not there.
                    notes.write_all(format!("{first} {text}\n").as_bytes()).unwrap();
                }
            });
        }
    });
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let (folder, mut seed) = (tempfile::tempdir().unwrap(), seed());
    let mut acknowledged = 0;
    for _ in 0..kills() {
        run_and_kill("kills::appender", folder.path(), Duration::from_micros(20_000 + next(&mut seed) % 130_000));
        let log = open(folder.path());
        let end = log.end();
        let mut kept: HashMap<u64, String> = HashMap::new();
        let (mut at, mut last_of_thread) = (log.start(), BTreeMap::new());
        while at <= end {
            for (offset, entry) in log.read(at, 10_000).unwrap() {
                assert_eq!(offset, at);
                let text = String::from_utf8(entry).unwrap();
                let mut parts = text.split(' ').map(|part| part.parse::<u64>().unwrap());
                let (run, thread, number) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
                let copies = last_of_thread.entry((run, thread)).or_insert(Vec::<u64>::new());
                copies.push(number);
                kept.insert(offset, text);
                at += 1;
            }
        }
        for ((_, thread), numbers) in last_of_thread {
            let copies = usize::try_from(thread).unwrap() + 1;
            let is_in_order = numbers.chunks(copies).all(|chunk| chunk.iter().all(|number| *number == chunk[0]))
                && numbers.chunks(copies).map(|chunk| chunk[0]).is_sorted_by(|a, b| a < b);
            assert!(is_in_order && numbers.len() % copies == 0, "all or none of a call, once, in order");
        }
        for line in fs::read_to_string(folder.path().join("acknowledged")).unwrap_or_default().lines() {
            let (first, text) = line.split_once(' ').unwrap();
            let first: u64 = first.parse().unwrap();
            assert!(first < log.start() || kept.get(&first).map(String::as_str) == Some(text), "{line} was lost");
            acknowledged += 1;
        }
        let _ = fs::remove_file(folder.path().join("acknowledged"));
        // Forgetting under the next run's feet keeps the test short and is worth a kill too.
        log.forget(end / 2).unwrap();
    }
    println!("{acknowledged} appends were acknowledged");
    assert!(acknowledged > 0);
}

fn open_ledger(folder: &Path) -> SqliteLedger {
    SqliteLedger::open(&folder.join("ledger.db")).unwrap()
}

/// Not a test of its own: commits until it is killed, and notes what was acknowledged.
#[test]
fn committer() {
    let Some(folder) = folder_to_work_in() else { return };
    let ledger = open_ledger(&folder);
    let mut notes = File::options().append(true).create(true).open(folder.join("acknowledged")).unwrap();
    for offset in ledger.offset().unwrap() + 1.. {
        let (leads, actions) = (vec![detected(offset), detected(offset + 1_000_000)], vec![action(offset, "tell", 0)]);
        let leads =
            leads.into_iter().zip([offset * 2 - 1, offset * 2]).map(|(change, lead)| LeadChange { lead, ..change });
        let rejects = vec![reject("api", offset)];
        let leads = leads.collect();
        let commit = Commit { offset, leads, actions, rejects, ..Commit::default() };
        ledger.commit(&commit).unwrap();
        notes.write_all(format!("{offset}\n").as_bytes()).unwrap();
    }
}

#[test]
fn a_commit_is_all_or_nothing() {
    let (folder, mut seed) = (tempfile::tempdir().unwrap(), seed());
    let mut last = 0;
    for _ in 0..kills() {
        run_and_kill("kills::committer", folder.path(), Duration::from_micros(20_000 + next(&mut seed) % 130_000));
        let ledger = open_ledger(folder.path());
        let offset = ledger.offset().unwrap();
        let notes = fs::read_to_string(folder.path().join("acknowledged")).unwrap_or_default();
        let acknowledged = notes.lines().last().map_or(0, |line| line.parse::<u64>().unwrap());
        assert!(offset == acknowledged || offset == acknowledged + 1, "{offset} is there, {acknowledged} acknowledged");
        assert_eq!(ledger.next_lead().unwrap(), offset * 2 + 1);
        assert_eq!(ledger.briefs().unwrap().len() as u64, offset * 2);
        assert_eq!(ledger.changes(0, usize::MAX).unwrap().len() as u64, offset * 2);
        assert_eq!(ledger.actions(&ActionFilter::default(), usize::MAX).unwrap().len() as u64, offset);
        assert_eq!(ledger.reject_totals().unwrap().iter().map(|total| total.total).sum::<u64>(), offset);
        // The next run goes on from here, whether or not the last commit was acknowledged.
        fs::write(folder.path().join("acknowledged"), format!("{offset}\n")).unwrap();
        last = offset;
    }
    assert!(last > 0);
}
