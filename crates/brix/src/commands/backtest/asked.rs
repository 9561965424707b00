//! What a backtest asks, from the command line, the definitions and the data.

use std::path::PathBuf;

use anyhow::Result;
use engine::Timestamp;
use engine::definition::{Definition, Goal, NamePattern};
use engine::record::SubjectKind;
use engine::time::DAY;
use insight::{DefinitionFacts, Question};

use super::plain::{self, named_goal};
use super::{Arguments, probe};
use crate::console::{Console, DOUBT};
use crate::exit::Failure;
use crate::instant;
use crate::question::{self, Data, Judged};

/// A question, ready to be put to the lake.
pub struct Asked {
    /// All definitions: those asked for, those they refer to, the baseline, and one for each breakdown.
    pub judged: Judged,
    /// The baseline's place in the program.
    pub baseline: Option<usize>,
    /// The first breakdown's place in the program; the others follow.
    pub probes: usize,
    /// What is asked.
    pub question: Question,
    /// What a conversion is.
    pub goal: Goal,
}

/// How long after the last conversion the data may go on before that is worth a word, in microseconds.
const SILENCE: i64 = 3 * DAY;

impl Asked {
    /// From the command line.
    ///
    /// # Errors
    /// Definitions that cannot be used, a goal that is unknown or not one for all, dates that are none.
    pub fn new(arguments: &Arguments, data: &Data, console: &mut Console) -> Result<Self> {
        let workspace = &data.workspace;
        let (mut definitions, asked) = question::read(&arguments.definitions, workspace, console)?;
        if let Some(name) = &arguments.goal {
            data.require_event(name)?;
            for definition in definitions.iter_mut().take(asked) {
                definition.goal = Some(named_goal(name));
            }
        }
        let goal = one_goal(definitions.get(..asked).unwrap_or_default(), data)?;
        let baseline = baseline(arguments, &definitions, &goal, data, console)?;
        let judged = definitions.len();
        definitions.extend(baseline);
        let probes = definitions.len();
        let subject = definitions.first().map_or(SubjectKind::User, |first| first.subject);
        definitions.extend(arguments.by.iter().map(|path| probe::definition(path, subject)));
        let baseline = (probes > judged).then_some(judged);
        let question = question_of(arguments, &definitions, asked, baseline, &goal, data)?;
        let judged = Judged::new(&definitions, asked, workspace)?;
        judged.subject()?;
        Ok(Self { judged, baseline, probes, question, goal })
    }

    /// Every definition, for those who follow references.
    pub fn all_definitions(&self) -> Vec<Definition> {
        self.judged.program.definitions().iter().map(|definition| Definition::clone(definition)).collect()
    }

    /// Says what about the data makes the answer doubtful.
    pub fn doubts(&self, arguments: &Arguments, data: &Data, console: &mut Console) {
        let question = &self.question;
        let last = data
            .overview
            .events
            .iter()
            .filter(|event| selects(&self.goal, &event.name.name))
            .map(|event| event.last)
            .max();
        let zone = &question.zone;
        match last {
            None => console.say(format_args!("{DOUBT}doubt:{DOUBT:#} the data has no {}: nobody converts", question.goal)),
            // Whoever says until when has thought of it.
            Some(_) if arguments.observed_until.is_some() => {}
            Some(last) if question.observed_until.0 - last.0 > SILENCE => console.say(format_args!(
                "{DOUBT}doubt:{DOUBT:#} the last {} is of {}, the data goes on until {}; if conversions are not known to the end, \
                 say --observed-until",
                question.goal,
                instant::shown(last, zone),
                instant::shown(question.observed_until, zone),
            )),
            Some(_) => {}
        }
        if data.lake.totals().received == 0 {
            console.say("The data does not say when it was received: leads are taken to be known at once");
        }
    }
}

