//! Links the parts of a pass: which leaf changes which units, and what must be looked at when a gate opens.

use super::pass::{
    Behaviour, ClockRule, Effect, Grouping, LeafKind, Measure, Node, Pass, Period, Quantity, Test, WindowRule,
};
use super::screen::Screen;
use crate::definition::{Aggregate, Op};
use crate::program::pass::Operand;
use crate::record::SubjectKind;
use crate::{Number, Value};

impl Pass {
    /// Fills `leaf_units`, `dependents`, `openers` and what is wakeful.
    pub(super) fn link(&mut self) {
        for place in 0..self.units.len() {
            for leaf in unit_leaves(self, place) {
                self.leaf_units[leaf as usize].push(place as u32);
            }
        }
        self.dependents = vec![Vec::new(); self.leaves.len()];
        self.openers = vec![Vec::new(); self.gates.len()];
        for place in 0..self.leaves.len() {
            let leaf = &self.leaves[place];
            if let LeafKind::Ratio { of, to, .. } = &leaf.kind {
                for quantity in [of, to] {
                    if let Quantity::Leaf(inner) = quantity {
                        self.dependents[*inner].push(place as u32);
                    }
                }
            }
            let Some(gate) = self.gates.get(leaf.gate) else { continue };
            let by_trait = self.clocks.get(gate.clock).is_some_and(|clock| matches!(clock, ClockRule::Trait(_)));
            let moving = matches!(gate.window, WindowRule::Until(_));
            // A user's zone decides which day, week or month it is now.
            let by_zone = self.kind == Some(SubjectKind::User) && follows_the_calendar(&leaf.kind);
            if moving || by_zone {
                self.wakeful.push(place as u32);
            }
            if by_trait || moving || !starts_false(&leaf.kind) {
                self.openers[leaf.gate].push(place as u32);
            }
        }
        self.wakeful.sort_unstable();
        self.wakeful.dedup();
        self.leaf_hot = vec![None; self.leaves.len()];
        for (place, hot) in self.hot.iter().enumerate() {
            for (_, leaf) in &hot.thresholds {
                self.leaf_hot[*leaf as usize] = Some(place as u32);
            }
        }
        self.unordered = !self.touches.iter().any(|(_, touch)| matches!(touch.effect, Effect::Clock | Effect::Marker));
        let fixed = |gate: &super::pass::Gate| matches!(gate.window, WindowRule::For(_));
        self.fixed_windows = self.gates.iter().all(fixed);
        self.kept = (0..self.units.len()).filter(|place| self.units[*place].kept).collect();
        for gate in 0..self.gates.len() {
            let units = self.gates[gate].units.iter().copied();
            self.gates[gate].loud = units.filter(|unit| !self.is_quiet(*unit as usize)).collect();
        }
        self.steady = (0..self.units.len()).map(|place| self.is_steady(place)).collect();
        self.screen = Screen::of(self);
    }

    /// The place in [`Pass::hot`] of a leaf that is kept there.
    pub(crate) fn hot_of(&self, leaf: u32) -> Option<usize> {
        self.leaf_hot.get(leaf as usize).copied().flatten().map(|hot| hot as usize)
    }

    /// Whether a leaf is kept in the quick way.
    pub(crate) fn is_hot(&self, leaf: u32) -> bool {
        self.hot_of(leaf).is_some()
    }

    /// Whether a unit cannot hold, nor its subject be outside the population, at the instant its gate opens, whatever the leaves
    /// untouched until then.
    fn is_quiet(&self, place: usize) -> bool {
        let unit = &self.units[place];
        let leaves = unit_leaves(self, place);
        let untouched = leaves.iter().all(|leaf| !self.openers[unit.gate].contains(leaf));
        unit.population.is_none() && untouched && !self.holds_empty(unit.when)
    }

