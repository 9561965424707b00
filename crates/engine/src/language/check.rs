//! The checks that one file alone cannot answer: references between definitions, and names against the data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::diagnostic::{Code, Diagnostic, nearest};
use super::limits;
use super::mention::{Mention, MentionOf, Section};
use super::{Document, WorkspaceDocument};
use crate::definition::{Entries, Events, NamePattern};
use crate::workspace::Workspace;

/// The names that the data has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Events, after aliases.
    pub events: BTreeSet<Arc<str>>,
    /// Properties of events.
    pub properties: BTreeSet<Arc<str>>,
    /// Traits, of whomever.
    pub traits: BTreeSet<Arc<str>>,
}

/// Traits that Brix keeps itself.
pub const DERIVED_TRAITS: [&str; 7] =
    ["first_seen", "last_seen", "first_source", "first_campaign", "members", "rank", "stage"];

/// Checks definitions with each other, and against the data where its names are given. The answer has the findings
/// of each document, in the order given; what was found on reading is not repeated.
#[must_use]
pub fn check(documents: &[Document], workspace: &Workspace, known: Option<&Known>) -> Vec<Vec<Diagnostic>> {
    let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, document) in documents.iter().enumerate() {
        by_id.entry(&document.definition.id).or_insert(place);
    }
    let mut findings = Vec::with_capacity(documents.len());
    for (place, document) in documents.iter().enumerate() {
        let mut found = Vec::new();
        if by_id.get(&*document.definition.id) != Some(&place) {
            let message = format!("another definition has the id `{}`", document.definition.id);
            found
                .push(Diagnostic::error(Code::DuplicateDefinition, document.id_place, message).help("give it its own"));
        }
        references(document, documents, &by_id, &mut found);
        goal_inside(document, workspace, &mut found);
        names(&document.mentions, workspace, known, &mut found);
        found.sort_by_key(|finding| (finding.place, finding.severity));
        found.truncate(limits::DIAGNOSTICS);
        findings.push(found);
    }
    findings
}

/// Checks the names that `brix.yaml` uses against the data.
#[must_use]
pub fn check_workspace(document: &WorkspaceDocument, known: &Known) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    names(&document.mentions, &document.workspace, Some(known), &mut found);
    found
}

fn references(document: &Document, documents: &[Document], by_id: &BTreeMap<&str, usize>, found: &mut Vec<Diagnostic>) {
    for mention in &document.mentions {
        let MentionOf::Definition { kind } = mention.what else { continue };
        let Some(other) = by_id.get(&*mention.name).and_then(|place| documents.get(*place)) else {
            let finding = Diagnostic::error(
                Code::UnknownDefinition,
                mention.place,
                format!("no definition has the id `{}`", mention.name),
            );
            found.push(match nearest(&mention.name, by_id.keys().copied()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help("definitions are referred to by their `id:`"),
            });
            continue;
        };
        if other.definition.subject != kind {
            let (is, must) = (other.definition.subject.word(), kind.word());
            let message = format!("`{}` is about a {is}; here one about a {must} is wanted", mention.name);
            let help = "a user's criterion asks the account with `account: { meets: … }`, an account's its members with \
                        `users: \">= 2\", meeting: …`";
            found.push(Diagnostic::error(Code::WrongKind, mention.place, message).help(help));
        }
        if matches!(other.definition.entries, Entries::OnEvent(_)) {
            let message = format!("`{}` has an entry for each event, and so nobody is inside one", mention.name);
            found.push(Diagnostic::error(Code::NotHere, mention.place, message).help("refer to one without `on:`"));
        }
        match chain_back(&document.definition.id, other, documents, by_id) {
            Chain::Back(path) => {
                let shown: Vec<String> = path.iter().map(|id| format!("`{id}`")).collect();
                let message = format!("definitions refer to each other in a circle: {}", shown.join(" → "));
                found.push(
                    Diagnostic::error(Code::Cycle, mention.place, message).help("take one of the references out"),
                );
            }
            Chain::TooLong => {
                let message =
                    format!("more than {} definitions refer to each other in a chain", limits::REFERENCE_DEPTH);
                found.push(Diagnostic::error(Code::OverLimit, mention.place, message));
            }
            Chain::Ends => {}
        }
    }
}

