//! Finds and reads definition files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use engine::definition::Definition;
use engine::language::{self, Diagnostic, Document, Known, MentionOf, Severity};
use engine::workspace::Workspace;
use serde::{Deserialize, Serialize};

use crate::console::{Console, count};
use crate::exit::Failure;

/// A definition file, read or not.
pub struct DefinitionFile {
    /// As the user named it.
    pub name: String,
    /// Its text.
    pub text: String,
    /// What it says, if it can be used.
    pub document: Option<Document>,
    /// What is wrong with it, and what is doubtful.
    pub findings: Vec<Diagnostic>,
    /// The user asked for it; others are read because a definition refers to them.
    pub asked: bool,
}

/// A file as text, on its way to a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedText {
    /// As the user names it.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// A finding, for scripts.
#[derive(Debug, Serialize)]
pub struct Finding<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    severity: &'static str,
    code: &'static str,
    message: &'a str,
    help: Option<&'a str>,
}

impl<'a> Finding<'a> {
    /// In a file of that name.
    pub fn new(file: &'a str, finding: &'a Diagnostic) -> Self {
        Self {
            file,
            line: finding.place.line,
            column: finding.place.column,
            severity: match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            code: finding.code.word(),
            message: &finding.message,
            help: finding.help.as_deref(),
        }
    }
}

/// Definition files that were asked for, first, and those that they refer to.
pub struct DefinitionFiles {
    /// Each file.
    pub files: Vec<DefinitionFile>,
}

impl DefinitionFiles {
    /// Reads files, folders of files and, where no such file is there, shipped templates by their ids. Definitions that
    /// these refer to are looked for in the same folders.
    ///
    /// # Errors
    /// Something named is not there or cannot be read. What is wrong inside a file is among its findings.
    pub fn read(names: &[PathBuf], workspace: &Workspace) -> Result<Self> {
        let mut files = Vec::new();
        let mut folders = BTreeSet::new();
        for name in names {
            if name.is_dir() {
                let inside = yaml_files(name)?;
                anyhow::ensure!(!inside.is_empty(), "there is no definition (*.yaml) in {}", name.display());
                for path in inside {
                    files.push(DefinitionFile::read(&path, true, workspace)?);
                }
                folders.insert(name.clone());
            } else if name.exists() {
                files.push(DefinitionFile::read(name, true, workspace)?);
                folders.insert(name.parent().map(Path::to_path_buf).unwrap_or_default());
            } else {
                files.push(template(name, workspace)?);
            }
        }
        let mut all = Self { files };
        all.read_referred(&folders, workspace)?;
        Ok(all)
    }

    /// Takes texts that came from elsewhere.
    pub fn of_texts(texts: Vec<NamedText>, workspace: &Workspace) -> Self {
        let files =
            texts.into_iter().map(|NamedText { name, text }| DefinitionFile::parse(name, text, true, workspace));
        Self { files: files.collect() }
    }

