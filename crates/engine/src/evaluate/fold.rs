//! One pass over one subject's timeline: instants in order, at each what happened is applied and what it touched is
//! evaluated once.

use serde::{Deserialize, Serialize};

use super::behaviour::GateTimes;
use super::clocks::{first_date, first_product, window_end};
use super::hot::Hot;
use super::leaf::{self, LeafBody, LeafState, Verdict};
use super::scene::{Clockwork, Scene};
use super::sequence::Candidate;
use super::unit::UnitState;
use super::wakes::wakes;
use crate::Value;
use crate::outcome::Truth;
use crate::program::pass::{ClockRule, Effect, LeafKind, Node, Pass, WindowRule};

const NEVER: i64 = i64::MAX;

/// Everything remembered of a subject by a pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fold {
    pub gates: Vec<GateTimes>,
    pub hot: Vec<Hot>,
    pub leaves: Vec<LeafState>,
    pub units: Vec<UnitState>,
    /// The instants of each goal on the subject's own timeline.
    pub goals: Vec<Vec<i64>>,
    /// The earliest instant at which something is due.
    next_due: i64,
    /// Whether a zone of the subject's own can bring earlier days back.
    zoned: bool,
    #[serde(skip)]
    work: Work,
}

/// What is at hand during an instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Work {
    touched: Vec<u32>,
    is_touched: Vec<bool>,
    dirty: Vec<u32>,
    is_dirty: Vec<bool>,
    /// Leaves and units that are not as a new subject's.
    used: Vec<u32>,
    is_used: Vec<bool>,
    used_units: Vec<u32>,
    is_used_unit: Vec<bool>,
    candidates: Vec<(u32, Vec<CandidateRow>)>,
}

type CandidateRow = (u8, usize, u32);

/// Events that a leaf counted, remembered while an explanation is made.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// (leaf, row, time).
    pub hits: Vec<(u32, usize, i64)>,
}

impl Fold {
    pub fn new(pass: &Pass) -> Self {
        Self {
            gates: vec![GateTimes::default(); pass.gates.len()],
            hot: vec![Hot::default(); pass.hot.len()],
            leaves: pass.leaves.iter().map(|leaf| LeafState::new(&leaf.kind)).collect(),
            units: vec![UnitState::default(); pass.units.len()],
            goals: vec![Vec::new(); pass.goals.len()],
            next_due: NEVER,
            zoned: false,
            work: Work::new(pass),
        }
    }

    fn clear(&mut self) {
        self.gates.fill(GateTimes::default());
        self.hot.iter_mut().for_each(Hot::clear);
        for leaf in self.work.used.drain(..) {
            self.work.is_used[leaf as usize] = false;
            self.leaves[leaf as usize].clear();
        }
        for unit in self.work.used_units.drain(..) {
            self.work.is_used_unit[unit as usize] = false;
            self.units[unit as usize].clear();
        }
        self.goals.iter_mut().for_each(Vec::clear);
        self.next_due = NEVER;
    }

    /// Folds a subject's whole timeline up to and including the horizon.
    pub fn run(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, horizon: i64, trace: Option<&mut Trace>) {
        self.clear();
        self.zoned = has_zone(scene);
        self.open_clocks(scene);
        self.live(scene, clockwork, i64::MIN, horizon, trace);
    }

    /// Goes on from where the fold stands, `frontier`, over rows after it. `None`: what has come to be known since reaches
    /// behind the frontier, and the whole timeline is needed.
    pub fn resume(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, frontier: i64, horizon: i64) -> Option<()> {
        if self.zoned != has_zone(scene) {
            return None;
        }
        self.reopen_clocks(scene, frontier)?;
        self.live(scene, clockwork, frontier, horizon, None);
        Some(())
    }

    /// Lives through the instants after `from`, up to and including the horizon.
    fn live(
        &mut self,
        scene: &Scene<'_>,
        clockwork: &mut Clockwork,
        from: i64,
        horizon: i64,
        mut trace: Option<&mut Trace>,
    ) {
        let wakes = wakes(scene);
        let mut wake = wakes.partition_point(|wake| *wake <= from);
        let times = scene.household.times;
        let rows = scene.rows;
        let mut place = 0;
        while place < rows.len() {
            let row = rows.row(place);
            if scene.touches.touches(scene.household.names[row]).is_empty() {
                place += 1;
                continue;
            }
            let at = times[row];
            if at > horizon {
                break;
            }
            let woken = wakes.get(wake).is_some_and(|wake| *wake <= at);
            if woken || self.next_due < at {
                self.pass_time(scene, clockwork, &wakes, &mut wake, at);
            }
            let mut behind = place + 1;
            while behind < rows.len() && times[rows.row(behind)] == at {
                behind += 1;
            }
            let woken = wakes.get(wake) == Some(&at);
            wake += usize::from(woken);
            self.instant(scene, clockwork, at, place..behind, woken, trace.as_deref_mut());
            place = behind;
        }
        self.pass_time(scene, clockwork, &wakes, &mut wake, horizon.saturating_add(1));
    }

