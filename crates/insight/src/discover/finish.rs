//! From a feature table to the answer.

use std::sync::Arc;

use engine::Timestamp;
use engine::time::DAY;
use stats::multiplicity::{benjamini_hochberg, weighted_holm};

use super::adjusted::{Adjusted, adjusted};
use super::alike::{Expected, Model, Strata};
use super::bits::Bits;
use super::closer::{Overlap, curve, heat_map, loads, missed, overlaps, weeks};
use super::cohort::{Cohort, Half};
use super::combine::{Combined, combine};
use super::layout::{About, Measure};
use super::leaks::{self, Declared, Leaks};
use super::luck::Luck;
use super::measures::{Measures, measures};
use super::nothing::nothing;
use super::question::Question;
use super::report::{
    CandidateFigures, Closer, Discovery, Finding, Halves, Month, Population, SamePeople, Tried, WindowCounts,
};
use super::rule::{ConditionWords, Rule};
use super::search::{Candidate, Searched, search};
use super::table::FeatureTable;
use super::touched::Touched;
use super::twins::{Offered, Pick, Picked};
use super::verdict::{Evidence, VERDICTS, Verdict};
use super::{catalog::Excluded, sentence};
use crate::figure::When;
use crate::workers::{Workers, all_of};

/// The most single features that are judged on the held-out half: each more makes the proof of all others harder.
const MOST_JUDGED: usize = 20;
/// The most combinations that are judged.
const MOST_COMBINED: usize = 6;
/// Rules whose scores differ by less, in standard errors, are as good as each other.
const NEAR: f64 = 2.0;
/// The most findings that are looked at more closely.
const MOST_CLOSER: usize = 4;
/// Candidates in a report.
const MOST_CANDIDATES: usize = 300;

/// A rule with its figures, before the correction over all.
struct Judged {
    rule: Rule,
    twins: Vec<Rule>,
    bits: Bits,
    search: Measures,
    held_out: Measures,
    adjusted: Option<Adjusted>,
    leak: Option<String>,
    declared: Option<Declared>,
}

/// The answer to a question from what was gathered.
pub(crate) fn finish(question: &Question, table: &FeatureTable, workers: Workers<'_>) -> Discovery {
    let cohort = Cohort::new(table, workers);
    let following: Vec<usize> = table.only_following().collect();
    let mut searched = search(&cohort, workers);
    let only_follows =
        |candidate: &Candidate| candidate.condition.slot.events().any(|event| following.contains(&usize::from(event)));
    searched.candidates.retain(|candidate| !only_follows(candidate));
    let luck = Luck::of(&cohort, &searched.all, question.permutations, question.seed, workers);
    let leaks = Leaks::of(question, &cohort, &searched);
    // What may be a leak is not combined, nor activity as such.
    searched.all.retain(|candidate| {
        let slot = candidate.condition.slot;
        !only_follows(candidate) && !slot.counts_all_use() && leaks.about(slot).is_none()
    });
    let combined = combine(&cohort, &searched.all, question.aim, weeks(&cohort, Half::Search), workers);
    let mut picked = singles(&cohort, &searched, &leaks);
    let first_combination = combinations(&mut picked, &combined);
    let mut singles = picked.into_picks();
    let combinations = singles.split_off(first_combination);
    let picks = in_turn(singles, combinations);
    let rules: Vec<&Rule> = picks.iter().map(|pick| &pick.rule).collect();
    let expected = Expected::new(&question.catalog, &cohort, &searched, &leaks);
    let models = expected.models(&question.catalog, &rules, workers);
    let judge = |place: usize| judge(question, (&expected, &models[place]), &leaks, &picks[place]);
    let judged = all_of(workers, picks.len(), judge);
    let p_values: Vec<f64> = judged.iter().map(|judged| judged.held_out.p_value).collect();
    // What looked best in the search has the most of the level: the weights come from people who do not judge.
    let weights: Vec<f64> = (1..=p_values.len()).map(|rank| 1.0 / rank as f64).collect();
    let corrected = weighted_holm(&p_values, &weights).unwrap_or_else(|| vec![1.0; p_values.len()]);
    let q_values = benjamini_hochberg(&p_values).unwrap_or_else(|| vec![1.0; p_values.len()]);
    let judged_count = judged.len() as u64;
    let calendar = Calendar::of(question, &cohort);
    let mut findings: Vec<Finding> = judged
        .into_iter()
        .zip(corrected.into_iter().zip(q_values))
        .map(|(judged, (corrected, q_value))| finding(question, (&cohort, &calendar), judged, corrected, q_value))
        .collect();
    findings.sort_by(|left, right| {
        let key = |finding: &Finding| (finding.verdict, finding.held_out.p_value);
        key(left).0.cmp(&key(right).0).then(key(left).1.total_cmp(&key(right).1))
    });
    let reliable = findings.iter().any(|finding| finding.verdict == Verdict::Reliable);
    let mut excluded = question.catalog.excluded.clone();
    excluded.extend(following.iter().filter_map(|place| {
        let event = question.catalog.events.get(*place)?;
        Some(Excluded { name: Arc::clone(&event.name), why: "it only ever follows the goal".to_owned() })
    }));
    let (recommended, closer, overlaps) = look_closer(question, &cohort, &findings);
    Discovery {
        recommended,
        closer,
        overlaps,
        subject: question.subject.word(),
        goal: question.goal.clone(),
        end_days: days(question.end),
        observed_until: When(question.observed_until),
        population: Population { counted: table.len() as u64, started: table.len() as u64, ..Population::default() },
        refused_profiling: None,
        windows: windows(question, &cohort),
        halves: halves(question, &cohort),
        tried: tried(&searched, combined.tried, judged_count),
        nothing: (!reliable).then(|| nothing(question, &cohort, judged_count)),
        candidates: candidates(question, &searched, luck.as_ref()),
        luck,
        doubted: doubted(&leaks, &following, &findings),
        findings,
        trusted: question.trusted.clone(),
        without_sales_touched: question.without_sales_touched,
        capacity_per_week: question.capacity_per_week,
        excluded,
        thresholds: VERDICTS,
    }
}

