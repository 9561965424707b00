//! Each lead beside those of its age: who stands there, who converts, and what the two rates make together.

use std::collections::BTreeMap;

use super::ages::Ages;
use crate::case::Case;
use crate::enough::{THRESHOLDS, at_least};
use crate::figure::{Answer, CONFIDENCE, NotEnough, Ranged};

/// Ranges of the sorted ages of leads: beside which of them a person stands, and converts in time.
pub(super) struct Beside {
    pub stands: std::ops::Range<usize>,
    pub converts: std::ops::Range<usize>,
}

fn beside(person: &Ages, lead_ages: &[i64], horizon: i64) -> Beside {
    let last = person.watched.saturating_sub(horizon);
    let start = lead_ages.partition_point(|age| *age < person.from);
    let end = lead_ages.partition_point(|age| *age < person.qualified.min(person.converted) && *age <= last);
    let end = end.max(start);
    // Converts within the horizon of the age: age < converted < age + horizon.
    let first_case = lead_ages.partition_point(|age| age.saturating_add(horizon) <= person.converted);
    Beside { stands: start..end, converts: first_case.clamp(start, end)..end }
}

/// Adds one over a range, by differences.
fn mark(differences: &mut [i64], range: &std::ops::Range<usize>) {
    if range.is_empty() {
        return;
    }
    if let Some(first) = differences.get_mut(range.start) {
        *first += 1;
    }
    if let Some(behind) = differences.get_mut(range.end) {
        *behind -= 1;
    }
}

fn running(differences: &[i64]) -> Vec<i64> {
    let mut sum = 0;
    differences
        .iter()
        .map(|step| {
            sum += step;
            sum
        })
        .collect()
}

/// Sums up to each place: `sums[end] − sums[start]` is the sum over a range.
fn sums(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut total = 0.0;
    std::iter::once(0.0)
        .chain(values.map(|value| {
            total += value;
            total
        }))
        .collect()
}

fn over(sums: &[f64], range: &std::ops::Range<usize>) -> f64 {
    sums.get(range.end).copied().unwrap_or(0.0) - sums.get(range.start).copied().unwrap_or(0.0)
}

/// Each lead with its group of the same age.
pub(super) struct Trials {
    /// Beside which leads each person stands.
    pub beside: Vec<Beside>,
    /// Per lead, by age: people beside it, and the share of them that converted in time.
    groups: Vec<(f64, f64)>,
    pub leads: u64,
    pub won: u64,
    pub without_rest: u64,
    lead_ages: Vec<i64>,
}

/// What they say of the rest.
pub(super) struct Figures {
    pub rest: Answer<Ranged>,
    pub lift: Answer<Ranged>,
    pub difference: Answer<Ranged>,
}

