//! What is in force changes: planned, applied, rolled back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value as Json, json};
use store::catalog::CatalogChange;
use store::catalog::audit::AuditEntry;
use store::catalog::definitions::{Activation as Decided, Revision};

use super::{Edition, Shelf};
use crate::definitions::{DefinitionFiles, NamedText};
use crate::live::activation::{ActiveText, compile};
use crate::live::plan::{Plan, plan};
use crate::live::{Progress, Rules};
use crate::serve::clock;

/// How often an entry is offered to a log that is busy.
const TRIES: u32 = 20;
/// How long to wait in between.
const PATIENCE: Duration = Duration::from_millis(250);

/// Why nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The texts have faults.
    #[error("{text}")]
    Faults {
        /// The faults as people read them, with the lines that they are in.
        text: String,
        /// The same for programs.
        findings: Json,
        /// How many.
        errors: usize,
    },
    /// Somebody else was faster.
    #[error(
        "edition {found} of the definitions is in force or on its way, not {expected}: somebody has changed them; plan again and look at what it says"
    )]
    Overtaken {
        /// What was expected.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// There is no such thing.
    #[error("{0}")]
    Unknown(String),
    /// It cannot be told now.
    #[error("{0}; try again in a moment")]
    Busy(&'static str),
    /// Something failed here.
    #[error("{0:#}")]
    Fault(#[from] anyhow::Error),
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        Self::Fault(error.into())
    }
}

/// What was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The edition that is in force, or will be in a moment.
    pub edition: u64,
    /// Whether anything has changed.
    pub is_changed: bool,
}

/// What was brought into force again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// As by any other change.
    pub applied: Applied,
    /// The text that is in force, or will be in a moment.
    pub revision: u32,
    /// The one that was until then; none: the definition was retired.
    pub revision_before: Option<u32>,
}

/// What is to be changed in the catalog.
#[derive(Default)]
struct Changes {
    revisions: Vec<Revision>,
    activations: Vec<(String, Option<u32>)>,
}

impl Shelf {
    /// Reads texts; refuses those with faults.
    fn read(&self, texts: Vec<NamedText>) -> Result<DefinitionFiles, Refusal> {
        let mut files = DefinitionFiles::of_texts(texts, &self.workspace);
        files.check(&self.workspace, None);
        match files.errors() {
            0 => Ok(files),
            errors => Err(Refusal::Faults { text: files.rendered(), findings: json!(files.findings()), errors }),
        }
    }

