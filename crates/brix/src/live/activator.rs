//! From what was decided about definitions to a second town that is ready to take the first one's place.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use engine::workspace::Workspace;

use super::activation::{Activation, compile};
use super::evidence::EntryKey;
use super::progress::Progress;
use super::second::{Ground, Second};

/// How long to wait after a failure.
const PATIENCE: Duration = Duration::from_secs(10);

/// A second town that can take the first one's place.
pub struct Ready {
    /// What was decided.
    pub edition: u64,
    /// The town.
    pub second: Second,
    /// Evidence of the entries that it was expected to bring.
    pub evidence: HashMap<EntryKey, String>,
}

/// A second town in the making.
struct Making {
    activation: Activation,
    progress: Arc<Progress>,
    receiver: Receiver<Result<Option<Ready>>>,
}

/// Sees to it that what was decided last comes into force.
pub struct Activator {
    ground: Ground,
    workspace: Workspace,
    /// What is in force.
    edition: u64,
    wanted: Option<Activation>,
    making: Option<Making>,
    not_before: Option<Instant>,
}

impl Activator {
    /// Something is in force already.
    pub const fn new(ground: Ground, workspace: Workspace, edition: u64) -> Self {
        Self { ground, workspace, edition, wanted: None, making: None, not_before: None }
    }

    /// Takes what was decided, unless it was overtaken.
    pub fn take(&mut self, activation: Activation) {
        let making = self.making.as_ref().map_or(0, |making| making.activation.edition);
        let wanted = self.wanted.as_ref().map_or(0, |wanted| wanted.edition);
        if activation.edition <= self.edition.max(making).max(wanted) {
            return;
        }
        if let Some(making) = &self.making {
            making.progress.is_cancelled.store(true, Ordering::Relaxed);
        }
        self.not_before = None;
        self.ground.status.activate(activation.edition, Arc::default());
        self.wanted = Some(activation);
    }

    /// Goes to work where something is wanted; gives what has become ready.
    ///
    /// # Errors
    /// It could not be made; it is tried again.
    pub fn poll(&mut self) -> Result<Option<Ready>> {
        if let Some(making) = &self.making {
            let made = match making.receiver.try_recv() {
                Err(TryRecvError::Empty) => return Ok(None),
                Err(TryRecvError::Disconnected) => Err(anyhow!("the second town was given up without a word")),
                Ok(made) => made,
            };
            return self.made(made);
        }
        if self.not_before.is_some_and(|at| Instant::now() < at) {
            return Ok(None);
        }
        match self.wanted.take() {
            Some(activation) => self.start(activation).map(|()| None),
            None => Ok(None),
        }
    }

    fn made(&mut self, made: Result<Option<Ready>>) -> Result<Option<Ready>> {
        let Some(Making { activation, .. }) = self.making.take() else { return Ok(None) };
        match made {
            Ok(Some(ready)) if self.wanted.is_none() => {
                self.edition = activation.edition;
                Ok(Some(ready))
            }
            Ok(_) => Ok(None),
            Err(error) => {
                self.not_before = Some(Instant::now() + PATIENCE);
                self.wanted.get_or_insert(activation);
                Err(error).context("the definitions that were applied cannot come into force yet")
            }
        }
    }

    fn start(&mut self, activation: Activation) -> Result<()> {
        let (sender, receiver) = channel();
        let progress = Arc::new(Progress::default());
        self.ground.status.activate(activation.edition, Arc::clone(&progress));
        let (ground, workspace) = (self.ground.clone(), self.workspace.clone());
        let (own, decided) = (Arc::clone(&progress), activation.clone());
        // Nobody waits any more if the processor has stopped.
        let work = move || drop(sender.send(make(&ground, &decided, &workspace, &own)));
        std::thread::Builder::new().name("activation".to_owned()).spawn(work).context("cannot start a thread")?;
        self.making = Some(Making { activation, progress, receiver });
        Ok(())
    }

    /// Gives up what is in the making: the next start takes it up again.
    pub fn finish(&mut self) {
        if let Some(making) = self.making.take() {
            making.progress.is_cancelled.store(true, Ordering::Relaxed);
        }
    }
}

/// Builds a second town and finds the evidence for what is new in it.
fn make(ground: &Ground, decided: &Activation, workspace: &Workspace, progress: &Progress) -> Result<Option<Ready>> {
    let rules = Arc::new(compile(&decided.definitions, workspace)?);
    ground.beside(|| {
        let Some(mut second) = ground.build(rules, progress)? else { return Ok(None) };
        let evidence = ground.compare(&mut second)?.evidence(&second)?;
        Ok(Some(Ready { edition: decided.edition, second, evidence }))
    })
}
