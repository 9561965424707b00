//! Builds a household from its pieces.

use engine::household::{Code, Household, Membership, Needs, NoProperties, PropertySource, Run, Subject, TraitFact};
use engine::identity::{Belonging, EmailFact, Statement};
use engine::record::SubjectKind;
use engine::workspace::Workspace;
use engine::{Number, Timestamp, Value};

use super::batches::Piece;
use super::columns::{EVENT_ACCOUNT, EVENT_WORKSPACE, FACT_ACCOUNT, FACT_WORKSPACE, Selection};
use crate::columns::Table;
use crate::directory::{AccountIds, LakeDirectory};
use crate::rows::{CONSTANT, LEAVE};
use crate::scan::ScanRequest;
use crate::stream::{Buffers, LifeStream};
use crate::values::ValueColumn;

/// Buffers that all households of a thread share, one after the other.
pub(super) struct Workbench<'a> {
    workspace: &'a Workspace,
    users: Vec<Run>,
    traits: Vec<TraitFact>,
    memberships: Vec<Membership>,
    merged: Merged,
    accounts: Vec<Code>,
    known: Vec<i64>,
}

/// Rows of several runs in order.
#[derive(Default)]
struct Merged {
    times: Vec<i64>,
    names: Vec<u32>,
    accounts: Vec<u32>,
    workspaces: Vec<u32>,
    known: Vec<i64>,
    /// Where each row comes from: stream and row.
    sources: Vec<(u32, u32)>,
}

/// Event rows of one household, wherever they lie.
#[derive(Clone, Copy)]
struct EventRows<'a> {
    times: &'a [i64],
    names: &'a [u32],
    accounts: &'a [u32],
    workspaces: &'a [u32],
    /// Empty where every row took effect at its time.
    known: &'a [i64],
}

impl EventRows<'_> {
    fn known_of(&self, row: usize) -> i64 {
        let known = if self.known.is_empty() { self.times } else { self.known };
        known.get(row).copied().unwrap_or(i64::MIN)
    }
}