/// The goal by which all are judged.
fn one_goal(definitions: &[Definition], data: &Data) -> Result<Goal> {
    let goals: Vec<Option<&Goal>> =
        definitions.iter().map(|definition| definition.goal.as_ref().or(data.workspace.goal.as_ref())).collect();
    let Some(Some(first)) = goals.first() else {
        let billing: Vec<String> = plain::likely_goals(data).iter().map(|name| format!("\"{name}\"")).collect();
        let hint = if billing.is_empty() { String::new() } else { format!("; the data has {}", billing.join(", ")) };
        return Err(Failure::usage(format!(
            "what is a conversion? Say --goal EVENT, or write `goal:` into brix.yaml or the definition{hint}"
        )));
    };
    if goals.iter().any(|goal| *goal != Some(first)) {
        return Err(Failure::usage("these definitions have different goals; say --goal EVENT to judge them by one"));
    }
    Ok(Goal::clone(first))
}

/// The plain rule to compare with.
fn baseline(
    arguments: &Arguments,
    definitions: &[Definition],
    goal: &Goal,
    data: &Data,
    console: &mut Console,
) -> Result<Option<Definition>> {
    let first = definitions.first();
    match arguments.baseline.as_deref() {
        Some("none") => Ok(None),
        None => Ok(first.and_then(|first| plain::rule(first, goal, data))),
        Some(name) => {
            let (mut read, _) = question::read(&[PathBuf::from(name)], &data.workspace, console)?;
            anyhow::ensure!(read.len() == 1, "the baseline {name} must be one definition that refers to no other");
            let mut baseline = read.swap_remove(0);
            baseline.goal = Some(goal.clone());
            if definitions.iter().any(|definition| definition.id == baseline.id) {
                return Err(Failure::usage(format!("`{}` is its own baseline; take another", baseline.id)));
            }
            Ok(Some(baseline))
        }
    }
}

fn question_of(
    arguments: &Arguments,
    definitions: &[Definition],
    asked: usize,
    baseline: Option<usize>,
    goal: &Goal,
    data: &Data,
) -> Result<Question> {
    let first_seen = data.overview.first_seen();
    let facts = |definition: &Definition| {
        DefinitionFacts::of(definition, definitions, |name| {
            let name = std::sync::Arc::from(name);
            first_seen.get(&**data.workspace.name_of(&name)).copied()
        })
    };
    let zone = &data.workspace.zone;
    let judged = definitions.iter().take(asked).map(facts).collect();
    let mut question = Question::new(judged, &words(goal), data.until);
    question.baseline = baseline.and_then(|place| definitions.get(place)).map(facts);
    question.zone = zone.clone();
    question.from = arguments.from.as_deref().map(|text| instant::from("--from", text, zone)).transpose()?;
    let to = arguments.to.as_deref().map(|text| instant::until("--to", text, zone)).transpose()?;
    question.to = to.map(|last| Timestamp(last.0.saturating_add(1)));
    if let (Some(from), Some(to)) = (question.from, question.to)
        && from >= to
    {
        return Err(Failure::usage("--from is after --to"));
    }
    if let Some(text) = &arguments.observed_until {
        // Also behind the last event: an export can be made long after anything happened.
        question.observed_until = instant::until("--observed-until", text, zone)?;
    }
    question.within = arguments.within.or(goal.within).unwrap_or(Question::WITHIN);
    question.capacity_per_week = arguments.capacity;
    question.segments.clone_from(&arguments.by);
    Ok(question)
}

/// A goal's events in words.
fn words(goal: &Goal) -> String {
    let names = goal.events.names.iter().map(|pattern| match pattern {
        NamePattern::Any => "any event".to_owned(),
        NamePattern::Exactly(name) => name.to_string(),
        NamePattern::Prefix(prefix) => format!("{prefix}*"),
    });
    names.collect::<Vec<_>>().join(" or ")
}

/// Whether a name is one of the goal's, kind and filter apart.
pub fn selects(goal: &Goal, name: &str) -> bool {
    goal.events.names.iter().any(|pattern| match pattern {
        NamePattern::Any => true,
        NamePattern::Exactly(exactly) => **exactly == *name,
        NamePattern::Prefix(prefix) => name.starts_with(&**prefix),
    })
}
