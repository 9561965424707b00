//! Which definition refers to which, and in what order they must be evaluated.

use std::collections::HashMap;

use super::CompileError;
use crate::definition::{Criterion, Definition, Entries, Population, Share};
use crate::record::SubjectKind;

/// A reference and from where it is made.
struct Reference<'a> {
    id: &'a str,
    /// The kind of subject the other definition must be of.
    kind: SubjectKind,
}

/// Refuses unknown ids, wrong kinds, circles, doubled ids and what cannot be said at that place.
pub(super) fn check(definitions: &[Definition]) -> Result<(), Vec<CompileError>> {
    let mut errors = Vec::new();
    let mut by_id: HashMap<&str, &Definition> = HashMap::new();
    let mut fail = |definition: &Definition, reason: String| {
        errors.push(CompileError { definition: definition.id.clone(), reason });
    };
    for definition in definitions {
        if by_id.insert(&definition.id, definition).is_some() {
            fail(definition, "another definition has the same id; give it one of its own".to_owned());
        }
    }
    for definition in definitions {
        let mut misplaced = Vec::new();
        for reference in references(definition, &mut misplaced) {
            match by_id.get(reference.id) {
                None => {
                    fail(definition, format!("it refers to `{}`, which is not among the definitions", reference.id));
                }
                Some(other) if other.subject != reference.kind => {
                    let (is, must) = (other.subject.word(), reference.kind.word());
                    fail(
                        definition,
                        format!("`{}` is a definition of {is}s; here one of {must}s is needed", reference.id),
                    );
                }
                Some(other) if matches!(other.entries, Entries::OnEvent(_)) => {
                    let reason =
                        format!("`{}` makes an entry of each event and cannot be met for a time", reference.id);
                    fail(definition, reason);
                }
                Some(_) => {}
            }
        }
        for reason in misplaced {
            fail(definition, reason);
        }
        if reaches(&definition.id, definition, &by_id, &mut Vec::new()) {
            fail(definition, "it refers to itself in a circle; break the circle".to_owned());
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// 0 for a definition that refers to none; else one more than the highest it refers to. Circles must be refused before.
pub(super) fn level(definition: &Definition, all: &[Definition]) -> usize {
    let above = |id: &str| all.iter().find(|other| &*other.id == id).map_or(0, |other| level(other, all) + 1);
    references(definition, &mut Vec::new()).iter().map(|reference| above(reference.id)).max().unwrap_or(0)
}

/// The highest level a single criterion refers to, plus one.
pub(super) fn criterion_level(criterion: &Criterion, all: &[Definition]) -> usize {
    let mut found = Vec::new();
    walk(criterion, SubjectKind::Account, &mut found, &mut Vec::new());
    let above = |id: &str| all.iter().find(|other| &*other.id == id).map_or(0, |other| level(other, all) + 1);
    found.iter().map(|reference| above(reference.id)).max().unwrap_or(0)
}

fn reaches<'a>(
    target: &str,
    from: &'a Definition,
    by_id: &HashMap<&str, &'a Definition>,
    seen: &mut Vec<&'a str>,
) -> bool {
    references(from, &mut Vec::new()).into_iter().any(|reference| {
        if reference.id == target {
            return true;
        }
        if seen.contains(&reference.id) {
            return false;
        }
        seen.push(reference.id);
        by_id.get(reference.id).is_some_and(|next| reaches(target, next, by_id, seen))
    })
}

fn references<'a>(definition: &'a Definition, misplaced: &mut Vec<String>) -> Vec<Reference<'a>> {
    let mut found = Vec::new();
    let kind = definition.subject;
    walk(&definition.when, kind, &mut found, misplaced);
    if let Some(fit) = &definition.fit {
        walk(fit, kind, &mut found, misplaced);
    }
    if let Some(Population::Meeting(criterion)) = &definition.population {
        walk(criterion, kind, &mut found, misplaced);
    }
    for part in &definition.score {
        walk_share(&part.share, kind, &mut found, misplaced);
    }
    found
}

fn walk_share<'a>(share: &'a Share, kind: SubjectKind, found: &mut Vec<Reference<'a>>, misplaced: &mut Vec<String>) {
    match share {
        Share::Points { table, .. } => {
            for row in table {
                walk(&row.criterion, kind, found, misplaced);
            }
        }
        Share::Max(parts) => {
            for part in parts {
                walk_share(part, kind, found, misplaced);
            }
        }
        Share::Time { .. } | Share::Measure { .. } | Share::FitMet => {}
    }
}

fn walk<'a>(criterion: &'a Criterion, kind: SubjectKind, found: &mut Vec<Reference<'a>>, misplaced: &mut Vec<String>) {
    match criterion {
        Criterion::All(parts) | Criterion::Any(parts) | Criterion::AtLeast { of: parts, .. } => {
            for part in parts {
                walk(part, kind, found, misplaced);
            }
        }
        Criterion::Not(part) => walk(part, kind, found, misplaced),
        Criterion::Meets { definition, .. } => found.push(Reference { id: definition, kind }),
        Criterion::MembersMeeting { definition, .. } => {
            if kind == SubjectKind::User {
                misplaced.push("`users … meeting` counts an account's members; a user has none".to_owned());
            }
            found.push(Reference { id: definition, kind: SubjectKind::User });
        }
        Criterion::OfAccount(part) => {
            if kind == SubjectKind::Account {
                misplaced.push("`account:` stands inside an account's definition; leave it out".to_owned());
            }
            walk(part, SubjectKind::Account, found, misplaced);
        }
        Criterion::Behaviour(_) | Criterion::Sequence(_) | Criterion::Trait(_) | Criterion::Ratio(_) => {}
    }
}
