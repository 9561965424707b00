//! The sections of one definition's report in a terminal.

use super::plot::{Line, bar, curves, range, sparkline};
use super::table::{Table, cut, wrap};
use super::{Page, WIDTH, rate};
use crate::case::Met;
use crate::figure::{Answer, Person, durations, grouped, percent, points_words, ratio_words, times, worth};
use crate::pace::{PaceBucket, Quantiles};
use crate::report::Judgement;

/// People listed in a section; the rest are in the JSON and on the page.
const SHOWN: usize = 10;
/// Letters of a bar.
const BAR: usize = 40;
/// Letters of a bar beside a rate.
const SHORT_BAR: usize = 28;

impl Page<'_> {
    pub(super) fn last_monday(&mut self, judgement: &Judgement) {
        let list = &judgement.last_monday;
        self.title(&format!("On the list of Monday {}: {}", list.monday, grouped(list.total)));
        if list.people.is_empty() {
            self.say("Nobody became known in the week before.");
        }
        for person in list.people.iter().take(SHOWN) {
            self.person(person, None, judgement.currency.as_deref());
        }
        self.more(list.total);
    }

    pub(super) fn last_customers(&mut self, judgement: &Judgement) {
        let last = &judgement.customers.last;
        if last.customers == 0 {
            return;
        }
        self.title(&format!("The last {} customers, the latest first", grouped(last.customers)));
        let letters: String = last.people.iter().map(|customer| letter(customer.met)).collect();
        for line in wrap(&letters, WIDTH, "  ", "  ") {
            self.line(line);
        }
        if !last.people.is_empty() {
            let key = last.counts.iter().map(|(met, _)| format!("{} {}", letter(*met), met.words()));
            self.say(&key.collect::<Vec<_>>().join(" · "));
        }
        for customer in last.people.iter().take(SHOWN) {
            let before = customer
                .days_before
                .map(|days| format!("{} before", crate::figure::duration(days * engine::time::DAY as f64)));
            let words = match (customer.met, before) {
                (Met::Named, Some(before)) => format!("{} named {before}", letter(customer.met)),
                (met, Some(before)) => format!("{} {}: {before}", letter(met), met.label()),
                (met, None) => format!("{} {}", letter(met), met.label()),
            };
            self.person(&customer.person, Some(&words), None);
        }
        self.more(last.customers);
    }

    fn more(&mut self, total: u64) {
        if total > SHOWN as u64 {
            self.say(&format!("… and {} more", grouped(total - SHOWN as u64)));
        }
    }

    fn person(&mut self, person: &Person, word: Option<&str>, currency: Option<&str>) {
        let zone = &self.report.question.time_zone;
        let mut parts = Vec::new();
        match (word, person.converted_at, person.qualified_at) {
            (Some(word), Some(at), _) => parts.push(format!("paid {}  {word}", at.minute(zone))),
            (_, _, Some(at)) => parts.push(format!("qualified {}", at.minute(zone))),
            _ => {}
        }
        if let (None, Some(score)) = (word, person.score) {
            let band = person.band.as_ref().map_or(String::new(), |band| format!(" {band}"));
            parts.push(format!("score {score:.0}{band}"));
        }
        if let (None, Some(value)) = (word, person.value) {
            parts.push(worth(value, currency));
        }
        let mut line = format!("  {:<28}", person.id);
        for part in parts {
            // What does not fit goes below, where the reasons stand.
            if line.chars().count() + 2 + part.chars().count() > WIDTH {
                self.line(std::mem::replace(&mut line, " ".repeat(4)));
            }
            line.push_str("  ");
            line.push_str(&part);
        }
        self.line(line);
        if !person.reasons.is_empty() {
            let reasons = person.reasons.iter().map(|reason| &**reason).collect::<Vec<_>>().join(" · ");
            for line in wrap(&reasons, WIDTH, "      ", "      ") {
                self.line(line);
            }
        }
    }

    pub(super) fn population(&mut self, judgement: &Judgement) {
        let (population, qualified) = (&judgement.population, &judgement.qualified);
        self.title("Who was looked at, who qualified");
        let mut table = Table::new(&["", ">people", "", ""]);
        let most = population.counted.total.max(1) as f64;
        let mut row = |words: &str, count: u64, rate: String, with_bar: bool| {
            let bar = if with_bar { bar(count as f64 / most, SHORT_BAR) } else { String::new() };
            table.row(vec![words.to_owned(), grouped(count), rate, bar]);
        };
        row("in the population, old enough", population.counted.total, String::new(), true);
        for (words, share) in
            [("qualified to use (behaviour)", &qualified.to_use), ("qualified to buy (and fit)", &qualified.to_buy)]
        {
            row(words, share.count, rate(share), true);
        }
        for (words, count) in [
            ("near misses: behaviour, not fit", qualified.to_use_only.total),
            ("met it outside the population", population.met_outside.total),
            ("left out: too young", population.too_young.total),
            ("left out: never in the population", population.outside.total),
            ("left out: converted before", population.converted_before.total),
            ("left out: events not yet recorded", population.before_instrument.total),
            ("left out: outside the period", population.outside_period),
        ] {
            if count > 0 {
                row(words, count, String::new(), false);
            }
        }
        self.table(&table);
    }

    pub(super) fn fates(&mut self, judgement: &Judgement) {
        let (leads, customers) = (&judgement.leads, &judgement.customers);
        self.title("What became of the leads, and how the customers were met");
        self.say(&format!("Precision: {} of the leads watched for the whole horizon bought in it.", leads.precision));
        self.say(&format!(
            "Recall: {} of the customers were named within the horizon before they paid; {} at any time before.",
            customers.recall,
            rate(&customers.named_ever)
        ));
        let mut table = Table::new(&["leads", ">people", "  customers", ">people"]);
        let left = [
            ("won (true positives)", leads.won.total),
            ("lost (false positives)", leads.lost.total),
            ("not watched long enough", leads.immature.total),
            ("paid at the same instant", leads.same_instant.total),
            ("paid before it could be known", leads.before_known.total),
            ("had paid before", leads.already_converted.total),
        ];
        for place in 0..left.len().max(customers.by_met.len()) {
            let (words, count) = left
                .get(place)
                .map_or((String::new(), String::new()), |(words, count)| ((*words).to_owned(), grouped(*count)));
            let (met, met_count) = customers
                .by_met
                .get(place)
                .map_or((String::new(), String::new()), |row| (format!("  {}", row.label), grouped(row.people.total)));
            table.row(vec![words, count, met, met_count]);
        }
        self.table(&table);
    }

    pub(super) fn against_rest(&mut self, judgement: &Judgement) {
        let against = &judgement.against_rest;
        self.title("Leads against people of the same age who had not qualified");
        if let (Some(leads), Answer::Known(rest)) = (against.leads.rate, &against.rest) {
            let most = leads.high.max(rest.high);
            for (name, rate) in [("leads", leads), ("the rest", *rest)] {
                self.line(format!(
                    "  {name:<9} {:>7} {}",
                    percent(rate.value),
                    range(rate.low, rate.value, rate.high, most, 60)
                ));
            }
        }
        let rest = format!("{} different people", grouped(against.rest_people.total));
        self.say(&format!(
            "Lift {}; difference {} ({rest})",
            ratio_words(&against.lift),
            points_words(&against.difference)
        ));
        if let Some(caution) = against.caution() {
            self.say(&caution);
        }
        match &against.at_one_age {
            Answer::Known(one) => self.say(&format!(
                "Everyone once, {}: {} of the qualified, {} of the others; {}, {}.",
                judgement.time_to_qualify.at_age(one.age_days),
                one.qualified,
                one.others,
                one.test.name,
                p_value(one.test.p_value)
            )),
            Answer::NotEnough(short) => self.say(&format!("Everyone once, at one age: {}.", short.not_enough)),
        }
        match &against.hazard_ratio {
            Answer::Known(hazard) => self.say(&format!(
                "Conversions come {} as fast once qualified ({:.1}–{:.1}; Cox, {}; log-rank {}).",
                times(hazard.ratio.value),
                hazard.ratio.low,
                hazard.ratio.high,
                p_value(hazard.p_value),
                against.log_rank.known().map_or("not enough data".to_owned(), |test| p_value(test.p_value)),
            )),
            Answer::NotEnough(short) => self.say(&format!("Hazard ratio: {}.", short.not_enough)),
        }
    }

    pub(super) fn paces(&mut self, judgement: &Judgement) {
        let pace = &judgement.time_to_qualify;
        self.title(&format!("Time to qualify: {} people", grouped(pace.people)));
        self.quantiles(&pace.quantiles, |length| pace.duration(length));
        if let Some(reading) = pace.reading {
            self.say(&format!("Reading: {}.", reading.words()));
        }
        self.buckets(&pace.buckets);
        self.title(&format!("Lead time, from known to paid: {} won leads", grouped(judgement.lead_time.people)));
        self.quantiles(&judgement.lead_time.quantiles, crate::figure::duration);
        self.buckets(&judgement.lead_time.buckets);
    }

    fn quantiles(&mut self, answer: &Answer<Quantiles>, in_words: impl Fn(f64) -> String) {
        let day = engine::time::DAY as f64;
        match answer {
            Answer::Known(known) => {
                let likely = known.median_range.map_or(String::new(), |likely| {
                    format!(" (likely {})", durations(likely.low * day, likely.high * day, &in_words))
                });
                let median = in_words(known.median * day);
                let half = durations(known.p25 * day, known.p75 * day, &in_words);
                self.say(&format!("Median {median}{likely}; the middle half: {half}"));
            }
            Answer::NotEnough(short) => self.say(&short.not_enough),
        }
    }

    fn buckets(&mut self, buckets: &[PaceBucket]) {
        let most = buckets.iter().map(|bucket| bucket.people.total).max().unwrap_or(0);
        if most == 0 {
            return;
        }
        for bucket in buckets {
            self.line(format!(
                "  {:<16} {:>8}  {}",
                bucket.words,
                grouped(bucket.people.total),
                bar(bucket.people.total as f64 / most as f64, BAR)
            ));
        }
    }

    pub(super) fn curves(&mut self, judgement: &Judgement) {
        self.title("Conversion after being known");
        match &judgement.after_qualifying {
            Answer::NotEnough(short) => self.say(&short.not_enough),
            Answer::Known(after) => {
                let pairs = |points: &[crate::curves::CurvePoint]| {
                    points.iter().map(|point| (point.day, point.converted)).collect::<Vec<_>>()
                };
                let (leads, rest) = (pairs(&after.leads), pairs(&after.rest));
                let lines = [Line { letter: '•', points: &leads }, Line { letter: '·', points: &rest }];
                for line in curves(&lines, 72, 10, "days", percent) {
                    self.line(format!("  {line}"));
                }
                self.say("• leads   · people of the same age, as long as they had not qualified (Kaplan–Meier)");
            }
        }
        let clock = &judgement.from_clock;
        self.title(&format!(
            "Conversion of everyone from the clock: {} of {}",
            grouped(clock.converted),
            grouped(clock.people)
        ));
        let mut table = Table::new(&[">by day", ">share", "", ">still watched"]);
        for point in &clock.by_day {
            let share = point.converted.known().map_or("not enough data".to_owned(), |known| {
                format!("{} ({:.2}–{:.2})", two_places(known.value), known.low * 100.0, known.high * 100.0)
            });
            table.row(vec![point.day.to_string(), share, String::new(), grouped(point.at_risk)]);
        }
        self.table(&table);
        let buckets = clock.buckets.iter().map(|bucket| format!("{} {}", bucket.words, grouped(bucket.people.total)));
        self.say(&format!("Converters: {}.", buckets.collect::<Vec<_>>().join(" · ")));
    }

    pub(super) fn volume(&mut self, judgement: &Judgement) {
        let volume = &judgement.volume;
        self.title(&format!("Alerts: {}", grouped(volume.alerts)));
        for (unit, answer) in [("week", &volume.per_week), ("day", &volume.per_day)] {
            match answer {
                Answer::Known(per) => self.say(&format!(
                    "A {unit}: {:.1} on average, {:.0} in every second, {} at most ({}), over {} {unit}s",
                    per.mean,
                    per.median,
                    grouped(per.most),
                    per.most_on,
                    grouped(per.units)
                )),
                Answer::NotEnough(short) => self.say(&format!("A {unit}: {}", short.not_enough)),
            }
        }
        let weeks: Vec<f64> =
            volume.weeks.iter().filter(|week| !week.unfinished).map(|week| week.people.total as f64).collect();
        if let (Some(first), Some(last)) = (volume.weeks.first(), volume.weeks.last()) {
            self.line(format!("  {}  {}  {}", first.monday, sparkline(&weeks, 72), last.monday));
        }
        let capacity = &judgement.capacity;
        if let Some(weeks) = &capacity.weeks {
            self.say(&format!(
                "At {} calls a week from {} on ({} weeks): {} leads offered, {} called, {} won.",
                capacity.calls_per_week,
                weeks.first,
                weeks.count,
                grouped(capacity.offered),
                grouped(capacity.won.of),
                grouped(capacity.won.count)
            ));
        }
    }

    pub(super) fn breakdowns(&mut self, judgement: &Judgement) {
        if !judgement.bands.is_empty() {
            self.title("By band");
            let mut table = Table::new(&["band", ">from score", ">leads", ">precision"]);
            for row in &judgement.bands {
                table.row(vec![
                    row.band.as_ref().map_or("below every band".to_owned(), |band| band.to_string()),
                    row.from_score.map_or(String::new(), |score| format!("{score:.0}")),
                    grouped(row.people.total),
                    rate(&row.precision),
                ]);
            }
            self.table(&table);
        }
        for segment in &judgement.segments {
            self.title(&format!("By {}", segment.name));
            let mut table =
                Table::new(&["value", ">people", ">converted so far", ">qualified", ">precision", ">recall"]);
            for row in &segment.rows {
                table.row(vec![
                    row.value.as_ref().map_or("(not known)".to_owned(), |value| cut(value, 18)),
                    grouped(row.people.total),
                    grouped(row.converted.count),
                    rate(&row.qualified),
                    rate(&row.precision),
                    rate(&row.recall),
                ]);
            }
            self.table(&table);
            if segment.more_values > 0 {
                self.say(&format!("… and {} further values with fewer people", grouped(segment.more_values)));
            }
        }
        self.title("By month of signup");
        let mut table =
            Table::new(&["month", ">people", ">qualified", ">precision", ">not yet judged", ">early recall"]);
        for month in &judgement.drift.months {
            table.row(vec![
                month.month.clone(),
                grouped(month.people.total),
                rate(&month.qualified),
                rate(&month.precision),
                grouped(month.immature),
                rate(&month.early_recall),
            ]);
        }
        self.table(&table);
        self.say(&format!(
            "Precision of the later half of the leads against the earlier half: {}",
            points_words(&judgement.drift.precision_change)
        ));
    }
}

/// A letter for each way of meeting a customer.
fn letter(met: Met) -> char {
    match met {
        Met::Named => '●',
        Met::NamedLongBefore => '◐',
        Met::SameInstant => '=',
        Met::KnownTooLate => '~',
        Met::FitNotMet => 'f',
        Met::AfterConverting => '>',
        Met::WithoutSignal => '○',
    }
}

fn two_places(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// A p-value as people can read it.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}
