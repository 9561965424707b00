//! Facts: what the simulated product's collector writes down, one row of plain numbers each.
//!
//! Ids and texts stay numbers until an encoder writes them, so that a fact is made without an allocation.

use engine::record::SubjectKind;

use crate::vocabulary::{EventName, Key, Words};

/// A person: account and place in it in one number. 0 is nobody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonCode(pub(crate) u64);

impl PersonCode {
    /// Nobody.
    pub const NONE: Self = Self(0);

    /// The `number`-th person of an account.
    pub(crate) const fn new(account: u32, number: u16) -> Self {
        Self(((account as u64) << 16) | (number as u64 + 1))
    }

    /// The account whose person this first was.
    pub(crate) const fn account(self) -> u32 {
        (self.0 >> 16) as u32
    }

    /// Whether this is nobody.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// An account's number plus one; 0 is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountCode(pub(crate) u32);

impl AccountCode {
    /// No account.
    pub const NONE: Self = Self(0);

    /// The code of the account with this number.
    pub(crate) const fn new(account: u32) -> Self {
        Self(account + 1)
    }

    /// Whether this is none.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    /// When it happened by the clock of whoever sent it, microseconds since the epoch. A clock that runs ahead can
    /// put this later than `received`; a reader has to hold it at `received`.
    pub time: i64,
    /// When the collector got it.
    pub received: i64,
    /// Which message it is; a copy has the same number.
    pub message: u64,
    /// The person's id.
    pub user: PersonCode,
    /// Whether the user is named by the id that he had before his alias.
    pub by_previous_id: bool,
    /// The device, named after the person who first used it.
    pub device: PersonCode,
    /// The account.
    pub account: AccountCode,
    /// How much the sender's clock is ahead of the true time; negative if behind. The sender tells its own time on
    /// sending, so that `time` is already corrected, unless [`Self::uncorrected`].
    pub clock_ahead: i64,
    /// Whether the sender did not tell its time on sending.
    pub uncorrected: bool,
    /// What it says.
    pub what: What,
    /// Properties or traits, filled from the front.
    pub slots: [Slot; 4],
}

/// What a fact says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Something was done.
    Event(EventName),
    /// Something is so.
    Traits(SubjectKind),
    /// The user's previous id and his id are one person.
    Alias,
}

/// A property or trait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The value, as the form reads it.
    pub value: i64,
    /// The name.
    pub key: Key,
    /// What the value is.
    pub form: Form,
}

/// How a slot's number is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// No property: the slot is empty.
    Empty,
    /// A whole number.
    Whole,
    /// Hundredths, for money.
    Hundredths,
    /// A place in a list of words.
    Word(Words),
    /// An instant in microseconds.
    Time,
    /// A [`PersonCode`], written as the person's user id.
    Person,
    /// The e-mail address of a [`PersonCode`]; its kind stands from bit 48 on.
    Email,
    /// The name of a [`PersonCode`].
    PersonName,
    /// The name of an account.
    CompanyName,
    /// The e-mail domain of an account.
    CompanyDomain,
    /// The id of a thing (project, file): a number of 32 bits.
    Thing,
}

impl Slot {
    /// No property.
    pub const EMPTY: Self = Self { value: 0, key: Key::Page, form: Form::Empty };

    /// A whole number.
    pub(crate) const fn whole(key: Key, value: i64) -> Self {
        Self { value, key, form: Form::Whole }
    }

    /// A word of a list.
    pub(crate) const fn word(key: Key, words: Words, at: usize) -> Self {
        Self { value: at as i64, key, form: Form::Word(words) }
    }

    /// Any form.
    pub(crate) const fn of(key: Key, form: Form, value: i64) -> Self {
        Self { value, key, form }
    }

    /// A thing's id.
    pub(crate) const fn thing(key: Key, id: u32) -> Self {
        Self { value: id as i64, key, form: Form::Thing }
    }

    /// A person's id.
    pub(crate) const fn person(key: Key, person: PersonCode) -> Self {
        Self { value: person.0 as i64, key, form: Form::Person }
    }
}

impl Fact {
    /// The same so many microseconds later, all times that it tells of included.
    #[must_use]
    pub fn later(mut self, by: i64) -> Self {
        self.time += by;
        self.received += by;
        self.slots.iter_mut().filter(|slot| slot.form == Form::Time).for_each(|slot| slot.value += by);
        self
    }

    /// The slots that are filled.
    pub fn filled(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| slot.form != Form::Empty)
    }

    /// The slot under a key.
    #[must_use]
    pub fn slot(&self, key: Key) -> Option<&Slot> {
        self.filled().find(|slot| slot.key == key)
    }
}

/// Slots from a shorter list.
pub(crate) fn slots<const N: usize>(given: [Slot; N]) -> [Slot; 4] {
    let mut slots = [Slot::EMPTY; 4];
    for (place, slot) in slots.iter_mut().zip(given) {
        *place = slot;
    }
    slots
}
