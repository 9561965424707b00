//! Of those who refuse to be judged, everything that judges says how many they are.

use serde_json::Value;

use crate::support::{product, run};

#[test]
fn how_many_refuse_to_be_judged_is_told() {
    let folder = product("consent-told");
    let settings = std::fs::read_to_string(folder.join("brix.yaml")).unwrap();
    std::fs::write(folder.join("brix.yaml"), format!("{settings}\nconsent: {{ profile: profiling }}\n")).unwrap();
    std::fs::create_dir(folder.join("more")).unwrap();
    std::fs::write(
        folder.join("more/them.csv"),
        "who,since,agrees\nx1,2025-01-05,no\nx2,2025-01-06,no\nx3,2025-01-06,yes\n",
    )
    .unwrap();
    let mapping = "source: them\nfiles:\n  - match: them.csv\n    records:\n      - { traits: user, user: who, time: since, values: { profiling: agrees } }\n";
    std::fs::write(folder.join("more/mapping.yaml"), mapping).unwrap();
    let imported = run(&folder, &["import", "more"]);
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    let definition = "id: trial\nname: Trial\nsubject: user\nwhen: { event: Project Created, count: \">= 2\" }\n";
    std::fs::write(folder.join("trial.yaml"), definition).unwrap();
    for (arguments, words) in [
        (&["qualify", "--near", "trial.yaml"][..], "left out: 2 who refuse to be judged"),
        (&["validate", "trial.yaml", "--no-proposal"], "left out: 2 who refuse to be judged"),
        (&["limits", "--metric", "Project Created"], "left out: 2 who refuse to be judged"),
        (&["discover", "--within", "20d", "--permutations", "0"], "left out: refuse to be judged"),
    ] {
        let output = run(&folder, &[arguments, &["--json"]].concat());
        let told: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(told["refused_profiling"], 2, "{arguments:?}");
        let text = String::from_utf8(run(&folder, arguments).stdout).unwrap();
        assert!(text.contains(words), "{arguments:?}: {text}");
    }
}
