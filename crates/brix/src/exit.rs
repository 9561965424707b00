//! How a command ends, as a number for scripts.

use std::io;
use std::process::ExitCode;

/// How a command ends. The numbers are documented in `brix --help` and never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Done, and something was found that should not be: a fault in a definition, an example that fails.
    Findings = 1,
    /// The command line makes no sense, whatever there is to work on.
    Usage = 2,
    /// What it is to work on cannot be used, or is not there.
    Input = 3,
    /// A fault of Brix itself.
    Internal = 4,
    /// A definition was asked about and no longer holds.
    NoLongerHolds = 5,
    /// There is too little data to answer.
    NotEnough = 6,
}

impl Exit {
    /// The lines about exit codes at the end of `brix --help`.
    pub const HELP: &'static str = "\
Exit codes:
  0  done
  1  done, and something was found: a fault in a definition, an example that fails, a refused question
  2  the command line makes no sense: an unknown option, a value of the wrong form, a name that the data or the server does
     not have (of an event, a trait, a template, a definition, a destination), a question that nobody is there to answer
  3  what it is to work on cannot be used or is not there: a missing or damaged file, a mapping that does not fit, no lake,
     settings with faults, an id of nobody, a server that cannot be reached or says no
  4  a fault of Brix itself
  5  validate: the definition no longer holds
  6  validate, learn, best: there is not enough data to say

Data goes to standard output, words go to standard error. `--json` gives the data as JSON.";
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error that ends the command with a code of its own; every other error is one of input.
#[derive(Debug, thiserror::Error)]
#[error("{words}")]
pub struct Failure {
    /// The code.
    pub exit: Exit,
    /// What is wrong, where, and the cure.
    pub words: String,
}

impl Failure {
    /// The command line makes no sense, in a way that the parser cannot see.
    pub fn usage(words: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::Usage, words: words.into() }.into()
    }

    /// Something was found.
    pub fn findings(words: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::Findings, words: words.into() }.into()
    }
}

/// Nobody reads our output any more: `brix qualify … | head`. That is no failure.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kinds = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    kinds.map(io::Error::kind).any(|kind| kind == io::ErrorKind::BrokenPipe)
        || error
            .chain()
            .filter_map(|cause| cause.downcast_ref::<serde_json::Error>())
            .any(|cause| cause.io_error_kind() == Some(io::ErrorKind::BrokenPipe))
}

/// The code of an error.
pub fn code(error: &anyhow::Error) -> Exit {
    if is_broken_pipe(error) {
        return Exit::Done;
    }
    error.downcast_ref::<Failure>().map_or(Exit::Input, |failure| failure.exit)
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    /// The table of the documentation is this one.
    #[test]
    fn the_table_is_documented() {
        let page = include_str!("../../../docs/exit-codes.md");
        let mut rows: Vec<String> = Vec::new();
        for line in Exit::HELP.lines().skip(1).take_while(|line| !line.is_empty()) {
            match (line.strip_prefix("     "), rows.last_mut()) {
                (Some(more), Some(row)) => row.push_str(&format!(" {more}")),
                _ => rows.push(line.trim().to_owned()),
            }
        }
        for row in rows {
            let (code, words) = row.split_once("  ").unwrap();
            assert!(page.contains(&format!("| {code} | {words} |")), "{code}: {words}");
        }
    }

    #[test]
    fn errors_have_their_codes() {
        let pipe = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(code(&pipe().into()), Exit::Done);
        assert_eq!(code(&anyhow::Error::new(pipe()).context("writing")), Exit::Done);
        assert_eq!(code(&serde_json::Error::io(pipe()).into()), Exit::Done);
        assert_eq!(code(&io::Error::from(io::ErrorKind::NotFound).into()), Exit::Input);
        assert_eq!(code(&Failure::usage("x")), Exit::Usage);
        let wrapped = Err::<(), _>(Failure::findings("x")).context("deeper").unwrap_err();
        assert_eq!(code(&wrapped), Exit::Findings);
    }
}
