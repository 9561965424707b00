//! From the YAML tree to a [`Statement`]: what a row says.

use std::collections::BTreeMap;

use engine::record::{EventKind, SubjectKind};
use engine::{Number, Value};

use super::constant::changed_by_buying;
use super::read::{Reading, conditions, missing, sign, time_reader, value_type};
use super::yaml::{self, Content, Mark, Node, Table};
use super::{AmountFrom, AmountRule, Each, IdRule, NameRule, Operand, Others, PropertyRule, Says, Statement, TimeRule};
use crate::files::time::{TimeFormat, TimeReader};

/// Reads one entry of `records:`.
pub(super) fn read(node: &Node, reading: &mut Reading) -> Option<Statement> {
    let mut table = Table::new(node, "a record", &mut reading.problems)?;
    let mark = table.mark;
    let says = says(&mut table, reading);
    let is_constant = matches!(says, Some((Says::Traits { constant: true, .. }, _)));
    let user = id(&mut table, "user", reading);
    let anonymous = id(&mut table, "anonymous", reading);
    let account = id(&mut table, "account", reading);
    let workspace = id(&mut table, "workspace", reading);
    let own_id = id(&mut table, "id", reading);
    let sender = id(&mut table, "sender", reading);
    let time = time(&mut table, "time", reading);
    let received = time_of_receipt(&mut table, reading);
    let each = each(&mut table, reading);
    let only_if = conditions(&mut table, reading);
    let (properties, rest, amount) = contents(&mut table, says.as_ref().map(|(says, _)| says), reading);
    table.finish(&mut reading.problems);
    let (says, key) = says?;
    match (&time, is_constant) {
        (None, false) => {
            reading.report(mark, "`time:` is missing: the column that says when; only constant traits have none");
        }
        (Some(_), true) => reading.report(mark, "constant traits hold always; leave out `time:`, or `constant:`"),
        _ => {}
    }
    if is_constant {
        check_constant(mark, &properties, rest.as_deref(), reading);
    }
    let statement = Statement {
        says,
        user,
        anonymous,
        account,
        workspace,
        time,
        received,
        id: own_id,
        sender,
        properties,
        rest,
        amount,
        only_if,
        each,
        key,
    };
    check_subject(mark, &statement, reading);
    check_item(mark, &statement, reading);
    Some(statement)
}

/// What kind of statement it is, and the key that tells it from others.
fn says(table: &mut Table<'_>, reading: &mut Reading) -> Option<(Says, String)> {
    let event = table.take("event");
    let kind = kind(table, reading);
    let traits = table.text("traits", &mut reading.problems);
    let constant = table.truth("constant", &mut reading.problems);
    let membership = table.text("membership", &mut reading.problems);
    let previous = id(table, "alias", reading);
    let stated = [event.is_some(), traits.is_some(), membership.is_some(), previous.is_some()];
    if stated.iter().filter(|stated| **stated).count() != 1 {
        reading.report(table.mark, "a record says one thing: `event:`, `traits:`, `membership:` or `alias:`");
        return None;
    }
    if kind.is_some() && event.is_none() {
        reading.report(table.mark, "`kind` is for events");
    }
    if constant.is_some() && traits.is_none() {
        reading.report(table.mark, "`constant` is for traits");
    }
    if let Some(node) = event {
        let name = name(node, reading)?;
        let key = match &name {
            NameRule::Fixed(name) => format!("event:{name}"),
            NameRule::From { .. } => "event".to_owned(),
        };
        return Some((Says::Event { name, kind }, key));
    }
    if let Some((mark, word)) = traits {
        let kinds = [SubjectKind::User, SubjectKind::Account, SubjectKind::Workspace];
        let Some(of) = kinds.into_iter().find(|kind| kind.word() == word) else {
            reading.report(mark, format!("`traits` is user, account or workspace, not `{word}`"));
            return None;
        };
        let constant = constant.unwrap_or(false);
        let key = format!("traits:{word}{}", if constant { ":constant" } else { "" });
        return Some((Says::Traits { of, constant }, key));
    }
    if let Some((mark, word)) = membership {
        return match word {
            "joined" => Some((Says::Joined, "joined".to_owned())),
            "left" => Some((Says::Left, "left".to_owned())),
            _ => {
                reading.report(mark, format!("`membership` is joined or left, not `{word}`"));
                None
            }
        };
    }
    previous.map(|previous| (Says::Alias { previous }, "alias".to_owned()))
}

