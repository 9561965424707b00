//! What is refused, and how it is said: the code, the place and the cure.

use engine::language::{Code, Diagnostic, parse, parse_workspace, render};
use engine::workspace::Workspace;

/// A whole definition, or a criterion that is put into one; the marked place is between `«` and `»`.
fn check(input: &str, code: Code, words: &str) {
    let text = if input.contains("id:") { input.to_owned() } else { format!("id: x\nwhen: {input}\n") };
    let (before, marked) = text.split_once('«').unwrap_or_else(|| panic!("no mark in {text}"));
    let (marked, _) = marked.split_once('»').unwrap_or_else(|| panic!("no mark in {text}"));
    let (before, length) = (before.to_owned(), marked.chars().count());
    let text = text.replace(['«', '»'], "");
    let findings = parse(&text, &Workspace::default()).map_or_else(|findings| findings, |document| document.warnings);
    let shown = render(&findings, &text, "test.yaml");
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|sign| *sign != '\n').count() + 1;
    let hit = |finding: &&Diagnostic| {
        let place = finding.place;
        finding.code == code && (place.line, place.column, place.length) == (line, column, length)
    };
    let Some(found) = findings.iter().find(hit) else {
        panic!("expected {} at {line}:{column}+{length} of\n{text}\nfound\n{shown}", code.word());
    };
    let said = format!("{} {}", found.message, found.help.as_deref().unwrap_or(""));
    assert!(said.contains(words), "expected `{words}` in\n{shown}");
}

#[test]
fn signs_without_quotes() {
    check("{ event: A, count: «>= 3» }", Code::QuoteNeeded, "put it in quotes");
    check("\n  event: A\n  count: «>= 3»", Code::QuoteNeeded, "\">= 3\"");
    check("\n  event: A\n  count: «> 3»", Code::QuoteNeeded, "quotes");
    check("\n  event: A\n  count: «>3»\n", Code::QuoteNeeded, "quotes");
    check("{ trait: plan, is: «!= x» }", Code::QuoteNeeded, "quotes");
    check("\n  trait: plan\n  is: «!=x»", Code::QuoteNeeded, "quotes");
    check("{ event: A, where: { x: «!= $user.id» } }", Code::QuoteNeeded, "quotes");
}

#[test]
fn all_errors_at_once() {
    let text = "id: Trial Team\nsubject: usr\nwindw: 14d\nwhen:\n  all:\n    - { evnt: A }\n    - { event: B, count: \"3 times\" }\n    - { event: C, last: 7 }\n";
    let findings = parse(text, &Workspace::default()).expect_err("broken");
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code.word()).collect();
    let expect = ["bad-name", "unknown-word", "unknown-key", "unknown-key", "bad-comparison", "bad-duration"];
    assert_eq!(codes, expect, "{}", render(&findings, text, "x.yaml"));
}

#[test]
fn a_finding_as_text() {
    let text = "id: x\nwhen:\n  all:\n    - { evnt: Project Created }\n";
    let findings = parse(text, &Workspace::default()).expect_err("broken");
    let expect = "\
error[unknown-key]: `evnt` starts no criterion
 --> trial.yaml:4:9
  |
4 |     - { evnt: Project Created }
  |         ^^^^
  = help: did you mean `event`?
";
    assert_eq!(render(&findings, text, "trial.yaml"), expect);
}

#[test]
fn yaml_that_definitions_do_without() {
    check("id: x\n«id»: y\nwhen: { event: A }\n", Code::DuplicateKey, "first in line 1");
    check("id: x\nwhen: «&a {» event: A }\n", Code::YamlFeature, "anchor");
    check("id: x\nname: «&a b»\nwhen: { event: *a }\n", Code::YamlFeature, "anchor");
    check("id: x\nname: «!!str b»\nwhen: { event: A }\n", Code::YamlFeature, "tag");
    check("id: x\nwhen: { event: A }\n«---»\nid: y\n", Code::YamlFeature, "second document");
    check("id: x\nname: Foo«:» bar\nwhen: { event: A }\n", Code::YamlSyntax, "quotes");
}

