//! Criteria: which kind a mapping is, and the kinds that hold other criteria, traits, ratios and references.

use std::sync::Arc;

use super::behaviour::optional;
use super::comparison::{Compared, Sense, TEST_KEYS};
use super::diagnostic::{Code, Diagnostic, nearest};
use super::keys;
use super::limits;
use super::mention::MentionOf;
use super::reader::Reader;
use super::scalars;
use super::tree::{Content, Node};
use crate::Span;
use crate::definition::{Criterion, Op, Quantity, Ratio, Test, TraitAgainst, TraitOwner, TraitPath, TraitTest};
use crate::record::SubjectKind;

/// Where a criterion stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    /// On whose timeline.
    pub on: SubjectKind,
    /// Whether it is already inside `account:`.
    pub in_account: bool,
    /// How deep.
    pub depth: usize,
}

impl Context {
    pub const fn of(on: SubjectKind) -> Self {
        Self { on, in_account: false, depth: 1 }
    }

    const fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

impl Reader {
    /// Any criterion.
    pub fn criterion(&mut self, node: &Node, context: Context) -> Option<Criterion> {
        let pairs = match &node.content {
            Content::Map(pairs) => pairs,
            Content::List(_) => {
                let help = "`all:` before the list if every one must hold, `any:` if one is enough";
                self.error_with(Code::WrongShape, node.place, "expected one criterion, found a list", help);
                return None;
            }
            Content::Scalar(_) => {
                let message = format!("expected a criterion, found {}", node.shape());
                let help = "like `{ event: Project Created, count: \">= 3\" }`";
                self.error_with(Code::WrongShape, node.place, message, help);
                return None;
            }
        };
        if context.depth > limits::CRITERIA_DEPTH {
            let message = format!("more than {} criteria inside each other", limits::CRITERIA_DEPTH);
            self.error_with(Code::OverLimit, node.place, message, "split it and refer with `meets:`");
            return None;
        }
        if !self.count_criterion(node.place) {
            return None;
        }
        let kinds: Vec<_> = pairs
            .iter()
            .filter_map(|pair| Some((pair, keys::CRITERIA.iter().find(|(key, _)| *key == pair.key)?)))
            .collect();
        let Some((first, (_, table))) = kinds.first() else {
            self.no_criterion(node);
            return None;
        };
        if let Some((second, (_, other))) = kinds.iter().find(|(_, (_, other))| !std::ptr::eq(*other, *table)) {
            let message = format!("`{}` and `{}` are two criteria in one mapping", first.key, second.key);
            let finding = Diagnostic::error(Code::ConflictingKeys, second.key_place, message);
            let _ = other;
            self.report(finding.help("make them two entries of a list under `all:` (or `any:`)"));
            return None;
        }
        match table.name {
            "all" | "any" => self.several(node, table, context),
            "not" => {
                let fields = self.fields(node, table)?;
                let inner = self.criterion(fields.get("not")?, context.deeper())?;
                self.warn_not(node, &inner);
                Some(Criterion::Not(Box::new(inner)))
            }
            "at_least" => self.at_least(node, context),
            "behaviour" => {
                self.behaviour(node, context, false).map(|behaviour| Criterion::Behaviour(Box::new(behaviour)))
            }
            "sequence" => self.sequence(node, context).map(|sequence| Criterion::Sequence(Box::new(sequence))),
            "trait" => self.trait_test(node, context).map(|test| Criterion::Trait(Box::new(test))),
            "stage" => self.stage(node, context),
            "ratio" => self.ratio(node, context).map(|ratio| Criterion::Ratio(Box::new(ratio))),
            "meets" => self.meets(node, context),
            "meeting" => self.members_meeting(node, context),
            _ => self.of_account(node, context),
        }
    }

    fn no_criterion(&mut self, node: &Node) {
        let pairs = node.pairs().unwrap_or_default();
        let starts = || keys::CRITERIA.iter().map(|(key, _)| *key);
        let near = pairs.iter().find_map(|pair| Some((pair, nearest(&pair.key, starts())?)));
        if let Some((pair, near)) = near {
            let message = format!("`{}` starts no criterion", pair.key);
            self.error_with(Code::UnknownKey, pair.key_place, message, format!("did you mean `{near}`?"));
            return;
        }
        let part_of = pairs.iter().find_map(|pair| {
            let holds = |table: &keys::Table| table.keys.iter().any(|key| key.name == pair.key);
            Some((pair, keys::CRITERIA.iter().find(|(_, table)| holds(table))?))
        });
        if let Some((pair, (start, table))) = part_of {
            let message = format!("`{}` alone is no criterion", pair.key);
            let help = format!("it belongs to {}, which needs `{start}:`", table.what);
            self.error_with(Code::MissingKey, pair.key_place, message, help);
            return;
        }
        let listed = starts().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        let (message, place) = match pairs.first() {
            Some(pair) => (format!("`{}` starts no criterion", pair.key), pair.key_place),
            None => ("the criterion is empty".to_owned(), node.place),
        };
        self.error_with(Code::UnknownKey, place, message, format!("a criterion has one of {listed}"));
    }

