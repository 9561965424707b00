//! The same events sent live and imported from the vendor's export count once.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{KEY, Server, folder};

const LIVE: &str = r#"{"api_key":"test-key","events":[
    {"event_type":"Project Created","user_id":"u1","device_id":"d1","time":1704103200250,"insert_id":"i-1","user_properties":{"plan":"trial"}},
    {"event_type":"Project Created","user_id":"u2","device_id":"d2","time":1704103201000,"insert_id":"i-2"}]}"#;

const EXPORT: &str = r#"{"$insert_id":"i-1","uuid":"a","user_id":"u1","device_id":"d1","event_type":"Project Created","event_time":"2024-01-01 10:00:00.250000","server_upload_time":"2024-01-01 10:00:02","event_properties":{},"user_properties":{"plan":"trial"},"groups":{}}
{"$insert_id":"i-3","uuid":"c","user_id":"u3","device_id":"d3","event_type":"Project Created","event_time":"2024-01-01 09:00:00","server_upload_time":"2024-01-01 09:00:02","event_properties":{},"user_properties":{},"groups":{}}
"#;

#[test]
fn live_and_exported_count_once() {
    let place = folder("exported", "");
    let settings = "listen = \"127.0.0.1:0\"\nlog_format = \"json\"\n[compaction]\nevery = \"100ms\"\nentries = 1\n\
        [[sources]]\nname = \"app\"\nvendor = \"amplitude\"\nkeys = [\"env:TEST_KEY\"]\n";
    std::fs::write(place.join("server.toml"), settings).unwrap();
    let mut server = Server::start_with(&place, &[("TEST_KEY", KEY)]);
    assert_eq!(server.post("/2/httpapi", &[], LIVE.as_bytes()).status, 200);
    let begun = Instant::now();
    while !place.join("data/lake/current").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing goes into the lake: {}", server.words());
        std::thread::sleep(Duration::from_millis(20));
    }
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.words());

    std::fs::write(place.join("0#1.json"), EXPORT).unwrap();
    let brix = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
        let output = command.current_dir(&place).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let proposed = brix(&["import", "--guess", "0#1.json"]);
    assert!(proposed.contains("vendor: amplitude\nsource: amplitude # ?"), "{proposed}");
    std::fs::write(place.join("export.yaml"), proposed.replace("source: amplitude", "source: app")).unwrap();
    let told = brix(&["import", "0#1.json", "--mapping", "export.yaml", "--lake", "data/lake", "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&told["duplicates"], &told["new_events"], &told["new_facts"]),
        (&2.into(), &1.into(), &0.into()),
        "{told}"
    );
    // By its name alone it is another source.
    let told: Value = serde_json::from_str(&brix(&["import", "0#1.json", "--from", "amplitude", "--json"])).unwrap();
    assert_eq!((&told["duplicates"], &told["new_events"]), (&0.into(), &2.into()), "{told}");
}
