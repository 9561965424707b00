//! What becomes of leads with time alone: they lapse, and those that were snoozed wake.
//!
//! A lead's time is over when its definition no longer holds, or when a conversion would no longer count for its goal. It lapses
//! then, if nobody has taken it in hand: what people work on is theirs to end. Should later data give it more time, it is new again.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use engine::Timestamp;
use store::ledger::lead::LeadState;

/// What time brings to a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Its time is over.
    Lapses,
    /// It was snoozed until now.
    Wakes,
    /// Its time was over, and is not any more.
    Revives,
}

/// Where a lead stands, as far as time matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    Snoozed(Timestamp),
    Converted,
    Lapsed,
    InHand,
}

impl Stage {
    const fn of(state: &LeadState) -> Self {
        match state {
            LeadState::New => Self::New,
            LeadState::Snoozed { until } => Self::Snoozed(*until),
            LeadState::Converted => Self::Converted,
            LeadState::Lapsed => Self::Lapsed,
            LeadState::Working | LeadState::Accepted | LeadState::Refused { .. } => Self::InHand,
        }
    }
}

/// One lead.
#[derive(Debug)]
struct Course {
    definition: Arc<str>,
    stage: Stage,
    /// When its time is over.
    ends: Option<Timestamp>,
    is_retracted: bool,
    goal: Goal,
}

/// What is known of a lead's goal; [`Timestamp::MIN`]: that it was not reached.
#[derive(Debug, Clone, Copy, Default)]
struct Goal {
    /// When it was reached last; `None`: nothing was said of the lead yet.
    reached: Option<Timestamp>,
    /// Up to then whoever set the state could know of it; `None`: only the lead's history tells.
    answered: Option<Timestamp>,
}

impl Course {
    /// When something is to become of it.
    fn due(&self) -> Option<Timestamp> {
        match self.stage {
            _ if self.is_retracted => None,
            Stage::New => self.ends,
            Stage::Snoozed(until) => Some(until),
            Stage::Converted | Stage::Lapsed | Stage::InHand => None,
        }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }
}

/// All leads.
#[derive(Debug, Default)]
pub struct Courses {
    by_lead: HashMap<u64, Course>,
    due: BTreeSet<(Timestamp, u64)>,
    revived: Vec<u64>,
}

impl Courses {
    /// A lead is known from now on.
    pub fn know(&mut self, lead: u64, definition: Arc<str>, state: &LeadState) {
        let stage = Stage::of(state);
        self.by_lead.insert(lead, Course { definition, stage, ends: None, is_retracted: false, goal: Goal::default() });
        self.change(lead, |_| {});
    }

    /// A lead is forgotten.
    pub fn forget(&mut self, lead: u64) {
        if let Some(due) = self.by_lead.remove(&lead).and_then(|course| course.due()) {
            self.due.remove(&(due, lead));
        }
    }

    /// The definition that a lead is of.
    pub fn definition_of(&self, lead: u64) -> Option<&Arc<str>> {
        self.by_lead.get(&lead).map(|course| &course.definition)
    }

    /// Whether a lead's time is over.
    pub fn is_over(&self, lead: u64, now: Timestamp) -> bool {
        self.by_lead.get(&lead).is_some_and(|course| course.is_over(now))
    }

    /// A lead's state is another one.
    pub fn set_state(&mut self, lead: u64, state: &LeadState) {
        self.change(lead, |course| course.stage = Stage::of(state));
    }

    /// Nothing was said of a lead before: it is new.
    pub fn is_new(&mut self, lead: u64) {
        self.answers(lead, Timestamp::MIN);
    }

    /// When a lead's goal was reached last, if it was. Gives whether that is more than was known when its state was set, as far as is known
    /// without its history.
    pub fn reached(&mut self, lead: u64, goal: Option<Timestamp>) -> bool {
        let Some(course) = self.by_lead.get_mut(&lead) else { return false };
        course.goal.reached = Some(goal.unwrap_or(Timestamp::MIN));
        course.stage != Stage::Converted
            && goal.is_some()
            && course.goal.answered.is_none_or(|known| goal > Some(known))
    }

    /// When a lead's goal was reached last; `None`: nothing was said of the lead yet.
    pub fn goal(&self, lead: u64) -> Option<Timestamp> {
        self.by_lead.get(&lead)?.goal.reached
    }

    /// Up to which instant of its goal a lead's state is an answer to; `None`: only its history tells.
    pub fn answered(&self, lead: u64) -> Option<Timestamp> {
        self.by_lead.get(&lead)?.goal.answered
    }

    /// A lead's state is an answer to its goal up to an instant.
    pub fn answers(&mut self, lead: u64, goal: Timestamp) {
        if let Some(course) = self.by_lead.get_mut(&lead) {
            course.goal.answered = course.goal.answered.max(Some(goal));
        }
    }

