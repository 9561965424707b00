//! What must have been counted at least for a unit to be met.
//!
//! Most people meet no definition, and most definitions ask for so many events of a name before they look at anything else. Such
//! counts are *necessary*: whoever has fewer events than a unit needs cannot meet it, whatever else holds. A screen is
//! these needs of all units of a pass, laid out so that one look at a subject's counts rules out many units at once: what
//! is left is folded exactly. It never lets a unit go that could be met (a property test holds it to that).
//!
//! Needs are taken from the outermost `all` of `when`: counts and separate days (of which there cannot be more than events)
//! within a period that starts at the clock. Filters are passed over and periods are only ever widened, so that a
//! count is an upper bound.

use std::collections::BTreeMap;

use super::pass::{ClockRule, Effect, LeafKind, Node, Pass, Period, Quantity, Selector, Share, Unit, WindowRule};
use crate::Span;

/// What units of a pass need, by the time after the clock until which it must have been counted.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    /// The length of a set of units in words. The bit behind the last unit's stands for what concerns everybody.
    pub words: usize,
    /// What is counted: each selector once, whatever its filters.
    pub counters: Vec<Selector>,
    /// By time, the earliest first.
    pub ends: Vec<End>,
    /// For each hot rule the units that read it, one after the other.
    readers: Vec<u64>,
    /// For each gate the units whose time it is, one after the other.
    gates: Vec<u64>,
    /// All units, and what concerns everybody.
    pub all: Vec<u64>,
    /// What is left of [`Screen::all`] when every unit is ruled out.
    pub nobody: Vec<u64>,
    /// Whether later passes read what this one says, so that everybody must be folded.
    pub heard: bool,
}

/// What must have been counted by a time after the clock.
#[derive(Debug)]
pub(crate) struct End {
    /// Microseconds after the first product event; `i64::MAX`: over the whole life.
    pub after: i64,
    /// Counters are looked up four at a time: for each word of units, for each four counters, for each subset of these, the units that may
    /// still be met if only they have counted anything.
    units: Vec<[u64; SUBSETS]>,
    /// The units that need more than one of something.
    more: Vec<u64>,
    /// For each unit where its needs start in [`End::needs`]; and where the last one's end.
    starts: Vec<u32>,
    /// Needs of more than one, four at a time as most units have no more: counter, at least so many.
    needs: Vec<[(u32, u32); 4]>,
}

/// How many subsets four counters have: more counters at a time would be fewer look-ups, but in more than the nearest memory has room for.
const SUBSETS: usize = 1 << WIDTH;
const WIDTH: usize = 4;

impl Screen {
    /// The screen of a pass whose parts are linked.
    pub fn of(pass: &Pass) -> Self {
        let words = pass.units.len() / 64 + 1;
        let mut counters: Vec<Selector> = Vec::new();
        let mut counter_of = vec![0; pass.hot.len()];
        for (selector, touch) in &pass.touches {
            if touch.effect == Effect::Hot
                && let Some(counter) = counter_of.get_mut(touch.index as usize)
            {
                *counter = counters.iter().position(|known| known == selector).unwrap_or_else(|| {
                    counters.push(selector.clone());
                    counters.len() - 1
                });
            }
        }
        let mut by_end: BTreeMap<i64, Vec<Need>> = BTreeMap::new();
        let mut nobody = Set::none(words);
        nobody.add(pass.units.len());
        let mut all = nobody.clone();
        for (place, unit) in pass.units.iter().enumerate() {
            all.add(place);
            // What later passes read must be right for everybody.
            let needs = if unit.kept { Vec::new() } else { needs(pass, unit, &counter_of) };
            for (after, counter, least) in needs {
                by_end.entry(after).or_default().push(Need { unit: place, counter, least });
            }
        }
        let counter_words = counter_words(counters.len());
        let ends = by_end.into_iter().map(|(after, needs)| End::of(after, &needs, &all, counter_words)).collect();
        Self {
            words,
            counters,
            ends,
            readers: readers(pass, words),
            gates: gates(pass, words),
            all: all.0,
            nobody: nobody.0,
            heard: !pass.kept.is_empty() || pass.goals.iter().any(|goal| goal.output.is_some()),
        }
    }

    /// Whether any of the units reads a hot rule; of an empty set: whether any does.
    #[inline]
    pub fn reads(&self, hot: u32, units: &[u64]) -> bool {
        units.is_empty() || meet(&self.readers, hot as usize, units)
    }

    /// The units of a gate.
    pub fn of_gate(&self, gate: usize) -> &[u64] {
        self.gates.get(gate * self.words..(gate + 1) * self.words).unwrap_or_default()
    }

