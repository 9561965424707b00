//! The product as CSV files (RFC 4180, UTF-8, comma, header, `\n`): the bytes, not the files.
//!
//! | File | A row is | From |
//! |---|---|---|
//! | `events.csv` | something done | [`events`], facts in the order given |
//! | `account_history.csv` | a change of an account's stage, plan, limits, use or spend | [`account_history`] |
//! | `users.csv` | a person | [`users`] |
//! | `accounts.csv` | an account, with what never changes | [`accounts`] |
//! | `subscriptions.csv` | a purchase and its end, if any | [`subscriptions`] |
//! | `truth.csv` | a person's hidden truth, which no importer should see | [`truth`] |
//!
//! Purchases and cancellations (without their reasons) stand in `subscriptions.csv` only, so that nothing is counted twice. Times are
//! `2025-01-31T09:05:07.123Z`; empty means that there is none.

use engine::record::SubjectKind;

use crate::account::{Account, Person};
use crate::fact::{Fact, PersonCode, Slot, What};
use crate::ids::Ids;
use crate::people::{write_company, write_domain, write_email, write_name};
use crate::scenario::Level;
use crate::text::{write_hundredths, write_json_member, write_time, write_value, write_whole};
use crate::vocabulary::{EventName, Key};
use crate::world::Kind;

/// How `events.csv` holds properties.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Properties {
    /// A column for each of [`PROPERTIES`].
    #[default]
    Columns,
    /// One column `properties` with a JSON object, quoted as RFC 4180 has it.
    Json,
}

/// The property columns of `events.csv`.
pub const PROPERTIES: [Key; 33] = [
    Key::Amount,
    Key::BoardId,
    Key::Campaign,
    Key::CampaignId,
    Key::Channel,
    Key::Contacts,
    Key::Currency,
    Key::DashboardId,
    Key::DealValue,
    Key::Endpoint,
    Key::Environment,
    Key::FileId,
    Key::Format,
    Key::Integration,
    Key::Limit,
    Key::Megabytes,
    Key::Method,
    Key::Minutes,
    Key::Page,
    Key::Participants,
    Key::Plan,
    Key::ProjectId,
    Key::Recipients,
    Key::ReportId,
    Key::Role,
    Key::Seats,
    Key::Seconds,
    Key::Source,
    Key::Step,
    Key::Template,
    Key::Topic,
    Key::VideoId,
    Key::With,
];

/// The trait columns of `account_history.csv`.
pub const ACCOUNT_HISTORY: [Key; 11] = [
    Key::Stage,
    Key::Plan,
    Key::TrialStartedAt,
    Key::TrialEndsAt,
    Key::Contacts,
    Key::ContactLimit,
    Key::StorageMegabytes,
    Key::StorageLimit,
    Key::Seats,
    Key::Mrr,
    Key::Forecast,
];

/// Appends the header of `events.csv`.
pub fn events_header(out: &mut Vec<u8>, properties: Properties) {
    let mut line = "message_id,timestamp,received_at,event,kind,user_id,anonymous_id,account_id".to_owned();
    match properties {
        Properties::Columns => header_columns(&mut line, &PROPERTIES),
        Properties::Json => line.push_str(",properties"),
    }
    line.push('\n');
    out.extend_from_slice(line.as_bytes());
}

fn header_columns(line: &mut String, keys: &[Key]) {
    for key in keys {
        line.push(',');
        line.push_str(key.text());
    }
}

/// Appends the rows of `events.csv`. `timestamp` is as the sender said it and can be later than `received_at`.
pub fn events(out: &mut Vec<u8>, ids: &Ids, properties: Properties, facts: &[Fact]) {
    let mut line = String::new();
    for fact in facts {
        let What::Event(name) = fact.what else { continue };
        if matches!(name, EventName::SubscriptionStarted | EventName::SubscriptionCancelled) {
            continue;
        }
        line.clear();
        ids.write_message(&mut line, fact.message);
        write_times(&mut line, fact);
        line.push(',');
        line.push_str(name.text());
        line.push(',');
        line.push_str(name.kind().word());
        line.push(',');
        write_ids(&mut line, ids, fact);
        match properties {
            Properties::Columns => write_columns(&mut line, ids, &PROPERTIES, fact),
            Properties::Json => write_quoted_json(&mut line, ids, fact),
        }
        line.push('\n');
        out.extend_from_slice(line.as_bytes());
    }
}

