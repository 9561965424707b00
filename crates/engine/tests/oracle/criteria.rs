//! Whether a criterion holds as of an instant (rules 16, 20–26).

use std::rc::Rc;

use engine::definition::{Criterion, Operand, Quantity, Ratio, Sequence, Test, TraitOwner, TraitTest};
use engine::outcome::Truth;
use engine::record::{EventKind, SubjectKind};
use engine::{Number, Timestamp, Value};

use super::judge::{Frame, Judge, Seen};
use super::measures::growth;
use super::traits::Cut;
use super::values::{held, test_holds};
use super::world::{Event, Subject};

impl<'a> Judge<'a> {
    /// The truth of a criterion as of `t`; never unknown in a two-valued frame.
    pub fn truth(&self, criterion: &Criterion, frame: &Frame, t: Timestamp) -> Truth {
        let all = |parts: &[Criterion]| parts.iter().map(|part| self.truth(part, frame, t)).collect::<Vec<_>>();
        match criterion {
            Criterion::All(parts) => all(parts).into_iter().min().unwrap_or(Truth::True),
            Criterion::Any(parts) => all(parts).into_iter().max().unwrap_or(Truth::False),
            Criterion::Not(part) => self.truth(part, frame, t).negated(),
            Criterion::AtLeast { least, of } => {
                let truths = all(of);
                let certain = truths.iter().filter(|truth| **truth == Truth::True).count();
                let possible = truths.iter().filter(|truth| **truth != Truth::False).count();
                if certain >= *least as usize {
                    Truth::True
                } else if possible >= *least as usize {
                    Truth::Unknown
                } else {
                    Truth::False
                }
            }
            Criterion::Behaviour(behaviour) => Truth::of(self.behaves(behaviour, frame, t)),
            Criterion::Sequence(sequence) => Truth::of(self.follows(sequence, frame, t)),
            Criterion::Trait(test) => self.trait_truth(test, frame, t),
            Criterion::Ratio(ratio) => Truth::of(self.ratio_holds(ratio, frame, t)),
            Criterion::Meets { definition, lasting } => {
                let since = self.inside_since(definition, frame.subject, t);
                Truth::of(since.is_some_and(|since| match lasting {
                    Some(span) => since.plus(*span, &self.workspace.zone) <= t,
                    None => true,
                }))
            }
            Criterion::MembersMeeting { definition, is } => {
                let members = self.members(frame.subject, Cut::at(t));
                let inside = members.iter().filter(|member| self.inside_since(definition, **member, t).is_some());
                let count = held(Value::whole(inside.count() as i64));
                Truth::of(self.test(is, Some(&count), frame, t))
            }
            Criterion::OfAccount(part) => match self.account_frame(frame, t) {
                Some(inner) => self.truth(part, &inner, t),
                None => Truth::False,
            },
        }
    }

    fn test(&self, test: &Test, left: Option<&super::values::Held>, frame: &Frame, t: Timestamp) -> bool {
        let resolve = |operand: &Operand| self.operand(operand, frame, None, t);
        test_holds(test, left, t, self.workspace, &resolve)
    }

