//! How somebody stands, for the product to ask: by a key for anyone, by a user's token for nobody else.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{MANAGE, READ, Server, exchange, folder};

const SECRET: &str = "a-secret-of-more-than-thirty-two-bytes";
const DEFINITION: &str = "
id: builder
name: Builder
subject: user
clock: { event: Signed Up }
window: 14d
when:
  all:
    - { event: Project Created, count: \">= 3\" }
    - { event: Member Invited, count: \">= 1\" }
score:
  projects: { weight: 100, of: { event: Project Created, ever: true }, full: 8 }
";

fn start(name: &str) -> Server {
    let folder = folder(name, "");
    std::fs::create_dir_all(folder.join("definitions")).unwrap();
    std::fs::write(folder.join("definitions/builder.yaml"), DEFINITION).unwrap();
    let settings = std::fs::read_to_string(folder.join("server.toml")).unwrap();
    let settings = format!("{settings}\n[product]\ntoken_secret = \"env:TOKEN_SECRET\"\n");
    std::fs::write(folder.join("server.toml"), settings).unwrap();
    let keys =
        [("TEST_KEY", crate::support::KEY), ("TEST_READ", READ), ("TEST_MANAGE", MANAGE), ("TOKEN_SECRET", SECRET)];
    Server::start_with(&folder, &keys)
}

fn happens(server: &Server, user: &str, event: &str, at: &str) {
    let call = json!({"userId": user, "event": event, "messageId": format!("{user}-{event}-{at}"), "timestamp": at});
    assert_eq!(server.call("track", &call).status, 200);
}

/// Until what was sent is taken.
fn asked(server: &Server, path: &str, until: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..600 {
        let answer = server.ask("GET", path, READ, "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        if until(&answer.json()) {
            return answer.json();
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("{path} does not come to say what it should: {}", server.ask("GET", path, READ, "").body);
}

/// A token as the products' servers make them, by Python's standard library.
fn token(claims: &str, secret: &str) -> Option<String> {
    const SIGN: &str = "
import base64, hashlib, hmac, sys
text = lambda bytes: base64.urlsafe_b64encode(bytes).rstrip(b'=').decode()
signed = text(b'{\"alg\":\"HS256\",\"typ\":\"JWT\"}') + '.' + text(sys.argv[1].encode())
print(signed + '.' + text(hmac.new(sys.argv[2].encode(), signed.encode(), hashlib.sha256).digest()))";
    let made = Command::new("python3").args(["-c", SIGN, claims, secret]).output().ok()?;
    made.status.success().then(|| String::from_utf8(made.stdout).unwrap().trim().to_owned())
}

#[test]
fn a_key_asks_how_anyone_stands() {
    let server = start("qualification");
    server.until_ready();
    let nobody = server.ask("GET", "/api/v1/qualification?user=u1", READ, "").json();
    assert_eq!((&nobody["known"], &nobody["definitions"]), (&json!(false), &json!([])));
    let today = engine::Timestamp(
        i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros()).unwrap()
            - 3_600_000_000,
    );
    let at = |minute: i64| engine::Timestamp(today.0 + minute * 60_000_000).to_string();
    happens(&server, "u1", "Signed Up", &at(0));
    happens(&server, "u1", "Project Created", &at(1));
    happens(&server, "u1", "Member Invited", &at(2));
    let path = "/api/v1/qualification?user=u1";
    let on_the_way =
        asked(&server, path, |said| said["definitions"][0]["met"].as_array().is_some_and(|met| met.len() == 1));
    let builder = &on_the_way["definitions"][0];
    assert_eq!((&builder["id"], &builder["qualified"]), (&json!("builder"), &Value::Null));
    let missing = builder["missing"][0].as_str().unwrap();
    assert!(missing.contains("Project Created") && missing.contains('1') && missing.contains('3'), "{missing}");
    let amount =
        json!({"criterion": "Project Created at least 3 times", "have": 1.0, "must_be": "at_least", "need": 3.0});
    assert_eq!(builder["missing_amounts"], json!([amount]));
    assert_eq!(builder["score"], json!(12.5), "a number, as leads have it");
    happens(&server, "u1", "Project Created", &at(3));
    happens(&server, "u1", "Project Created", &at(4));
    let there = asked(&server, path, |said| said["definitions"][0]["qualified"] == "to_buy");
    assert_eq!(there["definitions"][0]["missing"], json!([]));
    assert_eq!(there["definitions"][0]["missing_amounts"], json!([]));
    let of = |definition: &str| {
        server.ask("GET", &format!("/api/v1/qualification?user=u1&definition={definition}"), READ, "")
    };
    assert_eq!(of("builder").json()["definitions"][0]["id"], "builder");
    assert_eq!((of("another").status, of("another").json()["code"].clone()), (404, json!("unknown-definition")));
    for wrong in ["", "?user=a&account=b", "?usr=a"] {
        assert_eq!(server.ask("GET", &format!("/api/v1/qualification{wrong}"), READ, "").status, 400, "{wrong}");
    }
}

#[test]
fn a_token_asks_about_its_own_user() {
    let server = start("own_qualification");
    server.until_ready();
    happens(&server, "u1", "Project Created", "2026-01-01T00:00:00Z");
    let ask = |token: &str| {
        let headers = [("authorization", format!("Bearer {token}")), ("origin", "https://app.example".to_owned())];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        exchange(&mut server.connect(), "GET", "/api/v1/qualification/me", &headers, b"").unwrap()
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let claims = |seconds: u64| format!("{{\"sub\":\"u1\",\"exp\":{}}}", now + seconds);
    let Some(good) = token(&claims(600), SECRET) else {
        eprintln!("skipped: tokens made by a product's server (needs python3)");
        return;
    };
    let answer = ask(&good);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example"));
    let said = answer.json();
    assert!(said["definitions"].is_array() && said.get("id").is_none(), "{said}");
    for refused in [
        token(&claims(600), "another secret of thirty-two bytes!").unwrap(),
        token(&claims(200_000), SECRET).unwrap(),
        READ.to_owned(),
    ] {
        let answer = ask(&refused);
        assert_eq!((answer.status, &answer.json()["code"]), (401, &json!("bad-token")), "{}", answer.body);
    }
    // It opens nothing else.
    assert_eq!(server.ask("GET", "/api/v1/qualification?user=u2", &good, "").status, 401);
    assert_eq!(server.ask("GET", "/api/v1/leads", &good, "").status, 401);
    let words = server.words();
    assert!(!words.contains(SECRET) && !words.contains(&good), "secrets stay out of the log");
}
