//! Secrets stay where they are: no line of the log, answer, figure, export, setting shown or file of a backup holds one, in clear or encoded.

use std::fmt::Write as _;
use std::io::{Cursor, Read as _};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha2::Sha256;

use crate::ill_destinations::until;
use crate::people::{add_person, sign_in};
use crate::receivers::{Does, Receiver};
use crate::support::{MANAGE, READ, Server, basic, exchange, folder};

const WORD: &str = "planted-";

/// Settings with a secret of each kind; each holds the word, or is taken from here.
fn settings(ill: &Receiver, gone: &Receiver) -> String {
    let hook = |name: &str, receiver: &Receiver| {
        format!(
            "[[destinations]]\nname = \"{name}\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{}/planted-url-{name}?t=planted-query\"\n\
             allow_private = true\nto_use = true\nsecret = \"env:HOOK_SECRET\"\n",
            receiver.port
        )
    };
    format!(
        "{}{}{}{}",
        hook("ill", ill),
        hook("gone", gone),
        "[[destinations]]\nname = \"chat\"\nkind = \"slack\"\nurl = \"env:CHAT\"\nto_use = true\n",
        "[[destinations]]\nname = \"nobody\"\nkind = \"slack\"\nurl = \"https://planted-host.invalid/services/planted-slack-path\"\n\
         to_use = true\n\
         [[sources]]\nname = \"bills\"\nvendor = \"stripe\"\nsigning_secret = \"env:STRIPE\"\n\
         [[pulls]]\nname = \"crm\"\nurl = \"env:DATABASE\"\nquery = \"select 1 where now() > $1\"\ncursor = \"c\"\nstart = \"2026-01-01\"\n\
         mapping = \"rows.yaml\"\nevery = \"1s\"\n\
         [product]\ntoken_secret = \"env:TOKENS\"\n"
    )
}

/// A secret of webhooks: the word is within, in Base64.
fn hook_secret() -> String {
    format!("whsec_{}", STANDARD.encode("planted-signing-secret-32-bytes!"))
}

const ENVIRONMENT: [(&str, &str); 7] = [
    ("TEST_KEY", "planted-write-key"),
    ("TEST_READ", READ),
    ("TEST_MANAGE", MANAGE),
    ("CHAT", "https://127.0.0.2.planted-chat-host.invalid/services/planted-chat-path"),
    ("STRIPE", "planted-stripe-secret"),
    ("DATABASE", "postgres://planted-user:planted-database-password@127.0.0.1:1/planted-database"),
    ("TOKENS", "planted-token-secret-of-32-bytes-and-more"),
];

/// A user's token.
fn token(user: &str) -> String {
    let text = |bytes: &[u8]| URL_SAFE.encode(bytes).trim_end_matches('=').to_owned();
    let end = jiff::Timestamp::now().as_second() + 600;
    let signed =
        format!("{}.{}", text(b"{\"alg\":\"HS256\"}"), text(json!({"sub": user, "exp": end}).to_string().as_bytes()));
    let mut hash = Hmac::<Sha256>::new_from_slice(b"planted-token-secret-of-32-bytes-and-more").unwrap();
    hash.update(signed.as_bytes());
    format!("{signed}.{}", text(&hash.finalize().into_bytes()))
}

/// How a secret may stand somewhere: as it is, in Base64 at any offset, in hexadecimal.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.as_bytes().to_vec()];
    for offset in 0..3 {
        let padded = [&b"aaa"[..offset], secret.as_bytes()].concat();
        for engine in [STANDARD, URL_SAFE] {
            let encoded = engine.encode(&padded);
            let encoded = encoded.trim_end_matches('=');
            // The letters at both ends depend on the neighbours.
            forms.push(encoded.as_bytes()[if offset == 0 { 0 } else { 4 }..encoded.len() - 1].to_vec());
        }
    }
    let mut digits = String::new();
    secret.bytes().for_each(|byte| write!(digits, "{byte:02x}").unwrap());
    forms.push(digits.into_bytes());
    forms
}

/// What was seen, and from where.
struct Seen(Vec<(String, Vec<u8>)>);

impl Seen {
    fn file(&mut self, path: &Path) {
        if path.is_dir() {
            std::fs::read_dir(path).unwrap().for_each(|entry| self.file(&entry.unwrap().path()));
        } else {
            self.0.push((path.display().to_string(), std::fs::read(path).unwrap()));
        }
    }

