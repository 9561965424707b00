//! Deals and lifecycle stages, pushed by HubSpot's workflows and Salesforce's flows, or row by row by a reverse-ETL tool.
//!
//! After HubSpot's documentation of deals, contacts and "Webhooks", and Salesforce's object reference (Opportunity, Lead,
//! Contact). HubSpot writes all values as texts, and so numbers and truths are read from texts here.

use std::sync::Arc;

use engine::record::{EventKind, Money, SubjectKind, Who};

use super::clock;
use super::intake::Said;
use super::json::{Json, Object};
use super::pushed::{self, BODY_BYTES, domain};
use super::reject::{Fault, Reason};
use super::request::Request;
use super::source::{Proof, Route, Settings, Source};
use super::values::{self, Collected};

/// The names that a vendor gives to what we look for, each in order of preference.
#[derive(Debug)]
struct Names {
    deal: &'static [&'static str],
    stage: &'static [&'static str],
    deal_name: &'static [&'static str],
    pipeline: &'static [&'static str],
    amount: &'static [&'static str],
    currency: &'static [&'static str],
    is_won: &'static [&'static str],
    is_closed: &'static [&'static str],
    lifecycle: &'static [&'static str],
    time: &'static [&'static str],
    message: &'static [&'static str],
}

const HUBSPOT_NAMES: Names = Names {
    deal: &["hs_object_id", "dealId", "objectId", "id"],
    stage: &["dealstage"],
    deal_name: &["dealname"],
    pipeline: &["pipeline"],
    amount: &["amount"],
    currency: &["deal_currency_code"],
    is_won: &["hs_is_closed_won"],
    is_closed: &["hs_is_closed"],
    lifecycle: &["lifecyclestage"],
    time: &["occurredAt", "hs_lastmodifieddate", "lastmodifieddate", "timestamp"],
    message: &["eventId"],
};

const SALESFORCE_NAMES: Names = Names {
    deal: &["Id"],
    stage: &["StageName"],
    deal_name: &["Name"],
    pipeline: &["Type"],
    amount: &["Amount"],
    currency: &["CurrencyIsoCode"],
    is_won: &["IsWon"],
    is_closed: &["IsClosed"],
    lifecycle: &["Status"],
    time: &["LastModifiedDate", "SystemModstamp", "timestamp"],
    message: &["message_id"],
};

const ROUTES: &[Route] = &[Route::post("/", BODY_BYTES), Route::post("/*", BODY_BYTES)];

/// HubSpot.
pub(super) const HUBSPOT: Source = Source {
    id: "hubspot",
    name: "HubSpot",
    about: "Deals and lifecycle stages: let a workflow send them to Brix with the company's domain or the contact's e-mail.",
    proof: Proof::Key,
    routes: ROUTES,
    receive: |request, settings| pushed::receive(request, settings, |row| said(row, &HUBSPOT_NAMES, request, settings)),
    unauthorized: pushed::unauthorized,
    too_busy: pushed::too_busy,
    too_large: pushed::too_large,
};

/// Salesforce.
pub(super) const SALESFORCE: Source = Source {
    id: "salesforce",
    name: "Salesforce",
    about: "Opportunities and lead statuses: let a flow send them to Brix with the account's website or the person's e-mail.",
    proof: Proof::Key,
    routes: ROUTES,
    receive: |request, settings| {
        pushed::receive(request, settings, |row| said(row, &SALESFORCE_NAMES, request, settings))
    },
    unauthorized: pushed::unauthorized,
    too_busy: pushed::too_busy,
    too_large: pushed::too_large,
};

/// A row's members, and those of the objects that vendors put them into.
struct Row<'a, 'text> {
    holders: [Option<&'a Object<'text>>; 3],
}

impl<'a, 'text> Row<'a, 'text> {
    fn of(row: &'a Object<'text>) -> Self {
        Self { holders: [Some(row), row.object("properties"), row.object("Account")] }
    }

    /// The first of several members; HubSpot's workflows put a value into an object of its own.
    fn get(&self, names: &[&str]) -> Option<&'a Json<'text>> {
        let found = self.holders.into_iter().flatten().find_map(|holder| pushed::first(holder, names))?;
        match found {
            Json::Object(object) => object.get("value"),
            value => Some(value),
        }
    }

    fn is_true(&self, names: &[&str]) -> bool {
        match self.get(names) {
            Some(Json::Text(text)) => text.eq_ignore_ascii_case("true"),
            Some(value) => matches!(value, Json::Boolean(true)),
            None => false,
        }
    }
}

