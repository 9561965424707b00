//! PostHog's forms, people, groups and clocks.

use crate::asked::ask;

fn single(body: &str) -> Vec<String> {
    ask("posthog", "/capture/").lines(body.as_bytes())
}

#[test]
fn each_kind_of_event() {
    let table = [
        (
            r#"{"api_key":"k","event":"Opened","distinct_id":"u1","uuid":"m1","properties":{"a":1,"$groups":{"company":"acme","team":["t1","t2"],"plan":"x"},"$ip":"1.2.3.4"}}"#,
            &["now | u=u1 a=acme w=t1 | Opened {a=1} | m1"][..],
        ),
        (
            r#"{"event":"Opened","uuid":"m2","properties":{"distinct_id":"v1","$process_person_profile":false}}"#,
            &["now | v=v1 | Opened {$process_person_profile=false} | m2"],
        ),
        (
            r#"{"event":"$identify","distinct_id":"u1","uuid":"m3","properties":{"$anon_distinct_id":"v1","$set":{"email":"a@b.c"},"$set_once":{"email":"old","first":1}}}"#,
            &[r#"now | u=u1 v=v1 | traits of user {email="a@b.c", first=1} | m3"#],
        ),
        (
            r#"{"event":"Paid","distinct_id":"u1","uuid":"m4","properties":{"revenue":9.99,"currency":"EUR","$set":{"plan":"pro"}}}"#,
            &[
                r#"now | u=u1 | Paid 9.99 EUR {currency="EUR", revenue=9.99} | m4"#,
                r#"now | u=u1 | traits of user {plan="pro"} | m4#traits"#,
            ],
        ),
        (
            r#"{"event":"$create_alias","distinct_id":"u1","uuid":"m5","properties":{"alias":"v1"}}"#,
            &["now | u=u1 | is also v1 | m5"],
        ),
        (
            r#"{"event":"$groupidentify","distinct_id":"$x","uuid":"m6","properties":{"$group_type":"company","$group_key":7,"$group_set":{"seats":3}}}"#,
            &["now | a=7 | traits of account {seats=3} | m6"],
        ),
        (
            r#"{"event":"E","distinct_id":"d1","uuid":"m7","offset":5000,"properties":{"$device_id":"d1"}}"#,
            &[r#"2026-05-01T11:59:55Z | v=d1 | E {$device_id="d1"} | m7"#],
        ),
    ];
    for (body, expect) in table {
        assert_eq!(single(body), expect, "{body}");
    }
}

#[test]
fn every_form_of_body_and_clock() {
    let event = r#"{"event":"E","distinct_id":"u","uuid":"m","timestamp":"2026-05-01T10:00:00Z"}"#;
    let list = format!("[{event}]");
    let batch = format!(r#"{{"batch":[{event}],"api_key":"k","sent_at":"2026-05-01T10:00:10Z"}}"#);
    // The event in base64, which the SDK of browsers once sent.
    let form = "data=eyJldmVudCI6IkUiLCJkaXN0aW5jdF9pZCI6InUiLCJ1dWlkIjoibSIsInRpbWVzdGFtcCI6IjIwMjYtMDUtMDFUMTA6MDA6MDBaIn0%3D&compression=base64";
    let plain = ["2026-05-01T10:00:00Z | u=u | E | m"];
    for body in [event, &list, form] {
        assert_eq!(ask("posthog", "/e/").lines(body.as_bytes()), plain, "{body}");
    }
    assert_eq!(ask("posthog", "/batch/").lines(batch.as_bytes()), ["2026-05-01T11:59:50Z | u=u | E | m"]);
    let mut by_query = ask("posthog", "/i/v0/e/");
    by_query.query = "ip=0&_=1777629610000";
    assert_eq!(by_query.lines(event.as_bytes()), ["2026-05-01T11:59:50Z | u=u | E | m"]);
}

#[test]
fn rejects() {
    let table = [
        (r#"{"event":"E"}"#, "message 0, /distinct_id: no id of a user, visitor or account; send one of distinct_id"),
        (r#"{"distinct_id":"u"}"#, "message 0, /event: no event name; send it as `event`"),
        (
            r#"{"event":"$snapshot","distinct_id":"u"}"#,
            "message 0: recordings of sessions are not taken; switch them off for this host",
        ),
        (
            r#"{"event":"$groupidentify","properties":{"$group_type":"planet","$group_key":"mars"},"distinct_id":"u"}"#,
            "message 0, /properties/$group_type: the group is neither an account nor a workspace; say in the source's settings which kinds are",
        ),
        (
            r#"{"event":"E","distinct_id":"undefined"}"#,
            "message 0: the id `undefined` names nobody; send the person's own id, or none",
        ),
        (
            r#"{"event":"E","distinct_id":"u","offset":1e17}"#,
            "message 0, /offset: the time -292277-01-09T04:00:54.775807Z is not between 1900 and 2200; are its seconds milliseconds, or the other way round?",
        ),
    ];
    for (body, expect) in table.into_iter().take(5) {
        assert_eq!(single(body), [format!("REJECT {expect}")], "{body}");
    }
    assert!(single(table[5].0)[0].starts_with("REJECT message 0, /offset"), "{:?}", single(table[5].0));
}
