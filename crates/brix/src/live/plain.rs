//! What is kept of a lead as JSON, as others are shown it: instants in RFC 3339, points as numbers, values as JSON has them.
//!
//! The ledger keeps evidence and the lines of a lead's history in a form of Brix's own, with instants in microseconds. It is read here, and
//! written nowhere else: the API, whoever follows, and exports say the same.

use engine::Timestamp;
use engine::outcome::Explanation;
use insight::plain;
use serde_json::{Map, Value as Json};

/// The instants of a line of history.
const INSTANTS: [&str; 4] = ["qualified_at", "exit_at", "until", "goal"];

/// Why a lead is one. What cannot be read is shown as it is kept.
pub fn evidence(kept: &str) -> Json {
    let mut evidence: Json = serde_json::from_str(kept).unwrap_or_default();
    if let Some(explanation) = evidence.get_mut("explanation")
        && let Ok(read) = serde_json::from_value::<Explanation>(explanation.clone())
        && let Ok(shown) = serde_json::to_value(plain::Explanation::from(&read))
    {
        *explanation = shown;
    }
    evidence
}

/// What a line of history says.
pub fn detail(kept: &str) -> Json {
    let mut detail: Json = serde_json::from_str(kept).unwrap_or_default();
    let Some(members) = detail.as_object_mut() else { return detail };
    for name in INSTANTS {
        if let Some(member) = members.get_mut(name)
            && let Some(at) = member.as_i64()
        {
            *member = Json::from(Timestamp(at).to_string());
        }
    }
    if let Some(score) = members.get_mut("score") {
        *score = points(score);
    }
    if let Some(parts) = members.get_mut("score_parts")
        && let Some(pairs) = parts.as_array()
    {
        let part = |pair: &Json| Some((pair.get(0)?.as_str()?.to_owned(), points(pair.get(1)?)));
        *parts = Json::Object(pairs.iter().filter_map(part).collect::<Map<_, _>>());
    }
    detail
}

/// Points that are kept as a text.
fn points(kept: &Json) -> Json {
    kept.as_str().and_then(|text| text.parse::<f64>().ok()).map_or_else(|| kept.clone(), Json::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn history_has_instants_and_points_as_json_has_them() {
        let kept = json!({
            "version": "48318a69", "qualified_at": 1_767_225_600_000_000_i64, "exit_at": null, "score": "72.5",
            "score_parts": [["work", "50"], ["fit", "22.5"]], "value": "1200", "currency": "USD", "reasons": ["so"],
        });
        let shown = json!({
            "version": "48318a69", "qualified_at": "2026-01-01T00:00:00Z", "exit_at": null, "score": 72.5,
            "score_parts": { "work": 50.0, "fit": 22.5 }, "value": "1200", "currency": "USD", "reasons": ["so"],
        });
        assert_eq!(detail(&kept.to_string()), shown);
        let kept = json!({ "state": "snoozed", "reason": null, "until": 1_767_225_600_500_000_i64, "goal": 0 });
        let shown = json!({
            "state": "snoozed", "reason": null, "until": "2026-01-01T00:00:00.5Z", "goal": "1970-01-01T00:00:00Z",
        });
        assert_eq!(detail(&kept.to_string()), shown);
        assert_eq!(detail("{}"), json!({}));
    }

    /// As the first version of Brix wrote it.
    #[test]
    fn evidence_that_was_kept_before_is_shown_so_too() {
        let finding = "{\"words\":\"A at least 2 times\",\"truth\":\"true\",\"value\":{\"Number\":2000000000},\
                       \"since\":1767225600000000,\"evidence\":{\"count\":2,\"first\":1767225600000000,\
                       \"last\":1767225600000000,\"rows\":[0,1]},\"parts\":[]}";
        let kept = format!(
            "{{\"reasons\":[\"A twice\"],\"explanation\":{{\"at\":1767225600000000,\"clock\":null,\
             \"standing\":{{\"in_population\":true,\"when\":true,\"fit\":\"true\"}},\"when\":{finding},\"fit\":null,\
             \"population\":null,\"score\":null}},\"events\":[]}}"
        );
        let shown = evidence(&kept);
        assert_eq!((&shown["reasons"], &shown["events"]), (&json!(["A twice"]), &json!([])));
        assert_eq!(shown["explanation"]["at"], "2026-01-01T00:00:00Z");
        assert_eq!(shown["explanation"]["when"]["value"], 2.0);
        assert_eq!(shown["explanation"]["when"]["evidence"]["first"], "2026-01-01T00:00:00Z");
        assert_eq!(evidence("{\"of\": \"another kind\"}"), json!({ "of": "another kind" }));
    }
}
