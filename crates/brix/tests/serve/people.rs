//! Keys and people of the catalog: made, used, ended; and what browsers may not do for others.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Answer, MANAGE, READ, Server, basic, exchange, folder};

const PASSWORD: &str = "planted-password-of-a-test";

/// Makes a key of the catalog and gives it.
pub fn add_key(server: &Server, name: &str, scope: &str) -> String {
    let made = server.ask("POST", "/api/v1/keys", MANAGE, &json!({"name": name, "scope": scope}).to_string());
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["secret"].as_str().unwrap().to_owned()
}

/// Adds somebody with this role; somebody of another name can only look.
pub fn add_person(server: &Server, name: &str) {
    let role = if ["member", "editor", "admin"].contains(&name) { name } else { "viewer" };
    let person = json!({"email": format!("{name}@example.com"), "role": role, "password": PASSWORD});
    let added = server.ask("POST", "/api/v1/people", MANAGE, &person.to_string());
    assert_eq!(added.status, 201, "{added:?}");
}

fn try_in(server: &Server, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password}).to_string();
    server.post("/api/v1/session", &[("content-type", "application/json")], body.as_bytes())
}

/// The headers of somebody who has signed in.
pub fn sign_in(server: &Server, name: &str) -> Vec<(String, String)> {
    let answer = try_in(server, &format!("{name}@example.com"), PASSWORD);
    assert_eq!(answer.status, 201, "{answer:?}");
    let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let csrf = answer.json()["csrf"].as_str().unwrap().to_owned();
    vec![("cookie".to_owned(), cookie), ("x-brix-csrf".to_owned(), csrf)]
}

fn ask(server: &Server, method: &str, path: &str, headers: &[(String, String)], body: &str) -> Answer {
    let mut all = vec![("content-type", "application/json")];
    all.extend(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    exchange(&mut server.connect(), method, path, &all, body.as_bytes()).unwrap()
}

fn track(server: &Server, path: &str, key: &str) -> u16 {
    let body = json!({"userId": "u", "event": "E"}).to_string();
    server.post(path, &[("authorization", &basic(key))], body.as_bytes()).status
}

#[test]
fn a_key_opens_the_door_of_its_source_until_it_is_revoked() {
    let server = Server::of("keys-door");
    let made = json!({"name": "app", "scope": "ingest", "source": "app"}).to_string();
    let key = server.ask("POST", "/api/v1/keys", MANAGE, &made).json()["secret"].as_str().unwrap().to_owned();
    assert_eq!(track(&server, "/ingest/app/v1/track", &key), 200);
    assert_eq!(track(&server, "/ingest/careful/v1/track", &key), 401, "a key of another source");
    assert_eq!(server.ask("POST", "/api/v1/keys", MANAGE, &made).status, 409);
    let unknown = json!({"name": "other", "scope": "ingest", "source": "none"}).to_string();
    assert_eq!(server.ask("POST", "/api/v1/keys", MANAGE, &unknown).status, 422);

    let rotated = server.ask("POST", "/api/v1/keys/app/rotate", MANAGE, "{}").json();
    let successor = rotated["secret"].as_str().unwrap();
    assert_eq!(track(&server, "/ingest/app/v1/track", &key), 200, "for a day");
    assert_eq!(track(&server, "/ingest/app/v1/track", successor), 200);
    let listed = server.ask("GET", "/api/v1/keys", MANAGE, "").json();
    assert!(listed["keys"].as_array().unwrap().iter().all(|key| key["last_used_at"].is_string()), "{listed}");
    assert_eq!(server.ask("POST", "/api/v1/keys/app/revoke", MANAGE, "").status, 204);
    for key in [key.as_str(), successor] {
        assert_eq!(track(&server, "/ingest/app/v1/track", key), 401);
    }
    assert_eq!(server.ask("POST", "/api/v1/keys/app/revoke", MANAGE, "").status, 404);
}

#[test]
fn keys_people_and_sessions_outlive_a_restart_and_leave_no_secret_behind() {
    let place = folder("people-restart", "");
    let mut server = Server::start(&place);
    let key = add_key(&server, "reader", "read");
    add_person(&server, "ann");
    let session = sign_in(&server, "ann");
    let answers = [server.ask("GET", "/api/v1/keys", MANAGE, ""), server.ask("GET", "/api/v1/people", MANAGE, "")];
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.words());
    let told = server.words();
    let server = Server::start(&place);
    assert_eq!(server.ask("GET", "/api/v1/status", &key, "").status, 200);
    assert_eq!(ask(&server, "GET", "/api/v1/session", &session, "").json()["name"], "ann@example.com");

    let token = session[0].1.split_once('=').unwrap().1;
    store::backup(&place.join("data"), &place.join("backup")).unwrap();
    let mut places = vec![("the answers", answers.map(|answer| answer.body).concat().into_bytes())];
    places.push(("the log's lines", (told + &server.words()).into_bytes()));
    places.push(("the backup", contents(&place.join("backup"))));
    places.push(("the data", contents(&place.join("data"))));
    for (name, bytes) in places {
        for secret in [key.as_str(), token, PASSWORD] {
            let is_there = bytes.windows(secret.len()).any(|piece| piece == secret.as_bytes());
            assert!(!is_there, "{name} holds a secret");
        }
    }
}

