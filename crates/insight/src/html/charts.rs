//! Charts: bars made of boxes (they fit any width), and inline SVG where lines are needed.

use super::markup::Html;
use crate::figure::{Ranged, percent};

/// A horizontal bar of a share of the widest, with its words before and its number behind.
pub(crate) fn bar_row(html: &mut Html, words: &str, share: f64, number: &str, class: &str) {
    html.open("span", &[("class", "bar-row")]).element("span", "bar-words", words);
    html.open("span", &[("class", "bar-track")])
        .open(
            "span",
            &[("class", &format!("bar {class}")), ("style", &format!("width:{:.2}%", share.clamp(0.0, 1.0) * 100.0))],
        )
        .close("span")
        .close("span");
    html.element("span", "bar-number", number).close("span");
}

/// A range with its value on a scale from 0 to `most`.
pub(crate) fn range_row(html: &mut Html, words: &str, ranged: Ranged, most: f64, class: &str) {
    let place = |amount: f64| if most > 0.0 { (amount / most * 100.0).clamp(0.0, 100.0) } else { 0.0 };
    let (low, value, high) = (place(ranged.low), place(ranged.value), place(ranged.high));
    html.open("div", &[("class", "bar-row")]).element("span", "bar-words", words);
    html.open("span", &[("class", "range-track")])
        .open(
            "span",
            &[("class", &format!("range {class}")), ("style", &format!("left:{low:.2}%;width:{:.2}%", high - low))],
        )
        .close("span")
        .open("span", &[("class", &format!("range-dot {class}")), ("style", &format!("left:{value:.2}%"))])
        .close("span")
        .close("span");
    html.open("span", &[("class", "bar-number")]).element("b", "", percent(ranged.value));
    html.element("span", "likely", format!(" {:.1}–{:.1}", ranged.low * 100.0, ranged.high * 100.0));
    html.close("span").close("div");
}

const WIDTH: f64 = 720.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 14.0;
/// Room for words behind a chart, in the letters of a phone.
const BEHIND: f64 = 112.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 34.0;

/// Round steps for an axis from 0: 1, 2 or 5 times a power of ten, some three to six of them.
pub(crate) fn ticks(most: f64) -> Vec<f64> {
    if most <= 0.0 || !most.is_finite() {
        return vec![0.0];
    }
    let rough = most / 4.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= rough).unwrap_or(rough);
    (0..=6).map(|count| f64::from(count) * step).take_while(|tick| *tick <= most * 1.0001).collect()
}

/// Steps for an axis of days from 0: weeks of work, months and quarters, some three to six of them.
fn day_ticks(most: f64) -> Vec<f64> {
    let steps = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 90.0, 180.0, 365.0];
    let Some(step) = steps.into_iter().find(|step| step * 5.0 >= most) else { return ticks(most) };
    (0..=5).map(|count| f64::from(count) * step).take_while(|tick| *tick <= most * 1.0001).collect()
}

fn axis(
    html: &mut Html,
    height: f64,
    right: f64,
    most: f64,
    scale: impl Fn(f64) -> f64,
    words: impl Fn(f64) -> String,
) {
    for tick in ticks(most) {
        let y = format!("{:.1}", scale(tick));
        html.open(
            "line",
            &[
                ("class", "grid"),
                ("x1", &LEFT.to_string()),
                ("x2", &(WIDTH - right).to_string()),
                ("y1", &y),
                ("y2", &y),
            ],
        );
        html.close("line");
        let below = format!("{:.1}", scale(tick) + 4.0);
        html.open("text", &[("x", &(LEFT - 8.0).to_string()), ("y", &below), ("text-anchor", "end")])
            .text(words(tick))
            .close("text");
    }
    debug_assert!(height > TOP + BOTTOM);
}

fn begin(html: &mut Html, height: f64, label: &str) {
    html.open("svg", &[("viewBox", &format!("0 0 {WIDTH} {height}")), ("role", "img"), ("aria-label", label)]);
}

/// A curve: its class, its points (x, y) and perhaps a band (low, high) around it.
pub(crate) struct Curve<'a> {
    pub(crate) class: &'static str,
    pub(crate) points: &'a [(f64, f64)],
    pub(crate) band: Vec<(f64, f64, f64)>,
}

