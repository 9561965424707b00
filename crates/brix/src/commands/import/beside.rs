//! A lake beside a server: whoever imports where a server's settings lie, and names no lake, makes one of which the server knows nothing.
//! That is said, with the lake that is the server's.

use std::path::{Path, PathBuf};

use crate::cli::Shared;
use crate::console::{Console, DOUBT};
use crate::serve::config::FILE;

/// Says which lake is written, where another one may be meant.
pub fn tell(shared: &Shared, console: &mut Console) {
    if shared.lake.is_some() {
        return;
    }
    let own = shared.lake();
    if let Some(servers) = lake_of_server(Path::new(FILE)).filter(|servers| !are_same(servers, &own)) {
        let (own, servers) = (own.display(), servers.display());
        console.say(format_args!(
            "{DOUBT}Into the lake {own}{DOUBT:#}, of which the server of {FILE} here knows nothing; its own is {servers}: \
             --lake {servers} imports into that, while the server does not run"
        ));
    }
}

/// The lake that settings name; `None` where there are none, or they cannot be read.
fn lake_of_server(settings: &Path) -> Option<PathBuf> {
    let table: toml::Table = std::fs::read_to_string(settings).ok()?.parse().ok()?;
    let path = |key: &str| table.get(key).and_then(toml::Value::as_str).map(PathBuf::from);
    Some(path("lake").unwrap_or_else(|| path("data").unwrap_or_else(|| PathBuf::from("data")).join("lake")))
}

fn are_same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    whole(one) == whole(other)
}
