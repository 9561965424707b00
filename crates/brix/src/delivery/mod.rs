//! What leaves for the outside: from the outbox to its destination, at least once, with one key.
//!
//! - [`configured`]: a destination as its owner set it up.
//! - [`worker`]: one task for each destination, which leases, sends and settles; [`attempt`]: one request.
//! - [`schedule`]: when to try again; [`circuit`]: when to leave a destination alone.
//! - [`client`]: HTTP; [`resolve`] and [`address`]: to which machines it may go.
//! - [`register`]: what the catalog keeps of destinations.
//!
//! Invariants:
//! - Nothing here is waited for by what takes records in or qualifies: a destination that hangs holds its own worker up, for
//!   as long as a request may take, and no other.
//! - An action leaves the outbox as delivered, dead or cancelled, never by being forgotten; each attempt is kept with it.
//! - A connection goes to the very address that was checked. Redirects are not followed, proxies not asked.
//! - No body, address or secret of a destination is logged or kept among errors.

mod address;
mod attempt;
mod circuit;
mod client;
mod configured;
mod register;
mod resolve;
mod schedule;
mod worker;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use engine::time::Timestamp;
use store::catalog::Catalog;
use store::ledger::action::{ActionState, Outbox};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

pub use self::client::never_arrived;

use self::client::Client;
pub use self::configured::Configured;
use self::register::Register;
use self::resolve::{Lookup, System};
use self::worker::Worker;

/// Standard Webhooks advises 15 to 30 s.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What delivery works with.
pub struct Means {
    /// What is to be sent.
    pub outbox: Arc<dyn Outbox>,
    /// Where circuits are kept.
    pub catalog: Arc<dyn Catalog>,
    /// The time.
    pub clock: Clock,
    /// For jitter.
    seed: u64,
    /// Names to addresses.
    lookup: Arc<dyn Lookup>,
    /// So long may a request take, from the name to the last byte.
    timeout: Duration,
}

impl Means {
    /// With the system's resolver and a seed of its own.
    pub fn new(outbox: Arc<dyn Outbox>, catalog: Arc<dyn Catalog>, clock: Clock) -> Self {
        Self {
            outbox,
            catalog,
            clock,
            seed: RandomState::new().hash_one(0),
            lookup: Arc::new(System),
            timeout: TIMEOUT,
        }
    }
}

/// Wakes the workers when something has come into the outbox. They also look by themselves, four times a second.
#[derive(Clone)]
pub struct Bell(Arc<[Arc<Notify>]>);

impl Bell {
    /// Something may be due.
    pub fn ring(&self) {
        self.0.iter().for_each(|bell| bell.notify_one());
    }
}

/// For those who manage destinations.
#[derive(Clone)]
pub struct Switches(Arc<[Arc<Register>]>);

impl Switches {
    /// A destination that said it was gone is sent to again, and one that is being left alone is tried at once; gives whether
    /// there is one of this id. Blocks.
    ///
    /// # Errors
    /// If the catalog cannot be written.
    pub fn enable(&self, id: &str, who: &str, now: Timestamp) -> Result<bool> {
        match self.0.iter().find(|register| register.id() == id) {
            Some(register) => register.enable(who, now).map(|()| true),
            None => Ok(false),
        }
    }
}

/// Delivery at work.
pub struct Running {
    stop: watch::Sender<bool>,
    workers: Vec<JoinHandle<()>>,
    switches: Switches,
    bell: Bell,
}

/// Starts a worker for each destination.
///
/// # Errors
/// If two have the same id, a client cannot be made, or the catalog cannot be read or written.
pub fn start(runtime: &Handle, means: &Means, destinations: Vec<Arc<Configured>>) -> Result<Running> {
    let mut ids = HashSet::new();
    if let Some(twice) = destinations.iter().find(|destination| !ids.insert(destination.id.as_str())) {
        bail!("there are two destinations `{}`; give each an id of its own", twice.id);
    }
    let counts = means.outbox.action_counts().context("cannot read the outbox")?;
    for (id, _, count) in
        counts.iter().filter(|(id, state, _)| *state == ActionState::Waiting && !ids.contains(id.as_str()))
    {
        tracing::warn!(destination.id = id, actions = count, "actions wait for a destination that is not set up");
    }
    let known = means.catalog.destinations().context("cannot read the destinations")?;
    let (stop, stopped) = watch::channel(false);
    let (mut workers, mut registers, mut bells) = (Vec::new(), Vec::new(), Vec::new());
    for destination in destinations {
        let client = Client::new(destination.allow_private, Arc::clone(&means.lookup), means.timeout)?;
        let before = known.iter().find(|known| known.id == destination.id);
        let (register, circuit) = Register::open(&destination, before, Arc::clone(&means.catalog), (means.clock)())?;
        let register = Arc::new(register);
        bells.push(Arc::clone(&register.bell));
        registers.push(Arc::clone(&register));
        let worker = Worker::new(means, destination, client, register, circuit);
        workers.push(runtime.spawn(worker.run(stopped.clone())));
    }
    Ok(Running { stop, workers, switches: Switches(registers.into()), bell: Bell(bells.into()) })
}

impl Running {
    /// To be rung when something has come into the outbox.
    pub fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// To start afresh with what was given up.
    pub fn switches(&self) -> Switches {
        self.switches.clone()
    }

    /// Lets what is on its way end, which takes as long as a request may, and starts nothing new.
    pub async fn stop(self) {
        // Nobody listens if all workers have ended.
        let _ = self.stop.send(true);
        for worker in self.workers {
            if let Err(error) = worker.await {
                tracing::error!(%error, "a delivery worker ended badly; its actions are taken up again at the next start");
            }
        }
    }
}
