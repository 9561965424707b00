//! Discovery's answer for a terminal.

use super::report::{Discovery, Finding};
use super::sentence::{hundredths, length};
use super::verdict::Verdict;
use crate::figure::{grouped, times};
use crate::text::table::{Table, cut, wrap};

/// Letters in a line.
const WIDTH: usize = 100;
/// Findings told where nobody asks for all.
const SHOWN: usize = 6;

/// The answer as text; `full` tells everything that was judged and tried.
#[must_use]
pub fn text(discovery: &Discovery, full: bool) -> String {
    let mut page = Page { discovery, lines: Vec::new() };
    page.head();
    page.findings(full);
    if discovery.nothing.is_some() {
        page.nothing();
    }
    page.tried();
    if full {
        page.details();
        page.candidates();
        page.excluded();
    } else {
        page.say("--full tells what else was judged and tried, --json every figure.");
    }
    page.lines.join("\n") + "\n"
}

struct Page<'a> {
    discovery: &'a Discovery,
    lines: Vec<String>,
}

impl Page<'_> {
    fn title(&mut self, words: &str) {
        self.lines.push(String::new());
        self.lines.push(words.to_owned());
    }

    fn say(&mut self, words: &str) {
        self.lines.extend(wrap(words, WIDTH, "  ", "  "));
    }

    fn table(&mut self, table: &Table) {
        self.lines.extend(table.lines(2, WIDTH));
    }

    fn head(&mut self) {
        let discovery = self.discovery;
        let population = &discovery.population;
        let article = if discovery.subject.starts_with('a') { "an" } else { "a" };
        self.lines.push(format!("What predicts {} of {article} {}", discovery.goal, discovery.subject));
        let mut table = Table::new(&["", ">people"]);
        for (words, count) in [
            ("time started", population.started),
            ("left out: started outside the period", population.outside_period),
            ("left out: converted before it started", population.converted_before),
            ("left out: not yet watched to the end", population.immature),
            ("left out: not in the population", population.outside),
            ("left out: converted before the first landmark", population.before_first_landmark),
            ("looked at", population.counted),
        ] {
            if count > 0 {
                table.row(vec![words.to_owned(), grouped(count)]);
            }
        }
        self.table(&table);
        self.title(&format!("Windows, all judged by who converted by day {:.0}", discovery.end_days));
        let mut table = Table::new(&["behaviour in the first", ">people", ">buyers", ">lost to it"]);
        for window in &discovery.windows {
            let lost = grouped(window.buyers_lost);
            table.row(vec![length(window.days), grouped(window.people), grouped(window.buyers), lost]);
        }
        self.table(&table);
        let halves = &discovery.halves;
        let from =
            halves.held_out_from.map_or(String::new(), |at| format!(" (from {})", at.0.to_jiff().strftime("%Y-%m-%d")));
        let mut words = format!(
            "Searched on the {} earlier signups, judged on the {} later ones{from}.",
            grouped(halves.searched),
            grouped(halves.held_out)
        );
        if halves.households < halves.searched + halves.held_out {
            words.push_str(&format!(
                " They are in {} accounts, and colleagues are not independent: halves, tests and ranges go by account.",
                grouped(halves.households)
            ));
        }
        self.say(&words);
    }

    fn findings(&mut self, full: bool) {
        let findings = &self.discovery.findings;
        let most = if full { findings.len() } else { SHOWN };
        let told: Vec<&Finding> =
            findings.iter().filter(|finding| full || finding.verdict != Verdict::NotEnoughData).take(most).collect();
        if told.is_empty() {
            return;
        }
        self.title("Found");
        for (number, finding) in told.into_iter().enumerate() {
            let first = format!("  {}. ", number + 1);
            self.lines.extend(wrap(&finding.sentence, WIDTH, &first, "     "));
        }
    }

    fn nothing(&mut self) {
        let Some(nothing) = self.discovery.nothing.clone() else { return };
        self.title("Nothing reliable");
        let tried = &self.discovery.tried;
        self.say(&format!(
            "{} combinations of event, measure, window and threshold were tried; {} of them would look good by luck, {} do.",
            grouped(tried.cells),
            grouped(tried.good_by_luck),
            grouped(tried.look_good)
        ));
        let mut words = format!("There are {} buyers.", grouped(nothing.buyers));
        if let Some(needed) = nothing.buyers_needed {
            words.push_str(&format!(
                " To see that people with a behaviour that {:.0} of 100 show buy twice as often takes about {}",
                nothing.for_share * 100.0,
                grouped(needed)
            ));
            match &nothing.when {
                Some(when) => words.push_str(&format!(": at the present pace on {when}.")),
                None if nothing.buyers >= needed => words.push_str(": an effect of that size would have been seen."),
                None => words.push('.'),
            }
        }
        self.say(&words);
        self.say("Until then the minimum viable definition (finished onboarding and came back): brix templates --show minimum-viable");
    }

    fn tried(&mut self) {
        let tried = &self.discovery.tried;
        self.title(&format!(
            "Tried: {} features, {} thresholds in them; judged on the later signups: {}",
            grouped(tried.features),
            grouped(tried.cells),
            grouped(tried.judged)
        ));
    }

    fn details(&mut self) {
        self.title("All that was judged");
        let mut table = Table::new(&[
            "verdict",
            ">window",
            "rule",
            ">met",
            ">found",
            ">later",
            ">others",
            ">lift",
            ">adjusted",
            ">p (Holm)",
            ">optimism",
        ]);
        for finding in &self.discovery.findings {
            let rate =
                |share: Option<crate::figure::Ranged>| share.map_or(String::new(), |share| hundredths(share.value));
            let held_out = &finding.held_out;
            let adjusted = finding.adjusted.as_ref().and_then(|adjusted| adjusted.lift);
            table.row(vec![
                finding.verdict.words().to_lowercase(),
                format!("{:.0} d", finding.window_days),
                cut(&finding.words, 40),
                grouped(held_out.met),
                rate(finding.search.with),
                rate(held_out.with),
                rate(held_out.without),
                held_out.lift.map_or(String::new(), |lift| times(lift.value)),
                adjusted.map_or(String::new(), |lift| times(lift.value)),
                p_words(finding.corrected_p),
                finding.optimism.map_or(String::new(), |optimism| format!("{:+.0} %", (optimism.exp() - 1.0) * 100.0)),
            ]);
        }
        self.lines.extend(table.lines(2, 2 * WIDTH));
    }

    fn candidates(&mut self) {
        self.title("What an uncorrected search would show (the earlier signups alone)");
        let mut table = Table::new(&["", ">window", ">met", ">buyers", ">phi", ">p", ">q over all tried"]);
        for candidate in self.discovery.candidates.iter().take(25) {
            let condition = &candidate.condition;
            table.row(vec![
                format!("{} {} ≥ {}", cut(&condition.event, 30), condition.measure, condition.at_least),
                format!("{:.0} d", candidate.window_days),
                grouped(candidate.met),
                grouped(candidate.met_buyers),
                candidate.phi.map_or(String::new(), |phi| format!("{phi:.3}")),
                p_words(candidate.p_value),
                p_words(candidate.q_value),
            ]);
        }
        self.table(&table);
    }

    fn excluded(&mut self) {
        if self.discovery.excluded.is_empty() {
            return;
        }
        self.title("Left out by construction");
        for excluded in &self.discovery.excluded {
            self.say(&format!("{}: {}", excluded.name, excluded.why));
        }
    }
}

fn p_words(p: f64) -> String {
    if p < 0.0001 { "<0.0001".to_owned() } else { format!("{p:.4}") }
}
