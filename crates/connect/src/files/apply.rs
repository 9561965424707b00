//! A mapping at work: rows of fields to rows of a batch.

mod bind;
mod bound;
mod lookup;
mod value;

use engine::batch::{ABSENT, Batch, Message, Row, Shape};
use engine::record::SubjectKind;
use engine::{Timestamp, Value};

use super::columns::Columns;
use super::field::Field;
use super::identity::{Identity, RowIdentity};
use super::limits;
use super::mapping::Others;
use super::reject::Reason;
use super::time::TimeReader;
pub(crate) use bind::bind;
use bound::{BoundCondition, BoundId, BoundName, BoundProperty, BoundShape, BoundStatement, Item};
use lookup::{all_met, column_of, field_in, id_text, text_in, time};
use value::{BoundType, Missing};

/// Why a row is rejected, and the column to blame.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) reason: Reason,
    pub(crate) column: Option<usize>,
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Self { reason, column: None }
    }
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It gave so many records.
    Records(u64),
    /// The mapping's conditions leave it out.
    LeftOut,
}

/// What was changed on the way in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) texts_cut: u64,
    pub(crate) clamped: u64,
    pub(crate) kept_as_text: u64,
}

/// A file's mapping, bound to its columns.
#[derive(Debug)]
pub(crate) struct Applier {
    source: String,
    only_if: Vec<BoundCondition>,
    statements: Vec<BoundStatement>,
    /// Columns that the mapping names: `rest` leaves them.
    named: Vec<bool>,
    /// What `rest` gives each property: its missing values.
    default_missing: Missing,
    default_time: TimeReader,
    identity: Identity,
    pub(crate) changed: Changed,
    /// In the batch at hand.
    source_code: u32,
    empty_code: u32,
    scratch: String,
}

/// A row, while it is turned into records.
struct Context<'row, 'batch> {
    columns: &'row Columns,
    fields: &'row [Field<'row>],
    identity: Option<RowIdentity>,
    batch: &'batch mut Batch,
}

impl Applier {
    /// To be called when another batch is filled from here on.
    pub(crate) fn begin_batch(&mut self, batch: &mut Batch) {
        self.source_code = batch.texts.intern(&self.source);
        self.empty_code = batch.texts.intern("");
        for statement in &mut self.statements {
            if let BoundName::Fixed(name, code) = &mut statement.name {
                *code = batch.texts.intern(name);
            }
            for property in &mut statement.properties {
                property.code = batch.texts.intern(&property.name);
                property.column = None;
            }
        }
    }

