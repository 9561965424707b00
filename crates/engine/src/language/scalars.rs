//! What single words mean: numbers, percentages, lengths of time, dates, names. Strict: whatever is not
//! certainly one of these is none of them.

use jiff::civil;
use jiff::tz::TimeZone;

use super::limits;
use crate::definition::{TraitOwner, TraitPath};
use crate::time::{DAY, HOUR, MINUTE, SECOND};
use crate::{Number, Span, Timestamp};

/// A number as written: digits with an optional sign, point and exponent, or a percentage.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn number(text: &str) -> Result<Number, String> {
    let (digits, percent) = match text.strip_suffix('%') {
        Some(digits) => (digits.trim_end(), true),
        None => (text, false),
    };
    let value: Number = digits.parse().map_err(|error| format!("`{text}` is {error}"))?;
    if decimals(digits) > 9 {
        return Err(format!("`{text}` has more than nine decimal places"));
    }
    if !percent {
        return Ok(value);
    }
    if value.0 % 100 != 0 {
        return Err(format!("`{text}` has more than seven decimal places"));
    }
    Ok(Number(value.0 / 100))
}

/// Whether a text is meant as a number: it is made of what numbers are made of, in their order.
pub(crate) fn looks_like_number(text: &str) -> bool {
    let digits = text.strip_suffix('%').map_or(text, str::trim_end);
    let unsigned = digits.strip_prefix(['-', '+']).unwrap_or(digits);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let some = !whole.is_empty() || !fraction.is_empty();
    some && !exponent.is_empty() && all_digits(whole) && all_digits(fraction) && all_digits(exponent)
}

/// How many decimal places are really used.
fn decimals(digits: &str) -> i64 {
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let fraction = mantissa.split_once('.').map_or("", |(_, fraction)| fraction).trim_end_matches('0');
    let exponent: i64 = exponent.parse().unwrap_or(0);
    if fraction.is_empty() && exponent >= 0 {
        return 0;
    }
    let whole_zeros = if fraction.is_empty() {
        mantissa.trim_end_matches('.').len() as i64 - mantissa.trim_end_matches(['0', '.']).len() as i64
    } else {
        0
    };
    fraction.len() as i64 - exponent - whole_zeros
}

/// A length of time: `90s 5m 48h 14d 2w`, several of these in a row, or `3 months`, `1 year`.
///
/// # Errors
/// What is wrong with it, in words.
pub fn duration(text: &str) -> Result<Span, String> {
    let wanted =
        || format!("`{text}` is not a length of time; write `90s`, `5m`, `48h`, `14d`, `2w`, `3 months` or `1 year`");
    let mut exact: i128 = 0;
    let mut months: u64 = 0;
    let (mut has_exact, mut has_months) = (false, false);
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wanted());
    }
    while !rest.is_empty() {
        let end = rest.find(|sign: char| !sign.is_ascii_digit() && sign != '.').ok_or_else(|| format!(
            "`{text}` has no unit; write `{rest}s`, `{rest}m` (minutes), `{rest}h`, `{rest}d`, `{rest}w` or `{rest} months`"
        ))?;
        let (digits, behind) = rest.split_at(end);
        let behind = behind.trim_start();
        let unit_end = behind.find(|sign: char| !sign.is_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit_end);
        if digits.is_empty() {
            return Err(wanted());
        }
        match unit_of(unit).ok_or_else(wanted)? {
            Unit::Exact(length) => {
                let amount = number(digits).map_err(|_| wanted())?;
                let scaled = amount.0.checked_mul(i128::from(length)).ok_or_else(wanted)?;
                if scaled % Number::UNIT != 0 {
                    return Err(format!("`{text}` is not a whole number of microseconds"));
                }
                exact = exact.saturating_add(scaled / Number::UNIT);
                has_exact = true;
            }
            Unit::Months(each) => {
                let amount: u64 = digits.parse().map_err(|_| format!("`{text}`: months and years are whole"))?;
                months = months.saturating_add(amount.saturating_mul(each));
                has_months = true;
            }
        }
        rest = behind.trim_start();
    }
    if has_exact && has_months {
        return Err(format!("`{text}` mixes months or years with exact lengths; use one of the two"));
    }
    if exact > i128::from(limits::SPAN_MICROSECONDS) || months > u64::from(limits::SPAN_MONTHS) {
        return Err(format!("`{text}` is longer than a hundred years"));
    }
    if has_months {
        return u32::try_from(months).map(Span::Months).map_err(|_| wanted());
    }
    i64::try_from(exact).map(Span::Exact).map_err(|_| wanted())
}

enum Unit {
    Exact(i64),
    Months(u64),
}

fn unit_of(word: &str) -> Option<Unit> {
    Some(match word {
        "s" | "sec" | "second" | "seconds" => Unit::Exact(SECOND),
        "m" | "min" | "minute" | "minutes" => Unit::Exact(MINUTE),
        "h" | "hour" | "hours" => Unit::Exact(HOUR),
        "d" | "day" | "days" => Unit::Exact(DAY),
        "w" | "week" | "weeks" => Unit::Exact(7 * DAY),
        "month" | "months" => Unit::Months(1),
        "year" | "years" => Unit::Months(12),
        _ => return None,
    })
}

