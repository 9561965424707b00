//! A version changes with the meaning and with nothing else.

use engine::definition::Definition;
use engine::language::{parse, parse_workspace, render, version};
use engine::workspace::Workspace;

const BASE: &str = "
id: team
name: The team
clock: { event: Signed Up }
window: 14d
when:
  all:
    - { event: Project Created, count: \">= 3\", where: { plan: pro, size: [1, 2] } }
    - { event: Logged In, days: \">= 5\" }
fit: { trait: account.employees, is: \">= 50\" }
score:
  time: { weight: 30, best: 2d, worst: 14d }
  use: { weight: 70, of: { event: any }, full: 10 }
";

fn read(text: &str, workspace: &Workspace) -> Definition {
    parse(text, workspace).unwrap_or_else(|findings| panic!("{}", render(&findings, text, "x.yaml"))).definition
}

fn version_of(text: &str) -> String {
    let workspace = Workspace::default();
    version(&read(text, &workspace), &[], &workspace).to_string()
}

#[test]
fn what_does_not_change_it() {
    let same = "
# another comment
when:
  all:
    - event: Logged In
      measure: days
      is: \">=5\"
    - { where: { size: [2, 1, 1], plan: \"pro\" }, count: \">= 3.0\", event: [Project Created] }
window: 2w
id: other-id
subject: user
name: Another name
fit:
  trait: account.employees
  is: \">= 50\"
clock: { event: Signed Up }
score:
  use: { full: 10, of: { event: any, measure: count }, weight: 70 }
  time: { worst: 336h, weight: 30, best: 48h }
once: true
examples:
  - name: One
    timeline: [0d: Signed Up]
    expect: { qualified: never }
";
    assert_eq!(version_of(same), version_of(BASE));
}

#[test]
fn what_changes_it() {
    let base = version_of(BASE);
    for (from, to) in [
        ("\">= 3\"", "\">= 4\""),
        ("Logged In", "Logged Out"),
        ("14d\nwhen", "15d\nwhen"),
        ("pro", "\"5\""),
        ("[1, 2]", "[1, '2']"),
        ("weight: 30", "weight: 31"),
        ("  all:", "  any:"),
        ("employees", "seats"),
        ("clock: { event: Signed Up }", ""),
        ("id: team", "id: team\nonce: false"),
    ] {
        assert!(BASE.contains(from), "{from}");
        assert_ne!(version_of(&BASE.replacen(from, to, 1)), base, "{from} → {to}");
    }
}

#[test]
fn the_workspace_and_references_count() {
    let of = |text: &str, others: &[&str], settings: &str| {
        let workspace = parse_workspace(settings).expect("sound").workspace;
        let others: Vec<Definition> = others.iter().map(|other| read(other, &workspace)).collect();
        version(&read(text, &workspace), &others, &workspace)
    };
    let utc = of(BASE, &[], "zone: UTC\n");
    assert_ne!(of(BASE, &[], "zone: Europe/Berlin\n"), utc);
    assert_ne!(of(BASE, &[], "goal: Paid\n"), utc);
    // The default population asks for internal domains, nobody asks for the others.
    assert_ne!(of(BASE, &[], "internal_domains: [a.example]\n"), utc);
    assert_eq!(of(BASE, &[], "free_domains: [a.example]\n"), utc);
    let free = "id: a\nwhen: { trait: email, domain_kind: free }\n";
    assert_ne!(of(free, &[], "free_domains: [a.example]\n"), of(free, &[], "zone: UTC\n"));
    let everyone = "id: a\npopulation: everyone\nwhen: { event: A }\n";
    assert_eq!(of(everyone, &[], "internal_domains: [a.example]\n"), of(everyone, &[], "zone: UTC\n"));

    let meets = "id: a\nwhen: { meets: b }\n";
    let b = |count: u32| {
        format!("id: b\nname: B {count}\nwhen: {{ all: [{{ event: X, count: '>= 2' }}, {{ meets: c }}] }}\n")
    };
    let c = |count: u32| format!("id: c\nwhen: {{ event: Y, count: '>= {count}' }}\n");
    let first = of(meets, &[&b(1), &c(2)], "zone: UTC\n");
    assert_eq!(of(meets, &[&c(2), &b(7)], "zone: UTC\n"), first);
    assert_ne!(of(meets, &[&b(1), &c(3)], "zone: UTC\n"), first);
    // A circle does not hang.
    of(meets, &["id: b\nwhen: { meets: a }\n"], "zone: UTC\n");
}

/// A stored version must be found again by every later build.
#[test]
fn frozen() {
    let workspace = Workspace::default();
    let definition = read(BASE, &workspace);
    assert_eq!(version(&definition, &[], &workspace).short(), "420a066d08f3");
}

/// How a share is written changes nothing: neither which form the file has, nor that it is written back as a percentage.
#[test]
fn frozen_with_a_share() {
    let workspace = Workspace::default();
    for share in ["80%", "80 %", "0.8"] {
        let text = format!("id: a\nwhen: {{ ratio: {{ of: used, to: limit }}, is: \">= {share}\" }}\n");
        assert_eq!(version(&read(&text, &workspace), &[], &workspace).short(), "e4736592bafc", "{share}");
    }
}

#[test]
fn who_may_be_judged_changes_it() {
    let with = |text: &str| {
        let workspace = parse_workspace(text).expect("sound").workspace;
        version(&read(BASE, &workspace), &[], &workspace).to_string()
    };
    assert_eq!(with("consent: { contact: newsletter }\n"), version_of(BASE), "who may be told of is another question");
    assert_ne!(with("consent: { profile: analytics }\n"), version_of(BASE));
    assert_ne!(with("consent: { profile: analytics }\n"), with("consent: { profile: analytics, required: true }\n"));
}
