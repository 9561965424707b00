//! The best customers: who stays, grows, recommends and needs little help; what they were like, and whom to ask why.
//!
//! Each of four things is measured per customer over the same length of time, turned into a rank among the customers
//! (so that no unit and no outlier decides), and weighed. The best are the top share of that; they are set beside the rest
//! by what was known and done **before they paid**, with a correction for everything looked at.

pub mod text;
mod used;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::Timestamp;
use engine::time::day_start;
use serde::Serialize;
use stats::difference::difference_of_proportions;
use stats::multiplicity::benjamini_hochberg;
use stats::quantile::SortedValues;
use stats::table::TwoByTwo;

pub use used::Used;

use crate::customers::days;
use crate::figure::{Answer, CONFIDENCE, NotEnough, Ranged, Share, When};

/// The version of the JSON's names and meanings.
pub const FORMAT: u32 = 1;
/// Customers it takes to rank them.
pub const LEAST_CUSTOMERS: u64 = 40;
/// People on the list of interviews.
pub const INTERVIEWS: usize = 10;
/// Actions shown before paying.
pub const LAST_ACTIONS: usize = 5;
/// Differences stand out at this q-value (Benjamini and Hochberg, over everything compared).
pub const LEVEL: f64 = 0.05;

/// How much each thing counts; none negative.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Weights {
    /// Weeks with use of the product, of all weeks since paying.
    pub retention: f64,
    /// Upgrades and added seats.
    pub expansion: f64,
    /// Invitations, recommendations, reviews.
    pub advocacy: f64,
    /// Requests for help: fewer are better.
    pub support_load: f64,
}

impl Weights {
    /// Few customers, each large: what they grow to counts most, and so does what they cost.
    pub const ENTERPRISE: Self = Self { retention: 30.0, expansion: 40.0, advocacy: 10.0, support_load: 20.0 };
    /// Many customers: who stays and brings others counts most.
    pub const SELF_SERVE: Self = Self { retention: 45.0, expansion: 20.0, advocacy: 25.0, support_load: 10.0 };

    const fn parts(&self) -> [f64; 4] {
        [self.retention, self.expansion, self.advocacy, self.support_load]
    }
}

/// One customer, as the history has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    /// The id by which people know it.
    pub id: Arc<str>,
    /// When its time started.
    pub clock: Timestamp,
    /// When it paid first.
    pub paid: Timestamp,
    /// Over the tenure: the share of weeks with use, and how often it grew, recommended, asked for help.
    pub measured: [f64; 4],
    /// What it did before paying: how often each product event.
    pub before: BTreeMap<Arc<str>, u32>,
    /// The last actions before paying, the latest first.
    pub last: Vec<(Timestamp, Arc<str>)>,
    /// Its value of each trait, as it paid.
    pub traits: Vec<Option<Arc<str>>>,
}

/// The question.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The goal in words.
    pub goal: String,
    /// How much each thing counts.
    pub weights: Weights,
    /// The share of customers that are the best ones, between 0 and 1.
    pub share: f64,
    /// The length of time after paying that is measured, in days; customers of a shorter time are left out.
    pub tenure_days: f64,
    /// The traits' names.
    pub traits: Vec<String>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BestCustomers {
    /// The version of this format.
    pub format: u32,
    /// The goal in words.
    pub goal: String,
    /// How much each thing counted; 0 where nobody differs.
    pub weights: Weights,
    /// The length of time after paying that was measured, in days.
    pub tenure_days: f64,
    /// Customers of that time.
    pub customers: u64,
    /// Customers of a shorter time, who are not ranked.
    pub too_young: u64,
    /// The traits that were compared.
    pub compared_by: Vec<String>,
    /// Of how many customers these are not known; without those known of all.
    pub not_known: Vec<NotKnown>,
    /// The ranking, the best first; with too few, nobody.
    pub ranking: Answer<Vec<Ranked>>,
    /// What was known or done before paying and stands out.
    pub stands_out: Vec<Difference>,
    /// Everything else that was compared.
    pub compared: Vec<Difference>,
    /// The features that the best used most before paying.
    pub used_most: Vec<Used>,
    /// Days from the start to paying, of the best and of the rest.
    pub days_to_pay: [Option<Ranged>; 2],
    /// Whom to ask, and what.
    pub interviews: Vec<Interview>,
}

/// A trait that is not known of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotKnown {
    /// The trait.
    #[serde(rename = "trait")]
    pub name: String,
    /// How many have none.
    pub customers: u64,
}

