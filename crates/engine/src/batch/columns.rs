//! The sparse columns of a batch.

use super::Batch;
use crate::{Number, Timestamp, Value};

/// Money, for the rows that have any.
#[derive(Debug, Clone, Default)]
pub struct Amounts {
    /// Rows, ascending.
    pub rows: Vec<u32>,
    /// How much, for each of `rows`.
    pub amounts: Vec<Number>,
    /// Codes of the currencies, for each of `rows`.
    pub currencies: Vec<u32>,
}

/// The values of one property or trait name that are of one type.
#[derive(Debug, Clone)]
pub struct PropertyColumn {
    /// Code of the name.
    pub name: u32,
    /// The rows that have a value, ascending. A row has at most one value under a name over all types.
    pub rows: Vec<u32>,
    /// A value for each of `rows`.
    pub values: PropertyValues,
}

/// Values of one type.
#[derive(Debug, Clone)]
pub enum PropertyValues {
    /// Codes of texts.
    Text(Vec<u32>),
    /// Exact decimals.
    Number(Vec<Number>),
    /// True or false.
    Boolean(Vec<bool>),
    /// Instants.
    Time(Vec<Timestamp>),
    /// Lists: each is a [`Value::List`].
    List(Vec<Value>),
}

impl PropertyColumn {
    /// Roughly how many bytes of memory the column holds.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let each = match &self.values {
            PropertyValues::Text(_) => size_of::<u32>(),
            PropertyValues::Number(_) => size_of::<Number>(),
            PropertyValues::Boolean(_) => size_of::<bool>(),
            PropertyValues::Time(_) => size_of::<Timestamp>(),
            PropertyValues::List(_) => 4 * size_of::<Value>(),
        };
        self.rows.len() * (size_of::<u32>() + each)
    }
}

/// A value ready for a column: texts as codes.
#[derive(Debug, Clone)]
pub enum Cell {
    /// Code of a text.
    Text(u32),
    /// An exact decimal.
    Number(Number),
    /// True or false.
    Boolean(bool),
    /// An instant.
    Time(Timestamp),
    /// A [`Value::List`].
    List(Value),
}

impl Batch {
    /// Sets a property or trait of the last row by the code of its name. A row is given each name at most once.
    ///
    /// Columns are looked for from the first; a caller that keeps [`Self::column`]'s answer saves the search.
    pub fn set(&mut self, name: u32, cell: Cell) {
        let column = self.column(name, &cell);
        self.set_in(column, cell);
    }

    /// The place in [`Batch::properties`] of the column for a name and a cell's type, made if there is none.
    pub fn column(&mut self, name: u32, cell: &Cell) -> usize {
        let found = self.properties.iter().position(|column| column.name == name && column.values.takes(cell));
        found.unwrap_or_else(|| {
            self.properties.push(PropertyColumn { name, rows: Vec::new(), values: PropertyValues::for_cell(cell) });
            self.properties.len() - 1
        })
    }

    /// Sets a property of the last row in a column that [`Self::column`] gave for the same name and type; a cell of
    /// another type goes to the column of its own type.
    pub fn set_in(&mut self, column: usize, cell: Cell) {
        let row = self.last_row();
        let Some(target) = self.properties.get_mut(column) else { return };
        match (&mut target.values, cell) {
            (PropertyValues::Text(values), Cell::Text(value)) => values.push(value),
            (PropertyValues::Number(values), Cell::Number(value)) => values.push(value),
            (PropertyValues::Boolean(values), Cell::Boolean(value)) => values.push(value),
            (PropertyValues::Time(values), Cell::Time(value)) => values.push(value),
            (PropertyValues::List(values), Cell::List(value)) => values.push(value),
            (_, cell) => {
                let name = target.name;
                return self.set(name, cell);
            }
        }
        target.rows.push(row);
    }
}

impl Batch {
    /// Takes back all rows from `rows` on, with their properties and money. Their texts stay in the dictionary.
    pub fn truncate(&mut self, rows: usize) {
        self.sources.truncate(rows);
        self.senders.truncate(rows);
        self.messages.truncate(rows);
        self.timestamps.truncate(rows);
        self.received.truncate(rows);
        self.users.truncate(rows);
        self.anonymous.truncate(rows);
        self.accounts.truncate(rows);
        self.workspaces.truncate(rows);
        self.shapes.truncate(rows);
        self.names.truncate(rows);
        let kept = self.amounts.rows.partition_point(|row| (*row as usize) < rows);
        self.amounts.rows.truncate(kept);
        self.amounts.amounts.truncate(kept);
        self.amounts.currencies.truncate(kept);
        for column in &mut self.properties {
            let kept = column.rows.partition_point(|row| (*row as usize) < rows);
            column.rows.truncate(kept);
            match &mut column.values {
                PropertyValues::Text(values) => values.truncate(kept),
                PropertyValues::Number(values) => values.truncate(kept),
                PropertyValues::Boolean(values) => values.truncate(kept),
                PropertyValues::Time(values) => values.truncate(kept),
                PropertyValues::List(values) => values.truncate(kept),
            }
        }
    }
}

impl PropertyValues {
    const fn takes(&self, cell: &Cell) -> bool {
        matches!(
            (self, cell),
            (Self::Text(_), Cell::Text(_))
                | (Self::Number(_), Cell::Number(_))
                | (Self::Boolean(_), Cell::Boolean(_))
                | (Self::Time(_), Cell::Time(_))
                | (Self::List(_), Cell::List(_))
        )
    }

    const fn for_cell(cell: &Cell) -> Self {
        match cell {
            Cell::Text(_) => Self::Text(Vec::new()),
            Cell::Number(_) => Self::Number(Vec::new()),
            Cell::Boolean(_) => Self::Boolean(Vec::new()),
            Cell::Time(_) => Self::Time(Vec::new()),
            Cell::List(_) => Self::List(Vec::new()),
        }
    }
}
