//! Every form of the language parses to what it says.

use std::sync::Arc;

use engine::definition::*;
use engine::language::{parse, parse_workspace, render};
use engine::record::{EventKind, SubjectKind};
use engine::workspace::{DomainKind, Limit, LimitUse, Workspace};
use engine::{Number, Span, Value};

/// The example at the top of the language's page.
const TRIAL_TEAM: &str = r#"
id: trial-team                 # stable name
name: Trial team is at work
subject: user                  # user | account | workspace
population: { stage: [trial, free, proof_of_concept] }   # who can qualify, tested at each instant
clock: { event: Signed Up }    # when the subject's time starts. Default: first seen. Or { trait: trial_started_at }
window: 14d                    # `when` can only be met this long after the clock. Omit: for ever. Or { until: trial_ends_at }
when:
  all:
    - { event: Project Created, count: ">= 3" }
    - { event: Member Invited,  count: ">= 2" }
    - { event: Logged In,       days:  ">= 5" }          # separate days
fit:
  all:
    - { trait: account.employees, is: ">= 50" }
    - not: { trait: email, domain_kind: free }
score:                         # 0–100, the sum of named parts; each part keeps its inputs
  time:       { weight: 30, best: 2d, worst: 14d }
  engagement: { weight: 30, of: { event: any, measure: days, last: 14d }, full: 10 }
  virality:   { weight: 25, of: { event: Member Invited, ever: true }, full: 5 }
  fit:        { weight: 15, points: [{ trait: account.employees, is: ">= 500", points: 10 }, { trait: role, is: admin, points: 5 }], cap: 15 }
bands: { high: 70, medium: 40 }
value: { trait: account.seats, times: 120, currency: USD }   # what it may be worth in a year; leads rank by chance × value and show both
goal: { event: Subscription Started, of: account, within: 60d }   # what a conversion is, if not the workspace's default
"#;

fn definition(text: &str) -> Definition {
    match parse(text, &Workspace::default()) {
        Ok(document) => document.definition,
        Err(findings) => panic!("{}", render(&findings, text, "test.yaml")),
    }
}

/// A criterion in the `when` of an account's definition, or of a user's.
fn when_of(subject: &str, criterion: &str) -> Criterion {
    definition(&format!("id: x\nsubject: {subject}\nwhen: {criterion}\n")).when
}

fn when(criterion: &str) -> Criterion {
    when_of("user", criterion)
}

fn behaviour(criterion: &str) -> Behaviour {
    match when_of("account", criterion) {
        Criterion::Behaviour(behaviour) => *behaviour,
        other => panic!("{other:?}"),
    }
}

fn filter(filter: &str) -> Filter {
    behaviour(&format!("{{ event: E, where: {filter} }}")).events.filter.expect("a filter")
}

fn trait_test(criterion: &str) -> TraitTest {
    match when(criterion) {
        Criterion::Trait(test) => *test,
        other => panic!("{other:?}"),
    }
}

fn events(name: &str) -> Events {
    Events { names: vec![NamePattern::Exactly(Arc::from(name))], kind: None, filter: None }
}

fn whole(value: i64) -> Operand {
    Operand::Constant(Value::whole(value))
}

fn text(words: &str) -> Operand {
    Operand::Constant(Value::text(words))
}

fn at_least(value: i64) -> Test {
    Test::Is(Op::AtLeast, whole(value))
}

fn own(name: &str) -> TraitPath {
    TraitPath { of: TraitOwner::Own, name: Arc::from(name) }
}

fn of_account(name: &str) -> TraitPath {
    TraitPath { of: TraitOwner::Account, name: Arc::from(name) }
}

fn property(name: &str) -> Operand {
    Operand::Property(Arc::from(name))
}

