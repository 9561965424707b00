//! Decisions are kept one a page, numbered, and of one form (docs/decisions/0001-record-decisions.md).

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::repository::Repository;

const FOLDER: &str = "docs/decisions/";
const HEADINGS: [&str; 3] = ["## Context", "## Decision", "## Consequences"];

/// Decisions that are misnamed, share a number or lack a part.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut numbers: BTreeMap<&str, &str> = BTreeMap::new();
    for path in repository.paths() {
        let Some(name) = path.strip_prefix(FOLDER) else { continue };
        let Some(number) = number_of(name) else {
            findings.push(Finding::of(path, "is not named like 0007-what-was-decided.md"));
            continue;
        };
        if let Some(other) = numbers.insert(number, path) {
            findings.push(Finding::of(path, format!("has the number of {other}: take the next free one")));
        }
        let text = repository.text(path).unwrap_or_default();
        if !text.starts_with(&format!("# {number}. ")) {
            findings.push(Finding::at(path, 1, format!("does not begin with `# {number}. Title`")));
        }
        for heading in HEADINGS.iter().filter(|heading| !text.lines().any(|line| line == **heading)) {
            findings.push(Finding::of(path, format!("has no `{heading}`")));
        }
    }
    findings
}

/// The number of `0007-what-was-decided.md`.
fn number_of(name: &str) -> Option<&str> {
    let (number, title) = name.strip_suffix(".md")?.split_once('-')?;
    let numbered = number.len() == 4 && number.chars().all(|digit| digit.is_ascii_digit());
    let titled = !title.is_empty() && title.chars().all(|letter| matches!(letter, 'a'..='z' | '0'..='9' | '-'));
    (numbered && titled).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# 0007. We count in days\n\n## Context\n\n## Decision\n\n## Consequences\n";

    #[test]
    fn the_form_is_held() {
        let found = |name: &str, text: &str| check(&Repository::of(&[(&format!("{FOLDER}{name}"), text)])).len();
        assert_eq!(found("0007-count-in-days.md", GOOD), 0);
        for name in ["7-count.md", "count-in-days.md", "0007_count.md", "0007-Count.md", "0007-.md", "0007-a.txt"] {
            assert_eq!(found(name, GOOD), 1, "{name}");
        }
        assert_eq!(found("0008-count-in-days.md", GOOD), 1, "another number in the title");
        assert_eq!(found("0007-count-in-days.md", &GOOD.replace("## Context", "## Why")), 1);
        assert_eq!(found("0007-count-in-days.md", &GOOD.replace("## Consequences", "")), 1);
    }

    #[test]
    fn numbers_are_given_once() {
        let files = [("docs/decisions/0007-a.md", GOOD), ("docs/decisions/0007-b.md", GOOD)];
        assert_eq!(check(&Repository::of(&files)).len(), 1);
    }
}
