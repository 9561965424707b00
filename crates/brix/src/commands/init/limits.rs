//! Which traits are limits of what a plan gives, where their names leave that open.

use std::sync::Arc;

use engine::definition::{Events, Goal, TraitOwner, TraitPath};
use engine::language::{text_to_yaml, trait_path};
use engine::record::SubjectKind;
use history::ValueType;
use insight::discover::Catalog;
use insight::discover::catalog::{TraitFeature, Used};
use insight::discover::share::doubtful;

use super::look::Look;
use super::section::Section;

/// The limits in doubt; `None`: there are none.
pub fn section(look: &Look) -> Option<Section> {
    let of = [SubjectKind::Account, SubjectKind::User].map(|subject| lines(look, subject));
    let lines: Vec<String> = of.into_iter().flatten().collect();
    if lines.is_empty() {
        return None;
    }
    Some(Section {
        key: "limits",
        because: vec![
            "What a plan gives, and what uses it up: `brix discover` asks how much of it is used. Most limits are found by their \
             names; what is said here goes before."
                .to_owned(),
        ],
        doubts: vec![
            "The marked ones may be limits: take the mark away if they are, and put right what uses them up. An event, or \
             `{ trait: … }`, or for accounts `{ measure: users }`."
                .to_owned(),
        ],
        proposed: std::iter::once("limits:".to_owned()).chain(lines).collect(),
        ..Section::default()
    })
}

/// The limits of accounts or of users, each with what was found to use it up.
fn lines(look: &Look, subject: SubjectKind) -> Vec<String> {
    let nothing = Goal { events: Events { names: Vec::new(), kind: None, filter: None }, of: None, within: None };
    let names: Vec<_> = look.events().iter().map(|event| (event.name.clone(), event.rows)).collect();
    let mut catalog = Catalog::new(&names, &nothing);
    let numbers = look.profile.traits.iter().filter(|of| of.of == subject && of.column.value_type == ValueType::Number);
    catalog.traits = numbers
        .map(|of| TraitFeature {
            path: TraitPath { of: TraitOwner::Own, name: Arc::from(of.column.name.as_str()) },
            slot: 0,
            is: None,
        })
        .collect();
    let line = |(limit, used): (TraitPath, Option<Used>)| {
        let whose = if subject == SubjectKind::Account { "account." } else { "user." };
        let path = format!("{whose}{}", limit.name);
        let used = match used {
            Some(Used::Event(place)) => text_to_yaml(&catalog.events.get(usize::from(place))?.name),
            Some(Used::Trait(path, _)) => format!("{{ trait: {} }}", text_to_yaml(&path.name)),
            Some(Used::Members) => "{ measure: users }".to_owned(),
            None => "\"which event?\"".to_owned(),
        };
        // A name that would be read as something else is not proposed.
        (*trait_path(&path).name == *limit.name).then(|| format!("  {}: {used}", text_to_yaml(&path)))
    };
    doubtful(&catalog, subject).into_iter().filter_map(line).collect()
}
