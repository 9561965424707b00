//! Comparisons and what can stand in them: values, percentages, dates, `$` paths.

use std::sync::Arc;

use super::diagnostic::{Code, Place};
use super::keys;
use super::limits;
use super::mention::MentionOf;
use super::reader::{Fields, Reader};
use super::scalars;
use super::tree::{Node, Scalar, Style};
use crate::definition::{Op, Operand, Pattern, Test, TraitOwner, TraitPath};
use crate::record::SubjectKind;
use crate::workspace::DomainKind;
use crate::{Number, Span, Value};

/// Where a comparison stands, and so what it can compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sense {
    /// The values that are compared.
    pub of: Compared,
    /// On whose timeline.
    pub on: SubjectKind,
    /// In a filter: which step of a sequence it belongs to; 0 outside sequences.
    pub step: Option<usize>,
}

/// The values that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    /// Of any type.
    Values,
    /// Numbers only.
    Numbers,
    /// Lengths of time, held as microseconds.
    Durations,
}

/// The keys of [`keys::TESTS`].
pub(crate) const TEST_KEYS: [&str; 11] =
    ["is", "in", "not_in", "between", "contains", "starts", "ends", "matches", "exists", "missing", "domain_kind"];

/// The signs of order and equality, longest first.
const SIGNS: [(&str, Op); 7] = [
    (">=", Op::AtLeast),
    ("<=", Op::AtMost),
    ("!=", Op::Unequal),
    ("==", Op::Equal),
    (">", Op::Above),
    ("<", Op::Below),
    ("=", Op::Equal),
];

