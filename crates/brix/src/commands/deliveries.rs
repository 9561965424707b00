//! `brix deliveries`: what a running server tells destinations, what was given up and why, and sending it again.

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value as Json, json};

use super::client::{Client, escaped};
use super::leads::cell;
use super::place::Place;
use crate::console::{Console, count};
use crate::exit::{Exit, Failure};
use crate::table::Table;

/// Deliveries that are asked for at a time.
const PAGE: usize = 200;

/// Show what a running server tells destinations, and send again what was given up
///
/// Alone it lists deliveries, the newest first. The key of the API is taken from the variable BRIX_API_KEY; sending again and enabling
/// need the scope manage.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:\n  \
    brix deliveries --state dead --destination crm\n  \
    brix deliveries destinations                      # how each is doing\n  \
    brix deliveries show 17                           # each attempt of one\n  \
    brix deliveries replay 17\n  \
    brix deliveries replay --dead --destination crm\n  \
    brix deliveries enable crm                        # which had said it was gone, or is being left alone")]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    wanted: Wanted,
    #[command(subcommand)]
    what: Option<What>,
}

/// Which deliveries.
#[derive(Debug, Args)]
struct Wanted {
    /// To this destination
    #[arg(long, value_name = "NAME")]
    destination: Option<String>,
    /// In this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// About this lead
    #[arg(long, value_name = "NUMBER")]
    lead: Option<u64>,
    /// At most so many
    #[arg(long, value_name = "DELIVERIES", default_value_t = 100)]
    limit: usize,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    /// To be sent, now or later
    Waiting,
    /// On its way
    Leased,
    /// Sent
    Delivered,
    /// Given up
    Dead,
    /// Not to be sent any more
    Cancelled,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Leased => "leased",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show one delivery with each of its attempts
    Show {
        #[command(flatten)]
        place: Place,
        /// Its number
        delivery: u64,
    },
    /// Send again what was given up, with the same ids
    Replay {
        #[command(flatten)]
        place: Place,
        /// This delivery
        #[arg(required_unless_present = "dead")]
        delivery: Option<u64>,
        /// All that were given up
        #[arg(long, conflicts_with = "delivery")]
        dead: bool,
        /// Of these only those to this destination
        #[arg(long, value_name = "NAME", requires = "dead")]
        destination: Option<String>,
    },
    /// Show how each destination is doing
    Destinations {
        #[command(flatten)]
        place: Place,
    },
    /// Send to a destination again that has said it is gone, or is being left alone
    Enable {
        #[command(flatten)]
        place: Place,
        /// Its name
        destination: String,
    },
}

/// Does it.
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit> {
    match &arguments.what {
        None => list(&Client::new(&arguments.place.address())?, &arguments.wanted, console)?,
        Some(What::Show { place, delivery }) => show(&Client::new(&place.address())?, *delivery, console)?,
        Some(What::Replay { place, delivery, destination, .. }) => {
            replay(&Client::new(&place.address())?, *delivery, destination.as_deref(), console)?;
        }
        Some(What::Destinations { place }) => destinations(&Client::new(&place.address())?, console)?,
        Some(What::Enable { place, destination }) => {
            Client::new(&place.address())?.tell(&format!("/api/v1/destinations/{}/enable", escaped(destination)))?;
            if console.json {
                console.value(&json!({ "enabled": destination }))?;
            } else {
                console.say(format_args!(
                    "what is due for `{destination}` is sent; `brix deliveries --destination {destination}` shows how it goes"
                ));
            }
        }
    }
    Ok(Exit::Done)
}

fn list(client: &Client, wanted: &Wanted, console: &mut Console) -> Result<()> {
    let (mut rows, mut after): (Vec<Json>, _) = (Vec::new(), None::<u64>);
    while rows.len() < wanted.limit {
        let mut parameters = vec![("limit", PAGE.min(wanted.limit - rows.len()).to_string())];
        parameters.extend(wanted.destination.clone().map(|name| ("destination", name)));
        parameters.extend(wanted.state.map(|state| ("state", state.word().to_owned())));
        parameters.extend(wanted.lead.map(|lead| ("lead", lead.to_string())));
        parameters.extend(after.map(|after| ("after", after.to_string())));
        let page = client.get("/api/v1/deliveries", &parameters)?;
        rows.extend(page.get("deliveries").and_then(Json::as_array).cloned().unwrap_or_default());
        after = page.get("next").and_then(Json::as_u64);
        if after.is_none() {
            break;
        }
    }
    let nothing = if rows.is_empty() { nothing(client, wanted)? } else { String::new() };
    if console.json {
        return console.value(&rows);
    }
    if rows.is_empty() {
        console.say(nothing);
        return Ok(());
    }
    let mut table =
        Table::new(&[">delivery", ">lead", "destination", "state", ">attempts", "next try", "why it failed"]);
    for row in &rows {
        table.row(
            ["/id", "/lead", "/destination", "/state", "/attempts", "/next_try_at", "/last_error"]
                .map(|pointer| cell::text(row, pointer)),
        );
    }
    table.write(console.out())?;
    if after.is_some() {
        console.say(format_args!("there are more: --limit {} shows as many", wanted.limit.max(1) * 10));
    }
    let is_dead = |row: &&Json| row.get("state").and_then(Json::as_str) == Some("dead");
    if let Some(dead) = rows.iter().find(is_dead) {
        console.say(format_args!(
            "what is dead is not tried again by itself: `brix deliveries show {id}` tells why, `brix deliveries replay {id}` sends it again",
            id = cell::text(dead, "/id")
        ));
    }
    Ok(())
}

