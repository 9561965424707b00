//! The server: what comes in over HTTP goes into the log, and what became of it can be asked for.
//!
//! - [`config`]: what can be set, where it comes from, and what is in force.
//! - [`door`]: sources: from a vendor's request to durable records and the vendor's answer. [`body`] reads bodies and [`unpack`] unpacks them, [`keys`]
//!   knows which programs may come in, [`sessions`] which people, [`sifted`] leaves out who is suppressed, [`rejects`] keeps what is turned away.
//! - [`repeats`]: changes that are sent again count once.
//! - [`shelf`]: the definitions' texts, which of them are in force, and how that changes.
//! - [`pulls`]: rows of PostgreSQL go the same way, from a cursor on.
//! - [`api`]: leads, rejected input and the server's state, for programs. [`health`] and [`metrics`] are for those who run it.
//! - [`listen`]: connections, with limits on how slow they may be, and a graceful end.
//!
//! Invariants:
//! - A sender is told that something was taken only when it is durable.
//! - Nothing that is turned away is dropped in silence.
//! - No key, body or id of a person stands in a log line or a metric.

mod api;
mod body;
pub mod clock;
pub mod config;
mod door;
mod health;
mod keys;
mod listen;
mod logs;
mod metrics;
mod problem;
pub mod pulls;
pub mod rejects;
mod repeats;
mod retention;
mod sessions;
mod shelf;
mod sifted;
mod unpack;
mod user_token;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, Result};
use engine::workspace::Workspace;
use store::Store;
use store::catalog::Catalog;
use store::ledger::Ledger;
use store::log::Log;
use tokio::sync::watch;

use crate::console::Console;
use crate::delivery::{self, Means};
use crate::live;
use config::Config;

/// What all requests share.
pub struct Server {
    config: Config,
    log: Arc<dyn Log>,
    ledger: Arc<dyn Ledger>,
    catalog: Arc<dyn Catalog>,
    keys: keys::Keys,
    sessions: sessions::Sessions,
    rejects: rejects::RejectWriter,
    repeats: Arc<repeats::Repeats>,
    metrics: metrics::Metrics,
    room: body::Room,
    /// How each pull of the config is doing.
    pulls: Vec<pulls::PullState>,
    live: Arc<live::Status>,
    questions: live::Questions,
    near: Arc<live::near::Board>,
    shelf: Arc<shelf::Shelf>,
    suppressed: Arc<live::Suppressed>,
    switches: delivery::Switches,
    /// Turns true when the server is to end.
    ending: watch::Receiver<bool>,
}

/// Destinations that hear of nobody, because what they are told of is not in force: it may come, or be a slip of the pen.
fn warn_of_unknown(config: &Config, rules: &live::Rules) {
    for destination in &config.destinations {
        for definition in destination.definitions.iter().filter(|id| rules.place(id).is_none()) {
            tracing::warn!(
                destination = destination.name,
                definition,
                "a destination is to be told of a definition that is not in force: see `definitions` of it in server.toml"
            );
        }
    }
}

/// Serves until it is told to stop by a signal.
///
/// # Errors
/// What keeps it from starting, or from going on.
pub fn run(config: Config, workspace: Workspace, console: &mut Console) -> Result<()> {
    logs::start(config.log_format, &config.log);
    let limits = store::log::LogLimits { most_waiting_entries: config.limits.waiting_entries, ..Default::default() };
    let store = Store::open(&config.data, limits).context("cannot open the store")?;
    let live = Arc::new(live::Status::default());
    let gate = Arc::new(live::Gate::default());
    let erasing = Arc::new(live::Erasing::of(store.ledger().as_ref())?);
    let ground = live::Ground {
        lake: config.lake.clone(),
        log: store.log(),
        ledger: store.ledger(),
        gate: Arc::clone(&gate),
        status: Arc::clone(&live),
        erasing: Arc::clone(&erasing),
    };
    let shelf = shelf::Shelf::new(store.catalog(), ground, workspace, config.definitions.clone());
    let beginning = shelf.begin(console)?;
    console.finish()?;
    if beginning.coming.is_none() {
        warn_of_unknown(&config, &beginning.rules);
    }
    let suppressed = live::Suppressed::of(store.catalog()).context("cannot read who is suppressed")?;
    let suppressed = Arc::new(suppressed);
    let settings = live::Settings {
        rules: beginning.rules,
        edition: beginning.edition,
        gate: Arc::clone(&gate),
        lake: config.lake.clone(),
        compaction: live::When { every: config.compaction.every, entries: config.compaction.entries },
        snapshots: store.snapshots(),
        routes: config.routes(),
        suppressed: Arc::clone(&suppressed),
        erasing: Arc::clone(&erasing),
        clock: clock::now,
    };
    let running = live::start(settings, store.log(), store.ledger(), live)?;
    shelf.go_on(beginning.coming)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    let means = Means::new(store.ledger(), store.catalog(), Arc::new(clock::now));
    let destinations = config.destinations.iter().map(|destination| Arc::clone(&destination.configured)).collect();
    let delivering = delivery::start(runtime.handle(), &means, destinations)?;
    runtime.spawn(ring_after_commits(delivering.bell(), Arc::clone(running.status())));
    let (end, ending) = watch::channel(false);
    let server = Arc::new(Server {
        catalog: store.catalog(),
        keys: keys::Keys::of(&config, store.catalog()).context("cannot read the keys")?,
        sessions: sessions::Sessions::new(store.catalog()),
        rejects: rejects::RejectWriter::start(store.ledger())?,
        repeats: Arc::new(repeats::Repeats::new(store.catalog())),
        metrics: metrics::Metrics::new(&running.status().promptness),
        room: body::Room::of(config.limits.body_bytes),
        log: store.log(),
        ledger: store.ledger(),
        live: Arc::clone(running.status()),
        questions: running.questions().clone(),
        near: Arc::clone(running.near()),
        shelf: Arc::new(shelf),
        suppressed,
        switches: delivering.switches(),
        ending,
        pulls: config.pulls.iter().map(|pull| pulls::PullState::of(&pull.name)).collect(),
        config,
    });
    pulls::start(runtime.handle(), &server);
    retention::Keeper { server: Arc::clone(&server), gate, erasing }.start()?;
    runtime.spawn(note_used_keys(Arc::clone(&server)));
    let served = runtime.block_on(listen::serve(Arc::clone(&server), end, || running.is_finished()));
    runtime.block_on(delivering.stop());
    // Connections that did not end in time are cut.
    runtime.shutdown_timeout(Duration::from_secs(1));
    let stopped = running.stop().context("the processor has failed");
    server.rejects.stop();
    let noted = server.keys.note_used().context("cannot note which keys were used");
    // Where the processor has failed, that is the reason.
    stopped.and(served).and(noted)
}

/// Notes now and then which keys were used: each note is a sync.
async fn note_used_keys(server: Arc<Server>) {
    let mut look = tokio::time::interval(Duration::from_secs(10));
    loop {
        look.tick().await;
        let server = Arc::clone(&server);
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || server.keys.note_used()).await {
            tracing::warn!(error = %error, "it could not be noted which keys were used");
        }
    }
}

/// Wakes delivery when the processor has committed, which knows nothing of it.
async fn ring_after_commits(bell: delivery::Bell, live: Arc<live::Status>) {
    let mut look = tokio::time::interval(Duration::from_millis(2));
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut rung = live.committed.load(Ordering::Relaxed);
    loop {
        look.tick().await;
        let committed = live.committed.load(Ordering::Relaxed);
        if committed != rung {
            rung = committed;
            bell.ring();
        }
    }
}
