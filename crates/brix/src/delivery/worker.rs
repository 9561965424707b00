//! The worker of one destination: leases what is due, sends it, settles.

use std::sync::Arc;
use std::time::Duration;

use engine::time::{SECOND, Timestamp};
use store::catalog::connections::Circuit;
use store::ledger::action::{Action, Ending, Outbox, Settled};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep};

use super::attempt::{Landed, Sender, Sign};
use super::circuit::{self, Gate};
use super::client::Client;
use super::configured::Configured;
use super::register::Register;
use super::{Means, schedule};

/// Longer than an attempt takes: who has it longer than this is dead.
const LEASE_US: i64 = 30 * SECOND;
/// So often does a worker look by itself.
const POLL: Duration = Duration::from_millis(250);
/// So long does it wait when the store does not answer.
const STORE_PAUSE: Duration = Duration::from_secs(1);

pub struct Worker {
    outbox: Arc<dyn Outbox>,
    register: Arc<Register>,
    sender: Arc<Sender>,
    circuit: Circuit,
    /// Not before then may the next request begin.
    next_start: Instant,
    /// What the outbox has not been told yet.
    owed: Vec<Settled>,
    /// Whether the catalog has not been told of the circuit yet.
    owes_circuit: bool,
}

impl Worker {
    pub fn new(
        means: &Means,
        destination: Arc<Configured>,
        client: Client,
        register: Arc<Register>,
        circuit: Circuit,
    ) -> Self {
        let sender = Sender { destination, client, clock: Arc::clone(&means.clock), seed: means.seed };
        Self {
            outbox: Arc::clone(&means.outbox),
            register,
            sender: Arc::new(sender),
            circuit,
            next_start: Instant::now(),
            owed: Vec::new(),
            owes_circuit: false,
        }
    }

    /// Works until it is to stop; then waits for what is on its way.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut flying = JoinSet::new();
        let bell = Arc::clone(&self.register.bell);
        while !*stop.borrow() {
            let rest = self.send_due(&mut flying).await;
            tokio::select! {
                Some(landed) = flying.join_next() => self.land(landed),
                () = bell.notified() => {}
                () = sleep(rest) => {}
                changed = stop.changed() => if changed.is_err() { break },
            }
            while let Some(landed) = flying.try_join_next() {
                self.land(landed);
            }
            self.settle().await;
        }
        while let Some(landed) = flying.join_next().await {
            self.land(landed);
        }
        self.settle().await;
    }

    /// Sends what is due, as much as may be; gives how long to rest if nothing happens.
    async fn send_due(&mut self, flying: &mut JoinSet<Landed>) -> Duration {
        if self.register.take_fresh() {
            self.circuit = Circuit::default();
        }
        // What has been sent and not been noted must not be leased again.
        if !self.owed.is_empty() {
            return STORE_PAUSE;
        }
        let most = self.room(flying.len());
        if most == 0 {
            return POLL;
        }
        let (outbox, id, now) = (Arc::clone(&self.outbox), self.register.id().to_owned(), self.now());
        let actions: Vec<Action> = match spawn_blocking(move || outbox.lease(&id, now, most, LEASE_US)).await {
            Ok(Ok(actions)) => actions,
            Ok(Err(error)) => {
                tracing::error!(destination.id = self.register.id(), %error, "cannot take actions from the outbox");
                return STORE_PAUSE;
            }
            // The runtime is being shut down.
            Err(_) => return STORE_PAUSE,
        };
        let interval = Duration::from_millis(u64::from(self.sender.destination.kind.pace.interval_ms));
        for action in actions {
            self.next_start = Instant::now() + interval;
            flying.spawn(Arc::clone(&self.sender).attempt(action));
        }
        if interval.is_zero() { POLL } else { POLL.min(interval) }
    }

    /// How many requests may begin now.
    fn room(&self, flying: usize) -> usize {
        let pace = self.sender.destination.kind.pace;
        if !self.register.is_enabled() || Instant::now() < self.next_start {
            return 0;
        }
        let free = usize::try_from(pace.most_at_once).unwrap_or(1).saturating_sub(flying);
        let free = if pace.interval_ms > 0 { free.min(1) } else { free };
        match circuit::gate(&self.circuit, self.now()) {
            Gate::Closed => free,
            Gate::Probe => usize::from(flying == 0),
            Gate::OpenUntil(_) => 0,
        }
    }

    fn now(&self) -> Timestamp {
        (self.sender.clock)()
    }

    /// Notes what an attempt brought.
    fn land(&mut self, landed: Result<Landed, JoinError>) {
        let Landed { settled, sign } = match landed {
            Ok(landed) => landed,
            Err(error) => {
                tracing::error!(destination.id = self.register.id(), %error, "an attempt ended badly; it is made again");
                return;
            }
        };
        let (id, now) = (self.register.id(), (self.sender.clock)());
        if let Ending::Dead { error } = &settled.ending {
            tracing::warn!(destination.id = id, action.id = settled.action, %error, "an action was given up");
        }
        match sign {
            Sign::None => {}
            Sign::Good => self.owes_circuit |= circuit::succeeded(&mut self.circuit, now),
            Sign::Bad(error) => {
                circuit::failed(&mut self.circuit, &error, now);
                self.owes_circuit = true;
                if let Gate::OpenUntil(until) = circuit::gate(&self.circuit, now) {
                    tracing::warn!(destination.id = id, %until, %error, "a destination fails and is left alone");
                }
            }
            Sign::Busy(error, after) => {
                circuit::pause(&mut self.circuit, now, schedule::asked_for_us(Some(after)));
                self.circuit.last_error = Some(error);
                self.owes_circuit = true;
            }
            Sign::Gone(error) => {
                tracing::warn!(destination.id = id, %error, "a destination wants nothing any more and is disabled");
                self.circuit.last_error = Some(error);
                self.owes_circuit = true;
                self.register.disable();
            }
        }
        self.owed.push(settled);
    }

    /// Tells the store what happened; what it does not take is told again.
    async fn settle(&mut self) {
        let owed = std::mem::take(&mut self.owed);
        if !owed.is_empty() {
            let outbox = Arc::clone(&self.outbox);
            let told = spawn_blocking(move || outbox.settle(&owed).map_err(|error| (error, owed))).await;
            if let Ok(Err((error, owed))) = told {
                tracing::error!(destination.id = self.register.id(), %error, "cannot note attempts in the outbox");
                self.owed = owed;
            }
        }
        if self.owes_circuit {
            let (register, circuit, now) = (Arc::clone(&self.register), self.circuit.clone(), self.now());
            let told = spawn_blocking(move || register.note(&circuit, now)).await;
            match told {
                Ok(Err(error)) => tracing::error!(destination.id = self.register.id(), error = format!("{error:#}")),
                _ => self.owes_circuit = false,
            }
        }
    }
}
