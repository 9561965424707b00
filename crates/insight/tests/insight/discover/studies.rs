//! Does discovery keep its promises? Simulation studies: some runs in every test, many where `BRIX_STUDIES` says so
//! (`scripts/discovery-studies.sh`, which writes the figures to `docs/evidence`).

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::print_stdout,
    reason = "the number of runs comes from the environment, and the figures are printed"
)]

use insight::discover::report::{Discovery, Finding};
use insight::discover::rule::Condition;
use insight::discover::table::{FeatureTable, Measure};
use insight::discover::verdict::Verdict;
use insight::discover::{Question, answer};
use stats::Confidence;
use stats::proportion::wilson;
use stats::table::{TwoByTwo, chi_square};

use super::world::{PEERS_DAYS, Truth, World, by_day, counted, permuted, question};

/// How many runs a study has.
fn runs(few: u64) -> u64 {
    std::env::var("BRIX_STUDIES").ok().and_then(|text| text.parse().ok()).unwrap_or(few)
}

/// A figure of a study, for the page of evidence: so many of so many runs, with Wilson's interval.
fn tell(study: &str, what: &str, count: u64, of: u64) -> f64 {
    let interval = wilson(count, of, Confidence::NINETY_FIVE).unwrap();
    println!(
        "FIGURE {{\"study\": \"{study}\", \"what\": \"{what}\", \"count\": {count}, \"of\": {of}, \"share\": {:.4}, \"low\": {:.4}, \"high\": {:.4}}}",
        count as f64 / of as f64,
        interval.low,
        interval.high
    );
    interval.low
}

fn has_reliable(discovery: &Discovery) -> bool {
    discovery.findings.iter().any(|finding| finding.verdict == Verdict::Reliable)
}

/// What peers do: for each event the cell with the largest phi, of a grid of ten thresholds and windows of one to fifteen days,
/// over all people; the best is shown. Counted as a find where its uncorrected p is below 0.05.
fn phi_maximiser_finds(table: &FeatureTable, events: usize, seed: u64) -> bool {
    const THRESHOLDS: usize = 10;
    let grid = by_day(table, events, seed);
    let mut best: Option<(f64, TwoByTwo)> = None;
    for event in 0..events {
        for window in 0..PEERS_DAYS {
            // By how often they did it, ten times and more being one: people, and buyers among them.
            let mut counts = [[0_u64; 2]; THRESHOLDS + 1];
            for (row, days) in table.parts[0].rows.iter().zip(grid.iter().skip(event).step_by(events)) {
                counts[usize::from(days[window]).min(THRESHOLDS)][usize::from(row.won & 1)] += 1;
            }
            let sum =
                |counts: &[[u64; 2]]| counts.iter().fold([0, 0], |sum, count| [sum[0] + count[0], sum[1] + count[1]]);
            for threshold in 1..=THRESHOLDS {
                let ([no, yes], [others_no, others_yes]) = (sum(&counts[threshold..]), sum(&counts[..threshold]));
                let Some(cell) = TwoByTwo::from_groups((yes, yes + no), (others_yes, others_yes + others_no)) else {
                    continue;
                };
                let phi = cell.phi().unwrap_or(0.0);
                if best.is_none_or(|(most, _)| phi > most) {
                    best = Some((phi, cell));
                }
            }
        }
    }
    best.and_then(|(_, cell)| chi_square(&cell)).is_some_and(|test| test.p_value < 0.05)
}

/// Nothing matters in three ways; how often does anything get called reliable? The stated level is 0.05 a run.
#[test]
fn false_discoveries_keep_the_level() {
    let null = World { people: 1_500, events: 10, base: 0.08, truth: Truth::Nothing, accounts: false };
    let planted = World { truth: Truth::One(3.0), ..null };
    let whole = World { accounts: true, people: 2_000, base: 0.12, ..null };
    let original = planted.table(77);
    for (name, make) in [
        ("permuted outcomes", &(|seed| permuted(&original, seed)) as &dyn Fn(u64) -> FeatureTable),
        ("nothing matters", &|seed| null.table(seed)),
        ("whole accounts buy", &|seed| whole.table(seed)),
    ] {
        let count = runs(12);
        let (mut ours, mut theirs) = (0, 0);
        for seed in 0..count {
            let table = make(1_000 + seed);
            ours += u64::from(has_reliable(&answer(&question(&null), &table)));
            theirs += u64::from(phi_maximiser_finds(&table, null.events, seed));
        }
        let low = tell("false discoveries", &format!("{name}: something is called reliable"), ours, count);
        tell("false discoveries", &format!("{name}: the phi maximiser finds something"), theirs, count);
        assert!(low <= 0.05, "{name}: {ours} of {count}");
        assert!(theirs * 2 > count, "the baseline is not what it should be: {theirs} of {count}");
    }
}

