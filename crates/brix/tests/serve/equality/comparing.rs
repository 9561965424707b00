//! What a server says of its leads, held against what the command line says of the same history imported from files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::sending::Dice;
use crate::support::{READ, Server};

/// The leads of a subject by a definition, in their order.
pub type Leads = BTreeMap<(String, String), Vec<Value>>;

/// All leads that stand, page by page.
pub fn leads_of(server: &Server) -> Leads {
    let mut leads = Leads::new();
    let mut after = String::new();
    loop {
        let page = server.ask("GET", &format!("/api/v1/leads?limit=200{after}"), READ, "").json();
        for lead in page["leads"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            leads.entry((text(&lead["definition"]), text(&lead["subject"]["id"]))).or_default().push(lead.clone());
        }
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    for of_subject in leads.values_mut() {
        of_subject.sort_by_key(|lead| lead["qualified_at"].as_str().unwrap().to_owned());
    }
    leads
}

/// The same history, imported.
pub struct Imported {
    folder: PathBuf,
    as_of: String,
}

impl Imported {
    pub fn new(folder: &Path) -> Self {
        let imported = Self { folder: folder.to_owned(), as_of: jiff::Timestamp::now().to_string() };
        let told = imported.json(&["import", "export"]);
        assert_eq!(told["rejected"]["rows"], 0, "{told}");
        imported
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_brix"))
            .current_dir(&self.folder)
            .args(["--quiet", "--json", "--lake", "lake"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "brix {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The definitions' files.
    fn definitions(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.join("definitions")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| format!("definitions/{}", entry.unwrap().file_name().display())).collect();
        names.sort();
        names
    }

    /// Holds all leads against the listings. Gives how many are qualified to buy, and how many to use only.
    pub fn same_listings(&self, leads: &Leads) -> (usize, usize) {
        let (mut to_buy, mut to_use) = (0, 0);
        for definition in self.definitions() {
            let listing = self.json(&["qualify", &definition, "--ever", "--as-of", &self.as_of]);
            let id = listing["definition"].as_str().unwrap();
            let mut live: BTreeMap<&str, &Vec<Value>> = leads
                .iter()
                .filter(|((of, _), found)| of == id && found[0]["qualification"] == "to_buy")
                .map(|((_, subject), found)| (subject.as_str(), found))
                .collect();
            for row in listing["rows"].as_array().unwrap() {
                let who = row["id"].as_str().unwrap();
                let found = live.remove(who).unwrap_or_else(|| panic!("{id}: {who} is no lead: {row}"));
                assert_eq!(row["entries"], found.len(), "{id}: {who}: {row} {found:#?}");
                assert_eq!(of_row(&listing, row), of_lead(found.last().unwrap()), "{id}: {who}");
                to_buy += found.len();
            }
            assert_eq!(live, BTreeMap::new(), "{id}: leads that are none");
            let listing = self.json(&["qualify", &definition, "--to-use", "--as-of", &self.as_of]);
            for row in listing["rows"].as_array().unwrap() {
                let key = (id.to_owned(), row["id"].as_str().unwrap().to_owned());
                let found = leads.get(&key).unwrap_or_else(|| panic!("{key:?} does not use: {row}"));
                let told = (&found[0]["qualification"], &found[0]["qualified_at"], found.len());
                assert_eq!(told, (&json!("to_use"), &row["qualified_at"], 1), "{key:?}");
                to_use += 1;
            }
        }
        (to_buy, to_use)
    }

    /// Holds the evidence of so many subjects' leads against `brix explain`, and every entry with it.
    pub fn same_evidence(&self, server: &Server, leads: &Leads, most: usize, dice: &mut Dice) -> usize {
        let mut keys: Vec<_> = leads.keys().collect();
        let mut looked = 0;
        while looked < most && !keys.is_empty() {
            let (definition, subject) = keys.swap_remove(dice.below(keys.len()));
            let found = &leads[&(definition.clone(), subject.clone())];
            for lead in found {
                let path = format!("/api/v1/leads/{}", lead["id"]);
                let evidence = server.ask("GET", &path, READ, "").json()["evidence"].clone();
                let at = lead["qualified_at"].as_str().unwrap();
                let kind = lead["subject"]["kind"].as_str().unwrap();
                let verdict = self.explained(definition, subject, kind, at);
                assert_eq!(evidence["reasons"], verdict["met"], "{definition}: {subject} at {at}");
                for part in ["when", "fit", "population"] {
                    let [live, told] = [&evidence["explanation"][part], &verdict[part]].map(counted);
                    assert_eq!(live, told, "{definition}: {subject} at {at}: {part}");
                }
                looked += 1;
            }
            let kind = found[0]["subject"]["kind"].as_str().unwrap();
            let verdict = self.explained(definition, subject, kind, &self.as_of);
            if found[0]["qualification"] == "to_use" {
                assert_eq!(verdict["entries"], json!([]), "{definition}: {subject}");
                assert_eq!(verdict["qualified_to_use_at"], found[0]["qualified_at"], "{definition}: {subject}");
            } else {
                let entries: Vec<Value> = found
                    .iter()
                    .map(|lead| {
                        let score = &lead["score"]["total"];
                        json!({"at": lead["qualified_at"], "exit": lead["exit_at"], "score": score})
                    })
                    .collect();
                let told: Vec<Value> = verdict["entries"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|entry| json!({"at": entry["at"], "exit": entry["exit"], "score": entry["score"]}))
                    .collect();
                assert_eq!(told, entries, "{definition}: {subject}");
            }
        }
        looked
    }

    fn explained(&self, definition: &str, subject: &str, kind: &str, at: &str) -> Value {
        let has_id = |file: &String| {
            let text = std::fs::read_to_string(self.folder.join(file)).unwrap();
            text.lines().any(|line| line == format!("id: {definition}"))
        };
        let file = self.definitions().into_iter().find(has_id).unwrap();
        let told = self.json(&["explain", subject, "--kind", kind, "--definition", &file, "--at", at]);
        told["definitions"][0].clone()
    }
}

/// A finding with how many rows it has for their numbers: those are counted within a household, with or without what no question
/// asks for.
fn counted(finding: &Value) -> Value {
    match finding {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| match value.as_array() {
                Some(rows) if name == "rows" => (name.clone(), rows.len().into()),
                _ => (name.clone(), counted(value)),
            };
            members.iter().map(member).collect()
        }
        Value::Array(items) => items.iter().map(counted).collect(),
        other => other.clone(),
    }
}

/// What a row of a listing says of the latest entry.
fn of_row(listing: &Value, row: &Value) -> Value {
    let names = listing["score_parts"].as_array().unwrap();
    let parts: serde_json::Map<String, Value> = names
        .iter()
        .zip(row["score_parts"].as_array().unwrap())
        .map(|(name, part)| (name.as_str().unwrap().to_owned(), part.clone()))
        .collect();
    let score = if row["score"].is_null() { Value::Null } else { json!({"total": row["score"], "parts": parts}) };
    json!({"at": row["qualified_at"], "exit": row["left_at"], "score": score, "band": row["band"], "value": row["value"]})
}

/// What a lead says.
fn of_lead(lead: &Value) -> Value {
    let value = lead["value"]["amount"].as_str().map(|amount| amount.parse::<f64>().unwrap());
    json!({"at": lead["qualified_at"], "exit": lead["exit_at"], "score": lead["score"], "band": lead["band"], "value": value})
}
