//! A small believable product for the tests, from a seed.

use std::sync::Arc;

use engine::definition::Band;
use engine::outcome::Score;
use engine::record::SubjectKind;
use engine::time::{DAY, HOUR};
use engine::{Number, Span, Timestamp};
use insight::{DefinitionFacts, Life, LifeEntry, LifeOutcome, NeededEvent, Question};

/// 2024-01-01, a Monday.
pub const START: i64 = 19_723 * DAY;

/// SplitMix64: enough to make up people.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// In [0, 1).
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Exponentially distributed, in microseconds.
    pub fn wait(&mut self, mean_days: f64) -> i64 {
        (-(1.0 - self.share()).ln() * mean_days * DAY as f64) as i64
    }

    pub fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }
}

pub fn at(days: f64) -> Timestamp {
    Timestamp(START + (days * DAY as f64) as i64)
}

pub fn facts(id: &str, name: &str) -> DefinitionFacts {
    DefinitionFacts {
        id: Arc::from(id),
        name: name.to_owned(),
        subject: SubjectKind::User,
        bands: vec![
            Band { name: Arc::from("high"), at_least: Number::whole(70) },
            Band { name: Arc::from("medium"), at_least: Number::whole(40) },
        ],
        score_parts: vec![Arc::from("time"), Arc::from("engagement")],
        currency: Some(Arc::from("USD")),
        window: Some(Span::days(14)),
        recurs: false,
        needed: vec![NeededEvent { name: Arc::from("Member Invited"), first_seen: Some(Timestamp(START + 3 * DAY)) }],
    }
}

/// Two definitions and a baseline over half a year.
pub fn question() -> Question {
    let mut question = Question::new(
        vec![facts("trial-team", "Trial team is at work"), facts("came-back", "Finished onboarding & came back")],
        "Subscription Started",
        at(182.0),
    );
    question.baseline =
        Some(DefinitionFacts { needed: Vec::new(), bands: Vec::new(), ..facts("baseline", "logged in 5 times") });
    question.segments = vec!["first_source".to_owned(), "account.plan".to_owned()];
    question.capacity_per_week = 8;
    question.within = Span::days(30);
    question.people_listed = 25;
    question
}

/// An entry known at once, or after a delay.
pub fn entry(at: Timestamp, delay: i64, score: Option<i64>) -> LifeEntry {
    LifeEntry {
        at,
        exit: None,
        knowable_at: Some(Timestamp(at.0 + delay)),
        score: score.map(|total| Score { total: Number::whole(total), parts: vec![Number::whole(total)] }),
        value: None,
        reasons: Vec::new(),
        rests_on_constant: false,
    }
}

/// An outcome of someone in the population from the clock on.
pub fn outcome(clock: Timestamp, entries: Vec<LifeEntry>) -> LifeOutcome {
    LifeOutcome {
        clock,
        population_from: Some(clock),
        met_at: entries.first().map(|entry| entry.at),
        outside_at: None,
        entries,
    }
}

const NAMES: [&str; 12] =
    ["ada", "grace", "alan", "edsger", "barbara", "donald", "tony", "leslie", "robin", "john", "<script>", "niklaus"];
const COMPANIES: [&str; 6] =
    ["acme.example", "globex.example", "initech.example", "umbrella.example", "gmail.com", "hooli.example"];
const SOURCES: [&str; 4] = ["google", "partner", "newsletter", "direct"];

/// People whose buying is sped up by qualifying (`effect` times), over half a year.
pub fn people(count: usize, seed: u64, effect: f64) -> Vec<Life> {
    (0..count).map(|number| person(number, seed, effect)).collect()
}

fn person(number: usize, seed: u64, effect: f64) -> Life {
    let mut dice = Dice(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
    let name = NAMES[dice.below(NAMES.len() as u64) as usize];
    let company = COMPANIES[dice.below(COMPANIES.len() as u64) as usize];
    let clock = Timestamp(START + (dice.share() * 180.0 * DAY as f64) as i64);
    let qualifies = (dice.share() < 0.35).then(|| Timestamp(clock.0 + HOUR + dice.wait(4.0)));
    let qualifies = qualifies.filter(|at| at.0 < clock.0 + 14 * DAY);
    let delay = (dice.share() * 2.0 * HOUR as f64) as i64;
    // A constant pace, `effect` times as fast once qualified.
    let pace_days = 700.0;
    let slow = Timestamp(clock.0 + dice.wait(pace_days));
    let conversion = match qualifies {
        Some(at) if slow > at => Timestamp(at.0 + dice.wait(pace_days / effect)),
        _ => slow,
    };
    let end = at(182.0);
    let conversions: Vec<Timestamp> = if conversion <= end { vec![conversion] } else { Vec::new() };
    let in_time = |at: &Timestamp| *at <= end && *at <= conversion;
    let score = 30 + dice.below(70) as i64;
    let first = qualifies.filter(in_time).map(|at| LifeEntry {
        value: Some(Number::whole(120 * (1 + dice.below(40) as i64))),
        rests_on_constant: dice.share() < 0.1,
        reasons: vec![
            Arc::from("3 × Project Created"),
            Arc::from("2 × Member Invited & accepted"),
            Arc::from("on 5 days"),
        ],
        ..entry(at, delay, Some(score))
    });
    let second = (dice.share() < 0.5).then(|| Timestamp(clock.0 + DAY + dice.wait(9.0))).filter(in_time);
    let plain = (dice.share() < 0.6).then(|| Timestamp(clock.0 + dice.wait(6.0))).filter(in_time);
    let near = dice.share() < 0.1;
    let mut trial = outcome(clock, first.into_iter().collect());
    if near && trial.entries.is_empty() {
        trial.met_at = Some(Timestamp(clock.0 + 2 * DAY)).filter(in_time);
    }
    if number.is_multiple_of(97) {
        trial = LifeOutcome { population_from: None, met_at: None, entries: Vec::new(), ..trial };
    }
    let second: Vec<LifeEntry> = second.map(|at| entry(at, delay, Some(100 - score))).into_iter().collect();
    let plain: Vec<LifeEntry> = plain.map(|at| entry(at, delay, None)).into_iter().collect();
    let source = SOURCES[dice.below(4) as usize];
    Life {
        id: Arc::from(format!("{name}.{number}@{company}")),
        household: None,
        measures: Vec::new(),
        segments: vec![Some(Arc::from(source)), (dice.share() < 0.7).then(|| Arc::from("trial"))],
        conversions,
        outcomes: vec![Some(trial), Some(outcome(clock, second)), Some(outcome(clock, plain))],
    }
}

/// The report of a question over lives.
pub fn report(question: &Question, lives: Vec<Life>) -> insight::Report {
    let mut backtest = insight::Backtest::new(question.clone());
    for life in lives {
        backtest.add(life);
    }
    backtest.finish()
}
