//! The arrows between the crates point down only, and the crates share lints and versions.

use toml::{Table, Value};

use crate::finding::Finding;
use crate::purity::{PURE, REACHES};
use crate::repository::Repository;

/// Which of our crates each crate may use. An arrow that is not here needs a decision, not a line.
const ARROWS: [(&str, &[&str]); 10] = [
    ("engine", &[]),
    ("stats", &[]),
    ("insight", &["engine", "stats"]),
    ("history", &["engine"]),
    ("connect", &["engine"]),
    ("simulate", &["engine"]),
    ("store", &["engine"]),
    ("brix", &["engine", "stats", "insight", "history", "connect", "simulate", "store"]),
    ("measure", &["engine", "history", "insight"]),
    ("xtask", &[]),
];

/// Manifests that break the architecture or go their own way.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in repository.texts().filter(|(path, _)| path.ends_with("/Cargo.toml")) {
        let manifest = match text.parse::<Table>() {
            Ok(manifest) => manifest,
            Err(error) => {
                findings.push(Finding::of(path, format!("is not TOML: {error}")));
                continue;
            }
        };
        findings.extend(wrong_with(&manifest).into_iter().map(|message| Finding::of(path, message)));
    }
    findings
}

fn wrong_with(manifest: &Table) -> Vec<String> {
    let package = manifest.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
    let crate_name = ours(package.unwrap_or_default());
    let mut wrong = Vec::new();
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == crate_name) else {
        return vec![format!(
            "the map in xtask/src/tidy/manifests.rs knows no crate `{crate_name}`: say what it may use"
        )];
    };
    if manifest.get("lints").and_then(|lints| lints.get("workspace")) != Some(&Value::Boolean(true)) {
        wrong.push("does not take the lints of the workspace: add `[lints] workspace = true`".to_owned());
    }
    for (name, dependency, is_for_tests) in dependencies(manifest) {
        let is_ours = ARROWS.iter().any(|(other, _)| *other == ours(name));
        if is_ours && ours(name) != crate_name && !allowed.contains(&ours(name)) {
            wrong.push(format!("{crate_name} must not use {}: arrows point down only", ours(name)));
        }
        if dependency.get("workspace") != Some(&Value::Boolean(true)) {
            wrong.push(format!("{name}: versions stand in the root Cargo.toml: write `{name}.workspace = true`"));
        }
        let reach = REACHES.iter().find(|reach| reach.packages.contains(&name));
        if let Some(reach) = reach.filter(|_| PURE.contains(&crate_name) && !is_for_tests) {
            wrong.push(format!("{name}: {crate_name} is pure, no {}: {}", reach.what, reach.instead));
        }
    }
    wrong
}

/// Our crate `engine` is the package `brix-engine`.
fn ours(package: &str) -> &str {
    package.strip_prefix("brix-").unwrap_or(package)
}

/// Name, declaration, and whether only tests use it, of every dependency; those of one platform too.
fn dependencies(manifest: &Table) -> Vec<(&str, &Value, bool)> {
    let platforms = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let tables = platforms.filter_map(Value::as_table).chain([manifest]);
    let kinds = [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)];
    let lists = tables.flat_map(|table| kinds.map(|(kind, is_for_tests)| (table.get(kind), is_for_tests)));
    lists
        .filter_map(|(list, is_for_tests)| Some((list?.as_table()?, is_for_tests)))
        .flat_map(|(list, is_for_tests)| list.iter().map(move |(name, value)| (name.as_str(), value, is_for_tests)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(package: &str, rest: &str) -> usize {
        let text = format!("[package]\nname = \"{package}\"\n[lints]\nworkspace = true\n{rest}");
        check(&Repository::of(&[("crates/a/Cargo.toml", &text)])).len()
    }

    #[test]
    fn arrows_that_point_up_are_found() {
        assert_eq!(found("brix-insight", "[dependencies]\nengine.workspace = true\nstats.workspace = true\n"), 0);
        assert_eq!(found("brix", "[dependencies]\nhistory.workspace = true\n"), 0);
        for (package, used) in
            [("brix-engine", "stats"), ("brix-stats", "engine"), ("brix-insight", "history"), ("brix-store", "history")]
        {
            for kind in ["dependencies", "build-dependencies", "dev-dependencies", "target.'cfg(unix)'.dependencies"] {
                assert_eq!(found(package, &format!("[{kind}]\n{used}.workspace = true\n")), 1, "{package} {kind}");
            }
        }
    }

    #[test]
    fn pure_crates_take_no_effects_from_others() {
        assert_eq!(found("brix-engine", "[dependencies]\nrayon.workspace = true\n"), 1);
        assert_eq!(found("brix-engine", "[dev-dependencies]\nrayon.workspace = true\n"), 0);
        assert_eq!(found("brix-history", "[dependencies]\nrayon.workspace = true\n"), 0);
    }

    #[test]
    fn manifests_share_lints_and_versions() {
        assert_eq!(found("brix-engine", "[dependencies]\nserde = \"1\"\n"), 1);
        assert_eq!(found("brix-engine", "[dependencies]\nserde = { workspace = true, features = [\"rc\"] }\n"), 0);
        assert_eq!(found("brix-unheard-of", ""), 1);
        let check_text = |text: &str| check(&Repository::of(&[("xtask/Cargo.toml", text)])).len();
        assert_eq!(check_text("[package]\nname = \"xtask\"\n"), 1, "no lints");
        assert_eq!(check_text("[package\n"), 1, "not TOML");
    }
}
