//! The rules of the house that no compiler knows, executed as a test.
//!
//! Each check is a function from the repository to what it finds, in a file of its own, with a test that it fails on
//! a bad sample.

mod decisions;
mod length;
mod links;
mod manifests;
mod names;
mod origins;
mod pure_code;
mod text;

use crate::finding::Finding;
use crate::generate;
use crate::repository::Repository;

/// Everything that breaks a rule, by place.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = [
        decisions::check(repository),
        generate::check(repository),
        length::check(repository),
        links::check(repository),
        manifests::check(repository),
        names::check(repository),
        origins::check(repository),
        pure_code::check(repository),
        text::check(repository),
    ]
    .concat();
    findings.sort();
    findings.dedup();
    findings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let repository = Repository::read(root).unwrap();
        assert!(repository.has("xtask/src/tidy.rs"), "tidy looks at the wrong folder: {}", root.display());
        let findings: Vec<String> = check(&repository).iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "{}", findings.join("\n"));
    }
}
