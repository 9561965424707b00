//! `brix status`: how a running server is doing.

use anyhow::Result;
use clap::Args;
use serde_json::Value as Json;

use super::client::Client;
use super::place::Place;
use crate::console::{Console, count, grouped};
use crate::exit::Exit;

/// Tell how a running server is doing: how far it is, how soon leads are there, what does not go well
///
/// Ends with 1 where something does not go well, for scripts. The key of the API is taken from the variable BRIX_API_KEY.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  brix status\n  brix status --json")]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
}

/// Tells it.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit> {
    let client = Client::new(&arguments.place.address())?;
    let mut status = client.get("/api/v1/status", &[])?;
    let destinations = client.get("/api/v1/destinations", &[])?;
    if let Some(status) = status.as_object_mut() {
        status.extend(destinations.as_object().cloned().unwrap_or_default());
    }
    if console.json {
        console.value(&status)?;
    } else {
        for line in lines(&status) {
            console.line(line)?;
        }
    }
    let faults = faults(&status);
    faults.iter().for_each(|fault| console.warn(fault));
    Ok(if faults.is_empty() { Exit::Done } else { Exit::Findings })
}

fn number(of: &Json, path: &str) -> u64 {
    of.pointer(path).and_then(Json::as_u64).unwrap_or(0)
}

fn lines(status: &Json) -> Vec<String> {
    let (end, lag) = (number(status, "/log/end"), number(status, "/processor/lag"));
    let waiting = if lag == 0 { "all are judged".to_owned() } else { format!("{} wait to be judged", grouped(lag)) };
    let mut lines = vec![
        format!("Log: {}; {waiting}", count(end, "entry", "entries")),
        format!(
            "Leads: {}, by edition {} of the definitions",
            grouped(number(status, "/leads")),
            number(status, "/definitions/edition")
        ),
        delay(status.get("delay").unwrap_or(&Json::Null)),
    ];
    if let Some(next) = status.pointer("/definitions/activating").filter(|next| !next.is_null()) {
        let (edition, done, total) = (number(next, "/edition"), number(next, "/done"), number(next, "/total"));
        lines.push(format!("Edition {edition} is being made ready: {} of {}", grouped(done), grouped(total)));
    }
    for pull in status.get("pulls").and_then(Json::as_array).into_iter().flatten() {
        let name = pull.get("name").and_then(Json::as_str).unwrap_or("");
        lines.push(format!("Pull {name}: {}", count(number(pull, "/rows"), "row", "rows")));
    }
    lines
}

/// How soon leads are there.
fn delay(delay: &Json) -> String {
    if delay.is_null() {
        return "From an event to its lead: nobody has become a lead since the server started".to_owned();
    }
    let time = |member: &str| delay.get(member).and_then(Json::as_f64);
    let of = |member: &str| time(member).map_or_else(String::new, milliseconds);
    let end = match time("p99_ms") {
        Some(p99) => format!("{} for 99 of 100", milliseconds(p99)),
        None => format!("{} for the slowest", of("longest_ms")),
    };
    let leads = count(number(delay, "/leads"), "lead", "leads");
    format!("From an event's receipt to its lead: {} for half of {leads}, {end}", of("median_ms"))
}

fn milliseconds(time: f64) -> String {
    if time < 10.0 {
        format!("{time:.1} ms")
    } else if time < 10_000.0 {
        format!("{time:.0} ms")
    } else {
        format!("{:.0} s", time / 1000.0)
    }
}

/// What does not go well.
fn faults(status: &Json) -> Vec<String> {
    let mut faults = Vec::new();
    if status.get("ready").and_then(Json::as_bool) != Some(true) {
        faults.push("it has not taken up yet what was there when it started".to_owned());
    }
    for path in ["/definitions/complaint", "/definitions/folder"] {
        faults.extend(status.pointer(path).and_then(Json::as_str).map(str::to_owned));
    }
    for pull in status.get("pulls").and_then(Json::as_array).into_iter().flatten() {
        if let Some(why) = pull.get("fails_because").and_then(Json::as_str) {
            faults.push(format!("the pull {} fails: {why}", pull.get("name").and_then(Json::as_str).unwrap_or("")));
        }
    }
    let destinations = status.get("destinations").and_then(Json::as_array).into_iter().flatten();
    faults.extend(destinations.filter_map(destination));
    faults
}

/// A destination that does not take what it is told.
fn destination(one: &Json) -> Option<String> {
    let text = |member: &str| one.get(member).and_then(Json::as_str);
    let name = text("name")?;
    let is_disabled = text("kind").is_some() && one.get("enabled").and_then(Json::as_bool) == Some(false);
    let why = text("last_error").map_or_else(String::new, |why| format!(": {why}"));
    let what = match text("failing_since") {
        _ if is_disabled => format!("has said that it is gone{why}"),
        Some(since) => format!("has failed since {since}{why}"),
        None => return None,
    };
    let (waiting, dead) = (number(one, "/deliveries/waiting"), number(one, "/deliveries/dead"));
    Some(format!(
        "the destination {name} {what}; {} wait, {} were given up: `brix deliveries --destination {name}` lists them",
        grouped(waiting),
        grouped(dead)
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn how_soon_is_told_with_its_number_of_leads() {
        assert!(delay(&Json::Null).contains("nobody"));
        let few = json!({"leads": 3, "median_ms": 2.34, "p99_ms": null, "longest_ms": 41.2});
        assert_eq!(
            delay(&few),
            "From an event's receipt to its lead: 2.3 ms for half of 3 leads, 41 ms for the slowest"
        );
        let many = json!({"leads": 1200, "median_ms": 2.0, "p99_ms": 12_500.0, "longest_ms": 20_000.0});
        assert!(delay(&many).ends_with("2.0 ms for half of 1,200 leads, 12 s for 99 of 100"), "{}", delay(&many));
    }

    #[test]
    fn what_does_not_go_well_is_named() {
        let well = json!({"ready": true, "definitions": {"complaint": null, "folder": null}, "pulls": []});
        assert_eq!(faults(&well), Vec::<String>::new());
        let ill = json!({"ready": false, "definitions": {"complaint": "line 3"}, "pulls": [{"name": "crm", "fails_because": "refused"}]});
        assert_eq!(faults(&ill).len(), 3);
    }

    #[test]
    fn destinations_that_fail_are_named() {
        let status = json!({"ready": true, "destinations": [
            {"name": "well", "kind": "slack", "enabled": true, "failing_since": null, "deliveries": {"dead": 2}},
            {"name": "old", "kind": null, "enabled": false, "failing_since": null, "deliveries": {"waiting": 2}},
            {"name": "crm", "kind": "webhook", "enabled": true, "failing_since": "2026-05-01T09:00:00Z",
             "last_error": "answered 503", "deliveries": {"waiting": 1200, "dead": 3}},
            {"name": "gone", "kind": "webhook", "enabled": false, "failing_since": "2026-05-01T09:00:00Z",
             "last_error": "answered 410", "deliveries": {}},
        ]});
        assert_eq!(
            faults(&status),
            [
                "the destination crm has failed since 2026-05-01T09:00:00Z: answered 503; 1,200 wait, 3 were given up: \
                 `brix deliveries --destination crm` lists them",
                "the destination gone has said that it is gone: answered 410; 0 wait, 0 were given up: \
                 `brix deliveries --destination gone` lists them",
            ]
        );
    }
}
