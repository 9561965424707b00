//! Who goes from the town, and how it is without them.

use std::collections::{BTreeSet, HashSet};

use anyhow::Result;
use engine::Timestamp;
use engine::erasure::Leaving;
use engine::record::SubjectKind;

use super::visit::{Errand, Visit};
use super::{Changed, Town};

impl Town {
    /// By what somebody is known.
    pub fn whom(&self, kind: SubjectKind, id: &str) -> Result<(Leaving, bool)> {
        let home = self.household_of(kind, id).and_then(|number| self.homes.get(number as usize)?.as_ref());
        let reader = self.reader();
        let reading = self.reading(reader.as_ref());
        let records = home.map(|home| home.records(&self.rules.program, &reading, BTreeSet::new())).transpose()?;
        let records = records.unwrap_or_default();
        let leaving = Leaving::find(&records, kind, id, &self.rules.workspace);
        let is_known = !leaving.shared.is_empty() || records.iter().any(|record| leaving.is_named_by(record));
        Ok((leaving, is_known))
    }

    /// Reads the households again that somebody was in who is on their way out.
    pub fn read_without(&mut self, leaving: &Leaving, now: Timestamp) -> Result<Changed> {
        let of_shared = leaving.shared.iter().map(|id| (SubjectKind::User, id));
        let ids = leaving.ids.iter().map(|(kind, id)| (*kind, id)).chain(of_shared);
        let numbers: BTreeSet<u32> = ids.filter_map(|(kind, id)| self.household_of(kind, id)).collect();
        let mut changed = Changed::default();
        let mut visits = Vec::new();
        // Whoever was known by nothing but their records is known no more, and that has to be said.
        let mut before: Vec<(u32, Vec<(SubjectKind, String)>)> = Vec::new();
        for number in numbers {
            let Some(home) = self.pick_up(number) else { continue };
            let mut known = Vec::new();
            home.live(&self.rules.program)?.each_id(|kind, id, _| known.push((kind, id.to_owned())));
            before.push((number, known));
            let errand = Errand { replay: true, ..Errand::default() };
            visits.push(Visit { number, home, errand, in_any_case: true, news: None, replayed: false });
        }
        self.visit_all(visits, now, &mut changed)?;
        for news in &mut changed.news {
            let said: HashSet<(SubjectKind, String)> =
                news.ids.iter().map(|(kind, id, _)| (*kind, id.clone())).collect();
            let known =
                before.iter().find(|(number, _)| *number == news.household).into_iter().flat_map(|(_, ids)| ids);
            let silent = known.filter(|(kind, id)| !leaving.has(*kind, id) && !said.contains(&(*kind, id.clone())));
            let silent: Vec<_> = silent.map(|(kind, id)| (*kind, id.clone(), id.clone())).collect();
            news.ids.extend(silent);
        }
        Ok(changed)
    }

    /// Whether something is known of one of these that is not in the lake.
    pub fn has_news_of(&self, ids: &BTreeSet<(SubjectKind, String)>) -> bool {
        let homes = ids.iter().filter_map(|(kind, id)| self.household_of(*kind, id));
        homes
            .filter_map(|number| self.homes.get(number as usize)?.as_ref())
            .any(|home| home.has_news_after(self.through))
    }

    /// Nobody is known by these ids any more.
    pub fn forget(&mut self, leaving: &Leaving) {
        leaving.ids.iter().for_each(|(kind, id)| self.roster.forget(*kind, id));
    }
}
