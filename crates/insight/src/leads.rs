//! What became of the leads: precision, and everyone who stands apart from it.

use serde::Serialize;

use crate::case::{Case, Fate, Place};
use crate::figure::{People, Person, Share, When};
use crate::question::{DefinitionFacts, Question};

/// Who was looked at, and who was left out and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Population {
    /// In the population, old enough to have had time to qualify.
    pub counted: People,
    /// In the population, but younger than the minimum age: not in the rate.
    pub too_young: People,
    /// Never in the population (internal, not the stage asked for, …).
    pub outside: People,
    /// Converted before they came into the population.
    pub converted_before: People,
    /// Their time started before an event that the definition needs was first seen: their counts are unknown, not 0.
    pub before_instrument: People,
    /// In the population once, but met the definition only when they no longer were (most often: after converting).
    pub met_outside: People,
    /// Their time started before or after the period asked for.
    pub outside_period: u64,
}

/// Qualified to use and to buy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Qualified {
    /// Behaviour and fit: of the population, those who qualified.
    pub to_buy: Share,
    /// Who they are.
    pub to_buy_people: People,
    /// The behaviour, whatever the fit: of the population.
    pub to_use: Share,
    /// Who they are.
    pub to_use_people: People,
    /// Those who met the behaviour, the fit being unmet or unknown: near misses.
    pub to_use_only: People,
    /// Of all leads, how many rest on a trait declared constant by an import.
    pub on_constants: Share,
}

/// The leads and what became of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leads {
    /// Everyone with an entry, too young or not.
    pub total: u64,
    /// Of the leads watched for the whole horizon, those that converted in it after they could be known: precision.
    pub precision: Share,
    /// True positives.
    pub won: People,
    /// False positives: watched for the whole horizon, no conversion in it.
    pub lost: People,
    /// Of the false positives, how many converted after the horizon.
    pub lost_converted_later: u64,
    /// Not yet watched for the whole horizon: neither won nor lost.
    pub immature: People,
    /// Of the immature, how many have converted already.
    pub immature_converted: u64,
    /// Converted at the very instant of qualification: counted apart, never a success.
    pub same_instant: People,
    /// Converted after qualifying but before anyone could have known.
    pub before_known: People,
    /// Had converted before they qualified.
    pub already_converted: People,
    /// Leads whose time of receipt is not known, so that the qualification instant stands for it.
    pub receipt_unknown: u64,
}

/// Conversions of those who never qualified: from their clock, hence **not** to be compared with the leads' rate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NeverQualified {
    /// Of those watched for the whole horizon from their clock on, how many converted in it.
    pub converted: Share,
    /// Everyone in the population without an entry.
    pub people: u64,
}

pub(crate) fn population(
    cases: &[Case<'_>],
    outside_period: u64,
    facts: &DefinitionFacts,
    question: &Question,
) -> Population {
    let people = |test: &dyn Fn(&Case<'_>) -> bool| {
        let people = cases.iter().filter(|case| test(case)).map(|case| case.person(facts));
        People::of(people, question.people_listed)
    };
    Population {
        counted: people(&|case| case.place == Place::Counted),
        too_young: people(&|case| case.place == Place::TooYoung),
        outside: people(&|case| case.place == Place::Outside),
        converted_before: people(&|case| case.place == Place::ConvertedBefore),
        before_instrument: people(&|case| case.place == Place::BeforeInstrument),
        met_outside: people(&|case| {
            case.is_in_population() && case.entry().is_none() && case.outcome.outside_at.is_some()
        }),
        outside_period,
    }
}

pub(crate) fn qualified(cases: &[Case<'_>], facts: &DefinitionFacts, question: &Question) -> Qualified {
    let counted = || cases.iter().filter(|case| case.place == Place::Counted);
    let population = counted().count() as u64;
    let people = |people: &mut dyn Iterator<Item = Person>| People::of(people, question.people_listed);
    // An `on: event` definition can be entered at an instant that is not the first at which the behaviour was met.
    let users = || counted().filter(|case| case.outcome.met_at.is_some() || case.entry().is_some());
    let met = |case: &Case<'_>| Person { qualified_at: case.outcome.met_at.map(When), ..case.person(facts) };
    let to_buy = people(&mut counted().filter(|case| case.entry().is_some()).map(|case| case.person(facts)));
    let to_use = people(&mut users().map(met));
    let entries = || cases.iter().filter_map(Case::entry);
    Qualified {
        to_buy: Share::new(to_buy.total, population),
        to_use: Share::new(to_use.total, population),
        to_use_only: people(&mut users().filter(|case| case.entry().is_none()).map(met)),
        on_constants: Share::new(
            entries().filter(|entry| entry.rests_on_constant).count() as u64,
            entries().count() as u64,
        ),
        to_buy_people: to_buy,
        to_use_people: to_use,
    }
}

pub(crate) fn leads(cases: &[Case<'_>], facts: &DefinitionFacts, question: &Question) -> Leads {
    let fates = || cases.iter().filter_map(|case| Some((case, case.fate?)));
    let people = |test: &dyn Fn(Fate) -> bool| {
        let people = fates().filter(|(_, fate)| test(*fate)).map(|(case, _)| case.person(facts));
        People::of(people, question.people_listed)
    };
    let count = |test: &dyn Fn(Fate) -> bool| fates().filter(|(_, fate)| test(*fate)).count() as u64;
    let won = people(&|fate| matches!(fate, Fate::Won(_)));
    let lost = people(&|fate| matches!(fate, Fate::Lost(_)));
    Leads {
        total: fates().count() as u64,
        precision: Share::new(won.total, won.total + lost.total),
        lost_converted_later: count(&|fate| matches!(fate, Fate::Lost(Some(_)))),
        immature: people(&|fate| matches!(fate, Fate::Immature(_))),
        immature_converted: count(&|fate| matches!(fate, Fate::Immature(Some(_)))),
        same_instant: people(&|fate| matches!(fate, Fate::SameInstant(_))),
        before_known: people(&|fate| matches!(fate, Fate::BeforeKnown(_))),
        already_converted: people(&|fate| matches!(fate, Fate::AlreadyConverted(_))),
        receipt_unknown: cases.iter().filter_map(Case::entry).filter(|entry| entry.knowable_at.is_none()).count()
            as u64,
        won,
        lost,
    }
}

pub(crate) fn never_qualified(cases: &[Case<'_>], question: &Question) -> NeverQualified {
    let without = || cases.iter().filter(|case| case.is_in_population() && case.entry().is_none());
    let (mut watched, mut converted) = (0, 0);
    for case in without() {
        let Some(from) = case.outcome.population_from.filter(|from| question.is_judged(*from)) else { continue };
        watched += 1;
        converted += u64::from(case.conversion.is_some_and(|at| at < question.horizon_end(from)));
    }
    NeverQualified { converted: Share::new(converted, watched), people: without().count() as u64 }
}
