//! The plain verdict on a finding, from published thresholds.

use serde::Serialize;

use stats::table::TwoByTwo;

use super::adjusted::Adjusted;
use super::measures::Measures;

/// What may be said of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds on later people, corrected for everything that was judged, and says more than "is active".
    Reliable,
    /// Something is there on later people, but not beyond what such a search finds by luck, or not clearly beyond activity, or most
    /// of it is activity and some is not.
    Weak,
    /// It holds on later people, but among the equally active and similar no lift is seen, and as much as the plain one is ruled out.
    OnlyActivity,
    /// Too good to be true, or made by the purchase itself.
    PossibleLeak,
    /// It does not hold on later people.
    NotReliable,
    /// Too few buyers to say.
    NotEnoughData,
}

impl Verdict {
    /// In words, as the end of a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Reliable => "Reliable",
            Self::Weak => "Weak",
            Self::OnlyActivity => "Only a sign of being active",
            Self::PossibleLeak => "Possible leak",
            Self::NotReliable => "Not reliable",
            Self::NotEnoughData => "Not enough data",
        }
    }

    /// So many of them: `2 possible leaks`.
    #[must_use]
    pub fn counted(self, count: usize) -> String {
        let many = if self == Self::PossibleLeak && count != 1 { "s" } else { "" };
        format!("{count} {}{many}", self.words().to_lowercase())
    }
}

/// The thresholds of verdicts; written into every JSON report.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct VerdictThresholds {
    /// Buyers at the landmark in each half.
    pub buyers_in_half: u64,
    /// People who meet the rule, and people who do not, in the held-out half.
    pub people_on_either_side: u64,
    /// Buyers expected among those who meet it in the held-out half, were there no effect.
    pub expected_buyers: f64,
    /// The held-out p-value after Holm's correction over all findings that are judged, for "reliable"; and uncorrected, for
    /// "weak".
    pub level: f64,
    /// The share of the lift's logarithm that must be left among those who are equally active and, where traits tell something, similar.
    pub kept: f64,
    /// From this precision on a predictor is near-certain,
    pub certain_precision: f64,
    /// if its odds ratio is also at least this.
    pub certain_odds: f64,
    /// From this share of the buyers on a predictor is nearly necessary,
    pub necessary_recall: f64,
    /// if it also lifts at least so much: a step of buying, or a mark that was set afterwards.
    pub necessary_lift: f64,
    /// and if so many buyers would be expected among those without it, were there no connection.
    pub missed_buyers: f64,
    /// The values of a trait that together take away at least this share of the uncertainty about converting are doubted.
    pub told_by_values: f64,
}

/// The thresholds in force.
pub const VERDICTS: VerdictThresholds = VerdictThresholds {
    buyers_in_half: 15,
    people_on_either_side: 20,
    expected_buyers: 1.0,
    level: 0.05,
    kept: 0.5,
    certain_precision: 0.8,
    certain_odds: 8.0,
    necessary_recall: 0.9,
    necessary_lift: 10.0,
    missed_buyers: 10.0,
    told_by_values: 0.2,
};

/// What a verdict rests on.
pub(crate) struct Evidence<'a> {
    pub search: &'a Measures,
    pub held_out: &'a Measures,
    pub adjusted: Option<&'a Adjusted>,
    /// The held-out p-value after Holm's correction.
    pub corrected: f64,
    pub is_leak: bool,
    /// It is about something that is declared to have been known before: then nothing is too good to be true.
    pub is_declared: bool,
    /// It is about how large somebody is known to be: that buyers are known and some others are not is no mark of buying.
    pub is_size: bool,
}

impl Evidence<'_> {
    pub fn verdict(&self) -> Verdict {
        let held_out = self.held_out;
        let expected = held_out.met as f64 * held_out.buyers as f64 / held_out.people.max(1) as f64;
        let few = held_out.buyers < VERDICTS.buyers_in_half
            || self.search.buyers < VERDICTS.buyers_in_half
            || held_out.met < VERDICTS.people_on_either_side
            || held_out.people - held_out.met < VERDICTS.people_on_either_side
            || expected < VERDICTS.expected_buyers;
        if few {
            return Verdict::NotEnoughData;
        }
        let rises = |measures: &Measures| measures.lift.is_some_and(|lift| lift.value > 1.0);
        // What is doubted and does not even look good fools nobody.
        if self.is_leak && rises(held_out) || !self.is_declared && is_near_certain(held_out, !self.is_size) {
            return Verdict::PossibleLeak;
        }
        if !rises(self.search) || !rises(held_out) || held_out.p_value > VERDICTS.level {
            return Verdict::NotReliable;
        }
        // The rule is about activity as such: there is nothing to compare it within.
        let Some(adjusted) = self.adjusted else { return Verdict::OnlyActivity };
        // Where none of the others bought there is no ratio: of what is known to have been there before, the test alone says enough.
        let is_above = adjusted.lift.map_or(self.is_declared, |lift| lift.low > 1.0);
        let beyond_activity = is_above && adjusted.p_value <= VERDICTS.level;
        let is_most_left = adjusted.kept.is_none_or(|kept| kept >= VERDICTS.kept);
        if self.corrected <= VERDICTS.level && beyond_activity && is_most_left {
            return Verdict::Reliable;
        }
        // A point that lies near 1 is no proof that nothing is left: the range has to rule out what is seen plainly. And where
        // it lies above 1 something is left, however little.
        let plain = held_out.lift.map_or(f64::INFINITY, |lift| lift.value);
        let is_explained = adjusted.lift.is_some_and(|lift| lift.low <= 1.0 && lift.high < plain);
        if !is_most_left && is_explained { Verdict::OnlyActivity } else { Verdict::Weak }
    }
}

