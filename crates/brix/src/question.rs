//! What every question about the lake needs: the settings, the lake, and definitions compiled together.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use engine::definition::Definition;
use engine::language::{Known, Section};
use engine::program::Program;
use engine::record::SubjectKind;
use engine::workspace::Workspace;
use engine::{Timestamp, language};
use history::{Lake, Table};

use crate::cli::Shared;
use crate::console::Console;
use crate::definitions::DefinitionFiles;
use crate::exit::Failure;
use crate::instant;
use crate::overview::Overview;
use crate::workspace;

/// The lake with the settings that it is read by.
pub struct Data {
    /// The settings.
    pub workspace: Workspace,
    /// The lake.
    pub lake: Lake,
    /// Which events it holds.
    pub overview: Overview,
    /// The last event's instant.
    pub until: Timestamp,
    /// `brix.yaml`, if there is one.
    settings: Option<PathBuf>,
}

impl Data {
    /// Opens the lake.
    ///
    /// # Errors
    /// There is none, it is damaged, or it holds no event.
    pub fn open(shared: &Shared, definitions: &[PathBuf], console: &mut Console) -> Result<Self> {
        let workspace = workspace::read(shared, definitions, console)?;
        let lake = Lake::open(&shared.lake())?;
        let overview = Overview::of(&lake, &workspace)?;
        let until =
            overview.last().with_context(|| format!("the lake in {} holds no event", shared.lake().display()))?;
        if let Some(from) = lake.kept_from() {
            console.say(horizon(from, &workspace));
        }
        Ok(Self { workspace, lake, overview, until, settings: workspace::find(shared, definitions)? })
    }

    /// Names in a section of `brix.yaml` that the data lack, as findings with their places.
    pub fn unknown_names(&self, section: Section) -> Option<String> {
        let known = known(&self.lake, &self.workspace);
        let unknown = workspace::unknown_names(self.settings.as_deref()?, &known, Some(section));
        unknown.map(|unknown| unknown.rendered())
    }

    /// The name of an event as the data has it.
    ///
    /// # Errors
    /// The data has no such event; the nearest that it has is named.
    pub fn require_event(&self, name: &str) -> Result<()> {
        let known = || self.overview.events.iter().map(|event| &*event.name.name);
        if known().any(|event| event == name) {
            return Ok(());
        }
        let near = language::nearest(name, known());
        let cure = near.map_or_else(
            || "the data has no event with a name like it".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Err(Failure::usage(format!("the data has no event `{name}`; {cure}")))
    }

    /// The trait of a path, whose ever it is, as the data has it.
    ///
    /// # Errors
    /// Nobody in the data has such a trait; the nearest that it has is named.
    pub fn require_trait(&self, path: &str) -> Result<()> {
        let name = language::trait_path(path).name;
        let known = known(&self.lake, &self.workspace).traits;
        let names = || known.iter().map(|name| &**name).chain(language::DERIVED_TRAITS);
        if names().any(|known| known == &*name) {
            return Ok(());
        }
        let near = language::nearest(&name, names());
        let cure = near.map_or_else(
            || "nobody has a trait with a name like it".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Err(Failure::usage(format!("the data has no trait `{name}`; {cure}")))
    }
}

/// What a lake no longer knows, in words.
pub fn horizon(from: Timestamp, workspace: &Workspace) -> String {
    let day = instant::shown(from, &workspace.zone);
    format!("Before {day} only those are kept who were heard of since: how many there were before is not known")
}

/// The names that a lake has.
pub fn known(lake: &Lake, workspace: &Workspace) -> Known {
    let mut known = Known::default();
    known.events.extend(lake.names(workspace).list.into_iter().map(|event| event.name));
    for column in lake.columns() {
        match column.table {
            Table::Events => known.properties.insert(Arc::from(column.name)),
            Table::Facts => known.traits.insert(Arc::from(column.name)),
        };
    }
    known
}

/// Reads definitions: those that were asked for, first, and those that they refer to; and how many were asked for. Names
/// that the data does not have are warned of: nobody would ever meet them.
///
/// # Errors
/// Findings in a file.
pub fn read(names: &[PathBuf], data: &Data, console: &mut Console) -> Result<(Vec<Definition>, usize)> {
    let mut files = DefinitionFiles::read(names, &data.workspace)?;
    files.check(&data.workspace, Some(&known(&data.lake, &data.workspace)));
    files.require_sound(console)?;
    files.files.sort_by_key(|file| !file.asked);
    let asked = files.files.iter().filter(|file| file.asked).count();
    Ok((files.definitions(), asked))
}

/// Definitions compiled together, so that what they share is computed once.
pub struct Judged {
    /// All, those that were asked for first.
    pub program: Program,
    /// How many of them were asked for.
    asked: usize,
}

impl Judged {
    /// Compiles definitions, of which the first `asked` were asked for.
    ///
    /// # Errors
    /// They cannot be compiled together.
    pub fn new(definitions: &[Definition], asked: usize, workspace: &Workspace) -> Result<Self> {
        let program = Program::compile(definitions, workspace).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Failure::findings(lines.join("\n"))
        })?;
        Ok(Self { program, asked })
    }

    /// Those that were asked for.
    pub fn asked(&self) -> &[Arc<Definition>] {
        self.program.definitions().get(..self.asked).unwrap_or_default()
    }

    /// What they qualify, where that is the same for all.
    ///
    /// # Errors
    /// They qualify different kinds of subjects.
    pub fn subject(&self) -> Result<SubjectKind> {
        let mut kinds = self.asked().iter().map(|definition| definition.subject);
        let first = kinds.next().unwrap_or(SubjectKind::User);
        match kinds.find(|kind| *kind != first) {
            None => Ok(first),
            Some(other) => Err(Failure::usage(format!(
                "one of these definitions is of a {} and one of a {}: compare like with like",
                first.word(),
                other.word()
            ))),
        }
    }
}
