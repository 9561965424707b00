//! What discovery is asked, from the command line and the data.

use std::sync::Arc;

use anyhow::Result;
use engine::definition::{Clock, Criterion, Definition, Entries, Goal};
use engine::household::Needs;
use engine::language::Section;
use engine::program::Program;
use engine::record::SubjectKind;
use engine::time::DAY;
use engine::{Span, Timestamp};
use insight::discover::aim::Aim;
use insight::discover::{Catalog, Question};
use insight::question::{goal_recurs, length};

use super::{Arguments, Kind, details, limits};
use crate::commands::best;
use crate::console::{Console, DOUBT};
use crate::exit::Failure;
use crate::instant;
use crate::judging::goal;
use crate::question::{Data, Judged};

/// A question, ready to be put to the lake.
pub struct Asked {
    /// The definition that everybody in the population meets, and nobody else.
    pub judged: Judged,
    /// What has to be read: for it, and to tell colleagues and days apart.
    pub needs: Needs,
    /// Of whom, from when, by which goal: what a definition that is written says of them.
    pub base: Definition,
    /// What is asked.
    pub question: Arc<Question>,
}

/// What signing up is called, in letters and digits of lower case, the best first.
const SIGNUPS: [&str; 9] = [
    "signedup",
    "signup",
    "usersignedup",
    "usersignup",
    "registered",
    "userregistered",
    "accountcreated",
    "usercreated",
    "trialstarted",
];
/// The goal that `brix best --label` makes, as a word.
const BEST_CUSTOMER: &str = "best-customer";
/// How soon a conversion has to come where nobody says.
const WITHIN: i64 = 60 * DAY;

impl Asked {
    /// From the command line.
    ///
    /// # Errors
    /// A goal or clock that the data do not have, windows that do not fit, dates that are none.
    pub fn new(arguments: &Arguments, data: &Data, console: &mut Console) -> Result<Self> {
        let subject = arguments.whom.subject.subject();
        let goal = asked_goal(arguments, data, console)?;
        let clock = clock(arguments, data, console)?;
        let definition = everybody(subject, clock, arguments.whom.goal.is_some().then(|| goal.clone()));
        let recurs = goal_recurs(&Definition {
            population: definition.population.clone().or_else(|| data.workspace.population.clone()),
            ..definition.clone()
        });
        let judged = Judged::new(std::slice::from_ref(&definition), 1, &data.workspace)?;
        let (mut needs, zone_slot) = needs(&judged.program, subject, data);
        let end = arguments.whom.within.or(goal.within).map_or(WITHIN, length);
        let names = data.lake.names(&data.workspace).list;
        let counted = names.into_iter().map(|name| {
            let count = data.overview.events.iter().find(|event| event.name == name).map_or(0, |event| event.count);
            (name, count)
        });
        let counted: Vec<_> = counted.collect();
        let zone = &data.workspace.zone;
        let observed_until = match &arguments.whom.observed_until {
            Some(text) => instant::until("--observed-until", text, zone)?,
            None => data.until,
        };
        if observed_until > data.until {
            console.say(format_args!(
                "{DOUBT}doubt:{DOUBT:#} --observed-until is after the last event of the data: where conversions since then are not in \
                 the data, those who made them count as never converting"
            ));
        }
        let to = arguments.whom.to.as_deref().map(|text| instant::until("--to", text, zone)).transpose()?;
        let mut catalog = Catalog::new(&counted, &goal);
        details::add(&mut catalog, &mut needs, subject, data, console)?;
        limits::tell(&catalog, subject, data, console);
        let from = arguments.whom.from.as_deref().map(|text| instant::from("--from", text, zone)).transpose()?;
        let to = to.map(|last| Timestamp(last.0.saturating_add(1)));
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            return Err(Failure::usage("--from is after --to"));
        }
        known(&catalog, &arguments.trust)?;
        let question = Question {
            trusted: arguments.trust.iter().map(|name| Arc::from(name.as_str())).collect(),
            subject,
            goal: goal::words(&goal),
            recurs,
            through_account: subject == SubjectKind::User && goal.of == Some(SubjectKind::Account),
            windows: windows(arguments, end)?,
            end,
            observed_until,
            from,
            to,
            zone: zone.clone(),
            zone_slot,
            catalog: Arc::new(catalog),
            aim: aim(arguments),
            capacity_per_week: arguments.capacity,
            permutations: arguments.permutations,
            seed: 1,
            without_sales_touched: arguments.without_sales_touched,
        };
        let base = Definition { goal: Some(goal), ..definition };
        Ok(Self { judged, needs, base, question: Arc::new(question) })
    }
}

/// What is trusted has to be among what is looked at.
///
/// # Errors
/// A name that is not.
pub fn known(catalog: &Catalog, trusted: &[String]) -> Result<()> {
    match trusted.iter().find(|name| !catalog.has(name)) {
        Some(unknown) => Err(Failure::usage(format!(
            "--trust \"{unknown}\": no event, property or trait of that name is looked at; brix data lists them"
        ))),
        None => Ok(()),
    }
}

