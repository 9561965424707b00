//! An explanation for people and programs: each criterion in words, and of what is missing how much there is and how much it takes.

use std::sync::Arc;

use engine::definition::{Criterion, Definition, Op, Operand, Population, Test};
use engine::outcome::{Explanation, Finding, Truth};
use engine::{Number, Value};

use crate::words;

/// Puts the criteria that people see into an explanation, which comes without them: the evaluator shares equal criteria, and knows them
/// in its own form.
pub fn in_words(definition: &Definition, explanation: &mut Explanation) {
    name(&definition.when, &mut explanation.when);
    if let (Some(fit), Some(finding)) = (&definition.fit, &mut explanation.fit) {
        name(fit, finding);
    }
    if let (Some(Population::Meeting(criterion)), Some(finding)) = (&definition.population, &mut explanation.population)
    {
        name(criterion, finding);
    }
}

fn name(criterion: &Criterion, finding: &mut Finding) {
    let (words, parts) = match criterion {
        Criterion::All(parts) => ("all of".to_owned(), parts.as_slice()),
        Criterion::Any(parts) => ("one of".to_owned(), parts.as_slice()),
        Criterion::AtLeast { least, of } => (format!("at least {least} of"), of.as_slice()),
        Criterion::Not(part) => ("not".to_owned(), std::slice::from_ref(&**part)),
        _ => (words::criterion(criterion), [].as_slice()),
    };
    finding.words = Arc::from(words);
    for (part, finding) in parts.iter().zip(&mut finding.parts) {
        name(part, finding);
    }
}

/// A criterion that does not hold and would have to.
#[derive(Debug, Clone, PartialEq)]
pub struct Missing {
    /// In words, with what there is so far.
    pub words: Arc<str>,
    /// In numbers, where it is about one.
    pub amount: Option<Shortfall>,
}

/// A number that is not as it would have to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Shortfall {
    /// The criterion in words.
    pub criterion: Arc<str>,
    /// What there is so far.
    pub have: Number,
    /// How it would have to compare with `need`.
    pub op: Op,
    /// What it is compared with.
    pub need: Number,
}

/// What is missing: the criteria of `when` and `fit` that do not hold and that would have to.
#[must_use]
pub fn missing(definition: &Definition, explanation: &Explanation) -> Vec<Missing> {
    let mut found = Vec::new();
    gather(&definition.when, &explanation.when, &mut found);
    if let (Some(fit), Some(finding)) = (&definition.fit, &explanation.fit) {
        gather(fit, finding, &mut found);
    }
    found
}

fn gather(criterion: &Criterion, finding: &Finding, found: &mut Vec<Missing>) {
    if finding.truth.holds() {
        return;
    }
    if let Criterion::All(parts) = criterion {
        for (part, finding) in parts.iter().zip(&finding.parts) {
            gather(part, finding, found);
        }
        return;
    }
    let so_far = match (&finding.value, finding.truth) {
        (Some(value), _) => format!(" (so far {})", words::value(value)),
        (None, Truth::Unknown) => " (not known)".to_owned(),
        (None, _) => String::new(),
    };
    let named = words::criterion(criterion);
    found.push(Missing { words: Arc::from(format!("{named}{so_far}")), amount: shortfall(criterion, named, finding) });
}

fn shortfall(criterion: &Criterion, named: String, finding: &Finding) -> Option<Shortfall> {
    let test = match criterion {
        Criterion::Behaviour(behaviour) => behaviour.is.as_ref()?,
        Criterion::Trait(test) => &test.test,
        Criterion::Ratio(ratio) => &ratio.is,
        _ => return None,
    };
    match (test, &finding.value) {
        (Test::Is(op, Operand::Constant(Value::Number(need))), Some(Value::Number(have))) => {
            Some(Shortfall { criterion: Arc::from(named), have: *have, op: *op, need: *need })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use engine::Timestamp;
    use engine::definition::{TraitOwner, TraitPath, TraitTest};
    use engine::outcome::{Evidence, Standing};
    use engine::record::SubjectKind;

    use super::*;

    fn found(parts: Vec<Finding>, value: Option<Value>) -> Finding {
        let evidence = Evidence::default();
        Finding { words: Arc::from(""), truth: Truth::False, value, since: None, evidence, parts }
    }

    fn employees(op: Op) -> Criterion {
        let path = TraitPath { of: TraitOwner::Own, name: Arc::from("employees") };
        let test = Test::Is(op, Operand::Constant(Value::whole(50)));
        Criterion::Trait(Box::new(TraitTest { path, test, lasting: None, against: None }))
    }

    #[test]
    fn criteria_have_the_words_that_people_see() {
        let when = Criterion::All(vec![Criterion::Not(Box::new(employees(Op::Below))), employees(Op::AtLeast)]);
        let definition = Definition::of("d", "D", SubjectKind::User, when);
        let not = found(vec![found(vec![], None)], None);
        let mut explanation = Explanation {
            at: Timestamp(0),
            clock: None,
            standing: Standing::default(),
            when: found(vec![not, found(vec![], Some(Value::whole(12)))], None),
            fit: None,
            population: None,
            score: None,
        };
        in_words(&definition, &mut explanation);
        assert_eq!(&*explanation.when.parts[0].parts[0].words, "employees less than 50");
        assert_eq!(&*explanation.when.parts[1].words, "employees at least 50");
        let missing = missing(&definition, &explanation);
        let amounts: Vec<_> = missing.iter().map(|missing| missing.amount.as_ref()).collect();
        assert_eq!(amounts[0], None, "no number says what is missing to a negation");
        let shortfall = amounts[1].unwrap();
        assert_eq!((shortfall.have, shortfall.op, shortfall.need), (Number::whole(12), Op::AtLeast, Number::whole(50)));
        assert_eq!(&*missing[1].words, "employees at least 50 (so far 12)");
    }
}
