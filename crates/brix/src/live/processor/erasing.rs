//! Somebody is erased: hidden with the commit of the entry that asks for it, then out of everything that holds something of them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result};
use engine::Timestamp;
use engine::erasure::Leaving;
use engine::record::SubjectKind;
use store::ledger::erasures::{Erasure, Stage};
use store::ledger::lead::{LeadChange, What};

use super::Processor;
use super::together::together;
use crate::live::book::Now;
use crate::live::compaction::Compacted;
use crate::live::entry::Entry;
use crate::live::eraser::{Done, Rewritten};
use crate::live::erasing::Departure;
use crate::live::erasure::{Asked, Kept, Receipt};
use crate::live::silence::Silence;

/// Who departs.
struct Whom {
    leaving: Leaving,
    /// Something was known of them.
    is_known: bool,
    /// They were not heard of since.
    kept_from: Option<Timestamp>,
}

impl Processor {
    /// Takes entries up to the next erasure, or that one.
    pub(super) fn take_on(&mut self, mut entries: Vec<(u64, Entry)>) -> Result<()> {
        loop {
            let behind = entries.split_off(together(&entries));
            let last = entries.last().map(|(offset, _)| *offset);
            self.take_part(entries)?;
            if behind.is_empty() || last != Some(self.offset) {
                return Ok(());
            }
            entries = behind;
        }
    }

    fn take_part(&mut self, mut entries: Vec<(u64, Entry)>) -> Result<()> {
        match entries.iter().position(|(_, entry)| matches!(entry, Entry::Erasure(_) | Entry::Silence(_))) {
            None => self.take(entries),
            Some(0) => match entries.swap_remove(0) {
                (offset, Entry::Erasure(asked)) => self.erase(offset, *asked),
                (offset, Entry::Silence(silence)) => self.let_go(offset, *silence),
                other => self.take(vec![other]),
            },
            Some(place) => {
                entries.truncate(place);
                self.take(entries)
            }
        }
    }

    fn erase(&mut self, offset: u64, asked: Asked) -> Result<()> {
        let (leaving, is_known) = self.town.whom(asked.kind, &asked.subject)?;
        self.depart(offset, asked, Whom { leaving, is_known, kept_from: None })
    }

    /// Those of whom nothing was heard for long go, unless something has come since they were looked for.
    fn let_go(&mut self, offset: u64, silence: Silence) -> Result<()> {
        let is_as_seen = self.through == silence.through && !self.town.has_news_of(&silence.ids);
        if !is_as_seen || !self.erasing.is_empty() {
            return self.take(vec![(offset, Entry::Tick(silence.at))]);
        }
        let Silence { id, at, before, ids, shared, households, .. } = silence;
        let asked = Asked {
            id,
            at,
            by: "brix".to_owned(),
            kind: ids.first().map_or(SubjectKind::User, |(kind, _)| *kind),
            subject: String::new(),
            reason: format!("nothing was heard of them since {before}"),
            suppress: false,
        };
        self.status.households_gone.fetch_add(households, Ordering::Relaxed);
        let leaving = Leaving { ids, shared };
        self.depart(offset, asked, Whom { leaving, is_known: true, kept_from: Some(before) })
    }

    /// From this commit on nobody is shown them: their leads go, and whoever they were among is read again without them, in silence.
    fn depart(&mut self, offset: u64, asked: Asked, whom: Whom) -> Result<()> {
        let Whom { leaving, is_known, kept_from } = whom;
        self.offset = offset;
        self.now = self.now.max(asked.at);
        self.ticked = None;
        let mut until = offset;
        if asked.suppress {
            let ids = leaving.ids.iter().map(|(kind, id)| (*kind, id.as_str()));
            self.suppressed.seal(ids, asked.at).context("cannot suppress who is erased")?;
            // What came in before that goes, too.
            until = until.max(self.log.end());
        }
        let departure = Departure { erasure: asked.id, until, suppress: asked.suppress, leaving, kept_from };
        let departure = Arc::new(departure);
        let leaving = &departure.leaving;
        self.erasing.add(Arc::clone(&departure));
        let changed = self.town.read_without(leaving, self.now)?;
        let mut changes = std::mem::take(&mut self.pending);
        let leads = self.book.erase(leaving);
        let now = Now { at: self.now, is_silent: true };
        changed.news.iter().for_each(|household| self.book.read(household, now, &mut changes));
        let mut changes = self.settle_doubts(changes)?;
        changes.tellings.retain(|telling| !leads.contains(&telling.lead));
        let mark = format!("erased {}", departure.erasure);
        let what = What::Erased { subject: mark };
        let change =
            |lead: &u64| LeadChange { lead: *lead, at: asked.at, by: Some(asked.by.clone()), what: what.clone() };
        changes.leads.extend(leads.iter().map(change));
        changes.cancelled.extend(&leads);
        let receipt = Receipt {
            ids: leaving.ids.len() as u64,
            shared_devices: leaving.shared.len() as u64,
            leads: leads.len() as u64,
            is_unknown: !is_known && leads.is_empty(),
            hidden_at: Some((self.clock)()),
            ..Receipt::default()
        };
        let kept = Kept {
            kind: asked.kind,
            reason: asked.reason,
            suppress: asked.suppress,
            until,
            leaving: Some(leaving.clone()),
            leads,
            kept_from,
            receipt,
        };
        let (id, detail) = (departure.erasure.clone(), kept.text());
        self.beginning.push(Erasure { id, offset, at: asked.at, by: asked.by, stage: Stage::Hidden, detail });
        self.status.replays.fetch_add(changed.replays, Ordering::Relaxed);
        self.tell_where();
        if let Some(surveyor) = &mut self.surveyor {
            surveyor.start_anew();
        }
        self.write(changes, Vec::new(), Vec::new())?;
        tracing::info!(erasure = departure.erasure, "somebody is erased: nobody is shown them any more");
        // What was written before holds them.
        self.checkpoints.drop_all()
    }

    /// Up to which entry the log may go into the lake.
    pub(super) fn compaction_end(&self) -> u64 {
        self.erasing.next().map_or(self.offset, |(until, _)| until.min(self.offset))
    }

    /// Goes on with what is not done.
    pub(super) fn look_after_erasures(&mut self) -> Result<()> {
        match self.eraser.poll() {
            Ok(None) => {}
            Ok(Some(Done::Rewritten(rewritten))) => self.rewritten(rewritten)?,
            Ok(Some(Done::Cleaned { is_news })) => {
                self.status.recover();
                if is_news {
                    tracing::info!("nothing holds any more what was erased");
                }
            }
            // It is tried again.
            Err(error) => self.status.complain(&error),
        }
        let Some((until, departures)) = self.erasing.next() else { return Ok(()) };
        if self.through >= until && !self.compactor.is_running() {
            return self.eraser.rewrite(departures);
        }
        self.compactor.hurry(until);
        Ok(())
    }

    /// The lake holds nothing of them any more.
    fn rewritten(&mut self, rewritten: Rewritten) -> Result<()> {
        let compacted = Compacted {
            lake: Arc::clone(&rewritten.lake),
            through: self.through,
            copies: std::collections::BTreeSet::new(),
        };
        self.town.compacted(compacted, self.now)?;
        self.town.file(usize::MAX);
        self.eraser.settle(&rewritten)?;
        self.erasing.remove(&rewritten.departures);
        for departure in rewritten.departures.iter().filter(|one| one.suppress) {
            self.town.forget(&departure.leaving);
        }
        self.checkpoints.drop_all()
    }
}
