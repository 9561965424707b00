//! Lines: no tabs, no blanks at the end, an end of line at the end of the file, no promise without an issue.

use crate::finding::Finding;
use crate::repository::Repository;

/// What people write by hand. Data (CSV, JSON lines, snapshots) may look as it likes.
const HAND_WRITTEN: [&str; 14] =
    ["css", "html", "js", "json", "md", "py", "rs", "sh", "sql", "toml", "ts", "tsx", "yaml", "yml"];

/// Words that put work off. Written apart, so that this file does not find itself.
const PROMISES: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Untidy lines in hand-written files.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in repository.texts_with(&HAND_WRITTEN).filter(|(path, _)| !is_fixture(path)) {
        for (place, line) in text.split('\n').enumerate() {
            let number = place + 1;
            if line.ends_with([' ', '\t', '\r']) {
                findings.push(Finding::at(path, number, "ends in a blank: take it out"));
            }
            if line.contains('\t') {
                findings.push(Finding::at(path, number, "has a tab: use blanks, or \\t inside a string"));
            }
            if let Some(promise) = PROMISES.iter().find(|word| promises(line, word)) {
                findings.push(Finding::at(path, number, format!("{promise} without an issue: write {promise}(#12)")));
            }
        }
        if !text.is_empty() && !text.ends_with('\n') {
            findings.push(Finding::of(path, "has no end of line at its end"));
        }
    }
    findings
}

/// Samples of other people's files stay byte for byte as they are.
fn is_fixture(path: &str) -> bool {
    path.split('/').any(|folder| matches!(folder, "data" | "fixtures" | "frozen" | "samples" | "snapshots"))
}

/// Whether the line has the word by itself and not as `WORD(#12)`.
fn promises(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        let after = line.get(start + word.len()..).unwrap_or_default();
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let alone = !before.is_some_and(is_word) && !after.chars().next().is_some_and(is_word);
        let issue = after.strip_prefix("(#").and_then(|rest| rest.split_once(')')).map(|(issue, _)| issue);
        let has_issue =
            issue.is_some_and(|issue| !issue.is_empty() && issue.chars().all(|digit| digit.is_ascii_digit()));
        alone && !has_issue
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Repository::of(&[(path, text)])).len()
    }

    #[test]
    fn untidy_lines_are_found() {
        for text in ["let a = 1; \n", "a\r\n", "a\tb\n", "no end of line"] {
            assert_eq!(found("src/lib.rs", text), 1, "{text:?}");
        }
        assert_eq!(found("src/lib.rs", "\n\n    let a = 1;\n"), 0);
        assert_eq!(found("examples/relax/events.csv", "a\tb \r\n"), 0, "data");
        assert_eq!(found("crates/connect/tests/fixtures/a.json", "a\tb \r\n"), 0, "a fixture");
        assert_eq!(found("crates/history/tests/frozen/1/manifest.json", "{}"), 0, "a frozen format");
    }

    #[test]
    fn promises_need_an_issue() {
        for word in PROMISES {
            assert_eq!(found("src/lib.rs", &format!("// {word}: later\n")), 1);
            assert_eq!(found("src/lib.rs", &format!("// {word}(#x) later\n")), 1);
            assert_eq!(found("src/lib.rs", &format!("// {word}(#) later\n")), 1);
            assert_eq!(found("src/lib.rs", &format!("// {word}(#12) later\n")), 0);
            assert_eq!(found("src/lib.rs", &format!("// MAS{word}S\n")), 0);
        }
    }
}
