//! The score: named parts, each a share of 0–1 as an exact fraction, times its weight.

use super::fold::Fold;
use super::scene::{Clockwork, Scene};
use crate::number::round_half_even;
use crate::outcome::Score;
use crate::program::pass::{Node, Share};
use crate::time::HOUR;
use crate::{Number, Value};

/// A share as a fraction with a denominator above 0, held within 0–1.
#[derive(Clone, Copy)]
struct Fraction {
    numerator: i128,
    denominator: i128,
}

impl Fraction {
    const ZERO: Self = Self { numerator: 0, denominator: 1 };

    fn held(numerator: i128, denominator: i128) -> Self {
        Self { numerator: numerator.clamp(0, denominator), denominator }
    }

    fn is_above(self, other: Self) -> bool {
        let (left, right) =
            (self.numerator.checked_mul(other.denominator), other.numerator.checked_mul(self.denominator));
        match (left, right) {
            (Some(left), Some(right)) => left > right,
            // Too large for whole numbers: nine places decide.
            _ => Number::ratio(self.numerator, self.denominator) > Number::ratio(other.numerator, other.denominator),
        }
    }
}

/// For which instant, and since when the subject's time runs.
#[derive(Clone, Copy)]
struct Asked {
    at: i64,
    clock: i64,
    /// When the clock was known to run.
    opened: i64,
}

/// One hundredth in the units of [`Number`]: points are kept to two places.
const HUNDREDTH: i128 = Number::UNIT / 100;

/// The score of a unit at an instant; `None` for a definition without parts.
pub(super) fn score(
    fold: &mut Fold,
    scene: &Scene<'_>,
    clockwork: &mut Clockwork,
    place: usize,
    at: i64,
) -> Option<Score> {
    let unit = &scene.pass.units[place];
    let definition = unit.definition.as_ref()?;
    if definition.score.is_empty() {
        return None;
    }
    let gate = fold.gates[unit.gate];
    let (clock, opened) = (gate.clock, gate.known_from);
    let mut parts = Vec::with_capacity(definition.score.len());
    let mut total = Number::ZERO;
    for (weight, share) in &definition.score {
        let share = fraction(fold, scene, clockwork, share, Asked { at, clock, opened });
        let points = match weight.0.checked_mul(share.numerator) {
            Some(product) => round_half_even(product, share.denominator * HUNDREDTH) * HUNDREDTH,
            None => {
                let share = Number::ratio(share.numerator, share.denominator).unwrap_or_default();
                round_half_even(weight.times(share).unwrap_or_default().0, HUNDREDTH) * HUNDREDTH
            }
        };
        parts.push(Number(points));
        total = total.plus(Number(points));
    }
    Some(Score { total, parts })
}

fn fraction(fold: &mut Fold, scene: &Scene<'_>, clockwork: &mut Clockwork, share: &Share, asked: Asked) -> Fraction {
    let Asked { at, clock, opened } = asked;
    match share {
        Share::Time { best, worst } => {
            Fraction::held(i128::from(*worst) - i128::from(at - clock), i128::from(*worst) - i128::from(*best))
        }
        Share::Measure { leaf, full } => match fold.leaf_value(scene, clockwork, *leaf, at) {
            Some(Value::Number(value)) => Fraction::held(value.0, full.0),
            _ => Fraction::ZERO,
        },
        Share::Points { rows, cap } => {
            let mut sum = Number::ZERO;
            for (node, points, half_life) in rows {
                if fold.truth(scene.pass, *node).holds() {
                    let since = match &scene.pass.nodes[*node as usize] {
                        Node::Leaf(leaf) => fold.leaves[*leaf as usize].since.max(opened),
                        _ => at,
                    };
                    let hours = half_life.map(|half_life| (half_life, (at - since).div_euclid(HOUR)));
                    sum = sum.plus(hours.map_or(*points, |(half_life, hours)| faded(*points, hours, half_life)));
                }
            }
            Fraction::held(sum.0, cap.0)
        }
        Share::FitMet(nodes) => {
            if nodes.is_empty() {
                return Fraction { numerator: 1, denominator: 1 };
            }
            let met = nodes.iter().filter(|node| fold.truth(scene.pass, **node).holds()).count();
            Fraction::held(met as i128, nodes.len() as i128)
        }
        Share::Max(shares) => {
            let mut best = Fraction::ZERO;
            for share in shares {
                let next = fraction(fold, scene, clockwork, share, asked);
                if next.is_above(best) {
                    best = next;
                }
            }
            best
        }
    }
}

/// Points after some whole hours: halved for each half-life, linear within one.
fn faded(points: Number, hours: i64, half_life: i64) -> Number {
    let (halvings, rest) = (hours.div_euclid(half_life).clamp(0, 60), hours.rem_euclid(half_life));
    let numerator = points.0.saturating_mul(i128::from(2 * half_life - rest));
    Number(round_half_even(numerator, i128::from(2 * half_life) << halvings))
}
