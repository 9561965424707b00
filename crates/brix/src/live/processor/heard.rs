//! Which destinations have heard of a lead: only they are told that it is none.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use store::ledger::action::{Action, ActionFilter, ActionState};

use super::Processor;
use crate::delivery::never_arrived;

/// Messages about one lead that are looked at, the latest first.
const MOST: usize = 1_000;

impl Processor {
    /// The destinations that have heard of a lead, or may have: whoever sent and had no answer does not know.
    pub(super) fn heard_of(&self, lead: u64) -> Result<BTreeSet<String>> {
        let filter = ActionFilter { lead: Some(lead), ..ActionFilter::default() };
        let actions = self.ledger.actions(&filter, MOST).context("cannot read what was told of a lead")?;
        let mut heard = BTreeSet::new();
        for action in actions {
            if !heard.contains(&action.destination) && self.may_have_arrived(&action)? {
                heard.insert(action.destination);
            }
        }
        Ok(heard)
    }

    fn may_have_arrived(&self, action: &Action) -> Result<bool> {
        match action.state {
            ActionState::Delivered | ActionState::Leased => return Ok(true),
            // Never tried and yet given up: held back after a restore, and perhaps told before it.
            ActionState::Dead if action.attempts == 0 => return Ok(true),
            ActionState::Waiting | ActionState::Dead | ActionState::Cancelled => {}
        }
        let attempts = self.ledger.attempts(action.id).context("cannot read how something was told")?;
        // Of an attempt whose end nobody noted, nobody knows.
        let are_all_noted = attempts.len() as u64 >= u64::from(action.attempts);
        let are_all_lost = attempts.iter().all(|tried| tried.error.as_deref().is_some_and(never_arrived));
        Ok(!(are_all_noted && are_all_lost))
    }
}
