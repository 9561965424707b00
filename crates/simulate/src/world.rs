//! What all accounts of a product share.

use engine::time::DAY;

use crate::calendar::Calendar;
use crate::draw::{Draw, Purpose};
use crate::product::{Noise, Product, ProductError};
use crate::scenario::{Level, Scenario};
use crate::vocabulary::EventName;

/// The checked parameters with what follows from them.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) accounts: u32,
    pub(crate) pace_percent: u32,
    pub(crate) scenario: Scenario,
    pub(crate) noise: Noise,
    pub(crate) calendar: Calendar,
    /// Where nothing that is received from then on is told.
    pub(crate) end: i64,
    /// The rule's window in microseconds.
    pub(crate) window: i64,
    /// The rule's least counts, and where each condition's times end among a person's.
    pub(crate) conditions: Vec<usize>,
    /// For each event name the rule's condition, `u8::MAX` for none.
    condition_of: [u8; EventName::ALL.len()],
    /// For each event name from when on it is told.
    told_from: [i64; EventName::ALL.len()],
}

/// When an account arrives and what it is: found without living its life, so that others can know its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) kind: Kind,
    pub(crate) level: Level,
    /// The day of the first visit to the site.
    pub(crate) first_day: i32,
    /// The day of the signup; for visitors the day after the last visit.
    pub(crate) signup_day: i32,
}

/// What kind of account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A company.
    Company,
    /// One or a few people with free mail and no budget.
    Hobbyist,
    /// A student with a school's mail and no budget.
    Student,
    /// Our own people, testing.
    Internal,
    /// A visitor who never signs up: no account at all.
    Visitor,
}

/// Visitors are counted from here on, so that the number of accounts does not change who they are.
pub(crate) const FIRST_VISITOR: u32 = 1 << 31;

impl World {
    pub(crate) fn new(product: &Product) -> Result<Self, ProductError> {
        product.check()?;
        let calendar = Calendar::new(product)?;
        let mut condition_of = [u8::MAX; EventName::ALL.len()];
        let mut conditions = Vec::new();
        let mut end_of_times = 0;
        for (at, (name, count)) in product.rule.counts.iter().enumerate() {
            condition_of[*name as usize] = at as u8;
            end_of_times += *count as usize;
            conditions.push(end_of_times);
        }
        let mut told_from = [i64::MIN; EventName::ALL.len()];
        for name in EventName::ALL {
            told_from[name as usize] = product.instrumented_from(name)?;
        }
        Ok(Self {
            seed: product.seed,
            accounts: product.accounts,
            pace_percent: product.pace_percent,
            scenario: product.scenario,
            noise: product.noise,
            end: calendar.end(),
            calendar,
            window: i64::from(product.rule.window_days) * DAY,
            conditions,
            condition_of,
            told_from,
        })
    }

    /// How many visitors never sign up.
    pub(crate) fn visitors(&self) -> u32 {
        (u64::from(self.accounts) * u64::from(self.noise.visitor_permille) / 1_000) as u32
    }

    /// The numbers of all accounts and visitors.
    pub(crate) fn lives(&self) -> impl Iterator<Item = u32> + use<> {
        (0..self.accounts).chain(FIRST_VISITOR..FIRST_VISITOR + self.visitors())
    }

    /// The rule's condition that an event counts for.
    pub(crate) fn condition_of(&self, name: EventName) -> Option<usize> {
        let condition = self.condition_of[name as usize];
        (condition != u8::MAX).then_some(usize::from(condition))
    }

    /// Whether an event of this time is told at all.
    pub(crate) fn tells(&self, name: EventName, time: i64) -> bool {
        time >= self.told_from[name as usize]
    }

    /// When an account arrives and what it is.
    pub(crate) fn arrival(&self, account: u32) -> Arrival {
        let draw = &mut Draw::new(self.seed, account, Purpose::Arrival);
        let signup_day = self.calendar.signup_day(draw);
        let lead = draw.shape(&[0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 6, 8, 12, 18, 30]) as i32;
        let kind = if account >= FIRST_VISITOR { Kind::Visitor } else { self.kind(draw.below(1_000)) };
        let level = match draw.below(100) {
            0..=49 => Level::Low,
            50..=84 => Level::Middle,
            _ => Level::High,
        };
        Arrival { kind, level, first_day: (signup_day - lead).max(self.calendar.first_day), signup_day }
    }

    fn kind(&self, at: u32) -> Kind {
        let Noise { hobbyist_permille, student_permille, internal_permille, .. } = self.noise;
        if at < hobbyist_permille {
            Kind::Hobbyist
        } else if at < hobbyist_permille + student_permille {
            Kind::Student
        } else if at < hobbyist_permille + student_permille + internal_permille {
            Kind::Internal
        } else {
            Kind::Company
        }
    }
}
