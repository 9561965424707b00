//! Which values stand in a column: exactly while they are few, an estimate and samples beyond.

use std::collections::BTreeMap;
use std::hash::BuildHasher as _;

use engine::Value;
use foldhash::fast::FixedState;

/// Letters of a text that are kept.
const LETTERS: usize = 80;

/// Which values stand in a column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ValueProfile {
    /// How many different values; an estimate (within a fifth or so) where not exact.
    pub different: u64,
    /// Whether all of them were counted.
    pub is_exact: bool,
    /// Values with their counts, the most frequent first: all, or, where not exact, a random few. Texts are cut to 80
    /// letters.
    pub common: Vec<(Value, u64)>,
    /// The smallest number or time.
    pub least: Option<Value>,
    /// The largest number or time.
    pub most: Option<Value>,
}

/// Values in the making: of all different values those with the smallest hashes are kept, each with its exact count. So
/// the outcome does not depend on the order of rows or their division among threads, and memory is bounded.
#[derive(Debug, Clone)]
pub(super) struct Sketch {
    kept: BTreeMap<u64, (Value, u64)>,
    /// How many values are kept.
    size: usize,
    is_over: bool,
    least: Option<Value>,
    most: Option<Value>,
}

impl Sketch {
    pub(super) fn new(size: usize) -> Self {
        Self { kept: BTreeMap::new(), size, is_over: false, least: None, most: None }
    }

    pub(super) fn add(&mut self, value: &Value) {
        if matches!(value, Value::Number(_) | Value::Time(_)) {
            self.stretch(value);
        }
        let hash = FixedState::default().hash_one(value);
        self.count(hash, 1, || shortened(value));
    }

    /// Adds what another has seen.
    pub(super) fn join(&mut self, other: Self) {
        self.is_over |= other.is_over;
        for value in other.least.iter().chain(&other.most) {
            self.stretch(value);
        }
        for (hash, (value, rows)) in other.kept {
            self.count(hash, rows, || value);
        }
    }

    fn stretch(&mut self, value: &Value) {
        if self.least.as_ref().is_none_or(|least| value < least) {
            self.least = Some(value.clone());
        }
        if self.most.as_ref().is_none_or(|most| value > most) {
            self.most = Some(value.clone());
        }
    }

    fn count(&mut self, hash: u64, rows: u64, value: impl FnOnce() -> Value) {
        if let Some((_, count)) = self.kept.get_mut(&hash) {
            *count += rows;
            return;
        }
        let full = self.kept.len() >= self.size;
        if full {
            self.is_over = true;
            if self.kept.last_key_value().is_some_and(|(last, _)| hash > *last) {
                return;
            }
        }
        self.kept.insert(hash, (value(), rows));
        if full {
            self.kept.pop_last();
        }
    }

    pub(super) fn finish(self) -> ValueProfile {
        let different = match self.kept.last_key_value() {
            Some((last, _)) if self.is_over => {
                // The k-th smallest of n hashes, as a share of their range, is about k / n: (k - 1) / share estimates n
                // without bias (Bar-Yossef and others, Counting Distinct Elements in a Data Stream, 2002).
                let share = (*last as f64 / u64::MAX as f64).max(f64::MIN_POSITIVE);
                ((self.kept.len() - 1) as f64 / share).round() as u64
            }
            _ => self.kept.len() as u64,
        };
        let mut common: Vec<(Value, u64)> = self.kept.into_values().collect();
        common.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        ValueProfile { different, is_exact: !self.is_over, common, least: self.least, most: self.most }
    }
}

fn shortened(value: &Value) -> Value {
    match value {
        Value::Text(words) if words.len() > LETTERS => Value::text(&words.chars().take(LETTERS).collect::<String>()),
        Value::List(items) => Value::List(items.iter().take(8).map(shortened).collect()),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(values: impl Iterator<Item = i64>) -> Sketch {
        let mut sketch = Sketch::new(64);
        values.for_each(|value| sketch.add(&Value::whole(value)));
        sketch
    }

    #[test]
    fn few_values_are_exact() {
        let found = sketch((0..1_000).map(|row| row % 7)).finish();
        assert_eq!((found.different, found.is_exact), (7, true));
        assert_eq!(found.common.iter().map(|(_, rows)| rows).sum::<u64>(), 1_000);
        assert_eq!(found.common.first(), Some(&(Value::whole(0), 143)));
        assert_eq!((found.least, found.most), (Some(Value::whole(0)), Some(Value::whole(6))));
    }

    #[test]
    fn many_values_are_estimated_whatever_the_division() {
        let whole = sketch((0..30_000).map(|row| row % 10_000)).finish();
        let (mut left, right) =
            (sketch((0..11_111).map(|row| row % 10_000)), sketch((11_111..30_000).rev().map(|row| row % 10_000)));
        left.join(right);
        assert_eq!(left.finish(), whole);
        assert!(!whole.is_exact && (7_000..14_000).contains(&whole.different), "{}", whole.different);
        assert!(whole.common.iter().all(|(_, rows)| *rows == 3), "those that are kept are counted exactly");
        assert_eq!(whole.common.len(), 64);
    }

    #[test]
    fn long_texts_are_cut_and_still_told_apart() {
        let mut sketch = Sketch::new(8);
        for end in ["a", "b"] {
            sketch.add(&Value::text(&format!("{}{end}", "x".repeat(500))));
        }
        let found = sketch.finish();
        assert_eq!(found.different, 2);
        assert!(found.common.iter().all(|(value, _)| value.as_text().map(str::len) == Some(LETTERS)));
    }
}