/// Step curves of shares over days.
pub(crate) fn curves(html: &mut Html, lines: &[Curve<'_>], label: &str, x_name: &str) {
    let height = 280.0;
    let x_most = lines.iter().flat_map(|line| line.points).map(|(x, _)| *x).fold(1.0, f64::max);
    let with_bands = lines.iter().flat_map(|line| line.band.iter().map(|(_, _, high)| *high));
    let y_most = lines.iter().flat_map(|line| line.points).map(|(_, y)| *y).chain(with_bands).fold(0.001, f64::max);
    let x = |day: f64| LEFT + day / x_most * (WIDTH - LEFT - RIGHT);
    let y = |share: f64| height - BOTTOM - share / y_most * (height - TOP - BOTTOM);
    begin(html, height, label);
    axis(html, height, RIGHT, y_most, y, |share| {
        if y_most < 0.05 { format!("{:.1} %", share * 100.0) } else { format!("{:.0} %", share * 100.0) }
    });
    for day in day_ticks(x_most) {
        html.open(
            "text",
            &[("x", &format!("{:.1}", x(day))), ("y", &(height - 12.0).to_string()), ("text-anchor", "middle")],
        )
        .text(if day == 0.0 { format!("0 {x_name}") } else { format!("{day:.0}") })
        .close("text");
    }
    for line in lines.iter().rev() {
        if line.band.len() > 1 {
            let upper = line.band.iter().map(|(day, _, high)| format!("{:.1},{:.1}", x(*day), y(*high)));
            let lower = line.band.iter().rev().map(|(day, low, _)| format!("{:.1},{:.1}", x(*day), y(*low)));
            let points: Vec<String> = upper.chain(lower).collect();
            html.open("polygon", &[("class", &format!("band {}", line.class)), ("points", &points.join(" "))])
                .close("polygon");
        }
        let mut path = String::new();
        let mut before: Option<f64> = None;
        for (day, share) in line.points {
            if let Some(level) = before {
                path.push_str(&format!("L{:.1} {:.1}", x(*day), y(level)));
            }
            path.push_str(&format!("{}{:.1} {:.1}", if before.is_none() { 'M' } else { 'L' }, x(*day), y(*share)));
            before = Some(*share);
        }
        html.open("path", &[("class", &format!("line {}", line.class)), ("d", &path)]).close("path");
    }
    html.close("svg");
}

/// One column for each week, with a line at a level.
pub(crate) fn columns(html: &mut Html, columns: &[(String, u64, bool)], level: Option<f64>, label: &str) {
    let height = 220.0;
    let most = columns.iter().map(|(_, count, _)| *count as f64).chain(level).fold(1.0, f64::max);
    let y = |count: f64| height - BOTTOM - count / most * (height - TOP - BOTTOM);
    // The level's name stands behind the columns, never on them.
    let right = if level.is_some() { BEHIND } else { RIGHT };
    let slot = (WIDTH - LEFT - right) / columns.len().max(1) as f64;
    begin(html, height, label);
    axis(html, height, right, most, y, |count| {
        if count.fract() == 0.0 { format!("{count:.0}") } else { format!("{count:.1}") }
    });
    // On a phone a date takes more than a sixth of the width.
    let named = columns.len().div_ceil(4).max(1);
    for (place, (name, count, pale)) in columns.iter().enumerate() {
        let left = LEFT + slot * place as f64;
        let top = y(*count as f64);
        html.open(
            "rect",
            &[
                ("class", if *pale { "column pale" } else { "column" }),
                ("x", &format!("{:.1}", left + slot * 0.12)),
                ("width", &format!("{:.1}", slot * 0.76)),
                ("y", &format!("{top:.1}")),
                ("height", &format!("{:.1}", height - BOTTOM - top)),
                ("rx", "2"),
            ],
        );
        html.element("title", "", format!("{name}: {count}")).close("rect");
        if place % named == 0 {
            let middle = format!("{:.1}", left + slot / 2.0);
            html.open("text", &[("x", &middle), ("y", &(height - 12.0).to_string()), ("text-anchor", "middle")])
                .text(name)
                .close("text");
        }
    }
    if let Some(level) = level {
        let at = format!("{:.1}", y(level));
        html.open(
            "line",
            &[
                ("class", "level"),
                ("x1", &LEFT.to_string()),
                ("x2", &(WIDTH - right).to_string()),
                ("y1", &at),
                ("y2", &at),
            ],
        );
        html.close("line");
        let beside = format!("{:.1}", y(level) + 4.0);
        html.open("text", &[("class", "level-name"), ("x", &(WIDTH - right + 6.0).to_string()), ("y", &beside)])
            .text(format!("{level:.0} calls"))
            .close("text");
    }
    html.close("svg");
}

#[cfg(test)]
mod tests {
    use super::{columns, day_ticks, ticks};
    use crate::html::markup::Html;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.228), [0.0, 0.1, 0.2]);
        assert_eq!(ticks(52.0), [0.0, 20.0, 40.0]);
        assert_eq!(ticks(4.0), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(ticks(0.0), [0.0]);
        assert_eq!(ticks(f64::NAN), [0.0]);
    }

    #[test]
    fn days_have_some_three_to_six_ticks() {
        assert_eq!(day_ticks(90.7), [0.0, 30.0, 60.0, 90.0]);
        assert_eq!(day_ticks(45.0), [0.0, 10.0, 20.0, 30.0, 40.0]);
        for most in 4..2_000 {
            let count = day_ticks(f64::from(most)).len();
            assert!((3..=7).contains(&count), "{most}: {count}");
        }
    }

    /// The number in front of which an attribute's name stands, in each element that holds some words.
    fn numbers(page: &str, element: &str, attribute: &str) -> Vec<f64> {
        let of = |text: &str| text.split(&format!("{attribute}=\"")).nth(1)?.split('"').next()?.parse().ok();
        page.split('<').filter(|text| text.starts_with(element)).filter_map(of).collect()
    }

    #[test]
    fn the_words_for_a_level_stand_behind_the_columns_and_dates_apart() {
        let weeks: Vec<(String, u64, bool)> = (0..26).map(|week| (format!("2025-01-{week:02}"), 40, false)).collect();
        let mut html = Html::default();
        columns(&mut html, &weeks, Some(40.0), "alerts");
        let page = html.finish();
        let (left, width) = (numbers(&page, "rect", " x"), numbers(&page, "rect", " width"));
        let end = left.last().zip(width.last()).map_or(0.0, |(left, width)| left + width);
        let words = numbers(&page, "text class=\"level-name\"", " x");
        assert!(words.len() == 1 && words.iter().all(|at| *at > end), "{words:?} {end}");
        let dates = numbers(&page, "text x", " x");
        let dates: Vec<f64> = dates.into_iter().filter(|at| *at > super::LEFT).collect();
        assert!(dates.len() > 2 && dates.is_sorted_by(|one, next| next - one > 135.0), "{dates:?}");
    }
}
