//! The report: one value, written as JSON, text or a page. `docs/report.md` documents the JSON; names are stable and
//! only ever added to within one `format`.

use std::sync::Arc;

use engine::Timestamp;
use engine::record::SubjectKind;
use serde::Serialize;

use crate::capacity::{Capacity, capacity, judged_weeks};
use crate::case::Case;
use crate::curves::{AfterQualifying, FromClock, after_qualifying, from_clock};
use crate::customers::{Customers, customers};
use crate::drift::{Drift, drift};
use crate::enough::{THRESHOLDS, Thresholds};
use crate::figure::{Answer, Person, When};
use crate::headline::{Plain, headline};
use crate::leads::{Leads, NeverQualified, Population, Qualified, leads, never_qualified, population, qualified};
use crate::overlap::{Overlap, overlap};
use crate::pace::{LeadTime, TimeToQualify, lead_time, time_to_qualify};
use crate::question::{DefinitionFacts, Question};
use crate::same_age::{AgainstRest, against_rest};
use crate::segments::{BandRow, Segment, bands, segments};
use crate::volume::{LastMonday, Volume, last_monday, volume};

pub use crate::capacity::Weeks;
pub use crate::case::Met;
pub use crate::curves::{ByDay, CurvePoint, DayBucket};
pub use crate::customers::{Customer, LastCustomers, MetRow};
pub use crate::drift::Month;
pub use crate::overlap::OverlapPart;
pub use crate::pace::{PaceBucket, Quantiles, Reading};
pub use crate::same_age::{AtOneAge, HazardRatio, Test};
pub use crate::segments::SegmentRow;
pub use crate::volume::{DayCount, PerUnit, Week};

/// The version of the JSON's names and meanings.
pub const FORMAT: u32 = 1;

/// The answer to a backtest's question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The version of this format.
    pub format: u32,
    /// What was asked.
    pub question: Asked,
    /// Below which numbers no figure is given.
    pub thresholds: Thresholds,
    /// Each definition's judgement, in the order asked.
    pub definitions: Vec<Judgement>,
    /// The plain rule to compare with.
    pub baseline: Option<Judgement>,
    /// Each further definition beside the first.
    pub overlaps: Vec<Overlap>,
    /// How many people are left out because they refuse to be judged; `None`: the workspace asks for no consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_profiling: Option<u64>,
    /// Who was not heard of since is not kept: how many there were before is not known. `None`: everybody is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_from: Option<When>,
}

/// What was asked, as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asked {
    /// The goal in words.
    pub goal: String,
    /// Subjects whose time started at or after.
    pub from: Option<When>,
    /// Subjects whose time started before.
    pub to: Option<When>,
    /// Until when conversions are known.
    pub observed_until: When,
    /// Until when behaviour is known.
    pub data_until: When,
    /// The horizon in days.
    pub within_days: f64,
    /// The minimum age in days.
    pub minimum_age_days: f64,
    /// Calls a week.
    pub capacity_per_week: u32,
    /// The zone of days, weeks and months.
    pub zone: String,
    /// The confidence of every interval.
    pub confidence: f64,
    /// At most so many people are listed behind a count.
    pub people_listed: usize,
    #[serde(skip)]
    pub(crate) time_zone: jiff::tz::TimeZone,
}

/// Everything about one definition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judgement {
    /// Its id.
    pub id: Arc<str>,
    /// Its name.
    pub name: String,
    /// Whom it qualifies.
    pub subject: SubjectKind,
    /// The currency of values.
    pub currency: Option<Arc<str>>,
    /// The plain first lines.
    pub headline: Vec<Plain>,
    /// Last Monday's list.
    pub last_monday: LastMonday,
    /// The customers: recall, the misses by name, the latest one by one.
    pub customers: Customers,
    /// Who was looked at and who was left out.
    pub population: Population,
    /// Qualified to buy beside qualified to use.
    pub qualified: Qualified,
    /// What became of the leads: precision.
    pub leads: Leads,
    /// Those who never qualified.
    pub never_qualified: NeverQualified,
    /// Leads beside people of the same age who had not qualified: lift.
    pub against_rest: AgainstRest,
    /// From the clock to qualification.
    pub time_to_qualify: TimeToQualify,
    /// From being known to paying.
    pub lead_time: LeadTime,
    /// Everyone's conversion from the clock.
    pub from_clock: FromClock,
    /// Conversion after qualifying, beside the rest.
    pub after_qualifying: Answer<AfterQualifying>,
    /// Alerts by day and week.
    pub volume: Volume,
    /// What a team would have won.
    pub capacity: Capacity,
    /// By score band.
    pub bands: Vec<BandRow>,
    /// By trait or source.
    pub segments: Vec<Segment>,
    /// By month of signup.
    pub drift: Drift,
    /// Events the definition needs that were never seen in the data.
    pub never_seen: Vec<Arc<str>>,
}

