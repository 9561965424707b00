//! How much knowing the group tells about the event.

use super::TwoByTwo;

/// The uncertainty of a yes/no outcome with the given probability, in bits (Shannon 1948): 0 at 0 and 1, 1 at one half.
///
/// Not a number outside 0..=1.
#[must_use]
pub fn binary_entropy(probability: f64) -> f64 {
    if !(0.0..=1.0).contains(&probability) {
        return f64::NAN;
    }
    let part = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
    part(probability) + part(1.0 - probability)
}

/// The bits by which knowing the group lowers the uncertainty about the event: the mutual information of the two, as
/// used to choose splits (Quinlan 1986). Never negative; 0 when a row or a column is empty. `None` for an empty table.
#[must_use]
pub fn information_gain(table: &TwoByTwo) -> Option<f64> {
    let [a, b, c, d] = table.cells();
    let total = a + b + c + d;
    if total == 0.0 {
        return None;
    }
    // The sum form: small gains are not lost as a difference of large entropies.
    let part = |cell: f64, row: f64, column: f64| {
        if cell > 0.0 { cell / total * (cell / row * (total / column)).log2() } else { 0.0 }
    };
    let gain = part(a, a + b, a + c) + part(b, a + b, b + d) + part(c, c + d, a + c) + part(d, c + d, b + d);
    Some(gain.max(0.0))
}
