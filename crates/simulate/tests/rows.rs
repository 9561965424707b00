//! The rows: the same for a seed in every order and size, frozen, and as noisy as asked for.

use std::collections::{BTreeMap, HashMap};

use engine::record::{Body, SubjectKind};
use engine::time::{HOUR, MINUTE};
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
use sha2::{Digest, Sha256};
use simulate::{
    Account, Buyer, Encoder, EventName, Fact, Ids, Kind, Noise, Order, Part, Product, ProductError, Rule, Scenario,
    What, csv, jsonl,
};

fn live(product: &Product) -> (Vec<Fact>, Vec<Account>) {
    let (mut facts, mut accounts) = (Vec::new(), Vec::new());
    let done = product.generate(&mut |part| match part {
        Part::Facts(some) => {
            assert!(some.len() <= product.batch_rows);
            facts.extend_from_slice(some);
        }
        Part::Account(account) => accounts.push(account.clone()),
    });
    assert_eq!(done, Ok(()));
    (facts, accounts)
}

fn small(seed: u64, accounts: u32, scenario: Scenario) -> Product {
    Product { accounts, order: Order::Account, ..Product::for_users(seed, 1, 3, scenario) }
}

/// All encoders' bytes of a product.
fn digest(product: &Product) -> String {
    let ids = Ids::new(product.seed);
    let (mut out, mut hash) = (Vec::new(), Sha256::new());
    csv::events_header(&mut out, csv::Properties::Columns);
    csv::account_history_header(&mut out);
    csv::users_header(&mut out);
    csv::accounts_header(&mut out);
    csv::subscriptions_header(&mut out);
    csv::truth_header(&mut out);
    let done = product.generate(&mut |part| {
        match part {
            Part::Facts(facts) => {
                csv::events(&mut out, &ids, csv::Properties::Columns, facts);
                csv::account_history(&mut out, &ids, facts);
                jsonl::lines(&mut out, &ids, facts);
            }
            Part::Account(account) => {
                csv::users(&mut out, &ids, account);
                csv::accounts(&mut out, &ids, account);
                csv::subscriptions(&mut out, &ids, account);
                csv::truth(&mut out, &ids, account);
            }
        }
        hash.update(&out);
        out.clear();
    });
    assert_eq!(done, Ok(()));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// If this fails, the product of a seed has changed: every figure published for a seed changes with it. Say so in the
/// commit.
#[test]
fn a_seed_is_frozen() {
    let product = Product { batch_rows: usize::pow(2, 22), ..small(42, 60, Scenario::PLANTED) };
    assert_eq!(digest(&product), "a352aea2ab780f487041a06ff73fbe7d25b6daea6be27ff5399adb84d00ad8d0");
}

#[test]
fn batches_are_what_the_facts_say() {
    let (facts, _) = live(&small(7, 150, Scenario::PLANTED));
    let records = Encoder::new(7, "simulated").to_batch(&facts).to_records();
    assert_eq!(records.len(), facts.len());
    let (mut money, mut kinds) = (0, [0_usize; 4]);
    let mut messages: HashMap<&str, u64> = HashMap::new();
    for (record, fact) in records.iter().zip(&facts) {
        assert!(Some(record.timestamp) <= record.received_at);
        assert_eq!(record.timestamp.0, fact.time.min(fact.received));
        assert_eq!(*messages.entry(&record.message).or_insert(fact.message), fact.message);
        assert_eq!(record.who.user.is_some(), !fact.user.is_none());
        match (&record.body, fact.what) {
            (Body::Event { name, kind, amount, properties }, What::Event(expected)) => {
                assert_eq!((&**name, *kind), (expected.text(), Some(expected.kind())));
                assert_eq!(properties.len() + 2 * usize::from(amount.is_some()), fact.filled().count());
                money += usize::from(amount.is_some());
                kinds[0] += 1;
            }
            (Body::Traits { of: SubjectKind::User, .. }, What::Traits(SubjectKind::User)) => kinds[1] += 1,
            (Body::Traits { of: SubjectKind::Account, .. }, What::Traits(SubjectKind::Account)) => kinds[2] += 1,
            (Body::Alias { previous }, What::Alias) => {
                assert!(previous.starts_with("old"));
                kinds[3] += 1;
            }
            (body, what) => panic!("{body:?} is not {what:?}"),
        }
    }
    assert!(money > 0 && kinds.iter().all(|count| *count > 0), "{money} {kinds:?}");
    // One encoder gives the same batch twice: nothing of a batch's dictionary stays behind.
    let mut encoder = Encoder::new(7, "simulated");
    let halves: Vec<_> = facts.chunks(facts.len() / 3).flat_map(|some| encoder.to_batch(some).to_records()).collect();
    assert_eq!(halves, records);
}

#[test]
fn json_lines_are_json() {
    let (facts, _) = live(&small(8, 40, Scenario::PLANTED));
    let mut out = Vec::new();
    jsonl::lines(&mut out, &Ids::new(8), &facts);
    let mut types: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = 0;
    for line in out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let value: serde_json::Value = serde_json::from_slice(line).unwrap();
        *types.entry(value["type"].as_str().unwrap().to_owned()).or_default() += 1;
        assert_eq!(value["messageId"].as_str().unwrap().len(), 32);
        count += 1;
    }
    assert_eq!(count, facts.len());
    assert!(["track", "identify", "group"].iter().all(|kind| types.contains_key(*kind)), "{types:?}");
}

