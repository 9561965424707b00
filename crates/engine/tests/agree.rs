//! The engine says what the oracle says, of random definitions and random histories.

mod generate;
mod oracle;
mod sides;

use generate::Case;
use generate::shrink::shrink;
use sides::{Said, by_engine, by_oracle, difference};

/// The cases of `make test`; the variable BRIX_CASES sets another number, for `make soak`.
const CASES: u64 = 10_000;

/// So many differences are shrunk and told.
const MOST_TOLD: usize = 8;

fn cases() -> u64 {
    std::env::var("BRIX_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(CASES)
}

/// Where random cases begin: another variable, so that a soak can go on where the last one ended.
fn first_seed() -> u64 {
    std::env::var("BRIX_FIRST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0)
}

/// Seeds that ever failed, first.
fn seeds(file: &str) -> Vec<u64> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeds").join(file);
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let kept = text.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok());
    kept.chain(first_seed()..first_seed() + cases()).collect()
}

fn differs(case: &Case) -> bool {
    match by_engine(case) {
        Said::Refused(_) => false,
        Said::Outcomes(engine) => difference(&engine, &by_oracle(case)).is_some(),
    }
}

/// A smallest case that still fails, told.
fn told(seed: u64) -> String {
    let case = shrink(Case::of(seed), &differs);
    let Said::Outcomes(engine) = by_engine(&case) else { unreachable!("it differs") };
    let difference = difference(&engine, &by_oracle(&case)).expect("it differs");
    format!("seed {seed}: {difference}\n{}", sides::told(&case))
}

#[test]
#[ignore = "differences are being settled"]
fn engine_agrees_with_oracle() {
    let (mut refused, mut entries) = (0, 0);
    let mut failed = Vec::new();
    let seeds = seeds("agree.txt");
    for seed in &seeds {
        let case = Case::of(*seed);
        match by_engine(&case) {
            Said::Refused(_) => refused += 1,
            Said::Outcomes(engine) => {
                let oracle = by_oracle(&case);
                entries += oracle.values().map(|verdict| verdict.entries.len()).sum::<usize>();
                if difference(&engine, &oracle).is_some() {
                    failed.push(*seed);
                }
            }
        }
        if failed.len() >= MOST_TOLD {
            break;
        }
    }
    let told: Vec<String> = failed.into_iter().map(told).collect();
    assert!(told.is_empty(), "{}", told.join("\n\n"));
    let count = seeds.len();
    assert!(refused * 20 <= count, "{refused} of {count} cases were refused: the generator says what cannot be said");
    assert!(entries * 2 >= count, "only {entries} entries in {count} cases: too little happens");
}