#[test]
fn the_whole_example() {
    let read = definition(TRIAL_TEAM);
    assert_eq!(
        (&*read.id, read.name.as_str(), read.subject),
        ("trial-team", "Trial team is at work", SubjectKind::User)
    );
    let stages = Test::In(vec![text("trial"), text("free"), text("proof_of_concept")]);
    let stage = TraitTest { path: own("stage"), test: stages, lasting: None, against: None };
    assert_eq!(read.population, Some(Population::Meeting(Criterion::Trait(Box::new(stage)))));
    assert_eq!(read.clock, Clock::Event(events("Signed Up")));
    assert_eq!(read.window, Some(Window::For(Span::days(14))));
    let Criterion::All(parts) = &read.when else { panic!("{:?}", read.when) };
    let Criterion::Behaviour(days) = &parts[2] else { panic!("{:?}", parts[2]) };
    assert_eq!((&days.measure, &days.is, &days.period), (&Measure::Days, &Some(at_least(5)), &Period::Window));
    let Some(Criterion::All(fit)) = &read.fit else { panic!("{:?}", read.fit) };
    assert!(matches!(&fit[1], Criterion::Not(inner) if matches!(&**inner, Criterion::Trait(test)
        if test.test == Test::DomainKind(DomainKind::Free) && test.path == own("email"))));
    assert_eq!(read.score.len(), 4);
    assert_eq!(read.score[0].share, Share::Time { best: Span::days(2), worst: Span::days(14) });
    let Share::Measure { of, full } = &read.score[1].share else { panic!("{:?}", read.score[1]) };
    assert_eq!((*full, &of.is, &of.events.names), (Number::whole(10), &None, &vec![NamePattern::Any]));
    let Share::Points { table, cap } = &read.score[3].share else { panic!("{:?}", read.score[3]) };
    assert_eq!((*cap, table[1].points), (Number::whole(15), Number::whole(5)));
    assert_eq!(read.bands[0], Band { name: "high".into(), at_least: Number::whole(70) });
    let value = ValueRule { of: Some(of_account("seats")), times: Number::whole(120), currency: "USD".into() };
    assert_eq!(read.value, Some(value));
    let goal =
        Goal { events: events("Subscription Started"), of: Some(SubjectKind::Account), within: Some(Span::days(60)) };
    assert_eq!(read.goal, Some(goal));
    assert_eq!(read.entries, Entries::Once);
}

#[test]
fn measures() {
    let measure = |text: &str| behaviour(text).measure;
    let named = |name: &str| -> Arc<str> { Arc::from(name) };
    assert_eq!(behaviour("{ event: E }").is, Some(at_least(1)));
    assert_eq!(measure("{ event: E, count: '>= 3' }"), Measure::Count);
    assert_eq!(measure("{ event: E, weeks: '>= 3' }"), Measure::Weeks);
    assert_eq!(measure("{ event: E, users: '>= 3' }"), Measure::Users);
    assert_eq!(measure("{ event: E, measure: days, is: '>= 3' }"), Measure::Days);
    assert_eq!(measure("{ event: E, days:, is: '>= 3' }"), Measure::Days);
    let kind = DistinctOf::Property(named("kind"));
    assert_eq!(measure("{ event: E, distinct: kind, is: '>= 3' }"), Measure::Distinct(kind));
    assert_eq!(measure("{ event: E, distinct: $event, is: '>= 3' }"), Measure::Distinct(DistinctOf::EventName));
    assert_eq!(measure("{ event: E, sum: minutes, is: '>= 60' }"), Measure::Of(Aggregate::Sum, named("minutes")));
    assert_eq!(measure("{ event: E, latest: plan, is: pro }"), Measure::Of(Aggregate::Latest, named("plan")));
    let grouped =
        Measure::Grouped { outer: Aggregate::Sum, inner: Aggregate::Latest, of: named("views"), by: named("video_id") };
    assert_eq!(measure("{ event: E, sum: { latest: views, by: video_id }, is: '>= 1000' }"), grouped);
    let gap = behaviour("{ event: E, gap: 2, is: '<= 48h' }");
    assert_eq!(gap.measure, Measure::Gap(2));
    assert_eq!(gap.is, Some(Test::Is(Op::AtMost, whole(48 * 3_600_000_000))));
}

