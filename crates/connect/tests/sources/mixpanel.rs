//! Mixpanel's events, profiles, groups and its strict import.

use crate::asked::{Ask, ask, lines};

/// What it says without the message's id, which is a hash here.
fn without_id(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().map(|line| line.rsplit_once(" | ").map_or(line.clone(), |(said, _)| said.to_owned())).collect()
}

fn by<'a>(path: &'a str) -> Ask<'a> {
    ask("mixpanel", path)
}

#[test]
fn each_kind_of_message() {
    let table = [
        (
            "/track",
            r#"[{"event":"E","properties":{"distinct_id":"u1","time":1777633200,"$insert_id":"i","token":"t","a":1}}]"#,
            "2026-05-01T11:00:00Z | u=u1 | E {a=1}",
        ),
        ("/track", r#"{"event":"E","properties":{"distinct_id":"$device:d1","$device_id":"d1"}}"#, "now | v=d1 | E"),
        (
            "/track",
            r#"{"event":"E","properties":{"distinct_id":"u1","$device_id":"d1","$user_id":"u1"}}"#,
            "now | u=u1 v=d1 | E",
        ),
        (
            "/track",
            r#"{"event":"$create_alias","properties":{"distinct_id":"v1","alias":"u1"}}"#,
            "now | u=u1 | is also v1",
        ),
        ("/track", r#"{"event":"$merge","properties":{"$distinct_ids":["u1","v1"]}}"#, "now | u=u1 | is also v1"),
        (
            "/track",
            r#"{"event":"$identify","properties":{"$identified_id":"u1","$anon_id":"$device:d1"}}"#,
            "now | u=u1 v=d1 | traits of user",
        ),
        (
            "/engage",
            r#"{"$token":"t","$distinct_id":"u1","$set":{"$email":"a@b.c","plan":"free"},"$add":{"n":1}}"#,
            r#"now | u=u1 | traits of user {email="a@b.c", plan="free"}"#,
        ),
        (
            "/groups",
            r#"{"$token":"t","$group_key":"company","$group_id":"acme","$set":{"seats":3}}"#,
            "now | a=acme | traits of account {seats=3}",
        ),
    ];
    for (path, body, expect) in table {
        assert_eq!(without_id(by(path).lines(body.as_bytes())), [expect], "{body}");
    }
    let left_out = by("/engage").send(table[6].1.as_bytes()).outcome.changed.left_out;
    assert_eq!(left_out, 1, "$add needs what was there before");
    let mut with_account = by("/track");
    with_account.settings.groups.account = Some("company".to_owned());
    let lines = with_account.lines(br#"{"event":"E","properties":{"distinct_id":"u1","company":"acme"}}"#);
    assert_eq!(without_id(lines), [r#"now | u=u1 a=acme | E {company="acme"}"#]);
}

#[test]
fn an_event_counts_once_by_name_time_person_and_insert_id() {
    let id = |name: &str, time: u64, person: &str, insert: &str| {
        let body = format!(
            r#"{{"event":"{name}","properties":{{"distinct_id":"{person}","time":{time},"$insert_id":"{insert}"}}}}"#
        );
        by("/import").send(body.as_bytes()).outcome.records[0].message.to_string()
    };
    let first = id("E", 1_777_633_200, "u", "i");
    assert_eq!(first, id("E", 1_777_633_200_000, "u", "i"), "seconds or milliseconds");
    for other in [
        id("F", 1_777_633_200, "u", "i"),
        id("E", 1_777_633_201, "u", "i"),
        id("E", 1_777_633_200, "v", "i"),
        id("E", 1_777_633_200, "u", "j"),
    ] {
        assert_ne!(first, other);
    }
}

#[test]
fn import_takes_lines_and_tells_what_failed() {
    let body = "{\"event\":\"E\",\"properties\":{\"distinct_id\":\"u\",\"time\":1}}\n\n{\"event\":\"E\",\"properties\":{\"distinct_id\":\"u\",\"time\":\"x\",\"$insert_id\":\"i2\"}}\nnonsense\n";
    let received = by("/import").send(body.as_bytes());
    assert_eq!(received.outcome.messages, 3);
    assert_eq!(received.answer.body, r#"{"code":200,"num_records_imported":1,"status":"OK"}"#);
    let mut strict = by("/import");
    strict.query = "strict=1&project_id=7";
    strict.headers = &[("authorization", "Basic dG9rZW46")];
    let received = strict.send(body.as_bytes());
    assert_eq!((received.answer.status, received.outcome.records.len()), (400, 1));
    assert_eq!(received.key.as_ref().map(|key| key.expose()), Some("token"));
    let answer = received.answer.body;
    assert!(
        answer.contains(r#""$insert_id":"i2","code":"not-a-time","field":"properties.time","index":1"#),
        "{answer}"
    );
    assert!(answer.contains(r#""code":"not-json","field":"","index":2"#), "{answer}");
}

#[test]
fn answers() {
    let ok = r#"{"event":"E","properties":{"distinct_id":"u"}}"#;
    assert_eq!(by("/track").send(ok.as_bytes()).answer.body, "1");
    assert_eq!(by("/track").send(b"nonsense").answer.body, "0");
    let mut verbose = by("/track");
    verbose.query = "verbose=1";
    assert_eq!(verbose.send(ok.as_bytes()).answer.body, r#"{"status":1,"error":null}"#);
    assert_eq!(by("/engage").send(br#"{"$distinct_id":"u","$delete":""}"#).answer.body, "1");
}

#[test]
fn rejects() {
    let table = [
        (
            "/track",
            r#"{"event":"E"}"#,
            "message 0, /properties/distinct_id: no id of a user, visitor or account; send one of distinct_id, $user_id and $device_id",
        ),
        ("/track", r#"{"properties":{"distinct_id":"u"}}"#, "message 0, /event: no event name; send it as `event`"),
        (
            "/track",
            r#"{"event":"$merge","properties":{"$distinct_ids":["u"]}}"#,
            "message 0, /properties/$distinct_ids: no pair of ids; this kind of message is about one",
        ),
        (
            "/engage",
            r#"{"$set":{"a":1}}"#,
            "message 0, /$distinct_id: no id of a user, visitor or account; send one of $distinct_id",
        ),
        (
            "/engage",
            r#"{"$distinct_id":"u","$delete":""}"#,
            "message 0, /$delete: deleting is not taken from senders; erase in Brix",
        ),
        (
            "/groups",
            r#"{"$group_key":"planet","$group_id":"mars"}"#,
            "message 0, /$group_key: the group is neither an account nor a workspace; say in the source's settings which kinds are",
        ),
    ];
    for (path, body, expect) in table {
        assert_eq!(lines(&by(path).send(body.as_bytes())), [format!("REJECT {expect}")], "{body}");
    }
}
