//! Feature tables made up directly, of people whose chance to buy is known.

use std::sync::Arc;

use engine::Timestamp;
use engine::definition::{TraitOwner, TraitPath};
use engine::household::{EventName, Subject};
use engine::record::{EventKind, SubjectKind};
use engine::time::DAY;
use insight::discover::catalog::TraitFeature;
use insight::discover::rule::Rule;
use insight::discover::table::{FeatureTable, Following, Layout, Measure, Part, TableRow};
use insight::discover::{Catalog, Question};
use stats::random::Generator;

use super::made_up::goal;
use super::times;

/// What makes people buy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Truth {
    /// Nothing.
    Nothing,
    /// The first event, three times or more in the second window, multiplies the chance.
    One(f64),
    /// The first and the second event together multiply it by three; neither alone says anything.
    Pair,
    /// The first three together; no one and no two of them say anything.
    Triple,
    /// The first event before the second multiplies the chance by two and a half; after it, divides it.
    Order,
    /// The first event within six hours of the start multiplies the chance by three.
    Soon,
    /// The second of the first event within a day of its first multiplies it by three.
    Again,
    /// Twice as many of the first event in the second week as in the first multiply it by three.
    Growing,
    /// A hidden level that also sets how much people do.
    Hidden,
    /// A known trait that also sets which events people do; not how many.
    Fit,
}

/// A world to draw people from.
#[derive(Debug, Clone, Copy)]
pub struct World {
    pub people: usize,
    pub events: usize,
    /// The share that buys, about.
    pub base: f64,
    pub truth: Truth,
    /// People come in accounts of one to eight, which are alike and buy as a whole.
    pub accounts: bool,
}

/// The windows of the grid that peers search: so many days.
pub const PEERS_DAYS: usize = 15;
pub const WINDOWS: [i64; 3] = [DAY, 7 * DAY, 14 * DAY];

pub fn question(world: &World) -> Question {
    let name = |event: usize| EventName { name: Arc::from(format!("Event {event:03}")), kind: EventKind::Product };
    // The more frequent come first in the catalog: they keep their numbers.
    let names: Vec<_> = (0..world.events).map(|event| (name(event), 1_000 - event as u64)).collect();
    let mut catalog = Catalog::new(&names, &goal());
    if world.truth == Truth::Fit {
        let path = TraitPath { of: TraitOwner::Own, name: Arc::from("size") };
        catalog.traits.push(TraitFeature { path, slot: 0, is: None });
    }
    Question {
        subject: SubjectKind::User,
        goal: "Subscription Started".to_owned(),
        recurs: false,
        through_account: false,
        windows: WINDOWS.to_vec(),
        end: 60 * DAY,
        observed_until: Timestamp(100_000 * DAY),
        from: None,
        to: None,
        zone: jiff::tz::TimeZone::UTC,
        zone_slot: None,
        catalog: Arc::new(catalog),
        aim: insight::discover::aim::Aim::default(),
        capacity_per_week: None,
        permutations: 0,
        seed: 1,
        trusted: Vec::new(),
        without_sales_touched: false,
    }
}

/// How often an event that happens `mean` times on average happens (Knuth's way).
pub fn poisson(generator: &mut Generator, mean: f64) -> u32 {
    let (limit, mut product, mut count) = ((-mean).exp(), generator.uniform(), 0);
    while product > limit && count < 200 {
        product *= generator.uniform();
        count += 1;
    }
    count
}

impl World {
    /// How often a person of a level does each event by the end of each window.
    fn counts(&self, generator: &mut Generator, level: f64, size: u32) -> Vec<[u32; 3]> {
        let stretches = [0.4, 1.0, 0.6];
        (0..self.events)
            .map(|event| {
                // The events that the truth is about: three in ten, or half, of the people do them, whatever their level.
                let flat = match self.truth {
                    Truth::Pair if event < 2 => Some(0.3),
                    Truth::Order if event < 2 => Some(0.6),
                    Truth::Triple if event < 3 => Some(0.5),
                    _ => None,
                };
                if let Some(share) = flat {
                    let did = u32::from(generator.happens(share));
                    return [did, did, did];
                }
                let mut mean = level * 1.6 / (1.0 + event as f64 * 0.35);
                if self.truth == Truth::Fit {
                    // Events in pairs of one mean: what the one has more the other has less.
                    let more = [0.4, 0.8, 1.2, 1.6][size as usize % 4];
                    mean = 0.8 * if event % 2 == 0 { more } else { 2.0 - more };
                }
                let mut sum = 0;
                stretches.map(|stretch| {
                    sum += poisson(generator, mean * stretch);
                    sum
                })
            })
            .collect()
    }

