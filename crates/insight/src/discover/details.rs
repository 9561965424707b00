//! Features beyond names and times: properties of events, and traits as of the landmark.

use std::collections::{HashMap, HashSet};

use engine::definition::{TraitOwner, TraitPath};
use engine::household::{Code, Household, Subject};
use engine::record::SubjectKind;
use engine::{Number, Value};

use super::catalog::{Catalog, OfProperty, ShareFeature, TraitFeature, Used};
use super::share::steps;

/// How the properties of each event are read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Properties {
    /// By event of the catalog.
    readers: Vec<Vec<Reader>>,
    /// Values seen in the life at hand.
    distinct: HashSet<(usize, Value)>,
    /// Sums of the life at hand, exact, and the largest whole one so far: that is what a definition would have seen.
    sums: HashMap<usize, (Number, u32)>,
}

/// Reads one property of one event.
#[derive(Debug, Clone, Default)]
struct Reader {
    slot: u32,
    /// The feature of each value.
    is: HashMap<Value, usize>,
    distinct: Option<usize>,
    sum: Option<usize>,
}

impl Properties {
    /// Of a catalog whose features begin at `first`.
    pub fn new(catalog: &Catalog, first: usize) -> Self {
        let mut readers: Vec<Vec<Reader>> = vec![Vec::new(); catalog.events.len()];
        for (feature, place) in catalog.properties.iter().zip(first..) {
            let Some(of_event) = readers.get_mut(usize::from(feature.event)) else { continue };
            let known = of_event.iter().position(|reader| reader.slot == feature.slot);
            let known = known.unwrap_or_else(|| {
                of_event.push(Reader { slot: feature.slot, ..Reader::default() });
                of_event.len() - 1
            });
            let reader = &mut of_event[known];
            match &feature.what {
                OfProperty::Is(value) => _ = reader.is.insert(value.clone(), place),
                OfProperty::Distinct => reader.distinct = Some(place),
                OfProperty::Sum => reader.sum = Some(place),
            }
        }
        Self { readers, distinct: HashSet::new(), sums: HashMap::new() }
    }

    /// Whether an event has properties that are read.
    #[inline]
    pub fn reads(&self, event: u16) -> bool {
        self.readers.get(usize::from(event)).is_some_and(|readers| !readers.is_empty())
    }

    /// Reads a row and says by how much which features grow.
    #[inline]
    pub fn read(&mut self, event: u16, household: &Household<'_>, row: usize, mut add: impl FnMut(usize, u32)) {
        for reader in self.readers.get(usize::from(event)).into_iter().flatten() {
            let Some(value) = household.properties.value(row, reader.slot) else { continue };
            if let Some(slot) = reader.is.get(&value) {
                add(*slot, 1);
            }
            if let (Some(slot), Some(number)) = (reader.sum, value.as_number()) {
                let (sum, most) = self.sums.entry(slot).or_insert((Number::ZERO, 0));
                *sum = sum.plus(number);
                let now = whole(*sum).max(*most);
                add(slot, now - *most);
                *most = now;
            }
            if let Some(slot) = reader.distinct
                && self.distinct.insert((slot, value))
            {
                add(slot, 1);
            }
        }
    }

    /// Forgets the life at hand.
    pub fn clear(&mut self) {
        self.distinct.clear();
        self.sums.clear();
    }
}

/// The whole part, 0 for what is below.
fn whole(number: Number) -> u32 {
    u32::try_from(number.0.max(0) / Number::UNIT).unwrap_or(u32::MAX)
}

/// A subject's traits at an instant, as they were known then.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traits {
    subject: Option<Subject>,
    account: Code,
    at: i64,
}

impl Traits {
    /// Looks at a subject at an instant.
    pub fn look(&mut self, subject: Subject, at: i64, household: &Household<'_>) {
        self.subject = Some(subject);
        self.at = at;
        let mut account = None;
        for tie in
            household.memberships.iter().filter(|tie| tie.member == subject && tie.at.0 <= at && tie.known.0 <= at)
        {
            if !tie.leaves {
                account = Some(tie.account);
            } else if account == Some(tie.account) {
                account = None;
            }
        }
        self.account = account.unwrap_or(0);
    }

    /// A feature's value: 1 and 0 for yes and no, else the number's whole part.
    pub fn value(&self, feature: &TraitFeature, household: &Household<'_>) -> u32 {
        let Some(value) = self.known(feature.path.of, feature.slot, household) else { return 0 };
        match &feature.is {
            Some(wanted) => u32::from(value == wanted),
            None => value.as_number().map_or(0, whole),
        }
    }

    /// What is known of a trait.
    fn known<'a>(&self, owner: TraitOwner, slot: u32, household: &Household<'a>) -> Option<&'a Value> {
        let of = match owner {
            TraitOwner::Account => Some(Subject { kind: SubjectKind::Account, code: self.account }),
            _ => self.subject,
        };
        let known = household
            .traits
            .iter()
            .filter(|fact| Some(fact.of) == of && fact.slot == slot && fact.at.0 <= self.at && fact.known.0 <= self.at);
        let last = known.max_by(|left, right| (left.at, &left.value).cmp(&(right.at, &right.value)));
        last.map(|fact| &fact.value)
    }

    /// How many steps of a limit are used, of what was `counted` where it is not a trait that is used.
    pub fn share(&self, feature: &ShareFeature, counted: Option<Number>, household: &Household<'_>) -> u8 {
        let number =
            |path: &TraitPath, slot: u32| self.known(path.of, slot, household).and_then(|value| value.as_number());
        let used = match &feature.used {
            Used::Trait(path, slot) => number(path, *slot),
            Used::Event(_) | Used::Members => counted,
        };
        steps(used, number(&feature.limit, feature.slot))
    }
}

/// The account that a user is in, as it was known at an instant.
pub(crate) fn account_of(household: &Household<'_>, user: Subject, at: i64) -> Option<Code> {
    let mut known = household.memberships.iter().filter(|of| of.member == user && of.at.0 <= at && of.known.0 <= at);
    known.next_back().filter(|last| !last.leaves).map(|last| last.account)
}
