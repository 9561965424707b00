//! Measures the store: `store_speed FOLDER` appends to a new log in the folder and commits to a new ledger, several ways.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use engine::number::Number;
use engine::record::SubjectKind;
use engine::time::Timestamp;
use store::Store;
use store::ledger::action::NewAction;
use store::ledger::lead::{Facts, LeadChange, LeadScore, Qualification, What};
use store::ledger::{Commit, Ledger};
use store::log::{Log, LogLimits};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let folder = std::env::args().nth(1).ok_or("store_speed FOLDER")?;
    let store = Store::open(Path::new(&folder), LogLimits::default())?;
    let (log, ledger) = (store.log(), store.ledger());
    for (entries, rounds) in [(1, 2000), (100, 1000), (1000, 500)] {
        append(log.as_ref(), 1, entries, rounds)?;
    }
    for (threads, entries, rounds) in [(8, 1, 1000), (64, 1, 200), (8, 100, 200), (8, 1000, 60)] {
        append(log.as_ref(), threads, entries, rounds)?;
    }
    read(log.as_ref())?;
    for leads in [1, 100, 1000] {
        commit(ledger.as_ref(), leads, 100_u64.div_ceil(leads).max(20))?;
    }
    Ok(())
}

fn report(what: &str, count: u64, took: Duration) -> Outcome {
    let each = took.as_secs_f64() * 1e6 / count.max(1) as f64;
    writeln!(std::io::stdout(), "{what}: {count} in {:.2} s, {each:.2} µs each", took.as_secs_f64())?;
    Ok(())
}

/// An event as a source might send it, about 300 bytes, never the same.
fn entry(number: u64) -> Vec<u8> {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    format!(
        "{{\"message\":\"{mixed:016x}-{:016x}\",\"name\":\"Project Created\",\"user\":\"u{}\",\"account\":\"a{}\",\
         \"timestamp\":\"2026-03-01T{:02}:{:02}:{:02}.{:06}Z\",\"properties\":{{\"plan\":\"trial\",\"minutes\":{},\
         \"path\":\"/projects/{}/settings\",\"referrer\":\"https://example.com/search\",\"browser\":\"Firefox\"}}}}",
        mixed.rotate_left(17),
        mixed % 500_000,
        mixed % 50_000,
        number / 3600 % 24,
        number / 60 % 60,
        number % 60,
        mixed % 1_000_000,
        mixed % 240,
        mixed % 9973,
    )
    .into_bytes()
}

fn append(log: &dyn Log, threads: u64, entries: u64, rounds: u64) -> Outcome {
    let begin = Instant::now();
    let mut making = Duration::ZERO;
    std::thread::scope(|scope| {
        let threads = (0..threads).map(|thread| {
            scope.spawn(move || -> store::Result<Duration> {
                let mut making = Duration::ZERO;
                for round in 0..rounds {
                    let begin = Instant::now();
                    let start = ((thread << 32) + round) * entries;
                    let batch = (start..start + entries).map(entry).collect();
                    making += begin.elapsed();
                    log.append(batch)?;
                }
                Ok(making)
            })
        });
        for thread in threads.collect::<Vec<_>>() {
            making += thread.join().map_err(|_| store::Error::Closed)??;
        }
        Ok::<_, store::Error>(())
    })?;
    // Making entries is no part of it; with several threads it went on beside.
    let took = begin.elapsed().saturating_sub(if threads == 1 { making } else { Duration::ZERO });
    report(&format!("append, {threads} threads, {entries} entries each time"), threads * rounds * entries, took)
}

fn read(log: &dyn Log) -> Outcome {
    let (begin, mut at) = (Instant::now(), 1);
    while at <= log.end() {
        at += log.read(at, 10_000)?.len() as u64;
    }
    report("read", at - 1, begin.elapsed())
}

fn lead(id: u64) -> LeadChange {
    let facts = Facts {
        version: "5f3a".to_owned(),
        subject_kind: SubjectKind::User,
        subject: format!("u{id}"),
        account: Some(format!("a{}", id / 10)),
        qualification: Qualification::ToBuy,
        qualified_at: Timestamp(i64::try_from(id).unwrap_or(0)),
        knowable_at: None,
        exit_at: None,
        score: Some(LeadScore { total: Number::whole(71), parts: vec![("time".to_owned(), Number::whole(71))] }),
        value: None,
        band: Some("high".to_owned()),
        may_contact: true,
    };
    let evidence = String::from_utf8_lossy(&entry(id)).repeat(4);
    let what = What::Detected {
        definition: "trial".to_owned(),
        entry: 1,
        facts: Box::new(facts),
        evidence,
        in_history: false,
    };
    LeadChange { lead: id, at: Timestamp(0), by: None, what }
}

fn commit(ledger: &dyn Ledger, leads: u64, rounds: u64) -> Outcome {
    let mut took = Duration::ZERO;
    for _ in 0..rounds {
        let first = ledger.next_lead()?;
        let offset = ledger.offset()? + 1;
        let actions = (first..first + leads).map(|lead| NewAction {
            lead,
            action: "alert".to_owned(),
            destination: "slack".to_owned(),
            payload: "{}".to_owned(),
            not_before: Timestamp(0),
            priority: 0,
        });
        let leads = (first..first + leads).map(lead).collect();
        let commit = Commit { offset, leads, actions: actions.collect(), ..Commit::default() };
        let begin = Instant::now();
        ledger.commit(&commit)?;
        took += begin.elapsed();
    }
    report(&format!("commit of {leads} new leads with an action each"), leads * rounds, took)
}
