//! The parameters of a simulated product and what is refused among them.

use engine::Timestamp;
use engine::time::DAY;
use jiff::civil::Date;
use serde::Serialize;

use crate::scenario::{Rule, Scenario};
use crate::vocabulary::EventName;

/// A product to simulate. Equal parameters give equal rows on every machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Product {
    /// Where all chance comes from.
    pub seed: u64,
    /// How many accounts sign up, at most [`Self::MOST_ACCOUNTS`]. The first accounts of a larger product are those
    /// of a smaller one.
    pub accounts: u32,
    /// The first month: its year.
    pub first_year: i16,
    /// The first month, 1–12.
    pub first_month: i8,
    /// How many months are observed, 1–120. Signups arrive during all of them; the zone is UTC.
    pub months: u32,
    /// How much people do in a session, in hundredths of the usual.
    pub pace_percent: u32,
    /// What conversion depends on.
    pub scenario: Scenario,
    /// The behaviour that [`Scenario::Planted`] rewards and that the truth tells of under every scenario.
    pub rule: Rule,
    /// What goes wrong and who does not belong.
    pub noise: Noise,
    /// In which order rows come.
    pub order: Order,
    /// How many rows are handed over at once; changes nothing else.
    pub batch_rows: usize,
}

/// How often things go wrong, and how many do not belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Noise {
    /// Sessions of 1,000 whose events arrive two hours to five days late, all by the same delay.
    pub late_permille: u32,
    /// Events of 1,000 that are sent twice with one message id.
    pub duplicate_permille: u32,
    /// Copies of 1,000 that differ from the first.
    pub differing_permille: u32,
    /// People of 1,000 whose clock is wrong by up to three hours. Every third of those clocks runs ahead and is not
    /// corrected by the sender.
    pub skewed_permille: u32,
    /// Accounts of 1,000 that have a bot: a login that calls the interface day and night for some weeks.
    pub bot_permille: u32,
    /// Accounts of 1,000 that are a hobbyist with free mail: much use, no budget.
    pub hobbyist_permille: u32,
    /// Accounts of 1,000 that are a student.
    pub student_permille: u32,
    /// Accounts of 1,000 that are our own people testing, among them test purchases.
    pub internal_permille: u32,
    /// Visitors who never sign up, for 1,000 accounts.
    pub visitor_permille: u32,
    /// People of 1,000 who begin under another id and are aliased after two days.
    pub alias_permille: u32,
    /// Accounts of 1,000 where the owner of another account works too.
    pub guest_permille: u32,
    /// Invited people of 1,000 who use the inviter's device.
    pub shared_device_permille: u32,
}

impl Default for Noise {
    fn default() -> Self {
        Self {
            late_permille: 15,
            duplicate_permille: 5,
            differing_permille: 50,
            skewed_permille: 30,
            bot_permille: 3,
            hobbyist_permille: 140,
            student_permille: 25,
            internal_permille: 4,
            visitor_permille: 800,
            alias_permille: 6,
            guest_permille: 15,
            shared_device_permille: 10,
        }
    }
}

impl Noise {
    /// Nothing goes wrong and everybody belongs.
    pub const NONE: Self = Self {
        late_permille: 0,
        duplicate_permille: 0,
        differing_permille: 0,
        skewed_permille: 0,
        bot_permille: 0,
        hobbyist_permille: 0,
        student_permille: 0,
        internal_permille: 0,
        visitor_permille: 0,
        alias_permille: 0,
        guest_permille: 0,
        shared_device_permille: 0,
    };
}

/// In which order rows come. Both orders give the same rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// One account's life after the other, each in order of receipt; memory does not grow with the product.
    Account,
    /// In order of receipt over all accounts, as a collector's log or an export has them. All accounts are alive at
    /// once: about a kilobyte of memory each.
    #[default]
    Received,
}

/// Why a product cannot be simulated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProductError {
    /// Too few or too many.
    #[error("{what} is {given}; it must be from {least} to {most}")]
    OutOfRange {
        /// The parameter.
        what: &'static str,
        /// What was asked for.
        given: i64,
        /// The least that is possible.
        least: i64,
        /// The most that is possible.
        most: i64,
    },
    /// The first month is no month.
    #[error("{year}-{month} is not a month between 1970 and 2100")]
    NoMonth {
        /// The year given.
        year: i16,
        /// The month given.
        month: i8,
    },
    /// A rule counts what people do not do.
    #[error("the rule cannot count \"{0}\": only what a person does in the product, such as \"Project Created\"")]
    NotUse(&'static str),
}

impl Product {
    /// The most accounts.
    pub const MOST_ACCOUNTS: u32 = 50_000_000;