/// Nothing matters: the best of a search is as good as luck's best in all but one of twenty runs; and where something does, luck
/// does not reach it.
#[test]
fn the_best_is_no_better_than_luck_where_nothing_matters() {
    let null = World { people: 1_000, events: 8, base: 0.1, truth: Truth::Nothing, accounts: false };
    let whole = World { accounts: true, people: 2_000, base: 0.15, ..null };
    let luck = |world: &World, seed: u64| {
        let question = Question { permutations: 59, seed, ..question(world) };
        answer(&question, &world.table(40_000 + seed)).candidates[0].luck.unwrap()
    };
    for (name, world) in [("nothing matters", &null), ("whole accounts buy", &whole)] {
        let count = runs(40);
        let good = (0..count).filter(|seed| luck(world, *seed) <= 0.05).count() as u64;
        let low =
            tell("luck", &format!("{name}: the best of the search has a permutation p of at most 0.05"), good, count);
        assert!(low <= 0.05, "{name}: {good} of {count}");
    }
    let planted = World { truth: Truth::One(3.0), people: 3_000, ..null };
    assert_eq!(luck(&planted, 1), 1.0 / 60.0);
}

/// Whether a reliable rule is the planted one: about its events alone, or about all of them.
fn is_about(finding: &Finding, events: &[u16]) -> bool {
    let mut about: Vec<u16> = finding.rule.conditions.iter().flat_map(|condition| condition.slot.events()).collect();
    about.sort_unstable();
    about.dedup();
    finding.verdict == Verdict::Reliable && about == events
}

/// Planted rules of several sizes: how often is the rule found?
#[test]
fn planted_rules_are_found() {
    let base = World { people: 0, events: 10, base: 0.05, truth: Truth::One(4.0), accounts: false };
    let in_accounts = true;
    let worlds = [
        (500_000, 0.02, Truth::One(1.5), false, None),
        (500_000, 0.05, Truth::Pair, false, None),
        (50_000, 0.02, Truth::One(2.0), false, None),
        (50_000, 0.05, Truth::Pair, false, None),
        (50_000, 0.05, Truth::Triple, false, None),
        (50_000, 0.05, Truth::One(2.0), in_accounts, None),
        (5_000, 0.1, Truth::Order, false, Some(0.5)),
        (500, 0.02, Truth::One(4.0), false, None),
        (500, 0.2, Truth::One(4.0), false, None),
        (2_000, 0.05, Truth::One(4.0), false, None),
        (2_000, 0.2, Truth::One(3.0), false, None),
        (5_000, 0.05, Truth::One(3.0), false, Some(0.5)),
        (5_000, 0.1, Truth::One(4.0), in_accounts, Some(0.5)),
        (20_000, 0.05, Truth::One(3.0), in_accounts, None),
        (20_000, 0.02, Truth::One(3.0), false, None),
        (5_000, 0.2, Truth::One(2.0), false, None),
        (5_000, 0.1, Truth::Pair, false, Some(0.6)),
        (20_000, 0.1, Truth::Pair, false, None),
        (5_000, 0.1, Truth::Triple, false, Some(0.5)),
        (20_000, 0.1, Truth::Triple, false, None),
        (5_000, 0.1, Truth::Soon, false, Some(0.5)),
        (5_000, 0.1, Truth::Again, false, Some(0.5)),
        (5_000, 0.1, Truth::Growing, false, Some(0.5)),
        (20_000, 0.03, Truth::Soon, false, None),
        (20_000, 0.03, Truth::Again, false, None),
        (20_000, 0.03, Truth::Growing, false, None),
    ];
    for (people, share, truth, accounts, least) in worlds {
        // The large ones, and those that need many runs to say anything, only where time is given.
        let long = runs(0)
            / if people > 100_000 {
                100
            } else if people > 20_000 {
                50
            } else if people > 5_000 {
                10
            } else {
                5
            };
        let count = if runs(0) > 0 { long } else { least.map_or(0, |_| 4) };
        if count == 0 {
            continue;
        }
        let events: &[u16] = match truth {
            Truth::Pair | Truth::Order => &[0, 1],
            Truth::Triple => &[0, 1, 2],
            _ => &[0],
        };
        let world = World { people, base: share, truth, accounts, ..base };
        let (mut found, mut exact) = (0, 0);
        for seed in 0..count {
            let discovery = answer(&question(&world), &world.table(5_000 + seed));
            found += u64::from(discovery.findings.iter().any(|finding| is_about(finding, events)));
            let planted = |condition: &Condition| match truth {
                Truth::One(_) => condition.slot.measure == Measure::Count && (2..=4).contains(&condition.at_least),
                Truth::Soon => condition.slot.measure == Measure::Soon && condition.at_least >= 4,
                Truth::Again => matches!(condition.slot.measure, Measure::Again(_)) && condition.at_least >= 3,
                Truth::Growing => condition.slot.measure == Measure::Growth && (3..=5).contains(&condition.at_least),
                Truth::Order => condition.slot.measure == Measure::Then && condition.slot.event == Some(0),
                _ => condition.at_least == 1 && !condition.negated,
            };
            let near = |finding: &Finding| is_about(finding, events) && finding.rule.conditions.iter().all(planted);
            exact += u64::from(discovery.findings.iter().any(near));
        }
        let whose = if accounts { " in accounts that buy as a whole" } else { "" };
        let what = format!("{people} people{whose}, {:.0} of 100 buy, {truth:?}", share * 100.0);
        tell("power", &format!("{what}: a rule about the planted events is reliable"), found, count);
        tell("power", &format!("{what}: with the planted or a neighbouring threshold"), exact, count);
        if let Some(least) = least {
            assert!(found as f64 >= least * count as f64, "{what}: {found} of {count}");
        }
    }
}