/// How a chain of references goes on.
enum Chain {
    /// It ends.
    Ends,
    /// It comes back to where it started, by these ids.
    Back(Vec<Arc<str>>),
    /// It does not end within the limit.
    TooLong,
}

/// Whether references lead from a document back to a definition.
fn chain_back(start: &Arc<str>, first: &Document, documents: &[Document], by_id: &BTreeMap<&str, usize>) -> Chain {
    let mut seen: BTreeSet<Arc<str>> = BTreeSet::new();
    let mut open: Vec<(Vec<Arc<str>>, &Document)> = vec![(vec![Arc::clone(start)], first)];
    let mut too_long = false;
    while let Some((path, document)) = open.pop() {
        let id = &document.definition.id;
        let mut path = path;
        path.push(Arc::clone(id));
        if id == start {
            return Chain::Back(path);
        }
        too_long |= path.len() > limits::REFERENCE_DEPTH;
        if !seen.insert(Arc::clone(id)) || path.len() > limits::REFERENCE_DEPTH {
            continue;
        }
        for next in document.references() {
            if let Some(next) = by_id.get(&*next).and_then(|place| documents.get(*place)) {
                open.push((path.clone(), next));
            }
        }
    }
    if too_long { Chain::TooLong } else { Chain::Ends }
}

/// A definition that rests on its own goal would be judged by its own words.
fn goal_inside(document: &Document, workspace: &Workspace, found: &mut Vec<Diagnostic>) {
    let Some(goal) = document.definition.goal.as_ref().or(workspace.goal.as_ref()) else { return };
    for mention in &document.mentions {
        if matches!(mention.section, Section::When | Section::Fit | Section::Score) && overlaps(&goal.events, mention) {
            let message =
                format!("`{}` is the goal itself: the definition would predict what has happened", mention.name);
            let help = "take it out; a backtest by this goal is refused";
            found.push(Diagnostic::warning(Code::GoalInside, mention.place, message).help(help));
        }
    }
}

fn overlaps(goal: &Events, mention: &Mention) -> bool {
    let name = &mention.name;
    goal.names.iter().any(|pattern| match (pattern, mention.what) {
        (NamePattern::Exactly(own), MentionOf::Event) => own == name,
        (NamePattern::Exactly(own), MentionOf::EventPrefix) => own.starts_with(&**name),
        (NamePattern::Prefix(prefix), MentionOf::Event) => name.starts_with(&**prefix),
        (NamePattern::Prefix(prefix), MentionOf::EventPrefix) => {
            name.starts_with(&**prefix) || prefix.starts_with(&**name)
        }
        _ => false,
    })
}

fn names(mentions: &[Mention], workspace: &Workspace, known: Option<&Known>, found: &mut Vec<Diagnostic>) {
    for mention in mentions {
        let name = &mention.name;
        if mention.what == MentionOf::Event
            && let Some(read_as) = workspace.event_aliases.get(name)
        {
            let message = format!("events of the name `{name}` are read as `{read_as}`: this one never comes");
            found.push(
                Diagnostic::warning(Code::AliasedEvent, mention.place, message).help(format!("write `{read_as}`")),
            );
            continue;
        }
        let Some(known) = known else { continue };
        let (code, what, names) = match mention.what {
            MentionOf::Event | MentionOf::EventPrefix => (Code::UnknownEvent, "event", &known.events),
            MentionOf::Property => (Code::UnknownProperty, "property", &known.properties),
            MentionOf::Trait { .. } if DERIVED_TRAITS.contains(&&**name) => continue,
            MentionOf::Trait { .. } => (Code::UnknownTrait, "trait", &known.traits),
            MentionOf::Definition { .. } => continue,
        };
        let is_known = match mention.what {
            MentionOf::EventPrefix => names.iter().any(|known| known.starts_with(&**name)),
            _ => names.contains(name),
        };
        if is_known {
            continue;
        }
        let message = match mention.what {
            MentionOf::EventPrefix => format!("the data has no event that starts with `{name}`"),
            _ => format!("the data has no {what} `{name}`"),
        };
        let finding = Diagnostic::warning(code, mention.place, message);
        found.push(match nearest(name, names.iter().map(|name| &**name)) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help("the data has none with a name like it"),
        });
    }
}
