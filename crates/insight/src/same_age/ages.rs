//! The ages that matter of each person.

use crate::case::Case;
use crate::question::Question;

/// One person's ages that matter here, in microseconds since the clock.
pub(super) struct Ages {
    /// In the population from this age on.
    pub from: i64,
    /// Qualified; `i64::MAX`: never.
    pub qualified: i64,
    /// Known to be qualified; `i64::MAX`: never.
    pub known: i64,
    /// Converted; `i64::MAX`: not seen to.
    pub converted: i64,
    /// Watched until.
    pub watched: i64,
}

impl Ages {
    pub fn of(case: &Case<'_>, question: &Question) -> Self {
        let age = |instant| case.age(instant);
        Self {
            from: case.outcome.population_from.map_or(i64::MAX, age).max(0),
            qualified: case.entry().map_or(i64::MAX, |entry| age(entry.at)),
            known: case.entry().map_or(i64::MAX, |entry| age(entry.known())),
            converted: case.conversion.map_or(i64::MAX, age),
            watched: age(question.observed_until),
        }
    }
}
