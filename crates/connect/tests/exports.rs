//! Exports of vendors: they say the same as the messages that they are of, with the same ids; what is damaged is named.

#![expect(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod support;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use connect::exports::{self, Exported, Plan};
use connect::files::{Batches as _, FileError, KeptRejects, Options, Summary};
use connect::sources::{self, Method, Request, Settings};
use engine::Timestamp;
use engine::record::{Body, Record};
use flate2::Compression;
use flate2::write::GzEncoder;
use support::Folder;

struct Imported {
    records: Vec<Record>,
    rejects: Vec<String>,
    summary: Summary,
}

fn try_import(mapping: &str, path: &Path, options: Options) -> Result<Imported, FileError> {
    let plan = Plan::parse("mapping.yaml", mapping).unwrap_or_else(|error| panic!("{error}"));
    let mut import = Exported::open(plan, &[path.to_owned()], options)?;
    let mut rejects = KeptRejects::default();
    let mut records = Vec::new();
    while let Some(batch) = import.next_batch(&mut rejects)? {
        records.extend(batch.to_records());
    }
    let rejects = rejects.kept.iter().map(ToString::to_string).collect();
    Ok(Imported { records, rejects, summary: import.summary().clone() })
}

fn import(mapping: &str, path: &Path) -> Imported {
    try_import(mapping, path, Options::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn at(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().map(Timestamp::from_jiff).expect("a time")
}

/// What the live source makes of a body.
fn live(vendor: &str, path: &str, body: &str, received: &str) -> Vec<Record> {
    let source = sources::find(vendor).expect("a source");
    let received_at = at(received);
    let request = Request { method: Method::Post, path, query: "", headers: &[], body: body.as_bytes(), received_at };
    let received = (source.receive)(&request, &Settings::of("app"));
    assert_eq!(received.outcome.rejects, []);
    received.outcome.records
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).expect("packed");
    packed.finish().expect("packed")
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file(*name, stored).expect("a member");
        archive.write_all(bytes).expect("written");
    }
    archive.finish().expect("an archive").into_inner()
}

const AMPLITUDE: &str = concat!(
    r#"{"$insert_id":"i-1","uuid":"9d3b","amplitude_id":77,"app":123456,"user_id":"u1","device_id":"d1","event_type":"Project Created","event_time":"2024-01-01 10:00:00.250000","client_event_time":"2024-01-01 10:00:09.000000","server_received_time":"2024-01-01 10:00:01.500000","server_upload_time":"2024-01-01 10:00:02.000000","event_properties":{"size":3,"tags":["a"],"$revenue":12.5},"user_properties":{"plan":"trial"},"groups":{"company":["acme"]},"group_properties":{},"session_id":1,"country":"Germany","platform":"Web","data":{}}"#,
    "\n",
    r#"{"$insert_id":"i-2","uuid":"9d3c","user_id":"u1","device_id":"d1","event_type":"$identify","event_time":"2024-01-01 10:00:05.000000","server_upload_time":"2024-01-01 10:00:06.000000","event_properties":{},"user_properties":{"plan":"team"},"groups":{}}"#,
    "\n",
    r#"{"$insert_id":null,"uuid":"9d3d","user_id":null,"device_id":"d2","event_type":"session_start","event_time":"2024-01-01 11:00:00","event_properties":{},"user_properties":{},"groups":{}}"#,
    "\n"
);

const AMPLITUDE_LIVE: &str = r#"{"api_key":"k","events":[
    {"event_type":"Project Created","user_id":"u1","device_id":"d1","time":1704103200250,"insert_id":"i-1",
     "event_properties":{"size":3,"tags":["a"],"$revenue":12.5},"user_properties":{"plan":"trial"},"groups":{"company":"acme"}},
    {"event_type":"$identify","user_id":"u1","device_id":"d1","time":1704103205000,"insert_id":"i-2","user_properties":{"$set":{"plan":"team"}}}]}"#;

/// Live and imported, but for the receipt: the one server's or the other's.
fn assert_same(live: &[Record], imported: &[Record]) {
    let without = |record: &Record| Record { received_at: None, ..record.clone() };
    let live: Vec<Record> = live.iter().map(without).collect();
    let imported: Vec<Record> = imported.iter().map(without).collect();
    assert_eq!(live, imported);
}