#[test]
fn csv_rows_have_all_columns() {
    let product = small(9, 80, Scenario::PLANTED);
    let (facts, accounts) = live(&product);
    let ids = Ids::new(9);
    let mut files: [Vec<u8>; 6] = Default::default();
    csv::events_header(&mut files[0], csv::Properties::Columns);
    csv::events(&mut files[0], &ids, csv::Properties::Columns, &facts);
    csv::account_history_header(&mut files[1]);
    csv::account_history(&mut files[1], &ids, &facts);
    csv::users_header(&mut files[2]);
    csv::accounts_header(&mut files[3]);
    csv::subscriptions_header(&mut files[4]);
    csv::truth_header(&mut files[5]);
    for account in &accounts {
        csv::users(&mut files[2], &ids, account);
        csv::accounts(&mut files[3], &ids, account);
        csv::subscriptions(&mut files[4], &ids, account);
        csv::truth(&mut files[5], &ids, account);
    }
    for file in &files {
        let text = std::str::from_utf8(file).unwrap();
        let columns = text.lines().next().unwrap().split(',').count();
        assert!(text.lines().count() > 2);
        for line in text.lines() {
            assert_eq!(line.split(',').count(), columns, "{line}");
        }
    }
    let mut json = Vec::new();
    csv::events(&mut json, &ids, csv::Properties::Json, &facts);
    for line in std::str::from_utf8(&json).unwrap().lines() {
        let (_, quoted) = line.split_once(",\"{").unwrap();
        let object = format!("{{{}", quoted.strip_suffix('"').unwrap().replace("\"\"", "\""));
        serde_json::from_str::<serde_json::Value>(&object).unwrap();
    }
}

/// Whether `count` of `of` is `permille`, within five standard errors for groups of about `group` rows.
fn is_about(count: usize, of: usize, permille: u32, group: f64) {
    let (share, expected) = (count as f64 / of as f64, f64::from(permille) / 1_000.0);
    let error = 5.0 * (expected * (1.0 - expected) * group / of as f64).sqrt();
    assert!((share - expected).abs() < error, "{count} of {of} is not {permille} of 1,000");
}

