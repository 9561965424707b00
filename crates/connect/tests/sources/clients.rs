//! What real clients sent to a server of this machine's own, with invented people: each request as records, with the key
//! and the answer.

use std::fmt::Write as _;
use std::path::Path;

use connect::sources::Method;

use crate::asked::{ask, lines};

#[test]
fn what_real_clients_send() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sources");
    let files = std::fs::read_dir(folder).expect("the fixtures").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    let mut said = String::new();
    for file in &files {
        let fixture: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(file).expect("a fixture")).expect("JSON");
        let text = |name: &str| fixture[name].as_str().expect("a text");
        let headers = fixture["headers"].as_object().expect("headers");
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str().expect("a text"))).collect();
        let mut ask = ask(text("source"), text("path"));
        ask.method = if text("method") == "GET" { Method::Get } else { Method::Post };
        ask.query = text("query");
        ask.headers = &headers;
        let received = ask.send(text("body").as_bytes());
        let name = file.file_stem().expect("a name").to_string_lossy();
        let key = received.key.as_ref().map(|key| key.expose());
        let written = writeln!(said, "{name}: key {key:?}, {} {}", received.answer.status, received.answer.body);
        written.expect("written");
        for line in lines(&received) {
            writeln!(said, "  {line}").expect("written");
        }
    }
    assert!(files.len() > 20, "the fixtures are there");
    insta::assert_snapshot!(said);
}
