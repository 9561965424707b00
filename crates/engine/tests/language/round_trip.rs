//! What is written reads back the same; nothing that is read makes the parser panic.

use engine::definition::{Criterion, Definition, Op, Operand, Quantity, Ratio, Test, TraitOwner, TraitPath};
use engine::language::{Code, parse, parse_workspace, render, templates, to_yaml, version};
use engine::record::SubjectKind;
use engine::workspace::Workspace;
use engine::{Number, Value};
use proptest::prelude::*;

use crate::random::definition;

proptest! {
    #[test]
    fn a_written_definition_reads_back(definition in definition()) {
        let workspace = Workspace::default();
        let text = to_yaml(&definition);
        match parse(&text, &workspace) {
            Ok(document) => {
                prop_assert_eq!(&document.definition, &definition, "{}", text);
                prop_assert_eq!(to_yaml(&document.definition), text);
                let one = version(&definition, &[], &workspace);
                prop_assert_eq!(one, version(&document.definition, &[], &workspace));
            }
            // Random trees can be larger than the language allows.
            Err(findings) => prop_assert!(
                findings.iter().all(|finding| finding.code == Code::OverLimit || !finding.is_error()),
                "{}\n{}", text, render(&findings, &text, "random.yaml")
            ),
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[\\PC\\n\\t]{0,200}") {
        let _ = parse(&text, &Workspace::default()).map_err(|findings| render(&findings, &text, "x"));
        let _ = parse_workspace(&text).map_err(|findings| render(&findings, &text, "x"));
    }

    #[test]
    fn no_yaml_like_text_makes_the_parser_panic(
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..60)
    ) {
        let text = format!("id: x\nwhen: {}", pieces.concat());
        let _ = parse(&text, &Workspace::default()).map_err(|findings| render(&findings, &text, "x"));
        let _ = parse_workspace(&text).map_err(|findings| render(&findings, &text, "x"));
    }

    #[test]
    fn no_damaged_template_makes_the_parser_panic(
        which in 0_usize..19, at in any::<prop::sample::Index>(), length in 0_usize..20, with in "[\\PC\\n]{0,6}"
    ) {
        let text: Vec<char> = templates()[which].text.chars().collect();
        let at = at.index(text.len());
        let end = (at + length).min(text.len());
        let damaged: String = text[..at].iter().copied().chain(with.chars()).chain(text[end..].iter().copied()).collect();
        if let Err(findings) = parse(&damaged, &Workspace::default()) {
            prop_assert!(!findings.is_empty());
            let lines = damaged.lines().count() + 1;
            for finding in &findings {
                prop_assert!((1..=lines).contains(&finding.place.line), "{finding}");
            }
            prop_assert!(!render(&findings, &damaged, "x").is_empty());
        }
    }
}

const PIECES: [&str; 48] = [
    "{ ",
    " }",
    "[",
    "]",
    ", ",
    ": ",
    "\n",
    "\n  ",
    "\n    ",
    "- ",
    "\"",
    "'",
    "event: ",
    "A",
    "count: ",
    "\">= 3\"",
    ">= 3",
    "days: ",
    "all: ",
    "any: ",
    "not: ",
    "where: ",
    "$1.x",
    "$user.id",
    "trait: ",
    "is: ",
    "in: ",
    "between 1 and 5",
    "14d",
    "3 months",
    "80%",
    "sequence: ",
    "ratio: ",
    "of: ",
    "to: ",
    "account: ",
    "meets: ",
    "users: ",
    "meeting: ",
    "for: ",
    "&a ",
    "*a",
    "!!str ",
    "|",
    "#",
    "2026-01-01",
    "score: ",
    "examples: ",
];

/// A share is written as people say it, and is exactly what it was.
#[test]
fn shares_are_written_as_percentages() {
    for (number, written) in [
        (800_000_000, "80%"),
        (1_000_000_000, "100%"),
        (1_500_000_000, "150%"),
        (2_000_000_000, "2"),
        (12_500_000_000, "12.5"),
        (123_456_789, "12.3456789%"),
        (1, "0.0000001%"),
        (-500_000_000, "-50%"),
        (0, "0"),
    ] {
        let is = |number| Operand::Constant(Value::Number(Number(number)));
        let of = |name: &str| Quantity::Trait(TraitPath { of: TraitOwner::Own, name: name.into() });
        let share = |is| Criterion::Ratio(Box::new(Ratio { of: of("used"), to: of("limit"), is }));
        for (test, text) in [
            (Test::Is(Op::AtLeast, is(number)), format!("is: \">= {written}\"")),
            (Test::Between(is(number), is(20_000_000_000)), format!("between: [{written}, 20]")),
        ] {
            let definition = Definition::of("a", "a", SubjectKind::User, share(test));
            let yaml = to_yaml(&definition);
            assert!(yaml.contains(&text), "{yaml}");
            assert_eq!(parse(&yaml, &Workspace::default()).expect("sound").definition, definition, "{yaml}");
        }
    }
}

#[test]
fn templates_survive_being_written() {
    for template in templates() {
        let workspace = Workspace::default();
        let definition = parse(template.text, &workspace).expect("sound").definition;
        let text = to_yaml(&definition);
        let again = parse(&text, &workspace).map_err(|findings| render(&findings, &text, template.id));
        assert_eq!(again.map(|document| document.definition), Ok(definition));
    }
}

#[test]
fn a_written_template() {
    let template = templates().iter().find(|template| template.id == "minimum-viable").expect("it ships");
    let definition = parse(template.text, &Workspace::default()).expect("sound").definition;
    let expect = "\
id: minimum-viable
name: Finished onboarding and came back
subject: user
clock: { event: Signed Up }
window: 14d
when:
  sequence:
    - Onboarding Finished
    - { event: any, where: { $2.day: \"> $1.day\" } }
fit: { not: { trait: email, domain_kind: free } }
score:
  time: { weight: 50, best: 1d, worst: 14d }
  return: { weight: 50, of: { event: any, measure: days }, full: 5 }
bands: { high: 70, medium: 40 }
";
    assert_eq!(to_yaml(&definition), expect);
}
