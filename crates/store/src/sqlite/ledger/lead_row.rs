//! A lead as a row, and back.

use engine::number::Number;
use engine::record::Money;
use rusqlite::Row;

use crate::ledger::lead::{Brief, Facts, Lead, LeadScore, LeadState, Qualification};
use crate::sqlite::row::{some_time, strange, subject_kind, time, word};

/// A score has two places, and is kept as a whole number of hundredths.
const HUNDREDTH: i128 = Number::UNIT / 100;
/// Values are ordered by millionths.
const MILLIONTH: i128 = Number::UNIT / 1_000_000;
/// Leads without a value come last.
const NO_VALUE: i64 = i64::MIN;

/// A whole number of these units, held at the ends of what fits.
fn in_units(number: Number, unit: i128) -> i64 {
    let whole = number.0.div_euclid(unit);
    i64::try_from(whole).unwrap_or(if whole < 0 { i64::MIN + 1 } else { i64::MAX })
}

/// A score as the column keeps it.
pub(super) fn hundredths(score: Number) -> i64 {
    in_units(score, HUNDREDTH)
}

/// A value as the list is ordered by it.
pub(super) fn value_rank(value: Option<&Money>) -> i64 {
    value.map_or(NO_VALUE, |value| in_units(value.amount, MILLIONTH))
}

/// The parts of a score: a list of pairs of name and points, in order.
pub(super) fn parts_of(score: &LeadScore) -> serde_json::Value {
    score.parts.iter().map(|(name, points)| serde_json::json!([name, points.to_string()])).collect()
}

/// As the column keeps them.
pub(super) fn parts_text(score: &LeadScore) -> String {
    parts_of(score).to_string()
}

fn parts(text: &str) -> Option<Vec<(String, Number)>> {
    let parts: Vec<(String, String)> = serde_json::from_str(text).ok()?;
    parts.into_iter().map(|(name, points)| Some((name, points.parse().ok()?))).collect()
}

fn score_total(row: &Row<'_>) -> rusqlite::Result<Option<Number>> {
    Ok(row.get::<_, Option<i64>>("score")?.map(|hundredths| Number(i128::from(hundredths) * HUNDREDTH)))
}

fn score(row: &Row<'_>) -> rusqlite::Result<Option<LeadScore>> {
    let Some(total) = score_total(row)? else { return Ok(None) };
    let text: Option<String> = row.get("score_parts")?;
    let parts = text.map_or(Some(Vec::new()), |text| parts(&text)).ok_or_else(|| strange("score_parts"))?;
    Ok(Some(LeadScore { total, parts }))
}

fn value(row: &Row<'_>) -> rusqlite::Result<Option<Money>> {
    let (Some(amount), Some(currency)) =
        (row.get::<_, Option<String>>("value")?, row.get::<_, Option<String>>("currency")?)
    else {
        return Ok(None);
    };
    let amount = amount.parse().map_err(|_| strange("value"))?;
    Ok(Some(Money { amount, currency: currency.into() }))
}

fn state(row: &Row<'_>) -> rusqlite::Result<LeadState> {
    Ok(match row.get::<_, String>("state")?.as_str() {
        "new" => LeadState::New,
        "working" => LeadState::Working,
        "accepted" => LeadState::Accepted,
        "refused" => LeadState::Refused { reason: row.get::<_, Option<String>>("reason")?.unwrap_or_default() },
        "snoozed" => LeadState::Snoozed { until: time(row, "until")? },
        "converted" => LeadState::Converted,
        "lapsed" => LeadState::Lapsed,
        _ => return Err(strange("state")),
    })
}

/// A lead.
pub(super) fn lead(row: &Row<'_>) -> rusqlite::Result<Lead> {
    Ok(Lead {
        id: row.get("id")?,
        definition: row.get("definition")?,
        entry: row.get("entry")?,
        detected_at: time(row, "detected_at")?,
        facts: Facts {
            version: row.get("version")?,
            subject_kind: word(row, "subject_kind", subject_kind)?,
            subject: row.get("subject")?,
            account: row.get("account")?,
            qualification: word(row, "qualification", Qualification::of)?,
            qualified_at: time(row, "qualified_at")?,
            knowable_at: some_time(row, "knowable_at")?,
            exit_at: some_time(row, "exit_at")?,
            score: score(row)?,
            value: value(row)?,
            band: row.get("band")?,
            may_contact: row.get("may_contact")?,
        },
        is_corrected: row.get("is_corrected")?,
        is_retracted: row.get("is_retracted")?,
        state: state(row)?,
        owner: row.get("owner")?,
        stage: row.get("stage")?,
        changed: row.get("changed")?,
    })
}

/// What a processor must know of a lead.
pub(super) fn brief(row: &Row<'_>) -> rusqlite::Result<Brief> {
    Ok(Brief {
        id: row.get("id")?,
        definition: row.get("definition")?,
        subject_kind: word(row, "subject_kind", subject_kind)?,
        subject: row.get("subject")?,
        has_account: row.get("has_account")?,
        entry: row.get("entry")?,
        qualification: word(row, "qualification", Qualification::of)?,
        qualified_at: time(row, "qualified_at")?,
        exit_at: some_time(row, "exit_at")?,
        score: score_total(row)?,
        value: value(row)?,
        band: row.get("band")?,
        may_contact: row.get("may_contact")?,
        is_corrected: row.get("is_corrected")?,
        is_retracted: row.get("is_retracted")?,
        state: state(row)?,
    })
}