/// One rule for each event, property or trait: its best measure, window and threshold in the searched half. The best are judged.
fn singles<'a>(cohort: &'a Cohort<'a>, searched: &Searched, leaks: &Leaks) -> Picked<'a> {
    let mut known: Vec<About> = Vec::new();
    let mut figures = Vec::new();
    let mut picked = Picked::new(cohort);
    // An order of events has to beat the events alone: it stands among the combinations.
    let alone = |candidate: &&Candidate| candidate.z > 0.0 && candidate.condition.slot.measure != Measure::Then;
    for candidate in searched.candidates.iter().filter(alone) {
        let slot = candidate.condition.slot;
        if known.contains(&slot.about()) {
            continue;
        }
        let of_search = (candidate.table.exposed(), candidate.table.exposed_event);
        // Measures of one event that pick as many are one, also where a few of the later signups differ.
        let same = (slot.event, candidate.window, of_search);
        let most = if figures.contains(&same) { 0 } else { MOST_JUDGED };
        let rule = Rule::one(candidate.condition, candidate.window);
        let offered = picked.offer(rule, of_search, leaks.about(slot).is_some(), most);
        if offered != Offered::Neither {
            known.push(slot.about());
            figures.push(same);
        }
    }
    picked
}

/// Beside single conditions the best combinations, each about something else; the place of the first.
fn combinations(picked: &mut Picked<'_>, combined: &Combined) -> usize {
    let singles = picked.len();
    let mut known: Vec<Vec<About>> = Vec::new();
    let mut twins: Vec<Vec<About>> = Vec::new();
    for combination in &combined.best {
        let mut about: Vec<_> = combination.rule.conditions.iter().map(|condition| condition.slot.about()).collect();
        about.sort_unstable();
        about.dedup();
        // Two that differ in one condition may be noise around one truth; a third is.
        let alike = |other: &&Vec<About>| {
            about.iter().filter(|part| other.contains(part)).count() + 1 >= about.len().max(other.len())
        };
        if known.contains(&about) || twins.contains(&about) {
            continue;
        }
        let most = if known.iter().filter(alike).count() < 2 { singles + MOST_COMBINED } else { 0 };
        match picked.offer(combination.rule.clone(), combination.figures, false, most) {
            Offered::Taken => known.push(about),
            Offered::Twin => twins.push(about),
            Offered::Neither => {}
        }
    }
    singles
}

/// Singles and combinations in turn, so that neither takes the most of the level from the other.
fn in_turn(singles: Vec<Pick>, combinations: Vec<Pick>) -> Vec<Pick> {
    let (mut singles, mut combinations) = (singles.into_iter(), combinations.into_iter());
    let mut rules = Vec::new();
    loop {
        let before = rules.len();
        rules.extend(singles.next());
        rules.extend(combinations.next());
        if rules.len() == before {
            return rules;
        }
    }
}

