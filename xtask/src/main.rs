//! Tasks of the house: `cargo xtask tidy` says what breaks its rules, `cargo xtask generate` writes what is made
//! from one list.

mod finding;
mod generate;
mod purity;
mod repository;
mod rust_code;
mod tidy;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::repository::Repository;

const USAGE: &str = "\
usage: cargo xtask TASK

tasks:
  tidy      say what breaks the rules of the house (also run as a test)
  generate  write the files that are made from one list";

fn main() -> Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in no folder")?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tidy"] => tidy(root),
        ["generate"] => generate::write(root).map(|()| ExitCode::SUCCESS),
        _ => {
            writeln!(std::io::stderr(), "{USAGE}")?;
            Ok(ExitCode::from(2))
        }
    }
}

fn tidy(root: &Path) -> Result<ExitCode> {
    let repository = Repository::read(root)?;
    let findings = tidy::check(&repository);
    for finding in &findings {
        writeln!(std::io::stdout(), "{finding}")?;
    }
    if findings.is_empty() {
        writeln!(std::io::stderr(), "tidy: {} files, nothing to say", repository.len())?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(std::io::stderr(), "tidy: {} to put right", findings.len())?;
    Ok(ExitCode::FAILURE)
}
