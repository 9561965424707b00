//! A usage metric, as the command line says it: what a criterion measures, without its comparison.

use engine::definition::{Criterion, NamePattern, Op, Operand, Test};
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
    /// What is wrong with it, as the language says it.
    pub fn parse(text: &str, subject: SubjectKind, workspace: &Workspace) -> Result<Self, String> {
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

    /// Events that it names.
    pub fn events(&self) -> Vec<String> {
        let Criterion::Behaviour(behaviour) = &self.criterion else { return Vec::new() };
        let exact = behaviour.events.names.iter().filter_map(|name| match name {
            NamePattern::Exactly(name) => Some(name.to_string()),
            NamePattern::Any | NamePattern::Prefix(_) => None,
        });
        exact.collect()
    }
}

/// The metric for people: as it was written, without braces.
fn name(text: &str, inside: &str) -> String {
    if text.contains(": ") { inside.to_owned() } else { format!("{inside}, count") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Usage, String> {
        Usage::parse(text, SubjectKind::User, &Workspace::default())
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
        assert_eq!(parse("Video Posted").unwrap().events(), ["Video Posted"]);
        assert!(parse("event: A, some: b").err().unwrap().contains("some"));
    }
}
