//! The second town takes the first one's place.

use std::sync::Arc;

use anyhow::Result;

use super::Processor;
use crate::live::activator::Ready;

impl Processor {
    /// Has other definitions come into force, once everything that they say of the past is known.
    pub(super) fn activate(&mut self) -> Result<()> {
        // A checkpoint belongs to the definitions that it was written by. And what waits for a commit is told in the words of the definitions by which it was found.
        if self.coming.is_some()
            || self.checkpoints.is_writing()
            || !self.pending.leads.is_empty()
            || !self.pending.tellings.is_empty()
        {
            return Ok(());
        }
        match self.activator.poll() {
            Ok(None) => Ok(()),
            Ok(Some(ready)) => self.go_live(ready),
            Err(error) => {
                self.status.complain(&error);
                Ok(())
            }
        }
    }

    /// Everything that was taken up to here is history: it changes leads in silence, and what comes after it is told as usual.
    fn go_live(&mut self, ready: Ready) -> Result<()> {
        let Ready { edition, mut second, evidence } = ready;
        second.follow(self.log.as_ref(), self.offset, self.now)?;
        second.without(&self.erasing.all())?;
        self.book.adopt(Arc::clone(&second.rules));
        second.tell(&mut self.book, &mut self.pending)?;
        let mut pending = std::mem::take(&mut self.pending);
        self.settle_goals(&mut pending)?;
        self.pending = pending;
        let mut town = second.town;
        town.remember_as(&mut self.town);
        self.town = town;
        self.rules = second.rules;
        self.checkpoints.adopt(&self.rules);
        self.evidence = evidence;
        self.coming = Some(edition);
        self.status.recover();
        // With this there is a next commit.
        self.remind((self.clock)())
    }

    /// What was coming has been committed.
    pub(super) fn is_in_force(&mut self) {
        if let Some(edition) = self.coming.take() {
            self.evidence.clear();
            self.status.is_in_force(edition);
        }
    }
}
