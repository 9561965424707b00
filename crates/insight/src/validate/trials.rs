//! Alternatives of a definition beside it, on the same people: chosen on earlier cohorts, judged on later ones.
//!
//! What is compared is the balance of precision and recall, F₁ = 2 · won / (judged leads + customers) (van Rijsbergen
//! 1979): a threshold that is lowered finds more customers among more people, and this is the one number in which that
//! is a gain only if it is worth it. Both definitions look at the same people, so the interval is that of the paired
//! difference: the sum of squared influences (the infinitesimal jackknife, Efron 1982), with one term for each
//! household, since colleagues are not independent.

use std::collections::BTreeMap;

use engine::Timestamp;
use serde::Serialize;

use crate::case::{Case, Fate};
use crate::figure::{CONFIDENCE, Ranged, Share};
use crate::life::Life;
use crate::question::{Question, length};

/// A fold over lives whose first outcome is the definition's and whose others are those of alternatives.
#[derive(Debug, Clone)]
pub struct Trials {
    question: Question,
    people: Vec<Tried>,
}

/// One person in a few bytes: there may be many people and many alternatives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Tried {
    clock: Timestamp,
    /// Of those who stand alone: none.
    household: Option<u64>,
    customer: bool,
    /// For each definition: whether it is a judged lead of it, and whether won.
    standing: Box<[Standing]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    NoLead,
    Lost,
    Won,
}

/// What a definition did on one side of the split.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Balance {
    /// Of the judged leads, won.
    pub precision: Share,
    /// Of the customers, won as leads.
    pub recall: Share,
    /// F₁ of the two.
    pub balance: f64,
}

/// An alternative beside the definition, on the same people.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Compared {
    /// The definition.
    pub before: Balance,
    /// The alternative.
    pub after: Balance,
    /// The alternative's balance less the definition's.
    pub gain: Ranged,
}

/// Which people are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Those on whom an alternative is chosen.
    Earlier,
    /// Those on whom it is judged.
    Later,
}

/// People between a start and the split, and from the split on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// Nobody whose time started before is looked at.
    pub from: Timestamp,
    /// The later cohorts start here.
    pub at: Timestamp,
}

impl Trials {
    /// Nobody yet. The question is about the definition alone.
    #[must_use]
    pub const fn new(question: Question) -> Self {
        Self { question, people: Vec::new() }
    }

    /// Adds one subject: everyone in the definition's population who was watched for the window and the horizon counts, for
    /// each alternative alike.
    ///
    /// When an entry could be known is asked for each alternative at a price, so that here, for all alike, it is taken to be
    /// known at its own instant.
    pub fn add(&mut self, mut life: Life) {
        for entry in life.outcomes.iter_mut().flatten().flat_map(|outcome| &mut outcome.entries) {
            entry.knowable_at = None;
        }
        life.cut(&self.question);
        let Some(facts) = self.question.definitions.first() else { return };
        let Some(Some(own)) = life.outcomes.first() else { return };
        let case = Case::new(&life, own, facts, &self.question);
        // Who has not been watched for as long as it takes to qualify and then to convert would count as a customer before
        // counting as a lead.
        let end = self.question.horizon_end(own.clock).0.saturating_add(length(self.question.minimum_age));
        let watched = end <= self.question.observed_until.0;
        if !watched || !case.is_in_population() || !self.question.in_period(own.clock) {
            return;
        }
        let standing = life.outcomes.iter().map(|outcome| {
            let fate = outcome.as_ref().and_then(|outcome| Case::new(&life, outcome, facts, &self.question).fate);
            match fate.and_then(Fate::judged) {
                None => Standing::NoLead,
                Some(false) => Standing::Lost,
                Some(true) => Standing::Won,
            }
        });
        let tried = Tried {
            clock: own.clock,
            household: life.household,
            customer: case.conversion.is_some(),
            standing: standing.collect(),
        };
        self.people.push(tried);
    }

    /// Adds a part that was folded elsewhere.
    pub fn merge(&mut self, other: Self) {
        self.people.extend(other.people);
    }

