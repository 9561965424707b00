//! Who has to be read together: connected groups of persons, accounts and workspaces.

use super::Identity;
use crate::household::{Code, Subject};
use crate::record::SubjectKind;

/// Ids that one record carries together, as sent; 0 where there is none. `anonymous` only without a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bond {
    /// Person code of the user id.
    pub user: Code,
    /// Person code of the anonymous id.
    pub anonymous: Code,
    /// Account code.
    pub account: Code,
    /// Workspace code.
    pub workspace: Code,
}

impl Bond {
    /// The bond of a row; `None` if it carries fewer than two subjects.
    #[must_use]
    pub fn of(user: Code, anonymous: Code, account: Code, workspace: Code) -> Option<Self> {
        let person = user != 0 || anonymous != 0;
        let subjects = u8::from(person) + u8::from(account != 0) + u8::from(workspace != 0);
        let anonymous = if user == 0 { anonymous } else { 0 };
        (subjects > 1).then_some(Self { user, anonymous, account, workspace })
    }
}

/// A household's number: of its smallest account code, else workspace code, else person code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct HouseholdKey(pub u32);

impl HouseholdKey {
    /// The key of the household that a subject names. Codes above 2³⁰ − 1 do not fit.
    #[must_use]
    pub const fn of(subject: Subject) -> Self {
        let kind = match subject.kind {
            SubjectKind::Account => 0,
            SubjectKind::Workspace => 1,
            SubjectKind::User => 2,
        };
        Self(subject.code << 2 | kind)
    }
}

/// The household of every subject.
///
/// Grouping is never too small: whoever can share a row, a membership or a parent is in one household. It may be
/// larger than needed where a shared device acted for an account.
#[derive(Debug, Clone, Default)]
pub struct Households {
    /// Nodes: accounts, then workspaces, then persons, each from code 0 on; a node's smallest companion.
    parent: Vec<u32>,
    workspaces_from: u32,
    persons_from: u32,
}

impl Households {
    /// Groups by bonds, in any order. The counts are the sizes of the dictionaries: the largest code + 1.
    #[must_use]
    pub fn of(
        bonds: impl IntoIterator<Item = Bond>,
        identity: &Identity,
        accounts: u32,
        workspaces: u32,
        persons: u32,
    ) -> Self {
        let (workspaces_from, persons_from) = (accounts, accounts + workspaces);
        let parent = (0..persons_from + persons).collect();
        let mut households = Self { parent, workspaces_from, persons_from };
        for bond in bonds {
            households.bind(&bond, identity);
        }
        households
    }

    fn bind(&mut self, bond: &Bond, identity: &Identity) {
        let account = (bond.account != 0).then_some(bond.account);
        let workspace = (bond.workspace != 0).then_some(self.workspaces_from + bond.workspace);
        if let (Some(account), Some(workspace)) = (account, workspace) {
            self.union(account, workspace);
        }
        let Some(group) = account.or(workspace) else { return };
        if bond.user != 0 {
            self.union(group, self.persons_from + identity.person(bond.user).0);
        } else if bond.anonymous != 0 {
            for person in identity.persons_of_anonymous(bond.anonymous) {
                self.union(group, self.persons_from + person);
            }
        }
    }

    fn union(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(place) = self.parent.get_mut(a.max(b) as usize) {
            *place = a.min(b);
        }
    }

    /// The smallest node of the group, halving the path on the way.
    fn root(&mut self, mut node: u32) -> u32 {
        while let Some(parent) = self.parent.get(node as usize).copied() {
            if parent == node {
                break;
            }
            let grandparent = self.parent.get(parent as usize).copied().unwrap_or(parent);
            if let Some(place) = self.parent.get_mut(node as usize) {
                *place = grandparent;
            }
            node = grandparent;
        }
        node
    }

    /// The household of a subject. Persons are persons after aliases.
    #[must_use]
    pub fn household(&self, subject: Subject) -> HouseholdKey {
        let from = match subject.kind {
            SubjectKind::Account => 0,
            SubjectKind::Workspace => self.workspaces_from,
            SubjectKind::User => self.persons_from,
        };
        let mut node = from + subject.code;
        while let Some(parent) = self.parent.get(node as usize).copied().filter(|parent| *parent != node) {
            node = parent;
        }
        if node as usize >= self.parent.len() {
            return HouseholdKey::of(subject);
        }
        let (kind, code) = if node >= self.persons_from {
            (SubjectKind::User, node - self.persons_from)
        } else if node >= self.workspaces_from {
            (SubjectKind::Workspace, node - self.workspaces_from)
        } else {
            (SubjectKind::Account, node)
        };
        HouseholdKey::of(Subject { kind, code })
    }

    /// The household of a row: of its person, else of its account, else of its workspace.
    #[must_use]
    pub fn of_row(&self, person: Code, account: Code, workspace: Code) -> HouseholdKey {
        let (kind, code) = match (person, account) {
            (0, 0) => (SubjectKind::Workspace, workspace),
            (0, account) => (SubjectKind::Account, account),
            (person, _) => (SubjectKind::User, person),
        };
        self.household(Subject { kind, code })
    }
}
