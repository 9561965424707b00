//! Amplitude's events, identifies, groups and money.

use crate::asked::ask;

fn events(events: &str) -> Vec<String> {
    ask("amplitude", "/2/httpapi").lines(format!(r#"{{"api_key":"k","events":[{events}]}}"#).as_bytes())
}

#[test]
fn each_kind_of_event() {
    let table = [
        (
            r#"{"event_type":"Opened","user_id":"u1","device_id":"d1","insert_id":"m1","time":1777633200000,"event_properties":{"a":[1,2]},
                "groups":{"company":["acme","b"]},"user_properties":{"plan":"free"}}"#,
            &[
                "2026-05-01T11:00:00Z | u=u1 v=d1 a=acme | Opened {a=[1, 2]} | m1 by d1",
                r#"2026-05-01T11:00:00Z | u=u1 v=d1 a=acme | traits of user {plan="free"} | m1#traits by d1"#,
            ][..],
        ),
        (
            r#"{"event_type":"$identify","user_id":"u1","insert_id":"m2","user_properties":{"$set":{"plan":"pro"},"$setOnce":{"plan":"x","n":1},"$add":{"c":1}}}"#,
            &[r#"now | u=u1 | traits of user {n=1, plan="pro"} | m2"#],
        ),
        (
            r#"{"event_type":"$groupidentify","groups":{"company":"acme"},"insert_id":"m3","group_properties":{"$set":{"seats":3}}}"#,
            &["now | a=acme | traits of account {seats=3} | m3"],
        ),
        (
            r#"{"event_type":"Bought","user_id":"u1","insert_id":"m4","price":9.5,"quantity":2,"currency":"EUR"}"#,
            &["now | u=u1 | Bought 19 EUR | m4"],
        ),
        (
            r#"{"event_type":"revenue_amount","user_id":"u1","insert_id":"m5","event_properties":{"$revenue":12}}"#,
            &["now | u=u1 | revenue_amount 12 USD {$revenue=12} | m5"],
        ),
    ];
    for (event, expect) in table {
        assert_eq!(events(event), expect, "{event}");
    }
}

#[test]
fn forms_clocks_and_answers() {
    let form = "api_key=k&identification=%5B%7B%22user_id%22%3A%22u1%22%2C%22user_properties%22%3A%7B%22%24set%22%3A%7B%22a%22%3A1%7D%7D%2C%22insert_id%22%3A%22m%22%7D%5D";
    let received = ask("amplitude", "/identify").send(form.as_bytes());
    assert_eq!(crate::asked::lines(&received), ["now | u=u1 | traits of user {a=1} | m"]);
    assert_eq!(received.key.map(|key| key.expose().to_owned()).as_deref(), Some("k"));
    let groups = r#"{"group_type":"company","group_value":"acme","group_properties":{"a":1},"insert_id":"m"}"#;
    assert_eq!(
        ask("amplitude", "/groupidentify").lines(groups.as_bytes()),
        ["now | a=acme | traits of account {a=1} | m"]
    );

    let sent = |sent: &str| {
        let body = format!(
            r#"{{"client_upload_time":"{sent}","events":[{{"event_type":"E","user_id":"u1","insert_id":"m","time":1777633200000}}]}}"#
        );
        ask("amplitude", "/batch").lines(body.as_bytes())
    };
    assert_eq!(sent("2026-05-01T12:00:30Z"), ["2026-05-01T11:00:00Z | u=u1 | E | m"], "less than a minute is no skew");
    assert_eq!(sent("2026-05-01T13:00:00Z"), ["2026-05-01T10:00:00Z | u=u1 | E | m"]);

    let received =
        ask("amplitude", "/2/httpapi").send(br#"{"api_key":"k","events":[{"event_type":"E","user_id":"u"},{}]}"#);
    assert_eq!(
        received.answer.body,
        r#"{"code":200,"events_ingested":1,"payload_size_bytes":62,"server_upload_time":1777636800000}"#
    );
    assert_eq!(ask("amplitude", "/2/httpapi").send(b"{}").answer.status, 400);
}

#[test]
fn rejects() {
    let table = [
        ("{}", "message 0, /event_type: no event name; send it as `event_type`"),
        (r#"{"event_type":"E"}"#, "message 0: no id of a user, visitor or account; send one of user_id and device_id"),
        (
            r#"{"event_type":"E","user_id":"00000000-0000-0000-0000-000000000000"}"#,
            "message 0: the id `00000000-0000-0000-0000-000000000000` names nobody; send the person's own id, or none",
        ),
        (
            r#"{"event_type":"$groupidentify","groups":{"planet":"mars"}}"#,
            "message 0, /groups: the group is neither an account nor a workspace; say in the source's settings which kinds are",
        ),
        (
            r#"{"event_type":"E","user_id":"u","time":"soon"}"#,
            "message 0, /time: `soon` is not a time; send ISO 8601 such as 2026-05-01T12:30:00Z",
        ),
        ("7", "message 0: a number stands where an object is expected"),
    ];
    for (event, expect) in table {
        assert_eq!(events(event), [format!("REJECT {expect}")], "{event}");
    }
}