/// The ways to compare a date with now.
type RelativeDate = (&'static str, fn(Span) -> Test);
const RELATIVE_DATES: [RelativeDate; 3] =
    [("older than ", Test::OlderThan), ("within last ", Test::WithinLast), ("within next ", Test::WithinNext)];

impl Reader {
    /// All tests among the fields, in the order of the file.
    pub fn tests(&mut self, fields: &Fields<'_>, sense: Sense) -> Vec<Test> {
        fields.present(&TEST_KEYS).into_iter().filter_map(|pair| self.test_of(&pair.key, &pair.value, sense)).collect()
    }

    /// The one test among the fields, `None` also after an error.
    pub fn one_test(&mut self, fields: &Fields<'_>, sense: Sense) -> Option<Test> {
        let pair = self.at_most_one(fields, &TEST_KEYS, "one comparison for each criterion; use `all:` for more")?;
        self.test_of(&pair.key, &pair.value, sense)
    }

    fn test_of(&mut self, key: &str, node: &Node, sense: Sense) -> Option<Test> {
        let on_texts = matches!(key, "contains" | "starts" | "ends" | "matches" | "domain_kind" | "in" | "not_in");
        if on_texts && sense.of == Compared::Durations {
            self.error(Code::BadComparison, node.place, format!("`{key}` does not go with a length of time"));
            return None;
        }
        if matches!(key, "contains" | "starts" | "ends" | "matches" | "domain_kind") && sense.of == Compared::Numbers {
            self.error(Code::BadComparison, node.place, format!("`{key}` compares texts; this is a number"));
            return None;
        }
        match key {
            "is" => self.comparison(node, sense),
            "in" | "not_in" => {
                let operands = self.operands(node, sense)?;
                Some(if key == "in" { Test::In(operands) } else { Test::NotIn(operands) })
            }
            "between" => {
                let ends = self.operands(node, sense)?;
                let Ok([low, high]) = <[Operand; 2]>::try_from(ends) else {
                    self.error(Code::BadComparison, node.place, "`between` takes two values: `[1, 5]`");
                    return None;
                };
                Some(Test::Between(low, high))
            }
            "contains" => self.operand_of(node, sense).map(Test::Contains),
            "starts" => self.text_of(node).map(Test::Starts),
            "ends" => self.text_of(node).map(Test::Ends),
            "matches" => self.pattern(node).map(Test::Matches),
            "exists" => Some(if self.boolean(node)? { Test::Exists } else { Test::Missing }),
            "missing" => Some(if self.boolean(node)? { Test::Missing } else { Test::Exists }),
            _ => self.word(node, &keys::DOMAIN_KINDS, "kind of e-mail domain").map(|word| {
                Test::DomainKind(match word {
                    "free" => DomainKind::Free,
                    "education" => DomainKind::Education,
                    "internal" => DomainKind::Internal,
                    "competitor" => DomainKind::Competitor,
                    _ => DomainKind::Work,
                })
            }),
        }
    }

    fn operands(&mut self, node: &Node, sense: Sense) -> Option<Vec<Operand>> {
        let items = self.items(node, "values", limits::LIST)?;
        let operands: Vec<Operand> = items.iter().filter_map(|item| self.operand_of(item, sense)).collect();
        (operands.len() == items.len()).then_some(operands)
    }

    fn text_of(&mut self, node: &Node) -> Option<Arc<str>> {
        let scalar = self.scalar(node, "a text")?;
        if scalar.text.is_empty() || scalar.text.chars().count() > limits::VALUE_CHARS {
            let message = format!("a text here has 1 to {} characters", limits::VALUE_CHARS);
            self.error(Code::OverLimit, node.place, message);
            return None;
        }
        Some(Arc::from(scalar.text.as_str()))
    }

    fn pattern(&mut self, node: &Node) -> Option<Pattern> {
        let text = self.text_of(node)?;
        if text.chars().count() > limits::PATTERN_CHARS {
            let message = format!("a regular expression has at most {} characters", limits::PATTERN_CHARS);
            self.error(Code::OverLimit, node.place, message);
            return None;
        }
        match regex::RegexBuilder::new(&text).size_limit(limits::PATTERN_BYTES).build() {
            Ok(pattern) => Some(Pattern(pattern)),
            Err(fault) => {
                let reason = fault.to_string();
                let reason = reason.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
                self.error(Code::BadPattern, node.place, format!("`{text}` is no regular expression: {reason}"));
                None
            }
        }
    }

    /// A comparison as written behind `is:`, `count:` or a property: a sign with a value, `between`, a relative
    /// date, or a value that must be equal.
    pub fn comparison(&mut self, node: &Node, sense: Sense) -> Option<Test> {
        if node.list().is_some() {
            let help = "`in: [a, b]` holds for one of several values";
            self.error_with(Code::WrongShape, node.place, "expected one comparison, found a list", help);
            return None;
        }
        let scalar = self.scalar(node, "a comparison like `\">= 3\"`")?;
        if scalar.style == Style::Block {
            let message = "YAML reads `>` and `|` as the start of a longer text";
            self.error_with(Code::QuoteNeeded, node.place, message, "put the comparison in quotes, like `\"> 3\"`");
            return None;
        }
        let text = scalar.text.trim();
        if let Some((operand, op)) = SIGNS.iter().find_map(|(sign, op)| Some((text.strip_prefix(sign)?, op))) {
            let operand = self.operand(operand.trim(), node.place, sense)?;
            return self.ordered(*op, operand, text, node.place);
        }
        if let Some(test) = self.worded(text, node.place, sense) {
            return test;
        }
        self.operand_of(node, sense).map(|operand| Test::Is(Op::Equal, operand))
    }

    /// Order needs something that has one.
    fn ordered(&mut self, op: Op, operand: Operand, text: &str, place: Place) -> Option<Test> {
        let has_order = matches!(op, Op::Equal | Op::Unequal)
            || !matches!(operand, Operand::Constant(Value::Boolean(_) | Value::List(_)))
                && (!matches!(operand, Operand::Constant(Value::Text(_))) || text.ends_with(['\'', '"']));
        if !has_order {
            let message = format!("`{text}` compares by size with something that is no number, date or `$` path");
            let help =
                "equality is `=` or `!=`; texts are compared by the alphabet when they stand in quotes: `\">= 'm'\"`";
            self.error_with(Code::BadComparison, place, message, help);
            return None;
        }
        Some(Test::Is(op, operand))
    }

    /// `between a and b`, `older than 3 months`, `within last 7d`, `within next 100d`; the outer `None`: none of these.
    fn worded(&mut self, text: &str, place: Place, sense: Sense) -> Option<Option<Test>> {
        if let Some((low, high)) = text.strip_prefix("between ").and_then(|ends| ends.split_once(" and ")) {
            let low = self.operand(low.trim(), place, sense);
            let high = self.operand(high.trim(), place, sense);
            return Some(low.zip(high).map(|(low, high)| Test::Between(low, high)));
        }
        let (form, rest) = RELATIVE_DATES.iter().find_map(|(words, form)| Some((form, text.strip_prefix(words)?)))?;
        if sense.of != Compared::Values {
            self.error(Code::BadComparison, place, format!("`{text}` compares dates; this is a number"));
            return Some(None);
        }
        Some(match scalars::duration(rest) {
            Ok(span) => Some(form(span)),
            Err(message) => {
                self.error(Code::BadDuration, place, message);
                None
            }
        })
    }

    /// A value as a YAML scalar: unquoted it is typed by how it looks, quoted it is a text, save for `$` paths and
    /// what stands behind a `=`.
    pub fn operand_of(&mut self, node: &Node, sense: Sense) -> Option<Operand> {
        let scalar = self.scalar(node, "a value")?;
        if let Some(value) = scalar.text.strip_prefix("= ") {
            return self.operand(value.trim(), node.place, sense);
        }
        if scalar.style == Style::Plain || scalar.text.starts_with('$') || sense.of == Compared::Durations {
            return self.operand(&scalar.text, node.place, sense);
        }
        self.constant(Value::text(&scalar.text), &scalar.text, node.place, sense)
    }

    /// A value as written within a comparison: typed by how it looks, a text in single or double quotes.
    fn operand(&mut self, text: &str, place: Place, sense: Sense) -> Option<Operand> {
        if text.is_empty() {
            self.error_with(Code::BadComparison, place, "the comparison lacks its value", "like `\">= 3\"`");
            return None;
        }
        if let Some(path) = text.strip_prefix('$') {
            return self.path(path, text, place, sense);
        }
        if sense.of == Compared::Durations {
            return match scalars::duration(text) {
                Ok(Span::Exact(length)) => {
                    let scaled = i128::from(length) * Number::UNIT;
                    Some(Operand::Constant(Value::Number(Number(scaled))))
                }
                Ok(Span::Months(_)) => {
                    let message = format!("`{text}` differs in length; a gap is compared with an exact one like `90d`");
                    self.error(Code::BadDuration, place, message);
                    None
                }
                Err(message) => {
                    self.error(Code::BadDuration, place, message);
                    None
                }
            };
        }
        let value = self.value(text, place)?;
        self.constant(value, text, place, sense)
    }

    fn constant(&mut self, value: Value, text: &str, place: Place, sense: Sense) -> Option<Operand> {
        if sense.of == Compared::Numbers && !matches!(value, Value::Number(_)) {
            let help = "a number like `3`, a share like `80%`, or a trait like `$account.limit`";
            self.error_with(Code::BadComparison, place, format!("`{text}` is compared with a number"), help);
            return None;
        }
        if text.chars().count() > limits::VALUE_CHARS {
            self.error(Code::OverLimit, place, format!("a value has at most {} characters", limits::VALUE_CHARS));
            return None;
        }
        Some(Operand::Constant(value))
    }

    /// A constant typed by how it looks.
    pub fn value(&mut self, text: &str, place: Place) -> Option<Value> {
        if let Some(list) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let items: Vec<Value> = split_list(list).iter().filter_map(|item| self.value(item, place)).collect();
            if items.iter().any(|item| matches!(item, Value::List(_))) {
                self.error(Code::BadComparison, place, "lists hold single values");
                return None;
            }
            return Some(Value::List(items.into()));
        }
        for quote in ['\'', '"'] {
            if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
                return Some(Value::text(&inner.replace(&format!("{quote}{quote}"), &quote.to_string())));
            }
        }
        match text {
            "true" => return Some(Value::Boolean(true)),
            "false" => return Some(Value::Boolean(false)),
            "True" | "TRUE" | "False" | "FALSE" => {
                let message = format!("`{text}` is neither clearly a truth nor clearly a text");
                self.error_with(Code::UnknownWord, place, message, "write `true` or `false`, or put it in quotes");
                return None;
            }
            _ => {}
        }
        if scalars::looks_like_number(text) {
            return scalars::number(text)
                .map(Value::Number)
                .map_err(|message| self.error(Code::BadNumber, place, message))
                .ok();
        }
        match scalars::time(text, &self.zone) {
            Some(Ok(time)) => Some(Value::Time(time)),
            Some(Err(message)) => {
                self.error_with(Code::BadDate, place, message, "a text that only looks like a date goes in quotes");
                None
            }
            None => Some(Value::text(text)),
        }
    }

    /// What a `$` points at.
    fn path(&mut self, path: &str, text: &str, place: Place, sense: Sense) -> Option<Operand> {
        let Some(operand) = read_path(path) else {
            let message = format!("`{text}` points at nothing");
            let help = "`$user.id`, `$user.role`, `$account.plan`, `$1.project_id` (a step), `$this.size` (the event at \
                        hand); a text that starts with `$` is written `\"= '$5'\"`";
            self.error_with(Code::BadPath, place, message, help);
            return None;
        };
        self.followed(&operand, text, place, sense).then_some(operand)
    }

    /// Whether a path can be followed where it stands; notes what it mentions.
    pub fn followed(&mut self, operand: &Operand, text: &str, place: Place, sense: Sense) -> bool {
        match operand {
            Operand::Constant(_) => true,
            Operand::Trait(path) => self.trait_allowed(path, place, sense.on, sense.step.is_some()),
            Operand::Property(name) if sense.step.is_some() => {
                self.mention(MentionOf::Property, name, place);
                true
            }
            Operand::UserId if sense.step.is_some() => true,
            Operand::StepDay(step) | Operand::StepTime(step) | Operand::StepProperty(step, _) => {
                if let Operand::StepProperty(_, name) = operand {
                    self.mention(MentionOf::Property, name, place);
                }
                self.step_allowed(*step, text, place, sense)
            }
            Operand::Property(_) | Operand::UserId => {
                let message = format!("`{text}` is of an event; outside a `where:` there is none");
                self.error_with(Code::BadPath, place, message, "traits can be pointed at here: `$account.limit`");
                false
            }
        }
    }

    fn step_allowed(&mut self, step: usize, text: &str, place: Place, sense: Sense) -> bool {
        let fault = match sense.step {
            None => Some("outside a `where:` there is no event".to_owned()),
            Some(_) if step == 0 => None,
            Some(0) => Some("steps belong to a sequence".to_owned()),
            Some(own) if step > own => {
                Some(format!("step {step} comes after step {own}; a step sees itself and earlier ones"))
            }
            Some(_) => None,
        };
        match fault {
            None => true,
            Some(fault) => {
                self.error(Code::BadPath, place, format!("`{text}` cannot be followed: {fault}"));
                false
            }
        }
    }

    /// Whether a trait of this owner can be asked for on this timeline; notes the mention.
    pub fn trait_allowed(&mut self, path: &TraitPath, place: Place, on: SubjectKind, in_filter: bool) -> bool {
        let fault = match path.of {
            TraitOwner::FirstMember | TraitOwner::AnyMember if in_filter => {
                Some("members cannot be pointed at from a `where:`; `$user.` is the one whose event it is")
            }
            TraitOwner::FirstMember | TraitOwner::AnyMember if on != SubjectKind::Account => {
                Some("only accounts have members to ask")
            }
            TraitOwner::User if !in_filter && on != SubjectKind::User => {
                Some("this subject is no user; `any_member.` asks an account's members")
            }
            _ => None,
        };
        if let Some(fault) = fault {
            let text = scalars::write_trait_path(path, false);
            self.error(Code::NotHere, place, format!("`{text}` cannot be asked for here: {fault}"));
            return false;
        }
        self.mention(MentionOf::Trait { owner: path.of, on }, &path.name, place);
        true
    }
}

