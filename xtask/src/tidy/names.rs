//! Names that say nothing: a module is named after its idea, not after being shared or being code.

use crate::finding::Finding;
use crate::repository::Repository;
use crate::rust_code::code_only;

/// Never a name, nor the last word of one.
const EMPTY_WORDS: [&str; 8] = ["util", "utils", "common", "core", "types", "helper", "helpers", "misc"];

/// Folders, files and Rust modules of such a name.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in repository.folders().chain(repository.paths()) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = name.trim_start_matches('.').split('.').next().unwrap_or(name);
        if says_nothing(stem) {
            findings.push(Finding::of(path, format!("`{stem}` says nothing: name it after its idea")));
        }
    }
    for (path, text) in repository.texts_with(&["rs"]) {
        for (line, code) in code_only(text).lines().enumerate() {
            if let Some(module) = declared_module(code).filter(|module| says_nothing(module)) {
                findings.push(Finding::at(
                    path,
                    line + 1,
                    format!("module `{module}` says nothing: name it after its idea"),
                ));
            }
        }
    }
    findings
}

fn says_nothing(name: &str) -> bool {
    let name = name.to_lowercase();
    let last = name.rsplit(['_', '-']).next().unwrap_or(&name);
    EMPTY_WORDS.contains(&last)
}

/// The name in `mod name;` or `pub(crate) mod name {`.
fn declared_module(code: &str) -> Option<&str> {
    let mut words = code.split_whitespace().skip_while(|word| word.starts_with("pub"));
    if words.next()? != "mod" {
        return None;
    }
    words.next()?.split([';', '{']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Repository::of(&[(path, text)])).len()
    }

    #[test]
    fn empty_names_are_found() {
        for path in
            ["src/utils.rs", "src/core/number.rs", "crates/brix-common/a.rs", "web/types.ts", "src/time_helpers.rs"]
        {
            assert_eq!(found(path, ""), 1, "{path}");
        }
        for code in ["mod util;", "pub mod types {", "pub(crate) mod misc;", "    mod string_utils {"] {
            assert_eq!(found("src/lib.rs", code), 1, "{code}");
        }
    }

    #[test]
    fn names_with_a_meaning_pass() {
        for path in ["src/score.rs", "docs/types-of-lead.md", "src/core_hours.rs", ".ci/run"] {
            assert_eq!(found(path, ""), 0, "{path}");
        }
        for code in ["use core::fmt;", "// mod utils;", "let mod_core = 1;", "mod modern;"] {
            assert_eq!(found("src/lib.rs", code), 0, "{code}");
        }
    }
}
