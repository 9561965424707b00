//! The card in a terminal.

use super::{Learned, LearnedCard, Refused};
use crate::figure::{Ranged, grouped, percent};
use crate::text::table::{Table, wrap};
use crate::text::{WIDTH, rate};

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
    lines
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
    let mut table = Table::new(&["within the window", ">points", ">met", ">of those, converted"]);
    for row in &card.rows {
        table.row(vec![row.words.clone(), format!("+{}", row.points), rate(&row.met), rate(&row.converted)]);
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
            "Of those with {} or more {} converted; they are {} of the buyers.",
            points(card.threshold),
            rate(&card.precision),
            rate(&card.recall)
        ),
    );
    say(&mut lines, &quality(card));
    lines
}

/// `1 point`, `5 points`.
fn points(count: u32) -> String {
    format!("{count} {}", if count == 1 { "point" } else { "points" })
}

fn quality(card: &LearnedCard) -> String {
    let ranged = |known: &Ranged| format!("{:.3} ({:.3}–{:.3})", known.value, known.low, known.high);
    let mut words = String::new();
    if let Some(area) = &card.area {
        words.push_str(&format!("Area under the curve {}", ranged(area)));
    }
    if let (Some(area), Some(difference)) = (&card.baseline_area, &card.against_baseline) {
        words.push_str(&format!(
            "; a logistic regression on all of it {}, difference {:+.3} ({:+.3} to {:+.3})",
            ranged(area),
            difference.value,
            difference.low,
            difference.high
        ));
    }
    if let (Some(card), Some(baseline)) = (card.lift_of_top_tenth, card.baseline_lift_of_top_tenth) {
        words.push_str(&format!(
            ". The top tenth converts {card:.1} times as often as all (the regression’s: {baseline:.1})"
        ));
    }
    if let Some([own, always]) = card.brier {
        words.push_str(&format!(". Brier score {own:.4}, always saying the average {always:.4}"));
    }
    words.push('.');
    words
}