    /// The chance to buy.
    fn chance(&self, counts: &[[u32; 3]], level: f64, size: u32, in_order: bool, times: &[i64]) -> f64 {
        let did = |event: usize| counts[event][1] > 0;
        let factor = match self.truth {
            Truth::Nothing => 1.0,
            Truth::One(factor) => {
                if counts[0][1] >= 3 {
                    factor
                } else {
                    1.0
                }
            }
            // With three of ten doing each: 0.3 × 3 + 0.7 × 1/7 = 1 = 0.3 × 1/7 + 0.7 × m.
            Truth::Pair => match (did(0), did(1)) {
                (true, true) => 3.0,
                (false, false) => (1.0 - 0.3 / 7.0) / 0.7,
                _ => 1.0 / 7.0,
            },
            Truth::Triple => {
                if (0..3).filter(|event| did(*event)).count() % 2 == 1 {
                    1.9
                } else {
                    0.1
                }
            }
            Truth::Order => match (did(0) && did(1), in_order) {
                (true, true) => 2.5,
                (true, false) => 0.4,
                _ => 1.0,
            },
            Truth::Soon | Truth::Again | Truth::Growing => {
                if times::matters(self.truth, times) {
                    3.0
                } else {
                    1.0
                }
            }
            Truth::Hidden => level * level,
            Truth::Fit => [0.5, 0.8, 1.2, 2.0][size as usize % 4],
        };
        (self.base * factor).min(0.95)
    }

    /// Some people of the world.
    pub fn table(&self, seed: u64) -> FeatureTable {
        let question = question(self);
        let layout = Arc::new(Layout::new(&question));
        let windows = WINDOWS.len();
        let mut generator = Generator::stream(seed, 7);
        let mut part = Part::default();
        let (mut household, mut left) = (0_u32, 0_u64);
        let (mut level, mut account_buys, mut clock) = (1.0, 0.0, 0);
        for person in 0..self.people {
            if left == 0 {
                household += 1;
                left = if self.accounts { 1 + generator.below(8) } else { 1 };
                level = [0.5, 1.0, 2.0][generator.below(3) as usize];
                account_buys = generator.uniform();
                clock = (household as i64) * 200 * DAY / self.people as i64;
            }
            left -= 1;
            let size = if self.truth == Truth::Fit { generator.below(4) as u32 } else { 0 };
            let in_order = self.truth == Truth::Order && generator.happens(0.5);
            let mut counts = self.counts(&mut generator, level, size);
            let is_timed = matches!(self.truth, Truth::Soon | Truth::Again | Truth::Growing);
            let times = if is_timed { times::times(&mut generator, self.truth) } else { Vec::new() };
            if is_timed {
                counts[0] = WINDOWS.map(|window| times::feature(&times, Measure::Count, window));
            }
            let start = part.levels.len();
            part.levels.resize(start + layout.stride(), 0);
            for (slot, feature) in layout.slots.iter().enumerate() {
                for window in 0..windows {
                    let count = |event: &[u32; 3]| event[window];
                    let value = match (feature.event, feature.measure) {
                        (Some(0), measure) if is_timed && measure != Measure::Then => {
                            times::feature(&times, measure, WINDOWS[window])
                        }
                        (Some(event), Measure::Count) => count(&counts[usize::from(event)]),
                        (Some(event), Measure::Then) => {
                            let both = counts[0][window] > 0 && counts[1][window] > 0 && self.truth == Truth::Order;
                            let pair = if in_order { (0, Some(1)) } else { (1, Some(0)) };
                            u32::from(both && (event, feature.of) == pair)
                        }
                        (_, measure) if measure.is_timing() => 0,
                        (Some(event), _) => count(&counts[usize::from(event)]).min([1, 7, 14][window]),
                        (None, Measure::Trait) => size,
                        (None, Measure::Count) => counts.iter().map(count).sum(),
                        (None, Measure::Kinds) => counts.iter().filter(|event| count(event) > 0).count() as u32,
                        (None, _) => counts.iter().map(count).sum::<u32>().min([1, 7, 14][window]),
                    };
                    part.levels[start + slot * windows + window] = layout.levels.of(value);
                }
            }
            part.activity.extend((0..windows).map(|window| counts.iter().map(|event| event[window]).sum::<u32>()));
            let chance = self.chance(&counts, level, size, in_order, &times);
            let won = if self.accounts { account_buys < chance } else { generator.happens(chance) };
            part.rows.push(TableRow {
                subject: Subject { kind: SubjectKind::User, code: person as u32 + 1 },
                clock: clock + i64::from(household) % 1_000,
                household,
                in_population: 7,
                unconverted: 7,
                won: if won { 7 } else { 0 },
            });
        }
        FeatureTable { layout, parts: vec![part], following: vec![Following::default(); self.events] }
    }
}

