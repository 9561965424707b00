//! What a report's figures are made of: counts, shares with intervals, people, and "not enough data".

use std::fmt;
use std::sync::Arc;

use engine::Timestamp;
use engine::time::{DAY, HOUR, MINUTE, SECOND};
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};
use stats::{Confidence, Estimate};

use crate::enough::THRESHOLDS;

/// How sure every interval of a report is.
pub const CONFIDENCE: Confidence = Confidence::NINETY_FIVE;

/// An instant, written as RFC 3339 in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct When(pub Timestamp);

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl When {
    /// The calendar date in a zone.
    #[must_use]
    pub fn date(self, zone: &TimeZone) -> String {
        self.0.in_zone(zone).date().to_string()
    }

    /// Date, hour and minute in a zone; only the date at midnight, where the data most likely know no more.
    #[must_use]
    pub fn minute(self, zone: &TimeZone) -> String {
        let local = self.0.in_zone(zone);
        if (local.hour(), local.minute(), local.second()) == (0, 0, 0) {
            return local.date().to_string();
        }
        format!("{} {:02}:{:02}", local.date(), local.hour(), local.minute())
    }
}

/// A value with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ranged {
    /// The estimate.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

impl From<Estimate> for Ranged {
    fn from(estimate: Estimate) -> Self {
        Self { value: estimate.value, low: estimate.interval.low, high: estimate.interval.high }
    }
}

/// A figure, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer<T> {
    /// The figure.
    Known(T),
    /// Too few people.
    NotEnough(NotEnough),
}

impl<T> Answer<T> {
    /// The figure, if there is one.
    #[must_use]
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::NotEnough(_) => None,
        }
    }

    /// Why there is none.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::NotEnough(short) => Some(&short.not_enough),
        }
    }
}

/// Why there is no figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotEnough {
    /// In words.
    pub not_enough: String,
    /// How many there are.
    pub have: u64,
    /// How many it takes; 0 where a number would not help.
    pub need: u64,
}

impl NotEnough {
    /// Too few of something.
    #[must_use]
    pub fn new(have: u64, need: u64, of: &str) -> Self {
        Self { not_enough: format!("not enough data: {have} {of}, needs {need}"), have, need }
    }

    /// Enough people, but nothing that could be computed from them.
    #[must_use]
    pub fn undefined(have: u64, of: &str) -> Self {
        Self { not_enough: format!("nothing to compare among {have} {of}"), have, need: 0 }
    }
}

/// So many out of so many; the rate with its Wilson interval where there are enough.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// How many.
    pub count: u64,
    /// Out of how many.
    pub of: u64,
    /// The share, 0–1, with its interval (Wilson 1927); `null` below the threshold.
    pub rate: Option<Ranged>,
}

impl Share {
    /// A share; a count above its total is held at the total.
    #[must_use]
    pub fn new(count: u64, of: u64) -> Self {
        let count = count.min(of);
        let rate = (of >= THRESHOLDS.share)
            .then(|| stats::proportion::wilson(count, of, CONFIDENCE))
            .flatten()
            .map(|interval| Ranged { value: count as f64 / of as f64, low: interval.low, high: interval.high });
        Self { count, of, rate }
    }
}

/// The people behind a count.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct People {
    /// All of them.
    pub total: u64,
    /// As many as the question's `people_listed` allows: the latest first, then by id.
    pub listed: Vec<Person>,
}

/// Someone behind a count. Instants that have nothing to do with the count may be absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Person {
    /// The id by which people know the subject.
    pub id: Arc<str>,
    /// When the subject's time started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<When>,
    /// The qualification instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualified_at: Option<When>,
    /// When that could first have been known, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub knowable_at: Option<When>,
    /// The conversion the count is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub converted_at: Option<When>,
    /// The score at qualification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// The score's band.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub band: Option<Arc<str>>,
    /// What it may be worth in a year, in the definition's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// A word on what happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why: the criteria met, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Arc<str>>,
}

impl People {
    /// Counts all and keeps the first by [`Person::order`].
    pub(crate) fn of(people: impl IntoIterator<Item = Person>, listed: usize) -> Self {
        let mut gathered = Gathered::new(listed);
        for person in people {
            gathered.push(person);
        }
        gathered.finish()
    }
}

impl Person {
    /// The same without the reasons, for lists that only name.
    pub(crate) fn without_reasons(&self) -> Self {
        Self { reasons: Vec::new(), ..self.clone() }
    }

    /// The latest first (by qualification, else conversion, else clock), then by id.
    fn order(&self) -> (std::cmp::Reverse<Option<Timestamp>>, &str) {
        let at = self.qualified_at.or(self.converted_at).or(self.clock).map(|when| when.0);
        (std::cmp::Reverse(at), &self.id)
    }
}

/// People on their way into a capped list: however many come, few are held.
#[derive(Debug, Clone)]
pub(crate) struct Gathered {
    people: People,
    listed: usize,
    /// The list has been full once.
    trimmed: bool,
}

impl Gathered {
    pub(crate) fn new(listed: usize) -> Self {
        Self { people: People::default(), listed, trimmed: false }
    }

