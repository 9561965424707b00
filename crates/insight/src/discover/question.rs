//! What discovery is asked.

use std::sync::Arc;

use engine::Timestamp;
use engine::record::SubjectKind;
use engine::time::DAY;
use jiff::tz::TimeZone;

use super::aim::Aim;
use super::catalog::Catalog;

/// A question; nothing else decides the answer but the lives.
#[derive(Debug, Clone)]
pub struct Question {
    /// Of whom.
    pub subject: SubjectKind,
    /// The goal in words.
    pub goal: String,
    /// Whether the goal can be reached again, so that an earlier conversion does not rule out a later one.
    pub recurs: bool,
    /// Whether only the account of a user reaches it: then who is in no account cannot.
    pub through_account: bool,
    /// How long behaviour is watched after the clock, ascending, in microseconds: at most [`Self::MOST_WINDOWS`], each at
    /// most [`Self::LONGEST_WINDOW`] and shorter than `end`.
    pub windows: Vec<i64>,
    /// The common end of the outcome, in microseconds after the clock.
    pub end: i64,
    /// Until when conversions are known.
    pub observed_until: Timestamp,
    /// Only those whose time started then or later.
    pub from: Option<Timestamp>,
    /// Only those whose time started before.
    pub to: Option<Timestamp>,
    /// The zone of calendar days.
    pub zone: TimeZone,
    /// The slot of the users' own zone among the household's traits, where it is known.
    pub zone_slot: Option<u32>,
    /// Which events are looked at.
    pub catalog: Arc<Catalog>,
    /// What combinations are scored for.
    pub aim: Aim,
    /// How many leads can be worked in a week.
    pub capacity_per_week: Option<u32>,
    /// How often outcomes are given out anew to see what luck alone finds; 0: never.
    pub permutations: u32,
    /// From what all chance comes.
    pub seed: u64,
    /// Events, properties and traits that are declared to have been known before the outcome: they are not doubted.
    pub trusted: Vec<Arc<str>>,
    /// Whether those are left out at a landmark whom sales had touched by then.
    pub without_sales_touched: bool,
}

impl Question {
    /// The most windows.
    pub const MOST_WINDOWS: usize = 8;
    /// The longest window: days are told apart in it by one bit each.
    pub const LONGEST_WINDOW: i64 = 120 * DAY;
    /// Permutations where nobody says how many.
    pub const PERMUTATIONS: u32 = 200;
    /// The windows where none are asked for, in days.
    pub const WINDOWS: [i64; 5] = [1, 3, 7, 14, 30];

    /// Whether a life has been watched to the end of its outcome.
    pub(crate) const fn is_mature(&self, clock: i64) -> bool {
        // Conversions at the end no longer count, so the last instant that matters lies just before it.
        clock.saturating_add(self.end) <= self.observed_until.0.saturating_add(1)
    }

    pub(crate) fn in_period(&self, clock: i64) -> bool {
        self.from.is_none_or(|from| from.0 <= clock) && self.to.is_none_or(|to| clock < to.0)
    }
}
