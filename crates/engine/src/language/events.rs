//! Which events: names, prefixes, kinds and filters.

use std::sync::Arc;

use super::comparison::{Compared, Sense, is_single, read_path};
use super::diagnostic::{Code, Place};
use super::keys;
use super::limits;
use super::mention::MentionOf;
use super::reader::{Fields, Reader};
use super::tree::{Content, Node, Pair, Scalar};
use crate::definition::{Events, Filter, NamePattern, Operand, Test};
use crate::record::{EventKind, SubjectKind};

impl Reader {
    /// A choice of events as a name, a list of names, or a mapping with `event`, `kind` and `where`.
    pub fn events(&mut self, node: &Node, on: SubjectKind, step: usize) -> Option<Events> {
        if node.pairs().is_some() {
            let fields = self.fields(node, &keys::EVENTS)?;
            return self.events_of(&fields, on, step);
        }
        Some(Events { names: self.names(node)?, kind: None, filter: None })
    }

    /// The same out of fields that hold other keys too. `step`: the place in a sequence from 1, else 0.
    pub fn events_of(&mut self, fields: &Fields<'_>, on: SubjectKind, step: usize) -> Option<Events> {
        let kind = match fields.get("kind") {
            Some(node) => Some(self.kind(node)?),
            None => None,
        };
        let names = match fields.get("event") {
            Some(node) => self.names(node),
            None if kind.is_some() => Some(vec![NamePattern::Any]),
            None => {
                let message = "which events? `event:` is missing";
                self.error_with(Code::MissingKey, fields.node.place, message, "`event: any` means every product event");
                None
            }
        };
        let filter = match fields.get("where") {
            Some(node) => Some(self.filter(node, Sense { of: Compared::Values, on, step: Some(step) }, 1)?),
            None => None,
        };
        Some(Events { names: names?, kind, filter })
    }

