//! The engine on simulated records: the shipped templates say something, and a definition that says the planted rule
//! finds what the truth tells.

#![expect(clippy::disallowed_macros, reason = "prints figures for a look by eye")]

use std::collections::{BTreeMap, HashMap};

use engine::assemble::from_records;
use engine::definition::Definition;
use engine::evaluate::Evaluator;
use engine::language::{Diagnostic, parse, parse_workspace, templates};
use engine::outcome::Outcome;
use engine::program::{CompileError, Program};
use engine::record::{Record, SubjectKind};
use engine::workspace::Workspace;
use simulate::{Account, Encoder, EventName, Fact, Ids, Noise, Order, Part, Product, Scenario, csv};

fn live(product: &Product) -> (Vec<Record>, Vec<Account>) {
    let (mut facts, mut accounts): (Vec<Fact>, _) = (Vec::new(), Vec::new());
    let done = product.generate(&mut |part| match part {
        Part::Facts(some) => facts.extend_from_slice(some),
        Part::Account(account) => accounts.push(account.clone()),
    });
    assert_eq!(done, Ok(()));
    (Encoder::new(product.seed, "simulated").to_batch(&facts).to_records(), accounts)
}

/// A definition's place, and a subject's kind and id.
type Of = (usize, SubjectKind, String);

/// What each definition says of each subject.
fn qualify(
    definitions: &[Definition],
    workspace: &Workspace,
    records: &[Record],
    product: &Product,
) -> Result<Vec<(Of, Outcome)>, Vec<CompileError>> {
    let program = Program::compile(definitions, workspace)?;
    let households = from_records(records, workspace, program.needs());
    let binding = program.bind(&households.names);
    let horizon = product.ends().unwrap_or_default();
    let mut evaluator = Evaluator::new(&program, &binding, horizon);
    let mut outcomes = Vec::new();
    for household in &households.households {
        let view = household.view();
        evaluator.household(&view, &mut |outcome| {
            let id = view.directory.id(outcome.subject).to_owned();
            outcomes.push(((outcome.definition, outcome.subject.kind, id), outcome));
        });
    }
    Ok(outcomes)
}

fn workspace() -> Result<Workspace, Vec<Diagnostic>> {
    parse_workspace(simulate::WORKSPACE).map(|document| document.workspace)
}

fn definition(text: &str, workspace: &Workspace) -> Result<Definition, Vec<Diagnostic>> {
    parse(text, workspace).map(|document| document.definition)
}

#[test]
fn every_shipped_template_finds_some_and_not_all() {
    let product = Product { order: Order::Account, ..Product::for_users(20, 2_000, 6, Scenario::PLANTED) };
    let (records, _) = live(&product);
    let workspace = workspace().unwrap();
    let definitions: Vec<Definition> =
        templates().iter().map(|template| definition(template.text, &workspace).unwrap()).collect();
    let mut counts: BTreeMap<usize, [usize; 3]> = BTreeMap::new();
    for ((place, ..), outcome) in qualify(&definitions, &workspace, &records, &product).unwrap() {
        let counts = counts.entry(place).or_default();
        counts[0] += usize::from(outcome.population_from.is_some());
        counts[1] += usize::from(outcome.met_at.is_some());
        counts[2] += usize::from(!outcome.entries.is_empty());
    }
    for (place, definition) in definitions.iter().enumerate() {
        let [population, met, entered] = counts.get(&place).copied().unwrap_or_default();
        let some = format!("{}: {population} in the population, {met} met, {entered} entered", definition.id);
        println!("{some}");
        // Who raises a hand is in the population by raising it.
        assert!(entered + met > 0 && (met * 10 < population * 9 || &*definition.id == "hand-raise"), "{some}");
    }
}

#[test]
fn the_engine_finds_the_planted_rule_where_the_truth_has_it() {
    let noise = Noise {
        late_permille: 60,
        duplicate_permille: 60,
        skewed_permille: 200,
        alias_permille: 50,
        ..Noise::default()
    };
    let product = Product { order: Order::Account, noise, ..Product::for_users(21, 1_500, 4, Scenario::PLANTED) };
    let (records, accounts) = live(&product);
    let workspace = workspace().unwrap();
    let rule = definition(
        "
id: planted
name: The planted rule
subject: user
population: everyone
clock: { event: Signed Up }
window: 14d
when:
  all:
    - { event: Member Invited, count: '>= 2' }
    - { event: Project Created, count: '>= 3' }
",
        &workspace,
    )
    .unwrap();
    let outcomes: HashMap<String, Outcome> = qualify(&[rule], &workspace, &records, &product)
        .unwrap()
        .into_iter()
        .map(|((.., id), outcome)| (id, outcome))
        .collect();
    let ids = Ids::new(product.seed);
    let (mut held, mut all) = (0, 0);
    for person in accounts.iter().flat_map(|account| &account.people) {
        let outcome = outcomes.get(&csv::user_id(&ids, person.code));
        assert_eq!(outcome.map(|outcome| outcome.clock.0), person.signed_up_at, "{person:?}");
        assert_eq!(outcome.and_then(|outcome| outcome.met_at).map(|at| at.0), person.rule_held_at, "{person:?}");
        held += usize::from(person.rule_held_at.is_some());
        all += 1;
    }
    assert!(held > 40 && all > 1_000, "{held} of {all}");
}

#[test]
fn the_example_workspace_knows_every_kind() {
    let workspace = workspace().unwrap();
    for name in EventName::ALL {
        assert_eq!(workspace.kind_of(name.text(), None), name.kind(), "{}", name.text());
    }
    assert!(workspace.internal_domains.contains(simulate::OWN_DOMAIN));
}
