//! What happened to a subscription, invoice or checkout, and to whom.

use engine::Number;
use engine::record::{Money, SubjectKind, Who};

use super::money::money;
use crate::sources::json::{Json, Object};
use crate::sources::reject::{Fault, Reason};
use crate::sources::source::{Customer, CustomerIs};
use crate::sources::values::{self, Collected};

/// An event in the making.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) name: &'static str,
    pub(super) properties: Collected,
    pub(super) amount: Option<Money>,
}

/// What an event of a type says.
pub(super) fn told(kind: &str, object: &Object<'_>, before: Option<&Object<'_>>) -> Result<Told, Fault> {
    let (name, amount) = match kind {
        "customer.subscription.created" => (begun(object), recurring(object)),
        "customer.subscription.updated" => (changed(object, before), recurring(object)),
        "customer.subscription.deleted" => ("Subscription Ended", None),
        "customer.subscription.trial_will_end" => ("Trial Will End", None),
        "invoice.paid" => ("Invoice Paid", amount(object, "amount_paid")),
        "invoice.payment_failed" => ("Payment Failed", amount(object, "amount_due")),
        "checkout.session.completed" => ("Checkout Completed", amount(object, "amount_total")),
        _ => {
            let reason = "this type of event is not taken; choose subscriptions, invoice.paid, invoice.payment_failed and \
                          checkout.session.completed in Stripe";
            return Err(Fault::at("/type", Reason::NotTaken(reason)));
        }
    };
    let mut properties = Collected::default();
    let kept =
        ["id", "status", "billing_reason", "currency", "trial_end", "cancel_at_period_end", "subscription", "mode"];
    for member in kept {
        if let Some(value) = object.get(member) {
            properties.put(member, value, &format!("/data/object/{member}"))?;
        }
    }
    if let Some(price) = first_item(object).and_then(|item| item.object("price").or_else(|| item.object("plan"))) {
        properties.put("price", price.get("id").unwrap_or(&Json::Null), "/data/object/items")?;
        properties.put("plan", plan(price), "/data/object/items")?;
    }
    Ok(Told { name, properties, amount })
}

/// A subscription that begins as a trial is no sale yet, nor one that waits for its first payment.
fn begun(object: &Object<'_>) -> &'static str {
    match object.text("status") {
        Some("trialing") => "Trial Started",
        Some("active") => "Subscription Started",
        _ => "Subscription Pending",
    }
}

fn changed(object: &Object<'_>, before: Option<&Object<'_>>) -> &'static str {
    let was = before.and_then(|before| before.text("status"));
    match (was, object.text("status")) {
        (Some("trialing" | "incomplete"), Some("active")) => "Subscription Started",
        (Some("incomplete"), Some("trialing")) => "Trial Started",
        _ => "Subscription Changed",
    }
}

fn amount(object: &Object<'_>, member: &str) -> Option<Money> {
    let Some(Json::Numeral(digits)) = object.get(member) else { return None };
    money(values::number(digits).ok()?, object.text("currency")?)
}

fn items<'a, 'text>(object: &'a Object<'text>) -> &'a [Json<'text>] {
    match object.object("items").and_then(|items| items.get("data")) {
        Some(Json::List(items)) => items,
        _ => &[],
    }
}

fn first_item<'a, 'text>(object: &'a Object<'text>) -> Option<&'a Object<'text>> {
    items(object).first().and_then(Json::as_object)
}

fn plan<'a, 'text>(price: &'a Object<'text>) -> &'a Json<'text> {
    ["lookup_key", "nickname", "id"].iter().find_map(|name| price.get(name)).unwrap_or(&Json::Null)
}

fn whole(value: Option<&Json<'_>>) -> Option<Number> {
    if let Some(Json::Numeral(digits)) = value { values::number(digits).ok() } else { None }
}

/// What a period of the subscription costs by its list prices: unit prices times quantities. None where a price has tiers.
fn recurring(object: &Object<'_>) -> Option<Money> {
    let mut sum = Number::ZERO;
    let mut currency = None;
    for item in items(object) {
        let item = item.as_object()?;
        let price = item.object("price").or_else(|| item.object("plan"))?;
        let unit = whole(price.get("unit_amount")).or_else(|| whole(price.get("amount")))?;
        sum = sum.plus(unit.times(whole(item.get("quantity")).unwrap_or(Number::ONE))?);
        currency = price.text("currency").or(currency);
    }
    money(sum, currency.or_else(|| object.text("currency"))?)
}

/// The customer: by the product's own id in the metadata, tied to Stripe's where customers are people; else by Stripe's.
pub(super) fn customer(object: &Object<'_>, settings: &Customer) -> Result<Who, Fault> {
    let at = |reason| Fault::at("/data/object/customer", reason);
    let theirs = match object.get("customer") {
        Some(Json::Object(customer)) => values::id(customer.get("id")),
        id => values::id(id),
    };
    let theirs = theirs.map_err(at)?;
    let mut ours = None;
    if let Some(key) = &settings.metadata_key {
        let in_parent = object.object("parent").and_then(|parent| parent.object("subscription_details"));
        let holders = [Some(object), object.object("subscription_details"), in_parent, object.object("customer")];
        let found = holders.into_iter().flatten().find_map(|holder| holder.object("metadata")?.get(key));
        let found = found.or_else(|| object.get("client_reference_id"));
        ours = values::id(found).map_err(|reason| Fault::at("/data/object/metadata", reason))?;
    }
    if theirs.is_none() && ours.is_none() {
        return Err(at(Reason::NoSubject("customer")));
    }
    Ok(match settings.is {
        CustomerIs::Account => Who { account: ours.or(theirs), ..Who::default() },
        CustomerIs::User if ours.is_some() => Who { user: ours, anonymous: theirs, ..Who::default() },
        CustomerIs::User => Who { user: theirs, ..Who::default() },
    })
}

/// What is so of the customer from now on.
pub(super) fn traits(kind: &str, object: &Object<'_>, of: SubjectKind) -> Result<Collected, Fault> {
    let mut traits = Collected::default();
    let at = "/data/object";
    if kind.starts_with("customer.subscription.") {
        traits.put("subscription_status", object.get("status").unwrap_or(&Json::Null), at)?;
        if let Some(item) = first_item(object) {
            let price = item.object("price").or_else(|| item.object("plan"));
            traits.put("plan", price.map_or(&Json::Null, plan), at)?;
            traits.put("seats", item.get("quantity").unwrap_or(&Json::Null), at)?;
        }
    }
    let details = object.object("customer_details").and_then(|details| details.get("email"));
    let expanded = object.object("customer").and_then(|customer| customer.get("email"));
    let email = object.get("customer_email").or(details).or(expanded);
    let name = if of == SubjectKind::User { "email" } else { "billing_email" };
    traits.put(name, email.unwrap_or(&Json::Null), at)?;
    Ok(traits)
}