#[test]
fn periods() {
    let period = |text: &str| behaviour(&format!("{{ event: E, {text} }}")).period;
    assert_eq!(period("within: 48h"), Period::Within(Span::hours(48)));
    assert_eq!(period("from: 3d, to: 7d"), Period::FromTo(Span::days(3), Span::days(7)));
    assert_eq!(period("last: 3 months"), Period::Last(Span::Months(3)));
    assert_eq!(period("calendar: week"), Period::Calendar(CalendarUnit::Week));
    assert_eq!(period("since: { event: A }"), Period::Since { events: events("A"), latest: false });
    assert_eq!(period("since_last: A"), Period::Since { events: events("A"), latest: true });
    assert_eq!(period("ever: true"), Period::Ever);
    assert_eq!(period("ever: false"), Period::Window);
    assert_eq!(behaviour("{ event: E, per: day, users: '>= 25' }").per, Some(CalendarUnit::Day));
    let regular = behaviour("{ event: E, days: '>= 3', in_each_of: { weeks: 4, at_least: 3 } }");
    assert_eq!(regular.regularity, Some(Regularity { unit: CalendarUnit::Week, units: 4, at_least: 3 }));
    let trend = behaviour("{ event: E, last: 30d, against: previous, is: '>= +50%' }");
    assert!(trend.against_previous);
    assert_eq!(trend.is, Some(Test::Is(Op::AtLeast, Operand::Constant(Value::Number(Number(500_000_000))))));
}

#[test]
fn events_and_kinds() {
    let of = |text: &str| behaviour(text).events;
    let names = of("{ event: [A, Report *, any] }").names;
    let expect = vec![NamePattern::Exactly("A".into()), NamePattern::Prefix("Report ".into()), NamePattern::Any];
    assert_eq!(names, expect);
    assert_eq!(of("{ event: \\any }").names, vec![NamePattern::Exactly("any".into())]);
    assert_eq!(of("{ event: '\\5*2=*' }").names, vec![NamePattern::Exactly("5*2=*".into())]);
    let sales = of("{ kind: sales }");
    assert_eq!((sales.names, sales.kind), (vec![NamePattern::Any], Some(EventKind::Sales)));
}

#[test]
fn filters() {
    let test = |left: Operand, test: Test| Filter::Test { left, test };
    assert_eq!(filter("{ plan: pro }"), test(property("plan"), Test::Is(Op::Equal, text("pro"))));
    assert_eq!(filter("{ seconds: '>= 30' }"), test(property("seconds"), at_least(30)));
    assert_eq!(filter("{ code: '30' }"), test(property("code"), Test::Is(Op::Equal, text("30"))));
    assert_eq!(filter("{ code: 30 }"), test(property("code"), Test::Is(Op::Equal, whole(30))));
    let yes = Operand::Constant(Value::Boolean(true));
    assert_eq!(filter("{ tracked: true }"), test(property("tracked"), Test::Is(Op::Equal, yes)));
    assert_eq!(filter("{ plan: [a, 2] }"), test(property("plan"), Test::In(vec![text("a"), whole(2)])));
    assert_eq!(filter("{ url: { contains: /pricing } }"), test(property("url"), Test::Contains(text("/pricing"))));
    assert_eq!(filter("{ url: { missing: true } }"), test(property("url"), Test::Missing));
    assert_eq!(filter("{ $current_url: x }"), test(property("$current_url"), Test::Is(Op::Equal, text("x"))));
    let unlike = Test::Is(Op::Unequal, Operand::UserId);
    assert_eq!(filter("{ shared_with: '!= $user.id' }"), test(property("shared_with"), unlike));
    let plan = Test::Is(Op::Equal, Operand::Trait(of_account("plan")));
    assert_eq!(filter("{ plan: $account.plan }"), test(property("plan"), plan));
    assert_eq!(filter("{ size: '> $this.limit' }"), test(property("size"), Test::Is(Op::Above, property("limit"))));
    let role = Operand::Trait(TraitPath { of: TraitOwner::User, name: "role".into() });
    assert_eq!(filter("{ $user.role: admin }"), test(role, Test::Is(Op::Equal, text("admin"))));
    let both = vec![test(property("a"), at_least(1)), test(property("a"), Test::Is(Op::Below, whole(5)))];
    assert_eq!(filter("{ all: [{ a: '>= 1' }, { a: '< 5' }] }"), Filter::All(both));
    assert_eq!(filter("{ not: { a: b } }"), Filter::Not(Box::new(test(property("a"), Test::Is(Op::Equal, text("b"))))));
    assert!(matches!(filter("{ a: b, any: [{ c: d }, { e: f }] }"), Filter::All(parts)
        if matches!(parts[1], Filter::Any(_))));
    let fifth = Test::Is(Op::Equal, text("$5"));
    assert_eq!(filter("{ price: \"= '$5'\" }"), test(property("price"), fifth));
}

