//! What is said of definitions themselves: refusals, the events they need, their words, the listings.

use std::sync::Arc;

use engine::definition::Definition;
use engine::language::parse;
use engine::outcome::{Entry, Evidence, Explanation, Finding, Outcome, Score, Standing, Truth};
use engine::record::SubjectKind;
use engine::workspace::Workspace;
use engine::{Number, Value};
use insight::qualified::{Listing, Row, State, explanation, missing, reasons, timeline};
use insight::question::{goal_recurs, needed_events};
use insight::{DefinitionFacts, refusals};
use jiff::tz::TimeZone;

use crate::product::at;

#[expect(clippy::panic, reason = "a fixture that does not parse is a fault of the test")]
fn read(text: &str) -> Definition {
    match parse(text, &Workspace::default()) {
        Ok(document) => document.definition,
        Err(faults) => panic!("{}", engine::language::render(&faults, text, "definition.yaml")),
    }
}

const TRIAL: &str = r#"
id: trial-team
name: Trial team is at work
window: 14d
when:
  all:
    - { event: Project Created, count: ">= 3" }
    - any:
        - { event: Member Invited, count: ">= 2", where: { role: admin } }
        - { event: Logged In, days: ">= 5", last: 7d }
    - not: { event: Support Ticket }
fit:
  all:
    - { trait: account.employees, is: ">= 50" }
    - not: { trait: email, domain_kind: free }
goal: { event: Subscription Started, within: 60d }
"#;

fn refused(criterion: &str, goal: &str) -> Vec<String> {
    let text = format!("id: a\nwhen: {criterion}\ngoal: {goal}\n");
    let definition = read(&text);
    let found = definition.goal.iter().flat_map(|goal| refusals(&definition, goal, &[], &Workspace::default()));
    found.map(|refusal| refusal.names).collect()
}

#[test]
fn the_goal_and_its_parts_are_refused() {
    let goal = "{ event: Subscription Started }";
    for (criterion, expect) in [
        ("{ event: Subscription Started }", vec!["Subscription Started"]),
        ("{ event: Project Created }", vec![]),
        ("{ event: Subscription * }", vec!["Subscription *"]),
        ("{ event: [Project Created, Subscription Started], count: '>= 2' }", vec!["Subscription Started"]),
        ("{ not: { event: Subscription Started } }", vec!["Subscription Started"]),
        ("{ sequence: [Project Created, Subscription Started] }", vec!["Subscription Started"]),
        ("{ event: Project Created, since: { event: Subscription Started } }", vec!["Subscription Started"]),
        ("{ account: { event: Subscription Started } }", vec!["Subscription Started"]),
        // A conversion could only make someone qualify at the very instant of converting.
        ("{ event: any, days: '>= 5' }", vec![]),
    ] {
        assert_eq!(refused(criterion, goal), expect, "{criterion}");
    }
    let two = refused("{ event: Invoice Paid }", "{ event: [Subscription Started, Invoice Paid] }");
    assert_eq!(two, ["Invoice Paid"]);
    assert_eq!(refused("{ event: Invoice Paid }", "{ event: 'Invoice *' }"), ["Invoice Paid"]);
}

#[test]
fn a_refusal_says_where_and_what_to_do() {
    let other = read("id: paid\nwhen: { event: Subscription Started }\n");
    let definition = read(
        "id: a\nwhen: { meets: paid }\nscore:\n  use: { weight: 100, of: { event: Subscription Started }, full: 1 }\ngoal: { event: Subscription Started }\n",
    );
    let goal = definition.goal.clone().unwrap();
    let found = refusals(&definition, &goal, std::slice::from_ref(&other), &Workspace::default());
    let words: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(words.len(), 2);
    assert!(words[0].contains("in `when`") && words[0].contains("`population`"), "{}", words[0]);
    assert!(words[1].contains("in `score`"), "{}", words[1]);
}

#[test]
fn a_kind_that_holds_the_goal_is_refused() {
    let mut workspace = Workspace::default();
    workspace.event_kinds.insert(Arc::from("Subscription *"), engine::record::EventKind::Billing);
    let definition = read("id: a\nwhen: { event: any, kind: billing }\ngoal: { event: Subscription Started }\n");
    let goal = definition.goal.clone().unwrap();
    assert_eq!(refusals(&definition, &goal, &[], &workspace)[0].names, "any event of the kind billing");
    assert!(refusals(&definition, &goal, &[], &Workspace::default()).is_empty());
}

