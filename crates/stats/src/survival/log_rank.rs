//! Do two or more groups have the event at different paces?

use serde::{Deserialize, Serialize};

use super::{RiskMoment, RiskTable};
use crate::distribution::chi_squared_upper_tail;
use crate::error::Unanswerable;
use crate::matrix::Square;

/// One group's share in the result.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GroupCount {
    /// Events that happened.
    pub observed: u64,
    /// Events to expect if all groups went at the same pace.
    pub expected: f64,
}

/// The log-rank test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogRank {
    /// Chi-squared.
    pub statistic: f64,
    /// Groups that were ever at risk at an event, minus one.
    pub degrees_of_freedom: u32,
    /// P-value.
    pub p_value: f64,
    /// The groups, in the order given.
    pub groups: Vec<GroupCount>,
}

/// Compares groups at each event time among those then at risk, so that delayed entry is handled: Mantel (1966); Peto and
/// Peto (1972), with the hypergeometric variance.
///
/// # Errors
/// [`Unanswerable::NothingToCompare`] with fewer than two groups, or when no event happened while two groups were at
/// risk.
pub fn log_rank(groups: &[RiskTable]) -> Result<LogRank, Unanswerable> {
    let size = groups.len();
    if size < 2 {
        return Err(Unanswerable::NothingToCompare("fewer than two groups"));
    }
    let mut observed = vec![0_u64; size];
    let mut expected = vec![0.0; size];
    let mut variance = Square::zero(size);
    for moment in joint_moments(groups) {
        let at_risk: f64 = moment.iter().map(|(n, _)| *n as f64).sum();
        let events: f64 = moment.iter().map(|(_, d)| *d as f64).sum();
        if events == 0.0 || at_risk == 0.0 {
            continue;
        }
        let spread = if at_risk > 1.0 { events * (at_risk - events) / (at_risk - 1.0) } else { 0.0 };
        for (row, &(row_risk, row_events)) in moment.iter().enumerate() {
            let row_share = row_risk as f64 / at_risk;
            observed[row] = observed[row].saturating_add(row_events);
            expected[row] += events * row_share;
            for (column, &(column_risk, _)) in moment.iter().enumerate() {
                let same = if row == column { 1.0 } else { 0.0 };
                *variance.at_mut(row, column) += spread * row_share * (same - column_risk as f64 / at_risk);
            }
        }
    }
    // A group that never shared a risk set adds no row; of the others one is redundant.
    let compared: Vec<usize> = (0..size).filter(|&row| variance.at(row, row) > 0.0).collect();
    let Some((_, kept)) = compared.split_last().filter(|(_, kept)| !kept.is_empty()) else {
        return Err(Unanswerable::NothingToCompare("no event while two groups were at risk"));
    };
    let mut reduced = Square::zero(kept.len());
    let mut excess = vec![0.0; kept.len()];
    for (row, &from) in kept.iter().enumerate() {
        excess[row] = observed[from] as f64 - expected[from];
        for (column, &other) in kept.iter().enumerate() {
            *reduced.at_mut(row, column) = variance.at(from, other);
        }
    }
    let factor = reduced.factor().ok_or(Unanswerable::NothingToCompare("groups were at risk at different times"))?;
    let statistic: f64 = factor.solve(&excess).iter().zip(&excess).map(|(x, u)| x * u).sum();
    let degrees_of_freedom = u32::try_from(kept.len()).unwrap_or(u32::MAX);
    Ok(LogRank {
        statistic,
        degrees_of_freedom,
        p_value: chi_squared_upper_tail(statistic, degrees_of_freedom),
        groups: observed
            .into_iter()
            .zip(expected)
            .map(|(observed, expected)| GroupCount { observed, expected })
            .collect(),
    })
}

/// `(at risk, events)` of each group, at each time at which any group has an event.
fn joint_moments(groups: &[RiskTable]) -> Vec<Vec<(u64, u64)>> {
    let moments: Vec<Vec<RiskMoment>> = groups.iter().map(|group| group.moments().collect()).collect();
    let mut times: Vec<u64> =
        moments.iter().flatten().filter(|moment| moment.events > 0).map(|moment| moment.time).collect();
    times.sort_unstable();
    times.dedup();
    let at = |own: &[RiskMoment], time: u64| {
        // Between two changes nobody of the group comes or goes; after the last nobody is left.
        let next = own.get(own.partition_point(|moment| moment.time < time));
        next.map_or((0, 0), |next| (next.at_risk, if next.time == time { next.events } else { 0 }))
    };
    times.into_iter().map(|time| moments.iter().map(|own| at(own, time)).collect()).collect()
}