#[test]
fn sequences() {
    let Criterion::Sequence(read) =
        when("{ sequence: [A, { event: B, where: { project_id: $1.project_id } }], span: 48h, last: 7d }")
    else {
        panic!("not a sequence");
    };
    assert_eq!((read.span, &read.period), (Some(Span::hours(48)), &Period::Last(Span::days(7))));
    let same = Test::Is(Op::Equal, Operand::StepProperty(1, "project_id".into()));
    assert_eq!(read.steps[1].filter, Some(Filter::Test { left: property("project_id"), test: same }));
    let Criterion::Sequence(read) =
        when(r#"{ sequence: [A, { event: B, where: { x: 1 } }, C], where: { "$2.day": "> $1.day" } }"#)
    else {
        panic!("not a sequence");
    };
    let later = Filter::Test { left: Operand::StepDay(2), test: Test::Is(Op::Above, Operand::StepDay(1)) };
    let own = Filter::Test { left: property("x"), test: Test::Is(Op::Equal, whole(1)) };
    assert_eq!(read.steps[1].filter, Some(Filter::All(vec![own, later])));
    assert_eq!(read.steps[2].filter, None);
}

#[test]
fn traits() {
    assert_eq!(trait_test("{ trait: a, is: older than 3 months }").test, Test::OlderThan(Span::Months(3)));
    assert_eq!(trait_test("{ trait: a, is: within next 100d }").test, Test::WithinNext(Span::days(100)));
    assert_eq!(trait_test("{ trait: a, is: within last 7d }").test, Test::WithinLast(Span::days(7)));
    assert_eq!(trait_test("{ trait: a, is: between 1 and 5 }").test, Test::Between(whole(1), whole(5)));
    assert_eq!(trait_test("{ trait: a, between: [1, 5] }").test, Test::Between(whole(1), whole(5)));
    assert_eq!(trait_test("{ trait: a, not_in: [x] }").test, Test::NotIn(vec![text("x")]));
    assert_eq!(trait_test("{ trait: a, exists: false }").test, Test::Missing);
    assert_eq!(trait_test("{ trait: a, starts: b }").test, Test::Starts("b".into()));
    assert_eq!(trait_test("{ trait: a, is: \"= [1, 'x, y']\" }").test, {
        Test::Is(Op::Equal, Operand::Constant(Value::List([Value::whole(1), Value::text("x, y")].into())))
    });
    let day = engine::Timestamp(1_767_225_600_000_000);
    assert_eq!(trait_test("{ trait: a, is: '>= 2026-01-01' }").test, {
        Test::Is(Op::AtLeast, Operand::Constant(Value::Time(day)))
    });
    assert_eq!(trait_test("{ trait: a, is: pro, for: 3 months }").lasting, Some(Span::Months(3)));
    let trend = trait_test("{ trait: account.forecast, against: { trait: account.mrr, ago: 30d }, is: '> 50%' }");
    assert_eq!(trend.against, Some(TraitAgainst { path: of_account("mrr"), ago: Span::days(30) }));
    assert_eq!(trait_test("{ stage: [trial, free], for: 2d }").path, own("stage"));
    assert_eq!(trait_test("{ trait: subject.account.x, exists: true }").path, own("account.x"));
}

#[test]
fn other_criteria() {
    let Criterion::Ratio(ratio) = when(
        "{ ratio: { of: { event: Contact Added, measure: count, ever: true }, to: account.limit }, is: '>= 80%' }",
    ) else {
        panic!("not a ratio");
    };
    assert_eq!(ratio.to, Quantity::Trait(of_account("limit")));
    assert!(matches!(&ratio.of, Quantity::Measure(of) if of.is.is_none() && of.period == Period::Ever));
    let meets = Criterion::Meets { definition: "other".into(), lasting: Some(Span::days(3)) };
    assert_eq!(when("{ meets: other, for: 3d }"), meets);
    let members = Criterion::MembersMeeting { definition: "trial-team".into(), is: at_least(2) };
    assert_eq!(when_of("account", "{ users: '>= 2', meeting: trial-team }"), members);
    assert_eq!(when("{ account: { users: '>= 2', meeting: trial-team } }"), Criterion::OfAccount(Box::new(members)));
    assert!(matches!(when("{ at_least: 2, of: [{ event: A }, { event: B }, { event: C }] }"),
        Criterion::AtLeast { least: 2, of } if of.len() == 3));
}

#[test]
fn populations_and_entries() {
    let with = |lines: &str| definition(&format!("id: x\n{lines}\nwhen: {{ event: A }}\n"));
    assert_eq!(with("population: everyone").population, Some(Population::Everyone));
    let Some(Population::Meeting(Criterion::All(parts))) =
        with("population: { plan: free, account.seats: '< 5' }").population
    else {
        panic!("not two traits");
    };
    assert_eq!(parts.len(), 2);
    assert!(matches!(
        with("population: { not: { stage: customer } }").population,
        Some(Population::Meeting(Criterion::Not(_)))
    ));
    assert_eq!(with("once: false").entries, Entries::Repeated);
    assert_eq!(with("on: Hand Raised").entries, Entries::OnEvent(events("Hand Raised")));
    assert_eq!(with("clock: { trait: trial_started_at }").clock, Clock::Trait(own("trial_started_at")));
    assert_eq!(with("window: { until: trial_ends_at }").window, Some(Window::Until(own("trial_ends_at"))));
}

#[test]
fn scores() {
    let parts = definition(
        "id: x\nwhen: { event: A }\nscore:\n  fit: { weight: 10, of: fit }\n  best:\n    weight: 90\n    max:\n      \
         - { of: { event: B, gap: 3 }, full: 2d }\n      - { points: [{ event: C, points: 5, half_life: 24h }], cap: 5 }\n",
    )
    .score;
    assert_eq!(parts[0].share, Share::FitMet);
    let Share::Max(shares) = &parts[1].share else { panic!("{:?}", parts[1]) };
    assert!(matches!(&shares[0], Share::Measure { full, .. } if *full == Number::whole(2 * 86_400_000_000)));
    assert!(matches!(&shares[1], Share::Points { table, .. } if table[0].half_life == Some(Span::hours(24))));
}

#[test]
fn the_workspace() {
    let text = "zone: Europe/Berlin\ncurrency: EUR\ngoal: { event: Subscription Started, within: 60d }\n\
                population: { stage: [trial] }\ninternal_domains: [brix.example]\ncompetitor_domains: [rival.example]\n\
                free_domains: [mailbox.example]\neducation_domains: [school.example]\n\
                account: { from: email_domain, aliases: { acme.de: acme.com } }\n\
                event_aliases: { signup: Signed Up }\nevent_kinds: { Invoice *: billing }\n\
                consent: { profile: consent.profiling, contact: newsletter, required: true }\n\
                limits: { account.plan_projects: Project Created, user.gb: { trait: user.used }, seats: { measure: users } }\n";
    let read = parse_workspace(text).map_err(|findings| render(&findings, text, "brix.yaml"));
    let workspace = read.expect("sound").workspace;
    assert_eq!(workspace.zone.iana_name(), Some("Europe/Berlin"));
    assert_eq!(&*workspace.currency, "EUR");
    assert!(workspace.goal.is_some_and(|goal| goal.within == Some(Span::days(60))));
    assert!(workspace.free_domains.contains("gmail.com") && workspace.free_domains.contains("mailbox.example"));
    assert!(workspace.account_from_email);
    assert_eq!(workspace.domain_aliases.get("acme.de").map(String::as_str), Some("acme.com"));
    assert_eq!(workspace.event_kinds.get("Invoice *"), Some(&EventKind::Billing));
    let limit = |of, name: &str, used| Limit { limit: TraitPath { of, name: name.into() }, used };
    assert_eq!(
        workspace.limits,
        [
            limit(TraitOwner::Account, "plan_projects", LimitUse::Event("Project Created".into())),
            limit(TraitOwner::User, "gb", LimitUse::Trait("used".into())),
            limit(TraitOwner::Own, "seats", LimitUse::Members),
        ]
    );
    let consent = workspace.consent;
    assert_eq!(consent.profile.as_deref(), Some("consent.profiling"));
    assert_eq!((consent.contact.as_deref(), consent.required), (Some("newsletter"), true));
}
