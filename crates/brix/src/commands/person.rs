//! `brix person`: who may sign in. A running server is asked; where none runs, the catalog in the data folder is changed itself.

use std::io::{self, BufRead as _};

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};
use store::Store;
use store::catalog::access::Person;
use store::log::LogLimits;

use super::client::Client;
use super::plan::Place;
use super::serve::ConfigArguments;
use crate::access::By;
use crate::access::people::{self, Role};
use crate::cli::Shared;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::serve::clock;
use crate::table::Table;

/// Under which name the audit has what is done here.
const BY: &str = "command line";

/// Add people who may sign in, and say what they may do
///
/// A running server is asked, with the key of the API (scope manage) in the variable BRIX_API_KEY. Where no server runs, the
/// data folder is changed itself.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix person add ann@example.com --role admin\n  \
    brix person list\n  \
    brix person role ann@example.com editor\n  \
    brix person disable ann@example.com")]
pub struct Arguments {
    #[command(flatten)]
    config: ConfigArguments,
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add somebody
    Add {
        /// The e-mail address, which the person signs in with
        email: String,
        /// What the person may do
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        password: GivenPassword,
    },
    /// List all people
    List,
    /// Change what somebody may do
    Role {
        /// The e-mail address
        email: String,
        /// What the person may do
        role: Role,
    },
    /// Let somebody in no more; ends the person's sessions
    Disable {
        /// The e-mail address
        email: String,
    },
    /// Let somebody in again
    Enable {
        /// The e-mail address
        email: String,
    },
    /// Give somebody another password; ends the person's sessions
    Password {
        /// The e-mail address
        email: String,
        #[command(flatten)]
        password: GivenPassword,
    },
}

/// Where a password comes from.
#[derive(Debug, Args)]
struct GivenPassword {
    /// Read the password as a line from standard input [default: one is made, and shown this once]
    #[arg(long)]
    password_stdin: bool,
}

impl GivenPassword {
    fn read(&self) -> Result<Option<String>> {
        if !self.password_stdin {
            return Ok(None);
        }
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).context("the password cannot be read")?;
        let line = line.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            return Err(Failure::usage("there is no password on standard input"));
        }
        Ok(Some(line.to_owned()))
    }
}

/// Does it.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let way = Way::find(arguments, shared, console)?;
    match &arguments.what {
        What::Add { email, role, password } => {
            told(&way.add(email, *role, password.read()?)?, "is added", console)?;
        }
        What::List => list(&way.all()?, console)?,
        What::Role { email, role } => told(&way.change(email, &Change::Role(*role))?, "has this role now", console)?,
        What::Disable { email } => told(&way.change(email, &Change::Disabled(true))?, "comes in no more", console)?,
        What::Enable { email } => told(&way.change(email, &Change::Disabled(false))?, "may come in again", console)?,
        What::Password { email, password } => {
            let change = Change::Password(password.read()?);
            told(&way.change(email, &change)?, "has another password", console)?;
        }
    }
    Ok(Exit::Done)
}

/// What is to be another.
enum Change {
    Role(Role),
    Disabled(bool),
    /// Without one, one is made.
    Password(Option<String>),
}

/// Through a server, or not.
enum Way {
    /// A server runs.
    Server(Client),
    /// None does, and none can start meanwhile.
    Folder(Store),
}

impl Way {
    fn find(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Self> {
        let config = arguments.config.read(shared)?;
        match Store::open(&config.data, LogLimits::default()) {
            Ok(store) => {
                console.say(format_args!("no server runs on {}: it is changed itself", config.data.display()));
                Ok(Self::Folder(store))
            }
            Err(store::Error::Locked(_)) => {
                console.say(format_args!("the server at {} is asked", arguments.place.server));
                Ok(Self::Server(Client::new(&arguments.place.server)?))
            }
            Err(error) => Err(error).context("cannot open the store"),
        }
    }

    fn all(&self) -> Result<Json> {
        match self {
            Self::Server(client) => client.get("/api/v1/people", &[]),
            Self::Folder(store) => {
                Ok(json!({ "people": store.catalog().people()?.iter().map(shown).collect::<Vec<_>>() }))
            }
        }
    }

    fn add(&self, email: &str, role: Role, password: Option<String>) -> Result<Json> {
        match self {
            Self::Server(client) => {
                client.post("/api/v1/people", &json!({ "email": email, "role": role, "password": password }))
            }
            Self::Folder(store) => {
                let (person, made) = people::add(&*store.catalog(), &by(), email, role, password)?;
                Ok(json!({ "person": shown(&person), "password": made }))
            }
        }
    }

    fn change(&self, email: &str, change: &Change) -> Result<Json> {
        match self {
            Self::Server(client) => {
                let body = match change {
                    Change::Role(role) => json!({ "role": role }),
                    Change::Disabled(disabled) => json!({ "disabled": disabled }),
                    Change::Password(Some(password)) => json!({ "password": password }),
                    Change::Password(None) => json!({ "new_password": true }),
                };
                client.patch(&format!("/api/v1/people/{}", escaped(email)), &body)
            }
            Self::Folder(store) => {
                let catalog = store.catalog();
                let made = match change {
                    Change::Role(role) => people::set_role(&*catalog, &by(), email, *role).map(|()| None)?,
                    Change::Disabled(disabled) => {
                        people::set_disabled(&*catalog, &by(), email, *disabled).map(|()| None)?
                    }
                    Change::Password(password) => people::set_password(&*catalog, &by(), email, password.clone())?,
                };
                let person = catalog.person_by_email(email)?;
                Ok(json!({ "person": person.as_ref().map(shown), "password": made }))
            }
        }
    }
}

fn by() -> By {
    By { who: BY.to_owned(), at: clock::now() }
}

/// Somebody as the server's answers have it.
fn shown(person: &Person) -> Json {
    json!({
        "id": person.id,
        "email": person.email,
        "role": Role::of(person),
        "created_at": person.created_at.to_string(),
        "disabled_at": person.disabled_at.map(|at| at.to_string()),
    })
}

/// A text as a part of a path (RFC 3986).
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn text<'a>(person: &'a Json, name: &str) -> &'a str {
    person.get(name).and_then(Json::as_str).unwrap_or_default()
}

fn told(changed: &Json, words: &str, console: &mut Console) -> Result<()> {
    if console.json {
        return console.value(changed);
    }
    let person = changed.get("person").unwrap_or(&Json::Null);
    console.say(format_args!("{} {words}; role {}", text(person, "email"), text(person, "role")));
    if let Some(password) = changed.get("password").and_then(Json::as_str) {
        console.say("This is the password, shown this once:");
        console.line(password)?;
    }
    Ok(())
}

fn list(all: &Json, console: &mut Console) -> Result<()> {
    let people = all.get("people").cloned().unwrap_or_default();
    if console.json {
        return console.value(&people);
    }
    let mut table = Table::new(&["email", "role", "since", "disabled"]);
    for person in people.as_array().into_iter().flatten() {
        table.row(["email", "role", "created_at", "disabled_at"].map(|name| text(person, name).to_owned()));
    }
    table.write(console.out())?;
    Ok(())
}
