//! Values as text: instants, numbers, JSON strings.

use engine::Timestamp;
use jiff::tz::Offset;

use crate::encode::write_text;
use crate::fact::{Form, Slot};
use crate::ids::Ids;
use crate::people::write_number;

/// Appends bytes that are ASCII.
pub(crate) fn push_ascii(out: &mut String, bytes: &[u8]) {
    out.push_str(std::str::from_utf8(bytes).unwrap_or_default());
}

/// Appends an instant of the years 0–9999 as `2025-01-31T09:05:07.123Z`.
pub(crate) fn write_time(out: &mut String, micros: i64) {
    let time = Offset::UTC.to_datetime(Timestamp(micros).to_jiff());
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |at: usize, digits: usize, number: i16| {
        let mut rest = number.unsigned_abs();
        for place in text[at..at + digits].iter_mut().rev() {
            *place = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    };
    put(0, 4, time.year());
    put(5, 2, time.month().into());
    put(8, 2, time.day().into());
    put(11, 2, time.hour().into());
    put(14, 2, time.minute().into());
    put(17, 2, time.second().into());
    put(20, 3, time.millisecond());
    push_ascii(out, &text);
}

/// Appends hundredths as `12.50`.
pub(crate) fn write_hundredths(out: &mut String, hundredths: i64) {
    if hundredths < 0 {
        out.push('-');
    }
    write_number(out, hundredths.unsigned_abs() / 100);
    let rest = (hundredths.unsigned_abs() % 100) as u8;
    push_ascii(out, &[b'.', b'0' + rest / 10, b'0' + rest % 10]);
}

/// Appends a whole number.
pub(crate) fn write_whole(out: &mut String, number: i64) {
    if number < 0 {
        out.push('-');
    }
    write_number(out, number.unsigned_abs());
}

/// Appends a slot's value without quotes. None of the product's texts needs any in CSV or an escape in JSON, which a
/// test holds them to.
pub(crate) fn write_value(out: &mut String, ids: &Ids, slot: &Slot) {
    match slot.form {
        Form::Empty => {}
        Form::Whole => write_whole(out, slot.value),
        Form::Hundredths => write_hundredths(out, slot.value),
        Form::Time => write_time(out, slot.value),
        _ => write_text(out, ids, slot),
    }
}

/// Appends `"key":value`.
pub(crate) fn write_json_member(out: &mut String, ids: &Ids, slot: &Slot) {
    out.push('"');
    out.push_str(slot.key.text());
    out.push_str("\":");
    let bare = matches!(slot.form, Form::Whole | Form::Hundredths);
    if !bare {
        out.push('"');
    }
    write_value(out, ids, slot);
    if !bare {
        out.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::{EventName, Key, Words};

    #[test]
    fn values_are_written() {
        let mut out = String::new();
        write_time(&mut out, 1_735_689_599_007_000);
        assert_eq!(out, "2024-12-31T23:59:59.007Z");
        out.clear();
        write_hundredths(&mut out, -1_905);
        assert_eq!(out, "-19.05");
        out.clear();
        write_whole(&mut out, -3);
        assert_eq!(out, "-3");
    }

    #[test]
    fn no_text_needs_quotes() {
        let mut texts: Vec<&str> = EventName::ALL.iter().map(|name| name.text()).collect();
        texts.extend(Key::ALL.iter().map(|key| key.text()));
        for words in [
            Words::Pages,
            Words::Campaigns,
            Words::Sources,
            Words::Topics,
            Words::Methods,
            Words::Steps,
            Words::Templates,
            Words::Channels,
            Words::Roles,
            Words::Formats,
            Words::Endpoints,
            Words::Environments,
            Words::Integrations,
            Words::DataSources,
            Words::Limits,
            Words::Plans,
            Words::Intervals,
            Words::Reasons,
            Words::Stages,
            Words::Timezones,
            Words::Countries,
            Words::Industries,
            Words::Titles,
            Words::Currencies,
        ] {
            texts.extend(words.list());
        }
        for text in texts {
            assert!(!text.contains(['"', ',', '\\', '\n', '\r']), "{text}");
        }
    }
}
