//! What an import writes: the rows in their places, what is known about identity, the ids, and then the manifest.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::identity::{HouseholdKey, Households, Identity};
use engine::workspace::Workspace;

use crate::chunks::Chunks;
use crate::columns::{ColumnName, Table, ValueType, Values, value_types};
use crate::error::{Error, Result};
use crate::full_rows;
use crate::identity_files::IdentityFiles;
use crate::identity_update::{Observed, TiePoint, exact_runs};
use crate::intake::Dictionaries;
use crate::lake::Lake;
use crate::manifest::{Manifest, RunEntry};
use crate::messages::Verdict;
use crate::moves::{self, Suspects, Whereabouts, placed};
use crate::parts::Parts;
use crate::rows::{FACT, Row};
use crate::writer::Summary;

/// Runs that a lake has at most: a life is in at most so many pieces.
pub const MOST_RUNS: usize = 8;

/// A commit on its way.
pub(crate) struct Commit {
    /// As it was.
    pub(crate) lake: Arc<Lake>,
    pub(crate) workspace: Workspace,
    /// With the new ids.
    pub(crate) dictionaries: Dictionaries,
    /// Sizes of the dictionaries of persons, accounts and workspaces before.
    pub(crate) ends: [u32; 3],
    /// On its way to the new version.
    pub(crate) manifest: Manifest,
    /// Lay everything out anew, for other account settings.
    pub(crate) relay: bool,
}

impl Commit {
    /// Writes the new version, puts it in force, and gives it.
    pub(crate) fn run(mut self, chunks: Chunks, verdict: &Verdict, summary: &mut Summary) -> Result<Lake> {
        let whereabouts = self.rows(chunks, verdict, summary)?;
        self.finish(summary)?;
        let Self { lake, dictionaries, manifest, .. } = self;
        Ok(lake.followed(manifest, dictionaries, whereabouts))
    }

    /// Writes the rows and what is known about identity; gives where everybody is then.
    fn rows(&mut self, mut chunks: Chunks, verdict: &Verdict, summary: &mut Summary) -> Result<Whereabouts> {
        let mut before = IdentityFiles::load(self.lake.folder(), self.lake.manifest())?;
        if self.relay {
            // They are found again in all rows, and written again.
            before.bonds.clear();
            self.manifest.bonds.clear();
        }
        let after = self.identity(&before, &chunks, verdict)?;
        let tied: BTreeSet<u32> = after
            .ties
            .iter()
            .filter(|(code, runs)| before.ties.get(code) != Some(runs))
            .map(|(code, _)| *code)
            .collect();
        let new = chunks.len() - verdict.duplicates;
        let whereabouts = self.whereabouts(&after);
        let suspects = self.suspects(&before, &whereabouts, &tied);
        let stay = if self.relay { 0 } else { staying(&self.manifest.runs, new) };
        let merged = self.manifest.runs.split_off(stay);
        let expected = new + merged.iter().map(|run| run.rows).sum::<u64>();
        let mut parts = Parts::new(self.lake.folder(), expected);
        for run in &merged {
            self.merge(run, &whereabouts, &mut parts)?;
        }
        self.move_rows(&suspects, &whereabouts, &mut parts)?;
        summary.rewritten = parts.len();
        chunks.drain(|chunk| {
            for row in 0..chunk.rows.len() {
                let number = chunk.first_row + u32::try_from(row).unwrap_or(u32::MAX);
                let Some(sent) = chunk.rows.row(row).filter(|_| verdict.keeps(number)) else { continue };
                let count = if sent.what & FACT == 0 { &mut summary.events } else { &mut summary.facts };
                *count += 1;
                parts.push(&placed(&sent, &whereabouts), chunk.rows.values_of(row))?;
            }
            Ok(())
        })?;
        let types = value_types(&self.dictionaries.columns);
        let run = parts.write(self.manifest.version, &self.dictionaries.columns, &types)?;
        self.manifest.runs.push(run);
        // The largest first: that is the order in which runs join.
        self.manifest.runs.sort_by_key(|run| std::cmp::Reverse(run.rows));
        after.save(&before, self.lake.folder(), &mut self.manifest)?;
        Ok(whereabouts)
    }

