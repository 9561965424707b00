//! How a command reaches what a server keeps: a running server is asked; where none runs, the data folder is changed itself.

use anyhow::{Context as _, Result};
use store::Store;
use store::log::LogLimits;

use super::client::Client;
use super::place::Place;
use crate::access::By;
use crate::console::Console;
use crate::serve::clock;
use crate::serve::config::Config;

/// Under which name the audit has what is done without a server.
const BY: &str = "command line";

/// Through a server, or not.
pub enum Reach {
    /// A server runs.
    Server(Client),
    /// None does, and none can start meanwhile.
    Folder(Store),
}

impl Reach {
    /// Finds out whether a server runs.
    ///
    /// # Errors
    /// The data folder cannot be opened, or there is no key to ask the server with.
    pub fn find(config: &Config, place: &Place, console: &mut Console) -> Result<Self> {
        match Store::open(&config.data, LogLimits::default()) {
            Ok(store) => {
                console.say(format_args!("no server runs on {}: it is changed itself", config.data.display()));
                Ok(Self::Folder(store))
            }
            Err(store::Error::Locked(_)) => {
                let address = place.address_or(|| Some(config.listen));
                console.say(format_args!("the server at {} is asked", address.url));
                Ok(Self::Server(Client::new(&address)?))
            }
            Err(error) => Err(error).context("cannot open the store"),
        }
    }
}

/// Whoever uses the command line, now.
pub fn by() -> By {
    By { who: BY.to_owned(), at: clock::now() }
}
