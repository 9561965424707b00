//! A few lengths of time per case, shared by histories and definitions so that ends coincide.

use engine::Span;
use engine::time::HOUR;

use super::dice::Dice;

/// The lengths of one case.
pub struct Spans {
    exact: Vec<Span>,
    any: Vec<Span>,
}

impl Spans {
    pub fn of(dice: &mut Dice) -> Self {
        let lengths = [1, 24, 24, 48, 24 * 3, 24 * 7, 24 * 7, 24 * 14];
        let exact: Vec<Span> = (0..3).map(|_| Span::Exact(dice.pick(&lengths) * HOUR)).collect();
        let mut any = exact.clone();
        if dice.chance(30) {
            any.push(Span::Months(dice.pick(&[1, 1, 2, 12])));
        }
        Self { exact, any }
    }

    /// Hours, days or weeks.
    pub fn exact(&self, dice: &mut Dice) -> Span {
        dice.pick(&self.exact)
    }

    /// Also months.
    pub fn any(&self, dice: &mut Dice) -> Span {
        dice.pick(&self.any)
    }

    /// Two lengths, the shorter one first and not the same.
    pub fn two(&self, dice: &mut Dice) -> (Span, Span) {
        let short = self.exact(dice);
        let Span::Exact(length) = short else { return (Span::hours(1), Span::hours(2)) };
        (short, Span::Exact(length * dice.pick(&[2, 3, 7])))
    }
}