    /// Whether a unit, once it holds, holds for good, and before that nothing of it changes: its behaviour is made of counts that only
    /// grow, in a window of a fixed length or without an end, and nothing else is asked.
    fn is_steady(&self, place: usize) -> bool {
        let unit = &self.units[place];
        let on_event = unit.definition.as_ref().is_some_and(|definition| definition.on_event);
        let moving = self.gates.get(unit.gate).is_some_and(|gate| matches!(gate.window, WindowRule::Until(_)));
        unit.population.is_none() && unit.fit.is_none() && !on_event && !moving && self.only_grows(unit.when)
    }

    /// Whether a condition that is true stays so, whatever happens.
    fn only_grows(&self, node: u32) -> bool {
        match &self.nodes[node as usize] {
            Node::Leaf(leaf) => self.is_hot(*leaf),
            Node::Not(_) => false,
            Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts) => {
                parts.iter().all(|part| self.only_grows(*part))
            }
        }
    }

    /// A condition's truth while all its leaves are false.
    fn holds_empty(&self, node: u32) -> bool {
        match &self.nodes[node as usize] {
            Node::Leaf(_) => false,
            Node::Not(part) => !self.holds_empty(*part),
            Node::All(parts) => parts.iter().all(|part| self.holds_empty(*part)),
            Node::Any(parts) => parts.iter().any(|part| self.holds_empty(*part)),
            Node::AtLeast(least, parts) => {
                parts.iter().filter(|part| self.holds_empty(**part)).count() >= *least as usize
            }
        }
    }
}

/// Whether a leaf's truth depends on the calendar unit that holds the present instant.
fn follows_the_calendar(kind: &LeafKind) -> bool {
    match kind {
        LeafKind::Behaviour(behaviour) => {
            behaviour.units.is_some() && matches!(behaviour.grouping, Grouping::Current | Grouping::Regular { .. })
        }
        LeafKind::Sequence(sequence) => sequence.units.is_some(),
        _ => false,
    }
}

/// Whether a leaf is false, and nothing falls due, as long as no event has touched it.
fn starts_false(kind: &LeafKind) -> bool {
    match kind {
        LeafKind::Behaviour(behaviour) => behaviour_starts_false(behaviour),
        LeafKind::Sequence(sequence) => !matches!(sequence.period, Period::Ever),
        _ => false,
    }
}

fn behaviour_starts_false(behaviour: &Behaviour) -> bool {
    let Some(test) = &behaviour.test else { return matches!(behaviour.grouping, Grouping::Whole) };
    let above_zero = matches!(
        test,
        Test::Is(Op::AtLeast, Operand::Constant(Value::Number(bound))) if *bound > Number::ZERO
    ) || matches!(
        test,
        Test::Is(Op::Above, Operand::Constant(Value::Number(bound))) if *bound >= Number::ZERO
    );
    let from_zero = matches!(
        behaviour.measure,
        Measure::Count
            | Measure::Days
            | Measure::Weeks
            | Measure::Users
            | Measure::DistinctName
            | Measure::DistinctProperty(_)
            | Measure::Of(Aggregate::Sum | Aggregate::Max, _)
    );
    let quiet_grouping = matches!(behaviour.grouping, Grouping::Whole | Grouping::Some);
    above_zero && from_zero && quiet_grouping && !behaviour.delayed && !matches!(behaviour.period, Period::Ever)
}

/// The leaves whose truth decides a unit, each once.
pub(super) fn unit_leaves(pass: &Pass, place: usize) -> Vec<u32> {
    let Some(unit) = pass.units.get(place) else { return Vec::new() };
    let mut stack: Vec<u32> = [Some(unit.when), unit.fit, unit.population].into_iter().flatten().collect();
    let mut leaves = Vec::new();
    while let Some(node) = stack.pop() {
        match pass.nodes.get(node as usize) {
            Some(Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts)) => stack.extend(parts),
            Some(Node::Not(part)) => stack.push(*part),
            Some(Node::Leaf(leaf)) => leaves.push(*leaf),
            None => {}
        }
    }
    leaves.sort_unstable();
    leaves.dedup();
    leaves
}
