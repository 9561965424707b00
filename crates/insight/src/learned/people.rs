//! Who teaches and who judges.

use crate::discover::table::{FeatureTable, TableRow};
use crate::figure::Share;

/// A person's place in the table: part and row.
pub(super) type Place = (usize, usize);

/// Those who teach, or those who judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Teaching,
    Judging,
}

/// Everyone at risk at one landmark, households in the order of their first member's start, cut in halves.
pub(super) struct Sides {
    people: Vec<Person>,
    /// The first of those who judge.
    split: usize,
}

/// First member's start, household, own start, own number: an order that does not depend on how the table came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Person {
    first: (i64, engine::household::Subject),
    clock: i64,
    subject: engine::household::Subject,
    won: bool,
    /// A number of the household.
    household: u64,
    place: Place,
}

impl Sides {
    pub fn of(table: &FeatureTable, window: usize) -> Self {
        let at_risk = |row: &TableRow| row.in_population & row.unconverted & (1 << window) != 0;
        let mut people = Vec::new();
        for (number, part) in table.parts.iter().enumerate() {
            let mut start = 0;
            for household in part.rows.chunk_by(|left, right| left.household == right.household) {
                let first = household.iter().map(|row| (row.clock, row.subject)).min();
                for (offset, row) in household.iter().enumerate().filter(|(_, row)| at_risk(row)) {
                    people.push(Person {
                        first: first.unwrap_or((row.clock, row.subject)),
                        clock: row.clock,
                        subject: row.subject,
                        won: row.won & (1 << window) != 0,
                        household: 0,
                        place: (number, start + offset),
                    });
                }
                start += household.len();
            }
        }
        people.sort_unstable();
        // Numbers that do not depend on which thread read a household: sums over households come in one order.
        let mut number = 0;
        let mut last = None;
        for person in &mut people {
            number += u64::from(last.is_some_and(|last| last != person.first));
            last = Some(person.first);
            person.household = number;
        }
        let mut split = people.len() / 2;
        while split > 0 && split < people.len() && people[split].first == people[split - 1].first {
            split += 1;
        }
        Self { people, split }
    }

    fn side(&self, side: Side) -> &[Person] {
        match side {
            Side::Teaching => &self.people[..self.split],
            Side::Judging => &self.people[self.split..],
        }
    }

    /// The places of a side among all people, for whatever is kept by place.
    pub fn places(&self, side: Side) -> Vec<usize> {
        match side {
            Side::Teaching => (0..self.split).collect(),
            Side::Judging => (self.split..self.people.len()).collect(),
        }
    }

    /// How many people.
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Part and row of a person.
    pub fn place(&self, person: usize) -> Place {
        self.people[person].place
    }

    pub fn outcomes(&self, places: &[usize]) -> Vec<bool> {
        places.iter().map(|place| self.people[*place].won).collect()
    }

    pub fn households(&self, places: &[usize]) -> Vec<u64> {
        places.iter().map(|place| self.people[*place].household).collect()
    }

    /// Conversions of a side.
    pub fn share(&self, side: Side) -> Share {
        let people = self.side(side);
        Share::new(people.iter().filter(|person| person.won).count() as u64, people.len() as u64)
    }

    /// When the first household of those who judge started.
    pub fn judged_from(&self) -> i64 {
        self.side(Side::Judging).first().map_or(i64::MAX, |person| person.first.0)
    }
}
