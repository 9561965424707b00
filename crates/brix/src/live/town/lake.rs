//! Everyone in the lake is taken up: first who sits where, then each household by itself, on all cores.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Result;
use engine::Timestamp;
use engine::evaluate::Evaluator;
use engine::household::Needs;
use engine::identity::HouseholdKey;
use engine::live::Frame;
use engine::record::Record;
use history::{Lake, SentReader};
use rayon::prelude::*;

use super::{News, Town};
use crate::live::home::Home;

/// A household that was taken up, and what there is to be said of it.
type Settled = (u32, Box<Home>, Option<News>);

/// What a range of the lake gives.
struct Range {
    settled: Vec<Settled>,
    /// Records of households that are scattered over the lake.
    parts: Vec<(u32, Record)>,
}

/// The households of the lake.
struct Households {
    /// Of each, its number.
    numbers: HashMap<HouseholdKey, u32>,
    /// Those that are one by now, though not by what the lake knows.
    scattered: HashSet<u32>,
}

impl Town {
    /// Takes up everyone in the lake, folded as far as that helps, and says what there is to be said of whom. To be called on an
    /// empty town.
    pub fn settle_lake(&mut self, now: Timestamp) -> Result<Vec<News>> {
        let Some(lake) = self.lake.clone() else { return Ok(Vec::new()) };
        let rules = Arc::clone(&self.rules);
        let reader = SentReader::new(&lake, rules.program.needs(), &rules.workspace);
        for (name, kind) in reader.names() {
            self.names.add(name, kind, &rules.workspace);
        }
        self.binding = rules.program.bind(self.names.list());
        let households = self.seat_lake(&lake)?;
        let town = &*self;
        let ranges = lake.ranges().into_par_iter().map(|range| town.settle_range(&lake, range, &households, now));
        let done: Vec<Range> = ranges.collect::<Result<_>>()?;
        let mut scattered: BTreeMap<u32, Vec<Record>> = BTreeMap::new();
        let mut settled: Vec<Settled> = Vec::new();
        for range in done {
            settled.extend(range.settled);
            range.parts.into_iter().for_each(|(number, record)| scattered.entry(number).or_default().push(record));
        }
        settled.extend(self.settle_households(scattered, &reader, now)?);
        let mut news = Vec::new();
        for (number, mut home, said) in settled {
            home.is_changed = true;
            self.changed.push(number);
            self.put(number, home);
            news.extend(said);
        }
        Ok(news)
    }

    /// Gives everyone in the lake a seat.
    fn seat_lake(&mut self, lake: &Lake) -> Result<Households> {
        let rules = Arc::clone(&self.rules);
        let nothing = Needs { accounts: rules.program.needs().accounts, ..Needs::default() };
        let frame = Frame { workspace: &rules.workspace, needs: rules.program.needs(), names: &self.names };
        let roster = &self.roster;
        let who_is_together = |(from, to): (u32, u32)| {
            // Most records of a household name the same ids.
            let mut together: BTreeSet<(HouseholdKey, Vec<u128>)> = BTreeSet::new();
            let reader = SentReader::new(lake, &nothing, &rules.workspace);
            reader.read(from, to, &mut |key, record| {
                together.insert((key, roster.keys(&record, &frame)));
            })?;
            Ok(together)
        };
        let together: Vec<BTreeSet<_>> = lake.ranges().into_par_iter().map(who_is_together).collect::<Result<_>>()?;
        let mut numbers: HashMap<HouseholdKey, u32> = HashMap::new();
        for (household, keys) in together.into_iter().flatten() {
            if let Some(seat) = self.roster.seat_keys(&keys) {
                numbers.insert(household, seat.household);
            }
        }
        numbers.values_mut().for_each(|number| *number = self.roster.root(*number));
        self.homes.resize_with(self.roster.end() as usize, || None);
        let (mut met, mut scattered) = (HashSet::new(), HashSet::new());
        scattered.extend(numbers.values().filter(|number| !met.insert(**number)));
        Ok(Households { numbers, scattered })
    }

    /// Takes up the households of a range of places, and gives the records of those that are scattered.
    fn settle_range(
        &self,
        lake: &Lake,
        (from, to): (u32, u32),
        households: &Households,
        now: Timestamp,
    ) -> Result<Range> {
        let reader = SentReader::new(lake, self.rules.program.needs(), &self.rules.workspace);
        let mut found: BTreeMap<u32, Vec<Record>> = BTreeMap::new();
        reader.read(from, to, &mut |key, record| {
            if let Some(number) = households.numbers.get(&key) {
                found.entry(*number).or_default().push(record);
            }
        })?;
        let (parts, whole): (BTreeMap<_, _>, BTreeMap<_, _>) =
            found.into_iter().partition(|(number, _)| households.scattered.contains(number));
        let read: usize = whole.values().chain(parts.values()).map(Vec::len).sum();
        let record = |(number, records): (u32, Vec<Record>)| records.into_iter().map(move |record| (number, record));
        let settled = self.settle_households(whole, &reader, now)?;
        self.settled.fetch_add(read as u64, Ordering::Relaxed);
        Ok(Range { settled, parts: parts.into_iter().flat_map(record).collect() })
    }

    fn settle_households(
        &self,
        households: BTreeMap<u32, Vec<Record>>,
        reader: &SentReader<'_>,
        now: Timestamp,
    ) -> Result<Vec<Settled>> {
        let reading = self.reading(Some(reader));
        let program = &self.rules.program;
        let mut evaluator = Evaluator::new(program, &self.binding, now);
        let settle = |(number, records): (u32, Vec<Record>)| {
            let records = self.erasing.without(records.into_iter().map(|record| (0, record)));
            let mut home = Box::new(Home::of_lake(&records, &reading.frame));
            drop(records);
            let outcomes = home.stands(program, &mut evaluator, &reading)?;
            home.settle(&mut evaluator, now);
            let is_news = home.is_news(&outcomes, program)?;
            let news = is_news.then(|| News::of(number, &home, outcomes, program, now)).transpose()?;
            home.sleep(program)?;
            Ok((number, home, news))
        };
        households.into_iter().map(settle).collect()
    }
}