#[test]
fn noise_is_as_stated() {
    let noise = Noise { late_permille: 40, duplicate_permille: 20, skewed_permille: 90, ..Noise::default() };
    let (facts, accounts) = live(&Product { noise, ..small(10, 4_000, Scenario::PLANTED) });
    let mut seen: HashMap<u64, Fact> = HashMap::new();
    let (mut copies, mut differing, mut logins, mut late, mut ahead) = (0, 0, 0, 0, 0);
    for fact in &facts {
        if let Some(first) = seen.get(&fact.message) {
            assert!(fact.received >= first.received);
            copies += 1;
            differing += usize::from((fact.time, fact.slots) != (first.time, first.slots));
            continue;
        }
        seen.insert(fact.message, *fact);
        logins += usize::from(fact.what == What::Event(EventName::LoggedIn));
        late += usize::from(fact.what == What::Event(EventName::LoggedIn) && fact.received > fact.time + 2 * HOUR);
        if fact.time > fact.received + MINUTE {
            assert!(fact.uncorrected);
            ahead += 1;
        }
    }
    is_about(copies, seen.len(), 20, 1.0);
    is_about(differing, copies, 50, 1.0);
    is_about(late, logins, 40, 1.0);
    assert!(ahead > 1_000);
    let people: Vec<_> = accounts.iter().flat_map(|account| &account.people).filter(|person| !person.bot).collect();
    is_about(people.iter().filter(|person| person.clock_ahead != 0).count(), people.len(), 90, 1.0);
    let of_kind = |kind| accounts.iter().filter(|account| account.kind == kind).count();
    is_about(of_kind(Kind::Hobbyist), 4_000, noise.hobbyist_permille, 1.0);
    is_about(of_kind(Kind::Student), 4_000, noise.student_permille, 1.0);
    is_about(of_kind(Kind::Internal), 4_000, noise.internal_permille, 1.0);
    assert_eq!(of_kind(Kind::Visitor), 4_000 * noise.visitor_permille as usize / 1_000);
}

#[test]
fn without_noise_all_is_clean() {
    let (facts, accounts) = live(&Product { noise: Noise::NONE, ..small(12, 500, Scenario::PLANTED) });
    let mut seen = std::collections::HashSet::new();
    for fact in &facts {
        assert!(seen.insert(fact.message));
        assert!((fact.time..fact.time + MINUTE).contains(&fact.received));
        assert!(!fact.by_previous_id && fact.what != What::Alias);
    }
    assert!(accounts.iter().all(|account| account.kind == Kind::Company));
}

#[test]
fn bots_call_at_regular_intervals_and_guests_work_in_two_accounts() {
    let noise = Noise { bot_permille: 100, guest_permille: 200, ..Noise::default() };
    let (facts, accounts) = live(&Product { noise, ..small(13, 400, Scenario::PLANTED) });
    let mut calls: HashMap<_, Vec<i64>> = HashMap::new();
    let mut places: HashMap<_, std::collections::BTreeSet<_>> = HashMap::new();
    for fact in facts.iter().filter(|fact| !fact.user.is_none()) {
        places.entry(fact.user).or_default().insert(fact.account);
        if fact.what == What::Event(EventName::ApiCalled) {
            calls.entry(fact.user).or_default().push(fact.time);
        }
    }
    let bots: Vec<_> = accounts.iter().flat_map(|account| &account.people).filter(|person| person.bot).collect();
    assert!(bots.len() > 10);
    let busy = bots.iter().filter_map(|bot| calls.get(&bot.code)).filter(|times| times.len() > 500).count();
    assert!(busy * 2 > bots.len(), "{busy} of {}", bots.len());
    assert!(places.values().filter(|accounts| accounts.len() == 2).count() > 10);
}

