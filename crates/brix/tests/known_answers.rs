//! The whole job on real data, as a user runs it, against answers that other tools gave. Skipped where the data are not there.
//!
//! The figures were recomputed from the same files with pandas 2.3.3 and lifelines 0.30.3.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops where it cannot go on, and says what it skips"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The repository's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A real set with its example, in a lake of its own.
struct Set {
    name: &'static str,
    data: PathBuf,
    scratch: PathBuf,
}

impl Set {
    /// The set, if it is there, with nothing imported yet.
    fn find(name: &'static str, scratch: &str) -> Option<Self> {
        let data = root().join("../shared/data").join(name);
        if !data.is_dir() {
            println!("skipped: there is no {}", data.display());
            return None;
        }
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("known").join(scratch);
        let _ = std::fs::remove_dir_all(&scratch);
        std::fs::create_dir_all(&scratch).unwrap();
        Some(Self { name, data, scratch })
    }

    /// The set, imported as its README says, with its definitions checked and their examples run.
    fn import(name: &'static str) -> Option<Self> {
        let set = Self::find(name, name)?;
        let told = set.json(&["import", "--mapping", "mapping.yaml", set.data.to_str().unwrap()]);
        assert_eq!(told["rejected"]["rows"], 0);
        let looked = set.json(&["data"]);
        assert!(looked.is_object(), "{looked}");
        // The settings that a look at the data proposes are settings, whatever their doubts.
        let proposed = set.variant("brix.yaml", &set.brix(&["init", "--print"]));
        for definition in set.definitions() {
            set.brix(&["check", &definition]);
            set.brix(&["test", &definition]);
            set.run(&proposed, &["check", &definition]);
        }
        Some(set)
    }

