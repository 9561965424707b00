//! Discovery's answer for a terminal.

use super::closer::{HeatCell, HeatMap};
use super::report::{Discovery, Finding, WindowCounts};
use super::sentence::{CAVEAT, counted, hundredths, length, moment};
use super::verdict::Verdict;
use crate::figure::{grouped, times};
use crate::text::plot::bar;
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
    page.recommended(full);
    page.loads();
    page.doubted();
    page.tried();
    if full {
        page.closer();
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
        let people = format!(">{}", discovery.whom());
        let mut table = Table::new(&["", &people]);
        for (words, count) in [
            ("time started", population.started),
            ("left out: started outside the period", population.outside_period),
            ("left out: converted before it started", population.converted_before),
            ("left out: not yet watched to the end", population.immature),
            ("left out: not in the population", population.outside),
            ("left out: in no account, and the goal is one of accounts", population.in_no_account),
            ("left out: touched by sales before every landmark", population.touched_by_sales),
            ("left out: converted before the first landmark", population.before_first_landmark),
            ("left out: refuse to be judged", discovery.refused_profiling.unwrap_or_default()),
            ("looked at", population.counted),
        ] {
            if count > 0 {
                table.row(vec![words.to_owned(), grouped(count)]);
            }
        }
        self.table(&table);
        if let Some(words) = touched(discovery) {
            self.say(&words);
        }
        self.title(&format!("Windows, all judged by who converted by day {:.0}", discovery.end_days));
        let mut table = Table::new(&["behaviour in the first", &people, ">buyers", ">lost to it"]);
        for window in &discovery.windows {
            let lost = grouped(window.buyers_lost);
            table.row(vec![length(window.days), grouped(window.people), grouped(window.buyers), lost]);
        }
        self.table(&table);
        let halves = &discovery.halves;
        let from = halves.held_out_from_day.as_ref().map_or(String::new(), |day| format!(" (from {day})"));
        let mut words = format!(
            "Searched on the {} earlier signups, judged on the {} later ones{from}.",
            grouped(halves.searched),
            grouped(halves.held_out)
        );
        if halves.households < halves.searched + halves.held_out {
            words.push_str(&format!(
                " They are in {} {}, and colleagues are not independent: halves, tests and ranges go by account.",
                grouped(halves.households),
                if halves.households == 1 { "account" } else { "accounts" }
            ));
        }
        self.say(&words);
    }

    fn findings(&mut self, full: bool) {
        let findings = &self.discovery.findings;
        let told: Vec<&Finding> = self.told(full).filter_map(|place| findings.get(place)).collect();
        if !told.is_empty() {
            self.title("Found");
        }
        for (number, finding) in told.iter().enumerate() {
            let first = format!("  {}. ", number + 1);
            // The caveat is the same for all: it is told once.
            let sentence = finding.sentence.strip_suffix(CAVEAT).unwrap_or(&finding.sentence);
            self.lines.extend(wrap(sentence, WIDTH, &first, "     "));
        }
        if told.iter().any(|finding| finding.verdict == Verdict::Reliable) {
            self.say(CAVEAT);
        }
        let others = findings.len() - told.len();
        if others > 0 {
            let of = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
            let counts = [
                Verdict::Reliable,
                Verdict::Weak,
                Verdict::OnlyActivity,
                Verdict::PossibleLeak,
                Verdict::NotReliable,
                Verdict::NotEnoughData,
            ]
            .map(|verdict| (verdict, of(verdict)));
            let counts: Vec<String> =
                counts.iter().filter(|(_, count)| *count > 0).map(|(verdict, count)| verdict.counted(*count)).collect();
            self.say(&format!("Of all {} that were judged: {}.", findings.len(), counts.join(", ")));
        }
    }

    /// A finding's number in the list of those told, where it is among them.
    fn number(&self, place: usize, full: bool) -> String {
        let number = self.told(full).position(|told| told == place);
        number.map_or_else(String::new, |number| format!(" ({} above)", number + 1))
    }

    /// The places of the findings that are told.
    fn told(&self, full: bool) -> impl Iterator<Item = usize> + '_ {
        let is_told =
            move |finding: &Finding| full || !matches!(finding.verdict, Verdict::NotReliable | Verdict::NotEnoughData);
        let findings = self.discovery.findings.iter().enumerate().filter(move |(_, finding)| is_told(finding));
        findings.map(|(place, _)| place).take(if full { usize::MAX } else { SHOWN })
    }

    fn nothing(&mut self) {
        self.title("Nothing reliable");
        for words in super::empty::sentences(self.discovery) {
            self.say(&words);
        }
    }

    fn tried(&mut self) {
        let tried = &self.discovery.tried;
        self.title(&format!(
            "Tried: {} features, {} thresholds in them, {} rules of several conditions; judged on the later signups: {}",
            grouped(tried.features),
            grouped(tried.cells),
            grouped(tried.combinations),
            grouped(tried.judged)
        ));
    }

    fn recommended(&mut self, full: bool) {
        let discovery = self.discovery;
        let Some(place) = discovery.recommended else { return };
        let Some(finding) = discovery.findings.get(place) else { return };
        self.title(&format!("To go on with{}: the simplest within the noise of the best", self.number(place, full)));
        let lines = wrap(&format!("when: {}", finding.criterion), WIDTH, "  ", "    ");
        self.lines.extend(lines);
        let span = if finding.window_days == 1.0 { "1 day".to_owned() } else { length(finding.window_days) };
        self.say(&format!("window: {span}"));
        let Some(closer) = discovery.closer.iter().find(|closer| closer.finding == place) else { return };
        let missed = &closer.missed;
        let mut words = format!("It misses {} of {} buyers", grouped(missed.buyers), grouped(missed.of));
        let [others, found] = missed.median_events.map(|count| grouped(count.into()));
        // Where nobody has any there is nothing to tell.
        if missed.median_events != [0, 0] || missed.without_activity < missed.buyers {
            words.push_str(&match missed.without_activity {
                0 => format!(". These had a median of {others} product events by then, those found {found}"),
                none => format!(
                    ". {} of these had no product event by then, the others a median of {others}, those found {found}",
                    grouped(none)
                ),
            });
        }
        self.say(&format!("{words}."));
        if full && !missed.subjects.is_empty() {
            self.say(&format!("Some of them: {}", missed.subjects.join(", ")));
        }
    }

    /// What is doubted, and the cure where it is no leak.
    fn doubted(&mut self) {
        let discovery = self.discovery;
        if !discovery.doubted.is_empty() {
            self.title("Doubted; --trust NAME takes in what is known to have been there before");
            for why in &discovery.doubted {
                self.lines.extend(wrap(&format!("{why}."), WIDTH, "  - ", "    "));
            }
        }
        if !discovery.trusted.is_empty() {
            self.title("Not doubted, since you say that it was known before the outcome");
            self.say(&format!("{}.", discovery.trusted.join(", ")));
        }
    }

    /// What gives as many leads as can be worked.
    fn loads(&mut self) {
        for closer in self.discovery.closer.iter().take(1).filter(|closer| !closer.loads.is_empty()) {
            self.title("Leads in a week by threshold, on the later signups");
            let capacity = f64::from(self.discovery.capacity_per_week.unwrap_or(0));
            // The lowest threshold that is not too much gives the most of what can be worked.
            let words = match closer.loads.iter().find(|load| load.leads_per_week <= capacity) {
                Some(load) => format!(
                    "For {capacity:.0} a week take {}: {:.1} leads a week, of whom {:.1} buy. Band high: as many as can be worked; medium: up to twice as many.",
                    load.words, load.leads_per_week, load.buyers_per_week
                ),
                None => {
                    format!("Every threshold gives more than the {capacity:.0} leads that can be worked in a week.")
                }
            };
            self.say(&words);
            let mut table = Table::new(&["", ">leads", ">buyers", ">of 100", "band"]);
            for load in &closer.loads {
                table.row(vec![
                    cut(&load.words, 60),
                    format!("{:.1}", load.leads_per_week),
                    format!("{:.1}", load.buyers_per_week),
                    load.precision.rate.map_or(String::new(), |rate| hundredths(rate.value)),
                    load.band.to_owned(),
                ]);
            }
            self.table(&table);
        }
    }

    /// Curves, heat maps and overlaps.
    fn closer(&mut self) {
        for closer in &self.discovery.closer {
            if let Some(curve) = &closer.curve {
                let knee = curve.knee.map_or(String::new(), |knee| format!("; the knee is at {knee}"));
                self.title(&format!("{}, first {}: who converts{knee}", curve.words, length(curve.window_days)));
                let most = curve
                    .points
                    .iter()
                    .filter_map(|point| point.converted.rate)
                    .map(|rate| rate.value)
                    .fold(1e-9, f64::max);
                let mut table = Table::new(&["value", ">people", ">of 100", ""]);
                for point in &curve.points {
                    let value = match point.below {
                        Some(below) if below == point.from + 1 => point.from.to_string(),
                        Some(below) => format!("{}–{}", point.from, below - 1),
                        None => format!("{}+", point.from),
                    };
                    let rate = point.converted.rate.map_or(0.0, |rate| rate.value);
                    table.row(vec![value, grouped(point.converted.of), hundredths(rate), bar(rate / most, 40)]);
                }
                self.table(&table);
            }
            if let Some(map) = &closer.heat_map {
                self.title("Of 100 who reach a threshold in a window, converted (phi shown by the shade)");
                self.heat(map);
            }
        }
        if self.discovery.overlaps.is_empty() {
            return;
        }
        self.title("Overlap: of the buyers that a rule finds, the share that another finds too");
        for overlap in &self.discovery.overlaps {
            let words = |place: usize| self.discovery.findings.get(place).map_or("", |finding| finding.words.as_str());
            let line = format!(
                "{:>4.0} %  of {} also {}",
                overlap.buyers * 100.0,
                words(overlap.first),
                words(overlap.second)
            );
            self.lines.push(format!("  {}", cut(&line, WIDTH + 20)));
        }
    }

    fn heat(&mut self, map: &HeatMap) {
        const SHADES: [&str; 5] = [" ", "░", "▒", "▓", "█"];
        let cells = || map.cells.iter().flatten().flatten();
        let most = cells().map(|cell| cell.phi).fold(1e-9, f64::max);
        let heads: Vec<String> = map.windows_days.iter().map(|days| format!(">{}", length(*days))).collect();
        let mut head = vec![">at least"];
        head.extend(heads.iter().map(String::as_str));
        let mut table = Table::new(&head);
        for (threshold, row) in map.thresholds.iter().zip(&map.cells) {
            let cell = |cell: &Option<HeatCell>| {
                cell.map_or(String::new(), |cell| {
                    let shade = ((cell.phi / most).clamp(0.0, 1.0) * 4.0).round() as usize;
                    format!("{} {}", hundredths(cell.rate), SHADES[shade.min(4)])
                })
            };
            table.row(std::iter::once(threshold.to_string()).chain(row.iter().map(cell)).collect());
        }
        self.table(&table);
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
        self.say("q: over all tried; luck: how often the best looks as good where outcomes are given out anew.");
        let mut table = Table::new(&["", ">window", ">met", ">buyers", ">phi", ">p", ">q", ">luck"]);
        for candidate in self.discovery.candidates.iter().take(25) {
            let condition = &candidate.condition;
            let of = &condition.of;
            let what = match (&condition.property, &condition.value, &condition.then) {
                (Some(property), Some(value), _) => format!("{of} {property} = {value}"),
                (Some(property), None, _) => format!("{of} {property}"),
                (None, Some(value), _) => format!("{of} = {value}"),
                (None, None, Some(then)) => format!("{of}, then {then}"),
                (None, None, None) => match &condition.limit {
                    Some(limit) => format!("{of} of {limit}"),
                    None => of.to_string(),
                },
            };
            let of = cut(&what, 34);
            let within = condition.within_hours.map_or(String::new(), |hours| format!(" within {hours} h"));
            table.row(vec![
                format!("{of} {} ≥ {}{within}", condition.measure, condition.at_least),
                format!("{:.0} d", candidate.window_days),
                grouped(candidate.met),
                grouped(candidate.met_buyers),
                candidate.phi.map_or(String::new(), |phi| format!("{phi:.3}")),
                p_words(candidate.p_value),
                p_words(candidate.q_value),
                candidate.luck.map_or(String::new(), |luck| format!("{luck:.3}")),
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

/// How many sales had touched, and how these fared beside the others, at the landmark after which most of them bought.
fn touched(discovery: &Discovery) -> Option<String> {
    let most = |window: &&WindowCounts| (window.touched_by_sales.buyers, window.touched_by_sales.people);
    let window = discovery.windows.iter().max_by_key(most).filter(|window| window.touched_by_sales.people > 0)?;
    let touched = window.touched_by_sales;
    let is_out = discovery.without_sales_touched;
    let (people, buyers) = if is_out {
        (window.people, window.buyers)
    } else {
        (window.people - touched.people, window.buyers - touched.buyers)
    };
    let fared = |whom: &str, buyers: u64, people: u64| {
        let (count, of) = counted(buyers, people, buyers as f64 / people.max(1) as f64);
        format!("of {of} {whom} {count}")
    };
    let told = format!(
        "Sales had touched {} of the {} by {}: {} converted after it, {}.",
        grouped(touched.people),
        grouped(people + touched.people),
        moment(window.days),
        fared("of them", touched.buyers, touched.people),
        fared("others", buyers, people)
    );
    Some(if is_out {
        format!("{told} They are left out.")
    } else {
        format!(
            "{told} What they did may be the doing of sales, and a possible leak: --without-sales-touched leaves them out."
        )
    })
}
