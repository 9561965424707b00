//! One pass over one subject's timeline: instants in order, at each what happened is applied and what it touched is
//! evaluated once.

use super::behaviour::GateTimes;
use super::hot::Hot;
use super::leaf::LeafState;
use super::scene::{Clockwork, Rows, Scene};
use super::unit::UnitState;
use super::wakes::wakes;
use super::work::Work;
use crate::program::Pass;
use crate::program::pass::ClockRule;

const NEVER: i64 = i64::MAX;

/// Everything remembered of a subject by a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fold {
    pub gates: Vec<GateTimes>,
    pub hot: Hot,
    pub leaves: Vec<LeafState>,
    pub units: Vec<UnitState>,
    /// The instants of each goal on the subject's own timeline.
    pub goals: Vec<Vec<i64>>,
    /// The earliest instant at which something is due.
    pub(super) next_due: i64,
    /// Whether a zone of the subject's own can bring earlier days back.
    pub(super) zoned: bool,
    pub(super) work: Work,
}

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
            hot: Hot::new(pass),
            leaves: (0..pass.leaves.len()).map(|place| LeafState::new(pass, place)).collect(),
            units: vec![UnitState::default(); pass.units.len()],
            goals: vec![Vec::new(); pass.goals.len()],
            next_due: NEVER,
            zoned: false,
            work: Work::new(pass),
        }
    }

    /// Becomes as a new one.
    pub fn clear(&mut self) {
        self.gates.fill(GateTimes::default());
        self.hot.clear();
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
        self.zoned = false;
        self.work.settle();
    }

    /// Folds a subject's whole timeline up to and including the horizon.
    pub fn run(&mut self, scene: &Scene<'_>, clockwork: &mut Clockwork, horizon: i64, trace: Option<&mut Trace>) {
        self.clear();
        self.zoned = has_zone(scene);
        let foreseen = trace.is_none() && self.foresees(scene);
        self.work.look_at(if foreseen { &scene.pass.screen.nobody } else { scene.left });
        self.open_clocks(scene);
        self.live(scene, clockwork, i64::MIN, horizon, trace);
        if foreseen {
            self.meet(scene, clockwork, horizon);
        }
    }

    /// Goes on from where the fold stands, `frontier`, over rows after it. `None`: what has come to be known since reaches
    /// behind the frontier, and the whole timeline is needed.
    pub fn resume(
        &mut self,
        scene: &Scene<'_>,
        clockwork: &mut Clockwork,
        frontier: i64,
        horizon: i64,
        trace: Option<&mut Trace>,
    ) -> Option<()> {
        if frontier == i64::MIN {
            self.zoned = has_zone(scene);
        } else if self.zoned != has_zone(scene) {
            return None;
        }
        self.reopen_clocks(scene, frontier)?;
        self.live(scene, clockwork, frontier, horizon, trace);
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
        loop {
            if trace.is_none() {
                // What most events do: count for hot leaves that do not come true by it.
                let wakes_at = wakes.get(wake).copied().unwrap_or(NEVER);
                let until = self.next_due.min(wakes_at).min(self.work.closes).min(horizon.saturating_add(1));
                let (counted, came_true) = self.count_on(scene, clockwork, place, until);
                place = counted;
                if let Some(at) = came_true {
                    let behind = end_of_instant(times, rows, place, at);
                    self.instant(scene, clockwork, at, place..behind, false, None);
                    place = behind;
                    continue;
                }
            }
            // Behind the end of all windows only a few names matter, if any.
            let until = if scene.touches.any_lasts { NEVER } else { self.work.closes };
            place = scene.next_that_matters(place, until, &self.work.left);
            if place >= rows.len() {
                break;
            }
            let row = rows.row(place);
            let name = scene.household.names[row];
            let at = times[row];
            if at > horizon {
                break;
            }
            if at >= self.work.closes {
                if !scene.touches.any_lasts {
                    break;
                }
                if !scene.touches.lasts(name) {
                    place += 1;
                    continue;
                }
            }
            let woken = wakes.get(wake).is_some_and(|wake| *wake <= at);
            if woken || self.next_due < at {
                self.pass_time(scene, clockwork, &wakes, &mut wake, at);
            }
            let behind = end_of_instant(times, rows, place + 1, at);
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
}

/// Whether nothing but the subject's own events can have changed anything between a frontier and the horizon, where a fold is `zoned` or not.
pub(super) fn sleeps(scene: &Scene<'_>, zoned: bool, frontier: i64, horizon: i64) -> bool {
    let by_trait = scene.pass.clocks.iter().any(|clock| matches!(clock, ClockRule::Trait(_)));
    !by_trait && zoned == has_zone(scene) && wakes(scene).iter().all(|wake| *wake <= frontier || *wake > horizon)
}

/// The first instant after the horizon at which something is due, where that is what a fold says next, or wakes.
pub(super) fn due_after(scene: &Scene<'_>, next_due: i64, horizon: i64) -> i64 {
    let wakes = wakes(scene);
    let next = wakes.partition_point(|wake| *wake <= horizon);
    next_due.min(wakes.get(next).copied().unwrap_or(NEVER))
}

/// The place behind the rows from a place on that have this time.
#[inline]
fn end_of_instant(times: &[i64], rows: Rows<'_>, place: usize, at: i64) -> usize {
    (place..rows.len()).find(|place| times[rows.row(*place)] != at).unwrap_or(rows.len())
}

/// Whether the subject has a zone of its own.
fn has_zone(scene: &Scene<'_>) -> bool {
    scene.program.zone_slot.is_some_and(|slot| !scene.books.history(scene.subject, slot).is_empty())
}