impl<'a> Workbench<'a> {
    pub(super) fn new(request: &ScanRequest<'a>) -> Self {
        Self {
            workspace: request.workspace,
            users: Vec::new(),
            traits: Vec::new(),
            memberships: Vec::new(),
            merged: Merged::default(),
            accounts: Vec::new(),
            known: Vec::new(),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a gatherer, which is borrowed apart")]
    pub(super) fn household(
        &mut self,
        pieces: &[Piece],
        events: &[LifeStream],
        facts: &[LifeStream],
        selection: &Selection,
        directory: &LakeDirectory,
        needs: &Needs,
        visit: &mut dyn FnMut(&Household<'_>),
    ) {
        self.users.clear();
        self.traits.clear();
        self.memberships.clear();
        let together = needs.accounts || needs.workspaces;
        let mut of_events = pieces.iter().filter(|piece| piece.table == Table::Events);
        let first = of_events.next();
        let one_run = first.is_none_or(|first| of_events.all(|piece| piece.stream == first.stream));
        push_users(pieces, &mut self.users);
        let count = self.users.last().map_or(0, |run| run.end);
        self.push_traits(pieces, facts, selection);

        let mut place = Place { start: 0, values: &[] };
        let rows = match (one_run, first) {
            (true, Some(first)) => {
                let buffers = events.get(first.stream).map(|stream| &stream.buffers);
                place = Place { start: first.start, values: buffers.map_or(&[], |buffers| &buffers.values) };
                rows_in_place(buffers, first.start, count)
            }
            (true, None) => rows_in_place(None, 0, 0),
            (false, _) => {
                self.merged.fill(pieces, events);
                self.merged.rows()
            }
        };
        let mut accounts = rows.accounts;
        let mut known_to_account: &[i64] = &[];
        if together {
            let belonging = belonging(pieces, &self.users, rows, facts, selection, self.workspace, directory);
            self.memberships.extend(belonging.memberships());
            let late = resolve_accounts(&self.users, rows, &belonging, &mut self.accounts, &mut self.known);
            accounts = &self.accounts;
            if late {
                known_to_account = &self.known;
            }
        }
        if count == 0 && self.traits.is_empty() && self.memberships.is_empty() {
            return;
        }
        let in_place = Direct { place, slots: &selection.properties };
        let merged = Scattered { sources: &self.merged.sources, events, slots: &selection.properties };
        let properties: &dyn PropertySource = if needs.properties.is_empty() {
            &NoProperties
        } else if one_run {
            &in_place
        } else {
            &merged
        };
        visit(&Household {
            times: rows.times,
            names: rows.names,
            users: &self.users,
            accounts: needs.accounts.then_some(accounts),
            workspaces: needs.workspaces.then_some(rows.workspaces),
            known: (!rows.known.is_empty()).then_some(rows.known),
            known_to_account: (!known_to_account.is_empty()).then_some(known_to_account),
            properties,
            traits: &self.traits,
            memberships: &self.memberships,
            directory,
        });
    }

    fn push_traits(&mut self, pieces: &[Piece], facts: &[LifeStream], selection: &Selection) {
        if selection.traits.is_empty() {
            return;
        }
        for piece in pieces.iter().filter(|piece| piece.table == Table::Facts) {
            let Some(buffers) = facts.get(piece.stream).map(|stream| &stream.buffers) else { continue };
            for row in piece.start..piece.start + piece.rows {
                push_row_traits(&mut self.traits, buffers, row, piece.person, selection);
            }
        }
        self.traits
            .sort_by(|a, b| (a.at, a.of, a.slot, &a.value, a.known).cmp(&(b.at, b.of, b.slot, &b.value, b.known)));
    }
}

/// The users of a household's pieces: pieces of one life stand together.
fn push_users(pieces: &[Piece], users: &mut Vec<Run>) {
    let mut end = 0;
    for piece in pieces.iter().filter(|piece| piece.table == Table::Events) {
        let start = end;
        end += piece.rows;
        match users.last_mut() {
            Some(run) if run.user == piece.person => run.end = end,
            _ => users.push(Run { user: piece.person, start, end }),
        }
    }
}

fn rows_in_place(buffers: Option<&Buffers>, start: usize, count: usize) -> EventRows<'_> {
    let Some(buffers) = buffers else {
        return EventRows { times: &[], names: &[], accounts: &[], workspaces: &[], known: &[] };
    };
    let range = start..start + count;
    let codes = |column| buffers.codes(column).get(range.clone()).unwrap_or_default();
    EventRows {
        times: buffers.times.get(range.clone()).unwrap_or_default(),
        names: codes(0),
        accounts: codes(EVENT_ACCOUNT),
        workspaces: codes(EVENT_WORKSPACE),
        known: if buffers.late { buffers.known.get(range.clone()).unwrap_or_default() } else { &[] },
    }
}

impl Merged {
    /// Puts the events of pieces in order: life by life, within one by time, at one time the older run first.
    fn fill(&mut self, pieces: &[Piece], events: &[LifeStream]) {
        self.times.clear();
        self.names.clear();
        self.accounts.clear();
        self.workspaces.clear();
        self.known.clear();
        self.sources.clear();
        let late = events.iter().any(|stream| stream.buffers.late);
        let mut order: Vec<(i64, u32, u32)> = Vec::new();
        for life in pieces.chunk_by(|a, b| a.person == b.person) {
            order.clear();
            for piece in life.iter().filter(|piece| piece.table == Table::Events) {
                let Some(stream) = events.get(piece.stream) else { continue };
                let times = stream.buffers.times.get(piece.start..piece.start + piece.rows).unwrap_or_default();
                let number = u32::try_from(piece.stream).unwrap_or(u32::MAX);
                let rows = u32::try_from(piece.start).unwrap_or(u32::MAX)..;
                order.extend(times.iter().zip(rows).map(|(time, row)| (*time, number, row)));
            }
            order.sort_unstable();
            for (time, number, row) in &order {
                let Some(buffers) = events.get(*number as usize).map(|stream| &stream.buffers) else { continue };
                let code = |column| buffers.codes(column).get(*row as usize).copied().unwrap_or(0);
                self.times.push(*time);
                self.names.push(code(0));
                self.accounts.push(code(EVENT_ACCOUNT));
                self.workspaces.push(code(EVENT_WORKSPACE));
                if late {
                    self.known.push(buffers.known.get(*row as usize).copied().unwrap_or(*time));
                }
                self.sources.push((*number, *row));
            }
        }
    }

    fn rows(&self) -> EventRows<'_> {
        EventRows {
            times: &self.times,
            names: &self.names,
            accounts: &self.accounts,
            workspaces: &self.workspaces,
            known: &self.known,
        }
    }
}

fn fact_known(buffers: &Buffers, row: usize) -> i64 {
    let known = if buffers.late { &buffers.known } else { &buffers.times };
    known.get(row).copied().unwrap_or(i64::MIN)
}

fn push_row_traits(traits: &mut Vec<TraitFact>, buffers: &Buffers, row: usize, person: u32, selection: &Selection) {
    let says = buffers.says.get(row).copied().unwrap_or(0);
    let (kind, code) = match says & 7 {
        0 => (SubjectKind::User, person),
        1 => (SubjectKind::Account, buffers.codes(FACT_ACCOUNT).get(row).copied().unwrap_or(0)),
        2 => (SubjectKind::Workspace, buffers.codes(FACT_WORKSPACE).get(row).copied().unwrap_or(0)),
        _ => return,
    };
    if code == 0 {
        return;
    }
    let time = buffers.times.get(row).copied().unwrap_or(i64::MIN);
    let late = fact_known(buffers, row);
    let (at, known) = match (says & CONSTANT != 0, late > time) {
        (true, _) => (Timestamp::MIN, Timestamp::MIN),
        (false, true) => (Timestamp(time), Timestamp(late)),
        (false, false) => (Timestamp(time), Timestamp::MIN),
    };
    for (slot, (owner, places)) in (0..).zip(&selection.traits) {
        if *owner == kind
            && let Some(value) = first_value(&buffers.values, places, row)
        {
            traits.push(TraitFact { at, known, of: Subject { kind, code }, slot, value });
        }
    }
}

/// Who belongs where, from all rows of the household that carry an account.
fn belonging(
    pieces: &[Piece],
    users: &[Run],
    rows: EventRows<'_>,
    facts: &[LifeStream],
    selection: &Selection,
    workspace: &Workspace,
    directory: &LakeDirectory,
) -> Belonging {
    let (mut statements, mut emails) = (Vec::new(), Vec::new());
    let mut leaves = false;
    for piece in pieces.iter().filter(|piece| piece.table == Table::Facts) {
        let Some(buffers) = facts.get(piece.stream).map(|stream| &stream.buffers) else { continue };
        for row in piece.start..piece.start + piece.rows {
            let code = |column| buffers.codes(column).get(row).copied().unwrap_or(0);
            let (account, in_workspace) = (code(FACT_ACCOUNT), code(FACT_WORKSPACE));
            let at = buffers.times.get(row).copied().unwrap_or(i64::MIN);
            let (says, known, person) =
                (buffers.says.get(row).copied().unwrap_or(0), fact_known(buffers, row), piece.person);
            if account != 0 && (person != 0 || in_workspace != 0) {
                leaves |= says == LEAVE;
                statements.push(Statement {
                    at,
                    known,
                    person,
                    account,
                    workspace: in_workspace,
                    leaves: says == LEAVE,
                });
            }
            let places = selection.emails.as_deref().filter(|_| person != 0 && says & 7 == 0).unwrap_or_default();
            if let Some(Value::Text(address)) = first_value(&buffers.values, places, row) {
                let account = workspace.account_of_email(&address).map_or(0, |id| directory.account_code(&id));
                let (at, known) = if says & CONSTANT == 0 { (at, known) } else { (i64::MIN, i64::MIN) };
                emails.push(EmailFact { at, known, person, account });
            }
        }
    }
    for run in users {
        let mut last: Option<Statement> = None;
        for row in run.start..run.end {
            let Some(account) = rows.accounts.get(row).copied().filter(|account| *account != 0) else { continue };
            let in_workspace = rows.workspaces.get(row).copied().unwrap_or(0);
            if run.user == 0 && in_workspace == 0 {
                continue;
            }
            let (at, known) = (rows.times.get(row).copied().unwrap_or(i64::MIN), rows.known_of(row));
            let statement = Statement { at, known, person: run.user, account, workspace: in_workspace, leaves: false };
            // Of a stretch of rows in one account only the first says something new, unless somebody leaves or a
            // workspace's account is at stake.
            let repeats = last.is_some_and(|last| last.account == account && (last.at < at || last.known <= known));
            if !repeats || leaves || in_workspace != 0 {
                statements.push(statement);
                last = Some(statement);
            }
        }
    }
    Belonging::of(statements, &emails, &AccountIds(directory))
}

/// Fills each row's account, and when it took effect for it. Says whether some row did later than for its user.
fn resolve_accounts(
    users: &[Run],
    rows: EventRows<'_>,
    belonging: &Belonging,
    accounts: &mut Vec<Code>,
    known: &mut Vec<i64>,
) -> bool {
    accounts.clear();
    known.clear();
    let mut late = false;
    for run in users {
        let only = belonging.only_account_of(run.user);
        for row in run.start..run.end {
            let own = rows.accounts.get(row).copied().unwrap_or(0);
            let workspace = rows.workspaces.get(row).copied().unwrap_or(0);
            let at = rows.times.get(row).copied().unwrap_or(i64::MIN);
            let (account, since) = match only {
                _ if own != 0 => (own, i64::MIN),
                Some(only) if workspace == 0 => only,
                _ => belonging.account_of_row(run.user, own, workspace, at),
            };
            let to_user = rows.known_of(row);
            let effect = to_user.max(since);
            late |= effect > to_user;
            accounts.push(account);
            known.push(effect);
        }
    }
    late
}

/// Where a household's rows lie in one stream's buffers.
#[derive(Clone, Copy)]
struct Place<'a> {
    start: usize,
    values: &'a [ValueColumn],
}

