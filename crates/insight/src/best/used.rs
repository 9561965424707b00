//! What the best used most before they paid, and the rest.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::Customer;

/// Features told.
const TOLD: usize = 5;

/// A feature and how much of all use it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Used {
    /// The product event.
    pub event: Arc<str>,
    /// Of all product events of one of the best before paying, the share that is this one: the mean over them, so that nobody who
    /// does very much decides.
    pub of_best: f64,
    /// The same of the rest.
    pub of_rest: f64,
}

/// What the best used most, the most first.
pub(super) fn used_most(best: &[&Customer], rest: &[&Customer]) -> Vec<Used> {
    let (of_best, of_rest) = (shares(best), shares(rest));
    let mut all: Vec<Used> = of_best
        .into_iter()
        .map(|(event, share)| Used {
            event: Arc::clone(event),
            of_best: share,
            of_rest: of_rest.get(event).copied().unwrap_or(0.0),
        })
        .collect();
    all.sort_by(|left, right| right.of_best.total_cmp(&left.of_best).then_with(|| left.event.cmp(&right.event)));
    all.truncate(TOLD);
    all
}

/// The mean over those who did anything.
fn shares<'a>(customers: &[&'a Customer]) -> BTreeMap<&'a Arc<str>, f64> {
    let all = |customer: &Customer| customer.before.values().map(|count| f64::from(*count)).sum::<f64>();
    let active = customers.iter().filter(|customer| all(customer) > 0.0).count().max(1) as f64;
    let mut shares = BTreeMap::new();
    for customer in customers.iter().filter(|customer| all(customer) > 0.0) {
        for (event, count) in &customer.before {
            *shares.entry(event).or_insert(0.0) += f64::from(*count) / all(customer) / active;
        }
    }
    shares
}
