//! Households of which nothing has been heard for long, out of the lake.
//!
//! A life is kept whole or not at all: without its beginning nobody could say when its time started, what it had counted, or whether
//! it had paid. So a household goes when its last row is old, and not before; the manifest says since when somebody must have been
//! heard of ([`crate::Manifest::kept_from`]).

use std::collections::{BTreeSet, HashMap, HashSet};

use engine::Timestamp;
use engine::identity::{HouseholdKey, Identity, Ids as _};
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
    /// As sent.
    persons: BTreeSet<u32>,
    /// By whom rows are placed.
    placed: BTreeSet<u32>,
    accounts: BTreeSet<u32>,
    workspaces: BTreeSet<u32>,
}

impl Codes {
    fn add(&mut self, row: &Row) {
        self.persons.extend([row.user, row.anonymous]);
        self.placed.insert(row.person);
        self.accounts.insert(row.account);
        self.workspaces.insert(row.workspace);
    }
}

/// Households that speak of one person: what is a device to one company may be a user's id to another, or another id of somebody by
/// an alias. They go together or not at all.
#[derive(Default)]
struct Together {
    /// The first household that spoke of a person.
    of_person: HashMap<u32, HouseholdKey>,
    /// Devices of households, as the persons they would be by themselves.
    devices: BTreeSet<(HouseholdKey, u32)>,
    /// From a household to another one of its group; the last of such a way stands for all.
    next: HashMap<HouseholdKey, HouseholdKey>,
}

impl Together {
    fn add(&mut self, row: &Row, identity: &Identity) {
        for person in [identity.person(row.user).0, row.person].into_iter().filter(|person| *person != 0) {
            self.bind(row.household, person);
        }
        if row.anonymous != 0 {
            self.devices.insert((row.household, identity.person(row.anonymous).0));
        }
    }

    /// To be called once all rows were added: only then is it known which devices are persons.
    fn bind_devices(&mut self) {
        for (household, person) in std::mem::take(&mut self.devices) {
            if self.of_person.contains_key(&person) {
                self.bind(household, person);
            }
        }
    }

    fn bind(&mut self, household: HouseholdKey, person: u32) {
        let first = *self.of_person.entry(person).or_insert(household);
        let (a, b) = (self.group(first), self.group(household));
        if a != b {
            self.next.insert(a.max(b), a.min(b));
        }
    }

    fn group(&self, mut household: HouseholdKey) -> HouseholdKey {
        while let Some(next) = self.next.get(&household) {
            household = *next;
        }
        household
    }

    /// Of households with the instants of their last rows those of whose whole group nothing was heard since, at most so many
    /// groups: those that are silent for the longest time.
    fn silent(&self, last: HashMap<HouseholdKey, i64>, before: i64, most: usize) -> HashSet<HouseholdKey> {
        let mut groups: HashMap<HouseholdKey, (i64, Vec<HouseholdKey>)> = HashMap::new();
        last.into_iter().for_each(|(household, at)| {
            let (last, households) = groups.entry(self.group(household)).or_insert((i64::MIN, Vec::new()));
            *last = at.max(*last);
            households.push(household);
        });
        let mut silent: Vec<(i64, HouseholdKey)> =
            groups.iter().map(|(group, (at, _))| (*at, *group)).filter(|(at, _)| *at < before).collect();
        silent.sort_unstable();
        silent.truncate(most);
        silent.iter().filter_map(|(_, group)| groups.remove(group)).flat_map(|(_, households)| households).collect()
    }
}

/// Looks for households whose last row is before an instant, at most so many of them: those that are silent for the longest time.
///
/// # Errors
/// When a file cannot be read.
pub fn unheard(lake: &Lake, before: Timestamp, most: usize) -> Result<Unheard> {
    let (folder, manifest) = (lake.folder(), lake.manifest());
    let persons = Dictionary::load(folder, &manifest.persons)?;
    let identity = IdentityFiles::load(folder, manifest)?.resolve(&persons);
    let (mut last, mut together) = (HashMap::<HouseholdKey, i64>::new(), Together::default());
    each_row(lake, &|_| false, &mut |row, _| {
        together.add(row, &identity);
        let last = last.entry(row.household).or_insert(i64::MIN);
        *last = row.at.max(*last);
        Ok(())
    })?;
    together.bind_devices();
    let last = together.silent(last, before.0, most);
    if last.is_empty() {
        return Ok(Unheard::default());
    }
    let (mut going, mut staying) = (Codes::default(), Codes::default());
    each_row(lake, &|_| false, &mut |row, _| {
        let codes = if last.contains(&row.household) { &mut going } else { &mut staying };
        codes.add(row);
        Ok(())
    })?;
    // Also ids that stand in no row of their own, as older ones of an alias do.
    going.persons.extend((1..persons.end()).filter(|code| going.placed.contains(&identity.person(*code).0)));
    // What others are known by, too, stays with them.
    let is_shared = |code: &u32| staying.persons.contains(code);
    let (shared, of_going): (BTreeSet<u32>, BTreeSet<u32>) =
        going.persons.into_iter().filter(|code| *code != 0).partition(is_shared);
    let shared: BTreeSet<String> = shared.iter().map(|code| persons.text(*code).to_owned()).collect();
    let only = |going: BTreeSet<u32>, staying: &BTreeSet<u32>| -> BTreeSet<u32> {
        going.into_iter().filter(|code| *code != 0 && !staying.contains(code)).collect()
    };
    let going = Going {
        placed: of_going.iter().map(|code| identity.person(*code).0).collect(),
        persons: of_going,
        accounts: only(going.accounts, &staying.accounts),
        workspaces: only(going.workspaces, &staying.workspaces),
    };
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