fn contents(folder: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file());
    files.flat_map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn a_session_is_only_for_its_browser_and_its_page() {
    let server = Server::of("people-session");
    add_person(&server, "admin");
    let answer = try_in(&server, "ADMIN@example.com", PASSWORD);
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/"), "{cookie}");
    let body = json!({"email": "admin@example.com", "password": PASSWORD}).to_string();
    let headers = [("content-type", "application/json"), ("x-forwarded-proto", "https")];
    let answer = server.post("/api/v1/session", &headers, body.as_bytes());
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; Path=/; Secure"), "behind a proxy that speaks TLS: {cookie}");
    let session = sign_in(&server, "admin");
    let add = |headers: &[(String, String)], name: &str| {
        ask(&server, "POST", "/api/v1/keys", headers, &json!({"name": name, "scope": "read"}).to_string())
    };
    let with = |name: &str, value: &str| {
        let mut headers = session.clone();
        headers.push((name.to_owned(), value.to_owned()));
        headers
    };
    assert_eq!(add(&session[..1], "a").json()["code"], "no-csrf");
    assert_eq!(add(&with("origin", "https://evil.example"), "a").json()["code"], "foreign-page");
    assert_eq!(add(&with("sec-fetch-site", "cross-site"), "a").json()["code"], "foreign-page");
    assert_eq!(add(&with("origin", "http://brix"), "a").status, 201);
    // What a person does stands under the person's name.
    let audit = server.ask("GET", "/api/v1/audit?target=a", MANAGE, "").json();
    assert_eq!(
        (&audit["lines"][0]["who"], &audit["lines"][0]["what"]),
        (&json!("admin@example.com"), &json!("key.add"))
    );
    let page = server.ask("GET", "/api/v1/audit?limit=1", MANAGE, "").json();
    let rest = server.ask("GET", &format!("/api/v1/audit?after={}", page["next"]), MANAGE, "").json();
    assert_eq!((&page["lines"][0]["what"], &rest["lines"][0]["what"]), (&json!("key.add"), &json!("person.add")));
    assert_eq!(rest["next"], Value::Null);

    assert_eq!(ask(&server, "DELETE", "/api/v1/session", &session, "").status, 204);
    assert_eq!(ask(&server, "GET", "/api/v1/session", &session, "").status, 401);
}

#[test]
fn a_changed_password_ends_sessions_and_the_last_admin_stays() {
    let server = Server::of("people-changes");
    add_person(&server, "admin");
    let session = sign_in(&server, "admin");
    let patch = |body: Value| server.ask("PATCH", "/api/v1/people/admin@example.com", MANAGE, &body.to_string());
    assert_eq!(patch(json!({"role": "viewer"})).status, 422, "the last admin");
    assert_eq!(patch(json!({"disabled": true})).status, 422, "the last admin");
    assert_eq!(patch(json!({"password": "short"})).status, 422);
    let made = patch(json!({"new_password": true})).json()["password"].as_str().unwrap().to_owned();
    assert_eq!(ask(&server, "GET", "/api/v1/session", &session, "").status, 401);
    assert_eq!(try_in(&server, "admin@example.com", PASSWORD).status, 401);
    assert_eq!(try_in(&server, "admin@example.com", &made).status, 201);
    assert_eq!(server.ask("GET", "/api/v1/people", READ, "").status, 403);
}