    /// The seat of the account that the subject is in, once its clock has started.
    pub fn account_frame(&self, frame: &Frame, t: Timestamp) -> Option<Frame<'_>> {
        let account = self.account_in(frame.subject, Cut::at(t))?;
        let timeline = self.world.timeline(account);
        let clock = timeline.iter().find(|event| event.kind == EventKind::Product)?.at;
        let goal = self.workspace.goal.as_ref();
        (clock <= t).then(|| Frame {
            points: frame.points.clone(),
            clock,
            started: clock,
            ..Frame::bare(account, goal)
        })
    }

    fn follows(&self, sequence: &Sequence, frame: &Frame, t: Timestamp) -> bool {
        let candidates: Vec<Rc<Vec<&Event>>> = sequence
            .steps
            .iter()
            .map(|step| {
                // Names, kind and period first: the filter needs the steps before.
                let unfiltered = engine::definition::Events { filter: None, ..step.clone() };
                let timeline = self.world.timeline(frame.subject);
                let named = timeline.into_iter().filter(|event| {
                    self.selects(&unfiltered, frame, Seen { event, steps: &[] })
                        && event.at <= t
                        && self.period_holds(&sequence.period, frame, event.at, t)
                });
                Rc::new(named.collect())
            })
            .collect();
        self.continues(sequence, &candidates, &mut Vec::new(), frame)
    }

    fn continues<'e>(
        &self,
        sequence: &Sequence,
        candidates: &[Rc<Vec<&'e Event>>],
        chosen: &mut Vec<&'e Event>,
        frame: &Frame,
    ) -> bool {
        let place = chosen.len();
        let Some(step) = sequence.steps.get(place) else { return true };
        for event in candidates[place].iter().copied() {
            let in_order = chosen.last().is_none_or(|last| last.at <= event.at);
            let in_span = match (chosen.first(), sequence.span) {
                (Some(first), Some(span)) => event.at <= first.at.plus(span, &self.workspace.zone),
                _ => true,
            };
            if !in_order || !in_span || chosen.iter().any(|used| std::ptr::eq(*used, event)) {
                continue;
            }
            chosen.push(event);
            let fits = self.selects(step, frame, Seen { event, steps: chosen });
            if fits && self.continues(sequence, candidates, chosen, frame) {
                return true;
            }
            chosen.pop();
        }
        false
    }

    fn trait_truth(&self, test: &TraitTest, frame: &Frame, t: Timestamp) -> Truth {
        if test.path.of != TraitOwner::AnyMember {
            let owner = |at: Timestamp| self.owner(&test.path, frame.subject, None, Cut::at(at));
            return self.owned_truth(test, &owner, frame, t);
        }
        if frame.subject.kind != SubjectKind::Account {
            return Truth::False;
        }
        let members = self.members(frame.subject, Cut::at(t));
        let truths = members.into_iter().map(|member| self.owned_truth(test, &|_| Some(member), frame, t));
        truths.max().unwrap_or(Truth::False)
    }

    fn owned_truth(
        &self,
        test: &TraitTest,
        owner: &dyn Fn(Timestamp) -> Option<Subject>,
        frame: &Frame,
        t: Timestamp,
    ) -> Truth {
        let value = |at: Timestamp| self.own_trait(owner(at)?, &test.path.name, frame.goal, Cut::at(at));
        let decides_missing = matches!(test.test, Test::Exists | Test::Missing) && test.against.is_none();
        if frame.three_valued && !decides_missing && value(t).is_none() {
            return Truth::Unknown;
        }
        let compared = |at: Timestamp| {
            let value = value(at);
            let left = match &test.against {
                None => value,
                Some(against) => {
                    let base_owner = self.owner(&against.path, frame.subject, None, Cut::at(at));
                    let cut = Cut { at, ago: Some(against.ago) };
                    let base = base_owner.and_then(|owner| self.own_trait(owner, &against.path.name, frame.goal, cut));
                    let numbers =
                        value.as_ref().and_then(Value::as_number).zip(base.as_ref().and_then(Value::as_number));
                    numbers.and_then(|(now, before)| growth(now, before)).map(Value::Number)
                }
            };
            self.test(&test.test, left.map(held).as_ref(), frame, at)
        };
        let Some(span) = test.lasting else { return Truth::of(compared(t)) };
        Truth::of(compared(t) && unbroken_since(&frame.points, t, &compared).plus(span, &self.workspace.zone) <= t)
    }

    fn ratio_holds(&self, ratio: &Ratio, frame: &Frame, t: Timestamp) -> bool {
        let Some(share) = self.ratio_value(ratio, frame, t) else { return false };
        self.test(&ratio.is, Some(&held(Value::Number(share))), frame, t)
    }

    /// of / to.
    pub fn ratio_value(&self, ratio: &Ratio, frame: &Frame, t: Timestamp) -> Option<Number> {
        let side = |quantity: &Quantity| match quantity {
            Quantity::Trait(path) => self.path_value(path, frame, None, Cut::at(t))?.as_number(),
            Quantity::Measure(behaviour) => self.behaviour_value(behaviour, frame, t)?.as_number(),
        };
        Number::ratio(side(&ratio.of)?.0, side(&ratio.to)?.0)
    }
}

/// The start of the unbroken truth that holds at `t`: [`Timestamp::MIN`] if it was always so.
pub fn unbroken_since(points: &[Timestamp], t: Timestamp, holds: &dyn Fn(Timestamp) -> bool) -> Timestamp {
    let mut since = t;
    for point in points.iter().rev().filter(|point| **point <= t) {
        if !holds(*point) {
            return since;
        }
        since = *point;
    }
    if holds(Timestamp::MIN) { Timestamp::MIN } else { since }
}