#[test]
fn amplitude_sent_live_and_exported_is_the_same() {
    let packed = gzip(AMPLITUDE);
    let name = "123456/123456_2024-01-01_10#1.json.gz";
    let folder = Folder::new(&[("export.zip", &zip(&[(name, &packed)]))]);
    let imported = import("vendor: amplitude\nsource: app\n", &folder.0.join("export.zip"));
    assert_eq!(imported.rejects, [""; 0]);
    let live = live("amplitude", "/2/httpapi", AMPLITUDE_LIVE, "2024-01-01T10:00:20Z");
    assert_eq!((live.len(), imported.records.len()), (3, 4));
    assert_same(&live, &imported.records[..3]);
    let of = |at: usize| imported.records[at].received_at;
    assert_eq!((of(0), of(3)), (Some(at("2024-01-01T10:00:02Z")), None));
    assert_eq!(imported.records[3].message.as_ref(), "9d3d", "known by Amplitude's own id");
    let again = import("vendor: amplitude\nsource: app\n", &folder.0.join("export.zip"));
    assert_eq!(again.records, imported.records);
}

const MIXPANEL: &str = concat!(
    r#"{"event":"Project Created","properties":{"time":1704106800,"distinct_id":"u1","$distinct_id_before_identity":"$device:d1","$device_id":"d1","$insert_id":"abc-1","$import":true,"$mp_api_endpoint":"api.mixpanel.com","mp_processing_time_ms":1704103201500,"size":3}}"#,
    "\n",
    r#"{"event":"$identify","properties":{"time":1704106805,"distinct_id":"u1","$identified_id":"u1","$anon_id":"d1","$insert_id":"abc-2"}}"#,
    "\n",
    r#"{"$distinct_id":"u1","$properties":{"$email":"ada@acme.com","plan":"team","$last_seen":"2024-01-02T00:00:00"}}"#,
    "\n"
);

#[test]
fn mixpanel_sent_live_and_exported_is_the_same() {
    let folder = Folder::new(&[("export.json", MIXPANEL.as_bytes())]);
    // 11:00 on the clock of Berlin is 10:00 UTC.
    let imported = import("vendor: mixpanel\nsource: app\nzone: Europe/Berlin\n", &folder.0);
    assert_eq!(imported.rejects, [""; 0]);
    let body = r#"[{"event":"Project Created","properties":{"token":"k","time":1704103200,"distinct_id":"$device:d1","$device_id":"d1","$insert_id":"abc-1","size":3}},
        {"event":"$identify","properties":{"token":"k","time":1704103205.7,"distinct_id":"u1","$identified_id":"u1","$anon_id":"d1","$insert_id":"abc-2"}}]"#;
    let mut live = live("mixpanel", "/track", body, "2024-01-01T10:00:20Z");
    assert_eq!((live.len(), imported.records.len()), (2, 3));
    // The export knows whole seconds only.
    live[1].timestamp = at("2024-01-01T10:00:05Z");
    assert_same(&live, &imported.records[..2]);
    assert_eq!(imported.records[0].received_at, Some(at("2024-01-01T10:00:01.5Z")));
    let profile = &imported.records[2];
    assert_eq!((profile.timestamp, profile.who.user.as_deref()), (at("2024-01-02T00:00:00Z"), Some("u1")));
    let Body::Traits { traits, .. } = &profile.body else { panic!("{profile:?}") };
    assert_eq!(traits.keys().map(AsRef::as_ref).collect::<Vec<_>>(), ["email", "plan"]);
}

const POSTHOG: &str = r#"{"uuid":"018e-1","event":"Project Created","distinct_id":"u1","person_id":"p","timestamp":"2024-01-01T10:00:00.250000Z","created_at":"2024-01-01T10:00:01.000000Z","team_id":2,"elements_chain":"","properties":{"size":3,"$set":{"plan":"trial"},"$groups":{"company":"acme"}},"person_properties":{"plan":"old"}}
{"uuid":"018e-2","event":"$identify","distinct_id":"u1","timestamp":"2024-01-01 10:00:05+00:00","created_at":"2024-01-01 10:00:06+00:00","properties":{"$anon_distinct_id":"d1","$set":{"plan":"team"}}}
"#;

