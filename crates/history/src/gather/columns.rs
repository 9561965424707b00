//! Which columns a request reads from which files.

use std::sync::Arc;

use engine::record::SubjectKind;

use crate::columns::{ColumnName, Table, ValueType};
use crate::error::Result;
use crate::lake::{Lake, OpenFile};
use crate::scan::ScanRequest;
use crate::stream::Wanted;
use crate::subject::{AMOUNT, CURRENCY};
use crate::table_writer::large_name;
use crate::values::{ColumnKind, ValueCursor, WantedColumn};

/// Places of sent accounts among the code columns of both tables.
pub(super) const EVENT_ACCOUNT: usize = 1;
/// Of sent workspaces.
pub(super) const EVENT_WORKSPACE: usize = 2;
/// In facts.
pub(super) const FACT_ACCOUNT: usize = 0;
/// In facts.
pub(super) const FACT_WORKSPACE: usize = 1;

/// Which columns are read.
pub(super) struct Selection {
    pub(super) events: Arc<Wanted>,
    pub(super) facts: Arc<Wanted>,
    /// By slot of needed properties: places among the values of events.
    pub(super) properties: Vec<Vec<usize>>,
    /// By slot of needed traits: places among the values of facts.
    pub(super) traits: Vec<(SubjectKind, Vec<usize>)>,
    /// Where accounts come from e-mails: places of the addresses.
    pub(super) emails: Option<Vec<usize>>,
}

impl Selection {
    pub(super) fn of(
        lake: &Lake,
        request: &ScanRequest<'_>,
        events: &[Vec<OpenFile>],
        facts: &[Vec<OpenFile>],
    ) -> Result<Self> {
        let needs = request.needs;
        let together = needs.accounts || needs.workspaces;
        let known = |files: &[Vec<OpenFile>]| files.iter().flatten().any(|(table, _)| table.column("known").is_some());
        let mut of_events = Wanted { codes: vec!["name"], known: known(events), ..Wanted::default() };
        let mut of_facts =
            Wanted { codes: vec!["account", "workspace"], known: known(facts), says: true, ..Wanted::default() };
        if together {
            of_events.codes.extend(["account", "workspace"]);
        }
        let select = |name: &str, table: Table, files: &[Vec<OpenFile>], wanted: &mut Wanted| {
            let places = candidates(lake, table, name).into_iter().filter_map(|column| {
                let exists = files.iter().flatten().any(|(table, _)| ValueCursor::new(table, &column).is_some());
                exists.then(|| place_of(column, wanted))
            });
            places.collect::<Vec<_>>()
        };
        let properties =
            needs.properties.iter().map(|name| select(name, Table::Events, events, &mut of_events)).collect();
        let traits =
            needs.traits.iter().map(|(kind, name)| (*kind, select(name, Table::Facts, facts, &mut of_facts))).collect();
        let emails = (together && request.workspace.account_from_email)
            .then(|| select("email", Table::Facts, facts, &mut of_facts));
        Ok(Self { events: Arc::new(of_events), facts: Arc::new(of_facts), properties, traits, emails })
    }
}

/// The place of a column among those wanted, which it joins if it is new.
fn place_of(column: WantedColumn, wanted: &mut Wanted) -> usize {
    wanted.values.iter().position(|present| *present == column).unwrap_or_else(|| {
        wanted.values.push(column);
        wanted.values.len() - 1
    })
}

/// Columns that may hold a property's or trait's values.
pub(crate) fn candidates(lake: &Lake, table: Table, name: &str) -> Vec<WantedColumn> {
    let mut columns = Vec::new();
    if let (Table::Events, Some((fixed, value_type))) = (table, fixed(name)) {
        if value_type == ValueType::Number {
            columns.push(WantedColumn { name: large_name(fixed), kind: ColumnKind::Large });
        }
        columns.push(WantedColumn { name: fixed.to_owned(), kind: ColumnKind::Main(value_type) });
    }
    for value_type in ValueType::ALL {
        let text = ColumnName::text(table, value_type, name);
        if lake.column_dictionary().find(&text).is_some() {
            columns.extend(candidates_of_type(name, value_type));
        }
    }
    // Most values are in the main columns: look there first.
    columns.reverse();
    columns
}

/// Columns that may hold values of one type: in each row at most one of them does.
pub(crate) fn candidates_of_type(name: &str, value_type: ValueType) -> impl Iterator<Item = WantedColumn> {
    let main = format!("{}.{name}", value_type.word());
    let large =
        (value_type == ValueType::Number).then(|| WantedColumn { name: large_name(&main), kind: ColumnKind::Large });
    let rest = WantedColumn { name: main.clone(), kind: ColumnKind::Rest(value_type) };
    large.into_iter().chain([rest, WantedColumn { name: main, kind: ColumnKind::Main(value_type) }])
}

/// The columns of an event's money, which are no properties.
fn fixed(name: &str) -> Option<(&'static str, ValueType)> {
    match name {
        AMOUNT => Some(("amount", ValueType::Number)),
        CURRENCY => Some(("currency", ValueType::Text)),
        _ => None,
    }
}