    /// Who may have to move.
    fn suspects(&self, before: &IdentityFiles, after: &Whereabouts, tied: &BTreeSet<u32>) -> Suspects {
        let after = (&after.identity, &after.households);
        match self.lake.directory().whereabouts() {
            Some(before) => Suspects::of(before, after, self.ends, tied),
            None => {
                let before = self.whereabouts(before);
                Suspects::of((&before.identity, &before.households), after, self.ends, tied)
            }
        }
    }

    /// What is known about identity with the new rows.
    fn identity(&mut self, before: &IdentityFiles, chunks: &Chunks, verdict: &Verdict) -> Result<IdentityFiles> {
        let mut observed = Observed::default();
        if self.relay {
            self.observe_all(&mut observed)?;
        }
        chunks.each(|chunk| {
            let mut aliases = chunk.aliases.iter().peekable();
            for row in 0..chunk.rows.len() {
                let at = u32::try_from(row).unwrap_or(u32::MAX);
                let previous = aliases.next_if(|(place, _)| *place == at).map(|(_, previous)| *previous);
                if verdict.keeps(chunk.first_row + at)
                    && let Some(sent) = chunk.rows.row(row)
                {
                    observed.row(&sent, previous);
                }
            }
            for (place, account) in chunk.emails {
                let sent = chunk.rows.row(*place as usize).filter(|_| verdict.keeps(chunk.first_row + place));
                if let Some(sent) = sent {
                    observed.bond(sent.user, sent.anonymous, *account, 0);
                }
            }
            Ok(())
        })?;
        let (mut after, unclear) = observed.join(before);
        if !unclear.is_empty() {
            let points = self.tie_points(&unclear, chunks, verdict)?;
            exact_runs(points, &self.dictionaries.persons, &mut after);
        }
        Ok(after)
    }

    /// Every record of some anonymous ids that ties them.
    fn tie_points(&self, of: &BTreeSet<u32>, chunks: &Chunks, verdict: &Verdict) -> Result<Vec<TiePoint>> {
        let mut points = Vec::new();
        let mut take = |row: &Row| points.extend(TiePoint::of(row).filter(|point| of.contains(&point.anonymous)));
        self.each_old_row(|row, _| {
            take(row);
            Ok(())
        })?;
        chunks.each(|chunk| {
            for row in 0..chunk.rows.len() {
                let number = chunk.first_row + u32::try_from(row).unwrap_or(u32::MAX);
                if let Some(sent) = chunk.rows.row(row).filter(|_| verdict.keeps(number)) {
                    take(&sent);
                }
            }
            Ok(())
        })?;
        Ok(points)
    }

    fn each_old_row(&self, mut visit: impl FnMut(&Row, &[u8]) -> Result<()>) -> Result<()> {
        for part in self.lake.manifest().runs.iter().flat_map(|run| &run.parts) {
            for (table, entry) in [(Table::Events, &part.events), (Table::Facts, &part.facts)] {
                if let Some(entry) = entry {
                    let file = self.lake.open_table(entry)?;
                    full_rows::read(&file, table, &self.dictionaries.columns, |_| true, &mut visit)?;
                }
            }
        }
        Ok(())
    }

    /// Bonds of all rows of the lake, for new account settings.
    fn observe_all(&mut self, observed: &mut Observed) -> Result<()> {
        let email = self.dictionaries.columns.find(&ColumnName::text(Table::Facts, ValueType::Text, "email"));
        let email = email.and_then(|code| u16::try_from(code).ok());
        let types = value_types(&self.dictionaries.columns);
        let mut domains = Vec::new();
        self.each_old_row(|row, bytes| {
            observed.bond(row.user, row.anonymous, row.account, row.workspace);
            if row.what & (FACT | 7) == FACT && email.is_some() && self.workspace.account_from_email {
                let address = Values { bytes, types: &types }.find(|(code, _)| Some(*code) == email);
                if let Some((_, crate::columns::Carried::Text(address))) = address {
                    domains.extend(
                        self.workspace.account_of_email(address).map(|account| (row.user, row.anonymous, account)),
                    );
                }
            }
            Ok(())
        })?;
        for (user, anonymous, account) in domains {
            observed.bond(user, anonymous, self.dictionaries.accounts.intern(&account), 0);
        }
        Ok(())
    }

