//! A definition file: its keys, and who can qualify, when time starts, what a conversion is.

use std::sync::Arc;

use super::Document;
use super::criterion::Context;
use super::diagnostic::{Code, Diagnostic, nearest};
use super::examples;
use super::keys;
use super::mention::{MentionOf, Section};
use super::reader::{Fields, Reader, subject_kind};
use super::tree::{self, Content, Node};
use crate::definition::{Clock, Criterion, Definition, Entries, Goal, Population, TraitTest, Window};
use crate::record::SubjectKind;
use crate::workspace::Workspace;

/// Reads a definition file with the settings of its workspace.
///
/// # Errors
/// Everything that is wrong with it, and the warnings, in the order of their places.
pub fn parse(text: &str, workspace: &Workspace) -> Result<Document, Vec<Diagnostic>> {
    let root = tree::read(text)?;
    let mut reader = Reader::new(workspace.zone.clone(), Arc::clone(&workspace.currency));
    let document = reader.document(&root);
    let mut findings = std::mem::take(&mut reader.findings);
    findings.sort_by_key(|finding| (finding.place, finding.severity));
    match document {
        Some((definition, examples)) if !findings.iter().any(Diagnostic::is_error) => {
            let id = root.pairs().unwrap_or_default().iter().find(|pair| pair.key == "id");
            let id_place = id.map_or(root.place, |pair| pair.value.place);
            Ok(Document { definition, id_place, examples, mentions: reader.mentions, warnings: findings })
        }
        _ => Err(findings),
    }
}

impl Reader {
    fn document(&mut self, root: &Node) -> Option<(Definition, Vec<examples::Example>)> {
        let fields = self.fields(root, &keys::DEFINITION)?;
        let subject = match fields.get("subject") {
            Some(node) => self.word(node, &keys::SUBJECTS, "kind of subject").map(subject_kind),
            None => Some(SubjectKind::User),
        };
        // Without a kind of subject the rest is still looked at.
        let on = subject.unwrap_or(SubjectKind::User);
        let id = fields.get("id").and_then(|node| self.definition_name(node));
        let name = match fields.get("name") {
            Some(node) => self.name(node, "a name").map(|name| name.to_string()),
            None => id.as_ref().map(ToString::to_string),
        };
        let population =
            self.part(&fields, "population", Section::Population, |reader, node| reader.population(node, on));
        let clock = self.part(&fields, "clock", Section::Clock, |reader, node| reader.clock(node, on));
        let window = self.part(&fields, "window", Section::Window, |reader, node| reader.window(node, on));
        self.window = window.clone().flatten();
        let when = self.part(&fields, "when", Section::When, |reader, node| reader.criterion(node, Context::of(on)));
        let fit = self.part(&fields, "fit", Section::Fit, |reader, node| reader.criterion(node, Context::of(on)));
        let score = self.part(&fields, "score", Section::Score, |reader, node| reader.score(node, Context::of(on)));
        let value =
            self.part(&fields, "value", Section::Value, |reader, node| reader.value_rule(node, Context::of(on)));
        let goal = self.part(&fields, "goal", Section::Goal, |reader, node| reader.goal(node, on));
        let entries = self.entries(&fields, on);
        let score = score.map(Option::unwrap_or_default);
        let bands = self.all_bands(&fields, score.as_deref());
        let zone = self.zone.clone();
        let examples = match fields.get("examples") {
            Some(node) => examples::read(self, node, on, &zone),
            None => Some(Vec::new()),
        };
        let definition = Definition {
            id: id?,
            name: name?,
            subject: subject?,
            population: population?,
            clock: clock?.unwrap_or(Clock::FirstSeen),
            window: window?,
            when: when??,
            fit: fit?,
            score: score?,
            bands: bands?,
            value: value?,
            goal: goal?,
            entries: entries?,
        };
        Some((definition, examples?))
    }

