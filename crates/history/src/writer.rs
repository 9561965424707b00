//! Imports: rows are taken batch by batch and put into the lake all at once, by one commit.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::Timestamp;
use engine::batch::Batch;
use engine::identity::{HouseholdKey, Households, Identity};
use engine::workspace::Workspace;

use crate::chunks::Chunks;
use crate::columns::{ColumnName, Table, ValueType, Values, value_types};
use crate::dictionary::Dictionary;
use crate::error::{Error, Result};
use crate::full_rows;
use crate::identity_files::IdentityFiles;
use crate::identity_update::{Observed, TiePoint, exact_runs};
use crate::intake::{self, Dictionaries, Refusal};
use crate::lake::Lake;
use crate::manifest::{CURRENT, Manifest, RunEntry};
use crate::messages::{Arrivals, Verdict};
use crate::moves::{self, Suspects, Whereabouts, placed};
use crate::parts::Parts;
use crate::placement::Placement;
use crate::rows::{FACT, Row};

/// Runs that a lake has at most: a life is in at most so many pieces.
pub const MOST_RUNS: usize = 8;
/// The file that keeps a second writer out.
const LOCK: &str = "lock";

/// Keeps other writers out of a lake as long as it lives; the system gives it back should the process die.
#[derive(Debug)]
pub struct LakeLock {
    folder: PathBuf,
    _file: File,
}

impl LakeLock {
    /// Takes the lake in this folder, which is made if it is not there.
    ///
    /// # Errors
    /// [`Error::Locked`] if another writer has it; [`Error::System`].
    pub fn take(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::system("make", folder))?;
        let path = folder.join(LOCK);
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(Error::system("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked(folder.to_owned())),
            Err(TryLockError::Error(error)) => Err(Error::system("lock", &path)(error)),
        }
    }

    /// Whose writers it keeps out.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes what the version in force does not need: nobody may be reading another one.
    ///
    /// # Errors
    /// If the folder cannot be read, or a file cannot be removed.
    pub fn sweep(&self) -> Result<()> {
        Manifest::read(&self.folder)?.map_or(Ok(()), |manifest| sweep(&self.folder, &manifest))
    }
}

/// The only writer of a lake. Nothing is in the lake before [`LakeWriter::commit`].
pub struct LakeWriter {
    folder: PathBuf,
    lock: Arc<LakeLock>,
    workspace: Workspace,
    before: Manifest,
    dictionaries: Dictionaries,
    /// Sizes of the dictionaries of persons, accounts and workspaces before the import.
    ends: [u32; 3],
    chunks: Chunks,
    arrivals: Arrivals,
    rejected: u64,
    received: u64,
    /// See [`LakeWriter::log`].
    log: Option<u64>,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The lake's version now.
    pub version: u64,
    /// Rows that carry a time of receipt, copies among them.
    pub received: u64,
    /// New events.
    pub events: u64,
    /// New trait rows, aliases and leaves.
    pub facts: u64,
    /// Rows that were there already, or came twice.
    pub duplicates: u64,
    /// Of those: how many said something else than the row that counts.
    pub differing: u64,
    /// Which these are: their numbers among all rows that were not refused, from 0 on, in order.
    pub copies: Vec<u32>,
    /// Rows that were refused, see [`LakeWriter::append`].
    pub rejected: u64,
    /// Older rows that were written anew: moved because their subject is known better now, or merged with others.
    pub rewritten: u64,
    /// Bytes of all new files.
    pub bytes: u64,
}

impl LakeWriter {
    /// Opens a lake for writing, or makes one. What a writer that died has left behind is swept away.
    ///
    /// # Errors
    /// [`Error::Locked`] if another writer is at work; [`Error::Damaged`], [`Error::Newer`], [`Error::System`].
    pub fn begin(folder: &Path, workspace: &Workspace) -> Result<Self> {
        Self::begin_with(Arc::new(LakeLock::take(folder)?), workspace)
    }

    /// As [`LakeWriter::begin`], by who keeps other writers out already.
    ///
    /// # Errors
    /// As [`LakeWriter::begin`].
    pub fn begin_with(lock: Arc<LakeLock>, workspace: &Workspace) -> Result<Self> {
        let folder = lock.folder.clone();
        let folder = folder.as_path();
        let before = Manifest::read(folder)?.unwrap_or_else(|| Manifest::empty(Placement::of(workspace).0));
        sweep(folder, &before)?;
        let dictionaries = Dictionaries {
            persons: Dictionary::load(folder, &before.persons)?,
            accounts: Dictionary::load(folder, &before.accounts)?,
            workspaces: Dictionary::load(folder, &before.workspaces)?,
            names: Dictionary::load(folder, &before.names)?,
            sources: Dictionary::load(folder, &before.sources)?,
            columns: Dictionary::load(folder, &before.columns)?,
        };
        Ok(Self {
            folder: folder.to_owned(),
            lock,
            workspace: workspace.clone(),
            ends: [dictionaries.persons.end(), dictionaries.accounts.end(), dictionaries.workspaces.end()],
            dictionaries,
            before,
            chunks: Chunks::new(folder),
            arrivals: Arrivals::new(folder),
            rejected: 0,
            received: 0,
            log: None,
        })
    }

    /// Notes up to which entry of a server's log everything is in the lake after this commit.
    pub const fn log(&mut self, through: u64) {
        self.log = Some(through);
    }

