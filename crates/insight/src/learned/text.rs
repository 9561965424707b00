//! The card in a terminal.

use super::{Learned, LearnedCard, Refused};
use crate::figure::{Ranged, grouped, percent};
use crate::text::table::{Table, wrap};
use crate::text::{WIDTH, rate};

/// Letters of a line of a row's words.
const WORDS: usize = 56;

/// The answer as text.
#[must_use]
pub fn text(learned: &Learned) -> String {
    let mut lines = match learned {
        Learned::Card(card) => of_card(card),
        Learned::Refused(refused) => of_refusal(refused),
    };
    lines.push(String::new());
    lines.join("\n")
}

fn say(lines: &mut Vec<String>, words: &str) {
    lines.extend(wrap(words, WIDTH, "  ", "  "));
}

fn of_refusal(refused: &Refused) -> Vec<String> {
    let mut lines = vec!["Nothing was learned".to_owned()];
    say(&mut lines, &format!("{}.", refused.because));
    let of = |share: &crate::figure::Share| format!("{} of {}", grouped(share.count), grouped(share.of));
    say(
        &mut lines,
        &format!(
            "Converted among the earlier signups: {}; among the later ones: {}.",
            of(&refused.teaching),
            of(&refused.judging)
        ),
    );
    left_out(&mut lines, &refused.left_out);
    lines
}

/// What looks too good to be true, and the cure where it is true.
fn left_out(lines: &mut Vec<String>, left_out: &[String]) {
    if left_out.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push("Left out as possible leaks; --trust NAME keeps what is known to have been there before".to_owned());
    for why in left_out {
        say(lines, &format!("{why}."));
    }
}

fn of_card(card: &LearnedCard) -> Vec<String> {
    let title = format!("A card of {}, by the first {} days", points(card.most), card.window_days);
    let mut lines = vec![title.clone(), "─".repeat(title.chars().count())];
    if !card.reliable {
        say(
            &mut lines,
            "Not reliable: on the later signups the card does not tell buyers from others. It is shown, and not to be used.",
        );
    }
    let mut table = Table::new(&["within the window", ">points", ">met", ">converted"]);
    for row in &card.rows {
        let met = row.met.rate.map_or_else(String::new, |met| percent(met.value));
        // What is long, as shares of limits are, goes on below.
        let mut words = wrap(&row.words, WORDS, "", "  ").into_iter();
        let first = words.next().unwrap_or_default();
        table.row(vec![first, format!("+{}", row.points), met, rate(&row.converted)]);
        words.for_each(|more| table.row(vec![more, String::new(), String::new(), String::new()]));
    }
    lines.extend(table.lines(2, WIDTH));
    lines.push(String::new());
    say(
        &mut lines,
        &format!(
            "Learned from {} people who started first ({} converted), out of {} conditions. All figures from here on are of the {} who \
             started later ({} converted) and had no say.",
            grouped(card.teaching.of),
            grouped(card.teaching.count),
            grouped(card.conditions),
            grouped(card.judging.of),
            grouped(card.judging.count)
        ),
    );
    let mut table = Table::new(&[">points", ">predicted", ">converted"]);
    for total in &card.totals {
        let span =
            if total.from == total.to { total.from.to_string() } else { format!("{}–{}", total.from, total.to) };
        table.row(vec![span, percent(total.predicted), rate(&total.converted)]);
    }
    lines.extend(table.lines(2, WIDTH));
    lines.push(String::new());
    say(
        &mut lines,
        &format!(
            "Of those with {} or more {} converted (of those who taught {}); they are {} of the buyers.",
            points(card.threshold),
            rate(&card.precision),
            rate(&card.precision_of_teaching),
            rate(&card.recall)
        ),
    );
    say(&mut lines, &quality(card));
    beside(&mut lines, card);
    left_out(&mut lines, &card.left_out);
    lines
}

/// `1 point`, `5 points`.
fn points(count: u32) -> String {
    format!("{count} {}", if count == 1 { "point" } else { "points" })
}

fn ranged(known: &Ranged) -> String {
    format!("{:.3} ({:.3}–{:.3})", known.value, known.low, known.high)
}

fn quality(card: &LearnedCard) -> String {
    let mut words = Vec::new();
    if let Some(area) = &card.area {
        words.push(format!("Area under the curve {}", ranged(area)));
    }
    if let Some(lift) = card.lift_of_top_tenth {
        words.push(format!("The tenth with the most points converts {lift:.1} times as often as all"));
    }
    if let [Some(expected), _] = card.expected {
        words.push(format!("The card says that {expected:.0} of them convert; {} did", grouped(card.judging.count)));
    }
    if let Some([own, always]) = card.brier {
        words.push(format!("Brier score {own:.4}, always saying the average {always:.4}"));
    }
    words.join(". ") + "."
}

/// The card and the regression on the same people.
fn beside(lines: &mut Vec<String>, card: &LearnedCard) {
    let Some(baseline_area) = &card.baseline_area else { return };
    lines.push(String::new());
    lines.push("Beside a logistic regression on all of it, on the same people".to_owned());
    let number = |known: Option<f64>, places: usize| known.map_or(String::new(), |known| format!("{known:.places$}"));
    let mut table = Table::new(&["", ">card", ">regression"]);
    let area = card.area.as_ref().map_or(String::new(), ranged);
    table.row(vec!["area under the curve".to_owned(), area, ranged(baseline_area)]);
    let lifts = [card.lift_of_top_tenth, card.baseline_lift_of_top_tenth].map(|lift| number(lift, 2));
    table.row(std::iter::once("lift of the top tenth".to_owned()).chain(lifts).collect());
    let expected = card.expected.map(|expected| number(expected, 0));
    let label = format!("said to convert ({} did)", grouped(card.judging.count));
    table.row(std::iter::once(label).chain(expected).collect());
    let brier = [card.brier.map(|[own, _]| own), card.baseline_brier].map(|score| number(score, 4));
    table.row(std::iter::once("Brier score".to_owned()).chain(brier).collect());
    lines.extend(table.lines(2, WIDTH));
    let apart = |known: &Ranged, places: usize| {
        format!("{:+.places$} ({:+.places$} to {:+.places$})", known.value, known.low, known.high)
    };
    if let (Some(area), Some(lift)) = (&card.against_baseline, &card.lift_against_baseline) {
        let words = match (area.low > 0.0, area.high < 0.0) {
            (true, _) => "the card tells buyers better",
            (_, true) => "the regression tells buyers better",
            _ => "neither tells buyers clearly better",
        };
        say(
            lines,
            &format!("The card less the regression: area {}, lift {}: {words}.", apart(area, 3), apart(lift, 2)),
        );
    }
}
