//! Questions from outside about how somebody stands, answered by the processor between two batches.
//!
//! They may wait, never the other way round: there is room for few, and little time for each batch of them.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use anyhow::Result;
use engine::record::SubjectKind;
use engine::{Number, Timestamp};
use insight::qualified;
use insight::told::{self, Missing};
use store::ledger::lead::Qualification;

use super::rules::Rules;
use super::town::Town;

/// Questions that may wait.
const WAITING: usize = 256;
/// How long is spent on them between two batches, at least one of them.
const AT_ONCE: Duration = Duration::from_millis(20);

/// How somebody stands by one definition.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The definition's id.
    pub definition: String,
    /// The definition's name.
    pub name: String,
    /// The hash of its version.
    pub version: String,
    /// Whether the population includes the subject now.
    pub in_population: bool,
    /// What the subject is qualified for now.
    pub qualification: Option<Qualification>,
    /// The score, had the subject qualified now.
    pub score: Option<Number>,
    /// The band of that score.
    pub band: Option<String>,
    /// The criteria that hold, in words.
    pub met: Vec<Arc<str>>,
    /// Those that would have to, with what there is so far.
    pub missing: Vec<Missing>,
}

/// What is answered: nothing for somebody who is not known.
pub type Answer = Result<Option<Vec<Standing>>>;

/// A question.
pub struct Question {
    /// Whether it is about a person, an account or a workspace.
    pub kind: SubjectKind,
    /// Which.
    pub id: String,
    /// Whoever asked, as long as an answer is waited for.
    pub asker: Weak<()>,
    /// Takes the answer.
    pub reply: Box<dyn FnOnce(Answer) + Send>,
}

/// Where questions are asked.
#[derive(Clone)]
pub struct Questions(SyncSender<Question>);

impl Questions {
    /// Asks; gives the question back where there is no room, or nobody to answer it any more.
    pub fn ask(&self, question: Question) -> Result<(), Question> {
        self.0.try_send(question).map_err(|error| match error {
            TrySendError::Full(question) | TrySendError::Disconnected(question) => question,
        })
    }
}

/// Where they are answered.
pub struct Asked(Receiver<Question>);

/// The two ends.
pub fn channel() -> (Questions, Asked) {
    let (sender, receiver) = sync_channel(WAITING);
    (Questions(sender), Asked(receiver))
}

impl Asked {
    /// Answers what has been asked, or some of it.
    pub fn answer(&self, town: &Town, rules: &Rules, now: Timestamp) {
        let began = Instant::now();
        while let Ok(Question { kind, id, asker, reply }) = self.0.try_recv() {
            // Those who have left make room for those who wait.
            if asker.strong_count() == 0 {
                continue;
            }
            reply(standings(town, rules, kind, &id, now));
            if began.elapsed() > AT_ONCE {
                break;
            }
        }
    }
}

fn standings(town: &Town, rules: &Rules, kind: SubjectKind, id: &str, now: Timestamp) -> Answer {
    let Some(explanations) = town.standings(kind, id, now)? else { return Ok(None) };
    let standing = |(place, explanation): (usize, engine::outcome::Explanation)| {
        let definition = rules.program.definitions().get(place)?;
        let stands = explanation.standing;
        let qualification = match (stands.in_population && stands.when, stands.fit.holds()) {
            (true, true) => Some(Qualification::ToBuy),
            (true, false) => Some(Qualification::ToUse),
            (false, _) => None,
        };
        let score = explanation.score.as_ref().map(|score| score.total);
        let band = score.and_then(|score| rules.facts(place)?.band(score)).map(ToString::to_string);
        Some(Standing {
            definition: definition.id.to_string(),
            name: definition.name.clone(),
            version: rules.version(place).to_owned(),
            in_population: stands.in_population,
            qualification,
            score,
            band,
            met: qualified::so_far(definition, &explanation),
            missing: told::missing(definition, &explanation),
        })
    };
    Ok(Some(explanations.into_iter().filter_map(standing).collect()))
}