const POSTHOG_LIVE: &str = r#"{"api_key":"k","batch":[
    {"uuid":"018e-1","event":"Project Created","distinct_id":"u1","timestamp":"2024-01-01T10:00:00.250Z","properties":{"size":3,"$set":{"plan":"trial"},"$groups":{"company":"acme"}}},
    {"uuid":"018e-2","event":"$identify","distinct_id":"u1","timestamp":"2024-01-01T10:00:05Z","properties":{"$anon_distinct_id":"d1","$set":{"plan":"team"}}}]}"#;

#[test]
fn posthog_sent_live_and_exported_is_the_same() {
    let live = live("posthog", "/batch", POSTHOG_LIVE, "2024-01-01T10:00:20Z");
    assert_eq!(live.len(), 3);
    let csv = "uuid,event,properties,distinct_id,timestamp,created_at,person_properties\n\
        018e-1,Project Created,\"{\"\"size\"\":3,\"\"$set\"\":{\"\"plan\"\":\"\"trial\"\"},\"\"$groups\"\":{\"\"company\"\":\"\"acme\"\"}}\",u1,2024-01-01 10:00:00.250,2024-01-01 10:00:01,\n\
        018e-2,$identify,\"{\"\"$anon_distinct_id\"\":\"\"d1\"\",\"\"$set\"\":{\"\"plan\"\":\"\"team\"\"}}\",u1,2024-01-01 10:00:05,2024-01-01 10:00:06,\n";
    let files =
        [("events.jsonl", POSTHOG.as_bytes().to_vec()), ("events.csv", csv.into()), ("events.parquet", parquet())];
    for (name, bytes) in files {
        let folder = Folder::new(&[(name, &bytes)]);
        let imported = import("vendor: posthog\nsource: app\n", &folder.0);
        assert_eq!(imported.rejects, [""; 0], "{name}");
        assert_same(&live, &imported.records);
        assert_eq!(imported.records[0].received_at, Some(at("2024-01-01T10:00:01Z")), "{name}");
    }
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn times(values: &[&str]) -> ArrayRef {
    let micros: Vec<i64> = values.iter().map(|text| at(text).0).collect();
    Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC"))
}

fn parquet() -> Vec<u8> {
    let properties = [
        r#"{"size":3,"$set":{"plan":"trial"},"$groups":{"company":"acme"}}"#,
        r#"{"$anon_distinct_id":"d1","$set":{"plan":"team"}}"#,
    ];
    let rows = RecordBatch::try_from_iter([
        ("uuid", texts(&["018e-1", "018e-2"])),
        ("event", texts(&["Project Created", "$identify"])),
        ("properties", texts(&properties)),
        ("distinct_id", texts(&["u1", "u1"])),
        ("timestamp", times(&["2024-01-01T10:00:00.25Z", "2024-01-01T10:00:05Z"])),
        ("created_at", times(&["2024-01-01T10:00:01Z", "2024-01-01T10:00:06Z"])),
    ]);
    let rows = rows.expect("rows");
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), rows.schema(), None).expect("a writer");
    writer.write(&rows).expect("written");
    writer.into_inner().expect("a file")
}

fn avro(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let rows = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)));
    let rows = rows.expect("rows");
    let mut writer = arrow_avro::writer::AvroWriter::new(Vec::new(), rows.schema().as_ref().clone()).expect("a writer");
    writer.write(&rows).expect("written");
    writer.finish().expect("finished");
    writer.into_inner()
}

