//! Households of which nothing has been heard for long, out of the lake.
//!
//! A life is kept whole or not at all: without its beginning nobody could say when its time started, what it had counted, or whether
//! it had paid. So a household goes when its last row is old, and not before; the manifest says since when somebody must have been
//! heard of ([`crate::Manifest::kept_from`]).

use std::collections::{BTreeSet, HashMap, HashSet};

use engine::Timestamp;
use engine::identity::{HouseholdKey, Ids as _};
use engine::record::SubjectKind;
use engine::workspace::Workspace;

use crate::columns::Table;
use crate::dictionary::Dictionary;
use crate::erase::{Erased, Going, each_row, erase};
use crate::error::Result;
use crate::identity_files::IdentityFiles;
use crate::lake::Lake;
use crate::manifest::Manifest;
use crate::rows::Row;
use crate::writer::LakeLock;

/// Those of whom nothing has been heard for long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unheard {
    /// Households: a company with its people, or a person alone.
    pub households: u64,
    /// By what they are known; devices that others used too are not among them.
    pub ids: BTreeSet<(SubjectKind, String)>,
    /// Those devices: of what names nothing else, that goes which was theirs.
    pub shared: BTreeSet<String>,
    /// Their event rows.
    pub events: u64,
    /// Their trait rows, aliases and leaves.
    pub facts: u64,
}

/// Codes of ids as rows have them.
#[derive(Default)]
struct Codes {
    persons: BTreeSet<u32>,
    accounts: BTreeSet<u32>,
    workspaces: BTreeSet<u32>,
}

impl Codes {
    fn add(&mut self, row: &Row) {
        self.persons.extend([row.user, row.anonymous]);
        self.accounts.insert(row.account);
        self.workspaces.insert(row.workspace);
    }
}

/// Looks for households whose last row is before an instant, at most so many of them: those that are silent for the longest time.
///
/// # Errors
/// When a file cannot be read.
pub fn unheard(lake: &Lake, before: Timestamp, most: usize) -> Result<Unheard> {
    let (folder, manifest) = (lake.folder(), lake.manifest());
    let identity = IdentityFiles::load(folder, manifest)?;
    // Ids of one person by an alias may lie in households of which one is heard of: those stay.
    let aliased: HashSet<u32> = identity.aliases.iter().flat_map(|alias| [alias.id, alias.previous]).collect();
    let mut staying: HashSet<HouseholdKey> = HashSet::new();
    let mut last: HashMap<HouseholdKey, i64> = HashMap::new();
    each_row(lake, &|_| false, &mut |row, _| {
        if [row.user, row.anonymous, row.person].iter().any(|code| aliased.contains(code)) {
            staying.insert(row.household);
        }
        let last = last.entry(row.household).or_insert(i64::MIN);
        *last = row.at.max(*last);
        Ok(())
    })?;
    last.retain(|household, at| *at < before.0 && !staying.contains(household));
    if last.len() > most {
        let mut all: Vec<(i64, HouseholdKey)> = last.iter().map(|(household, at)| (*at, *household)).collect();
        all.sort_unstable();
        all.truncate(most);
        last = all.into_iter().map(|(at, household)| (household, at)).collect();
    }
    if last.is_empty() {
        return Ok(Unheard::default());
    }
    let (mut going, mut staying) = (Codes::default(), Codes::default());
    each_row(lake, &|_| false, &mut |row, _| {
        let codes = if last.contains_key(&row.household) { &mut going } else { &mut staying };
        codes.add(row);
        Ok(())
    })?;
    let persons = Dictionary::load(folder, &manifest.persons)?;
    let identity = identity.resolve(&persons);
    let shared = going.persons.intersection(&staying.persons).filter(|code| **code != 0);
    let shared: BTreeSet<String> = shared.map(|code| persons.text(*code).to_owned()).collect();
    // What others are known by, too, stays with them.
    let only = |going: BTreeSet<u32>, staying: &BTreeSet<u32>| -> BTreeSet<u32> {
        going.into_iter().filter(|code| *code != 0 && !staying.contains(code)).collect()
    };
    let going = Going {
        placed: BTreeSet::new(),
        persons: only(going.persons, &staying.persons),
        accounts: only(going.accounts, &staying.accounts),
        workspaces: only(going.workspaces, &staying.workspaces),
    };
    let going = Going { placed: going.persons.iter().map(|code| identity.person(*code).0).collect(), ..going };
    let mut found = Unheard { shared, ..counted(lake, &going)? };
    for (kind, dictionary, codes) in [
        (SubjectKind::User, persons, going.persons),
        (SubjectKind::Account, Dictionary::load(folder, &manifest.accounts)?, going.accounts),
        (SubjectKind::Workspace, Dictionary::load(folder, &manifest.workspaces)?, going.workspaces),
    ] {
        found.ids.extend(codes.into_iter().map(|code| (kind, dictionary.text(code).to_owned())));
    }
    Ok(found)
}

/// How much goes with these codes.
fn counted(lake: &Lake, going: &Going) -> Result<Unheard> {
    let mut found = Unheard::default();
    let mut households: HashSet<HouseholdKey> = HashSet::new();
    each_row(lake, &|_| false, &mut |row, _| {
        if going.has(row) {
            households.insert(row.household);
            match Row::table(row.what) {
                Table::Events => found.events += 1,
                Table::Facts => found.facts += 1,
            }
        }
        Ok(())
    })?;
    Ok(Unheard { households: households.len() as u64, ..found })
}

/// Takes them out, and has the lake say so from now on, also if there was nobody. Files of the version before stay until
/// [`LakeLock::sweep`].
///
/// # Errors
/// As for reading and writing any file; the lake is then as it was, or does not say it yet.
pub fn retain(lock: &LakeLock, workspace: &Workspace, gone: &Unheard, before: Timestamp) -> Result<Erased> {
    let erased = erase(lock, workspace, &gone.ids)?;
    keep_from(lock, before)?;
    Ok(erased)
}

/// Has the lake say that whoever was not heard of since an instant is not kept.
///
/// # Errors
/// When the manifest cannot be read or written.
pub fn keep_from(lock: &LakeLock, before: Timestamp) -> Result<()> {
    let Some(mut manifest) = Manifest::read(lock.folder())? else { return Ok(()) };
    if manifest.kept_from.is_none_or(|known| known < before.0) {
        manifest.kept_from = Some(before.0);
        manifest.version += 1;
        manifest.commit(lock.folder())?;
    }
    Ok(())
}
