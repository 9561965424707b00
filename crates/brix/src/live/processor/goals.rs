//! Goals that are reached: leads convert, save those of whom somebody has said otherwise since.
//!
//! What somebody says of a lead stands until its goal is reached once more, later than it was known to be when they said it. So with each
//! state that somebody sets the latest such instant is kept, and with each conversion: a start knows by them what was answered.

use anyhow::{Context as _, Result};
use engine::Timestamp;
use serde_json::Value as Json;
use store::ledger::lead::{Change, LeadChange, LeadState, What};

use super::{Act, Processor};
use crate::live::book::{Changes, Now, Reached};
use crate::live::entry::LeadAct;

impl Processor {
    /// Has the book know when the goals of leads were reached whose state somebody sets. Those to whom nothing has happened since the start
    /// are looked at.
    pub(super) fn see_goals(&mut self, acts: &[Act], now: Now, changes: &mut Changes) -> Result<()> {
        let set = acts.iter().filter(|act| matches!(act.what, LeadAct::State(_)));
        let mut unseen = Vec::new();
        for act in set.filter(|act| self.book.courses().goal(act.lead).is_none()) {
            let lead = self.ledger.lead(act.lead).context("cannot read a lead")?;
            let facts = lead.map(|lead| lead.facts);
            unseen.extend(facts.and_then(|facts| self.town.household_of(facts.subject_kind, &facts.subject)));
        }
        if !unseen.is_empty() {
            let changed = self.town.look_at(unseen, now.at)?;
            changed.news.iter().for_each(|household| self.book.read(household, now, changes));
        }
        Ok(())
    }

    /// Has those convert whose goal was reached since their state was set.
    pub(super) fn settle_goals(&mut self, changes: &mut Changes) -> Result<()> {
        for Reached { lead, goal, at } in std::mem::take(&mut changes.goals) {
            let answered = match self.book.courses().answered(lead) {
                Some(answered) => answered,
                None => self.states(lead)?.iter().filter_map(goal_of).max().unwrap_or(Timestamp::MIN),
            };
            let courses = self.book.courses();
            courses.answers(lead, answered.max(goal));
            if goal > answered {
                let state = LeadState::Converted;
                courses.set_state(lead, &state);
                changes.leads.push(LeadChange { lead, at, by: None, what: What::Answered { state, goal } });
            }
        }
        Ok(())
    }

    /// Somebody sets a state, knowing of the goal what is known.
    pub(super) fn answer(&mut self, lead: u64, state: LeadState) -> What {
        let courses = self.book.courses();
        courses.set_state(lead, &state);
        match courses.goal(lead).filter(|goal| *goal > Timestamp::MIN) {
            Some(goal) => {
                courses.answers(lead, goal);
                What::Answered { state, goal }
            }
            None => What::State(state),
        }
    }
}

/// Up to which instant of the goal a state is an answer. Conversions of a time when that was not kept answer all up to then.
fn goal_of(change: &Change) -> Option<Timestamp> {
    let detail: Json = serde_json::from_str(&change.detail).ok()?;
    let is_conversion = change.by.is_none() && detail.get("state").and_then(Json::as_str) == Some("converted");
    let goal = detail.get("goal").and_then(Json::as_i64).map(Timestamp);
    goal.or_else(|| is_conversion.then_some(change.at))
}
