//! Figures of a product for a look by eye: `cargo test --release -p brix-simulate --test figures -- --ignored --nocapture`.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "measures time; run by hand"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use simulate::{Encoder, Ids, Kind, Order, Part, Product, Scenario, What, csv, jsonl};

/// `USERS=…`, `MONTHS=…` and `PACE=…` (percent) in the environment change the product.
fn product(scenario: Scenario, order: Order) -> Product {
    let asked = |name: &str, usual| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let product = Product::for_users(1, asked("USERS", 20_000), asked("MONTHS", 12), scenario);
    Product { order, pace_percent: asked("PACE", 100), ..product }
}

#[test]
#[ignore = "prints figures; run in release"]
fn throughput() {
    for order in [Order::Account, Order::Received] {
        let product = product(Scenario::PLANTED, order);
        let ids = Ids::new(product.seed);
        let mut encoder = Encoder::new(product.seed, "simulated");
        let mut out = Vec::new();
        for (target, kind) in ["facts", "batches", "csv", "jsonl"].into_iter().enumerate() {
            let (mut rows, mut bytes, start) = (0, 0, Instant::now());
            product
                .generate(&mut |part| {
                    let Part::Facts(facts) = part else { return };
                    rows += facts.len();
                    out.clear();
                    match target {
                        1 => bytes += encoder.to_batch(facts).memory_bytes(),
                        2 => csv::events(&mut out, &ids, csv::Properties::Columns, facts),
                        3 => jsonl::lines(&mut out, &ids, facts),
                        _ => {}
                    }
                    bytes += out.len();
                })
                .unwrap();
            let seconds = start.elapsed().as_secs_f64();
            println!(
                "{order:?} {kind}: {rows} rows, {bytes} bytes, {seconds:.2} s, {:.2} M rows/s",
                rows as f64 / seconds / 1e6
            );
        }
    }
}

#[test]
#[ignore = "prints figures"]
fn shape() {
    for scenario in [Scenario::PLANTED, Scenario::NULL, Scenario::CONFOUNDED] {
        let product = product(scenario, Order::Account);
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        let mut kinds: BTreeMap<Kind, [usize; 5]> = BTreeMap::new();
        let (mut rows, mut people) = (0, 0);
        product
            .generate(&mut |part| match part {
                Part::Facts(facts) => {
                    rows += facts.len();
                    for fact in facts {
                        if let What::Event(name) = fact.what {
                            *names.entry(name.text()).or_default() += 1;
                        }
                    }
                }
                Part::Account(account) => {
                    people += account.people.len();
                    let counts = kinds.entry(account.kind).or_default();
                    counts[0] += 1;
                    counts[1] += account.people.len();
                    counts[2] += usize::from(account.rule_held_at.is_some());
                    counts[3] += usize::from(account.converted_at.is_some());
                    counts[4] += usize::from(account.rule_held_at.is_some() && account.converted_at.is_some());
                }
            })
            .unwrap();
        println!("{scenario:?}: {} accounts, {people} people, {rows} rows", product.accounts);
        println!("accounts, people, rule held, converted, both: {kinds:?}");
        println!("{names:?}\n");
    }
}
