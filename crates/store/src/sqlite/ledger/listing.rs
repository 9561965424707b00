//! Lists of leads: the statement is put together from the parts that are asked for, so that SQLite can choose an index.

use engine::record::SubjectKind;
use rusqlite::Connection;

use super::SQL;
use super::lead_row::{hundredths, lead, value_rank};
use crate::ledger::lead::Lead;
use crate::ledger::listing::{LeadCursor, LeadFilter, LeadPage, Order, PageRequest};
use crate::sqlite::row::{Query, limit};
use crate::sqlite::statement::statement;

const LIST: &str = statement(SQL, "list");
const TOTALS: &str = statement(SQL, "totals");
const COUNT: &str = statement(SQL, "count");
const BY_STATE: &str = statement(SQL, "by state");
const RETRACTED: &str = statement(SQL, "where retracted");
const LEAD: &str = statement(SQL, "where lead");
const DEFINITION: &str = statement(SQL, "where definition");
const SUBJECT_KIND: &str = statement(SQL, "where subject kind");
const STATE: &str = statement(SQL, "where state");
const QUALIFICATION: &str = statement(SQL, "where qualification");
const BAND: &str = statement(SQL, "where band");
const SUBJECT_TEXT: &str = statement(SQL, "where subject text");
const ACCOUNT: &str = statement(SQL, "where account");
const OWNER: &str = statement(SQL, "where owner");
const QUALIFIED_FROM: &str = statement(SQL, "where qualified from");
const QUALIFIED_BEFORE: &str = statement(SQL, "where qualified before");
const SCORE_AT_LEAST: &str = statement(SQL, "where score at least");
const MAY_CONTACT: &str = statement(SQL, "where may contact");
const BY_QUALIFIED_AT: &str = statement(SQL, "page by qualified_at");
const BY_SCORE: &str = statement(SQL, "page by score");
const BY_VALUE: &str = statement(SQL, "page by value");

fn filtered<'a>(start: &str, filter: &'a LeadFilter) -> Query<'a> {
    let mut query = Query::new(start);
    query
        .part(RETRACTED)
        .value(":retracted", filter.are_retracted)
        .condition(LEAD, ":lead", filter.lead)
        .condition(DEFINITION, ":definition", filter.definition.as_ref())
        .condition(SUBJECT_KIND, ":subject_kind", filter.subject_kind.map(SubjectKind::word))
        .condition(QUALIFICATION, ":qualification", filter.qualification.map(|one| one.word()))
        .condition(BAND, ":band", filter.band.as_ref())
        .condition(SUBJECT_TEXT, ":subject_text", filter.subject_text.as_ref().map(|text| text.to_ascii_lowercase()))
        .condition(ACCOUNT, ":account", filter.account.as_ref())
        .condition(OWNER, ":owner", filter.owner.as_ref())
        .condition(QUALIFIED_FROM, ":qualified_from", filter.qualified_from.map(|at| at.0))
        .condition(QUALIFIED_BEFORE, ":qualified_before", filter.qualified_before.map(|at| at.0))
        .condition(SCORE_AT_LEAST, ":score_at_least", filter.score_at_least.map(hundredths))
        .condition(MAY_CONTACT, ":may_contact", filter.may_contact);
    query
}

/// What a list is ordered by, of one lead.
fn key(order: Order, lead: &Lead) -> i64 {
    match order {
        Order::QualifiedAt => lead.facts.qualified_at.0,
        Order::Score => lead.facts.score.as_ref().map_or(-1, |score| hundredths(score.total)),
        Order::Value => value_rank(lead.facts.value.as_ref()),
    }
}

/// A page of leads.
pub(super) fn page(reader: &Connection, filter: &LeadFilter, page: &PageRequest) -> rusqlite::Result<LeadPage> {
    let mut query = filtered(LIST, filter);
    let order = match page.order {
        Order::QualifiedAt => BY_QUALIFIED_AT,
        Order::Score => BY_SCORE,
        Order::Value => BY_VALUE,
    };
    let after = page.after.unwrap_or(LeadCursor { key: i64::MAX, id: i64::MAX.cast_unsigned() });
    query.condition(STATE, ":state", filter.state.as_ref());
    // One more than asked for tells whether there is another page.
    let one_more = limit(page.most).saturating_add(1);
    query.part(order).value(":key", after.key).value(":last", after.id).value(":most", one_more);
    let mut statement = reader.prepare_cached(&query.sql)?;
    let leads = statement.query_map(query.values().as_slice(), lead)?;
    let mut leads = leads.collect::<rusqlite::Result<Vec<_>>>()?;
    let is_more = leads.len() > page.most;
    leads.truncate(page.most);
    let last = leads.last().filter(|_| is_more);
    let next = last.map(|last| LeadCursor { key: key(page.order, last), id: last.id });
    Ok(LeadPage { leads, next })
}

/// How many leads are in each state, whichever the filter asks for.
pub(super) fn counts(reader: &Connection, filter: &LeadFilter) -> rusqlite::Result<Vec<(String, u64)>> {
    let all = LeadFilter { are_retracted: filter.are_retracted, state: filter.state.clone(), ..LeadFilter::default() };
    if *filter == all {
        let mut totals = reader.prepare_cached(TOTALS)?;
        return totals.query_map([filter.are_retracted], |row| Ok((row.get(0)?, row.get(1)?)))?.collect();
    }
    let mut query = filtered(COUNT, filter);
    query.part(BY_STATE);
    let mut statement = reader.prepare_cached(&query.sql)?;
    statement.query_map(query.values().as_slice(), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}
