//! Formats, compression, folders: the same rows give the same records whatever they come in.

#![expect(clippy::expect_used, reason = "tests fail by panicking")]

mod support;

use std::io::{Cursor, Write as _};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, ListBuilder, RecordBatch, StringArray,
    StringBuilder, StructArray, TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Field, Schema};
use connect::files::{Mapping, Options};
use engine::record::{Body, Record, SubjectKind};
use engine::{Timestamp, Value};
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;
use support::{Folder, import, try_import};

const MAPPING: &str = r#"
source: test
zone: Europe/Berlin
files:
  - match: "**/a.*"
    records:
      - event: { column: what }
        user: user
        time: at
        properties: { n: { column: n, type: number }, words: { column: words, type: text } }
"#;

const CSV: &str = "user,what,at,n,words\nu1,Opened,2024-07-01 10:00,1.50,\"a, b\"\nu1,Opened,2024-07-01 10:00,1.50,\"a, b\"\nu2,Closed,2024-01-02T00:00:00Z,,ü\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("written");
    encoder.finish().expect("finished")
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        writer.start_file(*name, options).expect("started");
        writer.write_all(bytes).expect("written");
    }
    writer.finish().expect("finished").into_inner()
}

fn records_of(files: &[(&str, &[u8])]) -> Vec<Record> {
    let folder = Folder::new(files);
    let imported = import(MAPPING, &folder.0);
    assert_eq!(imported.rejects.total(), 0, "{:?}", imported.rejects.kept);
    imported.records
}

#[test]
fn the_same_rows_whatever_they_come_in() {
    let expect = records_of(&[("a.csv", CSV.as_bytes())]);
    assert_eq!(expect.len(), 3);
    // Half past: the zone's summer time; what states its own offset keeps it.
    let times: Vec<String> = expect.iter().map(|record| record.timestamp.to_string()).collect();
    assert_eq!(times, ["2024-07-01T08:00:00Z", "2024-07-01T08:00:00Z", "2024-01-02T00:00:00Z"]);
    assert_ne!(expect[0].message, expect[1].message, "identical rows are told apart");

    let half = CSV.len() / 2;
    let two_members = [gzip(&CSV.as_bytes()[..half]), gzip(&CSV.as_bytes()[half..])].concat();
    let tabs = CSV
        .replace("\"a, b\"", "a, b")
        .replace(",Opened,", "\tOpened\t")
        .replace("u1\tOpened\t2024-07-01 10:00,1.50,a", "u1\tOpened\t2024-07-01 10:00\t1.50\ta");
    let tabs = tabs
        .replace("user,what,at,n,words", "user\twhat\tat\tn\twords")
        .replace("u2,Closed,2024-01-02T00:00:00Z,,ü", "u2\tClosed\t2024-01-02T00:00:00Z\t\tü");
    let utf16: Vec<u8> = std::iter::once(0xFEFF).chain(CSV.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    let latin: Vec<u8> = CSV.chars().map(|letter| u8::try_from(u32::from(letter)).expect("latin-1")).collect();
    let json = "{\"user\":\"u1\",\"what\":\"Opened\",\"at\":\"2024-07-01 10:00\",\"n\":1.50,\"words\":\"a, b\"}\n"
        .repeat(2)
        + "{\"words\":\"\\u00fc\",\"at\":\"2024-01-02T00:00:00Z\",\"user\":\"u2\",\"what\":\"Closed\",\"n\":null}\n";
    let array = format!("[{}]", json.trim_end().replace('\n', ",\n"));
    for (name, bytes) in [
        ("a.csv.gz", gzip(CSV.as_bytes())),
        ("a.csv", two_members),
        ("a.csv.zst", zstd::encode_all(CSV.as_bytes(), 3).expect("packed")),
        ("x.zip", zipped(&[("deep/a.csv", CSV.as_bytes()), ("__MACOSX/a.csv", b"junk")])),
        ("a.tsv", tabs.into_bytes()),
        ("below/here/a.csv", utf16),
        ("a.txt", latin),
        ("a.jsonl", json.into_bytes()),
        ("a.json", array.into_bytes()),
    ] {
        assert_eq!(records_of(&[(name, &bytes)]), expect, "{name}");
    }
}

#[test]
fn damaged_packing_stops_the_import() {
    let packed = gzip(CSV.repeat(1_000).as_bytes());
    let cut = &packed[..packed.len() / 2];
    let mut archive = zipped(&[("a.csv", CSV.as_bytes())]);
    let at = archive.windows(4).position(|bytes| bytes == b"a.cs").expect("the member's name") + 12;
    archive[at] ^= 0x55;
    for bytes in [cut, &archive] {
        let folder = Folder::new(&[("a.csv", bytes)]);
        assert!(try_import(MAPPING, &folder.0, Options::default()).is_err());
    }
}

fn parquet() -> Vec<u8> {
    let mut lists = ListBuilder::new(StringBuilder::new());
    lists.values().append_value("x");
    lists.values().append_value("y");
    lists.append(true);
    lists.append(false);
    let address: ArrayRef = Arc::new(StructArray::from(vec![(
        Arc::new(Field::new("city", DataType::Utf8, true)),
        Arc::new(StringArray::from(vec![Some("Bonn"), None])) as ArrayRef,
    )]));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("user", Arc::new(Int64Array::from(vec![7, 8]))),
        ("at", Arc::new(TimestampMillisecondArray::from(vec![1_719_820_800_000, 1_704_153_600_000]))),
        ("day", Arc::new(Date32Array::from(vec![Some(19_905), None]))),
        ("score", Arc::new(Float64Array::from(vec![Some(0.1), Some(f64::NAN)]))),
        ("ok", Arc::new(BooleanArray::from(vec![true, false]))),
        ("tags", Arc::new(lists.finish())),
        ("address", address),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).expect("a batch");
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.into_inner().expect("closed")
}

