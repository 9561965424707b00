//! Reads reference values and compares.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may stop at the first broken file")]
#![expect(clippy::disallowed_methods, reason = "reference values are files")]
#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses a part")]

use std::fs::read_to_string;
use std::path::PathBuf;

use serde_json::Value;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// The cells of a CSV file, without the line that names the tool and the line that names the columns.
pub fn cells(name: &str) -> Vec<Vec<String>> {
    let text = read_to_string(path(name)).unwrap();
    let mut lines = text.lines();
    assert!(lines.next().unwrap().starts_with("# "), "{name} does not say which tool made it");
    let columns = lines.next().unwrap().split(',').count();
    let rows: Vec<Vec<String>> = lines.map(|line| line.split(',').map(str::to_owned).collect()).collect();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.len() == columns), "{name} is torn");
    rows
}

/// The same as numbers.
pub fn numbers(name: &str) -> Vec<Vec<f64>> {
    let number = |cell: &String| cell.parse().unwrap_or_else(|_| panic!("{name}: {cell} is not a number"));
    cells(name).iter().map(|row| row.iter().map(number).collect()).collect()
}

/// The cases of a JSON file.
pub fn document(name: &str) -> Value {
    let mut document: Value = serde_json::from_str(&read_to_string(path(name)).unwrap()).unwrap();
    assert!(document["made_with"].is_string(), "{name} does not say which tool made it");
    document["cases"].take()
}

/// A number in JSON.
pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// An array of numbers in JSON.
pub fn list(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// Equal to nine digits, or to 1e-9 near zero.
#[track_caller]
pub fn close(ours: f64, theirs: f64) {
    within(ours, theirs, 1e-9);
}

/// Equal up to a relative tolerance, absolute below 1.
#[track_caller]
pub fn within(ours: f64, theirs: f64, tolerance: f64) {
    let distance = (ours - theirs).abs();
    assert!(distance <= tolerance * theirs.abs().max(1.0), "ours {ours}, theirs {theirs}");
}

/// Equal up to a relative tolerance, however small.
#[track_caller]
pub fn relatively(ours: f64, theirs: f64, tolerance: f64) {
    assert!((ours - theirs).abs() <= tolerance * theirs.abs(), "ours {ours}, theirs {theirs}");
}
