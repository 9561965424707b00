//! The page on the language says what the parser does; generated parts are current.

use std::path::{Path, PathBuf};

use engine::language::{
    Code, Diagnostic, definition_schema, examples, parse, parse_workspace, render, workspace_schema,
};
use engine::workspace::Workspace;

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

#[expect(clippy::disallowed_methods, reason = "the test reads the page that it is about")]
fn page() -> String {
    std::fs::read_to_string(docs("language.md")).expect("the page is there")
}

/// The page's blocks of YAML: their kind, their line, their text.
fn blocks(page: &str) -> Vec<(String, usize, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, usize, String)> = None;
    for (place, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(kind)) => open = Some((kind.trim_start_matches("yaml ").to_owned(), place + 2, String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, _, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

#[test]
fn every_block_of_the_page_is_read() {
    let workspace = Workspace::default();
    let page = page();
    let blocks = blocks(&page);
    assert!(blocks.len() >= 18, "{} blocks", blocks.len());
    for (kind, line, text) in blocks {
        let (whole, is_workspace) = match kind.as_str() {
            "definition" => (text, false),
            "criterion" => (format!("id: x\nwhen:\n{}", indented(&text)), false),
            "account-criterion" => (format!("id: x\nsubject: account\nwhen:\n{}", indented(&text)), false),
            "example" => (format!("id: x\nwhen: {{ event: A }}\nexamples:\n{}", indented(&text)), false),
            "workspace" => (text, true),
            other => panic!("line {line}: what is a block of `{other}`?"),
        };
        let findings: Vec<Diagnostic> = if is_workspace {
            parse_workspace(&whole).map_or_else(|findings| findings, |read| read.warnings)
        } else {
            match parse(&whole, &workspace) {
                Ok(document) => {
                    let runs = if document.references().is_empty() {
                        examples::run(std::slice::from_ref(&document), &workspace)
                    } else {
                        Ok(Vec::new())
                    };
                    for run in runs.expect("compiles") {
                        assert!(run.differences.is_empty(), "line {line}: {}: {:?}", run.example, run.differences);
                    }
                    document.warnings
                }
                Err(findings) => findings,
            }
        };
        assert!(findings.is_empty(), "line {line}:\n{}", render(&findings, &whole, "language.md"));
    }
}

/// The list of findings as it stands on the page.
fn findings() -> String {
    let warnings = [
        Code::NotSoFar,
        Code::AlwaysHolds,
        Code::NotWhole,
        Code::Repeated,
        Code::UnreachableBand,
        Code::WeightsOverHundred,
        Code::BeyondWindow,
        Code::UnknownEvent,
        Code::UnknownProperty,
        Code::UnknownTrait,
        Code::AliasedEvent,
        Code::GoalInside,
    ];
    let mut text = String::from("| Word | Means |\n|---|---|\n");
    for code in Code::ALL {
        let warning = if warnings.contains(code) { " *(warning)*" } else { "" };
        text.push_str(&format!("| `{}` | {}{warning} |\n", code.word(), code.about().trim()));
    }
    text
}

/// `UPDATE_GENERATED=1` writes what is out of date instead of complaining.
#[expect(clippy::disallowed_methods, reason = "the test compares files with what they should be")]
fn is_current(path: &Path, should: &str) {
    let stands = std::fs::read_to_string(path).unwrap_or_default();
    if stands != should && std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(path, should).expect("writable");
        return;
    }
    assert!(
        stands == should,
        "{} is out of date: UPDATE_GENERATED=1 cargo test -p brix-engine --test language documents",
        path.display()
    );
}

#[test]
fn the_schemas_are_current() {
    is_current(&docs("definition.schema.json"), &definition_schema());
    is_current(&docs("workspace.schema.json"), &workspace_schema());
}

#[test]
fn the_list_of_findings_is_current() {
    let page = page();
    let (before, rest) = page.split_once("<!-- findings: generated -->\n").expect("marked");
    let (_, after) = rest.split_once("<!-- end -->").expect("marked");
    let should = format!("{before}<!-- findings: generated -->\n{}<!-- end -->{after}", findings());
    is_current(&docs("language.md"), &should);
}

#[test]
fn the_schema_knows_every_key() {
    let schema = definition_schema();
    for key in ["sequence", "in_each_of", "half_life", "since_last", "domain_kind", "timeline", "to_use", "criterion"] {
        assert!(schema.contains(&format!("\"{key}\": ")), "{key}");
    }
    assert_eq!(schema.matches('{').count(), schema.matches('}').count());
    // Every reference leads somewhere.
    for part in schema.split("\"#/$defs/").skip(1) {
        let name = part.split('"').next().unwrap_or_default();
        assert!(schema.contains(&format!("\n    \"{name}\": {{")), "{name}");
    }
}
