//! Compiles criteria to nodes and leaves.

use std::sync::Arc;

use super::CompileError;
use super::build::{Builder, Scope, goal_behind};
use super::operands::{Captures, relations};
use super::pass::{self, Capture, Effect, Grouping, LeafKind, Node, Quantity, TraitLeaf};
use crate::definition::{self as ast, Aggregate, Criterion, DistinctOf, Measure, NamePattern, Op, Operand, Test};
use crate::{Number, Span, Value};

/// A rolling count over more than this many events is counted in the general way.
const MOST_LAST_TIMES: i128 = 10_000;

type Compiled<T> = Result<T, Vec<CompileError>>;

impl Builder<'_> {
    pub(super) fn node(&mut self, scope: Scope<'_>, criterion: &Criterion) -> Compiled<u32> {
        let node = match criterion {
            Criterion::All(parts) => Node::All(self.nodes(scope, parts)?),
            Criterion::Any(parts) => Node::Any(self.nodes(scope, parts)?),
            Criterion::Not(part) => Node::Not(self.node(scope, part)?),
            Criterion::AtLeast { least, of } => Node::AtLeast(*least, self.nodes(scope, of)?),
            Criterion::Behaviour(behaviour) => Node::Leaf(self.behaviour(scope, behaviour)? as u32),
            Criterion::Sequence(sequence) => Node::Leaf(self.sequence(scope, sequence) as u32),
            Criterion::Trait(test) => Node::Leaf(self.trait_test(scope, test) as u32),
            Criterion::Ratio(ratio) => Node::Leaf(self.ratio(scope, ratio)? as u32),
            Criterion::Meets { definition, lasting } => {
                let unit = self.output_of(scope, definition);
                let kind = LeafKind::Meets { unit, lasting: *lasting };
                Node::Leaf(self.reading_leaf(scope, &format!("{criterion:?}"), kind) as u32)
            }
            Criterion::MembersMeeting { definition, is } => {
                let unit = self.output_of(scope, definition);
                let test = self.test(is, scope.key.1, scope.goal, &Captures::default());
                let kind = LeafKind::MembersMeeting { unit, test };
                Node::Leaf(self.reading_leaf(scope, &format!("{criterion:?}"), kind) as u32)
            }
            Criterion::OfAccount(part) => {
                let unit = self.account_signal(scope, part)?;
                self.needs.accounts = true;
                Node::Leaf(self.reading_leaf(scope, &format!("{criterion:?}"), LeafKind::OfAccount { unit }) as u32)
            }
        };
        Ok(self.push_node(scope.key, node))
    }

    fn nodes(&mut self, scope: Scope<'_>, parts: &[Criterion]) -> Compiled<Vec<u32>> {
        parts.iter().map(|part| self.node(scope, part)).collect()
    }

    fn output_of(&mut self, scope: Scope<'_>, id: &str) -> usize {
        let place = scope.all.iter().position(|other| &*other.id == id).unwrap_or(usize::MAX);
        self.kept.push(place);
        place
    }

    /// A leaf that wakes with traits, memberships and what other passes say.
    fn reading_leaf(&mut self, scope: Scope<'_>, text: &str, kind: LeafKind) -> usize {
        let text = format!("{} {} {text}{}", scope.gate, scope.in_fit, goal_behind(text, scope.goal));
        self.shared(scope.key, text, |builder| {
            let leaf = builder.leaf(scope, kind, Arc::from(""));
            builder.pass(scope.key).wakeful.push(leaf as u32);
            leaf
        })
    }

    fn trait_test(&mut self, scope: Scope<'_>, test: &ast::TraitTest) -> usize {
        let none = Captures::default();
        let kind = LeafKind::Trait(TraitLeaf {
            path: self.trait_ref(&test.path, scope.key.1, scope.goal),
            test: self.test(&test.test, scope.key.1, scope.goal, &none),
            lasting: test.lasting,
            against: test
                .against
                .as_ref()
                .map(|against| (self.trait_ref(&against.path, scope.key.1, scope.goal), against.ago)),
            unknown_if_missing: scope.in_fit && !matches!(test.test, Test::Exists | Test::Missing),
        });
        self.reading_leaf(scope, &format!("{test:?}"), kind)
    }

    fn ratio(&mut self, scope: Scope<'_>, ratio: &ast::Ratio) -> Compiled<usize> {
        let of = self.quantity(scope, &ratio.of)?;
        let to = self.quantity(scope, &ratio.to)?;
        let test = self.test(&ratio.is, scope.key.1, scope.goal, &Captures::default());
        Ok(self.reading_leaf(scope, &format!("{ratio:?}"), LeafKind::Ratio { of, to, test }))
    }

    fn quantity(&mut self, scope: Scope<'_>, quantity: &ast::Quantity) -> Compiled<Quantity> {
        Ok(match quantity {
            ast::Quantity::Trait(path) => Quantity::Trait(self.trait_ref(path, scope.key.1, scope.goal)),
            ast::Quantity::Measure(behaviour) => Quantity::Leaf(self.behaviour(scope, behaviour)?),
        })
    }

    pub(super) fn behaviour(&mut self, scope: Scope<'_>, behaviour: &ast::Behaviour) -> Compiled<usize> {
        let text = format!("{} {behaviour:?}", scope.gate);
        let text = format!("{text}{}", goal_behind(&text, scope.goal));
        let mut failed = None;
        let leaf = self.shared(scope.key, text, |builder| match builder.new_behaviour(scope, behaviour) {
            Ok(leaf) => leaf,
            Err(errors) => {
                failed = Some(errors);
                0
            }
        });
        failed.map_or(Ok(leaf), Err)
    }

    fn new_behaviour(&mut self, scope: Scope<'_>, behaviour: &ast::Behaviour) -> Compiled<usize> {
        let period = self.period(&behaviour.period);
        let units = match (&behaviour.period, behaviour.per, behaviour.regularity) {
            (_, _, Some(regularity)) => Some(regularity.unit),
            (_, Some(unit), _) => Some(unit),
            (ast::Period::Calendar(unit), None, None) => Some(*unit),
            _ => None,
        };
        let grouping = match (behaviour.regularity, behaviour.per, &period) {
            (Some(regularity), _, _) => Grouping::Regular { units: regularity.units, at_least: regularity.at_least },
            (_, Some(_), _) => Grouping::Some,
            (_, _, pass::Period::Calendar) => Grouping::Current,
            _ => Grouping::Whole,
        };
        let fail = |reason: &str| Err(vec![CompileError { definition: Arc::from(""), reason: reason.to_owned() }]);
        if behaviour.per.is_some() && matches!(behaviour.period, ast::Period::Calendar(_)) {
            return fail("`per` goes with a period that is not itself of the calendar");
        }
        if behaviour.regularity.is_some() && (behaviour.period != ast::Period::Window || behaviour.per.is_some()) {
            return fail("`in_each_of` is a period of its own; leave the other one out");
        }
        let rolling = matches!(period, pass::Period::Last(_) | pass::Period::Calendar);
        if behaviour.against_previous && (!rolling || grouping == Grouping::Some) {
            return fail("`against: previous` needs `last:` or `calendar:`");
        }
        self.uses_days |= units.is_some() || matches!(behaviour.measure, Measure::Days | Measure::Weeks);
        let latches = grows(&behaviour.measure)
            && matches!(behaviour.is, Some(Test::Is(Op::AtLeast | Op::Above, Operand::Constant(_))))
            && matches!(grouping, Grouping::Whole | Grouping::Some)
            && !matches!(period, pass::Period::Last(_) | pass::Period::Calendar | pass::Period::Since { latest: true })
            && !behaviour.against_previous;
        let anchored = matches!(
            period,
            pass::Period::Window | pass::Period::Within(_) | pass::Period::FromTo(..) | pass::Period::Last(_)
        );
        let delayed = anchored
            && grouping == Grouping::Whole
            && !behaviour.against_previous
            && behaviour.is.as_ref().is_some_and(|test| breakable(&behaviour.measure, test));
        let plain = matches!(behaviour.measure, Measure::Count | Measure::Days)
            && grouping == Grouping::Whole
            && matches!(period, pass::Period::Last(Span::Exact(_)))
            && !behaviour.against_previous;
        let last_times = if plain { behaviour.is.as_ref().and_then(needed_count) } else { None };
        let measure = self.measure(&behaviour.measure);
        let none = Captures::default();
        let test = behaviour.is.as_ref().map(|test| self.test(test, scope.key.1, scope.goal, &none));
        let reads_traits = behaviour.is.as_ref().is_some_and(mentions_trait);
        let previous = behaviour.against_previous;
        let bound = behaviour.is.as_ref().and_then(number_bound);
        let needed = behaviour.is.as_ref().and_then(needed_count).and_then(|needed| u32::try_from(needed).ok());
        let days = behaviour.measure == Measure::Days;
        let compiled = pass::Behaviour {
            measure,
            period: period.clone(),
            test,
            delayed,
            latches,
            units,
            grouping,
            previous,
            last_times,
            bound,
        };
        let leaf = self.leaf(scope, LeafKind::Behaviour(compiled), Arc::from(""));
        let countable = matches!(behaviour.measure, Measure::Count | Measure::Days) && grouping == Grouping::Whole;
        let anchored = !matches!(period, pass::Period::Since { .. });
        if let (true, Some(needed)) = (latches && countable && anchored, needed) {
            let pass = self.pass(scope.key);
            let same = |(gate, known): &(usize, pass::Period)| *gate == scope.gate && *known == period;
            let span = pass.hot_spans.iter().position(same).unwrap_or_else(|| {
                pass.hot_spans.push((scope.gate, period.clone()));
                pass.hot_spans.len() - 1
            });
            let text = format!("hot {:?} {days} {span}", behaviour.events);
            let hot = self.shared(scope.key, text, |builder| {
                let pass = builder.pass(scope.key);
                pass.hot.push(pass::HotRule { span: span as u32, days, thresholds: Vec::new() });
                let hot = pass.hot.len() - 1;
                builder.touch(scope, &behaviour.events, Effect::Hot, hot);
                hot
            });
            let thresholds = &mut self.pass(scope.key).hot[hot].thresholds;
            thresholds.push((needed, leaf as u32));
            thresholds.sort_unstable();
            return Ok(leaf);
        }
        if reads_traits {
            self.pass(scope.key).wakeful.push(leaf as u32);
        }
        self.touch(scope, &behaviour.events, Effect::Hit, leaf);
        if let ast::Period::Since { events, .. } = &behaviour.period {
            self.touch(scope, events, Effect::Marker, leaf);
        }
        Ok(leaf)
    }

    fn measure(&mut self, measure: &Measure) -> pass::Measure {
        match measure {
            Measure::Count => pass::Measure::Count,
            Measure::Days => pass::Measure::Days,
            Measure::Weeks => pass::Measure::Weeks,
            Measure::Users => pass::Measure::Users,
            Measure::Distinct(DistinctOf::EventName) => pass::Measure::DistinctName,
            Measure::Distinct(DistinctOf::Property(name)) => pass::Measure::DistinctProperty(self.property(name)),
            Measure::Of(aggregate, name) => pass::Measure::Of(*aggregate, self.property(name)),
            Measure::Grouped { outer, inner, of, by } => {
                pass::Measure::Grouped { outer: *outer, inner: *inner, of: self.property(of), by: self.property(by) }
            }
            Measure::Gap(nth) => pass::Measure::Gap(*nth),
        }
    }

    fn period(&self, period: &ast::Period) -> pass::Period {
        match period {
            ast::Period::Window => pass::Period::Window,
            ast::Period::Within(span) => pass::Period::Within(*span),
            ast::Period::FromTo(from, to) => pass::Period::FromTo(*from, *to),
            ast::Period::Last(span) => pass::Period::Last(*span),
            ast::Period::Calendar(_) => pass::Period::Calendar,
            ast::Period::Since { latest, .. } => pass::Period::Since { latest: *latest },
            ast::Period::Ever => pass::Period::Ever,
        }
    }

    fn sequence(&mut self, scope: Scope<'_>, sequence: &ast::Sequence) -> usize {
        let text = format!("{} {sequence:?}", scope.gate);
        let text = format!("{text}{}", goal_behind(&text, scope.goal));
        self.shared(scope.key, text, |builder| {
            let steps = sequence.steps.len();
            let mut captures: Vec<Vec<Capture>> = vec![Vec::new(); steps];
            for (step, events) in sequence.steps.iter().enumerate() {
                let mut wanted = Vec::new();
                if let Some(filter) = &events.filter {
                    relations(filter, &mut wanted);
                }
                for operand in wanted {
                    let (earlier, what) = match operand {
                        Operand::StepProperty(earlier, name) => (earlier, Capture::Property(builder.property(&name))),
                        Operand::StepDay(earlier) => (earlier, Capture::Day),
                        Operand::StepTime(earlier) => (earlier, Capture::Time),
                        _ => continue,
                    };
                    builder.uses_days |= what == Capture::Day;
                    if earlier <= step && !captures[earlier - 1].contains(&what) {
                        captures[earlier - 1].push(what);
                    }
                }
            }
            let units = match sequence.period {
                ast::Period::Calendar(unit) => Some(unit),
                _ => None,
            };
            builder.uses_days |= units.is_some();
            let span = match sequence.span {
                Some(Span::Exact(length)) => Some(length),
                Some(Span::Months(_)) | None => None,
            };
            let kind = LeafKind::Sequence(pass::Sequence {
                steps,
                captures: captures.clone(),
                span,
                period: builder.period(&sequence.period),
                units,
                disjoint: disjoint(&sequence.steps),
            });
            let leaf = builder.leaf(scope, kind, Arc::from(""));
            for (step, events) in sequence.steps.iter().enumerate() {
                let places =
                    (0..step).flat_map(|earlier| captures[earlier].iter().map(move |what| (earlier, *what))).collect();
                let known = Captures { places, current: step + 1 };
                builder.touch_relating(scope, events, Effect::Step(step as u8), leaf, &known);
            }
            if let ast::Period::Since { events, .. } = &sequence.period {
                builder.touch(scope, events, Effect::Marker, leaf);
            }
            leaf
        })
    }
}

