//! Rules that pick exactly the same people: a trait and the event that sets it, a property that all events of a name have, the share of
//! a limit that is the same for everybody.
//!
//! They are one hypothesis in several words. So one of them is judged, the plainest, and counts once in the correction for how much is
//! judged: its twins would have the same figures and the same p-value, and would only make the proof of everything else harder. How many
//! thresholds and combinations were *tried* counts them all, for the search did look at each. Who meets a rule on the later signups is
//! looked at before they judge, but not what became of them: that spends nothing of the proof.

use super::bits::Bits;
use super::cohort::Cohort;
use super::combine::Figures;
use super::layout::{Measure, Slot};
use super::rule::Rule;

/// Rules that are to be judged, each with its twins.
pub(crate) struct Picked<'a> {
    cohort: &'a Cohort<'a>,
    picks: Vec<Pick>,
}

/// A rule and those that pick the same people.
pub(crate) struct Pick {
    pub rule: Rule,
    pub twins: Vec<Rule>,
    figures: Figures,
    is_doubted: bool,
    /// Those at risk who meet it, in both halves.
    people: Bits,
}

/// What became of a rule that was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offered {
    /// It is to be judged.
    Taken,
    /// It is a twin of one that is.
    Twin,
    /// There is no more room.
    Neither,
}

impl<'a> Picked<'a> {
    pub const fn new(cohort: &'a Cohort<'a>) -> Self {
        Self { cohort, picks: Vec::new() }
    }

    pub const fn len(&self) -> usize {
        self.picks.len()
    }

    pub fn into_picks(self) -> Vec<Pick> {
        self.picks
    }

    /// Takes a rule to those that are to be judged, if there is room for `most`; or to its twin. `figures` are its own in the searched
    /// half: sets are only compared where these are equal. What is doubted is not hidden behind what is not.
    pub fn offer(&mut self, rule: Rule, figures: Figures, is_doubted: bool, most: usize) -> Offered {
        let is_alike =
            |pick: &Pick| pick.rule.window == rule.window && pick.figures == figures && pick.is_doubted == is_doubted;
        let has_room = self.picks.len() < most;
        if !has_room && !self.picks.iter().any(is_alike) {
            return Offered::Neither;
        }
        let people = rule.bits(self.cohort).and(&self.cohort.landmarks[rule.window].at_risk);
        if let Some(place) = self.picks.iter().position(|pick| is_alike(pick) && pick.people == people) {
            self.picks[place].join(rule);
            return Offered::Twin;
        }
        if has_room {
            self.picks.push(Pick { rule, twins: Vec::new(), figures, is_doubted, people });
            return Offered::Taken;
        }
        Offered::Neither
    }
}

impl Pick {
    /// Takes a twin in; the plainest is the one that is judged.
    fn join(&mut self, rule: Rule) {
        let is_plainer = plainness(&rule) < plainness(&self.rule);
        let twin = if is_plainer { std::mem::replace(&mut self.rule, rule) } else { rule };
        self.twins.push(twin);
        self.twins.sort_by(|left, right| plainness(left).cmp(&plainness(right)));
    }
}

/// Fewer conditions before more, an event's count before other measures of it, a trait before a property, all of these before a share
/// of a limit, and what is about times last.
fn plainness(rule: &Rule) -> (usize, Vec<u8>, &Rule) {
    let of = |slot: Slot| match slot.measure {
        Measure::Count => 0,
        Measure::Days | Measure::Users | Measure::Kinds => 1,
        Measure::Trait => 2,
        Measure::Property => 3,
        Measure::Share => 4,
        Measure::Soon | Measure::Again(_) | Measure::Growth | Measure::Lately | Measure::Then => 5,
    };
    let mut kinds: Vec<u8> = rule.conditions.iter().map(|condition| of(condition.slot)).collect();
    kinds.sort_unstable_by_key(|kind| std::cmp::Reverse(*kind));
    (rule.conditions.len(), kinds, rule)
}
