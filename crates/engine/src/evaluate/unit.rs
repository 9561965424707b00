//! Entries of a definition: the instants at which population, behaviour and fit come to hold together.

use serde::{Deserialize, Serialize};

use super::fold::Fold;
use super::scene::{Clockwork, Moment, Scene};
use super::score;
use crate::outcome::{Entry, Outcome, Standing, Truth};
use crate::program::pass::{Unit, WindowRule};
use crate::record::SubjectKind;
use crate::{Number, Timestamp, Value};

/// What is remembered of a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnitState {
    /// The behaviour's truth, frozen behind the window's end.
    pub when: bool,
    /// Its changes, where the window's end may come to be known only when it has passed.
    pub past: Vec<(i64, bool)>,
    /// Whether the definition held at the last evaluated instant.
    pub holding: bool,
    pub population_from: Option<i64>,
    pub met_at: Option<i64>,
    pub outside_at: Option<i64>,
    pub entries: Vec<Entry>,
    /// Events of this instant that ask for an entry.
    pub asked: u32,
}

impl UnitState {
    pub fn clear(&mut self) {
        self.when = false;
        self.past.clear();
        self.holding = false;
        self.population_from = None;
        self.met_at = None;
        self.outside_at = None;
        self.entries.clear();
        self.asked = 0;
    }
}

impl Fold {
    /// Evaluates a unit at an instant whose leaves have been evaluated.
    pub(super) fn evaluate_unit(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, at: i64, place: usize) {
        let unit = &scene.pass.units[place];
        let gate = self.gates[unit.gate];
        let asked = std::mem::take(&mut self.units[place].asked);
        if !gate.open {
            return;
        }
        let standing = self.standing_at(scene, unit, place, at);
        let state = &mut self.units[place];
        let until = matches!(scene.pass.gates[unit.gate].window, WindowRule::Until(_));
        if until && state.past.last().map_or(standing.when, |(_, when)| *when != standing.when) {
            state.past.push((at, standing.when));
        }
        state.when = standing.when;
        let mark = |slot: &mut Option<i64>, holds: bool| {
            if holds && slot.is_none() {
                *slot = Some(at);
            }
        };
        mark(&mut state.population_from, standing.in_population);
        mark(&mut state.met_at, standing.in_population && standing.when);
        let fits = standing.fit.holds();
        mark(&mut state.outside_at, !standing.in_population && standing.when && fits);
        let holds = standing.in_population && standing.when && fits;
        let on_event = unit.definition.as_ref().is_some_and(|definition| definition.on_event);
        let once = unit.definition.as_ref().is_some_and(|definition| definition.once);
        if on_event {
            for _ in 0..if holds { asked } else { 0 } {
                self.enter(scene, clockwork, at, place);
            }
            return;
        }
        let was = state.holding;
        state.holding = holds;
        if was
            && !holds
            && let Some(entry) = state.entries.last_mut().filter(|entry| entry.exit.is_none())
        {
            entry.exit = Some(Timestamp(at));
        }
        let another = !once || state.entries.is_empty();
        if holds && !was && another {
            self.enter(scene, clockwork, at, place);
        }
        if holds && scene.pass.steady[place] && self.work.is_left(place as u32) {
            self.work.put_away(place);
            self.close(scene);
        }
    }

    fn standing_at(&self, scene: &Scene<'_>, unit: &Unit, place: usize, at: i64) -> Standing {
        let gate = self.gates[unit.gate];
        let state = &self.units[place];
        let when = match scene.pass.gates[unit.gate].window {
            _ if at <= gate.end => self.truth(scene.pass, unit.when).holds(),
            WindowRule::Until(_) => {
                state.past.iter().rev().find(|(from, _)| *from <= gate.end).is_some_and(|(_, when)| *when)
            }
            WindowRule::Open | WindowRule::For(_) => state.when,
        };
        Standing {
            in_population: unit.population.is_none_or(|node| self.truth(scene.pass, node).holds()),
            when,
            fit: unit.fit.map_or(Truth::True, |node| self.truth(scene.pass, node)),
        }
    }