/// Whether no event can be two of the steps.
fn disjoint(steps: &[ast::Events]) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    for step in steps {
        for pattern in &step.names {
            match pattern {
                NamePattern::Exactly(name) if !seen.contains(&&**name) => {}
                _ => return false,
            }
        }
        seen.extend(step.names.iter().filter_map(|pattern| match pattern {
            NamePattern::Exactly(name) => Some(&**name),
            _ => None,
        }));
    }
    true
}

/// Whether one more event can only leave the measure as it is or make it larger.
const fn grows(measure: &Measure) -> bool {
    matches!(
        measure,
        Measure::Count
            | Measure::Days
            | Measure::Weeks
            | Measure::Users
            | Measure::Distinct(_)
            | Measure::Of(Aggregate::Max, _)
    )
}

/// Whether one more event could break the comparison (docs/meaning.md, 15).
const fn breakable(measure: &Measure, test: &Test) -> bool {
    let equality =
        matches!(test, Test::Is(Op::Equal | Op::Unequal, _) | Test::Between(..) | Test::In(_) | Test::NotIn(_));
    let from_above = matches!(test, Test::Is(Op::Below | Op::AtMost, _));
    let from_below = matches!(test, Test::Is(Op::Above | Op::AtLeast, _));
    match measure {
        Measure::Count
        | Measure::Days
        | Measure::Weeks
        | Measure::Users
        | Measure::Distinct(_)
        | Measure::Of(Aggregate::Sum | Aggregate::Max, _)
        | Measure::Grouped { outer: Aggregate::Sum | Aggregate::Max, .. } => equality || from_above,
        Measure::Of(Aggregate::Min, _) | Measure::Grouped { outer: Aggregate::Min, .. } => equality || from_below,
        Measure::Of(..) | Measure::Grouped { .. } | Measure::Gap(_) => false,
    }
}

/// The least count that satisfies `>= x` or `> x`, where it is small enough for its times to be remembered.
fn needed_count(test: &Test) -> Option<u64> {
    let Test::Is(op, Operand::Constant(Value::Number(Number(bound)))) = test else { return None };
    let needed = match op {
        Op::AtLeast => bound.div_euclid(Number::UNIT) + i128::from(bound.rem_euclid(Number::UNIT) != 0),
        Op::Above => bound.div_euclid(Number::UNIT) + 1,
        _ => return None,
    };
    (1..=MOST_LAST_TIMES).contains(&needed).then_some(needed as u64)
}

fn number_bound(test: &Test) -> Option<(Op, Number)> {
    match test {
        Test::Is(op, Operand::Constant(Value::Number(bound))) => Some((*op, *bound)),
        _ => None,
    }
}

fn mentions_trait(test: &Test) -> bool {
    let is_trait = |operand: &Operand| matches!(operand, Operand::Trait(_));
    match test {
        Test::Is(_, operand) | Test::Contains(operand) => is_trait(operand),
        Test::Between(low, high) => is_trait(low) || is_trait(high),
        Test::In(list) | Test::NotIn(list) => list.iter().any(is_trait),
        _ => false,
    }
}
