//! The time zone, as far as the data tells.

use engine::record::SubjectKind;
use jiff::tz::TimeZone;

use super::look::Look;
use super::section::Section;
use crate::commands::data::percent;

/// The share of people that makes a zone everybody's, in percent.
const NEARLY_ALL: u64 = 80;
/// The doubt where no trait tells.
const NOBODY_SAYS: &str = "No trait says where people are. Write your zone, like Europe/Berlin, if it is not UTC.";
/// Hours of a night.
const NIGHT: usize = 6;

/// The zone: that of nearly all people, else UTC.
pub fn choose(look: &Look) -> Section {
    let mut section = Section {
        key: "zone",
        because: vec!["The zone of calendar days and weeks, and of dates without a time.".to_owned()],
        ..Section::default()
    };
    let mut zone = "UTC".to_owned();
    let told = people_s_zones(look);
    if let Some(Told { name, all, zones }) = &told {
        let first: Vec<String> =
            zones.iter().take(3).map(|(zone, rows)| format!("{zone} {}", percent(*rows, *all))).collect();
        section.because.push(format!("The trait `{name}` says where people are: {}.", first.join(", ")));
        match zones.first() {
            Some((first, rows)) if *rows * 100 >= *all * NEARLY_ALL => zone.clone_from(first),
            _ => section.doubts.push(
                "No zone is nearly everybody's: UTC is as good as any. If your own days are counted elsewhere, write that."
                    .to_owned(),
            ),
        }
    }
    let profile = &look.profile;
    let events = profile.totals.events;
    if events > 0 && profile.at_midnight == events {
        section.because.push("Every event stands at midnight of UTC: the data knows days only.".to_owned());
        if zone != "UTC" {
            section.doubts.push(format!("In {zone} these midnights would fall on the day before: UTC is kept."));
            zone = "UTC".to_owned();
        }
    } else if profile.at_midnight * 10 > events {
        section.because.push(format!(
            "{} of events stand at midnight of UTC: some sources know days only.",
            percent(profile.at_midnight, events)
        ));
        if told.is_none() {
            section.doubts.push(NOBODY_SAYS.to_owned());
        }
    } else if let Some((from, to, rows)) = night(&profile.hours).filter(|_| told.is_none()) {
        section.because.push(format!(
            "The quietest six hours are {from:02} to {to:02} o'clock UTC, with {} of events: likely the night.",
            percent(rows, events)
        ));
        section.doubts.push(NOBODY_SAYS.to_owned());
    } else if told.is_none() {
        section.doubts.push(NOBODY_SAYS.to_owned());
    }
    section.settings = vec![format!("zone: {zone}")];
    section
}

/// A trait of users that names zones.
struct Told {
    name: String,
    /// Rows that have it.
    all: u64,
    /// The zones with their rows, the most frequent first.
    zones: Vec<(String, u64)>,
}

fn people_s_zones(look: &Look) -> Option<Told> {
    let is_zone = |name: &str| {
        let name = name.to_lowercase().replace(['_', '-', ' ', '.'], "");
        name.ends_with("timezone") || name == "tz" || name.ends_with("timezoneid")
    };
    let traits = look.profile.traits.iter().filter(|found| found.of == SubjectKind::User);
    traits.filter(|found| is_zone(&found.column.name)).find_map(|found| {
        let values = found.column.values.common.iter().filter_map(|(value, rows)| Some((value.as_text()?, *rows)));
        let zones: Vec<(String, u64)> = values
            .filter(|(name, _)| TimeZone::get(name).is_ok())
            .map(|(name, rows)| (name.to_owned(), rows))
            .collect();
        (!zones.is_empty()).then(|| Told { name: found.column.name.clone(), all: found.column.rows, zones })
    })
}

/// The six hours in a row with the fewest events, if they are few enough to be a night: first, behind the last, events.
fn night(hours: &[u64; 24]) -> Option<(usize, usize, u64)> {
    let all: u64 = hours.iter().sum();
    let events = |from: usize| (from..from + NIGHT).filter_map(|hour| hours.get(hour % 24)).sum::<u64>();
    let (from, rows) = (0..24).map(|from| (from, events(from))).min_by_key(|(_, rows)| *rows)?;
    (all >= 1_000 && rows * 8 < all).then_some((from, (from + NIGHT) % 24, rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_is_found_over_midnight() {
        let mut hours = [100; 24];
        for hour in [22, 23, 0, 1, 2, 3] {
            hours[hour] = 5;
        }
        assert_eq!(night(&hours), Some((22, 4, 30)));
        assert_eq!(night(&[100; 24]), None);
        assert_eq!(night(&[0; 24]), None);
    }
}
