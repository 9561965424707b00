//! What traits a pass reads, and what that means for cutting lives at a frontier.

use super::pass::{
    ClockRule, Derived, Effect, Filter, LeafKind, Operand, Pass, Period, Quantity, Test, Touch, TraitRef, WindowRule,
};
use crate::definition::TraitOwner;
use crate::record::SubjectKind;

impl Pass {
    /// All traits that leaves, gates and clocks read: those that can wake a subject.
    pub(crate) fn trait_refs(&self) -> impl Iterator<Item = &TraitRef> {
        let leaves = self.leaves.iter().flat_map(|leaf| leaf_refs(&leaf.kind));
        let gates = self.gates.iter().filter_map(|gate| match &gate.window {
            WindowRule::Until(path) => Some(path),
            WindowRule::Open | WindowRule::For(_) => None,
        });
        let clocks = self.clocks.iter().filter_map(|clock| match clock {
            ClockRule::Trait(path) => Some(path),
            ClockRule::FirstSeen | ClockRule::Event => None,
        });
        leaves.chain(gates).chain(clocks)
    }

    /// Whether an effect is not bounded by its gate's window.
    pub(crate) fn outlasts_windows(&self, touch: &Touch) -> bool {
        let index = touch.index as usize;
        let leaf = |leaf: usize| match self.leaves.get(leaf).map(|leaf| &leaf.kind) {
            Some(LeafKind::Behaviour(behaviour)) => behaviour.period == Period::Ever,
            Some(LeafKind::Sequence(sequence)) => sequence.period == Period::Ever,
            _ => true,
        };
        match touch.effect {
            Effect::Clock | Effect::Goal => true,
            Effect::Entry => false,
            Effect::Hot => self
                .hot
                .get(index)
                .and_then(|hot| self.hot_spans.get(hot.span as usize))
                .is_none_or(|(_, period)| *period == Period::Ever),
            Effect::Hit | Effect::Marker | Effect::Step(_) => leaf(index),
        }
    }

    /// Whether nothing looks back at events in a way that a fold does not remember.
    pub(crate) fn is_splittable(&self) -> bool {
        let remembered = |path: &TraitRef| match path.derived {
            Some(Derived::FirstSeen | Derived::LastSeen | Derived::FirstOf(_)) => false,
            Some(Derived::Stage(_)) => matches!(path.owner, TraitOwner::Own | TraitOwner::User),
            Some(Derived::Members | Derived::Rank) | None => true,
        };
        let mut filtered = Vec::new();
        self.filters.iter().for_each(|filter| filter_refs(filter, &mut filtered));
        let values = self.units.iter().filter_map(|unit| unit.definition.as_ref()?.value.as_ref()?.0.as_ref());
        let mut refs = self.trait_refs().chain(filtered).chain(values);
        let counts_members = self.leaves.iter().any(|leaf| matches!(leaf.kind, LeafKind::MembersMeeting { .. }));
        let any_member = self.trait_refs().any(|path| path.owner == TraitOwner::AnyMember);
        let workspace = self.kind == Some(SubjectKind::Workspace);
        refs.all(remembered) && !(workspace && (counts_members || any_member))
    }
}

fn leaf_refs(kind: &LeafKind) -> Vec<&TraitRef> {
    match kind {
        LeafKind::Trait(leaf) => {
            let against = leaf.against.as_ref().map(|(path, _)| path);
            [Some(&leaf.path), against].into_iter().flatten().chain(test_refs(&leaf.test)).collect()
        }
        LeafKind::Ratio { of, to, test } => {
            let sides = [of, to].into_iter().filter_map(|quantity| match quantity {
                Quantity::Trait(path) => Some(path),
                Quantity::Leaf(_) => None,
            });
            sides.chain(test_refs(test)).collect()
        }
        LeafKind::Behaviour(behaviour) => behaviour.test.iter().flat_map(test_refs).collect(),
        LeafKind::MembersMeeting { test, .. } => test_refs(test),
        LeafKind::DefaultPopulation { email, .. } => email.iter().collect(),
        LeafKind::Consent(path) => vec![path],
        LeafKind::Sequence(_) | LeafKind::Meets { .. } | LeafKind::OfAccount { .. } => Vec::new(),
    }
}

fn filter_refs<'a>(filter: &'a Filter, found: &mut Vec<&'a TraitRef>) {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().for_each(|part| filter_refs(part, found)),
        Filter::Not(part) => filter_refs(part, found),
        Filter::Test { left, test } => {
            found.extend(operand_ref(left));
            found.extend(test_refs(test));
        }
    }
}

fn test_refs(test: &Test) -> Vec<&TraitRef> {
    match test {
        Test::Is(_, operand) | Test::Contains(operand) => operand_ref(operand).into_iter().collect(),
        Test::Between(low, high) => [low, high].into_iter().filter_map(operand_ref).collect(),
        Test::In(list) | Test::NotIn(list) => list.iter().filter_map(operand_ref).collect(),
        _ => Vec::new(),
    }
}

const fn operand_ref(operand: &Operand) -> Option<&TraitRef> {
    match operand {
        Operand::Trait(path) => Some(path),
        _ => None,
    }
}
