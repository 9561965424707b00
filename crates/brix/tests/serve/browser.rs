//! Segment's browser SDK, unmodified, in real Chromium: each message arrives once, rightly mapped.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use engine::record::{Body, Record};

use crate::support::{KEY, Server, folder};

/// Debian's Chromium, or the one that `CHROMIUM` names.
fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    named.or_else(|| Some(PathBuf::from("/usr/bin/chromium"))).filter(|path| path.is_file())
}

/// What an event is called, with the number or the section that it has.
fn event(record: &Record) -> Option<String> {
    let Body::Event { name, properties, .. } = &record.body else { return None };
    let detail = ["number", "section"].iter().find_map(|name| properties.get(*name));
    Some(detail.map_or_else(|| name.to_string(), |detail| format!("{name} {detail:?}")))
}

#[test]
fn segment_in_chromium() {
    let modules = std::env::var_os("BRIX_SDKS").map(|folder| PathBuf::from(folder).join("node_modules"));
    let is_there = |modules: &PathBuf| {
        ["@segment/analytics-next", "playwright-core"].iter().all(|name| modules.join(name).is_dir())
    };
    let (Some(modules), Some(chromium)) = (modules.filter(is_there), chromium()) else {
        eprintln!(
            "skipped: Segment's browser SDK in Chromium (tests/sdk says what is needed, and Debian's package chromium)"
        );
        return;
    };
    let place = folder("browser", "");
    std::os::unix::fs::symlink(modules, place.join("node_modules")).unwrap();
    let script = place.join("send_segment_browser.mjs");
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sdk");
    std::fs::copy(scripts.join("send_segment_browser.mjs"), &script).unwrap();
    let server = Server::start(&place);
    let output = Command::new("node")
        .arg(&script)
        .env("BRIX_URL", format!("http://{}", server.address))
        .env("BRIX_KEY", KEY)
        .env("CHROMIUM", chromium)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words}");
    let sent = String::from_utf8(output.stdout).unwrap();
    assert!(sent.contains("/settings") && sent.contains("/v1/t\""), "{sent}");

    let (records, rejects) = server.kept();
    assert_eq!(rejects, []);
    let ids: BTreeSet<_> = records.iter().map(|record| &record.message).collect();
    assert_eq!(ids.len(), records.len(), "each has an id of its own: {records:#?}");
    let mut events: Vec<String> = records.iter().filter_map(event).collect();
    events.sort_unstable();
    let numbered = |number| format!("Project Created Number({number})");
    let page = "Page Viewed Text(\"plans\")".to_owned();
    let rest = [numbered(1), numbered(2), numbered(3), numbered(4), "Started Anew".to_owned()];
    assert_eq!(events, [vec![page, "Plan Viewed".to_owned()], rest.to_vec()].concat());

    let by =
        |name: &str| records.iter().find(|record| event(record).is_some_and(|event| event.starts_with(name))).unwrap();
    let visitor = by("Plan Viewed").who.anonymous.clone();
    assert!(visitor.is_some() && by("Plan Viewed").who.user.is_none());
    // Who she was before she was known, on this page and on the next ones.
    for record in records.iter().filter(|record| event(record).is_some_and(|event| event.starts_with("Project"))) {
        assert_eq!((record.who.user.as_deref(), &record.who.anonymous), (Some("user-1"), &visitor));
    }
    let anew = &by("Started Anew").who;
    assert!(anew.user.is_none() && anew.anonymous.is_some() && anew.anonymous != visitor, "{anew:?}");
    let said = |wanted: &str| {
        let is_it = |record: &&Record| match &record.body {
            Body::Traits { traits, .. } => traits.contains_key(wanted),
            Body::Alias { previous } => previous.as_ref() == wanted,
            _ => false,
        };
        records.iter().filter(is_it).collect::<Vec<_>>()
    };
    let [identified] = said("plan")[..] else { panic!("{records:#?}") };
    assert_eq!((identified.who.user.as_deref(), &identified.who.anonymous), (Some("user-1"), &visitor));
    let [grouped] = said("employees")[..] else { panic!("{records:#?}") };
    assert_eq!((grouped.who.user.as_deref(), grouped.who.account.as_deref()), (Some("user-1"), Some("acme")));
    let [alias] = said("visitor-1")[..] else { panic!("{records:#?}") };
    assert_eq!(alias.who.user.as_deref(), Some("user-1"));
    assert_eq!(records.len(), events.len() + 3);
}
