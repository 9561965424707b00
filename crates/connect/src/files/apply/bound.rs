//! Statements with columns by their places instead of their names.

use std::collections::BTreeMap;

use engine::record::{EventKind, SubjectKind};
use engine::{Number, Value};

use super::value::{BoundType, Missing};
use crate::files::field::Field;
use crate::files::mapping::{Each, Others, Test};
use crate::files::time::TimeReader;

/// Where a value comes from, by place.
#[derive(Debug, Clone)]
pub(super) enum Slot {
    Column(usize),
    Item,
    Position,
    Constant(Value),
}

/// An item of `each`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'row> {
    pub(super) field: Field<'row>,
    pub(super) position: u64,
}

#[derive(Debug)]
pub(super) struct BoundId {
    pub(super) slot: Slot,
    pub(super) prefix: String,
    pub(super) missing: Missing,
}

#[derive(Debug)]
pub(super) struct BoundTime {
    pub(super) slot: Slot,
    pub(super) reader: TimeReader,
    pub(super) missing: Missing,
}

#[derive(Debug)]
pub(super) struct BoundProperty {
    pub(super) name: String,
    pub(super) slot: Slot,
    pub(super) value_type: BoundType,
    pub(super) missing: Missing,
    /// In the batch at hand: the name's code, and the column that was used last.
    pub(super) code: u32,
    pub(super) column: Option<usize>,
}

#[derive(Debug)]
pub(super) struct BoundAmount {
    pub(super) column: Option<usize>,
    pub(super) constant: Number,
    pub(super) decimal: u8,
    pub(super) currency: Slot,
    pub(super) missing: Missing,
}

#[derive(Debug)]
pub(super) struct BoundCondition {
    pub(super) column: usize,
    pub(super) test: Test,
    pub(super) missing: Missing,
}

#[derive(Debug)]
pub(super) enum BoundName {
    /// With its code in the batch at hand.
    Fixed(String, u32),
    From {
        slot: Slot,
        rename: BTreeMap<String, String>,
        others: Others,
        missing: Missing,
    },
    None,
}

#[derive(Debug)]
pub(super) enum BoundShape {
    Event(Option<EventKind>),
    Traits { of: SubjectKind, constant: bool },
    Joined,
    Left,
    Alias(BoundId),
}

#[derive(Debug)]
pub(super) struct BoundStatement {
    pub(super) shape: BoundShape,
    pub(super) name: BoundName,
    pub(super) user: Option<BoundId>,
    pub(super) anonymous: Option<BoundId>,
    pub(super) account: Option<BoundId>,
    pub(super) workspace: Option<BoundId>,
    pub(super) time: Option<BoundTime>,
    pub(super) received: Option<BoundTime>,
    pub(super) id: Option<BoundId>,
    pub(super) sender: Option<BoundId>,
    pub(super) properties: Vec<BoundProperty>,
    pub(super) rest: Option<String>,
    pub(super) amount: Option<BoundAmount>,
    pub(super) only_if: Vec<BoundCondition>,
    pub(super) each: Option<(usize, Each, Missing)>,
    pub(super) seed: u128,
}
