//! Of which e-mail domains people are, and in how many accounts.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;

/// Domains that are counted.
const DOMAINS: usize = 200_000;
/// Accounts of a domain that are counted.
const ACCOUNTS: usize = 100;

/// A domain of people's e-mail addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainProfile {
    /// In small letters.
    pub domain: String,
    /// How many people.
    pub people: u64,
    /// In how many accounts they are, up to 100.
    pub accounts: u64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Domains {
    counted: HashMap<String, (u64, BTreeSet<u32>), FixedState>,
    is_full: bool,
}

impl Domains {
    /// A person with an address of a domain, and the accounts that the person's rows name.
    pub(super) fn add(&mut self, domain: String, people: u64, accounts: impl IntoIterator<Item = u32>) {
        if self.counted.len() >= DOMAINS && !self.counted.contains_key(&domain) {
            self.is_full = true;
            return;
        }
        let (count, seen) = self.counted.entry(domain).or_default();
        *count += people;
        for account in accounts {
            if seen.len() < ACCOUNTS {
                seen.insert(account);
            }
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        self.is_full |= other.is_full;
        let mut others: Vec<_> = other.counted.into_iter().collect();
        others.sort_unstable();
        for (domain, (people, accounts)) in others {
            self.add(domain, people, accounts);
        }
    }

    /// Whether some domains were left out.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }

    pub(super) fn finish(self) -> Vec<DomainProfile> {
        let mut domains: Vec<DomainProfile> = self
            .counted
            .into_iter()
            .map(|(domain, (people, accounts))| DomainProfile { domain, people, accounts: accounts.len() as u64 })
            .collect();
        domains.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.domain.cmp(&b.domain)));
        domains
    }
}
