//! `brix leads show`: everything about one lead, in words.

use anyhow::Result;
use clap::Args;
use serde_json::Value as Json;

use super::cell::text;
use crate::commands::client::{Client, Refused};
use crate::commands::place::Place;
use crate::console::{Console, TITLE};
use crate::exit::{Exit, Failure};

/// Leads that are named where what was asked for is no number.
const NAMED: usize = 5;

/// Show all about one lead of a running server: why it is one, what became of it and by what, and who was told
///
/// The key of the API is taken from the variable BRIX_API_KEY.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The lead's number, as `brix leads` lists it
    #[arg(value_name = "LEAD")]
    lead: String,
}

/// Shows it.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit> {
    let client = Client::new(&arguments.place.address())?;
    let Ok(number) = arguments.lead.parse::<u64>() else {
        return Err(Failure::usage(no_number(&client, &arguments.lead)?));
    };
    let lead = client.get(&format!("/api/v1/leads/{number}"), &[]).map_err(|error| {
        // What it says is all that there is to say.
        match error.downcast_ref::<Refused>().and_then(|refused| refused.text("detail")) {
            Some(detail) if detail.starts_with("there is no lead") => anyhow::anyhow!("{detail}"),
            _ => error,
        }
    })?;
    if console.json {
        console.value(&lead)?;
        return Ok(Exit::Done);
    }
    story(&lead).iter().try_for_each(|line| console.line(line))?;
    Ok(Exit::Done)
}

/// What is wrong with what is no number, with the leads of whom it may mean.
fn no_number(client: &Client, asked: &str) -> Result<String> {
    let parameters = [("text", asked.to_owned()), ("limit", NAMED.to_string())];
    let found = client.get("/api/v1/leads", &parameters)?;
    let found = found.get("leads").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let named: Vec<String> = found
        .iter()
        .map(|lead| format!("{} ({}, {})", text(lead, "/id"), text(lead, "/subject/id"), text(lead, "/definition")))
        .collect();
    Ok(match named.as_slice() {
        [] => format!("`{asked}` is no lead's number, and nobody of that id is a lead; `brix leads` lists them"),
        named => format!("`{asked}` is no lead's number; do you mean {}?", named.join(" or ")),
    })
}

fn list<'a>(answer: &'a Json, name: &str) -> &'a [Json] {
    answer.get(name).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The whole story.
fn story(lead: &Json) -> Vec<String> {
    let at = |pointer| text(lead, pointer);
    let account = at("/account");
    let of = if account.is_empty() || account == at("/subject/id") { account } else { format!(" of {account}") };
    let of = if of.starts_with(' ') { of } else { String::new() };
    let version = version_of(lead, &at("/version"));
    let name = version.map_or_else(|| at("/definition"), |version| text(version, "/name"));
    let mut lines = vec![format!(
        "{TITLE}lead {}{TITLE:#}: {} {}{of}, {name} ({})",
        at("/id"),
        at("/subject/kind"),
        at("/subject/id"),
        at("/definition")
    )];
    lines.extend(heading(lead).into_iter().map(|(name, words)| format!("  {name:<10}  {words}")));
    let mut part = |title: &str, found: Vec<String>| {
        if !found.is_empty() {
            lines.extend([String::new(), title.to_owned()]);
            lines.extend(found.into_iter().map(|line| format!("  {line}")));
        }
    };
    part("why", list(lead, "evidence_in_words").iter().filter_map(Json::as_str).map(str::to_owned).collect());
    let note = |note| format!("{}  {}: {}", text(note, "/at"), text(note, "/by"), text(note, "/text"));
    part("notes", list(lead, "notes").iter().map(note).collect());
    part("history", list(lead, "history").iter().flat_map(|turn| told(lead, turn)).collect());
    part("told", list(lead, "deliveries").iter().rev().map(delivery).collect());
    lines
}

