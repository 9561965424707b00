//! The page's small parts: hints, tiles, people behind a count, rates.

use jiff::tz::TimeZone;

use super::charts::bar_row;
use super::glossary::Term;
use super::markup::Html;
use crate::figure::{People, Person, Share, grouped, percent};

/// A question mark that opens a term's meaning; it works by mouse, touch and keyboard.
pub(crate) fn hint(html: &mut Html, term: &Term) {
    html.open("details", &[("class", "hint")])
        .open("summary", &[("aria-label", &format!("What is “{}”?", term.name))])
        .raw("?</summary><div class=\"bubble\"><b>")
        .text(term.name)
        .raw("</b> ")
        .text(term.meaning)
        .raw("</div></details>");
}

/// A section's heading with its hint.
pub(crate) fn heading(html: &mut Html, words: &str, term: Option<&Term>) {
    html.raw("<div class=\"head\">").element("h3", "", words);
    if let Some(term) = term {
        html.raw(" ");
        hint(html, term);
    }
    html.raw("</div>");
}

/// A figure that stands out.
pub(crate) fn tile(html: &mut Html, name: &str, term: &Term, figure: &str, words: &str) {
    html.raw("<div class=\"tile\"><div class=\"tile-name\">").text(name).raw(" ");
    hint(html, term);
    html.raw("</div>");
    let class = if figure == "–" { "figure none" } else { "figure" };
    html.element("div", class, figure).element("div", "tile-words", words).raw("</div>");
}

/// A count that opens to its people.
pub(crate) fn people(html: &mut Html, words: &str, people: &People, zone: &TimeZone) {
    if people.total == 0 {
        html.element("span", "count", format!("0 {words}"));
        return;
    }
    html.raw("<details class=\"people\"><summary>").element("b", "", grouped(people.total)).text(format!(" {words}"));
    html.raw("</summary>");
    list(html, people, zone);
    html.raw("</details>");
}

/// A bar that opens to the people it counts.
pub(crate) fn bar_people(html: &mut Html, words: &str, share: f64, class: &str, people: &People, zone: &TimeZone) {
    if people.total == 0 {
        bar_row(html, words, 0.0, "0", class);
        return;
    }
    html.raw("<details class=\"people bars\"><summary>");
    bar_row(html, words, share, &grouped(people.total), class);
    html.raw("</summary>");
    list(html, people, zone);
    html.raw("</details>");
}

/// A count in a cell that opens to its people.
pub(crate) fn people_cell(html: &mut Html, who: &People, zone: &TimeZone) {
    html.raw("<td class=\"number\">");
    people(html, "", who, zone);
    html.raw("</td>");
}

fn list(html: &mut Html, people: &People, zone: &TimeZone) {
    html.raw("<ul>");
    for person in &people.listed {
        html.raw("<li>");
        line(html, person, zone);
        html.raw("</li>");
    }
    html.raw("</ul>");
    let hidden = people.total - people.listed.len() as u64;
    if hidden > 0 {
        html.element(
            "p",
            "more",
            format!("and {} more: the latest are shown, a longer list can be asked for", grouped(hidden)),
        );
    }
}

/// A person on one line.
fn line(html: &mut Html, person: &Person, zone: &TimeZone) {
    html.element("span", "id", &person.id);
    let mut words = Vec::new();
    if let Some(at) = person.qualified_at {
        words.push(format!("qualified {}", at.minute(zone)));
    } else if let Some(at) = person.clock {
        words.push(format!("since {}", at.date(zone)));
    }
    if let Some(at) = person.knowable_at {
        words.push(format!("known {}", at.minute(zone)));
    }
    if let Some(at) = person.converted_at {
        words.push(format!("paid {}", at.minute(zone)));
    }
    if let Some(score) = person.score {
        words.push(format!("score {score:.0}"));
    }
    html.raw(" ").element("span", "when", words.join(" · "));
}

/// A share as a cell's words: rate, range, counts.
pub(crate) fn share_cell(html: &mut Html, share: &Share) {
    html.raw("<td class=\"number\">");
    match share.rate {
        Some(rate) => {
            html.element("b", "", percent(rate.value));
            html.element("span", "likely", format!(" {:.1}–{:.1}", rate.low * 100.0, rate.high * 100.0));
            html.element("span", "of", format!("{} of {}", grouped(share.count), grouped(share.of)));
        }
        None if share.of == 0 => {
            html.element("span", "none", "–");
        }
        None => {
            html.element("span", "none", "too few");
            html.element("span", "of", format!("{} of {}", grouped(share.count), grouped(share.of)));
        }
    }
    html.raw("</td>");
}