    /// Lives through the instants before `until` at which something is due or wakes.
    fn pass_time(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, wakes: &[i64], wake: &mut usize, until: i64) {
        loop {
            let next_wake = wakes.get(*wake).copied().unwrap_or(NEVER);
            let at = self.next_due.min(next_wake);
            if at >= until {
                return;
            }
            let woken = next_wake == at;
            *wake += usize::from(woken);
            self.instant(scene, clockwork, at, 0..0, woken, None);
        }
    }

    /// Sets the clocks that have come to be known since the frontier; `None` if one reaches behind it.
    fn reopen_clocks(&mut self, scene: &Scene<'_>, frontier: i64) -> Option<()> {
        let before = self.gates.clone();
        let due = self.next_due;
        self.open_clocks(scene);
        self.next_due = due;
        for (place, (gate, before)) in self.gates.iter_mut().zip(before).enumerate() {
            if matches!(scene.pass.clocks.get(scene.pass.gates[place].clock), Some(ClockRule::Trait(_))) {
                let moved = (gate.clock, gate.known_from) != (before.clock, before.known_from);
                if moved && gate.clock.min(before.clock).min(before.known_from) <= frontier {
                    return None;
                }
            } else if before.clock != NEVER {
                *gate = before;
            }
            gate.open = before.open;
            if before.clock != NEVER {
                gate.end = before.end;
            }
            if !gate.open {
                self.next_due = self.next_due.min(gate.known_from);
            }
        }
        for place in 0..self.gates.len() {
            self.bound_hot(scene, place);
        }
        Some(())
    }

    /// Makes a fold that was read from storage usable: everything in it counts as used.
    pub fn restored(&mut self, pass: &Pass) -> bool {
        let fits = self.gates.len() == pass.gates.len()
            && self.leaves.len() == pass.leaves.len()
            && self.units.len() == pass.units.len()
            && self.hot.len() == pass.hot.len()
            && self.goals.len() == pass.goals.len();
        self.work = Work::new(pass);
        for leaf in 0..pass.leaves.len() {
            self.work.using(leaf as u32);
        }
        for unit in 0..pass.units.len() {
            self.work.using_unit(unit as u32);
        }
        fits
    }

    /// Sets the clocks that are known before any event: first seen, and dates held by traits.
    fn open_clocks(&mut self, scene: &Scene<'_>) {
        for place in 0..self.gates.len() {
            let rule = &scene.pass.gates[place];
            let gate = &mut self.gates[place];
            match scene.pass.clocks.get(rule.clock) {
                Some(ClockRule::FirstSeen) => {
                    if let Some(first) = first_product(scene) {
                        (gate.clock, gate.known_from) = (first, first);
                    }
                }
                Some(ClockRule::Trait(path)) => {
                    if let Some((known_from, clock)) = first_date(scene, path) {
                        (gate.clock, gate.known_from) = (clock, known_from.max(clock));
                    }
                }
                Some(ClockRule::Event) | None => {}
            }
            if gate.clock != NEVER {
                gate.end = window_end(scene, &rule.window, gate.clock, gate.clock);
                self.next_due = self.next_due.min(gate.known_from);
            }
            self.bound_hot(scene, place);
        }
    }

    /// Applies all that happens at one instant, then evaluates what it touched.
    fn instant(
        &mut self,
        scene: &Scene<'_>,
        clockwork: &mut Clockwork,
        at: i64,
        places: std::ops::Range<usize>,
        woken: bool,
        trace: Option<&mut Trace>,
    ) {
        if woken {
            self.wake(scene, at);
        }
        if !places.is_empty() {
            self.apply(scene, clockwork, at, places, trace);
        }
        if self.next_due <= at {
            self.fall_due(scene, at);
        }
        self.evaluate(scene, clockwork, at);
    }

