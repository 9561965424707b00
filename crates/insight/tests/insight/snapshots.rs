//! What people and programs read, kept as it was agreed.

use crate::product::{people, question, report};

#[test]
fn a_report_in_text() {
    insta::assert_snapshot!(insight::text::report(&report(&question(), people(600, 11, 4.0))));
}

#[test]
fn a_report_with_too_few_people_in_text() {
    insta::assert_snapshot!(insight::text::report(&report(&question(), people(14, 2, 4.0))));
}

#[test]
fn a_report_in_json() {
    let mut question = question();
    question.people_listed = 1;
    question.definitions.truncate(1);
    question.baseline = None;
    let lives = people(150, 11, 4.0).into_iter().map(|mut life| {
        life.outcomes.truncate(1);
        life
    });
    insta::assert_json_snapshot!(report(&question, lives.collect()));
}
