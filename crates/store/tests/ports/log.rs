//! What every log promises. A maker takes a folder, which stands for the place where the log is kept, and limits; called again
//! with the same folder it opens the same log again.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use store::Error;
use store::log::{Appended, Log, LogLimits};

/// Expands to the tests of one implementation.
macro_rules! log_conformance {
    ($make:expr) => {
        crate::suite!(log, $make; offsets_count_from_one, many_threads_at_once, too_much_is_refused, too_large_is_refused,
            a_reader_is_woken, forgotten_entries_are_named, offsets_go_on_after_all_is_forgotten,
            a_large_batch_is_read_in_parts, a_panic_stops_nobody_else, what_waits_is_written_before_closing, is_a_sequence);
    };
}
pub(crate) use log_conformance;

fn entries(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

pub fn offsets_count_from_one<L: Log>(make: impl Fn(&Path, LogLimits) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let log = make(folder.path(), LogLimits::default());
    assert_eq!((log.start(), log.end()), (1, 0));
    assert_eq!(log.append(entries(&["a", "b"])).unwrap(), Appended { first: 1, last: 2 });
    assert_eq!(log.append(entries(&["c"])).unwrap(), Appended { first: 3, last: 3 });
    assert_eq!(log.read(2, 10).unwrap(), [(2, b"b".to_vec()), (3, b"c".to_vec())]);
    assert_eq!(log.read(1, 1).unwrap(), [(1, b"a".to_vec())]);
    assert_eq!(log.read(4, 10).unwrap(), []);
    assert_eq!((log.start(), log.end()), (1, 3));
}

pub fn many_threads_at_once<L: Log>(make: impl Fn(&Path, LogLimits) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let log = make(folder.path(), LogLimits::default());
    let appended: Vec<(Appended, String)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let log = &log;
                scope.spawn(move || {
                    let append = |number| {
                        let text = format!("{thread}:{number}");
                        (log.append(entries(&[&text, &text])).unwrap(), text)
                    };
                    (0..40).map(append).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(log.end(), 8 * 40 * 2);
    let kept = log.read(1, 10_000).unwrap();
    assert_eq!(kept.len(), 8 * 40 * 2);
    for (Appended { first, last }, text) in &appended {
        assert_eq!(last - first, 1, "the entries of one call are neighbours");
        let at = |offset: u64| &kept[usize::try_from(offset - 1).unwrap()];
        assert_eq!(at(*first), &(*first, text.clone().into_bytes()));
        assert_eq!(at(*last).1, text.as_bytes());
    }
    let of_one_thread = appended[..40].windows(2);
    assert!(of_one_thread.into_iter().all(|pair| pair[0].0.last < pair[1].0.first), "in the order of appending");
}

pub fn too_much_is_refused<L: Log>(make: impl Fn(&Path, LogLimits) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let limits = LogLimits { most_waiting_entries: 10, most_waiting_bytes: 1000, ..LogLimits::default() };
    let log = make(folder.path(), limits);
    // The thread that writes stands still until told to go on.
    let (go_on, wait) = sync_channel::<()>(0);
    let (stands, is_standing) = sync_channel(1);
    let stand = Box::new(move |_| {
        stands.send(()).unwrap();
        wait.recv().unwrap();
    });
    log.submit(entries(&["x"]), stand).unwrap();
    is_standing.recv().unwrap();
    for _ in 0..10 {
        log.submit(entries(&["y"]), Box::new(drop)).unwrap();
    }
    assert!(matches!(log.append(entries(&["z"])), Err(Error::Busy { retry_after }) if !retry_after.is_zero()));
    go_on.send(()).unwrap();
    let begin = Instant::now();
    while log.append(entries(&["z"])).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(30), "room was made");
    }
    assert_eq!(log.wait(11, Duration::from_secs(30)), 12);
    assert!(matches!(log.append(vec![vec![0; 500], vec![0; 501]]), Err(Error::TooLarge { .. })), "never fits");
}

pub fn too_large_is_refused<L: Log>(make: impl Fn(&Path, LogLimits) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let log = make(folder.path(), LogLimits { most_entry_bytes: 100, ..LogLimits::default() });
    assert!(matches!(log.append(vec![vec![0; 101]]), Err(Error::TooLarge { found: 101, most: 100, .. })));
    assert_eq!(log.append(vec![vec![0; 100]]).unwrap().first, 1);
}

pub fn a_reader_is_woken<L: Log>(make: impl Fn(&Path, LogLimits) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let log = make(folder.path(), LogLimits::default());
    assert_eq!(log.wait(0, Duration::from_millis(10)), 0, "nothing came");
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| (log.wait(0, Duration::from_secs(60)), log.read(1, 9).unwrap().len()));
        log.append(entries(&["a"])).unwrap();
        assert_eq!(reader.join().unwrap(), (1, 1));
    });
    assert_eq!(log.wait(0, Duration::from_secs(60)), 1, "it is there already");
}

pub fn forgotten_entries_are_named<L: Log>(make: impl Fn(&Path, LogLimits) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let log = make(folder.path(), LogLimits::default());
    for _ in 0..10 {
        log.append(entries(&["a", "b"])).unwrap();
    }
    let start = log.forget(6).unwrap();
    assert!((1..=6).contains(&start), "nothing goes that may be needed: {start}");
    assert_eq!(log.forget(1).unwrap(), start, "there is no way back");
    assert_eq!(log.start(), start);
    let all = log.read(start, 100).unwrap();
    assert_eq!((all[0].0, all.len() as u64), (start, 20 - start + 1));
    if start > 1 {
        assert!(
            matches!(log.read(start - 1, 1), Err(Error::Forgotten { asked, start: s }) if asked + 1 == s && s == start)
        );
    }
}