#[test]
fn keys() {
    check("{ «count»: '>= 3' }", Code::MissingKey, "needs `event:`");
    check("{ «colour»: red }", Code::UnknownKey, "a criterion has one of");
    check("{ event: A, «cout»: '>= 3' }", Code::UnknownKey, "did you mean `count`?");
    check("{ trait: a, is: 1, «days»: '>= 3' }", Code::UnknownKey, "a criterion on events");
    check("{ event: A, «trait»: plan, is: x }", Code::ConflictingKeys, "under `all:`");
    check("{ event: A, count: '>= 3', «days»: '>= 3' }", Code::ConflictingKeys, "one measure");
    check("{ event: A, within: 3d, «last»: 3d }", Code::ConflictingKeys, "one period");
    check("{ event: A, count: '>= 3', «is»: '>= 3' }", Code::ConflictingKeys, "second comparison");
    check("«{» event: A, sum: x }", Code::MissingKey, "`is:` is missing");
    check("{ event: A, «from»: 3d }", Code::MissingKey, "`to`");
    check("{ event: A, «to»: 3d }", Code::MissingKey, "`from`");
    check("«{» trait: plan }", Code::MissingKey, "compared");
    check("«[»{ event: A }]", Code::WrongShape, "`all:`");
    check("«{» }", Code::UnknownKey, "a criterion has one of");
    check("id: x\nwhen: { event: A }\n«bands»: { high: 3 }\n", Code::MissingKey, "`score:`");
    check("id: x\nonce: true\n«on»: A\nwhen: { event: A }\n", Code::ConflictingKeys, "entry");
}

#[test]
fn values() {
    check("{ event: A, count: «3» }", Code::BadComparison, "`count: \">= 3\"`");
    check("{ event: A, count: «'>= many'» }", Code::BadComparison, "number");
    check("{ event: A, count: «'>='» }", Code::BadComparison, "lacks its value");
    check("{ event: A, last: «7» }", Code::BadDuration, "`7d`");
    check("{ event: A, last: «0d» }", Code::BadDuration, "zero");
    check("{ event: A, from: 7d, to: «3d» }", Code::BadDuration, "before it starts");
    check("{ sequence: [A, B], span: «1 month» }", Code::BadDuration, "exact");
    check("{ event: A, gap: «1», is: '< 3d' }", Code::BadNumber, "2 to 1000");
    check("{ event: A, gap: 2, is: «'< 3'» }", Code::BadDuration, "no unit");
    check("{ event: A, ever: «yes» }", Code::UnknownWord, "`true` or `false`");
    check("{ trait: a, is: «True» }", Code::UnknownWord, "quotes");
    check("{ trait: a, is: «2026-02-30» }", Code::BadDate, "not a date");
    check("{ trait: a, is: «'> pro'» }", Code::BadComparison, "by size");
    check("{ trait: a, matches: «'(' » }".replace(" »", "»").as_str(), Code::BadPattern, "regular expression");
    check("{ trait: a, is: «'>= 0.0000000001'» }", Code::BadNumber, "nine decimal places");
    check("{ trait: a, domain_kind: «fre» }", Code::UnknownWord, "did you mean `free`?");
    check("{ event: «'*'» }", Code::BadName, "`any`");
    check("{ event: «A*B» }", Code::BadName, "only at the end");
    check("id: x\nwhen: { event: A }\nvalue: { times: 3, currency: «usd» }\n", Code::UnknownWord, "ISO 4217");
}

#[test]
fn paths() {
    check("{ event: A, where: { x: «$3.y» } }", Code::BadPath, "belong to a sequence");
    check("{ sequence: [{ event: A, where: { x: «$2.y» } }, B] }", Code::BadPath, "comes after");
    check("{ event: A, where: { x: «$nobody.y» } }", Code::BadPath, "`$user.id`");
    check("{ event: A, count: «'>= $this.x'» }", Code::BadPath, "outside a `where:`");
    check("{ sequence: [A, B], where: «{» x: 1 } }", Code::BadPath, "which step?");
}