fn heap_files() -> Vec<(&'static str, Vec<u8>)> {
    let ids = |values: &[i64]| -> ArrayRef { Arc::new(Int64Array::from(values.to_vec())) };
    let users = avro(vec![
        ("user_id", ids(&[4_503_599_627_370_497])),
        ("identity", texts(&["u1"])),
        ("email", texts(&["ada@acme.com"])),
        ("joindate", times(&["2024-01-01T09:00:00Z"])),
        ("last_modified", times(&["2024-01-01T12:00:00Z"])),
    ]);
    let created = avro(vec![
        ("event_id", ids(&[1])),
        ("user_id", ids(&[4_503_599_627_370_497])),
        ("session_id", ids(&[9])),
        ("time", times(&["2024-01-01T10:00:00Z"])),
        ("size", ids(&[3])),
        ("company_id", texts(&["acme"])),
    ]);
    let migrations = avro(vec![("from_user_id", ids(&[12])), ("to_user_id", ids(&[4_503_599_627_370_497]))]);
    vec![
        ("sync_7/users/part-0.avro", users),
        ("sync_7/project_created/part-0.avro", created),
        ("sync_7/user_migrations/part-0.avro", migrations),
        ("sync_7/manifest.json", br#"{"dump_id":7,"tables":[]}"#.to_vec()),
    ]
}

#[test]
fn heap_tables_say_who_did_what() {
    let files = heap_files();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    let folder = Folder::new(&files);
    let imported = import("vendor: heap\naccount_group: company_id\n", &folder.0);
    assert_eq!(imported.rejects, [""; 0]);
    assert_eq!(imported.summary.ignored.len(), 1, "the manifest");
    let [event, migration, user] = imported.records.as_slice() else { panic!("{:?}", imported.records) };
    assert_eq!(
        (event.who.anonymous.as_deref(), event.who.account.as_deref()),
        (Some("4503599627370497"), Some("acme"))
    );
    assert_eq!((event.message.as_ref(), event.timestamp), ("project_created:1", at("2024-01-01T10:00:00Z")));
    let Body::Event { name, properties, .. } = &event.body else { panic!("{event:?}") };
    assert_eq!((name.as_ref(), properties.len()), ("project_created", 2));
    assert_eq!(migration.body, Body::Alias { previous: "12".into() });
    assert_eq!((user.who.user.as_deref(), user.timestamp), (Some("u1"), at("2024-01-01T12:00:00Z")));
}

#[test]
fn avro_has_mappings_too() {
    let files = heap_files();
    let folder = Folder::new(&[("events.avro", &files[1].1)]);
    let mapping = "source: a\nfiles:\n  - match: '*.avro'\n    records:\n      - { event: Created, user: user_id, time: time, rest: true }\n";
    let imported = support::import(mapping, &folder.0);
    assert_eq!((imported.records.len(), imported.rejects.total()), (1, 0));
    assert_eq!(imported.summary.files[0].format, "avro");
    let cut = Folder::new(&[("events.avro", &files[1].1[..files[1].1.len() - 9])]);
    let error = support::try_import(mapping, &cut.0, Options::default()).err().expect("an error").to_string();
    assert!(
        error.contains("events.avro") && error.contains("Avro") && error.contains("fetch the file again"),
        "{error}"
    );
}

#[test]
fn what_is_damaged_is_named_with_its_place_and_the_cure() {
    let mapping = "vendor: amplitude\n";
    let packed = gzip(AMPLITUDE);
    let folder = Folder::new(&[("1_2024-01-01_0#1.json.gz", &packed[..packed.len() / 2])]);
    let error = try_import(mapping, &folder.0, Options::default()).err().expect("an error");
    let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(error.to_string().contains("0#1.json.gz") && source.contains("fetch the file again"), "{error}: {source}");

    let broken = AMPLITUDE.replacen("\"uuid\":\"9d3c\"", "\"uuid\":\"9d3c", 1);
    let folder = Folder::new(&[("0#1.json", broken.as_bytes())]);
    let imported = import(mapping, &folder.0);
    assert_eq!((imported.records.len(), imported.summary.rejected_rows()), (3, 1));
    assert!(imported.rejects[0].contains("0#1.json:2:1: not JSON"), "{:?}", imported.rejects);

    let other = Folder::new(&[("export.json", MIXPANEL.as_bytes())]);
    let imported = import(mapping, &other.0);
    assert_eq!((imported.records.len(), imported.rejects.len()), (0, 3));
    assert!(
        imported.rejects[0].contains("export.json:1:1: not a row of an export of Amplitude"),
        "{:?}",
        imported.rejects
    );
    let strict = Options { strict: true, ..Options::default() };
    assert!(try_import(mapping, &other.0, strict).is_err());

    let nobody = AMPLITUDE.replace("\"d2\"", "null").replace("2024-01-01 10:00:05", "yesterday");
    let folder = Folder::new(&[("0.json", nobody.as_bytes())]);
    let imported = import(mapping, &folder.0);
    assert!(
        imported.rejects[0].contains("0.json:2:1: `time`") && imported.rejects[1].contains("user_id"),
        "{:?}",
        imported.rejects
    );
}

#[test]
fn exports_are_recognised() {
    let heap = heap_files();
    let cases: [(&str, &str, &[u8]); 5] = [
        ("amplitude", "0#1.json.gz", &gzip(AMPLITUDE)),
        ("mixpanel", "export.json", MIXPANEL.as_bytes()),
        ("posthog", "events.jsonl", POSTHOG.as_bytes()),
        ("posthog", "events.parquet", &parquet()),
        ("heap", "users/0.avro", &heap[0].1),
    ];
    for (vendor, name, bytes) in cases {
        let folder = Folder::new(&[(name, bytes)]);
        let guess = exports::guess(std::slice::from_ref(&folder.0)).expect("read").unwrap_or_else(|| panic!("{name}"));
        let plan = Plan::parse("mapping.yaml", &guess.yaml).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((plan.vendor.id, &*plan.settings.source), (vendor, vendor), "{name}");
        let imported = import(&guess.yaml, &folder.0);
        assert!(!imported.records.is_empty() && imported.rejects.is_empty(), "{name}");
    }
    let own = Folder::new(&[("events.json", br#"{"event":"A","user":"u","time":"2024-01-01"}"#)]);
    assert!(exports::guess(std::slice::from_ref(&own.0)).expect("read").is_none());
}

#[test]
fn what_is_wrong_with_a_plan_is_told_with_its_line() {
    let wrong = "vendor: amplitud\nzone: Berlin\ncurency: EUR\n";
    let error = Plan::parse("mapping.yaml", wrong).expect_err("an error").to_string();
    for words in ["mapping.yaml:1:9", "did you mean `amplitude`?", "mapping.yaml:2:7", "did you mean `currency`?"] {
        assert!(error.contains(words), "{error}");
    }
}

/// Files of every format, damaged at random: nothing panics, and each row that is read is counted.
#[test]
fn damaged_files_are_borne() {
    let inputs: usize = std::env::var("BRIX_FILES").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let heap = heap_files();
    let seeds: [(&str, &str, Vec<u8>); 7] = [
        ("amplitude", "0.json", AMPLITUDE.into()),
        ("amplitude", "0.json.gz", gzip(AMPLITUDE)),
        ("amplitude", "a.zip", zip(&[("0.json.gz", &gzip(AMPLITUDE))])),
        ("mixpanel", "export.json", MIXPANEL.into()),
        ("posthog", "events.parquet", parquet()),
        ("heap", "users/0.avro", heap[0].1.clone()),
        ("heap", "created/0.avro", heap[1].1.clone()),
    ];
    let mut dice = 1_u64;
    let mut roll = |sides: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) as usize % sides.max(1)
    };
    for number in 0..inputs {
        let (vendor, name, seed) = &seeds[number % seeds.len()];
        let mut bytes = seed.clone();
        for _ in 0..=roll(3) {
            let place = roll(bytes.len());
            match roll(5) {
                0 | 1 => bytes[place] ^= 1 << roll(8),
                2 => bytes[place] = [0, 0xff, b'"', b'{', 0x80][roll(5)],
                3 => bytes.truncate(place + 1),
                _ => drop(bytes.splice(place..place, [roll(256) as u8; 3])),
            }
        }
        let folder = Folder::new(&[(name, &bytes)]);
        let plan = format!("vendor: {vendor}\n");
        let Ok(imported) = try_import(&plan, &folder.0, Options::default()) else { continue };
        for file in &imported.summary.files {
            assert!(file.records >= file.rows - file.rejected - file.left_out, "{vendor} {name}: {file:?}");
        }
    }
}
