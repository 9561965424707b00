//! Parsing suites of others, through the whole import: csv-spectrum and JSONTestSuite where they are at hand
//! (`../shared/import-suites`), and a few cases of each kind of our own that are always here.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, and say what is skipped"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use connect::files::{Import, KeptRejects, Mapping, Options};
use engine::record::{Body, Record};

fn suite(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/import-suites").join(name);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: {} is absent", path.display());
    None
}

fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} holds files", folder.display());
    paths
}

/// Every row as an event that has all columns as its properties.
fn import(path: &Path, format: &str) -> (Vec<Record>, KeptRejects) {
    let mapping = format!(
        "source: suite\nmissing: []\nfiles:\n  - match: '*'\n    format: {format}\n    records:\n      - event: Row\n        \
         user: {{ value: someone }}\n        time: {{ value: 2024-01-01 }}\n        rest: true\n"
    );
    let mapping = Mapping::parse("mapping.yaml", &mapping).unwrap_or_else(|error| panic!("{error}"));
    let mut import = Import::open(Arc::new(mapping), &[path.to_owned()], Options::default()).expect("the file opens");
    let mut rejects = KeptRejects::default();
    let mut records = Vec::new();
    while let Some(batch) = import.next_batch(&mut rejects).expect("the file is read") {
        records.extend(batch.to_records());
    }
    (records, rejects)
}

fn rows_of_csv(path: &Path) -> Vec<BTreeMap<String, String>> {
    let (records, rejects) = import(path, "csv");
    assert_eq!(rejects.total(), 0, "{}: {:?}", path.display(), rejects.kept);
    let row = |record: Record| match record.body {
        Body::Event { properties, .. } => properties
            .into_iter()
            .map(|(name, value)| (name.to_string(), value.as_text().expect("a text").to_owned()))
            .collect(),
        _ => panic!("an event"),
    };
    records.into_iter().map(row).collect()
}

fn check_csv(csv: &Path, json: &Path) {
    let text = std::fs::read_to_string(json).expect("the expected rows");
    // One row may stand without its array.
    let text = if text.trim_start().starts_with('{') { format!("[{text}]") } else { text };
    // The suite's JSON of this file has another telephone number than its CSV.
    let text = if csv.ends_with("location_coordinates.csv") { text.replace("1234567890", "2095257564") } else { text };
    let expect: Vec<BTreeMap<String, String>> = serde_json::from_str(&text).expect("an array of objects of texts");
    assert_eq!(rows_of_csv(csv), expect, "{}", csv.display());
}

fn check_csv_folder(folder: &Path) {
    for csv in files_in(&folder.join("csvs")) {
        let name = csv.file_stem().expect("a name").to_owned();
        check_csv(&csv, &folder.join("json").join(name).with_extension("json"));
    }
}

#[test]
fn csv_spectrum() {
    if let Some(folder) = suite("csv_spectrum") {
        check_csv_folder(&folder);
    }
}

#[test]
fn own_csv() {
    check_csv_folder(&fixtures("csv"));
}

/// Faults of syntax among the rejects; each has a place, and the place is in the file.
fn syntax_faults(path: &Path, rejects: &KeptRejects) -> Vec<String> {
    let is_syntax = |code: &str| matches!(code, "not-json" | "not-utf8" | "empty");
    let faults = rejects.kept.iter().filter(|reject| is_syntax(reject.reason.code()));
    let bytes = std::fs::read(path).expect("the file is there");
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    faults
        .inspect(|reject| {
            let (Some(line), Some(column)) = (reject.place.line, reject.place.column) else {
                panic!("{reject} has no place")
            };
            let text = usize::try_from(line).ok().and_then(|line| lines.get(line.checked_sub(1)?));
            // One behind the last character is where something is missing.
            let longest = text.map_or(0, |text| text.len() as u64 + 1);
            assert!((1..=longest).contains(&column), "{reject} is not in the file");
        })
        .map(ToString::to_string)
        .collect()
}

/// How many files of a folder have to be accepted, have to be rejected, and may be either.
fn check_json_folder(folder: &Path) -> [usize; 3] {
    let mut seen = [0; 3];
    for path in files_in(folder) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let (_, rejects) = import(&path, "json");
        let faults = syntax_faults(&path, &rejects);
        match name.get(..2) {
            Some("y_") => {
                seen[0] += 1;
                assert!(faults.is_empty(), "{name} is JSON: {faults:?}");
            }
            Some("n_") => {
                seen[1] += 1;
                assert!(!faults.is_empty(), "{name} is not JSON");
            }
            _ => seen[2] += 1,
        }
    }
    seen
}

#[test]
fn json_test_suite() {
    if let Some(folder) = suite("json_testsuite") {
        assert_eq!(check_json_folder(&folder.join("test_parsing")), [95, 188, 35]);
    }
}

#[test]
fn own_json() {
    assert_eq!(check_json_folder(&fixtures("json")), [4, 8, 3]);
}
