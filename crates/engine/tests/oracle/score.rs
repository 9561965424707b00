//! Score and value at an instant (rules 30, 31).

use engine::definition::{Criterion, Definition, PointRow, Share};
use engine::number::round_half_even;
use engine::outcome::{Score, Truth};
use engine::time::HOUR;
use engine::{Number, Span, Timestamp, Value};

use super::criteria::unbroken_since;
use super::judge::{Frame, Judge};
use super::traits::Cut;

/// A fraction held within 0–1; the whole is above 0.
#[derive(Debug, Clone, Copy)]
struct Part {
    of: i128,
    whole: i128,
}

impl Part {
    fn held(of: i128, whole: i128) -> Self {
        Self { of: of.clamp(0, whole), whole }
    }

    fn exceeds(self, other: Self) -> bool {
        self.of * other.whole > other.of * self.whole
    }
}

impl Judge<'_> {
    /// The score that an entry at `t` has.
    pub fn score(&self, definition: &Definition, frame: &Frame, t: Timestamp) -> Option<Score> {
        if definition.score.is_empty() {
            return None;
        }
        let hundredth = Number::UNIT / 100;
        let points = |weight: Number, part: Part| {
            Number(round_half_even(weight.0 * part.of, part.whole * hundredth) * hundredth)
        };
        let shares = definition.score.iter();
        let parts: Vec<Number> =
            shares.map(|part| points(part.weight, self.share(&part.share, definition, frame, t))).collect();
        let total = parts.iter().fold(Number::ZERO, |sum, part| sum.plus(*part));
        Some(Score { total, parts })
    }

    fn share(&self, share: &Share, definition: &Definition, frame: &Frame, t: Timestamp) -> Part {
        match share {
            Share::Time { best, worst } => {
                let (Span::Exact(best), Span::Exact(worst)) = (best, worst) else { return Part::held(0, 1) };
                Part::held(i128::from(worst - (t.0 - frame.clock.0)), i128::from(worst - best))
            }
            Share::Measure { of, full } => {
                let value = self.behaviour_value(of, frame, t).as_ref().and_then(Value::as_number);
                Part::held(value.unwrap_or_default().0, full.0)
            }
            Share::Points { table, cap } => {
                let frame = frame.three_valued();
                let rows = table.iter().map(|row| self.row(row, &frame, t));
                Part::held(rows.fold(0, |sum, points| sum + points.0), cap.0)
            }
            Share::FitMet => {
                let frame = frame.three_valued();
                let holds = |part: &Criterion| self.truth(part, &frame, t) == Truth::True;
                match &definition.fit {
                    Some(Criterion::All(parts)) if !parts.is_empty() => {
                        let met = parts.iter().filter(|part| holds(part)).count();
                        Part::held(met as i128, parts.len() as i128)
                    }
                    Some(fit) => Part::held(i128::from(holds(fit)), 1),
                    None => Part::held(1, 1),
                }
            }
            Share::Max(shares) => {
                let parts = shares.iter().map(|share| self.share(share, definition, frame, t));
                parts
                    .reduce(|best, part| if part.exceeds(best) { part } else { best })
                    .unwrap_or(Part { of: 0, whole: 1 })
            }
        }
    }

    fn row(&self, row: &PointRow, frame: &Frame, t: Timestamp) -> Number {
        let holds = |at: Timestamp| at >= frame.started && self.truth(&row.criterion, frame, at) == Truth::True;
        if !holds(t) {
            return Number::ZERO;
        }
        let Some(Span::Exact(half)) = row.half_life else { return row.points };
        let half = i128::from(half / HOUR);
        let since = unbroken_since(&frame.points, t, &holds);
        let age = i128::from((t.0 - since.0) / HOUR);
        let (halvings, rest) = ((age / half).min(60), age % half);
        Number(round_half_even(row.points.0 * (2 * half - rest), 2 * half * (1_i128 << halvings)))
    }

    /// What the lead may be worth.
    pub fn worth(&self, definition: &Definition, frame: &Frame, t: Timestamp) -> Option<Number> {
        let rule = definition.value.as_ref()?;
        match &rule.of {
            None => Some(rule.times),
            Some(path) => self.path_value(path, frame, None, Cut::at(t))?.as_number()?.times(rule.times),
        }
    }
}
