//! Real messages, damaged at random: whatever comes of them, nothing panics, every message is counted, and neither time nor what is kept
//! grows out of proportion.
//!
//! The seeds are what vendors' clients sent (`fixtures/sources`) and messages of those that have no client (`corpus`, with what ever
//! failed). `BRIX_INPUTS` sets how many there are, `BRIX_FIRST_SEED` where the dice begin.

#![expect(clippy::expect_used, reason = "helpers of tests fail by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use connect::sources::{self, Method};
use serde_json::{Map, Value, json};

use crate::sound::{assert_counted, receive_at};

/// In `make test`; the long run is `scripts/soak.sh sources`.
const INPUTS: u64 = 20_000;
/// No input is larger: what is slow at this size is slow in kind.
const BYTES: usize = 64 << 10;
/// What one input may take, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(5);

/// PCG32 (O'Neill 2014), so that a seed gives the same inputs everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u32 {
        let old = self.0;
        self.0 = old.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let shifted = (((old >> 18) ^ old) >> 27) as u32;
        shifted.rotate_right((old >> 59) as u32)
    }

    fn below(&mut self, sides: usize) -> usize {
        if sides == 0 { 0 } else { self.roll() as usize % sides }
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// A request to begin from.
struct Seed {
    source: &'static str,
    method: Method,
    path: String,
    query: String,
    body: Vec<u8>,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// Of a file in the form of the fixtures.
fn seed_of(path: &Path) -> Seed {
    let file: Value = serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON");
    let text = |name: &str| file[name].as_str().unwrap_or_default();
    let source = sources::find(text("source")).expect("a source").id;
    let method = if text("method") == "GET" { Method::Get } else { Method::Post };
    // What is not UTF-8 stands in the file as numbers.
    let bytes =
        file["bytes"].as_array().map(|bytes| bytes.iter().map(|byte| byte.as_u64().unwrap_or(0) as u8).collect());
    let body = bytes.unwrap_or_else(|| text("body").as_bytes().to_vec());
    Seed { source, method, path: text("path").to_owned(), query: text("query").to_owned(), body }
}

fn seeds() -> Vec<Seed> {
    let mut paths = Vec::new();
    for name in ["fixtures/sources", "corpus"] {
        let files = std::fs::read_dir(folder(name)).expect("a folder").map(|file| file.expect("a file").path());
        paths.extend(files.filter(|path| path.extension().is_some_and(|ending| ending == "json")));
    }
    paths.sort();
    paths.iter().map(|path| seed_of(path)).collect()
}

const WORDS: [&str; 16] = [
    "",
    "null",
    "u1",
    "anonymous",
    "$set",
    "$identify",
    "company",
    "9999-12-31T23:59:59Z",
    "0001-01-01",
    "-0",
    "1e999",
    "\u{0}",
    "用户\u{301}",
    "a.b/c~d",
    "USD",
    "{\"a\":1}",
];

fn leaf(dice: &mut Dice) -> Value {
    match dice.below(9) {
        0 => Value::Null,
        1 => json!(dice.below(2) == 0),
        2 => json!(i64::from(dice.roll()) << 31),
        3 => json!(-1),
        4 => json!(f64::from(dice.roll()) * 1e290),
        5 => json!("x".repeat(dice.below(4) * 700)),
        6 => json!([]),
        7 => json!({}),
        _ => json!(dice.one(&WORDS)),
    }
}

/// How many values stand in a tree.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// The value with that number, counted from the root.
fn at(value: &mut Value, number: usize) -> Option<&mut Value> {
    if number == 0 {
        return Some(value);
    }
    let mut left = number - 1;
    let inner: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(members) => members.values_mut().collect(),
        _ => return None,
    };
    for value in inner {
        let size = size(value);
        if left < size {
            return at(value, left);
        }
        left -= size;
    }
    None
}

/// Changes the tree somewhere.
fn change(root: &mut Value, other: &Value, dice: &mut Dice) {
    let sizes = (size(root), size(other));
    let mut other = other.clone();
    let taken = at(&mut other, dice.below(sizes.1)).cloned().unwrap_or(Value::Null);
    let Some(value) = at(root, dice.below(sizes.0)) else { return };
    match dice.below(8) {
        0 | 1 => *value = leaf(dice),
        2 => *value = taken,
        3 => {
            for _ in 0..dice.below(60) {
                *value = if dice.below(2) == 0 { json!([value.take()]) } else { json!({ "a": value.take() }) };
            }
        }
        kind => match value {
            Value::Object(members) => change_object(members, kind, taken, dice),
            Value::Array(items) if kind == 4 => {
                let copy = items.first().cloned().unwrap_or(Value::Null);
                items.extend(std::iter::repeat_n(copy, dice.below(20)));
            }
            Value::Array(items) if !items.is_empty() => drop(items.swap_remove(dice.below(items.len()))),
            _ => *value = leaf(dice),
        },
    }
}

fn change_object(members: &mut Map<String, Value>, kind: usize, taken: Value, dice: &mut Dice) {
    let names: Vec<String> = members.keys().cloned().collect();
    let name = if names.is_empty() { String::new() } else { dice.one(&names).clone() };
    match kind {
        4 => drop(members.insert(dice.one(&WORDS).to_string(), taken)),
        5 => drop(members.insert(name, leaf(dice))),
        6 => {
            if let Some(value) = members.remove(&name) {
                members
                    .insert(if dice.below(2) == 0 { name.to_uppercase() } else { dice.one(&WORDS).to_string() }, value);
            }
        }
        _ => drop(members.remove(&name)),
    }
}

/// Changes bytes somewhere.
fn damage(body: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    let place = dice.below(body.len() + 1);
    let end = (place + 1 + dice.below(24)).min(body.len());
    match dice.below(7) {
        0 if place < body.len() => body[place] ^= 1 << dice.below(8),
        1 if place < body.len() => body[place] = *dice.one(b"{}[]\",:\\0-e \xff\xc3\0"),
        2 => body.truncate(place),
        3 if place < end => drop(body.drain(place..end)),
        4 if place < end => {
            let piece = body[place..end].repeat(1 + dice.below(40));
            body.splice(place..place, piece);
        }
        5 => {
            let from = dice.below(other.len());
            body.splice(place.., other[from..].iter().copied());
        }
        _ => drop(body.splice(place..place, dice.one(&WORDS).bytes())),
    }
}

/// An input, made of a seed and another.
fn input(seed: &Seed, other: &Seed, dice: &mut Dice) -> Vec<u8> {
    let mut body = seed.body.clone();
    if dice.below(3) > 0
        && let Ok(mut tree) = serde_json::from_slice::<Value>(&body)
    {
        let other = serde_json::from_slice(&other.body).unwrap_or(Value::Null);
        for _ in 0..=dice.below(4) {
            change(&mut tree, &other, dice);
        }
        body = tree.to_string().into_bytes();
    }
    if dice.below(3) == 0 {
        for _ in 0..=dice.below(6) {
            damage(&mut body, &other.body, dice);
        }
    }
    body.truncate(BYTES);
    body
}

/// Whether a source bears an input; says what is wrong.
fn bears(seed: &Seed, body: &[u8]) -> Result<(), String> {
    let begun = Instant::now();
    let received = catch_unwind(AssertUnwindSafe(|| {
        let received = receive_at(seed.source, seed.method, &seed.path, &seed.query, body);
        assert_counted(&received);
        received
    }));
    let received = received.map_err(|_| "it panics".to_owned())?;
    if begun.elapsed() > PATIENCE {
        return Err(format!("it takes {:?}", begun.elapsed()));
    }
    // A message is two bytes at least, and gives its event and traits.
    let most = body.len() + seed.query.len() + 4;
    let outcome = &received.outcome;
    if outcome.records.len() > most || outcome.rejects.len() > most || received.answer.body.len() > 64 * most + 4_096 {
        return Err(format!(
            "{} records and {} rejects of {} bytes",
            outcome.records.len(),
            outcome.rejects.len(),
            body.len()
        ));
    }
    Ok(())
}

/// Keeps an input that failed, so that it is tried first from now on.
fn keep(seed: &Seed, body: &[u8]) -> PathBuf {
    let method = if seed.method == Method::Get { "GET" } else { "POST" };
    let file =
        json!({ "source": seed.source, "method": method, "path": seed.path, "query": seed.query, "bytes": body });
    let sum = body.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    let path = folder("corpus").join(format!("failed-{}-{sum:016x}.json", seed.source));
    std::fs::write(&path, file.to_string()).expect("kept");
    path
}

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn what_failed_once_and_every_seed_is_borne() {
    for seed in seeds() {
        assert_eq!(bears(&seed, &seed.body), Ok(()), "{} {}", seed.source, seed.path);
    }
}

#[test]
fn damaged_messages_are_borne() {
    let (inputs, first) = (number("BRIX_INPUTS", INPUTS), number("BRIX_FIRST_SEED", 0));
    let seeds = seeds();
    let all = sources::all();
    let each = inputs.div_ceil(all.len() as u64);
    println!("BRIX_SEED={first}");
    for (place, source) in all.iter().enumerate() {
        let own: Vec<&Seed> = seeds.iter().filter(|seed| seed.source == source.id).collect();
        assert!(!own.is_empty(), "{} has no message to begin from", source.id);
        let mut dice = Dice(first.wrapping_mul(1_000_003).wrapping_add(place as u64));
        let begun = Instant::now();
        let mut taken = 0_u64;
        for _ in 0..each {
            let seed = *dice.one(&own);
            // Now and then a piece of another vendor's message.
            let other = if dice.below(4) == 0 { dice.one(&seeds) } else { *dice.one(&own) };
            let body = input(seed, other, &mut dice);
            if let Err(why) = bears(seed, &body) {
                panic!("{} {}: {why}; the input is kept in {}", seed.source, seed.path, keep(seed, &body).display());
            }
            taken += body.len() as u64;
        }
        let seconds = begun.elapsed().as_secs_f64();
        println!(
            "FIGURE {{\"source\": \"{}\", \"inputs\": {each}, \"bytes\": {taken}, \"seconds\": {seconds:.1}}}",
            source.id
        );
    }
}
