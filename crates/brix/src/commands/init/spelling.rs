//! Event names that may be one event, spelt in two ways. They are proposed, never joined unasked.

use std::collections::{BTreeMap, BTreeSet};

use engine::language::text_to_yaml;
use history::EventProfile;

use super::look::Look;
use super::section::Section;
use super::words::key;
use crate::commands::data::day;
use crate::console::count;

/// Letters from which a name with one letter changed is likely the same.
const LONG: usize = 8;

/// Pairs of names: the rarer, and the more frequent that it may be.
fn pairs(events: &[EventProfile]) -> Vec<(&EventProfile, &EventProfile)> {
    let mut by_key: BTreeMap<String, Vec<&EventProfile>> = BTreeMap::new();
    for event in events {
        by_key.entry(key(&event.name.name)).or_default().push(event);
    }
    let mut pairs = Vec::new();
    let mut taken = BTreeSet::new();
    for (key, group) in &by_key {
        // Events come by falling frequency: the first is the most frequent.
        let mut names = group.iter().filter(|_| !key.is_empty());
        let Some(most) = names.next() else { continue };
        for other in names.filter(|other| other.name.name != most.name.name) {
            // Aliases are applied once: neither side is joined any further.
            taken.extend([&*other.name.name, &*most.name.name]);
            pairs.push((*other, *most));
        }
    }
    for (place, more) in events.iter().enumerate() {
        for rarer in events.iter().skip(place + 1) {
            let (one, other) = (&*rarer.name.name, &*more.name.name);
            if !taken.contains(one) && !taken.contains(other) && is_slip(&key(one), &key(other)) {
                taken.insert(one);
                pairs.push((rarer, more));
            }
        }
    }
    pairs
}

/// Whether two keys differ by one letter, put in, left out, changed or swapped with its neighbour; digits never.
fn is_slip(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().min(other.len()) < LONG || one.len().abs_diff(other.len()) > 1 || one == other {
        return false;
    }
    let start = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    let rest = |letters: &[char]| {
        let end = letters.len().saturating_sub(end).max(start);
        letters.get(start..end).unwrap_or_default().to_vec()
    };
    let (left, right) = (rest(&one), rest(&other));
    if left.iter().chain(&right).any(|letter| letter.is_numeric()) {
        return false;
    }
    let swapped = left.len() == 2 && right.len() == 2 && left.iter().eq(right.iter().rev());
    (left.len() <= 1 && right.len() <= 1) || swapped
}

/// The proposals.
pub fn section(look: &Look) -> Section {
    let mut section = Section {
        key: "event_aliases",
        because: vec!["Other spellings of one event, joined whenever data is read.".to_owned()],
        ..Section::default()
    };
    let mut lines = Vec::new();
    for (rarer, more) in pairs(look.events()) {
        let told = |event: &EventProfile| {
            let ends = event.days.keys().next().zip(event.days.keys().next_back());
            let ends = ends.map_or_else(String::new, |(first, last)| format!(", {} to {}", day(*first), day(*last)));
            format!("`{}` ({}{ends})", event.name.name, count(event.rows, "event", "events"))
        };
        section.doubts.push(format!("{} may be {}.", told(rarer), told(more)));
        lines.push(format!("  {}: {}", text_to_yaml(&rarer.name.name), text_to_yaml(&more.name.name)));
    }
    if lines.is_empty() {
        section.because.push("No two names look alike, so it is left out.".to_owned());
    } else {
        section.doubts.push("Take the marks away from those that are one event:".to_owned());
        section.proposed = vec!["event_aliases:".to_owned()];
        section.proposed.extend(lines);
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_of_one_letter() {
        for (one, other) in [
            ("reportview", "reprotview"),
            ("reportview", "reporview"),
            ("reportview", "reportvief"),
            ("reportview", "reportviews"),
        ] {
            assert!(is_slip(one, other) && is_slip(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("report1view", "report2view"),
            ("tasks", "task"),
            ("reportview", "reportshow"),
            ("reportview", "reportview"),
        ] {
            assert!(!is_slip(one, other), "{one} {other}");
        }
    }
}