    /// Traits or memberships changed, or an earlier pass said something: whoever reads such things looks again.
    fn wake(&mut self, scene: &Scene<'_>, at: i64) {
        for place in 0..self.gates.len() {
            let rule = &scene.pass.gates[place];
            if matches!(rule.window, WindowRule::Until(_)) {
                self.gates[place].end = window_end(scene, &rule.window, self.gates[place].clock, at);
                self.bound_hot(scene, place);
            }
        }
        for leaf in &scene.pass.wakeful {
            self.work.touch(*leaf);
        }
        for (place, unit) in scene.pass.units.iter().enumerate() {
            if matches!(scene.pass.gates[unit.gate].window, WindowRule::Until(_)) {
                self.work.dirty(place as u32);
            }
        }
    }

    fn apply(
        &mut self,
        scene: &Scene<'_>,
        clockwork: &mut Clockwork,
        at: i64,
        places: std::ops::Range<usize>,
        mut trace: Option<&mut Trace>,
    ) {
        // Touches are sorted by effect. With one event they are in order as they are; with several, each effect is
        // applied for all events before the next.
        let effects: &[Option<u8>] = if places.len() == 1 { &[None] } else { &[Some(0), Some(1), Some(2)] };
        for effect in effects {
            for place in places.clone() {
                let row = scene.rows.row(place);
                for touch in scene.touches.touches(scene.household.names[row]) {
                    let phase = match touch.effect {
                        Effect::Clock => 0,
                        Effect::Marker => 1,
                        _ => 2,
                    };
                    if effect.is_some_and(|wanted| wanted != phase) {
                        continue;
                    }
                    self.touch(scene, clockwork, at, row, *touch, trace.as_deref_mut());
                }
            }
        }
        self.take_steps(scene, clockwork, at);
    }

    fn touch(
        &mut self,
        scene: &Scene<'_>,
        clockwork: &mut Clockwork,
        at: i64,
        row: usize,
        touch: crate::program::Touch,
        trace: Option<&mut Trace>,
    ) {
        let index = touch.index as usize;
        let filtered = touch.filter != crate::program::Touch::UNFILTERED;
        if filtered
            && !matches!(touch.effect, Effect::Step(_))
            && !scene.passes_filter(touch.filter, at, row, &[], Some(clockwork))
        {
            return;
        }
        match touch.effect {
            Effect::Hot => self.count_hot(scene, clockwork, at, row, touch.index, trace),
            Effect::Hit => {
                let rule = &scene.pass.leaves[index];
                let state = &mut self.leaves[index];
                if state.settled && trace.is_none() {
                    return;
                }
                self.work.using(touch.index);
                let gate = self.gates[rule.gate];
                if let (LeafKind::Behaviour(rule), LeafBody::Behaviour(body)) = (&rule.kind, &mut state.body)
                    && body.hit(scene, clockwork, rule, gate, at, row)
                {
                    self.work.touch(touch.index);
                    if let Some(trace) = trace {
                        trace.hits.push((touch.index, row, at));
                    }
                }
            }
            Effect::Clock => {
                for place in 0..self.gates.len() {
                    let rule = &scene.pass.gates[place];
                    let gate = &mut self.gates[place];
                    if rule.clock == index && gate.clock == NEVER {
                        (gate.clock, gate.known_from) = (at, at);
                        gate.end = window_end(scene, &rule.window, at, at);
                        self.next_due = self.next_due.min(at);
                        self.bound_hot(scene, place);
                    }
                }
            }
            Effect::Marker => {
                let rule = &scene.pass.leaves[index];
                self.work.using(touch.index);
                let gate = self.gates[rule.gate];
                match (&rule.kind, &mut self.leaves[index].body) {
                    (LeafKind::Behaviour(rule), LeafBody::Behaviour(body)) => body.mark(rule, gate, at),
                    (LeafKind::Sequence(rule), LeafBody::Sequence(body)) => body.mark(rule, gate, at),
                    _ => {}
                }
                self.work.touch(touch.index);
            }
            Effect::Step(step) => self.work.step(touch.index, (step, row, touch.filter)),
            Effect::Goal => {
                let times = &mut self.goals[index];
                if times.last() != Some(&at) {
                    times.push(at);
                    self.next_due = self.next_due.min(at.saturating_add(1));
                }
            }
            Effect::Entry => {
                let gate = self.gates[scene.pass.units[index].gate];
                self.work.using_unit(touch.index);
                if gate.clock <= at && at < gate.end {
                    self.units[index].asked += 1;
                    self.work.dirty(touch.index);
                }
            }
        }
    }