#[test]
fn needed_events_are_those_counted_also_through_references() {
    let base = read("id: base\nwhen: { event: Report Viewed }\n");
    let definition = read(TRIAL);
    let names: Vec<Arc<str>> = needed_events(&definition, &[]).into_iter().collect();
    assert_eq!(names, ["Logged In", "Member Invited", "Project Created", "Support Ticket"].map(Arc::from));
    let over = read("id: over\nwhen: { all: [{ meets: base }, { event: 'Page *' }] }\n");
    let names: Vec<Arc<str>> = needed_events(&over, &[base]).into_iter().collect();
    assert_eq!(names, ["Report Viewed"].map(Arc::from));
}

#[test]
fn a_goal_recurs_where_customers_are_the_population() {
    assert!(!goal_recurs(&read(TRIAL)));
    assert!(goal_recurs(&read("id: a\npopulation: { stage: customer }\nwhen: { event: Seat Added }\n")));
    assert!(!goal_recurs(&read("id: a\npopulation: { stage: [trial, free] }\nwhen: { event: Seat Added }\n")));
}

#[test]
fn criteria_read_as_words() {
    let say = |criterion: &str| insight::words::criterion(&read(&format!("id: a\nwhen: {criterion}\n")).when);
    for (criterion, words) in [
        ("{ event: A }", "A"),
        ("{ event: A, count: '>= 3' }", "A at least 3 times"),
        ("{ event: A, count: '= 0', last: 3d }", "no A in the last 3d"),
        ("{ event: A, days: '>= 5', last: 7d }", "A on at least 5 days in the last 7d"),
        ("{ event: A, where: { plan: pro }, within: 48h }", "A where plan = pro within 2d of the start"),
        ("{ event: A, sum: minutes, is: '> 40' }", "sum of “minutes” of A more than 40"),
        ("{ event: any, distinct: $event, is: '>= 3' }", "different events among any event at least 3"),
        (
            "{ sum: { latest: seats, by: video }, event: A, is: '>= 10' }",
            "sum of the latest “seats” of A for each “video” at least 10",
        ),
        ("{ sequence: [A, B], span: 48h }", "A, then B within 2d"),
        ("{ sequence: [A, { event: any, where: { $2.day: '> $1.day' } }] }", "A, then any event on a later day"),
        (
            "{ sequence: [A, { event: B, where: { plan: pro, $2.day: '= $1.day' } }] }",
            "A, then B where plan = pro on the same day",
        ),
        (
            "{ sequence: [A, B, { event: C, where: { $3.time: '< $1.time' } }] }",
            "A, then B, then C where the time of step 3 is before the time of step 1",
        ),
        ("{ trait: account.employees, is: '>= 50' }", "account employees at least 50"),
        ("{ ratio: { of: used, to: account.limit }, is: '>= 80%' }", "used at least 80 % of account limit"),
        ("{ ratio: { of: a, to: b }, is: between 0.5 and 1 }", "a of b between 0.5 and 1"),
        ("{ not: { event: A } }", "no A so far"),
        ("{ not: { trait: role, is: admin } }", "not (role = admin)"),
        ("{ at_least: 2, of: [{ event: A }, { event: B }, { event: C }] }", "at least 2 of: A; B; C"),
    ] {
        assert_eq!(say(criterion), words, "{criterion}");
    }
}

fn finding(truth: Truth, value: Option<Value>, parts: Vec<Finding>) -> Finding {
    Finding { words: Arc::from(""), truth, value, since: None, evidence: Evidence::default(), parts }
}

/// As the evaluator would tell it: invited enough, no fifth day, employees not known.
fn explained() -> Explanation {
    let yes = |value: i64| finding(Truth::True, Some(Value::whole(value)), vec![]);
    let projects = Finding {
        since: Some(at(1.5)),
        evidence: Evidence { count: 4, first: Some(at(0.5)), last: Some(at(2.0)), rows: vec![7, 9] },
        ..yes(4)
    };
    let any = finding(Truth::True, None, vec![yes(2), finding(Truth::False, Some(Value::whole(1)), vec![])]);
    let no_ticket = finding(Truth::True, None, vec![finding(Truth::False, Some(Value::whole(0)), vec![])]);
    let work = finding(Truth::True, None, vec![finding(Truth::False, Some(Value::text("ada@acme.example")), vec![])]);
    Explanation {
        at: at(2.25),
        clock: Some(at(0.0)),
        standing: Standing { in_population: true, when: true, fit: Truth::Unknown },
        when: finding(Truth::True, None, vec![projects, any, no_ticket]),
        fit: Some(finding(Truth::Unknown, None, vec![finding(Truth::Unknown, None, vec![]), work])),
        population: None,
        score: Some(Score { total: Number::whole(62), parts: vec![] }),
    }
}

