//! How long discovery takes over lives that lie in memory: the feature table, and the search with its judgement.
//!
//! `cargo run --release -p brix-insight --example discovery_speed -- [MILLION_EVENTS] [THOUSAND_USERS]`

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    clippy::print_stdout,
    reason = "a measurement reads the clock, starts threads and prints"
)]

use std::sync::Arc;
use std::time::Instant;

use engine::Timestamp;
use engine::definition::{Events, Goal, NamePattern};
use engine::household::{Directory, EventName, Household, NoProperties, Run, Subject};
use engine::outcome::{Entry, Outcome, Standing};
use engine::record::{EventKind, SubjectKind};
use engine::time::DAY;
use insight::Discover;
use insight::discover::{Catalog, Question, answer};
use stats::random::Generator;

struct Nobody;

impl Directory for Nobody {
    fn id(&self, _: Subject) -> &str {
        ""
    }
    fn is_id_of(&self, _: u32, _: &str) -> bool {
        false
    }
}

/// Lives side by side.
struct Lives {
    times: Vec<i64>,
    names: Vec<u32>,
    /// Each user's first row; ends with the number of rows.
    starts: Vec<usize>,
    outcomes: Vec<Outcome>,
}

const NAMES: usize = 25;

/// Users with events of 25 names over 60 days, some more frequent than others; who does two of the first often buys more often.
fn lives(users: usize, events: usize, seed: u64) -> Lives {
    let mut generator = Generator::new(seed);
    let mut lives = Lives { times: Vec::new(), names: Vec::new(), starts: vec![0], outcomes: Vec::new() };
    let per_user = events / users;
    let mut times = Vec::new();
    for user in 0..users {
        let clock = generator.below(300) as i64 * DAY + generator.below(DAY as u64) as i64;
        times.clear();
        let count = 1 + generator.below(2 * per_user as u64 - 1) as usize;
        times.extend((0..count).map(|_| clock + (generator.uniform().powi(2) * 60.0 * DAY as f64) as i64));
        times.sort_unstable();
        if let Some(first) = times.first_mut() {
            *first = clock;
        }
        let start = lives.times.len();
        lives.times.extend_from_slice(&times);
        lives.names.extend((0..count).map(|_| (generator.uniform().powi(2) * NAMES as f64) as u32));
        lives.starts.push(lives.times.len());
        let rows = lives.times[start..].iter().zip(&lives.names[start..]);
        let keen = rows.filter(|(time, name)| **name == 9 && **time < clock + 7 * DAY).count() >= 2;
        let won = generator.happens(if keen { 0.15 } else { 0.05 });
        let at = Timestamp(clock + generator.below(60 * DAY as u64) as i64);
        let subject = Subject { kind: SubjectKind::User, code: user as u32 + 1 };
        let entry = Entry { at: Timestamp(clock), exit: None, score: None, value: None };
        lives.outcomes.push(Outcome {
            definition: 0,
            subject,
            clock: Timestamp(clock),
            population_from: Some(Timestamp(clock)),
            met_at: None,
            outside_at: None,
            entries: vec![entry],
            now: Standing::default(),
            conversions: if won { vec![at] } else { Vec::new() },
        });
    }
    lives
}

fn question() -> Question {
    let name = |name: usize| EventName { name: Arc::from(format!("Event {name}")), kind: EventKind::Product };
    let names: Vec<_> = (0..NAMES).map(|number| (name(number), 1)).collect();
    let goal = Events { names: vec![NamePattern::Exactly(Arc::from("Bought"))], kind: None, filter: None };
    Question {
        subject: SubjectKind::User,
        goal: "Bought".to_owned(),
        recurs: false,
        through_account: false,
        windows: Question::WINDOWS.map(|days| days * DAY).to_vec(),
        end: 60 * DAY,
        observed_until: Timestamp(1_000 * DAY),
        from: None,
        to: None,
        zone: jiff::tz::TimeZone::UTC,
        zone_slot: None,
        catalog: Arc::new(Catalog::new(&names, &Goal { events: goal, of: None, within: None })),
        aim: insight::discover::aim::Aim::Tell,
        capacity_per_week: None,
        permutations: 0,
        seed: 1,
        trusted: Vec::new(),
        without_sales_touched: false,
    }
}

fn fold(lives: &Lives, question: &Arc<Question>, users: std::ops::Range<usize>) -> Discover {
    let mut discover = Discover::new(Arc::clone(question));
    for user in users {
        let (start, end) = (lives.starts[user], lives.starts[user + 1]);
        let run = [Run { user: user as u32 + 1, start: 0, end: end - start }];
        let household = Household {
            times: &lives.times[start..end],
            names: &lives.names[start..end],
            users: &run,
            accounts: None,
            workspaces: None,
            known: None,
            known_to_account: None,
            properties: &NoProperties,
            traits: &[],
            memberships: &[],
            directory: &Nobody,
        };
        discover.add(&household, &lives.outcomes[user..=user]);
    }
    discover
}

/// Processor time of this process so far, in seconds; 0 where the system does not say. Unlike the clock it is not disturbed by others.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = text.rsplit(')').next().unwrap_or_default();
    // User and system time stand 11 and 12 places behind the state, in hundredths of a second.
    let ticks = behind_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>().unwrap_or(0));
    let events = arguments.next().unwrap_or(20) * 1_000_000;
    let users = arguments.next().unwrap_or(500) * 1_000;
    let lives = lives(users, events, 1);
    let question = Arc::new(question());
    for _ in 0..3 {
        let (started, processor) = (Instant::now(), processor_seconds());
        let table = std::thread::scope(|scope| {
            let other = scope.spawn(|| fold(&lives, &question, users / 2..users));
            let mut all = fold(&lives, &question, 0..users / 2);
            if let Ok(other) = other.join() {
                all.merge(other);
            }
            all.into_table()
        });
        let table_seconds = started.elapsed().as_secs_f64();
        let table_processor = processor_seconds() - processor;
        let (started, processor) = (Instant::now(), processor_seconds());
        let discovery = answer(&question, &table);
        let answer_seconds = started.elapsed().as_secs_f64();
        let answer_processor = processor_seconds() - processor;
        let tried = &discovery.tried;
        println!(
            "{{\"events\": {}, \"users\": {users}, \"features\": {}, \"table_seconds\": {table_seconds:.3}, \
             \"table_processor_seconds\": {table_processor:.2}, \"table_bytes\": {}, \
             \"answer_seconds\": {answer_seconds:.3}, \"answer_processor_seconds\": {answer_processor:.2}, \"cells\": {}, \"combinations\": {}, \"judged\": {}}}",
            lives.times.len(),
            table.layout.slots.len() * table.layout.windows,
            table.bytes(),
            tried.cells,
            tried.combinations,
            tried.judged
        );
    }
}
