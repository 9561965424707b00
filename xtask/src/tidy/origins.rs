//! The project says nothing of the machine it was written on, nor of the hosts its packages came from: both differ
//! from place to place, and are the business of each place's own settings.

use crate::finding::Finding;
use crate::repository::Repository;

/// Hosts of package registries, in pieces, so that this file does not name them.
const REGISTRY_HOSTS: [&[&str]; 9] = [
    &["crates", "io"],
    &["pypi", "org"],
    &["pythonhosted", "org"],
    &["npmjs", "org"],
    &["npmjs", "com"],
    &["yarnpkg", "com"],
    &["debian", "org"],
    &["proxy", "golang", "org"],
    &["rubygems", "org"],
];

/// Starts of paths that exist on one machine only, in pieces for the same reason.
const MACHINE_PATHS: [&[&str]; 5] =
    [&["", "root", ""], &["", "home", ""], &["", "Users", ""], &["", "work", ""], &["", "tmp", "target"]];

/// Written by a package manager, which needs the registry's name in it.
const LOCK_FILES: [&str; 1] = ["Cargo.lock"];

/// Data: a path in it is somebody's page, not this machine's folder.
const DATA: [&str; 6] = ["csv", "json", "jsonl", "log", "tsv", "txt"];

/// Places that name a registry's host or a path of one machine.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let hosts: Vec<String> = REGISTRY_HOSTS.iter().map(|pieces| pieces.join(".")).collect();
    let paths: Vec<String> = MACHINE_PATHS.iter().map(|pieces| pieces.join("/")).collect();
    let mut findings = Vec::new();
    for (path, text) in repository.texts().filter(|(path, _)| !LOCK_FILES.contains(path)) {
        let is_data = path.rsplit_once('.').is_some_and(|(_, end)| DATA.contains(&end));
        for (place, line) in text.lines().enumerate() {
            if let Some(host) = hosts.iter().find(|host| names_host(line, host)) {
                findings.push(Finding::at(
                    path,
                    place + 1,
                    format!("names the package registry's host {host}: take it out"),
                ));
            }
            if let Some(start) = paths.iter().find(|start| !is_data && names_path(line, start)) {
                findings.push(Finding::at(
                    path,
                    place + 1,
                    format!("names a path of one machine ({start}…): make it relative"),
                ));
            }
        }
    }
    findings
}

fn names_host(line: &str, host: &str) -> bool {
    line.match_indices(host).any(|(start, _)| {
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        let after = line.get(start + host.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// The path is absolute when nothing that belongs to a relative path or an address stands before it, and it is a
/// path of a machine when something stands behind it.
fn names_path(line: &str, start_of_path: &str) -> bool {
    line.match_indices(start_of_path).any(|(start, _)| {
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        let after = line.get(start + start_of_path.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(|letter| letter.is_alphanumeric() || "._-~}$*/".contains(letter))
            && after.is_some_and(|letter| letter.is_alphanumeric() || "._-".contains(letter))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Repository::of(&[(path, text)])).len()
    }

    #[test]
    fn registry_hosts_are_found() {
        for pieces in REGISTRY_HOSTS {
            let host = pieces.join(".");
            assert_eq!(found("docs/a.md", &format!("from https://static.{host}/x\n")), 1, "{host}");
            assert_eq!(found("Cargo.lock", &format!("from https://{host}/x\n")), 0, "{host}");
            assert_eq!(found("docs/a.md", &format!("at my{host}\n")), 0, "another host");
        }
    }

    #[test]
    fn machine_paths_are_found() {
        for pieces in MACHINE_PATHS {
            let start = pieces.join("/");
            assert_eq!(found("docs/a.md", &format!("run `{start}x/y`\n")), 1, "{start}");
            assert_eq!(found("Makefile", &format!("CACHE={start}x\n")), 1, "{start}");
            assert_eq!(
                found("docs/a.md", &format!("open ~{start}x, ..{start}x, http://a.example{start}x\n")),
                0,
                "{start}"
            );
            assert_eq!(found("tests/a.csv", &format!("page,{start}x\n")), 0, "{start}");
        }
    }
}
