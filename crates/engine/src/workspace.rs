//! What all definitions of a workspace share (`brix.yaml`).

mod consent;
mod limit;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::definition::{Goal, Population};
use crate::record::EventKind;

pub use consent::Consent;
pub use limit::{Limit, LimitUse};

/// The settings every definition is read with.
#[derive(Debug, Clone, PartialEq)]
pub struct Workspace {
    /// The zone of calendar days, weeks and months, of dates without a time, and of all accounts.
    pub zone: TimeZone,
    /// ISO 4217, for money without its own currency.
    pub currency: Arc<str>,
    /// What a conversion is, unless a definition says otherwise.
    pub goal: Option<Goal>,
    /// Who can qualify, unless a definition says otherwise. `None`: everyone who is not internal, has not
    /// converted before and has no colleague whose account has.
    pub population: Option<Population>,
    /// Our own e-mail domains.
    pub internal_domains: BTreeSet<String>,
    /// E-mail domains of competitors.
    pub competitor_domains: BTreeSet<String>,
    /// Domains where anyone gets an address.
    pub free_domains: BTreeSet<String>,
    /// Domains of schools; also any `.edu`, `.ac.xx`, `.edu.xx`.
    pub education_domains: BTreeSet<String>,
    /// Whether a user without a membership belongs to the account of the e-mail's domain.
    pub account_from_email: bool,
    /// Domain → the account it really is.
    pub domain_aliases: BTreeMap<String, String>,
    /// Other spellings of an event → its name, applied on read.
    pub event_aliases: BTreeMap<Arc<str>, Arc<str>>,
    /// Event name, or prefix ending in `*` → kind, where the record does not say.
    pub event_kinds: BTreeMap<Arc<str>, EventKind>,
    /// Which traits say what people have agreed to.
    pub consent: Consent,
    /// Which traits are limits, in the order of the file.
    pub limits: Vec<Limit>,
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            zone: TimeZone::UTC,
            currency: Arc::from("USD"),
            goal: None,
            population: None,
            internal_domains: BTreeSet::new(),
            competitor_domains: BTreeSet::new(),
            free_domains: FREE_DOMAINS.iter().map(|domain| (*domain).to_owned()).collect(),
            education_domains: BTreeSet::new(),
            account_from_email: false,
            domain_aliases: BTreeMap::new(),
            event_aliases: BTreeMap::new(),
            event_kinds: BTreeMap::new(),
            consent: Consent::default(),
            limits: Vec::new(),
        }
    }
}

/// The usual providers of free mail.
pub const FREE_DOMAINS: [&str; 24] = [
    "gmail.com",
    "googlemail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "live.com",
    "msn.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "aol.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "mail.com",
    "mail.ru",
    "yandex.ru",
    "yandex.com",
    "qq.com",
    "163.com",
    "126.com",
    "proton.me",
    "protonmail.com",
];

impl Workspace {
    /// The kind of an event: what the record states, else what the workspace says of its name (the longest
    /// matching prefix), else product.
    #[must_use]
    pub fn kind_of(&self, name: &str, stated: Option<EventKind>) -> EventKind {
        if let Some(kind) = stated {
            return kind;
        }
        if let Some(kind) = self.event_kinds.get(name) {
            return *kind;
        }
        self.event_kinds
            .iter()
            .filter_map(|(pattern, kind)| Some((pattern.strip_suffix('*')?, kind)))
            .filter(|(prefix, _)| name.starts_with(prefix))
            .max_by_key(|(prefix, _)| prefix.len())
            .map_or(EventKind::Product, |(_, kind)| *kind)
    }

    /// An event's name after aliases.
    #[must_use]
    pub fn name_of<'a>(&'a self, name: &'a Arc<str>) -> &'a Arc<str> {
        self.event_aliases.get(name).unwrap_or(name)
    }
}

/// What kind of domain an e-mail address is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DomainKind {
    /// A company's own.
    Work,
    /// Anyone's.
    Free,
    /// A school's.
    Education,
    /// Ours.
    Internal,
    /// A competitor's.
    Competitor,
}

impl Workspace {
    /// The kind of an address's domain; `None` if it is no address.
    #[must_use]
    pub fn domain_kind(&self, email: &str) -> Option<DomainKind> {
        let domain = domain_of(email)?;
        let listed = |list: &BTreeSet<String>| list.contains(&domain);
        Some(if listed(&self.internal_domains) {
            DomainKind::Internal
        } else if listed(&self.competitor_domains) {
            DomainKind::Competitor
        } else if listed(&self.free_domains) {
            DomainKind::Free
        } else if listed(&self.education_domains) || is_education(&domain) {
            DomainKind::Education
        } else {
            DomainKind::Work
        })
    }

    /// The account that an address belongs to by its domain: never for free mail, schools or our own.
    #[must_use]
    pub fn account_of_email(&self, email: &str) -> Option<String> {
        if self.domain_kind(email)? != DomainKind::Work {
            return None;
        }
        let domain = domain_of(email)?;
        Some(self.domain_aliases.get(&domain).cloned().unwrap_or(domain))
    }
}

/// The lower-case domain of an address with exactly one `@` and a dot behind it.
#[must_use]
pub fn domain_of(email: &str) -> Option<String> {
    let (name, domain) = email.trim().split_once('@')?;
    let sound = !name.is_empty() && !domain.contains('@') && domain.contains('.') && !domain.ends_with('.');
    sound.then(|| domain.to_lowercase())
}

fn is_education(domain: &str) -> bool {
    let mut labels = domain.rsplit('.');
    let (last, second) = (labels.next().unwrap_or(""), labels.next().unwrap_or(""));
    last == "edu" || (last.len() == 2 && matches!(second, "edu" | "ac"))
}
