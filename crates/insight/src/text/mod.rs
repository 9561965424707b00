//! The report in a terminal: at most 100 columns, no colour codes, the first lines first.

pub mod plot;
mod sections;

pub(crate) use sections::p_value;
pub mod table;

use crate::figure::{Answer, Ranged, Share, duration, grouped, left_out, percent, points_words};
use crate::headline::About;
use crate::report::{Judgement, Report};
use table::{Table, wrap};

/// Letters in a line at most.
pub const WIDTH: usize = 100;

/// The report as text.
#[must_use]
pub fn report(report: &Report) -> String {
    let mut page = Page { lines: Vec::new(), report };
    page.head();
    if report.definitions.len() > 1 {
        page.side_by_side();
    }
    for judgement in &report.definitions {
        page.judgement(judgement);
    }
    page.foot();
    let mut text = page.lines.join("\n");
    text.push('\n');
    text
}

struct Page<'a> {
    lines: Vec<String>,
    report: &'a Report,
}

impl Page<'_> {
    fn line(&mut self, text: impl AsRef<str>) {
        self.lines.push(table::cut(text.as_ref().trim_end(), WIDTH));
    }

    fn title(&mut self, text: &str) {
        self.line("");
        self.line(text);
        self.line("─".repeat(text.chars().count().min(WIDTH)));
    }

    fn say(&mut self, text: &str) {
        for line in wrap(text, WIDTH, "  ", "  ") {
            self.line(line);
        }
    }

    fn table(&mut self, table: &Table) {
        for line in table.lines(2, WIDTH) {
            self.line(line);
        }
    }

    fn head(&mut self) {
        let asked = &self.report.question;
        let zone = &asked.time_zone;
        let period = match (asked.from, asked.to) {
            (None, None) => "everyone in the history".to_owned(),
            (from, to) => format!(
                "those who started{}{}",
                from.map_or(String::new(), |from| format!(" from {}", from.date(zone))),
                to.map_or(String::new(), |to| format!(" before {}", to.date(zone))),
            ),
        };
        let within = duration(asked.within_days * engine::time::DAY as f64);
        self.say(&format!("Goal: {} within {within} of being known · {period}", asked.goal));
        self.say(&format!(
            "Behaviour known until {}, conversions until {} · zone {}",
            asked.data_until.minute(zone),
            asked.observed_until.minute(zone),
            asked.zone
        ));
        if let Some(count) = self.report.refused_profiling.filter(|count| *count > 0) {
            self.say(&left_out(count));
        }
    }

    fn foot(&mut self) {
        self.line("");
        self.say(&format!(
            "Ranges are 95 % intervals. The JSON and the page list up to {} people behind each count.",
            grouped(self.report.question.people_listed as u64)
        ));
    }

    fn judgement(&mut self, judgement: &Judgement) {
        self.title(&format!("{} ({}, {}s)", judgement.name, judgement.id, judgement.subject.word()));
        for plain in &judgement.headline {
            let sign = if plain.about == About::Caution { "! " } else { "• " };
            for line in wrap(&plain.words, WIDTH, &format!("  {sign}"), "    ") {
                self.line(line);
            }
        }
        self.last_monday(judgement);
        self.last_customers(judgement);
        self.population(judgement);
        self.fates(judgement);
        self.against_rest(judgement);
        self.paces(judgement);
        self.curves(judgement);
        self.volume(judgement);
        self.breakdowns(judgement);
    }

    fn side_by_side(&mut self) {
        self.title("Side by side");
        let mut table = Table::new(&["", ">qualified", ">precision", ">recall", ">lift", ">a week", ">wins/week"]);
        for judgement in self.report.definitions.iter().chain(self.report.baseline.as_ref()) {
            table.row(vec![
                judgement.name.clone(),
                grouped(judgement.leads.total),
                rate(&judgement.leads.precision),
                judgement.customers.recall.rate.map_or("–".to_owned(), |rate| percent(rate.value)),
                ranged(&judgement.against_rest.lift, crate::figure::times),
                known(judgement.volume.per_week.known().map(|week| week.mean)),
                known(judgement.capacity.wins_per_week.known().copied()),
            ]);
        }
        self.table(&table);
        for overlap in &self.report.overlaps.clone() {
            let [both, first, second] = &overlap.parts;
            self.say(&format!(
                "{} and {}: {} qualified by both, {} by the first only, {} by the second only. Difference in precision: \
                 {}; in recall: {}.",
                overlap.first,
                overlap.second,
                grouped(both.people.total),
                grouped(first.people.total),
                grouped(second.people.total),
                points_words(&overlap.precision_difference),
                points_words(&overlap.recall_difference),
            ));
        }
    }
}

/// `14.6 % (10.5–20.0)`, or that there is not enough.
pub(crate) fn rate(share: &Share) -> String {
    match share.rate {
        Some(rate) => format!("{} ({:.1}–{:.1})", percent(rate.value), rate.low * 100.0, rate.high * 100.0),
        None if share.of == 0 => "–".to_owned(),
        None => format!("{} of {} (few)", share.count, share.of),
    }
}

pub(crate) fn ranged(answer: &Answer<Ranged>, word: impl Fn(f64) -> String) -> String {
    answer.known().map_or("not enough data".to_owned(), |known| {
        format!("{} ({:.1}–{:.1})", word(known.value), known.low, known.high)
    })
}

fn known(amount: Option<f64>) -> String {
    amount.map_or("–".to_owned(), |amount| format!("{amount:.1}"))
}
