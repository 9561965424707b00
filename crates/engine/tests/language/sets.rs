//! Definitions checked with each other and against the data.

use std::sync::Arc;

use engine::language::{Code, Document, Known, check, check_workspace, parse, parse_workspace, render};
use engine::workspace::Workspace;

fn read(text: &str) -> Document {
    parse(text, &Workspace::default()).unwrap_or_else(|findings| panic!("{}", render(&findings, text, "x.yaml")))
}

/// The codes found in each of the files, and their texts.
fn codes(texts: &[&str], workspace: &Workspace, known: Option<&Known>) -> Vec<Vec<(Code, String)>> {
    let documents: Vec<Document> = texts.iter().map(|text| read(text)).collect();
    let found = check(&documents, workspace, known);
    found
        .into_iter()
        .map(|findings| findings.into_iter().map(|finding| (finding.code, finding.to_string())).collect())
        .collect()
}

#[test]
fn references_must_lead_somewhere() {
    let found = codes(
        &[
            "id: a\nwhen: { meets: trial-taem }\n",
            "id: trial-team\nwhen: { event: A }\n",
            "id: b\nwhen: { account: { meets: trial-team } }\n",
            "id: c\nwhen: { meets: d }\n",
            "id: d\non: A\nwhen: { event: A }\n",
            "id: d\nwhen: { event: A }\n",
        ],
        &Workspace::default(),
        None,
    );
    assert!(matches!(&found[0][..], [(Code::UnknownDefinition, text)] if text.contains("did you mean `trial-team`?")));
    assert_eq!(found[1], []);
    assert!(matches!(&found[2][..], [(Code::WrongKind, text)] if text.contains("about a user")));
    assert!(matches!(&found[3][..], [(Code::NotHere, _)]));
    assert!(matches!(&found[5][..], [(Code::DuplicateDefinition, _)]));
}

#[test]
fn circles_are_found_wherever_they_are_entered() {
    let found = codes(
        &[
            "id: a\nwhen: { meets: b }\n",
            "id: b\nwhen: { meets: c }\n",
            "id: c\nfit: { meets: b }\nwhen: { event: X }\n",
        ],
        &Workspace::default(),
        None,
    );
    assert_eq!(found[0], []);
    assert!(matches!(&found[1][..], [(Code::Cycle, text)] if text.contains("`b` → `c` → `b`")));
    assert!(matches!(&found[2][..], [(Code::Cycle, text)] if text.contains("`c` → `b` → `c`")));
    let itself = codes(&["id: a\nwhen: { meets: a }\n"], &Workspace::default(), None);
    assert!(matches!(&itself[0][..], [(Code::Cycle, _)]));
}

#[test]
fn long_chains_are_refused() {
    let texts: Vec<String> = (0..12)
        .map(|at| format!("id: d{at}\nwhen: {{ any: [{{ event: X }}, {{ meets: d{} }}] }}\n", at + 1))
        .chain(["id: d12\nwhen: { event: X }\n".to_owned()])
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let found = codes(&texts, &Workspace::default(), None);
    assert!(matches!(&found[0][..], [(Code::OverLimit, _)]));
    assert_eq!(found[8], []);
}

#[test]
fn the_goal_inside() {
    let text = "goal: { event: [Paid, Plan *] }\n";
    let workspace = parse_workspace(text).expect("sound").workspace;
    let inside = "id: a\nwhen: { any: [{ event: Paid }, { event: A, since: Plan Started }] }\n";
    let own = "id: b\ngoal: { event: Won }\nwhen: { event: Paid }\n";
    let found = codes(&[inside, own], &workspace, None);
    assert_eq!(found[0].iter().map(|(code, _)| *code).collect::<Vec<_>>(), [Code::GoalInside, Code::GoalInside]);
    assert_eq!(found[1], []);
}

#[test]
fn names_against_the_data() {
    let names = |names: &[&str]| names.iter().map(|name| Arc::from(*name)).collect();
    let known = Known {
        events: names(&["Project Created", "Report Viewed"]),
        properties: names(&["project_id"]),
        traits: names(&["employees"]),
    };
    let text = "id: a\nwhen:\n  all:\n    - { event: Projekt Created, where: { project: x } }\n    - { event: Report * }\n    \
                - { event: Raport * }\n    - { trait: account.employes, is: 3 }\n    - { trait: rank, is: 1 }\n";
    let found = codes(&[text], &Workspace::default(), Some(&known)).remove(0);
    let expect = [Code::UnknownEvent, Code::UnknownProperty, Code::UnknownEvent, Code::UnknownTrait];
    assert_eq!(found.iter().map(|(code, _)| *code).collect::<Vec<_>>(), expect);
    assert!(found[0].1.contains("did you mean `Project Created`?"), "{}", found[0].1);
    assert!(found[3].1.contains("did you mean `employees`?"), "{}", found[3].1);
    let text = "event_aliases: { Signup: Signed Up }\ngoal: { event: Payed }\n";
    let workspace = parse_workspace(text).expect("sound");
    assert_eq!(check_workspace(&workspace, &known)[0].code, Code::UnknownEvent);
    let text = "limits: { account.employes: { event: Projekt Created }, employees: Report Viewed }\n";
    let found = check_workspace(&parse_workspace(text).expect("sound"), &known);
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!((found[0].code, found[1].code, found.len()), (Code::UnknownTrait, Code::UnknownEvent, 2), "{told:?}");
    assert!(render(&found, text, "brix.yaml").contains("did you mean `Project Created`?"), "{told:?}");
    let aliased = codes(&["id: a\nclock: { event: Signup }\nwhen: { event: A }\n"], &workspace.workspace, None);
    assert!(matches!(&aliased[0][..], [(Code::AliasedEvent, text)] if text.contains("write `Signed Up`")));
}