/// A length of time as [`duration`] reads it, in the largest unit that divides it.
pub fn write_duration(span: Span) -> String {
    match span {
        Span::Months(months) if months % 12 == 0 && months > 0 => counted(u64::from(months / 12), "year"),
        Span::Months(months) => counted(u64::from(months), "month"),
        Span::Exact(0) => "0d".to_owned(),
        Span::Exact(length) => {
            for (unit, name) in [(7 * DAY, "w"), (DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s")] {
                // Up to four weeks people count in days, up to two days in hours.
                let natural = match name {
                    "w" => length > 4 * unit,
                    "d" => length > 2 * unit || length == unit,
                    _ => true,
                };
                if length % unit == 0 && natural {
                    return format!("{}{name}", length / unit);
                }
            }
            format!("{}s", Number(i128::from(length) * (Number::UNIT / i128::from(SECOND))))
        }
    }
}

fn counted(count: u64, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// A date or time in ISO 8601, `None` if the text does not look like one. A date alone is local midnight.
pub fn time(text: &str, zone: &TimeZone) -> Option<Result<Timestamp, String>> {
    let bytes = text.as_bytes();
    let dated = bytes.len() >= 10
        && bytes.iter().take(10).enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
        && matches!(bytes.get(10), None | Some(b'T' | b't' | b' '));
    if !dated {
        return None;
    }
    Some(read_time(text, zone))
}

fn read_time(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    let stamp = if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
        stamp
    } else if let Ok(local) = text.parse::<civil::DateTime>() {
        local.to_zoned(zone.clone()).map_err(|error| format!("`{text}` is no time: {error}"))?.timestamp()
    } else {
        return Err(format!("`{text}` is not a date or time; write `2026-03-31` or `2026-03-31T17:45:00Z`"));
    };
    let time = Timestamp::from_jiff(stamp);
    if time < Timestamp::EARLIEST || time > Timestamp::LATEST {
        return Err(format!("`{text}` is not between the years 1900 and 2200"));
    }
    Ok(time)
}

/// A trait's path: `email`, `account.employees`, `workspace.plan`, `user.role`, `first_member.role`,
/// `any_member.role`; `subject.` says that it is the subject's own.
pub fn trait_path(text: &str) -> TraitPath {
    for (prefix, of) in TRAIT_OWNERS {
        if let Some(name) = text.strip_prefix(prefix)
            && !name.is_empty()
        {
            return TraitPath { of, name: name.into() };
        }
    }
    TraitPath { of: TraitOwner::Own, name: text.into() }
}

/// The prefixes of trait paths.
pub(crate) const TRAIT_OWNERS: [(&str, TraitOwner); 6] = [
    ("subject.", TraitOwner::Own),
    ("account.", TraitOwner::Account),
    ("workspace.", TraitOwner::Workspace),
    ("user.", TraitOwner::User),
    ("first_member.", TraitOwner::FirstMember),
    ("any_member.", TraitOwner::AnyMember),
];

/// A trait's path as [`trait_path`] reads it; `always` writes the prefix of own traits too.
pub(crate) fn write_trait_path(path: &TraitPath, always: bool) -> String {
    let prefix = TRAIT_OWNERS.iter().find(|(_, of)| *of == path.of).map_or("", |(prefix, _)| prefix);
    if path.of == TraitOwner::Own && !always {
        let clear = trait_path(&path.name) == *path;
        return format!("{}{}", if clear { "" } else { prefix }, path.name);
    }
    format!("{prefix}{}", path.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expect) in [
            ("90s", Span::Exact(90 * SECOND)),
            ("5m", Span::Exact(5 * MINUTE)),
            ("48h", Span::hours(48)),
            ("14d", Span::days(14)),
            ("2w", Span::days(14)),
            ("2 weeks", Span::days(14)),
            ("1d 12h", Span::hours(36)),
            ("1.5h", Span::Exact(90 * MINUTE)),
            ("3 months", Span::Months(3)),
            ("1 year", Span::Months(12)),
            ("1 year 6 months", Span::Months(18)),
            ("0d", Span::Exact(0)),
        ] {
            assert_eq!(duration(text), Ok(expect), "{text}");
            assert_eq!(duration(&write_duration(expect)), Ok(expect), "{text}");
        }
        for text in ["", "d", "14", "14 moons", "-3d", "1.5 months", "1 month 3d", "0.0000001s", "200 years", "..5d"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(duration("14").is_err_and(|error| error.contains("no unit")));
    }

    #[test]
    fn numbers_and_percentages() {
        assert_eq!(number("80%"), Ok(Number(800_000_000)));
        assert_eq!(number("+50%"), Ok(Number(500_000_000)));
        assert_eq!(number("1e-9"), Ok(Number(1)));
        for text in ["0.0000000001", "0.00000001%", "1e18", "abc", "%", "1e-10", "15e-10", "10e-11"] {
            assert!(number(text).is_err(), "{text}");
        }
        assert_eq!(number("10e-10"), Ok(Number(1)));
        assert_eq!(number("1.50000000000000"), Ok(Number(1_500_000_000)));
    }

    #[test]
    fn what_looks_like_a_number() {
        for text in ["0", "-1.5", "+50%", "1e400", ".5", "5.", "99999999999999999999"] {
            assert!(looks_like_number(text), "{text}");
        }
        for text in ["", "-", ".", "e5", "1e", "2026-01-01", "2026-01-01T00:00:00Z", "1.2.3", "1-2", "0x1", "5 %%"] {
            assert!(!looks_like_number(text), "{text}");
        }
    }

    #[test]
    fn times_know_the_zone() {
        let berlin = TimeZone::get("Europe/Berlin").expect("bundled");
        let read = |text: &str| time(text, &berlin);
        assert_eq!(
            read("2026-01-01").map(|time| time.map(|time| time.to_string())),
            Some(Ok("2025-12-31T23:00:00Z".into()))
        );
        assert_eq!(read("2026-01-01T12:00:00Z"), read("2026-01-01 13:00"));
        assert_eq!(read("2026-1-1"), None);
        assert_eq!(read("2026-01-01-beta"), None);
        assert!(matches!(read("2026-13-01"), Some(Err(_))));
        assert!(matches!(read("1026-12-01"), Some(Err(_))));
    }
}