#[test]
fn places_where_things_have_no_meaning() {
    check("«{» users: '>= 2', meeting: other }", Code::NotHere, "only accounts");
    check("{ trait: «any_member.role», is: admin }", Code::NotHere, "only accounts");
    check("id: x\nsubject: account\nwhen: «{» account: { event: A } }\n", Code::NotHere, "already about an account");
    check("{ account: «{» account: { event: A } } }", Code::NotHere, "already about an account");
    check("{ event: A, «against»: previous, is: '> 5%' }", Code::NotHere, "`last: 30d`");
    check("{ event: A, days: '>= 2', «last»: 3d, in_each_of: { weeks: 3 } }", Code::ConflictingKeys, "own period");
    check("{ event: A, in_each_of: { weeks: 3, at_least: «4» } }", Code::BadNumber, "1 to 3");
    check("{ at_least: «3», of: [{ event: A }, { event: B }] }", Code::NeverHolds, "can never hold");
}

#[test]
fn warnings() {
    check("id: x\nwindow: 14d\nwhen: «{» not: { event: A } }\n", Code::NotSoFar, "not so far");
    check("«{» event: A, count: '>= 0' }", Code::AlwaysHolds, "always");
    check("«{» event: A, count: '< 0' }", Code::NeverHolds, "never");
    check("«{» event: A, days: '>= 9', last: 7d }", Code::NeverHolds, "at most 8");
    check("«{» event: A, users: '>= 2' }", Code::NeverHolds, "at most 1");
    check("«{» event: A, count: between 5 and 3 }", Code::NeverHolds, "first");
    let ratio = |is: &str| format!("«{{» ratio: {{ of: {{ event: A }}, to: {{ event: B }} }}, is: '{is}' }}");
    check(&ratio("between 80% and 50%"), Code::NeverHolds, "first");
    check(&ratio("< 0%"), Code::NeverHolds, "never below 0");
    check(&ratio(">= 0%"), Code::AlwaysHolds, "as soon as there is a whole");
    for fraction in ["count: '>= 80%'", "days: '> 0.5'", "distinct: p, is: between 50% and 2", "count: '= 1.5'"] {
        check(&format!("«{{» event: A, {fraction} }}"), Code::NotWhole, "whole number");
    }
    // A sum may be below 0.
    for sound in
        ["event: A, sum: p, is: '>= 0.5'", "ratio: { of: { event: A, sum: p }, to: { event: B } }, is: '>= 0%'"]
    {
        let read = parse(&format!("id: x\nwhen: {{ {sound} }}\n"), &Workspace::default());
        assert!(read.is_ok_and(|document| document.warnings.is_empty()), "{sound}");
    }
    check("id: x\nwindow: 14d\nwhen: { event: A, within: «30d» }\n", Code::BeyondWindow, "window");
    check("id: x\nwindow: 14d\nwhen: { event: A, from: «15d», to: 20d }\n", Code::NeverHolds, "window");
    check("{ all: [{ event: A }, «{» event: A }] }", Code::Repeated, "earlier");
    check("{ any: [{ event: A }, «{» event: A }] }", Code::Repeated, "earlier");
    let score = "score:\n  «a»: { weight: 60, of: fit }\n  b: { weight: 50, of: fit }\n";
    check(&format!("id: x\nwhen: {{ event: A }}\n{score}"), Code::WeightsOverHundred, "110");
    let bands = "score: { a: { weight: 60, of: fit } }\nbands: { high: «70» }\n";
    check(&format!("id: x\nwhen: {{ event: A }}\n{bands}"), Code::UnreachableBand, "60");
}

