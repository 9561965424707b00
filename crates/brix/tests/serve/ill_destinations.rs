//! Destinations that hang, break off, ask for patience or talk nonsense, and a server that goes on: everything is delivered once they
//! are well, with one id, and nobody else waits for it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;
use store::Store;
use store::ledger::action::{Action, ActionFilter, ActionState};
use store::log::LogLimits;

use crate::equality::until_judged;
use crate::receivers::{Does, Receiver, webhook};
use crate::support::{READ, Server, folder};

const DEFINITION: &str = "id: any\nname: Anybody\nsubject: user\npopulation: everyone\nwhen: { event: E }\n";
/// Less than a destination may take to answer (15 s), with room for a machine that has much else to do.
const AT_ONCE: Duration = Duration::from_secs(8);
const LEADS: usize = 4;

/// A folder with a definition, and destinations in the settings.
pub fn with_destinations(name: &str, destinations: &str) -> PathBuf {
    let folder = folder(name, "");
    std::fs::create_dir(folder.join("definitions")).unwrap();
    std::fs::write(folder.join("definitions/any.yaml"), DEFINITION).unwrap();
    let path = folder.join("server.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, settings + destinations).unwrap();
    folder
}

/// Somebody becomes a lead.
pub fn becomes_a_lead(server: &Server, user: &str) {
    assert_eq!(server.call("track", &json!({"userId": user, "event": "E", "messageId": user})).status, 200);
}

/// Waits for what must come.
pub fn until(what: &str, server: &Server, patience: Duration, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < patience, "in vain: {what}: {}", server.words());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// All actions for a destination of a server that has ended.
fn actions(folder: &std::path::Path, destination: &str) -> Vec<Action> {
    let store = Store::open(&folder.join("data"), LogLimits::default()).unwrap();
    let filter = ActionFilter { destination: Some(destination.to_owned()), ..ActionFilter::default() };
    store.ledger().actions(&filter, 100).unwrap()
}

/// Name, what it does the first time, how many attempts each lead takes, and the least time between two of them.
fn ill(elsewhere: &Receiver) -> Vec<(&'static str, Does, usize, u64)> {
    let to = format!("location: http://127.0.0.1:{}/\r\n", elsewhere.port);
    let answers = |status, head: &str| Does::Answers(status, head.to_owned());
    vec![
        ("hangs", Does::Hangs, 2, 20),
        ("fails", answers(500, ""), 2, 5),
        ("busy", answers(429, "retry-after: 8\r\n"), 2, 8),
        ("dated", Does::BusyUntilADate(8), 2, 8),
        ("babbles", Does::Babbles, 2, 5),
        ("closes", Does::Closes, 2, 5),
        ("half", Does::ClosesHalfWay, 2, 5),
        ("head", Does::HeadWithoutEnd, 2, 5),
        ("redirects", answers(307, &to), 2, 5),
        ("endless", Does::BodyWithoutEnd, 1, 0),
        ("drips", Does::Drips, 1, 0),
    ]
}

#[test]
fn everything_is_delivered_with_one_id_and_nobody_else_waits() {
    let elsewhere = Receiver::well();
    let well = Receiver::well();
    let refuses = Receiver::that(Does::Answers(400, String::new()), 9);
    let ill: Vec<_> = ill(&elsewhere)
        .into_iter()
        .map(|(name, does, attempts, apart)| (name, Receiver::that(does, 1), attempts, Duration::from_secs(apart)))
        .collect();
    let mut settings = webhook("well", &well, "") + &webhook("refuses", &refuses, "");
    ill.iter().for_each(|(name, receiver, ..)| settings.push_str(&webhook(name, receiver, "")));
    let folder = with_destinations("ill_destinations", &settings);
    let mut server = Server::start(&folder);
    server.until_ready();
    let begun = Instant::now();
    for number in 1..=LEADS {
        becomes_a_lead(&server, &format!("u{number}"));
        until("it is judged", &server, AT_ONCE, || {
            server.ask("GET", "/api/v1/status", READ, "").json()["leads"] == number
        });
        until("who is well has it at once", &server, AT_ONCE, || well.got().len() == number);
    }
    until("all have everything", &server, Duration::from_secs(50), || {
        ill.iter().all(|(_, receiver, attempts, _)| receiver.got().len() >= LEADS * attempts)
    });
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    until_judged(&server);
    // An answer without end holds up an attempt for as long as it may take, and a stop waits for it.
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.words());

    for (name, receiver, attempts, apart) in &ill {
        let keys = receiver.keys();
        assert_eq!(keys.len(), LEADS, "{name}");
        let end = format!("/{name}/to-buy");
        assert!(keys.values().all(|keys| keys.len() == 1 && keys.iter().all(|key| key.ends_with(&end))), "{keys:?}");
        for times in receiver.attempts().values() {
            assert_eq!(times.len(), *attempts, "{name}: {times:?}");
            assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= *apart), "{name}: {times:?}");
        }
        for action in actions(&folder, name) {
            assert_eq!(action.state, ActionState::Delivered, "{name}: {action:?}");
        }
    }
    assert_eq!(elsewhere.got().len(), 0, "no redirect was followed");
    let refused = actions(&folder, "refuses");
    assert_eq!((refused.len(), refuses.got().len()), (LEADS, LEADS), "what is refused is not tried again");
    for action in refused {
        assert_eq!((action.state, action.last_error.as_deref()), (ActionState::Dead, Some("answered 400")));
    }
    assert_eq!(well.got().len(), LEADS, "who is well has everything once");
}
