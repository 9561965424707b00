//! One instant: what happened is applied, then what it touched is evaluated once.

use super::clocks::window_end;
use super::fold::{Fold, Trace};
use super::leaf::{self, LeafBody, Verdict};
use super::scene::{Clockwork, Scene};
use super::sequence::Candidate;
use crate::Value;
use crate::outcome::Truth;
use crate::program::Pass;
use crate::program::pass::{Effect, LeafKind, Node, WindowRule};

const NEVER: i64 = i64::MAX;

impl Fold {
    /// Applies all that happens at one instant, then evaluates what it touched.
    pub(super) fn instant(
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
                self.close(scene);
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
            Effect::Hot if scene.pass.screen.reads(touch.index, &self.work.left) => {
                self.count_hot(scene, clockwork, at, row, touch.index, trace);
            }
            Effect::Hot => {}
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
                        self.close(scene);
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
                for leaf in &scene.pass.openers[place] {
                    self.work.touch(*leaf);
                }
                for unit in &scene.pass.gates[place].loud {
                    self.work.dirty(*unit);
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
            // The default population and the derived stage look at conversions before the instant: the latest one, or, where that
            // is of this very instant, the one before it.
            for last in times.iter().rev().take(2) {
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
            // Of a steady unit whose behaviour does not hold yet nothing has changed.
            let waits =
                |unit: usize| scene.pass.steady[unit] && !self.truth(scene.pass, scene.pass.units[unit].when).holds();
            if self.work.is_left(*unit) && !waits(*unit as usize) {
                self.work.dirty(*unit);
            }
        }
    }

    /// The measured value of a behaviour leaf at an instant.
    pub fn leaf_value(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, place: usize, at: i64) -> Option<Value> {
        if let Some(hot) = scene.pass.hot_of(place as u32) {
            return Some(Value::whole(i64::from(self.hot.count(hot))));
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
