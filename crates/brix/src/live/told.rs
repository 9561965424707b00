//! A lead in JSON: why it is one (kept with it), and what destinations are told.

use std::sync::Arc;

use engine::Timestamp;
use engine::assemble::OwnedHousehold;
use engine::household::{Directory as _, EventName, Subject};
use engine::outcome::{Explanation, Finding};
use engine::record::SubjectKind;
use insight::{qualified, told};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use store::ledger::lead::Facts;

use super::book::{Tell, Telling};
use super::rules::Rules;

/// Why a lead is one.
pub struct Reasons {
    /// The criteria met, in words.
    pub words: Vec<String>,
    /// With every criterion and the events behind it.
    pub evidence: String,
}

impl Reasons {
    /// In words, and in full; of a life with the dictionary of its events.
    pub fn of(
        rules: &Rules,
        definition: usize,
        explanation: &Explanation,
        life: (&OwnedHousehold, &[EventName]),
    ) -> Self {
        let Some(of) = rules.program.definitions().get(definition) else {
            return Self { words: Vec::new(), evidence: "{}".to_owned() };
        };
        let words: Vec<String> = qualified::reasons(of, explanation).iter().map(ToString::to_string).collect();
        let mut rows = Vec::new();
        for finding in [Some(&explanation.when), explanation.fit.as_ref()].into_iter().flatten() {
            rows_of(finding, &mut rows);
        }
        rows.sort_unstable();
        rows.dedup();
        let mut events: Vec<_> = rows.into_iter().filter_map(|row| event(life, row)).collect();
        // Rows are by user, in the order in which people came to be known; this is the same whoever came first.
        events.sort_by(|(earlier, _), (later, _)| earlier.cmp(later));
        let events: Vec<Json> = events.into_iter().map(|(_, event)| event).collect();
        let mut explanation = explanation.clone();
        told::in_words(of, &mut explanation);
        let evidence = json!({ "reasons": words, "explanation": explanation, "events": events });
        Self { words, evidence: evidence.to_string() }
    }

    /// Whether this stands for the same as what was kept as evidence: the same criteria, met by the same values and events at the same
    /// instants. The words in which that is told are another version's of Brix as they please.
    pub fn says(&self, kept: &str) -> bool {
        self.evidence == kept || Meaning::of(&self.evidence).is_some_and(|now| Meaning::of(kept) == Some(now))
    }
}

/// What evidence stands for, whatever its words.
#[derive(PartialEq, Deserialize)]
struct Meaning {
    explanation: Explanation,
    events: Vec<Behind>,
}

/// An event behind a criterion. Rows are other ones after any event of the household.
#[derive(PartialEq, Deserialize)]
struct Behind {
    name: String,
    timestamp: String,
    user: String,
}

impl Meaning {
    fn of(evidence: &str) -> Option<Self> {
        let mut meaning: Self = serde_json::from_str(evidence).ok()?;
        let Explanation { when, fit, population, .. } = &mut meaning.explanation;
        [Some(when), fit.as_mut(), population.as_mut()].into_iter().flatten().for_each(without_words);
        Some(meaning)
    }
}

fn without_words(finding: &mut Finding) {
    finding.words = Arc::default();
    finding.evidence.rows.clear();
    finding.parts.iter_mut().for_each(without_words);
}

fn rows_of(finding: &Finding, rows: &mut Vec<usize>) {
    rows.extend(&finding.evidence.rows);
    finding.parts.iter().for_each(|part| rows_of(part, rows));
}

/// By which events are put in order: when, whose, its name.
type Place = (Timestamp, String, Arc<str>);

/// An event behind a criterion, by the row that the explanation names.
fn event((life, names): (&OwnedHousehold, &[EventName]), row: usize) -> Option<(Place, Json)> {
    let name = &names.get(*life.names.get(row)? as usize)?.name;
    let timestamp = Timestamp(*life.times.get(row)?);
    let user = life.users.iter().find(|run| (run.start..run.end).contains(&row))?.user;
    let user = life.directory.id(Subject { kind: SubjectKind::User, code: user });
    let shown = json!({ "row": row, "name": name, "timestamp": timestamp.to_string(), "user": user });
    Some(((timestamp, user.to_owned(), Arc::clone(name)), shown))
}

/// What destinations are told of a lead.
pub fn payload(rules: &Rules, telling: &Telling, reasons: &[String], detected_at: Timestamp) -> String {
    let Facts { subject_kind, subject, account, qualification, qualified_at, score, value, band, version, .. } =
        &telling.facts;
    let definition = rules.facts(telling.definition);
    let score = score.as_ref().map(|score| {
        let parts: serde_json::Map<String, Json> =
            score.parts.iter().map(|(name, points)| (name.clone(), Json::from(points.to_string()))).collect();
        json!({ "total": score.total.to_string(), "parts": parts })
    });
    let value = value.as_ref().map(|money| json!({ "amount": money.amount.to_string(), "currency": money.currency }));
    let mut told = json!({
        "type": match telling.tell {
            Tell::Qualified => "lead.qualified",
            Tell::QualifiedToBuy => "lead.qualified_to_buy",
            Tell::Retracted => "lead.retracted",
            Tell::Woken { .. } => "lead.woken",
        },
        "lead": telling.lead,
        "entry": telling.entry,
        "definition": {
            "id": definition.map(|facts| facts.id.to_string()),
            "name": definition.map(|facts| facts.name.clone()),
            "version": version,
        },
        "subject": { "kind": subject_kind.word(), "id": subject, "account": account },
        "qualification": qualification.word(),
        "qualified_at": qualified_at.to_string(),
        "detected_at": detected_at.to_string(),
        "score": score,
        "band": band,
        "value": value,
        "reasons": reasons,
        "link": Json::Null,
    });
    if let (Tell::Woken { is_over, .. }, Some(told)) = (telling.tell, told.as_object_mut()) {
        told.insert("over".to_owned(), Json::Bool(is_over));
    }
    told.to_string()
}
