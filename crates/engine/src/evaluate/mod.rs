//! Evaluation: a program's passes over the subjects of a household.

mod behaviour;
mod books;
mod calendar;
mod clocks;
mod compare;
mod explain;
mod fold;
mod foresight;
mod ground;
mod hot;
mod instant;
mod knowable;
mod leaf;
mod progress;
mod saved;
mod scene;
mod score;
mod screen;
mod sequence;
mod state;
mod tally;
mod unit;
mod wakes;
mod work;

pub use calendar::Calendar;
pub(crate) use saved::SavedState;
pub use state::{Applied, Change, HouseholdState, NewRow, STATE_VERSION, StateError};

use std::collections::BTreeSet;

use books::Books;
use fold::{Fold, Trace};
use ground::Ground;
use saved::SavedFold;
use scene::{Clockwork, Scene};
use screen::Sieve;

use crate::Timestamp;
use crate::household::{Code, Household, Subject};
use crate::outcome::Outcome;
use crate::program::{Binding, Pass, Program};
use crate::record::SubjectKind;

/// Evaluates households one after the other, reusing its memory. One for each thread.
pub struct Evaluator<'p> {
    program: &'p Program,
    horizon: Timestamp,
    only_met: bool,
    clockwork: Clockwork,
    ground: Ground<'p>,
    sieve: Sieve,
    folds: Vec<Fold>,
    subjects: Vec<Subject>,
}

impl<'p> Evaluator<'p> {
    /// An evaluator that looks at nothing after the horizon.
    #[must_use]
    pub fn new(program: &'p Program, binding: &'p Binding, horizon: Timestamp) -> Self {
        Self {
            program,
            horizon,
            only_met: false,
            clockwork: Clockwork::new(program),
            ground: Ground::new(program, binding),
            sieve: Sieve::default(),
            folds: program.passes.iter().map(Fold::new).collect(),
            subjects: Vec::new(),
        }
    }

    /// From now on looks at nothing after this instant.
    pub const fn set_horizon(&mut self, horizon: Timestamp) {
        self.horizon = horizon;
    }

    /// From now on says nothing of subjects of whom a definition's behaviour was never met: much quicker where only
    /// leads are asked for, since most people are ruled out by their counts alone.
    pub const fn only_met(&mut self) {
        self.only_met = true;
    }

    /// Says what each definition says of each subject whose time has started.
    pub fn household(&mut self, household: &Household<'_>, say: &mut dyn FnMut(Outcome)) {
        let only_met = self.only_met;
        self.passes(household, self.program.passes.len(), only_met, &mut |scene, fold, horizon| {
            tell(scene, fold, horizon, only_met, say);
        });
    }

    /// How many people of the household refuse to be judged: nothing is said of them.
    pub fn refusing(&mut self, household: &Household<'_>) -> u64 {
        if self.program.consent().profile.is_none() {
            return 0;
        }
        self.ground.open(household);
        let books = &self.ground.books;
        let mut people = Vec::new();
        subjects_of(SubjectKind::User, household, books, &mut people);
        let refuses = |of: &&Subject| books.refuses_profile(self.program, **of);
        people.iter().filter(refuses).count() as u64
    }