/// Why there is nothing to show, and what to do.
fn nothing(client: &Client, wanted: &Wanted) -> Result<String> {
    let found = client.get("/api/v1/destinations", &[])?;
    let known: Vec<String> = all(&found).iter().map(|row| cell::text(row, "/name")).collect();
    if known.is_empty() {
        return Ok(
            "no destinations are set up, so nothing is told to anybody: `[[destinations]]` in server.toml sets one \
                   up (docs/destinations.md)"
                .to_owned(),
        );
    }
    Ok(match &wanted.destination {
        Some(name) if !known.contains(name) => {
            let cure = format!("these are set up: {}", known.join(", "));
            return Err(Failure::usage(format!("there is no destination `{name}`; {cure}")));
        }
        _ if wanted.state.is_some() || wanted.lead.is_some() || wanted.destination.is_some() => {
            "no delivery is like that; `brix deliveries` shows all, `brix deliveries destinations` counts them"
                .to_owned()
        }
        _ => format!(
            "nothing has been told to {} yet: that comes with the first lead; `brix leads` lists leads, `brix near` who may \
             become one",
            known.join(", ")
        ),
    })
}

fn show(client: &Client, delivery: u64, console: &mut Console) -> Result<()> {
    let found = client.get(&format!("/api/v1/deliveries/{delivery}"), &[])?;
    if console.json {
        return console.value(&found);
    }
    let at = |pointer| cell::text(&found, pointer);
    console.line(format_args!("{} to {}: {}", at("/key"), at("/destination"), at("/state")))?;
    if !at("/next_try_at").is_empty() {
        console.line(format_args!("next try at {}", at("/next_try_at")))?;
    }
    let mut table = Table::new(&[">attempt", "at", ">answered", ">ms", "why it failed"]);
    for row in found.get("each_attempt").and_then(Json::as_array).into_iter().flatten() {
        table.row(["/attempt", "/at", "/status", "/duration_ms", "/error"].map(|pointer| cell::text(row, pointer)));
    }
    table.write(console.out())?;
    Ok(())
}

fn replay(client: &Client, delivery: Option<u64>, destination: Option<&str>, console: &mut Console) -> Result<()> {
    let told = match delivery {
        Some(delivery) => client.post(&format!("/api/v1/deliveries/{delivery}/replay"), &json!({}))?,
        None => client.post("/api/v1/deliveries/replay", &json!({ "destination": destination }))?,
    };
    if console.json {
        return console.value(&told);
    }
    let number = |name: &str| told.get(name).and_then(Json::as_u64).unwrap_or_default();
    let (replayed, left_out) = (number("replayed"), number("left_out"));
    console.say(match (replayed, left_out) {
        (0, 0) => "nothing was given up, so nothing is sent again".to_owned(),
        _ => format!(
            "{}, with the ids that they had",
            count(replayed, "delivery is sent again", "deliveries are sent again")
        ),
    });
    if left_out > 0 {
        console.say(format_args!(
            "{} as before: the lead is retracted, or nothing is told of it any more",
            count(left_out, "stays", "stay")
        ));
    }
    Ok(())
}

fn all(found: &Json) -> &[Json] {
    found.get("destinations").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn destinations(client: &Client, console: &mut Console) -> Result<()> {
    let found = client.get("/api/v1/destinations", &[])?;
    if console.json {
        return console.value(&found);
    }
    if all(&found).is_empty() {
        console.say("no destinations are set up: `[[destinations]]` in server.toml sets one up (docs/destinations.md)");
        return Ok(());
    }
    let head =
        ["destination", "kind", "state", ">waiting", ">on the way", ">delivered", ">dead", "why the last failed"];
    let mut table = Table::new(&head);
    for row in all(&found) {
        let at = |pointer| cell::text(row, pointer);
        let number = |pointer| row.pointer(pointer).and_then(Json::as_u64).unwrap_or_default().to_string();
        table.row([
            at("/name"),
            at("/kind"),
            state_of(row),
            number("/deliveries/waiting"),
            number("/deliveries/leased"),
            number("/deliveries/delivered"),
            number("/deliveries/dead"),
            at("/last_error"),
        ]);
    }
    table.write(console.out())?;
    Ok(())
}

fn state_of(destination: &Json) -> String {
    let until = cell::text(destination, "/left_alone_until");
    if destination.get("kind").is_none_or(Json::is_null) {
        "not set up".to_owned()
    } else if destination.get("enabled") == Some(&Json::Bool(false)) {
        "disabled".to_owned()
    } else if until.is_empty() {
        "enabled".to_owned()
    } else {
        format!("left alone until {until}")
    }
}
