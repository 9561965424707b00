//! The definitions' texts: which are in force, which were, and how others come into force.
//!
//! The catalog decides. The folder of definitions is read once, for a server that has none yet; from then on it is applied.
//!
//! Invariants:
//! - What is in force at an offset of the log follows from the catalog alone: an activation counts from its offset on.
//! - Nothing comes into force without a line of the audit in the same transaction.

mod change;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};
use engine::record::SubjectKind;
use engine::workspace::Workspace;
use store::catalog::Catalog;
use store::catalog::definitions::Activation as Decided;

use super::clock;
use crate::console::Console;
use crate::definitions::{DefinitionFiles, yaml_files};
use crate::live::activation::{Activation, ActiveText, compile};
use crate::live::entry::Entry;
use crate::live::{Ground, Portrait, Rules};

pub use change::{Applied, Refusal, RolledBack};

/// Who does what nobody asked for.
const BRIX: &str = "brix";

/// All texts.
pub struct Shelf {
    catalog: Arc<dyn Catalog>,
    ground: Ground,
    workspace: Workspace,
    folder: PathBuf,
    /// Held by whoever changes what is in force.
    turn: Mutex<()>,
    /// Held by whoever asks what a change would do: one at a time, for each needs as much memory as what is served.
    planning: Mutex<()>,
    /// Whether the folder says something else than what is in force.
    differs: AtomicBool,
}

/// What a server begins with.
pub struct Beginning {
    /// What was in force at the last commit.
    pub rules: Rules,
    /// Its edition.
    pub edition: u64,
    /// What has been decided since.
    pub coming: Option<Activation>,
}

/// All definitions in force at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Counts the decisions.
    pub number: u64,
    /// The texts.
    pub definitions: Vec<ActiveText>,
}

impl Shelf {
    /// A shelf over a catalog; `folder` is the folder of definitions.
    pub fn new(catalog: Arc<dyn Catalog>, ground: Ground, workspace: Workspace, folder: PathBuf) -> Self {
        Self {
            catalog,
            ground,
            workspace,
            folder,
            turn: Mutex::default(),
            planning: Mutex::default(),
            differs: AtomicBool::new(false),
        }
    }

    /// What is in force, or was with the activations up to an entry of the log.
    ///
    /// # Errors
    /// If the catalog cannot be read.
    pub fn edition(&self, as_of: Option<u64>) -> store::Result<Edition> {
        let mut number = 0;
        let mut latest: BTreeMap<String, Decided> = BTreeMap::new();
        for decided in self.catalog.activations()? {
            if as_of.is_none_or(|offset| decided.offset <= offset) {
                number += 1;
                latest.insert(decided.definition.clone(), decided);
            }
        }
        let mut definitions = Vec::with_capacity(latest.len());
        for (id, decided) in latest {
            let revisions = self.catalog.revisions(&id)?;
            let found = revisions.into_iter().find(|revision| Some(revision.number) == decided.revision);
            definitions.extend(found.map(|revision| ActiveText {
                id,
                revision: revision.number,
                version: revision.version,
                text: revision.text,
            }));
        }
        Ok(Edition { number, definitions })
    }

    /// Everything that is known of somebody, packed.
    ///
    /// # Errors
    /// Lake, log or ledger cannot be read.
    pub fn portrait(&self, kind: SubjectKind, id: &str) -> Result<Option<Vec<u8>>> {
        Portrait::of(&self.ground, &self.workspace, kind, id)?.packed(&self.ground)
    }

    /// What the server begins with. A catalog without definitions takes those of the folder.
    ///
    /// # Errors
    /// The folder's definitions are needed and have faults; those in force cannot be used with the settings any more.
    pub fn begin(&self, console: &mut Console) -> Result<Beginning> {
        if self.catalog.definitions().context("cannot read the catalog")?.is_empty() {
            self.take_folder(console)?;
        }
        let committed = self.ground.ledger.offset().context("cannot read the ledger")?;
        let now = self.edition(None).context("cannot read the catalog")?;
        let then = self.edition(Some(committed)).context("cannot read the catalog")?;
        let rules = compile(&then.definitions, &self.workspace)?;
        let coming = (then.number < now.number).then(|| self.activation(now.clone(), BRIX));
        if now.definitions.is_empty() {
            console.say(format_args!(
                "no definitions are in force, none are in {}: events are taken, and nobody qualifies; `brix templates` shows some to begin with",
                self.folder.display()
            ));
        }
        self.look_at_folder(&now);
        Ok(Beginning { rules, edition: then.number, coming })
    }

    /// The folder's definitions come into force: at once where nothing was judged yet or they were in force before the catalog
    /// knew, else with the records that came before as history.
    fn take_folder(&self, console: &mut Console) -> Result<()> {
        let Some(files) = self.read_folder()? else { return Ok(()) };
        files.require_sound(console)?;
        let has_leads = self.ground.ledger.next_lead().context("cannot read the leads")? > 1;
        let end = self.ground.log.end();
        let offset = if end == 0 || has_leads { 0 } else { end + 1 };
        self.put(&files, BRIX, "from the folder of definitions", offset)
            .map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
        Ok(())
    }

    /// The folder's definitions; `None` where there are none.
    fn read_folder(&self) -> Result<Option<DefinitionFiles>> {
        if !self.folder.is_dir() || yaml_files(&self.folder)?.is_empty() {
            return Ok(None);
        }
        let mut files = DefinitionFiles::read(std::slice::from_ref(&self.folder), &self.workspace)?;
        files.check(&self.workspace, None);
        Ok(Some(files))
    }

    /// Notes whether the folder says something else than what is in force, and says so in the log.
    fn look_at_folder(&self, edition: &Edition) {
        let differs = match self.read_folder() {
            Ok(None) => false,
            Ok(Some(files)) if files.errors() == 0 => {
                let in_force = compile(&edition.definitions, &self.workspace).map(|rules| rules.versions_by_id());
                let in_folder =
                    Rules::new(&files.definitions(), self.workspace.clone()).map(|rules| rules.versions_by_id());
                in_force.ok() != in_folder.ok()
            }
            Ok(Some(_)) | Err(_) => true,
        };
        self.differs.store(differs, Ordering::Relaxed);
        if let Some(words) = self.difference() {
            tracing::warn!("{words}");
        }
    }

    /// That the folder says something else than what is in force, if it does.
    pub fn difference(&self) -> Option<String> {
        let folder = self.folder.display();
        let differs = self.differs.load(Ordering::Relaxed);
        differs.then(|| format!("definitions in {folder} differ from what is in force: `brix plan {folder}`"))
    }

    /// An edition as an entry of the log.
    fn activation(&self, edition: Edition, by: &str) -> Activation {
        let Edition { number, definitions } = edition;
        Activation { edition: number, at: clock::now(), by: by.to_owned(), definitions }
    }

    /// Tells the processor, through the log.
    fn announce(&self, activation: Activation) -> Result<()> {
        let entry = Entry::Activation(Box::new(activation)).encode()?;
        self.ground.log.append(vec![entry]).context("cannot write to the log")?;
        Ok(())
    }

    /// Has what was decided before the start come into force.
    ///
    /// # Errors
    /// If the log cannot be written.
    pub fn go_on(&self, coming: Option<Activation>) -> Result<()> {
        coming.map_or(Ok(()), |activation| self.announce(activation))
    }

    /// The settings that texts are read with.
    pub const fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// What texts are kept in.
    pub fn catalog(&self) -> Arc<dyn Catalog> {
        Arc::clone(&self.catalog)
    }
}
