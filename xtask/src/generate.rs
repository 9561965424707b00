//! Files that are made from one list. `cargo xtask generate` writes them; tidy says which are out of date.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

use crate::finding::Finding;
use crate::purity;
use crate::repository::Repository;

/// Every generated file: its path, and its text as it should be.
fn files(repository: &Repository) -> Vec<(String, String)> {
    let settings = repository.text("clippy.toml").unwrap_or_default();
    let lists = purity::clippy_lists(settings);
    purity::PURE.iter().map(|name| (format!("crates/{name}/clippy.toml"), lists.clone())).collect()
}

/// Generated files that are missing or not what they would be if made now.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in files(repository) {
        if repository.text(&path) != Some(text.as_str()) {
            findings.push(Finding::of(&path, "is generated and out of date: run `cargo xtask generate`"));
        }
    }
    findings
}

/// Writes what is out of date.
pub fn write(root: &Path) -> Result<()> {
    let repository = Repository::read(root)?;
    for (path, text) in files(&repository) {
        if repository.text(&path) != Some(text.as_str()) {
            std::fs::write(root.join(&path), text).with_context(|| format!("cannot write {path}"))?;
            writeln!(std::io::stderr(), "generated {path}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_date_is_found() {
        let lists = purity::clippy_lists("allow-unwrap-in-tests = true\n");
        let with = |stats: &str| {
            check(&Repository::of(&[
                ("clippy.toml", "allow-unwrap-in-tests = true\n"),
                ("crates/engine/clippy.toml", &lists),
                ("crates/insight/clippy.toml", &lists),
                ("crates/simulate/clippy.toml", &lists),
                ("crates/stats/clippy.toml", stats),
            ]))
        };
        assert_eq!(with(&lists), []);
        let found = with("allow-unwrap-in-tests = true\n");
        assert_eq!(found.len(), 1);
        assert!(found.iter().all(|finding| finding.path == "crates/stats/clippy.toml"));
    }
}
