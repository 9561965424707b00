//! Time passes: leads lapse, and snoozed ones wake and are told of again.

use anyhow::{Context as _, Result};
use engine::Timestamp;
use serde_json::Value as Json;
use store::ledger::lead::{Change, ChangeKind, LeadChange, LeadState, What};

use super::Processor;
use crate::live::book::{Changes, Tell, Telling};
use crate::live::course::Turn;

/// Turns taken at a time. The next ones come with the next tick.
const MOST: usize = 10_000;

impl Processor {
    /// What has become of leads up to a time. Before all times, those come back to life to whom more time was given, and nothing else.
    pub(super) fn pass_time(&mut self, time: Timestamp, changes: &mut Changes) -> Result<()> {
        for (lead, turn) in self.book.courses().pass(time, MOST) {
            let state = match turn {
                Turn::Lapses => LeadState::Lapsed,
                Turn::Wakes => match self.state_before(lead, "snoozed")? {
                    // Its time was over while it slept.
                    LeadState::New if self.book.courses().is_over(lead, self.now) => LeadState::Lapsed,
                    state => state,
                },
                Turn::Revives if self.has_lapsed_by_itself(lead)? => LeadState::New,
                Turn::Revives => continue,
            };
            if turn == Turn::Wakes {
                self.tell_again(lead, &state, changes)?;
            }
            self.book.courses().set_state(lead, &state);
            changes.leads.push(LeadChange { lead, at: self.now, by: None, what: What::State(state) });
        }
        Ok(())
    }

    /// The changes of a lead's state, the latest first.
    pub(super) fn states(&self, lead: u64) -> Result<Vec<Change>> {
        let mut history = self.ledger.history(lead).context("cannot read what became of a lead")?;
        history.retain(|change| change.kind == ChangeKind::State);
        history.reverse();
        Ok(history)
    }

    /// The state that a lead had before the one of this word.
    fn state_before(&self, lead: u64, word: &str) -> Result<LeadState> {
        let mut earlier = self.states(lead)?.into_iter().filter_map(|change| state_of(&change));
        Ok(earlier.find(|state| state.word() != word).unwrap_or(LeadState::New))
    }

    fn has_lapsed_by_itself(&self, lead: u64) -> Result<bool> {
        Ok(self.states(lead)?.first().is_some_and(|change| change.by.is_none()))
    }

    /// Tells of a lead that has woken. Whoever wanted to be reminded is, also where it is too late.
    fn tell_again(&self, lead: u64, state: &LeadState, changes: &mut Changes) -> Result<()> {
        let kept = self.ledger.lead(lead).context("cannot read a lead")?;
        let Some(kept) = kept.filter(|kept| kept.facts.may_contact) else { return Ok(()) };
        if let Some(definition) = self.rules.place(&kept.definition) {
            // The same however late it wakes: who is told once more after a restore is told with the same key.
            let snoozed = self.states(lead)?.iter().find_map(|change| match state_of(change) {
                Some(LeadState::Snoozed { until }) => Some(until),
                _ => None,
            });
            let tell = Tell::Woken { until: snoozed.unwrap_or(self.now), is_over: *state == LeadState::Lapsed };
            changes.tellings.push(Telling { lead, entry: kept.entry, tell, definition, facts: kept.facts });
        }
        Ok(())
    }

    /// Why a lead is one, in the words that were kept with it.
    pub(super) fn words_kept(&self, lead: u64) -> Result<Vec<String>> {
        let evidence = self.ledger.evidence(lead).context("cannot read a lead")?.unwrap_or_default();
        let evidence: Json = serde_json::from_str(&evidence).unwrap_or_default();
        let words = evidence.get("reasons").and_then(Json::as_array);
        Ok(words.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect())
    }
}

/// The state that a change has set.
fn state_of(change: &Change) -> Option<LeadState> {
    let detail: Json = serde_json::from_str(&change.detail).ok()?;
    let text = |member: &str| detail.get(member).and_then(Json::as_str).map(str::to_owned);
    Some(match text("state")?.as_str() {
        "new" => LeadState::New,
        "working" => LeadState::Working,
        "accepted" => LeadState::Accepted,
        "refused" => LeadState::Refused { reason: text("reason").unwrap_or_default() },
        "snoozed" => LeadState::Snoozed { until: Timestamp(detail.get("until")?.as_i64()?) },
        "converted" => LeadState::Converted,
        "lapsed" => LeadState::Lapsed,
        _ => return None,
    })
}