    fn criteria(&mut self, node: &Node, context: Context) -> Option<Vec<Criterion>> {
        let items = self.items(node, "criteria", limits::LIST)?;
        let criteria: Vec<Criterion> = items.iter().filter_map(|item| self.criterion(item, context.deeper())).collect();
        if criteria.len() != items.len() {
            return None;
        }
        Some(criteria)
    }

    /// Warns of what stands twice where once would say the same.
    fn warn_repeated(&mut self, items: &Node, criteria: &[Criterion]) {
        for (index, item) in items.list().unwrap_or_default().iter().enumerate() {
            if criteria.iter().take(index).any(|earlier| criteria.get(index) == Some(earlier)) {
                let help = "remove one of the two";
                self.warn(Code::Repeated, item.place, "the same criterion stands earlier in this list", help);
            }
        }
    }

    fn several(&mut self, node: &Node, table: &'static keys::Table, context: Context) -> Option<Criterion> {
        let fields = self.fields(node, table)?;
        let list = fields.get(table.name)?;
        let criteria = self.criteria(list, context)?;
        self.warn_repeated(list, &criteria);
        Some(if table.name == "all" { Criterion::All(criteria) } else { Criterion::Any(criteria) })
    }

    /// A criterion may stand in the list several times: it counts as often.
    fn at_least(&mut self, node: &Node, context: Context) -> Option<Criterion> {
        let fields = self.fields(node, &keys::AT_LEAST)?;
        let of = self.criteria(fields.get("of")?, context);
        let least_node = fields.get("at_least")?;
        let least = self.whole(least_node, 1, limits::LIST as u32, "how many must hold")?;
        let of = of?;
        if least as usize > of.len() {
            let message = format!("at least {least} of {} can never hold", of.len());
            self.error(Code::NeverHolds, least_node.place, message);
            return None;
        }
        Some(Criterion::AtLeast { least, of })
    }

    /// A trait's path by its text.
    pub fn trait_at(&mut self, node: &Node, context: Context) -> Option<TraitPath> {
        let name = self.name(node, "the name of a trait")?;
        let path = scalars::trait_path(&name);
        self.trait_allowed(&path, node.place, context.on, false).then_some(path)
    }

    fn trait_test(&mut self, node: &Node, context: Context) -> Option<TraitTest> {
        let fields = self.fields(node, &keys::TRAIT)?;
        let path = self.trait_at(fields.get("trait")?, context);
        let lasting = fields.get("for").map(|node| self.duration(node, false));
        let against = fields.get("against").map(|node| self.trait_against(node, context));
        let trend = against.is_some();
        let of = if trend { Compared::Numbers } else { Compared::Values };
        if fields.present(&TEST_KEYS).is_empty() {
            let help = "`is: \">= 50\"`, `in: [a, b]`, `exists: true`, `missing: true` …";
            self.error_with(Code::MissingKey, node.place, "with what is the trait compared?", help);
            return None;
        }
        let test = self.one_test(&fields, Sense { of, on: context.on, step: None });
        let (lasting, against) = (optional(lasting)?, optional(against)?);
        if trend && matches!(test, Some(Test::Exists | Test::Missing)) {
            self.error(Code::BadComparison, node.place, "a trend is compared with a number, like `is: \">= +50%\"`");
            return None;
        }
        Some(TraitTest { path: path?, test: test?, lasting, against })
    }

    fn trait_against(&mut self, node: &Node, context: Context) -> Option<TraitAgainst> {
        let fields = self.fields(node, &keys::AGAINST)?;
        let path = self.trait_at(fields.get("trait")?, context);
        let ago = match fields.get("ago") {
            Some(node) => self.duration(node, true),
            None => Some(Span::Exact(0)),
        };
        Some(TraitAgainst { path: path?, ago: ago? })
    }

    fn stage(&mut self, node: &Node, context: Context) -> Option<Criterion> {
        let fields = self.fields(node, &keys::STAGE)?;
        let lasting = fields.get("for").map(|node| self.duration(node, false));
        let value = fields.get("stage")?;
        let path = TraitPath { of: TraitOwner::Own, name: Arc::from("stage") };
        self.mention(MentionOf::Trait { owner: path.of, on: context.on }, &path.name, value.place);
        let test = self.value_test(value, context)?;
        Some(Criterion::Trait(Box::new(TraitTest { path, test, lasting: optional(lasting)?, against: None })))
    }

