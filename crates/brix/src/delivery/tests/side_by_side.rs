//! Destinations do not disturb each other, nor what comes in; nothing is lost when Brix ends.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use engine::time::MINUTE;
use store::ledger::action::ActionState;

use super::office::{Office, TIMEOUT, eventually, webhook};
use super::receiver::{Does, Receiver};
use crate::delivery::{Means, start};

#[test]
fn one_that_hangs_slows_nothing() {
    let (hanging, well) = (Receiver::that(vec![Does::Hangs; 1000]), Receiver::that(vec![]));
    let mut office = Office::new();
    office.open(vec![webhook("hanging", &hanging), webhook("well", &well)]);
    office.lead("hanging", 100);
    eventually("it hangs", || !hanging.got().is_empty());
    let (mut commits, mut arrivals) = (Duration::ZERO, Duration::ZERO);
    for number in 1..=20 {
        let before = Instant::now();
        office.lead("well", 1);
        commits = commits.max(before.elapsed());
        eventually("it is delivered", || well.got().len() == number);
        arrivals = arrivals.max(before.elapsed());
    }
    eprintln!("slowest commit {commits:?}, slowest from the commit's beginning to the receiver {arrivals:?}");
    assert!(commits < TIMEOUT && arrivals < 4 * TIMEOUT, "{commits:?} {arrivals:?}");
    office.close();
}

#[test]
fn many_are_all_sent_once() {
    let receiver = Receiver::that(vec![]);
    let mut office = Office::new();
    office.lead("hook", 1000);
    let began = Instant::now();
    office.open(vec![webhook("hook", &receiver)]);
    eventually("delivered", || receiver.got().len() >= 1000);
    eprintln!("1000 webhooks in {:?}", began.elapsed());
    eventually("noted", || office.all_are("hook", ActionState::Delivered));
    let ids: BTreeSet<String> = receiver.got().iter().map(|got| got.header("webhook-id").to_owned()).collect();
    assert_eq!((ids.len(), receiver.got().len()), (1000, 1000));
    office.close();
}

#[test]
fn what_is_on_its_way_ends_in_an_orderly_stop() {
    let receiver = Receiver::that(vec![Does::Hangs]);
    let mut office = Office::new();
    office.open(vec![webhook("hook", &receiver)]);
    office.lead("hook", 1);
    eventually("on its way", || receiver.got().len() == 1);
    office.close();
    let action = &office.actions("hook")[0];
    assert_eq!(action.state, ActionState::Waiting, "the attempt was settled");
    assert_eq!(office.attempts(action).len(), 1);
}

#[test]
fn a_killed_worker_sends_again_with_the_same_key() {
    let receiver = Receiver::that(vec![Does::Hangs; 40]);
    let mut office = Office::new();
    office.open(vec![webhook("hook", &receiver)]);
    office.lead("hook", 40);
    eventually("on its way", || receiver.got().len() == 16);
    let mut office = office.kill();
    assert!(office.actions("hook").iter().any(|action| action.state == ActionState::Leased));
    receiver.now_does(vec![]);
    office.open(vec![webhook("hook", &receiver)]);
    // What the dead one had leased comes back when its time is up; so does what it was left alone for.
    office.pass(20 * MINUTE);
    eventually("delivered", || office.all_are("hook", ActionState::Delivered));
    let ids: BTreeSet<String> = receiver.got().iter().map(|got| got.header("webhook-id").to_owned()).collect();
    assert_eq!(ids.len(), 40, "each under one key");
    office.close();
}

#[test]
fn two_of_one_id_are_refused() {
    let receiver = Receiver::that(vec![]);
    let office = Office::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let now = office.now();
    let means = Means::new(office.ledger.clone(), office.catalog.clone(), std::sync::Arc::new(move || now));
    let twice = vec![webhook("hook", &receiver), webhook("hook", &receiver)];
    let error = start(runtime.handle(), &means, twice).err().unwrap().to_string();
    assert!(error.contains("two destinations `hook`"), "{error}");
}
