//! How fast delimited text becomes batches. Not part of the tests, as it says nothing on a busy machine:
//! `cargo test --release -p brix-connect --test speed -- --ignored --nocapture`

#![expect(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a measurement prints what it measured")]

use std::io::Write as _;
use std::sync::Arc;
use std::time::Instant;

use connect::files::{Import, KeptRejects, Mapping, Options};

const ROWS: u64 = 2_000_000;

fn write_rows(path: &std::path::Path) -> u64 {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
    writeln!(file, "message_id,event,user_id,account_id,time,plan,amount,page").expect("written");
    let events = ["Project Created", "Logged In", "Member Invited", "Report Shared", "API Called"];
    let mut seed = 7_u64;
    let mut next = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for row in 0..ROWS {
        let (user, second) = (next(50_000), next(31_000_000));
        let (day, rest) = (second / 86_400, second % 86_400);
        let (month, day) = (day / 31 + 1, day % 28 + 1);
        let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
        let event = events[next(5) as usize];
        writeln!(
            file,
            "m-{row:08x},{event},u{user},a{},2024-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z,plan{},{}.{:02},/p/{}",
            user % 5_000,
            next(1_000),
            next(4),
            next(500),
            next(100),
            next(3_000)
        )
        .expect("written");
    }
    file.flush().expect("flushed");
    std::fs::metadata(path).expect("there").len()
}

fn measure(name: &str, mapping: &str, path: &std::path::Path, bytes: u64) {
    let mapping = Mapping::parse("mapping.yaml", mapping).unwrap_or_else(|error| panic!("{error}"));
    let start = Instant::now();
    let mut import = Import::open(Arc::new(mapping), &[path.to_owned()], Options::default()).expect("opens");
    let mut rejects = KeptRejects::default();
    let mut records = 0;
    while let Some(batch) = import.next_batch(&mut rejects).expect("read") {
        records += batch.len() as u64;
    }
    assert_eq!((records, rejects.total()), (ROWS, 0));
    let seconds = start.elapsed().as_secs_f64();
    println!("{name}: {:.0} rows/s, {:.0} MB/s", ROWS as f64 / seconds, bytes as f64 / 1e6 / seconds);
}

#[test]
#[ignore = "a measurement"]
fn rows_per_second() {
    let folder = std::env::temp_dir().join(format!("brix-speed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("events.csv");
    let bytes = write_rows(&path);
    let common = "source: speed\nfiles:\n  - match: events.csv\n    records:\n      - event: { column: event }\n        user: user_id\n        \
                  account: account_id\n        time: time\n        amount: { column: amount, currency: USD }\n        \
                  properties: { plan: { column: plan, type: text }, page: { column: page, type: text } }\n";
    for _ in 0..3 {
        measure("with ids", &format!("{common}        id: message_id\n"), &path, bytes);
        measure("ids from content", common, &path, bytes);
    }
    std::fs::remove_dir_all(&folder).expect("removed");
}
