//! Pure crates reach for nothing outside: a scan of their source, wider than clippy's lists.

use crate::finding::Finding;
use crate::purity::{PURE, REACHES};
use crate::repository::{Repository, is_test};
use crate::rust_code::code_only;

/// Uses of the outside in the source of pure crates. Tests may read their fixtures.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for crate_name in PURE {
        let source = format!("crates/{crate_name}/src/");
        for (path, text) in
            repository.texts_with(&["rs"]).filter(|(path, _)| path.starts_with(&source) && !is_test(path))
        {
            let code = code_only(text);
            let code = code.split("#[cfg(test)]\nmod tests").next().unwrap_or(&code);
            for (line, name) in used_names(code) {
                for reach in &REACHES {
                    if reach.names.iter().any(|banned| matches_name(&name, banned)) {
                        let message = format!("`{name}`: {crate_name} is pure, no {}: {}", reach.what, reach.instead);
                        findings.push(Finding::at(path, line, message));
                    }
                }
            }
        }
    }
    findings
}

/// A banned path matches itself and all below it; a last word matches behind any path.
fn matches_name(name: &str, banned: &str) -> bool {
    let below = |name: &str| name == banned || name.strip_prefix(banned).is_some_and(|rest| rest.starts_with("::"));
    let is_module_path = banned.starts_with("std::");
    below(name) || (!is_module_path && name.match_indices("::").any(|(at, _)| name.get(at + 2..).is_some_and(below)))
}

/// Every path in the code with its line; groups such as `std::{fs, io::{self, Read}}` are spelt out.
fn used_names(code: &str) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    // The paths that the open braces stand behind; empty for a block.
    let mut groups: Vec<String> = Vec::new();
    let mut name = String::new();
    let mut line = 1;
    for letter in code.chars().chain(['\n']) {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | ':' => {
                name.push(letter);
                continue;
            }
            '{' => {
                let group = name.strip_suffix("::").map(|path| within(&groups, path)).unwrap_or_default();
                groups.push(group);
                name.clear();
            }
            '}' => {
                push_name(&mut names, &groups, line, &mut name);
                groups.pop();
            }
            _ => push_name(&mut names, &groups, line, &mut name),
        }
        line += usize::from(letter == '\n');
    }
    names
}

fn push_name(names: &mut Vec<(usize, String)>, groups: &[String], line: usize, name: &mut String) {
    let path = name.trim_matches(':');
    if !path.is_empty() {
        names.push((line, within(groups, path)));
    }
    name.clear();
}

fn within(groups: &[String], path: &str) -> String {
    match groups.last() {
        Some(group) if !group.is_empty() => format!("{group}::{path}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Repository::of(&[(path, text)])).len()
    }

    #[test]
    fn reaching_out_is_found() {
        for code in [
            "use std::fs;",
            "use std::{fmt, fs::File};",
            "use std::{\n    fmt,\n    time::{Duration, Instant},\n};",
            "let now = std::time::SystemTime::now();",
            "let now = jiff::Timestamp::now();",
            "let now = Timestamp::now();",
            "std::thread::spawn(|| {});",
            "let mut dice = rand::thread_rng();",
            "use rand::{Rng, thread_rng};",
            "let home = std::env::var(\"HOME\");",
            "use std::hash::RandomState;",
            "tokio::spawn(task);",
        ] {
            assert_eq!(found("crates/engine/src/lib.rs", code), 1, "{code}");
            assert_eq!(found("crates/history/src/lib.rs", code), 0, "not pure: {code}");
            assert_eq!(found("crates/engine/tests/oracle.rs", code), 0, "a test: {code}");
            let in_tests = format!("#[cfg(test)]\nmod tests {{ {code} }}");
            assert_eq!(found("crates/engine/src/lib.rs", &in_tests), 0, "a test: {code}");
        }
    }

    #[test]
    fn pure_code_passes() {
        for code in [
            "use std::{fmt, time::Duration};",
            "// std::fs",
            "let text = \"std::fs\";",
            "Timestamp::nowhere();",
            "struct Instant;",
            "let tokio = 1;".replace("tokio", "tokios").as_str(),
            "if a { b } else { c }",
        ] {
            assert_eq!(found("crates/engine/src/lib.rs", code), 0, "{code}");
        }
    }

    #[test]
    fn the_line_is_told() {
        let findings = check(&Repository::of(&[("crates/stats/src/lib.rs", "use a::{\n  b,\n};\nuse std::fs;\n")]));
        assert_eq!(findings.iter().map(|finding| finding.line).collect::<Vec<_>>(), [4]);
    }
}