    /// Hands sequences the events of the instant.
    fn take_steps(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, at: i64) {
        if self.work.candidates.is_empty() {
            return;
        }
        for (leaf, rows) in std::mem::take(&mut self.work.candidates) {
            let rule = &scene.pass.leaves[leaf as usize];
            self.work.using(leaf);
            let gate = self.gates[rule.gate];
            let candidates: Vec<Candidate> =
                rows.into_iter().map(|(step, row, filter)| Candidate { step, row, filter }).collect();
            if let (LeafKind::Sequence(rule), LeafBody::Sequence(body)) =
                (&rule.kind, &mut self.leaves[leaf as usize].body)
            {
                body.take(scene, clockwork, rule, gate, at, &candidates);
            }
            self.work.touch(leaf);
        }
    }

    /// Opens gates and marks leaves whose time has come, and finds the next due instant.
    fn fall_due(&mut self, scene: &Scene<'_>, at: i64) {
        let mut next = NEVER;
        for (place, gate) in self.gates.iter_mut().enumerate() {
            if gate.open || gate.clock == NEVER {
                continue;
            }
            if gate.known_from <= at {
                gate.open = true;
                let rule = &scene.pass.gates[place];
                for leaf in &scene.pass.openers[place] {
                    self.work.touch(*leaf);
                }
                for unit in &rule.units {
                    if !scene.pass.quiet[*unit as usize] {
                        self.work.dirty(*unit);
                    }
                }
            } else {
                next = next.min(gate.known_from);
            }
        }
        for place in 0..self.work.used.len() {
            let leaf = self.work.used[place];
            let due = self.leaves[leaf as usize].due;
            if due <= at {
                self.work.touch(leaf);
            } else {
                next = next.min(due);
            }
        }
        for times in &self.goals {
            if let Some(last) = times.last() {
                // The default population and the derived stage look at conversions before the instant.
                match last.saturating_add(1).cmp(&at) {
                    std::cmp::Ordering::Equal => {
                        for leaf in &scene.pass.wakeful {
                            self.work.touch(*leaf);
                        }
                    }
                    std::cmp::Ordering::Greater => next = next.min(last.saturating_add(1)),
                    std::cmp::Ordering::Less => {}
                }
            }
        }
        self.next_due = next;
    }

    fn evaluate(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, at: i64) {
        if self.work.touched.is_empty() && self.work.dirty.is_empty() {
            return;
        }
        let mut place = 0;
        while let Some(leaf) = self.work.touched.get(place).copied() {
            place += 1;
            // Ratios come after what they are made of.
            for dependent in &scene.pass.dependents[leaf as usize] {
                self.work.touch(*dependent);
            }
        }
        let mut touched = std::mem::take(&mut self.work.touched);
        let is_made = |leaf: u32| matches!(scene.pass.leaves[leaf as usize].kind, LeafKind::Ratio { .. });
        for leaf in touched.iter().filter(|leaf| !is_made(**leaf)) {
            self.evaluate_leaf(scene, clockwork, at, *leaf);
        }
        for leaf in touched.iter().filter(|leaf| is_made(**leaf)) {
            self.evaluate_leaf(scene, clockwork, at, *leaf);
        }
        for leaf in touched.drain(..) {
            self.work.is_touched[leaf as usize] = false;
        }
        self.work.touched = touched;
        let mut dirty = std::mem::take(&mut self.work.dirty);
        dirty.sort_unstable();
        for unit in dirty.drain(..) {
            self.work.is_dirty[unit as usize] = false;
            self.work.using_unit(unit);
            self.evaluate_unit(scene, clockwork, at, unit as usize);
        }
        self.work.dirty = dirty;
    }

    fn evaluate_leaf(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, at: i64, place: u32) {
        let rule = &scene.pass.leaves[place as usize];
        let gate = self.gates[rule.gate];
        if !gate.open || self.leaves[place as usize].settled || scene.pass.is_hot(place) {
            return;
        }
        self.work.using(place);
        let verdict = match &rule.kind {
            LeafKind::Behaviour(behaviour) => {
                let followed = !scene.pass.dependents[place as usize].is_empty();
                match &mut self.leaves[place as usize].body {
                    LeafBody::Behaviour(body) => leaf::behaviour(scene, clockwork, behaviour, body, gate, at, followed),
                    _ => return,
                }
            }
            LeafKind::Sequence(sequence) => match &self.leaves[place as usize].body {
                LeafBody::Sequence(body) => Verdict {
                    truth: Truth::of(body.holds(scene, clockwork, sequence, at)),
                    due: body.due(scene, clockwork, sequence, at),
                    settled: false,
                },
                _ => return,
            },
            kind => leaf::reading(scene, kind, at, |inner| self.leaf_value(scene, clockwork, inner, at)),
        };
        let state = &mut self.leaves[place as usize];
        state.due = verdict.due;
        state.settled = verdict.settled;
        self.next_due = self.next_due.min(verdict.due);
        if state.truth != verdict.truth {
            if verdict.truth == Truth::True {
                state.since = at;
            }
            state.truth = verdict.truth;
            for unit in &scene.pass.leaf_units[place as usize] {
                self.work.dirty(*unit);
            }
        }
    }