/// A customer in the ranking.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranked {
    /// The id.
    pub id: Arc<str>,
    /// 0 to 100: the weighed ranks.
    pub score: f64,
    /// Among the best.
    pub best: bool,
    /// When it paid first.
    pub paid_at: When,
    /// Weeks with use, of all; times grown, recommended, asked for help.
    pub measured: [f64; 4],
}

/// How many of the best and of the rest were so, or did so.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// In words: `industry: software`, `Member Invited before paying`.
    pub words: String,
    /// Of the best.
    pub best: Share,
    /// Of the rest.
    pub rest: Share,
    /// The one less the other (Newcombe).
    pub difference: Option<Ranged>,
    /// Benjamini and Hochberg over everything compared.
    pub q_value: f64,
}

/// Someone to ask.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Interview {
    /// The id.
    pub id: Arc<str>,
    /// When it paid first.
    pub paid_at: When,
    /// The last actions before that, the latest first.
    pub last_actions: Vec<(When, Arc<str>)>,
    /// What to ask.
    pub question: String,
}

/// Ranks customers, who may come in any order; `too_young` are those of a shorter time.
#[must_use]
pub fn best(mut customers: Vec<Customer>, too_young: u64, asked: &Asked, zone: &jiff::tz::TimeZone) -> BestCustomers {
    customers.sort_by(|left, right| left.id.cmp(&right.id));
    let (weights, scores) = scores(&customers, &asked.weights);
    let count = customers.len() as u64;
    let mut answer = BestCustomers {
        format: FORMAT,
        goal: asked.goal.clone(),
        weights,
        tenure_days: asked.tenure_days,
        customers: count,
        too_young,
        compared_by: asked.traits.clone(),
        not_known: not_known(&customers, &asked.traits),
        ranking: Answer::NotEnough(NotEnough::new(count, LEAST_CUSTOMERS, "customers watched for long enough")),
        stands_out: Vec::new(),
        compared: Vec::new(),
        used_most: Vec::new(),
        days_to_pay: [None, None],
        interviews: Vec::new(),
    };
    if count < LEAST_CUSTOMERS {
        return answer;
    }
    if weights.parts().iter().sum::<f64>() <= 0.0 {
        answer.ranking =
            Answer::NotEnough(NotEnough::undefined(count, "customers, who are alike in all that is measured"));
        return answer;
    }
    let mut order: Vec<usize> = (0..customers.len()).collect();
    order.sort_by(|left, right| scores[*right].total_cmp(&scores[*left]).then_with(|| left.cmp(right)));
    let top = ((customers.len() as f64 * asked.share).ceil() as usize).clamp(1, customers.len() - 1);
    let (best, rest) = order.split_at(top);
    let ranked = order.iter().enumerate().filter_map(|(rank, place)| {
        let customer = customers.get(*place)?;
        let (id, paid_at, measured) = (Arc::clone(&customer.id), When(customer.paid), customer.measured);
        Some(Ranked { id, score: *scores.get(*place)?, best: rank < top, paid_at, measured })
    });
    answer.ranking = Answer::Known(ranked.collect());
    let of = |places: &[usize]| places.iter().filter_map(|place| customers.get(*place)).collect::<Vec<&Customer>>();
    let (best, rest) = (of(best), of(rest));
    let all = differences(&best, &rest, asked);
    (answer.stands_out, answer.compared) = all.into_iter().partition(|difference| difference.q_value <= LEVEL);
    answer.used_most = used::used_most(&best, &rest);
    answer.days_to_pay = [days_to_pay(&best), days_to_pay(&rest)];
    answer.interviews = best.iter().take(INTERVIEWS).map(|customer| interview(customer, zone)).collect();
    answer
}

/// The weights that count (nobody differs in the others), and each customer's 0 to 100.
fn scores(customers: &[Customer], weights: &Weights) -> (Weights, Vec<f64>) {
    let mut used = weights.parts();
    let mut scores = vec![0.0; customers.len()];
    for (part, weight) in used.iter_mut().enumerate() {
        let sign = if part == 3 { -1.0 } else { 1.0 };
        let values: Vec<f64> = customers.iter().map(|customer| sign * customer.measured[part]).collect();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        if sorted.first() == sorted.last() {
            *weight = 0.0;
        }
        for (score, value) in scores.iter_mut().zip(&values) {
            let (below, up_to) =
                (sorted.partition_point(|other| other < value), sorted.partition_point(|other| other <= value));
            *score += *weight * (below + up_to) as f64 / (2 * sorted.len()) as f64;
        }
    }
    let total: f64 = used.iter().sum();
    for score in &mut scores {
        *score *= if total > 0.0 { 100.0 / total } else { 0.0 };
    }
    let [retention, expansion, advocacy, support_load] = used;
    (Weights { retention, expansion, advocacy, support_load }, scores)
}