    /// The length of a set of counters in words.
    pub const fn counter_words(&self) -> usize {
        counter_words(self.counters.len())
    }

    /// Whether it can rule anything out.
    pub const fn is_useful(&self) -> bool {
        !self.ends.is_empty()
    }
}

/// The bit behind the last counter's stands for what nobody counts.
const fn counter_words(counters: usize) -> usize {
    counters / 64 + 1
}

/// A unit needs at least so many of a counter.
struct Need {
    unit: usize,
    counter: usize,
    least: u32,
}

impl End {
    fn of(after: i64, needs: &[Need], all: &Set, counter_words: usize) -> Self {
        let words = all.0.len();
        let fours = counter_words * 64 / WIDTH;
        let mut units = vec![[0; SUBSETS]; words * fours];
        for (word, tables) in all.0.iter().zip(units.chunks_exact_mut(fours)) {
            tables.as_flattened_mut().fill(*word);
        }
        let mut more = Set::none(words);
        let mut of_units: Vec<Vec<(u32, u32)>> = vec![Vec::new(); words * 64];
        for need in needs {
            let table = &mut units[need.unit / 64 * fours + need.counter / WIDTH];
            let lacking = (0..SUBSETS).filter(|subset| subset >> (need.counter % WIDTH) & 1 == 0);
            lacking.for_each(|subset| table[subset] &= !(1 << (need.unit % 64)));
            if need.least > 1 {
                more.add(need.unit);
                of_units[need.unit].push((need.counter as u32, need.least));
            }
        }
        let mut starts = vec![0];
        let mut in_fours = Vec::new();
        for needs in of_units {
            in_fours.extend(needs.chunks(4).map(|some| {
                // The first counter has at least 0.
                let mut four = [(0, 0); 4];
                four[..some.len()].copy_from_slice(some);
                four
            }));
            starts.push(in_fours.len() as u32);
        }
        Self { after, units, more: more.0, starts, needs: in_fours }
    }

    /// Rules out the units that need more than these counts; `counted` is the set of counters that are not 0.
    #[inline]
    pub fn rule_out(&self, counts: &[u32], counted: &[u64], left: &mut [u64]) {
        let fours = counted.len() * 64 / WIDTH;
        for (place, (left, tables)) in left.iter_mut().zip(self.units.chunks_exact(fours)).enumerate() {
            for (counted, tables) in counted.iter().zip(tables.as_chunks::<{ 64 / WIDTH }>().0) {
                for (four, table) in tables.iter().enumerate() {
                    *left &= table[(counted >> (four * WIDTH)) as usize % SUBSETS];
                }
            }
            let mut doubtful = *left & self.more[place];
            while doubtful != 0 {
                let bit = doubtful.trailing_zeros() as usize;
                doubtful &= doubtful - 1;
                let unit = place * 64 + bit;
                let mut lacks = false;
                for four in &self.needs[self.starts[unit] as usize..self.starts[unit + 1] as usize] {
                    // Without a branch that nobody can foresee.
                    lacks |=
                        four.iter().fold(false, |lacks, (counter, least)| lacks | (counts[*counter as usize] < *least));
                }
                *left &= !(u64::from(lacks) << bit);
            }
        }
    }
}

/// A set of units, by bits.
#[derive(Debug, Clone)]
struct Set(Vec<u64>);

impl Set {
    fn none(words: usize) -> Self {
        Self(vec![0; words])
    }

    fn add(&mut self, unit: usize) {
        self.0[unit / 64] |= 1 << (unit % 64);
    }
}

/// What a unit needs: (until when after the clock, counter, at least so many).
fn needs(pass: &Pass, unit: &Unit, counter_of: &[usize]) -> Vec<(i64, usize, u32)> {
    let gate = &pass.gates[unit.gate];
    let by_first_seen = matches!(pass.clocks.get(gate.clock), Some(ClockRule::FirstSeen));
    let exactly = |span: Option<Span>| match span {
        Some(Span::Exact(length)) if by_first_seen => length,
        _ => i64::MAX,
    };
    let window = exactly(match gate.window {
        WindowRule::For(span) => Some(span),
        WindowRule::Open | WindowRule::Until(_) => None,
    });
    let mut needs = Vec::new();
    let mut nodes = vec![unit.when];
    while let Some(node) = nodes.pop() {
        match pass.nodes.get(node as usize) {
            Some(Node::All(parts)) => nodes.extend(parts),
            Some(Node::Leaf(leaf)) => {
                let Some(hot) = pass.hot_of(*leaf) else { continue };
                let rule = &pass.hot[hot];
                let Some(least) = rule.needed(*leaf) else { continue };
                let end = match pass.hot_spans.get(rule.span as usize) {
                    Some((_, Period::Window)) => window,
                    Some((_, Period::Within(span) | Period::FromTo(_, span))) => exactly(Some(*span)).min(window),
                    _ => i64::MAX,
                };
                if least > 0 {
                    needs.push((end, counter_of[hot], least));
                }
            }
            _ => {}
        }
    }
    needs
}

