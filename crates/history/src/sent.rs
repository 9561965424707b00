//! Rows as the records that were sent, to be read by whoever knows more about identity than the lake did.
//!
//! A live server resolves identity anew whenever something changes whose earlier events are. For that it needs what was said, not
//! where the lake put it.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::household::Needs;
use engine::identity::{HouseholdKey, Ids as _};
use engine::record::{Body, EventKind, Money, Properties, Record, SubjectKind, Who};
use engine::workspace::Workspace;
use engine::{Number, Timestamp, Value};

use crate::columns::{Carried, ColumnName, Table, ValueType, Values, list_from_json, value_types};
use crate::dictionary::parse_name;
use crate::error::Result;
use crate::full_rows::{self, Part};
use crate::lake::Lake;
use crate::messages;
use crate::place;
use crate::rows::{ALIAS, CONSTANT, FACT, LEAVE, NEVER, Row};

/// Reads records of a lake. One for each thread.
pub struct SentReader<'a> {
    lake: &'a Lake,
    /// By code of a name, less one.
    names: Vec<(Arc<str>, Option<EventKind>)>,
    /// By code of a column; `None` for those that are not asked for.
    columns: Vec<Option<(Arc<str>, ValueType)>>,
    types: Vec<ValueType>,
    /// Texts of the columns that are read.
    keep: BTreeSet<String>,
}

/// What a row carries beside its ids.
#[derive(Default)]
struct RowValues {
    properties: Properties,
    amount: Option<Number>,
    currency: Option<Arc<str>>,
    previous: Option<Arc<str>>,
}

impl<'a> SentReader<'a> {
    /// Reads no more properties and traits than are needed; of users also the e-mail, if it tells their accounts.
    #[must_use]
    pub fn new(lake: &'a Lake, needs: &Needs, workspace: &Workspace) -> Self {
        let dictionary = lake.column_dictionary();
        let properties: BTreeSet<&str> = needs.properties.iter().map(AsRef::as_ref).collect();
        let mut traits: BTreeSet<&str> = needs.traits.iter().map(|(_, name)| name.as_ref()).collect();
        if workspace.account_from_email {
            traits.insert("email");
        }
        let mut keep: BTreeSet<String> =
            [ColumnName::AMOUNT, ColumnName::CURRENCY, ColumnName::PREVIOUS].map(str::to_owned).into();
        let mut columns = vec![None];
        for text in dictionary.iter() {
            let column = ColumnName::parse(text).filter(|column| match column.table {
                Table::Events => properties.contains(column.name.as_str()),
                Table::Facts => traits.contains(column.name.as_str()),
            });
            columns.push(column.map(|column| {
                keep.insert(text.to_owned());
                (Arc::from(column.name), column.value_type)
            }));
        }
        let names = lake.sent_names().map(|(kind, name)| (Arc::from(name), kind)).collect();
        Self { lake, names, columns, types: value_types(dictionary), keep }
    }

    /// The event names of the lake as sent, with the kinds that their sources state.
    pub fn names(&self) -> impl Iterator<Item = (&Arc<str>, Option<EventKind>)> {
        self.names.iter().map(|(name, kind)| (name, *kind))
    }

    /// The household that the lake has an id in, as a place for [`Self::read`]; `None` for an id that it does not know.
    ///
    /// # Errors
    /// When a dictionary cannot be read.
    pub fn place_of(&self, kind: SubjectKind, id: &str) -> Result<Option<u32>> {
        let directory = self.lake.directory();
        let Some(subject) = directory.find(kind, id)? else { return Ok(None) };
        Ok(Some(place::of(directory.households()?.household(subject))))
    }

    /// Gives the records of all households at places from `from` to `to`, those of one household not always in a row.
    /// Their message ids are not kept in the lake: they are empty.
    ///
    /// # Errors
    /// [`crate::Error::Damaged`] and [`crate::Error::System`] when a file cannot be read.
    pub fn read(&self, from: u32, to: u32, visit: &mut dyn FnMut(HouseholdKey, Record)) -> Result<()> {
        self.read_those(from, to, &|_| true, visit)
    }

    /// Gives the records of the households at some places, ascending, with the place of each: in one pass over the part of the lake in which
    /// they are, however many they are.
    ///
    /// # Errors
    /// [`crate::Error::Damaged`] and [`crate::Error::System`] when a file cannot be read.
    pub fn read_places(&self, places: &[u32], visit: &mut dyn FnMut(u32, Record)) -> Result<()> {
        for (from, to) in self.lake.ranges() {
            let start = places.partition_point(|place| *place < from);
            let end = places.partition_point(|place| *place <= to);
            let of_range = places.get(start..end).unwrap_or_default();
            if let (Some(first), Some(last)) = (of_range.first(), of_range.last()) {
                let is_asked = |place: u32| of_range.binary_search(&place).is_ok();
                self.read_those(*first, *last, &is_asked, &mut |key, record| visit(place::of(key), record))?;
            }
        }
        Ok(())
    }

