//! The share that has not had the event, by time.

use serde::{Deserialize, Serialize};

use super::{Observation, RiskTable};
use crate::confidence::{Confidence, Interval};
use crate::error::Unanswerable;

/// One time at which something happened.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The time.
    pub time: u64,
    /// Stretches at risk at this time.
    pub at_risk: u64,
    /// Events at this time.
    pub events: u64,
    /// Stretches that ended here without the event.
    pub censored: u64,
    /// The share without the event after this time, in 0..=1.
    pub survival: f64,
    /// Greenwood's sum of d / (n (n - d)) so far; infinite once nobody is left, so not stored then.
    pub greenwood_sum: Option<f64>,
}

impl Step {
    /// The share with the event by this time: what reports call *converted*.
    #[must_use]
    pub fn converted(&self) -> f64 {
        1.0 - self.survival
    }

    /// Greenwood's variance of the survival share (Greenwood 1926); `None` once the share is 0.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        self.greenwood_sum.map(|sum| self.survival * self.survival * sum)
    }

    /// The interval of the survival share on the log(-log) scale, which stays inside 0..=1 (Kalbfleisch and Prentice
    /// 1980; Borgan and Liestøl 1990).
    ///
    /// `None` while the share is still 1 or once it is 0: the formula has no interval there.
    #[must_use]
    pub fn interval(&self, confidence: Confidence) -> Option<Interval> {
        let sum = self.greenwood_sum?;
        if self.survival >= 1.0 || self.survival <= 0.0 {
            return None;
        }
        let logarithm = self.survival.ln();
        let half_width = confidence.z() * sum.sqrt() / -logarithm;
        Some(Interval { low: (logarithm * half_width.exp()).exp(), high: (logarithm * (-half_width).exp()).exp() })
    }

    /// The interval of the share with the event; `None` as for [`Step::interval`].
    #[must_use]
    pub fn converted_interval(&self, confidence: Confidence) -> Option<Interval> {
        let interval = self.interval(confidence)?;
        Some(Interval { low: 1.0 - interval.high, high: 1.0 - interval.low })
    }
}

/// The time by which a share of people has had the event, with an interval that may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuantileTime {
    /// The first time at which at least that share has had the event; `None` when not reached.
    pub value: Option<u64>,
    /// Lower end; `None` when not reached.
    pub low: Option<u64>,
    /// Upper end; `None` when not reached.
    pub high: Option<u64>,
}

/// The product-limit estimate of Kaplan and Meier (1958), "Nonparametric estimation from incomplete observations".
///
/// Events precede censorings at the same time. With delayed entry the first risk sets may be tiny: when all of one have
/// the event the estimate is 0 from then on, which [`Step::at_risk`] shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KaplanMeier {
    steps: Vec<Step>,
}

impl KaplanMeier {
    /// Fits observations.
    ///
    /// # Errors
    /// [`Unanswerable::NoObservations`] when nobody was ever at risk, [`Unanswerable::EndsBeforeItBegins`].
    pub fn fit(observations: &[Observation]) -> Result<Self, Unanswerable> {
        Self::from_table(&RiskTable::of(observations)?)
    }

    /// Fits counts.
    ///
    /// # Errors
    /// [`Unanswerable::NoObservations`] when nobody was ever at risk.
    pub fn from_table(table: &RiskTable) -> Result<Self, Unanswerable> {
        if table.is_empty() {
            return Err(Unanswerable::NoObservations);
        }
        let mut survival = 1.0;
        let mut sum = Some(0.0);
        let steps = table
            .moments()
            .map(|moment| {
                let (at_risk, events) = (moment.at_risk as f64, moment.events as f64);
                if moment.events > 0 {
                    let remaining = at_risk - events;
                    survival *= remaining / at_risk;
                    sum = sum.filter(|_| remaining > 0.0).map(|so_far: f64| so_far + events / (at_risk * remaining));
                }
                Step {
                    time: moment.time,
                    at_risk: moment.at_risk,
                    events: moment.events,
                    censored: moment.censored,
                    survival,
                    greenwood_sum: sum,
                }
            })
            .collect();
        Ok(Self { steps })
    }

    /// Every time at which something happened, ascending; never empty.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The last step at or before a time; `None` before the first, where everybody is still without the event.
    #[must_use]
    pub fn step_at(&self, time: u64) -> Option<&Step> {
        let later = self.steps.partition_point(|step| step.time <= time);
        later.checked_sub(1).and_then(|index| self.steps.get(index))
    }

    /// The share without the event after a time.
    ///
    /// Beyond the last observation this is the last known share, not knowledge: compare with [`KaplanMeier::last_time`].
    #[must_use]
    pub fn survival_at(&self, time: u64) -> f64 {
        self.step_at(time).map_or(1.0, |step| step.survival)
    }

    /// The share with the event by a time.
    #[must_use]
    pub fn converted_at(&self, time: u64) -> f64 {
        1.0 - self.survival_at(time)
    }

    /// The interval of the survival share at a time; `None` while it is 1, or once it is 0.
    #[must_use]
    pub fn interval_at(&self, time: u64, confidence: Confidence) -> Option<Interval> {
        self.step_at(time)?.interval(confidence)
    }

    /// The last time anybody was watched.
    #[must_use]
    pub fn last_time(&self) -> u64 {
        self.steps.last().map_or(0, |step| step.time)
    }

    /// The median time to the event, with its interval.
    #[must_use]
    pub fn median(&self, confidence: Confidence) -> QuantileTime {
        self.quantile(0.5, confidence)
    }

    /// The first time by which at least `share` (in 0..=1) of people have had the event.
    ///
    /// Interval: the times where the limits of the curve reach the share (Brookmeyer and Crowley 1982, on the log(-log)
    /// scale). All three are `None` for a share outside 0..=1.
    #[must_use]
    pub fn quantile(&self, share: f64, confidence: Confidence) -> QuantileTime {
        if !(0.0..=1.0).contains(&share) {
            return QuantileTime { value: None, low: None, high: None };
        }
        // A survival of 0.5 may come out of the product as 0.5 and a hair.
        let remaining = 1.0 - share + 1e-12;
        let first =
            |reached: &dyn Fn(&Step) -> bool| self.steps.iter().find(|step| reached(step)).map(|step| step.time);
        let limit = |step: &Step, low: bool| match step.interval(confidence) {
            Some(interval) => {
                if low {
                    interval.low
                } else {
                    interval.high
                }
            }
            // Without an interval the curve is all there is at 1; at 0 the upper limit is unknown.
            None if step.survival >= 1.0 => 1.0,
            None if low => 0.0,
            None => 1.0,
        };
        QuantileTime {
            value: first(&|step| step.survival <= remaining),
            low: first(&|step| limit(step, true) <= remaining),
            high: first(&|step| limit(step, false) <= remaining),
        }
    }
}