fn said(row: &Object<'_>, names: &Names, request: &Request<'_>, settings: &Settings) -> Result<Said, Fault> {
    let row = Row::of(row);
    let who = who(&row)?;
    let at = |reason| Fault::at(format!("/{}", names.time.first().copied().unwrap_or_default()), reason);
    let happened = row.get(names.time).map(time).transpose().map_err(at)?;
    let dated = clock::dated(request.received_at, None, happened).map_err(at)?;
    let message = values::id(row.get(names.message)).map_err(Fault::from)?;
    let stage = row.get(names.stage);
    let lifecycle = if stage.is_none() { row.get(names.lifecycle) } else { None };
    if stage.is_none() && lifecycle.is_none() {
        return Err(Reason::NotTaken("neither a deal's stage nor a lifecycle stage; send one of them").into());
    }
    if who == Who::default() {
        return Err(Reason::NoSubject(
            "account_id, domain, user_id and email; webhooks of apps name only their own ids, workflows can send these",
        )
        .into());
    }
    let of = if who.user.is_some() { SubjectKind::User } else { SubjectKind::Account };
    let said = Said::by(who, dated, message);
    let Some(stage) = stage else {
        let mut traits = Collected::default();
        traits.put("lifecycle_stage", lifecycle.unwrap_or(&Json::Null), "/lifecycle")?;
        return Ok(said.traits("", of, traits));
    };
    let mut properties = Collected::default();
    let members =
        [("deal", names.deal), ("deal_name", names.deal_name), ("stage", names.stage), ("pipeline", names.pipeline)];
    for (name, members) in members {
        properties.put(name, row.get(members).unwrap_or(&Json::Null), &format!("/{name}"))?;
    }
    let amount = amount(&row, names, settings)?;
    Ok(said.event(event_of(stage, &row, names).into(), Some(EventKind::Sales), properties, amount))
}

/// Won and lost by the vendor's own flags, else by its usual names of stages.
fn event_of(stage: &Json<'_>, row: &Row<'_, '_>, names: &Names) -> &'static str {
    let stage: String = stage.as_text().unwrap_or_default().to_lowercase().split_whitespace().collect();
    if row.is_true(names.is_won) || stage == "closedwon" {
        "Deal Won"
    } else if row.is_true(names.is_closed) || stage == "closedlost" {
        "Deal Lost"
    } else {
        "Deal Stage Changed"
    }
}

fn amount(row: &Row<'_, '_>, names: &Names, settings: &Settings) -> Result<Option<Money>, Fault> {
    let currency = row.get(names.currency).and_then(Json::as_text).unwrap_or(&settings.currency);
    let at = |reason| Fault::at(format!("/{}", names.amount.first().copied().unwrap_or_default()), reason);
    let digits = match row.get(names.amount) {
        None => return Ok(None),
        Some(Json::Numeral(digits)) => *digits,
        Some(Json::Text(text)) => text.trim(),
        Some(other) => return Err(at(Reason::WrongType { expected: "an amount", found: other.word() })),
    };
    values::number(digits).map_err(|_| at(Reason::WrongType { expected: "an amount", found: "something else" }))?;
    match values::money(Some(&Json::Numeral(digits)), currency) {
        Some(money) => Ok(Some(money)),
        None => Err(at(Reason::NotACurrency(super::reject::shown(currency)))),
    }
}

/// HubSpot writes milliseconds as texts.
fn time(value: &Json<'_>) -> Result<engine::Timestamp, Reason> {
    match value {
        Json::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => clock::time(&Json::Numeral(text)),
        value => clock::time(value),
    }
}

fn who(row: &Row<'_, '_>) -> Result<Who, Fault> {
    let id = |names: &[&str], pointer: &str| values::id(row.get(names)).map_err(|reason| Fault::at(pointer, reason));
    let email = id(&["email"], "/email")?.map(|email| Arc::<str>::from(email.trim().to_lowercase()));
    let user = id(&["user_id"], "/user_id")?.or(email);
    let site = row.get(&["domain", "company_domain", "website"]).and_then(Json::as_text);
    let account = match (id(&["account_id"], "/account_id")?, site) {
        (Some(id), _) => Some(id),
        (None, Some(site)) => Some(Arc::from(domain(site).map_err(|reason| Fault::at("/domain", reason))?)),
        (None, None) => None,
    };
    Ok(Who { user, account, ..Who::default() })
}
