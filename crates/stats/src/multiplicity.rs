//! Corrections for having looked at many things.
//!
//! Both take p-values in any order and return adjusted p-values in the same order: a finding stands at level α when its
//! adjusted value is at most α. `None` when a value is not in 0..=1 (or not a number), because leaving one out would
//! understate how many were tried.

/// Benjamini and Hochberg (1995), "Controlling the false discovery rate": among the findings that stand, the expected
/// share of false ones is at most the level. For lists of suggestions.
#[must_use]
pub fn benjamini_hochberg(p_values: &[f64]) -> Option<Vec<f64>> {
    let order = ascending(p_values)?;
    let count = p_values.len() as f64;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut least = 1.0_f64;
    for (rank, &index) in order.iter().enumerate().rev() {
        least = least.min(p_values[index] * count / (rank + 1) as f64);
        adjusted[index] = least;
    }
    Some(adjusted)
}

/// Holm (1979), "A simple sequentially rejective multiple test procedure": the chance of even one false finding is at
/// most the level. For claims.
#[must_use]
pub fn holm(p_values: &[f64]) -> Option<Vec<f64>> {
    let order = ascending(p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut greatest = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        let remaining = (p_values.len() - rank) as f64;
        greatest = greatest.max((p_values[index] * remaining).min(1.0));
        adjusted[index] = greatest;
    }
    Some(adjusted)
}

/// Holm (1979), weighted: the same guarantee where some findings were more promising beforehand. The weights must not come from
/// the data that gave the p-values; equal ones give [`holm`].
///
/// `None` when a p-value is not in 0..=1, a weight is not positive and finite, or there are not as many of both.
#[must_use]
pub fn weighted_holm(p_values: &[f64], weights: &[f64]) -> Option<Vec<f64>> {
    let sound = |weight: &f64| *weight > 0.0 && weight.is_finite();
    if p_values.len() != weights.len() || !weights.iter().all(sound) {
        return None;
    }
    ascending(p_values)?;
    let ratio = |index: usize| p_values[index] / weights[index];
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&left, &right| ratio(left).total_cmp(&ratio(right)));
    let mut remaining: f64 = weights.iter().sum();
    let mut adjusted = vec![0.0; p_values.len()];
    let mut greatest = 0.0_f64;
    for &index in &order {
        greatest = greatest.max((ratio(index) * remaining).min(1.0));
        adjusted[index] = greatest;
        remaining -= weights[index];
    }
    Some(adjusted)
}

/// Positions from the smallest p-value to the greatest.
fn ascending(p_values: &[f64]) -> Option<Vec<usize>> {
    if p_values.iter().any(|p| !(0.0..=1.0).contains(p)) {
        return None;
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    Some(order)
}
