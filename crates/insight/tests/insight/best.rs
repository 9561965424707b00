//! The best customers: the ranking against plain words, what stands out, and that nothing does where nothing differs.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::time::DAY;
use engine::{Span, Timestamp};
use insight::best::{Asked, BestCustomers, Customer, INTERVIEWS, Weights, best};

use crate::product::{Dice, at};

fn asked(weights: Weights) -> Asked {
    Asked {
        goal: "Subscription Started".to_owned(),
        weights,
        share: 0.2,
        tenure_days: 90.0,
        traits: vec!["industry".to_owned()],
    }
}

/// Customers of whom some were of software and had imported data before they paid: these stay longer, if it matters.
fn customers(count: u64, seed: u64, matters: bool) -> Vec<Customer> {
    let mut dice = Dice(seed);
    (0..count)
        .map(|number| {
            let (software, imported) = (dice.share() < 0.3, dice.share() < 0.4);
            let good = if matters { f64::from(u8::from(software)) + f64::from(u8::from(imported)) } else { 0.0 };
            let mut before = BTreeMap::from([(Arc::from("Logged In"), 3)]);
            if imported {
                before.insert(Arc::from("Data Imported"), 1);
            }
            if dice.share() < 0.5 {
                before.insert(Arc::from("Searched"), 2);
            }
            let paid = at(40.0 + dice.share() * 30.0);
            let last = vec![(Timestamp(paid.0 - DAY), Arc::from("Searched"))];
            Customer {
                id: Arc::from(format!("{number:04}")),
                clock: paid.minus(Span::days(10), &jiff::tz::TimeZone::UTC),
                paid,
                measured: [
                    (0.2 + 0.3 * good + 0.3 * dice.share()).min(1.0),
                    dice.below(3) as f64,
                    dice.below(4) as f64,
                    dice.below(5) as f64,
                ],
                before,
                last,
                traits: vec![Some(Arc::from(if software { "software" } else { "retail" }))],
            }
        })
        .collect()
}

fn ask(customers: Vec<Customer>, weights: Weights) -> BestCustomers {
    best(customers, 3, &asked(weights), &jiff::tz::TimeZone::UTC)
}

#[test]
fn what_the_best_used_most_is_a_share_of_each_ones_own_use() {
    let mut customers = customers(200, 3, true);
    // One of them alone searches more often than all others together, and one does nothing at all.
    for (customer, before) in customers.iter_mut().zip([vec![("Searched", 1_000_000)], Vec::new()]) {
        customer.before = before.into_iter().map(|(name, count)| (Arc::from(name), count)).collect();
    }
    let answer = ask(customers.clone(), Weights::SELF_SERVE);
    let insight::figure::Answer::Known(ranking) = &answer.ranking else { unreachable!() };
    let share = |is_best: bool, event: &str| {
        let of = |customer: &&Customer| {
            ranking.iter().any(|ranked| ranked.best == is_best && ranked.id == customer.id)
                && !customer.before.is_empty()
        };
        let own: Vec<f64> = customers
            .iter()
            .filter(of)
            .map(|customer| {
                let all: u32 = customer.before.values().sum();
                f64::from(customer.before.get(event).copied().unwrap_or(0)) / f64::from(all)
            })
            .collect();
        own.iter().sum::<f64>() / own.len() as f64
    };
    let told: Vec<&str> = answer.used_most.iter().map(|used| &*used.event).collect();
    assert_eq!(told.first(), Some(&"Logged In"), "{:?}", answer.used_most);
    for used in &answer.used_most {
        assert!((used.of_best - share(true, &used.event)).abs() < 1e-9, "{used:?}");
        assert!((used.of_rest - share(false, &used.event)).abs() < 1e-9, "{used:?}");
    }
}

#[test]
fn an_answer_in_text() {
    insta::assert_snapshot!(insight::best::text::text(&ask(customers(300, 1, true), Weights::SELF_SERVE)));
}