struct Direct<'a> {
    place: Place<'a>,
    slots: &'a [Vec<usize>],
}

impl PropertySource for Direct<'_> {
    fn value(&self, row: usize, slot: u32) -> Option<Value> {
        first_value(self.place.values, self.slots.get(slot as usize)?, self.place.start + row)
    }

    fn number(&self, row: usize, slot: u32) -> Option<Number> {
        first_number(self.place.values, self.slots.get(slot as usize)?, self.place.start + row)
    }
}

struct Scattered<'a> {
    sources: &'a [(u32, u32)],
    events: &'a [LifeStream],
    slots: &'a [Vec<usize>],
}

impl PropertySource for Scattered<'_> {
    fn value(&self, row: usize, slot: u32) -> Option<Value> {
        let (stream, row) = self.sources.get(row)?;
        let values = &self.events.get(*stream as usize)?.buffers.values;
        first_value(values, self.slots.get(slot as usize)?, *row as usize)
    }

    fn number(&self, row: usize, slot: u32) -> Option<Number> {
        let (stream, row) = self.sources.get(row)?;
        let values = &self.events.get(*stream as usize)?.buffers.values;
        first_number(values, self.slots.get(slot as usize)?, *row as usize)
    }
}

fn first_value(values: &[ValueColumn], places: &[usize], row: usize) -> Option<Value> {
    places.iter().find_map(|place| values.get(*place)?.value(row))
}

fn first_number(values: &[ValueColumn], places: &[usize], row: usize) -> Option<Number> {
    places.iter().find_map(|place| values.get(*place)?.number(row))
}