/// A hidden level, or a known trait, sets both what people do and whether they buy: what is found must not be called reliable for
/// more than that, and the intervals among people who are alike hold 1.
#[test]
fn what_only_shows_activity_or_fit_is_told_apart() {
    for (name, truth) in [("confounded", Truth::Hidden), ("confounded by a trait", Truth::Fit)] {
        let world = World { people: 6_000, events: 10, base: 0.05, truth, accounts: false };
        let count = runs(6).min(200);
        let (mut plain, mut activity, mut reliable, mut holds_one, mut judged) = (0, 0, 0, 0, 0);
        for seed in 0..count {
            let discovery = answer(&question(&world), &world.table(9_000 + seed));
            let about_events = |finding: &&Finding| {
                finding.rule.conditions.iter().all(|condition| condition.slot.measure != Measure::Trait)
            };
            let found = discovery.findings.iter().filter(|finding| finding.held_out.p_value < 0.05);
            for finding in found.filter(about_events) {
                let Some(adjusted) = finding.adjusted.as_ref().and_then(|adjusted| adjusted.lift) else { continue };
                judged += 1;
                plain += u64::from(finding.held_out.lift.is_some_and(|lift| lift.low > 1.0));
                holds_one += u64::from(adjusted.low <= 1.0 && 1.0 <= adjusted.high);
                activity += u64::from(finding.verdict == Verdict::OnlyActivity);
                reliable += u64::from(finding.verdict == Verdict::Reliable);
            }
        }
        tell(name, "findings with a plain lift above 1", plain, judged);
        tell(name, "findings whose adjusted interval holds 1", holds_one, judged);
        tell(name, "findings called only a sign of being active, or of being the right kind", activity, judged);
        tell(name, "findings called reliable", reliable, judged);
        assert!(judged > 0 && plain * 10 >= judged * 9, "{name}: {plain} of {judged}");
        assert!(reliable * 20 <= judged, "{name}: {reliable} of {judged} are called reliable");
        assert!(holds_one * 10 >= judged * 9, "{name}: {holds_one} of {judged} hold 1");
    }
}

/// The intervals shown of later people hold the truth as often as they say, whatever was searched.
#[test]
fn intervals_cover() {
    for (name, accounts, truth) in [
        ("people", false, Truth::One(2.5)),
        ("whole accounts", true, Truth::One(2.5)),
        ("people, nothing matters", false, Truth::Nothing),
    ] {
        let world = World { people: 3_000, events: 8, base: 0.1, truth, accounts };
        let all = World { people: if runs(0) > 0 { 400_000 } else { 40_000 }, ..world }.table(3);
        let count = runs(6).min(400);
        let (mut with, mut without, mut lift, mut of) = (0, 0, 0, 0);
        for seed in 0..count {
            let discovery = answer(&question(&world), &world.table(20_000 + seed));
            for finding in discovery
                .findings
                .iter()
                .filter(|finding| finding.held_out.met >= 100 && finding.held_out.met_buyers >= 5)
            {
                let truth = counted(&all, &finding.rule).map(|(people, won)| won as f64 / people.max(1) as f64);
                let holds = |range: Option<insight::figure::Ranged>, value: f64| {
                    range.is_some_and(|range| range.low <= value && value <= range.high)
                };
                of += 1;
                with += u64::from(holds(finding.held_out.with, truth[0]));
                without += u64::from(holds(finding.held_out.without, truth[1]));
                lift += u64::from(holds(finding.held_out.lift, truth[0] / truth[1]));
            }
        }
        for (what, count) in [("with the rule", with), ("without it", without), ("lift", lift)] {
            tell("coverage", &format!("{name}: the 95 % interval of {what} holds the truth"), count, of);
            // The findings of one run are of the same people: the runs are fewer than they look.
            let least = if runs(0) > 0 { 0.92 } else { 0.75 };
            assert!(count as f64 >= least * of as f64, "{name}, {what}: {count} of {of}");
        }
    }
}
