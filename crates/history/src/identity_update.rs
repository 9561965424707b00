//! What new rows say about identity, joined with what the lake knew.

use std::collections::{BTreeSet, HashMap, HashSet};

use engine::identity::{Alias, Bond, Ids, known_at};
use foldhash::fast::FixedState;

use crate::identity_files::{IdentityFiles, TieRun};
use crate::rows::{NEVER, Row};

/// A record that carries both ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TiePoint {
    pub(crate) anonymous: u32,
    pub(crate) at: i64,
    pub(crate) user: u32,
    pub(crate) known: i64,
}

impl TiePoint {
    pub(crate) fn of(row: &Row) -> Option<Self> {
        let Row { user, anonymous, at, .. } = *row;
        (user != 0 && anonymous != 0).then(|| Self { anonymous, at, user, known: known(row) })
    }
}

fn known(row: &Row) -> i64 {
    known_at(row.at, (row.received != NEVER).then_some(row.received))
}

/// What rows say.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// By anonymous id and user.
    ties: HashMap<(u32, u32), TieRun, FixedState>,
    bonds: HashSet<Bond, FixedState>,
    aliases: BTreeSet<Alias>,
}

impl Observed {
    /// Takes a row; for aliases with the other id's code.
    pub(crate) fn row(&mut self, row: &Row, previous: Option<u32>) {
        self.bond(row.user, row.anonymous, row.account, row.workspace);
        if let Some(point) = TiePoint::of(row) {
            let TiePoint { anonymous, at, user, known } = point;
            let run = self.ties.entry((anonymous, user)).or_insert(TieRun { first: at, last: at, user, known });
            run.first = run.first.min(at);
            run.last = run.last.max(at);
            run.known = run.known.min(known);
        }
        if let Some(previous) = previous {
            let id = if row.user == 0 { row.anonymous } else { row.user };
            self.aliases.insert(Alias { id, previous, known: known(row) });
        }
    }

    /// Takes ids that belong together.
    pub(crate) fn bond(&mut self, user: u32, anonymous: u32, account: u32, workspace: u32) {
        if let Some(bond) = Bond::of(user, anonymous, account, workspace) {
            self.bonds.insert(bond);
        }
    }

    /// Joins this with what was known. Also gives the anonymous ids whose runs cannot be told from their ends alone,
    /// because another user comes between: they have to be made from all their records ([`exact_runs`]).
    pub(crate) fn join(self, before: &IdentityFiles) -> (IdentityFiles, BTreeSet<u32>) {
        let mut after = before.clone();
        after.aliases.extend(self.aliases);
        after.bonds.extend(self.bonds);
        let mut ties: Vec<((u32, u32), TieRun)> = self.ties.into_iter().collect();
        ties.sort_unstable();
        let mut unclear = BTreeSet::new();
        for of_one in ties.chunk_by(|a, b| a.0.0 == b.0.0) {
            let Some(((anonymous, _), _)) = of_one.first() else { continue };
            let runs = after.ties.entry(*anonymous).or_default();
            runs.extend(of_one.iter().map(|(_, run)| *run));
            if !fuse(runs) {
                unclear.insert(*anonymous);
            }
        }
        (after, unclear)
    }
}

/// Puts runs in order and joins neighbours of one user; `false` if runs of two users touch.
fn fuse(runs: &mut Vec<TieRun>) -> bool {
    runs.sort_unstable();
    let mut fused: Vec<TieRun> = Vec::with_capacity(runs.len());
    let mut clear = true;
    for run in runs.drain(..) {
        match fused.last_mut() {
            Some(last) if last.user == run.user => {
                last.last = last.last.max(run.last);
                last.known = last.known.min(run.known);
            }
            Some(last) if run.first <= last.last => {
                clear = false;
                fused.push(run);
            }
            _ => fused.push(run),
        }
    }
    *runs = fused;
    clear
}

/// Runs from every record of some anonymous ids: at one instant the smaller user id wins.
pub(crate) fn exact_runs(mut points: Vec<TiePoint>, persons: &dyn Ids, files: &mut IdentityFiles) {
    points.sort_unstable_by(|a, b| {
        let texts = || persons.text(a.user).cmp(persons.text(b.user));
        (a.anonymous, a.at).cmp(&(b.anonymous, b.at)).then_with(texts).then(a.known.cmp(&b.known))
    });
    for of_one in points.chunk_by(|a, b| a.anonymous == b.anonymous) {
        let mut runs: Vec<TieRun> = Vec::new();
        for at_once in of_one.chunk_by(|a, b| a.at == b.at) {
            let Some(winner) = at_once.first() else { continue };
            let TiePoint { at, user, known, .. } = *winner;
            match runs.last_mut() {
                Some(last) if last.user == user => {
                    last.last = at;
                    last.known = last.known.min(known);
                }
                _ => runs.push(TieRun { first: at, last: at, user, known }),
            }
        }
        if let Some(first) = of_one.first() {
            files.ties.insert(first.anonymous, runs);
        }
    }
}