/// The finding to go on with, and a closer look at the first ones.
fn look_closer(
    question: &Question,
    cohort: &Cohort<'_>,
    findings: &[Finding],
) -> (Option<usize>, Vec<Closer>, Vec<Overlap>) {
    let weeks = weeks(cohort, Half::Search);
    let score = |finding: &Finding| {
        let table = cohort.table(&finding.rule.bits(cohort), finding.rule.window, Half::Search);
        question.aim.score(&table, weeks).unwrap_or(f64::NEG_INFINITY)
    };
    let reliable: Vec<(usize, f64)> = findings
        .iter()
        .enumerate()
        .filter(|(_, finding)| finding.verdict == Verdict::Reliable)
        .map(|(place, finding)| (place, score(finding)))
        .collect();
    let best = reliable.iter().map(|(_, score)| *score).fold(f64::NEG_INFINITY, f64::max);
    let near = reliable.iter().filter(|(_, score)| *score >= best - NEAR);
    let recommended = near
        .min_by(|left, right| {
            let size = |place: usize| findings[place].rule.conditions.len();
            size(left.0).cmp(&size(right.0)).then(right.1.total_cmp(&left.1))
        })
        .map(|(place, _)| *place);
    let worth = |verdict: Verdict| matches!(verdict, Verdict::Reliable | Verdict::Weak | Verdict::OnlyActivity);
    let mut places: Vec<usize> = recommended.into_iter().collect();
    places.extend((0..findings.len()).filter(|place| Some(*place) != recommended && worth(findings[*place].verdict)));
    places.truncate(MOST_CLOSER);
    let look = |place: &usize| {
        let rule = &findings[*place].rule;
        let first = rule.conditions.iter().find(|condition| !condition.negated);
        Closer {
            finding: *place,
            curve: first.and_then(|condition| curve(question, cohort, condition, rule.window)),
            heat_map: first.and_then(|condition| heat_map(question, cohort, condition)),
            missed: missed(cohort, rule),
            // Nobody is sent after what is not reliable.
            loads: question
                .capacity_per_week
                .filter(|_| findings[*place].verdict == Verdict::Reliable)
                .map_or_else(Vec::new, |leads| loads(question, cohort, rule, f64::from(leads))),
        }
    };
    let rules: Vec<(usize, &Rule)> = places.iter().map(|place| (*place, &findings[*place].rule)).collect();
    (recommended, places.iter().map(look).collect(), overlaps(cohort, &rules))
}

