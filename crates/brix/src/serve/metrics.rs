//! Figures for those who run the server, in Prometheus' text format. Every name stands here.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use connect::sources::Changed;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use store::ledger::rejects::Reject;

use super::pulls::PullState;
use crate::live::Status;
use crate::live::promptness::Promptness;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSource {
    source: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfReason {
    source: String,
    reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfChange {
    source: String,
    change: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfAction {
    destination: String,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPull {
    pull: String,
    of: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfEnd {
    reason: &'static str,
}

/// All of them.
pub struct Metrics {
    registry: Registry,
    accepted: Family<OfSource, Counter>,
    rejected: Family<OfReason, Counter>,
    turned_away: Family<OfReason, Counter>,
    without_request: Family<OfEnd, Counter>,
    changed: Family<OfChange, Counter>,
    keeping: Histogram,
    status: Family<OfFigure, Gauge<u64, AtomicU64>>,
    actions: Family<OfAction, Gauge<u64, AtomicU64>>,
    pulls: Family<OfPull, Gauge<u64, AtomicU64>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfFigure {
    of: &'static str,
}

impl Metrics {
    /// At zero, save for how long leads take, which is counted elsewhere.
    pub fn new(promptness: &Promptness) -> Self {
        let mut registry = Registry::with_prefix("brix");
        let accepted = Family::<OfSource, Counter>::default();
        let rejected = Family::<OfReason, Counter>::default();
        let turned_away = Family::<OfReason, Counter>::default();
        let without_request = Family::<OfEnd, Counter>::default();
        let changed = Family::<OfChange, Counter>::default();
        let keeping = Histogram::new(exponential_buckets(0.000_25, 2.0, 16));
        let status = Family::<OfFigure, Gauge<u64, AtomicU64>>::default();
        let actions = Family::<OfAction, Gauge<u64, AtomicU64>>::default();
        let pulls = Family::<OfPull, Gauge<u64, AtomicU64>>::default();
        registry.register("records_accepted", "Records that are durable, by source", accepted.clone());
        registry.register("messages_rejected", "Messages that were not taken, by source and reason", rejected.clone());
        registry.register("requests_turned_away", "Requests of which nothing was looked at", turned_away.clone());
        registry.register(
            "connections_without_request",
            "Connections that ended before they had brought the head of a request",
            without_request.clone(),
        );
        registry.register("values_changed", "Values that were not kept as they were sent", changed.clone());
        registry.register("log_append_seconds", "How long records took to be durable", keeping.clone());
        registry.register(
            "lead_delay_seconds",
            "From the receipt of what made somebody a lead to the commit that holds it",
            promptness.histogram(),
        );
        registry.register("processor", "Where the processor stands", status.clone());
        registry.register("actions", "What is told to destinations, by state", actions.clone());
        registry.register("pulls", "Rows, failures and state of pulls", pulls.clone());
        Self { registry, accepted, rejected, turned_away, without_request, changed, keeping, status, actions, pulls }
    }

    /// Records of a request are durable.
    pub fn kept(&self, after: Duration) {
        self.keeping.observe(after.as_secs_f64());
    }

    /// What a request brought.
    pub fn accepted(&self, source: &str, records: usize, rejects: &[Reject]) {
        if records > 0 {
            self.accepted.get_or_create(&OfSource { source: source.to_owned() }).inc_by(records as u64);
        }
        for reject in rejects {
            self.rejected.get_or_create(&OfReason { source: source.to_owned(), reason: reject.reason.clone() }).inc();
        }
    }

    /// What of a request was not kept as it was sent.
    pub fn changed(&self, source: &str, changed: Changed) {
        let Changed { texts_cut, clamped, left_out } = changed;
        for (change, count) in [("text-cut", texts_cut), ("time-set-to-receipt", clamped), ("left-out", left_out)] {
            if count > 0 {
                self.changed.get_or_create(&OfChange { source: source.to_owned(), change }).inc_by(count);
            }
        }
    }

    /// A request was turned away.
    pub fn turned_away(&self, source: &str, reason: &str) {
        self.turned_away.get_or_create(&OfReason { source: source.to_owned(), reason: reason.to_owned() }).inc();
    }

    /// A connection has ended before it had brought the head of a request.
    pub fn without_request(&self, reason: &'static str) {
        self.without_request.get_or_create(&OfEnd { reason }).inc();
    }

    /// How pulls are doing.
    pub fn pulls(&self, states: &[PullState]) {
        for state in states {
            for (of, figure) in [
                ("rows", state.rows.load(Ordering::Relaxed)),
                ("rejected", state.rejected.load(Ordering::Relaxed)),
                ("failures", state.failures.load(Ordering::Relaxed)),
                ("failing", u64::from(state.complaint().is_some())),
                ("succeeded_at_seconds", state.succeeded_at.load(Ordering::Relaxed)),
            ] {
                self.pulls.get_or_create(&OfPull { pull: state.name.clone(), of }).set(figure);
            }
        }
    }

    /// As text, with where the processor and the outbox stand.
    pub fn text(&self, live: &Status, leads: u64, actions: Vec<(String, &'static str, u64)>) -> String {
        let figures = [
            ("log_end", &live.end),
            ("offset", &live.offset),
            ("committed", &live.committed),
            ("records_taken", &live.taken),
            ("copies", &live.copies),
            ("replays", &live.replays),
            ("households", &live.households),
            ("households_gone", &live.households_gone),
        ];
        for (of, figure) in figures {
            self.status.get_or_create(&OfFigure { of }).set(figure.load(Ordering::Relaxed));
        }
        self.status.get_or_create(&OfFigure { of: "leads" }).set(leads);
        if let Some(delay) = live.promptness.delay() {
            let micros = |time: i64| u64::try_from(time).unwrap_or(0);
            for (of, figure) in [
                ("lead_delay_median_microseconds", micros(delay.median)),
                ("lead_delay_longest_microseconds", micros(delay.longest)),
            ] {
                self.status.get_or_create(&OfFigure { of }).set(figure);
            }
        }
        // Where there are none any more, nothing is said that could set a figure back.
        self.actions.clear();
        for (destination, state, count) in actions {
            self.actions.get_or_create(&OfAction { destination, state }).set(count);
        }
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
