//! The search for a better definition near by: rounds of alternatives to the best so far, each one program.

use std::sync::Arc;

use anyhow::Result;
use engine::definition::Definition;
use engine::record::EventKind;
use engine::time::DAY;
use engine::{Timestamp, language};
use insight::validate::{Proposed, RULES, Search, Trials, alternatives};

use super::Asked;
use crate::console::Console;
use crate::judging::goal::selects;
use crate::judging::lives::{self, Reading};
use crate::question::{Data, Judged};

/// Events that are tried as an added criterion at most, the most frequent first.
const MOST_EVENTS: usize = 15;
/// Alternatives in one round at most.
const MOST_ALTERNATIVES: usize = 120;

/// A program of the definition, the best so far, and alternatives to that one.
pub struct Round {
    judged: Judged,
    /// The place of the best so far among the outcomes of a life.
    current: usize,
    best: Definition,
    words: Vec<String>,
    others: Vec<Definition>,
}

impl Round {
    /// The definition with what is near it, or alone.
    pub fn first(asked: &Asked, data: &Data, with_alternatives: bool) -> Result<Self> {
        let definition = asked.definitions.first();
        let definition = definition.ok_or_else(|| anyhow::anyhow!("there is no definition"))?.clone();
        Self::of(definition, 0, asked, data, with_alternatives)
    }

    /// Alternatives to `best`, which stands at `current`: 0, the definition itself, or 1, next to it.
    fn of(best: Definition, current: usize, asked: &Asked, data: &Data, with_alternatives: bool) -> Result<Self> {
        let near = if with_alternatives { alternatives(&best, &events(asked, data)) } else { Vec::new() };
        // What looks at the goal is refused, here as everywhere.
        let sound = near.into_iter().filter(|near| {
            insight::refusals(&near.definition, &asked.goal, &asked.definitions, &data.workspace).is_empty()
        });
        let (words, others): (Vec<String>, Vec<Definition>) =
            sound.take(MOST_ALTERNATIVES).map(|near| (near.change, near.definition)).unzip();
        let mut definitions = asked.definitions.clone();
        if current > 0 {
            definitions.push(best.clone());
        }
        definitions.extend(others.iter().cloned());
        let judged = Judged::new(&definitions, 1, &data.workspace)?;
        Ok(Self { judged, current, best, words, others })
    }

    /// The definition first, then the best so far where it is another, then the alternatives.
    pub fn reading(&self) -> Reading<'_> {
        let count = self.judged.program.definitions().len();
        let behind = self.others.len() + self.current;
        Asked::reading(&self.judged.program, std::iter::once(0).chain(count - behind..count).collect())
    }
}

/// Chooses from what the first round saw, and goes on while something is better.
pub fn go_on(
    round: &mut Round,
    mut trials: Trials,
    since: Timestamp,
    asked: &Asked,
    data: &Data,
    console: &Console,
) -> Result<Proposed> {
    let mut search = Search::default();
    loop {
        let first = 1 + round.current;
        let Some(place) = search.choose(&mut trials, since, round.current, first, &round.words) else { break };
        let Some(chosen) = round.others.get(place - first) else { break };
        let best = Definition { id: Arc::from(format!("{}-best", round.best.id)), ..chosen.clone() };
        if search.changes().len() >= RULES.most_changes {
            round.best = best;
            break;
        }
        *round = Round::of(best, 1, asked, data, true)?;
        let question = || Trials::new(asked.question.clone());
        trials = lives::fold(&round.reading(), data, console, question, Trials::add, Trials::merge)?.folded;
    }
    let id = asked.definitions.first().map(|definition| Arc::clone(&definition.id)).unwrap_or_default();
    let best = Definition { id, ..round.best.clone() };
    Ok(search.finish(&trials, || language::to_yaml(&best)))
}

/// Product events that were there through the whole history: for an event that came later nobody knows who would have had
/// it before.
fn events(asked: &Asked, data: &Data) -> Vec<Arc<str>> {
    let all = &data.overview.events;
    let start = all.iter().map(|event| event.first).min().unwrap_or(Timestamp::MIN);
    let mut through: Vec<_> = all
        .iter()
        .filter(|event| event.name.kind == EventKind::Product && !selects(&asked.goal, &event.name.name))
        .filter(|event| event.first.0 - start.0 < 14 * DAY && data.until.0 - event.last.0 < 14 * DAY)
        .collect();
    through.sort_by(|left, right| right.count.cmp(&left.count).then_with(|| left.name.name.cmp(&right.name.name)));
    through.into_iter().take(MOST_EVENTS).map(|event| Arc::clone(&event.name.name)).collect()
}
