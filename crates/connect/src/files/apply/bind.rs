//! A file's mapping bound to the columns that the file has.

use std::sync::Arc;

use engine::{Number, Value};

use super::bound::{
    BoundAmount, BoundCondition, BoundId, BoundName, BoundProperty, BoundShape, BoundStatement, BoundTime, Slot,
};
use super::value::{BoundType, Missing};
use super::{Applier, Changed};
use crate::files::columns::{Columns, Decoder};
use crate::files::field::Field;
use crate::files::identity::{Identity, statement_seed};
use crate::files::limits;
use crate::files::mapping::yaml::nearest;
use crate::files::mapping::{
    AmountFrom, Condition, FileMapping, IdRule, Mapping, NameRule, Operand, PropertyRule, Says, Statement, TimeRule,
    ValueType,
};
use crate::files::reject::FileError;
use crate::files::time::{TimeFormat, TimeReader};
use crate::files::typing::{Judge, Judged};

/// Binds, with the decoder's first block at hand. `is_text`: the format knows only texts, so that types left open are judged.
///
/// # Errors
/// If the file has not all columns that the mapping names.
pub(crate) fn bind(
    mapping: &Mapping,
    file: &FileMapping,
    shown: &Arc<str>,
    decoder: &mut dyn Decoder,
    is_text: bool,
) -> Result<Applier, FileError> {
    if let Some(columns) = decoder.columns_to_extend() {
        for name in names_of(file) {
            columns.place_of(name);
        }
    }
    check_columns(file, shown, decoder)?;
    let judged = if is_text { judge(file, decoder) } else { Vec::new() };
    let columns = decoder.columns();
    let binder =
        Binder { file, columns, judged, default_time: TimeReader::new(TimeFormat::Iso, mapping.zone.clone(), None) };
    let mut named = vec![false; columns.len()];
    for name in names_of(file) {
        if let Some(named) = columns.find(name).and_then(|place| named.get_mut(place)) {
            *named = true;
        }
    }
    Ok(Applier {
        source: mapping.source.to_string(),
        only_if: binder.conditions(&file.only_if),
        statements: file.records.iter().map(|statement| binder.statement(&mapping.source, statement)).collect(),
        named,
        default_missing: Missing::new(&file.missing),
        default_time: binder.default_time,
        identity: Identity::default(),
        changed: Changed::default(),
        source_code: 0,
        empty_code: 0,
        scratch: String::new(),
    })
}

fn names_of(file: &FileMapping) -> Vec<&str> {
    let mut names: Vec<&str> = file.records.iter().flat_map(Statement::columns).collect();
    names.extend(file.only_if.iter().map(|condition| condition.column.as_str()));
    names.extend(file.columns.keys().map(String::as_str));
    names.sort_unstable();
    names.dedup();
    names
}