#[test]
fn parquet_keeps_types() {
    let mapping = "source: test\nzone: Europe/Berlin\nfiles:\n  - match: a.parquet\n    records:\n      - { event: Seen, user: user, time: at, rest: true }\n";
    let folder = Folder::new(&[("a.parquet", &parquet())]);
    let imported = import(mapping, &folder.0);
    let messages: Vec<String> = imported.rejects.kept.iter().map(ToString::to_string).collect();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].ends_with("a.parquet, row 2: `score`: not a finite number below 10^18"), "{messages:?}");
    let record = imported.records.first().expect("the first row");
    assert_eq!(record.who.user.as_deref(), Some("7"));
    assert_eq!(record.timestamp.to_string(), "2024-07-01T06:00:00Z", "a wall clock in the mapping's zone");
    let Body::Event { properties, .. } = &record.body else { panic!("an event") };
    let words: Vec<String> = properties.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    assert_eq!(properties.get("score"), Some(&Value::Number("0.1".parse().expect("a number"))));
    assert_eq!(
        properties.get("day"),
        Some(&Value::Time(
            "2024-06-30T22:00:00Z".parse::<jiff::Timestamp>().map(Timestamp::from_jiff).expect("a time")
        ))
    );
    assert_eq!(properties.get("ok"), Some(&Value::Boolean(true)));
    assert_eq!(properties.get("tags"), Some(&Value::List([Value::text("x"), Value::text("y")].into())));
    assert_eq!(properties.get("address.city"), Some(&Value::text("Bonn")));
    assert_eq!(properties.len(), 5, "{words:?}");
}

#[test]
fn all_kinds_of_statements() {
    let mapping = r#"
source: test
files:
  - match: a.csv
    records:
      - { event: Signed Up, user: id, account: { column: org, prefix: "org-" }, time: at, received: got }
      - { traits: account, account: { column: org, prefix: "org-" }, time: at, values: { plan: plan } }
      - { traits: user, constant: true, user: id, values: { country: { column: country, type: text } } }
      - { membership: joined, user: id, account: second, time: at }
      - { membership: left, user: id, account: second, time: got }
      - { alias: was, user: id, time: at }
      - { event: { column: $item, rename: { a: Alpha }, others: skip }, user: id, time: at, each: { column: list, split: "|" }, id: { column: id, prefix: "i-" }, properties: { nth: $position } }
"#;
    let rows = b"id,org,at,got,plan,country,second,was,list\n1,o,2024-01-02,2024-01-01,pro,NA,s,old,a|b|a\n2,,2024-01-02,2024-01-03,,,,,\n";
    let folder = Folder::new(&[("a.csv", rows), ("b.csv", b"x\n")]);
    // The second row has no account: its traits have nobody to be about.
    let imported = import(mapping, &folder.0);
    assert_eq!((imported.records.len(), imported.rejects.total(), imported.summary.clamped), (8, 1, 1));
    assert_eq!(imported.summary.ignored.len(), 1);
    let record = |at: usize| &imported.records[at];
    assert_eq!(record(0).who.account.as_deref(), Some("org-o"));
    assert_eq!(record(0).timestamp.to_string(), "2024-01-01T00:00:00Z", "not later than receipt");
    assert!(matches!(&record(1).body, Body::Traits { of: SubjectKind::Account, constant: false, .. }));
    assert!(
        matches!(&record(2).body, Body::Traits { constant: true, traits, .. } if traits.get("country") == Some(&Value::text("NA")))
    );
    assert_eq!(record(2).timestamp, Timestamp::MIN);
    assert!(matches!(&record(3).body, Body::Traits { of: SubjectKind::User, traits, .. } if traits.is_empty()));
    assert_eq!(record(4).body, Body::Leave);
    assert_eq!(record(5).body, Body::Alias { previous: "old".into() });
    let nth: Vec<(&str, Option<&Value>)> = imported.records[6..]
        .iter()
        .map(|record| match &record.body {
            Body::Event { properties, .. } => (record.message.as_ref(), properties.get("nth")),
            _ => panic!("an event"),
        })
        .collect();
    assert_eq!(nth, [("i-1#1", Some(&Value::whole(1))), ("i-1#3", Some(&Value::whole(3)))]);
}

