//! What of the limits that `brix.yaml` names cannot be looked at, and why.

use engine::language::Section;
use engine::record::SubjectKind;
use engine::workspace::LimitUse;
use insight::discover::Catalog;

use crate::console::{Console, DOUBT};
use crate::question::Data;

/// Says it, so that nobody waits for a share that is not among what was tried.
pub fn tell(catalog: &Catalog, subject: SubjectKind, data: &Data, console: &mut Console) {
    if let Some(found) = data.unknown_names(Section::Limits) {
        console.say(found);
        return;
    }
    let is_looked_at = |name: &str| catalog.shares.iter().any(|share| *share.limit.name == *name);
    for limit in &data.workspace.limits {
        // People have no members: that limit is looked at where accounts are.
        let is_of_others = limit.used == LimitUse::Members && subject == SubjectKind::User;
        if !is_of_others && !is_looked_at(&limit.limit.name) {
            console.say(format_args!(
                "{DOUBT}doubt:{DOUBT:#} no share of the limit `{}` is looked at: it, or what counts against it, is no number that \
                 differs, or no event that is looked at, or of others than the {}s",
                limit.limit.name,
                subject.word()
            ));
        }
    }
}