    /// Each place that holds one of the secrets.
    fn holders(&self, secrets: &[String]) -> Vec<String> {
        let mut holders = Vec::new();
        for secret in secrets {
            for form in forms(secret) {
                let holds = |bytes: &[u8]| bytes.windows(form.len()).any(|window| window == form);
                let of_one = self.0.iter().filter(|(_, bytes)| holds(bytes));
                holders.extend(
                    of_one.map(|(place, _)| format!("{secret} as {}: {place}", String::from_utf8_lossy(&form))),
                );
            }
        }
        holders
    }
}

/// Everything that can be read, and much that is refused.
fn everything_that_can_be_asked(server: &Server, seen: &mut Seen) {
    let document = server.get("/api/v1/openapi.json").json();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect();
        let path = path.join("/");
        if path.ends_with("/stream") {
            continue;
        }
        for method in item.as_object().unwrap().keys().map(|method| method.to_uppercase()) {
            if method == "DELETE" || path.ends_with("/erasures") && method == "POST" {
                continue;
            }
            let wrong = server.ask(&method, &path, &format!("{MANAGE}-planted-wrong"), "{\"odd\": 1}");
            seen.0.push((format!("{method} {path} without a key"), wrong.body.into_bytes()));
            let body = if method == "GET" { "" } else { "{\"unknown\": 1}" };
            seen.0.push((format!("{method} {path}"), server.ask(&method, &path, MANAGE, body).body.into_bytes()));
        }
    }
    for path in ["/metrics", "/healthz", "/readyz", "/api/v1/deliveries/1", "/api/v1/deliveries/2", "/api/v1/leads/1"] {
        seen.0.push((path.to_owned(), server.ask("GET", path, MANAGE, "").body.into_bytes()));
    }
    for (key, body) in
        [("planted-write-key-wrong", "{}"), ("planted-write-key", "{"), ("planted-write-key", "{\"writeKey\": \"x\"}")]
    {
        let answer = server.post("/v1/track", &[("authorization", &basic(key))], body.as_bytes());
        seen.0.push((format!("a source's answer to {body}"), answer.body.into_bytes()));
    }
    let signed = [("stripe-signature", "t=1,v1=00")];
    seen.0.push(("stripe".to_owned(), server.post("/ingest/bills/", &signed, b"{}").body.into_bytes()));
    let person = json!({"email": "admin@example.com", "password": "planted-wrong-password"}).to_string();
    let answer = server.post("/api/v1/session", &[("content-type", "application/json")], person.as_bytes());
    seen.0.push(("a wrong password".to_owned(), answer.body.into_bytes()));
    let answer = server.ask("POST", "/api/v1/destinations/gone/enable", MANAGE, "");
    assert_eq!(answer.status, 204);
}

/// An export, the settings that are shown, and a backup.
fn what_is_taken_out(server: &Server, environment: &[(&str, &str)], seen: &mut Seen) {
    let folder = &server.folder;
    let export = Command::new(env!("CARGO_BIN_EXE_brix"))
        .current_dir(folder)
        .envs([("BRIX_API_KEY", MANAGE), ("BRIX_URL", &format!("http://{}", server.address))])
        .args(["export", "u1", "--out", "export.zip"])
        .output()
        .unwrap();
    let mut files = Vec::new();
    if let Ok(bytes) = std::fs::read(folder.join("export.zip")) {
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        for place in 0..zip.len() {
            let mut file = zip.by_index(place).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            files.push((format!("export: {}", file.name().unwrap()), bytes));
        }
    }
    assert!(files.len() >= 5, "{export:?}");
    seen.0.extend(files);
    for (place, arguments) in [("settings", &["config"][..]), ("backup", &["backup", "copy"])] {
        let output = Command::new(env!("CARGO_BIN_EXE_brix"))
            .current_dir(folder)
            .envs(environment.iter().copied())
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{place}: {output:?}");
        seen.0.push((place.to_owned(), [output.stdout, output.stderr].concat()));
    }
}