    fn enter(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, at: i64, place: usize) {
        let score = score::score(self, scene, clockwork, place, at);
        let value = value(scene, &scene.pass.units[place], at);
        self.units[place].entries.push(Entry { at: Timestamp(at), exit: None, score, value });
    }

    /// Has [`Fold::met`] go by place.
    pub fn order_met(&mut self) {
        self.work.used_units.sort_unstable();
    }

    /// The units whose behaviour has been met.
    pub fn met(&self) -> impl Iterator<Item = usize> {
        let used = self.work.used_units.iter().map(|unit| *unit as usize);
        used.filter(|place| self.units[*place].met_at.is_some())
    }

    /// What is said of a definition's subject at the horizon; `None` if its time has not started, or if it refuses to be judged.
    pub fn outcome(&self, scene: &Scene<'_>, place: usize, horizon: i64) -> Option<Outcome> {
        let refuses = scene.books.refuses_profile(scene.program, scene.subject);
        if refuses { None } else { self.anybodys_outcome(scene, place, horizon) }
    }

    /// The same, whoever refuses to be judged.
    pub fn anybodys_outcome(&self, scene: &Scene<'_>, place: usize, horizon: i64) -> Option<Outcome> {
        let unit = &scene.pass.units[place];
        let definition = unit.definition.as_ref()?;
        let gate = self.gates[unit.gate];
        if !gate.open {
            return None;
        }
        let state = &self.units[place];
        let instant = |time: Option<i64>| time.map(Timestamp);
        Some(Outcome {
            definition: definition.place,
            subject: scene.subject,
            clock: Timestamp(gate.clock),
            population_from: instant(if unit.population.is_none() {
                Some(gate.known_from)
            } else {
                state.population_from
            }),
            met_at: instant(state.met_at),
            outside_at: instant(state.outside_at),
            entries: state.entries.clone(),
            now: self.standing_at(scene, unit, place, horizon),
            conversions: definition.goal.map_or_else(Vec::new, |goal| self.conversions(scene, goal)),
        })
    }

    /// The subject's conversions, its own and, for users, those of accounts at instants when it was in them.
    pub fn conversions(&self, scene: &Scene<'_>, goal: usize) -> Vec<Timestamp> {
        let rule = &scene.pass.goals[goal];
        let mut times: Vec<i64> = if rule.own { self.goals[goal].clone() } else { Vec::new() };
        if let (Some(output), SubjectKind::User) = (rule.of_account, scene.subject.kind) {
            for stay in scene.books.stays(scene.subject) {
                let theirs = scene.books.conversions(output, stay.account).iter().copied();
                times.extend(theirs.filter(|at| scene.account_at(*at) == Some(stay.account)));
            }
            times.sort_unstable();
            times.dedup();
        }
        times.truncate(Outcome::MOST_CONVERSIONS);
        times.into_iter().map(Timestamp).collect()
    }

    /// The times inside a unit, for passes that read it: from each entry to its exit.
    pub fn intervals(&self, place: usize) -> Vec<(i64, i64)> {
        let ends = |entry: &Entry| entry.exit.map_or(i64::MAX, |exit| exit.0);
        self.units[place].entries.iter().map(|entry| (entry.at.0, ends(entry))).collect()
    }
}

/// What a lead may be worth in a year.
fn value(scene: &Scene<'_>, unit: &Unit, at: i64) -> Option<Number> {
    let (path, times) = unit.definition.as_ref()?.value.as_ref()?;
    match path {
        None => Some(*times),
        Some(path) => {
            let of = scene.trait_value(path, Moment { at, row: None, captured: &[] });
            of.as_ref().and_then(Value::as_number)?.times(*times)
        }
    }
}