/// How it stands.
fn heading(lead: &Json) -> Vec<(&'static str, String)> {
    let at = |pointer| text(lead, pointer);
    let since = |kind: &str| {
        let last = list(lead, "history").iter().rev().find(|turn| text(turn, "/kind") == kind);
        last.map_or_else(String::new, |turn| format!(", since {}{}", text(turn, "/at"), by(turn)))
    };
    let ends = at("/exit_at");
    let ends = if ends.is_empty() { ends } else { format!(", until {ends}") };
    let known = at("/detected_at");
    let mut state = state_words(&at("/state"), &at("/refused_because"), &at("/snoozed_until")) + &since("state");
    let last = list(lead, "history").iter().rev().find(|turn| text(turn, "/kind") == "corrected");
    let is_defined_anew = last.is_some_and(|turn| text(turn, "/cause") == "definition");
    let corrected = if is_defined_anew { "corrected: its definition has changed" } else { "corrected by late data" };
    for (member, words) in [("/retracted", "retracted: it is not counted"), ("/corrected", corrected)] {
        if lead.pointer(member) == Some(&Json::Bool(true)) {
            state.push_str(&format!("; {words}"));
        }
    }
    if lead.pointer("/may_contact") == Some(&Json::Bool(false)) {
        state.push_str("; no consent to contact");
    }
    let mut rows = vec![
        (
            "qualified",
            format!("{}, {}{ends}; known since {known}", qualification(&at("/qualification")), at("/qualified_at")),
        ),
        ("state", state),
    ];
    for (name, pointer) in [("owner", "/owner"), ("stage", "/stage")] {
        if !at(pointer).is_empty() {
            rows.push((name, at(pointer) + &since(name)));
        }
    }
    let version = version_of(lead, &at("/version"));
    let parts = parts(lead.pointer("/score/parts"));
    let total = lead.pointer("/score/total").map_or_else(String::new, number);
    rows.extend(score(&total, &at("/band"), &parts, version).map(|score| ("score", score)));
    rows.extend(value(&at("/value/amount"), &at("/value/currency"), version).map(|value| ("value", value)));
    let revision = version.map_or_else(String::new, |version| format!("text {}, ", text(version, "/revision")));
    rows.push(("definition", format!("{revision}version {}", at("/version"))));
    rows
}

fn version_of<'a>(lead: &'a Json, hash: &str) -> Option<&'a Json> {
    list(lead, "versions").iter().find(|version| text(version, "/version") == hash)
}

fn qualification(word: &str) -> &str {
    match word {
        "to_buy" => "to buy",
        "to_use" => "to use",
        other => other,
    }
}

fn state_words(state: &str, because: &str, until: &str) -> String {
    match (because, until) {
        ("", "") => state.to_owned(),
        ("", until) => format!("{state} until {until}"),
        (because, _) => format!("{state} ({because})"),
    }
}

/// 70 and not 70.0.
fn number(number: &Json) -> String {
    number.as_f64().map_or_else(String::new, |number| number.to_string())
}

/// The points of each part of a score.
fn parts(of: Option<&Json>) -> Vec<(String, String)> {
    let parts = of.and_then(Json::as_object).into_iter().flatten();
    parts.map(|(name, points)| (name.clone(), number(points))).collect()
}

fn score(total: &str, band: &str, parts: &[(String, String)], version: Option<&Json>) -> Option<String> {
    let weight = |name: &str| Some(version?.get("weights")?.get(name)?.as_f64()?.to_string());
    let part = |(name, points): &(String, String)| {
        let of = weight(name).map_or_else(String::new, |weight| format!(" of {weight}"));
        format!("{name} {points}{of}")
    };
    let parts: Vec<String> = parts.iter().map(part).collect();
    let band = if band.is_empty() { String::new() } else { format!(" {band}") };
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(" · ")) };
    (!total.is_empty()).then(|| format!("{total}{band}{parts}"))
}

fn value(amount: &str, currency: &str, version: Option<&Json>) -> Option<String> {
    let of = version.map(|version| text(version, "/value_of")).filter(|of| !of.is_empty());
    let of = of.map_or_else(String::new, |of| format!(" ({of})"));
    (!amount.is_empty()).then(|| format!("{} {currency}", amount).trim_end().to_owned() + &of)
}

