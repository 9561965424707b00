//! An explanation as programs are shown it: instants in RFC 3339, values and points as JSON has them.
//!
//! The engine's own form, in which evidence is kept, has instants in microseconds and numbers in billionths. It is Brix's own, and nobody
//! else has to read it.

use std::sync::Arc;

use engine::outcome::{self, Standing, Truth};
use engine::{Number, Timestamp};
use serde::Serialize;

/// A value as JSON has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// True or false.
    Boolean(bool),
    /// A number; more than some 15 digits are rounded.
    Number(f64),
    /// Words, or an instant in RFC 3339.
    Text(Arc<str>),
    /// Several.
    List(Vec<Self>),
}

/// Why: each criterion of a definition for one subject at one instant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// At which instant.
    pub at: String,
    /// The clock, if it has started.
    pub clock: Option<String>,
    /// The three questions.
    pub standing: Standing,
    /// The behaviour's tree.
    pub when: Finding,
    /// The fit's tree.
    pub fit: Option<Finding>,
    /// The population's tree, where it is a criterion.
    pub population: Option<Finding>,
    /// The score, had the subject qualified at this instant.
    pub score: Option<Score>,
}

/// A score and how it came about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// The sum of the parts.
    pub total: f64,
    /// Each part's points, in the definition's order.
    pub parts: Vec<f64>,
}

/// What was found for one criterion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The criterion.
    pub words: Arc<str>,
    /// Whether it holds.
    pub truth: Truth,
    /// The measured value, where there is one.
    pub value: Option<Value>,
    /// Since when it has held.
    pub since: Option<String>,
    /// The events counted.
    pub evidence: Evidence,
    /// The criteria inside it.
    pub parts: Vec<Self>,
}

/// The events behind a criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// How many.
    pub count: u64,
    /// When the first one was.
    pub first: Option<String>,
    /// When the last one was.
    pub last: Option<String>,
    /// At most 20 of them, the latest, as rows.
    pub rows: Vec<usize>,
}

impl From<&engine::Value> for Value {
    fn from(value: &engine::Value) -> Self {
        match value {
            engine::Value::Boolean(truth) => Self::Boolean(*truth),
            engine::Value::Number(number) => Self::Number(number.to_f64()),
            engine::Value::Text(words) => Self::Text(Arc::clone(words)),
            engine::Value::Time(at) => Self::Text(Arc::from(at.to_string())),
            engine::Value::List(values) => Self::List(values.iter().map(Self::from).collect()),
        }
    }
}

impl From<&outcome::Explanation> for Explanation {
    fn from(explanation: &outcome::Explanation) -> Self {
        let finding = |finding: &Option<outcome::Finding>| finding.as_ref().map(Finding::from);
        Self {
            at: explanation.at.to_string(),
            clock: written(explanation.clock),
            standing: explanation.standing,
            when: Finding::from(&explanation.when),
            fit: finding(&explanation.fit),
            population: finding(&explanation.population),
            score: explanation.score.as_ref().map(Score::from),
        }
    }
}

impl From<&outcome::Score> for Score {
    fn from(score: &outcome::Score) -> Self {
        Self { total: score.total.to_f64(), parts: score.parts.iter().copied().map(Number::to_f64).collect() }
    }
}

impl From<&outcome::Finding> for Finding {
    fn from(finding: &outcome::Finding) -> Self {
        let outcome::Evidence { count, first, last, rows } = &finding.evidence;
        Self {
            words: Arc::clone(&finding.words),
            truth: finding.truth,
            value: finding.value.as_ref().map(Value::from),
            since: written(finding.since),
            evidence: Evidence { count: *count, first: written(*first), last: written(*last), rows: rows.clone() },
            parts: finding.parts.iter().map(Self::from).collect(),
        }
    }
}

fn written(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_explanation_has_instants_and_values_as_json_has_them() {
        let at = Timestamp(1_767_225_600_000_000);
        let list = engine::Value::List(Arc::from([engine::Value::Boolean(true), engine::Value::Time(at)]));
        let finding = |value: engine::Value, parts| outcome::Finding {
            words: Arc::from("it"),
            truth: Truth::True,
            value: Some(value),
            since: Some(at),
            evidence: outcome::Evidence { count: 2, first: Some(at), last: None, rows: vec![4] },
            parts,
        };
        let explanation = outcome::Explanation {
            at,
            clock: None,
            standing: Standing::default(),
            when: finding(engine::Value::Number("2.5".parse().unwrap()), vec![finding(list, Vec::new())]),
            fit: Some(finding(engine::Value::text("pro"), Vec::new())),
            population: None,
            score: Some(outcome::Score { total: Number::whole(70), parts: vec!["12.25".parse().unwrap()] }),
        };
        let told = |value, parts| {
            json!({
                "words": "it", "truth": "true", "value": value, "since": "2026-01-01T00:00:00Z",
                "evidence": { "count": 2, "first": "2026-01-01T00:00:00Z", "last": null, "rows": [4] }, "parts": parts,
            })
        };
        let expected = json!({
            "at": "2026-01-01T00:00:00Z",
            "clock": null,
            "standing": { "in_population": false, "when": false, "fit": "false" },
            "when": told(json!(2.5), json!([told(json!([true, "2026-01-01T00:00:00Z"]), json!([]))])),
            "fit": told(json!("pro"), json!([])),
            "population": null,
            "score": { "total": 70.0, "parts": [12.25] },
        });
        assert_eq!(serde_json::to_value(Explanation::from(&explanation)).unwrap(), expected);
    }
}