#[test]
fn by_one_thing_alone_the_ranking_is_the_order_of_that_thing() {
    let only = |part: usize| {
        let mut parts = [0.0; 4];
        parts[part] = 1.0;
        let [retention, expansion, advocacy, support_load] = parts;
        Weights { retention, expansion, advocacy, support_load }
    };
    for part in 0..4 {
        let answer = ask(customers(100, 2, true), only(part));
        let ranking = answer.ranking.known().unwrap();
        let sign = if part == 3 { -1.0 } else { 1.0 };
        assert!(ranking.windows(2).all(|pair| sign * pair[0].measured[part] >= sign * pair[1].measured[part]));
        assert_eq!(ranking.iter().filter(|ranked| ranked.best).count(), 20);
        assert!(ranking.iter().all(|ranked| (0.0..=100.0).contains(&ranked.score)));
    }
}

#[test]
fn what_makes_the_best_stands_out_and_nothing_else_does() {
    let answer =
        ask(customers(600, 3, true), Weights { retention: 1.0, expansion: 0.0, advocacy: 0.0, support_load: 0.0 });
    let words: Vec<&str> = answer.stands_out.iter().map(|difference| &*difference.words).collect();
    for expect in ["Data Imported before paying", "industry: software", "industry: retail"] {
        assert!(words.contains(&expect), "{words:?}");
    }
    // All have logged in: there is nothing to compare.
    assert!(!answer.compared.iter().any(|difference| difference.words.starts_with("Logged In")));
    assert_eq!(answer.interviews.len(), INTERVIEWS);
    assert!(answer.interviews[0].question.contains("“Searched”"));

    let rounds = 200;
    let found = (0..rounds)
        .filter(|seed| !ask(customers(200, 100 + seed, false), Weights::ENTERPRISE).stands_out.is_empty())
        .count();
    // 5 % of 200 and three standard errors.
    assert!(found <= 19, "something stood out in {found} of {rounds} where nothing differs");
}

#[test]
fn order_does_not_matter_and_few_are_not_ranked() {
    let mut shuffled = customers(120, 5, true);
    shuffled.reverse();
    assert_eq!(ask(shuffled, Weights::ENTERPRISE), ask(customers(120, 5, true), Weights::ENTERPRISE));
    let few = ask(customers(39, 5, true), Weights::ENTERPRISE);
    assert!(few.ranking.known().is_none() && few.interviews.is_empty());
    assert!(insight::best::text::text(&few).contains("not enough data: 39 customers"));
    let mut same = customers(60, 5, true);
    same.iter_mut().for_each(|customer| customer.measured = [0.5; 4]);
    assert!(insight::best::text::text(&ask(same, Weights::ENTERPRISE)).contains("alike in all that is measured"));
    // What nobody differs in does not count.
    let mut alike = customers(60, 5, true);
    alike.iter_mut().for_each(|customer| customer.measured[1] = 0.0);
    assert!(ask(alike, Weights::ENTERPRISE).weights.expansion <= 0.0);
}

/// Of whom a trait is not known is counted, by trait, and said.
#[test]
fn who_is_not_known_is_counted() {
    let mut customers = customers(100, 5, true);
    customers.iter_mut().take(7).for_each(|customer| customer.traits = vec![None]);
    let answer = ask(customers, Weights::SELF_SERVE);
    let unknown: Vec<(&str, u64)> =
        answer.not_known.iter().map(|unknown| (unknown.name.as_str(), unknown.customers)).collect();
    assert_eq!(unknown, [("industry", 7)]);
    let words = insight::best::text::text(&answer);
    assert!(words.contains("Who they are was compared by industry (not known of 7)."), "{words}");
}

/// Who paid when their time started, where days are all that is known, is not asked about nothing.
#[test]
fn who_paid_at_once_is_asked_about_it() {
    let mut customers = customers(100, 5, true);
    customers.iter_mut().for_each(|customer| customer.clock = customer.paid);
    let answer = ask(customers, Weights::SELF_SERVE);
    let asked = |interview: &insight::best::Interview| interview.question.contains(", when you started; just before,");
    assert!(answer.interviews.iter().all(asked), "{:?}", answer.interviews);
}