fn check_columns(file: &FileMapping, shown: &Arc<str>, decoder: &dyn Decoder) -> Result<(), FileError> {
    let columns = decoder.columns();
    for name in names_of(file) {
        if columns.is_doubled(name) {
            let message = format!("the header has `{name}` twice, and the mapping uses it; rename one of them");
            return Err(FileError::unfit(shown, Some(1), message));
        }
        if columns.find(name).is_some() {
            continue;
        }
        let known: Vec<&str> = columns.names().iter().map(String::as_str).collect();
        if known.iter().any(|name| name.contains(is_no_text)) {
            let message = "the first line holds bytes that are no text, so this is no table; is it packed in a way that \
                           Brix does not know? If it is UTF-16, state `encoding: utf-16le`";
            return Err(FileError::unfit(shown, Some(1), message));
        }
        let cure = nearest(name, known.iter().copied()).map_or_else(
            || format!("its columns are: {}", known.iter().take(50).copied().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        let message = format!("there is no column `{name}`, which the mapping of `{}` names; {cure}", file.pattern);
        return Err(FileError::unfit(shown, None, message));
    }
    Ok(())
}

/// Signs that no text has, but for tabs and line ends.
fn is_no_text(sign: char) -> bool {
    sign.is_control() && !matches!(sign, '\t' | '\n' | '\r') || sign == '\u{fffd}'
}

/// What the first rows of each column are.
fn judge(file: &FileMapping, decoder: &dyn Decoder) -> Vec<Judged> {
    let columns = decoder.columns();
    let missing: Vec<Missing> = columns.names().iter().map(|name| Missing::new(missing_of(file, name, None))).collect();
    let mut judges = vec![Judge::default(); columns.len()];
    let mut fields = Vec::new();
    for row in 0..decoder.rows().min(limits::TYPING_ROWS) {
        if decoder.fields(row, &mut fields).is_err() {
            continue;
        }
        for ((field, judge), missing) in fields.iter().zip(&mut judges).zip(&missing) {
            match field {
                Field::Text(text) if !text.is_empty() && !missing.is(field) => judge.see(text),
                _ => {}
            }
        }
    }
    judges.into_iter().map(Judge::judge).collect()
}

/// Texts that mean "none" in a column: as its use says, else as the column says, else as the file says.
fn missing_of<'file>(file: &'file FileMapping, column: &str, own: Option<&'file Vec<String>>) -> &'file [String] {
    own.or_else(|| file.columns.get(column).and_then(|rule| rule.missing.as_ref())).unwrap_or(&file.missing)
}

struct Binder<'file> {
    file: &'file FileMapping,
    columns: &'file Columns,
    /// Empty for typed formats.
    judged: Vec<Judged>,
    default_time: TimeReader,
}

impl Binder<'_> {
    fn place(&self, name: &str) -> usize {
        // `check_columns` has seen to it that each is there; a place past the end reads as absent.
        self.columns.find(name).unwrap_or(usize::MAX)
    }

    fn slot(&self, operand: &Operand) -> Slot {
        match operand {
            Operand::Column(name) => Slot::Column(self.place(name)),
            Operand::Item => Slot::Item,
            Operand::Position => Slot::Position,
            Operand::Constant(value) => Slot::Constant(value.clone()),
        }
    }

    fn missing(&self, operand: &Operand, own: Option<&Vec<String>>) -> Missing {
        match operand {
            Operand::Column(name) => Missing::new(own.map_or_else(|| missing_of(self.file, name, None), Vec::as_slice)),
            Operand::Constant(_) => Missing::new(&[]),
            _ => Missing::new(own.unwrap_or(&self.file.missing)),
        }
    }

    fn id(&self, rule: &IdRule) -> BoundId {
        BoundId {
            slot: self.slot(&rule.operand),
            prefix: rule.prefix.clone(),
            missing: self.missing(&rule.operand, rule.missing.as_ref()),
        }
    }

    fn time(&self, rule: &TimeRule) -> BoundTime {
        BoundTime {
            slot: self.slot(&rule.operand),
            reader: rule.reader.clone(),
            missing: self.missing(&rule.operand, rule.missing.as_ref()),
        }
    }

    fn property(&self, rule: &PropertyRule) -> BoundProperty {
        BoundProperty {
            name: rule.name.clone(),
            slot: self.slot(&rule.operand),
            value_type: self.value_type(rule),
            missing: self.missing(&rule.operand, rule.missing.as_ref()),
            code: 0,
            column: None,
        }
    }

    fn value_type(&self, rule: &PropertyRule) -> BoundType {
        let column = rule.operand.column();
        let of_column = column.and_then(|name| self.file.columns.get(name)).and_then(|rule| rule.value_type.as_ref());
        match rule.value_type.as_ref().or(of_column) {
            Some(ValueType::Text) => BoundType::Text,
            Some(ValueType::Number(decimal)) => BoundType::Number(*decimal),
            Some(ValueType::Boolean) => BoundType::Boolean,
            Some(ValueType::Time(reader)) => BoundType::Time(reader.clone()),
            Some(ValueType::List(split)) => BoundType::List(split.clone()),
            Some(ValueType::Auto) | None => match column.and_then(|name| self.judged.get(self.place(name))) {
                Some(judged) => BoundType::Judged(*judged, self.default_time.clone()),
                None => BoundType::as_sent(&self.default_time),
            },
        }
    }

    fn conditions(&self, conditions: &[Condition]) -> Vec<BoundCondition> {
        conditions
            .iter()
            .map(|condition| BoundCondition {
                column: self.place(&condition.column),
                test: condition.test.clone(),
                missing: Missing::new(missing_of(self.file, &condition.column, None)),
            })
            .collect()
    }

    fn statement(&self, source: &str, statement: &Statement) -> BoundStatement {
        let (shape, name) = match &statement.says {
            Says::Event { name, kind } => (BoundShape::Event(*kind), self.name(name)),
            Says::Traits { of, constant } => (BoundShape::Traits { of: *of, constant: *constant }, BoundName::None),
            Says::Joined => (BoundShape::Joined, BoundName::None),
            Says::Left => (BoundShape::Left, BoundName::None),
            Says::Alias { previous } => (BoundShape::Alias(self.id(previous)), BoundName::None),
        };
        let id = |rule: &Option<IdRule>| rule.as_ref().map(|rule| self.id(rule));
        BoundStatement {
            shape,
            name,
            user: id(&statement.user),
            anonymous: id(&statement.anonymous),
            account: id(&statement.account),
            workspace: id(&statement.workspace),
            time: statement.time.as_ref().map(|rule| self.time(rule)),
            received: statement.received.as_ref().map(|rule| self.time(rule)),
            id: id(&statement.id),
            sender: id(&statement.sender),
            properties: statement.properties.iter().map(|rule| self.property(rule)).collect(),
            rest: statement.rest.clone(),
            amount: statement.amount.as_ref().map(|rule| {
                let (column, constant, decimal) = match &rule.amount {
                    AmountFrom::Column(name, decimal) => (Some(self.place(name)), Number::ZERO, *decimal),
                    AmountFrom::Constant(amount) => (None, *amount, b'.'),
                };
                let of = match &rule.amount {
                    AmountFrom::Column(name, _) => Operand::Column(name.clone()),
                    AmountFrom::Constant(amount) => Operand::Constant(Value::Number(*amount)),
                };
                BoundAmount {
                    column,
                    constant,
                    decimal,
                    currency: self.slot(&rule.currency),
                    missing: self.missing(&of, rule.missing.as_ref()),
                }
            }),
            only_if: self.conditions(&statement.only_if),
            each: statement.each.as_ref().map(|each| {
                let missing = Missing::new(missing_of(self.file, &each.column, None));
                (self.place(&each.column), each.clone(), missing)
            }),
            seed: statement_seed(source, &statement.key),
        }
    }

    fn name(&self, name: &NameRule) -> BoundName {
        match name {
            NameRule::Fixed(name) => BoundName::Fixed(name.clone(), 0),
            NameRule::From { operand, rename, others } => BoundName::From {
                slot: self.slot(operand),
                rename: rename.clone(),
                others: *others,
                missing: self.missing(operand, None),
            },
        }
    }
}
