//! What a rule is scored for.

use super::measures::z_score;
use super::verdict::VERDICTS;
use crate::figure::CONFIDENCE;
use stats::proportion::wilson;
use stats::table::TwoByTwo;

/// What a rule is scored for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Aim {
    /// To tell buyers from others as surely as can be: chi-square.
    #[default]
    Tell,
    /// As many buyers as can be among at most so many leads a week.
    Capacity(f64),
    /// As many of the buyers as can be, where at least this share of the leads buys.
    Precision(f64),
    /// As high a share of buyers as can be, where at least this share of all buyers is found.
    Recall(f64),
}

impl Aim {
    /// The score of a table of people from so many weeks, in standard errors as far as that has a meaning; `None` where the aim
    /// is missed.
    pub(crate) fn score(self, table: &TwoByTwo, weeks: f64) -> Option<f64> {
        let z = z_score(table);
        if z <= 0.0 || table.exposed() < VERDICTS.people_on_either_side {
            return None;
        }
        match self {
            Self::Tell => Some(z),
            Self::Capacity(leads) => {
                let fits = table.exposed() as f64 / weeks.max(1e-9) <= leads;
                // The winnings over what as many people at random would win, in its standard deviations.
                fits.then(|| excess(table))
            }
            // The lower end of the interval: else three of three would be a precision of one.
            Self::Precision(least) => {
                let low = wilson(table.exposed_event, table.exposed(), CONFIDENCE)?.low;
                (low >= least).then(|| (table.exposed_event as f64).sqrt())
            }
            Self::Recall(least) => {
                let recall = table.exposed_event as f64 / table.events().max(1) as f64;
                (recall >= least).then_some(z)
            }
        }
    }
}

/// Buyers beyond chance, in standard deviations of a Poisson count.
fn excess(table: &TwoByTwo) -> f64 {
    let expected = table.exposed() as f64 * table.events() as f64 / table.total().max(1) as f64;
    (table.exposed_event as f64 - expected) / expected.max(1.0).sqrt()
}
