//! What a backtest reads of one subject.

use std::sync::Arc;

use engine::outcome::{Outcome, Score};
use engine::{Number, Timestamp};

use crate::question::Question;

/// One subject: what each definition says of it, and what is known besides.
#[derive(Debug, Clone, PartialEq)]
pub struct Life {
    /// The id by which people know the subject; unique among the lives of a backtest.
    pub id: Arc<str>,
    /// A number shared by those who are not independent of each other (colleagues); `None`: it stands alone. Only
    /// [`crate::validate`] and [`crate::limits`] look at it.
    pub household: Option<u64>,
    /// Amounts of it at one age, for questions that ask for them ([`crate::limits`]); else empty.
    pub measures: Vec<Option<Number>>,
    /// Its value of each of the question's segments **as of its clock** (of the first definition): a later value would
    /// look into the future. `None`: not known then.
    pub segments: Vec<Option<Arc<str>>>,
    /// The instants of the goal, in order.
    pub conversions: Vec<Timestamp>,
    /// For each definition of the question (the baseline last); `None`: its clock never started.
    pub outcomes: Vec<Option<LifeOutcome>>,
}

/// What one definition says of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifeOutcome {
    /// When the subject's time started.
    pub clock: Timestamp,
    /// The first instant from the clock on in the population.
    pub population_from: Option<Timestamp>,
    /// Qualified to use: behaviour met in the population.
    pub met_at: Option<Timestamp>,
    /// Behaviour and fit held, but outside the population.
    pub outside_at: Option<Timestamp>,
    /// Qualified to buy, in time order.
    pub entries: Vec<LifeEntry>,
}

/// One entry, with what the report says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifeEntry {
    /// The qualification instant.
    pub at: Timestamp,
    /// Its end.
    pub exit: Option<Timestamp>,
    /// When it could first have been known; `None`: receipt is not known, and `at` is taken.
    pub knowable_at: Option<Timestamp>,
    /// The score.
    pub score: Option<Score>,
    /// What it may be worth in a year.
    pub value: Option<Number>,
    /// The criteria met, in words; may be left empty and given later ([`crate::Report::give_reasons`]).
    pub reasons: Vec<Arc<str>>,
    /// A criterion that was met rests on a trait declared `constant` by an import.
    pub rests_on_constant: bool,
}

/// What the evaluator does not say of an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryFacts {
    /// See [`LifeEntry::knowable_at`].
    pub knowable_at: Option<Timestamp>,
    /// See [`LifeEntry::reasons`].
    pub reasons: Vec<Arc<str>>,
    /// See [`LifeEntry::rests_on_constant`].
    pub rests_on_constant: bool,
}

impl LifeEntry {
    /// When it could first have been known: never before it happened.
    #[must_use]
    pub fn known(&self) -> Timestamp {
        self.knowable_at.map_or(self.at, |known| known.max(self.at))
    }
}

impl LifeOutcome {
    /// From the evaluator's outcome and the facts of its entries, in the same order; missing facts are taken as unknown.
    #[must_use]
    pub fn new(outcome: &Outcome, facts: &[EntryFacts]) -> Self {
        let entries = outcome.entries.iter().enumerate().map(|(place, entry)| {
            let facts = facts.get(place).cloned().unwrap_or_default();
            LifeEntry {
                at: entry.at,
                exit: entry.exit,
                knowable_at: facts.knowable_at,
                score: entry.score.clone(),
                value: entry.value,
                reasons: facts.reasons,
                rests_on_constant: facts.rests_on_constant,
            }
        });
        Self {
            clock: outcome.clock,
            population_from: outcome.population_from,
            met_at: outcome.met_at,
            outside_at: outcome.outside_at,
            entries: entries.collect(),
        }
    }

    /// Forgets whatever nobody could have known by an instant.
    fn cut(&mut self, until: Timestamp) {
        let known = |instant: Option<Timestamp>| instant.filter(|instant| *instant <= until);
        self.population_from = known(self.population_from);
        self.met_at = known(self.met_at);
        self.outside_at = known(self.outside_at);
        self.entries.retain(|entry| entry.at <= until && entry.known() <= until);
        for entry in &mut self.entries {
            entry.exit = known(entry.exit);
        }
    }
}

impl Life {
    /// From the evaluator's outcomes, one for each definition of the question (the baseline last).
    #[must_use]
    pub fn new(id: &str, segments: Vec<Option<Arc<str>>>, outcomes: &[Option<(&Outcome, &[EntryFacts])>]) -> Self {
        let conversions = outcomes.iter().flatten().map(|(outcome, _)| outcome.conversions.clone()).next();
        Self {
            id: Arc::from(id),
            household: None,
            measures: Vec::new(),
            segments,
            conversions: conversions.unwrap_or_default(),
            outcomes: outcomes
                .iter()
                .map(|outcome| outcome.map(|(outcome, facts)| LifeOutcome::new(outcome, facts)))
                .collect(),
        }
    }

    /// The same with its household's number.
    #[must_use]
    pub const fn in_household(mut self, number: u64) -> Self {
        self.household = Some(number);
        self
    }

    /// The same with amounts.
    #[must_use]
    pub fn with_measures(mut self, measures: Vec<Option<Number>>) -> Self {
        self.measures = measures;
        self
    }

    /// Forgets what lies beyond the question's ends, so that nothing later can change what is said.
    pub(crate) fn cut(&mut self, question: &Question) {
        self.conversions.retain(|conversion| *conversion <= question.observed_until);
        self.conversions.sort_unstable();
        for outcome in &mut self.outcomes {
            if let Some(inside) = outcome {
                if inside.clock > question.data_until {
                    *outcome = None;
                } else {
                    inside.cut(question.data_until);
                    inside.entries.sort_by_key(|entry| entry.at);
                }
            }
        }
    }
}
