//! The answer in a terminal.

use super::{LimitRow, LimitsReport, MetricRow, Separations};
use crate::figure::{Answer, duration, grouped, left_out, times};
use crate::text::WIDTH;
use crate::text::table::{Table, wrap};

/// The answer as text.
#[must_use]
pub fn text(report: &LimitsReport) -> String {
    let mut lines = Vec::new();
    let asked = &report.question;
    let within = duration(asked.within_days * engine::time::DAY as f64);
    say(&mut lines, &format!("Goal: {} within {within} of meeting the limit · zone {}", asked.goal, asked.zone));
    if let Some(count) = report.refused_profiling.filter(|count| *count > 0) {
        say(&mut lines, &left_out(count));
    }
    for metric in &report.metrics {
        of_metric(&mut lines, metric);
    }
    separations(&mut lines, &report.separations);
    lines.push(String::new());
    say(
        &mut lines,
        "Ranges are 95 % intervals. “Met” counts everyone so far; “by” allows for those who joined late. Others: people of the same age \
         who had not met the limit. Buyers: of all, those who met it before they paid. This shows who meets a limit and buys; it does not prove that a lower limit makes \
         more people buy: try it on a part of your users.",
    );
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

fn say(lines: &mut Vec<String>, words: &str) {
    lines.extend(wrap(words, WIDTH, "  ", "  "));
}

fn of_metric(lines: &mut Vec<String>, metric: &MetricRow) {
    lines.push(String::new());
    lines.push(metric.name.clone());
    lines.push("─".repeat(metric.name.chars().count().min(WIDTH)));
    let mut table = Table::new(&[
        ">limit",
        ">met",
        ">by 7d %",
        ">by 30d %",
        ">median time",
        ">converted %",
        ">others %",
        ">lift",
        ">buyers %",
    ]);
    for row in &metric.limits {
        table.row(cells(row));
    }
    lines.extend(table.lines(2, WIDTH));
}

fn cells(row: &LimitRow) -> Vec<String> {
    let percent = |share: Option<f64>| share.map_or("–".to_owned(), |share| format!("{:.1}", share * 100.0));
    let by = |day: u64| {
        let known = row.by_day.iter().find(|told| told.day == day).and_then(|told| told.met.known());
        percent(known.map(|met| met.value))
    };
    vec![
        amount(row.limit),
        grouped(row.met.count),
        by(7),
        by(30),
        row.pace.known().map_or("–".to_owned(), |pace| duration(pace.median * engine::time::DAY as f64)),
        row.converted.rate.map_or_else(
            || format!("{} of {}", row.converted.count, row.converted.of),
            |rate| format!("{:.1} ({:.1}–{:.1})", rate.value * 100.0, rate.low * 100.0, rate.high * 100.0),
        ),
        percent(row.rest.known().map(|rest| rest.value)),
        row.lift
            .known()
            .map_or("–".to_owned(), |lift| format!("{} ({:.1}–{:.1})", times(lift.value), lift.low, lift.high)),
        percent(row.of_customers.rate.map(|rate| rate.value)),
    ]
}

/// A limit as people write it.
fn amount(limit: f64) -> String {
    if limit.fract() == 0.0 { grouped(limit as u64) } else { format!("{limit}") }
}

fn separations(lines: &mut Vec<String>, told: &Separations) {
    lines.push(String::new());
    let title = "Which metric tells buyers from others";
    lines.push(title.to_owned());
    lines.push("─".repeat(title.chars().count()));
    say(
        lines,
        &format!(
            "{} people of later cohorts, {} days after their start; {} of them converted within the horizon of that.",
            grouped(told.people),
            told.after_days,
            grouped(told.converted)
        ),
    );
    let mut table = Table::new(&["metric", ">area under the curve", ">behind the best"]);
    let ranged = |answer: &Answer<crate::figure::Ranged>| match answer {
        Answer::Known(known) => format!("{:.3} ({:.3}–{:.3})", known.value, known.low, known.high).replace('-', "−"),
        Answer::NotEnough(_) => "not enough data".to_owned(),
    };
    for metric in &told.metrics {
        table.row(vec![
            metric.name.clone(),
            ranged(&metric.area),
            metric.behind_best.as_ref().map_or(String::new(), ranged),
        ]);
    }
    lines.extend(table.lines(2, WIDTH));
    say(lines, &verdict(told));
}

/// What the areas say, in a sentence.
fn verdict(told: &Separations) -> String {
    let Some(best) = told.best.and_then(|place| told.metrics.get(place)) else {
        let why = told.metrics.first().and_then(|metric| metric.area.reason()).unwrap_or("not enough data");
        return format!(
            "Which tells buyers from others: {why}. A shorter --after or --within leaves more who were watched for long enough."
        );
    };
    let name = &best.name;
    let Answer::Known(area) = &best.area else {
        return format!("Which tells buyers from others: {}.", best.area.reason().unwrap_or("not enough data"));
    };
    let first = if area.low <= 0.5 {
        format!("“{name}” was best on earlier cohorts, but does not reliably tell buyers from others on later ones.")
    } else {
        format!(
            "By “{name}” a buyer is above another person in {:.0} of 100 pairs ({:.0}–{:.0}; 50 says nothing).",
            area.value * 100.0,
            area.low * 100.0,
            area.high * 100.0
        )
    };
    let others: Vec<String> = told
        .metrics
        .iter()
        .filter_map(|metric| {
            let difference = metric.behind_best.as_ref()?.known()?;
            Some(match difference {
                known if known.low > 0.0 => format!("It is reliably better than “{}”.", metric.name),
                known if known.high < 0.0 => format!("On later cohorts “{}” is reliably better.", metric.name),
                _ => format!("From “{}” it cannot be told apart.", metric.name),
            })
        })
        .collect();
    format!("{first} {}", others.join(" ")).trim_end().to_owned()
}