fn write_times(line: &mut String, fact: &Fact) {
    line.push(',');
    write_time(line, fact.time);
    line.push(',');
    write_time(line, fact.received);
}

fn write_ids(line: &mut String, ids: &Ids, fact: &Fact) {
    if !fact.user.is_none() {
        ids.write_user(line, fact.user, fact.by_previous_id);
    }
    line.push(',');
    if !fact.device.is_none() {
        ids.write_device(line, fact.device);
    }
    line.push(',');
    if !fact.account.is_none() {
        ids.write_account(line, fact.account.0 - 1);
    }
}

/// A field for each key: empty where the row has no such slot.
fn write_columns(line: &mut String, ids: &Ids, keys: &[Key], fact: &Fact) {
    const COMMAS: &str = match str::from_utf8(&[b','; 40]) {
        Ok(commas) => commas,
        Err(_) => "",
    };
    let mut written = 0;
    let mut commas = |line: &mut String, upto: usize| {
        line.push_str(COMMAS.get(..upto - written).unwrap_or_default());
        written = upto;
    };
    let mut places = [(usize::MAX, &Slot::EMPTY); 4];
    for (place, slot) in places.iter_mut().zip(fact.filled()) {
        *place = (keys.iter().position(|key| *key == slot.key).unwrap_or(usize::MAX), slot);
    }
    places.sort_unstable_by_key(|place| place.0);
    for (place, slot) in places.iter().filter(|place| place.0 != usize::MAX) {
        commas(line, place + 1);
        write_value(line, ids, slot);
    }
    commas(line, keys.len());
}

fn write_quoted_json(line: &mut String, ids: &Ids, fact: &Fact) {
    let mut json = String::from("{");
    for (at, slot) in fact.filled().enumerate() {
        json.push_str(if at == 0 { "" } else { "," });
        write_json_member(&mut json, ids, slot);
    }
    json.push('}');
    line.push_str(",\"");
    line.push_str(&json.replace('"', "\"\""));
    line.push('"');
}

/// Appends the header of `account_history.csv`.
pub fn account_history_header(out: &mut Vec<u8>) {
    let mut line = "account_id,timestamp,received_at,message_id".to_owned();
    header_columns(&mut line, &ACCOUNT_HISTORY);
    line.push('\n');
    out.extend_from_slice(line.as_bytes());
}

/// Appends the rows of `account_history.csv`: only those columns that changed are filled.
pub fn account_history(out: &mut Vec<u8>, ids: &Ids, facts: &[Fact]) {
    let mut line = String::new();
    for fact in facts {
        if fact.what != What::Traits(SubjectKind::Account)
            || !fact.filled().any(|slot| ACCOUNT_HISTORY.contains(&slot.key))
        {
            continue;
        }
        line.clear();
        ids.write_account(&mut line, fact.account.0.saturating_sub(1));
        write_times(&mut line, fact);
        line.push(',');
        ids.write_message(&mut line, fact.message);
        write_columns(&mut line, ids, &ACCOUNT_HISTORY, fact);
        line.push('\n');
        out.extend_from_slice(line.as_bytes());
    }
}

/// Appends the header of `users.csv`.
pub fn users_header(out: &mut Vec<u8>) {
    out.extend_from_slice(
        b"user_id,anonymous_id,previous_id,account_id,email,name,title,role,source,timezone,created_at\n",
    );
}

/// Appends the people of an account whose signup was received.
pub fn users(out: &mut Vec<u8>, ids: &Ids, account: &Account) {
    let mut line = String::new();
    for person in &account.people {
        let Some(signed_up_at) = person.signed_up_at else { continue };
        line.clear();
        ids.write_user(&mut line, person.code, false);
        line.push(',');
        ids.write_device(&mut line, person.device);
        line.push(',');
        if person.had_previous_id {
            ids.write_user(&mut line, person.code, true);
        }
        line.push(',');
        ids.write_account(&mut line, account.number);
        line.push(',');
        write_email(&mut line, person.mail.with(person.code));
        line.push(',');
        write_name(&mut line, person.code);
        let role = if person.admin { "admin" } else { "member" };
        for word in [person.title(), role, person.source(), account.timezone()] {
            line.push(',');
            line.push_str(word);
        }
        line.push(',');
        write_time(&mut line, signed_up_at);
        line.push('\n');
        out.extend_from_slice(line.as_bytes());
    }
}