fn kind(table: &mut Table<'_>, reading: &mut Reading) -> Option<EventKind> {
    let (mark, word) = table.text("kind", &mut reading.problems)?;
    let found = EventKind::ALL.into_iter().find(|kind| kind.word() == word);
    if found.is_none() {
        let words: Vec<&str> = EventKind::ALL.into_iter().map(EventKind::word).collect();
        reading.report(mark, format!("`{word}` is no kind of events; {} are", words.join(", ")));
    }
    found
}

fn name(node: &Node, reading: &mut Reading) -> Option<NameRule> {
    if let Content::Scalar(text, _) = &node.content {
        return match text.as_str() {
            "" => {
                reading.report(node.mark, "`event` needs a name");
                None
            }
            "$item" => Some(NameRule::From { operand: Operand::Item, rename: BTreeMap::new(), others: Others::Keep }),
            name => Some(NameRule::Fixed(name.to_owned())),
        };
    }
    let mut table = Table::new(node, "an event's name", &mut reading.problems)?;
    let operand = operand(&mut table, reading);
    let mut rename = BTreeMap::new();
    if let Some(node) = table.take("rename") {
        match &node.content {
            Content::Map(pairs) => {
                for (_, from, to) in pairs {
                    match to.scalar() {
                        Some(to) => drop(rename.insert(from.clone(), to.to_owned())),
                        None => reading.report(to.mark, "a new name must be a single value"),
                    }
                }
            }
            _ => reading.report(node.mark, "`rename` must be a mapping of names to new names"),
        }
    }
    let others = match table.text("others", &mut reading.problems) {
        None | Some((_, "keep")) => Others::Keep,
        Some((_, "skip")) => Others::Skip,
        Some((_, "reject")) => Others::Reject,
        Some((mark, other)) => {
            reading.report(mark, format!("`others` is keep, skip or reject, not `{other}`"));
            Others::Keep
        }
    };
    table.finish(&mut reading.problems);
    Some(NameRule::From { operand: operand?, rename, others })
}

/// `column:` or `value:`.
fn operand(table: &mut Table<'_>, reading: &mut Reading) -> Option<Operand> {
    let column = table.text("column", &mut reading.problems);
    let value = table.take("value");
    match (column, value) {
        (Some((_, column)), None) => Some(column_or_item(column)),
        (None, Some(node)) => constant(node, reading).map(Operand::Constant),
        _ => {
            reading.report(table.mark, "`column:` or `value:` is needed, one of them");
            None
        }
    }
}

fn column_or_item(name: &str) -> Operand {
    match name {
        "$item" => Operand::Item,
        "$position" => Operand::Position,
        name => Operand::Column(name.to_owned()),
    }
}

/// A value that is always the same: numbers, true and false are such unless they stand in quotes.
fn constant(node: &Node, reading: &mut Reading) -> Option<Value> {
    match &node.content {
        Content::Scalar(text, true) => Some(Value::text(text)),
        Content::Scalar(text, false) => Some(match text.as_str() {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            text => text.parse::<Number>().map_or_else(|_| Value::text(text), Value::Number),
        }),
        _ => {
            reading.report(node.mark, "`value` must be a single value");
            None
        }
    }
}

/// An id under a key: a column's name, or a mapping.
fn id(table: &mut Table<'_>, key: &'static str, reading: &mut Reading) -> Option<IdRule> {
    let node = table.take(key)?;
    if let Some(column) = node.scalar() {
        return Some(IdRule { operand: column_or_item(column), prefix: String::new(), missing: None });
    }
    let mut table = Table::new(node, "an id", &mut reading.problems)?;
    let operand = operand(&mut table, reading);
    let prefix = table.take("prefix").map(|node| yaml::texts(node, "prefix", &mut reading.problems).concat());
    let missing = missing(&mut table, reading);
    table.finish(&mut reading.problems);
    Some(IdRule { operand: operand?, prefix: prefix.unwrap_or_default(), missing })
}

