//! The verdict: does it still hold, and why.

use serde::Serialize;
use stats::sample_size::events_for_ratio;

use super::RULES;
use super::change::Change;
use super::cohorts::Recent;
use crate::figure::{Answer, grouped, percent, points_words, times};
use crate::question::Question;
use crate::same_age::LeadsAndRest;

/// Whether a definition is still true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Its leads lately convert more often than others of their age, and nothing got worse.
    Holds,
    /// Precision or recall changed for the worse at some time.
    Worse,
    /// Lately its leads convert no more often than others of their age, though that would have been seen.
    TellsNothing,
    /// Too few conversions to say.
    NotEnough,
}

impl Verdict {
    /// In a few words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Holds => "still true",
            Self::Worse => "no longer what it was",
            Self::TellsNothing => "does not tell buyers from others",
            Self::NotEnough => "not enough data",
        }
    }
}

pub(crate) fn verdict(
    whole: &LeadsAndRest,
    recent: &Recent,
    changes: &[Change],
    question: &Question,
) -> (Verdict, Vec<String>) {
    let mut because = Vec::new();
    let judged = whole.leads;
    if judged.of < RULES.judged_leads || judged.count < RULES.won_leads {
        because.push(format!(
            "{} leads have been watched for the whole horizon and {} of them converted; it takes {} and {} to judge.",
            grouped(judged.of),
            grouped(judged.count),
            RULES.judged_leads,
            RULES.won_leads,
        ));
        return (Verdict::NotEnough, because);
    }
    let mut worse = false;
    for change in changes {
        if let Some(words) = change_words(change, question) {
            because.push(words);
        }
        worse |= change.found.known().is_some_and(|found| found.worse);
    }
    let of = recent.since.map_or("Of the leads".to_owned(), |since| {
        format!("Of the leads who started since {}", since.date(&question.zone))
    });
    let compared = &recent.compared;
    let told = match (&compared.rest, &compared.lift, compared.leads.rate) {
        (Answer::Known(rest), Answer::Known(lift), Some(rate)) => {
            because.push(format!(
                "{of}, {} converted; of people of the same age who had not qualified, {}: {} (likely {:.1}–{:.1}×).",
                percent(rate.value),
                percent(rest.value),
                times(lift.value),
                lift.low,
                lift.high,
            ));
            Some(*lift)
        }
        (_, Answer::NotEnough(short), _) => {
            because.push(format!("{of}, to compare with others of the same age: {}.", short.not_enough));
            None
        }
        _ => None,
    };
    let verdict = match told {
        _ if worse => Verdict::Worse,
        Some(lift) if lift.low > 1.0 => Verdict::Holds,
        Some(lift) if lift.high < 1.0 => Verdict::TellsNothing,
        Some(_) => undecided(recent, &mut because),
        None => Verdict::NotEnough,
    };
    (verdict, because)
}

/// The interval includes 1: held against the definition only where twice as many would have been seen.
fn undecided(recent: &Recent, because: &mut Vec<String>) -> Verdict {
    let exposed = recent.precision.of as f64 / recent.people.max(1) as f64;
    let needed = events_for_ratio(RULES.visible_lift, exposed, RULES.power, RULES.level);
    let have = recent.missed.of;
    match needed {
        Some(needed) if (have as f64) < needed => {
            because.push(format!(
                "That could still be chance: {} conversions lately, and it takes {} to see twice as many in four of five cases.",
                grouped(have),
                grouped(needed.ceil() as u64),
            ));
            Verdict::NotEnough
        }
        _ => {
            because.push(format!(
                "With {} conversions lately, twice as many would have been seen in at least four of five cases.",
                grouped(have)
            ));
            Verdict::TellsNothing
        }
    }
}

fn change_words(change: &Change, question: &Question) -> Option<String> {
    let name = change.figure.words();
    let found = match &change.found {
        Answer::Known(found) => found,
        Answer::NotEnough(short) => return Some(format!("Whether {name} changed: {}.", short.not_enough)),
    };
    let p = crate::text::p_value(found.adjusted_p_value);
    if !found.changed {
        return Some(format!("No change of {name} over time was found ({p} over all times of a change)."));
    }
    let difference = Answer::Known(found.difference?);
    let (before, after) = (found.before.rate?, found.after.rate?);
    Some(format!(
        "Since the week of {} {name} is {}: {} before, {} since, {} ({p}).",
        found.since.date(&question.zone),
        if found.worse { "lower" } else { "higher" },
        percent(before.value),
        percent(after.value),
        points_words(&difference),
    ))
}
