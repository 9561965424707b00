//! What is told of one subject.

use std::sync::Arc;

use anyhow::Result;
use engine::Timestamp;
use engine::definition::Definition;
use engine::household::{EventName, Household, Subject};
use engine::outcome::{Explanation, Outcome, Standing};
use engine::record::SubjectKind;
use insight::plain::{Finding, Score};
use insight::{qualified, told};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::console::{Console, TITLE, count};
use crate::instant;

/// One subject: its latest events, and what each definition says.
#[derive(Debug, Serialize)]
pub struct Told {
    subject: String,
    kind: SubjectKind,
    at: String,
    events: u64,
    latest_events: Vec<EventTold>,
    definitions: Vec<Verdict>,
}

/// An event.
#[derive(Debug, Serialize)]
struct EventTold {
    at: String,
    name: Arc<str>,
    #[serde(skip)]
    instant: Timestamp,
}

/// What a definition says.
#[derive(Debug, Serialize)]
pub struct Verdict {
    definition: Arc<str>,
    name: String,
    clock: Option<String>,
    standing: Standing,
    qualified_to_use_at: Option<String>,
    entries: Vec<EntryTold>,
    conversions: Vec<String>,
    /// As of the instant that is asked about. That of a lead is its entry's.
    score_now: Option<Score>,
    met: Vec<Arc<str>>,
    missing: Vec<Arc<str>>,
    when: Finding,
    fit: Option<Finding>,
    population: Option<Finding>,
    #[serde(skip)]
    timeline: Vec<String>,
    #[serde(skip)]
    words: String,
}

/// A time inside a definition.
#[derive(Debug, Serialize)]
struct EntryTold {
    at: String,
    exit: Option<String>,
    score: Option<f64>,
    value: Option<f64>,
}

impl Verdict {
    /// From what the evaluator says.
    pub fn new(
        definition: &Definition,
        outcome: Option<&Outcome>,
        mut explanation: Explanation,
        household: &Household<'_>,
        names: &[EventName],
        zone: &TimeZone,
    ) -> Self {
        let event = |row: usize| {
            let at = household.times.get(row).map(|time| instant::shown(Timestamp(*time), zone))?;
            Some(format!("{at}  {}", name_of(household, names, row)?))
        };
        // The id stands in the title above.
        told::in_words(definition, &mut explanation);
        let words = qualified::explanation("", definition, &explanation, zone, &event);
        Self {
            definition: Arc::clone(&definition.id),
            name: definition.name.clone(),
            clock: explanation.clock.map(instant::written),
            standing: explanation.standing,
            qualified_to_use_at: outcome.and_then(|outcome| outcome.met_at).map(instant::written),
            entries: outcome.map(entries).unwrap_or_default(),
            conversions: outcome
                .map(|outcome| outcome.conversions.iter().copied().map(instant::written).collect())
                .unwrap_or_default(),
            met: qualified::reasons(definition, &explanation),
            missing: qualified::missing(definition, &explanation),
            timeline: outcome.map(|outcome| qualified::timeline(outcome, zone)).unwrap_or_default(),
            words: words.trim_start_matches([' ', '·']).to_owned(),
            score_now: explanation.score.as_ref().map(Score::from),
            when: Finding::from(&explanation.when),
            fit: explanation.fit.as_ref().map(Finding::from),
            population: explanation.population.as_ref().map(Finding::from),
        }
    }
}

fn entries(outcome: &Outcome) -> Vec<EntryTold> {
    let entries = outcome.entries.iter().map(|entry| EntryTold {
        at: instant::written(entry.at),
        exit: entry.exit.map(instant::written),
        score: entry.score.as_ref().map(|score| score.total.to_f64()),
        value: entry.value.map(engine::Number::to_f64),
    });
    entries.collect()
}

fn name_of(household: &Household<'_>, names: &[EventName], row: usize) -> Option<Arc<str>> {
    let code = household.names.get(row)?;
    names.get(*code as usize).map(|event| Arc::clone(&event.name))
}

impl Told {
    /// With the latest `most` events up to `at`.
    pub fn new(
        id: String,
        subject: Subject,
        at: Timestamp,
        household: &Household<'_>,
        names: &[EventName],
        most: usize,
        definitions: Vec<Verdict>,
    ) -> Self {
        let mut rows = rows_of(household, subject);
        rows.retain(|row| household.times.get(*row).is_some_and(|time| *time <= at.0));
        rows.sort_by_key(|row| household.times.get(*row).copied());
        let latest = rows.get(rows.len().saturating_sub(most)..).unwrap_or_default();
        let told = |row: &usize| {
            let instant = Timestamp(*household.times.get(*row)?);
            Some(EventTold { at: instant::written(instant), name: name_of(household, names, *row)?, instant })
        };
        Self {
            subject: id,
            kind: subject.kind,
            at: instant::written(at),
            events: rows.len() as u64,
            latest_events: latest.iter().filter_map(told).collect(),
            definitions,
        }
    }

    /// For people.
    pub fn tell(&self, zone: &TimeZone, console: &mut Console) -> Result<()> {
        console.line(format_args!(
            "{TITLE}{} {}{TITLE:#}: {}",
            self.kind.word(),
            self.subject,
            count(self.events, "event", "events")
        ))?;
        let hidden = self.events - self.latest_events.len() as u64;
        if hidden > 0 && !self.latest_events.is_empty() {
            console.line(format_args!("  {} before these", count(hidden, "event", "events")))?;
        }
        for event in &self.latest_events {
            console.line(format_args!("  {:<16}  {}", instant::shown(event.instant, zone), event.name))?;
        }
        for verdict in &self.definitions {
            console.line("")?;
            console.line(verdict.words.trim_end())?;
            if !verdict.timeline.is_empty() {
                console.line("\nhow it went")?;
                verdict.timeline.iter().try_for_each(|line| console.line(format_args!("  {line}")))?;
            }
        }
        Ok(())
    }
}

/// The rows of a subject.
fn rows_of(household: &Household<'_>, subject: Subject) -> Vec<usize> {
    let owned = |codes: Option<&[u32]>| -> Vec<usize> {
        let rows = codes.unwrap_or_default().iter().enumerate();
        rows.filter(|(_, code)| **code == subject.code).map(|(row, _)| row).collect()
    };
    match subject.kind {
        SubjectKind::User => {
            let runs = household.users.iter().filter(|run| run.user == subject.code);
            runs.flat_map(|run| run.start..run.end).collect()
        }
        SubjectKind::Account => owned(household.accounts),
        SubjectKind::Workspace => owned(household.workspaces),
    }
}
