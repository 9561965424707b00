//! Lists of leads are what a plain search through all of them finds.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;

use engine::number::Number;
use engine::record::{Money, SubjectKind};
use engine::time::Timestamp;
use proptest::prelude::*;
use store::ledger::lead::{Facts, Lead, LeadScore, LeadState, Qualification, What};
use store::ledger::listing::{LeadCursor, LeadFilter, Order, PageRequest};
use store::ledger::{Ledger, lead::LeadChange};

use crate::ledger::{change, detected, facts, of_leads};

fn any_facts() -> impl Strategy<Value = (Facts, String)> {
    let numbers = (0..6_i64, prop::option::of(0..4_i64), prop::option::of(0..4_i64));
    let texts = (0..3_u8, prop::option::of(0..3_u8), any::<bool>(), 0..2_u8, any::<bool>());
    (numbers, texts).prop_map(|((at, score, value), (subject, account, to_buy, definition, may_contact))| {
        let facts = Facts {
            qualified_at: Timestamp(at),
            score: score.map(|score| LeadScore { total: Number::whole(score * 25), parts: vec![] }),
            value: value.map(|value| Money { amount: Number::whole(value), currency: "EUR".into() }),
            band: score.map(|score| if score > 2 { "high" } else { "low" }.to_owned()),
            account: account.map(|account| format!("Acme-{account}")),
            qualification: if to_buy { Qualification::ToBuy } else { Qualification::ToUse },
            may_contact,
            ..facts(&format!("User-{subject}"))
        };
        (facts, format!("d{definition}"))
    })
}

fn any_filter() -> impl Strategy<Value = LeadFilter> {
    let texts = (
        prop::option::of((0..2_u8).prop_map(|number| format!("d{number}"))),
        prop::option::of(prop_oneof![Just("new"), Just("working"), Just("snoozed")].prop_map(str::to_owned)),
        prop::option::of(prop_oneof![Just("high"), Just("low")].prop_map(str::to_owned)),
        prop::option::of(prop_oneof![Just("user-1"), Just("ACME"), Just("%"), Just("1")].prop_map(str::to_owned)),
        prop::option::of((0..3_u8).prop_map(|number| format!("Acme-{number}"))),
    );
    let rest = (
        prop::option::of(prop_oneof![Just(Qualification::ToBuy), Just(Qualification::ToUse)]),
        prop::option::of((0..6_i64).prop_map(Timestamp)),
        prop::option::of((0..6_i64).prop_map(Timestamp)),
        prop::option::of((0..4_i64).prop_map(|score| Number::whole(score * 25))),
        prop::bool::weighted(0.2),
        prop::option::weighted(0.2, Just("bob".to_owned())),
        prop::option::of(any::<bool>()),
        prop::option::of(1..12_u64),
        prop::option::of(prop_oneof![Just(SubjectKind::User), Just(SubjectKind::Account)]),
    );
    // Most filters ask for one or two things.
    (texts, rest, 0..16_384_u32, 0..16_384_u32).prop_map(|(texts, rest, mask, second)| {
        let asks = |bit: u32| (mask & second) >> bit & 1 == 1;
        LeadFilter {
            definition: texts.0.filter(|_| asks(0)),
            state: texts.1.filter(|_| asks(1)),
            band: texts.2.filter(|_| asks(2)),
            subject_text: texts.3.filter(|_| asks(3)),
            account: texts.4.filter(|_| asks(4)),
            qualification: rest.0.filter(|_| asks(5)),
            qualified_from: rest.1.filter(|_| asks(6)),
            qualified_before: rest.2.filter(|_| asks(7)),
            score_at_least: rest.3.filter(|_| asks(8)),
            are_retracted: rest.4 && asks(9),
            owner: rest.5.filter(|_| asks(10)),
            may_contact: rest.6.filter(|_| asks(11)),
            lead: rest.7.filter(|_| asks(12)),
            subject_kind: rest.8.filter(|_| asks(13)),
        }
    })
}

fn total(lead: &Lead) -> Option<Number> {
    lead.facts.score.as_ref().map(|score| score.total)
}

fn is_in(filter: &LeadFilter, lead: &Lead) -> bool {
    fn is<T: PartialEq>(asked: Option<&T>, found: Option<&T>) -> bool {
        asked.is_none_or(|asked| found == Some(asked))
    }
    let facts = &lead.facts;
    let has_text = |text: &String| {
        let text = text.to_ascii_lowercase();
        facts.subject.to_ascii_lowercase().contains(&text)
            || facts.account.as_ref().is_some_and(|account| account.to_ascii_lowercase().contains(&text))
    };
    lead.is_retracted == filter.are_retracted
        && is(filter.lead.as_ref(), Some(&lead.id))
        && is(filter.subject_kind.as_ref(), Some(&facts.subject_kind))
        && is(filter.definition.as_ref(), Some(&lead.definition))
        && is(filter.band.as_ref(), facts.band.as_ref())
        && is(filter.account.as_ref(), facts.account.as_ref())
        && is(filter.owner.as_ref(), lead.owner.as_ref())
        && is(filter.qualification.as_ref(), Some(&facts.qualification))
        && filter.subject_text.as_ref().is_none_or(has_text)
        && filter.qualified_from.is_none_or(|from| facts.qualified_at >= from)
        && filter.qualified_before.is_none_or(|before| facts.qualified_at < before)
        && filter.may_contact.is_none_or(|may| may == facts.may_contact)
        && filter.score_at_least.is_none_or(|least| total(lead) >= Some(least))
}

