//! When nothing more is sent: for a while, until somebody says so, or ever.

use engine::time::{DAY, HOUR, MINUTE, SECOND};
use store::catalog::audit::AuditFilter;
use store::ledger::action::{Action, ActionState};

use super::office::{Office, at, eventually, webhook};
use super::receiver::{Does, Receiver};

fn ids(actions: &[Action]) -> Vec<u64> {
    actions.iter().map(|action| action.id).collect()
}

#[test]
fn a_refused_action_is_dead_until_it_is_replayed() {
    let receiver = Receiver::that(vec![Does::answers(422)]);
    let mut office = Office::new();
    office.lead("hook", 1);
    office.open(vec![webhook("hook", &receiver)]);
    eventually("dead", || office.all_are("hook", ActionState::Dead));
    assert_eq!(office.ledger.replay(&ids(&office.actions("hook")), office.now()).unwrap(), 1);
    office.running().bell().ring();
    eventually("delivered", || office.all_are("hook", ActionState::Delivered));
    let got = receiver.got();
    assert_eq!((got.len(), got[0].header("webhook-id")), (2, got[1].header("webhook-id")));
    office.close();
}

#[test]
fn after_ten_attempts_an_action_is_dead() {
    let receiver = Receiver::that(vec![Does::answers(500); 100]);
    let mut office = Office::new();
    office.lead("hook", 1);
    office.open(vec![webhook("hook", &receiver)]);
    for attempt in 1..=10 {
        eventually("tried", || office.attempts(&office.actions("hook")[0]).len() == attempt);
        office.pass(DAY + 6 * HOUR + MINUTE);
    }
    let action = &office.actions("hook")[0];
    assert_eq!(action.state, ActionState::Dead);
    assert_eq!(action.last_error.as_deref(), Some("answered 500; given up after 10 attempts"));
    assert_eq!(receiver.got().len(), 10);
    receiver.now_does(vec![]);
    office.ledger.replay(&[action.id], office.now()).unwrap();
    office.pass(HOUR);
    eventually("delivered", || office.all_are("hook", ActionState::Delivered));
    office.close();
}

#[test]
fn what_cannot_be_read_is_dead_and_disturbs_nobody() {
    let receiver = Receiver::that(vec![]);
    let mut office = Office::new();
    office.lead_with("hook", "{\"type\":\"lead.sung\"}");
    office.lead("hook", 1);
    office.open(vec![webhook("hook", &receiver)]);
    eventually("the other is delivered", || office.actions("hook")[1].state == ActionState::Delivered);
    eventually("dead", || office.actions("hook")[0].state == ActionState::Dead);
    assert_eq!(receiver.got().len(), 1);
    office.close();
}

#[test]
fn a_destination_that_fails_is_left_alone() {
    let receiver = Receiver::that(vec![Does::answers(500); 1000]);
    let mut office = Office::new();
    office.open(vec![webhook("hook", &receiver)]);
    office.lead("hook", 200);
    let circuit = |office: &Office| office.catalog.destinations().unwrap()[0].circuit.clone();
    eventually("open", || circuit(&office).open_until.is_some());
    std::thread::sleep(std::time::Duration::from_millis(400));
    let before = receiver.got().len();
    assert!((5..=5 + 2 * 16).contains(&before), "{before}: what was under way, and no more");
    std::thread::sleep(std::time::Duration::from_millis(400));
    assert_eq!(receiver.got().len(), before);
    assert!(circuit(&office).last_error.unwrap().contains("500"));

    office.pass(31 * SECOND);
    eventually("one is tried", || receiver.got().len() == before + 1);
    std::thread::sleep(std::time::Duration::from_millis(400));
    assert_eq!(receiver.got().len(), before + 1, "and no more");

    receiver.now_does(vec![]);
    office.pass(10 * MINUTE);
    eventually("all are delivered", || office.all_are("hook", ActionState::Delivered));
    eventually("closed", || circuit(&office).open_until.is_none() && circuit(&office).failures == 0);
    office.close();
}

#[test]
fn gone_disables_until_somebody_enables() {
    let receiver = Receiver::that(vec![Does::answers(410); 2]);
    let mut office = Office::new();
    office.open(vec![webhook("hook", &receiver)]);
    office.lead("hook", 1);
    let is_enabled = |office: &Office| office.catalog.destinations().unwrap()[0].is_enabled;
    eventually("disabled", || !is_enabled(&office));
    office.lead("hook", 3);
    office.pass(2 * DAY);
    std::thread::sleep(std::time::Duration::from_millis(400));
    assert_eq!(receiver.got().len(), 1);
    assert!(office.all_are("hook", ActionState::Waiting), "nothing is lost");
    office.close();

    office.open(vec![webhook("hook", &receiver)]);
    std::thread::sleep(std::time::Duration::from_millis(400));
    assert_eq!(receiver.got().len(), 1, "also after a new start");
    receiver.now_does(vec![]);
    assert!(office.running().switches().enable("hook", "ann", office.now()).unwrap());
    assert!(!office.running().switches().enable("other", "ann", office.now()).unwrap());
    eventually("delivered", || office.all_are("hook", ActionState::Delivered));
    assert!(is_enabled(&office));
    office.close();
    let lines = office.catalog.audit(&AuditFilter::default(), 9).unwrap();
    let done: Vec<(&str, &str)> =
        lines.iter().map(|line| (line.entry.who.as_str(), line.entry.what.as_str())).collect();
    assert_eq!(done, [("ann", "destination.enable"), ("brix", "destination.disable"), ("brix", "destination.set_up")]);
}

#[test]
fn a_destination_that_was_set_right_starts_afresh() {
    let (gone, well) = (Receiver::that(vec![Does::answers(410)]), Receiver::that(vec![]));
    let mut office = Office::new();
    office.open(vec![webhook("hook", &gone)]);
    office.lead("hook", 1);
    eventually("disabled", || !office.catalog.destinations().unwrap()[0].is_enabled);
    office.close();
    office.open(vec![webhook("hook", &well)]);
    eventually("delivered", || office.all_are("hook", ActionState::Delivered));
    assert!(!office.catalog.destinations().unwrap()[0].settings.contains("127.0.0.1"), "addresses are not kept");
    office.close();
}

#[test]
fn slack_gets_one_message_a_second() {
    let receiver = Receiver::that(vec![]);
    let mut office = Office::new();
    office.open(vec![at("sales", "slack", &receiver.url(), true)]);
    office.lead("sales", 3);
    eventually("delivered", || office.all_are("sales", ActionState::Delivered));
    let got = receiver.got();
    for pair in got.windows(2) {
        let apart = pair[1].at.duration_since(pair[0].at).as_millis();
        assert!((900..2500).contains(&apart), "{apart} ms");
    }
    assert!(got[0].body.contains("Ready to buy: u1"), "{}", got[0].body);
    office.close();
}
