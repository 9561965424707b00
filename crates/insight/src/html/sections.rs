//! The sections of one definition: each opens with its chart, then its numbers, each number with its people.

use super::charts::{Curve, bar_row, columns, curves as draw, range_row};
use super::markup::Html;
use super::parts::{bar_people, heading, hint, people, people_cell, share_cell};
use super::{DAY, glossary};
use crate::curves::CurvePoint;
use crate::figure::{Answer, People, Share, duration, durations, grouped, percent, points_words, ratio_words, times};
use crate::pace::{PaceBucket, Quantiles};
use crate::report::{Judgement, Report};
use crate::text::p_value;
use jiff::tz::TimeZone;

pub(crate) fn population(html: &mut Html, report: &Report, judgement: &Judgement) {
    let zone = &report.question.time_zone;
    let (population, qualified) = (&judgement.population, &judgement.qualified);
    html.raw("<section class=\"card\">");
    heading(html, "Who was looked at, who qualified", Some(&glossary::TO_USE));
    let most = population.counted.total.max(1) as f64;
    let number = |share: &Share| {
        share.rate.map_or(grouped(share.count), |rate| format!("{} · {}", grouped(share.count), percent(rate.value)))
    };
    bar_row(
        html,
        "in the population",
        population.counted.total as f64 / most,
        &grouped(population.counted.total),
        "rest",
    );
    bar_row(html, "qualified to use", qualified.to_use.count as f64 / most, &number(&qualified.to_use), "soft");
    bar_row(html, "qualified to buy", qualified.to_buy.count as f64 / most, &number(&qualified.to_buy), "leads");
    html.raw("<div class=\"folds\">");
    people(html, "in the population, old enough", &population.counted, zone);
    people(html, "qualified to use", &qualified.to_use_people, zone);
    people(html, "qualified to buy", &qualified.to_buy_people, zone);
    people(html, "near misses: the behaviour, but not (or not known) the fit", &qualified.to_use_only, zone);
    people(html, "met it only outside the population", &population.met_outside, zone);
    html.raw("</div><div class=\"sub\">Left out ");
    hint(html, &glossary::POPULATION);
    html.raw("</div><div class=\"folds\">");
    people(html, "too young to have had the time", &population.too_young, zone);
    people(html, "never in the population", &population.outside, zone);
    people(html, "had paid before", &population.converted_before, zone);
    people(html, "started before an event it needs was recorded", &population.before_instrument, zone);
    if population.outside_period > 0 {
        html.element("span", "count", format!("{} outside the period", grouped(population.outside_period)));
    }
    html.raw("</div></section>");
}

pub(crate) fn fates(html: &mut Html, report: &Report, judgement: &Judgement) {
    let zone = &report.question.time_zone;
    let (leads, customers) = (&judgement.leads, &judgement.customers);
    html.raw("<section class=\"card\">");
    heading(html, "What became of the leads", Some(&glossary::PRECISION));
    html.element(
        "p",
        "",
        format!("{} of the leads that were watched for the whole horizon paid in it.", leads.precision),
    );
    let rows: [(&str, &str, &People); 6] = [
        ("won: paid within the horizon", "named", &leads.won),
        ("lost: watched to the end, did not pay in time", "missed", &leads.lost),
        ("not watched long enough: neither won nor lost", "soft", &leads.immature),
        ("paid at the very instant of qualifying", "same-instant", &leads.same_instant),
        ("paid before anyone could have known", "too-late", &leads.before_known),
        ("had paid before they qualified", "after", &leads.already_converted),
    ];
    let most = rows.iter().map(|(_, _, who)| who.total).max().unwrap_or(0).max(1) as f64;
    for (words, class, who) in rows {
        bar_people(html, words, who.total as f64 / most, class, who, zone);
    }
    if leads.lost_converted_later > 0 {
        html.element(
            "p",
            "quiet",
            format!("Of the lost, {} paid later than the horizon.", grouped(leads.lost_converted_later)),
        );
    }
    heading(html, "How the customers were met", Some(&glossary::RECALL));
    html.element(
        "p",
        "",
        format!("{} of the customers were named within the horizon before they paid.", customers.recall),
    );
    let most = customers.by_met.iter().map(|row| row.people.total).max().unwrap_or(0).max(1) as f64;
    for row in customers.by_met.iter().filter(|row| row.people.total > 0) {
        let share = row.people.total as f64 / most;
        bar_people(html, row.words, share, super::people::met_class(row.met), &row.people, zone);
    }
    let never = &judgement.never_qualified;
    html.element(
        "p",
        "quiet",
        format!(
            "{} people never qualified, too young ones among them; of those whose horizon from their start has passed, {} \
             paid in it. This is not what leads are to be compared with: see below.",
            grouped(never.people),
            never.converted
        ),
    );
    html.raw("</section>");
}