    /// What stands behind a trait's name in short: a value, a comparison, a list, or a mapping of one test.
    pub fn value_test(&mut self, node: &Node, context: Context) -> Option<Test> {
        let sense = Sense { of: Compared::Values, on: context.on, step: None };
        match &node.content {
            Content::List(items) => {
                self.items(node, "values", limits::LIST)?;
                let operands: Vec<_> = items.iter().filter_map(|item| self.operand_of(item, sense)).collect();
                (operands.len() == items.len()).then_some(Test::In(operands))
            }
            Content::Map(_) => {
                let fields = self.fields(node, &keys::TESTS)?;
                if fields.pairs.is_empty() {
                    self.error(Code::MissingKey, node.place, "it is compared with nothing");
                }
                self.one_test(&fields, sense)
            }
            Content::Scalar(_) => self.comparison(node, sense),
        }
    }

    fn ratio(&mut self, node: &Node, context: Context) -> Option<Ratio> {
        let fields = self.fields(node, &keys::RATIO)?;
        let sides = self.fields(fields.get("ratio")?, &keys::SIDES)?;
        let of = sides.get("of").and_then(|node| self.quantity(node, context));
        let to = sides.get("to").and_then(|node| self.quantity(node, context));
        if fields.present(&TEST_KEYS).is_empty() {
            self.error_with(Code::MissingKey, node.place, "with what is the share compared?", "like `is: \">= 80%\"`");
            return None;
        }
        let is = self.one_test(&fields, Sense { of: Compared::Numbers, on: context.on, step: None });
        let ratio = Ratio { of: of?, to: to?, is: is? };
        self.warn_ratio(node.place, &ratio);
        Some(ratio)
    }

    fn quantity(&mut self, node: &Node, context: Context) -> Option<Quantity> {
        if node.pairs().is_some() {
            return Some(Quantity::Measure(Box::new(self.behaviour(node, context, true)?)));
        }
        Some(Quantity::Trait(self.trait_at(node, context)?))
    }

    /// The id of another definition.
    fn definition_id(&mut self, node: &Node, kind: SubjectKind) -> Option<Arc<str>> {
        let id = self.definition_name(node)?;
        self.mention(MentionOf::Definition { kind }, &id, node.place);
        Some(id)
    }

    /// The id of this or another definition.
    pub fn definition_name(&mut self, node: &Node) -> Option<Arc<str>> {
        let id = self.name(node, "the id of a definition")?;
        let sound =
            id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'))
                && !id.starts_with(['-', '_']);
        if !sound {
            let message = format!("`{id}` is no id");
            let help = "small letters, digits, `-` and `_`, starting with a letter or digit: `trial-team`";
            self.error_with(Code::BadName, node.place, message, help);
        }
        sound.then_some(id)
    }

    fn meets(&mut self, node: &Node, context: Context) -> Option<Criterion> {
        let fields = self.fields(node, &keys::MEETS)?;
        let lasting = fields.get("for").map(|node| self.duration(node, false));
        let definition = self.definition_id(fields.get("meets")?, context.on)?;
        Some(Criterion::Meets { definition, lasting: optional(lasting)? })
    }

    fn members_meeting(&mut self, node: &Node, context: Context) -> Option<Criterion> {
        let fields = self.fields(node, &keys::MEETING)?;
        if context.on == SubjectKind::User {
            let message = "only accounts and workspaces have members who meet a definition";
            let help = "put it under `account:`, or make this a definition with `subject: account`";
            self.error_with(Code::NotHere, node.place, message, help);
            return None;
        }
        let definition = self.definition_id(fields.get("meeting")?, SubjectKind::User);
        let sense = Sense { of: Compared::Numbers, on: context.on, step: None };
        let is = self.comparison(fields.get("users")?, sense);
        let is = match is? {
            Test::Is(Op::Equal, _)
                if fields
                    .get("users")
                    .and_then(Node::scalar)
                    .is_some_and(|scalar| scalar.text.bytes().all(|byte| byte.is_ascii_digit())) =>
            {
                let place = fields.get("users").map_or(node.place, |node| node.place);
                let message = "it does not say whether at least or exactly";
                self.error_with(Code::BadComparison, place, message, "like `users: \">= 2\"` or `users: \"= 2\"`");
                return None;
            }
            test => test,
        };
        Some(Criterion::MembersMeeting { definition: definition?, is })
    }

    fn of_account(&mut self, node: &Node, context: Context) -> Option<Criterion> {
        let fields = self.fields(node, &keys::ACCOUNT)?;
        if context.on == SubjectKind::Account {
            let message = "this is already about an account";
            self.error_with(Code::NotHere, node.place, message, "leave `account:` out");
            return None;
        }
        let inner = Context { on: SubjectKind::Account, in_account: true, ..context.deeper() };
        Some(Criterion::OfAccount(Box::new(self.criterion(fields.get("account")?, inner)?)))
    }
}
