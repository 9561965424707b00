//! The sets of files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use engine::language::{parse_workspace, render, templates};
use engine::workspace::Workspace;

use crate::run::{check, read};

/// The YAML files of a folder by name.
#[expect(clippy::disallowed_methods, reason = "the test reads the files that it is about")]
fn folder(path: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).expect("readable"))).collect()
}

#[test]
fn templates_hold_their_examples() {
    let workspace = Workspace::default();
    let files: Vec<(String, String)> =
        templates().iter().map(|template| (format!("{}.yaml", template.id), template.text.to_owned())).collect();
    let documents = read(&files, &workspace);
    for (template, document) in templates().iter().zip(&documents) {
        assert_eq!(template.id, &*document.definition.id);
        let qualifies =
            |wanted: bool| document.examples.iter().any(|example| example.expect.qualified.is_empty() != wanted);
        assert!(
            qualifies(true) && qualifies(false),
            "{}: an example that qualifies and one that does not",
            template.id
        );
        assert!(template.about().len() > 40, "{}: says what it is for", template.id);
    }
    check(&documents, &workspace);
}

#[test]
fn every_template_file_ships() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../definitions");
    let files = folder(&path);
    let mut shipped: Vec<String> = templates().iter().map(|template| format!("{}.yaml", template.id)).collect();
    shipped.sort();
    assert_eq!(files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), shipped);
}

/// Reads and runs a folder of definitions with the workspace of the acceptance tests.
fn check_folder(name: &str) -> usize {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/acceptance");
    let text = include_str!("brix.yaml");
    let workspace = match parse_workspace(text) {
        Ok(read) => read.workspace,
        Err(findings) => panic!("{}", render(&findings, text, "brix.yaml")),
    };
    let documents = read(&folder(&here.join(name)), &workspace);
    for document in &documents {
        let id = &document.definition.id;
        assert!(document.examples.len() >= 2, "{id}: an example that qualifies and one that does not");
    }
    check(&documents, &workspace);
    documents.len()
}

#[test]
fn the_acceptance_table() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/acceptance/table");
    let rows: BTreeSet<String> = folder(&here).iter().filter_map(|(name, _)| Some(name.get(..2)?.to_owned())).collect();
    assert_eq!(rows, (1..=26).map(|row| format!("{row:02}")).collect());
    check_folder("table");
}

#[test]
fn definitions_of_public_handbooks() {
    assert_eq!(check_folder("handbooks"), 13);
}
