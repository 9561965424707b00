//! Rows that are not imported: where they stand, why, and that the others are.

mod support;

use connect::files::{FileError, Options};
use support::{Folder, import, try_import};

const MAPPING: &str = r#"
source: test
files:
  - match: "*.csv"
    records:
      - event: Opened
        user: user
        time: at
        amount: { column: paid, currency: EUR }
        properties:
          ok: { column: ok, type: boolean }
"#;

/// The rejected rows' messages and raw texts, for a file with the columns user, at, paid and ok.
fn rejected(rows: &[u8]) -> Vec<(String, String)> {
    let folder = Folder::new(&[("a.csv", &[b"user,at,paid,ok\n", rows].concat())]);
    let imported = import(MAPPING, &folder.0);
    let shown = format!("{}/", folder.0.display());
    let kept = imported.rejects.kept.iter();
    kept.map(|reject| (reject.to_string().replace(&shown, ""), reject.raw.clone())).collect()
}

#[test]
fn each_says_file_line_column_field_and_reason() {
    let rows = b"u1,2024-01-01,1,true\n\
        u2,2024-13-01,1,true\n\
        u3,2024-01-01,ten,true\n\
        u4,2024-01-01,1,perhaps\n\
        ,2024-01-01,1,true\n\
        u5,,1,true\n\
        u6,1850-01-01,1,true\n\
        u7,2024-01-01,1000000000000000000,true\n\
        u8,2024-01-01\n\
        \"u9\nx\",\"2024-01-0\xc3\xbc\",1,true\n\
        u10,2024-01-02,,\n";
    let messages: Vec<String> = rejected(rows).into_iter().map(|(message, _)| message).collect();
    assert_eq!(
        messages,
        [
            "a.csv:3:4: `at`: not a time of the form `iso`",
            "a.csv:4:15: `paid`: not a number; say `type: text` or name it under `missing:`",
            "a.csv:5:17: `ok`: neither true nor false; say `type: text` or name it under `missing:`",
            "a.csv:6:1: the record has no user, anonymous, account or workspace id",
            "a.csv:7:4: `at`: no time",
            "a.csv:8:4: `at`: the time 1850-01-01 is not between 1900 and 2200; are its seconds milliseconds, or the other way \
             round?",
            "a.csv:9:15: `paid`: the number is 10^18 or larger",
            "a.csv:10:1: the row has 2 fields where the header has 4; is a delimiter unquoted, or is `delimiter:` another?",
            "a.csv:12:4: `at`: not a time of the form `iso`",
        ]
    );
}

#[test]
fn the_row_is_kept_as_it_stands() {
    assert_eq!(
        rejected(b"\n\"u,1\",never,1,true\r\n").first().map(|(_, raw)| raw.as_str()),
        Some("\"u,1\",never,1,true")
    );
    let long = format!("u1,{},1,true\n", "x".repeat(10_000));
    assert_eq!(rejected(long.as_bytes()).first().map(|(_, raw)| raw.len()), Some(2_048));
}

#[test]
fn bytes_that_are_no_text_spoil_only_their_row() {
    // The first rows make the file UTF-8; the broken byte comes far behind them.
    let mut rows = "ü1,2024-01-01,1,true\n".repeat(20_000).into_bytes();
    rows.extend_from_slice(b"u\xff,2024-01-01,1,true\nlast,2024-01-01,1,true\n");
    let found = rejected(&rows);
    assert_eq!(found.len(), 1);
    let message = found.first().map(|(message, _)| message.as_str()).unwrap_or_default();
    assert!(message.starts_with("a.csv:20002:1: these bytes are not UTF-8"), "{message}");
}

#[test]
fn a_quote_that_is_never_closed_is_told_with_its_line() {
    let found = rejected(b"u1,2024-01-01,1,true\nu2,2024-01-01,1,\"true\nu3,2024-01-01,1,true\n");
    let messages: Vec<&str> = found.iter().map(|(message, _)| message.as_str()).collect();
    assert_eq!(messages, ["a.csv:3:1: a quote is opened here and never closed"]);
}

#[test]
fn a_row_gives_all_its_records_or_none() {
    let mapping = r#"
source: test
files:
  - match: a.csv
    records:
      - { event: First, user: user, time: at, properties: { n: { column: n, type: text } } }
      - { event: Second, user: user, time: at, properties: { n: { column: n, type: number } }, amount: { column: n, currency: EUR } }
"#;
    let folder = Folder::new(&[("a.csv", b"user,at,n\nu1,2024-01-01,1\nu2,2024-01-01,x\nu3,2024-01-01,3\n")]);
    let imported = import(mapping, &folder.0);
    assert_eq!((imported.records.len(), imported.rejects.total()), (4, 1));
    let users: Vec<_> = imported.records.iter().filter_map(|record| record.who.user.as_deref()).collect();
    assert_eq!(users, ["u1", "u1", "u3", "u3"]);
    let summary = imported.summary.files.first().map(|file| (file.rows, file.records, file.rejected));
    assert_eq!(summary, Some((3, 4, 1)));
}

