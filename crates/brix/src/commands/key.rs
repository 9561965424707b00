//! `brix key`: keys of programs. Alone it makes one for server.toml; its commands change those that the server keeps.

use anyhow::Result;
use clap::{Args, Subcommand};
use engine::Timestamp;
use serde_json::{Value as Json, json};
use store::catalog::access::ApiKey;

use super::client::escaped;
use super::place::Place;
use super::reach::{Reach, by};
use super::serve::ConfigArguments;
use crate::access::keys::{self, Made, New};
use crate::access::scope::Scope;
use crate::access::secret::{digest_of, hexadecimal, random};
use crate::cli::Shared;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::serve::clock;
use crate::table::Table;

/// The longest time that a key is valid beside its successor.
const LONGEST_GRACE: u32 = 90 * 24 * 3600;

/// Make keys for sources and for the API, and end them
///
/// Alone it prints a key once, with the line for server.toml that lets it in. Nobody can find it out from that line.
/// The commands change the keys that a server keeps itself: a running server is asked, with the key of the API (scope manage) in the
/// variable BRIX_API_KEY; where no server runs, the data folder is changed itself.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    brix key                                          # for server.toml\n  \
    brix key add app --scope ingest --source app\n  \
    brix key add dashboard --scope read\n  \
    brix key list\n  \
    brix key rotate app --grace 3600\n  \
    brix key revoke dashboard")]
pub struct Arguments {
    #[command(flatten)]
    config: ConfigArguments,
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a key that the server keeps; it is printed once
    Add {
        /// What it is for: unique among those that are valid
        name: String,
        /// What it allows: send records, look at things, or also change them
        #[arg(long)]
        scope: Scope,
        /// With the scope ingest: the only source that it writes to
        #[arg(long)]
        source: Option<String>,
    },
    /// List the keys that the server keeps, without themselves
    List,
    /// Make a successor, which is printed once; the old one stays valid for a while
    Rotate {
        /// The key's name
        name: String,
        /// So many seconds the old one stays valid
        #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
        #[arg(value_parser = clap::value_parser!(u32).range(..=i64::from(LONGEST_GRACE)))]
        grace: u32,
    },
    /// End all keys of a name at once
    Revoke {
        /// The key's name
        name: String,
    },
}

/// Does it.
pub fn run(arguments: &Arguments, shared: &Shared, console: &mut Console) -> Result<Exit> {
    let Some(what) = &arguments.what else { return for_settings(console) };
    let config = arguments.config.read(shared)?;
    if let What::Add { source: Some(source), .. } = what
        && !config.sources.iter().any(|known| known.name == *source)
    {
        let names = config.sources.iter().map(|known| known.name.as_str());
        let near = engine::language::nearest(source, names);
        let cure = near.map_or("`brix config` shows the sources".to_owned(), |near| format!("did you mean `{near}`?"));
        return Err(Failure::usage(format!("there is no source `{source}`; {cure}")));
    }
    let reach = Reach::find(&config, &arguments.place, console)?;
    match what {
        What::Add { name, scope, source } => made(&add(&reach, name, *scope, source.as_deref())?, console)?,
        What::List => list(&all(&reach)?, console)?,
        What::Rotate { name, grace } => {
            made(&rotate(&reach, name, *grace)?, console)?;
            console.say(format_args!("the one before it is valid for {grace} s more"));
        }
        What::Revoke { name } => {
            revoke(&reach, name)?;
            if console.json {
                console.value(&json!({ "revoked": name }))?;
            } else {
                console.say(format_args!("`{name}` opens nothing any more"));
            }
        }
    }
    Ok(Exit::Done)
}

/// A key for server.toml.
fn for_settings(console: &mut Console) -> Result<Exit> {
    let key = format!("brix_{}", random::<24>()?);
    let digest = hexadecimal(&digest_of(&key));
    if console.json {
        console.value(&json!({ "key": key, "digest": format!("sha256:{digest}") }))?;
    } else {
        console.line(&key)?;
        console.say("This is the key, shown this once: it goes to the sender. In server.toml stands its digest:");
        console.say(format_args!("\n[[sources]]\nname = \"app\"\nvendor = \"segment\"\nkeys = [\"sha256:{digest}\"]"));
    }
    Ok(Exit::Done)
}

fn add(reach: &Reach, name: &str, scope: Scope, source: Option<&str>) -> Result<Json> {
    match reach {
        Reach::Server(client) => {
            client.post("/api/v1/keys", &json!({ "name": name, "scope": scope, "source": source }))
        }
        Reach::Folder(store) => {
            let new = New { name: name.to_owned(), scope, source: source.map(str::to_owned) };
            Ok(shown_made(&keys::add(&*store.catalog(), &by(), new)?))
        }
    }
}

fn all(reach: &Reach) -> Result<Json> {
    match reach {
        Reach::Server(client) => client.get("/api/v1/keys", &[]),
        Reach::Folder(store) => Ok(json!({ "keys": store.catalog().keys()?.iter().map(shown).collect::<Vec<_>>() })),
    }
}

fn rotate(reach: &Reach, name: &str, grace: u32) -> Result<Json> {
    match reach {
        Reach::Server(client) => {
            client.post(&format!("/api/v1/keys/{}/rotate", escaped(name)), &json!({ "grace_seconds": grace }))
        }
        Reach::Folder(store) => {
            let by = by();
            let until = Timestamp(by.at.0 + i64::from(grace) * engine::time::SECOND);
            Ok(shown_made(&keys::rotate(&*store.catalog(), &by, name, until)?))
        }
    }
}

fn revoke(reach: &Reach, name: &str) -> Result<()> {
    match reach {
        Reach::Server(client) => client.tell(&format!("/api/v1/keys/{}/revoke", escaped(name))),
        Reach::Folder(store) => Ok(keys::revoke(&*store.catalog(), &by(), name)?),
    }
}

/// A key as the server's answers have it.
fn shown(key: &ApiKey) -> Json {
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    json!({
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scope": Scope::of(key),
        "source": key.source,
        "created_at": key.created_at.to_string(),
        "last_used_at": text(key.last_used_at),
        "revoked_at": text(key.revoked_at),
        "rotated_until": text(key.rotated_until),
        "valid": key.is_valid(clock::now()),
    })
}

fn shown_made(made: &Made) -> Json {
    json!({ "secret": made.key, "key": shown(&made.kept) })
}

fn text<'a>(json: &'a Json, name: &str) -> &'a str {
    json.get(name).and_then(Json::as_str).unwrap_or_default()
}

fn made(made: &Json, console: &mut Console) -> Result<()> {
    if console.json {
        return console.value(made);
    }
    console.say("This is the key, shown this once:");
    console.line(text(made, "secret"))
}

fn list(all: &Json, console: &mut Console) -> Result<()> {
    let keys = all.get("keys").cloned().unwrap_or_default();
    if console.json {
        return console.value(&keys);
    }
    let mut table = Table::new(&["name", "scope", "source", "begins with", "since", "last used", "ends"]);
    for key in keys.as_array().into_iter().flatten() {
        let ends = match (text(key, "revoked_at"), text(key, "rotated_until")) {
            ("", "") => String::new(),
            ("", until) => until.to_owned(),
            (revoked, _) => format!("revoked {revoked}"),
        };
        let [name, scope, source, prefix, since, used] =
            ["name", "scope", "source", "prefix", "created_at", "last_used_at"].map(|name| text(key, name).to_owned());
        table.row([name, scope, source, prefix, since, used, ends]);
    }
    table.write(console.out())?;
    Ok(())
}
