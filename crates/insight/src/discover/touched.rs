//! Whom sales had touched by a landmark: someone of sales had called, written or met them, or somebody of their account.
//!
//! Whom sales call is chosen because they seem to buy, and what is done after a call may be the call's doing. The events of sales are
//! doubted as predictors; who had one is counted here, and left out where that is asked for.

use engine::household::{Code, Household, Subject};
use engine::record::SubjectKind;
use serde::Serialize;

use super::catalog::Catalog;
use super::details::account_of;

/// Those whom sales had touched by a landmark, among those who are looked at or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Touched {
    /// How many.
    pub people: u64,
    /// Of those, converted by the end of the outcome.
    pub buyers: u64,
}

/// What sales did in the household at hand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Touches {
    /// Rows, and whose they are.
    rows: Vec<(usize, Code)>,
}

impl Touches {
    /// Looks at a household.
    pub fn look(&mut self, catalog: &Catalog, household: &Household<'_>) {
        self.rows.clear();
        if !catalog.has_sales() {
            return;
        }
        for run in household.users {
            let is_sales = |row: &usize| household.names.get(*row).is_some_and(|code| catalog.is_sales(*code));
            self.rows.extend((run.start..run.end).filter(is_sales).map(|row| (row, run.user)));
        }
    }

    /// Whether they had touched a subject by an instant, as it was known then.
    pub fn had(&self, subject: Subject, household: &Household<'_>, at: i64) -> bool {
        if self.rows.is_empty() {
            return false;
        }
        let owner = |owners: Option<&[Code]>, row: usize| owners.and_then(|owners| owners.get(row)).copied();
        let account = match subject.kind {
            SubjectKind::User => account_of(household, subject, at),
            SubjectKind::Account | SubjectKind::Workspace => None,
        };
        let is_own = |row: usize, user: Code| match subject.kind {
            SubjectKind::User => user == subject.code || account.is_some() && owner(household.accounts, row) == account,
            SubjectKind::Account => owner(household.accounts, row) == Some(subject.code),
            SubjectKind::Workspace => owner(household.workspaces, row) == Some(subject.code),
        };
        let known = household.known_to_account.filter(|_| subject.kind != SubjectKind::User).or(household.known);
        let is_known = |row: usize| known.and_then(|known| known.get(row)).is_none_or(|known| *known <= at);
        let is_past = |row: usize| household.times.get(row).is_some_and(|time| *time < at);
        self.rows.iter().any(|(row, user)| is_past(*row) && is_known(*row) && is_own(*row, *user))
    }
}
