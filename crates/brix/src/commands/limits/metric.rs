//! A usage metric, as the command line says it: what a criterion measures, without its comparison.

use engine::definition::{Criterion, Op, Operand, Test};
use engine::language::{Code, Diagnostic, Known};
use engine::record::SubjectKind;
use engine::workspace::Workspace;
use engine::{Number, Value, language};

/// Keys that say what is measured.
const MEASURES: [&str; 10] =
    ["measure:", "distinct:", "sum:", "min:", "max:", "avg:", "first:", "latest:", "trait:", "ratio:"];

/// A usage metric.
pub struct Usage {
    /// In words.
    pub name: String,
    criterion: Criterion,
}

impl Usage {
    /// Reads it through the definition language: an event's name alone is its count.
    ///
    /// # Errors
    /// What is wrong with it, as the language says it, also a name that the data lack.
    pub fn parse(text: &str, subject: SubjectKind, workspace: &Workspace, known: &Known) -> Result<Self, String> {
        let text = text.trim();
        let inside = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text).trim();
        let mapping = if inside.contains(": ") {
            let counts = MEASURES.iter().all(|key| !inside.contains(key));
            format!("{inside}{}", if counts { ", measure: count" } else { "" })
        } else {
            let name = serde_json::Value::from(inside);
            format!("event: {name}, measure: count")
        };
        let source = format!("id: metric\nsubject: {}\nwhen: {{ {mapping}, is: \">= 1\" }}\n", subject.word());
        let document =
            language::parse(&source, workspace).map_err(|findings| language::render(&findings, &source, "metric"))?;
        let found = language::check(std::slice::from_ref(&document), workspace, Some(known)).concat();
        let is_unknown =
            |of: &Diagnostic| matches!(of.code, Code::UnknownEvent | Code::UnknownProperty | Code::UnknownTrait);
        let unknown: Vec<Diagnostic> = found.into_iter().filter(is_unknown).collect();
        if !unknown.is_empty() {
            return Err(language::render(&unknown, &source, "metric"));
        }
        Ok(Self { name: name(text, inside), criterion: document.definition.when })
    }

    /// The metric has reached an amount.
    pub fn at_least(&self, limit: Number) -> Criterion {
        let is = Test::Is(Op::AtLeast, Operand::Constant(Value::Number(limit)));
        let mut criterion = self.criterion.clone();
        match &mut criterion {
            Criterion::Behaviour(behaviour) => behaviour.is = Some(is),
            Criterion::Trait(test) => test.test = is,
            Criterion::Ratio(ratio) => ratio.is = is,
            _ => {}
        }
        criterion
    }
}

/// The metric for people: as it was written, without braces.
fn name(text: &str, inside: &str) -> String {
    if text.contains(": ") { inside.to_owned() } else { format!("{inside}, count") }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn parse(text: &str) -> Result<Usage, String> {
        let names = |names: &[&str]| names.iter().map(|name| Arc::from(*name)).collect();
        let known = Known {
            events: names(&["Video Posted", "Viewed", "A"]),
            properties: names(&["views", "b"]),
            traits: names(&["contacts"]),
        };
        Usage::parse(text, SubjectKind::User, &Workspace::default(), &known)
    }

    #[test]
    fn metrics_are_read_by_the_language() {
        for (text, expect) in [
            ("Video Posted", "{ event: Video Posted, count: \">= 5\" }"),
            ("event: Video Posted", "{ event: Video Posted, count: \">= 5\" }"),
            ("{ event: Viewed, sum: views }", "{ event: Viewed, sum: views, is: \">= 5\" }"),
            ("event: A, distinct: b", "{ event: A, distinct: b, is: \">= 5\" }"),
            ("trait: contacts", "{ trait: contacts, is: \">= 5\" }"),
        ] {
            let criterion = parse(text).unwrap().at_least(Number::whole(5));
            assert_eq!(language::criterion_to_yaml(&criterion), expect);
        }
        for (text, near) in [
            ("Video Postd", "`Video Posted`"),
            ("event: Viewed, sum: vews", "`views`"),
            ("trait: contact", "`contacts`"),
            ("ratio: { of: contcts, to: { event: A, measure: count } }", "`contacts`"),
        ] {
            let told = parse(text).err().unwrap();
            assert!(told.contains(&format!("did you mean {near}?")), "{told}");
        }
        assert!(parse("event: A, some: b").err().unwrap().contains("some"));
    }
}
