//! What was acknowledged is there after a kill, once for each time it was sent with success; no lead is lost or there twice; and every
//! lead is told of at least once, with one id.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::receivers::{Receiver, destination};
use crate::support::{KEY, READ, Server, basic, exchange, folder, records, seed};

/// How often the server is killed, unless `BRIX_KILLS` says otherwise.
const KILLS: usize = 30;
const SENDERS: usize = 4;
/// Events of each person; the second makes a lead.
const EVENTS: usize = 3;

const DEFINITION: &str = "
id: active
name: Makes projects
subject: user
population: everyone
when: { event: Project Created, count: \">= 2\" }
";

/// Sends until the server is gone; notes what was acknowledged, as person and number of the event.
fn send(server: &Server, who: &str, acknowledged: &Mutex<HashSet<(String, usize)>>) {
    let mut stream = server.connect();
    let key = basic(KEY);
    for number in 0.. {
        let (person, event) = (format!("{who}-{}", number / EVENTS), number % EVENTS);
        let body = json!({"userId": person, "event": "Project Created", "messageId": format!("{person}/{event}")});
        match exchange(&mut stream, "POST", "/v1/track", &[("authorization", &key)], body.to_string().as_bytes()) {
            Ok(answer) if answer.status == 200 => drop(acknowledged.lock().unwrap().insert((person, event))),
            Ok(answer) => panic!("{answer:?}"),
            Err(_) => break,
        }
    }
}

/// All leads by whom they are; nobody is there twice.
fn leads(server: &Server) -> BTreeMap<String, u64> {
    let (mut leads, mut after) = (BTreeMap::new(), String::new());
    loop {
        let page = server.ask("GET", &format!("/api/v1/leads?limit=200{after}"), READ, "").json();
        for lead in page["leads"].as_array().unwrap() {
            let who = lead["subject"]["id"].as_str().unwrap().to_owned();
            assert_eq!(leads.insert(who.clone(), lead["id"].as_u64().unwrap()), None, "{who} is there twice");
        }
        let Some(next) = page["next"].as_str() else { return leads };
        after = format!("&after={next}");
    }
}

#[test]
fn nothing_is_lost_by_kills() {
    let kills = std::env::var("BRIX_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let folder = folder("kills", "");
    let hooks = Receiver::well();
    std::fs::create_dir(folder.join("definitions")).unwrap();
    std::fs::write(folder.join("definitions/active.yaml"), DEFINITION).unwrap();
    destination(&folder, &hooks);
    let acknowledged = Mutex::new(HashSet::new());
    let mut chance = seed();
    for round in 0..kills {
        let mut server = Server::start(&folder);
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // From while it is still taking up what is there to well into its work.
        let life = Duration::from_millis(10 + (chance >> 33) % 250);
        std::thread::scope(|scope| {
            for sender in 0..SENDERS {
                let (server, acknowledged) = (&server, &acknowledged);
                scope.spawn(move || send(server, &format!("{round}-{sender}"), acknowledged));
            }
            std::thread::sleep(life);
            server.signal("KILL");
        });
        server.ended();
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() > kills, "{}", acknowledged.len());
    let server = Server::start(&folder);
    crate::equality::until_judged(&server);
    let leads = leads(&server);
    let mut of_person: BTreeMap<&str, usize> = BTreeMap::new();
    acknowledged.iter().for_each(|(person, _)| *of_person.entry(person).or_default() += 1);
    let sure: BTreeSet<&str> = of_person.iter().filter(|(_, events)| **events >= 2).map(|(who, _)| *who).collect();
    let lost: Vec<&&str> = sure.iter().filter(|who| !leads.contains_key(**who)).collect();
    assert!(lost.is_empty(), "leads that are lost: {lost:?}");
    assert!(leads.len() > kills / 2, "only {} leads: too little happens", leads.len());
    // Those whose sender died with the server are sent again when their lease is over.
    let begun = Instant::now();
    while hooks.keys().len() < leads.len() && begun.elapsed() < Duration::from_secs(90) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let told = hooks.keys();
    let untold: Vec<_> = leads.iter().filter(|(_, id)| !told.contains_key(*id)).take(5).collect();
    assert!(untold.is_empty(), "nobody was told of {untold:?}");
    for (lead, keys) in &told {
        assert_eq!(keys.len(), 1, "lead {lead} was told of by several ids: {keys:?}");
        assert!(leads.values().any(|id| id == lead), "lead {lead} was told of and is none");
    }
    drop(server);
    let kept = records(&folder);
    let ids: HashSet<&str> = kept.iter().map(|record| &*record.message).collect();
    assert_eq!(ids.len(), kept.len(), "each was sent once");
    let lost: Vec<_> =
        acknowledged.iter().filter(|(person, event)| !ids.contains(format!("{person}/{event}").as_str())).collect();
    assert!(lost.is_empty(), "events that are lost: {lost:?}");
    println!("{kills} kills: {} events acknowledged, {} leads, {} webhooks", kept.len(), leads.len(), hooks.count());
}
