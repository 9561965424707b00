//! Discovery on simulated products whose truth is known, from records to verdicts.

#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use std::sync::Arc;

use engine::Timestamp;
use engine::assemble::from_records;
use engine::definition::{Clock, Criterion, Definition, Entries, Events, NamePattern};
use engine::evaluate::Evaluator;
use engine::household::Needs;
use engine::language::parse_workspace;
use engine::outcome::Outcome;
use engine::program::Program;
use engine::record::SubjectKind;
use engine::time::DAY;
use insight::discover::verdict::Verdict;
use insight::discover::{Catalog, Question};
use insight::{Discover, Discovery};
use simulate::{Encoder, Fact, Noise, Order, Part, Product, Scenario};

fn everybody() -> Definition {
    let signup = Events { names: vec![NamePattern::Exactly(Arc::from("Signed Up"))], kind: None, filter: None };
    Definition {
        id: Arc::from("everybody"),
        name: String::new(),
        subject: SubjectKind::Account,
        population: None,
        clock: Clock::Event(signup),
        window: None,
        when: Criterion::All(Vec::new()),
        fit: None,
        score: Vec::new(),
        bands: Vec::new(),
        value: None,
        goal: None,
        entries: Entries::Repeated,
    }
}

/// Discovery among the accounts of a product.
fn discover(scenario: Scenario, accounts: u32, seed: u64) -> Discovery {
    let base = Product::for_users(seed, 1, 4, scenario);
    let product = Product { accounts, order: Order::Account, noise: Noise::NONE, ..base };
    let mut facts: Vec<Fact> = Vec::new();
    let done = product.generate(&mut |part| {
        if let Part::Facts(some) = part {
            facts.extend_from_slice(some);
        }
    });
    assert_eq!(done, Ok(()));
    let records = Encoder::new(seed, "simulated").to_batch(&facts).to_records();
    let workspace = parse_workspace(simulate::WORKSPACE).unwrap().workspace;
    let program = Program::compile(&[everybody()], &workspace).unwrap();
    let needs = Needs { accounts: true, ..program.needs().clone() };
    let households = from_records(&records, &workspace, &needs);
    let binding = program.bind(&households.names);
    let end = Timestamp(product.ends().unwrap().0 - 1);
    let counted: Vec<_> = households.names.iter().map(|name| (name.clone(), 1)).collect();
    let question = Arc::new(Question {
        subject: SubjectKind::Account,
        goal: "Subscription Started".to_owned(),
        recurs: false,
        through_account: false,
        windows: vec![7 * DAY, 14 * DAY],
        end: 45 * DAY,
        observed_until: end,
        from: None,
        to: None,
        zone: workspace.zone.clone(),
        zone_slot: None,
        catalog: Arc::new(Catalog::new(&counted, workspace.goal.as_ref().unwrap())),
        aim: insight::discover::aim::Aim::Tell,
        capacity_per_week: None,
        permutations: 0,
        seed: 1,
        trusted: Vec::new(),
        without_sales_touched: false,
    });
    let mut evaluator = Evaluator::new(&program, &binding, end);
    let mut discover = Discover::new(question);
    for household in &households.households {
        let view = household.view();
        let mut outcomes: Vec<Outcome> = Vec::new();
        evaluator.household(&view, &mut |outcome| outcomes.push(outcome));
        discover.add(&view, &outcomes);
    }
    discover.finish(&insight::workers::in_turn)
}

fn of_verdict(discovery: &Discovery, verdict: Verdict) -> Vec<&str> {
    let findings = discovery.findings.iter().filter(|finding| finding.verdict == verdict);
    findings.map(|finding| finding.words.as_str()).collect()
}

/// The rule is three projects and two invitations. Other busy behaviour of an account goes before the rule is met, and predicts too.
#[test]
fn the_planted_rule_is_found() {
    let scenario = Scenario::Planted { base_millionths: 2_500, factor_percent: 1_200, monthly_decline_permille: 0 };
    let discovery = discover(scenario, 2_400, 31);
    let reliable = of_verdict(&discovery, Verdict::Reliable);
    let about = |words: &&&str| words.contains("Project Created") || words.contains("Member Invited");
    assert!(reliable.iter().filter(about).count() > 0, "{reliable:?} of {:?}", discovery.findings.len());
    assert!(discovery.recommended.is_some() && discovery.nothing.is_none());
}

#[test]
fn where_nothing_matters_nothing_is_reliable() {
    let scenario = Scenario::Null { base_millionths: 5_000, buyer: simulate::Buyer::Account };
    let discovery = discover(scenario, 1_500, 32);
    assert_eq!(of_verdict(&discovery, Verdict::Reliable), Vec::<&str>::new());
    assert!(discovery.windows[0].buyers > 100, "{:?}", discovery.windows);
}

/// A hidden level sets use and purchase: what stands out plainly is called a sign of being active.
#[test]
fn a_hidden_level_is_told_as_activity() {
    let scenario = Scenario::Confounded { base_millionths: 1_000, factor_percent: [400, 1_600] };
    let discovery = discover(scenario, 2_400, 33);
    let (active, reliable) = (of_verdict(&discovery, Verdict::OnlyActivity), of_verdict(&discovery, Verdict::Reliable));
    assert!(active.len() > reliable.len(), "active {active:?}, reliable {reliable:?}");
}
