//! What the tests of the commands share.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A folder of its own for a test, empty.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("commands").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
    command.current_dir(folder).env_remove("BRIX_LAKE").args(arguments).output().unwrap()
}

/// Standard output of a run that must succeed.
pub fn out(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "brix {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Standard error of a run that must end with a code.
pub fn fails(folder: &Path, code: i32, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "brix {arguments:?}: {words}");
    words
}

pub fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&out(folder, arguments)).unwrap()
}

/// A simulated product in a lake, with its settings.
pub fn product(name: &str) -> PathBuf {
    let folder = scratch(name);
    out(&folder, &["simulate", "--users", "400", "--months", "3", "--seed", "11", "--out", "export"]);
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/simulated/brix.yaml");
    std::fs::copy(settings, folder.join("brix.yaml")).unwrap();
    out(&folder, &["import", "export"]);
    folder
}

/// A folder with one file of events, `user,time,event` and further columns, and a mapping for it.
pub fn events(name: &str, columns: &str, rows: &[&str]) -> PathBuf {
    let folder = scratch(name);
    std::fs::create_dir(folder.join("files")).unwrap();
    let text = format!("user,time,event{columns}\n{}\n", rows.join("\n"));
    std::fs::write(folder.join("files/events.csv"), text).unwrap();
    let mapping = "source: app\nfiles:\n  - match: events.csv\n    records:\n      - event: { column: event }\n        user: user\n        time: time\n";
    std::fs::write(folder.join("files/mapping.yaml"), mapping).unwrap();
    folder
}
