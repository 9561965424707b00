//! What every outbox promises.

use std::path::Path;

use engine::time::Timestamp;
use store::ledger::action::{Action, ActionFilter, ActionState, Ending, Failing, MOST_ERROR_BYTES, NewAction, Settled};
use store::ledger::{Commit, Ledger};

use crate::ledger::{action, detected, of_leads};

/// A ledger with one lead and these actions.
fn with_actions<L: Ledger>(ledger: &L, actions: Vec<NewAction>) {
    let offset = ledger.offset().unwrap() + 1;
    let leads = if offset == 1 { vec![detected(1), detected(2)] } else { vec![] };
    ledger.commit(&Commit { actions, ..of_leads(offset, leads) }).unwrap();
}

fn settled(leased: &Action, ending: Ending) -> Settled {
    Settled {
        action: leased.id,
        attempt: leased.attempts,
        at: leased.due_at,
        status: Some(200),
        duration_ms: 12,
        ending,
    }
}

fn failed(error: &str, retry_at: i64) -> Ending {
    Ending::Failed { error: error.to_owned(), retry_at: Timestamp(retry_at) }
}

fn delivered(remote_id: &str) -> Ending {
    Ending::Delivered { remote_id: Some(remote_id.to_owned()) }
}

fn only<L: Ledger>(ledger: &L) -> Action {
    let actions = ledger.actions(&ActionFilter::default(), 9).unwrap();
    assert_eq!(actions.len(), 1);
    actions[0].clone()
}

pub fn an_action_is_there_once<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    with_actions(&ledger, vec![action(1, "alert", 5), NewAction { payload: "{}".to_owned(), ..action(1, "alert", 0) }]);
    with_actions(&ledger, vec![action(1, "alert", 0), action(2, "alert", 0)]);
    let actions = ledger.actions(&ActionFilter::default(), 9).unwrap();
    assert_eq!(actions.iter().map(|action| action.lead).collect::<Vec<_>>(), [2, 1], "the newest first");
    assert_eq!(
        (actions[1].due_at, actions[1].payload.as_str()),
        (Timestamp(5), "{\"text\":\"hello\"}"),
        "the first counts"
    );
    let of_lead = ActionFilter { lead: Some(1), destination: Some("slack".to_owned()), ..ActionFilter::default() };
    assert_eq!(ledger.actions(&of_lead, 9).unwrap(), actions[1..]);
    let next_page = ActionFilter { before: Some(actions[0].id), ..ActionFilter::default() };
    assert_eq!(ledger.actions(&next_page, 9).unwrap(), actions[1..]);
}

pub fn what_is_due_goes_by_priority<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let with = |name: &str, at, priority| NewAction { priority, ..action(1, name, at) };
    let elsewhere = NewAction { destination: "crm".to_owned(), ..action(1, "sync", 0) };
    with_actions(
        &ledger,
        vec![with("low", 0, 0), with("later", 50, 9), with("high", 10, 5), with("mid", 0, 1), elsewhere],
    );
    assert_eq!(ledger.next_due("slack").unwrap(), Some(Timestamp(0)));
    let names = |actions: Vec<Action>| actions.into_iter().map(|action| action.action).collect::<Vec<_>>();
    assert_eq!(names(ledger.lease("slack", Timestamp(10), 2, 100).unwrap()), ["high", "mid"]);
    assert_eq!(names(ledger.lease("slack", Timestamp(10), 9, 100).unwrap()), ["low"], "what is leased is left alone");
    assert_eq!(names(ledger.lease("slack", Timestamp(49), 9, 100).unwrap()), [""; 0]);
    assert_eq!(ledger.next_due("slack").unwrap(), Some(Timestamp(50)));
    assert_eq!(names(ledger.lease("slack", Timestamp(50), 9, 100).unwrap()), ["later"]);
    assert_eq!(names(ledger.lease("crm", Timestamp(50), 9, 100).unwrap()), ["sync"]);
    assert_eq!(ledger.next_due("nowhere").unwrap(), None);
}