fn time(table: &mut Table<'_>, key: &'static str, reading: &mut Reading) -> Option<TimeRule> {
    let node = table.take(key)?;
    let plain = || TimeReader::new(TimeFormat::Iso, reading.zone.clone(), None);
    if let Some(column) = node.scalar() {
        return Some(TimeRule { operand: column_or_item(column), reader: plain(), missing: None });
    }
    let plain = plain();
    let mut table = Table::new(node, "a time", &mut reading.problems)?;
    let operand = operand(&mut table, reading);
    let reader = time_reader(&mut table, reading).unwrap_or(plain);
    let missing = missing(&mut table, reading);
    table.finish(&mut reading.problems);
    Some(TimeRule { operand: operand?, reader, missing })
}

fn time_of_receipt(table: &mut Table<'_>, reading: &mut Reading) -> Option<TimeRule> {
    time(table, "received", reading)
}

fn each(table: &mut Table<'_>, reading: &mut Reading) -> Option<Each> {
    let node = table.take("each")?;
    if let Some(column) = node.scalar() {
        return Some(Each { column: column.to_owned(), split: None });
    }
    let mut table = Table::new(node, "`each`", &mut reading.problems)?;
    let column = table.text("column", &mut reading.problems).map(|(_, text)| text.to_owned());
    let split = table.take("split").map(|node| yaml::texts(node, "split", &mut reading.problems).concat());
    if column.is_none() {
        reading.report(table.mark, "`each` needs `column:`");
    }
    table.finish(&mut reading.problems);
    Some(Each { column: column?, split: split.filter(|split| !split.is_empty()) })
}

type Contents = (Vec<PropertyRule>, Option<String>, Option<AmountRule>);

/// `properties:` and `amount:` of events, `values:` of traits, and `rest:`.
fn contents(table: &mut Table<'_>, says: Option<&Says>, reading: &mut Reading) -> Contents {
    let (node, is_event) = match says {
        Some(Says::Event { .. }) => (table.take("properties"), true),
        Some(Says::Traits { .. }) => (table.take("values"), false),
        _ => return (Vec::new(), None, None),
    };
    let properties = node.map(|node| properties(node, reading)).unwrap_or_default();
    let rest = match table.text("rest", &mut reading.problems) {
        None | Some((_, "false")) => None,
        Some((_, "true")) => Some(String::new()),
        Some((_, prefix)) => Some(prefix.to_owned()),
    };
    let amount = if is_event { amount(table, reading) } else { None };
    if !is_event && properties.is_empty() && rest.is_none() {
        reading.report(table.mark, "traits need `values:` (or `rest: true`)");
    }
    (properties, rest, amount)
}

fn properties(node: &Node, reading: &mut Reading) -> Vec<PropertyRule> {
    match &node.content {
        Content::List(_) => yaml::texts(node, "properties", &mut reading.problems)
            .into_iter()
            .map(|name| PropertyRule { operand: column_or_item(&name), name, value_type: None, missing: None })
            .collect(),
        Content::Map(pairs) => pairs.iter().filter_map(|(_, name, node)| property(name, node, reading)).collect(),
        Content::Scalar(..) => {
            reading.report(node.mark, "write a mapping of names to columns, or a list of columns");
            Vec::new()
        }
    }
}

fn property(name: &str, node: &Node, reading: &mut Reading) -> Option<PropertyRule> {
    let name = name.to_owned();
    if node.is_null() {
        return Some(PropertyRule { operand: column_or_item(&name), name, value_type: None, missing: None });
    }
    if let Some(column) = node.scalar() {
        return Some(PropertyRule { operand: column_or_item(column), name, value_type: None, missing: None });
    }
    let mut table = Table::new(node, "a property", &mut reading.problems)?;
    let operand = operand(&mut table, reading);
    let value_type = value_type(&mut table, reading);
    let missing = missing(&mut table, reading);
    table.finish(&mut reading.problems);
    Some(PropertyRule { name, operand: operand?, value_type, missing })
}

