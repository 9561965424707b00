//! Who is near, household by household, from the states at hand. Nobody wakes by being looked at.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use engine::Timestamp;
use engine::evaluate::Evaluator;
use engine::household::Directory;
use engine::live::LiveHousehold;
use engine::outcome::Progress;
use engine::record::SubjectKind;
use insight::near::{Near, Terms};
use rayon::prelude::*;

use super::Town;
use crate::live::home::{Home, Reading};
use crate::live::near::Found;
use crate::live::rules::Rules;

/// Households looked at before the clock is looked at.
const AT_ONCE: u32 = 64;

/// Somebody, with the definition's place, and whether near, and whether stalled.
type Sighting = (usize, Found, bool, bool);

/// What a look is made with.
struct Look<'a> {
    rules: &'a Rules,
    reading: Reading<'a>,
    terms: &'a Terms,
    now: Timestamp,
}

impl Town {
    /// Looks at households from a number on until there is no more time; gives the number to go on with, if there is one.
    ///
    /// # Errors
    /// A life cannot be read.
    pub fn survey(
        &self,
        from: u32,
        until: Instant,
        terms: &Terms,
        now: Timestamp,
        take: &mut dyn FnMut(usize, Found, bool, bool),
    ) -> Result<Option<u32>> {
        let program = &self.rules.program;
        let reader = self.reader();
        let look = Look { rules: &self.rules, reading: self.reading(reader.as_ref()), terms, now };
        let mut next = from as usize;
        while let Some(some) = self.homes.get(next..).filter(|rest| !rest.is_empty()) {
            let some = some.get(..AT_ONCE as usize).unwrap_or(some);
            let evaluator = || Evaluator::new(program, &self.binding, now);
            let homes = some.par_iter().filter_map(Option::as_deref);
            let found: Vec<Vec<Sighting>> =
                homes.map_init(evaluator, |evaluator, home| look.at(home, evaluator)).collect::<Result<_>>()?;
            for (place, found, is_near, has_stalled) in found.into_iter().flatten() {
                take(place, found, is_near, has_stalled);
            }
            next += some.len();
            if Instant::now() >= until {
                break;
            }
        }
        Ok((next < self.homes.len()).then(|| u32::try_from(next).unwrap_or(u32::MAX)))
    }
}

impl Look<'_> {
    fn at(&self, home: &Home, evaluator: &mut Evaluator<'_>) -> Result<Vec<Sighting>> {
        let live = home.live(&self.rules.program)?;
        let mut found = Vec::new();
        let account = |progress: &Progress| {
            let user = progress.outcome.subject.kind == SubjectKind::User;
            let account = user.then(|| live.account_of(progress.outcome.subject.code, self.now)).flatten();
            account.map(str::to_owned)
        };
        let mut is_open = false;
        let said = live.progress(evaluator, &mut |progress| {
            if let Some(sighting) = self.sighting(live.id(progress.outcome.subject), &progress, account(&progress)) {
                // Whether somebody has stopped may not be known by the latest events alone.
                is_open |= sighting.3 && sighting.1.near.is_open && sighting.1.near.last_at.is_none();
                found.push(sighting);
            }
        });
        if said.is_none() || is_open {
            found.clear();
            let records = home.records(&self.rules.program, &self.reading, BTreeSet::new())?;
            let whole = LiveHousehold::replayed(&records, &self.reading.frame);
            evaluator.progress(&whole.view(), &mut |progress| {
                let id = whole.directory.id(progress.outcome.subject);
                found.extend(self.sighting(id, &progress, account(&progress)));
            });
        }
        Ok(found)
    }

    fn sighting(&self, id: &str, progress: &Progress, account: Option<String>) -> Option<Sighting> {
        let place = progress.definition;
        let definition = self.rules.program.definitions().get(place)?;
        let near = Near::of(id, definition, progress, self.now, &self.rules.workspace.zone)?;
        let (is_near, has_stalled) = (near.is_near(self.terms), near.has_stalled(self.terms, self.now));
        let kind = progress.outcome.subject.kind;
        let found = Found { definition: Arc::clone(&definition.id), kind, account, near };
        (is_near || has_stalled).then_some((place, found, is_near, has_stalled))
    }
}
