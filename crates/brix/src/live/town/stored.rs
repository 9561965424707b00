//! A town on its way to the disk and back: what has changed since the last time, and who sits where.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use engine::Timestamp;
use engine::live::{Frame, Seating};
use engine::record::EventKind;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::visit::Errand;
use super::{Changed, Town};
use crate::live::home::{Home, Stored, identity};
use crate::live::logged::Logged;

/// A town, or what has changed in it, to be stored.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct StoredTown {
    /// Of the roster.
    pub seed: u64,
    /// All event names as sent, by code.
    pub names: Vec<(Arc<str>, Option<EventKind>)>,
    /// Who sits where.
    pub seating: Seating,
    /// Households by number.
    pub homes: Vec<(u32, Stored)>,
    /// Households that have become part of others.
    pub gone: Vec<u32>,
}

impl Town {
    /// Keeps records that were taken before the town was stored.
    pub fn keep(&mut self, batch: Vec<Logged>) {
        for logged in batch {
            let frame =
                Frame { workspace: &self.rules.workspace, needs: self.rules.program.needs(), names: &self.names };
            if !self.seen.insert(identity(&logged.record)) {
                continue;
            }
            let seat = self.roster.seat(&logged.record, &frame).map(|seat| seat.household);
            let home = seat.and_then(|number| self.homes.get_mut(number as usize)?.as_mut().map(|home| (number, home)));
            if let Some((number, home)) = home {
                home.keep(logged);
                if !std::mem::replace(&mut home.is_unsettled, true) {
                    self.unsettled.push(number);
                }
            }
        }
    }

    /// Reads those again of whom there are records that have gone into the lake since the town was stored.
    pub fn read_again(&mut self, batch: &[Logged], now: Timestamp) -> Result<Changed> {
        let mut changed = Changed::default();
        if self.names.take(batch.iter().map(|logged| &*logged.record), &self.rules.workspace) {
            self.binding = self.rules.program.bind(self.names.list());
        }
        let mut errands: BTreeMap<u32, Errand> = BTreeMap::new();
        for logged in batch {
            let frame =
                Frame { workspace: &self.rules.workspace, needs: self.rules.program.needs(), names: &self.names };
            let Some(seat) = self.roster.seat(&logged.record, &frame) else { continue };
            let mut errand = errands.remove(&seat.household).unwrap_or_default();
            errand.replay = true;
            engine::live::each_id(&logged.record, &frame, &mut |kind, id| {
                errand.ids.insert((kind, id.to_owned()));
            });
            for number in seat.joined {
                changed.gone.push(number);
                errand.joined.extend(self.take_out(number).map(|home| *home));
                if let Some(other) = errands.remove(&number) {
                    errand.ids.extend(other.ids);
                    errand.joined.extend(other.joined);
                }
            }
            errands.insert(seat.household, errand);
        }
        self.run_errands(errands, now, &mut changed)?;
        Ok(changed)
    }

    /// Writes so many already of those that will be stored next. Whether there are more.
    pub fn prepare(&mut self, most: usize) -> Result<bool> {
        let end = self.changed.len().min(self.prepared + most);
        for number in &self.changed[self.prepared..end] {
            if let Some(home) = self.homes.get_mut(*number as usize).and_then(Option::as_mut) {
                home.prepare(&self.rules.program)?;
            }
        }
        self.prepared = end;
        Ok(end < self.changed.len())
    }

    /// What has changed since the last time, or everything, to be stored.
    pub fn store(&mut self, everything: bool) -> Result<StoredTown> {
        let (changed, gone) = (std::mem::take(&mut self.changed), std::mem::take(&mut self.gone));
        self.prepared = 0;
        let fresh = self.roster.take_fresh();
        let seating = if everything { self.roster.seating() } else { fresh };
        let numbers: Vec<u32> = if everything { (0..self.roster.end()).collect() } else { changed };
        let (homes, program) = (&self.homes, &self.rules.program);
        let home = |number: u32| homes.get(number as usize).and_then(Option::as_ref);
        let stored = |number: u32| Some(home(number)?.stored(program).map(|stored| (number, stored)));
        let homes: Vec<(u32, Stored)> =
            numbers.par_iter().filter_map(|number| stored(*number)).collect::<Result<_>>()?;
        for number in numbers {
            if let Some(home) = self.homes.get_mut(number as usize).and_then(Option::as_mut) {
                home.is_changed = false;
            }
        }
        Ok(StoredTown { seed: self.roster.seed(), names: self.names.sent(), seating, homes, gone })
    }

    /// Becomes what was stored. To be called on an empty town that was made with the same seed, for one part after the other.
    pub fn restore(&mut self, stored: StoredTown) {
        for (name, kind) in &stored.names {
            self.names.add(name, *kind, &self.rules.workspace);
        }
        self.binding = self.rules.program.bind(self.names.list());
        self.roster.restore(&stored.seating);
        for number in stored.gone {
            self.take_out(number);
        }
        for (number, home) in stored.homes {
            self.take_out(number);
            self.put(number, Box::new(Home::of_stored(home)));
        }
    }

    /// How many households differ from what was stored last.
    pub const fn changed(&self) -> usize {
        self.changed.len()
    }
}
