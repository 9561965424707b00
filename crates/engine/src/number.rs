//! Exact decimal numbers with nine places, so that a sum does not depend on the order of its terms.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An exact decimal: a whole count of 10⁻⁹. Input with more places is rounded half to even where it enters.
///
/// Input is limited to magnitudes below 10¹⁸, so that sums of 10¹¹ of the largest numbers still fit.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Number(pub i128);

/// Why a text is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not of the form `[+-]digits[.digits][e[+-]digits]`.
    #[error("not a decimal number")]
    Malformed,
    /// The magnitude is 10¹⁸ or more.
    #[error("the number is 10^18 or larger; Brix holds numbers below that")]
    TooLarge,
}

impl Number {
    /// How many of the stored units make one.
    pub const UNIT: i128 = 1_000_000_000;
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(Self::UNIT);
    /// Magnitudes from here on are refused at the door.
    pub const LIMIT: i128 = 1_000_000_000_000_000_000 * Self::UNIT;

    /// Whether it has no fraction.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.0 % Self::UNIT == 0
    }

    /// A whole number.
    #[must_use]
    pub const fn whole(value: i64) -> Self {
        Self(value as i128 * Self::UNIT)
    }

    /// The exact sum; saturates at the ends of the representation, far beyond [`Self::LIMIT`].
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The exact difference; saturates like [`Self::plus`].
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The nearest binary number, for display and statistics only, never for a decision.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / Self::UNIT as f64
    }

    /// The exact decimal of a binary number's shortest text, `None` if it is not finite or too large.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        format!("{value:e}").parse().ok()
    }

    /// `numerator / denominator` rounded half to even at the ninth place, `None` for a denominator of 0.
    #[must_use]
    pub fn ratio(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let scaled = numerator.checked_mul(Self::UNIT)?;
        Some(Self(round_half_even(scaled, denominator)))
    }

    /// `self × other`, rounded half to even at the ninth place; `None` when it does not fit.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        Some(Self(round_half_even(self.0.checked_mul(other.0)?, Self::UNIT)))
    }
}

/// `numerator / denominator` to the nearest whole number, halves to the even one.
#[must_use]
pub fn round_half_even(numerator: i128, denominator: i128) -> i128 {
    let quotient = numerator.div_euclid(denominator);
    let remainder = numerator.rem_euclid(denominator);
    let size = denominator.unsigned_abs();
    let twice = remainder.unsigned_abs() * 2;
    let step = if denominator > 0 { 1 } else { -1 };
    match twice.cmp(&size) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + step,
        std::cmp::Ordering::Equal => quotient + if quotient % 2 == 0 { 0 } else { step },
    }
}

impl FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        Self::from_bytes(text.as_bytes())
    }
}

impl Number {
    /// Reads `[+-]digits[.digits][e[+-]digits]`.
    ///
    /// # Errors
    /// [`NumberError::Malformed`] or [`NumberError::TooLarge`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NumberError> {
        let (negative, rest) = match bytes.first() {
            Some(b'-') => (true, &bytes[1..]),
            Some(b'+') => (false, &bytes[1..]),
            _ => (false, bytes),
        };
        let (mantissa, exponent) = match rest.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            Some(at) => (&rest[..at], read_exponent(&rest[at + 1..])?),
            None => (rest, 0),
        };
        let (whole, fraction) = match mantissa.iter().position(|byte| *byte == b'.') {
            Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
            None => (mantissa, &mantissa[..0]),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(NumberError::Malformed);
        }
        // Digits are taken up to the ninth place; what follows only decides the rounding.
        let mut value: i128 = 0;
        let mut beyond: Option<(u8, bool)> = None;
        let mut place = exponent + whole.len() as i64;
        for byte in whole.iter().chain(fraction) {
            if !byte.is_ascii_digit() {
                return Err(NumberError::Malformed);
            }
            let digit = byte - b'0';
            place -= 1;
            if place >= -9 {
                if digit != 0 && place >= 18 {
                    return Err(NumberError::TooLarge);
                }
                if place < 18 {
                    value += i128::from(digit) * 10_i128.pow((place + 9) as u32);
                }
            } else if place == -10 {
                beyond = Some((digit, false));
            } else if digit != 0 {
                let first = beyond.map_or(0, |(first, _)| first);
                beyond = Some((first, true));
            }
        }
        if let Some((first, more)) = beyond
            && (first > 5 || (first == 5 && (more || value % 2 == 1)))
        {
            value += 1;
        }
        if value >= Self::LIMIT {
            return Err(NumberError::TooLarge);
        }
        Ok(Self(if negative { -value } else { value }))
    }
}

/// The exponent, held within ±10,000: beyond that only zero or "too large" can come out.
fn read_exponent(bytes: &[u8]) -> Result<i64, NumberError> {
    let (sign, digits) = match bytes.first() {
        Some(b'-') => (-1, &bytes[1..]),
        Some(b'+') => (1, &bytes[1..]),
        _ => (1, bytes),
    };
    if digits.is_empty() {
        return Err(NumberError::Malformed);
    }
    let mut value: i64 = 0;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return Err(NumberError::Malformed);
        }
        value = (value * 10 + i64::from(byte - b'0')).min(10_000);
    }
    Ok(sign * value)
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.unsigned_abs();
        let (whole, fraction) = (size / Self::UNIT as u128, size % Self::UNIT as u128);
        let sign = if self.0 < 0 { "-" } else { "" };
        if fraction == 0 {
            return write!(formatter, "{sign}{whole}");
        }
        let digits = format!("{fraction:09}");
        write!(formatter, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        for (text, expect) in [
            ("0", "0"),
            ("-0.50", "-0.5"),
            ("1e3", "1000"),
            ("1.5E-3", "0.0015"),
            (".25", "0.25"),
            ("5.", "5"),
            ("0.0000000005", "0"),
            ("0.0000000015", "0.000000002"),
            ("0.00000000050001", "0.000000001"),
            ("999999999999999999", "999999999999999999"),
        ] {
            assert_eq!(text.parse::<Number>().map(|number| number.to_string()), Ok(expect.to_owned()), "{text}");
        }
        for text in ["", "-", ".", "1e", "1_0", "0x1", "NaN", "1e5x", "e5"] {
            assert_eq!(text.parse::<Number>(), Err(NumberError::Malformed), "{text}");
        }
        assert_eq!("1e18".parse::<Number>(), Err(NumberError::TooLarge));
        assert_eq!("-1e400".parse::<Number>(), Err(NumberError::TooLarge));
        assert_eq!("0e400".parse::<Number>(), Ok(Number::ZERO));
    }

    #[test]
    fn rounds_halves_to_even() {
        assert_eq!(round_half_even(5, 2), 2);
        assert_eq!(round_half_even(7, 2), 4);
        assert_eq!(round_half_even(-5, 2), -2);
        assert_eq!(round_half_even(-7, 2), -4);
        assert_eq!(round_half_even(8, 3), 3);
    }
}