    /// The kind of events by its word.
    pub fn kind(&mut self, node: &Node) -> Option<EventKind> {
        let word = self.word(node, &keys::KINDS, "kind of events")?;
        EventKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    fn names(&mut self, node: &Node) -> Option<Vec<NamePattern>> {
        if node.list().is_some() {
            let items = self.items(node, "event names", limits::LIST)?;
            let names: Vec<NamePattern> = items.iter().filter_map(|item| self.name_pattern(item)).collect();
            return (names.len() == items.len()).then_some(names);
        }
        Some(vec![self.name_pattern(node)?])
    }

    fn name_pattern(&mut self, node: &Node) -> Option<NamePattern> {
        let name = self.name(node, "the name of an event")?;
        if let Some(literal) = name.strip_prefix('\\') {
            let name = self.check_name(literal, node.place, "the name of an event")?;
            self.mention(MentionOf::Event, &name, node.place);
            return Some(NamePattern::Exactly(name));
        }
        if &*name == "any" {
            return Some(NamePattern::Any);
        }
        match name.split_once('*') {
            None => {
                self.mention(MentionOf::Event, &name, node.place);
                Some(NamePattern::Exactly(name))
            }
            Some(("", _)) => {
                let message = "a `*` alone is every event";
                self.error_with(
                    Code::BadName,
                    node.place,
                    message,
                    "write `any`; a name that starts with `*` is `\\*…`",
                );
                None
            }
            Some((prefix, "")) => {
                let prefix: Arc<str> = Arc::from(prefix);
                self.mention(MentionOf::EventPrefix, &prefix, node.place);
                Some(NamePattern::Prefix(prefix))
            }
            Some(_) => {
                let message = format!("`{name}`: a `*` stands only at the end");
                self.error_with(Code::BadName, node.place, message, "for a name that holds a `*`, start it with `\\`");
                None
            }
        }
    }

    /// A filter: properties and `$` paths with what they are compared with; several hold together.
    pub fn filter(&mut self, node: &Node, sense: Sense, depth: usize) -> Option<Filter> {
        let mut tests = self.filters(node, sense, depth)?;
        if tests.len() == 1 { tests.pop() } else { Some(Filter::All(tests)) }
    }

    /// The conjuncts of a filter, not empty.
    pub fn filters(&mut self, node: &Node, sense: Sense, depth: usize) -> Option<Vec<Filter>> {
        if depth > limits::CRITERIA_DEPTH {
            let message = format!("more than {} filters inside each other", limits::CRITERIA_DEPTH);
            self.error(Code::OverLimit, node.place, message);
            return None;
        }
        let pairs = match &node.content {
            Content::Map(pairs) if !pairs.is_empty() => pairs,
            _ => {
                let message = format!("expected properties with values, found {}", node.shape());
                let help = "`where: { plan: pro, seconds: \">= 30\" }`";
                self.error_with(Code::WrongShape, node.place, message, help);
                return None;
            }
        };
        let mut tests = Vec::new();
        let mut sound = true;
        for pair in pairs {
            match self.conjuncts(pair, sense, depth) {
                Some(mut found) => tests.append(&mut found),
                None => sound = false,
            }
        }
        sound.then_some(tests)
    }

    fn conjuncts(&mut self, pair: &Pair, sense: Sense, depth: usize) -> Option<Vec<Filter>> {
        match pair.key.as_str() {
            "all" | "any" => {
                let items = self.items(&pair.value, "filters", limits::LIST)?;
                let parts: Vec<Filter> = items.iter().filter_map(|item| self.filter(item, sense, depth + 1)).collect();
                let whole = parts.len() == items.len();
                let filter = if pair.key == "all" { Filter::All(parts) } else { Filter::Any(parts) };
                whole.then(|| vec![filter])
            }
            "not" => Some(vec![Filter::Not(Box::new(self.filter(&pair.value, sense, depth + 1)?))]),
            key => self.property_tests(key, pair.key_place, &pair.value, sense),
        }
    }

    fn property_tests(&mut self, key: &str, place: Place, value: &Node, sense: Sense) -> Option<Vec<Filter>> {
        if !self.count_criterion(place) {
            return None;
        }
        let left = match key.strip_prefix('$').and_then(read_path) {
            Some(operand) => operand,
            // `$current_url` and the like are properties.
            None => Operand::Property(self.check_name(key, place, "the name of a property")?),
        };
        if !self.followed(&left, key, place, sense) {
            return None;
        }
        let tests = match &value.content {
            Content::List(_) => {
                let sense = sense_of(&left, sense);
                let items = self.items(value, "values", limits::LIST)?;
                let operands: Vec<Operand> = items.iter().filter_map(|item| self.operand_of(item, sense)).collect();
                if operands.len() != items.len() {
                    return None;
                }
                vec![Test::In(operands)]
            }
            Content::Map(_) => {
                let fields = self.fields(value, &keys::TESTS)?;
                let before = self.findings.len();
                let tests = self.tests(&fields, sense_of(&left, sense));
                if tests.is_empty() && self.findings.len() == before {
                    self.error(Code::MissingKey, value.place, format!("`{key}` is compared with nothing"));
                }
                if tests.len() != fields.pairs.len() || tests.is_empty() {
                    return None;
                }
                tests
            }
            Content::Scalar(scalar) => vec![self.short_test(scalar, value, sense_of(&left, sense))?],
        };
        Some(tests.into_iter().map(|test| Filter::Test { left: left.clone(), test }).collect())
    }

    fn short_test(&mut self, scalar: &Scalar, value: &Node, sense: Sense) -> Option<Test> {
        if !is_single(Some(scalar)) {
            let help = "an existing value is `{ exists: true }`, a missing one `{ missing: true }`";
            self.error_with(Code::WrongShape, value.place, "expected a value or a comparison, found nothing", help);
            return None;
        }
        self.comparison(value, sense)
    }
}

/// Days are numbers; everything else can be of any type.
fn sense_of(left: &Operand, sense: Sense) -> Sense {
    let of = if matches!(left, Operand::StepDay(_)) { Compared::Numbers } else { Compared::Values };
    Sense { of, ..sense }
}

/// The latest step that a filter mentions; 0: none. `None`: it tests the event at hand without saying which step.
pub(crate) fn latest_step(filter: &Filter) -> Option<usize> {
    let of_operand = |operand: &Operand| match operand {
        Operand::StepProperty(step, _) | Operand::StepDay(step) | Operand::StepTime(step) if *step > 0 => Some(*step),
        Operand::Constant(_) => Some(0),
        _ => None,
    };
    let of_test = |test: &Test| -> Option<usize> {
        let operands: Vec<&Operand> = match test {
            Test::Is(_, operand) | Test::Contains(operand) => vec![operand],
            Test::Between(low, high) => vec![low, high],
            Test::In(operands) | Test::NotIn(operands) => operands.iter().collect(),
            _ => Vec::new(),
        };
        operands.into_iter().map(of_operand).try_fold(0, |most, step| Some(most.max(step?)))
    };
    match filter {
        Filter::All(parts) | Filter::Any(parts) => {
            parts.iter().map(latest_step).try_fold(0, |most, step| Some(most.max(step?)))
        }
        Filter::Not(part) => latest_step(part),
        Filter::Test { left, test } => Some(of_operand(left)?.max(of_test(test)?)),
    }
}
