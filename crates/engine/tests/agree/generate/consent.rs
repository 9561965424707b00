//! Some cases ask people whether they may be judged, and some people answer.

use std::sync::Arc;

use engine::Value;
use engine::record::{Body, SubjectKind};
use engine::workspace::Consent;

use super::dice::Dice;
use super::{Case, name};

/// Asks in one case of five, and has some records about people say yes, no, or something else.
pub fn ask(case: &mut Case, dice: &mut Dice) {
    if !dice.chance(20) {
        return;
    }
    let (profile, contact) = (name("may_judge"), name("may_call"));
    let required = dice.chance(30);
    case.workspace.consent =
        Consent { profile: Some(Arc::clone(&profile)), contact: dice.chance(30).then_some(contact), required };
    let often = if required { 60 } else { 25 };
    let mut answers = Vec::new();
    for record in &case.records {
        let names_a_person = record.who.user.is_some() || record.who.anonymous.is_some();
        if !names_a_person || !dice.chance(often) {
            continue;
        }
        let words =
            [Value::Boolean(true), Value::text("granted"), Value::Boolean(false), Value::text("no"), Value::text("?")];
        let said = dice.weigh(&[(3, 0), (2, 1), (3, 2), (1, 3), (1, 4)]);
        let mut answer = record.clone();
        answer.message = name(&format!("answer{}", answers.len()));
        answer.who.account = None;
        answer.body = Body::Traits {
            of: SubjectKind::User,
            traits: [(Arc::clone(&profile), words[said].clone())].into_iter().collect(),
            constant: dice.chance(10),
        };
        answers.push(answer);
    }
    case.records.extend(answers);
    dice.shuffle(&mut case.records);
}
