//! A history sent through the API gives what the same history gives when it is imported from files: the same leads at the same
//! instants, with the same scores, bands and evidence. It is sent in no order, with copies, to a server that is killed and stopped
//! meanwhile, while what came before goes into the lake.
//!
//! `BRIX_HISTORIES=whole` takes all of the real set and a larger product.

mod comparing;
mod history;
mod sending;

use std::path::{Path, PathBuf};

use comparing::{Imported, leads_of};
use history::History;
pub use sending::until_judged;
use sending::{Dice, send, shuffled};

use crate::support::{Server, seed};

fn is_whole() -> bool {
    std::env::var("BRIX_HISTORIES").is_ok_and(|size| size == "whole")
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("equality").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Settings of a server that brings its log into the lake all the time.
fn settings(history: &History) {
    let settings = format!(
        r#"
listen = "127.0.0.1:0"
log_format = "json"
[compaction]
every = "1s"
entries = 1500
[[sources]]
name = "{}"
vendor = "segment"
keys = ["env:TEST_KEY"]
[[api_keys]]
name = "reader"
scope = "read"
key = "env:TEST_READ"
"#,
        history.source
    );
    std::fs::write(history.folder.join("server.toml"), settings).unwrap();
}

fn is_the_same_live(history: &History, ends: usize, most_explained: usize) {
    settings(history);
    let mut dice = Dice(seed());
    let messages = shuffled(&history.messages, &mut dice);
    let mut server = Server::start(&history.folder);
    let (kills, stops) = send(&mut server, &messages, ends, &mut dice);
    until_judged(&server);
    let leads = leads_of(&server);
    let imported = Imported::new(&history.folder);
    let (to_buy, to_use) = imported.same_listings(&leads);
    let looked = imported.same_evidence(&server, &leads, most_explained, &mut dice);
    let lake = history.folder.join("data/lake");
    assert!(std::fs::read_dir(&lake).is_ok_and(|mut files| files.next().is_some()), "nothing went into the lake");
    println!(
        "{} messages, {kills} kills, {stops} stops: {to_buy} leads to buy, {to_use} to use only, {looked} explained",
        messages.len()
    );
    assert!(kills > 0 && stops > 0 && to_buy > 20 && to_use > 0 && looked > 10);
    // And a start finds nothing else.
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.words());
    let server = Server::start(&history.folder);
    until_judged(&server);
    assert_eq!(leads_of(&server), leads);
}

#[test]
fn learners_are_the_same_live_and_from_files() {
    let one_in = if is_whole() { 1 } else { 20 };
    let Some(history) = history::learners(&scratch("learners"), one_in) else { return };
    let (ends, explained) = if is_whole() { (30, 500) } else { (4, 20) };
    is_the_same_live(&history, ends, explained);
}

#[test]
fn a_product_is_the_same_live_and_from_files() {
    let users = if is_whole() { 2000 } else { 150 };
    let history = history::product(&scratch("product"), users);
    let (ends, explained) = if is_whole() { (30, 500) } else { (4, 20) };
    is_the_same_live(&history, ends, explained);
}
