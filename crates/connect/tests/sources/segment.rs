//! Segment's spec and HTTP API, message by message.

use connect::sources::{Received, find};
use engine::Timestamp;

use crate::asked::{RECEIVED, ask, lines};

/// What a single message to a path gives.
fn single(path: &str, body: &str) -> Vec<String> {
    ask("segment", path).lines(body.as_bytes())
}

fn batch(body: &str) -> Received {
    ask("segment", "/v1/batch").send(body.as_bytes())
}

#[test]
fn each_kind_of_message() {
    let table = [
        (
            "/v1/track",
            r#"{"userId":"u1","anonymousId":"v1","event":"Report Opened","messageId":"m1","writeKey":"k",
                "properties":{"pages":3,"plan":{"name":"pro"},"tags":["a","b"],"none":null}}"#,
            &[r#"now | u=u1 v=v1 | Report Opened {pages=3, plan.name="pro", tags=["a", "b"]} | m1"#][..],
        ),
        (
            "/v1/identify",
            r#"{"userId":"u1","anonymousId":"v1","messageId":"m2","traits":{"email":"ada@example.com","company":{"id":"c1"}},
                "context":{"groupId":"acme","traits":{"email":"old@example.com","role":"admin"}}}"#,
            &[
                r#"now | u=u1 v=v1 a=acme | traits of user {company.id="c1", email="ada@example.com", role="admin"} | m2"#,
            ],
        ),
        (
            "/v1/group",
            r#"{"userId":"u1","groupId":"acme","messageId":"m3","traits":{"name":"Acme","employees":120}}"#,
            &[r#"now | u=u1 a=acme | traits of account {employees=120, name="Acme"} | m3"#],
        ),
        ("/v1/group", r#"{"groupId":7,"messageId":"m4"}"#, &["now | a=7 | traits of account | m4"]),
        (
            "/v1/page",
            r#"{"anonymousId":"v1","name":"Pricing","category":"Marketing","messageId":"m5","properties":{"path":"/pricing"},
                "context":{"campaign":{"source":"ad","name":"spring","other":"x"}}}"#,
            &[
                r#"now | v=v1 | Page Viewed {category="Marketing", name="Pricing", path="/pricing", utm_campaign="spring", utm_source="ad"} | m5"#,
            ],
        ),
        (
            "/v1/screen",
            r#"{"userId":"u1","name":"Home","messageId":"m6"}"#,
            &[r#"now | u=u1 | Screen Viewed {name="Home"} | m6"#],
        ),
        (
            "/v1/alias",
            r#"{"userId":"u1","previousId":"old","anonymousId":"v1","messageId":"m7"}"#,
            &["now | u=u1 | is also old | m7"],
        ),
        ("/v1/alias", r#"{"userId":"u1","anonymousId":"v1","messageId":"m8"}"#, &["now | u=u1 | is also v1 | m8"]),
        (
            "/v1/track",
            r#"{"userId":123,"event":"Order Completed","messageId":"m9","properties":{"total":27.5,"currency":"eur"}}"#,
            &[r#"now | u=123 | Order Completed 27.5 EUR {currency="eur", total=27.5} | m9"#],
        ),
        (
            "/v1/track",
            r#"{"userId":"u1","event":"Renewed","messageId":"m10","properties":{"revenue":0.1,"total":9}}"#,
            &["now | u=u1 | Renewed 0.1 USD {revenue=0.1, total=9} | m10"],
        ),
        (
            "/v1/track",
            r#"{"userId":"u1","event":"Paid","messageId":"m11","properties":{"revenue":"12.50","currency":"Taler"}}"#,
            &[r#"now | u=u1 | Paid {currency="Taler", revenue="12.50"} | m11"#],
        ),
        (
            "/v1/track",
            r#"{"userId":"u1","anonymousId":null,"event":"E","event":"F","messageId":"m12","context":{"traits":{"plan":"old"}}}"#,
            &["now | u=u1 | F | m12"],
        ),
    ];
    for (path, body, expect) in table {
        assert_eq!(single(path, body), expect, "{body}");
    }
}

#[test]
fn letters_and_words_lead_to_the_same() {
    for (letter, word) in
        [("t", "track"), ("i", "identify"), ("p", "page"), ("s", "screen"), ("g", "group"), ("a", "alias")]
    {
        let body = r#"{"userId":"u","groupId":"g","previousId":"p","event":"E","messageId":"m"}"#;
        let by_letter = single(&format!("/v1/{letter}"), body);
        assert_eq!(by_letter, single(&format!("/v1/{word}"), body), "{letter}");
        assert_eq!(by_letter.len(), 1, "{by_letter:?}");
        assert!(!by_letter[0].starts_with("REJECT"), "{by_letter:?}");
    }
}

#[test]
fn batches_share_context_and_time_of_sending() {
    let received = batch(
        r#"{"writeKey":"k","sentAt":"2026-05-01T13:00:00Z","context":{"groupId":"acme","campaign":{"source":"ad"}},"batch":[
            {"type":"track","userId":"u1","event":"A","messageId":"m1","timestamp":"2026-05-01T12:59:00Z"},
            {"type":"track","userId":"u1","event":"B","messageId":"m2","timestamp":"2026-05-01T12:58:00Z",
                "sentAt":"2026-05-01T12:59:00Z","context":{"groupId":"other"}},
            {"type":"identify","userId":"u1","traits":{"a":1},"messageId":"m3"}]}"#,
    );
    assert_eq!(
        lines(&received),
        [
            r#"2026-05-01T11:59:00Z | u=u1 a=acme | A {utm_source="ad"} | m1"#,
            r#"2026-05-01T11:58:00Z | u=u1 a=other | B {utm_source="ad"} | m2"#,
            "now | u=u1 a=acme | traits of user {a=1} | m3",
        ]
    );
    assert_eq!((received.outcome.messages, received.answer.status), (3, 200));
    assert_eq!(received.answer.body, r#"{"success":true}"#);
}

#[test]
fn times() {
    let table = [
        (r#""timestamp":"2024-01-01T00:00:00.123Z""#, "2024-01-01T00:00:00.123Z"),
        (r#""timestamp":"2026-05-01T11:00:00Z","sentAt":"2026-05-01T11:00:05Z""#, "2026-05-01T11:59:55Z"),
        (
            r#""originalTimestamp":"2026-05-01T11:00:00Z","timestamp":"2020-01-01","sentAt":"2026-05-01T11:00:05Z""#,
            "2026-05-01T11:59:55Z",
        ),
        (r#""timestamp":"9999-12-31T23:59:59Z""#, "now"),
        (r#""timestamp":1714564800000"#, "2024-05-01T12:00:00Z"),
        (r#""timestamp":"","sentAt":"nonsense""#, "now"),
        (r#""timestamp":null"#, "now"),
        (r#""timestamp":"2024-01-01","sentAt":"0001-01-01T00:00:00Z""#, "2024-01-01T00:00:00Z"),
    ];
    for (times, expect) in table {
        let body = format!(r#"{{"userId":"u","event":"E","messageId":"m",{times}}}"#);
        assert_eq!(single("/v1/track", &body), [format!("{expect} | u=u | E | m")], "{times}");
    }
}

#[test]
fn what_is_rejected_and_why() {
    let deep = format!(r#"{{"userId":"u","event":"E","properties":{{"a":{}1{}}}}}"#, "[".repeat(40), "]".repeat(40));
    let long = format!(r#"{{"userId":"{}","event":"E"}}"#, "x".repeat(600));
    let large = format!(r#"{{"userId":"u","event":"E","properties":{{"a":"{}"}}}}"#, "x".repeat(33 << 10));
    let table = [
        (
            "/v1/track",
            r#"{"event":"E"}"#,
            "message 0: no id of a user, visitor or account; send one of userId and anonymousId",
        ),
        ("/v1/track", r#"{"userId":"u"}"#, "message 0, /event: no event name; send it as `event`"),
        (
            "/v1/track",
            r#"{"userId":"u","event":7}"#,
            "message 0, /event: a number stands where an event name is expected",
        ),
        (
            "/v1/track",
            r#"{"userId":"null","event":"E"}"#,
            "message 0: the id `null` names nobody; send the person's own id, or none",
        ),
        ("/v1/track", r#"{"userId":["u"],"event":"E"}"#, "message 0, /userId: a list stands where an id is expected"),
        (
            "/v1/track",
            r#"{"userId":"u","event":"E","type":"vote"}"#,
            "message 0, /type: `vote` is no kind of message that this source knows",
        ),
        (
            "/v1/track",
            r#"{"userId":"u","event":"E","properties":[1]}"#,
            "message 0, /properties: a list stands where an object is expected",
        ),
        (
            "/v1/track",
            r#"{"userId":"u","event":"E","properties":{"a":{"b":1e99}}}"#,
            "message 0, /properties/a: the number 1e99 is 10^18 or larger; send ids as texts",
        ),
        (
            "/v1/track",
            r#"{"userId":"u","event":"E","timestamp":"NaN"}"#,
            "message 0, /timestamp: `NaN` is not a time; send ISO 8601 such as 2026-05-01T12:30:00Z",
        ),
        (
            "/v1/track",
            r#"{"userId":"u","event":"E","timestamp":"0001-01-01T00:00:00Z"}"#,
            "message 0, /timestamp: the time 0001-01-01T00:00:00Z is not between 1900 and 2200; are its seconds milliseconds, or the other way round?",
        ),
        (
            "/v1/track",
            &deep,
            "message 0, /properties/a: nested deeper than 32 levels; send what matters as members of its own",
        ),
        ("/v1/track", &long, "message 0, /userId: the id is longer than 512 bytes; a cut one could be someone else's"),
        ("/v1/track", &large, "message 0: the message has 33840 bytes, at most 32768 are taken; send fewer properties"),
        ("/v1/group", r#"{"userId":"u"}"#, "message 0, /groupId: no groupId; this kind of message is about one"),
        (
            "/v1/identify",
            r#"{"anonymousId":"","traits":{}}"#,
            "message 0: no id of a user, visitor or account; send one of userId and anonymousId",
        ),
        ("/v1/alias", r#"{"userId":"u"}"#, "message 0, /previousId: no previousId; this kind of message is about one"),
        (
            "/v1/alias",
            r#"{"previousId":"p","anonymousId":"v"}"#,
            "message 0, /userId: no userId; this kind of message is about one",
        ),
        ("/v1/batch", r#"{"writeKey":"k"}"#, "the request: no batch in the request; is this path of another source?"),
        ("/v1/batch", r#"{"batch":{}}"#, "the request, /batch: an object stands where a list is expected"),
        ("/v1/batch", "[1]", "the request: a list stands where an object is expected"),
        (
            "/v1/batch",
            r#"{"batch":[NaN]}"#,
            "the request: not JSON: expected value at line 1 column 11; a body that is packed needs its Content-Encoding",
        ),
        (
            "/v1/batch",
            "",
            "the request: not JSON: EOF while parsing a value at line 1 column 0; a body that is packed needs its Content-Encoding",
        ),
        ("/v1/batch", r#"{"batch":[3]}"#, "message 0: a number stands where an object is expected"),
        ("/v1/batch", r#"{"batch":[{"userId":"u"}]}"#, "message 0, /type: no type; this kind of message is about one"),
    ];
    for (path, body, expect) in table {
        let lines = single(path, body);
        assert_eq!(lines, [format!("REJECT {expect}")], "{body}");
    }
}

#[test]
fn an_empty_batch_is_fine() {
    let received = batch(r#"{"batch":[]}"#);
    assert_eq!((received.outcome.messages, received.answer.status), (0, 200));
}

#[test]
fn the_batch_goes_on_behind_a_reject() {
    let item = r#"{"type":"track","userId":"u","event":"E","messageId":"m"}"#;
    let received = batch(&format!(r#"{{"batch":[{item},{{"type":"track"}},{item}]}}"#));
    assert_eq!((received.outcome.records.len(), received.outcome.messages, received.answer.status), (2, 3, 200));
    assert_eq!(received.outcome.rejects[0].sample, r#"{"type":"track"}"#);

    let small = r#"{"type":"track","userId":"u","event":"E"}"#;
    let received = batch(&format!(r#"{{"batch":[{}]}}"#, vec![small; 2_502].join(",")));
    assert_eq!(
        (received.outcome.records.len(), received.outcome.messages, received.answer.status),
        (2_500, 2_502, 200)
    );
    assert_eq!(received.outcome.rejects[1].place.message, Some(2_501));
}

#[test]
fn strict_requests_are_told_what_is_wrong() {
    let body = r#"{"batch":[{"type":"track","userId":"u","event":"E","messageId":"m1"},{"type":"track","userId":"u","messageId":"m2"}]}"#;
    let expect = r#"{"$insert_id":"m2","code":"no-name","field":"event","index":1,"message":"no event name; send it as `event`"}"#;
    let mut by_settings = ask("segment", "/v1/batch");
    by_settings.settings.strict = true;
    let mut by_header = ask("customerio", "/v1/batch");
    by_header.headers = &[("X-Strict-Mode", "1")];
    for ask in [by_settings, by_header] {
        let received = ask.send(body.as_bytes());
        assert_eq!((received.answer.status, received.outcome.records.len()), (400, 1));
        assert!(received.answer.body.contains(expect), "{}", received.answer.body);
        assert!(received.answer.body.contains(r#""num_records_imported":1"#), "{}", received.answer.body);
    }
}

#[test]
fn the_key_is_found_in_all_three_places() {
    let in_body = r#"{"writeKey":"body","type":"track","userId":"u","event":"E"}"#;
    let without = r#"{"type":"track","userId":"u","event":"E"}"#;
    let inside = r#"{"batch":[{"writeKey":"inside","type":"track","userId":"u","event":"E"}]}"#;
    let table = [
        (&[][..], in_body, Some("body")),
        (&[], inside, Some("inside")),
        (&[], without, None),
        (&[("authorization", "Basic aGVhZGVyOg==")], without, Some("header")),
        (&[("authorization", "Basic aGVhZGVy")], in_body, Some("header")),
        (&[("Authorization", "Bearer token")], in_body, Some("body")),
        (&[("Authorization", "Bearer token")], without, Some("token")),
        (&[("Content-Type", "text/plain")], in_body, Some("body")),
    ];
    for (headers, body, expect) in table {
        let mut ask = ask("segment", "/v1/batch");
        ask.headers = headers;
        let key = ask.send(body.as_bytes()).key;
        assert_eq!(key.as_ref().map(|key| key.expose()), expect, "{headers:?} {body}");
    }
}

#[test]
fn messages_without_an_id_get_one() {
    let dated = r#"{"type":"track","userId":"u","event":"E","timestamp":"2026-01-01T00:00:00Z"}"#;
    let ids = |body: &str| -> Vec<String> {
        batch(body).outcome.records.iter().map(|record| record.message.to_string()).collect()
    };
    let first = ids(&format!(r#"{{"batch":[{dated},{dated}]}}"#));
    assert_ne!(first[0], first[1], "equal messages of one request are two");
    assert_eq!(first, ids(&format!(r#"{{"batch":[{dated},{dated}]}}"#)), "sent again they are the same");
    assert_eq!(first[0].len(), 32);
}

#[test]
fn answers_that_the_server_decides_on() {
    let segment = find("segment").expect("a source");
    let headers: [(&str, &str); 0] = [];
    let request = connect::sources::Request {
        method: connect::sources::Method::Post,
        path: "/v1/batch",
        query: "",
        headers: &headers,
        body: b"",
        received_at: Timestamp(RECEIVED.0),
    };
    let busy = (segment.too_busy)(&request, 30);
    assert_eq!(busy.status, 429);
    assert_eq!(busy.headers, [("retry-after", "30".to_owned()), ("x-ratelimit-reset", "1777636830".to_owned())]);
    assert_eq!((segment.unauthorized)(&request).status, 401);
    assert_eq!((segment.too_large)(&request).status, 400);
}

#[test]
fn consent_is_traits_of_the_person() {
    let message = |kind: &str, more: &str, context: &str| {
        single(&format!("/v1/{kind}"), &format!(r#"{{"userId":"u","messageId":"m",{more}"context":{{{context}}}}}"#))
    };
    let no = r#""consent":{"categoryPreferences":{"Ads":false,"Analytics":true,"Odd":"yes","":true}}"#;
    let yes = r#""consent":{"categoryPreferences":{"Ads":true}}"#;
    let stamped = "now | u=u | traits of user {consent.Ads=false, consent.Analytics=true}";
    assert_eq!(
        message("identify", r#""traits":{"plan":"pro","consent":{"Analytics":"no"}},"#, no),
        [r#"now | u=u | traits of user {consent.Ads=false, consent.Analytics="no", plan="pro"} | m"#]
    );
    assert_eq!(
        message("track", r#""event":"E","#, no),
        ["now | u=u | E | m".to_owned(), format!("{stamped} | m#consent")]
    );
    assert_eq!(message("track", r#""event":"E","#, yes), ["now | u=u | E | m"], "nothing is refused: nothing new");
    let chosen = r#""event":"Segment Consent Preference Updated","#;
    assert_eq!(message("track", chosen, yes)[1], "now | u=u | traits of user {consent.Ads=true} | m#consent");
    assert_eq!(message("page", "", yes)[1], "now | u=u | traits of user {consent.Ads=true} | m#consent");
    assert_eq!(
        message("group", r#""groupId":"g","#, no)[1],
        format!("{} | m#consent", stamped.replace("u=u", "u=u a=g"))
    );
    assert_eq!(message("alias", r#""previousId":"p","#, no).len(), 1);
    for odd in [r#""consent":3"#, r#""consent":{"categoryPreferences":["Ads"]}"#, r#""consent":{}"#] {
        assert_eq!(message("track", r#""event":"E","#, odd), ["now | u=u | E | m"], "{odd}");
    }
    // Nobody is named whose traits these could be.
    let nobody = r#"{"userId":"null","event":"E","messageId":"m","context":{"groupId":"g","consent":{"categoryPreferences":{"Ads":false}}}}"#;
    assert_eq!(single("/v1/track", nobody).len(), 1);
    let managed = r#"{"type":"page","anonymousId":"v","messageId":"m","context":{"consentManagement":{"provider":"oneTrust",
        "allowedConsentIds":["C1"],"deniedConsentIds":["C2",4]}}}"#;
    let lines = ask("rudderstack", "/v1/page").lines(managed.as_bytes());
    assert_eq!(lines[1], "now | v=v | traits of user {consent.C1=true, consent.C2=false} | m#consent");
}