    /// Appends what a row says, or nothing if one of its statements is at fault.
    pub(crate) fn row(&mut self, columns: &Columns, fields: &[Field<'_>], batch: &mut Batch) -> Result<Outcome, Fault> {
        if !all_met(&self.only_if, fields) {
            return Ok(Outcome::LeftOut);
        }
        let before = batch.len();
        let mut context = Context { columns, fields, identity: None, batch };
        let mut statements = std::mem::take(&mut self.statements);
        let done = statements.iter_mut().try_for_each(|statement| self.statement(statement, &mut context));
        self.statements = statements;
        if let Err(fault) = done {
            batch.truncate(before);
            return Err(fault);
        }
        let records = batch.len() - before;
        Ok(if records == 0 { Outcome::LeftOut } else { Outcome::Records(records as u64) })
    }

    fn statement(&mut self, statement: &mut BoundStatement, context: &mut Context<'_, '_>) -> Result<(), Fault> {
        if !all_met(&statement.only_if, context.fields) {
            return Ok(());
        }
        let Some((column, each, missing)) = &statement.each else { return self.record(statement, None, context) };
        let column = *column;
        let field = context.fields.get(column).copied().unwrap_or(Field::Absent);
        if field.is_absent() || missing.is(&field) {
            return Ok(());
        }
        let split = each.split.clone();
        let text = match field {
            Field::Text(text) => text,
            Field::List(Value::List(items)) => {
                for (at, value) in items.iter().enumerate().take(limits::ITEMS) {
                    let field = value::field_of(value);
                    self.record(statement, Some(Item { field, position: at as u64 + 1 }), context)?;
                }
                return Ok(());
            }
            _ => {
                return Err(Fault {
                    reason: Reason::WrongType { found: "single value", expected: "a list" },
                    column: Some(column),
                });
            }
        };
        let split = split.as_deref().unwrap_or(",");
        for (at, part) in text.split(split).map(str::trim).filter(|part| !part.is_empty()).enumerate() {
            if at >= limits::ITEMS {
                return Err(Fault { reason: Reason::TooManyItems, column: Some(column) });
            }
            self.record(statement, Some(Item { field: Field::Text(part), position: at as u64 + 1 }), context)?;
        }
        Ok(())
    }

    fn record(
        &mut self,
        statement: &mut BoundStatement,
        item: Option<Item<'_>>,
        context: &mut Context<'_, '_>,
    ) -> Result<(), Fault> {
        let Some(name) = self.name(&statement.name, item, context)? else { return Ok(()) };
        let user = self.id(statement.user.as_ref(), item, context)?;
        let anonymous = self.id(statement.anonymous.as_ref(), item, context)?;
        let account = self.id(statement.account.as_ref(), item, context)?;
        let workspace = self.id(statement.workspace.as_ref(), item, context)?;
        let has_person = user != ABSENT || anonymous != ABSENT;
        let (shape, name) = match &statement.shape {
            BoundShape::Event(kind) => (Shape::Event(*kind), name),
            BoundShape::Traits { of, constant } => (Shape::Traits { of: *of, constant: *constant }, ABSENT),
            // Joining is what any record with both ids says; this one says nothing else.
            BoundShape::Joined => (Shape::Traits { of: SubjectKind::User, constant: false }, ABSENT),
            BoundShape::Left => (Shape::Leave, ABSENT),
            BoundShape::Alias(previous) => (Shape::Alias, self.id(Some(previous), item, context)?),
        };
        match &statement.shape {
            BoundShape::Event(_) if !has_person && account == ABSENT && workspace == ABSENT => {
                return Err(Reason::NoSubject.into());
            }
            BoundShape::Traits { of: SubjectKind::User, .. } if !has_person => return Err(Reason::NoId("user").into()),
            BoundShape::Traits { of: SubjectKind::Account, .. } if account == ABSENT => {
                return Err(Reason::NoId("account").into());
            }
            BoundShape::Traits { of: SubjectKind::Workspace, .. } if workspace == ABSENT => {
                return Err(Reason::NoId("workspace").into());
            }
            // A row without one of the two ids says nothing of membership; one without the other id nothing of aliases.
            BoundShape::Joined | BoundShape::Left if !has_person || account == ABSENT => return Ok(()),
            BoundShape::Alias(_) if name == ABSENT || user == ABSENT => return Ok(()),
            _ => {}
        }
        let received = match &mut statement.received {
            Some(rule) => time(rule, item, context)?,
            None => None,
        };
        let timestamp = self.timestamp(statement, received, item, context)?;
        let message = self.message(statement, item, context)?;
        let sender = match self.id(statement.sender.as_ref(), item, context)? {
            ABSENT => self.empty_code,
            code => code,
        };
        context.batch.push(Row {
            source: self.source_code,
            sender,
            message,
            timestamp,
            received: received.unwrap_or(Timestamp::MIN),
            user,
            anonymous,
            account,
            workspace,
            shape,
            name,
        });
        self.properties(statement, item, context)?;
        self.amount(statement, item, context)
    }

    /// The code of the event's name; `Some(ABSENT)` where there is none to have, `None` if the statement is not made.
    fn name(
        &mut self,
        name: &BoundName,
        item: Option<Item<'_>>,
        context: &mut Context<'_, '_>,
    ) -> Result<Option<u32>, Fault> {
        let (slot, rename, others, missing) = match name {
            BoundName::None => return Ok(Some(ABSENT)),
            BoundName::Fixed(_, code) => return Ok(Some(*code)),
            BoundName::From { slot, rename, others, missing } => (slot, rename, *others, missing),
        };
        let (field, column) = field_in(slot, item, context.fields);
        let fault = |reason| Fault { reason, column };
        if field.is_absent() || missing.is(&field) {
            return Err(fault(Reason::NoName));
        }
        let text = text_in(field, &mut self.scratch);
        let name = match rename.get(text) {
            Some(name) => name,
            None => match others {
                Others::Keep => text,
                Others::Skip => return Ok(None),
                Others::Reject => return Err(fault(Reason::UnlistedName(super::reject::capped(text, 100).to_owned()))),
            },
        };
        if name.is_empty() {
            return Err(fault(Reason::NoName));
        }
        if name.len() > limits::NAME_BYTES {
            return Err(fault(Reason::NameTooLong));
        }
        Ok(Some(context.batch.texts.intern(name)))
    }

    /// The code of an id, [`ABSENT`] if there is none.
    fn id(
        &mut self,
        rule: Option<&BoundId>,
        item: Option<Item<'_>>,
        context: &mut Context<'_, '_>,
    ) -> Result<u32, Fault> {
        let Some(rule) = rule else { return Ok(ABSENT) };
        match id_text(rule, item, context.fields, &mut self.scratch)? {
            Some(text) => Ok(context.batch.texts.intern(text)),
            None => Ok(ABSENT),
        }
    }

    fn timestamp(
        &mut self,
        statement: &mut BoundStatement,
        received: Option<Timestamp>,
        item: Option<Item<'_>>,
        context: &mut Context<'_, '_>,
    ) -> Result<Timestamp, Fault> {
        let Some(rule) = &mut statement.time else { return Ok(Timestamp::MIN) };
        let column = column_of(&rule.slot);
        let Some(timestamp) = time(rule, item, context)? else {
            return Err(Fault { reason: Reason::NoTime, column });
        };
        match received {
            Some(received) if timestamp > received => {
                self.changed.clamped += 1;
                Ok(received)
            }
            _ => Ok(timestamp),
        }
    }

    fn message(
        &mut self,
        statement: &BoundStatement,
        item: Option<Item<'_>>,
        context: &mut Context<'_, '_>,
    ) -> Result<Message, Fault> {
        let position = item.map_or(0, |item| item.position);
        if let Some(rule) = &statement.id
            && id_text(rule, item, context.fields, &mut self.scratch)?.is_some()
        {
            // `id_text` leaves a text without prefix where it is; here it is needed with the item's number.
            let (field, _) = field_in(&rule.slot, item, context.fields);
            self.scratch.clear();
            self.scratch.push_str(&rule.prefix);
            field.write_text(&mut self.scratch);
            if position > 0 {
                self.scratch.push('#');
                self.scratch.push_str(&position.to_string());
            }
            return Ok(Message::Text(context.batch.message_texts.push(&self.scratch)));
        }
        let identity = match context.identity {
            Some(identity) => identity,
            None => {
                let identity = self.identity.row(context.columns, context.fields);
                let too_many = "the file has too many rows without an id; state the column of one as `id:`";
                *context.identity.insert(identity.ok_or(Fault::from(Reason::Unusable(too_many)))?)
            }
        };
        Ok(Message::Digest(identity.message(statement.seed, position)))
    }

    fn properties(
        &mut self,
        statement: &mut BoundStatement,
        item: Option<Item<'_>>,
        context: &mut Context<'_, '_>,
    ) -> Result<(), Fault> {
        for property in &mut statement.properties {
            let (field, column) = field_in(&property.slot, item, context.fields);
            if field.is_absent() || property.missing.is(&field) {
                continue;
            }
            let cell = property.value_type.cell(field, &mut context.batch.texts, &mut self.changed, &mut self.scratch);
            let cell = cell.map_err(|reason| Fault { reason, column })?;
            let Some(cell) = cell else { continue };
            let place = match property.column {
                Some(place) => place,
                None => *property.column.insert(context.batch.column(property.code, &cell)),
            };
            context.batch.set_in(place, cell);
        }
        match &statement.rest {
            Some(prefix) => self.rest(prefix, &statement.properties, context),
            None => Ok(()),
        }
    }

    /// All columns that the mapping does not name, as properties.
    fn rest(&mut self, prefix: &str, properties: &[BoundProperty], context: &mut Context<'_, '_>) -> Result<(), Fault> {
        let mut count = properties.len();
        for (place, field) in context.fields.iter().enumerate() {
            let is_named = self.named.get(place).copied().unwrap_or(false);
            if is_named || field.is_absent() || self.default_missing.is(field) {
                continue;
            }
            let Some(name) = context.columns.name(place).and_then(|name| name.strip_prefix(prefix)) else { continue };
            if name.is_empty() || properties.iter().any(|property| property.name == name) {
                continue;
            }
            let fault = |reason| Fault { reason, column: Some(place) };
            count += 1;
            if count > limits::PROPERTIES {
                return Err(fault(Reason::TooManyProperties));
            }
            if name.len() > limits::NAME_BYTES {
                return Err(fault(Reason::NameTooLong));
            }
            let mut value_type = BoundType::as_sent(&self.default_time);
            let cell = value_type.cell(*field, &mut context.batch.texts, &mut self.changed, &mut self.scratch);
            let name = context.batch.texts.intern(name);
            if let Some(cell) = cell.map_err(fault)? {
                context.batch.set(name, cell);
            }
        }
        Ok(())
    }

    fn amount(
        &mut self,
        statement: &BoundStatement,
        item: Option<Item<'_>>,
        context: &mut Context<'_, '_>,
    ) -> Result<(), Fault> {
        let Some(rule) = &statement.amount else { return Ok(()) };
        let amount = match rule.column {
            None => rule.constant,
            Some(column) => {
                let field = context.fields.get(column).copied().unwrap_or(Field::Absent);
                if field.is_absent() || rule.missing.is(&field) {
                    return Ok(());
                }
                super::typing::number(field, rule.decimal).map_err(|reason| Fault { reason, column: Some(column) })?
            }
        };
        let (field, column) = field_in(&rule.currency, item, context.fields);
        let currency = text_in(field, &mut self.scratch).trim().to_ascii_uppercase();
        if !super::mapping::is_currency(&currency) {
            let reason = Reason::NotACurrency(super::reject::capped(&currency, 32).to_owned());
            return Err(Fault { reason, column });
        }
        let code = context.batch.texts.intern(&currency);
        context.batch.set_amount(amount, code);
        Ok(())
    }
}
