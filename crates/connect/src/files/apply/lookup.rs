//! What stands in a row's fields where a statement looks.

use engine::{Number, Timestamp};

use super::bound::{BoundCondition, BoundId, BoundTime, Item, Slot};
use super::value;
use super::{Context, Fault};
use crate::files::field::Field;
use crate::files::limits;
use crate::files::mapping::Test;
use crate::files::reject::Reason;

pub(super) fn all_met(conditions: &[BoundCondition], fields: &[Field<'_>]) -> bool {
    conditions.iter().all(|condition| {
        let field = fields.get(condition.column).copied().unwrap_or(Field::Absent);
        let is_there = !field.is_absent() && !condition.missing.is(&field);
        match &condition.test {
            Test::Present(wanted) => is_there == *wanted,
            Test::Is(texts) => value::is_any_of(field, texts),
            Test::IsNot(texts) => !value::is_any_of(field, texts),
        }
    })
}

/// The field in a slot, and its column if it has one.
pub(super) fn field_in<'row>(
    slot: &'row Slot,
    item: Option<Item<'row>>,
    fields: &'row [Field<'row>],
) -> (Field<'row>, Option<usize>) {
    match slot {
        Slot::Column(column) => (fields.get(*column).copied().unwrap_or(Field::Absent), Some(*column)),
        Slot::Item => (item.map_or(Field::Absent, |item| item.field), None),
        Slot::Position => (item.map_or(Field::Absent, |item| Field::Number(Number::whole(item.position as i64))), None),
        Slot::Constant(value) => (value::field_of(value), None),
    }
}

pub(super) const fn column_of(slot: &Slot) -> Option<usize> {
    if let Slot::Column(column) = slot { Some(*column) } else { None }
}

/// A field's text, written to the scratch unless it is one already.
pub(super) fn text_in<'row>(field: Field<'row>, scratch: &'row mut String) -> &'row str {
    match field {
        Field::Text(text) | Field::Numeral(text) => text,
        field => {
            scratch.clear();
            field.write_text(scratch);
            scratch
        }
    }
}

/// An id's text with its prefix, `None` if there is none.
pub(super) fn id_text<'row>(
    rule: &'row BoundId,
    item: Option<Item<'row>>,
    fields: &'row [Field<'row>],
    scratch: &'row mut String,
) -> Result<Option<&'row str>, Fault> {
    let (field, column) = field_in(&rule.slot, item, fields);
    let fault = |reason| Fault { reason, column };
    if field.is_absent() || rule.missing.is(&field) {
        return Ok(None);
    }
    if let Field::Unusable(why) = field {
        return Err(fault(Reason::Unusable(why)));
    }
    let text = match field {
        Field::Text(text) | Field::Numeral(text) if rule.prefix.is_empty() => text,
        field => {
            scratch.clear();
            scratch.push_str(&rule.prefix);
            field.write_text(scratch);
            scratch
        }
    };
    if text.len() > limits::ID_BYTES {
        return Err(fault(Reason::IdTooLong));
    }
    Ok(if text.len() == rule.prefix.len() { None } else { Some(text) })
}

pub(super) fn time(
    rule: &mut BoundTime,
    item: Option<Item<'_>>,
    context: &Context<'_, '_>,
) -> Result<Option<Timestamp>, Fault> {
    let BoundTime { slot, reader, missing } = rule;
    let (field, column) = field_in(slot, item, context.fields);
    if field.is_absent() || missing.is(&field) {
        return Ok(None);
    }
    reader.read(field).map(Some).map_err(|reason| Fault { reason, column })
}
