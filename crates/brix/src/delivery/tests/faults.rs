//! Whatever a receiver does: once it is well, every action is delivered, with one key, and every attempt is on record.

use engine::time::{MINUTE, SECOND};
use store::ledger::action::ActionState;

use super::office::{Office, at, eventually, webhook};
use super::receiver::{Does, Receiver};

/// A fault, twice, and what is kept of it.
fn faults(elsewhere: &Receiver) -> Vec<(&'static str, Does, Option<u16>, &'static str)> {
    vec![
        ("hangs", Does::Hangs, None, "no answer within"),
        ("closes", Does::Closes, None, "the connection broke"),
        ("half", Does::ClosesHalfWay, None, "the connection broke"),
        ("babbles", Does::Babbles, None, "the connection broke"),
        ("500", Does::answers(500), Some(500), "answered 500"),
        ("503", Does::with(503, "retry-after: 2"), Some(503), "answered 503"),
        ("429", Does::with(429, "retry-after: 2"), Some(429), "answered 429"),
        ("bad-wait", Does::with(429, "retry-after: soon"), Some(429), "answered 429"),
        ("bad-header", Does::with(200, "retry-after: \u{1}"), None, "the connection broke"),
        ("404", Does::answers(404), Some(404), "answered 404"),
        (
            "302",
            Does::with(302, &format!("location: {}", elsewhere.url())),
            Some(302),
            "a redirect, which is not followed",
        ),
        (
            "307",
            Does::with(307, &format!("location: {}", elsewhere.url())),
            Some(307),
            "a redirect, which is not followed",
        ),
        ("999", Does::answers(999), Some(999), "answered 999"),
    ]
}

#[test]
fn every_fault_ends_delivered() {
    let elsewhere = Receiver::that(vec![]);
    let faults: Vec<_> = faults(&elsewhere)
        .into_iter()
        .map(|(id, does, status, error)| (id, Receiver::that(vec![does.clone(), does]), status, error))
        .collect();
    let mut office = Office::new();
    faults.iter().for_each(|(id, ..)| office.lead(id, 1));
    office.open(faults.iter().map(|(id, receiver, ..)| webhook(id, receiver)).collect());
    for round in 1..=3 {
        eventually("each has had its attempt", || {
            faults.iter().all(|(id, ..)| office.attempts(&office.actions(id)[0]).len() == round)
        });
        // Longer than the longest of the first two waits.
        office.pass(7 * MINUTE);
    }
    for (id, receiver, status, error) in &faults {
        let (action, got) = (&office.actions(id)[0], receiver.got());
        assert_eq!((action.state, got.len()), (ActionState::Delivered, 3), "{id}: {action:?}");
        let key = format!("lead_{}/{id}/to-buy", action.lead);
        assert!(got.iter().all(|got| got.header("webhook-id") == key), "{id}: one key");
        assert!(got.iter().all(|other| other.body == got[0].body), "{id}: one body");
        let attempts = office.attempts(action);
        for failed in &attempts[..2] {
            let told = failed.error.as_deref().unwrap_or_default();
            assert!(failed.status == *status && told.contains(error), "{id}: {failed:?}");
            assert!(!told.contains("hush"), "{id}: shows the address: {told}");
        }
        assert_eq!((attempts[2].status, attempts[2].error.as_deref()), (Some(200), None), "{id}");
    }
    assert_eq!(elsewhere.connections(), 0, "no redirect was followed");
    office.close();
}

#[test]
fn a_status_is_an_answer_whatever_follows() {
    for does in [Does::ClosesInBody, Does::TalksForEver, Does::Answers(204, String::new(), "")] {
        let receiver = Receiver::that(vec![does.clone()]);
        let mut office = Office::new();
        office.lead("hook", 1);
        office.open(vec![webhook("hook", &receiver)]);
        eventually("delivered", || office.all_are("hook", ActionState::Delivered));
        assert_eq!(receiver.got().len(), 1, "{does:?}");
        office.close();
    }
}

#[test]
fn nobody_listens() {
    // The listener is closed at once, so nobody has the port.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut office = Office::new();
    office.lead("hook", 1);
    office.open(vec![at("hook", "webhook", &format!("http://127.0.0.1:{nobody}/"), true)]);
    eventually("tried", || office.actions("hook")[0].last_error.is_some());
    assert!(office.actions("hook")[0].last_error.as_deref().unwrap().contains("cannot connect"));
    office.close();
}

#[test]
fn retry_after_holds_for_the_whole_destination() {
    let receiver = Receiver::that(vec![Does::with(429, "retry-after: 3600")]);
    let mut office = Office::new();
    office.lead("hook", 1);
    office.open(vec![webhook("hook", &receiver)]);
    eventually("tried", || !office.attempts(&office.actions("hook")[0]).is_empty());
    office.lead("hook", 5);
    office.pass(59 * MINUTE);
    std::thread::sleep(std::time::Duration::from_millis(600));
    assert_eq!(receiver.got().len(), 1, "an hour was asked for");
    office.close();
    // It also holds after a new start.
    office.open(vec![webhook("hook", &receiver)]);
    std::thread::sleep(std::time::Duration::from_millis(600));
    assert_eq!(receiver.got().len(), 1);
    office.pass(2 * MINUTE);
    eventually("delivered", || office.all_are("hook", ActionState::Delivered));
    let first = &office.actions("hook")[0];
    assert_eq!(office.attempts(first).len(), 2);
    assert!(office.attempts(first)[1].at.0 - office.attempts(first)[0].at.0 >= 3600 * SECOND);
    office.close();
}
