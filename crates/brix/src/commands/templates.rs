//! `brix templates`: the definitions that ship.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use engine::language::{self, Template};
use engine::workspace::Workspace;
use serde::Serialize;

use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::table::Table;

/// List the definitions that ship, show one, or write one to a file to change it
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  brix templates\n  brix templates --show crm\n  brix templates --write crm --to trial.yaml"
)]
pub struct Arguments {
    /// Print this template
    #[arg(long, value_name = "ID", conflicts_with = "write")]
    show: Option<String>,
    /// Write this template to a file
    #[arg(long, value_name = "ID")]
    write: Option<String>,
    /// Where to write it [default: ID.yaml here]
    #[arg(long, value_name = "FILE", requires = "write")]
    to: Option<PathBuf>,
}

/// A template, for scripts.
#[derive(Debug, Serialize)]
struct Shipped {
    id: &'static str,
    name: String,
    subject: &'static str,
    about: String,
}

impl Shipped {
    fn of(template: &Template) -> Self {
        let parsed = language::parse(template.text, &Workspace::default()).ok();
        let definition = parsed.map(|document| document.definition);
        Self {
            id: template.id,
            name: definition.as_ref().map(|definition| definition.name.clone()).unwrap_or_default(),
            subject: definition.map_or("", |definition| definition.subject.word()),
            about: template.about(),
        }
    }
}

/// Lists, shows or writes them.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit> {
    if let Some(id) = &arguments.show {
        write!(console.out(), "{}", find(id)?.text)?;
        return Ok(Exit::Done);
    }
    if let Some(id) = &arguments.write {
        let template = find(id)?;
        let path = arguments.to.clone().unwrap_or_else(|| PathBuf::from(format!("{id}.yaml")));
        write_new(&path, template.text)?;
        console.say(format_args!("{} written; next: brix check {0}", path.display()));
        return Ok(Exit::Done);
    }
    let shipped: Vec<Shipped> = language::templates().iter().map(Shipped::of).collect();
    if console.json {
        console.value(&shipped)?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["ID", "OF", "WHAT IT IS FOR"]);
    for template in shipped {
        let about = template.about.split_inclusive(". ").next().unwrap_or_default().trim().to_owned();
        table.row([template.id.to_owned(), template.subject.to_owned(), about]);
    }
    table.write(console.out())?;
    Ok(Exit::Done)
}

fn find(id: &str) -> Result<&'static Template> {
    let all = language::templates();
    all.iter().find(|template| template.id == id).ok_or_else(|| {
        let near = language::nearest(id, all.iter().map(|template| template.id));
        let cure = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        Failure::usage(format!("no template is called `{id}`{cure} (`brix templates` lists all)"))
    })
}

/// Writes a file that is not there yet: what somebody has changed is not lost.
fn write_new(path: &Path, text: &str) -> Result<()> {
    let shown = path.display();
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).with_context(|| format!("cannot write {shown}")),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Failure::usage(format!("{shown} is there already; take another name with --to")))
        }
        Err(error) => Err(error).with_context(|| format!("cannot write {shown}")),
    }
}