    fn rules(&self, files: &DefinitionFiles) -> Result<Rules, Refusal> {
        Rules::new(&files.definitions(), self.workspace.clone()).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Refusal::Faults { text: lines.join("\n"), findings: json!([]), errors: lines.len() }
        })
    }

    /// What would change if these were all definitions.
    ///
    /// # Errors
    /// Faults in the texts; another plan is being made; the server has only begun.
    pub fn plan(&self, texts: Vec<NamedText>) -> Result<Plan, Refusal> {
        let rules = self.rules(&self.read(texts)?)?;
        let _planning = self.planning.try_lock().map_err(|_| Refusal::Busy("another plan is being made"))?;
        if !self.ground.status.is_ready.load(Ordering::Relaxed) {
            return Err(Refusal::Busy("the server is still taking up what is there"));
        }
        let present = self.edition(None)?;
        let before = compile(&present.definitions, &self.workspace).map_err(anyhow::Error::from)?;
        let plan = plan(&self.ground, present.number, &before, rules, &Progress::default())?;
        plan.ok_or_else(|| Refusal::Fault(anyhow::anyhow!("the plan was given up")))
    }

    /// Has these come into force, as all definitions.
    ///
    /// # Errors
    /// Faults in the texts; somebody else was faster.
    pub fn apply(
        &self,
        texts: Vec<NamedText>,
        expected: Option<u64>,
        by: &str,
        note: &str,
    ) -> Result<Applied, Refusal> {
        let files = self.read(texts)?;
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let present = self.edition(None)?;
        if let Some(expected) = expected.filter(|expected| *expected != present.number) {
            return Err(Refusal::Overtaken { expected, found: present.number });
        }
        let edition = self.put(&files, by, note, self.ground.log.end() + 1)?;
        self.settle(edition, present.number, by)
    }

    /// Has an older text of a definition come into force again: the one of this number, else the one that was in force before.
    ///
    /// # Errors
    /// There is none; somebody else was faster; the text cannot be used with the others any more.
    pub fn roll_back(&self, id: &str, to: Option<u32>, expected: Option<u64>, by: &str) -> Result<RolledBack, Refusal> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let present = self.edition(None)?;
        if let Some(expected) = expected.filter(|expected| *expected != present.number) {
            return Err(Refusal::Overtaken { expected, found: present.number });
        }
        let number = match to {
            Some(number) => number,
            None => self.before(id)?,
        };
        let revisions = self.catalog.revisions(id)?;
        let Some(revision) = revisions.into_iter().find(|revision| revision.number == number) else {
            return Err(Refusal::Unknown(format!(
                "there is no revision {number} of the definition `{id}`; `brix definitions {id}` lists them"
            )));
        };
        let others = present.definitions.iter().filter(|other| other.id != id);
        let named = |id: &str, revision: u32, text: &str| NamedText {
            name: format!("{id}, revision {revision}"),
            text: text.to_owned(),
        };
        let mut texts: Vec<NamedText> = others.map(|other| named(&other.id, other.revision, &other.text)).collect();
        texts.push(named(id, number, &revision.text));
        let files = self.read(texts)?;
        let edition = self.put(&files, by, &format!("rolled back to revision {number}"), self.ground.log.end() + 1)?;
        let applied = self.settle(edition, present.number, by)?;
        let revision_before = present.of(id).map(|active| active.revision);
        Ok(RolledBack { applied, revision: number, revision_before })
    }

    /// The number of the text that was in force before the present one.
    fn before(&self, id: &str) -> Result<u32, Refusal> {
        let all = self.catalog.activations()?;
        let mut own: Vec<Option<u32>> =
            all.into_iter().filter(|decided| decided.definition == id).map(|decided| decided.revision).collect();
        let present = own
            .pop()
            .ok_or_else(|| Refusal::Unknown(format!("there is no definition `{id}`; `brix definitions` lists them")))?;
        own.into_iter()
            .rev()
            .flatten()
            .find(|revision| Some(*revision) != present)
            .ok_or_else(|| Refusal::Unknown(format!("no other revision of the definition `{id}` was ever in force")))
    }

    /// Keeps what changes in the catalog, with a line of the audit; gives what is decided then.
    pub(super) fn put(&self, files: &DefinitionFiles, by: &str, note: &str, offset: u64) -> Result<Edition, Refusal> {
        let present = self.edition(None)?;
        let rules = self.rules(files)?;
        let at = clock::now();
        let mut changes = Changes::default();
        let mut ids = BTreeSet::new();
        for file in &files.files {
            let Some(id) = file.id() else { continue };
            ids.insert(id.to_owned());
            let version = rules.place(id).map_or("", |place| rules.version(place)).to_owned();
            let was = present.definitions.iter().find(|active| active.id == id);
            if was.is_some_and(|was| was.version == version && was.text == file.text) {
                continue;
            }
            let revisions = self.catalog.revisions(id)?;
            let same = revisions.iter().find(|known| known.version == version && known.text == file.text);
            let number = same.map_or_else(|| revisions.first().map_or(0, |last| last.number) + 1, |same| same.number);
            if same.is_none() {
                let (definition, text) = (id.to_owned(), file.text.clone());
                let (note, by) = (note.to_owned(), by.to_owned());
                changes.revisions.push(Revision { definition, number, version, text, note, by, at });
            }
            changes.activations.push((id.to_owned(), Some(number)));
        }
        let retired = present.definitions.iter().filter(|active| !ids.contains(&active.id));
        changes.activations.extend(retired.map(|active| (active.id.clone(), None)));
        if !changes.activations.is_empty() {
            self.keep(changes, by, note, offset)?;
        }
        Ok(self.edition(None)?)
    }

    fn keep(&self, changes: Changes, by: &str, note: &str, offset: u64) -> Result<(), Refusal> {
        let at = clock::now();
        let revisions: BTreeMap<&str, Option<u32>> =
            changes.activations.iter().map(|(id, revision)| (id.as_str(), *revision)).collect();
        let audit = AuditEntry {
            at,
            who: by.to_owned(),
            what: "definitions.apply".to_owned(),
            target: "definitions".to_owned(),
            detail: json!({ "note": note, "revisions": revisions }).to_string(),
        };
        let activate = |(definition, revision): (String, Option<u32>)| {
            CatalogChange::Activate(Decided { definition, revision, offset, at })
        };
        let revisions = changes.revisions.into_iter().map(CatalogChange::SaveRevision);
        let all: Vec<CatalogChange> = revisions.chain(changes.activations.into_iter().map(activate)).collect();
        Ok(self.catalog.change(&all, &[audit])?)
    }

    /// Tells the processor what was decided, unless it knows.
    fn settle(&self, edition: Edition, before: u64, by: &str) -> Result<Applied, Refusal> {
        let status = &self.ground.status;
        let number = edition.number;
        let is_changed = number != before;
        let known = status.activating().map_or(0, |(next, ..)| next).max(status.edition.load(Ordering::Relaxed));
        self.look_at_folder(&edition);
        if is_changed || known < number {
            let activation = self.activation(edition, by);
            let mut tries = 0;
            while let Err(error) = self.announce(activation.clone()) {
                tries += 1;
                if tries == TRIES {
                    let cure = "it is kept, and comes into force when it is applied again, or at the next start";
                    return Err(Refusal::Fault(error.context(cure)));
                }
                sleep(PATIENCE);
            }
        }
        Ok(Applied { edition: number, is_changed })
    }
}

impl Edition {
    /// The text of a definition that is in force.
    pub fn of(&self, id: &str) -> Option<&ActiveText> {
        self.definitions.iter().find(|active| active.id == id)
    }
}