#[test]
fn a_changed_order_of_statements_keeps_ids() {
    let mapping = |records: &str| format!("source: test\nfiles:\n  - match: a.csv\n    records:\n{records}");
    let first = "      - { event: First, user: id, time: at }\n";
    let second = "      - { event: Second, user: id, time: at }\n";
    let folder = Folder::new(&[("a.csv", b"id,at\n1,2024-01-01\n")]);
    let ids = |text: String| {
        let mut ids: Vec<_> = import(&text, &folder.0).records.into_iter().map(|record| record.message).collect();
        ids.sort();
        ids
    };
    let both = ids(mapping(&format!("{first}{second}")));
    assert_eq!(both, ids(mapping(&format!("{second}{first}"))));
    assert!(both.contains(&ids(mapping(second))[0]));
}

/// A field that needs quotes or does not.
fn field() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9]{1,8}", "[ -~]{0,12}", "[\\PC\n\"]{0,6}", "(a|,|;|\"|\n|\r\n){1,6}"]
}

fn write_csv(rows: &[Vec<String>], delimiter: char, crlf: bool) -> String {
    let quoted = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
    let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(&delimiter.to_string());
    let end = if crlf { "\r\n" } else { "\n" };
    rows.iter().map(|row| line(row) + end).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_as_csv_is_read_back(
        rows in prop::collection::vec(prop::collection::vec(field(), 3), 1..12),
        delimiter in prop::sample::select(vec![',', ';', '\t', '|']),
        crlf in any::<bool>(),
        gaps in any::<bool>(),
    ) {
        let mut all = vec![vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]];
        all.extend(rows.iter().cloned());
        let mut text = write_csv(&all, delimiter, crlf);
        if gaps {
            text.push('\n');
        }
        let mapping = format!(
            "source: t\nmissing: []\nfiles:\n  - match: a.csv\n    delimiter: {delimiter:?}\n    encoding: utf-8\n    records:\n      - \
             {{ event: Row, user: {{ value: u }}, time: {{ value: 2024-01-01 }}, rest: true }}\n"
        );
        let folder = Folder::new(&[("a.csv", text.as_bytes())]);
        let imported = import(&mapping, &folder.0);
        prop_assert_eq!(imported.rejects.total(), 0, "{:?}", imported.rejects.kept);
        let read: Vec<Vec<String>> = imported.records.iter().map(|record| match &record.body {
            Body::Event { properties, .. } => properties.values().map(|value| value.as_text().unwrap_or("?").to_owned()).collect(),
            _ => Vec::new(),
        }).collect();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..400),
            "[\\[\\]{}\",:;\\\\\n\r\t a0-9.eE+-]{0,300}".prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 0..200).prop_map(|tail| [b"PAR1".to_vec(), tail, b"PAR1".to_vec()].concat()),
            prop::collection::vec(any::<u8>(), 0..200).prop_map(|tail| [b"PK\x03\x04".to_vec(), tail].concat()),
            prop::collection::vec(any::<u8>(), 0..200).prop_map(|tail| [vec![0x1f, 0x8b, 8, 0], tail].concat()),
            prop::collection::vec(any::<u8>(), 0..200).prop_map(|tail| [vec![0x28, 0xb5, 0x2f, 0xfd], tail].concat()),
        ],
        format in prop::sample::select(vec!["csv", "json", "parquet"]),
    ) {
        let mapping = format!(
            "source: t\nfiles:\n  - match: '*'\n    format: {format}\n    records:\n      - {{ event: Row, user: {{ value: u }}, time: \
             {{ value: 2024-01-01 }}, rest: true }}\n"
        );
        let folder = Folder::new(&[("a.bin", &bytes)]);
        drop(try_import(&mapping, &folder.0, Options::default()));
        drop(connect::files::guess(std::slice::from_ref(&folder.0)));
    }

    #[test]
    fn no_text_makes_a_mapping_panic(text in "(source|files|match|records|event|time|:|-| |\n|  |\\{|\\}|\\[|\\]|'|\"|&|\\*|!|a){0,60}") {
        drop(Mapping::parse("m.yaml", &text));
    }
}
