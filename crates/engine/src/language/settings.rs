//! `brix.yaml`: what all definitions of a workspace share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::WorkspaceDocument;
use super::diagnostic::{Code, Diagnostic, nearest};
use super::keys;
use super::limits;
use super::mention::{MentionOf, Section};
use super::reader::{Fields, Reader};
use super::scalars;
use super::tree::{self, Node};
use crate::definition::TraitOwner;
use crate::record::{EventKind, SubjectKind};
use crate::workspace::{Consent, Limit, LimitUse, Workspace};

/// Reads `brix.yaml`. What it leaves out is as in [`Workspace::default`].
///
/// # Errors
/// Everything that is wrong with it, in the order of the places.
pub fn parse_workspace(text: &str) -> Result<WorkspaceDocument, Vec<Diagnostic>> {
    let root = tree::read(text)?;
    let defaults = Workspace::default();
    let mut reader = Reader::new(defaults.zone.clone(), Arc::clone(&defaults.currency));
    let workspace = reader.workspace(&root, defaults);
    let mut findings = std::mem::take(&mut reader.findings);
    findings.sort_by_key(|finding| (finding.place, finding.severity));
    match workspace {
        Some(workspace) if !findings.iter().any(Diagnostic::is_error) => {
            Ok(WorkspaceDocument { workspace, mentions: reader.mentions, warnings: findings })
        }
        _ => Err(findings),
    }
}

impl Reader {
    fn workspace(&mut self, root: &Node, mut workspace: Workspace) -> Option<Workspace> {
        let fields = self.fields(root, &keys::WORKSPACE)?;
        // The zone comes first: dates in goal and population are read in it.
        if let Some(node) = fields.get("zone") {
            workspace.zone = self.time_zone(node)?;
            self.zone = workspace.zone.clone();
        }
        if let Some(node) = fields.get("currency") {
            workspace.currency = self.currency(node)?;
        }
        self.section = Section::Goal;
        let goal = fields.get("goal").map(|node| self.goal(node, SubjectKind::User));
        self.section = Section::Population;
        let population = fields.get("population").map(|node| self.population(node, SubjectKind::User));
        workspace.goal = super::behaviour::optional(goal)?;
        workspace.population = super::behaviour::optional(population)?;
        let mut lists = [
            ("internal_domains", &mut workspace.internal_domains),
            ("competitor_domains", &mut workspace.competitor_domains),
            ("free_domains", &mut workspace.free_domains),
            ("education_domains", &mut workspace.education_domains),
        ];
        for (key, list) in &mut lists {
            if let Some(node) = fields.get(key) {
                self.domains(node, list);
            }
        }
        if let Some(node) = fields.get("account") {
            let fields = self.fields(node, &keys::ACCOUNT_RULE)?;
            if let Some(node) = fields.get("from") {
                workspace.account_from_email = self.word(node, &["email_domain"], "way to find an account").is_some();
            }
            let texts = self.texts(&fields, "aliases", "domains and accounts");
            workspace.domain_aliases =
                texts.into_iter().map(|(domain, account)| (domain.to_lowercase(), account.to_string())).collect();
        }
        workspace.event_aliases = self.texts(&fields, "event_aliases", "events' spellings and names");
        self.chained_aliases(&fields, &workspace.event_aliases);
        workspace.event_kinds = self.event_kinds(&fields);
        if let Some(node) = fields.get("consent") {
            workspace.consent = self.consent(node)?;
        }
        self.section = Section::Limits;
        workspace.limits = fields.get("limits").map(|node| self.limits(node)).unwrap_or_default();
        Some(workspace)
    }

    /// The traits that say what people agree to.
    fn consent(&mut self, node: &Node) -> Option<Consent> {
        let fields = self.fields(node, &keys::CONSENT)?;
        let mut name = |key| fields.get(key).and_then(|node| self.name(node, "the name of a trait"));
        let (profile, contact) = (name("profile"), name("contact"));
        if profile.is_none() && contact.is_none() {
            let help = "`consent: { contact: marketing_consent }`";
            self.error_with(Code::MissingKey, node.place, "`consent` names no trait", help);
            return None;
        }
        let required = fields.get("required").and_then(|node| self.boolean(node)).unwrap_or(false);
        Some(Consent { profile, contact, required })
    }

    /// Which traits are limits.
    fn limits(&mut self, node: &Node) -> Vec<Limit> {
        let Some(pairs) = node.pairs() else {
            let message = format!("expected traits with what counts against each, found {}", node.shape());
            self.error_with(
                Code::WrongShape,
                node.place,
                message,
                "`limits: { account.max_projects: Project Created }`",
            );
            return Vec::new();
        };
        if pairs.len() > limits::LIST {
            let message = format!("{} limits; at most {}", pairs.len(), limits::LIST);
            self.error(Code::OverLimit, node.place, message);
        }
        let mut found: Vec<Limit> = Vec::new();
        for pair in pairs.iter().take(limits::LIST) {
            let Some(name) = self.check_name(&pair.key, pair.key_place, "the name of a trait") else { continue };
            let path = scalars::trait_path(&name);
            let on = match path.of {
                TraitOwner::Own | TraitOwner::User => SubjectKind::User,
                TraitOwner::Account => SubjectKind::Account,
                TraitOwner::Workspace => SubjectKind::Workspace,
                TraitOwner::FirstMember | TraitOwner::AnyMember => {
                    let message = format!("`{name}` is of one member among others; a limit is of whom it binds");
                    self.error_with(
                        Code::NotHere,
                        pair.key_place,
                        message,
                        "`account.max_projects`, `user.max_projects`",
                    );
                    continue;
                }
            };
            self.mention(MentionOf::Trait { owner: path.of, on }, &path.name, pair.key_place);
            let Some(used) = self.limit_use(&pair.value, path.of, on) else { continue };
            if matches!(&used, LimitUse::Trait(used) if *used == path.name) {
                let message = format!("`{name}` would count against itself");
                self.error_with(Code::NotHere, pair.value.place, message, "the trait that says how much of it is used");
                continue;
            }
            found.push(Limit { limit: path, used });
        }
        found
    }

