//! What the catalog keeps of a destination: whether it is sent to, and its circuit. Its settings stay in the configuration; the catalog has
//! their fingerprint, so that a destination that was given up starts afresh when it is set right. Blocks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};
use engine::time::Timestamp;
use serde_json::json;
use store::catalog::audit::AuditEntry;
use store::catalog::connections::{Circuit, Destination};
use store::catalog::{Catalog, CatalogChange};
use tokio::sync::Notify;

use super::configured::Configured;

/// What is kept of one destination.
pub struct Register {
    catalog: Arc<dyn Catalog>,
    kept: Destination,
    is_enabled: AtomicBool,
    is_fresh: AtomicBool,
    /// Whether the catalog has not been told yet that it is disabled.
    owes_disabling: AtomicBool,
    /// Wakes its worker.
    pub bell: Arc<Notify>,
}

impl Register {
    /// What was kept, or a new entry for what is new or was set up anew.
    pub fn open(
        destination: &Configured,
        before: Option<&Destination>,
        catalog: Arc<dyn Catalog>,
        now: Timestamp,
    ) -> Result<(Self, Circuit)> {
        let settings = json!({ "fingerprint": destination.fingerprint }).to_string();
        let kept = Destination {
            id: destination.id.clone(),
            name: destination.name.clone(),
            kind: destination.kind.id.to_owned(),
            settings,
            secret: None,
            is_enabled: true,
            circuit: Circuit::default(),
        };
        let same = before.filter(|before| before.kind == kept.kind && before.settings == kept.settings);
        let (is_enabled, circuit) =
            same.map_or((true, Circuit::default()), |same| (same.is_enabled, same.circuit.clone()));
        let register = Self {
            catalog,
            kept,
            is_enabled: AtomicBool::new(is_enabled),
            is_fresh: AtomicBool::new(false),
            owes_disabling: AtomicBool::new(false),
            bell: Arc::new(Notify::new()),
        };
        if same.is_none() {
            register.put("brix", "destination.set_up", true, now)?;
            register.keep(&circuit)?;
        }
        Ok((register, circuit))
    }

    /// The destination's id.
    pub fn id(&self) -> &str {
        &self.kept.id
    }

    /// Whether anything is to be sent.
    pub fn is_enabled(&self) -> bool {
        self.is_enabled.load(Ordering::Acquire)
    }

    /// Whether somebody has said to start afresh since this was last asked.
    pub fn take_fresh(&self) -> bool {
        self.is_fresh.swap(false, Ordering::AcqRel)
    }

    /// Nothing is to be sent any more; [`Self::note`] writes it down.
    pub fn disable(&self) {
        self.is_enabled.store(false, Ordering::Release);
        self.owes_disabling.store(true, Ordering::Release);
    }

    /// All is to be sent again, at once.
    pub fn enable(&self, who: &str, now: Timestamp) -> Result<()> {
        self.owes_disabling.store(false, Ordering::Release);
        self.put(who, "destination.enable", true, now)?;
        self.keep(&Circuit::default())?;
        self.is_fresh.store(true, Ordering::Release);
        self.is_enabled.store(true, Ordering::Release);
        self.bell.notify_one();
        Ok(())
    }

    /// Writes down how the destination is doing.
    pub fn note(&self, circuit: &Circuit, now: Timestamp) -> Result<()> {
        if self.owes_disabling.load(Ordering::Acquire) {
            self.put("brix", "destination.disable", false, now)?;
            self.owes_disabling.store(false, Ordering::Release);
        }
        self.keep(circuit)
    }

    fn keep(&self, circuit: &Circuit) -> Result<()> {
        self.catalog.set_circuit(self.id(), circuit).with_context(|| format!("cannot keep how {} is doing", self.id()))
    }

    fn put(&self, who: &str, what: &str, is_enabled: bool, at: Timestamp) -> Result<()> {
        let change = CatalogChange::PutDestination(Destination { is_enabled, ..self.kept.clone() });
        let line = AuditEntry {
            at,
            who: who.to_owned(),
            what: what.to_owned(),
            target: self.kept.id.clone(),
            detail: "{}".to_owned(),
        };
        let changed = self.catalog.change(&[change], &[line]);
        changed.with_context(|| format!("cannot keep the destination {}", self.id()))
    }
}
