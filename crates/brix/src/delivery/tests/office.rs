//! A store with leads and actions, a clock that tests set forward, and delivery at work.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use connect::destinations::Settings;
use engine::record::SubjectKind;
use engine::time::Timestamp;
use serde_json::json;
use store::Store;
use store::catalog::Catalog;
use store::ledger::action::{Action, ActionFilter, ActionState, Attempt, NewAction};
use store::ledger::lead::{Facts, LeadChange, Qualification, What};
use store::ledger::{Commit, Ledger};
use store::log::LogLimits;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::receiver::Receiver;
use crate::delivery::resolve::{Lookup, System};
use crate::delivery::{Clock, Configured, Means, Running, start};

/// Requests of tests may take so long.
pub const TIMEOUT: Duration = Duration::from_millis(400);
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub struct Office {
    pub ledger: Arc<dyn Ledger>,
    pub catalog: Arc<dyn Catalog>,
    ahead_us: Arc<AtomicI64>,
    runtime: Option<Runtime>,
    running: Option<Running>,
    folder: TempDir,
}

fn opened(folder: &Path) -> (Arc<dyn Ledger>, Arc<dyn Catalog>) {
    let store = Store::open(folder, LogLimits::default()).unwrap();
    (store.ledger(), store.catalog())
}

impl Office {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, catalog) = opened(folder.path());
        Self { ledger, catalog, ahead_us: Arc::default(), runtime: None, running: None, folder }
    }

    fn clock(&self) -> Clock {
        let ahead_us = Arc::clone(&self.ahead_us);
        Arc::new(move || {
            let real = Timestamp::from_jiff(jiff::Timestamp::now());
            Timestamp(real.0 + ahead_us.load(Ordering::Relaxed))
        })
    }

    pub fn now(&self) -> Timestamp {
        self.clock()()
    }

    /// Sets the clock forward.
    pub fn pass(&self, time_us: i64) {
        self.ahead_us.fetch_add(time_us, Ordering::Relaxed);
        self.running().bell().ring();
    }

    pub fn open(&mut self, destinations: Vec<Arc<Configured>>) {
        self.open_with(destinations, Arc::new(System));
    }

    pub fn open_with(&mut self, destinations: Vec<Arc<Configured>>, lookup: Arc<dyn Lookup>) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (outbox, catalog) = (Arc::clone(&self.ledger) as _, Arc::clone(&self.catalog));
        let means = Means { seed: 7, lookup, timeout: TIMEOUT, ..Means::new(outbox, catalog, self.clock()) };
        self.running = Some(start(runtime.handle(), &means, destinations).unwrap());
        self.runtime = Some(runtime);
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    /// Ends in an orderly way.
    pub fn close(&mut self) {
        self.runtime.take().unwrap().block_on(self.running.take().unwrap().stop());
    }

    /// Ends as a killed process does: nothing more is noted. The store is opened anew.
    pub fn kill(self) -> Self {
        let Self { ledger, catalog, ahead_us, runtime, running, folder } = self;
        runtime.unwrap().shutdown_background();
        drop((running, ledger, catalog));
        let again = Instant::now() + Duration::from_secs(10);
        let store = loop {
            match Store::open(folder.path(), LogLimits::default()) {
                Ok(store) => break store,
                Err(error) => assert!(Instant::now() < again, "{error}"),
            }
        };
        Self { ledger: store.ledger(), catalog: store.catalog(), ahead_us, runtime: None, running: None, folder }
    }

    /// Leads, each with an action for a destination, in one transaction.
    pub fn lead(&self, destination: &str, count: u64) {
        let now = self.now();
        self.commit(destination, count, |lead| payload(lead, now));
    }

    /// A lead whose action holds this.
    pub fn lead_with(&self, destination: &str, payload: &str) {
        self.commit(destination, 1, |_| payload.to_owned());
    }

    fn commit(&self, destination: &str, count: u64, payload: impl Fn(u64) -> String) {
        let (first, now) = (self.ledger.next_lead().unwrap(), self.now());
        let told = |lead| NewAction {
            lead,
            action: format!("{destination}/to-buy"),
            destination: destination.to_owned(),
            payload: payload(lead),
            not_before: now,
            priority: 1,
        };
        let commit = Commit {
            offset: self.ledger.offset().unwrap() + 1,
            leads: (first..first + count).map(|lead| detected(lead, now)).collect(),
            actions: (first..first + count).map(told).collect(),
            ..Commit::default()
        };
        self.ledger.commit(&commit).unwrap();
        if let Some(running) = &self.running {
            running.bell().ring();
        }
    }

    /// Of a destination, the oldest first.
    pub fn actions(&self, destination: &str) -> Vec<Action> {
        let filter = ActionFilter { destination: Some(destination.to_owned()), ..ActionFilter::default() };
        let mut actions = self.ledger.actions(&filter, 10_000).unwrap();
        actions.reverse();
        actions
    }

    pub fn attempts(&self, action: &Action) -> Vec<Attempt> {
        self.ledger.attempts(action.id).unwrap()
    }

    pub fn all_are(&self, destination: &str, state: ActionState) -> bool {
        self.actions(destination).iter().all(|action| action.state == state)
    }
}

/// Waits for what must come.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < until, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A webhook at a receiver of this machine.
pub fn webhook(id: &str, receiver: &Receiver) -> Arc<Configured> {
    at(id, "webhook", &receiver.url(), true)
}

pub fn at(id: &str, kind: &str, url: &str, allow_private: bool) -> Arc<Configured> {
    let settings = Settings::default().with("url", url);
    let settings = if kind == "webhook" { settings.with("secret", SECRET) } else { settings };
    Arc::new(Configured::new(id, kind, &settings, allow_private).unwrap())
}

fn detected(lead: u64, at: Timestamp) -> LeadChange {
    let facts = Facts {
        version: "5f2c".to_owned(),
        subject_kind: SubjectKind::User,
        subject: format!("u{lead}"),
        account: None,
        qualification: Qualification::ToBuy,
        qualified_at: at,
        knowable_at: None,
        exit_at: None,
        score: None,
        value: None,
        band: None,
        may_contact: true,
    };
    let (definition, evidence) = ("trial-team".to_owned(), "{}".to_owned());
    let what = What::Detected { definition, entry: 1, facts: Box::new(facts), evidence, in_history: false };
    LeadChange { lead, at, by: None, what }
}

fn payload(lead: u64, at: Timestamp) -> String {
    let payload = json!({
        "type": "lead.qualified",
        "lead": lead,
        "definition": { "id": "trial-team", "name": "Trial team", "version": "5f2c" },
        "subject": { "kind": "user", "id": format!("u{lead}"), "account": null },
        "qualification": "to_buy",
        "qualified_at": at.to_string(),
        "detected_at": at.to_string(),
        "score": null,
        "band": null,
        "value": null,
        "reasons": ["3 projects"],
        "link": null,
    });
    payload.to_string()
}