/// Too good to be true: nearly certain, or nearly necessary.
fn is_near_certain(measures: &Measures, can_be_necessary: bool) -> bool {
    let value = |ratio: Option<crate::figure::Ranged>| ratio.map_or(0.0, |ratio| ratio.value);
    value(measures.with) >= VERDICTS.certain_precision && value(measures.odds_ratio) >= VERDICTS.certain_odds
        || can_be_necessary
            && value(measures.recall) >= VERDICTS.necessary_recall
            && value(measures.lift) >= VERDICTS.necessary_lift
            && would_be_missed(measures.people - measures.met, measures.buyers, measures.people)
}

/// The same by the counts of the searched half: so nothing is combined with it.
pub(crate) fn looks_near_certain(table: &TwoByTwo) -> bool {
    looks_certain(table) || looks_necessary(table)
}

/// Nearly all who have it convert.
pub(crate) fn looks_certain(table: &TwoByTwo) -> bool {
    let (with, without) = rates(table);
    let odds = |share: f64| share / (1.0 - share).max(1e-9);
    with >= VERDICTS.certain_precision && odds(with) >= VERDICTS.certain_odds * odds(without)
}

/// Nearly all who convert have it.
fn looks_necessary(table: &TwoByTwo) -> bool {
    let (with, without) = rates(table);
    share(table.exposed_event, table.events()) >= VERDICTS.necessary_recall
        && with >= VERDICTS.necessary_lift * without
        && would_be_missed(table.unexposed(), table.events(), table.total())
}

/// Of those with it and of those without it, the converted.
fn rates(table: &TwoByTwo) -> (f64, f64) {
    (share(table.exposed_event, table.exposed()), share(table.unexposed_event, table.unexposed()))
}

fn share(part: u64, all: u64) -> f64 {
    part as f64 / all.max(1) as f64
}

/// Whether those without a behaviour are enough that some of them would have bought, were there no connection: else that nobody
/// did is no wonder.
fn would_be_missed(without: u64, buyers: u64, people: u64) -> bool {
    without as f64 * buyers as f64 / people.max(1) as f64 >= VERDICTS.missed_buyers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Ranged;

    fn ranged((value, low, high): (f64, f64, f64)) -> Ranged {
        Ranged { value, low, high }
    }

    /// 1,000 people of whom 400 meet a rule that lifts two and a half times.
    fn half(p_value: f64) -> Measures {
        Measures {
            people: 1_000,
            buyers: 160,
            met: 400,
            met_buyers: 100,
            with: Some(ranged((0.25, 0.21, 0.29))),
            without: Some(ranged((0.1, 0.08, 0.13))),
            lift: Some(ranged((2.5, 1.9, 3.4))),
            odds_ratio: Some(ranged((3.0, 2.1, 4.3))),
            phi: Some(0.2),
            recall: Some(ranged((0.62, 0.55, 0.7))),
            coverage: 0.4,
            information_gain: 0.03,
            p_value,
            design_effect: 1.0,
        }
    }

    #[test]
    fn a_doubt_is_about_what_looks_good() {
        let (search, mut held_out) = (half(0.001), half(0.001));
        let verdict = |held_out: &Measures| {
            Evidence {
                search: &search,
                held_out,
                adjusted: None,
                corrected: 0.001,
                is_leak: true,
                is_declared: false,
                is_size: false,
            }
            .verdict()
        };
        assert_eq!(verdict(&held_out), Verdict::PossibleLeak);
        held_out.lift = Some(ranged((0.8, 0.6, 1.1)));
        assert_eq!(verdict(&held_out), Verdict::NotReliable);
    }

    /// The verdict on a rule that lifts so much among people who are alike.
    fn verdict(lift: (f64, f64, f64), corrected: f64) -> Verdict {
        let measures = half(corrected);
        let kept = Some(lift.0.ln() / 2.5_f64.ln());
        let p_value = if lift.1 > 1.0 { 0.01 } else { 0.3 };
        let adjusted = Adjusted { lift: Some(ranged(lift)), p_value, strata: 10, kept, by_fit: false };
        let adjusted = Some(&adjusted);
        Evidence {
            search: &measures,
            held_out: &measures,
            adjusted,
            corrected,
            is_leak: false,
            is_declared: false,
            is_size: false,
        }
        .verdict()
    }

    #[test]
    fn only_a_sign_of_activity_is_said_where_the_range_says_so() {
        assert_eq!(verdict((2.3, 1.5, 3.4), 0.001), Verdict::Reliable);
        assert_eq!(verdict((2.3, 1.5, 3.4), 0.2), Verdict::NotReliable, "the p-value itself is as large");
        // All of it is activity, and a lift as large as the plain one is ruled out.
        assert_eq!(verdict((1.05, 0.8, 1.4), 0.001), Verdict::OnlyActivity);
        // The same value with a range that rules out neither: nothing can be said.
        assert_eq!(verdict((1.05, 0.4, 2.8), 0.001), Verdict::Weak);
        // Most of it is activity, but clearly something is left.
        assert_eq!(verdict((1.4, 1.1, 1.8), 0.001), Verdict::Weak);
        // What is left is much, but may be nothing.
        assert_eq!(verdict((1.8, 0.9, 3.6), 0.001), Verdict::Weak);
    }
}
