//! `brix learn`: the card beside a logistic regression, learned from the same people and judged on the same people.

use serde_json::Value;

use crate::set::Set;

/// A range.
struct Range {
    value: f64,
    low: f64,
    high: f64,
}

fn range(of: &Value) -> Range {
    let number = |name: &str| of[name].as_f64().unwrap();
    Range { value: number("value"), low: number("low"), high: number("high") }
}

/// The card is reliable, and neither its area nor the lift of its top tenth is clearly worse than the regression's.
fn is_no_worse(card: &Value) {
    assert_eq!(card["outcome"], "card");
    assert_eq!(card["reliable"], true);
    for difference in ["against_baseline", "lift_against_baseline"] {
        let difference = range(&card[difference]);
        assert!(difference.low <= difference.value && difference.high >= 0.0, "{card}");
    }
}

fn left_out(card: &Value, of: &str) -> bool {
    card["left_out"].as_array().unwrap().iter().any(|why| why.as_str().unwrap().contains(of))
}

fn is_a_row_about(card: &Value, of: &str) -> bool {
    card["rows"].as_array().unwrap().iter().any(|row| row["words"].as_str().unwrap().contains(of))
}

fn area(card: &Value) -> f64 {
    range(&card["area"]).value
}

#[test]
fn a_card_for_learners_by_their_first_three_days() {
    let Some(set) = Set::import("365", "365-three-days-learned") else { return };
    let card = set.json(&["learn", "--window", "3d", "--within", "31d", "--observed-until", "2022-10-20"]);
    assert_eq!((&card["teaching"]["of"], &card["judging"]["of"]), (&Value::from(15_211), &Value::from(15_212)));
    is_no_worse(&card);
    assert!(left_out(&card, "Onboarded") && !is_a_row_about(&card, "Onboarded"), "{card}");
    // A regression of activity alone reaches 0.62 on another split of these people, without anything of who they are.
    assert!(area(&card) > 0.66, "{card}");
}

#[test]
fn a_card_for_learners_by_their_first_week() {
    let Some(set) = Set::import("365", "365-week-learned") else { return };
    let card = set.json(&["learn", "--window", "7d", "--within", "61d", "--observed-until", "2022-10-20"]);
    assert_eq!(card["teaching"]["count"].as_u64().unwrap() + card["judging"]["count"].as_u64().unwrap(), 308);
    is_no_worse(&card);
    assert!(left_out(&card, "Onboarded") && !is_a_row_about(&card, "Onboarded"), "{card}");
    assert!(area(&card) > 0.69, "{card}");
}

#[test]
fn a_card_for_app_users_who_had_not_enrolled_by_the_end_of_their_first_day() {
    let Some(set) = Set::import("fintech", "fintech-learned") else { return };
    let card = set.json(&["learn", "--window", "1d", "--within", "60d"]);
    assert_eq!(card["teaching"]["of"].as_u64().unwrap() + card["judging"]["of"].as_u64().unwrap(), 18_356);
    is_no_worse(&card);
    assert!(left_out(&card, "= VerifySSN") && !is_a_row_about(&card, "= VerifySSN"), "{card}");
}

#[test]
fn a_card_of_what_is_known_of_leads_before_anybody_calls() {
    let Some(set) = Set::import("xeducation", "xeducation-learned") else { return };
    let asked = ["learn", "--clock", "Lead Created", "--window", "1d", "--observed-until", "2020-01-03", "--traits"];
    is_no_worse(&set.json(&asked));
    // Where a lead came from and what he does is known before anybody calls, however much it says.
    let known = ["lead_origin", "lead_source", "origin", "source", "occupation"].map(|name| ["--trust", name]);
    let file = set.file("learned.yaml");
    let card = set.json(&[&asked[..], &known.concat(), &["--out", &file]].concat());
    is_no_worse(&card);
    assert_eq!(card["left_out"], Value::Array(Vec::new()));
    assert!(area(&card) > 0.83, "{card}");
    // The evaluator counts the same points, of traits too.
    let named = |side: &str| card[side]["of"].as_u64().unwrap();
    let listed = set.json(&["qualify", &file, "--ever"]);
    let expected = named("precision") + named("precision_of_teaching");
    assert_eq!(listed["rows"].as_array().unwrap().len() as u64, expected);
}