    /// Runs the first `count` passes and shows each subject's fold when it is done; with `screened`, perhaps not
    /// of those who meet nothing.
    fn passes(
        &mut self,
        household: &Household<'_>,
        count: usize,
        screened: bool,
        show: &mut dyn FnMut(&Scene<'_>, &mut Fold, i64),
    ) {
        self.ground.open(household);
        let program = self.program;
        for (place, pass) in program.passes.iter().enumerate().take(count) {
            let mut of_pass = std::mem::take(&mut self.subjects);
            of_pass.clear();
            subjects(pass, household, &self.ground.books, &mut of_pass);
            let screened = screened && pass.screen.is_useful();
            for subject in of_pass.iter().copied() {
                let rows = self.ground.rows(household, subject);
                let mut scene = self.ground.scene(household, place, subject, rows);
                if screened {
                    match self.sieve.left(&scene) {
                        None => continue,
                        Some(left) => scene.left = left,
                    }
                }
                let fold = &mut self.folds[place];
                fold.run(&scene, &mut self.clockwork, self.horizon.0, None);
                show(&scene, fold, self.horizon.0);
                self.ground.books.note(pass, subject, fold);
            }
            self.subjects = of_pass;
        }
    }

    /// Folds one subject in one pass, remembering the events that its leaves count.
    fn trace(
        &mut self,
        household: &Household<'_>,
        place: usize,
        subject: Subject,
        trace: &mut Trace,
        show: &mut dyn FnMut(&Scene<'_>, &mut Fold),
    ) {
        let rows = self.ground.rows(household, subject);
        let scene = self.ground.scene(household, place, subject, rows);
        let fold = &mut self.folds[place];
        fold.run(&scene, &mut self.clockwork, self.horizon.0, Some(trace));
        show(&scene, fold);
    }

    /// Whether nothing has happened to a subject since a frontier, at which its fold was as it is kept, up to the horizon.
    fn is_unchanged(
        &mut self,
        household: &Household<'_>,
        place: usize,
        subject: Subject,
        kept: &SavedFold,
        frontier: i64,
    ) -> bool {
        if kept.next_due <= self.horizon.0 {
            return false;
        }
        let rows = self.ground.rows(household, subject);
        let scene = self.ground.scene(household, place, subject, rows);
        scene.rows.len() == 0 && fold::sleeps(&scene, kept.zoned, frontier, self.horizon.0)
    }

    /// Says of a subject to whom nothing has happened what its fold says. Gives the first instant after the horizon at which something changes
    /// without any new event.
    fn stay(
        &mut self,
        household: &Household<'_>,
        place: usize,
        subject: Subject,
        kept: &SavedFold,
        say: &mut dyn FnMut(Outcome),
    ) -> i64 {
        let pass = &self.program.passes[place];
        let rows = self.ground.rows(household, subject);
        let scene = self.ground.scene(household, place, subject, rows);
        let due = fold::due_after(&scene, kept.next_due, self.horizon.0);
        let is_told = !self.only_met || kept.is_met() || pass.screen.heard;
        let fold = &mut self.folds[place];
        if is_told {
            fold.take_up(kept);
            tell(&scene, fold, self.horizon.0, self.only_met, say);
        }
        remember_conversions(&mut self.ground.books, place, subject, kept);
        if is_told {
            self.ground.books.note(pass, subject, fold);
        }
        due
    }

    /// Whether a subject of whom nothing is folded can meet nothing with the events that it has, however much time passes, and nobody asks
    /// for more than who meets something.
    fn is_ruled_out(&mut self, household: &Household<'_>, place: usize, subject: Subject) -> bool {
        if !self.only_met || !self.program.passes[place].screen.is_useful() {
            return false;
        }
        let rows = self.ground.rows(household, subject);
        self.sieve.left(&self.ground.scene(household, place, subject, rows)).is_none()
    }

    /// Goes on with a subject from a frontier, at which it stood as in the known fold, in the pass's own fold. Gives that, and
    /// the first instant after the horizon at which something changes without any new event. `None`: the whole timeline is
    /// needed.
    fn resume(
        &mut self,
        household: &Household<'_>,
        place: usize,
        subject: Subject,
        known: Option<&SavedFold>,
        frontier: i64,
        say: &mut dyn FnMut(Outcome),
    ) -> Option<(&Fold, i64)> {
        let fold = &mut self.folds[place];
        begin(fold, known);
        if let Some(known) = known {
            remember_conversions(&mut self.ground.books, place, subject, known);
        }
        let rows = self.ground.rows(household, subject);
        let scene = self.ground.scene(household, place, subject, rows);
        fold.resume(&scene, &mut self.clockwork, frontier, self.horizon.0, None)?;
        tell(&scene, fold, self.horizon.0, self.only_met, say);
        let due = fold::due_after(&scene, fold.next_due, self.horizon.0);
        self.ground.books.note(&self.program.passes[place], subject, fold);
        Some((fold, due))
    }
}

/// Says what a fold says at the horizon of its definitions, or only of those whose behaviour was met.
fn tell(scene: &Scene<'_>, fold: &mut Fold, horizon: i64, only_met: bool, say: &mut dyn FnMut(Outcome)) {
    if only_met {
        fold.order_met();
        fold.met().filter_map(|place| fold.outcome(scene, place, horizon)).for_each(say);
    } else {
        (0..scene.pass.units.len()).filter_map(|place| fold.outcome(scene, place, horizon)).for_each(say);
    }
}

/// Has a pass's fold stand as it did at a frontier.
fn begin(fold: &mut Fold, known: Option<&SavedFold>) {
    match known {
        Some(known) => fold.take_up(known),
        None => fold.clear(),
    }
}

fn remember_conversions(books: &mut Books, place: usize, subject: Subject, kept: &SavedFold) {
    for (goal, first) in kept.first_conversions() {
        books.first_conversions.insert((place, goal, subject), first);
    }
}

/// The subjects of a pass's kind in a household.
fn subjects(pass: &Pass, household: &Household<'_>, books: &Books, found: &mut Vec<Subject>) {
    subjects_of(pass.kind.unwrap_or(SubjectKind::User), household, books, found);
}

/// The subjects of a kind in a household, each once.
fn subjects_of(kind: SubjectKind, household: &Household<'_>, books: &Books, found: &mut Vec<Subject>) {
    let mut add = |code: Code| {
        if code != 0 {
            found.push(Subject { kind, code });
        }
    };
    match kind {
        SubjectKind::User => household.users.iter().for_each(|run| add(run.user)),
        SubjectKind::Account => distinct(household.accounts).into_iter().for_each(&mut add),
        SubjectKind::Workspace => distinct(household.workspaces).into_iter().for_each(&mut add),
    }
    if kind == SubjectKind::Account {
        books.accounts_with_members().for_each(&mut add);
    }
    household.traits.iter().map(|fact| fact.of).filter(|of| of.kind == kind).for_each(|of| add(of.code));
    let members = household.memberships.iter().map(|tie| tie.member).filter(|member| member.kind == kind);
    members.for_each(|member| add(member.code));
    if found.len() > 1 {
        found.sort_unstable();
        found.dedup();
    }
}

fn distinct(codes: Option<&[Code]>) -> Vec<Code> {
    let set: BTreeSet<Code> = codes.unwrap_or(&[]).iter().copied().collect();
    set.into_iter().collect()
}