/// A definition whose entries are the times inside the population.
fn everybody(subject: SubjectKind, clock: Clock, goal: Option<Goal>) -> Definition {
    Definition {
        clock,
        goal,
        entries: Entries::Repeated,
        ..Definition::of("discover", "Everybody in the population", subject, Criterion::All(Vec::new()))
    }
}

fn asked_goal(arguments: &Arguments, data: &Data, console: &mut Console) -> Result<Goal> {
    if let Some(name) = &arguments.whom.goal {
        if name == BEST_CUSTOMER {
            return best_customer(arguments, data, console);
        }
        data.require_event(name)?;
        return Ok(goal::named(name));
    }
    if let Some(found) = data.unknown_names(Section::Goal) {
        console.say(found);
    }
    data.workspace.goal.clone().ok_or_else(|| goal::missing(data))
}

/// To become one of the best customers: the first payments that `brix best --label` has named.
fn best_customer(arguments: &Arguments, data: &Data, console: &mut Console) -> Result<Goal> {
    if data.require_event(best::LABEL).is_err() {
        let subject = match arguments.whom.subject {
            Kind::User => "",
            Kind::Account => " --subject account",
        };
        return Err(Failure::usage(format!(
            "--goal {BEST_CUSTOMER}: nobody in the data is named as one yet; brix best{subject} --label best && brix import best does"
        )));
    }
    if arguments.whom.observed_until.is_none() && arguments.whom.to.is_none() {
        console.say(format_args!(
            "{DOUBT}doubt:{DOUBT:#} who is best is known only after the tenure: say by --observed-until until when payments could be ranked"
        ));
    }
    Ok(goal::named(best::LABEL))
}

fn clock(arguments: &Arguments, data: &Data, console: &mut Console) -> Result<Clock> {
    if let Some(name) = &arguments.whom.clock {
        data.require_event(name)?;
        return Ok(Clock::Event(goal::events(&Arc::from(name.as_str()))));
    }
    let letters = |name: &str| -> String {
        name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let found = SIGNUPS
        .iter()
        .find_map(|signup| data.overview.events.iter().find(|event| letters(&event.name.name) == *signup));
    Ok(match found {
        Some(event) => {
            console.say(format_args!("Time starts with \"{}\"; --clock says otherwise", event.name.name));
            Clock::Event(goal::events(&event.name.name))
        }
        None => {
            console.say("Time starts with the first product event; --clock says otherwise");
            Clock::FirstSeen
        }
    })
}

/// What the definition needs, and beside it who belongs together, and in which zone users count their days.
fn needs(program: &Program, subject: SubjectKind, data: &Data) -> (Needs, Option<u32>) {
    let mut needs = program.needs().clone();
    needs.accounts |= data.lake.is_laid_out_for(&data.workspace);
    let zone = (SubjectKind::User, Arc::from("timezone"));
    let known =
        data.lake.columns().iter().any(|column| column.table == history::Table::Facts && column.name == "timezone");
    if subject != SubjectKind::User || !known {
        return (needs, None);
    }
    let place = needs.traits.iter().position(|wanted| *wanted == zone).unwrap_or_else(|| {
        needs.traits.push(zone);
        needs.traits.len() - 1
    });
    (needs, u32::try_from(place).ok())
}

fn aim(arguments: &Arguments) -> Aim {
    match (arguments.precision, arguments.recall, arguments.capacity) {
        (Some(least), ..) => Aim::Precision(least),
        (_, Some(least), _) => Aim::Recall(least),
        (_, _, Some(leads)) => Aim::Capacity(f64::from(leads)),
        _ => Aim::Tell,
    }
}

/// The windows, ascending: those asked for, or the usual ones that end before the outcome does.
fn windows(arguments: &Arguments, end: i64) -> Result<Vec<i64>> {
    let mut windows: Vec<i64> = if arguments.whom.window.is_empty() {
        Question::WINDOWS.iter().map(|days| days * DAY).filter(|window| *window < end).collect()
    } else {
        arguments.whom.window.iter().map(|span| length(*span)).collect()
    };
    windows.sort_unstable();
    windows.dedup();
    for window in &windows {
        let shown = Span::Exact(*window);
        if *window >= end {
            return Err(Failure::usage(format!(
                "--window {shown}: the outcome ends {} after the start, before or with the window; say a later --within",
                Span::Exact(end)
            )));
        }
        if *window > Question::LONGEST_WINDOW || *window <= 0 {
            return Err(Failure::usage(format!(
                "--window {shown}: a window is longer than nothing and at most {}",
                Span::Exact(Question::LONGEST_WINDOW)
            )));
        }
    }
    if windows.is_empty() {
        return Err(Failure::usage(format!(
            "the outcome ends {} after the start, before or with every usual window: say a --window that is shorter",
            Span::Exact(end)
        )));
    }
    if windows.len() > Question::MOST_WINDOWS {
        return Err(Failure::usage(format!("at most {} windows can be compared", Question::MOST_WINDOWS)));
    }
    Ok(windows)
}
