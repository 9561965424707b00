//! What conversion depends on, as data, so that the answer a report should find is known.

use serde::Serialize;

use crate::vocabulary::EventName;

/// What makes an account buy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "scenario", rename_all = "snake_case")]
pub enum Scenario {
    /// An account whose own people include one who met the [`Rule`] buys with `factor_percent` of the chance that it
    /// would have had, from the next UTC day on. Hobbyists and students never buy. Nothing else matters.
    Planted {
        /// The chance of buying on one day in a usual phase of the account's life, in millionths; see [`phase_percent`].
        base_millionths: u32,
        /// What the rule makes of the chance, in hundredths: 500 is five times.
        factor_percent: u32,
        /// How much the base falls from one month of signup to the next, in thousandths of the first month's.
        monthly_decline_permille: u32,
    },
    /// Every day everybody buys with the same chance: nothing that anyone does or is matters.
    Null {
        /// The chance on one day in millionths.
        base_millionths: u32,
        /// Who buys.
        buyer: Buyer,
    },
    /// A hidden level of each account drives both its use and its chance; given the level nothing matters.
    Confounded {
        /// The chance of an account of the lowest level on one day, in millionths.
        base_millionths: u32,
        /// What the middle and the high level make of it, in hundredths.
        factor_percent: [u32; 2],
    },
}

/// Who buys under [`Scenario::Null`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Buyer {
    /// The account, once; its owner pays.
    Account,
    /// Each person alone, independent of the colleagues.
    Person,
    /// All people of an account at one instant: the people of an account are then not independent of each other, and
    /// a test that takes them to be finds too much.
    WholeAccount,
}

impl Scenario {
    /// A rule that makes buying five times as likely.
    pub const PLANTED: Self =
        Self::Planted { base_millionths: 1_600, factor_percent: 500, monthly_decline_permille: 15 };
    /// Nothing matters; accounts buy.
    pub const NULL: Self = Self::Null { base_millionths: 1_500, buyer: Buyer::Account };
    /// Levels of 1, 4 and 14 times the lowest chance.
    pub const CONFOUNDED: Self = Self::Confounded { base_millionths: 500, factor_percent: [400, 1_400] };

    /// The chance of buying on one day, in millionths, of an account that can buy.
    pub(crate) fn chance_millionths(&self, standing: &AtRisk) -> u64 {
        match *self {
            Self::Planted { factor_percent, .. } => {
                let factor = if standing.rule_held { u64::from(factor_percent) } else { 100 };
                (self.base_millionths(standing) * factor / 100).min(1_000_000)
            }
            Self::Null { .. } | Self::Confounded { .. } => self.base_millionths(standing).min(1_000_000),
        }
    }

    /// The chance without the rule's effect, in millionths.
    pub(crate) fn base_millionths(&self, standing: &AtRisk) -> u64 {
        match *self {
            Self::Planted { base_millionths, monthly_decline_permille, .. } => {
                let left = 1_000_u64.saturating_sub(u64::from(monthly_decline_permille) * u64::from(standing.cohort));
                u64::from(base_millionths) * phase_percent(standing.age_days) * left / 100_000
            }
            Self::Null { base_millionths, .. } => u64::from(base_millionths),
            Self::Confounded { base_millionths, factor_percent: [middle, high] } => {
                let percent = match standing.level {
                    Level::Low => 100,
                    Level::Middle => middle,
                    Level::High => high,
                };
                u64::from(base_millionths) * u64::from(percent) / 100
            }
        }
    }

    /// Whether people with free mail or at a school buy too.
    pub(crate) const fn hobbyists_buy(&self) -> bool {
        !matches!(self, Self::Planted { .. })
    }
}

/// What the chance of a day can depend on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AtRisk {
    /// Whole days since the signup's.
    pub(crate) age_days: u32,
    /// Months from the product's first to the signup's.
    pub(crate) cohort: u32,
    /// The hidden level.
    pub(crate) level: Level,
    /// Whether one of the account's own people met the rule before this day.
    pub(crate) rule_held: bool,
}

/// How the chance of [`Scenario::Planted`] rises towards the end of the trial and fades after it, in hundredths, by
/// days since signup.
#[must_use]
pub const fn phase_percent(age_days: u32) -> u64 {
    match age_days {
        0..=2 => 20,
        3..=8 => 60,
        9..=16 => 160,
        17..=30 => 80,
        31..=60 => 30,
        61..=120 => 12,
        _ => 4,
    }
}

/// The hidden level of an account: how much it needs a product like this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Half of the accounts.
    Low,
    /// 35 of 100.
    Middle,
    /// 15 of 100.
    High,
}

/// A stated behaviour: each of the counts within so many days of the person's own `Signed Up`. Under
/// [`Scenario::Planted`] it matters, else it is only watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Days of 24 hours after `Signed Up`; events at their end do not count.
    pub window_days: u32,
    /// Each event name with the least count.
    #[serde(serialize_with = "serialize_counts")]
    pub counts: Vec<(EventName, u32)>,
}

impl Default for Rule {
    /// Two `Member Invited` and three `Project Created` within 14 days.
    fn default() -> Self {
        Self { window_days: 14, counts: vec![(EventName::MemberInvited, 2), (EventName::ProjectCreated, 3)] }
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (name, count)) in self.counts.iter().enumerate() {
            let and = if at == 0 { "" } else { " and " };
            write!(formatter, "{and}{} >= {count}", name.text())?;
        }
        write!(formatter, " within {}d of Signed Up", self.window_days)
    }
}

fn serialize_counts<S: serde::Serializer>(counts: &[(EventName, u32)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(counts.iter().map(|(name, count)| (name.text(), count)))
}
