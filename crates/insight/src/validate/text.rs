//! The answer in a terminal: the verdict first.

use super::{Cohort, Proposed, Validity, Verdict};
use crate::figure::{Answer, Ranged, Share, duration, grouped, left_out, percent, points_words};
use crate::text::plot;
use crate::text::table::{Table, wrap};
use crate::text::{WIDTH, ranged, rate};

/// Letters of a small plot.
const PLOT: usize = 24;

/// The answer as text.
#[must_use]
pub fn text(validity: &Validity) -> String {
    let mut lines = Vec::new();
    let within = duration(validity.question.within_days * engine::time::DAY as f64);
    lines.push(format!("{}: {}", validity.name, validity.verdict.words()));
    lines.push("─".repeat(lines.first().map_or(0, |line| line.chars().count()).min(WIDTH)));
    for sentence in &validity.because {
        say(&mut lines, "• ", sentence);
    }
    if validity.verdict != Verdict::NotEnough {
        say(&mut lines, "• ", &missed(validity));
    }
    lines.push(String::new());
    say(&mut lines, "", &format!("Goal: {} within {within} of being known", validity.question.goal));
    if let Some(count) = validity.refused_profiling.filter(|count| *count > 0) {
        say(&mut lines, "", &left_out(count));
    }
    cohorts(&mut lines, "By quarter of signup", &validity.quarters);
    cohorts(&mut lines, "By month of signup", &validity.months);
    over_time(&mut lines, "Precision", &validity.months, |cohort| cohort.precision);
    over_time(&mut lines, "Early recall", &validity.months, |cohort| cohort.early_recall);
    proposal(&mut lines, validity);
    lines.push(String::new());
    say(
        &mut lines,
        "",
        "Ranges are 95 % intervals. Early recall: of those who paid within the horizon of their start, named before.",
    );
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

fn say(lines: &mut Vec<String>, sign: &str, words: &str) {
    let indent = " ".repeat(2 + sign.chars().count());
    lines.extend(wrap(words, WIDTH, &format!("  {sign}"), &indent));
}

fn missed(validity: &Validity) -> String {
    let recent = &validity.recent;
    let since = recent.since.map_or(String::new(), |since| {
        format!(" of those who started since {}", since.date(&validity.question.time_zone))
    });
    let share = recent.missed.rate.map_or(String::new(), |rate| {
        format!(": {} ({:.1}–{:.1})", percent(rate.value), rate.low * 100.0, rate.high * 100.0)
    });
    let ways: Vec<String> =
        recent.ways.iter().map(|way| format!("{} {}", grouped(way.people.total), way.words)).collect();
    let ways = if ways.is_empty() { String::new() } else { format!(" ({})", ways.join("; ")) };
    format!(
        "It misses {} of {} customers{since}{share}{ways}.",
        grouped(recent.missed.count),
        grouped(recent.missed.of)
    )
}

fn cohorts(lines: &mut Vec<String>, title: &str, cohorts: &[Cohort]) {
    lines.push(String::new());
    lines.push(title.to_owned());
    let mut table =
        Table::new(&["", ">people", ">qualified %", ">precision %", ">not judged", ">early recall %", ">lift"]);
    for cohort in cohorts {
        table.row(vec![
            cohort.period.clone(),
            grouped(cohort.people),
            short(&cohort.qualified),
            short(&cohort.precision),
            grouped(cohort.immature),
            short(&cohort.early_recall),
            short_lift(&cohort.lift),
        ]);
    }
    lines.extend(table.lines(2, WIDTH));
}

/// `14.6 (10.5–20.0)`: the head says that it is per cent.
fn short(share: &Share) -> String {
    share.rate.map_or_else(
        || rate(share),
        |rate| format!("{:.1} ({:.1}–{:.1})", rate.value * 100.0, rate.low * 100.0, rate.high * 100.0),
    )
}

fn short_lift(lift: &Answer<Ranged>) -> String {
    if lift.known().is_some() { ranged(lift, crate::figure::times) } else { "–".to_owned() }
}

/// One line for each cohort: the rate with its interval on one scale.
fn over_time(lines: &mut Vec<String>, title: &str, cohorts: &[Cohort], figure: impl Fn(&Cohort) -> Share) {
    let told: Vec<(&str, Ranged)> =
        cohorts.iter().filter_map(|cohort| Some((&*cohort.period, figure(cohort).rate?))).collect();
    let most = told.iter().map(|(_, rate)| rate.high).fold(0.0, f64::max);
    if told.len() < 2 || most <= 0.0 {
        return;
    }
    lines.push(String::new());
    lines.push(format!("{title} over time (0 to {})", percent(most)));
    for (period, rate) in told {
        let range = plot::range(rate.low, rate.value, rate.high, most, PLOT);
        lines.push(format!("  {period}  {range:PLOT$}  {}", percent(rate.value)).trim_end().to_owned());
    }
}

fn proposal(lines: &mut Vec<String>, validity: &Validity) {
    let Some(proposed) = &validity.proposal else { return };
    lines.push(String::new());
    lines.push("Proposal".to_owned());
    match proposed {
        Proposed::Nothing(nothing) => {
            say(lines, "", &format!("Nothing is proposed: {}.", nothing.because));
            for change in nothing.best.iter().flat_map(|best| &best.changes) {
                say(lines, "– ", change);
            }
        }
        Proposed::Change(proposal) => {
            for change in &proposal.changes {
                say(lines, "→ ", change);
            }
            let zone = &validity.question.time_zone;
            let found = format!(
                "The best of {} definitions near by on those who started before {}; on those since, who had no say: {} \
                 instead of {}. Gain {}.",
                grouped(proposal.tried),
                proposal.split_at.date(zone),
                proposal.later.after.words(),
                proposal.later.before.words(),
                points_words(&Answer::Known(proposal.later.gain)),
            );
            say(lines, "", &found);
            say(
                lines,
                "",
                "Balance is F₁ of precision and recall. This is what fits history; whether to use it is yours to say.",
            );
        }
    }
}
