//! Could the two groups differ by chance alone?

use serde::{Deserialize, Serialize};

use super::TwoByTwo;
use crate::distribution::chi_squared_upper_tail;

/// Beyond this the walk over tables would take too long, and no test is needed.
const MOST_PEOPLE: u64 = 1 << 40;

/// Which test was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssociationTest {
    /// Fisher's exact test: right for any counts.
    FisherExact,
    /// Pearson's chi-squared test: good when no expected cell is small.
    ChiSquare,
}

/// The result of a test of independence of group and event.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Association {
    /// The test.
    pub test: AssociationTest,
    /// The chi-squared statistic with one degree of freedom; exact tests have none.
    pub statistic: Option<f64>,
    /// The two-sided p-value.
    pub p_value: f64,
}

impl TwoByTwo {
    /// The test to use: exact where an expected cell is below 5 (Cochran 1954), chi-squared elsewhere. `None` for an
    /// empty table.
    #[must_use]
    pub fn recommended_test(&self) -> Option<AssociationTest> {
        let exact = self.smallest_expected()? < 5.0;
        Some(if exact { AssociationTest::FisherExact } else { AssociationTest::ChiSquare })
    }

    /// The recommended test, made. `None` when a row or a column is empty: nothing can differ then.
    #[must_use]
    pub fn association(&self) -> Option<Association> {
        match self.recommended_test()? {
            AssociationTest::FisherExact => fisher_exact(self),
            AssociationTest::ChiSquare => chi_square(self),
        }
    }
}

/// Pearson's chi-squared test without correction (Pearson 1900). `None` when a row or a column is empty.
#[must_use]
pub fn chi_square(table: &TwoByTwo) -> Option<Association> {
    chi_square_with(table, 0.0)
}

/// The chi-squared test with Yates's continuity correction (Yates 1934): each cell moves by one half towards its
/// expected count, but not past it. `None` when a row or a column is empty.
#[must_use]
pub fn chi_square_yates(table: &TwoByTwo) -> Option<Association> {
    chi_square_with(table, 0.5)
}

fn chi_square_with(table: &TwoByTwo, correction: f64) -> Option<Association> {
    let [a, b, c, d] = table.cells();
    let (exposed, unexposed, events, no_events) = (a + b, c + d, a + c, b + d);
    if [exposed, unexposed, events, no_events].contains(&0.0) {
        return None;
    }
    let total = exposed + unexposed;
    // All four cells are off by the same amount.
    let off = (a - exposed / total * events).abs();
    let off = off - off.min(correction);
    let weight = total / exposed * (total / unexposed) / events * (total / no_events);
    let statistic = off * off * weight;
    Some(Association {
        test: AssociationTest::ChiSquare,
        statistic: Some(statistic),
        p_value: chi_squared_upper_tail(statistic, 1),
    })
}

/// Fisher's exact test, two-sided: the probability, margins fixed, of a table no more likely than this one (Fisher 1934;
/// the same sum as scipy and R). `None` when a row or a column is empty, or beyond 2^40 people.
///
/// Costs some √(people) steps. A p-value below about 1e-300 is returned as 0.
#[must_use]
pub fn fisher_exact(table: &TwoByTwo) -> Option<Association> {
    let (row, column, total) = (table.exposed(), table.events(), table.total());
    let other_row = table.unexposed();
    if row == 0 || other_row == 0 || column == 0 || table.no_events() == 0 || total > MOST_PEOPLE {
        return None;
    }
    let least = column.saturating_sub(other_row);
    let most = row.min(column);
    let mode = ((u128::from(row) + 1) * (u128::from(column) + 1) / (u128::from(total) + 2)) as u64;
    let mode = mode.clamp(least, most);

    // Probabilities relative to that of the mode, from ratios of neighbours: no logarithms of factorials, no
    // cancellation. The walk stops where they underflow.
    let (row, column, other_row) = (row as f64, column as f64, other_row as f64);
    let rising = |count: f64| (row - count) * (column - count) / ((count + 1.0) * (other_row - column + count + 1.0));
    let mut relative = vec![(mode, 1.0_f64)];
    let mut weight = 1.0;
    for count in mode..most {
        weight *= rising(count as f64);
        if weight == 0.0 {
            break;
        }
        relative.push((count + 1, weight));
    }
    weight = 1.0;
    for count in (least..mode).rev() {
        weight /= rising(count as f64);
        if weight == 0.0 {
            break;
        }
        relative.push((count, weight));
    }

    let observed = relative.iter().find(|(count, _)| *count == table.exposed_event).map_or(0.0, |(_, weight)| *weight);
    // R's tolerance: tables that are equally likely on paper must not be told apart by rounding.
    let limit = observed * (1.0 + 1e-7);
    let mut weights: Vec<f64> = relative.into_iter().map(|(_, weight)| weight).collect();
    weights.sort_by(f64::total_cmp);
    let sum: f64 = weights.iter().sum();
    let unlikely: f64 = weights.iter().take_while(|weight| **weight <= limit).sum();
    Some(Association { test: AssociationTest::FisherExact, statistic: None, p_value: (unlikely / sum).min(1.0) })
}
