//! `brix test`: do a definition's own examples come out as they say?

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use engine::language::Document;
use engine::language::examples::{self, Run};
use insight::told;
use serde::Serialize;

use crate::cli::Shared;
use crate::console::{BAD, Console, DOUBT, GOOD, count};
use crate::definitions::DefinitionFiles;
use crate::exit::{Exit, Failure};
use crate::workspace;

/// Run the examples that definitions carry
///
/// An example is a small timeline with the expected outcome; it runs on the evaluator that qualifies real people.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  brix test trial-team.yaml\n  brix test definitions/")]
pub struct Arguments {
    /// Definition files, folders of them, or ids of shipped templates
    #[arg(required = true, value_name = "DEFINITION")]
    definitions: Vec<PathBuf>,
}

/// How an example went, for scripts.
#[derive(Debug, Serialize)]
struct Went<'a> {
    file: &'a str,
    definition: &'a str,
    example: &'a str,
    line: usize,
    holds: bool,
    differences: &'a [String],
    /// What did not hold when an entry was expected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_met: Vec<String>,
}

/// Runs them.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let workspace = workspace::read(shared, &arguments.definitions, console)?;
    let mut files = DefinitionFiles::read(&arguments.definitions, &workspace)?;
    files.check(&workspace, None);
    files.require_sound(console)?;
    files.files.sort_by_key(|file| !file.asked);
    let asked: Vec<&str> = files.files.iter().filter(|file| file.asked).map(|file| file.name.as_str()).collect();
    let documents: Vec<Document> = files.files.iter().filter_map(|file| file.document.clone()).collect();
    let runs = examples::run(&documents, &workspace).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::findings(lines.join("\n"))
    })?;
    let mut went = Vec::new();
    for (file, document) in asked.iter().zip(&documents) {
        if document.examples.is_empty() {
            console.say(format_args!("{DOUBT}none{DOUBT:#}  {file}: has no examples"));
        }
        let own = runs.iter().filter(|run| run.definition == document.definition.id);
        went.extend(own.map(|run| Went {
            file,
            definition: &run.definition,
            example: &run.example,
            line: run.place.line,
            holds: run.differences.is_empty(),
            differences: &run.differences,
            not_met: not_met(run, document),
        }));
    }
    let failed = went.iter().filter(|went| !went.holds).count();
    if console.json {
        console.value(&went)?;
    } else {
        for went in &went {
            tell(went, console)?;
        }
    }
    console.say(format_args!(
        "{} of {}, {failed} otherwise than expected",
        count(went.len() as u64, "example", "examples"),
        count(asked.len() as u64, "definition", "definitions"),
    ));
    Ok(if failed > 0 { Exit::Findings } else { Exit::Done })
}

/// Why an entry that was expected did not come, in words.
fn not_met(run: &Run, document: &Document) -> Vec<String> {
    let Some(mut explanation) = run.unmet.clone() else { return Vec::new() };
    let example = document.examples.iter().find(|example| example.place == run.place);
    let at = example.map_or_else(|| explanation.at.to_string(), |example| example.time(Some(explanation.at)));
    let definition = &document.definition;
    told::in_words(definition, &mut explanation);
    let mut words: Vec<String> =
        told::missing(definition, &explanation).iter().map(|missing| missing.words.to_string()).collect();
    if !explanation.standing.in_population {
        words.insert(0, "the population".to_owned());
    }
    if explanation.clock.is_none() {
        words = vec!["the clock, which has not started".to_owned()];
    }
    words.into_iter().map(|words| format!("not met at {at}: {words}")).collect()
}

fn tell(went: &Went<'_>, console: &mut Console) -> Result<()> {
    let Went { file, example, line, .. } = went;
    if went.holds {
        return console.line(format_args!("{GOOD}ok{GOOD:#}    {}: {example}", went.definition));
    }
    console.line(format_args!("{BAD}fails{BAD:#} {}: {example} ({file}:{line})", went.definition))?;
    went.differences.iter().chain(&went.not_met).try_for_each(|line| console.line(format_args!("      {line}")))
}
