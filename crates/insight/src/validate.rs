//! Is a definition still true?
//!
//! A backtest says how good a definition was over a whole history. This says whether it still is: by cohort of signup,
//! with a test for a change at an unknown time, what it misses lately, and whether a definition near it would do better
//! on people who were not used to choose it. `docs/validate.md` says what each figure is.

pub mod alternatives;
pub mod change;
mod cohorts;
mod proposal;
pub mod text;
pub mod trials;
mod verdict;

use std::sync::Arc;

use engine::Timestamp;
use serde::Serialize;

pub use alternatives::{Alternative, alternatives};
pub use change::{Change, Followed, Found};
pub use cohorts::{Cohort, Missed, Recent};
pub use proposal::{NothingProposed, Proposal, Proposed, Search};
pub use trials::{Balance, Compared, Side, Split, Trials};
pub use verdict::Verdict;

use crate::backtest::Backtest;
use crate::case::Case;
use crate::drift::Calendar;
use crate::enough::{THRESHOLDS, Thresholds};
use crate::figure::Share;
use crate::life::Life;
use crate::question::Question;
use crate::report::Asked;
use crate::same_age::{LeadsAndRest, leads_and_rest};

/// The version of the JSON's names and meanings.
pub const FORMAT: u32 = 1;

/// What decides the verdict, in one place; written into every JSON answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rules {
    /// A change is one at this level, over all figures followed.
    pub level: f64,
    /// Random orders behind a change's p-value.
    pub permutations: u32,
    /// People or households on either side of a change at least (or one in twenty, where that is more).
    pub least_groups_beside_change: u64,
    /// Judged leads in all at least.
    pub judged_leads: u64,
    /// Conversions among the judged leads at least.
    pub won_leads: u64,
    /// The lift that must have been visible, with this power, before its absence is held against a definition.
    pub visible_lift: f64,
    /// See [`Rules::visible_lift`].
    pub power: f64,
    /// Customers on either side of the split at least, before anything is proposed.
    pub customers_beside_split: u64,
    /// At most so many things are changed at once in what is proposed.
    pub most_changes: usize,
}

/// The rules in force.
pub const RULES: Rules = Rules {
    level: 0.05,
    permutations: 1_999,
    least_groups_beside_change: 10,
    judged_leads: 20,
    won_leads: 10,
    visible_lift: 2.0,
    power: 0.8,
    customers_beside_split: 20,
    most_changes: 3,
};

/// The question in the making: a fold over lives that each have one outcome.
#[derive(Debug, Clone)]
pub struct Validation {
    backtest: Backtest,
    seed: u64,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Validity {
    /// The version of this format.
    pub format: u32,
    /// What was asked.
    pub question: Asked,
    /// Below which numbers no figure is given.
    pub thresholds: Thresholds,
    /// What decides the verdict.
    pub rules: Rules,
    /// Where all chance comes from.
    pub seed: u64,
    /// The definition's id.
    pub id: Arc<str>,
    /// Its name.
    pub name: String,
    /// Whether it still holds.
    pub verdict: Verdict,
    /// Why, in sentences.
    pub because: Vec<String>,
    /// Over the whole period: of the judged leads, won; beside the rest of the same ages.
    pub whole: LeadsAndRest,
    /// Over the whole period: of all customers, those named before they paid.
    pub recall: Share,
    /// Lately.
    pub recent: Recent,
    /// Precision and recall followed over the weeks of signup.
    pub changes: Vec<Change>,
    /// By month of signup.
    pub months: Vec<Cohort>,
    /// By quarter of signup.
    pub quarters: Vec<Cohort>,
    /// What would be better; `null`: not looked for.
    pub proposal: Option<Proposed>,
    /// How many people are left out because they refuse to be judged; `None`: the workspace asks for no consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_profiling: Option<u64>,
}

impl Validation {
    /// Nobody yet. The question is about one definition, without a baseline.
    #[must_use]
    pub fn new(question: Question, seed: u64) -> Self {
        Self { backtest: Backtest::new(question), seed }
    }

    /// Adds one subject; outcomes behind the first are of others and are passed over.
    pub fn add(&mut self, mut life: Life) {
        life.outcomes.truncate(1);
        self.backtest.add(life);
    }

    /// Adds a part that was folded elsewhere from the same question and other subjects.
    pub fn merge(&mut self, other: Self) {
        self.backtest.merge(other.backtest);
    }

    /// The answer, without a proposal.
    #[must_use]
    pub fn finish(self) -> Validity {
        let Self { backtest, seed } = self;
        backtest.with_cases(|question, cases| {
            let cases = cases.first().map(Vec::as_slice).unwrap_or_default();
            Validity::of(question, cases, seed)
        })
    }
}

impl Validity {
    fn of(question: &Question, cases: &[Case<'_>], seed: u64) -> Self {
        let fallback = crate::question::DefinitionFacts::nameless();
        let facts = question.definitions.first().unwrap_or(&fallback);
        let changes = change::changes(cases, question, seed);
        let recent = cohorts::recent(cases, facts, question, change::worse_since(&changes));
        let whole = leads_and_rest(cases, question);
        let recall = crate::customers::recall(cases, question);
        let (verdict, because) = verdict::verdict(&whole, &recent, &changes, question);
        Self {
            format: FORMAT,
            question: Asked::of(question),
            thresholds: THRESHOLDS,
            rules: RULES,
            seed,
            id: Arc::clone(&facts.id),
            name: facts.name.clone(),
            verdict,
            because,
            recall,
            whole,
            recent,
            changes,
            months: cohorts::cohorts(cases, facts, question, Calendar::Month),
            quarters: cohorts::cohorts(cases, facts, question, Calendar::Quarter),
            proposal: None,
            refused_profiling: None,
        }
    }

    /// Since when cohorts are alike: whatever is proposed is chosen and judged on people who started then or later.
    #[must_use]
    pub fn alike_since(&self) -> Timestamp {
        change::worse_since(&self.changes).unwrap_or(Timestamp::MIN)
    }

    /// The answer as indented JSON.
    ///
    /// # Errors
    /// None that the types allow.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
}
