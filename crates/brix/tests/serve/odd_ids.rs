//! Ids in every alphabet, and in none: each arrives as it was sent, is nobody else's, and is found again by the API and by commands.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::ill_destinations::until;
use crate::support::{KEY, READ, Server, basic, folder};

/// As they are sent. Some look alike and are not the same.
fn ids() -> Vec<String> {
    let plain = [
        "مستخدم-١",
        "משתמש",
        "\u{202e}resu",
        "resu\u{200f}",
        "用户一",
        "ユーザー",
        "ผู้ใช้",
        "उपयोगकर्ता",
        "Пользователь",
        "Χρήστης",
        "İstanbul",
        "i̇stanbul",
        "Straße",
        "STRASSE",
        "é",
        "e\u{301}",
        "zalgo\u{301}\u{302}\u{303}\u{304}\u{305}",
        "ab",
        "a\u{200b}b",
        "a\u{200d}b",
        "👩‍👩‍👧‍👦",
        "👩👩👧👦",
        "🇩🇪",
        "👍🏽",
        "\u{feff}bom",
        "private \u{e000}",
        "last \u{10ffff}",
        "a\nb",
        "a\tb",
        "a\0b",
        "a\u{1}b",
        "a b",
        "a\u{a0}b",
        "a+b",
        "a%20b",
        "a/b?c#d&e=f;g",
        "../../etc/passwd",
        "it's \"quoted\" \\ `so`",
        "<script>alert(1)</script>",
        "'; DROP TABLE leads; --",
        "ａｂ",
        "user_name%",
    ];
    let long = ["x".repeat(512), "👍".repeat(128), "é".repeat(256)];
    plain.into_iter().map(str::to_owned).chain(long).collect()
}

/// By RFC 3986: every byte but letters and digits.
fn encoded(text: &str) -> String {
    let escape =
        |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(escape).collect()
}

/// As JSON of ASCII only, surrogate pairs and all.
fn escaped(text: &str) -> String {
    let mut units = String::new();
    text.encode_utf16().for_each(|unit| units.push_str(&format!("\\u{unit:04x}")));
    format!("\"{units}\"")
}

fn is_found(server: &Server, id: &str) {
    let leads = server.ask("GET", &format!("/api/v1/leads?limit=200&text={}", encoded(id)), READ, "").json();
    let same = |lead: &&Value| lead["subject"]["id"] == id;
    assert_eq!(leads["leads"].as_array().unwrap().iter().filter(same).count(), 1, "{id:?}: {leads}");
    let answer = server.ask("GET", &format!("/api/v1/qualification?user={}", encoded(id)), READ, "").json();
    assert_eq!((&answer["known"], &answer["id"]), (&json!(true), &json!(id)), "{answer}");
    assert_eq!(answer["definitions"][0]["qualified"], "to_buy", "{answer}");
}

#[test]
fn ids_of_every_alphabet_arrive_and_are_found() {
    let folder = folder("odd_ids", "");
    std::fs::create_dir(folder.join("definitions")).unwrap();
    let definition = "id: any\nname: Anybody\nsubject: user\npopulation: everyone\nwhen: { event: E }\n";
    std::fs::write(folder.join("definitions/any.yaml"), definition).unwrap();
    let settings = std::fs::read_to_string(folder.join("server.toml")).unwrap();
    // All of it goes into the lake.
    std::fs::write(folder.join("server.toml"), settings.replace("every = \"1h\"", "every = \"1s\"\nentries = 10"))
        .unwrap();
    let mut server = Server::start(&folder);
    server.until_ready();
    let key = basic(KEY);
    let send = |id: &str, number: usize| {
        let body = format!("{{\"userId\": {id}, \"event\": \"E\", \"messageId\": \"m{number}\"}}");
        server.post("/v1/track", &[("authorization", &key)], body.as_bytes()).status
    };
    let ids = ids();
    for (number, id) in ids.iter().enumerate() {
        let written = if number % 2 == 0 { escaped(id) } else { Value::from(id.as_str()).to_string() };
        assert_eq!(send(&written, number), 200, "{id:?}");
    }
    // Half of a pair is no letter; a byte too many is somebody else.
    assert_eq!(send("\"half \\ud83d\"", ids.len()), 200);
    assert_eq!(send(&format!("\"{}\"", "x".repeat(513)), ids.len() + 1), 200);
    let count = || server.ask("GET", "/api/v1/leads?limit=1", READ, "").json()["counts"]["new"].as_u64().unwrap_or(0);
    until("all are leads", &server, Duration::from_secs(20), || count() == ids.len() as u64 + 1);
    ids.iter().for_each(|id| is_found(&server, id));
    is_found(&server, "half \u{fffd}");
    let figures = server.get("/metrics").body;
    assert!(figures.contains("brix_messages_rejected_total{source=\"app\",reason=\"id-too-long\"} 1\n"), "{figures}");

    let url = format!("http://{}", server.address);
    for id in ids.iter().filter(|id| !id.contains('\0')) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brix"));
        command.envs([("BRIX_API_KEY", READ), ("BRIX_URL", &url)]).args(["leads", "--json", "--text", id]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{id:?}: {output:?}");
        let leads: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(leads.as_array().unwrap().iter().any(|lead| lead["subject"]["id"] == id.as_str()), "{id:?}: {leads}");
    }

    // The same from the lake.
    let status = || server.ask("GET", "/api/v1/status", READ, "").json();
    until("the log is in the lake", &server, Duration::from_secs(30), || {
        status()["log"]["start"].as_u64() > Some(ids.len() as u64)
    });
    server.signal("KILL");
    server.ended();
    let server = Server::start(&folder);
    server.until_ready();
    crate::equality::until_judged(&server);
    ids.iter().for_each(|id| is_found(&server, id));
}
