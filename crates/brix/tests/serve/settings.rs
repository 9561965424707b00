//! `brix config`: what is in force and where it comes from, and all that is wrong at once; and which log lines are written.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{KEY, MANAGE, READ, Server, folder};

fn config(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_brix"))
        .current_dir(folder)
        .arg("config")
        .args(arguments)
        .envs([("TEST_KEY", KEY), ("TEST_READ", READ), ("TEST_MANAGE", MANAGE)])
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

#[test]
fn each_value_is_told_with_where_it_comes_from() {
    let folder = folder("settings_shown", "connections = 77\n");
    let environment = [("BRIX_LISTEN", "127.0.0.1:9999"), ("BRIX_LAKE", "elsewhere"), ("BRIX_DATA", "not this")];
    let output = config(&folder, &["--data", "there", "--json"], &environment);
    assert!(output.status.success(), "{output:?}");
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |setting: &str| {
        let all = shown["settings"].as_array().unwrap();
        let one = all.iter().find(|one| one["setting"] == setting).unwrap_or_else(|| panic!("{setting}: {shown:#}"));
        format!("{} {}", one["value"], one["from"])
    };
    for (setting, expected) in [
        ("listen", r#""127.0.0.1:9999" {"kind":"variable","variable":"BRIX_LISTEN"}"#),
        ("data", r#""there" {"flag":"--data","kind":"flag"}"#),
        ("lake", r#""elsewhere" {"kind":"variable","variable":"BRIX_LAKE"}"#),
        ("log_format", r#""json" {"kind":"file","line":3}"#),
        ("log", r#""info" {"kind":"default"}"#),
        ("limits.connections", r#"77 {"kind":"file","line":5}"#),
        ("limits.request_timeout", r#""30s" {"kind":"default"}"#),
        ("sources.app.vendor", r#""segment" {"kind":"file","line":11}"#),
        ("sources.app.keys", r#"["(set)"] {"holds":["TEST_KEY"],"kind":"file","line":12}"#),
        ("sources.careful.keys", r#"["(set)"] {"kind":"file","line":17}"#),
        ("product.token_secret", r#"null {"kind":"default"}"#),
    ] {
        assert_eq!(of(setting), expected);
    }
    let output = config(&folder, &["--data", "there"], &environment);
    let text = String::from_utf8(output.stdout).unwrap();
    for line in ["data = \"there\" # --data", "listen = \"127.0.0.1:9999\" # BRIX_LISTEN", "connections = 77 # line 5"]
    {
        let found = text.lines().any(|one| one.split_whitespace().collect::<Vec<_>>().join(" ") == line);
        assert!(found, "{line}\n{text}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let folder = folder("settings_faults", "conections = 77\nbody_bytes = true\n");
    let output = config(&folder, &["--log-format", "xml"], &[("BRIX_LISTEN", "here")]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let words = String::from_utf8(output.stderr).unwrap();
    for expected in [
        "BRIX_LISTEN: `here` is not an address",
        "--log-format: `xml` is not known here; there are text, json",
        "server.toml:5:1: limits.`conections` is no setting; did you mean `connections`?",
        "server.toml:6:14: limits.body_bytes must be a whole number, 0 or more, and is true or false",
    ] {
        assert!(words.contains(expected), "{expected}\n{words}");
    }
}

#[test]
fn log_lines_are_of_the_levels_that_are_set() {
    let folder = folder("settings_log", "");
    let file = std::fs::read_to_string(folder.join("server.toml")).unwrap();
    let serving = |words: &str| words.contains("\"serving\"");
    std::fs::write(folder.join("server.toml"), format!("log = \"off,listen=info\"\n{file}")).unwrap();
    let mut server = Server::start(&folder);
    server.until_ready();
    let words = server.words();
    assert!(serving(&words) && !words.contains("everyone is taken up"), "{words}");
    server.signal("TERM");
    server.ended();
    std::fs::write(folder.join("server.toml"), format!("log = \"info\"\n{file}")).unwrap();
    let server = Server::start(&folder);
    server.until_ready();
    assert!(server.words().contains("everyone is taken up"), "{}", server.words());
}

/// A destination may wait for definitions that come later, or its settings have a slip of the pen.
#[test]
fn who_is_to_be_told_of_what_is_not_there_is_said_at_the_start() {
    let place = folder("settings_unknown_definition", "");
    let secret = "A".repeat(44);
    let own = format!(
        "[[destinations]]\nname = \"crm\"\nkind = \"webhook\"\nurl = \"https://example.com/\"\nsecret = \"whsec_{secret}\"\n\
         definitions = [\"trial-taem\"]\n"
    );
    let path = place.join("server.toml");
    std::fs::write(&path, std::fs::read_to_string(&path).unwrap() + &own).unwrap();
    let server = Server::start(&place);
    server.until_ready();
    let words = server.words();
    let line = words.lines().find(|line| line.contains("not in force")).unwrap_or_else(|| panic!("{words}"));
    assert!(line.contains("trial-taem") && line.contains("crm"), "{line}");
}

/// What is named has to be there; what nobody named may be missing.
#[test]
fn paths_that_are_named_lead_somewhere() {
    let place = folder("settings_paths", "");
    assert!(config(&place, &[], &[]).status.success());
    let path = place.join("server.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("workspace = \"nope.yaml\"\ndefinitions = \"nodefs\"\n{settings}")).unwrap();
    let output = config(&place, &[], &[]);
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{words}");
    for expected in ["server.toml:1:", "nope.yaml", "server.toml:2:", "nodefs"] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
}
