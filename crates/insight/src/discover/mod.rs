//! Which early behaviours predict converting, how sure that is, and "nothing reliable" where that is the truth.
//!
//! A landmark design: behaviour counts only inside a window after the clock, the outcome only after it, and all windows
//! are compared on one common end ([`question`]). One linear pass over each life fills the feature table ([`table`]). The
//! earlier signups are searched, the later ones judge: thresholds are chosen on the first and never see the second, and what
//! is judged is corrected for how much is judged ([`verdict`]). People who share a household (an account) are not
//! independent of each other: halves, tests and intervals go by household.
//!
//! A fold: [`Discover::new`], [`Discover::add`] for each household with what the evaluator says of its subjects,
//! [`Discover::merge`] of parts that were folded elsewhere, [`Discover::finish`], whose pieces can be done side by side.

mod adjusted;
pub mod aim;
mod alike;
pub mod bits;
pub mod catalog;
pub mod closer;
mod cohort;
mod columns;
mod combine;
mod days;
pub mod definition;
mod details;
mod empty;
mod finish;
pub(crate) mod layout;
pub(crate) mod leaks;
pub mod levels;
mod limit_names;
mod logarithms;
pub mod luck;
mod measures;
mod nothing;
mod pairs;
pub mod question;
pub mod report;
pub mod rule;
mod search;
mod sentence;
pub mod share;
pub mod table;
mod tally;
#[cfg(test)]
mod testing;
pub mod text;
mod timed;
mod timing;
mod touched;
mod twins;
pub mod verdict;

pub use catalog::Catalog;
pub use question::Question;
pub use report::Discovery;

use std::sync::Arc;

use engine::household::{Code, Household};
use engine::outcome::Outcome;
use engine::record::SubjectKind;

use days::Calendars;
use details::account_of;
use report::Population;
use table::{Builder, FeatureTable, Rows, TableRow};
use touched::{Touched, Touches};

use crate::workers::{Workers, in_turn};

/// Discovery in the making.
#[derive(Debug, Clone)]
pub struct Discover {
    question: Arc<Question>,
    builder: Builder,
    calendars: Calendars,
    merged: Option<FeatureTable>,
    population: Population,
    /// By window, those who converted before its landmark.
    lost: Vec<u64>,
    /// By window, those whom sales had touched.
    touched: Vec<Touched>,
    touches: Touches,
    households: u32,
    gathered: Vec<(u32, Code)>,
}

impl Discover {
    /// An empty one.
    #[must_use]
    pub fn new(question: Arc<Question>) -> Self {
        Self {
            builder: Builder::new(Arc::clone(&question)),
            calendars: Calendars::new(&question.zone),
            merged: None,
            population: Population::default(),
            lost: vec![0; question.windows.len()],
            touched: vec![Touched::default(); question.windows.len()],
            touches: Touches::default(),
            households: 0,
            gathered: Vec::new(),
            question,
        }
    }

    /// Takes a household with what the evaluator says of each of its subjects under a definition whose behaviour always
    /// holds and whose entries are repeated: so that its entries are the times inside the population.
    pub fn add(&mut self, household: &Household<'_>, outcomes: &[Outcome]) {
        let mut counted = false;
        self.touches.look(&self.question.catalog, household);
        for outcome in outcomes {
            if let Some((row, conversion)) = self.row(household, outcome) {
                self.rows(household, row, conversion);
                counted = true;
            }
        }
        self.households += u32::from(counted);
    }

    /// Who a subject is at each landmark, and its first conversion; `None` for those who are left out, who are counted.
    fn row(&mut self, household: &Household<'_>, outcome: &Outcome) -> Option<(TableRow, i64)> {
        let question = &self.question;
        let clock = outcome.clock.0;
        self.population.started += 1;
        let first = outcome.conversions.first().map_or(i64::MAX, |at| at.0);
        let left_out = if !question.in_period(clock) {
            Some(&mut self.population.outside_period)
        } else if !question.is_mature(clock) {
            Some(&mut self.population.immature)
        } else if first < clock && !question.recurs {
            Some(&mut self.population.converted_before)
        } else {
            None
        };
        if let Some(count) = left_out {
            *count += 1;
            return None;
        }
        let end = clock.saturating_add(question.end);
        let mut row = TableRow {
            subject: outcome.subject,
            clock,
            household: self.households,
            in_population: 0,
            unconverted: 0,
            won: 0,
        };
        let mut could = 0_u8;
        for (window, length) in question.windows.iter().enumerate() {
            let landmark = clock.saturating_add(*length);
            let inside = |entry: &engine::outcome::Entry| {
                entry.at.0 <= landmark
                    && entry.exit.is_none_or(|exit| exit.0 > landmark || exit.0 == first && first >= landmark)
            };
            let unconverted = question.recurs || first >= landmark;
            let won = outcome.conversions.iter().any(|at| (landmark..end).contains(&at.0));
            row.in_population |= u8::from(outcome.entries.iter().any(inside)) << window;
            could |= u8::from(!question.through_account || account_of(household, outcome.subject, landmark).is_some())
                << window;
            row.unconverted |= u8::from(unconverted) << window;
            row.won |= u8::from(won) << window;
            self.lost[window] += u64::from(!unconverted && first < end);
        }
        if row.in_population & row.unconverted == 0 {
            let converted = row.unconverted == 0;
            self.population.before_first_landmark += u64::from(converted);
            self.population.outside += u64::from(!converted);
            return None;
        }
        row.in_population &= could;
        if row.in_population & row.unconverted == 0 {
            self.population.in_no_account += 1;
            return None;
        }
        let touched = self.touched(household, &row);
        if self.question.without_sales_touched {
            row.in_population &= !touched;
            if row.in_population & row.unconverted == 0 {
                self.population.touched_by_sales += 1;
                return None;
            }
        }
        self.population.counted += 1;
        Some((row, first))
    }

