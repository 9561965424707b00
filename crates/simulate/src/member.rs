//! A person of an account.

use crate::draw::{Draw, Quantiles};
use crate::fact::PersonCode;
use crate::scenario::Level;
use crate::world::{Kind, World};

/// What a person does for a living, which decides what he does in the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Persona {
    Manager,
    Marketer,
    Analyst,
    Developer,
    Operations,
    /// A login that calls the interface day and night.
    Bot,
}

impl Persona {
    /// One of the five of flesh and blood, owners and guests alike.
    pub(crate) fn draw(draw: &mut Draw) -> Self {
        const SUMS: [u32; 5] = [36, 60, 76, 90, 100];
        const ALL: [Persona; 5] =
            [Persona::Manager, Persona::Marketer, Persona::Analyst, Persona::Developer, Persona::Operations];
        ALL[draw.weighted(&SUMS)]
    }

    /// The place of the title in its list.
    pub(crate) fn title(self, kind: Kind, owner: bool) -> usize {
        match (self, kind) {
            (Self::Bot, _) => 7,
            (_, Kind::Student) => 6,
            (Self::Manager, _) if owner => 0,
            (Self::Manager, _) => 1,
            (Self::Marketer, _) => 2,
            (Self::Analyst, _) => 3,
            (Self::Developer, _) => 4,
            (Self::Operations, _) => 5,
        }
    }
}

/// A person's state: small, since all are alive at once when rows come in order of receipt.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) code: PersonCode,
    pub(crate) persona: Persona,
    /// Sessions on 1,000 working days.
    pub(crate) intensity_permille: u32,
    /// The day from which on there are sessions.
    pub(crate) joined_day: i32,
    /// The day of a bot's last call; of others never.
    pub(crate) last_day: i32,
    /// `Signed Up`, as written down; [`i64::MAX`] if it was not.
    pub(crate) clock: i64,
    pub(crate) device: PersonCode,
    /// How much the device's clock is ahead, in microseconds.
    pub(crate) ahead: i64,
    /// Whether the sender corrects nothing.
    pub(crate) uncorrected: bool,
    /// The instant until which he goes by his previous id; 0 if he never did.
    pub(crate) previous_until: i64,
    pub(crate) left: bool,
    /// The owner of another account, who works here too.
    pub(crate) guest: bool,
    /// The place in [`Words::Sources`](crate::vocabulary::Words::Sources).
    pub(crate) source: u8,
    /// Steps of the set-up done.
    pub(crate) steps: u8,
    pub(crate) admin: bool,
    /// When the rule began to hold, [`i64::MAX`] if it does not.
    pub(crate) rule_held_at: i64,
    /// The earliest times of the rule's events, as many for each condition as it asks for, each rising.
    pub(crate) times: Box<[i64]>,
    pub(crate) converted_at: Option<i64>,
}

/// Sessions on 1,000 working days.
const INTENSITY: Quantiles = [30, 60, 90, 120, 150, 180, 220, 260, 300, 340, 390, 450, 520, 600, 690, 790, 900];

impl Member {
    /// Somebody who signs up on a day.
    pub(crate) fn new(world: &World, draw: &mut Draw, code: PersonCode, kind: Kind, level: Level, day: i32) -> Self {
        let need = match level {
            Level::Low => 50,
            Level::Middle => 110,
            Level::High => 220,
        };
        let percent = if matches!(kind, Kind::Hobbyist | Kind::Student | Kind::Internal) { 80 + need } else { need };
        let intensity = (draw.shape(&INTENSITY) * percent / 100).min(950);
        let persona = Persona::draw(draw);
        let skewed = draw.chance(world.noise.skewed_permille);
        let minutes = if skewed { draw.between(2, 180) } else { 0 };
        let side = draw.below(3);
        let ahead = minutes * engine::time::MINUTE * if side == 2 { -1 } else { 1 };
        Self {
            code,
            persona,
            intensity_permille: intensity as u32,
            joined_day: day,
            last_day: i32::MAX,
            clock: i64::MAX,
            device: code,
            ahead,
            uncorrected: skewed && side == 0,
            previous_until: 0,
            left: false,
            guest: false,
            source: 0,
            steps: 0,
            admin: false,
            rule_held_at: i64::MAX,
            times: vec![i64::MAX; world.conditions.last().copied().unwrap_or(0)].into_boxed_slice(),
            converted_at: None,
        }
    }

    /// Takes note of an event that was written down with this time, if it counts for the rule.
    pub(crate) fn observe(&mut self, world: &World, condition: usize, time: i64) {
        if time < self.clock || time - self.clock >= world.window {
            return;
        }
        let end = world.conditions[condition];
        let start = if condition == 0 { 0 } else { world.conditions[condition - 1] };
        let times = &mut self.times[start..end];
        let at = times.partition_point(|earlier| *earlier <= time);
        if at == times.len() {
            return;
        }
        times[at..].rotate_right(1);
        times[at] = time;
        self.rule_held_at = world.conditions.iter().map(|end| self.times[end - 1]).max().unwrap_or(i64::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Purpose;
    use crate::product::Product;
    use crate::scenario::Scenario;
    use engine::time::DAY;

    /// The rule as it reads: count the times within the window up to each instant.
    fn held(clock: i64, invites: &[i64], projects: &[i64]) -> i64 {
        let mut all: Vec<i64> = invites.iter().chain(projects).copied().collect();
        all.sort_unstable();
        let counted = |times: &[i64], now: i64| {
            times.iter().filter(|time| **time >= clock && **time < clock + 14 * DAY && **time <= now).count()
        };
        all.into_iter().find(|now| counted(invites, *now) >= 2 && counted(projects, *now) >= 3).unwrap_or(i64::MAX)
    }

    proptest::proptest! {
        #[test]
        fn the_rule_is_tracked_in_any_order(
            invites in proptest::collection::vec(0_i64..20, 0..6),
            projects in proptest::collection::vec(0_i64..20, 0..8),
            first in 0_usize..2,
        ) {
            let world = World::new(&Product::for_users(1, 10, 1, Scenario::PLANTED)).unwrap();
            let mut draw = Draw::new(1, 1, Purpose::Behaviour);
            let mut member = Member::new(&world, &mut draw, PersonCode::new(0, 0), Kind::Company, Level::Low, 0);
            member.clock = 2 * DAY;
            let days = |given: &[i64]| given.iter().map(|day| day * DAY).collect::<Vec<i64>>();
            let (invites, projects) = (days(&invites), days(&projects));
            for condition in [first, 1 - first] {
                for time in if condition == 0 { &invites } else { &projects } {
                    member.observe(&world, condition, *time);
                }
            }
            proptest::prop_assert_eq!(member.rule_held_at, held(member.clock, &invites, &projects));
        }
    }
}