    fn read_those(
        &self,
        from: u32,
        to: u32,
        is_asked: &dyn Fn(u32) -> bool,
        visit: &mut dyn FnMut(HouseholdKey, Record),
    ) -> Result<()> {
        let keep = |text: &str| self.keep.contains(text);
        let part = Part { from, to, keep: &keep };
        for run in &self.lake.manifest().runs {
            for table in [Table::Facts, Table::Events] {
                for file in self.lake.files_of(run, table, from, to)? {
                    full_rows::read_part(
                        &file,
                        table,
                        self.lake.column_dictionary(),
                        &part,
                        |life| is_asked(place::of(life.household)),
                        |row, values| {
                            visit(row.household, self.record(row, values)?);
                            Ok(())
                        },
                    )?;
                }
            }
        }
        Ok(())
    }

    fn record(&self, row: &Row, values: &[u8]) -> Result<Record> {
        let directory = self.lake.directory();
        let id = |kind, code: u32| -> Result<Option<Arc<str>>> {
            Ok(if code == 0 { None } else { Some(Arc::from(directory.ids(kind)?.text(code))) })
        };
        let RowValues { properties, amount, currency, previous } = self.values(values);
        let body = if row.what & FACT == 0 {
            let (name, kind) = self.name(row.what);
            let amount = amount.map(|amount| Money { amount, currency: currency.unwrap_or_default() });
            Body::Event { name, kind, properties, amount }
        } else if row.what == ALIAS {
            Body::Alias { previous: previous.unwrap_or_default() }
        } else if row.what == LEAVE {
            Body::Leave
        } else {
            let of = match row.what & 7 {
                0 => SubjectKind::User,
                1 => SubjectKind::Account,
                _ => SubjectKind::Workspace,
            };
            Body::Traits { of, traits: properties, constant: row.what & CONSTANT != 0 }
        };
        Ok(Record {
            source: Arc::default(),
            sender: Arc::default(),
            message: Arc::default(),
            timestamp: Timestamp(row.at),
            received_at: (row.received != NEVER).then_some(Timestamp(row.received)),
            who: Who {
                user: id(SubjectKind::User, row.user)?,
                anonymous: id(SubjectKind::User, row.anonymous)?,
                account: id(SubjectKind::Account, row.account)?,
                workspace: id(SubjectKind::Workspace, row.workspace)?,
            },
            body,
        })
    }

    fn name(&self, code: u32) -> (Arc<str>, Option<EventKind>) {
        let place = code.checked_sub(1).map(|place| place as usize);
        place.and_then(|place| self.names.get(place)).cloned().unwrap_or_default()
    }

    fn values(&self, bytes: &[u8]) -> RowValues {
        let mut row = RowValues::default();
        let dictionary = self.lake.column_dictionary();
        for (code, carried) in (Values { bytes, types: &self.types }) {
            if let Some(Some((name, value_type))) = self.columns.get(code as usize) {
                if let Some(value) = value(carried, *value_type) {
                    row.properties.insert(Arc::clone(name), value);
                }
                continue;
            }
            match (dictionary.text(u32::from(code)), carried) {
                (ColumnName::AMOUNT, Carried::Number(number)) => row.amount = Some(number),
                (ColumnName::CURRENCY, Carried::Text(text)) => row.currency = Some(Arc::from(text)),
                (ColumnName::PREVIOUS, Carried::Text(text)) => row.previous = Some(Arc::from(text)),
                _ => {}
            }
        }
        row
    }
}

impl Lake {
    /// Ranges of places (first and last) that together cover everything, each with its share of the rows.
    #[must_use]
    pub fn ranges(&self) -> Vec<(u32, u32)> {
        self.units().iter().map(|unit| (unit.from, unit.to)).collect()
    }

    /// Which of some identities of records ([`crate::message_hash`]) are in the lake.
    ///
    /// # Errors
    /// [`crate::Error::Damaged`] and [`crate::Error::System`] when a file cannot be read.
    pub fn knows(&self, identities: &[u128]) -> Result<Vec<bool>> {
        messages::known(self.folder(), &self.manifest().messages, identities)
    }

    /// Identities of the records that came into the lake last, at most so many: as they are kept, in files of differing size, of which
    /// only whole ones are read.
    ///
    /// # Errors
    /// [`crate::Error::Damaged`] and [`crate::Error::System`] when a file cannot be read.
    pub fn latest_identities(&self, most: usize) -> Result<Vec<u128>> {
        messages::latest(self.folder(), &self.manifest().messages, most)
    }

    fn sent_names(&self) -> impl Iterator<Item = (Option<EventKind>, &str)> {
        self.name_dictionary().iter().map(parse_name)
    }
}

fn value(carried: Carried<'_>, value_type: ValueType) -> Option<Value> {
    Some(match carried {
        Carried::Text(json) if value_type == ValueType::List => return list_from_json(json),
        Carried::Text(text) => Value::text(text),
        Carried::Number(number) => Value::Number(number),
        Carried::Boolean(truth) => Value::Boolean(truth),
        Carried::Time(time) => Value::Time(Timestamp(time)),
    })
}
