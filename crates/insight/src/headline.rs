//! The plain first lines: what a growth manager asks first, in sentences, every figure computed.

use serde::Serialize;

use crate::capacity::Capacity;
use crate::case::Met;
use crate::customers::LastCustomers;
use crate::figure::{Answer, duration, grouped, percent, points_words, times, whole_days};
use crate::question::{Question, length};
use crate::report::Judgement;
use crate::same_age::AgainstRest;

/// A sentence of the first lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plain {
    /// What it is about.
    pub about: About,
    /// The sentence.
    pub words: String,
}

/// What a sentence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The last customers: named or not.
    LastCustomers,
    /// Leads beside the rest.
    Lift,
    /// Wins at a team's capacity.
    Capacity,
    /// How many alerts.
    Volume,
    /// Time to qualification.
    Pace,
    /// A caution about the data.
    Caution,
}

pub(crate) fn headline(judgement: &Judgement, baseline: Option<&Judgement>, question: &Question) -> Vec<Plain> {
    let horizon = duration(length(question.within) as f64);
    let mut lines = vec![
        Plain {
            about: About::LastCustomers,
            words: last_customers(&judgement.name, &judgement.customers.last, &horizon),
        },
        Plain { about: About::Lift, words: lift(judgement, question) },
        Plain { about: About::Capacity, words: wins(judgement, baseline) },
        Plain { about: About::Volume, words: alerts(judgement) },
    ];
    lines.extend(pace(judgement).map(|words| Plain { about: About::Pace, words }));
    lines.extend(cautions(judgement).into_iter().map(|words| Plain { about: About::Caution, words }));
    lines
}

fn last_customers(name: &str, last: &LastCustomers, horizon: &str) -> String {
    if last.customers == 0 {
        return "Nobody in this history converted while in the population: nothing can be proven.".to_owned();
    }
    let of = if last.customers == 1 {
        "the one customer so far".to_owned()
    } else {
        format!("the last {} customers", grouped(last.customers))
    };
    let before = match &last.median_days_before {
        Answer::Known(days) => format!(", a median of {} before they paid", duration(days * engine::time::DAY as f64)),
        Answer::NotEnough(_) if last.named > 0 => " before they paid".to_owned(),
        Answer::NotEnough(_) => String::new(),
    };
    let long = if last.named_long_before > 0 {
        format!(" ({} of them longer than {horizon} before)", grouped(last.named_long_before))
    } else {
        String::new()
    };
    let mut text = format!("Of {of}, “{name}” would have named {}{before}{long}", grouped(last.named));
    let mut others: Vec<&(Met, u64)> =
        last.counts.iter().filter(|(met, _)| !matches!(met, Met::Named | Met::NamedLongBefore)).collect();
    // What was missed comes first.
    others.sort_by_key(|(met, _)| *met != Met::WithoutSignal);
    for (met, count) in others {
        text.push_str(&format!("; {} {}", grouped(*count), met.words()));
    }
    text.push('.');
    text
}

fn lift(judgement: &Judgement, question: &Question) -> String {
    let precision = &judgement.leads.precision;
    let horizon = duration(length(question.within) as f64);
    if judgement.leads.total == 0 {
        return "Nobody qualified: there is nothing to judge.".to_owned();
    }
    let Some(rate) = precision.rate else {
        return format!(
            "Not enough data: {} of {} leads have been watched for {horizon}; it takes {} to name a rate.",
            grouped(precision.of),
            grouped(judgement.leads.total),
            crate::enough::THRESHOLDS.share,
        );
    };
    let against = &judgement.against_rest;
    let mut text = format!(
        "Of {} leads watched for {horizon}, {} bought: {} (likely {:.1}–{:.1} %).",
        grouped(precision.of),
        grouped(precision.count),
        percent(rate.value),
        rate.low * 100.0,
        rate.high * 100.0,
    );
    match (&against.rest, &against.lift) {
        (Answer::Known(rest), Answer::Known(lift)) => {
            text.push_str(&format!(
                " Of people of the same age who had not qualified, {} did. That is {} (likely {:.1}–{:.1}×){}",
                percent(rest.value),
                times(lift.value),
                lift.low,
                lift.high,
                verdict(against),
            ));
        }
        (Answer::Known(rest), Answer::NotEnough(short)) => {
            text.push_str(&format!(
                " Of people of the same age who had not qualified, {} did; for a ratio there is {}.",
                percent(rest.value),
                short.not_enough,
            ));
        }
        (Answer::NotEnough(short), _) => {
            text.push_str(&format!(
                " Against people of the same age who had not qualified there is {}.",
                short.not_enough
            ));
        }
    }
    text
}

fn verdict(against: &AgainstRest) -> String {
    match against.lift.known() {
        Some(lift) if lift.low <= 1.0 && lift.high >= 1.0 => ": no reliable difference.".to_owned(),
        Some(_) if against.ranges_disagree() => {
            format!(" — but the difference, {}, may be none: not proven yet.", points_words(&against.difference))
        }
        Some(lift) if lift.high < 1.0 => ": the definition names people who buy less.".to_owned(),
        _ => ".".to_owned(),
    }
}