pub fn a_lost_lease_is_taken_over<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    with_actions(&ledger, vec![action(1, "alert", 0)]);
    let first = ledger.lease("slack", Timestamp(0), 9, 100).unwrap().remove(0);
    assert!(ledger.lease("slack", Timestamp(99), 9, 100).unwrap().is_empty());
    drop(ledger);
    let ledger = make(folder.path());
    let second = ledger.lease("slack", Timestamp(100), 9, 100).unwrap().remove(0);
    assert_eq!((first.attempts, second.attempts, second.id), (1, 2, first.id));
    ledger.settle(&[settled(&first, failed("too late to say so", 0))]).unwrap();
    assert_eq!(only(&ledger).state, ActionState::Leased, "the second worker still has it");
    ledger.settle(&[settled(&first, delivered("m1"))]).unwrap();
    assert_eq!(only(&ledger).state, ActionState::Delivered, "but a delivery is one");
    ledger.settle(&[settled(&second, failed("timeout", 0))]).unwrap();
    let action = only(&ledger);
    assert_eq!((action.state, action.remote_id.as_deref()), (ActionState::Delivered, Some("m1")));
    assert!(ledger.lease("slack", Timestamp(1000), 9, 100).unwrap().is_empty());
}

pub fn cancelled_is_not_sent<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    with_actions(&ledger, vec![action(1, "a", 0), action(1, "b", 0), action(2, "c", 0)]);
    let leased = ledger.lease("slack", Timestamp(0), 1, 100).unwrap().remove(0);
    assert_eq!(ledger.cancel(1).unwrap(), 2);
    assert_eq!(ledger.cancel(1).unwrap(), 0);
    ledger.settle(&[settled(&leased, failed("no answer", 5))]).unwrap();
    let left = ledger.lease("slack", Timestamp(500), 9, 100).unwrap();
    assert_eq!(left.iter().map(|action| action.action.as_str()).collect::<Vec<_>>(), ["c"], "nor tried again");
    ledger.settle(&[settled(&leased, delivered("m1"))]).unwrap();
    let delivered = ActionFilter { state: Some(ActionState::Delivered), ..ActionFilter::default() };
    assert_eq!(ledger.actions(&delivered, 9).unwrap().len(), 1, "it had already gone out");
}

pub fn the_dead_are_replayed<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    with_actions(&ledger, vec![action(1, "alert", 0)]);
    for now in [0, 10, 20] {
        let leased = ledger.lease("slack", Timestamp(now), 9, 5).unwrap().remove(0);
        let ending = if now < 20 { failed("500", now + 10) } else { Ending::Dead { error: "410 gone".to_owned() } };
        ledger.settle(&[settled(&leased, ending)]).unwrap();
    }
    let action = only(&ledger);
    assert_eq!((action.state, action.last_error.as_deref(), action.tries), (ActionState::Dead, Some("410 gone"), 3));
    assert!(ledger.lease("slack", Timestamp(900), 9, 5).unwrap().is_empty());
    assert_eq!(ledger.replay(&[action.id, 77], Timestamp(1000)).unwrap(), 1);
    assert_eq!(ledger.replay(&[action.id], Timestamp(1000)).unwrap(), 0, "it is not dead any more");
    let leased = ledger.lease("slack", Timestamp(1000), 9, 5).unwrap().remove(0);
    assert_eq!((leased.attempts, leased.tries), (4, 1));
}

