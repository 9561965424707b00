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

mod ages;
mod one_age;
mod paces;
mod test;
mod trials;

use serde::Serialize;

use crate::case::Case;
use crate::figure::{Answer, People, Ranged, Share, grouped};
use crate::question::{DefinitionFacts, Question};
use ages::Ages;
pub use one_age::AtOneAge;
use one_age::at_one_age;
pub use paces::HazardRatio;
use paces::{hazard_ratio, paces};
pub use test::Test;
use trials::{Beside, Figures, Trials};

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

impl AgainstRest {
    /// The ratio looks sure and the difference does not: with few wins the range of the ratio, made on the logarithmic scale, begins
    /// higher than that of the difference.
    #[must_use]
    pub fn ranges_disagree(&self) -> bool {
        let (Some(lift), Some(difference)) = (self.lift.known(), self.difference.known()) else { return false };
        (lift.low > 1.0 || lift.high < 1.0) && difference.low <= 0.0 && difference.high >= 0.0
    }

    /// Where they do: that they do, why, and which to go by.
    pub(crate) fn caution(&self) -> Option<String> {
        self.ranges_disagree().then(|| {
            let test = self.at_one_age.known().map_or("the test below", |one| one.test.name);
            format!(
                "The two ranges disagree: on few wins ({}) that of the ratio is too hopeful. Go by the difference and by {test}, \
                 and wait for more leads to be judged.",
                grouped(self.leads.count)
            )
        })
    }
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
