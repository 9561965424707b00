//! What would be better: the best of the definitions near by, chosen on earlier cohorts, judged once on later ones.

use serde::Serialize;

use super::RULES;
use super::trials::{Compared, Side, Split, Trials};
use crate::figure::{When, grouped, points_words};
use crate::{figure::Answer, validate::Balance};

/// What came of the search.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Proposed {
    /// A change whose gain on later cohorts excludes zero.
    Change(Box<Proposal>),
    /// Nothing near by is reliably better.
    Nothing(Box<NothingProposed>),
}

/// A better definition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proposal {
    /// How many definitions were tried.
    pub tried: u64,
    /// Where the later cohorts start.
    pub split_at: When,
    /// What is different, in words, in the order in which it was found.
    pub changes: Vec<String>,
    /// On the earlier cohorts, where it was chosen: it flatters.
    pub earlier: Compared,
    /// On the later cohorts, which had no say.
    pub later: Compared,
    /// The whole definition as a file.
    pub definition: String,
}

/// Why nothing is proposed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NothingProposed {
    /// In words.
    pub because: String,
    /// How many definitions were tried.
    pub tried: u64,
    /// The best on the earlier cohorts, which did not hold on the later ones.
    pub best: Option<Proposal>,
}

/// A search that goes on from the best found so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Search {
    tried: u64,
    split: Option<Split>,
    changes: Vec<String>,
    earlier: Option<Compared>,
    later: Option<Compared>,
}

impl Search {
    /// What has been changed so far.
    #[must_use]
    pub fn changes(&self) -> &[String] {
        &self.changes
    }

    /// Chooses, on the earlier cohorts, the best of the alternatives to the definition at `current`, and gives its place.
    /// A life's outcomes are: the definition asked about, the best so far (`current`; 0 in the first round), and then the
    /// alternatives to it from `first` on. `None`: nothing is better by more than its own noise, or too few customers.
    pub fn choose(
        &mut self,
        trials: &mut Trials,
        since: engine::Timestamp,
        current: usize,
        first: usize,
        words: &[String],
    ) -> Option<usize> {
        trials.sort();
        self.tried += words.len() as u64;
        let split = self.split.or_else(|| trials.split(since))?;
        self.split = Some(split);
        let few = |side| trials.customers(split, side) < RULES.customers_beside_split;
        if few(Side::Earlier) || few(Side::Later) || self.changes.len() >= RULES.most_changes {
            return None;
        }
        let best = (first..first + words.len())
            .filter_map(|place| Some((place, trials.compare(current, place, split, Side::Earlier)?)))
            .filter(|(_, compared)| compared.gain.low > 0.0)
            // Of equal ones the first: max_by keeps the last.
            .reduce(|best, other| if other.1.gain.value > best.1.gain.value { other } else { best })?;
        self.changes.push(words.get(best.0 - first)?.clone());
        self.earlier = trials.compare(0, best.0, split, Side::Earlier);
        self.later = trials.compare(0, best.0, split, Side::Later);
        Some(best.0)
    }

    /// The end of the search; `definition` is the best one as a file.
    #[must_use]
    pub fn finish(self, trials: &Trials, definition: impl FnOnce() -> String) -> Proposed {
        let nothing =
            |because: String, tried, best| Proposed::Nothing(Box::new(NothingProposed { because, tried, best }));
        let Some(split) = self.split else {
            return nothing("nobody converted".to_owned(), self.tried, None);
        };
        for (side, words) in [(Side::Earlier, "earlier"), (Side::Later, "later")] {
            let have = trials.customers(split, side);
            if have < RULES.customers_beside_split {
                let words = format!(
                    "not enough data: {} customers in the {words} cohorts, needs {}",
                    grouped(have),
                    RULES.customers_beside_split
                );
                return nothing(words, self.tried, None);
            }
        }
        let (Some(earlier), Some(later)) = (self.earlier, self.later) else {
            let words = format!(
                "of {} definitions near by, none was better on the earlier cohorts by more than chance",
                grouped(self.tried)
            );
            return nothing(words, self.tried, None);
        };
        let proposal = Proposal {
            tried: self.tried,
            split_at: When(split.at),
            changes: self.changes,
            earlier,
            later,
            definition: definition(),
        };
        if later.gain.low > 0.0 {
            return Proposed::Change(Box::new(proposal));
        }
        let words = format!(
            "of {} definitions near by, the best on the earlier cohorts did not hold on the later ones: {} there, {} on the \
             later",
            grouped(proposal.tried),
            points_words(&Answer::Known(earlier.gain)),
            points_words(&Answer::Known(later.gain)),
        );
        nothing(words, proposal.tried, Some(proposal))
    }
}

impl Balance {
    /// `precision 12.1 %, recall 40.0 %, balance 18.6 %`.
    #[must_use]
    pub fn words(&self) -> String {
        let rate = |share: &crate::figure::Share| {
            share.rate.map_or_else(|| "too few".to_owned(), |rate| crate::figure::percent(rate.value))
        };
        format!(
            "precision {}, recall {}, balance {}",
            rate(&self.precision),
            rate(&self.recall),
            crate::figure::percent(self.balance)
        )
    }
}
