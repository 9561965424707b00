//! Two definitions on the same people.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::case::{Case, Fate, Met};
use crate::enough::{THRESHOLDS, at_least};
use crate::figure::{Answer, CONFIDENCE, NotEnough, People, Person, Ranged, Share};
use crate::question::{DefinitionFacts, Question};

/// A definition beside the first one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overlap {
    /// The first definition's id.
    pub first: String,
    /// The other's id.
    pub second: String,
    /// Qualified by both, by the first only, by the second only.
    pub parts: [OverlapPart; 3],
    /// The first's precision minus the second's, in shares. The people overlap, so the interval is taken per person
    /// (infinitesimal jackknife), not as if the two were independent.
    pub precision_difference: Answer<Ranged>,
    /// The first's recall minus the second's, in the same way.
    pub recall_difference: Answer<Ranged>,
}

/// People qualified by both or by one of two definitions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OverlapPart {
    /// `both`, `first`, `second`.
    pub by: &'static str,
    /// Who.
    pub people: People,
    /// Of those whose leads (the first's, else the second's) were watched for the whole horizon, the converted.
    pub precision: Share,
}

/// What one definition says of a person: judged lead or not, customer named or not.
#[derive(Clone, Copy, Default)]
struct View {
    lead: bool,
    judged: Option<bool>,
    named: Option<bool>,
}

fn views<'a>(cases: &'a [Case<'a>], question: &Question) -> BTreeMap<&'a str, (View, &'a Case<'a>)> {
    cases
        .iter()
        .filter(|case| case.is_in_population())
        .map(|case| {
            let view = View {
                lead: case.entry().is_some(),
                judged: case.fate.and_then(Fate::judged),
                named: case.met(question).map(|(met, _)| met == Met::Named),
            };
            (&*case.life.id, (view, case))
        })
        .collect()
}

pub(crate) fn overlap(
    (first_facts, first): (&DefinitionFacts, &[Case<'_>]),
    (second_facts, second): (&DefinitionFacts, &[Case<'_>]),
    question: &Question,
) -> Overlap {
    let (first, second) = (views(first, question), views(second, question));
    let mut parts: [(Vec<Person>, u64, u64); 3] = Default::default();
    let mut pairs = Vec::new();
    let ids: std::collections::BTreeSet<&str> = first.keys().chain(second.keys()).copied().collect();
    for id in ids {
        let (left, right) = (first.get(id), second.get(id));
        let views = (left.map(|(view, _)| *view).unwrap_or_default(), right.map(|(view, _)| *view).unwrap_or_default());
        pairs.push(views);
        let place = match (views.0.lead, views.1.lead) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => continue,
        };
        let person = match (left.filter(|(view, _)| view.lead), right) {
            (Some((_, case)), _) => case.person(first_facts),
            (None, Some((_, case))) => case.person(second_facts),
            (None, None) => continue,
        };
        let [both, only_first, only_second] = &mut parts;
        let part = [both, only_first, only_second].into_iter().nth(place);
        if let Some((people, won, judged)) = part {
            people.push(person);
            let fate = if views.0.lead { views.0.judged } else { views.1.judged };
            *judged += u64::from(fate.is_some());
            *won += u64::from(fate == Some(true));
        }
    }
    let mut by = ["both", "first", "second"].into_iter();
    Overlap {
        first: first_facts.id.to_string(),
        second: second_facts.id.to_string(),
        parts: parts.map(|(people, won, judged)| OverlapPart {
            by: by.next().unwrap_or("both"),
            people: People::of(people, question.people_listed),
            precision: Share::new(won, judged),
        }),
        precision_difference: difference(&pairs, |view| view.judged, "leads watched for the whole horizon"),
        recall_difference: difference(&pairs, |view| view.named, "customers"),
    }
}

/// The difference of two shares over overlapping people.
fn difference(pairs: &[(View, View)], of: impl Fn(View) -> Option<bool>, words: &str) -> Answer<Ranged> {
    let share = |values: &mut dyn Iterator<Item = Option<bool>>| {
        let (mut yes, mut all) = (0_u64, 0_u64);
        for value in values.flatten() {
            all += 1;
            yes += u64::from(value);
        }
        (yes, all)
    };
    let (left_yes, left_all) = share(&mut pairs.iter().map(|(left, _)| of(*left)));
    let (right_yes, right_all) = share(&mut pairs.iter().map(|(_, right)| of(*right)));
    let conversions = left_yes.max(right_yes);
    if conversions < THRESHOLDS.conversions_in_ratio {
        return Answer::NotEnough(NotEnough::new(conversions, THRESHOLDS.conversions_in_ratio, "conversions"));
    }
    at_least(left_all.min(right_all), THRESHOLDS.people_in_comparison, words, || {
        let (left_rate, right_rate) = (left_yes as f64 / left_all as f64, right_yes as f64 / right_all as f64);
        let influence = |value: Option<bool>, rate: f64, all: u64| {
            value.map_or(0.0, |yes| (f64::from(u8::from(yes)) - rate) / all as f64)
        };
        let variance: f64 = pairs
            .iter()
            .map(|(left, right)| {
                let own = influence(of(*left), left_rate, left_all) - influence(of(*right), right_rate, right_all);
                own * own
            })
            .sum();
        let (value, half) = (left_rate - right_rate, CONFIDENCE.z() * variance.sqrt());
        Some(Ranged { value, low: (value - half).max(-1.0), high: (value + half).min(1.0) })
    })
}
