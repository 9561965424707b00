//! What it would take to see something where nothing is reliable, and when there will be as much.

use std::sync::Arc;

use engine::Timestamp;
use stats::sample_size::{events_for_ratio, people_for_two_proportions};

use super::cohort::{Cohort, Half};
use super::question::Question;
use super::report::Nothing;
use super::verdict::VERDICTS;
use crate::figure::When;

/// The share of people who show the behaviour that would be seen.
const SHARE: f64 = 0.3;
/// The chance to see it in the half that judges.
const POWER: f64 = 0.8;

/// With fewer buyers there is no pace to speak of.
const FEWEST: u64 = 5;

/// What it would take to see that those with a behaviour that three of ten show buy twice as often; where so many buy that
/// nobody can, that half as many of them do not buy as of everybody.
pub(crate) fn nothing(question: &Question, cohort: &Cohort<'_>, judged: u64) -> Nothing {
    let [search, held_out] = [Half::Search, Half::HeldOut].map(|half| cohort.totals(0, half));
    let (people, buyers) = (search.0 + held_out.0, search.1 + held_out.1);
    // Half of them judge, at the level that is left after the correction.
    let level = VERDICTS.level / judged.max(1) as f64;
    let base = buyers as f64 / people.max(1) as f64;
    let twice = 2.0 * base / (1.0 + SHARE);
    let rates = if twice < 1.0 {
        [twice, twice / 2.0]
    } else {
        let with = f64::midpoint(1.0, base);
        [with, (base - SHARE * with) / (1.0 - SHARE)]
    };
    let needed = if twice < 1.0 {
        events_for_ratio(2.0, SHARE, POWER, level)
    } else {
        let with = people_for_two_proportions(rates[0], rates[1], (1.0 - SHARE) / SHARE, POWER, level);
        with.map(|with| with / SHARE * base)
    };
    let buyers_needed = needed.map(|judging| (2.0 * judging).ceil() as u64);
    let clocks = cohort.landmarks[0].at_risk.places().filter_map(|place| cohort.row(place)).map(|row| row.clock);
    let (first, last) = clocks.fold((i64::MAX, i64::MIN), |(first, last), clock| (first.min(clock), last.max(clock)));
    let when = buyers_needed.filter(|needed| *needed > buyers && buyers >= FEWEST && last > first).and_then(|needed| {
        let pace = buyers as f64 / (last - first) as f64;
        let at = question.observed_until.0 as f64 + (needed - buyers) as f64 / pace;
        (at < Timestamp::LATEST.0 as f64).then(|| Arc::from(When(Timestamp(at as i64)).date(&question.zone)))
    });
    Nothing { people, buyers, buyers_needed, for_share: SHARE, power: POWER, is_twice: twice < 1.0, rates, when }
}