/// Appends the header of `accounts.csv`.
pub fn accounts_header(out: &mut Vec<u8>) {
    out.extend_from_slice(b"account_id,name,domain,industry,country,employees,created_at\n");
}

/// Appends an account; nothing for a visitor. Only companies have a name, a domain, an industry and a size.
pub fn accounts(out: &mut Vec<u8>, ids: &Ids, account: &Account) {
    if account.kind == Kind::Visitor || account.signed_up_at == i64::MAX {
        return;
    }
    let mut line = String::new();
    ids.write_account(&mut line, account.number);
    line.push(',');
    let company = account.kind == Kind::Company;
    if company {
        write_company(&mut line, account.number);
    }
    line.push(',');
    if company {
        write_domain(&mut line, account.number);
    }
    line.push(',');
    line.push_str(if company { account.industry() } else { "" });
    line.push(',');
    line.push_str(account.country());
    line.push(',');
    if company {
        write_whole(&mut line, account.employees.into());
    }
    line.push(',');
    write_time(&mut line, account.signed_up_at);
    line.push('\n');
    out.extend_from_slice(line.as_bytes());
}

/// Appends the header of `subscriptions.csv`.
pub fn subscriptions_header(out: &mut Vec<u8>) {
    out.extend_from_slice(b"account_id,user_id,started_at,cancelled_at,plan,amount,currency,interval,seats\n");
}

/// Appends an account's purchases.
pub fn subscriptions(out: &mut Vec<u8>, ids: &Ids, account: &Account) {
    let mut line = String::new();
    for subscription in &account.subscriptions {
        line.clear();
        ids.write_account(&mut line, account.number);
        line.push(',');
        ids.write_user(&mut line, subscription.by, false);
        line.push(',');
        write_time(&mut line, subscription.started_at);
        line.push(',');
        write_optional_time(&mut line, subscription.cancelled_at);
        line.push(',');
        line.push_str(subscription.plan());
        line.push(',');
        write_hundredths(&mut line, subscription.amount_hundredths);
        line.push(',');
        line.push_str(subscription.currency());
        line.push_str(if subscription.yearly { ",year," } else { ",month," });
        write_whole(&mut line, subscription.seats.into());
        line.push('\n');
        out.extend_from_slice(line.as_bytes());
    }
}

fn write_optional_time(line: &mut String, time: Option<i64>) {
    if let Some(time) = time {
        write_time(line, time);
    }
}

/// Appends the header of `truth.csv`.
pub fn truth_header(out: &mut Vec<u8>) {
    out.extend_from_slice(
        b"user_id,account_id,kind,level,bot,clock_ahead_seconds,signed_up_at,rule_held_at,converted_at,\
          account_rule_held_at,account_converted_at\n",
    );
}

/// Appends the hidden truth of an account's people: what a perfect definition and report would find.
pub fn truth(out: &mut Vec<u8>, ids: &Ids, account: &Account) {
    let mut line = String::new();
    for person in &account.people {
        line.clear();
        write_truth(&mut line, ids, account, person);
        line.push('\n');
        out.extend_from_slice(line.as_bytes());
    }
}

fn write_truth(line: &mut String, ids: &Ids, account: &Account, person: &Person) {
    ids.write_user(line, person.code, false);
    line.push(',');
    ids.write_account(line, account.number);
    line.push(',');
    line.push_str(match account.kind {
        Kind::Company => "company",
        Kind::Hobbyist => "hobbyist",
        Kind::Student => "student",
        Kind::Internal => "internal",
        Kind::Visitor => "visitor",
    });
    line.push_str(match account.level {
        Level::Low => ",low,",
        Level::Middle => ",middle,",
        Level::High => ",high,",
    });
    line.push_str(if person.bot { "true," } else { "false," });
    write_whole(line, person.clock_ahead / engine::time::SECOND);
    let times =
        [person.signed_up_at, person.rule_held_at, person.converted_at, account.rule_held_at, account.converted_at];
    for time in times {
        line.push(',');
        write_optional_time(line, time);
    }
}

/// Appends a person's user id, for reading answers by id.
#[must_use]
pub fn user_id(ids: &Ids, person: PersonCode) -> String {
    let mut text = String::new();
    ids.write_user(&mut text, person, false);
    text
}