impl Report {
    pub(crate) fn new(question: &Question, cases: &[Vec<Case<'_>>], outside_period: &[u64]) -> Self {
        let weeks = judged_weeks(cases, question);
        let mut judgements: Vec<Judgement> = question
            .facts()
            .zip(cases)
            .enumerate()
            .map(|(place, (facts, cases))| {
                let outside = outside_period.get(place).copied().unwrap_or(0);
                Judgement::new(facts, cases, outside, question, weeks)
            })
            .collect();
        let baseline = question.baseline.as_ref().and_then(|_| judgements.pop());
        for judgement in &mut judgements {
            judgement.headline = headline(judgement, baseline.as_ref(), question);
        }
        let mut sides = question.definitions.iter().zip(cases.iter().map(Vec::as_slice));
        let overlaps = sides
            .next()
            .map(|first| sides.map(|second| overlap(first, second, question)).collect())
            .unwrap_or_default();
        Self {
            format: FORMAT,
            question: Asked::of(question),
            thresholds: THRESHOLDS,
            definitions: judgements,
            baseline,
            overlaps,
            refused_profiling: None,
            kept_from: None,
        }
    }

    /// The report as indented JSON.
    ///
    /// # Errors
    /// None that the types allow: every key is text and every number finite or `null`.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// The leads whose reasons are shown: definition, id and qualification instant. Explaining everybody would be slow;
    /// these are last Monday's and the last customers'.
    #[must_use]
    pub fn reasons_wanted(&self) -> Vec<(Arc<str>, Arc<str>, Timestamp)> {
        let mut wanted = Vec::new();
        for judgement in &self.definitions {
            let last = judgement.customers.last.people.iter().map(|customer| &customer.person);
            for person in judgement.last_monday.people.iter().chain(last) {
                if let (Some(at), true) = (person.qualified_at, person.reasons.is_empty()) {
                    wanted.push((Arc::clone(&judgement.id), Arc::clone(&person.id), at.0));
                }
            }
        }
        wanted.sort();
        wanted.dedup();
        wanted
    }

    /// Puts the reasons of a lead on last Monday's list and on the last customers.
    pub fn give_reasons(&mut self, definition: &str, id: &str, at: Timestamp, reasons: &[Arc<str>]) {
        let give = |person: &mut Person| {
            if &*person.id == id && person.qualified_at == Some(When(at)) {
                person.reasons = reasons.to_vec();
            }
        };
        for judgement in self.definitions.iter_mut().filter(|judgement| &*judgement.id == definition) {
            judgement.last_monday.people.iter_mut().for_each(give);
            judgement.customers.last.people.iter_mut().map(|customer| &mut customer.person).for_each(give);
        }
    }
}

impl Asked {
    pub(crate) fn of(question: &Question) -> Self {
        let days = |span| crate::customers::days(crate::question::length(span));
        Self {
            goal: question.goal.clone(),
            from: question.from.map(When),
            to: question.to.map(When),
            observed_until: When(question.observed_until),
            data_until: When(question.data_until),
            within_days: days(question.within),
            minimum_age_days: days(question.minimum_age),
            capacity_per_week: question.capacity_per_week,
            zone: question.zone.iana_name().unwrap_or("a fixed offset").to_owned(),
            confidence: crate::figure::CONFIDENCE.level(),
            people_listed: question.people_listed,
            time_zone: question.zone.clone(),
        }
    }
}

impl Judgement {
    fn new(
        facts: &DefinitionFacts,
        cases: &[Case<'_>],
        outside_period: u64,
        question: &Question,
        weeks: Option<(i32, i32)>,
    ) -> Self {
        Self {
            id: Arc::clone(&facts.id),
            name: facts.name.clone(),
            subject: facts.subject,
            currency: facts.currency.clone(),
            headline: Vec::new(),
            last_monday: last_monday(cases, facts, question),
            customers: customers(cases, facts, question),
            population: population(cases, outside_period, facts, question),
            qualified: qualified(cases, facts, question),
            leads: leads(cases, facts, question),
            never_qualified: never_qualified(cases, question),
            against_rest: against_rest(cases, facts, question),
            time_to_qualify: time_to_qualify(cases, facts, question),
            lead_time: lead_time(cases, facts, question),
            from_clock: from_clock(cases, facts, question),
            after_qualifying: after_qualifying(cases, question),
            volume: volume(cases, facts, question),
            capacity: capacity(cases, facts, question, weeks),
            bands: bands(cases, facts, question),
            segments: segments(cases, facts, question),
            drift: drift(cases, facts, question),
            never_seen: facts
                .needed
                .iter()
                .filter(|event| event.first_seen.is_none())
                .map(|event| Arc::clone(&event.name))
                .collect(),
        }
    }
}
