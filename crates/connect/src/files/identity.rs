//! Ids of records that come without one: a hash of what the row says.
//!
//! The same row gives the same id whichever file, format, delimiter or order of columns it comes by, and reading it again
//! gives it again. Identical rows of one file are told apart by their order.
//!
//! Format (version 1): XXH3-128 (xxHash 0.8) with seed 0 over, for each field that is there and not empty, in the order
//! of the columns' names: XXH3-64 of the name, the text's length as four bytes, the text (numbers little-endian). The
//! record's id is XXH3-128 over: that digest, the ordinal among identical rows (8 bytes), XXH3-128 of the source's name,
//! a zero byte and the statement's key, and the number of the item (8 bytes).

use std::collections::HashMap;

use hashbrown::HashTable;
use twox_hash::{XxHash3_64, XxHash3_128};

use super::columns::Columns;
use super::field::Field;
use super::limits;

/// What a row says, hashed, and how many identical rows came before it in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowIdentity {
    digest: u128,
    ordinal: u64,
}

/// Makes ids for the rows of one file.
#[derive(Debug, Default)]
pub(crate) struct Identity {
    /// Columns in the order of their names, with the hashes of these.
    order: Vec<(usize, u64)>,
    /// Halves of the digests of all rows so far: two different rows of 10⁸ meet by chance once in 4,000 files, and then
    /// one of them only gets another ordinal.
    seen: HashTable<u64>,
    repeated: HashMap<u64, u64>,
    buffer: Vec<u8>,
    text: String,
}

impl Identity {
    /// The identity of the next row; `None` if there are more than [`limits::ROWS_WITHOUT_ID`].
    pub(crate) fn row(&mut self, columns: &Columns, fields: &[Field<'_>]) -> Option<RowIdentity> {
        let digest = self.digest(columns, fields);
        let half = (digest >> 64) as u64;
        if self.seen.find(half, |known| *known == half).is_some() {
            let ordinal = self.repeated.entry(half).or_default();
            *ordinal += 1;
            return Some(RowIdentity { digest, ordinal: *ordinal });
        }
        if self.seen.len() >= limits::ROWS_WITHOUT_ID {
            return None;
        }
        self.seen.insert_unique(half, half, |known| *known);
        Some(RowIdentity { digest, ordinal: 0 })
    }

    fn digest(&mut self, columns: &Columns, fields: &[Field<'_>]) -> u128 {
        if self.order.len() != columns.len() {
            let mut order: Vec<usize> = (0..columns.len()).collect();
            order.sort_by_key(|at| columns.name(*at));
            let hash = |at: &usize| XxHash3_64::oneshot(columns.name(*at).unwrap_or_default().as_bytes());
            self.order = order.iter().map(|at| (*at, hash(at))).collect();
        }
        self.buffer.clear();
        for (column, name) in &self.order {
            let text = match fields.get(*column) {
                Some(Field::Text(text) | Field::Numeral(text)) => text,
                Some(field) => {
                    self.text.clear();
                    field.write_text(&mut self.text);
                    self.text.as_str()
                }
                None => "",
            };
            if text.is_empty() {
                continue;
            }
            self.buffer.extend_from_slice(&name.to_le_bytes());
            self.buffer.extend_from_slice(&(text.len() as u32).to_le_bytes());
            self.buffer.extend_from_slice(text.as_bytes());
        }
        XxHash3_128::oneshot(&self.buffer)
    }
}

/// The part of an id that a statement of a mapping gives.
pub(crate) fn statement_seed(source: &str, key: &str) -> u128 {
    XxHash3_128::oneshot(format!("{source}\0{key}").as_bytes())
}

impl RowIdentity {
    /// The id of a statement made from the row; `position` is the item's number, 0 where there are no items.
    pub(crate) fn message(self, seed: u128, position: u64) -> u128 {
        let mut buffer = [0_u8; 48];
        let parts = [
            &self.digest.to_le_bytes()[..],
            &self.ordinal.to_le_bytes()[..],
            &seed.to_le_bytes()[..],
            &position.to_le_bytes()[..],
        ];
        for (to, byte) in buffer.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *byte;
        }
        XxHash3_128::oneshot(&buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Columns {
        let mut columns = Columns::default();
        names.iter().for_each(|name| columns.push((*name).to_owned()));
        columns
    }

    #[test]
    fn order_of_columns_and_empty_fields_do_not_matter() {
        let mut one = Identity::default();
        let mut other = Identity::default();
        let left = one.row(&columns(&["user", "day"]), &[Field::Text("u"), Field::Text("d")]);
        let right =
            other.row(&columns(&["day", "note", "user"]), &[Field::Numeral("d"), Field::Absent, Field::Text("u")]);
        assert_eq!(left, right);
        let swapped = Identity::default().row(&columns(&["user", "day"]), &[Field::Text("d"), Field::Text("u")]);
        assert_ne!(left, swapped);
    }

    #[test]
    fn identical_rows_are_told_apart() {
        let names = columns(&["user"]);
        let mut identity = Identity::default();
        let ids: Vec<u128> = (0..3)
            .filter_map(|_| identity.row(&names, &[Field::Text("u")]))
            .map(|row| row.message(statement_seed("s", "event:A"), 0))
            .collect();
        assert_eq!(ids.len(), 3);
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
        // Frozen: stored data holds these ids.
        assert_eq!(format!("{:032x}", ids[0]), "719c04c287a094f7e828e9e0bfc88d7a");
    }
}