fn not_known(customers: &[Customer], traits: &[String]) -> Vec<NotKnown> {
    let has = |customer: &&Customer, place: usize| customer.traits.get(place).is_some_and(Option::is_some);
    let of = |(place, name): (usize, &String)| {
        let without = customers.iter().filter(|customer| !has(customer, place)).count() as u64;
        (without > 0).then(|| NotKnown { name: name.clone(), customers: without })
    };
    traits.iter().enumerate().filter_map(of).collect()
}

/// Something to compare by: its words, and who is or did so.
type Looked<'a> = (String, Box<dyn Fn(&Customer) -> bool + 'a>);

/// Whatever at least one in twenty was or did, largest difference first.
fn differences(best: &[&Customer], rest: &[&Customer], asked: &Asked) -> Vec<Difference> {
    let everybody = || best.iter().chain(rest);
    let events: BTreeSet<&Arc<str>> = everybody().flat_map(|customer| customer.before.keys()).collect();
    let mut looked: Vec<Looked<'_>> = Vec::new();
    for name in events {
        looked.push((format!("{name} before paying"), Box::new(move |customer| customer.before.contains_key(name))));
    }
    for (place, name) in asked.traits.iter().enumerate() {
        let values: BTreeSet<&Arc<str>> =
            everybody().filter_map(|customer| customer.traits.get(place)?.as_ref()).collect();
        for value in values {
            let is = move |customer: &Customer| customer.traits.get(place).and_then(Option::as_ref) == Some(value);
            looked.push((format!("{name}: {value}"), Box::new(is)));
        }
    }
    let total = (best.len() + rest.len()) as u64;
    let mut told = Vec::new();
    for (words, is) in &looked {
        let count = |of: &[&Customer]| of.iter().filter(|customer| is(customer)).count() as u64;
        let (first, second) = ((count(best), best.len() as u64), (count(rest), rest.len() as u64));
        let met = first.0 + second.0;
        if met * 20 < total || (total - met) * 20 < total {
            continue;
        }
        let p_value =
            TwoByTwo::from_groups(first, second).and_then(|table| table.association()).map_or(1.0, |test| test.p_value);
        told.push(Difference {
            words: words.clone(),
            best: Share::new(first.0, first.1),
            rest: Share::new(second.0, second.1),
            difference: difference_of_proportions(first, second, CONFIDENCE).map(Ranged::from),
            q_value: p_value,
        });
    }
    let p_values: Vec<f64> = told.iter().map(|difference| difference.q_value.min(1.0)).collect();
    for (difference, q_value) in told.iter_mut().zip(benjamini_hochberg(&p_values).unwrap_or_default()) {
        difference.q_value = q_value;
    }
    let size = |difference: &Difference| difference.difference.map_or(0.0, |known| known.value.abs());
    told.sort_by(|left, right| size(right).total_cmp(&size(left)).then_with(|| left.words.cmp(&right.words)));
    told
}

fn days_to_pay(customers: &[&Customer]) -> Option<Ranged> {
    let times = customers.iter().map(|customer| days(customer.paid.0.saturating_sub(customer.clock.0))).collect();
    let median = SortedValues::new(times).ok()?.median(CONFIDENCE)?;
    Some(Ranged {
        value: median.value,
        low: median.low.unwrap_or(median.value),
        high: median.high.unwrap_or(median.value),
    })
}

fn interview(customer: &Customer, zone: &jiff::tz::TimeZone) -> Interview {
    let at_midnight = |at: Timestamp| day_start(at.day(zone), zone) == at;
    let length = (customer.paid.0 - customer.clock.0) as f64;
    let after = if at_midnight(customer.paid) && at_midnight(customer.clock) {
        // The data most likely know no more than the day.
        match crate::figure::whole_days(length) {
            same_day if length == 0.0 => format!("{same_day} as you started"),
            days => format!("{days} after you started"),
        }
    } else if length == 0.0 {
        "when you started".to_owned()
    } else {
        format!("{} after you started", crate::figure::duration(length))
    };
    let paid = When(customer.paid);
    let question = match customer.last.first() {
        Some((at, action)) => format!(
            "You paid on {}, {after}; just before, on {}, there was “{action}”. What had you tried to get done, and what made you decide then?",
            paid.date(zone),
            When(*at).date(zone)
        ),
        None => format!("You paid on {}, {after}. What made you decide then?", paid.date(zone)),
    };
    Interview {
        id: Arc::clone(&customer.id),
        paid_at: paid,
        last_actions: customer.last.iter().map(|(at, action)| (When(*at), Arc::clone(action))).collect(),
        question,
    }
}