pub(crate) fn against_rest(html: &mut Html, report: &Report, judgement: &Judgement) {
    let zone = &report.question.time_zone;
    let against = &judgement.against_rest;
    html.raw("<section class=\"card\">");
    heading(html, "Against people of the same age who had not qualified", Some(&glossary::LIFT));
    if let (Some(leads), Answer::Known(rest)) = (against.leads.rate, &against.rest) {
        let most = leads.high.max(rest.high);
        range_row(html, "leads", leads, most, "leads");
        range_row(html, "the rest", *rest, most, "rest");
    }
    html.raw("<div class=\"p\">Lift ").element("b", "", ratio_words(&against.lift));
    html.text(format!("; difference {}.", points_words(&against.difference))).raw(" ");
    hint(html, &glossary::LIKELY);
    html.raw("</div>");
    if let Some(caution) = against.caution() {
        html.element("p", "", caution);
    }
    html.raw("<div class=\"folds\">");
    people(html, "people make up the rest", &against.rest_people, zone);
    people(html, "of the rest paid in time", &against.rest_converted, zone);
    html.raw("</div>");
    match &against.at_one_age {
        Answer::Known(one) => {
            html.element("p", "sub", format!("Everyone once, {}", judgement.time_to_qualify.at_age(one.age_days)));
            html.raw("<div class=\"scroll narrow\"><table><thead><tr><th></th><th class=\"number\">paid within the horizon</th></tr></thead><tbody>");
            html.raw("<tr><th>had qualified by then</th>");
            share_cell(html, &one.qualified);
            html.raw("</tr><tr><th>had not</th>");
            share_cell(html, &one.others);
            html.raw("</tr></tbody></table></div><div class=\"p quiet\">");
            html.text(format!("{}: {} ", one.test.name, p_value(one.test.p_value)));
            hint(html, &glossary::P_VALUE);
            html.raw("</div>");
        }
        Answer::NotEnough(short) => {
            html.element("p", "none", format!("Everyone once, at one age: {}.", short.not_enough));
        }
    }
    html.raw("<div class=\"p\">");
    match &against.hazard_ratio {
        Answer::Known(hazard) => {
            html.text(format!(
                "Once known to qualify, people pay {} as fast (likely {:.1}–{:.1}×, {}; log-rank test {}). ",
                times(hazard.ratio.value),
                hazard.ratio.low,
                hazard.ratio.high,
                p_value(hazard.p_value),
                against.log_rank.known().map_or("not enough data".to_owned(), |test| p_value(test.p_value)),
            ));
        }
        Answer::NotEnough(short) => {
            html.text(format!("Hazard ratio: {}. ", short.not_enough));
        }
    }
    hint(html, &glossary::HAZARD);
    html.raw("</div></section>");
}