    /// By window, whether sales had touched somebody; those who would be looked at are counted.
    fn touched(&mut self, household: &Household<'_>, row: &TableRow) -> u8 {
        let mut touched = 0;
        for (window, length) in self.question.windows.iter().enumerate() {
            if self.touches.had(row.subject, household, row.clock.saturating_add(*length)) {
                touched |= 1 << window;
                let counts = &mut self.touched[window];
                counts.people += u64::from((row.in_population & row.unconverted) >> window & 1);
                counts.buyers += u64::from((row.in_population & row.unconverted & row.won) >> window & 1);
            }
        }
        touched
    }

    fn rows(&mut self, household: &Household<'_>, row: TableRow, conversion: i64) {
        let rows = if row.subject.kind == SubjectKind::User {
            let run = household.users.iter().find(|run| run.user == row.subject.code);
            run.map_or(Rows::Range(0, 0), |run| Rows::Range(run.start, run.end))
        } else {
            self.gather(household, row);
            Rows::List(&self.gathered)
        };
        let mut days = self.calendars.of(row.subject, household, self.question.zone_slot);
        self.builder.add(row, conversion, household, &rows, &mut days);
    }

    /// An account's rows in time order, with whose they are.
    fn gather(&mut self, household: &Household<'_>, row: TableRow) {
        let owners = if row.subject.kind == SubjectKind::Account { household.accounts } else { household.workspaces };
        let owners = owners.unwrap_or(&[]);
        self.gathered.clear();
        for run in household.users {
            let own = (run.start..run.end).filter(|place| owners.get(*place) == Some(&row.subject.code));
            self.gathered.extend(own.map(|place| (place as u32, run.user)));
        }
        self.gathered.sort_by_key(|(place, _)| household.times[*place as usize]);
    }

    /// Adds what was folded elsewhere.
    pub fn merge(&mut self, other: Self) {
        let population = &mut self.population;
        let theirs = other.population;
        population.started += theirs.started;
        population.outside_period += theirs.outside_period;
        population.converted_before += theirs.converted_before;
        population.immature += theirs.immature;
        population.outside += theirs.outside;
        population.in_no_account += theirs.in_no_account;
        population.touched_by_sales += theirs.touched_by_sales;
        population.before_first_landmark += theirs.before_first_landmark;
        population.counted += theirs.counted;
        for (mine, theirs) in self.lost.iter_mut().zip(&other.lost) {
            *mine += theirs;
        }
        for (mine, theirs) in self.touched.iter_mut().zip(&other.touched) {
            mine.people += theirs.people;
            mine.buyers += theirs.buyers;
        }
        let table = other.into_table();
        match &mut self.merged {
            Some(merged) => merged.merge(table),
            None => self.merged = Some(table),
        }
    }

    /// The feature table alone, for those who learn from it.
    #[must_use]
    pub fn into_table(self) -> FeatureTable {
        let mut all = self.builder.finish();
        if let Some(merged) = self.merged {
            all.merge(merged);
        }
        all
    }

    /// The answer, worked out by whom the caller gives.
    #[must_use]
    pub fn finish(self, workers: Workers<'_>) -> Discovery {
        let (question, population) = (Arc::clone(&self.question), self.population);
        let (lost, touched) = (self.lost.clone(), self.touched.clone());
        let table = self.into_table();
        let mut discovery = finish::finish(&question, &table, workers);
        discovery.population = population;
        for (window, (lost, touched)) in discovery.windows.iter_mut().zip(lost.into_iter().zip(touched)) {
            (window.buyers_lost, window.touched_by_sales) = (lost, touched);
        }
        discovery
    }
}

/// The answer to a question from a feature table alone; who was left out of the table is not known here.
#[must_use]
pub fn answer(question: &Question, table: &FeatureTable) -> Discovery {
    finish::finish(question, table, &in_turn)
}
