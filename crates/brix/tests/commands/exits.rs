//! How commands end: by one table, whatever the command.

use std::path::Path;

use crate::support::{events, fails, out, scratch};

/// A product with a lake, and a definition.
fn product(name: &str) -> std::path::PathBuf {
    let folder = events(name, "", &["ann,2025-01-01,Logged In", "bob,2025-01-02,Logged In"]);
    out(&folder, &["import", "files"]);
    let definition =
        "id: busy\nsubject: user\npopulation: everyone\nwhen: { event: Logged In }\ngoal: { event: Logged In }\n";
    std::fs::write(folder.join("busy.yaml"), definition).unwrap();
    std::fs::write(folder.join("faulty.yaml"), definition.replace("when", "wehn")).unwrap();
    folder
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_2_and_what_is_not_there_with_3() {
    let folder = product("exits");
    for (code, arguments) in [
        (1, &["check", "faulty.yaml"][..]),
        (1, &["qualify", "faulty.yaml"]),
        // An option, a form, a name, a question.
        (2, &["qualify", "busy.yaml", "--evr"]),
        (2, &["qualify", "busy.yaml", "--as-of", "soon"]),
        (2, &["audit", "--since", "soon"]),
        (2, &["discover", "--goal", "Logged Inn"]),
        (2, &["data", "events", "Logged Inn"]),
        (2, &["templates", "--show", "project-managment"]),
        (2, &["erase", "ann", "--lake", "lake"]),
        (2, &["retain", "--before", "2025-01-02"]),
        (2, &["leads", "--server", "https://127.0.0.1:1"]),
        // A file, a folder, a lake, somebody, a server.
        (3, &["check", "nowhere.yaml"]),
        (3, &["import", "nowhere"]),
        (3, &["import", "files", "--data", "files"]),
        (3, &["import", "files", "--suppressed", "busy.yaml"]),
        (3, &["data", "--lake", "nowhere"]),
        (3, &["explain", "nobody", "-d", "busy.yaml"]),
        (3, &["backup", "elsewhere"]),
        (3, &["leads", "--server", "http://127.0.0.1:1"]),
        (3, &["export", "ann", "--server", "http://127.0.0.1:1"]),
        (3, &["status", "--server", "http://127.0.0.1:1"]),
    ] {
        let words = with_key(&folder, code, arguments);
        assert!(!words.is_empty(), "{arguments:?} says why");
    }
}

fn with_key(folder: &Path, code: i32, arguments: &[&str]) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_brix"));
    command.current_dir(folder).env_remove("BRIX_LAKE").env_remove("BRIX_URL").env("BRIX_API_KEY", "any-key-at-all");
    let output = command.args(arguments).stdin(std::process::Stdio::null()).output().unwrap();
    let words = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(code), "brix {arguments:?}: {words}");
    words
}

/// Whoever asks for it may have written the id wrong, and is told.
#[test]
fn an_erasure_of_nobody_out_of_a_lake_says_so() {
    let folder = product("exits-erasure");
    let erased = |id: &str| with_key(&folder, 0, &["erase", id, "--lake", "lake", "--yes"]);
    assert!(erased("nobody").contains("lake knows nothing by this id"));
    assert!(!erased("ann").contains("knows nothing"));
    assert!(erased("ann").contains("lake knows nothing by this id"), "she is gone");
}

#[test]
fn who_cannot_be_reached_is_named_with_the_cure() {
    let folder = scratch("exits-unreached");
    for arguments in [&["leads"][..], &["leads", "--follow"], &["status"], &["near"], &["plan", "."], &["deliveries"]] {
        std::fs::write(folder.join("a.yaml"), "").unwrap();
        let words = with_key(&folder, 3, &[arguments, &["--server", "http://127.0.0.1:1"]].concat());
        let expected =
            "cannot reach a server at http://127.0.0.1:1: is it running there? --server or BRIX_URL names another";
        assert!(words.contains(expected), "{arguments:?}: {words}");
    }
}

/// A program, or whatever else was named by mistake.
#[test]
fn files_that_are_no_text_are_told() {
    let folder = scratch("exits-binary");
    let program = std::fs::read(env!("CARGO_BIN_EXE_brix")).unwrap();
    for name in ["program", "events.csv", "events.jsonl", "busy.yaml"] {
        std::fs::write(folder.join(name), &program[..5000]).unwrap();
    }
    for command in ["check", "test", "qualify"] {
        let words = fails(&folder, 3, &[command, "busy.yaml"]);
        assert!(
            words.contains("busy.yaml is no text: a definition is YAML in UTF-8") || command == "qualify",
            "{words}"
        );
    }
    for name in ["program", "events.csv", "events.jsonl"] {
        let words = fails(&folder, 3, &["import", "--guess", name]);
        assert!(words.contains(name) && words.contains("it is no text, and neither Parquet nor Avro"), "{words}");
    }
    let mapping = "source: app\nfiles:\n  - match: '*'\n    records:\n      - { event: A, user: user, time: time }\n";
    std::fs::write(folder.join("mapping.yaml"), mapping).unwrap();
    assert!(
        fails(&folder, 3, &["import", "events.csv"])
            .contains("events.csv:1: the first line holds bytes that are no text")
    );
    // A stray character, and an encoding with a mark, are.
    std::fs::write(folder.join("stray.csv"), "user,time\nann\u{1},2025-01-01\nbob,2025-01-02\n").unwrap();
    let wide: Vec<u8> = "\u{feff}user,time\nann,2025-01-01\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(folder.join("wide.csv"), wide).unwrap();
    for name in ["stray.csv", "wide.csv"] {
        assert!(out(&folder, &["import", "--guess", name]).contains("user: \"user\""), "{name}");
    }
}
