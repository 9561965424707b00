//! From what happens to what is written down: delays, wrong clocks, copies, and what is not told at all.

use engine::record::SubjectKind;
use engine::time::{DAY, HOUR, MINUTE, SECOND};

use crate::draw::{Draw, Quantiles};
use crate::fact::{AccountCode, Fact, Form, PersonCode, Slot, What};
use crate::life::Life;
use crate::vocabulary::EventName;
use crate::world::World;

/// Where rows go.
pub(crate) struct Ink<'a> {
    pub(crate) world: &'a World,
    pub(crate) out: &'a mut Vec<Fact>,
}

/// Who tells something.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Teller {
    /// A person of the account, by his place in it.
    Member(usize),
    /// The account itself: a server, with nobody's id.
    Account,
    /// A device before its owner is known.
    Device(PersonCode),
}

/// Something to be told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Letter {
    pub(crate) by: Teller,
    /// When it truly happened.
    pub(crate) time: i64,
    pub(crate) what: What,
    pub(crate) slots: [Slot; 4],
    /// How long the sender was out of reach.
    pub(crate) delay: i64,
}

/// Microseconds on the way, when all is well.
const LATENCY: Quantiles = [
    80_000, 120_000, 180_000, 250_000, 350_000, 500_000, 700_000, 900_000, 1_200_000, 1_600_000, 2_200_000, 3_000_000,
    4_000_000, 6_000_000, 10_000_000, 20_000_000, 50_000_000,
];

/// How much later a copy comes.
const COPY_DELAY: Quantiles = [
    SECOND,
    2 * SECOND,
    3 * SECOND,
    5 * SECOND,
    8 * SECOND,
    10 * SECOND,
    15 * SECOND,
    20 * SECOND,
    30 * SECOND,
    45 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    20 * MINUTE,
    HOUR,
    6 * HOUR,
    DAY,
];

/// How late a session's events come when its device was out of reach: two hours to five days.
const LATENESS: Quantiles = [
    2 * HOUR,
    2 * HOUR,
    3 * HOUR,
    3 * HOUR,
    4 * HOUR,
    5 * HOUR,
    6 * HOUR,
    8 * HOUR,
    10 * HOUR,
    12 * HOUR,
    16 * HOUR,
    20 * HOUR,
    26 * HOUR,
    36 * HOUR,
    50 * HOUR,
    80 * HOUR,
    5 * DAY,
];

/// How late the events of a session come: mostly not at all.
pub(crate) fn lateness(draw: &mut Draw, permille: u32) -> i64 {
    if draw.chance(permille) { draw.shape(&LATENESS) } else { 0 }
}

impl Life {
    /// Writes a letter down. Gives the time written down (held at receipt), `None` where nothing was: it happened
    /// before it was instrumented, or arrives when the observation is over.
    pub(crate) fn tell(&mut self, ink: &mut Ink<'_>, letter: Letter) -> Option<i64> {
        let name = if let What::Event(name) = letter.what { Some(name) } else { None };
        if name.is_some_and(|name| !ink.world.tells(name, letter.time)) {
            return None;
        }
        let received = whole_milliseconds(letter.time + self.wire.shape(&LATENCY) + letter.delay);
        if received >= ink.world.end {
            return None;
        }
        let fact = self.address(letter, name, received);
        let recorded = fact.time.min(received);
        if let (Teller::Member(at), Some(condition)) = (letter.by, name.and_then(|name| ink.world.condition_of(name))) {
            self.observe(ink.world, at, condition, recorded);
        }
        ink.out.push(fact);
        if self.wire.chance(ink.world.noise.duplicate_permille) {
            self.tell_again(ink, fact);
        }
        Some(recorded)
    }

    /// The row of a letter: ids, and the time by the sender's clock.
    fn address(&mut self, letter: Letter, name: Option<EventName>, received: i64) -> Fact {
        let mut fact = Fact {
            time: whole_milliseconds(letter.time),
            received,
            message: u64::from(self.index) << 32 | u64::from(self.messages),
            user: PersonCode::NONE,
            by_previous_id: false,
            device: PersonCode::NONE,
            account: AccountCode::NONE,
            clock_ahead: 0,
            uncorrected: false,
            what: letter.what,
            slots: letter.slots,
        };
        self.messages += 1;
        match letter.by {
            Teller::Device(device) => fact.device = device,
            Teller::Account => fact.account = AccountCode::new(self.index),
            Teller::Member(at) => {
                let Some(member) = self.members.get(at) else { return fact };
                fact.account = AccountCode::new(self.index);
                fact.user = member.code;
                fact.by_previous_id = letter.time < member.previous_until;
                if matches!(letter.what, What::Traits(SubjectKind::User) | What::Event(EventName::LoggedIn)) {
                    fact.device = member.device;
                }
                if name.is_some_and(EventName::is_use) && letter.delay == 0 {
                    fact.clock_ahead = member.ahead;
                    fact.uncorrected = member.uncorrected;
                    fact.time += if member.uncorrected { member.ahead } else { 0 };
                }
            }
        }
        fact
    }

    /// Takes note of an event that counts for the rule.
    fn observe(&mut self, world: &World, at: usize, condition: usize, recorded: i64) {
        let Some(member) = self.members.get_mut(at) else { return };
        if !member.guest {
            member.observe(world, condition, recorded);
            self.rule_held_at = self.rule_held_at.min(member.rule_held_at);
        }
    }

    /// Sends a row once more, with the same message id; some copies differ.
    fn tell_again(&mut self, ink: &mut Ink<'_>, mut copy: Fact) {
        copy.received = whole_milliseconds(copy.received + self.wire.shape(&COPY_DELAY));
        if self.wire.chance(ink.world.noise.differing_permille) {
            copy.time += SECOND;
            if copy.slots[0].form == Form::Whole {
                copy.slots[0].value += 1;
            }
        }
        if copy.received < ink.world.end {
            ink.out.push(copy);
        }
    }
}

/// Cut to milliseconds, which is what senders send.
const fn whole_milliseconds(time: i64) -> i64 {
    time - time.rem_euclid(1_000)
}
