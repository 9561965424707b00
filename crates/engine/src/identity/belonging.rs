//! Inside a household: who belongs to which account when, and whose each row is.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ids, Link, Links};
use crate::Timestamp;
use crate::household::{Code, Membership, Subject};
use crate::record::SubjectKind;

/// A row that carries an account together with a person or a workspace, or a leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Statement {
    /// When.
    pub at: i64,
    /// When it was known, ties and aliases included.
    pub known: i64,
    /// The person, identity resolved; 0: none.
    pub person: Code,
    /// The account; 0 only for a leave of all accounts.
    pub account: Code,
    /// The workspace; 0: none.
    pub workspace: Code,
    /// The person leaves the account.
    pub leaves: bool,
}

/// A person's e-mail address says (or stops saying) which account the person is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailFact {
    /// From when on; [`i64::MIN`] for a constant.
    pub at: i64,
    /// When it was known.
    pub known: i64,
    /// Whose.
    pub person: Code,
    /// The account of the address's domain; 0: the domain is nobody's.
    pub account: Code,
}

/// A stay in an account: from `start` to before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Stay {
    start: i64,
    end: i64,
    account: Code,
    known: i64,
    left_known: i64,
}

/// Memberships, workspaces' accounts and e-mail domains of one household.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Belonging {
    /// By person; by start, at one start the smaller account id last.
    stays: BTreeMap<Code, Vec<Stay>>,
    parents: BTreeMap<Code, Links>,
    /// Persons whose stays come from their e-mail addresses.
    by_address: BTreeSet<Code>,
    /// Persons and accounts that a leave was said of, also where it ended no stay.
    leaves: BTreeSet<(Code, Code)>,
}

/// What a statement that comes last would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joining {
    /// Nothing: it is so already.
    Nothing,
    /// It begins a stay, and the account of no earlier row depends on it.
    Begins,
    /// It may change whose earlier rows are.
    Unsettles,
}

impl Belonging {
    /// From a household's statements and e-mail facts in any order; `accounts` holds the accounts' ids.
    ///
    /// A membership starts at the first statement of person and account since the last leave; at one instant leaves
    /// come after joins. The e-mail counts only for persons who have no membership at all.
    #[must_use]
    pub fn of(mut statements: Vec<Statement>, emails: &[EmailFact], accounts: &dyn Ids) -> Self {
        let made = by_address(&statements, emails, accounts);
        let of_address = made.iter().map(|fact| fact.person).collect();
        statements.extend(made);
        statements.sort_unstable_by_key(|fact| (fact.person, fact.account, fact.at, fact.leaves, fact.known));
        let mut stays: BTreeMap<Code, Vec<Stay>> = BTreeMap::new();
        let joins_and_leaves = |fact: &&Statement| fact.person != 0 && fact.account != 0;
        let of_persons: Vec<&Statement> = statements.iter().filter(joins_and_leaves).collect();
        let leaves = of_persons.iter().filter(|fact| fact.leaves).map(|fact| (fact.person, fact.account)).collect();
        for pair in of_persons.chunk_by(|a, b| (a.person, a.account) == (b.person, b.account)) {
            if let Some(first) = pair.first() {
                stays.entry(first.person).or_default().extend(stays_of(pair));
            }
        }
        // Who only leaves was never there.
        stays.retain(|_, of_person| !of_person.is_empty());
        for of_person in stays.values_mut() {
            of_person.sort_by(|a, b| {
                a.start.cmp(&b.start).then_with(|| accounts.text(b.account).cmp(accounts.text(a.account)))
            });
        }
        let parents = statements.iter().filter(|fact| fact.workspace != 0 && fact.account != 0 && !fact.leaves);
        let parents = parents.map(|fact| (fact.workspace, Link { at: fact.at, to: fact.account, known: fact.known }));
        Self { stays, parents: links(parents, accounts), by_address: of_address, leaves }
    }

