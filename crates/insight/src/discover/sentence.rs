//! A finding as a sentence that a growth manager understands: every figure in it is computed.

use engine::record::SubjectKind;

use super::finish::days;
use super::question::Question;
use super::report::{Finding, Month};
use super::verdict::Verdict;
use crate::figure::{Ranged, times};

/// What every reliable finding is told with.
pub(crate) const CAVEAT: &str =
    "This predicts; it does not prove that doing it makes them buy: test it with a holdout.";

/// The sentence.
pub(crate) fn sentence(question: &Question, finding: &Finding) -> String {
    let people = match question.subject {
        SubjectKind::User => "people",
        SubjectKind::Account => "accounts",
        SubjectKind::Workspace => "workspaces",
    };
    let mut parts = Vec::new();
    let (search, held_out) = (&finding.search, &finding.held_out);
    let (window, end) = (length(finding.window_days), moment(days(question.end)));
    if let (Some(with), Some(without)) = (search.with, search.without) {
        let [of_met, of_others] = [
            counted(search.met_buyers, search.met, with.value),
            counted(search.buyers - search.met_buyers, search.people - search.met, without.value),
        ];
        parts.push(format!(
            "Of {} {people} with {} in the first {window}, {} converted between then and {end}; of {} others, {}.",
            of_met.1, finding.words, of_met.0, of_others.1, of_others.0,
        ));
    }
    if let (Some(with), Some(without)) = (held_out.with, held_out.without) {
        parts.push(format!(
            "On later signups not used in the search: {} against {}.",
            with_range(with, held_out.met_buyers, held_out.met),
            with_range(without, held_out.buyers - held_out.met_buyers, held_out.people - held_out.met)
        ));
    }
    if let Some(adjusted) = &finding.adjusted
        && let Some(lift) = adjusted.lift
    {
        let similar = if adjusted.by_fit { ", similar" } else { "" };
        parts.push(format!(
            "Among equally active{similar} {people}: {} ({:.1}–{:.1}).",
            times(lift.value),
            lift.low,
            lift.high
        ));
    }
    parts.extend(steadiness(finding));
    if let Some(recall) = held_out.recall {
        let found = (recall.value * 100.0).round();
        parts.push(if held_out.buyers < FEW {
            let missed = held_out.buyers - held_out.met_buyers;
            format!("It finds {} of {} buyers and misses {missed}.", held_out.met_buyers, held_out.buyers)
        } else {
            format!("It finds {found:.0} of 100 buyers and misses {:.0}.", 100.0 - found)
        });
    }
    let base = held_out.buyers as f64 / held_out.people.max(1) as f64;
    if let Some(with) = held_out.with.filter(|with| with.value > 0.0)
        && base > 0.0
    {
        parts.push(format!("Calls per win: {} instead of {}.", calls(1.0 / with.value), calls(1.0 / base)));
    }
    parts.extend(same_people(finding));
    if let Some(declared) = &finding.declared {
        let names: Vec<String> = declared.names.iter().map(|name| format!("\"{name}\"")).collect();
        let otherwise = declared.why.as_ref().map_or(String::new(), |why| format!("; else it would be doubted: {why}"));
        parts.push(format!("You say that {} was known before the outcome{otherwise}.", names.join(" and ")));
    }
    let why = finding.leak.as_ref().map_or(String::new(), |why| format!(": {why}"));
    let by_fit = finding.adjusted.as_ref().is_some_and(|adjusted| adjusted.by_fit);
    let kind = if by_fit && finding.verdict == Verdict::OnlyActivity { ", or of who they are" } else { "" };
    parts.push(format!("{}{kind}{why}.", finding.verdict.words()));
    if matches!(finding.verdict, Verdict::Reliable) {
        parts.push(CAVEAT.to_owned());
    }
    parts.join(" ")
}

/// `7 days`, `1 day`, `36 hours`.
pub(crate) fn length(days: f64) -> String {
    if days.fract() == 0.0 {
        return if days == 1.0 { "day".to_owned() } else { format!("{days:.0} days") };
    }
    let hours = days * 24.0;
    if hours.fract() == 0.0 { format!("{hours:.0} hours") } else { format!("{days:.2} days") }
}

/// `day 60`, `hour 36`.
pub(crate) fn moment(days: f64) -> String {
    if days.fract() == 0.0 { format!("day {days:.0}") } else { format!("hour {:.0}", days * 24.0) }
}

/// A share of 100, with a decimal where it is small.
pub(crate) fn hundredths(share: f64) -> String {
    let of_hundred = share * 100.0;
    if of_hundred < 9.95 { format!("{of_hundred:.1}") } else { format!("{of_hundred:.0}") }
}

/// Of so few nobody speaks of a hundred: they are counted.
const FEW: u64 = 100;
/// Of rules that pick the same people, so many are told in a sentence.
const TWINS: usize = 3;
/// People on either side of a rule in a month, and buyers in it, of which it is said whether more of those who meet it bought.
const OF_MONTH: [u64; 2] = [20, 5];

/// How many of how many: of a hundred, or of those there are where these are few.
pub(crate) fn counted(count: u64, of: u64, share: f64) -> (String, u64) {
    if of < FEW { (count.to_string(), of) } else { (hundredths(share), 100) }
}

fn with_range(share: Ranged, count: u64, of: u64) -> String {
    let counts = if of < FEW { format!("; {count} of {of}") } else { String::new() };
    format!("{} ({}–{}{counts})", hundredths(share.value), hundredths(share.low), hundredths(share.high))
}

/// In which other words the same people can be told of.
fn same_people(finding: &Finding) -> Option<String> {
    let told: Vec<&str> = finding.same_people.iter().take(TWINS).map(|twin| twin.words.as_str()).collect();
    let more = finding.same_people.len() - told.len();
    let and_more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    (!told.is_empty()).then(|| format!("The same people: {}{and_more}.", told.join("; ")))
}

/// In how many months of signup more of those who meet it bought.
fn steadiness(finding: &Finding) -> Option<String> {
    let [people, buyers] = OF_MONTH;
    let tells = |month: &&Month| {
        month.met >= people && month.others >= people && month.met_buyers + month.other_buyers >= buyers
    };
    let told: Vec<&Month> = finding.months.iter().filter(tells).collect();
    let is_more = |month: &&&Month| month.met_buyers * month.others > month.other_buyers * month.met;
    let more = told.iter().filter(is_more).count();
    (told.len() > 1).then(|| {
        format!(
            "By month of signup, those searched included, more of them bought than of the others in {more} of {}.",
            told.len()
        )
    })
}

fn calls(count: f64) -> String {
    if count < 9.95 { format!("{count:.1}") } else { format!("{count:.0}") }
}