pub(crate) fn curves(html: &mut Html, report: &Report, judgement: &Judgement) {
    let zone = &report.question.time_zone;
    html.raw("<section class=\"card\">");
    heading(html, "Paying after being known", Some(&glossary::CURVE));
    match &judgement.after_qualifying {
        Answer::NotEnough(short) => {
            html.element("p", "none", &short.not_enough);
        }
        Answer::Known(after) => {
            let pairs =
                |points: &[CurvePoint]| points.iter().map(|point| (point.day, point.converted)).collect::<Vec<_>>();
            let (leads, rest) = (pairs(&after.leads), pairs(&after.rest));
            let band = after.leads.iter().filter_map(|point| Some((point.day, point.low?, point.high?))).collect();
            html.raw("<ul class=\"key\"><li><span class=\"stroke leads\"></span> leads</li><li><span class=\"stroke rest\"></span> people of the same age, as long as they had not qualified</li></ul>");
            let end = |points: &[(f64, f64)]| {
                points.last().map_or(String::new(), |(day, share)| format!("{} by day {day:.0}", percent(*share)))
            };
            let label = format!("Share that has paid by day: leads {}, the rest {}", end(&leads), end(&rest));
            let lines = [
                Curve { class: "leads", points: &leads, band },
                Curve { class: "rest", points: &rest, band: Vec::new() },
            ];
            draw(html, &lines, &label, "days");
            html.element(
                "p",
                "quiet",
                format!("{label}. {} leads followed, {} paid so far.", grouped(after.people), grouped(after.converted)),
            );
        }
    }
    let clock = &judgement.from_clock;
    html.open("details", &[("class", "fold")]);
    html.raw("<summary>")
        .text(format!("Everyone from the start: {} of {} paid so far", grouped(clock.converted), grouped(clock.people)))
        .raw("</summary>");
    html.raw("<div class=\"scroll\"><table><thead><tr><th>By day</th><th class=\"number\">Share that has paid</th><th class=\"number\">Still watched</th></tr></thead><tbody>");
    for point in &clock.by_day {
        html.raw("<tr>").element("th", "", point.day.to_string()).raw("<td class=\"number\">");
        match &point.converted {
            Answer::Known(known) => {
                html.element("b", "", format!("{:.2} %", known.value * 100.0));
                html.element("span", "likely", format!(" {:.2}–{:.2}", known.low * 100.0, known.high * 100.0));
            }
            Answer::NotEnough(short) => {
                html.element("span", "none", &short.not_enough);
            }
        }
        html.raw("</td>").element("td", "number", grouped(point.at_risk)).raw("</tr>");
    }
    html.raw("</tbody></table></div>");
    let most = clock.buckets.iter().map(|bucket| bucket.people.total).max().unwrap_or(0).max(1) as f64;
    for bucket in &clock.buckets {
        bar_people(html, bucket.words, bucket.people.total as f64 / most, "rest", &bucket.people, zone);
    }
    html.raw("</details></section>");
}

pub(crate) fn paces(html: &mut Html, report: &Report, judgement: &Judgement) {
    let zone = &report.question.time_zone;
    let (pace, lead) = (&judgement.time_to_qualify, &judgement.lead_time);
    html.raw("<section class=\"card columns-2\"><div>");
    heading(html, "Time to qualify", None);
    html.element("p", "", quantiles(&pace.quantiles, |length| pace.duration(length)));
    if let Some(reading) = pace.reading {
        html.element("p", "reading", reading.words());
    }
    buckets(html, &pace.buckets, true, zone);
    html.raw("</div><div>");
    heading(html, "Lead time: from known to paid", Some(&glossary::KNOWN));
    html.element("p", "", quantiles(&lead.quantiles, duration));
    buckets(html, &lead.buckets, false, zone);
    html.raw("</div></section>");
}

fn quantiles(answer: &Answer<Quantiles>, in_words: impl Fn(f64) -> String) -> String {
    match answer {
        Answer::Known(known) => format!(
            "Half within {}; the middle half: {}; nine in ten within {}.",
            in_words(known.median * DAY),
            durations(known.p25 * DAY, known.p75 * DAY, &in_words),
            in_words(known.p90 * DAY)
        ),
        Answer::NotEnough(short) => short.not_enough.clone(),
    }
}

