//! How far everyone is on the way into the definitions: what is said criterion by criterion, of a whole life or of a state at hand.
//!
//! Of a state the events behind a criterion are those after its frontier: what is folded for good is no longer told apart.

use super::Evaluator;
use super::explain::Teller;
use super::fold::Trace;
use super::saved::SavedFold;
use super::state::{Folds, HouseholdState, RecentColumns};
use super::{begin, remember_conversions, subjects};
use crate::Timestamp;
use crate::household::{Directory, Household, Subject};
use crate::outcome::Progress;

impl Evaluator<'_> {
    /// Says how far each subject whose time has started is by each definition, as of the horizon.
    pub fn progress(&mut self, household: &Household<'_>, take: &mut dyn FnMut(Progress)) {
        // A whole life reaches behind no frontier.
        let _ = self.progress_from(household, &Folds::new(), i64::MIN, take);
    }

    /// The same on top of what is folded up to a frontier. `None`: the whole life is needed.
    fn progress_from(
        &mut self,
        household: &Household<'_>,
        folds: &Folds,
        frontier: i64,
        take: &mut dyn FnMut(Progress),
    ) -> Option<()> {
        self.ground.open(household);
        let program = self.program;
        for (place, pass) in program.passes.iter().enumerate() {
            let key = place as u32;
            let mut of_pass = Vec::new();
            subjects(pass, household, &self.ground.books, &mut of_pass);
            of_pass.extend(folds.keys().filter(|(pass, _)| *pass == key).map(|(_, subject)| *subject));
            of_pass.sort_unstable();
            of_pass.dedup();
            for subject in of_pass {
                self.progress_of(household, place, subject, (folds.get(&(key, subject)), frontier), take)?;
            }
        }
        Some(())
    }

    fn progress_of(
        &mut self,
        household: &Household<'_>,
        place: usize,
        subject: Subject,
        (known, frontier): (Option<&SavedFold>, i64),
        take: &mut dyn FnMut(Progress),
    ) -> Option<()> {
        let horizon = self.horizon.0;
        let rows = self.ground.rows(household, subject);
        let fold = &mut self.folds[place];
        begin(fold, known);
        if let Some(known) = known {
            remember_conversions(&mut self.ground.books, place, subject, known);
        }
        let scene = self.ground.scene(household, place, subject, rows);
        // As in an explanation: once for the events behind each criterion, once for what the fold says of them.
        let mut trace = Trace::default();
        fold.resume(&scene, &mut self.clockwork, frontier, horizon, Some(&mut trace))?;
        begin(fold, known);
        fold.resume(&scene, &mut self.clockwork, frontier, horizon, None)?;
        for (number, unit) in scene.pass.units.iter().enumerate() {
            let (Some(definition), Some(outcome)) = (&unit.definition, fold.outcome(&scene, number, horizon)) else {
                continue;
            };
            let end = fold.gates[unit.gate].end;
            let (hits, is_whole) = (&trace.hits, frontier == i64::MIN);
            let mut teller =
                Teller { scene: &scene, fold, clockwork: &mut self.clockwork, hits, is_whole, at: horizon };
            take(Progress {
                definition: definition.place,
                window_end: (end != i64::MAX).then_some(Timestamp(end)),
                when: teller.finding(unit.when),
                fit: unit.fit.map(|node| teller.finding(node)),
                is_whole,
                outcome,
            });
        }
        self.ground.books.note(&self.program.passes[place], subject, &self.folds[place]);
        Some(())
    }
}

impl HouseholdState {
    /// How far everyone in it is as of the evaluator's horizon, which must not be before the frontier. `None`: rebuild it.
    pub(crate) fn progress(
        &self,
        evaluator: &mut Evaluator<'_>,
        directory: &dyn Directory,
        take: &mut dyn FnMut(Progress),
    ) -> Option<()> {
        let columns = RecentColumns::of(&self.recent);
        let household = columns.household(self, directory);
        evaluator.progress_from(&household, &self.folds, self.frontier.0, take)
    }
}