    /// One part of the file; the outer `None` after an error.
    fn part<T>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        section: Section,
        read: impl FnOnce(&mut Self, &Node) -> Option<T>,
    ) -> Option<Option<T>> {
        self.section = section;
        match fields.get(key) {
            Some(node) => read(self, node).map(Some),
            None => Some(None),
        }
    }

    fn all_bands(
        &mut self,
        fields: &Fields<'_>,
        score: Option<&[crate::definition::ScorePart]>,
    ) -> Option<Vec<crate::definition::Band>> {
        let Some(pair) = fields.pair("bands") else { return Some(Vec::new()) };
        let score = score?;
        if score.is_empty() {
            self.error(Code::MissingKey, pair.key_place, "bands name scores; there is no `score:`");
            return None;
        }
        self.bands(&pair.value, score)
    }

    /// `everyone`, traits with values, or a criterion.
    pub fn population(&mut self, node: &Node, on: SubjectKind) -> Option<Population> {
        if let Some(scalar) = node.scalar()
            && scalar.text == "everyone"
        {
            return Some(Population::Everyone);
        }
        let Content::Map(pairs) = &node.content else {
            let message = format!("expected `everyone`, traits with values, or a criterion; found {}", node.shape());
            let near = node.scalar().and_then(|scalar| nearest(&scalar.text, ["everyone"]));
            let help = near.map_or_else(
                || "`population: { stage: [trial, free] }`".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            self.error_with(Code::WrongShape, node.place, message, help);
            return None;
        };
        let starts = |key: &str| key != "stage" && keys::CRITERIA.iter().any(|(start, _)| *start == key);
        let is_criterion =
            pairs.iter().any(|pair| starts(&pair.key) && !(pair.key == "account" && pair.value.pairs().is_none()))
                || pairs.iter().all(|pair| matches!(pair.key.as_str(), "stage" | "for"));
        if is_criterion {
            return self.criterion(node, Context::of(on)).map(Population::Meeting);
        }
        let tests: Vec<Criterion> = pairs
            .iter()
            .filter_map(|pair| {
                if !self.count_criterion(pair.key_place) {
                    return None;
                }
                let name = self.check_name(&pair.key, pair.key_place, "the name of a trait")?;
                let path = super::scalars::trait_path(&name);
                let allowed = self.trait_allowed(&path, pair.key_place, on, false);
                let test = self.value_test(&pair.value, Context::of(on));
                let test = TraitTest { path, test: test?, lasting: None, against: None };
                allowed.then(|| Criterion::Trait(Box::new(test)))
            })
            .collect();
        if tests.len() != pairs.len() || tests.is_empty() {
            return None;
        }
        let only = if tests.len() == 1 { tests.into_iter().next() } else { Some(Criterion::All(tests)) };
        only.map(Population::Meeting)
    }

    fn clock(&mut self, node: &Node, on: SubjectKind) -> Option<Clock> {
        if let Some(scalar) = node.scalar() {
            if scalar.text == "first_seen" {
                return Some(Clock::FirstSeen);
            }
            let help = "`first_seen`, `{ event: Signed Up }` or `{ trait: trial_started_at }`";
            self.error_with(Code::UnknownWord, node.place, format!("`{}` is no clock", scalar.text), help);
            return None;
        }
        let fields = self.fields(node, &keys::CLOCK)?;
        let Some(pair) = fields.pair("trait") else {
            return self.events_of(&fields, on, 0).map(Clock::Event);
        };
        if let Some(other) = fields.present(&["event", "kind", "where"]).first() {
            let message = format!("`trait` and `{}` exclude each other", other.key);
            self.error(Code::ConflictingKeys, other.key_place, message);
        }
        self.trait_at(&pair.value, Context::of(on)).map(Clock::Trait)
    }

    fn window(&mut self, node: &Node, on: SubjectKind) -> Option<Window> {
        if node.pairs().is_none() {
            return self.duration(node, false).map(Window::For);
        }
        let fields = self.fields(node, &keys::WINDOW)?;
        self.trait_at(fields.get("until")?, Context::of(on)).map(Window::Until)
    }

    /// What a conversion is: the name of an event, or a mapping.
    pub fn goal(&mut self, node: &Node, on: SubjectKind) -> Option<Goal> {
        if node.pairs().is_none() {
            return Some(Goal { events: self.events(node, on, 0)?, of: None, within: None });
        }
        let fields = self.fields(node, &keys::GOAL)?;
        let of = fields.get("of").map(|node| self.word(node, &keys::SUBJECTS, "kind of subject").map(subject_kind));
        let within = fields.get("within").map(|node| self.duration(node, false));
        let of = super::behaviour::optional(of)?;
        let events = self.events_of(&fields, of.unwrap_or(on), 0);
        Some(Goal { events: events?, of, within: super::behaviour::optional(within)? })
    }

    fn entries(&mut self, fields: &Fields<'_>, on: SubjectKind) -> Option<Entries> {
        self.section = Section::Entries;
        self.at_most_one(fields, &["once", "on"], "`on` makes an entry of each event; `once` keeps the first");
        if let Some(node) = fields.get("on") {
            return self.events(node, on, 0).map(Entries::OnEvent);
        }
        match fields.get("once") {
            Some(node) => self.boolean(node).map(|once| if once { Entries::Once } else { Entries::Repeated }),
            None => Some(Entries::Once),
        }
    }
}

impl Document {
    /// The ids of the definitions it refers to, each once.
    #[must_use]
    pub fn references(&self) -> Vec<Arc<str>> {
        let mut ids: Vec<Arc<str>> = self
            .mentions
            .iter()
            .filter(|mention| matches!(mention.what, MentionOf::Definition { .. }))
            .map(|mention| Arc::clone(&mention.name))
            .collect();
        ids.sort();
        ids.dedup();
        ids
    }
}