    /// What it would change that a person, `is_new` if without any row, joins an account at an instant after which no
    /// row of the person is known.
    pub(crate) fn joining(&self, person: Code, is_new: bool, account: Code, at: i64) -> Joining {
        let Some(stays) = self.stays.get(&person) else {
            // Who is new has never left.
            return if is_new { Joining::Begins } else { Joining::Unsettles };
        };
        if self.by_address.contains(&person) {
            return Joining::Unsettles;
        }
        if stays.iter().any(|stay| stay.account == account && stay.end == i64::MAX && stay.start <= at) {
            return Joining::Nothing;
        }
        if self.leaves.contains(&(person, account)) {
            return Joining::Unsettles;
        }
        // Rows after the last stay would be of the first later one.
        let is_somewhere = stays.iter().any(|stay| stay.end == i64::MAX);
        let is_last = stays.iter().all(|stay| stay.account != account && stay.start < at);
        if is_somewhere && is_last { Joining::Begins } else { Joining::Unsettles }
    }

    /// What it would change that a person's e-mail address is said to be of an account (0: of none) at an instant.
    pub(crate) fn addressing(&self, person: Code, is_new: bool, account: Code, at: i64) -> Joining {
        match self.stays.get(&person).map(Vec::as_slice) {
            None if account == 0 => Joining::Nothing,
            None if is_new => Joining::Begins,
            Some([stay]) if self.by_address.contains(&person) => {
                let same = stay.account == account && stay.end == i64::MAX && stay.start <= at;
                if same { Joining::Nothing } else { Joining::Unsettles }
            }
            Some(_) if !self.by_address.contains(&person) => Joining::Nothing,
            _ => Joining::Unsettles,
        }
    }

    /// What it would change that a workspace, `is_new` if without any row, is said to be an account's.
    pub(crate) fn owning(&self, workspace: Code, is_new: bool, account: Code, at: i64) -> Joining {
        match self.parents.get(&workspace).and_then(|links| links.at(at)) {
            Some(link) if link.to == account && link.at <= at => Joining::Nothing,
            None if is_new => Joining::Begins,
            _ => Joining::Unsettles,
        }
    }

    /// Begins a stay, where that is all that a statement changes ([`Joining::Begins`]).
    pub(crate) fn begin(&mut self, person: Code, account: Code, at: i64, known: i64, by_address: bool) -> Membership {
        let stay = Stay { start: at, end: i64::MAX, account, known, left_known: i64::MIN };
        self.stays.entry(person).or_default().push(stay);
        if by_address {
            self.by_address.insert(person);
        }
        membership(at, known, Subject { kind: SubjectKind::User, code: person }, account, false)
    }

    /// Gives a workspace without rows its account.
    pub(crate) fn own(
        &mut self,
        workspace: Code,
        account: Code,
        at: i64,
        known: i64,
        accounts: &dyn Ids,
    ) -> Membership {
        self.parents.insert(workspace, Links::of(vec![Link { at, to: account, known }], accounts));
        membership(at, known, Subject { kind: SubjectKind::Workspace, code: workspace }, account, false)
    }

    /// The account of a row and when that was known ([`i64::MIN`]: by the row itself); 0: none. Its own account
    /// wins; else the workspace's; else the person's latest membership at that time; else the first later one.
    #[must_use]
    pub fn account_of_row(&self, person: Code, own: Code, workspace: Code, at: i64) -> (Code, i64) {
        if own != 0 {
            return (own, i64::MIN);
        }
        if let Some(link) = self.parents.get(&workspace).and_then(|links| links.at(at)) {
            return (link.to, link.known);
        }
        if let Some(stays) = self.stays.get(&person) {
            let started = stays.partition_point(|stay| stay.start <= at);
            let (before, after) = stays.split_at_checked(started).unwrap_or((stays, &[]));
            if let Some(stay) = before.iter().rev().find(|stay| at < stay.end) {
                return (stay.account, stay.known);
            }
            if let Some(first) = after.first() {
                let last_of_start = after.iter().take_while(|stay| stay.start == first.start).last();
                return last_of_start.map_or((0, i64::MIN), |stay| (stay.account, stay.known));
            }
        }
        (0, i64::MIN)
    }

    /// The one account that all rows of a person without own account and workspace have, if that is so.
    #[must_use]
    pub fn only_account_of(&self, person: Code) -> Option<(Code, i64)> {
        match self.stays.get(&person).map(Vec::as_slice) {
            None => Some((0, i64::MIN)),
            Some([stay]) if stay.end == i64::MAX => Some((stay.account, stay.known)),
            _ => None,
        }
    }

