//! Ties and aliases: the person behind the ids of a row.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldhash::fast::FixedState;

use super::{Ids, Link, Links};
use crate::household::Code;

/// A record that carries both ids ties the anonymous one to the user from its timestamp on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tie {
    /// The anonymous id's person code.
    pub anonymous: Code,
    /// The user's person code, as sent.
    pub user: Code,
    /// From when on.
    pub at: i64,
    /// When it was known.
    pub known: i64,
}

/// Two ids are one person, for all time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alias {
    /// The id that goes on.
    pub id: Code,
    /// The id of before.
    pub previous: Code,
    /// When it was known.
    pub known: i64,
}

/// The person behind each id.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Identity {
    /// Ids that are not their own person: the person and when that was known.
    joined: HashMap<Code, (Code, i64), FixedState>,
    /// What each tied anonymous id points at (users as sent).
    ties: HashMap<Code, Links, FixedState>,
}

impl Identity {
    /// From the facts in any order.
    #[must_use]
    pub fn resolve(mut ties: Vec<Tie>, aliases: &[Alias], ids: &dyn Ids) -> Self {
        ties.sort_unstable();
        let mut by_anonymous = HashMap::with_hasher(FixedState::default());
        for of_one in ties.chunk_by(|a, b| a.anonymous == b.anonymous) {
            let links = of_one.iter().map(|tie| Link { at: tie.at, to: tie.user, known: tie.known }).collect();
            if let Some(first) = of_one.first() {
                by_anonymous.insert(first.anonymous, Links::of(links, ids));
            }
        }
        Self { joined: join(aliases, ids), ties: by_anonymous }
    }

    /// The person of an id after aliases, and when it was known to be that person's ([`i64::MIN`]: always).
    #[must_use]
    pub fn person(&self, id: Code) -> (Code, i64) {
        if self.joined.is_empty() {
            return (id, i64::MIN);
        }
        self.joined.get(&id).copied().unwrap_or((id, i64::MIN))
    }

    /// The person behind a row that carries these ids (0: not there), and when that was known ([`i64::MIN`]: by
    /// the row itself). Without either id: (0, [`i64::MIN`]).
    #[must_use]
    pub fn person_of_row(&self, user: Code, anonymous: Code, at: i64) -> (Code, i64) {
        if user != 0 || anonymous == 0 {
            return self.person(user);
        }
        let Some(link) = self.ties.get(&anonymous).and_then(|links| links.at(at)) else {
            return self.person(anonymous);
        };
        let (person, joined) = self.person(link.to);
        (person, link.known.max(joined))
    }

    /// Everyone who is ever meant by an anonymous id without a user id beside it.
    pub fn persons_of_anonymous(&self, anonymous: Code) -> impl Iterator<Item = Code> + '_ {
        let links = self.ties.get(&anonymous).map_or(&[][..], Links::as_slice);
        let untied = links.is_empty().then_some(anonymous);
        untied.into_iter().chain(links.iter().map(|link| link.to)).map(|id| self.person(id).0)
    }

    /// Whether an id is one of a person's: the person's own, an alias, or an anonymous id ever tied to it.
    #[must_use]
    pub fn is_id_of(&self, id: Code, person: Code) -> bool {
        self.person(id).0 == person || self.persons_of_anonymous(id).any(|other| other == person)
    }

    /// What it would change that a record carries both ids at an instant: `true` if nothing, or if the anonymous id,
    /// `is_new` if without any row, is tied for the first time. `false`: earlier rows may be somebody else's by it.
    pub(crate) fn tie(&mut self, anonymous: Code, is_new: bool, link: Link, ids: &dyn Ids) -> bool {
        match self.ties_of(anonymous) {
            [only] => only.to == link.to && only.at <= link.at,
            [] if is_new => {
                self.ties.insert(anonymous, Links::of(vec![link], ids));
                true
            }
            _ => false,
        }
    }

    /// The links of an anonymous id to users as sent.
    #[must_use]
    pub fn ties_of(&self, anonymous: Code) -> &[Link] {
        self.ties.get(&anonymous).map_or(&[], Links::as_slice)
    }
}

/// For each id of a group of aliases that is not the group's shown id: the shown id, and when it was known to be joined.
fn join(aliases: &[Alias], ids: &dyn Ids) -> HashMap<Code, (Code, i64), FixedState> {
    let mut aliases: Vec<Alias> = aliases
        .iter()
        .copied()
        .filter(|alias| alias.id != alias.previous && alias.id != 0 && alias.previous != 0)
        .collect();
    aliases.sort_unstable_by_key(|alias| (alias.known, alias.id, alias.previous));
    let previous: BTreeSet<Code> = aliases.iter().map(|alias| alias.previous).collect();
    let mut joined = HashMap::with_hasher(FixedState::default());
    for group in groups(&aliases) {
        let Some(shown) = shown_id(&group, &previous, ids) else { continue };
        for (member, known) in joined_when(shown, &group, &aliases) {
            joined.insert(member, (shown, known));
        }
    }
    joined
}

