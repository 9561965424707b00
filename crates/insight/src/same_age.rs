//! Leads against people of the same age who had not qualified.
//!
//! To have qualified at the age of nine days one must have lived nine days as a free user. Whoever compares leads with
//! "the others, from signup on" counts those nine days as a merit of the others' (immortal time). So each lead is set
//! beside everyone who, at the lead's own age, was in the population, had not converted, had not qualified, and was
//! watched for the whole horizon from that age on. The rest's rate is the mean, over the leads, of the rates of these
//! groups: sequential trials with direct standardisation (Gran et al. 2010; Hernán and Robins 2016). What the rest does
//! later, qualifying included, stays with the rest.
//!
//! The same person may stand beside many leads, so the variance is taken per person, by the infinitesimal jackknife
//! (the sum of squared influences; Efron 1982), which needs no independence between the groups. Where it is known who are
//! colleagues ([`crate::life::Life::household`]) it is taken per household: they are not independent.

use std::collections::BTreeMap;

use serde::Serialize;
use stats::survival::{CoxRow, Observation, RiskTable, log_rank};
use stats::table::{AssociationTest, TwoByTwo};

use crate::case::Case;
use crate::enough::{THRESHOLDS, at_least};
use crate::figure::{Answer, CONFIDENCE, NotEnough, People, Ranged, Share, duration};
use crate::question::{DefinitionFacts, Question};

/// The comparison of leads with the rest at the same age.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgainstRest {
    /// Of the leads that can be compared (somebody of their age had not qualified), those that converted in time.
    pub leads: Share,
    /// The rest's rate, standardised to the leads' ages.
    pub rest: Answer<Ranged>,
    /// How many different people the rest is made of.
    pub rest_people: People,
    /// Of those, how many converted in time beside at least one lead.
    pub rest_converted: People,
    /// The leads' rate divided by the rest's, with its interval on the logarithmic scale.
    pub lift: Answer<Ranged>,
    /// The leads' rate minus the rest's, in shares.
    pub difference: Answer<Ranged>,
    /// Judged leads of whose age nobody else was left.
    pub without_rest: u64,
    /// Everybody once, at one age: a plain table of two by two with its test.
    pub at_one_age: Answer<AtOneAge>,
    /// How many times as fast conversions come once qualified: Cox's model with qualification as a covariate that
    /// changes with time (Cox 1972; Andersen and Gill 1982).
    pub hazard_ratio: Answer<HazardRatio>,
    /// The log-rank test between the time before and after qualification (Mantel and Byar 1974).
    pub log_rank: Answer<Test>,
}

/// Everyone who at one age was in the population and had not converted, by whether they had qualified (landmark
/// analysis, Anderson, Cain and Gelber 1983).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtOneAge {
    /// The age: by then three in four of the judged leads had qualified.
    pub age_days: f64,
    /// Of those who had qualified, how many converted within the horizon.
    pub qualified: Share,
    /// Of those who had not.
    pub others: Share,
    /// The ratio of the two (Katz 1978).
    pub ratio: Option<Ranged>,
    /// Chi-square where every expected count allows it, else Fisher's exact test.
    pub test: Test,
}

/// A hazard ratio.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HazardRatio {
    /// The ratio with its interval (Wald).
    #[serde(flatten)]
    pub ratio: Ranged,
    /// Wald's p-value.
    pub p_value: f64,
    /// Conversions in the model.
    pub events: u64,
}

/// A test of "no difference".
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Test {
    /// Which.
    pub name: &'static str,
    /// Its statistic, where it has one.
    pub statistic: Option<f64>,
    /// How often chance alone would give a difference at least as large.
    pub p_value: f64,
}

/// One person's ages that matter here, in microseconds since the clock.
struct Ages {
    /// In the population from this age on.
    from: i64,
    /// Qualified; `i64::MAX`: never.
    qualified: i64,
    /// Known to be qualified; `i64::MAX`: never.
    known: i64,
    /// Converted; `i64::MAX`: not seen to.
    converted: i64,
    /// Watched until.
    watched: i64,
}