    /// Joins and leaves of persons, workspaces' accounts, sorted by time; at one instant joins come first.
    #[must_use]
    pub fn memberships(&self) -> Vec<Membership> {
        let mut all = Vec::new();
        for (person, stays) in &self.stays {
            let member = Subject { kind: SubjectKind::User, code: *person };
            for stay in stays {
                all.push(membership(stay.start, stay.known, member, stay.account, false));
                if stay.end != i64::MAX {
                    all.push(membership(stay.end, stay.left_known, member, stay.account, true));
                }
            }
        }
        for (workspace, links) in &self.parents {
            push_links(&mut all, Subject { kind: SubjectKind::Workspace, code: *workspace }, links.as_slice());
        }
        all.sort_by_key(|fact| (fact.at, fact.leaves, fact.member, fact.account));
        all
    }
}

/// The memberships that e-mail addresses make, of persons who never join by a statement: from each address on until
/// the next.
fn by_address(statements: &[Statement], emails: &[EmailFact], accounts: &dyn Ids) -> Vec<Statement> {
    let joins = |fact: &&Statement| fact.person != 0 && fact.account != 0 && !fact.leaves;
    let members: BTreeSet<Code> = statements.iter().filter(joins).map(|fact| fact.person).collect();
    let addresses = emails.iter().filter(|fact| !members.contains(&fact.person));
    let addresses = addresses.map(|fact| (fact.person, Link { at: fact.at, to: fact.account, known: fact.known }));
    let mut made = Vec::new();
    for (person, links) in links(addresses, accounts) {
        let links = links.as_slice();
        for (place, link) in links.iter().enumerate().filter(|(_, link)| link.to != 0) {
            let join =
                Statement { at: link.at, known: link.known, person, account: link.to, workspace: 0, leaves: false };
            made.push(join);
            if let Some(next) = links.get(place + 1) {
                made.push(Statement { at: next.at, known: next.known, leaves: true, ..join });
            }
        }
    }
    made
}

/// What is known at once needs no date.
fn membership(at: i64, known: i64, member: Subject, account: Code, leaves: bool) -> Membership {
    let known = if known <= at { Timestamp::MIN } else { Timestamp(known) };
    Membership { at: Timestamp(at), known, member, account, leaves }
}

/// Each link is a join that ends where the next one begins.
fn push_links(all: &mut Vec<Membership>, member: Subject, links: &[Link]) {
    for (place, link) in links.iter().enumerate() {
        if link.to == 0 {
            continue;
        }
        all.push(membership(link.at, link.known, member, link.to, false));
        if let Some(next) = links.get(place + 1) {
            all.push(membership(next.at, next.known, member, link.to, true));
        }
    }
}

fn stays_of(sorted: &[&Statement]) -> Vec<Stay> {
    let mut stays: Vec<Stay> = Vec::new();
    for fact in sorted {
        let open = stays.last_mut().filter(|stay| stay.end == i64::MAX);
        match (open, fact.leaves) {
            (Some(stay), true) => (stay.end, stay.left_known) = (fact.at, fact.known),
            (None, false) => stays.push(Stay {
                start: fact.at,
                end: i64::MAX,
                account: fact.account,
                known: fact.known,
                left_known: i64::MIN,
            }),
            _ => {}
        }
    }
    stays
}

