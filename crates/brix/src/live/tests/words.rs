//! Evidence in the words of another version of Brix: it stands for the same, and nothing is corrected for it.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use engine::Timestamp;
use serde_json::Value as Json;
use store::SqliteLedger;
use store::ledger::action::{ActionFilter, Outbox as _};
use store::ledger::lead::{ChangeKind, LeadChange, What};
use store::ledger::{Commit, Ledger as _};
use store::log::Log as _;

use super::{CLOCK, Dice, Site, history, live};
use crate::live::entry::Entry;

/// As another version might have told it.
fn in_other_words(json: &mut Json) {
    match json {
        Json::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Json::String(words) if name == "words" => words.insert_str(0, "once upon a time "),
                    Json::Array(reasons) if name == "reasons" => *reasons = vec![Json::from("once upon a time")],
                    other => in_other_words(other),
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(in_other_words),
        _ => {}
    }
}

/// The evidence of each lead that is not retracted.
fn evidence(ledger: &SqliteLedger) -> BTreeMap<u64, String> {
    let leads = ledger.briefs().expect("the ledger can be read").into_iter().filter(|lead| !lead.is_retracted);
    let of = |lead| ledger.evidence(lead).expect("the ledger can be read").expect("there is some");
    leads.map(|lead| (lead.id, of(lead.id))).collect()
}

/// Keeps other evidence with leads, by an entry that says nothing. Gives the number of the last change.
fn keep(site: &Site, changed: &BTreeMap<u64, String>) -> u64 {
    let (log, ledger) = site.open();
    let tick = Entry::Tick(Timestamp(0)).encode().expect("it encodes");
    let offset = log.append(vec![tick]).expect("it is durable").last;
    let mut leads = Vec::new();
    for (lead, evidence) in changed {
        let found = ledger.lead(*lead).expect("the ledger can be read").expect("it is there");
        let what = What::Moved { facts: Box::new(found.facts), evidence: Some(evidence.clone()) };
        leads.push(LeadChange { lead: *lead, at: found.detected_at, by: None, what });
    }
    ledger.commit(&Commit { offset, leads, ..Commit::default() }).expect("it is kept");
    for (lead, evidence) in changed {
        assert_eq!(ledger.evidence(*lead).expect("the ledger can be read").as_ref(), Some(evidence));
    }
    ledger.last_change().expect("the ledger can be read")
}

/// The leads that were corrected since a change, and how many actions there are.
fn corrected(site: &Site, since: u64) -> (Vec<u64>, usize) {
    let (_, ledger) = site.open();
    let changes = ledger.changes(since, 100_000).expect("the ledger can be read").into_iter();
    let corrected = changes.filter(|change| change.kind == ChangeKind::Corrected).map(|change| change.lead);
    (corrected.collect(), ledger.actions(&ActionFilter::default(), 100_000).expect("the outbox can be read").len())
}

#[test]
fn other_words_for_the_same_correct_nobody() {
    let site = Site::new(u64::MAX);
    let records = history(7, 60);
    let now = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
    CLOCK.fetch_max(now.0, Ordering::Relaxed);
    // What is late comes last: it reaches into the past of leads.
    let (late, in_time): (Vec<_>, Vec<_>) = records.into_iter().enumerate().partition(|(number, _)| number % 20 == 0);
    let of = |numbered: Vec<(usize, _)>| numbered.into_iter().map(|(_, record)| record).collect::<Vec<_>>();
    let (late, in_time) = (of(late), of(in_time));
    // A twin of the site, to which nothing of this is done.
    let twin = Site::new(u64::MAX);
    for site in [&site, &twin] {
        live(site, &in_time, &mut Dice(7));
    }
    let (_, ledger) = site.open();
    let as_kept = evidence(&ledger);
    assert!(as_kept.len() > 20, "only {} leads", as_kept.len());
    let changed = as_kept.iter().map(|(lead, kept)| {
        let mut json: Json = serde_json::from_str(kept).expect("it is JSON");
        in_other_words(&mut json);
        assert_ne!(json.to_string(), *kept);
        (*lead, json.to_string())
    });
    let since = keep(&site, &changed.collect());
    let told = corrected(&site, since).1;
    drop(ledger);
    // Everyone is looked at anew, which asks of each lead whether it is as it is kept.
    std::fs::remove_dir_all(site.path().join("snapshots")).expect("they can be removed");
    live(&site, &[], &mut Dice(7));
    assert_eq!(corrected(&site, since), (Vec::new(), told));
    // And nobody is corrected by late data who would not be without that.
    let others = twin.open().1.last_change().expect("the ledger can be read");
    for site in [&site, &twin] {
        live(site, &late, &mut Dice(8));
    }
    let ((found, _), (expected, _)) = (corrected(&site, since), corrected(&twin, others));
    assert!(!expected.is_empty(), "late data corrects some");
    assert_eq!(found, expected);
}

/// What has another value is something else, in whichever words.
#[test]
fn what_stands_for_something_else_is_corrected() {
    let site = Site::new(u64::MAX);
    let records = history(7, 60);
    let now = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
    CLOCK.fetch_max(now.0, Ordering::Relaxed);
    let (last, before) = records.split_last().expect("there are records");
    live(&site, before, &mut Dice(7));
    let (_, ledger) = site.open();
    let as_kept = evidence(&ledger);
    let changed = as_kept.iter().map(|(lead, kept)| {
        let mut json: Json = serde_json::from_str(kept).expect("it is JSON");
        json["explanation"]["at"] = Json::from(1);
        (*lead, json.to_string())
    });
    let since = keep(&site, &changed.collect());
    drop(ledger);
    std::fs::remove_dir_all(site.path().join("snapshots")).expect("they can be removed");
    live(&site, std::slice::from_ref(last), &mut Dice(7));
    assert!(!corrected(&site, since).0.is_empty());
}
