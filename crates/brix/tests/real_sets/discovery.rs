//! `brix discover`: who is looked at, what holds, what is doubted, and that nothing is found where nothing is.

use serde_json::{Value, json};

use crate::set::Set;

/// The findings of a verdict, in words.
fn of_verdict(discovery: &Value, verdict: &str) -> Vec<String> {
    let findings = discovery["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["verdict"] == verdict)
        .map(|finding| finding["words"].as_str().unwrap().to_owned())
        .collect()
}

fn is_any_about(words: &[String], of: &str) -> bool {
    words.iter().any(|words| words.contains(of))
}

/// Of each window: people, buyers, buyers lost to it.
fn windows(discovery: &Value) -> Value {
    let windows = discovery["windows"].as_array().unwrap().iter();
    windows.map(|window| json!([window["people"], window["buyers"], window["buyers_lost"]])).collect()
}

/// What was not used in the search still says that the recommended rule's people buy more often.
fn recommended_holds(discovery: &Value) {
    let place = usize::try_from(discovery["recommended"].as_u64().unwrap()).unwrap();
    let finding = &discovery["findings"][place];
    assert_eq!(finding["verdict"], "reliable");
    for lift in [&finding["held_out"]["lift"], &finding["adjusted"]["lift"]] {
        assert!(lift["low"].as_f64().unwrap() > 1.0, "{}", finding["sentence"]);
    }
}

const KNOWN_UNTIL: [&str; 2] = ["--observed-until", "2022-10-20"];

#[test]
fn learners_who_come_back_within_three_days_subscribe_and_a_mark_of_the_export_is_doubted() {
    let Some(set) = Set::import("365", "365-three-days") else { return };
    let discovery = set.json(&[&["discover", "--window", "3d", "--within", "31d"], &KNOWN_UNTIL[..]].concat());
    assert_eq!(windows(&discovery), json!([[30_423, 507, 1_246]]));
    let (doubted, reliable) = (of_verdict(&discovery, "possible_leak"), of_verdict(&discovery, "reliable"));
    assert!(doubted.contains(&"Onboarded".to_owned()), "{doubted:?}");
    assert!(reliable.contains(&"Signed Up where country = US".to_owned()), "{reliable:?}");
    assert!(is_any_about(&reliable, "Lesson Watched") && !is_any_about(&reliable, "Onboarded"), "{reliable:?}");
    recommended_holds(&discovery);
}

#[test]
fn so_do_those_who_come_back_within_a_week() {
    let Some(set) = Set::import("365", "365-week") else { return };
    let discovery = set.json(&[&["discover", "--window", "7d", "--within", "61d"], &KNOWN_UNTIL[..]].concat());
    assert_eq!(windows(&discovery), json!([[26_474, 308, 1_388]]));
    let (doubted, reliable) = (of_verdict(&discovery, "possible_leak"), of_verdict(&discovery, "reliable"));
    assert!(doubted.contains(&"Onboarded".to_owned()), "{doubted:?}");
    assert!(is_any_about(&reliable, "Lesson Watched") && !is_any_about(&reliable, "Onboarded"), "{reliable:?}");
    recommended_holds(&discovery);
}

#[test]
fn app_users_who_had_not_enrolled_by_the_end_of_their_first_day_are_told_apart_by_it() {
    let Some(set) = Set::import("fintech", "fintech") else { return };
    let discovery = set.json(&["discover", "--window", "1d", "--within", "60d"]);
    let population = &discovery["population"];
    assert_eq!(population["started"], 49_874);
    // Watched for 60 days are 33,280; of them 14,924 had enrolled when the day was over.
    assert_eq!(population["immature"], 49_874 - 33_280);
    assert_eq!(population["before_first_landmark"], 14_924);
    assert_eq!(windows(&discovery), json!([[18_356, 4_148, 14_924]]));
    let (doubted, reliable) = (of_verdict(&discovery, "possible_leak"), of_verdict(&discovery, "reliable"));
    assert!(doubted.contains(&"Screen Viewed where screen = VerifySSN".to_owned()), "{doubted:?}");
    assert!(!is_any_about(&reliable, "screen = VerifySSN"), "{reliable:?}");
    // The earlier signups do not show it; that it is doubted is told with its reason all the same.
    let told = discovery["doubted"].to_string();
    assert!(told.contains("later signups show it") && told.contains("screen = VerifySSN 85 convert"), "{told}");
    assert!(is_any_about(&reliable, "screen = joinscreen"), "{reliable:?}");
    recommended_holds(&discovery);
}

#[test]
fn too_few_organisations_are_left_to_say_which_will_grow() {
    let Some(set) = Set::import("relax", "relax") else { return };
    let set = set.with("growth/brix.yaml");
    let windows_asked = ["--window", "7d", "--window", "14d", "--window", "30d", "--within", "180d"];
    let asked = [&["discover", "--subject", "account", "--clock", "Signed Up"], &windows_asked[..]].concat();
    let discovery = set.json(&asked);
    assert_eq!(discovery["goal"], "Signed Up where source = ORG_INVITE");
    // Of 417 organisations the one with the id 0 is none: an id that means "nothing" names nobody.
    assert_eq!(discovery["population"]["started"], 416);
    assert_eq!(windows(&discovery), json!([[274, 205, 142], [260, 191, 156], [224, 155, 192]]));
    assert_eq!(of_verdict(&discovery, "reliable"), Vec::<String>::new());
    // That a colleague joined says the same as the goal; it does not even look good, so that there is nothing to doubt.
    assert_eq!(of_verdict(&discovery, "possible_leak"), Vec::<String>::new());
    assert_eq!(discovery["nothing"]["buyers"], 205);
    assert_eq!((&discovery["tried"]["judged"], &discovery["nothing"]["buyers_needed"]), (&json!(3), &json!(375)));
    // Nobody of sales called anybody: a colleague who joins is no touch of theirs.
    assert_eq!(discovery["windows"][2]["touched_by_sales"]["people"], 0);
}

#[test]
fn what_was_known_of_leads_before_anybody_called_says_who_converts() {
    let Some(set) = Set::import("xeducation", "xeducation") else { return };
    let discovery =
        set.json(&["discover", "--clock", "Lead Created", "--window", "1d", "--observed-until", "2020-01-03"]);
    assert_eq!(windows(&discovery), json!([[9_240, 3_561, 0]]));
    assert_eq!(discovery["halves"]["held_out_from_day"], "2020-01-01", "in the workspace's zone");
    let reliable = of_verdict(&discovery, "reliable");
    assert!(is_any_about(&reliable, "seconds_on_site"), "{reliable:?}");
    let counts = ["reliable", "weak", "possible_leak", "not_reliable"].map(|of| of_verdict(&discovery, of).len());
    assert_eq!(counts, [12, 2, 7, 5]);
    recommended_holds(&discovery);
}

/// What sales people fill in while they sell, as a careless mapping would have it.
const FILLED_IN: [(&str, &str); 4] = [
    ("tags", "Tags"),
    ("lead_quality", "Lead Quality"),
    ("lead_profile", "Lead Profile"),
    ("last_notable", "Last Notable Activity"),
];

#[test]
fn columns_that_sales_people_fill_in_while_they_sell_are_doubted() {
    let Some(set) = Set::find("xeducation", "xeducation-leaks") else { return };
    let free = "          free_copy:";
    let added =
        FILLED_IN.map(|(name, column)| format!("          {name}: {{ column: {column}, type: text }}\n")).concat();
    let mapping = set.mapping(|text| text.replace(free, &format!("{added}{free}")));
    set.import_by(&mapping);
    let discovery =
        set.json(&["discover", "--clock", "Lead Created", "--window", "1d", "--observed-until", "2020-01-03"]);
    let (doubted, reliable) = (of_verdict(&discovery, "possible_leak"), of_verdict(&discovery, "reliable"));
    for (name, _) in FILLED_IN {
        assert!(is_any_about(&doubted, name), "{name} is not doubted: {doubted:?}");
        assert!(!is_any_about(&reliable, name), "{name} is called reliable: {reliable:?}");
    }
}

#[test]
fn where_use_was_drawn_at_random_nothing_is_found() {
    let Some(set) = Set::import("ravenstack", "ravenstack") else { return };
    let discovery = set.json(&["discover", "--subject", "account"]);
    assert_eq!(discovery["population"]["started"], 500);
    for verdict in ["reliable", "weak", "possible_leak"] {
        assert_eq!(of_verdict(&discovery, verdict), Vec::<String>::new());
    }
    assert!(discovery["nothing"]["buyers"].as_u64().unwrap() > 300);
    assert_eq!((&discovery["tried"]["judged"], &discovery["nothing"]["buyers_needed"]), (&json!(17), &json!(465)));
}