/// For each gate its units.
fn gates(pass: &Pass, words: usize) -> Vec<u64> {
    let mut gates = vec![Set::none(words); pass.gates.len()];
    for (place, unit) in pass.units.iter().enumerate() {
        gates[unit.gate].add(place);
    }
    gates.into_iter().flat_map(|set| set.0).collect()
}

/// For each hot rule the units that read a leaf of it, be it only for a score.
fn readers(pass: &Pass, words: usize) -> Vec<u64> {
    let mut readers = vec![Set::none(words); pass.hot.len()];
    for (place, unit) in pass.units.iter().enumerate() {
        let mut nodes: Vec<u32> = [Some(unit.when), unit.fit, unit.population].into_iter().flatten().collect();
        let mut leaves: Vec<usize> = Vec::new();
        let mut shares: Vec<&Share> =
            unit.definition.iter().flat_map(|definition| definition.score.iter().map(|(_, share)| share)).collect();
        while let Some(share) = shares.pop() {
            match share {
                Share::Time { .. } => {}
                Share::Measure { leaf, .. } => leaves.push(*leaf),
                Share::Points { rows, .. } => nodes.extend(rows.iter().map(|(node, ..)| *node)),
                Share::FitMet(parts) => nodes.extend(parts),
                Share::Max(parts) => shares.extend(parts),
            }
        }
        while let Some(node) = nodes.pop() {
            match pass.nodes.get(node as usize) {
                Some(Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts)) => nodes.extend(parts),
                Some(Node::Not(part)) => nodes.push(*part),
                Some(Node::Leaf(leaf)) => leaves.push(*leaf as usize),
                None => {}
            }
        }
        while let Some(leaf) = leaves.pop() {
            if let Some(hot) = pass.hot_of(leaf as u32) {
                readers[hot].add(place);
            }
            if let Some(LeafKind::Ratio { of, to, .. }) = pass.leaves.get(leaf).map(|leaf| &leaf.kind) {
                leaves.extend([of, to].into_iter().filter_map(|quantity| match quantity {
                    Quantity::Leaf(inner) => Some(*inner),
                    Quantity::Trait(_) => None,
                }));
            }
        }
    }
    readers.into_iter().flat_map(|set| set.0).collect()
}

/// Whether the set at a place of sets laid one after the other shares a member with another.
#[inline]
fn meet(sets: &[u64], place: usize, other: &[u64]) -> bool {
    // Up to 63 units fit into one word.
    if let [other] = other {
        return sets.get(place).is_some_and(|one| one & other != 0);
    }
    let start = place * other.len();
    sets.get(start..start + other.len()).is_some_and(|set| set.iter().zip(other).any(|(one, other)| one & other != 0))
}

/// A screen for a history's dictionary of event names.
#[derive(Debug, Default)]
pub(crate) struct ScreenBinding {
    /// For each name its first counter; one behind the last where it has none.
    pub first: Vec<u16>,
    /// For each name its other counters.
    pub others: Vec<Vec<u16>>,
    /// Whether any name has others.
    pub has_others: bool,
    /// For each name a set of units: only to these it matters.
    matters: Vec<u64>,
}

impl ScreenBinding {
    /// What a name, which touches `touches`, means to a screen: call it for each name in the dictionary's order.
    pub fn add(&mut self, screen: &Screen, selected: impl Iterator<Item = usize>, only_hot: Option<&[u32]>) {
        let mut selected = selected.map(|counter| counter as u16);
        self.first.push(selected.next().unwrap_or(screen.counters.len() as u16));
        let others: Vec<u16> = selected.collect();
        self.has_others |= !others.is_empty();
        self.others.push(others);
        match only_hot {
            None => self.matters.extend(&screen.all),
            Some(hot) => {
                let mut units = Set::none(screen.words);
                for hot in hot {
                    let readers = &screen.readers[*hot as usize * screen.words..];
                    units.0.iter_mut().zip(readers).for_each(|(all, some)| *all |= some);
                }
                self.matters.extend(units.0);
            }
        }
    }

    /// Whether a name matters to any of the units.
    #[inline]
    pub fn matters(&self, name: u32, units: &[u64]) -> bool {
        meet(&self.matters, name as usize, units)
    }
}