    /// All findings, for scripts.
    pub fn findings(&self) -> Vec<Finding<'_>> {
        let all = self.files.iter().flat_map(|file| file.findings.iter().map(move |finding| (file, finding)));
        all.map(|(file, finding)| Finding::new(&file.name, finding)).collect()
    }

    /// How many errors there are among the findings.
    pub fn errors(&self) -> usize {
        self.files.iter().flat_map(|file| &file.findings).filter(|finding| finding.is_error()).count()
    }

    /// All findings as text.
    pub fn rendered(&self) -> String {
        let found = self.files.iter().filter(|file| !file.findings.is_empty());
        found.map(DefinitionFile::rendered).collect::<Vec<_>>().join("\n")
    }

    /// Adds the definitions that are referred to, until none is missing that can be found.
    fn read_referred(&mut self, folders: &BTreeSet<PathBuf>, workspace: &Workspace) -> Result<()> {
        let mut missing = self.missing();
        if missing.is_empty() {
            return Ok(());
        }
        let mut others = Vec::new();
        for folder in folders {
            for path in yaml_files(folder)? {
                let shown = path.display().to_string();
                if self.files.iter().all(|file| file.name != shown) {
                    others.push(DefinitionFile::read(&path, false, workspace)?);
                }
            }
        }
        while let Some(id) = missing.pop_first() {
            let found = others.iter().position(|other| other.id() == Some(&id));
            let found = found.map(|place| others.swap_remove(place));
            if let Some(file) = found {
                self.files.push(file);
                missing =
                    self.missing().into_iter().filter(|id| others.iter().any(|other| other.id() == Some(id))).collect();
            }
        }
        Ok(())
    }

    /// Ids that are referred to and not among the files.
    fn missing(&self) -> BTreeSet<String> {
        let known: BTreeSet<&str> = self.files.iter().filter_map(DefinitionFile::id).collect();
        let mentions =
            self.files.iter().filter_map(|file| file.document.as_ref()).flat_map(|document| &document.mentions);
        mentions
            .filter(|mention| matches!(mention.what, MentionOf::Definition { .. }) && !known.contains(&*mention.name))
            .map(|mention| mention.name.to_string())
            .collect()
    }

    /// The definitions that can be used, in order.
    pub fn definitions(&self) -> Vec<Definition> {
        self.files
            .iter()
            .filter_map(|file| file.document.as_ref())
            .map(|document| document.definition.clone())
            .collect()
    }

    /// Adds what is found by looking at the definitions together, and against the names of the data where they are given.
    pub fn check(&mut self, workspace: &Workspace, known: Option<&Known>) {
        let documents: Vec<Document> = self.files.iter().filter_map(|file| file.document.clone()).collect();
        let found = language::check(&documents, workspace, known);
        let sound = self.files.iter_mut().filter(|file| file.document.is_some());
        for (file, found) in sound.zip(found) {
            file.findings.extend(found);
        }
    }

    /// Tells all findings, and stops where a file cannot be used.
    ///
    /// # Errors
    /// Findings, if there is an error among them.
    pub fn require_sound(&self, console: &mut Console) -> Result<()> {
        let mut errors = 0;
        for file in self.files.iter().filter(|file| !file.findings.is_empty()) {
            let found = file.findings.iter().filter(|finding| finding.is_error()).count();
            errors += found;
            if found > 0 {
                console.warn(file.rendered().trim_end());
            } else {
                console.say(file.rendered().trim_end());
            }
        }
        if errors > 0 {
            let errors = count(errors as u64, "error", "errors");
            return Err(Failure::findings(format!("{errors} in the definitions, see above")));
        }
        Ok(())
    }
}

impl DefinitionFile {
    fn read(path: &Path, asked: bool, workspace: &Workspace) -> Result<Self> {
        let text = text_of(path)?;
        Ok(Self::parse(path.display().to_string(), text, asked, workspace))
    }

    fn parse(name: String, text: String, asked: bool, workspace: &Workspace) -> Self {
        let (document, findings) = match language::parse(&text, workspace) {
            Ok(mut document) => {
                let warnings = std::mem::take(&mut document.warnings);
                (Some(document), warnings)
            }
            Err(findings) => (None, findings),
        };
        Self { name, text, document, findings, asked }
    }

    /// The definition's id, if the file can be used.
    pub fn id(&self) -> Option<&str> {
        self.document.as_ref().map(|document| &*document.definition.id)
    }

    /// Its findings as text.
    pub fn rendered(&self) -> String {
        language::render(&self.findings, &self.text, &self.name)
    }
}

/// The text of a file of definitions.
///
/// # Errors
/// It cannot be read, or is no text.
pub fn text_of(path: &Path) -> Result<String> {
    let shown = path.display();
    let bytes = fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
    text.with_context(|| {
        format!("{shown} is no text: a definition is YAML in UTF-8; files of events are for `brix import`")
    })
}

/// A template that ships, by its id.
fn template(name: &Path, workspace: &Workspace) -> Result<DefinitionFile> {
    let id = name.to_string_lossy();
    let shipped = language::templates();
    if let Some(found) = shipped.iter().find(|template| template.id == id) {
        return Ok(DefinitionFile::parse(
            format!("{}.yaml (shipped)", found.id),
            found.text.to_owned(),
            true,
            workspace,
        ));
    }
    let near = language::nearest(&id, shipped.iter().map(|template| template.id));
    let cure = near.map_or_else(
        || "`brix templates` lists those that ship".to_owned(),
        |near| format!("did you mean the template `{near}`?"),
    );
    anyhow::bail!("there is no file or template {id}; {cure}")
}

/// Definition files of a folder, by name: all YAML but the workspace's settings and mappings.
pub fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let name = entry.with_context(|| format!("cannot read the folder {}", folder.display()))?.file_name();
        let path = if folder == Path::new(".") { PathBuf::from(&name) } else { folder.join(&name) };
        let is_yaml = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if is_yaml && stem != "brix" && stem != "mapping" && !stem.ends_with("-mapping") && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
