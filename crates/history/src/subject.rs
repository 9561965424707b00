//! One subject's household and its records, without a scan.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::household::{EventName, Household, Needs, Subject};
use engine::identity::HouseholdKey;
use engine::record::{Money, SubjectKind};
use engine::{Timestamp, Value};

use crate::columns::Table;
use crate::error::{Error, Result};
use crate::lake::Lake;
use crate::place;
use crate::scan::{ScanRequest, Unit};

/// The names under which an event's money is asked for among properties.
pub(crate) const AMOUNT: &str = "$amount";
/// Its currency.
pub(crate) const CURRENCY: &str = "$currency";

/// A row of a household with all that it says, to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRecord {
    /// When.
    pub at: Timestamp,
    /// What.
    pub name: EventName,
    /// Whose; code 0: nobody's.
    pub user: Subject,
    /// The row's account, where the request asks for accounts.
    pub account: Option<Subject>,
    /// Its details.
    pub properties: BTreeMap<Arc<str>, Value>,
    /// The money it moved.
    pub amount: Option<Money>,
}

impl Lake {
    /// The subject that an id names: for users the person behind it.
    ///
    /// # Errors
    /// As for [`Lake::scan`].
    pub fn subject(&self, kind: SubjectKind, id: &str) -> Result<Option<Subject>> {
        self.directory().find(kind, id)
    }

    /// Gives a subject's household, or `None` if there is nothing of what the request needs.
    ///
    /// # Errors
    /// As for [`Lake::scan`].
    pub fn household<T>(
        &self,
        request: &ScanRequest<'_>,
        subject: Subject,
        read: impl FnOnce(&Household<'_>) -> T,
    ) -> Result<Option<T>> {
        let together = request.needs.accounts || request.needs.workspaces;
        if together && !self.is_laid_out_for(request.workspace) {
            return Err(Error::Layout(self.folder().to_owned()));
        }
        let key: HouseholdKey = self.directory().households()?.household(subject);
        let place = place::of(key);
        let names = self.names(request.workspace);
        let (mut read, mut answer) = (Some(read), None);
        self.scan_unit(&Unit { from: place, to: place }, request, &names, &mut |household| {
            let here = together
                || household.users.iter().any(|run| run.user == subject.code)
                || household.traits.iter().any(|fact| fact.of == subject);
            if here && let Some(read) = read.take() {
                answer = Some(read(household));
            }
        })?;
        self.directory().take_failure().map_or(Ok(answer), Err)
    }

    /// All rows of a subject's household with all their properties, in the order of [`Lake::household`]'s rows for a
    /// request with the same needs of accounts and workspaces.
    ///
    /// # Errors
    /// As for [`Lake::scan`].
    pub fn records(&self, request: &ScanRequest<'_>, subject: Subject) -> Result<Vec<EventRecord>> {
        let mut properties: Vec<Arc<str>> = vec![Arc::from(AMOUNT), Arc::from(CURRENCY)];
        for column in self.columns().iter().filter(|column| column.table == Table::Events) {
            if !properties.iter().any(|name| **name == column.name) {
                properties.push(Arc::from(column.name.as_str()));
            }
        }
        let ScanRequest { needs, workspace, threads } = *request;
        let needs = Needs { properties, ..needs.clone() };
        let request = ScanRequest { needs: &needs, workspace, threads };
        let names = self.names(workspace);
        let records = self.household(&request, subject, |household| {
            let rows = household.users.iter().flat_map(|run| (run.start..run.end).map(|row| (run.user, row)));
            rows.filter_map(|(user, row)| record(household, &needs, &names.list, user, row)).collect()
        })?;
        Ok(records.unwrap_or_default())
    }
}

fn record(household: &Household<'_>, needs: &Needs, names: &[EventName], user: u32, row: usize) -> Option<EventRecord> {
    let mut properties = BTreeMap::new();
    let (mut amount, mut currency) = (None, None);
    for (slot, name) in (0..).zip(&needs.properties) {
        let Some(value) = household.properties.value(row, slot) else { continue };
        match &**name {
            AMOUNT => amount = value.as_number(),
            CURRENCY => currency = value.as_text().map(Arc::from),
            _ => {
                properties.insert(Arc::clone(name), value);
            }
        }
    }
    let account = household.accounts.and_then(|accounts| accounts.get(row)).filter(|code| **code != 0);
    Some(EventRecord {
        at: Timestamp(*household.times.get(row)?),
        name: names.get(*household.names.get(row)? as usize)?.clone(),
        user: Subject { kind: SubjectKind::User, code: user },
        account: account.map(|code| Subject { kind: SubjectKind::Account, code: *code }),
        properties,
        amount: amount.map(|amount| Money { amount, currency: currency.unwrap_or_default() }),
    })
}