    pub(crate) fn push(&mut self, person: Person) {
        self.people.total += 1;
        // The first `listed` are in order since the last trim: who comes behind the last of them will not be shown.
        let last = self.listed.checked_sub(1).and_then(|last| self.people.listed.get(last));
        if self.trimmed && last.is_none_or(|last| last.order() < person.order()) {
            return;
        }
        self.people.listed.push(person);
        if self.people.listed.len() > 2 * self.listed + 64 {
            self.trim();
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.people.total
    }

    pub(crate) fn finish(mut self) -> People {
        self.trim();
        self.people.listed.shrink_to_fit();
        self.people
    }

    fn trim(&mut self) {
        self.people.listed.sort_by(|left, right| left.order().cmp(&right.order()));
        self.trimmed |= self.people.listed.len() >= self.listed;
        self.people.listed.truncate(self.listed);
    }
}

/// A percentage with one place: `14.6 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A ratio: `3.0×`.
#[must_use]
pub fn times(ratio: f64) -> String {
    if ratio >= 10.0 { format!("{ratio:.0}×") } else { format!("{ratio:.1}×") }
}

/// `2.4× (likely 2.0–2.8)`, or why there is none.
#[must_use]
pub fn ratio_words(answer: &Answer<Ranged>) -> String {
    match answer {
        Answer::Known(known) => format!("{} (likely {:.1}–{:.1})", times(known.value), known.low, known.high),
        Answer::NotEnough(short) => short.not_enough.clone(),
    }
}

/// A difference of shares in percentage points: `+8.6 points (likely +6.3 to +10.8)`, or why there is none.
#[must_use]
pub fn points_words(answer: &Answer<Ranged>) -> String {
    let signed = |share: f64| format!("{:+.1}", share * 100.0).replace('-', "−");
    match answer {
        Answer::Known(known) => {
            format!("{} points (likely {} to {})", signed(known.value), signed(known.low), signed(known.high))
        }
        Answer::NotEnough(short) => short.not_enough.clone(),
    }
}

/// A length of time in whole days, where the data know no more: `the same day`, `1 day`, `6 days`.
#[must_use]
pub fn whole_days(microseconds: f64) -> String {
    match (microseconds / DAY as f64).round() as i64 {
        0 => "the same day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// A range of lengths of time, the unit once where it is the same: `5.2–7 days`, `20 hours–3 days`.
#[must_use]
pub fn durations(low: f64, high: f64, in_words: impl Fn(f64) -> String) -> String {
    let (low, high) = (in_words(low), in_words(high));
    if low == high {
        return low;
    }
    let unit = |text: &str| text.split_once(' ').map(|(amount, unit)| (amount.to_owned(), unit.to_owned()));
    match (unit(&low), unit(&high)) {
        (Some((amount, of_low)), Some((_, of_high)))
            if of_low.trim_end_matches('s') == of_high.trim_end_matches('s') =>
        {
            format!("{amount}–{high}")
        }
        _ => format!("{low}–{high}"),
    }
}

/// What a lead may be worth, in words: `worth 1,200 USD a year`.
#[must_use]
pub fn worth(value: f64, currency: Option<&str>) -> String {
    let amount = grouped(value.max(0.0).round() as u64);
    let currency = currency.map_or(String::new(), |currency| format!(" {currency}"));
    format!("worth {amount}{currency} a year")
}

/// A whole number with thin groups of three: `12,345`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A length of time in the unit people would use: `40 seconds`, `3.5 hours`, `6 days`.
#[must_use]
pub fn duration(microseconds: f64) -> String {
    let (unit, name) = match microseconds.abs() {
        size if size < 2.0 * MINUTE as f64 => (SECOND, "second"),
        size if size < 2.0 * HOUR as f64 => (MINUTE, "minute"),
        size if size < 2.0 * DAY as f64 => (HOUR, "hour"),
        _ => (DAY, "day"),
    };
    let amount = microseconds / unit as f64;
    let text = if amount.fract().abs() < 0.05 || amount.abs() >= 20.0 {
        format!("{amount:.0}")
    } else {
        format!("{amount:.1}")
    };
    // −0 would be a strange length of time.
    let text = if text == "-0" { "0".to_owned() } else { text };
    format!("{text} {name}{}", if text == "1" { "" } else { "s" })
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {}", grouped(self.count), grouped(self.of))?;
        match self.rate {
            Some(rate) => {
                write!(formatter, ", {} ({:.1}–{:.1})", percent(rate.value), rate.low * 100.0, rate.high * 100.0)
            }
            None if self.of == 0 => Ok(()),
            None => write!(formatter, " (too few for a rate)"),
        }
    }
}

/// Of those who refuse to be judged it is said only how many they are.
pub(crate) fn left_out(count: u64) -> String {
    format!("left out: {} who {} to be judged", grouped(count), if count == 1 { "refuses" } else { "refuse" })
}

#[cfg(test)]
mod tests {
    use super::{duration, durations, whole_days};
    use engine::time::DAY;

    #[test]
    fn a_range_names_its_unit_once() {
        let days = |low: f64, high: f64| durations(low * DAY as f64, high * DAY as f64, duration);
        assert_eq!(days(5.2, 7.0), "5.2–7 days");
        assert_eq!(days(0.5, 7.0), "12 hours–7 days");
        assert_eq!(days(3.0, 3.0), "3 days");
        assert_eq!(durations(DAY as f64, 4.0 * DAY as f64, whole_days), "1–4 days");
        assert_eq!(durations(0.0, 4.0 * DAY as f64, whole_days), "the same day–4 days");
    }
}
