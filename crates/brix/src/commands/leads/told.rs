//! Leads in rows and in words.

use serde_json::Value as Json;

use super::cell::{csv as csv_cell, text};
use crate::table::Table;

const COLUMNS: [&str; 14] = [
    "id",
    "definition",
    "kind",
    "subject",
    "account",
    "qualification",
    "qualified_at",
    "score",
    "band",
    "value",
    "state",
    "owner",
    "version",
    "may_contact",
];

fn value(lead: &Json) -> String {
    format!("{} {}", text(lead, "/value/amount"), text(lead, "/value/currency")).trim().to_owned()
}

/// Where people have got with it, and whether the subject may be contacted at all.
fn state(lead: &Json) -> String {
    let said = lead.pointer("/may_contact").and_then(Json::as_bool);
    let silent = if said == Some(false) { ", no consent to contact" } else { "" };
    format!("{}{silent}", text(lead, "/state"))
}

/// For people.
pub fn table(leads: &[Json]) -> Table {
    let mut table =
        Table::new(&[">lead", "definition", "who", "account", ">score", "band", ">value", "state", "qualified", "for"]);
    for lead in leads {
        let at = |pointer| text(lead, pointer);
        table.row([
            at("/id"),
            at("/definition"),
            at("/subject/id"),
            at("/account"),
            at("/score/total"),
            at("/band"),
            value(lead),
            state(lead),
            at("/qualified_at"),
            at("/qualification"),
        ]);
    }
    table
}

/// Comma-separated, the header first.
pub fn csv(leads: &[Json]) -> Vec<String> {
    let mut lines = vec![COLUMNS.join(",")];
    for lead in leads {
        let at = |pointer| text(lead, pointer);
        let cells = [
            at("/id"),
            at("/definition"),
            at("/subject/kind"),
            at("/subject/id"),
            at("/account"),
            at("/qualification"),
            at("/qualified_at"),
            at("/score/total"),
            at("/band"),
            value(lead),
            at("/state"),
            at("/owner"),
            at("/version"),
            at("/may_contact"),
        ];
        lines.push(cells.iter().map(|cell| csv_cell(cell)).collect::<Vec<_>>().join(","));
    }
    lines
}

/// Whether a change says that there is a new lead.
pub fn is_new(change: &Json) -> bool {
    change.pointer("/change/kind").and_then(Json::as_str) == Some("detected")
}

/// A change in a line.
pub fn sentence(change: &Json, reasons: &[String]) -> String {
    let at = |pointer| text(change, pointer);
    let account = at("/lead/account");
    let of =
        if account.is_empty() || account == at("/lead/subject/id") { String::new() } else { format!(" of {account}") };
    let who = format!("{}{of}, {}", at("/lead/subject/id"), at("/lead/definition"));
    let is_defined_anew = at("/change/cause") == "definition";
    let what = match at("/change/kind").as_str() {
        "detected" if at("/change/cause") == "history" => {
            format!("is a new lead ({}), found in the history", at("/lead/qualification"))
        }
        "detected" => format!("is a new lead ({})", at("/lead/qualification")),
        "moved" if is_defined_anew => "has moved: its definition has changed".to_owned(),
        "moved" => "has moved".to_owned(),
        "corrected" if is_defined_anew => "was corrected: its definition has changed".to_owned(),
        "corrected" => "was corrected by late data".to_owned(),
        "retracted" if at("/change/detail/because") == "consent" => "was retracted: it refuses to be judged".to_owned(),
        "retracted" if is_defined_anew => "was retracted: its definition has changed, and does not name it".to_owned(),
        "retracted" => "was retracted: late data shows that it never qualified".to_owned(),
        "reinstated" => "is a lead again".to_owned(),
        "state" => format!("is now {}", at("/lead/state")),
        "owner" => {
            format!("belongs to {}", if at("/lead/owner").is_empty() { "nobody".to_owned() } else { at("/lead/owner") })
        }
        "stage" => format!("is at the stage {}", at("/lead/stage")),
        "note" => "has a note".to_owned(),
        other => other.to_owned(),
    };
    let score = at("/lead/score/total");
    let score =
        if score.is_empty() { score } else { format!(", score {score} {}", at("/lead/band")).trim_end().to_owned() };
    let why = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
    format!("{} lead {} {who}: {what}{score}{why}", at("/change/at"), at("/change/lead"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_are_told_in_words() {
        let lead = json!({
            "definition": "trial-team", "subject": { "kind": "user", "id": "u1" }, "account": "acme",
            "qualification": "to_buy", "score": { "total": 72.5 }, "band": "high", "state": "new",
        });
        let change = json!({ "change": { "kind": "detected", "lead": 7, "at": "2026-05-01T10:00:00Z" }, "lead": lead });
        assert_eq!(
            sentence(&change, &["3 invites in 14 days".to_owned(), "plan is trial".to_owned()]),
            "2026-05-01T10:00:00Z lead 7 u1 of acme, trial-team: is a new lead (to_buy), score 72.5 high: \
             3 invites in 14 days; plan is trial"
        );
        assert!(is_new(&change));
    }

    #[test]
    fn cells_are_safe() {
        assert_eq!(csv_cell("a,b"), "\"a,b\"");
        assert_eq!(csv_cell("say \"x\""), "\"say \"\"x\"\"\"");
        assert_eq!(csv_cell("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(csv_cell("plain"), "plain");
        assert_eq!(
            csv(&[])[0],
            "id,definition,kind,subject,account,qualification,qualified_at,score,band,value,state,owner,version,may_contact"
        );
    }
}