#[test]
fn limits_are_named() {
    let deep = format!("{}{{ event: A }}{}", "{ not: ".repeat(12), " }".repeat(12));
    let text = format!("id: x\nwhen: {deep}\n");
    let findings = parse(&text, &Workspace::default()).expect_err("too deep");
    assert_eq!((findings[0].code, findings.len()), (Code::OverLimit, 1));
    let text = format!("id: x\nwhen: {}\n", "[".repeat(10_000));
    assert_eq!(parse(&text, &Workspace::default()).expect_err("too deep")[0].code, Code::OverLimit);
    let many: String = (0..500).map(|at| format!("    - {{ event: E{at} }}\n")).collect();
    let findings = parse(&format!("id: x\nwhen:\n  all:\n{many}"), &Workspace::default()).expect_err("too many");
    assert!(findings.iter().any(|finding| finding.code == Code::OverLimit && finding.message.contains("400")));
    let long = format!("id: x\nwhen: {{ event: A }}\n#{}\n", "x".repeat(300_000));
    assert!(parse(&long, &Workspace::default()).expect_err("too long")[0].message.contains("262144"));
}

#[test]
fn the_workspace() {
    let check = |text: &str, code: Code, words: &str| {
        let findings = parse_workspace(text).expect_err(text);
        let shown = render(&findings, text, "brix.yaml");
        assert!(findings.iter().any(|finding| finding.code == code) && shown.contains(words), "{shown}");
    };
    check("zone: Europe/Berlim\n", Code::UnknownWord, "did you mean `Europe/Berlin`?");
    check("internal_domains: [me@x.example]\n", Code::BadName, "behind the `@`");
    check("event_aliases: { a: b, b: c }\n", Code::ConflictingKeys, "write `c` here");
    check("event_kinds: { a: produkt }\n", Code::UnknownWord, "did you mean `product`?");
    check("consent: { profil: ok }\n", Code::UnknownKey, "did you mean `profile`?");
    check("consent: { required: true }\n", Code::MissingKey, "names no trait");
    check("consent: { contact: ok, required: yes }\n", Code::UnknownWord, "expected `true` or `false`");
    check("limits: [max_projects]\n", Code::WrongShape, "`limits: { account.max_projects: Project Created }`");
    check("limits: { seats: { evnt: A } }\n", Code::UnknownKey, "did you mean `event`?");
    check("limits: { seats: { event: A, trait: b } }\n", Code::ConflictingKeys, "`{ measure: users }`");
    check("limits: { seats: {} }\n", Code::ConflictingKeys, "one thing counts");
    check("limits: { seats: { measure: user } }\n", Code::UnknownWord, "did you mean `users`?");
    check("limits: { account.gb: { trait: user.used } }\n", Code::NotHere, "of the same subject");
    check("limits: { account.gb: { trait: gb } }\n", Code::NotHere, "against itself");
    check("limits: { any_member.gb: A }\n", Code::NotHere, "of whom it binds");
    check("free_domain: [x.example]\n", Code::UnknownKey, "did you mean `free_domains`?");
}

#[test]
fn examples_are_checked() {
    let with = |examples: &str| format!("id: x\nwhen: {{ event: A }}\nexamples:\n{examples}");
    check(
        &with("  - name: n\n    timeline:\n      - «soon»: A\n    expect: { qualified: never }\n"),
        Code::BadDuration,
        "a time from the start",
    );
    check(
        &with("  - name: n\n    timeline:\n      - 0d: A\n    expect: { qualified: never, «score»: 3 }\n"),
        Code::BadExample,
        "without an entry",
    );
    check(
        &with("  - name: n\n    until: 5d\n    timeline:\n      - 0d: A\n    expect: «{» qualified: 6d }\n"),
        Code::BadExample,
        "after the example's end",
    );
    check(
        &with(
            "  - name: n\n    timeline:\n      - 0d: «{» event: A, traits: { b: 1 } }\n    expect: { qualified: 0d }\n",
        )
        .replace(['«', '»'], "")
        .replace("traits:", "«traits»:"),
        Code::ConflictingKeys,
        "one thing",
    );
}