    /// What counts against a limit: an event in short, or one of `event`, `trait` and `measure`.
    fn limit_use(&mut self, node: &Node, owner: TraitOwner, on: SubjectKind) -> Option<LimitUse> {
        if node.pairs().is_none() {
            let name = self.name(node, "the name of an event")?;
            self.mention(MentionOf::Event, &name, node.place);
            return Some(LimitUse::Event(name));
        }
        let fields = self.fields(node, &keys::LIMIT)?;
        let all = ["event", "trait", "measure"].map(|key| fields.get(key).map(|node| (key, node)));
        let [(key, of)] = all.into_iter().flatten().collect::<Vec<_>>()[..] else {
            let message = "one thing counts against a limit: an event, a trait or the members";
            let help = "`{ event: Project Created }`, `{ trait: storage_used }` or `{ measure: users }`";
            self.error_with(Code::ConflictingKeys, node.place, message, help);
            return None;
        };
        match key {
            "event" => {
                let name = self.name(of, "the name of an event")?;
                self.mention(MentionOf::Event, &name, of.place);
                Some(LimitUse::Event(name))
            }
            "trait" => {
                let name = self.name(of, "the name of a trait")?;
                let path = scalars::trait_path(&name);
                if path.of != TraitOwner::Own && path.of != owner {
                    let message = format!("`{name}` is another's than the limit: both are of the same subject");
                    self.error_with(Code::NotHere, of.place, message, format!("`{}`", path.name));
                    return None;
                }
                self.mention(MentionOf::Trait { owner, on }, &path.name, of.place);
                Some(LimitUse::Trait(path.name))
            }
            _ => self.word(of, &["users"], "measure of a limit").map(|_| LimitUse::Members),
        }
    }

    /// A zone by its IANA name.
    fn time_zone(&mut self, node: &Node) -> Option<TimeZone> {
        let scalar = self.scalar(node, "a time zone like `Europe/Berlin`")?;
        if let Ok(zone) = TimeZone::get(&scalar.text) {
            return Some(zone);
        }
        let message = format!("`{}` is no time zone", scalar.text);
        let known: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
        let help = nearest(&scalar.text, known.iter().map(String::as_str)).map_or_else(
            || "an IANA name: `UTC`, `Europe/Berlin`, `America/New_York`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        self.error_with(Code::UnknownWord, node.place, message, help);
        None
    }

    fn domains(&mut self, node: &Node, into: &mut BTreeSet<String>) {
        let Some(items) = self.items(node, "domains", limits::LIST) else { return };
        for item in items {
            let Some(name) = self.name(item, "a domain like `example.com`") else { continue };
            let domain = name.trim_start_matches('@').to_lowercase();
            if domain.contains(['@', ' ', '/']) || !domain.contains('.') || domain.ends_with('.') {
                let message = format!("`{name}` is no e-mail domain");
                self.error_with(Code::BadName, item.place, message, "what stands behind the `@`: `example.com`");
                continue;
            }
            into.insert(domain);
        }
    }

    fn texts(&mut self, fields: &Fields<'_>, key: &str, what: &str) -> BTreeMap<Arc<str>, Arc<str>> {
        let mut texts = BTreeMap::new();
        let Some(node) = fields.get(key) else { return texts };
        let Some(pairs) = node.pairs() else {
            let message = format!("expected a mapping of {what}, found {}", node.shape());
            self.error(Code::WrongShape, node.place, message);
            return texts;
        };
        if pairs.len() > limits::LIST {
            let message = format!("{} entries; at most {}", pairs.len(), limits::LIST);
            self.error(Code::OverLimit, node.place, message);
        }
        for pair in pairs.iter().take(limits::LIST) {
            let name = self.check_name(&pair.key, pair.key_place, "a name");
            let value = self.name(&pair.value, "a name");
            if let (Some(name), Some(value)) = (name, value) {
                texts.insert(name, value);
            }
        }
        texts
    }

    /// Aliases are applied once: one that leads to another would surprise.
    fn chained_aliases(&mut self, fields: &Fields<'_>, aliases: &BTreeMap<Arc<str>, Arc<str>>) {
        let pairs = fields.get("event_aliases").and_then(Node::pairs).unwrap_or_default();
        for pair in pairs {
            if let Some(target) = aliases.get(pair.key.as_str())
                && let Some(further) = aliases.get(target)
            {
                let message = format!("`{}` leads to `{target}`, which leads to `{further}`", pair.key);
                self.error_with(Code::ConflictingKeys, pair.value.place, message, format!("write `{further}` here"));
            }
        }
    }

    fn event_kinds(&mut self, fields: &Fields<'_>) -> BTreeMap<Arc<str>, EventKind> {
        let mut kinds = BTreeMap::new();
        let Some(node) = fields.get("event_kinds") else { return kinds };
        let Some(pairs) = node.pairs() else {
            let message = format!("expected events' names with their kinds, found {}", node.shape());
            self.error_with(Code::WrongShape, node.place, message, "`event_kinds: { Invoice *: billing }`");
            return kinds;
        };
        for pair in pairs {
            let name = self.check_name(&pair.key, pair.key_place, "the name of an event");
            if let (Some(name), Some(kind)) = (name, self.kind(&pair.value)) {
                kinds.insert(name, kind);
            }
        }
        kinds
    }
}
