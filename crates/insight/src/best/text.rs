//! The answer in a terminal.

use super::{BestCustomers, Difference};
use crate::figure::{Answer, grouped};
use crate::text::table::{Table, wrap};
use crate::text::{WIDTH, rate};

/// Customers shown of the ranking.
const SHOWN: usize = 10;

/// The answer as text.
#[must_use]
pub fn text(answer: &BestCustomers) -> String {
    let mut lines = vec!["Best customers".to_owned(), "──────────────".to_owned()];
    let weights = &answer.weights;
    say(
        &mut lines,
        &format!(
            "Of {}, each measured over the {} days after first paying ({} for a shorter time). Weights: \
             retention {}, expansion {}, advocacy {}, little support {} (0: nobody differs in it).",
            customers(answer.customers),
            answer.tenure_days,
            match answer.too_young {
                1 => "1 more has been a customer".to_owned(),
                more => format!("{} more have been customers", grouped(more)),
            },
            weights.retention,
            weights.expansion,
            weights.advocacy,
            weights.support_load
        ),
    );
    match &answer.ranking {
        Answer::NotEnough(short) => {
            let cure = if answer.too_young > 0 { " A shorter --tenure leaves more of them." } else { "" };
            say(&mut lines, &format!("No ranking: {}.{cure}", short.not_enough));
        }
        Answer::Known(ranking) => {
            let mut table = Table::new(&["", ">score", ">weeks used %", ">grown", ">recommended", ">asked for help"]);
            for ranked in ranking.iter().take(SHOWN) {
                let [retention, expansion, advocacy, support] = ranked.measured;
                table.row(vec![
                    ranked.id.to_string(),
                    format!("{:.0}", ranked.score),
                    format!("{:.0}", retention * 100.0),
                    format!("{expansion}"),
                    format!("{advocacy}"),
                    format!("{support}"),
                ]);
            }
            lines.extend(table.lines(2, WIDTH));
            let best = ranking.iter().filter(|ranked| ranked.best).count() as u64;
            lines.push(String::new());
            lines.push(format!("The {} best beside the rest, before they paid", grouped(best)));
            profile(&mut lines, answer);
            lines.push(String::new());
            lines.push("Whom to ask".to_owned());
            for interview in &answer.interviews {
                lines.extend(wrap(&format!("{}: {}", interview.id, interview.question), WIDTH, "  ", "      "));
            }
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

fn customers(count: u64) -> String {
    format!("{} {}", grouped(count), if count == 1 { "customer" } else { "customers" })
}

fn say(lines: &mut Vec<String>, words: &str) {
    lines.extend(wrap(words, WIDTH, "  ", "  "));
}

fn profile(lines: &mut Vec<String>, answer: &BestCustomers) {
    let median = |place: usize| {
        answer.days_to_pay[place]
            .map_or("–".to_owned(), |days| format!("{:.0} ({:.0}–{:.0})", days.value, days.low, days.high))
    };
    say(lines, &format!("Median days from the start to paying: {} of the best, {} of the rest.", median(0), median(1)));
    let used = answer.used_most.iter().map(|used| {
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        format!("{} {} (of the rest’s {})", used.event, percent(used.of_best), percent(used.of_rest))
    });
    let used: Vec<String> = used.collect();
    if !used.is_empty() {
        say(lines, &format!("What the best used most, as a share of all that one of them did: {}.", used.join(", ")));
    }
    let looked = answer.stands_out.len() + answer.compared.len();
    if answer.stands_out.is_empty() {
        say(
            lines,
            &format!("Of {looked} things compared, none stands out by more than chance. The largest differences:"),
        );
        table(lines, answer.compared.iter().take(5));
    } else {
        say(lines, &format!("Of {looked} things compared, these stand out (q at most 5 %):"));
        table(lines, answer.stands_out.iter());
    }
    if answer.compared_by.is_empty() {
        say(
            lines,
            "Who they are was not compared: --by TRAIT does, such as --by role or --by account.industry; brix data lists the traits.",
        );
        return;
    }
    let without = |name: &String| answer.not_known.iter().find(|unknown| unknown.name == *name);
    let names = answer.compared_by.iter().map(|name| match without(name) {
        Some(unknown) => format!("{name} (not known of {})", grouped(unknown.customers)),
        None => name.clone(),
    });
    let names: Vec<String> = names.collect();
    say(lines, &format!("Who they are was compared by {}.", names.join(", ")));
}

fn table<'a>(lines: &mut Vec<String>, differences: impl Iterator<Item = &'a Difference>) {
    let mut table = Table::new(&["", ">of the best", ">of the rest", ">q"]);
    for difference in differences {
        table.row(vec![
            difference.words.clone(),
            rate(&difference.best),
            rate(&difference.rest),
            if difference.q_value < 0.001 { "<0.001".to_owned() } else { format!("{:.3}", difference.q_value) },
        ]);
    }
    lines.extend(table.lines(2, WIDTH));
}
