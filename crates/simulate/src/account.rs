//! What is known of an account when its life has been lived, and what only the truth tells.

use crate::fact::{AccountCode, PersonCode};
use crate::life::Exposure;
use crate::people::MailKind;
use crate::scenario::Level;
use crate::vocabulary::Words;
use crate::world::Kind;

/// An account with its people and purchases.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Its number in the product; see [`Ids`](crate::Ids) for its id.
    pub(crate) number: u32,
    /// What it is; the rows tell it only by e-mail domains.
    pub kind: Kind,
    /// The hidden level: in no row.
    pub level: Level,
    /// When the owner signed up, microseconds; [`i64::MAX`] for visitors.
    pub signed_up_at: i64,
    /// How many people work there.
    pub employees: u32,
    pub(crate) industry: u8,
    pub(crate) country: u8,
    /// When one of its own people first met the rule.
    pub rule_held_at: Option<i64>,
    /// When it first bought, as written down.
    pub converted_at: Option<i64>,
    /// The days on which it could have bought.
    pub exposure: Exposure,
    /// Its own people, the owner first; guests are told of by the account that they own.
    pub people: Vec<Person>,
    /// Its purchases.
    pub subscriptions: Vec<Subscription>,
}

impl Account {
    /// Whose rows are its.
    #[must_use]
    pub const fn code(&self) -> AccountCode {
        AccountCode::new(self.number)
    }

    /// Its industry in words.
    #[must_use]
    pub fn industry(&self) -> &'static str {
        word(Words::Industries, self.industry)
    }

    /// Its country, ISO 3166.
    #[must_use]
    pub fn country(&self) -> &'static str {
        word(Words::Countries, self.country)
    }

    /// The IANA zone of its people.
    #[must_use]
    pub fn timezone(&self) -> &'static str {
        word(Words::Timezones, self.country)
    }
}

/// A person.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Whose rows are his.
    pub code: PersonCode,
    /// The device, named after who first used it.
    pub device: PersonCode,
    /// Whose domain his address is of.
    pub mail: MailKind,
    pub(crate) title: u8,
    /// Whether his role is admin.
    pub admin: bool,
    pub(crate) source: u8,
    /// When he signed up, as written down; `None` if the observation ended before that was received.
    pub signed_up_at: Option<i64>,
    /// Whether his first two days are told under a previous id.
    pub had_previous_id: bool,
    /// Whether he is a program.
    pub bot: bool,
    /// How much his clock is ahead, microseconds.
    pub clock_ahead: i64,
    /// When his own behaviour, as written down, met the rule.
    pub rule_held_at: Option<i64>,
    /// When he bought, as written down; under most scenarios only an account's owner buys.
    pub converted_at: Option<i64>,
}

impl Person {
    /// His work in words.
    #[must_use]
    pub fn title(&self) -> &'static str {
        word(Words::Titles, self.title)
    }

    /// Where he came from in words.
    #[must_use]
    pub fn source(&self) -> &'static str {
        word(Words::Sources, self.source)
    }
}

/// A purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription {
    /// Who bought.
    pub by: PersonCode,
    /// When, as written down.
    pub started_at: i64,
    /// When it was cancelled.
    pub cancelled_at: Option<i64>,
    pub(crate) plan: u8,
    pub(crate) currency: u8,
    /// Paid a period, in hundredths.
    pub amount_hundredths: i64,
    /// How many people it is for.
    pub seats: u32,
    /// Whether a period is a year and not a month.
    pub yearly: bool,
}

impl Subscription {
    /// The plan in words.
    #[must_use]
    pub fn plan(&self) -> &'static str {
        word(Words::Plans, self.plan)
    }

    /// ISO 4217.
    #[must_use]
    pub fn currency(&self) -> &'static str {
        word(Words::Currencies, self.currency)
    }
}

fn word(words: Words, at: u8) -> &'static str {
    words.list().get(usize::from(at)).copied().unwrap_or("")
}
