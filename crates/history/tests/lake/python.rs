//! The examples of reading a lake from Python, run where Python has the libraries (`BRIX_PYTHON` names another Python).

use std::path::Path;
use std::process::Command;

use engine::record::{Record, Who};
use engine::workspace::Workspace;
use history::Lake;

use crate::support::{day_of_events, import};

fn run(example: &str, library: &str, folder: &Path) -> Option<serde_json::Value> {
    let python = std::env::var("BRIX_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let there = Command::new(&python).args(["-c", &format!("import {library}")]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        println!("skipped {example}: {python} has no {library}");
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples").join(example);
    let output = Command::new(python).arg(script).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn with_duckdb_and_polars() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::default();
    import(folder.path(), &workspace, &day_of_events(0, 300, 30));
    // Somebody unknown becomes user-3: the row moves, and must not be counted twice.
    let [unknown, tie] = [("", "device"), ("user-3", "device")].map(|(user, device)| Record {
        message: format!("{user} {device}").into(),
        who: Who {
            user: Some(user.into()).filter(|_| !user.is_empty()),
            anonymous: Some(device.into()),
            ..Who::default()
        },
        ..day_of_events(1, 1, 1).remove(0)
    });
    import(folder.path(), &workspace, &[unknown]);
    import(folder.path(), &workspace, &day_of_events(1, 30, 30));
    import(folder.path(), &workspace, &[tie]);
    let lake = Lake::open(folder.path()).unwrap();
    let profile = lake.profile(&workspace, 1, &|_| {}).unwrap();
    let mut names: Vec<_> = profile.events.iter().map(|event| (event.rows, event.name.name.to_string())).collect();
    names.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    assert_eq!(names.iter().map(|(rows, _)| rows).sum::<u64>(), 332);
    let names: Vec<_> = names.iter().map(|(rows, name)| serde_json::json!([name, rows])).collect();
    let accounts = [["account-0", "10"], ["account-1", "10"], ["account-2", "10"]];
    let accounts = accounts.map(|[account, people]| serde_json::json!([account, people.parse::<u64>().unwrap()]));
    let expected = serde_json::json!({ "names": names, "accounts": accounts });
    for (example, library) in [("lake_with_duckdb.py", "duckdb"), ("lake_with_polars.py", "polars")] {
        if let Some(answer) = run(example, library, folder.path()) {
            assert_eq!(answer, expected, "{example}");
        }
    }
}