impl Ages {
    fn of(case: &Case<'_>, question: &Question) -> Self {
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

/// Ranges of the sorted ages of leads: beside which of them a person stands, and converts in time.
struct Beside {
    stands: std::ops::Range<usize>,
    converts: std::ops::Range<usize>,
}

fn beside(person: &Ages, lead_ages: &[i64], horizon: i64) -> Beside {
    let last = person.watched.saturating_sub(horizon);
    let start = lead_ages.partition_point(|age| *age < person.from);
    let end = lead_ages.partition_point(|age| *age < person.qualified.min(person.converted) && *age <= last);
    let end = end.max(start);
    // Converts within the horizon of the age: age < converted < age + horizon.
    let first_case = lead_ages.partition_point(|age| age.saturating_add(horizon) <= person.converted);
    Beside { stands: start..end, converts: first_case.clamp(start, end)..end }
}

/// Adds one over a range, by differences.
fn mark(differences: &mut [i64], range: &std::ops::Range<usize>) {
    if range.is_empty() {
        return;
    }
    if let Some(first) = differences.get_mut(range.start) {
        *first += 1;
    }
    if let Some(behind) = differences.get_mut(range.end) {
        *behind -= 1;
    }
}

fn running(differences: &[i64]) -> Vec<i64> {
    let mut sum = 0;
    differences
        .iter()
        .map(|step| {
            sum += step;
            sum
        })
        .collect()
}

/// Sums up to each place: `sums[end] − sums[start]` is the sum over a range.
fn sums(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut total = 0.0;
    std::iter::once(0.0)
        .chain(values.map(|value| {
            total += value;
            total
        }))
        .collect()
}

fn over(sums: &[f64], range: &std::ops::Range<usize>) -> f64 {
    sums.get(range.end).copied().unwrap_or(0.0) - sums.get(range.start).copied().unwrap_or(0.0)
}

/// The comparison. `cases` are all of one definition; only those in the population count.
pub(crate) fn against_rest(cases: &[Case<'_>], facts: &DefinitionFacts, question: &Question) -> AgainstRest {
    let everyone: Vec<(&Case<'_>, Ages)> =
        cases.iter().filter(|case| case.is_in_population()).map(|case| (case, Ages::of(case, question))).collect();
    let trials = Trials::of(&everyone, question.horizon());
    let rest = |test: fn(&Beside) -> bool| {
        let people = everyone
            .iter()
            .zip(&trials.beside)
            .filter(|(_, beside)| test(beside))
            .map(|((case, _), _)| case.person(facts));
        People::of(people, question.people_listed)
    };
    let rest_people = rest(|beside| !beside.stands.is_empty());
    let rest_converted = rest(|beside| !beside.converts.is_empty());
    let figures = trials.figures(&everyone, rest_people.total, rest_converted.total);
    AgainstRest {
        leads: Share::new(trials.won, trials.leads),
        rest: figures.rest,
        lift: figures.lift,
        difference: figures.difference,
        without_rest: trials.without_rest,
        at_one_age: at_one_age(&everyone, question.horizon()),
        hazard_ratio: hazard_ratio(&everyone),
        log_rank: paces(&everyone),
        rest_people,
        rest_converted,
    }
}

/// Leads beside the rest of their ages, and no more than that.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeadsAndRest {
    /// See [`AgainstRest::leads`].
    pub leads: Share,
    /// See [`AgainstRest::rest`].
    pub rest: Answer<Ranged>,
    /// See [`AgainstRest::lift`].
    pub lift: Answer<Ranged>,
}

/// The rates and their ratio among some of a definition's cases.
pub(crate) fn leads_and_rest<'a>(cases: impl IntoIterator<Item = &'a Case<'a>>, question: &Question) -> LeadsAndRest {
    let everyone: Vec<(&Case<'_>, Ages)> =
        cases.into_iter().filter(|case| case.is_in_population()).map(|case| (case, Ages::of(case, question))).collect();
    let trials = Trials::of(&everyone, question.horizon());
    let count = |test: fn(&Beside) -> bool| trials.beside.iter().filter(|beside| test(beside)).count() as u64;
    let people = count(|beside| !beside.stands.is_empty());
    let converted = count(|beside| !beside.converts.is_empty());
    let Figures { rest, lift, .. } = trials.figures(&everyone, people, converted);
    LeadsAndRest { leads: Share::new(trials.won, trials.leads), rest, lift }
}

/// Each lead with its group of the same age.
struct Trials {
    beside: Vec<Beside>,
    /// Per lead, by age: people beside it, and the share of them that converted in time.
    groups: Vec<(f64, f64)>,
    leads: u64,
    won: u64,
    without_rest: u64,
    lead_ages: Vec<i64>,
}

struct Figures {
    rest: Answer<Ranged>,
    lift: Answer<Ranged>,
    difference: Answer<Ranged>,
}

impl Trials {
    fn of(everyone: &[(&Case<'_>, Ages)], horizon: i64) -> Self {
        let judged = |case: &Case<'_>| case.fate.and_then(crate::case::Fate::judged);
        let mut lead_ages: Vec<i64> =
            everyone.iter().filter(|(case, _)| judged(case).is_some()).map(|(_, ages)| ages.known).collect();
        lead_ages.sort_unstable();
        let beside: Vec<Beside> = everyone.iter().map(|(_, ages)| beside(ages, &lead_ages, horizon)).collect();
        let (mut standing, mut converting) = (vec![0; lead_ages.len() + 1], vec![0; lead_ages.len() + 1]);
        for person in &beside {
            mark(&mut standing, &person.stands);
            mark(&mut converting, &person.converts);
        }
        let groups: Vec<(f64, f64)> = running(&standing)
            .into_iter()
            .zip(running(&converting))
            .take(lead_ages.len())
            .map(|(people, converted)| (people as f64, if people > 0 { converted as f64 / people as f64 } else { 0.0 }))
            .collect();
        let mut trials = Self { beside, groups, leads: 0, won: 0, without_rest: 0, lead_ages };
        for (case, ages) in everyone {
            if let Some(won) = judged(case) {
                if trials.group(ages.known).is_some() {
                    trials.leads += 1;
                    trials.won += u64::from(won);
                } else {
                    trials.without_rest += 1;
                }
            }
        }
        trials
    }

    /// The rate of the group of an age; `None` where nobody stands there.
    fn group(&self, age: i64) -> Option<f64> {
        let place = self.lead_ages.partition_point(|other| *other < age);
        self.groups.get(place).filter(|(people, _)| *people > 0.0).map(|(_, rate)| *rate)
    }

    fn figures(&self, everyone: &[(&Case<'_>, Ages)], people: u64, converted: u64) -> Figures {
        let compared = self.groups.iter().filter(|(people, _)| *people > 0.0);
        let leads = self.leads as f64;
        let rest = compared.map(|(_, rate)| rate).sum::<f64>() / leads;
        let precision = self.won as f64 / leads;
        let weights = sums(self.groups.iter().map(|(people, _)| if *people > 0.0 { 1.0 / people } else { 0.0 }));
        let expected = sums(self.groups.iter().map(|(people, rate)| if *people > 0.0 { rate / people } else { 0.0 }));
        // Variances and the covariance of the two rates, as sums over households of products of their influences.
        let (mut of_precision, mut of_rest, mut of_both) = (0.0, 0.0, 0.0);
        let mut households: BTreeMap<(u64, usize), [f64; 2]> = BTreeMap::new();
        for (number, ((case, ages), beside)) in everyone.iter().zip(&self.beside).enumerate() {
            let mut on_rest = (over(&weights, &beside.converts) - over(&expected, &beside.stands)) / leads;
            let mut on_precision = 0.0;
            if let (Some(won), Some(rate)) = (case.fate.and_then(crate::case::Fate::judged), self.group(ages.known)) {
                on_precision = (f64::from(u8::from(won)) - precision) / leads;
                on_rest += (rate - rest) / leads;
            }
            let household = case.life.household.map_or((0, number + 1), |household| (household, 0));
            let sums = households.entry(household).or_default();
            *sums = [sums[0] + on_precision, sums[1] + on_rest];
        }
        for [on_precision, on_rest] in households.into_values() {
            of_precision += on_precision * on_precision;
            of_rest += on_rest * on_rest;
            of_both += on_precision * on_rest;
        }
        let z = CONFIDENCE.z();
        let enough_people = |then: &dyn Fn() -> Option<Ranged>| {
            if self.leads < THRESHOLDS.people_in_comparison {
                return Answer::NotEnough(NotEnough::new(
                    self.leads,
                    THRESHOLDS.people_in_comparison,
                    "leads watched for the whole horizon",
                ));
            }
            at_least(people, THRESHOLDS.people_in_comparison, "people of the same age who had not qualified", then)
        };
        let lift = || {
            let logarithm = (precision / rest).ln();
            let variance =
                of_precision / (precision * precision) + of_rest / (rest * rest) - 2.0 * of_both / (precision * rest);
            let half = z * variance.max(0.0).sqrt();
            Some(Ranged { value: precision / rest, low: (logarithm - half).exp(), high: (logarithm + half).exp() })
        };
        Figures {
            rest: enough_people(&|| {
                // With no conversion at all there is no variance to go by: so many people, none of whom converted.
                let none = stats::proportion::wilson(0, people, CONFIDENCE).filter(|_| converted == 0);
                let ranged = none.map(|none| Ranged { value: 0.0, low: none.low, high: none.high });
                Some(ranged.unwrap_or_else(|| on_logit_scale(rest, of_rest.sqrt() * z)))
            }),
            lift: match enough_people(&|| Some(Ranged { value: 0.0, low: 0.0, high: 0.0 })) {
                Answer::NotEnough(short) => Answer::NotEnough(short),
                Answer::Known(_) if self.won < THRESHOLDS.conversions_in_ratio => Answer::NotEnough(NotEnough::new(
                    self.won,
                    THRESHOLDS.conversions_in_ratio,
                    "conversions among the leads",
                )),
                Answer::Known(_) => {
                    at_least(converted, THRESHOLDS.conversions_in_ratio, "conversions among the rest", lift)
                }
            },
            difference: enough_people(&|| {
                let half = z * (of_precision + of_rest - 2.0 * of_both).max(0.0).sqrt();
                let value = precision - rest;
                Some(Ranged { value, low: (value - half).max(-1.0), high: (value + half).min(1.0) })
            }),
        }
    }
}

/// An interval of a share that stays inside 0–1, from a half width on the plain scale (delta method on the logit).
fn on_logit_scale(share: f64, half_width: f64) -> Ranged {
    if share <= 0.0 || share >= 1.0 {
        return Ranged { value: share, low: share, high: share };
    }
    let (logit, half) = ((share / (1.0 - share)).ln(), half_width / (share * (1.0 - share)));
    let back = |logit: f64| 1.0 / (1.0 + (-logit).exp());
    Ranged { value: share, low: back(logit - half), high: back(logit + half) }
}

fn at_one_age(everyone: &[(&Case<'_>, Ages)], horizon: i64) -> Answer<AtOneAge> {
    let mut known: Vec<i64> = everyone
        .iter()
        .filter(|(case, _)| case.fate.and_then(crate::case::Fate::judged).is_some())
        .map(|(_, ages)| ages.known)
        .collect();
    known.sort_unstable();
    let place = (known.len() * 3).div_ceil(4).saturating_sub(1);
    let Some(&age) = known.get(place) else {
        return Answer::NotEnough(NotEnough::new(
            0,
            THRESHOLDS.people_in_comparison,
            "leads watched for the whole horizon",
        ));
    };
    let mut table = TwoByTwo::default();
    for (_, ages) in everyone {
        let at_risk = ages.from <= age && ages.converted > age && ages.watched.saturating_sub(horizon) >= age;
        let unknown_yet = ages.qualified <= age && ages.known > age;
        if at_risk && !unknown_yet {
            table.add(ages.known <= age, ages.converted < age.saturating_add(horizon));
        }
    }
    let of = format!("people on either side at the age of {}", duration(age as f64));
    at_least(table.exposed().min(table.unexposed()), THRESHOLDS.people_in_comparison, &of, || {
        let association = table.association()?;
        Some(AtOneAge {
            age_days: age as f64 / engine::time::DAY as f64,
            qualified: Share::new(table.exposed_event, table.exposed()),
            others: Share::new(table.unexposed_event, table.unexposed()),
            ratio: table.risk_ratio(CONFIDENCE).map(|ratio| Ranged {
                value: ratio.value,
                low: ratio.interval.low,
                high: ratio.interval.high,
            }),
            test: Test {
                name: test_name(association.test),
                statistic: association.statistic,
                p_value: association.p_value,
            },
        })
    })
}

fn test_name(test: AssociationTest) -> &'static str {
    if test == AssociationTest::FisherExact { "Fisher's exact test" } else { "chi-square test" }
}

/// The time of a person's life before and after it was known to qualify. Between qualifying and being known, and at an
/// instant that is both qualification and conversion, a person is in neither.
fn stretches(ages: &Ages) -> (Option<Observation>, Option<Observation>) {
    let observation = |from: i64, to: i64, event: bool| {
        let (entry, exit) = (u64::try_from(from).ok()?, u64::try_from(to).ok()?);
        Observation::delayed(entry, exit, event).is_ever_at_risk().then(|| Observation::delayed(entry, exit, event))
    };
    let end = ages.converted.min(ages.watched);
    let before_end = end.min(ages.qualified);
    let event = ages.converted == before_end && ages.converted < ages.qualified;
    let before = match u64::try_from(before_end) {
        // Who is in the population from the clock on could convert at age 0, too.
        Ok(exit) if ages.from == 0 => Some(Observation::new(exit, event)),
        Ok(_) if ages.from < before_end => observation(ages.from, before_end, event),
        _ => None,
    };
    let after = if ages.known < end { observation(ages.known, end, ages.converted == end) } else { None };
    (before, after)
}

fn hazard_ratio(everyone: &[(&Case<'_>, Ages)]) -> Answer<HazardRatio> {
    let mut rows = Vec::new();
    let (mut before_events, mut after_events) = (0, 0);
    for (_, ages) in everyone {
        let (before, after) = stretches(ages);
        before_events += before.map_or(0, |stretch| u64::from(stretch.event));
        after_events += after.map_or(0, |stretch| u64::from(stretch.event));
        rows.extend(before.map(|observation| CoxRow { observation, covariates: vec![0.0] }));
        rows.extend(after.map(|observation| CoxRow { observation, covariates: vec![1.0] }));
    }
    let fewer = u64::min(before_events, after_events);
    at_least(fewer, THRESHOLDS.conversions_in_ratio, "conversions before or after qualifying", || {
        let model = stats::survival::Cox::fit(&rows).ok()?;
        let effect = model.covariates.first()?;
        let interval = effect.interval(CONFIDENCE);
        Some(HazardRatio {
            ratio: Ranged { value: effect.hazard_ratio(), low: interval.low, high: interval.high },
            p_value: effect.p_value(),
            events: model.events,
        })
    })
}

fn paces(everyone: &[(&Case<'_>, Ages)]) -> Answer<Test> {
    let (mut before, mut after) = (RiskTable::default(), RiskTable::default());
    for (_, ages) in everyone {
        let (first, second) = stretches(ages);
        // Stretches end after they begin (checked there), so nothing is refused here.
        let _ = first.map(|stretch| before.add(stretch));
        let _ = second.map(|stretch| after.add(stretch));
    }
    let events = before.events() + after.events();
    at_least(events, 2 * THRESHOLDS.conversions_in_ratio, "conversions before and after qualifying", || {
        let result = log_rank(&[before, after]).ok()?;
        Some(Test { name: "log-rank test", statistic: Some(result.statistic), p_value: result.p_value })
    })
}
