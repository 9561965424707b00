//! Did it change at some time?

use std::collections::BTreeMap;

use engine::Timestamp;
use engine::time::{day_start, week_start};
use serde::Serialize;
use stats::Unanswerable;
use stats::change_point::{Group, change_point};
use stats::difference::difference_of_proportions;
use stats::multiplicity::holm;
use stats::random::Generator;

use crate::case::Case;
use crate::drift::{early_customer, judged_leads};
use crate::figure::{Answer, CONFIDENCE, NotEnough, Ranged, Share, When};
use crate::question::Question;
use crate::validate::RULES;

/// One figure followed over the weeks of signup.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Which figure.
    pub figure: Followed,
    /// What was found.
    pub found: Answer<Found>,
}

/// A figure that is followed over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Followed {
    /// Of the judged leads, won.
    Precision,
    /// Of those who paid within the horizon of their start, named before.
    EarlyRecall,
}

impl Followed {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Precision => "precision",
            Self::EarlyRecall => "early recall",
        }
    }
}

/// The likeliest time of a change, and whether it is one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// The Monday of the first week after it.
    pub since: When,
    /// Before.
    pub before: Share,
    /// From then on.
    pub after: Share,
    /// After less before, in shares (Newcombe). The time was chosen where it is largest: it overstates.
    pub difference: Option<Ranged>,
    /// The largest standardised sum of residuals.
    pub statistic: f64,
    /// Of all random orders, those with as large a one anywhere.
    pub p_value: f64,
    /// The same, corrected for following several figures (Holm).
    pub adjusted_p_value: f64,
    /// The adjusted value is at most the level.
    pub changed: bool,
    /// It changed, and is lower since.
    pub worse: bool,
    /// People or households that were reordered.
    pub groups: u64,
}

/// Follows both figures.
pub(crate) fn changes(cases: &[Case<'_>], question: &Question, seed: u64) -> Vec<Change> {
    let leads = judged_leads(cases);
    let customers = cases
        .iter()
        .filter(|case| case.is_in_population())
        .filter_map(|case| Some((case, early_customer(case, question)?)));
    let mut followed = vec![
        (Followed::Precision, follow(leads, question, seed, 1)),
        (Followed::EarlyRecall, follow(customers, question, seed, 2)),
    ];
    correct(&mut followed);
    followed.into_iter().map(|(figure, found)| Change { figure, found }).collect()
}

fn follow<'a>(
    people: impl IntoIterator<Item = (&'a Case<'a>, bool)>,
    question: &Question,
    seed: u64,
    stream: u64,
) -> Answer<Found> {
    let mut groups: BTreeMap<(u64, usize), Group> = BTreeMap::new();
    for (number, (case, success)) in people.into_iter().enumerate() {
        let key = case.life.household.map_or((0, number + 1), |household| (household, 0));
        let period = i64::from(week_start(case.outcome.clock.day(&question.zone)));
        let group = groups.entry(key).or_insert(Group { period, trials: 0, successes: 0 });
        group.period = group.period.min(period);
        group.trials += 1;
        group.successes += u64::from(success);
    }
    let groups: Vec<Group> = groups.into_values().collect();
    let have = groups.len() as u64;
    let least = RULES.least_groups_beside_change.max(have / 20);
    let mut random = Generator::stream(seed, stream);
    match change_point(&groups, least, RULES.permutations, &mut random) {
        Ok(point) => {
            let since = day_start(i32::try_from(point.period).unwrap_or(i32::MAX), &question.zone);
            let difference = difference_of_proportions(point.after, point.before, CONFIDENCE).map(Ranged::from);
            Answer::Known(Found {
                since: When(since),
                before: Share::new(point.before.0, point.before.1),
                after: Share::new(point.after.0, point.after.1),
                difference,
                statistic: point.statistic,
                p_value: point.p_value,
                adjusted_p_value: point.p_value,
                changed: false,
                worse: false,
                groups: point.groups,
            })
        }
        Err(Unanswerable::NothingToCompare(_) | Unanswerable::NoObservations) => Answer::NotEnough(NotEnough::new(
            have,
            2 * least,
            "people or accounts with both outcomes, spread over weeks",
        )),
        Err(_) => Answer::NotEnough(NotEnough::undefined(have, "people")),
    }
}

/// Corrects for having followed several figures, and says which changed.
fn correct(followed: &mut [(Followed, Answer<Found>)]) {
    let p_values: Vec<f64> =
        followed.iter().filter_map(|(_, found)| found.known()).map(|found| found.p_value).collect();
    let adjusted = holm(&p_values).unwrap_or_default();
    let known = followed.iter_mut().filter_map(|(_, found)| match found {
        Answer::Known(found) => Some(found),
        Answer::NotEnough(_) => None,
    });
    for (found, adjusted) in known.zip(adjusted) {
        found.adjusted_p_value = adjusted;
        found.changed = adjusted <= RULES.level;
        let rate = |share: &Share| share.count as f64 / share.of.max(1) as f64;
        found.worse = found.changed && rate(&found.after) < rate(&found.before);
    }
}

/// The latest time since which something is worse.
pub(crate) fn worse_since(changes: &[Change]) -> Option<Timestamp> {
    changes
        .iter()
        .filter_map(|change| change.found.known())
        .filter(|found| found.worse)
        .map(|found| found.since.0)
        .max()
}
