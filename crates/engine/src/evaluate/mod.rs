//! Evaluation: a program's passes over the subjects of a household.

mod behaviour;
mod books;
mod calendar;
mod clocks;
mod compare;
mod explain;
mod fold;
mod hot;
mod instant;
mod knowable;
mod leaf;
mod scene;
mod score;
mod sequence;
mod state;
mod tally;
mod unit;
mod wakes;
mod work;

pub use state::{Applied, Change, HouseholdState, NewRow, StateError};

use std::collections::BTreeSet;

use books::Books;
use fold::{Fold, Trace};
use scene::{Clockwork, Rows, Scene};

use crate::Timestamp;
use crate::household::{Code, Household, Subject};
use crate::outcome::Outcome;
use crate::program::{Binding, Pass, Program};
use crate::record::SubjectKind;

/// Evaluates households one after the other, reusing its memory. One for each thread.
pub struct Evaluator<'p> {
    program: &'p Program,
    binding: &'p Binding,
    horizon: Timestamp,
    only_met: bool,
    clockwork: Clockwork,
    books: Books,
    folds: Vec<Fold>,
    /// Rows of an account's or workspace's subject, in time order.
    gathered: Vec<u32>,
    row_users: Vec<Code>,
    subjects: Vec<Subject>,
}

impl<'p> Evaluator<'p> {
    /// An evaluator that looks at nothing after the horizon.
    #[must_use]
    pub fn new(program: &'p Program, binding: &'p Binding, horizon: Timestamp) -> Self {
        Self {
            program,
            binding,
            horizon,
            only_met: false,
            clockwork: Clockwork::new(program),
            books: Books::default(),
            folds: program.passes.iter().map(Fold::new).collect(),
            gathered: Vec::new(),
            row_users: Vec::new(),
            subjects: Vec::new(),
        }
    }

    /// From now on looks at nothing after this instant.
    pub const fn set_horizon(&mut self, horizon: Timestamp) {
        self.horizon = horizon;
    }

    /// From now on says nothing of subjects of whom a definition's behaviour was never met: quicker where only
    /// leads are asked for.
    pub const fn only_met(&mut self) {
        self.only_met = true;
    }

    /// Says what each definition says of each subject whose time has started.
    pub fn household(&mut self, household: &Household<'_>, say: &mut dyn FnMut(Outcome)) {
        let only_met = self.only_met;
        self.passes(household, self.program.passes.len(), &mut |_, scene, fold, horizon| {
            if only_met {
                fold.for_each_met(|fold, place| {
                    if let Some(outcome) = fold.outcome(scene, place, horizon) {
                        say(outcome);
                    }
                });
                return;
            }
            for place in 0..scene.pass.units.len() {
                if let Some(outcome) = fold.outcome(scene, place, horizon) {
                    say(outcome);
                }
            }
        });
    }

    /// Runs the first `count` passes and shows each subject's fold when it is done.
    fn passes(
        &mut self,
        household: &Household<'_>,
        count: usize,
        show: &mut dyn FnMut(usize, &Scene<'_>, &mut Fold, i64),
    ) {
        self.books.open(household, self.program.outputs);
        self.read_row_users(household);
        let program = self.program;
        for (place, pass) in program.passes.iter().enumerate().take(count) {
            let mut of_pass = std::mem::take(&mut self.subjects);
            of_pass.clear();
            subjects(pass, household, &self.books, &mut of_pass);
            for subject in of_pass.iter().copied() {
                self.subject(household, place, subject, None, &mut |scene, fold, horizon| {
                    show(place, scene, fold, horizon);
                });
                self.books.note(pass, subject, &self.folds[place]);
            }
            self.subjects = of_pass;
        }
    }

    /// Folds one subject in one pass.
    fn subject(
        &mut self,
        household: &Household<'_>,
        place: usize,
        subject: Subject,
        trace: Option<&mut Trace>,
        show: &mut dyn FnMut(&Scene<'_>, &mut Fold, i64),
    ) {
        let pass = &self.program.passes[place];
        let rows = self.rows(household, subject);
        let rows = rows.map_or(Rows::List(&self.gathered), |(start, end)| Rows::Range(start, end));
        let scene = Scene {
            program: self.program,
            binding: self.binding,
            pass,
            place,
            touches: &self.binding.passes[place],
            household,
            books: &self.books,
            subject,
            rows,
            row_users: &self.row_users,
        };
        let fold = &mut self.folds[place];
        fold.run(&scene, &mut self.clockwork, self.horizon.0, trace);
        show(&scene, fold, self.horizon.0);
    }

    /// Goes on with a subject's fold from a frontier. `None`: the whole timeline is needed.
    fn resume(
        &mut self,
        household: &Household<'_>,
        place: usize,
        subject: Subject,
        fold: &mut Fold,
        frontier: i64,
        say: &mut dyn FnMut(Outcome),
    ) -> Option<()> {
        let pass = &self.program.passes[place];
        for (goal, times) in fold.goals.iter().enumerate() {
            if let Some(first) = times.first() {
                self.books.first_conversions.insert((place, goal, subject), *first);
            }
        }
        let rows = self.rows(household, subject);
        let rows = rows.map_or(Rows::List(&self.gathered), |(start, end)| Rows::Range(start, end));
        let scene = Scene {
            program: self.program,
            binding: self.binding,
            pass,
            place,
            touches: &self.binding.passes[place],
            household,
            books: &self.books,
            subject,
            rows,
            row_users: &self.row_users,
        };
        fold.resume(&scene, &mut self.clockwork, frontier, self.horizon.0)?;
        for unit in 0..pass.units.len() {
            if let Some(outcome) = fold.outcome(&scene, unit, self.horizon.0) {
                say(outcome);
            }
        }
        Some(())
    }

    /// A user's range of rows; for others, gathers their rows.
    fn rows(&mut self, household: &Household<'_>, subject: Subject) -> Option<(usize, usize)> {
        if subject.kind == SubjectKind::User {
            let run = household.users.iter().find(|run| run.user == subject.code);
            return Some(run.map_or((0, 0), |run| (run.start, run.end)));
        }
        self.gather(household, subject.kind, subject.code);
        None
    }

    fn gather(&mut self, household: &Household<'_>, kind: SubjectKind, code: Code) {
        let codes = if kind == SubjectKind::Account { household.accounts } else { household.workspaces };
        self.gathered.clear();
        let rows = codes.unwrap_or(&[]).iter().enumerate().filter(|(_, owner)| **owner == code);
        self.gathered.extend(rows.map(|(row, _)| row as u32));
        self.gathered.sort_by_key(|row| household.times[*row as usize]);
    }

    fn read_row_users(&mut self, household: &Household<'_>) {
        let only_users = self.program.passes.iter().all(|pass| pass.kind == Some(SubjectKind::User));
        if only_users {
            return;
        }
        self.row_users.clear();
        self.row_users.resize(household.times.len(), 0);
        for run in household.users {
            if let Some(users) = self.row_users.get_mut(run.start..run.end) {
                users.fill(run.user);
            }
        }
    }
}

/// The subjects of a pass's kind in a household.
fn subjects(pass: &Pass, household: &Household<'_>, books: &Books, found: &mut Vec<Subject>) {
    let kind = pass.kind.unwrap_or(SubjectKind::User);
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
