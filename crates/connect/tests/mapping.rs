//! What mapping files say when they are wrong: line, column, and the cure.

#![expect(clippy::expect_used, reason = "tests fail by panicking")]

use connect::files::Mapping;

/// The problems, each as `line:column: message`.
fn problems(text: &str) -> Vec<String> {
    let error = Mapping::parse("m.yaml", text).expect_err("the mapping is wrong");
    error.problems.iter().map(|problem| format!("{}:{}: {}", problem.line, problem.column, problem.message)).collect()
}

/// A mapping with one file, whose one record has these lines.
fn record(lines: &str) -> String {
    let indented: Vec<String> = lines.lines().map(|line| format!("        {line}")).collect();
    format!("source: t\nfiles:\n  - match: a.csv\n    records:\n      -\n{}\n", indented.join("\n"))
}

#[test]
fn unknown_keys_get_the_nearest() {
    assert_eq!(
        problems("source: t\nfiels: []\n"),
        [
            "1:1: `files:` is missing: a list of files and what their rows say",
            "2:1: a mapping has no key `fiels`; did you mean `files`?"
        ]
    );
    assert_eq!(
        problems(&record("event: A\nuser: u\ntime: at\nproprties: [x]")),
        ["9:9: a record has no key `proprties`; did you mean `properties`?"]
    );
}

#[test]
fn what_is_no_plain_yaml() {
    assert_eq!(problems("source: a\nsource: b\n"), ["2:1: `source` stands here again; its first is in line 1"]);
    assert_eq!(problems("source: &a b\n"), ["1:9: `&` makes an anchor; put the value in quotes"]);
    assert_eq!(problems(""), ["1:1: the mapping is empty"]);
    assert_eq!(problems("a: b\n---\nc: d\n"), ["2:1: a second document starts here; one file holds one mapping"]);
    assert!(problems("a: [b\n").first().is_some_and(|problem| problem.contains("not YAML")));
    assert!(
        problems(&format!("a: {}{}", "[".repeat(100), "]".repeat(100)))
            .first()
            .is_some_and(|problem| problem.contains("nested deeper"))
    );
}

#[test]
fn what_buying_changes_is_not_constant() {
    let text = record("traits: user\nconstant: true\nuser: u\nvalues: { plan: p, country: c, seats_used: x }");
    let found = problems(&text);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("`plan` cannot be constant: buying changes `plan`"), "{found:?}");
    assert!(found[1].contains("`seats_used` cannot be constant: buying changes `seats`"), "{found:?}");
    let renamed = problems(&record("traits: user\nconstant: true\nuser: u\nvalues: { colour: subscription_tier }"));
    assert_eq!(renamed.len(), 1, "the column's name counts too: {renamed:?}");
}

#[test]
fn statements_need_what_they_are_about() {
    for (lines, expect) in [
        ("event: A\ntime: at", "an event needs whom it is about"),
        ("event: A\nuser: u", "`time:` is missing"),
        ("event: A\ntraits: user\nuser: u\ntime: at", "a record says one thing"),
        ("traits: account\nuser: u\ntime: at\nvalues: [x]", "traits of an account need `account:`"),
        ("membership: joined\nuser: u\ntime: at", "a membership needs `user:` and `account:`"),
        ("membership: maybe\nuser: u\naccount: a\ntime: at", "`membership` is joined or left"),
        ("traits: user\nconstant: true\nuser: u\naccount: a\nvalues: [x]", "would make it a member for all time"),
        ("traits: user\nconstant: true\nuser: u\ntime: at\nvalues: [x]", "constant traits hold always"),
        ("event: A\nuser: u\ntime: at\namount: paid", "the amount needs a `currency:`"),
        ("event: A\nuser: u\ntime: at\namount: { column: paid, currency: euro }", "not a currency"),
        ("event: A\nuser: u\ntime: { column: at, format: nonsense }", "no format of times"),
        ("event: A\nuser: u\ntime: { column: at, format: '%H:%M' }", "does not say the year, month and day"),
        ("event: A\nuser: u\ntime: { column: at, zone: Mars/Olympus }", "no time zone"),
        ("event: $item\nuser: u\ntime: at", "`$item` and `$position` need `each:`"),
        ("event: A\nkind: prodct\nuser: u\ntime: at", "no kind of events"),
        ("event: A\nuser: u\ntime: at\nonly_if: { column: c }", "a condition needs"),
        (
            "event: A\nuser: u\ntime: at\nproperties: { x: { column: c, type: number, split: ';' } }",
            "for values of type list",
        ),
    ] {
        let found = problems(&record(lines));
        assert!(found.iter().any(|problem| problem.contains(expect)), "{lines}\n{found:?}");
    }
}

#[test]
fn ids_of_two_statements_are_kept_apart() {
    let text = "source: t\nfiles:\n  - match: a.csv\n    records:\n      - { event: A, user: u, time: at, id: id }\n  - match: b.csv\n    \
                records:\n      - { event: B, user: u, time: at, id: id }\n";
    let found = problems(text);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("8:9: the `id` of the record in line 5 has the prefix `` too"), "{found:?}");
}

#[test]
fn the_message_points_at_the_place() {
    let error = Mapping::parse("m.yaml", "source: t\nfiels: []\n").expect_err("wrong").to_string();
    assert!(
        error.contains("m.yaml:2:1: a mapping has no key `fiels`; did you mean `files`?\n2 | fiels: []\n  | ^"),
        "{error}"
    );
}

#[test]
fn files_are_matched_by_name_or_path() {
    let text = |pattern: &str| {
        format!("source: t\nfiles:\n  - match: '{pattern}'\n    records:\n      - {{ event: A, user: u, time: at }}\n")
    };
    for (pattern, path, fits) in [
        ("a.csv", "a.csv", true),
        ("a.csv", "below/a.csv", true),
        ("below/a.csv", "a.csv", false),
        ("below/*.csv", "below/a.csv", true),
        ("below/*.csv", "below/deeper/a.csv", false),
        ("**/a.csv", "below/deeper/a.csv", true),
        ("events-*.csv", "events-2024-01.csv", true),
        ("{a,b}.csv", "b.csv", true),
        ("*.csv", "a.json", false),
    ] {
        let mapping = Mapping::parse("m.yaml", &text(pattern)).expect("a mapping");
        assert_eq!(mapping.of_file(path).is_some(), fits, "{pattern} {path}");
    }
}

#[test]
fn the_documented_example_is_a_mapping() {
    let page = include_str!("../../../docs/mapping.md");
    let example = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let mapping = Mapping::parse("docs/mapping.md", example).map_err(|error| error.to_string());
    assert_eq!(mapping.map(|mapping| mapping.files.len()), Ok(1));
}