fn buckets(html: &mut Html, buckets: &[PaceBucket], with_health: bool, zone: &TimeZone) {
    let most = buckets.iter().map(|bucket| bucket.people.total).max().unwrap_or(0);
    if most == 0 {
        return;
    }
    for bucket in buckets {
        let healthy = with_health && bucket.words == "2–7 days";
        let words = if healthy { format!("{} (healthy)", bucket.words) } else { bucket.words.to_owned() };
        let class = if healthy { "leads" } else { "soft" };
        bar_people(html, &words, bucket.people.total as f64 / most as f64, class, &bucket.people, zone);
    }
}

pub(crate) fn volume(html: &mut Html, report: &Report, judgement: &Judgement) {
    let volume = &judgement.volume;
    html.raw("<section class=\"card\">");
    heading(html, &format!("Alerts: {}", grouped(volume.alerts)), Some(&glossary::KNOWN));
    for (unit, answer) in [("week", &volume.per_week), ("day", &volume.per_day)] {
        html.element(
            "p",
            "",
            match answer {
                Answer::Known(per) => {
                    format!("A {unit}: {:.1} on average, {} at most ({}).", per.mean, grouped(per.most), per.most_on)
                }
                Answer::NotEnough(short) => format!("A {unit}: {}.", short.not_enough),
            },
        );
    }
    if !volume.weeks.is_empty() {
        let weeks: Vec<(String, u64, bool)> =
            volume.weeks.iter().map(|week| (week.monday.clone(), week.people.total, week.unfinished)).collect();
        let calls = f64::from(judgement.capacity.calls_per_week);
        let most = weeks.iter().map(|(_, count, _)| *count).max().unwrap_or(0) as f64;
        // A line far above every column would flatten them.
        let level = (calls <= most * 1.5).then_some(calls);
        let label = format!("Alerts in each of {} weeks, {most:.0} at most", weeks.len());
        columns(html, &weeks, level, &label);
        html.raw("<details class=\"fold\"><summary>Week by week</summary><div class=\"folds many\">");
        for week in volume.weeks.iter().rev() {
            let words = if week.unfinished { "(not over yet)" } else { "" };
            people(html, &format!("in the week of {} {words}", week.monday), &week.people, &report.question.time_zone);
        }
        html.raw("</div></details>");
    }
    html.raw("</section>");
}

pub(crate) fn capacity(html: &mut Html, report: &Report, judgement: &Judgement) {
    html.raw("<section class=\"card\">");
    let calls = judgement.capacity.calls_per_week;
    heading(html, &format!("At {calls} calls a week"), Some(&glossary::CAPACITY));
    html.raw("<div class=\"scroll\"><table><thead><tr><th></th><th class=\"number\">Calls a week</th><th class=\"number\">Wins a week</th><th class=\"number\">Of those called, won</th></tr></thead><tbody>");
    for other in std::iter::once(judgement).chain(report.baseline.as_ref()) {
        let number = |answer: &Answer<f64>| answer.known().map_or("–".to_owned(), |known| format!("{known:.1}"));
        html.raw("<tr>").element("th", "", &other.name);
        html.element("td", "number", number(&other.capacity.calls_made_per_week));
        html.element("td", "number", number(&other.capacity.wins_per_week));
        share_cell(html, &other.capacity.won);
        html.raw("</tr>");
    }
    html.raw("</tbody></table></div>");
    match &judgement.capacity.weeks {
        Some(weeks) => {
            html.element(
                "p",
                "quiet",
                format!(
                    "Over {} weeks, from that of {} to that of {}: the same for all.",
                    weeks.count, weeks.first, weeks.last
                ),
            );
        }
        None => {
            html.element(
                "p",
                "none",
                "Not enough data: no whole week's leads have been watched for the whole horizon.",
            );
        }
    }
    if let Some(score) = judgement.capacity.score_that_fits {
        html.element("p", "", format!("There are more leads than calls: a least score of {score:.0} would fit."));
    }
    people(html, "called", &judgement.capacity.called_people, &report.question.time_zone);
    people(html, "won", &judgement.capacity.won_people, &report.question.time_zone);
    html.raw("</section>");
}

