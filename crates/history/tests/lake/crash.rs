//! An importer that is killed at any moment leaves the lake as it was or as it was to be.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use engine::record::Record;
use engine::workspace::Workspace;
use history::{Error, Lake, LakeWriter};

use crate::support::{day_of_events, import};

const FOLDER: &str = "BRIX_TEST_LAKE";
const DAY: &str = "BRIX_TEST_DAY";
const ROWS: u64 = 4_000;

fn records(day: u64) -> Vec<Record> {
    day_of_events(i64::try_from(day).unwrap(), ROWS, 300)
}

/// Not a test of its own: the importer that the test below starts and kills.
#[test]
fn importer() {
    let (Ok(folder), Ok(day)) = (std::env::var(FOLDER), std::env::var(DAY)) else { return };
    import(Path::new(&folder), &Workspace::default(), &records(day.parse().unwrap()));
}

fn start(folder: &Path, day: u64) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["crash::importer", "--exact", "--test-threads=1"]).env(FOLDER, folder).env(DAY, day.to_string());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// How many days are in the lake; the lake must be whole.
fn days(folder: &Path) -> u64 {
    match Lake::open(folder) {
        Ok(lake) => {
            lake.verify().unwrap();
            assert_eq!(lake.totals().events, lake.version() * ROWS);
            assert_eq!(lake.read_bare(&["name"], 1).unwrap(), lake.version() * ROWS);
            lake.version()
        }
        Err(Error::Absent(_)) => 0,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn killed_at_any_moment() {
    let kills: u64 = std::env::var("BRIX_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(30);
    let seed = std::env::var("BRIX_SEED").ok().and_then(|seed| seed.parse().ok());
    let mut seed: u64 = seed.unwrap_or_else(|| u64::from(std::process::id()) + 1);
    println!("BRIX_SEED={seed}");
    let folder = tempfile::tempdir().unwrap();
    let begin = Instant::now();
    assert!(start(folder.path(), 0).wait().unwrap().success());
    let whole = begin.elapsed();
    let (mut day, mut finished) = (1, 0);
    for _ in 0..kills {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let wait = whole.mul_f64((seed % 1000) as f64 / 600.0);
        let mut child = start(folder.path(), day);
        std::thread::sleep(wait);
        child.kill().unwrap();
        child.wait().unwrap();
        let found = days(folder.path());
        assert!(found == day || found == day + 1, "day {day}: {found}");
        finished += found - day;
        day = found;
    }
    println!("{kills} kills, {finished} imports came through");
    // Whatever was left behind, the next import works and sweeps it away.
    let begin = Instant::now();
    import(folder.path(), &Workspace::default(), &records(day));
    assert_eq!(days(folder.path()), day + 1);
    drop(LakeWriter::begin(folder.path(), &Workspace::default()).unwrap());
    let lake = Lake::open(folder.path()).unwrap();
    let named = lake.manifest().files().count() + ["current", "lock", "manifest"].len();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), named);
    assert!(begin.elapsed() < Duration::from_secs(600));
}
