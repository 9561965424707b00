//! What can be said but is likely not meant.

use super::criterion::Context;
use super::diagnostic::{Code, Place};
use super::mention::Section;
use super::reader::{Fields, Reader};
use super::tree::Node;
use crate::definition::{
    Behaviour, CalendarUnit, Criterion, Measure, Op, Operand, Period, Quantity, Ratio, Test, Window,
};
use crate::record::SubjectKind;
use crate::time::DAY;
use crate::{Number, Span, Value};

/// What a comparison asks of a number.
#[derive(Clone, Copy)]
enum Asked {
    /// At least this much.
    AtLeast(Number),
    /// At most this much.
    AtMost(Number),
    /// Between the two.
    Range(Number, Number),
    /// Anything else.
    Other,
}

fn asked(test: &Test) -> Asked {
    let number = |operand: &Operand| match operand {
        Operand::Constant(Value::Number(number)) => Some(*number),
        _ => None,
    };
    match test {
        Test::Is(op, operand) => match (op, number(operand)) {
            (Op::AtLeast, Some(number)) => Asked::AtLeast(number),
            (Op::Above, Some(number)) => Asked::AtLeast(number.plus(Number(1))),
            (Op::AtMost, Some(number)) => Asked::AtMost(number),
            (Op::Below, Some(number)) => Asked::AtMost(number.minus(Number(1))),
            (Op::Equal, Some(number)) => Asked::Range(number, number),
            _ => Asked::Other,
        },
        Test::Between(low, high) => {
            number(low).zip(number(high)).map_or(Asked::Other, |(low, high)| Asked::Range(low, high))
        }
        _ => Asked::Other,
    }
}

/// Whether a measure counts something, so that it is whole and never below 0.
const fn counts(measure: &Measure) -> bool {
    matches!(measure, Measure::Count | Measure::Days | Measure::Weeks | Measure::Users | Measure::Distinct(_))
}

/// The numbers that a comparison names.
fn numbers(test: &Test) -> impl Iterator<Item = Number> + '_ {
    let operands: Vec<&Operand> = match test {
        Test::Is(_, operand) => vec![operand],
        Test::Between(low, high) => vec![low, high],
        Test::In(operands) | Test::NotIn(operands) => operands.iter().collect(),
        _ => Vec::new(),
    };
    operands.into_iter().filter_map(|operand| match operand {
        Operand::Constant(Value::Number(number)) => Some(*number),
        _ => None,
    })
}

impl Reader {
    /// Warns of a measure that can never, or always, compare so; of a period that the window cuts.
    pub fn warn_behaviour(&mut self, fields: &Fields<'_>, behaviour: &Behaviour, context: Context) {
        if self.section == Section::When && !context.in_account {
            self.warn_window(fields, behaviour);
        }
        let Some(test) = behaviour.is.as_ref().filter(|_| !behaviour.against_previous) else { return };
        let place = fields.node.place;
        let asked = asked(test);
        if self.warn_order(place, asked) || !counts(&behaviour.measure) {
            return;
        }
        if !numbers(test).all(Number::is_whole) {
            let help =
                "a whole number such as `>= 2`; a share compares two things: `ratio: { of: …, to: … }, is: \">= 80%\"`";
            self.warn(Code::NotWhole, place, "a count is a whole number, and it is compared with a fraction", help);
            return;
        }
        let most = self.most(behaviour, context);
        match asked {
            Asked::AtLeast(least) if least <= Number::ZERO => {
                let help = "a count is never below 0; `>= 1` means at least once";
                self.warn(Code::AlwaysHolds, place, "this always holds", help);
            }
            Asked::AtMost(limit) | Asked::Range(_, limit) if limit < Number::ZERO => {
                self.warn(
                    Code::NeverHolds,
                    place,
                    "a count is never below 0: this never holds",
                    "`= 0` means not at all",
                );
            }
            Asked::AtLeast(least) | Asked::Range(least, _) => {
                if let Some(most) = most.filter(|most| least > Number::whole(*most)) {
                    let message = format!("at most {most} are possible here: this never holds");
                    self.warn(Code::NeverHolds, place, message, "lower the number or lengthen the period");
                }
            }
            _ => {}
        }
    }