/// `0.4`, `7`, `12`: a mean per week.
pub(crate) fn mean(amount: f64) -> String {
    if amount > 0.0 && amount < 0.1 {
        format!("{amount:.2}")
    } else if amount >= 10.0 || amount.fract() < 0.05 {
        format!("{amount:.0}")
    } else {
        format!("{amount:.1}")
    }
}

fn wins(judgement: &Judgement, baseline: Option<&Judgement>) -> String {
    let capacity = &judgement.capacity;
    let told = |capacity: &Capacity| {
        let (wins, calls) = (capacity.wins_per_week.known()?, capacity.calls_made_per_week.known()?);
        Some((*wins, *calls))
    };
    let Some((own, calls)) = told(capacity) else {
        let why = capacity.wins_per_week.reason().unwrap_or("not enough data");
        let made = capacity.calls_made_per_week.known();
        let made = made.map_or(String::new(), |made| format!(" ({} are made)", mean(*made)));
        return format!("At {} calls a week{made}: {why}.", capacity.calls_per_week);
    };
    let filled = if calls < f64::from(capacity.calls_per_week) - 0.5 {
        format!(" ({} are made: some weeks have fewer leads)", mean(calls))
    } else {
        String::new()
    };
    let mut text = format!("At {} calls a week, {} wins a week{filled}", capacity.calls_per_week, mean(own));
    if let Some((name, (wins, calls))) = baseline.and_then(|other| Some((&other.name, told(&other.capacity)?))) {
        text.push_str(&format!("; with “{name}”, {}", mean(wins)));
        if calls < f64::from(capacity.calls_per_week) - 0.5 {
            text.push_str(&format!(" ({} calls)", mean(calls)));
        }
    }
    if let Some(weeks) = &capacity.weeks {
        text.push_str(&format!(
            " — {} wins in {} calls over {} weeks",
            grouped(capacity.won.count),
            grouped(capacity.won.of),
            weeks.count
        ));
    }
    text.push('.');
    if let Some(score) = capacity.score_that_fits {
        text.push_str(&format!(" A least score of {score:.0} would fit the calls you have."));
    }
    text
}

fn alerts(judgement: &Judgement) -> String {
    let volume = &judgement.volume;
    match (&volume.per_week, &volume.per_day) {
        (Answer::Known(week), Answer::Known(day)) => format!(
            "You would have got {} alerts a week ({} in the busiest, that of {}), {} a day.",
            mean(week.mean),
            grouped(week.most),
            week.most_on,
            if day.mean >= 1.0 { mean(day.mean) } else { format!("{:.1}", day.mean) },
        ),
        _ => format!("You would have got {} alerts.", grouped(volume.alerts)),
    }
}

fn pace(judgement: &Judgement) -> Option<String> {
    let pace = &judgement.time_to_qualify;
    let quantiles = pace.quantiles.known()?;
    let reading = pace.reading?.words();
    let median = quantiles.median * engine::time::DAY as f64;
    if !pace.whole_days_only {
        return Some(format!("Half qualify within {} of their start: {reading}.", duration(median)));
    }
    let on = match whole_days(median) {
        same_day if quantiles.median < 0.5 => format!("on {same_day} as they start"),
        days => format!("within {days} of their start"),
    };
    Some(format!("Half qualify {on} (the data know only days): {reading}."))
}

fn people(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

fn cautions(judgement: &Judgement) -> Vec<String> {
    let mut words = Vec::new();
    let population = &judgement.population;
    let leads = &judgement.leads;
    if leads.immature.total > 0 {
        words.push(format!(
            "{} not been watched long enough: neither won nor lost.",
            people(leads.immature.total, "lead has", "leads have")
        ));
    }
    if leads.same_instant.total > 0 {
        words.push(format!(
            "{} at the very instant of qualifying: counted apart, never as a success.",
            people(leads.same_instant.total, "lead paid", "leads paid")
        ));
    }
    if leads.before_known.total > 0 {
        words.push(format!(
            "{} before anyone could have known of it: the data came in too late.",
            people(leads.before_known.total, "lead paid", "leads paid")
        ));
    }
    if population.before_instrument.total > 0 {
        words.push(format!(
            "{} left out: an event that the definition needs was first seen after their time started, so its count is \
             unknown for them, not 0.",
            people(population.before_instrument.total, "person is", "people are")
        ));
    }
    for name in &judgement.never_seen {
        words.push(format!("“{name}”, which the definition needs, was never seen in the data."));
    }
    let constants = &judgement.qualified.on_constants;
    if constants.count > 0 {
        words.push(format!(
            "{} of {} leads rest on a trait that the import declared constant: it may have been learnt later.",
            grouped(constants.count),
            grouped(constants.of)
        ));
    }
    if leads.receipt_unknown > 0 {
        words.push(format!(
            "The history does not say when the records of {} received: the qualification instant stands for it.",
            people(leads.receipt_unknown, "lead were", "leads were")
        ));
    }
    words
}
