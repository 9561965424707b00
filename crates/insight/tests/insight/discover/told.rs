//! What a person reads, and the file that comes out.

use std::sync::Arc;

use engine::definition::{Clock, Criterion};
use engine::language::parse;
use engine::record::SubjectKind;
use insight::discover::definition::definition_file;
use insight::discover::text::text;
use insight::discover::{Discovery, Question, answer};

use super::made_up::{definition, events, workspace};
use super::world::{Truth, World, question};

fn told(truth: Truth, base: f64) -> (Question, Discovery) {
    let world = World { people: 3_000, events: 6, base, truth, accounts: false };
    let mut question = question(&world);
    question.capacity_per_week = Some(5);
    let discovery = answer(&question, &world.table(4));
    (question, discovery)
}

#[test]
fn a_found_rule_is_told_at_length() {
    let (_, discovery) = told(Truth::One(5.0), 0.06);
    insta::assert_snapshot!("discovery_full", text(&discovery, true));
}

#[test]
fn nothing_reliable_is_told_with_what_it_would_take() {
    let (_, discovery) = told(Truth::Nothing, 0.03);
    insta::assert_snapshot!("discovery_nothing", text(&discovery, false));
}

/// Where the best of the search is seldom seen by luck, something is there although no rule is reliable: that is said, and only then.
#[test]
fn what_is_seldom_luck_is_said_to_be_there() {
    let world = World { people: 3_000, events: 6, base: 0.03, truth: Truth::Nothing, accounts: false };
    let question = Question { permutations: 100, ..question(&world) };
    let mut discovery = answer(&question, &world.table(4));
    let says = |discovery: &Discovery| text(discovery, false).contains("That is seldom luck: something is there");
    assert!(discovery.nothing.is_some() && !says(&discovery));
    discovery.candidates[0].z = 50.0;
    assert!(says(&discovery));
}

/// Of whom sales had touched is told at the landmark after which most of them bought.
#[test]
fn whom_sales_had_touched_are_told_where_most_of_them_bought() {
    let (_, mut discovery) = told(Truth::Nothing, 0.03);
    assert!(!text(&discovery, false).contains("Sales had touched"));
    for (window, (people, buyers)) in discovery.windows.iter_mut().zip([(120, 6), (200, 11), (210, 3)]) {
        (window.touched_by_sales.people, window.touched_by_sales.buyers) = (people, buyers);
    }
    let words = text(&discovery, false).split_whitespace().collect::<Vec<_>>().join(" ");
    let said = "Sales had touched 200 of the 3,000 by day 7: of 100 of them 5.5 converted after it, of 100 others ";
    assert!(words.contains(said), "{words}");
}

/// The file is read again as the very rule that was found, and says where its figures come from.
#[test]
fn the_file_says_what_was_found() {
    let (question, discovery) = told(Truth::One(5.0), 0.06);
    let finding = &discovery.findings[discovery.recommended.unwrap()];
    let mut base = definition(SubjectKind::User, Criterion::All(Vec::new()), None);
    base.clock = Clock::Event(events("Signed Up"));
    base.population = None;
    let file = definition_file(&question, &discovery, finding, &base, "found");
    insta::assert_snapshot!("discovery_file", file);
    let read = parse(&file, &workspace()).unwrap().definition;
    assert_eq!(read.when, finding.rule.criterion(&question));
    assert_eq!(read.id, Arc::from("found"));
}
