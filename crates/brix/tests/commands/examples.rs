//! What pages and `--help` show works on what `brix simulate` makes, and what fails says why.

use std::path::Path;

use crate::support::{fails, json, out, product, run, scratch};

/// The commands for limits of the README, the page and `--help`, with their quotes taken off.
fn limits() -> Vec<Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let help = out(&scratch("limits-help"), &["limits", "--help"]);
    let texts = ["README.md", "docs/limits.md"].map(|page| std::fs::read_to_string(root.join(page)).unwrap());
    let lines = texts.iter().chain([&help]).flat_map(|text| text.lines());
    let commands = lines.filter_map(|line| line.trim().strip_prefix("brix limits "));
    let words = |command: &str| {
        let command = command.split(" #").next().unwrap_or_default();
        let parts = command.split('"').enumerate();
        parts
            .flat_map(|(place, part)| match place % 2 {
                0 => part.split_whitespace().map(str::to_owned).collect(),
                _ => vec![part.to_owned()],
            })
            .collect()
    };
    commands.map(words).collect()
}

#[test]
fn examples_of_limits_work_on_what_is_simulated() {
    let folder = product("limits-examples");
    let commands = limits();
    assert_eq!(commands.len(), 7, "{commands:?}");
    for command in commands {
        let arguments: Vec<&str> = std::iter::once("limits").chain(command.iter().map(String::as_str)).collect();
        out(&folder, &arguments);
    }
}

const ACCOUNTS: &str = "id: admins\nsubject: account\npopulation: everyone\nwhen: { event: A }\nfit: { trait: first_member.role, is: admin }\nexamples:\n  - name: an admin\n    timeline:\n      - 0d: { traits: { ROLE: admin } }\n      - 5d: A\n    expect: { qualified: 5d }\n";

/// An example that fails names what was not met; a member's trait is given as the language's page says.
#[test]
fn an_example_that_fails_names_what_was_not_met() {
    let folder = scratch("not-met");
    std::fs::write(folder.join("wrong.yaml"), ACCOUNTS.replace("ROLE", "role")).unwrap();
    std::fs::write(folder.join("right.yaml"), ACCOUNTS.replace("ROLE", "user.role")).unwrap();
    let told = String::from_utf8(run(&folder, &["test", "wrong.yaml"]).stdout).unwrap();
    assert!(told.contains("not met at 5d: the first member’s role = admin (not known)"), "{told}");
    assert!(!told.contains("not met at 5d: A"), "{told}");
    out(&folder, &["test", "right.yaml"]);
    let went: serde_json::Value =
        serde_json::from_slice(&run(&folder, &["--json", "test", "wrong.yaml"]).stdout).unwrap();
    assert_eq!(went[0]["not_met"].as_array().unwrap().len(), 1, "{went}");
    assert!(json(&folder, &["--json", "test", "right.yaml"])[0].get("not_met").is_none());
}

/// Where a criterion counts as often as it stands, its repetition is no mistake.
#[test]
fn a_card_of_points_is_not_doubted() {
    let folder = scratch("card-of-points");
    let card = "id: card\nwhen: { at_least: 2, of: [{ event: A }, { event: A }, { event: B }] }\n";
    std::fs::write(folder.join("card.yaml"), card).unwrap();
    assert_eq!(json(&folder, &["--json", "check", "card.yaml"]), serde_json::json!([]));
}

#[test]
fn a_mistyped_population_has_its_cure() {
    let folder = scratch("everyon");
    std::fs::write(folder.join("a.yaml"), "id: a\npopulation: everyon\nwhen: { event: A }\n").unwrap();
    let findings = run(&folder, &["check", "a.yaml"]);
    let words = String::from_utf8([findings.stdout, findings.stderr].concat()).unwrap();
    assert!(words.contains("did you mean `everyone`?"), "{words}");
}

/// `qualify` and `explain` take each other's word for the day that is asked about.
#[test]
fn the_day_that_is_asked_about_has_one_name_or_the_other() {
    let folder = product("as-of-and-at");
    let listed = |option| out(&folder, &["qualify", "minimum-viable", option, "2025-02-15", "--format", "csv"]);
    assert_eq!(listed("--as-of"), listed("--at"));
    let first = listed("--at").lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
    let explained = |option| out(&folder, &["explain", &first, "-d", "minimum-viable", option, "2025-02-15"]);
    assert_eq!(explained("--as-of"), explained("--at"));
    let words = fails(&folder, 2, &["backtest", "minimum-viable", "--bi", "country"]);
    assert!(words.contains("'--by'"), "{words}");
}