    fn definitions(&self) -> Vec<String> {
        let entries = std::fs::read_dir(root().join("examples").join(self.name)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let others = ["README.md", "brix.yaml", "mapping.yaml", "growth"];
        names.filter(|name| !others.contains(&name.as_str())).collect()
    }

    /// Runs the binary in the example's folder, with its settings, and gives its standard output.
    fn brix(&self, arguments: &[&str]) -> String {
        self.run("brix.yaml", arguments)
    }

    /// The same with other settings.
    fn run(&self, workspace: &str, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_brix"))
            .current_dir(root().join("examples").join(self.name))
            .arg("--lake")
            .arg(self.scratch.join("lake"))
            .args(["--quiet", "--workspace", workspace])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "brix {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.brix(&[&["--json"], arguments].concat())).unwrap()
    }

    /// Who ever met a definition.
    fn met(&self, definition: &str) -> BTreeSet<String> {
        let listing = self.json(&["qualify", definition, "--ever"]);
        let rows = listing["rows"].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    /// A definition written for the test.
    fn variant(&self, name: &str, text: &str) -> String {
        let path = self.scratch.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// Of each value of a segment: how many people, and how many of them a share counts.
fn segment(definition: &Value, share: &str) -> BTreeMap<String, (u64, u64)> {
    let rows = definition["segments"][0]["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        let (some, all) = count(&row[share]);
        (row["value"].as_str().unwrap_or("null").to_owned(), (all, some))
    })
    .collect()
}

fn counts<const N: usize>(expect: [(&str, u64, u64); N]) -> BTreeMap<String, (u64, u64)> {
    expect.into_iter().map(|(name, all, some)| (name.to_owned(), (all, some))).collect()
}

fn count(share: &Value) -> (u64, u64) {
    (share["count"].as_u64().unwrap(), share["of"].as_u64().unwrap())
}

/// Whether an interval holds a value.
fn holds(ranged: &Value, value: f64) -> bool {
    ranged["low"].as_f64().unwrap() <= value && value <= ranged["high"].as_f64().unwrap()
}

#[test]
fn relax_has_1602_adopted_users() {
    let Some(set) = Set::import("relax") else { return };
    let adopted = set.met("adopted.yaml");
    assert_eq!(adopted.len(), 1602);
    let explained = set.brix(&["explain", "2", "--definition", "adopted.yaml"]);
    assert!(explained.contains("user 2: "), "{explained}");

    // The clock of a definition that names none: first seen, which is the day of the signup, too.
    let first_seen = "id: a\npopulation: everyone\nwhen: { event: Logged In, days: '>= 3', last: 7d }\n";
    assert_eq!(set.met(&set.variant("first-seen.yaml", first_seen)), adopted);

    // First and last day at most seven days apart, instead of less than seven.
    let eight = "id: a\nclock: { event: Signed Up }\nwhen: { event: Logged In, days: '>= 3', last: 8d }\n";
    let eight = set.variant("eight.yaml", eight);
    let wider = set.met(&eight);
    assert_eq!(wider.len(), 1656);
    assert!(wider.is_superset(&adopted));

    // By where they came from, of everybody: what is a conversion does not matter to who qualifies.
    let report = set.json(&["backtest", &eight, "--goal", "Signed Up", "--by", "creation_source"]);
    let expect = counts([
        ("GUEST_INVITE", 2163, 369),
        ("ORG_INVITE", 4254, 574),
        ("PERSONAL_PROJECTS", 2111, 172),
        ("SIGNUP", 2087, 302),
        ("SIGNUP_GOOGLE_AUTH", 1385, 239),
    ]);
    assert_eq!(segment(&report["definitions"][0], "qualified"), expect);

    // What the example takes for success: those whose colleague came before themselves are counted apart.
    let report = set.json(&["backtest", "adopted.yaml"]);
    let definition = &report["definitions"][0];
    assert_eq!(definition["population"]["converted_before"]["total"], 445);
    assert_eq!(definition["from_clock"]["people"], 12_000 - 445);
}

#[test]
fn relax_loses_21_who_logged_in_on_the_day_of_their_signup_if_its_time_is_the_clock() {
    let Some(set) = Set::find("relax", "relax-times") else { return };
    let mapping = std::fs::read_to_string(root().join("examples/relax/mapping.yaml")).unwrap();
    let times = set.variant("mapping.yaml", &mapping.replace(", cut: day", ""));
    set.brix(&["import", "--mapping", &times, set.data.to_str().unwrap()]);
    let by_time = set.met("adopted.yaml");
    assert_eq!(by_time.len(), 1581);

    // A login is known by its day and stands at midnight, before the signup of that day, so that the clock loses it.
    let any = "id: a\npopulation: everyone\nwhen: { event: Logged In, days: '>= 3', last: 7d }\n";
    let lost: Vec<String> = set.met(&set.variant("any.yaml", any)).difference(&by_time).cloned().collect();
    assert_eq!(lost.len(), 21);
    let users = std::fs::read_to_string(set.data.join("users.csv")).unwrap();
    let logins = std::fs::read_to_string(set.data.join("engagement.csv")).unwrap();
    let first_login = |id: &str| {
        let days = logins.lines().filter_map(|line| line.strip_suffix(&format!(",{id},1")));
        days.min().unwrap().to_owned()
    };
    for id in &lost {
        let user = users.lines().find(|line| line.starts_with(&format!("{id},"))).unwrap();
        let signup = user.split(',').nth(1).unwrap();
        let [day, month, year, ..] = signup.split(['-', ' ']).collect::<Vec<_>>()[..] else { unreachable!() };
        assert_eq!(first_login(id), format!("{year}-{month}-{day}"), "user {id}");
    }
}

#[test]
fn learners_of_365_buy_when_they_did() {
    let Some(set) = Set::import("365") else { return };
    let report = set.json(&["backtest", "learner.yaml", "--observed-until", "2022-10-20", "--by", "country"]);
    let definition = &report["definitions"][0];
    let everyone = &definition["from_clock"];
    assert_eq!((&everyone["people"], &everyone["converted"]), (&Value::from(35_230), &Value::from(2_135)));
    let buckets = everyone["buckets"].as_array().unwrap().iter();
    let buckets: Vec<u64> = buckets.map(|bucket| bucket["people"]["total"].as_u64().unwrap()).collect();
    assert_eq!(buckets, [1_019, 725, 285, 106]);

    let curve = everyone["by_day"].as_array().unwrap().iter();
    let curve: Vec<(u64, String)> = curve
        .map(|point| {
            let share = point["converted"]["value"].as_f64().unwrap();
            (point["day"].as_u64().unwrap(), format!("{share:.6}"))
        })
        .collect();
    let expect = [
        (0, "0.028924"),
        (1, "0.035562"),
        (7, "0.049742"),
        (14, "0.052785"),
        (30, "0.055554"),
        (60, "0.058633"),
        (90, "0.060481"),
        (180, "0.063268"),
    ];
    assert_eq!(curve, expect.map(|(day, share)| (day, share.to_owned())));

    let countries = segment(definition, "converted");
    let percent = |country: &str| {
        let (people, bought) = countries[country];
        format!("{:.2}", 100.0 * bought as f64 / people as f64)
    };
    assert_eq!(["US", "GB", "NG", "IN", "EG"].map(percent), ["15.81", "7.55", "2.74", "2.28", "1.00"]);

    // Watched to the end of the exams, eleven days in which nobody could be seen to buy, the curve is another.
    let late = set.json(&["backtest", "learner.yaml"]);
    let day_30 = &late["definitions"][0]["from_clock"]["by_day"][4];
    assert_eq!(format!("{:.6}", day_30["converted"]["value"].as_f64().unwrap()), "0.055091");
    let explained = set.json(&["explain", "258800", "--definition", "learner.yaml"]);
    assert_eq!(explained["definitions"][0]["entries"][0]["at"], "2022-01-04T00:00:00Z");
}

#[test]
fn sellers_of_olist_are_won_by_origin() {
    let Some(set) = Set::import("olist") else { return };
    let report = set.json(&["backtest", "searched.yaml", "--by", "origin"]);
    let definition = &report["definitions"][0];
    // Of the 2,296 that came by organic search one was won two days before it was first contacted: counted apart.
    let before = &definition["population"]["converted_before"];
    assert_eq!(before["total"], 1);
    let odd = before["listed"][0]["id"].as_str().unwrap();
    let contact = set.brix(&["explain", odd, "--definition", "searched.yaml"]);
    assert!(contact.contains("organic_search"), "{contact}");
    let expect = counts([
        ("organic_search", 2_296 - 1, 271 - 1),
        ("paid_search", 1_586, 195),
        ("social", 1_350, 75),
        ("unknown", 1_099, 179),
        ("direct_traffic", 499, 56),
        ("email", 493, 15),
        ("referral", 284, 24),
        ("other", 150, 4),
        ("display", 118, 6),
        ("other_publicities", 65, 3),
        ("null", 60, 14),
    ]);
    assert_eq!(segment(definition, "converted"), expect);
    assert_eq!(set.met("searched.yaml").len(), 2_296 + 1_586 + 499);
}

#[test]
fn fintech_enrols_within_a_day_and_is_judged_only_after_it() {
    let Some(set) = Set::import("fintech") else { return };
    // 23,863 rows, of which 46 are the second ones of 46 people.
    assert_eq!(set.met("enrolled-in-a-day.yaml").len(), 23_863 - 46);
    let report = set.json(&["backtest", "played.yaml"]);
    let definition = &report["definitions"][0];
    assert_eq!(definition["from_clock"]["people"], 49_874);
    assert_eq!(definition["from_clock"]["converted"], 31_004);
    assert_eq!(definition["qualified"]["to_buy"]["count"], 2_807);
    assert_eq!(count(&definition["leads"]["precision"]), (798, 1_824));
}

#[test]
fn ravenstack_has_nothing_to_find_and_nothing_is_found() {
    let Some(set) = Set::import("ravenstack") else { return };
    let report = set.json(&["backtest", "active.yaml", "raised-a-ticket.yaml"]);
    for definition in report["definitions"].as_array().unwrap() {
        assert_eq!(definition["from_clock"]["converted"], 500);
        assert!(holds(&definition["against_rest"]["lift"], 1.0), "{}", definition["against_rest"]);
    }
}

#[test]
fn leads_of_x_education_convert_as_their_columns_say() {
    let Some(set) = Set::import("xeducation") else { return };
    let report = set.json(&["backtest", "engaged.yaml", "working.yaml", "--observed-until", "2020-01-31"]);
    let [engaged, working] = &report["definitions"].as_array().unwrap()[..] else { unreachable!() };
    assert_eq!(engaged["from_clock"]["people"], 9_240);
    assert_eq!(engaged["from_clock"]["converted"], 3_561);
    assert_eq!(count(&engaged["leads"]["precision"]), (2_562, 3_552));
    assert_eq!(count(&working["leads"]["precision"]), (652, 714));
    let rest = &engaged["against_rest"]["at_one_age"];
    assert_eq!(count(&rest["others"]), (999, 5_688), "{rest}");
}

#[test]
fn what_is_bought_is_found_in_each_set() {
    for (name, goal) in [
        ("365", Some("Subscription Purchased")),
        ("olist", Some("Deal Won")),
        ("ravenstack", Some("Subscription Started")),
        ("xeducation", Some("Converted")),
        ("relax", None),
    ] {
        let Some(set) = Set::find(name, &format!("init-{name}")) else { continue };
        let yaml = set.brix(&["init", "--print", "--mapping", "mapping.yaml", set.data.to_str().unwrap()]);
        let found = yaml.lines().find_map(|line| line.strip_prefix("goal: { event: "));
        let found = found.and_then(|rest| rest.split([',', '}']).next()).map(str::trim);
        assert_eq!(found, goal, "{name}: {yaml}");
    }
}
