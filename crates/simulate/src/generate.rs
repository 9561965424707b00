//! Living all accounts, and handing their rows over in the order asked for.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use engine::time::DAY;

use crate::account::Account;
use crate::fact::Fact;
use crate::life::Life;
use crate::product::{Order, Product, ProductError};
use crate::wire::Ink;
use crate::world::World;

/// What the generator hands over.
#[derive(Debug)]
pub enum Part<'a> {
    /// Some rows, at most [`Product::batch_rows`].
    Facts(&'a [Fact]),
    /// An account whose life has been lived to the end: after all its rows under [`Order::Account`], at the very end
    /// under [`Order::Received`].
    Account(&'a Account),
}

impl Product {
    /// Lives the product and hands everything over. The rows, and the accounts in order of their numbers, are the
    /// same for every order and batch size.
    ///
    /// # Errors
    /// [`ProductError`] if the parameters cannot be.
    pub fn generate(&self, sink: &mut impl FnMut(Part<'_>)) -> Result<(), ProductError> {
        let world = World::new(self)?;
        match self.order {
            Order::Account => by_account(&world, self.batch_rows, sink),
            Order::Received => by_receipt(&world, self.batch_rows, sink),
        }
        Ok(())
    }
}

/// Hands rows over in batches of one size.
struct Batches<'a, S> {
    rows: Vec<Fact>,
    size: usize,
    sink: &'a mut S,
}

impl<S: FnMut(Part<'_>)> Batches<'_, S> {
    fn push(&mut self, fact: Fact) {
        self.rows.push(fact);
        if self.rows.len() >= self.size {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if !self.rows.is_empty() {
            (self.sink)(Part::Facts(&self.rows));
            self.rows.clear();
        }
    }
}

fn by_account(world: &World, size: usize, sink: &mut impl FnMut(Part<'_>)) {
    let mut batches = Batches { rows: Vec::with_capacity(size), size, sink };
    let (mut facts, mut places) = (Vec::new(), Vec::new());
    for index in world.lives() {
        let mut life = Life::new(world, index);
        facts.clear();
        for day in life.arrival.first_day..world.calendar.end_day {
            if life.is_over(day) {
                break;
            }
            life.day(&mut Ink { world, out: &mut facts }, day);
        }
        sort(&facts, &mut places);
        for (.., place) in &places {
            batches.push(facts[*place as usize]);
        }
        (batches.sink)(Part::Account(&life.account()));
    }
    batches.flush();
}

/// Places of rows in order of receipt. A row and its copies differ in receipt or, at one instant, stand as they were
/// told: the first first.
fn sort(facts: &[Fact], places: &mut Vec<(i64, u64, u32)>) {
    places.clear();
    let keys = facts.iter().enumerate().map(|(place, fact)| (fact.received, fact.message, place as u32));
    places.extend(keys);
    places.sort_unstable();
}

/// A row that waits for its day of receipt.
struct Waiting {
    key: (i64, u64, u64),
    fact: Fact,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

fn by_receipt(world: &World, size: usize, sink: &mut impl FnMut(Part<'_>)) {
    let mut batches = Batches { rows: Vec::with_capacity(size), size, sink };
    let mut births: Vec<(i32, u32)> = world.lives().map(|index| (world.arrival(index).first_day, index)).collect();
    births.sort_unstable();
    let mut births = births.into_iter().peekable();
    let mut lives: Vec<Life> = Vec::new();
    let mut ended: Vec<Account> = Vec::new();
    let mut waiting: BinaryHeap<Reverse<Waiting>> = BinaryHeap::new();
    let (mut facts, mut places, mut told) = (Vec::new(), Vec::new(), 0_u64);
    for day in world.calendar.first_day..world.calendar.end_day {
        while let Some((_, index)) = births.next_if(|(first_day, _)| *first_day <= day) {
            lives.push(Life::new(world, index));
        }
        lives.retain(|life| {
            let over = life.is_over(day);
            if over {
                ended.push(life.account());
            }
            !over
        });
        facts.clear();
        for life in &mut lives {
            life.day(&mut Ink { world, out: &mut facts }, day);
        }
        let next_day = i64::from(day + 1) * DAY;
        while let Some(Reverse(row)) = waiting.pop() {
            if row.key.0 >= next_day {
                waiting.push(Reverse(row));
                break;
            }
            facts.push(row.fact);
        }
        sort(&facts, &mut places);
        for (received, message, place) in &places {
            let fact = facts[*place as usize];
            if *received < next_day {
                batches.push(fact);
            } else {
                told += 1;
                waiting.push(Reverse(Waiting { key: (*received, *message, told), fact }));
            }
        }
    }
    batches.flush();
    ended.extend(lives.iter().map(Life::account));
    drop(lives);
    ended.sort_unstable_by_key(|account| account.number);
    for account in &ended {
        (batches.sink)(Part::Account(account));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::Member;

    /// All accounts are alive at once under [`Order::Received`]: what they hold decides the memory.
    #[test]
    fn the_living_are_small() {
        assert!(size_of::<Life>() <= 440, "{}", size_of::<Life>());
        assert!(size_of::<Member>() <= 144, "{}", size_of::<Member>());
        assert!(size_of::<Fact>() <= 144, "{}", size_of::<Fact>());
    }
}