    fn whereabouts(&self, files: &IdentityFiles) -> Whereabouts {
        let Dictionaries { persons, accounts, workspaces, .. } = &self.dictionaries;
        let identity: Identity = files.resolve(persons);
        let bonds = files.bonds.iter().copied();
        let households = Households::of(bonds, &identity, accounts.end(), workspaces.end(), persons.end());
        Whereabouts { identity, households }
    }

    /// Takes all rows of a run that is to join the new one.
    fn merge(&self, run: &RunEntry, whereabouts: &Whereabouts, parts: &mut Parts) -> Result<()> {
        for part in &run.parts {
            for (table, entry) in [(Table::Events, &part.events), (Table::Facts, &part.facts)] {
                let Some(entry) = entry else { continue };
                let file = self.lake.open_table(entry)?;
                full_rows::read(
                    &file,
                    table,
                    &self.dictionaries.columns,
                    |_| true,
                    |row, values| parts.push(&placed(row, whereabouts), values),
                )?;
            }
        }
        Ok(())
    }

    /// Takes the rows out of the runs that stay that belong elsewhere now.
    fn move_rows(&mut self, suspects: &Suspects, whereabouts: &Whereabouts, parts: &mut Parts) -> Result<()> {
        let version = self.manifest.version;
        let mut number = 0;
        for run in &mut self.manifest.runs {
            for part in &mut run.parts {
                for (table, entry) in [(Table::Events, &mut part.events), (Table::Facts, &mut part.facts)] {
                    let Some(entry) = entry else { continue };
                    number += 1;
                    let name = || format!("moved-{version}-{number}.parquet");
                    let columns = &self.dictionaries.columns;
                    moves::move_out(&self.lake, (table, entry), suspects, whereabouts, columns, parts, name)?;
                }
            }
        }
        Ok(())
    }

    /// Writes the dictionaries and puts the new version in force.
    fn finish(&mut self, summary: &mut Summary) -> Result<()> {
        let (folder, version) = (self.lake.folder().to_owned(), self.manifest.version);
        let Dictionaries { persons, accounts, workspaces, names, sources, columns } = &self.dictionaries;
        persons.save(&folder, "persons", version, &mut self.manifest.persons)?;
        accounts.save(&folder, "accounts", version, &mut self.manifest.accounts)?;
        workspaces.save(&folder, "workspaces", version, &mut self.manifest.workspaces)?;
        names.save(&folder, "names", version, &mut self.manifest.names)?;
        sources.save(&folder, "sources", version, &mut self.manifest.sources)?;
        columns.save(&folder, "columns", version, &mut self.manifest.columns)?;
        let largest = persons.end().max(accounts.end()).max(workspaces.end());
        if HouseholdKey(largest).0 >= 1 << 30 {
            return Err(Error::Full("it holds 1,073,741,824 ids of one kind"));
        }
        let totals = &mut self.manifest.totals;
        totals.events += summary.events;
        totals.facts += summary.facts;
        totals.duplicates += summary.duplicates;
        totals.differing += summary.differing;
        totals.rejected += summary.rejected;
        totals.received += summary.received;
        let old: BTreeSet<&str> = self.lake.manifest().files().map(|file| file.name.as_str()).collect();
        summary.bytes =
            self.manifest.files().filter(|file| !old.contains(file.name.as_str())).map(|file| file.bytes).sum();
        summary.version = version;
        self.manifest.commit(&folder)
    }
}

/// How many of the largest runs stay as they are: each at least twice as large as what comes behind it.
fn staying(runs: &[RunEntry], new: u64) -> usize {
    let mut stay = runs.len();
    let mut behind = new;
    while let Some(last) = stay.checked_sub(1).and_then(|place| runs.get(place)) {
        if stay < MOST_RUNS && last.rows >= 2 * behind {
            break;
        }
        behind += last.rows;
        stay -= 1;
    }
    stay
}
