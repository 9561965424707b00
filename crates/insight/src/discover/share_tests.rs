use engine::definition::{Events, Goal};
use engine::household::EventName;
use engine::record::EventKind;

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
    told_of(catalog, subject, &[])
}

fn told_of(catalog: &Catalog, subject: SubjectKind, declared: &[Limit]) -> Vec<String> {
    shares(catalog, subject, declared).iter().map(|feature| words(2, false, feature, catalog)).collect()
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
fn what_a_plan_gives_is_a_limit_of_what_something_counts() {
    let catalog = catalog(
        &["Logged In", "Project Created", "API Called", "Report Viewed", "Price Created", "Plan Started", "Id Added"],
        &[
            "plan_projects",
            "projectsInPlan",
            "tier_seats",
            "subscription_api_calls_per_month",
            "package_storage_gb",
            "plan_price",
            "plan_price_per_project",
            "plan_id",
            "plan_age_days",
            "plan_started",
            "plan_started_at",
            "plan_days",
            "plan_reports",
            "plan_projects_used",
            "storage_gb",
            "traffic_gb",
            "storage_price",
            "plan",
        ],
    );
    let used = |things: &str| format!("80 % or more of their {things}");
    assert_eq!(
        told(&catalog, SubjectKind::Account),
        [
            used("projects used (plan_projects_used against plan_projects)"),
            used("projects used (Project Created against plan_projects)"),
            used("projects used (plan_projects_used against projectsInPlan)"),
            used("projects used (Project Created against projectsInPlan)"),
            used("seats used (active members against tier_seats)"),
            used("api calls used (API Called against subscription_api_calls_per_month)"),
            used("storage used (storage_gb against package_storage_gb)"),
        ]
    );
}

#[test]
fn what_the_team_declares_comes_first_and_may_have_any_name() {
    let catalog = catalog(
        &["Logged In", "Projekt angelegt", "Member Invited"],
        &["kontingent", "seat_limit", "belegt", "max_projects", "projects"],
    );
    let limit = |of, name: &str, used| Limit { limit: TraitPath { of, name: Arc::from(name) }, used };
    let declared = [
        limit(TraitOwner::Account, "kontingent", LimitUse::Event(Arc::from("Projekt angelegt"))),
        limit(TraitOwner::Own, "seat_limit", LimitUse::Trait(Arc::from("belegt"))),
        limit(TraitOwner::User, "max_projects", LimitUse::Members),
        limit(TraitOwner::Own, "projects", LimitUse::Event(Arc::from("Never"))),
    ];
    let used = |things: &str| format!("80 % or more of their {things}");
    assert_eq!(
        told_of(&catalog, SubjectKind::Account, &declared),
        [
            used("kontingent used (Projekt angelegt against kontingent)"),
            // Its name would have given it members and invitations: what is declared is all.
            used("seats used (belegt against seat_limit)"),
            // Another's limit is not this one; and what is declared as a limit counts against none.
        ]
    );
    let of_user = told_of(&catalog, SubjectKind::User, &declared[1..2]);
    assert!(of_user.contains(&used("seats used (belegt against seat_limit)")), "{of_user:?}");
    assert!(of_user.contains(&used("projects used (projects against max_projects)")), "{of_user:?}");
}

#[test]
fn what_names_leave_open_is_asked_of_the_team() {
    let catalog = catalog(
        &["Logged In", "Project Created"],
        &["plan_projects", "max_projects", "plan_limit", "contact_limit", "plan_price"],
    );
    let asked: Vec<_> = doubtful(&catalog, SubjectKind::User)
        .into_iter()
        .map(|(limit, used)| (limit.name.to_string(), used.map(|used| used.name(&catalog).to_string())))
        .collect();
    let of = |name: &str, used: Option<&str>| (name.to_owned(), used.map(str::to_owned));
    assert_eq!(
        asked,
        [of("plan_projects", Some("Project Created")), of("plan_limit", None), of("contact_limit", None)]
    );
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
