//! What is said of a set of subjects in one half: rates, ratios, tests, with households as the units of chance.

use serde::Serialize;
use stats::distribution::beta_cumulative;
use stats::proportion::wilson;
use stats::table::{TwoByTwo, chi_square, fisher_exact, information_gain};

use super::bits::Bits;
use super::cohort::{Cohort, Half};
use crate::figure::{CONFIDENCE, Ranged};

/// The figures of a rule in one half.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measures {
    /// Subjects at the landmark: in the population, not yet converted.
    pub people: u64,
    /// Of those, converted by the end of the outcome.
    pub buyers: u64,
    /// Those who meet the rule.
    pub met: u64,
    /// Of those, converted.
    pub met_buyers: u64,
    /// The share of those who meet it that converts (precision), Wilson's interval.
    pub with: Option<Ranged>,
    /// The share of the others that converts.
    pub without: Option<Ranged>,
    /// `with / without`.
    pub lift: Option<Ranged>,
    /// The ratio of the odds.
    pub odds_ratio: Option<Ranged>,
    /// The correlation of meeting it and converting.
    pub phi: Option<f64>,
    /// The share of buyers who met it.
    pub recall: Option<Ranged>,
    /// The share of all who met it.
    pub coverage: f64,
    /// Bits by which knowing it lowers the doubt about converting.
    pub information_gain: f64,
    /// Two-sided p-value: Fisher's exact test where few are expected, else chi-square; where subjects share households, the
    /// larger of that and a test on households.
    pub p_value: f64,
    /// How much wider shared households make the variance of the lift; 1 where there are none.
    pub design_effect: f64,
}

/// Below so many expected in a cell the test is exact.
const FEW: f64 = 10.0;

/// Signed root of chi-square: how far from chance, in standard errors. For ranking, not for claims.
pub(crate) fn z_score(table: &TwoByTwo) -> f64 {
    let (n, x, y) = (table.total() as f64, table.exposed() as f64, table.events() as f64);
    let variance = x * (n - x) * y * (n - y) / (n * n * (n - 1.0));
    if variance > 0.0 { (table.exposed_event as f64 - x * y / n) / variance.sqrt() } else { 0.0 }
}

/// The figures of a set in one half.
pub(crate) fn measures(cohort: &Cohort<'_>, bits: &Bits, window: usize, half: Half) -> Measures {
    let table = cohort.table(bits, window, half);
    let exact = table.smallest_expected().is_some_and(|expected| expected < FEW);
    let test = if exact { fisher_exact(&table) } else { chi_square(&table) };
    let plain = test.map_or(1.0, |test| test.p_value);
    let sums = if cohort.is_clustered { Sums::of(cohort, bits, window, half) } else { Sums::default() };
    let lift = table.risk_ratio(CONFIDENCE).map(|ratio| ranged(ratio.value, ratio.interval));
    let odds = table.odds_ratio(CONFIDENCE).map(|ratio| ranged(ratio.value, ratio.interval));
    let shares = Shares::of(&table);
    let spread =
        |influence: &dyn Fn(&[f64; 4]) -> f64| sums.households.iter().map(|sum| influence(sum).powi(2)).sum::<f64>();
    let lift_variance = spread(&|sum| shares.of_lift(sum));
    let plain_variance = shares.plain_lift_variance();
    let design_effect =
        if plain_variance > 0.0 && lift_variance > 0.0 { (lift_variance / plain_variance).max(1.0) } else { 1.0 };
    let odds_effect = {
        let (robust, plain) = (spread(&|sum| shares.of_odds(sum)), shares.plain_odds_variance());
        if plain > 0.0 && robust > 0.0 { (robust / plain).max(1.0) } else { 1.0 }
    };
    let effect_of = |with: bool| {
        let (robust, plain) = (spread(&|sum| shares.of_rate(sum, with)), shares.plain_rate_variance(with));
        if plain > 0.0 && robust > 0.0 { (robust / plain).max(1.0) } else { 1.0 }
    };
    Measures {
        people: table.total(),
        buyers: table.events(),
        met: table.exposed(),
        met_buyers: table.exposed_event,
        with: rate(table.exposed_event, table.exposed(), effect_of(true)),
        without: rate(table.unexposed_event, table.unexposed(), effect_of(false)),
        lift: lift.map(|lift| widened(lift, design_effect)),
        odds_ratio: odds.map(|odds| widened(odds, odds_effect)),
        phi: table.phi(),
        recall: rate(table.exposed_event, table.events(), 1.0),
        coverage: if table.total() > 0 { table.exposed() as f64 / table.total() as f64 } else { 0.0 },
        information_gain: information_gain(&table).unwrap_or(0.0),
        p_value: if cohort.is_clustered { plain.max(sums.p_value(&table)) } else { plain },
        design_effect,
    }
}

fn ranged(value: f64, interval: stats::Interval) -> Ranged {
    Ranged { value, low: interval.low, high: interval.high }
}

/// An interval on the logarithmic scale, wider by the root of the design effect.
fn widened(ratio: Ranged, effect: f64) -> Ranged {
    let part = |end: f64| ratio.value * (end / ratio.value).powf(effect.sqrt());
    Ranged { value: ratio.value, low: part(ratio.low), high: part(ratio.high).min(f64::MAX) }
}

