//! The fold from lives to a report.

use crate::case::Case;
use crate::life::Life;
use crate::question::Question;
use crate::report::Report;

/// A backtest in the making. Parts may be folded apart and merged: the report is the same in any order.
///
/// It keeps the lives (some 300 bytes for a quiet one), since almost every figure compares each with all others.
#[derive(Debug, Clone)]
pub struct Backtest {
    question: Question,
    lives: Vec<Life>,
    /// Lives of each definition whose time started outside the period.
    outside_period: Vec<u64>,
}

impl Backtest {
    /// Nobody yet.
    #[must_use]
    pub fn new(question: Question) -> Self {
        let outside_period = vec![0; question.facts().count()];
        Self { question, lives: Vec::new(), outside_period }
    }

    /// Adds one subject. What lies beyond the question's ends is forgotten here.
    pub fn add(&mut self, mut life: Life) {
        life.cut(&self.question);
        for (outcome, outside) in life.outcomes.iter_mut().zip(&mut self.outside_period) {
            if outcome.as_ref().is_some_and(|outcome| !self.question.in_period(outcome.clock)) {
                *outcome = None;
                *outside += 1;
            }
        }
        if life.outcomes.iter().any(Option::is_some) {
            self.lives.push(life);
        }
    }

    /// Adds a part that was folded elsewhere from the same question and other subjects.
    pub fn merge(&mut self, other: Self) {
        self.lives.extend(other.lives);
        for (mine, theirs) in self.outside_period.iter_mut().zip(other.outside_period) {
            *mine += theirs;
        }
    }

    /// The subjects of the period, in the order in which they came.
    pub(crate) fn lives(&self) -> &[Life] {
        &self.lives
    }

    /// How many subjects were added in the period.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lives.len()
    }

    /// Whether nobody was added in the period.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lives.is_empty()
    }

    /// The report.
    #[must_use]
    pub fn finish(self) -> Report {
        let outside_period = self.outside_period.clone();
        self.with_cases(|question, cases| Report::new(question, cases, &outside_period))
    }

    /// What is said of the cases of each definition, in an order that does not depend on how lives were added.
    pub(crate) fn with_cases<R>(mut self, say: impl FnOnce(&Question, &[Vec<Case<'_>>]) -> R) -> R {
        self.lives.sort_by(|left, right| {
            let clocks = |life: &Life| life.outcomes.iter().flatten().map(|outcome| outcome.clock).min();
            left.id.cmp(&right.id).then_with(|| clocks(left).cmp(&clocks(right)))
        });
        let cases: Vec<Vec<Case<'_>>> =
            self.question.facts().enumerate().map(|(place, facts)| self.cases(place, facts)).collect();
        say(&self.question, &cases)
    }

    fn cases(&self, place: usize, facts: &crate::question::DefinitionFacts) -> Vec<Case<'_>> {
        self.lives
            .iter()
            .filter_map(|life| {
                let outcome = life.outcomes.get(place)?.as_ref()?;
                Some(Case::new(life, outcome, facts, &self.question))
            })
            .collect()
    }
}