/// The connected groups of ids.
fn groups(aliases: &[Alias]) -> Vec<BTreeSet<Code>> {
    let mut neighbours: BTreeMap<Code, Vec<Code>> = BTreeMap::new();
    for alias in aliases {
        neighbours.entry(alias.id).or_default().push(alias.previous);
        neighbours.entry(alias.previous).or_default().push(alias.id);
    }
    let mut seen = BTreeSet::new();
    let mut groups = Vec::new();
    for start in neighbours.keys() {
        let mut group = BTreeSet::new();
        let mut open = vec![*start];
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                group.insert(id);
                open.extend(neighbours.get(&id).into_iter().flatten());
            }
        }
        if !group.is_empty() {
            groups.push(group);
        }
    }
    groups
}

/// The id that is never a `previous` if there is exactly one, else the smallest by text.
fn shown_id(group: &BTreeSet<Code>, previous: &BTreeSet<Code>, ids: &dyn Ids) -> Option<Code> {
    let mut last = group.iter().filter(|id| !previous.contains(id));
    match (last.next(), last.next()) {
        (Some(only), None) => Some(*only),
        _ => group.iter().copied().min_by(|a, b| ids.text(*a).cmp(ids.text(*b))),
    }
}

/// When each other id of a group came to be joined with the shown one, the aliases taken in the order in which they
/// were known.
fn joined_when(shown: Code, group: &BTreeSet<Code>, aliases: &[Alias]) -> Vec<(Code, i64)> {
    let mut part: BTreeMap<Code, Code> = group.iter().map(|id| (*id, *id)).collect();
    let mut found = Vec::new();
    for alias in aliases.iter().filter(|alias| group.contains(&alias.id)) {
        let (Some(a), Some(b)) = (part.get(&alias.id).copied(), part.get(&alias.previous).copied()) else { continue };
        let Some(of_shown) = part.get(&shown).copied() else { continue };
        if a == b {
            continue;
        }
        for (id, of) in &mut part {
            if *of == a || *of == b {
                let was_there = *of == of_shown;
                *of = if a == of_shown || b == of_shown { of_shown } else { a };
                if *of == of_shown && !was_there {
                    found.push((*id, alias.known));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Code n is the n-th letter.
    struct Alphabet;

    impl Ids for Alphabet {
        fn text(&self, code: Code) -> &str {
            ["-", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j"][code as usize]
        }
    }

    fn identity(ties: &[(Code, Code, i64, i64)], aliases: &[(Code, Code, i64)]) -> Identity {
        let ties = ties.iter().map(|&(anonymous, user, at, known)| Tie { anonymous, user, at, known }).collect();
        let aliases: Vec<_> = aliases.iter().map(|&(id, previous, known)| Alias { id, previous, known }).collect();
        Identity::resolve(ties, &aliases, &Alphabet)
    }

    #[test]
    fn shared_devices() {
        let identity = identity(&[(9, 1, 10, 11), (9, 2, 20, 25)], &[]);
        assert_eq!(identity.person_of_row(0, 9, 5), (1, 11));
        assert_eq!(identity.person_of_row(0, 9, 19), (1, 11));
        assert_eq!(identity.person_of_row(0, 9, 20), (2, 25));
        assert_eq!(identity.person_of_row(3, 9, 20), (3, i64::MIN), "a user id speaks for itself");
        assert_eq!(identity.person_of_row(0, 8, 20), (8, i64::MIN), "never tied: a subject of its own");
        assert_eq!(identity.person_of_row(0, 0, 20), (0, i64::MIN));
        assert!(identity.is_id_of(9, 1) && identity.is_id_of(9, 2) && !identity.is_id_of(8, 1));
    }

    #[test]
    fn aliases_in_either_order() {
        // c was b before, b was a before: c is shown.
        let chain = [(3, 2, 30), (2, 1, 50)];
        for aliases in [[chain[0], chain[1]], [chain[1], chain[0]]] {
            let identity = identity(&[], &aliases);
            assert_eq!(identity.person(2), (3, 30));
            assert_eq!(identity.person(1), (3, 50));
            assert_eq!(identity.person(3), (3, i64::MIN));
        }
        // Joined to each other first, to the shown one last.
        let identity = identity(&[], &[(2, 1, 10), (3, 2, 40)]);
        assert_eq!(identity.person(1), (3, 40));
        assert_eq!(identity.person(2), (3, 40));
    }

    #[test]
    fn two_ends_or_a_ring_show_the_smallest_id() {
        assert_eq!(identity(&[], &[(3, 2, 0), (4, 2, 0)]).person(4).0, 2);
        assert_eq!(identity(&[], &[(3, 2, 0), (2, 3, 0)]).person(3).0, 2);
        assert_eq!(identity(&[], &[(3, 3, 0)]).person(3), (3, i64::MIN));
    }

    #[test]
    fn ties_lead_to_the_person_behind_aliases() {
        let identity = identity(&[(9, 1, 10, 11)], &[(2, 1, 60)]);
        assert_eq!(identity.person_of_row(0, 9, 5), (2, 60));
        assert_eq!(identity.persons_of_anonymous(9).collect::<Vec<_>>(), [2]);
    }
}
