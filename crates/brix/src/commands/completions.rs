//! `brix completions`: lets a shell complete the command line.

use anyhow::Result;
use clap::Args;
use clap_complete::Shell;

use crate::console::Console;
use crate::exit::Exit;

/// Print a shell's completions
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix completions bash > ~/.local/share/bash-completion/completions/brix\n  \
    brix completions fish > ~/.config/fish/completions/brix.fish\n  \
    brix completions zsh > \"${fpath[1]}/_brix\"")]
pub struct Arguments {
    /// The shell
    shell: Shell,
}

/// Prints them.
pub fn run(arguments: &Arguments, command: &mut clap::Command, console: &mut Console) -> Result<Exit> {
    // Into memory first: the generator panics when its writer fails, as a closed pipe does.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, command, "brix", &mut script);
    std::io::Write::write_all(console.out(), &script)?;
    Ok(Exit::Done)
}