/// Who or what made a change.
fn by(turn: &Json) -> String {
    let by = text(turn, "/by");
    match text(turn, "/cause").as_str() {
        _ if !by.is_empty() => format!(" · {by}"),
        "event" => " · an event".to_owned(),
        "history" => " · found in the history".to_owned(),
        "time" => " · time".to_owned(),
        "time_or_event" => " · time or an event".to_owned(),
        "definition" => " · another version of the definition".to_owned(),
        other => format!(" · {other}"),
    }
}

/// A change: what, by what, and what was said of the lead then.
fn told(lead: &Json, turn: &Json) -> Vec<String> {
    let nothing = Json::Null;
    let detail = turn.get("detail").unwrap_or(&nothing);
    let at = |pointer| text(detail, pointer);
    let or_nobody = |who: String, none: &str| if who.is_empty() { none.to_owned() } else { who };
    let kind = text(turn, "/kind");
    let what = match kind.as_str() {
        "detected" => "a new lead".to_owned(),
        "moved" => "moved".to_owned(),
        "corrected" => "corrected".to_owned(),
        "retracted" if at("/because") == "consent" => "retracted: it refuses to be judged".to_owned(),
        "retracted" if !at("/version").is_empty() => format!("retracted: version {} does not name it", at("/version")),
        "retracted" => "retracted: late data shows that it never qualified".to_owned(),
        "reinstated" => "a lead again".to_owned(),
        "state" => state_words(&at("/state"), &at("/reason"), &at("/until")),
        "owner" => format!("belongs to {}", or_nobody(at("/owner"), "nobody")),
        "stage" => format!("at the stage {}", or_nobody(at("/stage"), "none")),
        "note" => "a note".to_owned(),
        other => other.to_owned(),
    };
    let mut lines = vec![format!("{}  {what}{}", text(turn, "/at"), by(turn))];
    if !at("/qualification").is_empty() {
        lines.extend(facts(lead, detail).into_iter().map(|line| format!("    {line}")));
    }
    lines
}

/// What was said of a lead.
fn facts(lead: &Json, detail: &Json) -> Vec<String> {
    let at = |pointer| text(detail, pointer);
    let version = version_of(lead, &at("/version"));
    let ends = at("/exit_at");
    let ends = if ends.is_empty() { ends } else { format!(", until {ends}") };
    let silent = if detail.get("may_contact") == Some(&Json::Bool(false)) { ", no consent to contact" } else { "" };
    let parts = parts(detail.get("score_parts"));
    let words: Vec<&str> = list(detail, "reasons").iter().filter_map(Json::as_str).collect();
    let mut lines =
        vec![format!("qualified {}, {}{ends}{silent}", qualification(&at("/qualification")), at("/qualified_at"))];
    let total = detail.get("score").map_or_else(String::new, number);
    lines.extend(score(&total, &at("/band"), &parts, version).map(|score| format!("score {score}")));
    lines.extend(value(&at("/value"), &at("/currency"), version).map(|value| format!("value {value}")));
    lines.extend((!words.is_empty()).then(|| format!("because {}", words.join("; "))));
    lines
}

/// What a destination was told, when, and how it went.
fn delivery(delivery: &Json) -> String {
    let at = |pointer| text(delivery, pointer);
    let what = at("/key");
    let what = what.rsplit('/').next().unwrap_or_default().to_owned();
    let last = list(delivery, "each_attempt").last();
    let when = last.map_or_else(String::new, |tried| format!(" {}", text(tried, "/at")));
    let (error, next) = (at("/last_error"), at("/next_try_at"));
    let error = if error.is_empty() || at("/state") == "delivered" { String::new() } else { format!(": {error}") };
    let next = if next.is_empty() { next } else { format!(", next {next}") };
    let attempts = at("/attempts");
    let attempts = if attempts == "1" || attempts == "0" { String::new() } else { format!(", {attempts} attempts") };
    format!("{}: {what}, {}{when}{attempts}{next}{error} (delivery {})", at("/destination"), at("/state"), at("/id"))
}
