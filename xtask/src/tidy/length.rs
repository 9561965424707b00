//! A file has one idea: past 500 lines it has two.

use crate::finding::Finding;
use crate::repository::{Repository, is_test};

const MOST_LINES: usize = 500;

/// Files that may be longer: path, most lines, why.
const EXCEPTIONS: &[(&str, usize, &str)] = &[];

/// Rust and TypeScript files that are too long, and exceptions that are none any more.
pub fn check(repository: &Repository) -> Vec<Finding> {
    check_with(repository, EXCEPTIONS)
}

fn check_with(repository: &Repository, exceptions: &[(&str, usize, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in repository.texts_with(&["rs", "ts", "tsx"]).filter(|(path, _)| !is_test(path)) {
        let lines = text.lines().count();
        let exception = exceptions.iter().find(|(exempt, ..)| *exempt == path);
        let most = exception.map_or(MOST_LINES, |(_, most, _)| *most);
        if lines > most {
            findings.push(Finding::of(path, format!("has {lines} lines, at most {most}: split it by idea")));
        } else if exception.is_some() && lines <= MOST_LINES {
            findings
                .push(Finding::of(path, "is short enough: take it out of the exceptions in xtask/src/tidy/length.rs"));
        }
    }
    for (path, ..) in exceptions.iter().filter(|(path, ..)| !repository.has(path)) {
        findings.push(Finding::of(path, "is gone: take it out of the exceptions in xtask/src/tidy/length.rs"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, lines: usize, exceptions: &[(&str, usize, &str)]) -> usize {
        check_with(&Repository::of(&[(path, &"x\n".repeat(lines))]), exceptions).len()
    }

    #[test]
    fn long_files_are_found() {
        assert_eq!(found("crates/brix/src/main.rs", 500, &[]), 0);
        assert_eq!(found("crates/brix/src/main.rs", 501, &[]), 1);
        assert_eq!(found("web/src/App.tsx", 501, &[]), 1);
        assert_eq!(found("crates/brix/tests/scenario.rs", 2000, &[]), 0);
        assert_eq!(found("docs/long.md", 2000, &[]), 0);
    }

    #[test]
    fn exceptions_have_a_limit_and_an_end() {
        let exceptions = [("a.rs", 600, "because")];
        assert_eq!(found("a.rs", 600, &exceptions), 0);
        assert_eq!(found("a.rs", 601, &exceptions), 1);
        assert_eq!(found("a.rs", 400, &exceptions), 1, "no longer needed");
        assert_eq!(found("b.rs", 400, &exceptions), 1, "of a file that is gone");
    }
}
