//! Which household a record belongs to: whoever shares a record is in one, for good.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::Frame;
use crate::Value;
use crate::record::{Body, Record, SubjectKind, is_generic};

/// The households of all ids, as numbers from 0 on.
///
/// Ids are known by 128 bits of hash; the seed must not be known to senders, so that nobody can make two ids meet.
#[derive(Debug, Clone)]
pub struct Roster {
    seed: u64,
    hashers: [FixedState; 2],
    numbers: HashMap<u128, u32, FixedState>,
    /// By number: itself, or the household it has become part of.
    parents: Vec<u32>,
    fresh: Seating,
}

/// Who sits where, to be stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seating {
    /// The hash of an id, and its household.
    ids: Vec<(u128, u32)>,
    /// Households that have become part of others.
    joins: Vec<(u32, u32)>,
    /// How many households have ever been.
    end: u32,
}

/// Where a record belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Its household.
    pub household: u32,
    /// Households that have become part of it by this record: it has to be read again with their records.
    pub joined: Vec<u32>,
}

impl Roster {
    /// Nobody is known.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let hashers =
            [FixedState::with_seed(seed), FixedState::with_seed(seed.rotate_left(32) ^ 0x9E37_79B9_7F4A_7C15)];
        Self { seed, hashers, numbers: HashMap::default(), parents: Vec::new(), fresh: Seating::default() }
    }

    /// The seed that it was made with, under which its [`Seating`] means something.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Everyone.
    #[must_use]
    pub fn seating(&self) -> Seating {
        let joins = self.parents.iter().zip(0..).filter(|(parent, number)| *parent != number);
        Seating {
            ids: self.numbers.iter().map(|(key, number)| (*key, *number)).collect(),
            joins: joins.map(|(parent, number)| (number, *parent)).collect(),
            end: self.end(),
        }
    }

    /// What has come since this was asked the last time.
    pub fn take_fresh(&mut self) -> Seating {
        Seating { end: self.end(), ..std::mem::take(&mut self.fresh) }
    }

    /// Seats who was seated under the same seed.
    pub fn restore(&mut self, seating: &Seating) {
        let end = self.end();
        self.parents.extend(end..seating.end.max(end));
        self.numbers.extend(seating.ids.iter().copied());
        for (number, parent) in &seating.joins {
            if let Some(known) = self.parents.get_mut(*number as usize) {
                *known = *parent;
            }
        }
    }

    /// The household of a record, new if nobody in it is known; `None` if it names nobody who could be in one.
    pub fn seat(&mut self, record: &Record, frame: &Frame<'_>) -> Option<Seat> {
        self.seat_keys(&self.keys(record, frame))
    }

    /// All who are in one household by a record, for [`Self::seat_keys`].
    #[must_use]
    pub fn keys(&self, record: &Record, frame: &Frame<'_>) -> Vec<u128> {
        let mut keys = Vec::new();
        each_id(record, frame, &mut |kind, id| keys.push(self.key(kind, id)));
        keys
    }

    /// [`Self::seat`] by the keys of a record.
    pub fn seat_keys(&mut self, keys: &[u128]) -> Option<Seat> {
        let mut seat: Option<Seat> = None;
        let mut unknown: Vec<u128> = Vec::new();
        for key in keys {
            let Some(number) = self.numbers.get(key).copied() else {
                unknown.push(*key);
                continue;
            };
            let root = self.root(number);
            match &mut seat {
                None => seat = Some(Seat { household: root, joined: Vec::new() }),
                Some(seat) if seat.household != root && !seat.joined.contains(&root) => seat.joined.push(root),
                Some(_) => {}
            }
        }
        let mut seat = match seat {
            Some(seat) => seat,
            None if unknown.is_empty() => return None,
            None => {
                let number = u32::try_from(self.parents.len()).unwrap_or(u32::MAX);
                self.parents.push(number);
                Seat { household: number, joined: Vec::new() }
            }
        };
        for key in unknown {
            self.numbers.insert(key, seat.household);
            self.fresh.ids.push((key, seat.household));
        }
        if let Some(first) = seat.joined.iter().copied().min().filter(|first| *first < seat.household) {
            // The oldest number goes on.
            let other = std::mem::replace(&mut seat.household, first);
            seat.joined.iter_mut().filter(|number| **number == first).for_each(|number| *number = other);
        }
        for number in &seat.joined {
            if let Some(parent) = self.parents.get_mut(*number as usize) {
                *parent = seat.household;
                self.fresh.joins.push((*number, seat.household));
            }
        }
        Some(seat)
    }

    /// The household of an id, if the id is known.
    #[must_use]
    pub fn find(&self, kind: SubjectKind, id: &str) -> Option<u32> {
        self.numbers.get(&self.key(kind, id)).map(|number| self.root(*number))
    }

    /// Nobody is known by this id any more. No record may be left that names it.
    pub fn forget(&mut self, kind: SubjectKind, id: &str) {
        let key = self.key(kind, id);
        self.numbers.remove(&key);
        self.fresh.ids.retain(|(known, _)| *known != key);
    }

    /// How many households have ever been; some may have become part of others.
    #[must_use]
    pub fn end(&self) -> u32 {
        u32::try_from(self.parents.len()).unwrap_or(u32::MAX)
    }

    /// Bytes of memory in use.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.numbers.capacity() * (size_of::<(u128, u32)>() + 1) + self.parents.capacity() * size_of::<u32>()
    }

    /// The household that a household is, or has become part of.
    #[must_use]
    pub fn root(&self, mut number: u32) -> u32 {
        while let Some(parent) = self.parents.get(number as usize).copied().filter(|parent| *parent != number) {
            number = parent;
        }
        number
    }

    fn key(&self, kind: SubjectKind, id: &str) -> u128 {
        let [high, low] = self.hashers.each_ref().map(|state| {
            let mut hasher = state.build_hasher();
            hasher.write_u8(kind as u8);
            hasher.write(id.as_bytes());
            hasher.finish()
        });
        u128::from(high) << 64 | u128::from(low)
    }
}

/// The ids of all who are in one household by a record.
pub fn each_id(record: &Record, frame: &Frame<'_>, take: &mut dyn FnMut(SubjectKind, &str)) {
    let mut take = |kind, id: &str| {
        if !is_generic(id) {
            take(kind, id);
        }
    };
    let who = &record.who;
    for id in [&who.user, &who.anonymous].into_iter().flatten() {
        take(SubjectKind::User, id);
    }
    match &record.body {
        Body::Alias { previous } => take(SubjectKind::User, previous),
        Body::Traits { of: SubjectKind::User, traits, .. }
            if frame.together() && frame.workspace.account_from_email =>
        {
            if let Some(Value::Text(address)) = traits.get("email")
                && let Some(account) = frame.workspace.account_of_email(address)
            {
                take(SubjectKind::Account, &account);
            }
        }
        Body::Event { .. } | Body::Traits { .. } | Body::Leave => {}
    }
    if frame.together() {
        for (kind, id) in [(SubjectKind::Account, &who.account), (SubjectKind::Workspace, &who.workspace)] {
            if let Some(id) = id {
                take(kind, id);
            }
        }
    }
}