fn sorted(mut leads: Vec<Lead>, order: Order) -> Vec<Lead> {
    leads.sort_by_key(|lead| Reverse(lead.id));
    match order {
        Order::QualifiedAt => leads.sort_by_key(|lead| Reverse(lead.facts.qualified_at)),
        Order::Score => leads.sort_by_key(|lead| Reverse(total(lead))),
        Order::Value => leads.sort_by_key(|lead| Reverse(lead.facts.value.as_ref().map(|value| value.amount))),
    }
    leads
}

fn all_pages(ledger: &impl Ledger, filter: &LeadFilter, order: Order, most: usize) -> Vec<Lead> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = ledger.leads(filter, &PageRequest { order, after, most }).unwrap();
        assert!(page.leads.len() == most || page.next.is_none());
        found.extend(page.leads);
        let Some(next) = page.next else { return found };
        after = LeadCursor::of_text(&next.to_text());
        assert_eq!(after, Some(next));
    }
}

pub fn pages_are_what_a_plain_search_finds<L: Ledger>(make: impl Fn(&Path) -> L) {
    let cases = std::env::var("BRIX_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40);
    let order = prop_oneof![Just(Order::QualifiedAt), Just(Order::Score), Just(Order::Value)];
    let queries = prop::collection::vec((any_filter(), order, 1..9_usize), 1..12);
    let input = (prop::collection::vec((any_facts(), 0..8_u8), 0..40), queries);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = proptest::test_runner::TestRunner::new(config).run(&input, |(leads, queries)| {
        let folder = tempfile::tempdir().unwrap();
        let ledger = make(folder.path());
        let mut changes: Vec<LeadChange> = Vec::new();
        for (lead, ((facts, definition), then)) in (1..).zip(leads) {
            let facts = Box::new(facts);
            changes.push(change(
                lead,
                What::Detected { definition, entry: 1, facts, evidence: "{}".to_owned(), in_history: false },
            ));
            let then = match then {
                0 => vec![What::State(LeadState::Working)],
                1 => vec![What::State(LeadState::Snoozed { until: Timestamp(3) })],
                2 => vec![What::Retracted],
                3 => vec![What::Owner(Some("bob".to_owned()))],
                4 => vec![What::Retracted, What::Reinstated { in_history: false }, What::State(LeadState::Working)],
                5 => vec![What::State(LeadState::Working), What::Erased { subject: format!("erased-{lead}") }],
                _ => Vec::new(),
            };
            changes.extend(then.into_iter().map(|what| change(lead, what)));
        }
        ledger.commit(&of_leads(1, changes)).unwrap();
        let all: Vec<Lead> = (1..ledger.next_lead().unwrap()).filter_map(|id| ledger.lead(id).unwrap()).collect();
        let plain = [false, true].map(|are_retracted| {
            let filter = LeadFilter { are_retracted, ..LeadFilter::default() };
            (filter, Order::QualifiedAt, 5)
        });
        for (filter, order, most) in queries.into_iter().chain(plain) {
            let inside: Vec<Lead> = all.iter().filter(|lead| is_in(&filter, lead)).cloned().collect();
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            for lead in &inside {
                *counts.entry(lead.state.word().to_owned()).or_default() += 1;
            }
            prop_assert_eq!(ledger.counts(&filter).unwrap(), counts.into_iter().collect::<Vec<_>>());
            let has_state = |lead: &Lead| filter.state.as_ref().is_none_or(|state| lead.state.word() == state);
            let expected = sorted(inside.into_iter().filter(has_state).collect(), order);
            prop_assert_eq!(all_pages(&ledger, &filter, order, most), expected);
        }
        Ok(())
    });
    outcome.unwrap();
}

pub fn nobody_is_missed_while_leads_come_in<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    ledger.commit(&of_leads(1, (1..=10).map(detected).collect())).unwrap();
    let (mut found, mut after, mut offset) = (Vec::new(), None, 1);
    loop {
        let page = PageRequest { order: Order::QualifiedAt, after, most: 3 };
        let page = ledger.leads(&LeadFilter::default(), &page).unwrap();
        found.extend(page.leads.iter().map(|lead| lead.id));
        offset += 1;
        ledger.commit(&of_leads(offset, vec![detected(9 + offset)])).unwrap();
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    assert_eq!(found, (1..=10).rev().collect::<Vec<_>>());
}
