//! What is not as it was written is noticed and named.

use std::fs;
use std::path::Path;

use engine::household::Needs;
use engine::workspace::Workspace;
use history::{Error, Lake, ScanRequest};

use crate::support::{day_of_events, import};

fn scan(folder: &Path) -> Result<u64, Error> {
    let (needs, workspace) = (Needs { accounts: true, ..Needs::default() }, Workspace::default());
    let request = ScanRequest { needs: &needs, workspace: &workspace, threads: 2 };
    Lake::open(folder)?.scan(&request, || 0, |rows, household| *rows += household.times.len() as u64, |a, b| *a += b)
}

#[test]
fn every_file_cut_short_lost_or_changed() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::default();
    import(folder.path(), &workspace, &day_of_events(0, 1000, 50));
    import(folder.path(), &workspace, &day_of_events(1, 10, 50));
    assert_eq!(scan(folder.path()).unwrap(), 1010);
    let lake = Lake::open(folder.path()).unwrap();
    for file in lake.manifest().files() {
        let path = folder.path().join(&file.name);
        let bytes = fs::read(&path).unwrap();

        let mut changed = bytes.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        fs::write(&path, changed).unwrap();
        let words = Lake::open(folder.path()).and_then(|lake| lake.verify()).unwrap_err().to_string();
        assert!(words.contains(&file.name), "{words}");
        // Whatever a scan says of it, it does not panic.
        let _ = scan(folder.path());

        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let words = Lake::open(folder.path()).and_then(|lake| lake.verify()).unwrap_err().to_string();
        assert!(words.contains(&file.name) && words.contains("instead of"), "{words}");
        let _ = scan(folder.path());

        fs::remove_file(&path).unwrap();
        let words = Lake::open(folder.path()).and_then(|lake| lake.verify()).unwrap_err().to_string();
        assert!(words.contains(&file.name) && words.contains("missing"), "{words}");

        fs::write(&path, bytes).unwrap();
    }
    assert_eq!(scan(folder.path()).unwrap(), 1010);
}

#[test]
fn later_formats_and_empty_folders() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Lake::open(folder.path()), Err(Error::Absent(_))));
    import(folder.path(), &Workspace::default(), &day_of_events(0, 10, 5));
    let path = folder.path().join("manifest-1.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"format\": 1", "\"format\": 2")).unwrap();
    let words = Lake::open(folder.path()).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(words.contains("is of format 2, this Brix reads formats up to 1; use a later Brix"), "{words}");
    fs::remove_file(&path).unwrap();
    assert!(matches!(Lake::open(folder.path()), Err(Error::Damaged { .. })));
}
