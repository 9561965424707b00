//! Rows whose place has changed because the lake has learnt who they are of.
//!
//! A row is placed by the identity known when its file was written. When an import brings a tie, an alias or a membership
//! that puts older rows elsewhere, their lives are written again into the import's run and marked as moved in the files
//! where they were. So reading never has to resolve identity: every row stands where it belongs.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use engine::household::Subject;
use engine::identity::{HouseholdKey, Households, Identity};
use engine::record::SubjectKind;
use foldhash::fast::FixedState;

use crate::columns::Table;
use crate::dictionary::Dictionary;
use crate::error::Result;
use crate::full_rows;
use crate::lake::{Lake, OpenFile};
use crate::manifest::TableEntry;
use crate::parts::Parts;
use crate::plain::{self, Plain};
use crate::rows::Row;
use crate::table_reader::Life;

/// Who is whose, and who belongs together.
pub(crate) struct Whereabouts {
    pub(crate) identity: Identity,
    pub(crate) households: Households,
}

/// Lives that may have to move.
pub(crate) struct Suspects {
    persons: HashSet<u32, FixedState>,
    /// Households in which rows of nobody may have to move.
    households: HashSet<HouseholdKey, FixedState>,
}

impl Suspects {
    /// Compares what was known with what is, each as identity and households. `ends`: the sizes of the dictionaries before
    /// (persons, accounts, workspaces); `tied`: anonymous ids whose ties may have changed.
    pub(crate) fn of(
        before: (&Identity, &Households),
        after: (&Identity, &Households),
        ends: [u32; 3],
        tied: &BTreeSet<u32>,
    ) -> Self {
        let mut suspects = Self { persons: HashSet::default(), households: HashSet::default() };
        let [persons, accounts, workspaces] = ends;
        for code in 1..persons {
            let subject = Subject { kind: SubjectKind::User, code };
            let (was, is) = (before.0.person(code), after.0.person(code));
            let moved = was != is || before.1.household(subject) != after.1.household(subject);
            if moved {
                suspects.persons.insert(was.0);
            }
        }
        for anonymous in tied.iter().filter(|code| **code < persons) {
            if before.0.ties_of(*anonymous) != after.0.ties_of(*anonymous) {
                suspects.persons.extend(before.0.persons_of_anonymous(*anonymous));
            }
        }
        for (kind, end) in [(SubjectKind::Account, accounts), (SubjectKind::Workspace, workspaces)] {
            for code in 1..end {
                let subject = Subject { kind, code };
                let was = before.1.household(subject);
                if was != after.1.household(subject) {
                    suspects.households.insert(was);
                }
            }
        }
        suspects
    }

    fn holds(&self, life: &Life) -> bool {
        if life.person == 0 { self.households.contains(&life.household) } else { self.persons.contains(&life.person) }
    }

    fn is_empty(&self) -> bool {
        self.persons.is_empty() && self.households.is_empty()
    }
}

/// Takes the lives that have to move out of a table into `parts`, and notes them in its entry.
pub(crate) fn move_out(
    lake: &Lake,
    (table, entry): (Table, &mut TableEntry),
    suspects: &Suspects,
    after: &Whereabouts,
    columns: &Dictionary,
    parts: &mut Parts,
    file_name: impl FnOnce() -> String,
) -> Result<()> {
    if suspects.is_empty() {
        return Ok(());
    }
    let file = lake.open_table(entry)?;
    let moved = movers(&file, table, suspects, after, columns, parts)?;
    if moved.is_empty() {
        return Ok(());
    }
    let gone = (0..).zip(file.1.iter()).filter(|(place, life)| life.moved || moved.contains(place));
    let gone: Vec<u32> = gone.map(|(place, _)| place).collect();
    entry.moved = Some(plain::write(lake.folder(), file_name(), &[("life", Plain::Whole(gone))])?);
    Ok(())
}

/// The numbers of lives that have to move, whose rows are put into `parts`.
fn movers(
    file: &OpenFile,
    table: Table,
    suspects: &Suspects,
    after: &Whereabouts,
    columns: &Dictionary,
    parts: &mut Parts,
) -> Result<BTreeSet<u32>> {
    let numbers: BTreeMap<u64, u32> = file
        .1
        .iter()
        .zip(0..)
        .filter(|(life, _)| suspects.holds(life))
        .map(|(life, place)| (life.order(), place))
        .collect();
    let mut moved = BTreeSet::new();
    if numbers.is_empty() {
        return Ok(moved);
    }
    let mut life: Vec<(Row, Vec<u8>)> = Vec::new();
    let mut order = None;
    let mut settle = |life: &mut Vec<(Row, Vec<u8>)>, order: Option<u64>| -> Result<()> {
        let placed: Vec<Row> = life.iter().map(|(row, _)| placed(row, after)).collect();
        let moves = placed.iter().zip(life.iter()).any(|(placed, (row, _))| placed != row);
        if moves {
            moved.extend(order.and_then(|order| numbers.get(&order)));
            for (row, (_, values)) in placed.iter().zip(life.iter()) {
                parts.push(row, values)?;
            }
        }
        life.clear();
        Ok(())
    };
    full_rows::read(
        file,
        table,
        columns,
        |life| suspects.holds(life),
        |row, values| {
            if order != Some(row.life()) {
                settle(&mut life, order)?;
                order = Some(row.life());
            }
            life.push((*row, values.to_vec()));
            Ok(())
        },
    )?;
    settle(&mut life, order)?;
    Ok(moved)
}

/// The row where it belongs now.
pub(crate) fn placed(row: &Row, after: &Whereabouts) -> Row {
    let mut row = *row;
    row.place(&after.identity, &after.households);
    row
}
