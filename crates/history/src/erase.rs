//! Subjects out of the lake: everything is written anew without what names them.
//!
//! Codes stay, so that all other rows are as they were; in a dictionary a mark that says nothing takes the place of the id. Who
//! they were tied to is forgotten with them. The hashes of message ids stay: a copy that is sent again is still known as one.

use std::collections::BTreeSet;

use engine::identity::{Households, Ids as _};
use engine::record::SubjectKind;
use engine::workspace::Workspace;

use crate::columns::{Carried, ColumnName, Table, ValueType, Values, value_types};
use crate::dictionary::Dictionary;
use crate::error::Result;
use crate::full_rows::{self, Part};
use crate::identity_files::IdentityFiles;
use crate::identity_update::{Observed, TiePoint, exact_runs};
use crate::lake::Lake;
use crate::manifest::{DictionarySegment, Manifest};
use crate::moves::{Whereabouts, placed};
use crate::parts::Parts;
use crate::placement::Placement;
use crate::rows::{FACT, Row};
use crate::writer::LakeLock;

/// What went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// The lake's version now; 0 if there is no lake.
    pub version: u64,
    /// Event rows.
    pub events: u64,
    /// Trait rows, aliases and leaves.
    pub facts: u64,
    /// Ids that stood in dictionaries.
    pub ids: u64,
}

/// Codes of what goes; 0 is in none of them.
pub(crate) struct Going {
    /// As sent.
    pub persons: BTreeSet<u32>,
    /// By whom rows are placed.
    pub placed: BTreeSet<u32>,
    pub accounts: BTreeSet<u32>,
    pub workspaces: BTreeSet<u32>,
}

impl Going {
    pub fn has(&self, row: &Row) -> bool {
        self.placed.contains(&row.person)
            || self.persons.contains(&row.user)
            || self.persons.contains(&row.anonymous)
            || self.accounts.contains(&row.account)
            || self.workspaces.contains(&row.workspace)
    }
}

/// Erases what names one of these ids. Files of the version before stay until [`LakeLock::sweep`]: somebody may be reading them.
///
/// # Errors
/// As for reading and writing any file; the lake is then as it was.
pub fn erase(lock: &LakeLock, workspace: &Workspace, ids: &BTreeSet<(SubjectKind, String)>) -> Result<Erased> {
    let folder = lock.folder();
    let Some(before) = Manifest::read(folder)? else { return Ok(Erased::default()) };
    let [persons, accounts, workspaces] =
        [&before.persons, &before.accounts, &before.workspaces].map(|segments| Dictionary::load(folder, segments));
    let (mut persons, mut accounts, mut workspaces) = (persons?, accounts?, workspaces?);
    let codes = |of: SubjectKind, dictionary: &Dictionary| -> BTreeSet<u32> {
        ids.iter().filter(|(kind, _)| *kind == of).filter_map(|(_, id)| dictionary.find(id)).collect()
    };
    let mut going = Going {
        persons: codes(SubjectKind::User, &persons),
        placed: BTreeSet::new(),
        accounts: codes(SubjectKind::Account, &accounts),
        workspaces: codes(SubjectKind::Workspace, &workspaces),
    };
    let found = going.persons.len() + going.accounts.len() + going.workspaces.len();
    let mut erased = Erased { version: before.version, ids: found as u64, ..Erased::default() };
    if found == 0 {
        return Ok(erased);
    }
    let identity = IdentityFiles::load(folder, &before)?.resolve(&persons);
    going.placed = going.persons.iter().map(|code| identity.person(*code).0).collect();
    let mut manifest = before.clone();
    // An import lays everything out anew if that is needed; here it stays as it is.
    let workspace = if before.placement == Placement::of(workspace).0 { workspace } else { &Workspace::default() };
    let lake = Lake::with(folder, before)?;
    let files = what_is_known(&lake, &going, &persons, &accounts, workspace)?;
    manifest.version += 1;
    manifest.changes += 1;
    erased.version = manifest.version;
    let version = manifest.version;
    for (dictionary, codes, stem, segments) in [
        (&mut persons, &going.persons, "persons", &mut manifest.persons),
        (&mut accounts, &going.accounts, "accounts", &mut manifest.accounts),
        (&mut workspaces, &going.workspaces, "workspaces", &mut manifest.workspaces),
    ] {
        if !codes.is_empty() {
            *dictionary = dictionary.without(codes, version);
            *segments = Vec::<DictionarySegment>::new();
            dictionary.save(folder, stem, version, segments)?;
        }
    }
    let identity = files.resolve(&persons);
    let bonds = files.bonds.iter().copied();
    let households = Households::of(bonds, &identity, accounts.end(), workspaces.end(), persons.end());
    write_rows(&mut manifest, &lake, &going, &Whereabouts { identity, households }, &mut erased)?;
    (manifest.ties, manifest.aliases, manifest.bonds) = (Vec::new(), Vec::new(), Vec::new());
    files.save(&IdentityFiles::default(), folder, &mut manifest)?;
    manifest.totals.events = manifest.totals.events.saturating_sub(erased.events);
    manifest.totals.facts = manifest.totals.facts.saturating_sub(erased.facts);
    manifest.commit(folder)?;
    Ok(erased)
}

