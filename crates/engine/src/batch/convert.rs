//! Records to batches and back.

use std::sync::Arc;

use super::columns::Cell;
use super::{ABSENT, Batch, Message, PropertyValues, Row, Shape};
use crate::record::{Body, Money, Properties, Record, Who};
use crate::{Timestamp, Value};

impl Batch {
    /// The same statements in columns.
    #[must_use]
    pub fn from_records<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut batch = Self::default();
        for record in records {
            batch.push_record(record);
        }
        batch
    }

    /// Appends a record.
    pub fn push_record(&mut self, record: &Record) {
        let (shape, name) = self.shape_of(&record.body);
        let row = Row {
            source: self.texts.intern(&record.source),
            sender: self.texts.intern(&record.sender),
            message: match digest_of(&record.message) {
                Some(digest) => Message::Digest(digest),
                None => Message::Text(self.message_texts.push(&record.message)),
            },
            timestamp: record.timestamp,
            received: record.received_at.unwrap_or(Timestamp::MIN),
            user: self.intern_some(record.who.user.as_deref()),
            anonymous: self.intern_some(record.who.anonymous.as_deref()),
            account: self.intern_some(record.who.account.as_deref()),
            workspace: self.intern_some(record.who.workspace.as_deref()),
            shape,
            name,
        };
        self.push(row);
        match &record.body {
            Body::Event { properties, amount, .. } => {
                self.set_all(properties);
                if let Some(money) = amount {
                    let currency = self.texts.intern(&money.currency);
                    self.set_amount(money.amount, currency);
                }
            }
            Body::Traits { traits, .. } => self.set_all(traits),
            Body::Alias { .. } | Body::Leave => {}
        }
    }

    fn shape_of(&mut self, body: &Body) -> (Shape, u32) {
        match body {
            Body::Event { name, kind, .. } => (Shape::Event(*kind), self.texts.intern(name)),
            Body::Traits { of, constant, .. } => (Shape::Traits { of: *of, constant: *constant }, ABSENT),
            Body::Alias { previous } => (Shape::Alias, self.texts.intern(previous)),
            Body::Leave => (Shape::Leave, ABSENT),
        }
    }

    fn intern_some(&mut self, text: Option<&str>) -> u32 {
        text.map_or(ABSENT, |text| self.texts.intern(text))
    }

    fn set_all(&mut self, properties: &Properties) {
        for (name, value) in properties {
            let name = self.texts.intern(name);
            let cell = match value {
                Value::Text(text) => Cell::Text(self.texts.intern(text)),
                Value::Number(number) => Cell::Number(*number),
                Value::Boolean(truth) => Cell::Boolean(*truth),
                Value::Time(time) => Cell::Time(*time),
                Value::List(_) => Cell::List(value.clone()),
            };
            self.set(name, cell);
        }
    }

    /// The same statements as records, in the order of the rows.
    #[must_use]
    pub fn to_records(&self) -> Vec<Record> {
        let texts: Vec<Arc<str>> = self.texts.iter().map(Arc::from).collect();
        let text = |code: u32| texts.get(code as usize).cloned();
        let required = |code: u32| text(code).unwrap_or_default();
        let mut properties = self.properties_by_row(&texts);
        let mut amounts = self.amounts_by_row(&texts);
        let mut records = Vec::with_capacity(self.len());
        for at in 0..self.len() {
            let Some(row) = self.row(at) else { break };
            let values = properties.get_mut(at).map(std::mem::take).unwrap_or_default();
            let body = match row.shape {
                Shape::Event(kind) => Body::Event {
                    name: required(row.name),
                    kind,
                    properties: values,
                    amount: amounts.get_mut(at).and_then(Option::take),
                },
                Shape::Traits { of, constant } => Body::Traits { of, traits: values, constant },
                Shape::Alias => Body::Alias { previous: required(row.name) },
                Shape::Leave => Body::Leave,
            };
            records.push(Record {
                source: required(row.source),
                sender: required(row.sender),
                message: Arc::from(self.message_text(row.message)),
                timestamp: row.timestamp,
                received_at: (row.received != Timestamp::MIN).then_some(row.received),
                who: Who {
                    user: text(row.user),
                    anonymous: text(row.anonymous),
                    account: text(row.account),
                    workspace: text(row.workspace),
                },
                body,
            });
        }
        records
    }

    fn properties_by_row(&self, texts: &[Arc<str>]) -> Vec<Properties> {
        let mut by_row = vec![Properties::new(); self.len()];
        for column in &self.properties {
            let name = texts.get(column.name as usize).cloned().unwrap_or_default();
            for (at, row) in column.rows.iter().enumerate() {
                let value = column.values.value(at, texts);
                if let (Some(properties), Some(value)) = (by_row.get_mut(*row as usize), value) {
                    properties.insert(Arc::clone(&name), value);
                }
            }
        }
        by_row
    }

    fn amounts_by_row(&self, texts: &[Arc<str>]) -> Vec<Option<Money>> {
        let mut by_row = vec![None; self.len()];
        let columns = self.amounts.rows.iter().zip(&self.amounts.amounts).zip(&self.amounts.currencies);
        for ((row, amount), currency) in columns {
            if let Some(place) = by_row.get_mut(*row as usize) {
                let currency = texts.get(*currency as usize).cloned().unwrap_or_default();
                *place = Some(Money { amount: *amount, currency });
            }
        }
        by_row
    }
}