    /// Puts people in an order that does not depend on how they came, and households on the side of their first member.
    pub fn sort(&mut self) {
        let mut first: BTreeMap<u64, Timestamp> = BTreeMap::new();
        for person in &self.people {
            if let Some(household) = person.household {
                let clock = first.entry(household).or_insert(person.clock);
                *clock = person.clock.min(*clock);
            }
        }
        for person in &mut self.people {
            if let Some(clock) = person.household.and_then(|household| first.get(&household)) {
                person.clock = *clock;
            }
        }
        self.people.sort_unstable();
    }

    /// Where three in five of the customers have started, of those who started at `from` or later.
    #[must_use]
    pub fn split(&self, from: Timestamp) -> Option<Split> {
        let mut clocks: Vec<Timestamp> = self
            .people
            .iter()
            .filter(|person| person.customer && person.clock >= from)
            .map(|person| person.clock)
            .collect();
        clocks.sort_unstable();
        clocks.get(clocks.len() * 3 / 5).map(|at| Split { from, at: *at })
    }

    /// Customers on a side.
    #[must_use]
    pub fn customers(&self, split: Split, side: Side) -> u64 {
        self.side(split, side).filter(|person| person.customer).count() as u64
    }

    fn side(&self, split: Split, side: Side) -> impl Iterator<Item = &Tried> {
        self.people
            .iter()
            .filter(move |person| person.clock >= split.from && ((person.clock < split.at) == (side == Side::Earlier)))
    }

    /// Two definitions by their places among a life's outcomes. `None`: neither has a lead and there is no customer.
    #[must_use]
    pub fn compare(&self, first: usize, second: usize, split: Split, side: Side) -> Option<Compared> {
        let mut households: BTreeMap<(u64, usize), [i64; 5]> = BTreeMap::new();
        for (number, person) in self.side(split, side).enumerate() {
            let standing = |place: usize| person.standing.get(place).copied().unwrap_or(Standing::NoLead);
            let (one, two) = (standing(first), standing(second));
            let counted = [
                i64::from(person.customer),
                i64::from(one != Standing::NoLead),
                i64::from(one == Standing::Won),
                i64::from(two != Standing::NoLead),
                i64::from(two == Standing::Won),
            ];
            if counted == [0; 5] {
                continue;
            }
            let key = person.household.map_or((0, number + 1), |household| (household, 0));
            let sums = households.entry(key).or_default();
            for (sum, amount) in sums.iter_mut().zip(counted) {
                *sum += amount;
            }
        }
        let mut totals = [0_i64; 5];
        for counted in households.values() {
            for (total, amount) in totals.iter_mut().zip(counted) {
                *total += amount;
            }
        }
        let [customers, leads, won, other_leads, other_won] = totals;
        let before = Balance::of(customers, leads, won)?;
        let after = Balance::of(customers, other_leads, other_won)?;
        let influence = |balance: f64, [customers, leads, won]: [i64; 3], sum: i64| {
            (2.0 * won as f64 - balance * (leads + customers) as f64) / sum as f64
        };
        let variance: f64 = households
            .values()
            .map(|[c, l, w, other_l, other_w]| {
                let one = influence(before.balance, [*c, *l, *w], leads + customers);
                let two = influence(after.balance, [*c, *other_l, *other_w], other_leads + customers);
                (two - one).powi(2)
            })
            .sum();
        let value = after.balance - before.balance;
        let half = CONFIDENCE.z() * variance.sqrt();
        let gain = Ranged { value, low: (value - half).max(-1.0), high: (value + half).min(1.0) };
        Some(Compared { before, after, gain })
    }
}

impl Balance {
    fn of(customers: i64, leads: i64, won: i64) -> Option<Self> {
        if customers + leads == 0 {
            return None;
        }
        let share = |count: i64, of: i64| Share::new(count.unsigned_abs(), of.unsigned_abs());
        Some(Self {
            precision: share(won, leads),
            recall: share(won, customers),
            balance: 2.0 * won as f64 / (customers + leads) as f64,
        })
    }
}
