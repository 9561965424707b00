//! What must hold of every case.

use engine::record::{Body, Properties, Record, SubjectKind, Who};
use engine::{Timestamp, Value};

use crate::generate::dice::Dice;
use crate::generate::shrink::shrink;
use crate::generate::{Case, name};
use crate::sides::{self, Said, by_engine, by_oracle, explained, lived, resumed};

/// The cases of `make test`.
const CASES: u64 = 10_000;

/// So many differences are shrunk and told.
const MOST_TOLD: usize = 4;

#[expect(clippy::disallowed_methods, reason = "the length of a run is set from outside")]
fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Seeds that ever failed, then new ones: one in `part` of the cases.
fn seeds(kept: &str, part: u64) -> Vec<u64> {
    let first = number("BRIX_FIRST_SEED", 0);
    let kept = kept.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok());
    kept.chain(first..first + number("BRIX_CASES", CASES).div_ceil(part)).collect()
}

/// Panics with the smallest cases that still differ.
fn hold(seeds: &[u64], difference: &dyn Fn(&Case, u64) -> Option<String>) {
    hold_of(Case::of, seeds, difference);
}

fn hold_of(case_of: fn(u64) -> Case, seeds: &[u64], difference: &dyn Fn(&Case, u64) -> Option<String>) {
    let failed = seeds.iter().filter(|seed| difference(&case_of(**seed), **seed).is_some()).take(MOST_TOLD);
    let told: Vec<String> = failed
        .map(|seed| {
            let case = shrink(case_of(*seed), &|case| difference(case, *seed).is_some());
            let words = difference(&case, *seed).expect("a shrunk case still differs");
            format!("seed {seed}: {words}\n{}", sides::told(&case))
        })
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n\n"));
}

fn from_oracle(case: &Case, _: u64) -> Option<String> {
    match by_engine(case) {
        Said::Refused => None,
        Said::Outcomes(engine) => sides::difference(&engine, &by_oracle(case)),
    }
}

#[test]
fn engine_agrees_with_oracle() {
    hold(&seeds(include_str!("seeds/agree.txt"), 1), &from_oracle);
}

#[test]
fn explanations_agree() {
    hold(&seeds(include_str!("seeds/explain.txt"), 10), &|case, _| explained::difference(case));
}

/// Letting people go by their counts loses nobody who meets a definition.
#[test]
fn screens_lose_nobody() {
    let let_go = std::cell::Cell::new(0);
    hold(&seeds("", 1), &|case, _| {
        let (words, gone) = sides::screened_difference(case);
        let_go.set(let_go.get() + gone);
        words
    });
    assert!(let_go.get() > 1_000, "only {} were let go", let_go.get());
}

/// Leaving off where nothing can change any more misses nothing: plain definitions, which hold for good, with and without it, and by
/// the oracle.
#[test]
fn what_is_settled_misses_nothing() {
    hold_of(Case::plain, &seeds("", 2), &|case, seed| {
        sides::screened_difference(case).0.or_else(|| from_oracle(case, seed))
    });
}

/// A day that comes back, because somebody has flown west, is not a new one: too rare for random histories.
#[test]
fn days_that_come_back_are_not_counted_again() {
    let mut case = Case::plain(0);
    let record = |at: &str, body: Body| Record {
        source: name("test"),
        sender: name(""),
        message: name(at),
        timestamp: Timestamp(at.parse::<jiff::Timestamp>().unwrap().as_microsecond()),
        received_at: None,
        who: Who { user: Some(name("u")), ..Who::default() },
        body,
    };
    let event = || Body::Event { name: name("A"), kind: None, properties: Properties::new(), amount: None };
    let lives_in = |zone: &str| Body::Traits {
        of: SubjectKind::User,
        traits: Properties::from_iter([(name("timezone"), Value::text(zone))]),
        constant: false,
    };
    case.records = vec![
        record("2024-01-01T00:00:00Z", lives_in("Asia/Tokyo")),
        record("2024-01-01T14:00:00Z", event()),
        record("2024-01-01T15:30:00Z", event()),
        record("2024-01-01T15:45:00Z", lives_in("America/New_York")),
        record("2024-01-01T16:00:00Z", event()),
    ];
    case.horizon = Timestamp::LATEST;
    for (days, meets) in [(2, 1), (3, 0)] {
        let text =
            format!("id: d\nname: D\nsubject: user\npopulation: everyone\nwhen: {{ event: A, days: \">= {days}\" }}\n");
        case.definitions = vec![engine::language::parse(&text, &case.workspace).unwrap().definition];
        assert_eq!(sides::screened_difference(&case), (None, 1 - meets));
        assert_eq!(from_oracle(&case, 0), None);
    }
}