impl PropertyValues {
    /// The value at a place among the column's rows, its texts looked up in the batch's dictionary.
    fn value(&self, at: usize, texts: &[Arc<str>]) -> Option<Value> {
        Some(match self {
            Self::Text(codes) => Value::Text(texts.get(*codes.get(at)? as usize)?.clone()),
            Self::Number(numbers) => Value::Number(*numbers.get(at)?),
            Self::Boolean(truths) => Value::Boolean(*truths.get(at)?),
            Self::Time(times) => Value::Time(*times.get(at)?),
            Self::List(lists) => lists.get(at)?.clone(),
        })
    }
}

/// The number of a message id that is written exactly like a digest.
fn digest_of(text: &str) -> Option<u128> {
    let lower_hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != 32 || !text.bytes().all(lower_hexadecimal) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Number;
    use crate::record::{EventKind, SubjectKind};
    use proptest::prelude::*;

    fn name() -> impl Strategy<Value = Arc<str>> {
        prop_oneof!["[a-c]{0,2}", "\\PC{0,6}", "[0-9a-f]{32}"].prop_map(Arc::from)
    }

    fn scalar() -> impl Strategy<Value = Value> {
        prop_oneof![
            name().prop_map(Value::Text),
            any::<i64>().prop_map(|units| Value::Number(Number(i128::from(units)))),
            any::<bool>().prop_map(Value::Boolean),
            any::<i64>().prop_map(|instant| Value::Time(Timestamp(instant))),
        ]
    }

    fn properties() -> impl Strategy<Value = Properties> {
        let value = prop_oneof![4 => scalar(), 1 => prop::collection::vec(scalar(), 0..3).prop_map(|list| Value::List(list.into()))];
        prop::collection::btree_map(name(), value, 0..4).prop_map(Properties::from_iter)
    }

    fn body() -> impl Strategy<Value = Body> {
        let money =
            (any::<i64>(), name()).prop_map(|(units, currency)| Money { amount: Number(i128::from(units)), currency });
        let kind = prop::option::of(prop::sample::select(EventKind::ALL.to_vec()));
        let subject = prop::sample::select(vec![SubjectKind::User, SubjectKind::Account, SubjectKind::Workspace]);
        prop_oneof![
            (name(), kind, properties(), prop::option::of(money))
                .prop_map(|(name, kind, properties, amount)| Body::Event { name, kind, properties, amount }),
            (subject, properties(), any::<bool>()).prop_map(|(of, traits, constant)| Body::Traits {
                of,
                traits,
                constant
            }),
            name().prop_map(|previous| Body::Alias { previous }),
            Just(Body::Leave),
        ]
    }

    fn record() -> impl Strategy<Value = Record> {
        let optional = || prop::option::of(name());
        let who = (optional(), optional(), optional(), optional())
            .prop_map(|(user, anonymous, account, workspace)| Who { user, anonymous, account, workspace });
        // `Timestamp::MIN` stands for "not known" in the column of receipts and is no time of receipt.
        let received = prop::option::of((i64::MIN + 1..=i64::MAX).prop_map(Timestamp));
        (name(), name(), name(), any::<i64>(), received, who, body()).prop_map(
            |(source, sender, message, timestamp, received_at, who, body)| Record {
                source,
                sender,
                message,
                timestamp: Timestamp(timestamp),
                received_at,
                who,
                body,
            },
        )
    }

    proptest! {
        #[test]
        fn nothing_is_lost(records in prop::collection::vec(record(), 0..20)) {
            prop_assert_eq!(Batch::from_records(&records).to_records(), records);
        }

        #[test]
        fn taking_back_leaves_the_first_rows(records in prop::collection::vec(record(), 0..12), kept in 0_usize..12) {
            let kept = kept.min(records.len());
            let mut batch = Batch::from_records(&records);
            batch.truncate(kept);
            prop_assert_eq!(batch.to_records(), &records[..kept]);
        }
    }

    #[test]
    fn equal_texts_share_a_code() {
        let mut batch = Batch::default();
        let (first, other, again) = (batch.texts.intern("a"), batch.texts.intern("b"), batch.texts.intern("a"));
        assert_eq!((first, other, again), (0, 1, 0));
        assert_eq!(batch.texts.find("b"), Some(1));
        assert_eq!(batch.texts.find("c"), None);
        assert_eq!(batch.texts.get(ABSENT), None);
        assert_eq!(batch.message_text(Message::Digest(10)), "0000000000000000000000000000000a");
    }
}