/// The path behind a `$`; `None`: it points at nothing.
pub(crate) fn read_path(path: &str) -> Option<Operand> {
    match path {
        "user.id" => return Some(Operand::UserId),
        "day" => return Some(Operand::StepDay(0)),
        "time" => return Some(Operand::StepTime(0)),
        _ => {}
    }
    let (owner, name) = path.split_once('.')?;
    if name.is_empty() {
        return None;
    }
    if owner == "this" {
        return Some(Operand::Property(Arc::from(name)));
    }
    if owner.bytes().all(|byte| byte.is_ascii_digit()) {
        let step: usize = owner.parse().ok().filter(|step| (1..=limits::STEPS).contains(step))?;
        return Some(match name {
            "day" => Operand::StepDay(step),
            "time" => Operand::StepTime(step),
            // `$1.this.day` is a property of that name.
            _ => Operand::StepProperty(step, Arc::from(name.strip_prefix("this.").unwrap_or(name))),
        });
    }
    let known = scalars::TRAIT_OWNERS.iter().any(|(prefix, _)| prefix.strip_suffix('.') == Some(owner));
    known.then(|| Operand::Trait(scalars::trait_path(path)))
}

/// The items of a list within a comparison; commas inside quotes do not part.
fn split_list(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut item = String::new();
    let mut quote: Option<char> = None;
    for sign in text.chars() {
        match quote {
            Some(open) if sign == open => quote = None,
            None if matches!(sign, '\'' | '"') => quote = Some(sign),
            None if sign == ',' => {
                items.push(item.trim().to_owned());
                item.clear();
                continue;
            }
            _ => {}
        }
        item.push(sign);
    }
    if !item.trim().is_empty() || !items.is_empty() {
        items.push(item.trim().to_owned());
    }
    items
}

/// Whether a quoted scalar would be read as a comparison and not as the text itself.
pub(crate) fn reads_as_comparison(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('$')
        || SIGNS.iter().any(|(sign, _)| text.starts_with(sign))
        || (text.starts_with("between ") && text.contains(" and "))
        || RELATIVE_DATES.iter().any(|(words, _)| text.starts_with(words))
}

/// Whether a scalar compares: for the short form of `where:`.
pub(crate) fn is_single(scalar: Option<&Scalar>) -> bool {
    scalar.is_some_and(|scalar| !scalar.is_null())
}
