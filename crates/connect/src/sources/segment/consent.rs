//! What people agree to, as consent platforms stamp it on messages: each category is a trait of the person, `consent.` and its name.
//!
//! Segment's clients have `context.consent.categoryPreferences`, categories with yes or no (documentation "Consent in Segment"), RudderStack's
//! `context.consentManagement` with the ids of what is allowed and denied. Every message carries all of it, mostly the same as the one before.
//! So it is taken where it is news by its nature, and from all other messages only if somebody refuses something.

use engine::Value;
use engine::record::is_generic;

use super::message::{Context, Kind};
use crate::sources::intake::Said;
use crate::sources::json::{Json, Object};
use crate::sources::values::Collected;

/// Before the names of categories.
const PREFIX: &str = "consent.";
/// Of so many categories at most.
const MOST: usize = 100;
/// The longest name of a category, in bytes.
const NAME_BYTES: usize = 100;
/// By which Segment's clients tell that somebody has chosen anew.
const CHOSEN: &str = "Segment Consent Preference Updated";

/// What a message stamps, of somebody who is named; `None` where it says nothing new.
pub(super) fn of(said: &Said, kind: Kind, event: Option<&str>, context: &Context<'_, '_>) -> Option<Collected> {
    let ids = [&said.who.user, &said.who.anonymous];
    let is_somebody = ids.into_iter().flatten().any(|id| !is_generic(id));
    if !is_somebody || kind == Kind::Alias {
        return None;
    }
    let mut collected = Collected::default();
    if let Some(Json::Object(consent)) = context.get("consent") {
        preferences(consent, &mut collected);
    }
    if let Some(Json::Object(managed)) = context.get("consentManagement") {
        for (member, agrees) in [("allowedConsentIds", true), ("deniedConsentIds", false)] {
            let Some(Json::List(ids)) = managed.get(member) else { continue };
            for id in ids {
                if let Json::Text(id) = id {
                    put(&mut collected, id, agrees);
                }
            }
        }
    }
    let tells_all = matches!(kind, Kind::Identify | Kind::Page | Kind::Screen) || event == Some(CHOSEN);
    let refuses = collected.properties.values().any(|agrees| *agrees == Value::Boolean(false));
    (!collected.properties.is_empty() && (tells_all || refuses)).then_some(collected)
}

fn preferences(consent: &Object<'_>, collected: &mut Collected) {
    for (category, agrees) in consent.object("categoryPreferences").into_iter().flat_map(|object| &object.members) {
        if let Json::Boolean(agrees) = agrees {
            put(collected, category, *agrees);
        }
    }
}

fn put(collected: &mut Collected, category: &str, agrees: bool) {
    if category.is_empty() || category.len() > NAME_BYTES || collected.properties.len() >= MOST {
        return;
    }
    collected.properties.insert(format!("{PREFIX}{category}").into(), Value::Boolean(agrees));
}
