//! The files of the project: what git tracks, and what it would track if asked to add everything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Files larger than this are data: they are known by name only. In bytes.
const LARGEST_TEXT: u64 = 4 << 20;

/// All files, by their path from the root with `/`; the text is `None` for binary and for very large files.
pub struct Repository {
    files: BTreeMap<String, Option<String>>,
    folders: BTreeSet<String>,
}

impl Repository {
    /// Reads the project in `root`. Asks git, so that ignored files stay out.
    pub fn read(root: &Path) -> Result<Self> {
        let listing = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("tidy asks git for the list of files: is git installed?")?;
        ensure!(listing.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listing.stderr).trim());
        let mut files = BTreeMap::new();
        for path in String::from_utf8(listing.stdout)?.split_terminator('\0') {
            let place = root.join(path);
            // Deleted, but not yet committed as such.
            let Ok(about) = place.metadata() else { continue };
            let text = if about.len() > LARGEST_TEXT {
                None
            } else {
                let bytes = std::fs::read(&place).with_context(|| format!("cannot read {path}"))?;
                String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
            };
            files.insert(path.to_owned(), text);
        }
        Ok(Self::new(files))
    }

    /// A repository made up for a test.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self::new(files.iter().map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned()))).collect())
    }

    fn new(files: BTreeMap<String, Option<String>>) -> Self {
        let mut folders = BTreeSet::new();
        for path in files.keys() {
            folders.extend(path.match_indices('/').filter_map(|(end, _)| path.get(..end)).map(str::to_owned));
        }
        Self { files, folders }
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// The path of every file, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The path of every folder, in order.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.folders.iter().map(String::as_str)
    }

    /// Whether there is such a file or folder; the empty path is the root.
    pub fn has(&self, path: &str) -> bool {
        path.is_empty() || self.files.contains_key(path) || self.folders.contains(path)
    }

    /// The text of one file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Path and text of every text file.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// Path and text of every text file with one of these extensions.
    pub fn texts_with(&self, extensions: &[&str]) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(|(path, _)| path.rsplit_once('.').is_some_and(|(_, end)| extensions.contains(&end)))
    }
}

/// Whether a file is a test, by its folder (`tests`) or its name (`tests.rs`, `lake_tests.rs`, `lake.test.ts`).
pub fn is_test(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    stem == "tests" || stem.ends_with("_tests") || name.contains(".test.") || parts.any(|folder| folder == "tests")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_from_files() {
        let repository = Repository::of(&[("a/b/c.rs", ""), ("d.md", "")]);
        assert_eq!(repository.folders().collect::<Vec<_>>(), ["a", "a/b"]);
        assert!(repository.has("a/b") && repository.has("d.md") && repository.has(""));
        assert!(!repository.has("a/c"));
    }

    #[test]
    fn tests_are_told_apart() {
        for path in ["crates/engine/tests/oracle/sum.rs", "crates/engine/src/window/tests.rs", "src/lake_tests.rs"] {
            assert!(is_test(path), "{path}");
        }
        for path in ["crates/stats/src/tests_of_rank.rs", "crates/brix/src/test.rs", "latest.rs"] {
            assert!(!is_test(path), "{path}");
        }
    }
}
