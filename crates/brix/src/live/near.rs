//! Who is near and who has stalled: looked up among everyone, in slices between two batches.
//!
//! Nobody is looked at unless somebody asks. A slice takes at most [`SLICE`] of the processor's time and one look more, so that judging
//! waits no longer, however many people there are; and a survey is good for twenty times as long as it took, so that surveys take at most a
//! twentieth of the time.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use engine::Timestamp;
use engine::record::SubjectKind;
use insight::near::{Near, Terms};

use super::rules::Rules;
use super::town::Town;

/// How long is looked at households between two batches.
const SLICE: Duration = Duration::from_millis(10);
/// A survey is good for so many times as long as it took, but at least so long.
const GOOD_FOR: u32 = 20;
const GOOD_AT_LEAST: Duration = Duration::from_millis(250);
/// So many are kept of each definition, the nearest; all are counted.
const MOST: usize = 10_000;

/// Somebody who is near, or has stalled.
#[derive(Debug, Clone)]
pub struct Found {
    /// The definition's id.
    pub definition: Arc<str>,
    /// Whether a person, an account or a workspace.
    pub kind: SubjectKind,
    /// The account that a person is in.
    pub account: Option<String>,
    /// How far.
    pub near: Near,
}

/// The nearest of some, and how many there are.
#[derive(Debug, Clone, Default)]
pub struct Ranking {
    /// The nearest first.
    pub rows: Vec<Found>,
    /// All, also those of whom no row is kept.
    pub total: u64,
}

/// Everyone, looked at once.
#[derive(Debug, Clone)]
pub struct Survey {
    /// What was asked.
    pub terms: Terms,
    /// As of this instant.
    pub at: Timestamp,
    /// By definition, in their order: who is near, and who has stalled.
    pub of: Vec<(Arc<str>, Ranking, Ranking)>,
    /// How long the looking took, on all cores.
    pub took: Duration,
    ended: Instant,
}

/// Where surveys are asked for and found.
#[derive(Default)]
pub struct Board(Mutex<State>);

#[derive(Default)]
struct State {
    wanted: Option<Terms>,
    latest: Option<Arc<Survey>>,
}

impl Board {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A survey on these terms that is still good. If there is none, one is made.
    pub fn ask(&self, terms: Terms) -> Option<Arc<Survey>> {
        let mut state = self.state();
        let latest = state.latest.clone().filter(|latest| latest.terms == terms && latest.is_good());
        if latest.is_none() {
            state.wanted = Some(terms);
        }
        latest
    }

    /// The last survey on these terms, however old.
    pub fn latest(&self, terms: Terms) -> Option<Arc<Survey>> {
        self.state().latest.clone().filter(|latest| latest.terms == terms)
    }
}

impl Survey {
    fn is_good(&self) -> bool {
        self.ended.elapsed() < (self.took * GOOD_FOR).max(GOOD_AT_LEAST)
    }
}

impl Ranking {
    fn add(&mut self, found: Found) {
        self.total += 1;
        self.rows.push(found);
        if self.rows.len() >= 2 * MOST {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.rows.sort_by(|left, right| left.near.order(&right.near));
        self.rows.truncate(MOST);
    }

    /// Whoever moved into another household meanwhile may have been looked at twice.
    fn finish(&mut self) {
        self.cut();
        let mut met = HashSet::new();
        let all = self.rows.len();
        self.rows.retain(|found| met.insert(Arc::clone(&found.near.id)));
        self.total -= (all - self.rows.len()) as u64;
    }
}

/// A survey under way.
struct Work {
    terms: Terms,
    rules: Arc<Rules>,
    next: u32,
    spent: Duration,
    of: Vec<(Arc<str>, Ranking, Ranking)>,
}

/// Makes surveys that are asked for.
pub struct Surveyor {
    board: Arc<Board>,
    work: Option<Work>,
}

impl Surveyor {
    /// None is under way.
    pub const fn new(board: Arc<Board>) -> Self {
        Self { board, work: None }
    }

    /// Nothing counts any more that was found before: somebody was erased.
    pub fn start_anew(&mut self) {
        let mut state = self.board.state();
        state.latest = None;
        if let Some(work) = self.work.take() {
            state.wanted.get_or_insert(work.terms);
        }
    }

    /// Whether there is more to do.
    pub const fn is_at_work(&self) -> bool {
        self.work.is_some()
    }

    /// Looks at some more households.
    ///
    /// # Errors
    /// A life cannot be read: then the survey is given up.
    pub fn go_on(&mut self, town: &Town, rules: &Arc<Rules>, now: Timestamp) -> Result<()> {
        // What was found by other definitions is worth nothing.
        let work = self.work.take().filter(|work| Arc::ptr_eq(&work.rules, rules));
        let Some(mut work) = work.or_else(|| self.begin(rules)) else { return Ok(()) };
        let began = Instant::now();
        let next =
            town.survey(work.next, began + SLICE, &work.terms, now, &mut |place, found, is_near, has_stalled| {
                let Some((_, near, stalled)) = work.of.get_mut(place) else { return };
                if is_near {
                    near.add(found.clone());
                }
                if has_stalled {
                    stalled.add(found);
                }
            })?;
        work.spent += began.elapsed();
        match next {
            Some(next) => {
                work.next = next;
                self.work = Some(work);
            }
            None => self.end(work, now),
        }
        Ok(())
    }

    fn begin(&self, rules: &Arc<Rules>) -> Option<Work> {
        let terms = self.board.state().wanted.take()?;
        let definitions = rules.program.definitions().iter();
        let of = definitions.map(|one| (Arc::clone(&one.id), Ranking::default(), Ranking::default())).collect();
        Some(Work { terms, rules: Arc::clone(rules), next: 0, spent: Duration::ZERO, of })
    }

    fn end(&self, work: Work, at: Timestamp) {
        let Work { terms, spent: took, mut of, .. } = work;
        for (_, near, stalled) in &mut of {
            near.finish();
            stalled.finish();
        }
        let survey = Survey { terms, at, of, took, ended: Instant::now() };
        self.board.state().latest = Some(Arc::new(survey));
    }
}