pub(crate) fn drift(html: &mut Html, report: &Report, judgement: &Judgement) {
    let zone = &report.question.time_zone;
    let drift = &judgement.drift;
    html.raw("<section class=\"card\">");
    heading(html, "By month of signup", Some(&glossary::DRIFT));
    let most = drift.months.iter().filter_map(|month| month.precision.rate).map(|rate| rate.high).fold(0.0, f64::max);
    for month in &drift.months {
        if let Some(rate) = month.precision.rate {
            range_row(html, &month.month, rate, most, "leads");
        }
    }
    html.element(
        "p",
        "",
        format!(
            "Precision of the later half of the leads against the earlier half: {}.",
            points_words(&drift.precision_change)
        ),
    );
    html.raw("<details class=\"fold\"><summary>Month by month</summary><div class=\"scroll\"><table><thead><tr><th>Month</th><th class=\"number\">People</th><th class=\"number\">Qualified</th><th class=\"number\">Precision</th><th class=\"number\">Early customers named</th><th>Leads</th></tr></thead><tbody>");
    for month in &drift.months {
        html.raw("<tr>").element("th", "", &month.month);
        people_cell(html, &month.people, zone);
        for share in [&month.qualified, &month.precision, &month.early_recall] {
            share_cell(html, share);
        }
        html.raw("<td>");
        people(html, "leads", &month.leads, &report.question.time_zone);
        html.raw("</td></tr>");
    }
    html.raw("</tbody></table></div></details></section>");
}

pub(crate) fn bands(html: &mut Html, report: &Report, judgement: &Judgement) {
    if judgement.bands.is_empty() {
        return;
    }
    html.raw("<section class=\"card\">");
    heading(html, "By band", None);
    let most = judgement.bands.iter().filter_map(|row| row.precision.rate).map(|rate| rate.high).fold(0.0, f64::max);
    for row in &judgement.bands {
        let name = row.band.as_deref().unwrap_or("below every band");
        let words = row.from_score.map_or(name.to_owned(), |score| format!("{name} (from {score:.0})"));
        match row.precision.rate {
            Some(rate) => range_row(html, &words, rate, most, "leads"),
            None => {
                html.element("p", "none", format!("{words}: {}", row.precision));
            }
        }
        people(html, "leads", &row.people, &report.question.time_zone);
    }
    html.raw("</section>");
}

pub(crate) fn segments(html: &mut Html, report: &Report, judgement: &Judgement) {
    let zone = &report.question.time_zone;
    for segment in &judgement.segments {
        html.raw("<section class=\"card\">");
        heading(html, &format!("By {}", segment.name), Some(&glossary::SEGMENT));
        html.raw("<div class=\"scroll\"><table><thead><tr><th>Value</th><th class=\"number\">People</th><th class=\"number\">Paid so far</th><th class=\"number\">Qualified</th><th class=\"number\">Precision</th><th class=\"number\">Recall</th><th>Leads</th></tr></thead><tbody>");
        for row in &segment.rows {
            html.raw("<tr>").element("th", "", row.value.as_deref().unwrap_or("(not known)"));
            people_cell(html, &row.people, zone);
            for share in [&row.converted, &row.qualified, &row.precision, &row.recall] {
                share_cell(html, share);
            }
            html.raw("<td>");
            people(html, "leads", &row.leads, &report.question.time_zone);
            html.raw("</td></tr>");
        }
        html.raw("</tbody></table></div>");
        if segment.more_values > 0 {
            html.element("p", "more", format!("and {} further values with fewer people", grouped(segment.more_values)));
        }
        html.raw("</section>");
    }
}