pub fn attempts_are_kept<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    with_actions(&ledger, vec![action(1, "alert", 0), action(2, "alert", 0)]);
    let leased = ledger.lease("slack", Timestamp(3), 9, 5).unwrap();
    let long = failed(&"é".repeat(MOST_ERROR_BYTES), 9);
    ledger.settle(&[settled(&leased[0], long), settled(&leased[1], delivered("m2"))]).unwrap();
    assert_eq!(ledger.failing("slack").unwrap(), None, "the last one went well");
    let again = ledger.lease("slack", Timestamp(9), 9, 5).unwrap().remove(0);
    ledger.settle(&[Settled { status: None, ..settled(&again, delivered("m3")) }]).unwrap();
    let attempts = ledger.attempts(leased[0].id).unwrap();
    assert_eq!(
        attempts.iter().map(|a| (a.attempt, a.status, a.duration_ms)).collect::<Vec<_>>(),
        [(1, Some(200), 12), (2, None, 12)]
    );
    assert_eq!(attempts[0].error.as_ref().unwrap().len(), MOST_ERROR_BYTES);
    assert_eq!(attempts[1].error, None);
    assert_eq!(ledger.action_counts().unwrap(), [("slack".to_owned(), ActionState::Delivered, 2)]);
    let fails = |at: i64, why: &str| {
        let other = NewAction { destination: "crm".to_owned(), ..action(2, &format!("other {at}"), at) };
        with_actions(&ledger, vec![action(1, &format!("alert {at}"), at), other]);
        let leased = ledger.lease("slack", Timestamp(at), 9, 5).unwrap().remove(0);
        let dead = Ending::Dead { error: why.to_owned() };
        ledger.settle(&[Settled { at: Timestamp(at), ..settled(&leased, dead) }]).unwrap();
        let other = ledger.lease("crm", Timestamp(at), 9, 5).unwrap().remove(0);
        ledger.settle(&[settled(&other, delivered("m4"))]).unwrap();
    };
    fails(20, "answered 500");
    fails(30, "answered 400");
    let failing = Failing { since: Timestamp(20), last_error: "answered 400".to_owned() };
    assert_eq!(ledger.failing("slack").unwrap(), Some(failing));
    assert_eq!((ledger.failing("crm").unwrap(), ledger.failing("nobody").unwrap()), (None, None));
}

pub fn what_was_told_goes_by_age<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let names = ["told", "dead", "told later", "waits", "told again"];
    with_actions(&ledger, names.iter().map(|name| action(1, name, 0)).collect());
    let leased = ledger.lease("slack", Timestamp(3), 9, 5).unwrap();
    let of = |name: &str| leased.iter().find(|action| action.action == name).unwrap();
    ledger
        .settle(&[
            settled(of("told"), delivered("m1")),
            settled(of("told again"), delivered("m2")),
            settled(of("dead"), Ending::Dead { error: "answered 410 to ada".to_owned() }),
            settled(of("waits"), failed("answered 503", 2)),
            settled(of("told later"), failed("answered 503", 100)),
        ])
        .unwrap();
    let later = ledger.lease("slack", Timestamp(100), 9, 5).unwrap();
    let later = later.iter().find(|action| action.action == "told later").unwrap();
    ledger.settle(&[settled(later, delivered("m3"))]).unwrap();
    let first = ledger.forget_told(Timestamp(50), 0, 2).unwrap();
    assert_eq!(first, [of("told").id, of("dead").id], "no more than so many at a time");
    assert_eq!(ledger.forget_told(Timestamp(50), first[1], 2).unwrap(), [of("told again").id]);
    assert_eq!(ledger.forget_told(Timestamp(50), 0, 9).unwrap(), [0; 0]);
    let all = ledger.actions(&ActionFilter::default(), 9).unwrap();
    let state = |name: &str| {
        let action = all.iter().find(|action| action.action == name).unwrap();
        let is_kept = action.payload != "{}";
        (action.state, is_kept, ledger.attempts(action.id).unwrap().len(), action.last_error.is_some())
    };
    assert_eq!(state("told"), (ActionState::Delivered, false, 0, false));
    assert_eq!(state("dead"), (ActionState::Cancelled, false, 0, false), "there is nothing to be replayed");
    assert_eq!(state("told later"), (ActionState::Delivered, true, 2, false));
    assert_eq!(state("waits"), (ActionState::Leased, true, 1, true));
    with_actions(&ledger, vec![action(1, "told", 0)]);
    assert_eq!(ledger.actions(&ActionFilter::default(), 9).unwrap().len(), 5, "what was told is not told again");
}
