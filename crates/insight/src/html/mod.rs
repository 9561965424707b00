//! The report as one self-contained page: no script, nothing loaded from elsewhere, light and dark, from phone to
//! wide screen, usable by keyboard. Counts open to the people behind them (`details`).

mod charts;
mod glossary;
mod markup;
mod parts;
mod people;
mod sections;

use crate::figure::{Answer, duration, grouped, left_out, percent, points_words, ratio_words, times};
use crate::headline::About;
use crate::report::{Judgement, Report};
use charts::range_row;
use markup::Html;
use parts::{heading, hint, share_cell, tile};

const DAY: f64 = engine::time::DAY as f64;

/// The page.
#[must_use]
pub fn page(report: &Report) -> String {
    let mut html = Html::default();
    html.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.raw("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
    let names: Vec<&str> = report.definitions.iter().map(|judgement| judgement.name.as_str()).collect();
    html.element("title", "", format!("{} – Brix backtest", names.join(", ")));
    html.raw("<style>").raw(include_str!("style.css")).raw("</style></head><body>");
    html.raw("<a class=\"skip\" href=\"#main\">Skip to the report</a>");
    top(&mut html, report);
    html.raw("<main id=\"main\">");
    if report.definitions.len() > 1 {
        side_by_side(&mut html, report);
    }
    for (place, judgement) in report.definitions.iter().enumerate() {
        definition(&mut html, report, judgement, place);
    }
    html.raw("</main>");
    foot(&mut html, report);
    html.raw("</body></html>\n");
    html.finish()
}

fn top(html: &mut Html, report: &Report) {
    let asked = &report.question;
    let zone = &asked.time_zone;
    html.raw("<header><div class=\"brand\"><span class=\"mark\" aria-hidden=\"true\">°Bx</span> Brix <span class=\"quiet\">backtest</span>");
    html.raw("<fieldset class=\"theme\"><legend class=\"unseen\">Colours</legend>");
    for (id, name) in [("auto", "Auto"), ("light", "Light"), ("dark", "Dark")] {
        let checked: &[(&str, &str)] = if id == "auto" { &[("checked", "")] } else { &[] };
        let mut attributes = vec![("type", "radio"), ("name", "theme"), ("id", id)];
        attributes.extend_from_slice(checked);
        html.open("label", &[("for", id)]).open("input", &attributes).text(name).close("label");
    }
    html.raw("</fieldset></div>");
    html.element("h1", "", "What would have happened, had it been live");
    let refused = report.refused_profiling.filter(|count| *count > 0);
    let refused = refused.map_or_else(String::new, |count| format!(" · {}", left_out(count)));
    let within = duration(asked.within_days * DAY);
    let period = match (asked.from, asked.to) {
        (None, None) => "everyone in the history".to_owned(),
        (Some(from), None) => format!("everyone who started from {} on", from.date(zone)),
        (None, Some(to)) => format!("everyone who started before {}", to.date(zone)),
        (Some(from), Some(to)) => format!("everyone who started from {} to {}", from.date(zone), to.date(zone)),
    };
    html.raw("<div class=\"asked\">Goal <b>")
        .text(&asked.goal)
        .raw("</b> within <b>")
        .text(within)
        .raw("</b> of being known ");
    hint(html, &glossary::KNOWN);
    html.text(format!(
        " · {period}{refused} · behaviour until {}, conversions until {} ({})",
        asked.data_until.date(zone),
        asked.observed_until.date(zone),
        asked.zone
    ));
    html.raw("</div>");
    if report.definitions.len() > 1 {
        html.raw("<nav aria-label=\"Definitions\"><a href=\"#compare\">Side by side</a>");
        for (place, judgement) in report.definitions.iter().enumerate() {
            html.open("a", &[("href", &format!("#definition-{place}"))]).text(&judgement.name).close("a");
        }
        html.raw("</nav>");
    }
    html.raw("</header>");
}

fn definition(html: &mut Html, report: &Report, judgement: &Judgement, place: usize) {
    html.open("article", &[("id", &format!("definition-{place}"))]);
    html.raw("<h2>").text(&judgement.name);
    html.element("span", "quiet", format!(" {} · {}s", judgement.id, judgement.subject.word())).raw("</h2>");
    people::hero(html, judgement);
    tiles(html, report, judgement);
    cautions(html, judgement);
    people::last_monday(html, report, judgement);
    people::last_customers(html, report, judgement);
    sections::population(html, report, judgement);
    sections::fates(html, report, judgement);
    sections::against_rest(html, report, judgement);
    sections::curves(html, report, judgement);
    sections::paces(html, report, judgement);
    sections::volume(html, report, judgement);
    sections::capacity(html, report, judgement);
    sections::drift(html, report, judgement);
    sections::bands(html, report, judgement);
    sections::segments(html, report, judgement);
    html.raw("</article>");
}

fn tiles(html: &mut Html, report: &Report, judgement: &Judgement) {
    let within = duration(report.question.within_days * DAY);
    let none = || "–".to_owned();
    html.raw("<div class=\"tiles\">");
    let precision = &judgement.leads.precision;
    let likely = |rate: Option<crate::figure::Ranged>| {
        rate.map_or("not enough data".to_owned(), |rate| {
            format!("likely {:.1}–{:.1} %", rate.low * 100.0, rate.high * 100.0)
        })
    };
    tile(
        html,
        "Precision",
        &glossary::PRECISION,
        &precision.rate.map_or_else(none, |rate| percent(rate.value)),
        &format!(
            "{} of {} leads paid within {within}; {}",
            grouped(precision.count),
            grouped(precision.of),
            likely(precision.rate)
        ),
    );
    let against = &judgement.against_rest;
    let rest = against.rest.known().map_or(String::new(), |rest| format!(" ({})", percent(rest.value)));
    tile(
        html,
        "Lift",
        &glossary::LIFT,
        &against.lift.known().map_or_else(none, |lift| times(lift.value)),
        &match &against.lift {
            Answer::Known(lift) => {
                format!(
                    "as often as people of the same age who had not qualified{rest}; likely {:.1}–{:.1}×",
                    lift.low, lift.high
                )
            }
            Answer::NotEnough(short) => short.not_enough.clone(),
        },
    );
    let recall = &judgement.customers.recall;
    tile(
        html,
        "Recall",
        &glossary::RECALL,
        &recall.rate.map_or_else(none, |rate| percent(rate.value)),
        &format!(
            "{} of {} customers named within {within} before they paid; {}",
            grouped(recall.count),
            grouped(recall.of),
            likely(recall.rate)
        ),
    );
    let week = judgement.volume.per_week.known();
    tile(
        html,
        "Alerts a week",
        &glossary::KNOWN,
        &week.map_or_else(none, |week| crate::headline::mean(week.mean)),
        &week.map_or("not enough whole weeks".to_owned(), |week| {
            format!("{} in the busiest, of {}", grouped(week.most), week.most_on)
        }),
    );
    let capacity = &judgement.capacity;
    let baseline = report.baseline.as_ref().and_then(|other| Some((other, other.capacity.wins_per_week.known()?)));
    tile(
        html,
        &format!("Wins at {} calls a week", capacity.calls_per_week),
        &glossary::CAPACITY,
        &capacity.wins_per_week.known().map_or_else(none, |wins| format!("{wins:.1}")),
        &match (capacity.wins_per_week.reason(), baseline) {
            (Some(reason), _) => reason.to_owned(),
            (None, Some((other, wins))) => format!("a week, on average; with “{}” {wins:.1}", other.name),
            (None, None) => "a week, on average".to_owned(),
        },
    );
    let pace = &judgement.time_to_qualify;
    tile(
        html,
        "Time to qualify",
        &glossary::TO_USE,
        &pace.quantiles.known().map_or_else(none, |known| pace.duration(known.median * DAY)),
        &pace.reading.map_or("not enough data".to_owned(), |reading| format!("for half of them: {}", reading.words())),
    );
    html.raw("</div>");
}

fn cautions(html: &mut Html, judgement: &Judgement) {
    let cautions: Vec<_> = judgement.headline.iter().filter(|plain| plain.about == About::Caution).collect();
    if !cautions.is_empty() {
        html.raw("<div class=\"cautions\"><b>Mind</b><ul>");
        for plain in cautions {
            html.element("li", "", &plain.words);
        }
        html.raw("</ul></div>");
    }
}

fn side_by_side(html: &mut Html, report: &Report) {
    html.raw("<section id=\"compare\" class=\"card\"><h2>Side by side</h2>");
    let judgements: Vec<&Judgement> = report.definitions.iter().chain(report.baseline.as_ref()).collect();
    let highest = judgements.iter().filter_map(|judgement| judgement.leads.precision.rate).map(|rate| rate.high);
    let most = highest.fold(0.0, f64::max);
    heading(html, "Precision", Some(&glossary::PRECISION));
    for judgement in &judgements {
        match judgement.leads.precision.rate {
            Some(rate) => range_row(html, &judgement.name, rate, most, "leads"),
            None => {
                html.element("p", "none", format!("{}: not enough data", judgement.name));
            }
        }
    }
    html.raw("<div class=\"scroll\"><table><thead><tr><th>Definition</th><th class=\"number\">Qualified</th><th class=\"number\">Precision</th><th class=\"number\">Recall</th><th class=\"number\">Lift</th><th class=\"number\">Alerts a week</th><th class=\"number\">Wins a week</th></tr></thead><tbody>");
    for judgement in &judgements {
        html.raw("<tr>").element("th", "", &judgement.name).element("td", "number", grouped(judgement.leads.total));
        share_cell(html, &judgement.leads.precision);
        share_cell(html, &judgement.customers.recall);
        html.element("td", "number", ratio_words(&judgement.against_rest.lift));
        let number = |amount: Option<f64>| amount.map_or("–".to_owned(), |amount| format!("{amount:.1}"));
        html.element("td", "number", number(judgement.volume.per_week.known().map(|week| week.mean)));
        html.element("td", "number", number(judgement.capacity.wins_per_week.known().copied())).raw("</tr>");
    }
    html.raw("</tbody></table></div>");
    for overlap in &report.overlaps {
        html.element("h3", "", format!("{} and {}", overlap.first, overlap.second));
        html.raw("<div class=\"columns-3\">");
        let names = [
            "qualified by both".to_owned(),
            format!("by {} only", overlap.first),
            format!("by {} only", overlap.second),
        ];
        for (part, name) in overlap.parts.iter().zip(names) {
            html.raw("<div>");
            parts::people(html, &name, &part.people, &report.question.time_zone);
            html.element("p", "quiet", format!("of those watched long enough, {} paid", part.precision)).raw("</div>");
        }
        html.raw("</div>");
        html.element(
            "p",
            "",
            format!(
                "Difference in precision: {}. In recall: {}.",
                points_words(&overlap.precision_difference),
                points_words(&overlap.recall_difference)
            ),
        );
    }
    html.raw("</section>");
}

fn foot(html: &mut Html, report: &Report) {
    html.raw("<footer><details><summary>What the words mean</summary><dl>");
    for term in glossary::ALL {
        html.element("dt", "", term.name).element("dd", "", term.meaning);
    }
    html.raw("</dl></details><p>");
    let thresholds = &report.thresholds;
    html.text(format!(
        "“Not enough data” stands wherever a figure would rest on too few: a percentage on fewer than {}, a median on \
         fewer than {}, a ratio on fewer than {} conversions on either side, a curve on fewer than {} people still \
         watched. Nothing later than the stated ends was looked at.",
        thresholds.share, thresholds.quantile, thresholds.conversions_in_ratio, thresholds.at_risk
    ));
    html.raw("</p></footer>");
}
