//! Finds and reads `brix.yaml`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use engine::language::{self, Diagnostic, Known, Section};
use engine::workspace::Workspace;

use crate::cli::Shared;
use crate::console::Console;

/// Its usual name.
pub const FILE: &str = "brix.yaml";

/// The settings for a command that reads the lake, or definitions, or both.
///
/// # Errors
/// A file that is named but not there, or that says what cannot be.
pub fn read(shared: &Shared, definitions: &[PathBuf], console: &mut Console) -> Result<Workspace> {
    let Some(path) = find(shared, definitions)? else {
        console.say("no brix.yaml here: UTC, USD and no default goal are taken; `brix init` proposes one");
        return Ok(Workspace::default());
    };
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let shown = path.display().to_string();
    match language::parse_workspace(&text) {
        Ok(document) => {
            if !document.warnings.is_empty() {
                console.say(language::render(&document.warnings, &text, &shown).trim_end());
            }
            Ok(document.workspace)
        }
        Err(findings) => {
            console.warn(language::render(&findings, &text, &shown).trim_end());
            let errors = findings.iter().filter(|finding| Diagnostic::is_error(finding)).count();
            anyhow::bail!("{shown} cannot be used: {errors} to be set right, see above")
        }
    }
}

/// What `brix.yaml` names and the data lack.
pub struct UnknownNames {
    /// The file as the user knows it.
    pub name: String,
    text: String,
    /// With their places, and the nearest names that the data have.
    pub findings: Vec<Diagnostic>,
}

impl UnknownNames {
    /// As text.
    pub fn rendered(&self) -> String {
        language::render(&self.findings, &self.text, &self.name).trim_end().to_owned()
    }
}

/// Names in `brix.yaml`, of a section or of all, that the data lack; `None` where they lack none.
pub fn unknown_names(path: &Path, known: &Known, of: Option<Section>) -> Option<UnknownNames> {
    let text = fs::read_to_string(path).ok()?;
    let mut document = language::parse_workspace(&text).ok()?;
    document.mentions.retain(|mention| of.is_none_or(|section| mention.section == section));
    let findings = language::check_workspace(&document, known);
    (!findings.is_empty()).then(|| UnknownNames { name: path.display().to_string(), text, findings })
}

/// `--workspace`, else next to a lake that is named, else next to the first definition, else in the current folder.
///
/// # Errors
/// One that is named and not there.
pub fn find(shared: &Shared, definitions: &[PathBuf]) -> Result<Option<PathBuf>> {
    if let Some(path) = &shared.workspace {
        let path = if path.is_dir() { path.join(FILE) } else { path.clone() };
        anyhow::ensure!(path.is_file(), "there is no {}; `brix init` proposes one", path.display());
        return Ok(Some(path));
    }
    let by_lake = shared.lake.as_deref().map(parent);
    let by_definition = definitions.first().map(|path| if path.is_dir() { path.clone() } else { parent(path) });
    let folders = by_lake.into_iter().chain(by_definition).chain([PathBuf::new()]);
    Ok(folders.map(|folder| folder.join(FILE)).find(|path| path.is_file()))
}

/// The folder that something is in, as far as its path tells.
fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_path_buf).unwrap_or_default()
}
