//! Every command of the guide is run, in its order.

use std::path::Path;
use std::process::Command;

use crate::support::scratch;

#[test]
fn getting_started_runs_as_written() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/getting-started.md");
    let text = std::fs::read_to_string(guide).unwrap();
    let commands: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    let brix = commands.iter().filter(|command| command.starts_with("brix ")).count();
    assert!(brix >= 15, "the guide has lost its commands: {commands:?}");
    let folder = scratch("guide");
    let program = Path::new(env!("CARGO_BIN_EXE_brix")).parent().unwrap();
    let path = std::env::join_paths(
        std::iter::once(program.to_owned()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let path = path.unwrap();
    for command in commands {
        let mut shell = Command::new("sh");
        shell.current_dir(&folder).env("PATH", &path).env_remove("BRIX_LAKE").args(["-c", command]);
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!String::from_utf8_lossy(&output.stdout).contains("There is no event"), "{command}");
    }
    let page = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.starts_with("<!doctype html>"));
    assert!(std::fs::read_to_string(folder.join("leads.csv")).unwrap().lines().count() > 2);
}
