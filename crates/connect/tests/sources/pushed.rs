//! Rows that tools push: traits, deals and stages, and rows of any form by a mapping.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use std::sync::Arc;

use connect::files::Mapping;

use crate::asked::{ask, lines};

fn table(source: &str, path: &str, table: &[(&str, &str)]) {
    for (body, expect) in table {
        let lines = ask(source, path).lines(body.as_bytes());
        let [line] = lines.as_slice() else { panic!("{lines:?} of {body}") };
        // Without the id, which is a hash mostly.
        let said = if line.starts_with("REJECT") { line } else { line.rsplit_once(" | ").expect("an id").0 };
        assert_eq!(said, *expect, "{body}");
    }
}

#[test]
fn rows_of_traits() {
    table(
        "rows",
        "/",
        &[
            (
                r#"{"domain":"https://www.Acme.com/","employees":120,"timestamp":"2026-04-01","industry":"Tools"}"#,
                r#"2026-04-01T00:00:00Z | a=acme.com | traits of account {domain="https://www.Acme.com/", employees=120, industry="Tools"}"#,
            ),
            (
                r#"[{"Email":"Ada@Example.com","title":"CTO","company_domain":"example.com"}]"#,
                r#"now | u=ada@example.com a=example.com | traits of user {Email="Ada@Example.com", company_domain="example.com", title="CTO"}"#,
            ),
            (
                r#"{"rows":[{"user_id":7,"email":"a@b.c","plan":"x"}]}"#,
                r#"now | u=7 | traits of user {email="a@b.c", plan="x"}"#,
            ),
            (r#"{"people":[{"account_id":"acme","seats":3}]}"#, "now | a=acme | traits of account {seats=3}"),
            (
                r#"{"name":"x"}"#,
                "REJECT message 0: no id of a user, visitor or account; send one of user_id, email, account_id and domain",
            ),
            (
                r#"{"domain":"acme"}"#,
                "REJECT message 0, /domain: no domain such as example.com; this kind of message is about one",
            ),
            (
                r#"{"email":"anonymous"}"#,
                "REJECT message 0: the id `anonymous` names nobody; send the person's own id, or none",
            ),
        ],
    );
    table(
        "rows",
        "/accounts",
        &[
            (
                r#"{"email":"a@b.c","domain":"b.c","size":9}"#,
                r#"now | a=b.c | traits of account {domain="b.c", email="a@b.c", size=9}"#,
            ),
            (
                r#"{"email":"a@b.c"}"#,
                "REJECT message 0: no id of a user, visitor or account; send one of user_id, email, account_id and domain",
            ),
        ],
    );
}

#[test]
fn deals_and_stages_of_hubspot() {
    table(
        "hubspot",
        "/",
        &[
            (
                r#"{"hs_object_id":"11","dealname":"Acme, 50 seats","dealstage":"closedwon","amount":"12000.50","deal_currency_code":"EUR","domain":"acme.com","hs_lastmodifieddate":"1777633200000"}"#,
                r#"2026-05-01T11:00:00Z | a=acme.com | Deal Won (sales) 12000.5 EUR {deal="11", deal_name="Acme, 50 seats", stage="closedwon"}"#,
            ),
            (
                r#"{"objectId":12,"properties":{"dealstage":{"value":"presentationscheduled"},"pipeline":{"value":"default"},"domain":{"value":"acme.com"}}}"#,
                r#"now | a=acme.com | Deal Stage Changed (sales) {deal=12, pipeline="default", stage="presentationscheduled"}"#,
            ),
            (
                r#"{"dealstage":"77","hs_is_closed":"true","hs_is_closed_won":"false","email":"a@b.c","account_id":"acme"}"#,
                r#"now | u=a@b.c a=acme | Deal Lost (sales) {stage="77"}"#,
            ),
            (
                r#"{"lifecyclestage":"opportunity","email":"A@b.c"}"#,
                r#"now | u=a@b.c | traits of user {lifecycle_stage="opportunity"}"#,
            ),
            (
                r#"[{"eventId":1,"subscriptionType":"deal.propertyChange","objectId":12,"propertyName":"dealstage","propertyValue":"x"}]"#,
                "REJECT message 0: neither a deal's stage nor a lifecycle stage; send one of them",
            ),
            (
                r#"{"dealstage":"x","amount":"lots","domain":"acme.com"}"#,
                "REJECT message 0, /amount: something else stands where an amount is expected",
            ),
            (
                r#"{"dealstage":"x","amount":"5","deal_currency_code":"Taler","domain":"acme.com"}"#,
                "REJECT message 0, /amount: `Taler` is not a currency: three letters such as USD are",
            ),
        ],
    );
}

#[test]
fn opportunities_and_leads_of_salesforce() {
    table(
        "salesforce",
        "/",
        &[
            (
                r#"{"Id":"006x","Name":"Acme","StageName":"Gewonnen","IsWon":true,"IsClosed":true,"Amount":900,"CurrencyIsoCode":"usd","Account":{"Website":"http://acme.com"}}"#,
                r#"now | a=acme.com | Deal Won (sales) 900 USD {deal="006x", deal_name="Acme", stage="Gewonnen"}"#,
            ),
            (
                r#"{"Id":"006y","StageName":"Closed Lost","Website":"acme.com","LastModifiedDate":"2026-05-01T11:00:00.000+0000"}"#,
                r#"2026-05-01T11:00:00Z | a=acme.com | Deal Lost (sales) {deal="006y", stage="Closed Lost"}"#,
            ),
            (
                r#"{"Status":"Qualified","Email":"a@b.c"}"#,
                r#"now | u=a@b.c | traits of user {lifecycle_stage="Qualified"}"#,
            ),
        ],
    );
}

#[test]
fn rows_of_any_form_by_a_mapping() {
    let mapping = r#"
source: shop
files:
  - match: "orders.json"
    only_if: { column: status, is_not: test }
    records:
      - event: Order Placed
        user: customer.id
        time: placed
        id: { column: id, prefix: "order-" }
        amount: { column: total, currency: EUR }
        properties: { articles: }
"#;
    let mut ask = ask("json", "/orders");
    ask.settings.mapping = Some(Arc::new(Mapping::parse("mapping.yaml", mapping).expect("a mapping")));
    let body = r#"[
        {"id":1,"customer":{"id":"u1"},"placed":"2026-04-01T10:00:00Z","total":12.5,"articles":["a"],"status":"paid"},
        {"id":2,"customer":{"id":"u1"},"placed":"9999-01-01T10:00:00Z","total":1},
        {"id":3,"customer":{"id":"u2"},"placed":"2027-01-01T10:00:00Z","total":1},
        {"id":4,"customer":{"id":"null"},"placed":"2026-04-01T10:00:00Z"},
        {"id":5,"status":"test"}, 7]"#;
    let received = ask.send(body.as_bytes());
    assert_eq!(
        lines(&received),
        [
            r#"2026-04-01T10:00:00Z | u=u1 | Order Placed 12.5 EUR {articles=["a"]} | order-1"#,
            "now | u=u2 | Order Placed 1 EUR | order-3",
            "REJECT message 1, /placed: the time 9999-01-01T10:00:00Z is not between 1900 and 2200; are its seconds milliseconds, or the other way round?",
            "REJECT message 3: the id `null` names nobody; send the person's own id, or none",
            "REJECT message 5: a row must be a JSON object, this is a number",
        ]
    );
    let outcome = &received.outcome;
    assert_eq!((outcome.messages, outcome.passed_over, outcome.changed.clamped), (6, 1, 1));
    assert_eq!(&*outcome.records[0].source, "json", "the source's name is the one that its owner gave it");
    assert_eq!(received.answer.body, r#"{"received":6,"rejected":3}"#);

    let without = crate::asked::ask("json", "/orders").send(body.as_bytes());
    assert_eq!(without.answer.status, 400);
}

#[test]
fn keys_stand_in_headers() {
    for (headers, expect) in [
        (&[("Authorization", "Bearer k")][..], Some("k")),
        (&[("Authorization", "Basic azo=")], Some("k")),
        (&[("X-Api-Key", "k")], Some("k")),
        (&[], None),
    ] {
        let mut ask = ask("rows", "/");
        ask.headers = headers;
        assert_eq!(ask.send(b"{}").key.as_ref().map(|key| key.expose()), expect);
    }
}