fn links(statements: impl Iterator<Item = (Code, Link)>, accounts: &dyn Ids) -> BTreeMap<Code, Links> {
    let mut by_thing: BTreeMap<Code, Vec<Link>> = BTreeMap::new();
    for (thing, link) in statements {
        by_thing.entry(thing).or_default().push(link);
    }
    by_thing.into_iter().map(|(thing, all)| (thing, Links::of(all, accounts))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Later codes have smaller texts.
    struct Backwards;

    impl Ids for Backwards {
        fn text(&self, code: Code) -> &str {
            ["", "z", "y", "x"][code as usize]
        }
    }

    fn join(at: i64, person: Code, account: Code) -> Statement {
        Statement { at, known: at + 1, person, account, workspace: 0, leaves: false }
    }

    fn leave(at: i64, person: Code, account: Code) -> Statement {
        Statement { leaves: true, ..join(at, person, account) }
    }

    #[test]
    fn latest_membership_then_first_later_one() {
        let belonging =
            Belonging::of(vec![join(20, 1, 2), join(10, 1, 1), join(15, 1, 1), leave(30, 1, 2)], &[], &Backwards);
        let account = |at| belonging.account_of_row(1, 0, 0, at);
        assert_eq!(account(5), (1, 11), "the first later one");
        assert_eq!(account(10), (1, 11));
        assert_eq!(account(20), (2, 21), "joining 2 does not end 1, but is later");
        assert_eq!(account(30), (1, 11), "left 2");
        assert_eq!(belonging.account_of_row(1, 3, 0, 30), (3, i64::MIN), "its own group");
        assert_eq!(belonging.account_of_row(2, 0, 0, 30), (0, i64::MIN));
    }

    /// What joins last changes whose earlier rows are if these belong to nobody yet.
    #[test]
    fn joining_unsettles_rows_that_are_nobodys() {
        let left = Belonging::of(vec![join(10, 1, 1), leave(20, 1, 1)], &[], &Backwards);
        assert_eq!(
            left.joining(1, false, 2, 30),
            Joining::Unsettles,
            "rows after the leave are of the first later account"
        );
        assert_eq!(left.joining(1, false, 1, 30), Joining::Unsettles, "back again");
        assert_eq!(left.joining(2, false, 1, 30), Joining::Unsettles, "someone with a past in no account");
        assert_eq!(left.joining(2, true, 1, 30), Joining::Begins);
        let stays = Belonging::of(vec![join(10, 1, 1)], &[], &Backwards);
        assert_eq!(stays.joining(1, false, 1, 30), Joining::Nothing);
        assert_eq!(stays.joining(1, false, 1, 5), Joining::Unsettles, "earlier than known");
        assert_eq!(stays.joining(1, false, 2, 30), Joining::Begins);
    }

    #[test]
    fn comes_back_after_leaving() {
        let belonging =
            Belonging::of(vec![join(10, 1, 1), leave(20, 1, 1), join(20, 1, 1), join(40, 1, 1)], &[], &Backwards);
        assert_eq!(belonging.account_of_row(1, 0, 0, 19).0, 1);
        assert_eq!(belonging.account_of_row(1, 0, 0, 25), (1, 41), "out, but there is a later one");
        let moves: Vec<_> = belonging.memberships().iter().map(|fact| (fact.at.0, fact.leaves)).collect();
        assert_eq!(moves, [(10, false), (20, true), (40, false)]);
    }

    #[test]
    fn at_one_start_the_smaller_account_id() {
        let belonging = Belonging::of(vec![join(10, 1, 1), join(10, 1, 2)], &[], &Backwards);
        assert_eq!(belonging.account_of_row(1, 0, 0, 10).0, 2);
        assert_eq!(belonging.account_of_row(1, 0, 0, 5).0, 2);
    }

    #[test]
    fn workspaces_come_before_memberships() {
        let parent = Statement { workspace: 7, person: 0, ..join(10, 0, 3) };
        let belonging = Belonging::of(vec![parent, join(5, 1, 1)], &[], &Backwards);
        assert_eq!(belonging.account_of_row(1, 0, 7, 6).0, 3);
        assert_eq!(belonging.account_of_row(1, 0, 8, 6).0, 1);
        assert_eq!(belonging.memberships().len(), 2);
    }

    #[test]
    fn leaving_ends_what_an_address_began() {
        let emails = [EmailFact { at: 10, known: 10, person: 1, account: 1 }];
        let belonging = Belonging::of(vec![leave(20, 1, 1)], &emails, &Backwards);
        assert_eq!(belonging.account_of_row(1, 0, 0, 5).0, 1, "the first later one");
        assert_eq!(belonging.account_of_row(1, 0, 0, 20).0, 0);
    }

    #[test]
    fn the_email_counts_only_without_memberships() {
        let email = |person, at, account| EmailFact { at, known: at, person, account };
        let facts = [email(1, 10, 1), email(2, 10, 1), email(2, 20, 0)];
        let belonging = Belonging::of(vec![join(30, 1, 2)], &facts, &Backwards);
        assert_eq!(belonging.account_of_row(1, 0, 0, 10).0, 2);
        assert_eq!(belonging.account_of_row(2, 0, 0, 5).0, 1, "the first after");
        assert_eq!(belonging.account_of_row(2, 0, 0, 20).0, 0, "a free address now");
        let of_second: Vec<_> = belonging
            .memberships()
            .iter()
            .filter(|fact| fact.member.code == 2)
            .map(|fact| (fact.at.0, fact.leaves))
            .collect();
        assert_eq!(of_second, [(10, false), (20, true)]);
    }
}