/// Wilson's interval for as many independent subjects as these are worth (Kish's design effect; Franco, Little, Louis and
/// Slud 2019, "Comparative study of confidence intervals for proportions in complex sample surveys").
fn rate(count: u64, of: u64, effect: f64) -> Option<Ranged> {
    if of == 0 {
        return None;
    }
    let value = count as f64 / of as f64;
    let worth = ((of as f64 / effect).round() as u64).max(1);
    let counted = ((value * worth as f64).round() as u64).min(worth);
    let interval = if effect > 1.0 { wilson(counted, worth, CONFIDENCE) } else { wilson(count, of, CONFIDENCE) }?;
    Some(Ranged { value, low: interval.low.min(value), high: interval.high.max(value) })
}

/// By household: how many are at risk, met it, converted, and both.
#[derive(Default)]
struct Sums {
    households: Vec<[f64; 4]>,
}

impl Sums {
    fn of(cohort: &Cohort<'_>, bits: &Bits, window: usize, half: Half) -> Self {
        let landmark = &cohort.landmarks[window];
        let mut households = Vec::new();
        for household in cohort.households(half) {
            let mut sum = [0_u32; 4];
            for place in household.filter(|place| landmark.at_risk.has(*place)) {
                let (met, won) = (bits.has(place), landmark.won.has(place));
                sum[0] += 1;
                sum[1] += u32::from(met);
                sum[2] += u32::from(won);
                sum[3] += u32::from(met && won);
            }
            if sum[0] > 0 {
                households.push(sum.map(f64::from));
            }
        }
        Self { households }
    }

    /// The score test with households as units: the sum of the households' scores over the root of the sum of their
    /// squares (Liang and Zeger 1986), held against Student's t with as many degrees of freedom as households effectively
    /// contribute, less one: (Σ s²)² / Σ s⁴ (Bell and McCaffrey 2002 in its simplest form).
    fn p_value(&self, table: &TwoByTwo) -> f64 {
        let n = table.total() as f64;
        if n == 0.0 {
            return 1.0;
        }
        let (met, won) = (table.exposed() as f64 / n, table.events() as f64 / n);
        let (mut sum, mut squares, mut fourths) = (0.0, 0.0, 0.0);
        for [people, exposed, events, both] in &self.households {
            let score = both - met * events - won * exposed + met * won * people;
            sum += score;
            squares += score * score;
            fourths += score.powi(4);
        }
        if squares <= 0.0 || fourths <= 0.0 {
            return 1.0;
        }
        student_two_sided(sum / f64::sqrt(squares), (squares * squares / fourths - 1.0).max(1.0))
    }
}

/// P(|T| > |t|) for Student's t.
pub(crate) fn student_two_sided(t: f64, degrees: f64) -> f64 {
    beta_cumulative(degrees / 2.0, 0.5, degrees / (degrees + t * t))
}

/// Shares of a table, for the influence of each household on what is computed from them.
struct Shares {
    exposed: f64,
    unexposed: f64,
    with: f64,
    without: f64,
}

impl Shares {
    fn of(table: &TwoByTwo) -> Self {
        let (exposed, unexposed) = (table.exposed() as f64, table.unexposed() as f64);
        let share = |events: u64, people: f64| if people > 0.0 { events as f64 / people } else { 0.0 };
        Self {
            with: share(table.exposed_event, exposed),
            without: share(table.unexposed_event, unexposed),
            exposed,
            unexposed,
        }
    }

    /// Influence on the rate with (or without) the rule.
    fn of_rate(&self, [people, exposed, events, both]: &[f64; 4], with: bool) -> f64 {
        if with {
            (both - self.with * exposed) / self.exposed.max(1.0)
        } else {
            (events - both - self.without * (people - exposed)) / self.unexposed.max(1.0)
        }
    }

    fn plain_rate_variance(&self, with: bool) -> f64 {
        let (share, people) = if with { (self.with, self.exposed) } else { (self.without, self.unexposed) };
        share * (1.0 - share) / people.max(1.0)
    }

    /// Influence on the logarithm of the lift.
    fn of_lift(&self, sum: &[f64; 4]) -> f64 {
        let part = |influence: f64, share: f64| if share > 0.0 { influence / share } else { 0.0 };
        part(self.of_rate(sum, true), self.with) - part(self.of_rate(sum, false), self.without)
    }

    fn plain_lift_variance(&self) -> f64 {
        let part = |variance: f64, share: f64| if share > 0.0 { variance / (share * share) } else { 0.0 };
        part(self.plain_rate_variance(true), self.with) + part(self.plain_rate_variance(false), self.without)
    }

    /// Influence on the logarithm of the odds ratio.
    fn of_odds(&self, sum: &[f64; 4]) -> f64 {
        let part = |influence: f64, share: f64| {
            let spread = share * (1.0 - share);
            if spread > 0.0 { influence / spread } else { 0.0 }
        };
        part(self.of_rate(sum, true), self.with) - part(self.of_rate(sum, false), self.without)
    }

    fn plain_odds_variance(&self) -> f64 {
        let part = |variance: f64, share: f64| {
            let spread = share * (1.0 - share);
            if spread > 0.0 { variance / (spread * spread) } else { 0.0 }
        };
        part(self.plain_rate_variance(true), self.with) + part(self.plain_rate_variance(false), self.without)
    }
}
