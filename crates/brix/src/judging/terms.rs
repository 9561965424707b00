//! On what terms definitions are judged: whose time started when, and until when conversions are known.

use anyhow::Result;
use clap::Args;
use engine::definition::{Definition, Goal};
use engine::time::DAY;
use engine::{Span, Timestamp};
use insight::{DefinitionFacts, Question, refusal};

use super::goal;
use crate::console::{BAD, Console, DOUBT};
use crate::exit::Failure;
use crate::instant;
use crate::question::{Data, Judged};

/// How long after the last conversion the data may go on before that is worth a word, in microseconds.
const SILENCE: i64 = 3 * DAY;

/// The terms, as the command line says them.
#[derive(Debug, Clone, Args)]
pub struct Terms {
    /// The event that is a conversion [default: the definition's goal, else the workspace's]
    #[arg(long, value_name = "EVENT")]
    pub goal: Option<String>,
    /// Only those whose time started on this day or later
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// Only those whose time started on this day or sooner
    #[arg(long, value_name = "DATE")]
    pub to: Option<String>,
    /// How soon after it could be known a lead has to convert [default: the goal's `within`, else 60d]
    #[arg(long, value_name = "TIME", value_parser = instant::span)]
    pub within: Option<Span>,
    /// Until when conversions are known: sooner than the end of the data, or later if nothing came since [default: the
    /// end of the data]
    #[arg(long, value_name = "DATE")]
    pub observed_until: Option<String>,
}

impl Terms {
    /// The goal, which is also put on the definitions where the command line names one.
    ///
    /// # Errors
    /// A goal that is unknown, or not one for all.
    pub fn goal(&self, definitions: &mut [Definition], data: &Data) -> Result<Goal> {
        if let Some(name) = &self.goal {
            data.require_event(name)?;
            for definition in definitions.iter_mut() {
                definition.goal = Some(goal::named(name));
            }
        }
        goal::one(definitions, data)
    }

    /// The question about some of the definitions.
    ///
    /// # Errors
    /// Dates that are none, or a period that ends before it starts.
    pub fn question(&self, judged: &[Definition], all: &[Definition], goal: &Goal, data: &Data) -> Result<Question> {
        let zone = &data.workspace.zone;
        let judged = judged.iter().map(|definition| facts(definition, all, data)).collect();
        let mut question = Question::new(judged, &goal::words(goal), data.until);
        question.zone = zone.clone();
        question.from = self.from.as_deref().map(|text| instant::from("--from", text, zone)).transpose()?;
        // Of those who started before, only those are there who stayed.
        question.from = question.from.or_else(|| data.lake.kept_from());
        let to = self.to.as_deref().map(|text| instant::until("--to", text, zone)).transpose()?;
        question.to = to.map(|last| Timestamp(last.0.saturating_add(1)));
        if let (Some(from), Some(to)) = (question.from, question.to)
            && from >= to
        {
            return Err(Failure::usage("--from is after --to"));
        }
        if let Some(text) = &self.observed_until {
            // Also behind the last event: an export can be made long after anything happened.
            question.observed_until = instant::until("--observed-until", text, zone)?;
        }
        question.within = self.within.or(goal.within).unwrap_or(Question::WITHIN);
        Ok(question)
    }

    /// Says what about the data makes the answer doubtful.
    pub fn doubts(&self, question: &Question, goal: &Goal, data: &Data, console: &mut Console) {
        let events = data.overview.events.iter().filter(|event| goal::selects(goal, &event.name.name));
        let last = events.map(|event| event.last).max();
        let zone = &question.zone;
        match last {
            None => console.say(format_args!("{DOUBT}doubt:{DOUBT:#} the data has no {}: nobody converts", question.goal)),
            // Whoever says until when has thought of it.
            Some(_) if self.observed_until.is_some() => {}
            Some(last) if question.observed_until.0 - last.0 > SILENCE => console.say(format_args!(
                "{DOUBT}doubt:{DOUBT:#} the last {} is of {}, the data goes on until {}; if conversions are not known to the end, \
                 say --observed-until",
                question.goal,
                instant::shown(last, zone),
                instant::shown(question.observed_until, zone),
            )),
            Some(_) => {}
        }
        if let (Some(kept), Some(from)) = (data.lake.kept_from(), question.from)
            && from < kept
        {
            console.say(format_args!(
                "{DOUBT}doubt:{DOUBT:#} of those who started before {} only those are kept who were heard of since",
                instant::shown(kept, zone)
            ));
        }
        if data.lake.totals().received == 0 {
            console.say("The data does not say when it was received: leads are taken to be known at once");
        }
    }
}

/// What a report needs of a definition.
pub fn facts(definition: &Definition, all: &[Definition], data: &Data) -> DefinitionFacts {
    let first_seen = data.overview.first_seen();
    DefinitionFacts::of(definition, all, |name| {
        let name = std::sync::Arc::from(name);
        first_seen.get(&**data.workspace.name_of(&name)).copied()
    })
}

/// Whether a definition cannot be judged by this goal: it counts the goal itself.
pub fn refused(judged: &Judged, goal: &Goal, data: &Data, console: &mut Console) -> bool {
    let others: Vec<Definition> =
        judged.program.definitions().iter().map(|definition| Definition::clone(definition)).collect();
    let mut refused = false;
    for definition in judged.asked() {
        refused |= refuses(definition, &others, goal, data, console);
    }
    refused
}

/// Whether one definition cannot be judged by this goal, which is told.
pub fn refuses(
    definition: &Definition,
    others: &[Definition],
    goal: &Goal,
    data: &Data,
    console: &mut Console,
) -> bool {
    let mut refused = false;
    for refusal in insight::refusals(definition, goal, others, &data.workspace) {
        refused = true;
        console.warn(format_args!("{BAD}refused:{BAD:#} {refusal}"));
    }
    for doubt in refusal::doubts(definition) {
        console.say(format_args!("{DOUBT}doubt:{DOUBT:#} {}: {doubt}", definition.id));
    }
    refused
}