#[test]
fn secrets_are_in_nothing_that_is_told_or_kept() {
    let ill = Receiver::that(Does::Answers(500, String::new()), 99);
    let gone = Receiver::that(Does::Answers(410, String::new()), 99);
    let folder = folder("secrets", "");
    std::fs::create_dir(folder.join("definitions")).unwrap();
    let definition = "id: any\nname: Anybody\nsubject: user\npopulation: everyone\nwhen: { event: E }\n";
    std::fs::write(folder.join("definitions/any.yaml"), definition).unwrap();
    let mapping = "source: rows\nfiles:\n  - match: '*'\n    records:\n      - { event: E, user: user, time: time, rest: true }\n";
    std::fs::write(folder.join("rows.yaml"), mapping).unwrap();
    let file = std::fs::read_to_string(folder.join("server.toml")).unwrap();
    std::fs::write(folder.join("server.toml"), file + &settings(&ill, &gone)).unwrap();
    let hook_secret = hook_secret();
    let environment = [&ENVIRONMENT[..], &[("HOOK_SECRET", hook_secret.as_str())]].concat();
    let server = Server::start_with(&folder, &environment);
    server.until_ready();
    let mut seen = Seen(Vec::new());
    let mut secrets =
        vec![WORD.to_owned(), READ.to_owned(), MANAGE.to_owned(), hook_secret.trim_start_matches("whsec_").to_owned()];
    secrets.extend(["signing-secret-32-bytes!", "of-a-test"].map(str::to_owned));

    // Keys and sessions, made, shown once, and used well and badly.
    let made = server.ask("POST", "/api/v1/keys", MANAGE, "{\"name\": \"k\", \"scope\": \"read\"}").json();
    let key = made["secret"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {MANAGE}");
    let once =
        [("authorization", bearer.as_str()), ("content-type", "application/json"), ("idempotency-key", "once-only")];
    let body = b"{\"name\": \"once\", \"scope\": \"manage\"}";
    let kept = exchange(&mut server.connect(), "POST", "/api/v1/keys", &once, body).unwrap().json();
    let again = exchange(&mut server.connect(), "POST", "/api/v1/keys", &once, body).unwrap();
    assert_eq!(again.json(), kept, "whoever lost the answer gets it again, from memory");
    add_person(&server, "admin");
    let session = sign_in(&server, "admin");
    let cookie = session[0].1.split_once('=').unwrap().1.to_owned();
    let user_token = token("u1");
    secrets.extend([key.clone(), kept["secret"].as_str().unwrap().to_owned(), cookie, user_token.clone()]);
    becomes(&server, "u1");
    for user in ["u1", "planted"] {
        let path = "/api/v1/qualification/me";
        let shown = if user == "u1" { user_token.clone() } else { format!("{user_token}x") };
        let answer =
            exchange(&mut server.connect(), "GET", path, &[("authorization", &format!("Bearer {shown}"))], b"")
                .unwrap();
        seen.0.push((format!("{path} of {user}"), answer.body.into_bytes()));
    }
    until("all has failed", &server, Duration::from_secs(30), || {
        let told = server.ask("GET", "/api/v1/deliveries", READ, "").json();
        let told = told["deliveries"].as_array().unwrap().clone();
        let pulls = server.ask("GET", "/api/v1/status", READ, "").json()["pulls"][0]["fails_because"].is_string();
        pulls && told.len() == 4 && told.iter().all(|one| one["last_error"].is_string())
    });

    everything_that_can_be_asked(&server, &mut seen);
    what_is_taken_out(&server, &environment, &mut seen);
    seen.file(&folder.join("copy"));
    seen.file(&folder.join("data"));
    let words = server.words();
    assert!(words.contains("wants nothing any more") && words.contains("could not be pulled"), "{words}");
    seen.0.push(("the log".to_owned(), words.into_bytes()));
    assert!(seen.0.len() > 100, "{}", seen.0.len());
    let holders = seen.holders(&secrets);
    assert!(holders.is_empty(), "{holders:#?}");
    // The search finds what is there.
    seen.0.push(("planted".to_owned(), STANDARD.encode(format!("x{key}")).into_bytes()));
    assert!(!seen.holders(&[key]).is_empty());
}

fn becomes(server: &Server, user: &str) {
    let event = json!({"userId": user, "event": "E", "messageId": user}).to_string();
    let answer = server.post("/v1/track", &[("authorization", &basic("planted-write-key"))], event.as_bytes());
    assert_eq!(answer.status, 200);
}
