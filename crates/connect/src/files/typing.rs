//! Types of values: reading them, and judging a column's by its first rows.

use engine::{Number, number::NumberError};

use super::field::Field;
use super::reject::Reason;

/// The type of a column of text, as its first rows have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// Words, or of several types, or empty.
    Text,
    /// Numbers without leading zeros and exponents.
    Number,
    /// true and false.
    Boolean,
    /// ISO dates or times.
    Time,
}

/// Collects what a column's texts could be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judge {
    seen: bool,
    numbers: bool,
    booleans: bool,
    times: bool,
}

impl Default for Judge {
    fn default() -> Self {
        Self { seen: false, numbers: true, booleans: true, times: true }
    }
}

impl Judge {
    /// Takes in a value.
    pub(crate) fn see(&mut self, text: &str) {
        self.seen = true;
        self.numbers = self.numbers && is_plain_number(text);
        self.booleans = self.booleans && plain_boolean(text).is_some();
        self.times = self.times && is_iso(text);
    }

    /// What the values were.
    pub(crate) const fn judge(self) -> Judged {
        match self {
            Self { seen: false, .. } => Judged::Text,
            Self { numbers: true, .. } => Judged::Number,
            Self { booleans: true, .. } => Judged::Boolean,
            Self { times: true, .. } => Judged::Time,
            _ => Judged::Text,
        }
    }
}

/// Whether a text is a number that loses nothing by being one: no leading zero, plus sign or exponent, and at most 15 digits
/// (longer ones are rather ids).
pub(crate) fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole)
        && all_digits(fraction)
        && (whole == "0" || !whole.starts_with('0'))
        && digits.len() <= 16
        && fraction.len() <= 9
}

pub(crate) fn plain_boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

pub(crate) fn is_iso(text: &str) -> bool {
    let bytes = text.as_bytes();
    let dashes = bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
    dashes && super::time::reads_iso(text)
}

/// A number of a field that is there; `decimal` is the sign between whole and fraction in texts.
pub(crate) fn number(field: Field<'_>, decimal: u8) -> Result<Number, Reason> {
    match field {
        Field::Text(text) if decimal == b'.' => parse_number(text.trim().as_bytes()),
        Field::Text(text) => parse_local(text.trim(), decimal),
        Field::Numeral(text) => parse_number(text.as_bytes()),
        Field::Number(number) => Ok(number),
        Field::Unusable(why) => Err(Reason::Unusable(why)),
        _ => Err(Reason::NotANumber),
    }
}

fn parse_number(bytes: &[u8]) -> Result<Number, Reason> {
    if let Some(number) = short_number(bytes) {
        return Ok(number);
    }
    Number::from_bytes(bytes).map_err(|error| match error {
        NumberError::Malformed => Reason::NotANumber,
        NumberError::TooLarge => Reason::NumberTooLarge,
    })
}

/// Numbers of at most 18 digits, of which at most 9 behind the point: nearly all, without arithmetic in 128 bits.
fn short_number(bytes: &[u8]) -> Option<Number> {
    let (negative, digits) = match bytes.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, bytes),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut value: i64 = 0;
    let mut places: Option<u32> = None;
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                value = value * 10 + i64::from(byte - b'0');
                places = places.map(|places| places + 1);
            }
            b'.' if places.is_none() => places = Some(0),
            _ => return None,
        }
    }
    let places = match places {
        Some(places @ 1..=9) => places,
        None => 0,
        Some(_) => return None,
    };
    // A point alone in front has no digit before it, which the long way judges.
    if digits.first() == Some(&b'.') {
        return None;
    }
    let units = i128::from(value) * i128::from(10_i64.pow(9 - places));
    Some(Number(if negative { -units } else { units }))
}

/// A number written like `1.234,5` or `1 234,5`.
fn parse_local(text: &str, decimal: u8) -> Result<Number, Reason> {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            letter if u32::from(letter) == u32::from(decimal) => plain.push('.'),
            '.' | ',' | ' ' | '\u{a0}' | '\'' | '\u{202f}' => {}
            other => plain.push(other),
        }
    }
    parse_number(plain.as_bytes())
}

/// True or false of a field that is there.
pub(crate) fn boolean(field: Field<'_>) -> Result<bool, Reason> {
    let text = match field {
        Field::Boolean(truth) => return Ok(truth),
        Field::Number(Number::ONE) => return Ok(true),
        Field::Number(Number::ZERO) => return Ok(false),
        Field::Text(text) => text.trim(),
        Field::Numeral(text) => text,
        Field::Unusable(why) => return Err(Reason::Unusable(why)),
        _ => return Err(Reason::NotABoolean),
    };
    let is_one_of = |words: [&str; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_one_of(["true", "t", "yes", "y", "1"]) {
        Ok(true)
    } else if is_one_of(["false", "f", "no", "n", "0"]) {
        Ok(false)
    } else {
        Err(Reason::NotABoolean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn judges_columns() {
        let judged = |texts: &[&str]| {
            let mut judge = Judge::default();
            texts.iter().for_each(|text| judge.see(text));
            judge.judge()
        };
        assert_eq!(judged(&[]), Judged::Text);
        assert_eq!(judged(&["1", "-2.5", "0"]), Judged::Number);
        assert_eq!(judged(&["01", "02"]), Judged::Text, "leading zeros are part of a code");
        assert_eq!(judged(&["1234567890123456789"]), Judged::Text, "too long for anything but an id");
        assert_eq!(judged(&["TRUE", "false"]), Judged::Boolean);
        assert_eq!(judged(&["yes", "no"]), Judged::Text);
        assert_eq!(judged(&["2024-01-31", "2024-02-01 10:00"]), Judged::Time);
        assert_eq!(judged(&["2024-01-31", "2024-02-30"]), Judged::Text);
        assert_eq!(judged(&["1", "x"]), Judged::Text);
    }

    #[test]
    fn reads_local_numbers() {
        for (text, expect) in [("1.234,5", "1234.5"), ("1 234,50", "1234.5"), ("-7", "-7"), ("1'000", "1000")] {
            assert_eq!(
                number(Field::Text(text), b',').map(|number| number.to_string()),
                Ok(expect.to_owned()),
                "{text}"
            );
        }
        assert_eq!(number(Field::Text("1,5,"), b','), Err(Reason::NotANumber));
    }

    proptest! {
        #[test]
        fn the_short_way_agrees_with_the_long(text in "-?[0-9]{0,20}(\\.[0-9]{0,12})?") {
            if let Some(short) = short_number(text.as_bytes()) {
                prop_assert_eq!(Number::from_bytes(text.as_bytes()), Ok(short));
            }
        }
    }
}
