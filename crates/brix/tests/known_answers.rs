//! The whole job on real data, as a user runs it, against answers that other tools gave. Skipped where the data are not there.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops where it cannot go on, and says what it skips"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A folder of its own for a test, empty.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The repository's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The real set of a name, if it is there.
fn data(name: &str) -> Option<PathBuf> {
    let folder = root().join("../shared/data").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no {}", folder.display());
    None
}

/// Runs the binary in an example's folder and gives its standard output.
fn brix(example: &str, lake: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_brix"))
        .current_dir(root().join("examples").join(example))
        .arg("--lake")
        .arg(lake)
        .args(["--quiet", "--workspace", "brix.yaml"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "brix {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn import(example: &str, data: &Path, lake: &Path) {
    brix(example, lake, &["import", "--mapping", "mapping.yaml", data.to_str().unwrap()]);
}

#[test]
fn relax_has_1602_adopted_users() {
    let Some(data) = data("relax") else { return };
    let lake = scratch("relax").join("lake");
    import("relax", &data, &lake);
    brix("relax", &lake, &["check", "adopted.yaml"]);
    brix("relax", &lake, &["test", "adopted.yaml"]);
    let adopted = brix("relax", &lake, &["qualify", "adopted.yaml", "--ever", "--format", "csv"]);
    assert_eq!(adopted.lines().count(), 1 + 1602);
    let explained = brix("relax", &lake, &["explain", "2", "--definition", "adopted.yaml"]);
    assert!(explained.contains("user 2: 15 events"), "{explained}");
}

#[test]
fn learners_of_365_buy_when_they_did() {
    let Some(data) = data("365") else { return };
    let lake = scratch("365").join("lake");
    import("365", &data, &lake);
    let told = brix("365", &lake, &["backtest", "learner.yaml", "--observed-until", "2022-10-20", "--json"]);
    let report: Value = serde_json::from_str(&told).unwrap();
    let everyone = &report["definitions"][0]["from_clock"];
    assert_eq!(everyone["people"], 35_230);
    assert_eq!(everyone["converted"], 2_135);
    let buckets: Vec<u64> = everyone["buckets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bucket| bucket["people"]["total"].as_u64().unwrap())
        .collect();
    assert_eq!(buckets, [1_019, 725, 285, 106]);
}
