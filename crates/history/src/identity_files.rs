//! Ties, aliases and bonds on the disk.
//!
//! Ties are kept as runs: from its first to its last record that says so, and with no other user's in between, an
//! anonymous id points at one user. An import adds a complete new list for each anonymous id that it changes; the last
//! list counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use engine::identity::{Alias, Bond, Identity, Tie};

use crate::dictionary::Dictionary;
use crate::error::Result;
use crate::files::StoredFile;
use crate::manifest::Manifest;
use crate::plain::{self, Plain};

/// Past this number the files of one kind are written as one.
const MOST_FILES: usize = 8;

/// A stretch of time in which an anonymous id is said to be one user and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TieRun {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) user: u32,
    /// The earliest at which one of its records was known.
    pub(crate) known: i64,
}

/// What the lake knows about identity.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdentityFiles {
    /// By anonymous id, in order of time, not overlapping.
    pub(crate) ties: BTreeMap<u32, Vec<TieRun>>,
    pub(crate) aliases: BTreeSet<Alias>,
    pub(crate) bonds: BTreeSet<Bond>,
}

impl IdentityFiles {
    pub(crate) fn load(folder: &Path, manifest: &Manifest) -> Result<Self> {
        let mut all = Self::default();
        for file in &manifest.ties {
            all.load_ties(folder, file)?;
        }
        for file in &manifest.aliases {
            let [ids, previous, known] = plain::read(folder, file, ["id", "previous", "known"])?;
            let pairs = ids.whole().into_iter().zip(previous.whole()).zip(known.time());
            all.aliases.extend(pairs.map(|((id, previous), known)| Alias { id, previous, known }));
        }
        for file in &manifest.bonds {
            let columns = plain::read(folder, file, ["user", "anonymous", "account", "workspace"])?;
            let [users, anonymous, accounts, workspaces] = columns.map(Plain::whole);
            let rows = users.into_iter().zip(anonymous).zip(accounts).zip(workspaces);
            all.bonds.extend(rows.map(|(((user, anonymous), account), workspace)| Bond {
                user,
                anonymous,
                account,
                workspace,
            }));
        }
        Ok(all)
    }

    fn load_ties(&mut self, folder: &Path, file: &StoredFile) -> Result<()> {
        let [anonymous, user, first, last, known] =
            plain::read(folder, file, ["anonymous", "user", "first", "last", "known"])?;
        let rows = anonymous.whole().into_iter().zip(user.whole()).zip(first.time()).zip(last.time()).zip(known.time());
        let mut current = None;
        for ((((anonymous, user), first), last), known) in rows {
            let runs = self.ties.entry(anonymous).or_default();
            if current != Some(anonymous) {
                runs.clear();
                current = Some(anonymous);
            }
            runs.push(TieRun { first, last, user, known });
        }
        Ok(())
    }

    pub(crate) fn resolve(&self, persons: &Dictionary) -> Identity {
        let mut ties = Vec::new();
        for (anonymous, runs) in &self.ties {
            let anonymous = *anonymous;
            ties.extend(runs.iter().map(|run| Tie { anonymous, user: run.user, at: run.first, known: run.known }));
        }
        let aliases: Vec<Alias> = self.aliases.iter().copied().collect();
        Identity::resolve(ties, &aliases, persons)
    }

    /// Brings to the disk what is new.
    pub(crate) fn save(&self, before: &Self, folder: &Path, manifest: &mut Manifest) -> Result<()> {
        let version = manifest.version;
        let changed = |anonymous: &u32, runs: &Vec<TieRun>| before.ties.get(anonymous) != Some(runs);
        let mut ties: Vec<_> = self.ties.iter().filter(|(anonymous, runs)| changed(anonymous, runs)).collect();
        if !ties.is_empty() {
            if manifest.ties.len() >= MOST_FILES {
                manifest.ties.clear();
                ties = self.ties.iter().collect();
            }
            manifest.ties.push(write_ties(folder, version, &ties)?);
        }
        let aliases = newer(&self.aliases, &before.aliases, &mut manifest.aliases);
        if !aliases.is_empty() {
            manifest.aliases.push(write_aliases(folder, version, &aliases)?);
        }
        let bonds = newer(&self.bonds, &before.bonds, &mut manifest.bonds);
        if !bonds.is_empty() {
            manifest.bonds.push(write_bonds(folder, version, &bonds)?);
        }
        Ok(())
    }
}

/// What is not in the files yet; everything when there are too many files, which are then dropped.
fn newer<T: Copy + Ord>(all: &BTreeSet<T>, before: &BTreeSet<T>, files: &mut Vec<StoredFile>) -> Vec<T> {
    let new: Vec<T> = all.difference(before).copied().collect();
    if new.is_empty() || files.len() < MOST_FILES {
        return new;
    }
    files.clear();
    all.iter().copied().collect()
}

fn write_ties(folder: &Path, version: u64, ties: &[(&u32, &Vec<TieRun>)]) -> Result<StoredFile> {
    let mut codes = [Vec::new(), Vec::new()];
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for (anonymous, runs) in ties {
        for run in *runs {
            for (column, code) in codes.iter_mut().zip([**anonymous, run.user]) {
                column.push(code);
            }
            for (column, time) in times.iter_mut().zip([run.first, run.last, run.known]) {
                column.push(time);
            }
        }
    }
    let ([anonymous, user], [first, last, known]) = (codes.map(Plain::Whole), times.map(Plain::Time));
    let columns = [("anonymous", anonymous), ("user", user), ("first", first), ("last", last), ("known", known)];
    plain::write(folder, format!("ties-{version}.parquet"), &columns)
}

fn write_aliases(folder: &Path, version: u64, aliases: &[Alias]) -> Result<StoredFile> {
    let columns = [
        ("id", Plain::Whole(aliases.iter().map(|alias| alias.id).collect())),
        ("previous", Plain::Whole(aliases.iter().map(|alias| alias.previous).collect())),
        ("known", Plain::Time(aliases.iter().map(|alias| alias.known).collect())),
    ];
    plain::write(folder, format!("aliases-{version}.parquet"), &columns)
}

fn write_bonds(folder: &Path, version: u64, bonds: &[Bond]) -> Result<StoredFile> {
    let column = |of: fn(&Bond) -> u32| Plain::Whole(bonds.iter().map(of).collect());
    let columns = [
        ("user", column(|bond| bond.user)),
        ("anonymous", column(|bond| bond.anonymous)),
        ("account", column(|bond| bond.account)),
        ("workspace", column(|bond| bond.workspace)),
    ];
    plain::write(folder, format!("bonds-{version}.parquet"), &columns)
}