fn amount(table: &mut Table<'_>, reading: &mut Reading) -> Option<AmountRule> {
    let node = table.take("amount")?;
    let default = reading.currency.clone();
    let (amount, currency, missing) = if let Some(column) = node.scalar() {
        (AmountFrom::Column(column.to_owned(), b'.'), None, None)
    } else {
        let mut table = Table::new(node, "an amount", &mut reading.problems)?;
        let operand = operand(&mut table, reading);
        let decimal = sign(&mut table, "decimal", reading).unwrap_or(b'.');
        let currency = table.take("currency").and_then(|node| currency(node, reading));
        let missing = missing(&mut table, reading);
        let mark = table.mark;
        table.finish(&mut reading.problems);
        let amount = match operand? {
            Operand::Column(column) => AmountFrom::Column(column, decimal),
            Operand::Constant(Value::Number(number)) => AmountFrom::Constant(number),
            _ => {
                reading.report(mark, "an amount is a column or a number");
                return None;
            }
        };
        (amount, currency, missing)
    };
    let currency = currency.or_else(|| default.map(|code| Operand::Constant(Value::text(&code))));
    if currency.is_none() {
        reading.report(node.mark, "the amount needs a `currency:`, here or at the top: USD, or { column: … }");
    }
    Some(AmountRule { amount, currency: currency?, missing })
}

fn currency(node: &Node, reading: &mut Reading) -> Option<Operand> {
    match node.scalar() {
        Some(code) if is_currency(code) => Some(Operand::Constant(Value::text(code))),
        Some(code) => {
            reading.report(node.mark, format!("`{code}` is not a currency: three capital letters such as USD are"));
            None
        }
        None => {
            let mut table = Table::new(node, "a currency", &mut reading.problems)?;
            let operand = operand(&mut table, reading);
            table.finish(&mut reading.problems);
            operand
        }
    }
}

/// Whether a text has the form of an ISO 4217 code.
pub(crate) fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn check_constant(mark: Mark, properties: &[PropertyRule], rest: Option<&str>, reading: &mut Reading) {
    if rest.is_some() {
        reading.report(mark, "constant traits are named one by one; `rest` could take in what buying changes");
    }
    for property in properties {
        let names = [Some(property.name.as_str()), property.operand.column()];
        if let Some(word) = names.into_iter().flatten().find_map(changed_by_buying) {
            let name = &property.name;
            reading.report(
                mark,
                format!(
                    "`{name}` cannot be constant: buying changes `{word}`, so its value of today would tell the past what came later; \
                     give it the time from which it holds"
                ),
            );
        }
    }
}

/// Each statement needs the ids that it is about.
fn check_subject(mark: Mark, statement: &Statement, reading: &mut Reading) {
    let person = statement.user.is_some() || statement.anonymous.is_some();
    let account = statement.account.is_some();
    let needed = match &statement.says {
        Says::Event { .. } if !(person || account || statement.workspace.is_some()) => {
            "an event needs whom it is about: `user:`, `anonymous:`, `account:` or `workspace:`"
        }
        Says::Traits { of: SubjectKind::User, .. } if !person => "traits of a user need `user:` (or `anonymous:`)",
        Says::Traits { of: SubjectKind::Account, .. } if !account => "traits of an account need `account:`",
        Says::Traits { of: SubjectKind::Workspace, .. } if statement.workspace.is_none() => {
            "traits of a workspace need `workspace:`"
        }
        Says::Joined | Says::Left if !(person && account) => "a membership needs `user:` and `account:`",
        Says::Alias { .. } if statement.user.is_none() => "an alias needs `user:`, whom the other id is",
        Says::Traits { of: SubjectKind::User, constant: true } if account || statement.workspace.is_some() => {
            "constant traits of a user have `user:` alone: with an account they would make it a member for all time"
        }
        _ => return,
    };
    reading.report(mark, needed);
}

fn check_item(mark: Mark, statement: &Statement, reading: &mut Reading) {
    let is_item = |operand: &Operand| matches!(operand, Operand::Item | Operand::Position);
    let ids = [&statement.user, &statement.anonymous, &statement.account, &statement.workspace, &statement.id];
    let used = ids.into_iter().flatten().any(|id| is_item(&id.operand))
        || statement.properties.iter().any(|property| is_item(&property.operand))
        || matches!(&statement.says, Says::Event { name: NameRule::From { operand, .. }, .. } if is_item(operand));
    if used && statement.each.is_none() {
        reading.report(mark, "`$item` and `$position` need `each:`, the column that holds the items");
    }
}