#[test]
fn whoever_guesses_learns_nothing_and_is_slowed_down() {
    let server = Server::of("people-guesses");
    add_person(&server, "ann");
    let wrong = try_in(&server, "ann@example.com", "a guess that is wrong");
    let unknown = try_in(&server, "bob@example.com", "a guess that is wrong");
    assert_eq!((wrong.status, &wrong.body), (401, &unknown.body));
    let answers: Vec<_> = (0..10).map(|_| try_in(&server, "ann@example.com", "a guess that is wrong")).collect();
    let last = answers.last().unwrap();
    assert_eq!((last.status, &last.json()["code"]), (429, &json!("too-often")));
    assert!(last.header("retry-after").unwrap().parse::<u64>().unwrap() <= 60);
    assert_eq!(try_in(&server, "ann@example.com", PASSWORD).status, 429, "also with the right one");
    assert_eq!(try_in(&server, "carl@example.com", PASSWORD).status, 401, "others may");
}

#[test]
fn attempts_are_counted_by_address() {
    let place = folder("people-addresses", "");
    let path = place.join("server.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    let guess = |server: &Server, from: &str, number: usize| {
        let body = json!({"email": format!("nobody{number}@example.com"), "password": "x".repeat(300)}).to_string();
        let headers = [("content-type", "application/json"), ("x-forwarded-for", from)];
        server.post("/api/v1/session", &headers, body.as_bytes())
    };
    // 300 characters are nobody's password: told, and not hashed, so that this takes no time.
    let server = Server::start(&place);
    assert_eq!(guess(&server, "198.51.100.1", 0).json()["code"], "not-accepted");
    let answers: Vec<_> =
        (1..60).map(|number| guess(&server, &format!("198.51.100.{number}"), number).status).collect();
    assert_eq!(answers.last(), Some(&429), "nobody is believed to be a proxy: all are one address");
    drop(server);
    std::fs::write(&path, format!("trusted_proxies = [\"127.0.0.1\"]\n{settings}")).unwrap();
    let server = Server::start(&place);
    for number in 1..60 {
        assert_eq!(guess(&server, &format!("198.51.100.{number}"), number).status, 422, "each has its own");
    }
    let spoofed = |number: usize| guess(&server, &format!("1.2.3.{number}, 198.51.100.200"), number).status;
    let answers: Vec<_> = (1..60).map(spoofed).collect();
    assert_eq!(answers.last(), Some(&429), "what the proxy did not write is not believed");
}

/// Of a person, all that is asked for is changed, or nothing.
#[test]
fn a_person_is_changed_in_one_go() {
    let server = Server::of("people-one-go");
    add_person(&server, "ann");
    let patch = |body: Value| server.ask("PATCH", "/api/v1/people/ann@example.com", MANAGE, &body.to_string());
    assert_eq!(patch(json!({"role": "editor", "disabled": true, "password": "short"})).status, 422);
    let person = server.ask("GET", "/api/v1/people", MANAGE, "").json()["people"][0].clone();
    assert_eq!((&person["role"], &person["disabled_at"]), (&json!("viewer"), &Value::Null));
    let changed = patch(json!({"role": "editor", "disabled": true, "new_password": true})).json();
    assert_eq!((&changed["person"]["role"], changed["person"]["disabled_at"].is_string()), (&json!("editor"), true));
    let person = server.ask("GET", "/api/v1/people", MANAGE, "").json()["people"][0].clone();
    assert_eq!(person, changed["person"]);
    assert_eq!(try_in(&server, "ann@example.com", changed["password"].as_str().unwrap()).status, 401, "disabled");
    assert_eq!(patch(json!({"disabled": false})).status, 200);
    assert_eq!(try_in(&server, "ann@example.com", changed["password"].as_str().unwrap()).status, 201);
}

/// A session ends by itself: as the clock of its end is that of the file, the file is moved instead of the clock.
#[test]
fn sessions_expire() {
    let place = folder("people-expiry", "");
    let mut server = Server::start(&place);
    add_person(&server, "ann");
    let headers = sign_in(&server, "ann");
    assert_eq!(ask(&server, "GET", "/api/v1/session", &headers, "").status, 200);
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.words());
    let end_of = |micros: i64| {
        let store = store::Store::open(&place.join("data"), store::log::LogLimits::default()).unwrap();
        let token = headers[0].1.split_once('=').unwrap().1;
        let digest = store::catalog::access::Digest(<sha2::Sha256 as sha2::Digest>::digest(token.as_bytes()).into());
        store.catalog().extend_session(&digest, engine::Timestamp(micros)).unwrap();
    };
    let now =
        i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros()).unwrap();
    end_of(now - 1);
    let server = Server::start(&place);
    let expired = ask(&server, "GET", "/api/v1/session", &headers, "");
    assert_eq!((expired.status, &expired.json()["code"]), (401, &json!("no-session")));
}
