//! How fast conversions come before and after qualifying, each person's life being cut in two by it.

use serde::Serialize;
use stats::survival::{CoxRow, Observation, RiskTable, log_rank};

use super::ages::Ages;
use super::test::Test;
use crate::case::Case;
use crate::enough::{THRESHOLDS, at_least};
use crate::figure::{Answer, CONFIDENCE, Ranged};

/// A hazard ratio.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HazardRatio {
    /// The ratio with its interval (Wald).
    #[serde(flatten)]
    pub ratio: Ranged,
    /// Wald's p-value.
    pub p_value: f64,
    /// Conversions in the model.
    pub events: u64,
}

/// The time of a person's life before and after it was known to qualify. Between qualifying and being known, and at an
/// instant that is both qualification and conversion, a person is in neither.
fn stretches(ages: &Ages) -> (Option<Observation>, Option<Observation>) {
    let observation = |from: i64, to: i64, event: bool| {
        let (entry, exit) = (u64::try_from(from).ok()?, u64::try_from(to).ok()?);
        Observation::delayed(entry, exit, event).is_ever_at_risk().then(|| Observation::delayed(entry, exit, event))
    };
    let end = ages.converted.min(ages.watched);
    let before_end = end.min(ages.qualified);
    let event = ages.converted == before_end && ages.converted < ages.qualified;
    let before = match u64::try_from(before_end) {
        // Who is in the population from the clock on could convert at age 0, too.
        Ok(exit) if ages.from == 0 => Some(Observation::new(exit, event)),
        Ok(_) if ages.from < before_end => observation(ages.from, before_end, event),
        _ => None,
    };
    let after = if ages.known < end { observation(ages.known, end, ages.converted == end) } else { None };
    (before, after)
}

/// Cox's model of the two parts.
pub(super) fn hazard_ratio(everyone: &[(&Case<'_>, Ages)]) -> Answer<HazardRatio> {
    let mut rows = Vec::new();
    let (mut before_events, mut after_events) = (0, 0);
    for (_, ages) in everyone {
        let (before, after) = stretches(ages);
        before_events += before.map_or(0, |stretch| u64::from(stretch.event));
        after_events += after.map_or(0, |stretch| u64::from(stretch.event));
        rows.extend(before.map(|observation| CoxRow { observation, covariates: vec![0.0] }));
        rows.extend(after.map(|observation| CoxRow { observation, covariates: vec![1.0] }));
    }
    let fewer = u64::min(before_events, after_events);
    at_least(fewer, THRESHOLDS.conversions_in_ratio, "conversions before or after qualifying", || {
        let model = stats::survival::Cox::fit(&rows).ok()?;
        let effect = model.covariates.first()?;
        let interval = effect.interval(CONFIDENCE);
        Some(HazardRatio {
            ratio: Ranged { value: effect.hazard_ratio(), low: interval.low, high: interval.high },
            p_value: effect.p_value(),
            events: model.events,
        })
    })
}

/// The log-rank test between the two parts.
pub(super) fn paces(everyone: &[(&Case<'_>, Ages)]) -> Answer<Test> {
    let (mut before, mut after) = (RiskTable::default(), RiskTable::default());
    for (_, ages) in everyone {
        let (first, second) = stretches(ages);
        // Stretches end after they begin (checked there), so nothing is refused here.
        let _ = first.map(|stretch| before.add(stretch));
        let _ = second.map(|stretch| after.add(stretch));
    }
    let events = before.events() + after.events();
    at_least(events, 2 * THRESHOLDS.conversions_in_ratio, "conversions before and after qualifying", || {
        let result = log_rank(&[before, after]).ok()?;
        Some(Test { name: "log-rank test", statistic: Some(result.statistic), p_value: result.p_value })
    })
}
