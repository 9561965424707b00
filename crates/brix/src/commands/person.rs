//! `brix person`: who may sign in. A running server is asked; where none runs, the catalog in the data folder is changed itself.

use std::io::{self, BufRead as _};

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};
use store::catalog::access::Person;

use super::client::escaped;
use super::place::Place;
use super::reach::{Reach, by};
use super::serve::ConfigArguments;
use crate::access::people::{self, Role, Wish};
use crate::cli::Shared;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::table::Table;

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
    let way = Way(Reach::find(&arguments.config.read(shared)?, &arguments.place, console)?);
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

/// What can be done to people, by either way.
struct Way(Reach);

impl Way {
    fn all(&self) -> Result<Json> {
        match &self.0 {
            Reach::Server(client) => client.get("/api/v1/people", &[]),
            Reach::Folder(store) => {
                Ok(json!({ "people": store.catalog().people()?.iter().map(shown).collect::<Vec<_>>() }))
            }
        }
    }

    fn add(&self, email: &str, role: Role, password: Option<String>) -> Result<Json> {
        match &self.0 {
            Reach::Server(client) => {
                client.post("/api/v1/people", &json!({ "email": email, "role": role, "password": password }))
            }
            Reach::Folder(store) => {
                let (person, made) = people::add(&*store.catalog(), &by(), email, role, password)?;
                Ok(json!({ "person": shown(&person), "password": made }))
            }
        }
    }

    fn change(&self, email: &str, change: &Change) -> Result<Json> {
        match &self.0 {
            Reach::Server(client) => {
                let body = match change {
                    Change::Role(role) => json!({ "role": role }),
                    Change::Disabled(disabled) => json!({ "disabled": disabled }),
                    Change::Password(Some(password)) => json!({ "password": password }),
                    Change::Password(None) => json!({ "new_password": true }),
                };
                client.patch(&format!("/api/v1/people/{}", escaped(email)), &body)
            }
            Reach::Folder(store) => {
                let wish = match change {
                    Change::Role(role) => Wish { role: Some(*role), ..Wish::default() },
                    Change::Disabled(disabled) => Wish { disabled: Some(*disabled), ..Wish::default() },
                    Change::Password(password) => Wish { password: Some(password.clone()), ..Wish::default() },
                };
                let (person, made) = people::change(&*store.catalog(), &by(), email, wish)?;
                Ok(json!({ "person": shown(&person), "password": made }))
            }
        }
    }
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