pub fn offsets_go_on_after_all_is_forgotten<L: Log>(make: impl Fn(&Path, LogLimits) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let log = make(folder.path(), LogLimits::default());
    log.append(entries(&["a", "b", "c"])).unwrap();
    assert_eq!(log.forget(u64::from(u32::MAX)).unwrap(), 4);
    drop(log);
    let log = make(folder.path(), LogLimits::default());
    assert_eq!((log.start(), log.end()), (4, 3));
    assert_eq!(log.append(entries(&["d"])).unwrap().first, 4);
    assert_eq!(log.read(4, 9).unwrap(), [(4, b"d".to_vec())]);
}

pub fn a_large_batch_is_read_in_parts<L: Log>(make: impl Fn(&Path, LogLimits) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let log = make(folder.path(), LogLimits::default());
    let many: Vec<Vec<u8>> = (0..5000_u32).map(|number| number.to_le_bytes().to_vec()).collect();
    log.append(many.clone()).unwrap();
    let mut read = Vec::new();
    while let Some((last, _)) = read.last().map_or(Some((0, Vec::new())), |last: &(u64, Vec<u8>)| Some(last.clone())) {
        let more = log.read(last + 1, 777).unwrap();
        if more.is_empty() {
            break;
        }
        read.extend(more);
    }
    assert_eq!(read.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>(), many);
}

pub fn a_panic_stops_nobody_else<L: Log>(make: impl Fn(&Path, LogLimits) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let log = make(folder.path(), LogLimits::default());
    log.submit(entries(&["a"]), Box::new(|_| panic!("of a caller, on purpose"))).unwrap();
    assert_eq!(log.append(entries(&["b"])).unwrap().first, 2);
}

pub fn what_waits_is_written_before_closing<L: Log>(make: impl Fn(&Path, LogLimits) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let log = make(folder.path(), LogLimits::default());
    let (sender, told) = sync_channel(100);
    for _ in 0..100 {
        let sender = sender.clone();
        log.submit(entries(&["a"]), Box::new(move |outcome| sender.send(outcome).unwrap())).unwrap();
    }
    drop((log, sender));
    assert_eq!(told.iter().filter(Result::is_ok).count(), 100);
    assert_eq!(make(folder.path(), LogLimits::default()).end(), 100);
}

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<Vec<u8>>),
    Read(u64, usize),
    Forget(u64),
    Rewrite(u64),
    Reopen,
}

fn any_step() -> impl Strategy<Value = Step> {
    let entry = prop_oneof![prop::collection::vec(any::<u8>(), 0..40), Just(vec![b'a'; 3000])];
    prop_oneof![
        6 => prop::collection::vec(entry, 1..5).prop_map(Step::Append),
        4 => (1..60_u64, 0..20_usize).prop_map(|(from, most)| Step::Read(from, most)),
        1 => (0..40_u64).prop_map(Step::Forget),
        1 => (2..5_u64).prop_map(Step::Rewrite),
        1 => Just(Step::Reopen),
    ]
}

/// The slow, obvious log is a vector.
pub fn is_a_sequence<L: Log>(make: impl Fn(&Path, LogLimits) -> L) {
    let cases = std::env::var("BRIX_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24);
    let steps = prop::collection::vec(any_step(), 1..40);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = proptest::test_runner::TestRunner::new(config).run(&steps, |steps| {
        let folder = tempfile::tempdir().unwrap();
        let mut log = make(folder.path(), LogLimits::default());
        let (mut model, mut start) = (Vec::<Vec<u8>>::new(), 1_u64);
        for step in steps {
            match step {
                Step::Append(new) => {
                    let first = model.len() as u64 + 1;
                    model.extend(new.iter().cloned());
                    prop_assert_eq!(log.append(new).unwrap(), Appended { first, last: model.len() as u64 });
                }
                Step::Read(from, _) if from < start => prop_assert!(log.read(from, 1).is_err()),
                Step::Read(from, most) => {
                    let expected = (1..).zip(model.iter().cloned()).skip(usize::try_from(from - 1).unwrap());
                    prop_assert_eq!(log.read(from, most).unwrap(), expected.take(most).collect::<Vec<_>>());
                }
                Step::Forget(before) => {
                    let new = log.forget(before).unwrap();
                    prop_assert!(new >= start && new <= start.max(before).min(model.len() as u64 + 1));
                    start = new;
                }
                Step::Rewrite(each) => {
                    let change =
                        |offset: u64| offset.is_multiple_of(each).then(|| format!("gone {offset}").into_bytes());
                    let mut shown = Vec::new();
                    let changed = log.rewrite(&mut |offset, entry| {
                        shown.push((offset, entry.to_vec()));
                        change(offset)
                    });
                    let kept = (1..).zip(model.iter_mut()).filter(|(offset, _)| *offset >= start);
                    let (mut expected, mut count) = (Vec::new(), 0);
                    for (offset, entry) in kept {
                        expected.push((offset, entry.clone()));
                        if let Some(new) = change(offset) {
                            *entry = new;
                            count += 1;
                        }
                    }
                    prop_assert_eq!(shown, expected);
                    prop_assert_eq!(changed.unwrap(), count);
                }
                Step::Reopen => {
                    drop(log);
                    log = make(folder.path(), LogLimits::default());
                }
            }
            prop_assert_eq!((log.start(), log.end()), (start, model.len() as u64));
        }
        Ok(())
    });
    outcome.unwrap();
}
