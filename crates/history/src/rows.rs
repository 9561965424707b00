//! Rows on their way into files: columns of codes, and each row's values as bytes.

use std::io::{Read, Write};

use engine::identity::{HouseholdKey, Households, Identity};

use crate::columns::Table;
use crate::place;

/// Marks [`Row::what`] of facts; events have their name's code.
pub(crate) const FACT: u32 = 1 << 31;
/// Marks a fact that is held to be so always.
pub(crate) const CONSTANT: u32 = 1 << 3;
/// What a fact says, in the order of their codes.
pub(crate) const SAYINGS: [&str; 5] = ["user", "account", "workspace", "alias", "leave"];
/// The fact that joins two ids.
pub(crate) const ALIAS: u32 = FACT | 3;
/// The fact that ends a membership.
pub(crate) const LEAVE: u32 = FACT | 4;
/// Stands for a time of receipt that is not known.
pub(crate) const NEVER: i64 = i64::MIN;

/// The plain columns of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// When.
    pub(crate) at: i64,
    /// Receipt, or [`NEVER`].
    pub(crate) received: i64,
    /// When it took effect for its person.
    pub(crate) known: i64,
    /// The household that it is placed in.
    pub(crate) household: HouseholdKey,
    /// The person that it is placed with; 0: none.
    pub(crate) person: u32,
    /// As sent; 0: none.
    pub(crate) user: u32,
    /// As sent; 0: none.
    pub(crate) anonymous: u32,
    /// As sent; 0: none.
    pub(crate) account: u32,
    /// As sent; 0: none.
    pub(crate) workspace: u32,
    /// Name code of an event, or [`FACT`] and what it says.
    pub(crate) what: u32,
    /// Code of the source.
    pub(crate) source: u32,
}

impl Row {
    /// Gives the row its person and household.
    pub(crate) fn place(&mut self, identity: &Identity, households: &Households) {
        let (person, known) = identity.person_of_row(self.user, self.anonymous, self.at);
        self.person = person;
        self.known = if self.received == NEVER { self.at } else { self.received.max(self.at) }.max(known);
        self.household = households.of_row(person, self.account, self.workspace);
    }

    /// Where rows stand: by household, then person.
    pub(crate) fn life(&self) -> u64 {
        place::life(self.household, self.person)
    }

    pub(crate) const fn table(what: u32) -> Table {
        if what & FACT == 0 { Table::Events } else { Table::Facts }
    }
}

/// Many rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    pub(crate) at: Vec<i64>,
    pub(crate) received: Vec<i64>,
    pub(crate) known: Vec<i64>,
    pub(crate) household: Vec<u32>,
    pub(crate) person: Vec<u32>,
    pub(crate) user: Vec<u32>,
    pub(crate) anonymous: Vec<u32>,
    pub(crate) account: Vec<u32>,
    pub(crate) workspace: Vec<u32>,
    pub(crate) what: Vec<u32>,
    pub(crate) source: Vec<u32>,
    /// Where each row's values end in `values`.
    pub(crate) ends: Vec<u32>,
    pub(crate) values: Vec<u8>,
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        self.at.len()
    }

    /// How many bytes of memory it holds.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.len() * (3 * 8 + 9 * 4) + self.values.len()
    }

    pub(crate) fn push(&mut self, row: &Row, values: &[u8]) {
        self.push_plain(row);
        self.values.extend_from_slice(values);
        self.ends.push(u32::try_from(self.values.len()).unwrap_or(u32::MAX));
    }

    /// Appends a row whose values and end are set by the caller.
    pub(crate) fn push_plain(&mut self, row: &Row) {
        self.at.push(row.at);
        self.received.push(row.received);
        self.known.push(row.known);
        self.household.push(row.household.0);
        self.person.push(row.person);
        self.user.push(row.user);
        self.anonymous.push(row.anonymous);
        self.account.push(row.account);
        self.workspace.push(row.workspace);
        self.what.push(row.what);
        self.source.push(row.source);
    }

    pub(crate) fn row(&self, at: usize) -> Option<Row> {
        Some(Row {
            at: *self.at.get(at)?,
            received: *self.received.get(at)?,
            known: *self.known.get(at)?,
            household: HouseholdKey(*self.household.get(at)?),
            person: *self.person.get(at)?,
            user: *self.user.get(at)?,
            anonymous: *self.anonymous.get(at)?,
            account: *self.account.get(at)?,
            workspace: *self.workspace.get(at)?,
            what: *self.what.get(at)?,
            source: *self.source.get(at)?,
        })
    }

    /// The values of a row.
    pub(crate) fn values_of(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0) as usize;
        self.ends.get(at).and_then(|end| self.values.get(start..*end as usize)).unwrap_or_default()
    }

    /// Appends all rows of another.
    pub(crate) fn append(&mut self, other: &Self) {
        let shift = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.extend_from_slice(&other.values);
        self.ends.extend(other.ends.iter().map(|end| end.saturating_add(shift)));
        let times = [(&mut self.at, &other.at), (&mut self.received, &other.received), (&mut self.known, &other.known)];
        for (target, source) in times {
            target.extend_from_slice(source);
        }
        for (target, source) in self.codes_mut().into_iter().zip(other.codes()) {
            target.extend_from_slice(source);
        }
    }

    fn codes(&self) -> [&Vec<u32>; 8] {
        [
            &self.household,
            &self.person,
            &self.user,
            &self.anonymous,
            &self.account,
            &self.workspace,
            &self.what,
            &self.source,
        ]
    }

    fn codes_mut(&mut self) -> [&mut Vec<u32>; 8] {
        [
            &mut self.household,
            &mut self.person,
            &mut self.user,
            &mut self.anonymous,
            &mut self.account,
            &mut self.workspace,
            &mut self.what,
            &mut self.source,
        ]
    }

    /// Writes the rows as they are in memory, for this process to read back.
    pub(crate) fn spill(&self, into: &mut impl Write) -> std::io::Result<()> {
        into.write_all(&(self.len() as u64).to_le_bytes())?;
        into.write_all(&(self.values.len() as u64).to_le_bytes())?;
        for times in [&self.at, &self.received, &self.known] {
            into.write_all(bytemuck::cast_slice(times))?;
        }
        for codes in self.codes() {
            into.write_all(bytemuck::cast_slice(codes))?;
        }
        into.write_all(bytemuck::cast_slice(&self.ends))?;
        into.write_all(&self.values)
    }

    /// Reads what [`Self::spill`] wrote.
    pub(crate) fn unspill(from: &mut impl Read) -> std::io::Result<Self> {
        let mut lengths = [0_u64; 2];
        from.read_exact(bytemuck::cast_slice_mut(&mut lengths))?;
        let [rows, bytes] = lengths.map(|length| usize::try_from(u64::from_le(length)).unwrap_or(0));
        let mut all = Self::default();
        for times in [&mut all.at, &mut all.received, &mut all.known] {
            times.resize(rows, 0);
            from.read_exact(bytemuck::cast_slice_mut(times))?;
        }
        for codes in all.codes_mut() {
            codes.resize(rows, 0);
            from.read_exact(bytemuck::cast_slice_mut(codes))?;
        }
        all.ends.resize(rows, 0);
        from.read_exact(bytemuck::cast_slice_mut(&mut all.ends))?;
        all.values.resize(bytes, 0);
        from.read_exact(&mut all.values)?;
        Ok(all)
    }
}