fn judge(question: &Question, (expected, model): (&Expected<'_>, &Model), leaks: &Leaks, pick: &Pick) -> Judged {
    let cohort = expected.cohort;
    let (rule, twins) = (pick.rule.clone(), pick.twins.clone());
    let bits = rule.bits(cohort);
    let [search, held_out] = [Half::Search, Half::HeldOut].map(|half| measures(cohort, &bits, rule.window, half));
    let adjusted = (!rule.is_activity()).then(|| {
        let strata = Strata::new(&question.catalog, expected, model, &rule);
        let plain = held_out.lift.map(|lift| lift.value);
        adjusted(cohort, &bits, rule.window, Half::HeldOut, &strata, plain)
    });
    let leak = leaks.why(&rule).map(str::to_owned);
    let declared = leaks.declared(&question.catalog, &rule);
    Judged { rule, twins, bits, search, held_out, adjusted, leak, declared }
}

fn finding(
    question: &Question,
    (cohort, calendar): (&Cohort<'_>, &Calendar),
    judged: Judged,
    corrected: f64,
    q_value: f64,
) -> Finding {
    let Judged { rule, twins, bits, search, held_out, adjusted, leak, declared } = judged;
    let evidence = Evidence {
        search: &search,
        held_out: &held_out,
        adjusted: adjusted.as_ref(),
        corrected,
        is_leak: leak.is_some(),
        is_declared: declared.is_some(),
        is_size: rule.conditions.iter().all(|condition| condition.is_size(&question.catalog)),
    };
    let verdict = evidence.verdict();
    // What only the later signups show was combined before, and is doubted all the same.
    let late = || leaks::too_good_later(&rule.words(&question.catalog), &held_out);
    let leak = leak.or_else(|| (verdict == Verdict::PossibleLeak).then(late));
    let logarithm = |measures: &Measures| measures.lift.map(|lift| lift.value.ln());
    let optimism = logarithm(&search).zip(logarithm(&held_out)).map(|(found, held)| found - held);
    let catalog = &question.catalog;
    let mut finding = Finding {
        words: rule.words(catalog),
        conditions: rule.conditions.iter().map(|condition| ConditionWords::of(condition, catalog)).collect(),
        least: rule.least,
        same_people: twins.iter().map(|twin| SamePeople::of(question, twin)).collect(),
        window_days: days(question.windows[rule.window]),
        verdict,
        leak,
        declared,
        months: months(calendar, cohort, &bits, rule.window),
        search,
        held_out,
        adjusted,
        corrected_p: corrected,
        q_value,
        optimism,
        sentence: String::new(),
        criterion: engine::language::criterion_to_yaml(&rule.criterion(question)),
        rule,
    };
    finding.sentence = sentence::sentence(question, &finding);
    finding
}

/// All that is doubted: what the search shows, and what only the later signups do.
fn doubted(leaks: &Leaks, following: &[usize], findings: &[Finding]) -> Vec<String> {
    let mut told = leaks.told(following);
    let late = findings.iter().filter(|finding| leaks.why(&finding.rule).is_none());
    told.extend(late.filter_map(|finding| finding.leak.clone()));
    told
}

/// The months in which somebody's time started, and each place's among them.
struct Calendar {
    months: Vec<(i16, i8)>,
    of: Vec<u16>,
}

impl Calendar {
    fn of(question: &Question, cohort: &Cohort<'_>) -> Self {
        let mut by_quarter = std::collections::BTreeMap::new();
        let mut months = Vec::new();
        let mut last = (i64::MIN, 0);
        let of = (0..cohort.len()).map(|place| {
            let Some(row) = cohort.row(place) else { return 0 };
            // No zone's midnight lies within a quarter of an hour.
            let quarter = row.clock.div_euclid(DAY / 96);
            if quarter != last.0 {
                let number = *by_quarter.entry(quarter).or_insert_with(|| {
                    let local = Timestamp(row.clock).in_zone(&question.zone);
                    let month = (local.year(), local.month());
                    months.iter().position(|known| *known == month).unwrap_or_else(|| {
                        months.push(month);
                        months.len() - 1
                    })
                });
                last = (quarter, number as u16);
            }
            last.1
        });
        let of = of.collect();
        Self { months, of }
    }
}

/// Rates by month of the clock, both halves.
fn months(calendar: &Calendar, cohort: &Cohort<'_>, bits: &Bits, window: usize) -> Vec<Month> {
    let landmark = &cohort.landmarks[window];
    let mut counts = vec![[0_u64; 4]; calendar.months.len()];
    for place in landmark.at_risk.places() {
        let counts = &mut counts[usize::from(calendar.of[place])];
        let side = if bits.has(place) { 0 } else { 2 };
        counts[side] += 1;
        counts[side + 1] += u64::from(landmark.won.has(place));
    }
    let mut ordered: Vec<_> = calendar.months.iter().zip(counts).collect();
    ordered.sort_unstable();
    let month = |((year, month), [met, met_buyers, others, other_buyers]): (&(i16, i8), [u64; 4])| Month {
        month: format!("{year:04}-{month:02}"),
        met,
        met_buyers,
        others,
        other_buyers,
    };
    ordered.into_iter().map(month).collect()
}

fn windows(question: &Question, cohort: &Cohort<'_>) -> Vec<WindowCounts> {
    let both = |window: usize| {
        let [search, held_out] = [Half::Search, Half::HeldOut].map(|half| cohort.totals(window, half));
        (search.0 + held_out.0, search.1 + held_out.1)
    };
    question
        .windows
        .iter()
        .enumerate()
        .map(|(window, length)| {
            let (people, buyers) = both(window);
            WindowCounts { days: days(*length), people, buyers, buyers_lost: 0, touched_by_sales: Touched::default() }
        })
        .collect()
}

fn halves(question: &Question, cohort: &Cohort<'_>) -> Halves {
    let count = |half| cohort.range(half).filter(|place| cohort.row(*place).is_some()).count() as u64;
    let first = cohort.row(cohort.range(Half::HeldOut).start);
    Halves {
        searched: count(Half::Search),
        held_out: count(Half::HeldOut),
        held_out_from: first.map(|row| When(Timestamp(row.clock))),
        held_out_from_day: first.map(|row| When(Timestamp(row.clock)).date(&question.zone)),
        households: [Half::Search, Half::HeldOut].map(|half| cohort.households(half).count() as u64).iter().sum(),
    }
}

fn tried(searched: &Searched, combinations: u64, judged: u64) -> Tried {
    Tried {
        features: searched.features,
        cells: searched.cells,
        good_by_luck: (searched.cells as f64 * 0.025).round() as u64,
        look_good: searched.look_good,
        combinations,
        judged,
    }
}

fn candidates(question: &Question, searched: &Searched, luck: Option<&Luck>) -> Vec<CandidateFigures> {
    let figures = |candidate: &Candidate| CandidateFigures {
        condition: ConditionWords::of(&candidate.condition, &question.catalog),
        window_days: days(question.windows[candidate.window]),
        met: candidate.table.exposed(),
        met_buyers: candidate.table.exposed_event,
        phi: candidate.table.phi(),
        z: candidate.z,
        p_value: candidate.p_value,
        q_value: candidate.q_value,
        luck: luck.map(|luck| luck.p_value(candidate.z)),
        thresholds: candidate.thresholds,
    };
    searched.candidates.iter().take(MOST_CANDIDATES).map(figures).collect()
}

pub(crate) fn days(length: i64) -> f64 {
    length as f64 / DAY as f64
}
