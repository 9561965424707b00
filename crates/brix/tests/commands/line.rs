//! What holds for every command: JSON, broken pipes, exit codes, help, completions.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{events, fails, out, product, run, scratch};

/// A command line of each command that gives data, and whether it needs a product.
const COMMANDS: [&[&str]; 14] = [
    &["init", "--print"],
    &["import", "export"],
    &["import", "--guess", "export"],
    &["data"],
    &["data", "events"],
    &["data", "events", "Logged In"],
    &["data", "traits"],
    &["templates"],
    &["check", "minimum-viable"],
    &["test", "minimum-viable"],
    &["qualify", "minimum-viable", "--ever"],
    &["backtest", "minimum-viable"],
    &["discover"],
    &["simulate", "--users", "20", "--months", "1", "--out", "again", "--force"],
];

#[test]
fn every_command_gives_json_and_nothing_else() {
    let folder = product("line-json");
    for command in COMMANDS {
        let text = out(&folder, &[command, &["--json"]].concat());
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{command:?}: {error}: {text}"));
        assert!(value.is_object() || value.is_array(), "{command:?}");
        let before = out(&folder, &[&["--json", "--quiet"], command].concat());
        assert!(serde_json::from_str::<Value>(&before).is_ok(), "{command:?}");
    }
    let listing: Value =
        serde_json::from_str(&out(&folder, &["qualify", "minimum-viable", "--ever", "--json"])).unwrap();
    let id = listing["rows"][0]["id"].as_str().unwrap();
    let told = out(&folder, &["explain", id, "--definition", "minimum-viable", "--json"]);
    assert!(serde_json::from_str::<Value>(&told).unwrap().is_object());
}

#[test]
fn quiet_says_nothing_but_data_and_errors() {
    let folder = product("line-quiet");
    for command in COMMANDS {
        let output = run(&folder, &[&["--quiet"], command].concat());
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{command:?}");
    }
    assert!(fails(&folder, 3, &["--quiet", "check", "nothing.yaml"]).contains("nothing.yaml"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = product("line-pipe");
    for command in
        [&["data", "--json"][..], &["import", "--guess", "export"], &["qualify", "minimum-viable", "--ever", "--json"]]
    {
        let mut child = Command::new(env!("CARGO_BIN_EXE_brix"))
            .current_dir(&folder)
            .env_remove("BRIX_LAKE")
            .args(command)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut words = String::new();
        child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
        let status = child.wait().unwrap();
        assert!(status.success(), "{command:?}: {status}: {words}");
        assert!(!words.contains("error") && !words.contains("panicked"), "{command:?}: {words}");
    }
}

#[test]
fn help_and_completions_know_every_command() {
    let folder = scratch("line-help");
    let help = out(&folder, &["--help"]);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let heads = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let commands: Vec<&str> =
        heads.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect();
    assert!(commands.len() >= 11 && commands.contains(&"init") && commands.contains(&"data"), "{commands:?}");
    for command in commands.iter().copied() {
        let long = out(&folder, &["help", command]);
        assert!(long.contains("Usage:"), "{long}");
        assert!(long.lines().all(|line| line.chars().count() <= 100), "{command}: {long}");
        assert_eq!(out(&folder, &[command, "--help"]), long);
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = out(&folder, &["completions", shell]);
        assert!(commands.iter().all(|command| script.contains(command)), "{shell}");
    }
    assert!(out(&folder, &["--version"]).starts_with("brix "));
    assert!(fails(&folder, 2, &["backtset"]).contains("backtest"), "a slip is set right");
}

#[test]
fn exit_codes_are_as_the_help_says() {
    let folder = events("line-codes", "", &["ann,2025-01-01,Logged In"]);
    out(&folder, &["import", "files"]);
    std::fs::write(folder.join("fault.yaml"), "id: fault\nwhen: { event: Logged In, cuont: 3 }\n").unwrap();
    std::fs::write(folder.join("doubt.yaml"), "id: doubt\nwhen: { event: Loged In }\n").unwrap();
    fails(&folder, 1, &["check", "fault.yaml"]);
    let output = run(&folder, &["check", "doubt.yaml"]);
    assert_eq!(output.status.code(), Some(0), "a warning stops nothing");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("^") && told.contains("doubt.yaml:2:") && told.contains("Logged In"), "{told}");
    fails(&folder, 1, &["check", "--strict", "doubt.yaml"]);
    let fault = String::from_utf8(run(&folder, &["check", "fault.yaml"]).stdout).unwrap();
    assert!(fault.contains("cuont") && fault.contains("`count`") && fault.contains("^^^^^"), "{fault}");
    fails(&folder, 2, &["data", "--lakes"]);
    fails(&folder, 3, &["data", "--lake", "nowhere"]);
    damaged(&folder);
}

/// A lake with a file cut short is an error of input, with its name and cure.
fn damaged(folder: &Path) {
    let lake = folder.join("lake");
    let part = std::fs::read_dir(&lake).unwrap().map(|entry| entry.unwrap().path());
    let part = part.filter(|path| path.extension().is_some_and(|end| end == "parquet"));
    let mut events = part.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("events-1"));
    let path = events.next().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let words = fails(folder, 3, &["data"]);
    assert!(words.contains("is damaged") && words.contains("import again"), "{words}");
}

#[test]
fn settings_that_cannot_be_used_are_pointed_at() {
    let folder = events("line-settings", "", &["ann,2025-01-01,Logged In"]);
    std::fs::write(folder.join("brix.yaml"), "zone: Europe/Berln\ncurency: EUR\n").unwrap();
    let words = fails(&folder, 3, &["import", "files"]);
    assert!(words.contains("did you mean `Europe/Berlin`?") && words.contains("curency"), "{words}");
    assert!(fails(&folder, 3, &["data", "--workspace", "no.yaml"]).contains("no.yaml"));
}
