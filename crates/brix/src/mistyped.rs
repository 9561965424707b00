//! A mistyped option, and the one that was meant: short names are too short for the likeness that clap goes by.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};
use engine::language::nearest;

/// The same error, with the nearest option of the command that was asked for where none is named yet.
pub fn with_nearest(mut error: Error, arguments: &[OsString], program: &Command) -> Error {
    if error.kind() != ErrorKind::UnknownArgument || error.get(ContextKind::SuggestedArg).is_some() {
        return error;
    }
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidArg) else { return error };
    let Some(name) = typed.strip_prefix("--").map(str::to_owned) else { return error };
    let words = arguments.iter().skip(1).filter_map(|argument| argument.to_str());
    let command = words.fold(program, |command, word| command.find_subcommand(word).unwrap_or(command));
    let options = [command, program].into_iter().flat_map(Command::get_arguments);
    let known: Vec<&str> = options.filter_map(|argument| argument.get_long()).collect();
    if let Some(near) = nearest(&name, known) {
        error.insert(ContextKind::SuggestedArg, ContextValue::String(format!("--{near}")));
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(Vec::new()));
    }
    error
}