    /// A lead's time is over then; `None`: it does not end. Nothing becomes of one that is retracted.
    pub fn set_end(&mut self, lead: u64, ends: Option<Timestamp>, is_retracted: bool, now: Timestamp) {
        let was_over = self.is_over(lead, now);
        self.change(lead, |course| (course.ends, course.is_retracted) = (ends, is_retracted));
        let has_lapsed = self.by_lead.get(&lead).is_some_and(|course| course.stage == Stage::Lapsed);
        if was_over && has_lapsed && !is_retracted && !self.is_over(lead, now) {
            self.revived.push(lead);
        }
    }

    fn change(&mut self, lead: u64, change: impl FnOnce(&mut Course)) {
        let Some(course) = self.by_lead.get_mut(&lead) else { return };
        if let Some(before) = course.due() {
            self.due.remove(&(before, lead));
        }
        change(course);
        self.due.extend(course.due().map(|at| (at, lead)));
    }

    /// When something is to become of one of them.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// What time has brought up to an instant, each once, no more than so many at a time. Whoever asks says by [`Courses::set_state`] what
    /// became of each.
    pub fn pass(&mut self, now: Timestamp, most: usize) -> Vec<(u64, Turn)> {
        let mut turns: Vec<(u64, Turn)> = self.revived.drain(..).map(|lead| (lead, Turn::Revives)).collect();
        while turns.len() < most {
            let Some((_, lead)) = self.due.first().copied().filter(|(at, _)| *at <= now) else { break };
            let is_snoozed = self.by_lead.get(&lead).is_some_and(|course| course.stage != Stage::New);
            self.change(lead, |course| course.stage = Stage::InHand);
            turns.push((lead, if is_snoozed { Turn::Wakes } else { Turn::Lapses }));
        }
        turns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    fn courses() -> Courses {
        let mut courses = Courses::default();
        let snoozed = LeadState::Snoozed { until: at(20) };
        let states = [LeadState::New, LeadState::Working, snoozed, LeadState::Converted, LeadState::New];
        for (lead, state) in (1..).zip(&states) {
            courses.know(lead, Arc::from("trial"), state);
            courses.set_end(lead, Some(at(10)), false, at(0));
        }
        courses.set_end(5, None, false, at(0));
        courses
    }

    #[test]
    fn each_turn_comes_once_and_only_to_whom_it_is_due() {
        let mut courses = courses();
        assert_eq!(courses.next_due(), Some(at(10)));
        assert_eq!(courses.pass(at(9), 9), []);
        assert_eq!(courses.pass(at(10), 9), [(1, Turn::Lapses)]);
        assert_eq!(courses.pass(at(30), 9), [(3, Turn::Wakes)]);
        assert_eq!((courses.pass(at(40), 9), courses.next_due()), (Vec::new(), None));
    }

    #[test]
    fn what_somebody_sets_is_in_force_at_once() {
        let mut courses = courses();
        courses.set_state(5, &LeadState::Converted);
        let converts = [5, 4, 1].map(|lead| courses.reached(lead, Some(at(5))));
        assert_eq!(converts, [false, false, true], "who has converted does so no more");
        courses.set_state(1, &LeadState::Working);
        courses.set_state(3, &LeadState::New);
        assert_eq!(courses.pass(at(40), 9), [(3, Turn::Lapses)]);
    }

    #[test]
    fn a_goal_is_news_if_it_is_later_than_what_was_answered() {
        let mut courses = courses();
        assert_eq!(courses.goal(2), None);
        assert!(!courses.reached(2, None) && courses.reached(2, Some(at(5))));
        courses.answers(2, at(5));
        courses.answers(2, at(4));
        assert!(!courses.reached(2, Some(at(5))) && courses.reached(2, Some(at(6))));
        assert_eq!((courses.goal(2), courses.answered(2)), (Some(at(6)), Some(at(5))));
    }

    #[test]
    fn no_more_than_so_many_at_a_time() {
        let mut courses = courses();
        assert_eq!(courses.pass(at(40), 1), [(1, Turn::Lapses)]);
        assert_eq!(courses.next_due(), Some(at(20)));
        assert_eq!(courses.pass(at(40), 1), [(3, Turn::Wakes)]);
    }

    #[test]
    fn more_time_revives_whom_time_ended() {
        let mut courses = courses();
        courses.pass(at(10), 9);
        courses.set_state(1, &LeadState::Lapsed);
        courses.set_end(1, Some(at(50)), false, at(11));
        assert_eq!(courses.pass(at(11), 9), [(1, Turn::Revives)]);
        // Of one that lapsed by somebody's word no time was over.
        courses.set_state(5, &LeadState::Lapsed);
        courses.set_end(5, Some(at(60)), false, at(11));
        assert_eq!(courses.pass(at(11), 9), []);
    }

    #[test]
    fn nothing_becomes_of_who_is_retracted_or_forgotten() {
        let mut courses = courses();
        courses.set_end(1, Some(at(10)), true, at(0));
        courses.forget(3);
        assert_eq!((courses.next_due(), courses.pass(at(40), 9)), (None, Vec::new()));
        courses.set_end(1, Some(at(10)), false, at(0));
        assert_eq!(courses.pass(at(40), 9), [(1, Turn::Lapses)]);
    }
}
