//! What is said where nothing is reliable: what was tried, what luck alone finds, what it would take, and what to do until then.

use super::report::{Discovery, Nothing};
use super::sentence::hundredths;
use super::verdict::VERDICTS;
use crate::figure::grouped;

/// The sentences; none where something is reliable.
pub(crate) fn sentences(discovery: &Discovery) -> Vec<String> {
    let Some(nothing) = &discovery.nothing else { return Vec::new() };
    let mut told = vec![tried(discovery), buyers(discovery, nothing)];
    told.extend(luck(discovery));
    if let Some(leads) = discovery.capacity_per_week {
        told.push(format!(
            "No list of {} leads a week is made of this: nothing here says reliably whom to call first.",
            grouped(leads.into())
        ));
    }
    let is_enough = nothing.buyers_needed.is_some_and(|needed| nothing.buyers >= needed);
    told.push(format!(
        "{} the minimum viable definition (finished onboarding and came back): brix templates --show minimum-viable",
        if is_enough { "Meanwhile" } else { "Until then" }
    ));
    told
}

fn tried(discovery: &Discovery) -> String {
    let tried = &discovery.tried;
    if tried.cells == 0 {
        return "There was nothing to try: no behaviour is shown by some people and not by others.".to_owned();
    }
    format!(
        "{} thresholds were tried, over all events, traits, measures and windows; by luck {} of them would look good, and {} {}.",
        grouped(tried.cells),
        grouped(tried.good_by_luck),
        grouped(tried.look_good),
        if tried.look_good == 1 { "does" } else { "do" }
    )
}

/// How many there are, and how many it takes.
fn buyers(discovery: &Discovery, nothing: &Nothing) -> String {
    let (buyers, people) = (nothing.buyers, nothing.people);
    if people == 0 {
        return "There is nobody to learn from.".to_owned();
    }
    let mut words = match buyers {
        0 => format!(
            "None of the {} that were looked at has converted: there is nothing to learn from.",
            grouped(people)
        ),
        _ if buyers == people => {
            format!("All {} that were looked at have converted: nothing can tell them apart.", grouped(people))
        }
        1 => "There is 1 buyer.".to_owned(),
        _ => format!("There are {} buyers.", grouped(buyers)),
    };
    let Some(needed) = nothing.buyers_needed.filter(|_| buyers < people) else { return words };
    let share = hundredths(nothing.for_share);
    let [with, without] = nothing.rates.map(hundredths);
    let of = discovery.whom();
    words.push_str(&if nothing.is_twice {
        format!(
            " To see that {of} with a behaviour that {share} of 100 show buy twice as often takes about {}",
            grouped(needed)
        )
    } else {
        format!(
            " So many buy that nobody can buy twice as often; to see that of {of} with a behaviour that {share} of 100 show {with} of 100 buy, and of others {without}, takes about {}",
            grouped(needed)
        )
    });
    words.push_str(&match &nothing.when {
        Some(when) => format!(": at the present pace on {when}."),
        None if buyers >= needed => {
            format!(
                ": with {} such an effect would be seen in {} of 100 cases or more.",
                grouped(buyers),
                hundredths(nothing.power)
            )
        }
        None => ".".to_owned(),
    });
    words
}

fn luck(discovery: &Discovery) -> Option<String> {
    let (luck, best) = (discovery.luck.as_ref()?, discovery.candidates.first().filter(|best| best.z > 0.0)?);
    let p_value = luck.p_value(best.z);
    let seldom = if p_value <= VERDICTS.level {
        " That is seldom luck: something is there, but no rule of it is reliable on the later signups."
    } else {
        ""
    };
    Some(format!(
        "With the outcomes given out anew {} times, the best of a search looked as good as the best here ({:.1} standard errors) in {:.0} of 100.{seldom}",
        grouped(luck.permutations.into()),
        best.z,
        p_value * 100.0
    ))
}