/// The same people with their outcomes given out anew.
pub fn permuted(table: &FeatureTable, seed: u64) -> FeatureTable {
    let mut table = table.clone();
    let rows = &mut table.parts[0].rows;
    let mut outcomes: Vec<u8> = rows.iter().map(|row| row.won).collect();
    Generator::stream(seed, 11).shuffle(&mut outcomes);
    rows.iter_mut().zip(outcomes).for_each(|(row, won)| row.won = won);
    table
}

/// How often each person of a table did each of so many events by the end of each of 15 days, as the peers' grid wants it. Between
/// the windows' ends events fall on any day alike; the fifteenth day has what a day of the second week has.
pub fn by_day(table: &FeatureTable, events: usize, seed: u64) -> Vec<[u8; PEERS_DAYS]> {
    let (part, stride) = (&table.parts[0], table.layout.stride());
    let mut generator = Generator::stream(seed, 13);
    let mut grid = Vec::with_capacity(part.rows.len() * events);
    for levels in part.levels.chunks_exact(stride) {
        for event in 0..events {
            let place = (1 + event) * 2 * WINDOWS.len();
            let counts = [levels[place], levels[place + 1], levels[place + 2]];
            let mut days = [0_u8; PEERS_DAYS];
            days[0] = counts[0];
            (0..counts[1] - counts[0]).for_each(|_| days[1 + generator.below(6) as usize] += 1);
            (0..counts[2] - counts[1]).for_each(|_| days[7 + generator.below(7) as usize] += 1);
            (0..counts[2] - counts[1]).for_each(|_| days[14] += u8::from(generator.below(7) == 0));
            let mut sum = 0;
            grid.push(days.map(|day| {
                sum += day;
                sum
            }));
        }
    }
    grid
}

/// Those with a rule and the others of a table: people and buyers, counted one by one.
pub fn counted(table: &FeatureTable, rule: &Rule) -> [(u64, u64); 2] {
    let (stride, windows) = (table.layout.stride(), table.layout.windows);
    let columns: Vec<_> = rule
        .conditions
        .iter()
        .map(|condition| {
            let slot = table.layout.slots.iter().position(|slot| *slot == condition.slot).unwrap();
            (slot * windows + rule.window, table.layout.levels.of(condition.at_least), condition.negated)
        })
        .collect();
    let mut counts = [(0, 0); 2];
    for (row, levels) in table.parts.iter().flat_map(|part| part.rows.iter().zip(part.levels.chunks_exact(stride))) {
        let held = columns.iter().filter(|(column, level, negated)| (levels[*column] >= *level) != *negated).count();
        let side = &mut counts[usize::from(held < rule.least)];
        side.0 += 1;
        side.1 += u64::from(row.won >> rule.window & 1);
    }
    counts
}