    /// Warns of a share that can never, or always, compare so.
    pub fn warn_ratio(&mut self, place: Place, ratio: &Ratio) {
        let asked = asked(&ratio.is);
        let counted = |side: &Quantity| matches!(side, Quantity::Measure(of) if counts(&of.measure));
        if self.warn_order(place, asked) || !(counted(&ratio.of) && counted(&ratio.to)) {
            return;
        }
        match asked {
            Asked::AtLeast(least) if least <= Number::ZERO => {
                let message = "a share of counts is never below 0: this holds as soon as there is a whole";
                self.warn(Code::AlwaysHolds, place, message, "`> 0%` means any of it");
            }
            Asked::AtMost(most) | Asked::Range(_, most) if most < Number::ZERO => {
                let message = "a share of counts is never below 0: this never holds";
                self.warn(Code::NeverHolds, place, message, "`= 0%` means none of it");
            }
            _ => {}
        }
    }

    /// Warns of two ends of which the first is the larger. Whether they are so.
    fn warn_order(&mut self, place: Place, asked: Asked) -> bool {
        let crossed = matches!(asked, Asked::Range(low, high) if low > high);
        if crossed {
            let help = "the smaller one comes first";
            self.warn(Code::NeverHolds, place, "the first end lies above the second: this never holds", help);
        }
        crossed
    }

    /// The most that a counting measure can be, where that is known.
    fn most(&self, behaviour: &Behaviour, context: Context) -> Option<i64> {
        let unit =
            behaviour.per.or(behaviour.regularity.map(|regularity| regularity.unit)).or(match behaviour.period {
                Period::Calendar(unit) => Some(unit),
                _ => None,
            });
        let length = match (&behaviour.period, &self.window) {
            (Period::Within(Span::Exact(length)) | Period::Last(Span::Exact(length)), _) => Some(*length),
            (Period::FromTo(Span::Exact(from), Span::Exact(to)), _) => Some(to.saturating_sub(*from)),
            (Period::Window, Some(Window::For(Span::Exact(length)))) => Some(*length),
            _ => None,
        };
        let within = |each: i64| length.map(|length| length.div_euclid(each) + i64::from(length % each != 0) + 1);
        match (&behaviour.measure, unit) {
            (Measure::Users, _) if context.on == SubjectKind::User => Some(1),
            (Measure::Days, Some(CalendarUnit::Day)) => Some(1),
            (Measure::Days, Some(CalendarUnit::Week)) => Some(7),
            (Measure::Days, Some(CalendarUnit::Month)) => Some(31),
            (Measure::Days, None) => within(DAY),
            (Measure::Weeks, Some(CalendarUnit::Day | CalendarUnit::Week)) => Some(1),
            (Measure::Weeks, Some(CalendarUnit::Month)) => Some(6),
            (Measure::Weeks, None) => within(7 * DAY),
            _ => None,
        }
    }

    fn warn_window(&mut self, fields: &Fields<'_>, behaviour: &Behaviour) {
        let Some(Window::For(Span::Exact(window))) = self.window else { return };
        let (key, end) = match &behaviour.period {
            Period::Within(Span::Exact(length)) => ("within", *length),
            Period::Last(Span::Exact(length)) => ("last", *length),
            Period::FromTo(_, Span::Exact(to)) => ("to", *to),
            _ => return,
        };
        let place = fields.get(key).map_or(fields.node.place, |node| node.place);
        if let Period::FromTo(Span::Exact(from), _) = behaviour.period
            && from >= window
        {
            let place = fields.get("from").map_or(place, |node| node.place);
            let message = "the period starts after the definition's window has ended: nothing counts in it";
            self.warn(Code::NeverHolds, place, message, "lengthen `window:`");
        } else if end > window {
            let message = "the definition's window ends before this period does";
            self.warn(Code::BeyondWindow, place, message, "lengthen `window:` or shorten the period");
        }
    }

    /// Warns of `not` where an absence over a period was likely meant.
    pub fn warn_not(&mut self, node: &Node, inner: &Criterion) {
        let Criterion::Behaviour(behaviour) = inner else { return };
        let lower_bound = behaviour.is.as_ref().is_some_and(|test| matches!(asked(test), Asked::AtLeast(_)));
        let ends = match behaviour.period {
            Period::Within(_) | Period::FromTo(..) | Period::Last(_) => true,
            Period::Window => self.window.is_some(),
            Period::Calendar(_) | Period::Since { .. } | Period::Ever => false,
        };
        if self.section == Section::When && lower_bound && ends && behaviour.regularity.is_none() {
            let message = "`not` means \"not so far\": it holds from the start until the event comes";
            let help = "`count: \"= 0\"` (or `\"< n\"`) holds only when the period has passed without it";
            self.warn(Code::NotSoFar, node.place, message, help);
        }
    }
}