    /// Takes a batch. Gives the rows (by their number in the batch) that are refused, with the reason.
    ///
    /// # Errors
    /// [`Error::Full`] beyond the limits of the format, [`Error::System`] when rows cannot be put aside.
    pub fn append(&mut self, batch: &Batch) -> Result<Vec<(usize, Refusal)>> {
        let mut chunk = intake::take(batch, &mut self.dictionaries, &self.workspace)?;
        let refused = std::mem::take(&mut chunk.refused);
        self.rejected += refused.len() as u64;
        self.received += batch.received.iter().filter(|received| **received != Timestamp::MIN).count() as u64;
        let (messages, digests) = (std::mem::take(&mut chunk.messages), std::mem::take(&mut chunk.digests));
        let first = self.chunks.push(chunk)?;
        for ((id, digest), row) in messages.into_iter().zip(digests).zip(first..) {
            self.arrivals.push(id, row, digest)?;
        }
        Ok(refused)
    }

    /// Puts everything into the lake. If all rows were there already nothing is written.
    ///
    /// # Errors
    /// As for reading and writing any file; the lake is then as it was.
    pub fn commit(self) -> Result<Summary> {
        let Self { folder, lock, workspace, before, dictionaries, ends, chunks, arrivals, .. } = self;
        let Self { rejected, received, log, .. } = self;
        let mut manifest = before.clone();
        manifest.version += 1;
        manifest.log = log.unwrap_or(before.log);
        let verdict = arrivals.settle(manifest.version, &mut manifest.messages)?;
        let mut summary = Summary {
            version: before.version,
            duplicates: verdict.duplicates,
            differing: verdict.differing,
            copies: verdict.copies(),
            rejected,
            received,
            ..Summary::default()
        };
        let placement = Placement::of(&workspace).0;
        let relay = placement != before.placement && !before.runs.is_empty();
        if chunks.len() == verdict.duplicates && !relay {
            if manifest.log != before.log {
                manifest.commit(&folder)?;
                summary.version = manifest.version;
            }
            return Ok(summary);
        }
        manifest.placement = placement;
        manifest.changes += u64::from(log.is_none());
        let lake = Lake::with(&folder, before.clone())?;
        let mut commit = Commit { lake, workspace, dictionaries, ends, manifest, relay };
        commit.run(chunks, &verdict, &mut summary)?;
        commit.finish(&before, &mut summary)?;
        drop(lock);
        Ok(summary)
    }
}

/// A commit on its way.
struct Commit {
    /// As it was.
    lake: Lake,
    workspace: Workspace,
    dictionaries: Dictionaries,
    ends: [u32; 3],
    manifest: Manifest,
    /// Lay everything out anew, for other account settings.
    relay: bool,
}

impl Commit {
    fn run(&mut self, mut chunks: Chunks, verdict: &Verdict, summary: &mut Summary) -> Result<()> {
        let before = IdentityFiles::load(self.lake.folder(), self.lake.manifest())?;
        let after = self.identity(&before, &chunks, verdict)?;
        let tied: BTreeSet<u32> = after
            .ties
            .iter()
            .filter(|(code, runs)| before.ties.get(code) != Some(runs))
            .map(|(code, _)| *code)
            .collect();
        let new = chunks.len() - verdict.duplicates;
        let whereabouts = self.whereabouts(&after);
        let suspects = Suspects::of(&self.whereabouts(&before), &whereabouts, self.ends, &tied);
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
        after.save(&before, self.lake.folder(), &mut self.manifest)
    }

    /// What is known about identity with the new rows.
    fn identity(&mut self, before: &IdentityFiles, chunks: &Chunks, verdict: &Verdict) -> Result<IdentityFiles> {
        let mut observed = Observed::default();
        let mut known = before.clone();
        if self.relay {
            known.bonds.clear();
            self.manifest.bonds.clear();
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
        let (mut after, unclear) = observed.join(&known);
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
    fn finish(mut self, before: &Manifest, summary: &mut Summary) -> Result<()> {
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
        let old: BTreeSet<&str> = before.files().map(|file| file.name.as_str()).collect();
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

/// Removes what no manifest in force names: files of writers that died, and of versions gone by.
fn sweep(folder: &Path, manifest: &Manifest) -> Result<()> {
    let mut named: BTreeSet<String> = manifest.files().map(|file| file.name.clone()).collect();
    named.extend([LOCK.to_owned(), CURRENT.to_owned(), manifest.file_name()]);
    for entry in fs::read_dir(folder).map_err(Error::system("list", folder))? {
        let entry = entry.map_err(Error::system("list", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !named.contains(&name) && is_ours(&name) {
            fs::remove_file(entry.path()).map_err(Error::system("remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// Whether a file's name is one that writers give.
fn is_ours(name: &str) -> bool {
    const STEMS: [&str; 16] = [
        "manifest",
        "current",
        "events",
        "facts",
        "moved",
        "messages",
        "ties",
        "aliases",
        "bonds",
        "persons",
        "accounts",
        "workspaces",
        "names",
        "sources",
        "columns",
        "rows",
    ];
    let ours = STEMS.iter().chain(&["part"]).any(|stem| name.starts_with(stem));
    ours && [".parquet", ".bin", ".aside", ".new", ".json"].iter().any(|end| name.ends_with(end))
}