/// Writes all rows that stay as one run.
fn write_rows(
    manifest: &mut Manifest,
    lake: &Lake,
    going: &Going,
    whereabouts: &Whereabouts,
    erased: &mut Erased,
) -> Result<()> {
    let columns = lake.column_dictionary();
    let rows = lake.manifest().runs.iter().map(|run| run.rows).sum();
    let mut parts = Parts::new(lake.folder(), rows);
    each_row(lake, &|_| true, &mut |row, values| {
        if !going.has(row) {
            return parts.push(&placed(row, whereabouts), values);
        }
        match Row::table(row.what) {
            Table::Events => erased.events += 1,
            Table::Facts => erased.facts += 1,
        }
        Ok(())
    })?;
    let is_empty = parts.len() == 0;
    let run = parts.write(manifest.version, columns, &value_types(columns))?;
    manifest.runs = if is_empty { Vec::new() } else { vec![run] };
    Ok(())
}

/// All rows, with the values of some columns.
pub(crate) fn each_row(
    lake: &Lake,
    keep: &dyn Fn(&str) -> bool,
    visit: &mut dyn FnMut(&Row, &[u8]) -> Result<()>,
) -> Result<()> {
    let columns = lake.column_dictionary();
    let part = Part { from: 0, to: u32::MAX, keep };
    for of_run in lake.manifest().runs.iter().flat_map(|run| &run.parts) {
        for (table, entry) in [(Table::Events, &of_run.events), (Table::Facts, &of_run.facts)] {
            if let Some(entry) = entry {
                full_rows::read_part(&lake.open_table(entry)?, table, columns, &part, |_| true, &mut *visit)?;
            }
        }
    }
    Ok(())
}

/// What the rows that stay say about identity.
fn what_is_known(
    lake: &Lake,
    going: &Going,
    persons: &Dictionary,
    accounts: &Dictionary,
    workspace: &Workspace,
) -> Result<IdentityFiles> {
    let columns = lake.column_dictionary();
    let email = ColumnName::text(Table::Facts, ValueType::Text, "email");
    let types = value_types(columns);
    let keep = |text: &str| text == ColumnName::PREVIOUS || text == email;
    let mut observed = Observed::default();
    each_row(lake, &keep, &mut |row, bytes| {
        if going.has(row) {
            return Ok(());
        }
        let mut previous = None;
        for (code, value) in (Values { bytes, types: &types }) {
            let Carried::Text(text) = value else { continue };
            let column = columns.text(u32::from(code));
            if column == ColumnName::PREVIOUS {
                previous = persons.find(text);
            } else if column == email && row.what & (FACT | 7) == FACT && workspace.account_from_email {
                let account = workspace.account_of_email(text).and_then(|account| accounts.find(&account));
                account.into_iter().for_each(|account| observed.bond(row.user, row.anonymous, account, 0));
            }
        }
        observed.row(row, previous);
        Ok(())
    })?;
    let (mut files, unclear) = observed.join(&IdentityFiles::default());
    if !unclear.is_empty() {
        let mut points = Vec::new();
        each_row(lake, &|_| false, &mut |row, _| {
            if !going.has(row) {
                points.extend(TiePoint::of(row).filter(|point| unclear.contains(&point.anonymous)));
            }
            Ok(())
        })?;
        exact_runs(points, persons, &mut files);
    }
    Ok(files)
}