    /// When a leaf's `since` period started.
    pub fn marker(&self, place: usize) -> Option<i64> {
        match &self.leaves.get(place)?.body {
            LeafBody::Behaviour(body) => body.marker(),
            _ => None,
        }
    }

    /// A hot leaf comes true.
    pub(super) fn hot_holds(&mut self, scene: &Scene<'_>, place: u32, at: i64) {
        self.work.using(place);
        let state = &mut self.leaves[place as usize];
        state.truth = Truth::True;
        state.settled = true;
        state.since = at;
        for unit in &scene.pass.leaf_units[place as usize] {
            self.work.dirty(*unit);
        }
    }

    /// Whether earlier calendar days can come back.
    pub(super) const fn is_zoned(&self) -> bool {
        self.zoned
    }

    /// The measured value of a behaviour leaf at an instant.
    pub fn leaf_value(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, place: usize, at: i64) -> Option<Value> {
        if let Some(hot) = scene.pass.hot_of(place as u32) {
            return Some(Value::whole(i64::from(self.hot[hot].count)));
        }
        let rule = scene.pass.leaves.get(place)?;
        match (&rule.kind, &mut self.leaves.get_mut(place)?.body) {
            (LeafKind::Behaviour(rule), LeafBody::Behaviour(body)) => body.value(scene, clockwork, rule, at),
            _ => None,
        }
    }

    /// The truth of a condition tree, by Kleene's logic.
    pub fn truth(&self, pass: &Pass, node: u32) -> Truth {
        match &pass.nodes[node as usize] {
            Node::Leaf(leaf) => self.leaves[*leaf as usize].truth,
            Node::Not(part) => self.truth(pass, *part).negated(),
            Node::All(parts) => {
                let mut all = Truth::True;
                for part in parts {
                    all = all.min(self.truth(pass, *part));
                    if all == Truth::False {
                        break;
                    }
                }
                all
            }
            Node::Any(parts) => {
                let mut any = Truth::False;
                for part in parts {
                    any = any.max(self.truth(pass, *part));
                    if any == Truth::True {
                        break;
                    }
                }
                any
            }
            Node::AtLeast(least, parts) => {
                let (mut certain, mut possible) = (0, 0);
                for part in parts {
                    match self.truth(pass, *part) {
                        Truth::True => (certain, possible) = (certain + 1, possible + 1),
                        Truth::Unknown => possible += 1,
                        Truth::False => {}
                    }
                }
                if certain >= *least {
                    Truth::True
                } else if possible >= *least {
                    Truth::Unknown
                } else {
                    Truth::False
                }
            }
        }
    }
}

impl Work {
    fn new(pass: &Pass) -> Self {
        Self {
            is_touched: vec![false; pass.leaves.len()],
            is_dirty: vec![false; pass.units.len()],
            is_used: vec![false; pass.leaves.len()],
            is_used_unit: vec![false; pass.units.len()],
            ..Self::default()
        }
    }

    #[inline]
    fn touch(&mut self, leaf: u32) {
        let flag = &mut self.is_touched[leaf as usize];
        if !*flag {
            *flag = true;
            self.touched.push(leaf);
        }
    }

    #[inline]
    fn using(&mut self, leaf: u32) {
        let flag = &mut self.is_used[leaf as usize];
        if !*flag {
            *flag = true;
            self.used.push(leaf);
        }
    }

    #[inline]
    fn using_unit(&mut self, unit: u32) {
        let flag = &mut self.is_used_unit[unit as usize];
        if !*flag {
            *flag = true;
            self.used_units.push(unit);
        }
    }

    #[inline]
    fn dirty(&mut self, unit: u32) {
        let flag = &mut self.is_dirty[unit as usize];
        if !*flag {
            *flag = true;
            self.dirty.push(unit);
        }
    }

    fn step(&mut self, leaf: u32, row: CandidateRow) {
        match self.candidates.iter_mut().find(|(known, _)| *known == leaf) {
            Some((_, rows)) => rows.push(row),
            None => self.candidates.push((leaf, vec![row])),
        }
    }
}

/// Whether the subject has a zone of its own.
fn has_zone(scene: &Scene<'_>) -> bool {
    scene.program.zone_slot.is_some_and(|slot| !scene.books.history(scene.subject, slot).is_empty())
}