    /// A product with the usual noise: `months` from January 2025 on, about `users` people.
    #[must_use]
    pub fn for_users(seed: u64, users: u32, months: u32, scenario: Scenario) -> Self {
        let accounts = u64::from(users) * 1_000 / people_permille(months);
        Self {
            seed,
            accounts: u32::try_from(accounts).unwrap_or(u32::MAX).max(1),
            first_year: 2025,
            first_month: 1,
            months,
            pace_percent: 100,
            scenario,
            rule: Rule::default(),
            noise: Noise::default(),
            order: Order::default(),
            batch_rows: 65_536,
        }
    }

    /// The instant at which the observation begins.
    ///
    /// # Errors
    /// [`ProductError`] if the parameters cannot be.
    pub fn begins(&self) -> Result<Timestamp, ProductError> {
        Ok(Timestamp(i64::from(self.month_start(0)?) * DAY))
    }

    /// The instant at which the observation ends: nothing that is received from then on is told.
    ///
    /// # Errors
    /// [`ProductError`] if the parameters cannot be.
    pub fn ends(&self) -> Result<Timestamp, ProductError> {
        Ok(Timestamp(i64::from(self.month_start(self.months)?) * DAY))
    }

    /// The first day of a month of the product, as days since 1970-01-01.
    pub(crate) fn month_start(&self, month: u32) -> Result<i32, ProductError> {
        let no_month = ProductError::NoMonth { year: self.first_year, month: self.first_month };
        let months = i64::from(self.first_year) * 12 + i64::from(self.first_month) - 1 + i64::from(month);
        let (Ok(year), Ok(number)) = (i16::try_from(months.div_euclid(12)), i8::try_from(months.rem_euclid(12) + 1))
        else {
            return Err(no_month);
        };
        if !(1..=12).contains(&self.first_month) || !(1970..=2100).contains(&self.first_year) {
            return Err(no_month);
        }
        let (Ok(date), Ok(epoch)) = (Date::new(year, number, 1), Date::new(1970, 1, 1)) else {
            return Err(no_month);
        };
        Ok(date.since((jiff::Unit::Day, epoch)).map_or(0, |span| span.get_days()))
    }

    /// Checks all parameters.
    ///
    /// # Errors
    /// The first [`ProductError`] found.
    pub fn check(&self) -> Result<(), ProductError> {
        let within = |what, given: i64, least: i64, most: i64| {
            if (least..=most).contains(&given) {
                Ok(())
            } else {
                Err(ProductError::OutOfRange { what, given, least, most })
            }
        };
        within("the number of accounts", self.accounts.into(), 1, Self::MOST_ACCOUNTS.into())?;
        within("the number of months", self.months.into(), 1, 120)?;
        within("the pace in percent", self.pace_percent.into(), 1, 10_000)?;
        within("the rows of a batch", i64::try_from(self.batch_rows).unwrap_or(i64::MAX), 1, 16_777_216)?;
        within("the rule's number of conditions", self.rule.counts.len() as i64, 1, 8)?;
        within("the rule's window in days", self.rule.window_days.into(), 1, 3_650)?;
        for (at, (name, count)) in self.rule.counts.iter().enumerate() {
            within("a count of the rule", (*count).into(), 1, 1_000)?;
            let repeated = self.rule.counts.iter().take(at).any(|(other, _)| other == name);
            if !name.is_use() || repeated {
                return Err(ProductError::NotUse(name.text()));
            }
        }
        let noise = &self.noise;
        let kinds = noise.hobbyist_permille + noise.student_permille + noise.internal_permille;
        within("hobbyists, students and internal people of 1,000 accounts", kinds.into(), 0, 1_000)?;
        for (what, permille) in [
            ("late sessions of 1,000", noise.late_permille),
            ("duplicates of 1,000", noise.duplicate_permille),
            ("differing copies of 1,000", noise.differing_permille),
            ("skewed clocks of 1,000", noise.skewed_permille),
            ("bots of 1,000 accounts", noise.bot_permille),
            ("aliases of 1,000", noise.alias_permille),
            ("guests of 1,000 accounts", noise.guest_permille),
            ("shared devices of 1,000", noise.shared_device_permille),
        ] {
            within(what, permille.into(), 0, 1_000)?;
        }
        within("visitors for 1,000 accounts", noise.visitor_permille.into(), 0, 20_000)?;
        self.month_start(self.months).map(|_| ())
    }

    /// From when on an event is written down at all: the code that tells of it was put in later than the rest.
    pub(crate) fn instrumented_from(&self, name: EventName) -> Result<i64, ProductError> {
        match name {
            EventName::ReportExported => Ok(i64::from(self.month_start(self.months / 4)?) * DAY),
            _ => Ok(i64::MIN),
        }
    }
}

/// People for 1,000 accounts by the time accounts have to grow, as measured; a test holds this to a tenth.
const fn people_permille(months: u32) -> u64 {
    match months {
        0..=1 => 1_700,
        2 => 1_900,
        3..=4 => 2_050,
        _ => 2_200,
    }
}
