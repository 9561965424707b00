//! The command line: which command is asked for, and the way into it.

use std::ffi::OsString;
use std::panic;
use std::process::ExitCode;

use anstream::ColorChoice;
use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

use crate::cli::{Colours, Shared};
use crate::commands::{
    apply, audit, backtest, backup, best, check, completions, data, definitions, deliveries, discover, erase, explain,
    export, import, init, key, leads, learn, limits, near, person, plan, pull, qualify, retain, serve, simulate,
    status, suppress, templates, test, validate,
};
use crate::console::{BAD, Console};
use crate::exit::{self, Exit};
use crate::mistyped;

/// Finds the users and accounts of a software product who are ready to buy, and proves on its history that they were.
#[derive(Debug, Parser)]
#[command(name = "brix", version, after_help = Exit::HELP, max_term_width = 100)]
#[command(arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Arguments),
    Import(import::Arguments),
    Data(data::Arguments),
    Check(check::Arguments),
    Test(test::Arguments),
    Templates(templates::Arguments),
    Qualify(qualify::Arguments),
    Explain(explain::Arguments),
    Backtest(Box<backtest::Arguments>),
    Validate(validate::Arguments),
    Discover(Box<discover::Arguments>),
    Limits(limits::Arguments),
    Learn(Box<learn::Arguments>),
    Best(best::Arguments),
    Serve(serve::Arguments),
    Pull(pull::Arguments),
    Status(status::Arguments),
    Leads(leads::Arguments),
    Near(near::Arguments),
    Backup(backup::Arguments),
    Restore(backup::RestoreArguments),
    Plan(plan::Arguments),
    Apply(apply::Arguments),
    Rollback(apply::BackArguments),
    Suppress(suppress::Arguments),
    Unsuppress(suppress::LiftArguments),
    Erase(erase::Arguments),
    Retain(retain::Arguments),
    Export(export::Arguments),
    Definitions(definitions::Arguments),
    Deliveries(Box<deliveries::Arguments>),
    Config(serve::ShowArguments),
    Key(Box<key::Arguments>),
    Person(Box<person::Arguments>),
    Audit(audit::Arguments),
    Simulate(simulate::Arguments),
    Completions(completions::Arguments),
}

impl Command {
    fn run(self, shared: &Shared, console: &mut Console) -> Result<Exit> {
        match self {
            Self::Init(arguments) => init::run(&arguments, shared, console),
            Self::Import(arguments) => import::run(&arguments, shared, console),
            Self::Data(arguments) => data::run(&arguments, shared, console),
            Self::Check(arguments) => check::run(&arguments, shared, console),
            Self::Test(arguments) => test::run(&arguments, shared, console),
            Self::Templates(arguments) => templates::run(&arguments, console),
            Self::Qualify(arguments) => qualify::run(&arguments, shared, console),
            Self::Explain(arguments) => explain::run(&arguments, shared, console),
            Self::Backtest(arguments) => backtest::run(&arguments, shared, console),
            Self::Validate(arguments) => validate::run(&arguments, shared, console),
            Self::Discover(arguments) => discover::run(&arguments, shared, console),
            Self::Best(arguments) => best::run(&arguments, shared, console),
            Self::Learn(arguments) => learn::run(&arguments, shared, console),
            Self::Limits(arguments) => limits::run(&arguments, shared, console),
            Self::Status(arguments) => status::run(&arguments, console),
            Self::Leads(arguments) => leads::run(&arguments, shared, console),
            Self::Near(arguments) => near::run(&arguments, console),
            Self::Backup(arguments) => backup::run(&arguments, shared, console),
            Self::Restore(arguments) => backup::restore(&arguments, console),
            Self::Plan(arguments) => plan::run(&arguments, console),
            Self::Apply(arguments) => apply::run(&arguments, console),
            Self::Rollback(arguments) => apply::roll_back(&arguments, console),
            Self::Suppress(arguments) => suppress::run(&arguments, console),
            Self::Unsuppress(arguments) => suppress::lift(&arguments, console),
            Self::Erase(arguments) => erase::run(&arguments, shared, console),
            Self::Retain(arguments) => retain::run(&arguments, shared, console),
            Self::Export(arguments) => export::run(&arguments, console),
            Self::Definitions(arguments) => definitions::run(&arguments, console),
            Self::Pull(arguments) => pull::run(&arguments, shared, console),
            Self::Serve(arguments) => serve::run(&arguments, shared, console),
            Self::Deliveries(arguments) => deliveries::run(&arguments, console),
            Self::Config(arguments) => serve::show(&arguments, shared, console),
            Self::Key(arguments) => key::run(&arguments, shared, console),
            Self::Person(arguments) => person::run(&arguments, shared, console),
            Self::Audit(arguments) => audit::run(&arguments, console),
            Self::Simulate(arguments) => simulate::run(&arguments, console),
            Self::Completions(arguments) => completions::run(&arguments, &mut Cli::command(), console),
        }
    }
}

/// Runs a command line.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        // Help and version come this way too; what cannot be printed has no reader.
        Err(error) => {
            let error = mistyped::with_nearest(error, &arguments, &Cli::command());
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done }.into();
        }
    };
    let colour = match cli.shared.color {
        Colours::Auto => ColorChoice::Auto,
        Colours::Always => ColorChoice::Always,
        Colours::Never => ColorChoice::Never,
    };
    let mut console = Console::new(cli.shared.json, cli.shared.quiet, colour);
    let done = panic::catch_unwind(panic::AssertUnwindSafe(|| {
        let exit = cli.command.run(&cli.shared, &mut console)?;
        console.finish()?;
        Ok(exit)
    }));
    match done {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(error)) => fail(&error, &mut console),
        // The panic itself has been told on standard error by then.
        Err(_) => {
            console.warn("This is a fault of Brix, not of yours. Please report it with the lines above.");
            Exit::Internal.into()
        }
    }
}

fn fail(error: &anyhow::Error, console: &mut Console) -> ExitCode {
    if !exit::is_broken_pipe(error) {
        // What was found before the fault is still data.
        let _ = console.finish();
        console.warn(format_args!("{BAD}error:{BAD:#} {error:#}"));
    }
    exit::code(error).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
