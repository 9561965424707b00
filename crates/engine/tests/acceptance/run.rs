//! Runs a set of definitions that may refer to each other.

use engine::definition::Definition;
use engine::language::examples::{self, Example, Observed};
use engine::language::{self, Diagnostic, Document, parse, render};
use engine::workspace::Workspace;

use crate::oracle;

/// Parses files of (name, text), all of which must be sound and without warnings.
pub fn read(files: &[(String, String)], workspace: &Workspace) -> Vec<Document> {
    let mut faults = String::new();
    let mut documents = Vec::new();
    for (name, text) in files {
        match parse(text, workspace) {
            Ok(document) => {
                let warnings: Vec<Diagnostic> = document.warnings.clone();
                faults.push_str(&render(&warnings, text, name));
                documents.push(document);
            }
            Err(findings) => faults.push_str(&render(&findings, text, name)),
        }
    }
    for (findings, (name, text)) in language::check(&documents, workspace, None).iter().zip(files) {
        faults.push_str(&render(findings, text, name));
    }
    assert!(faults.is_empty(), "{faults}");
    documents
}

/// Runs every example by the engine and by the oracle; all differences at once.
pub fn check(documents: &[Document], workspace: &Workspace) {
    let mut faults = String::new();
    let runs = examples::run(documents, workspace).unwrap_or_else(|errors| panic!("{errors:?}"));
    for run in runs {
        for difference in run.differences {
            faults.push_str(&format!("engine: {} · {}: {difference}\n", run.definition, run.example));
        }
    }
    for document in documents {
        let definitions = with_references(document, documents);
        for example in &document.examples {
            let observed = by_oracle(example, &document.definition, &definitions, workspace);
            for difference in example.differences(&observed, &document.definition.bands) {
                faults.push_str(&format!("oracle: {} · {}: {difference}\n", document.definition.id, example.name));
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// A definition with all it refers to.
fn with_references(document: &Document, documents: &[Document]) -> Vec<Definition> {
    let mut definitions = vec![document.definition.clone()];
    for id in document.references() {
        let other = documents.iter().find(|other| other.definition.id == id).expect("the file is there");
        for definition in with_references(other, documents) {
            if !definitions.contains(&definition) {
                definitions.push(definition);
            }
        }
    }
    definitions
}

fn by_oracle(
    example: &Example,
    definition: &Definition,
    definitions: &[Definition],
    workspace: &Workspace,
) -> Observed {
    let verdicts = oracle::evaluate(&example.records, definitions, workspace, example.until);
    let key = (definition.id.clone(), example.kind, example.about.clone());
    let Some(verdict) = verdicts.get(&key) else { return Observed::default() };
    let first = verdict.entries.first();
    Observed {
        entries: verdict.entries.iter().map(|entry| (entry.at, entry.exit)).collect(),
        to_use: verdict.met_at,
        score: first.and_then(|entry| entry.score.as_ref()).map(|score| score.total),
        value: first.and_then(|entry| entry.value),
    }
}