#[test]
fn what_cannot_be_is_refused() {
    let product = small(1, 10, Scenario::NULL);
    let refused = |product: Product| product.generate(&mut |_| panic!("rows")).unwrap_err();
    assert!(matches!(refused(Product { accounts: 0, ..product.clone() }), ProductError::OutOfRange { .. }));
    assert!(matches!(refused(Product { months: 121, ..product.clone() }), ProductError::OutOfRange { .. }));
    assert!(matches!(refused(Product { batch_rows: 0, ..product.clone() }), ProductError::OutOfRange { .. }));
    assert_eq!(
        refused(Product { first_month: 13, ..product.clone() }),
        ProductError::NoMonth { year: 2025, month: 13 }
    );
    let rule = Rule { window_days: 7, counts: vec![(EventName::SubscriptionStarted, 1)] };
    let error = refused(Product { rule, ..product });
    assert_eq!(
        error.to_string(),
        "the rule cannot count \"Subscription Started\": only what a person does in the product, such as \"Project Created\""
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn order_and_batch_size_change_nothing(seed in any::<u64>(), batch_rows in 1_usize..5_000) {
        let product = small(seed, 25, Scenario::PLANTED);
        let (mut one, accounts) = live(&product);
        let (mut other, same_accounts) = live(&Product { order: Order::Received, batch_rows, ..product });
        prop_assert!(other.is_sorted_by_key(|fact| fact.received));
        let key = |fact: &Fact| (fact.received, fact.message, fact.time);
        one.sort_by_key(key);
        other.sort_by_key(key);
        prop_assert_eq!(one, other);
        prop_assert_eq!(accounts, same_accounts);
    }

    #[test]
    fn more_accounts_add_and_change_nothing(seed in any::<u64>(), fewer in 1_u32..20) {
        let product = small(seed, 20, Scenario::PLANTED);
        let (_, all) = live(&product);
        let (_, some) = live(&Product { accounts: fewer, ..product });
        let owners = |accounts: Vec<Account>| accounts.into_iter().filter(|one| one.kind != Kind::Visitor).collect::<Vec<_>>();
        let (all, some) = (owners(all), owners(some));
        prop_assert_eq!(&all[..some.len()], &some[..]);
    }

    #[test]
    fn a_greater_effect_never_delays_a_purchase(seed in any::<u64>(), weak in 100_u32..900, more in 0_u32..900) {
        let planted = |factor_percent| Scenario::Planted { base_millionths: 6_000, factor_percent, monthly_decline_permille: 0 };
        let (_, weak_accounts) = live(&small(seed, 40, planted(weak)));
        let (_, strong_accounts) = live(&small(seed, 40, planted(weak + more)));
        for (weak, strong) in weak_accounts.iter().zip(&strong_accounts) {
            let day = |account: &Account| account.converted_at.map_or(i64::MAX, |at| at);
            prop_assert!(day(strong) <= day(weak));
        }
    }

    #[test]
    fn what_people_do_before_they_buy_does_not_depend_on_whether_they_will(seed in any::<u64>()) {
        let null = |base_millionths| Scenario::Null { base_millionths, buyer: Buyer::Account };
        let (bought, accounts) = live(&small(seed, 30, null(20_000)));
        let (never, _) = live(&small(seed, 30, null(0)));
        let before = |facts: &[Fact]| {
            let mut lives: BTreeMap<usize, Vec<Fact>> = BTreeMap::new();
            for fact in facts.iter().filter(|fact| fact.message >> 32 < 30) {
                let number = (fact.message >> 32) as usize;
                let end = accounts[number].converted_at.unwrap_or(i64::MAX) / (24 * HOUR) * (24 * HOUR);
                // A row that was told before the purchase can still arrive after it: times decide.
                if fact.time < end && fact.received < end {
                    lives.entry(number).or_default().push(*fact);
                }
            }
            lives
        };
        prop_assert_eq!(before(&bought), before(&never));
    }
}

#[test]
fn about_as_many_people_as_asked_for() {
    for months in [1, 2, 3, 4, 6, 9, 12, 18, 24] {
        let product = Product { order: Order::Account, ..Product::for_users(14, 4_000, months, Scenario::PLANTED) };
        let mut people = 0;
        product
            .generate(&mut |part| {
                let Part::Account(account) = part else { return };
                people += account.people.iter().filter(|person| person.signed_up_at.is_some()).count();
            })
            .unwrap();
        assert!((3_600..4_400).contains(&people), "{months} months: {people}, {} accounts", product.accounts);
    }
}
