use engine::definition::{Events, Goal};
use engine::household::EventName;

use super::*;
use crate::discover::catalog::TraitFeature;

fn catalog(events: &[&str], traits: &[&str]) -> Catalog {
    let goal = Events { names: vec![NamePattern::Exactly(Arc::from("Bought"))], kind: None, filter: None };
    let names: Vec<_> = events
        .iter()
        .zip((1..100).rev())
        .map(|(name, count)| (EventName { name: Arc::from(*name), kind: EventKind::Product }, count))
        .collect();
    let mut catalog = Catalog::new(&names, &Goal { events: goal, of: None, within: None });
    catalog.traits.extend(traits.iter().zip(0..).map(|(name, slot)| TraitFeature {
        path: TraitPath { of: TraitOwner::Own, name: Arc::from(*name) },
        slot,
        is: None,
    }));
    catalog
}

/// What counts against each limit, in words.
fn told(catalog: &Catalog, subject: SubjectKind) -> Vec<String> {
    shares(catalog, subject).iter().map(|feature| words(2, false, feature, catalog)).collect()
}

#[test]
fn what_counts_against_a_limit_shares_a_word_with_it() {
    let catalog = catalog(
        &["Logged In", "Project Viewed", "projectCreated", "Project Deleted", "Member Invited", "User Logged In"],
        &["seat_limit", "max_projects", "storage_quota", "seats", "storage_megabytes", "employees"],
    );
    let used = |things: &str| format!("80 % or more of their {things}");
    assert_eq!(
        told(&catalog, SubjectKind::Account),
        [
            used("seats used (active members against seat_limit)"),
            used("seats used (seats against seat_limit)"),
            used("seats used (Member Invited against seat_limit)"),
            used("projects used (projectCreated against max_projects)"),
            used("storage used (storage_megabytes against storage_quota)"),
        ]
    );
    let of_users = told(&catalog, SubjectKind::User);
    assert!(of_users.iter().all(|words| !words.contains("active members")), "{of_users:?}");
}

#[test]
fn a_limit_that_names_nothing_is_one_of_the_most_frequent_events() {
    let catalog = catalog(&["Logged In", "API Called"], &["monthly_usage_limit", "mrr"]);
    let words = told(&catalog, SubjectKind::User);
    assert_eq!(words.len(), 2);
    assert_eq!(words[1], "80 % or more of their monthly usage limit used (API Called against monthly_usage_limit)");
}

#[test]
fn shares_are_compared_exactly() {
    let whole = |number| Some(Number::whole(number));
    for (used, limit, expect) in
        [(4, 10, 0), (5, 10, 1), (79, 99, 1), (80, 100, 2), (90, 100, 3), (5, 5, 4), (9, 5, 4), (3, 0, 0), (3, -1, 0)]
    {
        assert_eq!(steps(whole(used), whole(limit)), expect, "{used} of {limit}");
    }
    assert_eq!(steps(whole(5), None), 0);
    assert_eq!(steps(None, whole(5)), 0);
}
