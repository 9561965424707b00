//! The people on the page: the last customers at a glance and one by one, last Monday's list.

use super::DAY;
use super::markup::Html;
use super::parts::heading;
use crate::case::Met;
use crate::figure::{Person, duration, grouped, worth};
use crate::headline::About;
use crate::report::{Customer, Judgement, Report};

/// Rows shown at once; the others wait behind a fold.
const AT_ONCE: usize = 12;

pub(crate) fn met_class(met: Met) -> &'static str {
    match met {
        Met::Named => "named",
        Met::NamedLongBefore => "long-before",
        Met::SameInstant => "same-instant",
        Met::KnownTooLate => "too-late",
        Met::FitNotMet => "fit",
        Met::AfterConverting => "after",
        Met::WithoutSignal => "missed",
    }
}

/// The first thing on the page: the sentence about the last customers, and each of them as a square.
pub(crate) fn hero(html: &mut Html, judgement: &Judgement) {
    html.raw("<section class=\"hero\">");
    if let Some(plain) = judgement.headline.iter().find(|plain| plain.about == About::LastCustomers) {
        html.element("p", "lead", &plain.words);
    }
    let last = &judgement.customers.last;
    if !last.people.is_empty() {
        html.open(
            "div",
            &[
                ("class", "squares"),
                ("role", "img"),
                ("aria-label", "Each of the last customers, the latest first; the table below names them"),
            ],
        );
        for customer in &last.people {
            let title = format!("{}: {}", customer.person.id, customer.met.words());
            html.open("span", &[("class", &format!("square {}", met_class(customer.met))), ("title", &title)])
                .close("span");
        }
        html.raw("</div><ul class=\"key\">");
        for (met, count) in &last.counts {
            html.raw("<li>").open("span", &[("class", &format!("square {}", met_class(*met)))]).close("span");
            html.text(format!(" {} {}", grouped(*count), met.words())).raw("</li>");
        }
        html.raw("</ul>");
    }
    html.raw("<div class=\"plain\">");
    for plain in judgement.headline.iter().filter(|plain| matches!(plain.about, About::Lift | About::Capacity)) {
        html.element("p", "", &plain.words);
    }
    html.raw("</div></section>");
}

/// Last Monday's list with the reasons.
pub(crate) fn last_monday(html: &mut Html, report: &Report, judgement: &Judgement) {
    let list = &judgement.last_monday;
    html.raw("<section class=\"card\">");
    heading(html, &format!("On the list of Monday, {}", list.monday), None);
    let names = if list.total == 1 { "name" } else { "names" };
    html.element(
        "p",
        "quiet",
        format!("{} {names}: who became known in the week before, the highest score first.", grouped(list.total)),
    );
    folded(html, &list.people, "names", |html, people| {
        html.raw("<div class=\"scroll\"><table class=\"cards\"><thead><tr><th>Who</th><th class=\"number\">Score</th><th>Qualified</th><th>Why</th></tr></thead><tbody>");
        for person in people {
            monday_row(html, report, judgement, person);
        }
        html.raw("</tbody></table></div>");
    });
    beyond(html, list.total, list.people.len());
    html.raw("</section>");
}

fn monday_row(html: &mut Html, report: &Report, judgement: &Judgement, person: &Person) {
    let zone = &report.question.time_zone;
    html.raw("<tr><th>").element("span", "id", &person.id);
    if let Some(value) = person.value {
        html.element("span", "of", worth(value, judgement.currency.as_deref()));
    }
    html.raw("</th><td class=\"number\">");
    match person.score {
        Some(score) => html.element("b", "", format!("{score:.0}")),
        None => html.text("–"),
    };
    if let Some(band) = &person.band {
        html.element("span", "of", band);
    }
    html.raw("</td>").element("td", "when", person.qualified_at.map_or(String::new(), |at| at.minute(zone)));
    html.raw("<td>");
    reasons(html, person);
    html.raw("</td></tr>");
}

fn reasons(html: &mut Html, person: &Person) {
    if person.reasons.is_empty() {
        html.element("span", "none", "–");
        return;
    }
    html.raw("<ul class=\"reasons\">");
    for reason in &person.reasons {
        html.element("li", "", reason);
    }
    html.raw("</ul>");
}

/// The last customers one by one, caught or missed.
pub(crate) fn last_customers(html: &mut Html, report: &Report, judgement: &Judgement) {
    let last = &judgement.customers.last;
    if last.people.is_empty() {
        return;
    }
    let zone = &report.question.time_zone;
    html.raw("<section class=\"card\">");
    heading(html, "The last customers, caught or missed", None);
    folded(html, &last.people, "customers", |html, customers: &[Customer]| {
        html.raw("<div class=\"scroll\"><table class=\"cards\"><thead><tr><th>Who</th><th>Paid</th><th>Caught?</th><th>Why named</th></tr></thead><tbody>");
        for customer in customers {
            html.raw("<tr><th>").element("span", "id", &customer.person.id).raw("</th>");
            html.element("td", "when", customer.person.converted_at.map_or(String::new(), |at| at.minute(zone)));
            html.raw("<td>")
                .open("span", &[("class", &format!("square {}", met_class(customer.met)))])
                .close("span")
                .raw(" ");
            html.text(match customer.days_before {
                Some(days) => format!("{} {} before", label(customer.met), duration(days * DAY)),
                None => label(customer.met).to_owned(),
            });
            html.raw("</td><td>");
            reasons(html, &customer.person);
            html.raw("</td></tr>");
        }
        html.raw("</tbody></table></div>");
    });
    html.raw("</section>");
}

fn label(met: Met) -> &'static str {
    match met {
        Met::Named | Met::NamedLongBefore => "named",
        other => other.label(),
    }
}

/// The first rows in sight, the others behind a fold.
fn folded<T>(html: &mut Html, rows: &[T], name: &str, table: impl Fn(&mut Html, &[T])) {
    let (first, rest) = rows.split_at(rows.len().min(AT_ONCE));
    if !first.is_empty() {
        table(html, first);
    }
    if !rest.is_empty() {
        html.raw("<details class=\"fold\"><summary>").text(format!("{} further {name}", rest.len())).raw("</summary>");
        table(html, rest);
        html.raw("</details>");
    }
}

fn beyond(html: &mut Html, total: u64, listed: usize) {
    let hidden = total.saturating_sub(listed as u64);
    if hidden > 0 {
        html.element("p", "more", format!("and {} more", grouped(hidden)));
    }
}
