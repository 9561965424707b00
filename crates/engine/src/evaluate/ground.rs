//! What a household's subjects stand on: its books, and whose its rows are.

use super::books::Books;
use super::scene::{Rows, Scene};
use crate::household::{Code, Household, Subject};
use crate::program::{Binding, Program};
use crate::record::SubjectKind;

/// Reused from household to household.
pub(super) struct Ground<'p> {
    program: &'p Program,
    binding: &'p Binding,
    pub books: Books,
    /// Rows of an account's or workspace's subject, in time order.
    gathered: Vec<u32>,
    row_users: Vec<Code>,
}

impl<'p> Ground<'p> {
    pub fn new(program: &'p Program, binding: &'p Binding) -> Self {
        Self { program, binding, books: Books::default(), gathered: Vec::new(), row_users: Vec::new() }
    }

    /// Turns to a household.
    pub fn open(&mut self, household: &Household<'_>) {
        self.books.open(household, self.program.outputs);
        self.read_row_users(household);
    }

    /// One of its subjects before the eyes of a pass; `rows` as [`Ground::rows`] gave them.
    pub fn scene<'a>(
        &'a self,
        household: &'a Household<'a>,
        place: usize,
        subject: Subject,
        rows: Option<(usize, usize)>,
    ) -> Scene<'a> {
        Scene {
            program: self.program,
            binding: self.binding,
            pass: &self.program.passes[place],
            place,
            touches: &self.binding.passes[place],
            household,
            books: &self.books,
            subject,
            rows: rows.map_or(Rows::List(&self.gathered), |(start, end)| Rows::Range(start, end)),
            row_users: &self.row_users,
            left: &[],
        }
    }

    /// A user's range of rows; for others, gathers their rows.
    pub fn rows(&mut self, household: &Household<'_>, subject: Subject) -> Option<(usize, usize)> {
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