/// The same with more definitions than a word of a set holds.
#[test]
fn screens_hold_for_many_definitions() {
    hold(&(0..100).collect::<Vec<_>>(), &|case, _| {
        let mut definitions = case.definitions.clone();
        for (number, definition) in case.definitions.iter().cycle().take(130).enumerate() {
            let id = format!("{}-{number}", definition.id).into();
            definitions.push(engine::definition::Definition { id, ..definition.clone() });
        }
        sides::screened_difference(&Case { definitions, ..case.clone() }).0
    });
}

/// Ties and aliases come first, last, or anywhere; records come twice.
#[test]
fn order_and_duplicates_change_nothing() {
    let merges = |record: &Record| {
        matches!(record.body, Body::Alias { .. }) || (record.who.user.is_some() && record.who.anonymous.is_some())
    };
    hold(&seeds(include_str!("seeds/order.txt"), 5), &|case, seed| {
        let Said::Outcomes(said) = by_engine(case) else { return None };
        let mut dice = Dice::new(seed);
        for order in 0..3 {
            let mut records = case.records.clone();
            if !records.is_empty() {
                let again = records[dice.below(records.len())].clone();
                records.push(again);
            }
            dice.shuffle(&mut records);
            match order {
                0 => records.sort_by_key(merges),
                1 => records.sort_by_key(|record| !merges(record)),
                _ => {}
            }
            let Said::Outcomes(other) = by_engine(&Case { records, ..case.clone() }) else { return None };
            if let Some(words) = sides::difference(&other, &said) {
                return Some(words);
            }
        }
        None
    });
}

#[test]
fn states_agree_with_replays() {
    let met = std::cell::Cell::new(resumed::Met::default());
    hold(&seeds(include_str!("seeds/state.txt"), 2), &|case, seed| {
        let mut now = met.get();
        let words = resumed::difference(case, seed, &mut now);
        met.set(now);
        words
    });
    let met = met.get();
    let enough = number("BRIX_CASES", CASES) / 4;
    assert!(met.advanced > enough && met.rebuilt > enough / 4 && met.resumed > enough, "too little happens: {met:?}");
}

/// Records that come one by one give what a replay of all gives, whatever the order.
#[test]
fn living_agrees_with_replays() {
    let met = std::cell::Cell::new(lived::Met::default());
    hold(&seeds(include_str!("seeds/live.txt"), 2), &|case, seed| {
        let mut now = met.get();
        let words = lived::difference(case, seed, &mut now);
        met.set(now);
        words
    });
    let met = met.get();
    let enough = number("BRIX_CASES", CASES) / 4;
    let happens = met.taken > 4 * enough && met.joined > enough / 4 && met.advanced > enough && met.slept > enough / 4;
    let happens = happens && met.explained > enough / 4;
    assert!(happens && met.rebuilt > enough && met.stored > enough, "too little happens: {met:?}");
    assert!(met.taken > 2 * met.rebuilt, "most records should be plain: {met:?}");
}

/// The generator says what can be said, and things happen.
#[test]
fn cases_are_worth_their_time() {
    let (mut refused, mut entries, mut exits, mut late) = (0, 0, 0, 0);
    let count = 1_000;
    for seed in 0..count {
        let case = Case::of(seed);
        match by_engine(&case) {
            Said::Refused => refused += 1,
            Said::Outcomes(said) => {
                let all = || said.values().flat_map(|verdict| &verdict.entries);
                entries += all().count();
                exits += all().filter(|entry| entry.exit.is_some()).count();
                late += all().filter(|entry| entry.knowable_at > entry.at).count();
            }
        }
    }
    let count = count as usize;
    assert!(refused * 20 <= count, "{refused} of {count} cases were refused: the generator says what cannot be said");
    assert!(
        entries > count / 4 && exits > count / 20 && late > count / 50,
        "{entries} entries, {exits} exits, {late} late"
    );
}