impl Trials {
    pub fn of(everyone: &[(&Case<'_>, Ages)], horizon: i64) -> Self {
        let judged = |case: &Case<'_>| case.fate.and_then(crate::case::Fate::judged);
        let mut lead_ages: Vec<i64> =
            everyone.iter().filter(|(case, _)| judged(case).is_some()).map(|(_, ages)| ages.known).collect();
        lead_ages.sort_unstable();
        let beside: Vec<Beside> = everyone.iter().map(|(_, ages)| beside(ages, &lead_ages, horizon)).collect();
        let (mut standing, mut converting) = (vec![0; lead_ages.len() + 1], vec![0; lead_ages.len() + 1]);
        for person in &beside {
            mark(&mut standing, &person.stands);
            mark(&mut converting, &person.converts);
        }
        let groups: Vec<(f64, f64)> = running(&standing)
            .into_iter()
            .zip(running(&converting))
            .take(lead_ages.len())
            .map(|(people, converted)| (people as f64, if people > 0 { converted as f64 / people as f64 } else { 0.0 }))
            .collect();
        let mut trials = Self { beside, groups, leads: 0, won: 0, without_rest: 0, lead_ages };
        for (case, ages) in everyone {
            if let Some(won) = judged(case) {
                if trials.group(ages.known).is_some() {
                    trials.leads += 1;
                    trials.won += u64::from(won);
                } else {
                    trials.without_rest += 1;
                }
            }
        }
        trials
    }

    /// The rate of the group of an age; `None` where nobody stands there.
    fn group(&self, age: i64) -> Option<f64> {
        let place = self.lead_ages.partition_point(|other| *other < age);
        self.groups.get(place).filter(|(people, _)| *people > 0.0).map(|(_, rate)| *rate)
    }

    pub fn figures(&self, everyone: &[(&Case<'_>, Ages)], people: u64, converted: u64) -> Figures {
        let compared = self.groups.iter().filter(|(people, _)| *people > 0.0);
        let leads = self.leads as f64;
        let rest = compared.map(|(_, rate)| rate).sum::<f64>() / leads;
        let precision = self.won as f64 / leads;
        let weights = sums(self.groups.iter().map(|(people, _)| if *people > 0.0 { 1.0 / people } else { 0.0 }));
        let expected = sums(self.groups.iter().map(|(people, rate)| if *people > 0.0 { rate / people } else { 0.0 }));
        // Variances and the covariance of the two rates, as sums over households of products of their influences.
        let (mut of_precision, mut of_rest, mut of_both) = (0.0, 0.0, 0.0);
        let mut households: BTreeMap<(u64, usize), [f64; 2]> = BTreeMap::new();
        for (number, ((case, ages), beside)) in everyone.iter().zip(&self.beside).enumerate() {
            let mut on_rest = (over(&weights, &beside.converts) - over(&expected, &beside.stands)) / leads;
            let mut on_precision = 0.0;
            if let (Some(won), Some(rate)) = (case.fate.and_then(crate::case::Fate::judged), self.group(ages.known)) {
                on_precision = (f64::from(u8::from(won)) - precision) / leads;
                on_rest += (rate - rest) / leads;
            }
            let household = case.life.household.map_or((0, number + 1), |household| (household, 0));
            let sums = households.entry(household).or_default();
            *sums = [sums[0] + on_precision, sums[1] + on_rest];
        }
        for [on_precision, on_rest] in households.into_values() {
            of_precision += on_precision * on_precision;
            of_rest += on_rest * on_rest;
            of_both += on_precision * on_rest;
        }
        let z = CONFIDENCE.z();
        let enough_people = |then: &dyn Fn() -> Option<Ranged>| {
            if self.leads < THRESHOLDS.people_in_comparison {
                return Answer::NotEnough(NotEnough::new(
                    self.leads,
                    THRESHOLDS.people_in_comparison,
                    "leads watched for the whole horizon",
                ));
            }
            at_least(people, THRESHOLDS.people_in_comparison, "people of the same age who had not qualified", then)
        };
        let lift = || {
            let logarithm = (precision / rest).ln();
            let variance =
                of_precision / (precision * precision) + of_rest / (rest * rest) - 2.0 * of_both / (precision * rest);
            let half = z * variance.max(0.0).sqrt();
            Some(Ranged { value: precision / rest, low: (logarithm - half).exp(), high: (logarithm + half).exp() })
        };
        Figures {
            rest: enough_people(&|| {
                // With no conversion at all there is no variance to go by: so many people, none of whom converted.
                let none = stats::proportion::wilson(0, people, CONFIDENCE).filter(|_| converted == 0);
                let ranged = none.map(|none| Ranged { value: 0.0, low: none.low, high: none.high });
                Some(ranged.unwrap_or_else(|| on_logit_scale(rest, of_rest.sqrt() * z)))
            }),
            lift: match enough_people(&|| Some(Ranged { value: 0.0, low: 0.0, high: 0.0 })) {
                Answer::NotEnough(short) => Answer::NotEnough(short),
                Answer::Known(_) if self.won < THRESHOLDS.conversions_in_ratio => Answer::NotEnough(NotEnough::new(
                    self.won,
                    THRESHOLDS.conversions_in_ratio,
                    "conversions among the leads",
                )),
                Answer::Known(_) => {
                    at_least(converted, THRESHOLDS.conversions_in_ratio, "conversions among the rest", lift)
                }
            },
            difference: enough_people(&|| {
                let half = z * (of_precision + of_rest - 2.0 * of_both).max(0.0).sqrt();
                let value = precision - rest;
                Some(Ranged { value, low: (value - half).max(-1.0), high: (value + half).min(1.0) })
            }),
        }
    }
}

/// An interval of a share that stays inside 0–1, from a half width on the plain scale (delta method on the logit).
fn on_logit_scale(share: f64, half_width: f64) -> Ranged {
    if share <= 0.0 || share >= 1.0 {
        return Ranged { value: share, low: share, high: share };
    }
    let (logit, half) = ((share / (1.0 - share)).ln(), half_width / (share * (1.0 - share)));
    let back = |logit: f64| 1.0 / (1.0 + (-logit).exp());
    Ranged { value: share, low: back(logit - half), high: back(logit + half) }
}