#[test]
fn reasons_are_what_was_met_and_missing_what_was_not() {
    let definition = read(TRIAL);
    let words: Vec<Arc<str>> = reasons(&definition, &explained());
    assert_eq!(
        words,
        ["4 × Project Created", "2 × Member Invited where role = admin", "no Support Ticket so far"].map(Arc::from)
    );
    assert_eq!(missing(&definition, &explained()), [Arc::from("account employees at least 50 (not known)")]);
}

#[test]
fn one_subject_criterion_by_criterion() {
    let event = |row: usize| (row == 9).then(|| "2024-01-03 Project Created name=Apollo".to_owned());
    insta::assert_snapshot!(explanation("ada@acme.example", &read(TRIAL), &explained(), &TimeZone::UTC, &event));
}

fn outcome(entries: Vec<Entry>) -> Outcome {
    Outcome {
        definition: 0,
        subject: engine::household::Subject { kind: SubjectKind::User, code: 1 },
        clock: at(0.0),
        population_from: Some(at(0.0)),
        met_at: Some(at(1.5)),
        outside_at: None,
        entries,
        now: Standing { in_population: true, when: true, fit: Truth::Unknown },
        conversions: vec![at(9.0)],
    }
}

fn entry(day: f64, exit: Option<f64>) -> Entry {
    let half = |halves: i128| Number(halves * Number::UNIT / 2);
    let score = Score { total: half(165), parts: vec![half(60), half(105)] };
    Entry { at: at(day), exit: exit.map(at), score: Some(score), value: Some(Number::whole(1200)) }
}

#[test]
fn the_listing_of_who_qualifies() {
    let facts = crate::product::facts("trial-team", "Trial team is at work");
    let mut listing = Listing::new(&facts, at(10.0));
    let why = || vec![Arc::from("4 × Project Created"), Arc::from("2 × Member Invited")];
    for (id, outcome) in [
        ("left@acme.example", outcome(vec![entry(2.0, Some(5.0))])),
        ("uses@gmail.com", outcome(vec![])),
        ("=cmd|'/c calc'!A1", outcome(vec![entry(2.0, None)])),
        ("twice@acme.example", outcome(vec![entry(2.0, Some(3.0)), entry(4.5, None)])),
        ("no@acme.example", Outcome { met_at: None, now: Standing::default(), ..outcome(vec![]) }),
    ] {
        listing.rows.extend(Row::of(id, &outcome, &facts, why()));
    }
    listing.sort();
    let asked = [State::QualifiedToBuy, State::QualifiedToUse, State::Left];
    insta::assert_snapshot!(listing.text(&asked, &TimeZone::UTC));
    let only_to_use = listing.text(&asked[1..2], &TimeZone::UTC);
    assert!(only_to_use.starts_with("Trial team is at work as of 2024-01-11: 1 to use only\n"), "{only_to_use}");
    insta::assert_snapshot!(listing.csv());
}

#[test]
fn a_timeline_is_in_the_order_of_time() {
    let lines = timeline(&outcome(vec![entry(2.0, Some(3.0)), entry(4.5, None)]), &TimeZone::UTC);
    assert_eq!(
        lines,
        [
            "2024-01-01        its time started",
            "2024-01-01        in the population",
            "2024-01-02 12:00  qualified to use: the behaviour was met",
            "2024-01-03        qualified to buy (entry 1, score 82.5)",
            "2024-01-04        no longer (entry 1 ends)",
            "2024-01-05 12:00  qualified to buy (entry 2, score 82.5)",
            "2024-01-10        converted",
        ]
    );
}

#[test]
fn facts_come_from_the_definition() {
    let facts = DefinitionFacts::of(&read(TRIAL), &[], |name| (name == "Logged In").then(|| at(3.0)));
    assert_eq!(facts.window, Some(engine::Span::days(14)));
    let seen: Vec<(&str, bool)> = facts.needed.iter().map(|event| (&*event.name, event.first_seen.is_some())).collect();
    assert_eq!(
        seen,
        [("Logged In", true), ("Member Invited", false), ("Project Created", false), ("Support Ticket", false)]
    );
}