#[test]
fn strict_stops_at_the_first() {
    let folder = Folder::new(&[("a.csv", b"user,at,paid,ok\nu1,2024-01-01,,\nu2,x,,\nu3,y,,\n")]);
    let options = Options { strict: true, ..Options::default() };
    match try_import(MAPPING, &folder.0, options) {
        Err(FileError::Rejected(reject)) => assert_eq!((reject.place.line, reject.place.row), (Some(3), 2)),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the second row is no time"),
    }
}

#[test]
fn a_column_that_is_not_there_stops_with_the_nearest() {
    let folder = Folder::new(&[("a.csv", b"usr,at,paid,ok\nu1,2024-01-01,,\n")]);
    let error = try_import(MAPPING, &folder.0, Options::default()).map(|_| ()).map_err(|error| error.to_string());
    let error = error.expect_err("there is no column `user`");
    assert!(
        error.contains("there is no column `user`, which the mapping of `*.csv` names; did you mean `usr`?"),
        "{error}"
    );
}

#[test]
fn faults_of_json_have_their_place() {
    let mapping = "source: test\nfiles:\n  - match: a.json\n    records:\n      - { event: Opened, user: u, time: { column: at, format: unix } }\n";
    let rows = b"{\"u\":\"a\",\"at\":1700000000}\n{\"u\":\"b\",\"at\":17000000000000}\n\n  {\"u\":\"c\", x}\n[1]\n{\"u\":\"d\",\"at\":\"1700000000.5\"}\n";
    let folder = Folder::new(&[("a.json", rows)]);
    let imported = import(mapping, &folder.0);
    let shown = format!("{}/", folder.0.display());
    let messages: Vec<String> =
        imported.rejects.kept.iter().map(|reject| reject.to_string().replace(&shown, "")).collect();
    assert_eq!(
        messages,
        [
            "a.json:2:1: `at`: the time 17000000000000 is not between 1900 and 2200; are its seconds milliseconds, or the other \
             way round?",
            "a.json:4:13: not JSON: key must be a string",
            "a.json:5:1: a row must be a JSON object, this is an array",
        ]
    );
    let times: Vec<String> = imported.records.iter().map(|record| record.timestamp.to_string()).collect();
    assert_eq!(times, ["2023-11-14T22:13:20Z", "2023-11-14T22:13:20.5Z"]);
}

/// Why an import of a folder stops, without the folder's name.
fn stops(files: &[(&str, &[u8])], prepare: impl FnOnce(&std::path::Path)) -> String {
    let folder = Folder::new(files);
    prepare(&folder.0);
    let error = try_import(MAPPING, &folder.0, Options::default()).err().map(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}{}", cause.map(|cause| format!(" ({cause})")).unwrap_or_default())
    });
    error.unwrap_or_default().replace(&folder.0.display().to_string(), "here")
}

#[test]
fn what_is_no_text_is_no_table() {
    let said = "here/a.csv:1: the first line holds bytes that are no text, so this is no table; is it packed in a way that \
                Brix does not know? If it is UTF-16, state `encoding: utf-16le`";
    let utf16: Vec<u8> = "user,at,paid,ok\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [&[0; 5_000][..], b"7z\xbc\xaf\x27\x1c\0\x04\x01", &utf16] {
        assert_eq!(stops(&[("a.csv", bytes)], |_| ()), said);
    }
    // With its encoding it is read.
    let mapping = MAPPING.replace("    records", "    encoding: utf-16le\n    records");
    let folder = Folder::new(&[("a.csv", &utf16)]);
    assert_eq!(import(&mapping, &folder.0).rejects.total(), 0);
}

#[test]
fn the_system_s_reason_is_told_once() {
    let said = stops(&[("a.csv", b"\x1f\x8b\x08\0cut")], |_| ());
    assert!(said.starts_with("here/a.csv: cannot be read (") && said.matches('(').count() == 1, "{said}");
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_and_pipes_are_said_not_followed() {
    let circle = stops(&[("a.csv", b"user,at,paid,ok\n")], |folder| {
        let made = std::os::unix::fs::symlink(folder, folder.join("again"));
        assert!(made.is_ok());
    });
    assert!(circle.starts_with("here/again: the link leads back to a folder that it lies in"), "{circle}");
    // A link to a folder elsewhere is followed.
    let other = Folder::new(&[("a.csv", b"user,at,paid,ok\nu,2024-01-01,1,true\n")]);
    let folder = Folder::new(&[]);
    assert!(std::os::unix::fs::symlink(&other.0, folder.0.join("elsewhere")).is_ok());
    assert_eq!(import(&MAPPING.replace("*.csv", "**/*.csv"), &folder.0).records.len(), 1);
    // A socket stands for all that is there and is no file; opening a pipe would wait for ever.
    let odd = stops(&[], |folder| {
        assert!(std::os::unix::net::UnixListener::bind(folder.join("a.csv")).is_ok());
    });
    assert!(odd.starts_with("here/a.csv: neither a file nor a folder"), "{odd}");
}
