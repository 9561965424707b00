//! What every keeper of snapshots promises. A maker takes a folder, which stands for the place where they are kept.

use std::fs;
use std::path::Path;

use store::snapshots::{Snapshot, Snapshots};
use store::{Error, SnapshotFiles};

use crate::kills::noise;

/// Expands to the tests of one implementation.
macro_rules! snapshots_conformance {
    ($make:expr) => {
        crate::suite!(snapshots, $make; the_last_one_counts, one_is_removed, all_are_dropped, many_threads_put);
    };
}
pub(crate) use snapshots_conformance;

fn snapshot(bucket: u32, offset: u64) -> Snapshot {
    let bytes = noise(usize::try_from(offset * 37 % 5000).unwrap(), offset);
    Snapshot { bucket, offset, fingerprint: format!("program {offset}"), bytes }
}

pub fn the_last_one_counts<S: Snapshots>(make: impl Fn(&Path) -> S) {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = make(folder.path());
    assert_eq!(snapshots.get(0).unwrap(), None);
    let empty = Snapshot { bucket: 0, offset: 0, fingerprint: String::new(), bytes: vec![] };
    for put in [&snapshot(0, 9), &snapshot(63, 100), &snapshot(0, 8), &empty, &snapshot(7, 1)] {
        snapshots.put(put).unwrap();
        assert_eq!(snapshots.get(put.bucket).unwrap().as_ref(), Some(put));
    }
    drop(snapshots);
    let snapshots = make(folder.path());
    let all: Vec<_> = snapshots.all().unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(all, [empty, snapshot(7, 1), snapshot(63, 100)]);
}

pub fn one_is_removed<S: Snapshots>(make: impl Fn(&Path) -> S) {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = make(folder.path());
    (1..5).for_each(|bucket| snapshots.put(&snapshot(bucket, 1)).unwrap());
    [3, 3, 9].iter().for_each(|bucket| snapshots.remove(*bucket).unwrap());
    assert_eq!(snapshots.buckets().unwrap(), [1, 2, 4]);
    assert_eq!(snapshots.get(3).unwrap(), None);
}

pub fn all_are_dropped<S: Snapshots>(make: impl Fn(&Path) -> S) {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = make(folder.path());
    (0..5).for_each(|bucket| snapshots.put(&snapshot(bucket, 1)).unwrap());
    snapshots.drop_all().unwrap();
    assert!(snapshots.all().unwrap().is_empty() && snapshots.buckets().unwrap().is_empty());
    snapshots.put(&snapshot(3, 2)).unwrap();
    assert_eq!(snapshots.buckets().unwrap(), [3]);
}

pub fn many_threads_put<S: Snapshots>(make: impl Fn(&Path) -> S) {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = make(folder.path());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let snapshots = &snapshots;
            scope.spawn(move || (1..30).for_each(|offset| snapshots.put(&snapshot(thread % 2, offset)).unwrap()));
        }
    });
    let all: Vec<_> = snapshots.all().unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(all, [snapshot(0, 29), snapshot(1, 29)]);
}

#[test]
fn any_damage_of_a_file_is_found_and_repaired_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = SnapshotFiles::open(folder.path()).unwrap();
    let good = snapshot(4, 3);
    snapshots.put(&good).unwrap();
    snapshots.put(&snapshot(5, 3)).unwrap();
    let path = folder.path().join("bucket-00004.snapshot");
    let bytes = fs::read(&path).unwrap();
    let flipped = (0..bytes.len()).map(|place| {
        let mut bytes = bytes.clone();
        bytes[place] ^= 1;
        bytes
    });
    let cut = (0..bytes.len()).map(|length| bytes[..length].to_vec());
    for damaged in flipped.chain(cut).chain([[bytes.clone(), vec![0]].concat()]) {
        fs::write(&path, damaged).unwrap();
        assert!(matches!(snapshots.get(4), Err(Error::DamagedSnapshot { .. })));
    }
    assert_eq!(snapshots.all().unwrap().iter().filter(|one| one.is_ok()).count(), 1, "the other one is whole");
    snapshots.put(&good).unwrap();
    assert_eq!(snapshots.get(4).unwrap(), Some(good));
}

#[test]
fn what_a_dead_process_left_behind_goes() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bucket-00004.new"), "half").unwrap();
    assert!(SnapshotFiles::open(folder.path()).unwrap().buckets().unwrap().is_empty());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
