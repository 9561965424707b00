//! Names that lead to private machines: nothing arrives there, whatever the name means and when.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use engine::time::MINUTE;
use store::ledger::action::ActionState;

use super::office::{Office, at, eventually};
use super::receiver::Receiver;
use crate::delivery::resolve::{Found, Lookup};

/// Gives one answer after the other, then the last one again and again.
struct Names {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Names {
    fn that_give(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|found| found.iter().map(|address| address.parse().unwrap()).collect());
        Arc::new(Self { answers: Mutex::new(answers.collect()), asked: AtomicUsize::new(0) })
    }
}

impl Lookup for Names {
    fn lookup(&self, _: &str) -> Found {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut answers = self.answers.lock().unwrap();
        let found = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        Box::pin(async move { Ok(found) })
    }
}

#[test]
fn a_name_for_a_private_machine_is_refused() {
    for (address, expect) in [
        ("127.0.0.1", "this machine"),
        ("::1", "this machine"),
        ("::ffff:127.0.0.1", "in disguise"),
        ("169.254.169.254", "metadata"),
        ("10.0.0.1", "private"),
        ("100.64.0.1", "carrier"),
        ("64:ff9b::7f00:1", "NAT64"),
        ("2002:7f00:1::", "6to4"),
        ("224.0.0.1", "multicast"),
    ] {
        let receiver = Receiver::that(vec![]);
        let names = Names::that_give(&[&[address]]);
        let mut office = Office::new();
        office.lead("hook", 1);
        let url = format!("https://hooks.example:{}/hush", receiver.port);
        office.open_with(vec![at("hook", "webhook", &url, false)], Arc::clone(&names) as _);
        eventually("tried", || office.actions("hook")[0].last_error.is_some());
        let error = office.actions("hook")[0].last_error.clone().unwrap();
        assert!(error.contains(expect) && error.contains("allow_private"), "{address}: {error}");
        assert_eq!(receiver.connections(), 0, "{address}");
        office.close();
    }
}

/// The name is asked for once in each attempt, and what was said is where the connection goes: there is no second answer to be had.
#[test]
fn a_name_that_changes_its_meaning_gains_nothing() {
    let receiver = Receiver::that(vec![]);
    let names = Names::that_give(&[&[], &["127.0.0.1"], &["::ffff:127.0.0.1"], &["0.0.0.0", "127.0.0.1"]]);
    let mut office = Office::new();
    office.lead("hook", 1);
    let url = format!("https://rebind.example:{}/", receiver.port);
    office.open_with(vec![at("hook", "webhook", &url, false)], Arc::clone(&names) as _);
    for attempt in 1..=4 {
        eventually("tried", || office.attempts(&office.actions("hook")[0]).len() == attempt);
        assert_eq!(names.asked.load(Ordering::Relaxed), attempt, "once for each attempt");
        office.pass(180 * MINUTE);
    }
    assert_eq!(receiver.connections(), 0);
    office.close();
}

#[test]
fn the_connection_goes_to_the_address_that_was_checked() {
    let receiver = Receiver::that(vec![]);
    // No resolver of this world knows the name: whoever asked another one would not arrive.
    let names = Names::that_give(&[&["127.0.0.1"], &["192.0.2.1"]]);
    let mut office = Office::new();
    office.lead("hook", 1);
    let url = format!("http://nowhere.invalid:{}/", receiver.port);
    office.open_with(vec![at("hook", "webhook", &url, true)], Arc::clone(&names) as _);
    eventually("delivered", || office.all_are("hook", ActionState::Delivered));
    assert_eq!(names.asked.load(Ordering::Relaxed), 1);
    office.close();
}
