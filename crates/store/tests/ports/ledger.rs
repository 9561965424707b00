//! What every ledger promises. A maker takes a folder, which stands for the place where the ledger is kept.

use std::path::Path;

use engine::number::Number;
use engine::record::{Money, SubjectKind};
use engine::time::Timestamp;
use store::Error;
use store::ledger::action::{ActionFilter, ActionState, NewAction};
use store::ledger::lead::{ChangeKind, Facts, LeadChange, LeadScore, LeadState, Qualification, What};
use store::ledger::listing::{LeadFilter, Order, PageRequest};
use store::ledger::rejects::{MOST_KEPT, MOST_TEXT_BYTES, Reject};
use store::ledger::{Commit, Committed, Ledger};

/// Expands to the tests of one implementation.
macro_rules! ledger_conformance {
    ($make:expr) => {
        crate::suite!(ledger, $make; commits_once, all_or_nothing, a_lead_lives, numbers_are_never_given_again,
            changes_are_read_on, retraction_cancels_in_the_same_commit, erases, rejects_are_bounded_and_counted,
            rejects_go_by_age);
        crate::suite!(erasures, $make; an_erasure_goes_on, texts_that_mention_somebody_go);
        crate::suite!(listing, $make; pages_are_what_a_plain_search_finds, nobody_is_missed_while_leads_come_in);
        crate::suite!(outbox, $make; an_action_is_there_once, what_is_due_goes_by_priority, a_lost_lease_is_taken_over,
            cancelled_is_not_sent, the_dead_are_replayed, attempts_are_kept, what_was_told_goes_by_age);
    };
}
pub(crate) use ledger_conformance;

pub fn facts(subject: &str) -> Facts {
    Facts {
        version: "5f3a".to_owned(),
        subject_kind: SubjectKind::User,
        subject: subject.to_owned(),
        account: Some("acme".to_owned()),
        qualification: Qualification::ToBuy,
        qualified_at: Timestamp(1_000),
        knowable_at: Some(Timestamp(1_500)),
        exit_at: None,
        score: Some(LeadScore {
            total: "71.25".parse().unwrap(),
            parts: vec![("time".to_owned(), Number::whole(30)), ("fit".to_owned(), "41.25".parse().unwrap())],
        }),
        value: Some(Money { amount: "1200.5".parse().unwrap(), currency: "USD".into() }),
        band: Some("high".to_owned()),
        may_contact: true,
    }
}

pub fn change(lead: u64, what: What) -> LeadChange {
    LeadChange { lead, at: Timestamp(2_000), by: Some("ann@example.com".to_owned()), what }
}

pub fn detected(lead: u64) -> LeadChange {
    let facts = Box::new(facts(&format!("u{lead}")));
    let evidence = format!("{{\"of\":{lead}}}");
    change(lead, What::Detected { definition: "trial-team".to_owned(), entry: 1, facts, evidence, in_history: false })
}

pub fn action(lead: u64, name: &str, not_before: i64) -> NewAction {
    NewAction {
        lead,
        action: name.to_owned(),
        destination: "slack".to_owned(),
        payload: "{\"text\":\"hello\"}".to_owned(),
        not_before: Timestamp(not_before),
        priority: 0,
    }
}

pub fn reject(source: &str, number: u64) -> Reject {
    Reject {
        at: Timestamp(i64::try_from(number).unwrap()),
        source: source.to_owned(),
        reason: "no-id".to_owned(),
        text: "nobody is named".to_owned(),
        place: format!("/batch/{number}"),
        sample: "{}".to_owned(),
    }
}

pub fn of_leads(offset: u64, leads: Vec<LeadChange>) -> Commit {
    Commit { offset, leads, ..Commit::default() }
}

pub fn commits_once<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    assert_eq!((ledger.offset().unwrap(), ledger.next_lead().unwrap()), (0, 1));
    let commit = of_leads(7, vec![detected(1)]);
    assert_eq!(ledger.commit(&commit).unwrap(), Committed::Now);
    assert_eq!(ledger.commit(&commit).unwrap(), Committed::Before);
    assert_eq!(ledger.commit(&of_leads(6, vec![detected(2)])).unwrap(), Committed::Before);
    drop(ledger);
    let ledger = make(folder.path());
    assert_eq!(ledger.commit(&commit).unwrap(), Committed::Before);
    assert_eq!((ledger.offset().unwrap(), ledger.next_lead().unwrap()), (7, 2));
    assert_eq!(ledger.briefs().unwrap().len(), 1);
}

pub fn all_or_nothing<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    ledger.commit(&of_leads(1, vec![detected(1)])).unwrap();
    for bad in [change(99, What::Retracted), change(99, What::Note("?".to_owned())), detected(1)] {
        let commit = Commit {
            offset: 2,
            leads: vec![detected(2), bad],
            actions: vec![action(1, "tell", 0)],
            rejects: vec![reject("api", 1)],
            ..Commit::default()
        };
        assert!(matches!(ledger.commit(&commit), Err(Error::Missing { .. } | Error::Taken { .. })));
    }
    assert!(ledger.commit(&Commit { offset: 2, actions: vec![action(99, "tell", 0)], ..Commit::default() }).is_err());
    assert_eq!((ledger.offset().unwrap(), ledger.next_lead().unwrap()), (1, 2));
    assert_eq!(ledger.briefs().unwrap().len(), 1);
    assert_eq!(ledger.changes(0, 99).unwrap().len(), 1);
    assert!(ledger.actions(&ActionFilter::default(), 9).unwrap().is_empty());
    assert!(ledger.reject_totals().unwrap().is_empty());
}

pub fn a_lead_lives<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    ledger.commit(&of_leads(3, vec![detected(1)])).unwrap();
    let lead = ledger.lead(1).unwrap().unwrap();
    assert_eq!(lead.facts, facts("u1"));
    assert_eq!(
        (lead.id, lead.definition.as_str(), lead.entry, lead.detected_at),
        (1, "trial-team", 1, Timestamp(2_000))
    );
    assert_eq!((lead.state, lead.is_corrected, lead.is_retracted, lead.changed), (LeadState::New, false, false, 3));
    assert_eq!(ledger.evidence(1).unwrap().unwrap(), "{\"of\":1}");
    assert_eq!(ledger.lead(2).unwrap(), None);

    let moved = Box::new(Facts { exit_at: Some(Timestamp(9)), score: None, value: None, band: None, ..facts("u1") });
    let corrected = Box::new(Facts { qualified_at: Timestamp(-5), account: None, ..facts("older id") });
    let states = [
        LeadState::Working,
        LeadState::Refused { reason: "student".to_owned() },
        LeadState::Snoozed { until: Timestamp(77) },
        LeadState::Accepted,
        LeadState::Converted,
        LeadState::Lapsed,
        LeadState::New,
    ];
    let mut offset = 3;
    let mut make_change = |what| {
        offset += 1;
        ledger.commit(&of_leads(offset, vec![change(1, what)])).unwrap();
        let lead = ledger.lead(1).unwrap().unwrap();
        assert_eq!(lead.changed, offset);
        lead
    };
    let lead = make_change(What::Moved { facts: moved.clone(), evidence: None });
    assert_eq!((lead.facts, lead.is_corrected), (*moved, false));
    assert_eq!(ledger.evidence(1).unwrap().unwrap(), "{\"of\":1}", "as it was");
    let lead = make_change(What::Corrected { facts: corrected.clone(), evidence: Some("{}".to_owned()) });
    assert_eq!((&lead.facts, lead.is_corrected), (corrected.as_ref(), true));
    assert_eq!(ledger.evidence(1).unwrap().unwrap(), "{}");
    assert!(make_change(What::Moved { facts: corrected, evidence: None }).is_corrected, "once corrected, always");
    assert!(make_change(What::Retracted).is_retracted);
    assert!(!make_change(What::Reinstated { in_history: false }).is_retracted);
    assert!(make_change(What::Withdrawn { version: "9f".to_owned() }).is_retracted);
    assert_eq!(ledger.history(1).unwrap().last().unwrap().detail, "{\"version\":\"9f\"}");
    assert!(!make_change(What::Reinstated { in_history: false }).is_retracted);
    for state in states {
        assert_eq!(make_change(What::State(state.clone())).state, state);
    }
    assert_eq!(make_change(What::Owner(Some("bob".to_owned()))).owner.as_deref(), Some("bob"));
    assert_eq!(make_change(What::Owner(None)).owner, None);
    assert_eq!(make_change(What::Stage(Some("demo".to_owned()))).stage.as_deref(), Some("demo"));
    make_change(What::Note("called".to_owned()));
    let notes = ledger.notes(1).unwrap();
    assert_eq!((notes[0].text.as_str(), notes[0].by.as_deref(), notes.len()), ("called", Some("ann@example.com"), 1));
    let history = ledger.history(1).unwrap();
    assert_eq!(history.len(), 19);
    assert_eq!(history[8].kind, ChangeKind::State);
    assert!(history[9].detail.contains("student"), "{}", history[9].detail);
    let brief = &ledger.briefs().unwrap()[0];
    let lead = ledger.lead(1).unwrap().unwrap();
    assert_eq!((&brief.value, &brief.band), (&lead.facts.value, &lead.facts.band));
    assert!(brief.value.is_some() && brief.band.is_some());
    assert_eq!(
        (brief.subject.as_str(), brief.state.clone(), brief.score),
        ("older id", LeadState::New, Some("71.25".parse().unwrap()))
    );
}

pub fn numbers_are_never_given_again<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    ledger.commit(&of_leads(1, vec![detected(1), detected(5)])).unwrap();
    assert_eq!(ledger.next_lead().unwrap(), 6);
    assert!(matches!(ledger.commit(&of_leads(2, vec![detected(3)])), Err(Error::Taken { .. })));
    ledger.commit(&of_leads(2, vec![detected(6)])).unwrap();
    drop(ledger);
    assert_eq!(make(folder.path()).next_lead().unwrap(), 7);
}

pub fn changes_are_read_on<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let (mut seen, mut last) = (Vec::new(), 0);
    assert_eq!(ledger.last_change().unwrap(), 0);
    for offset in 1..=20 {
        ledger.commit(&of_leads(offset, vec![detected(offset), change(offset, What::Retracted)])).unwrap();
        if offset % 3 == 0 {
            for change in ledger.changes(last, 4).unwrap() {
                assert!(change.number > last);
                last = change.number;
                seen.push((change.lead, change.kind, change.offset));
            }
        }
    }
    assert_eq!(ledger.changes(ledger.last_change().unwrap() - 1, 99).unwrap().len(), 1);
    seen.extend(ledger.changes(last, 99).unwrap().into_iter().map(|change| (change.lead, change.kind, change.offset)));
    let expected = (1..=20).flat_map(|lead| [(lead, ChangeKind::Detected, lead), (lead, ChangeKind::Retracted, lead)]);
    assert_eq!(seen, expected.collect::<Vec<_>>());
}

pub fn retraction_cancels_in_the_same_commit<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let actions = vec![action(1, "alert", 0), action(2, "alert", 0)];
    ledger.commit(&Commit { actions, ..of_leads(1, vec![detected(1), detected(2)]) }).unwrap();
    let retraction = Commit {
        cancelled: vec![1],
        actions: vec![action(1, "withdraw", 0)],
        ..of_leads(2, vec![change(1, What::Retracted)])
    };
    ledger.commit(&retraction).unwrap();
    let waiting: Vec<_> = ledger.lease("slack", Timestamp(10), 9, 10).unwrap();
    let waiting: Vec<_> = waiting.iter().map(|action| (action.lead, action.action.as_str())).collect();
    assert_eq!(waiting, [(2, "alert"), (1, "withdraw")], "what tells of the retraction goes out");
    let cancelled = ActionFilter { state: Some(ActionState::Cancelled), ..ActionFilter::default() };
    assert_eq!(ledger.actions(&cancelled, 9).unwrap().len(), 1);
}

pub fn erases<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let text = "a secret that must not be found again";
    let facts = Box::new(Facts { account: Some(text.to_owned()), ..facts(text) });
    let lead =
        What::Detected { definition: "d".to_owned(), entry: 1, facts, evidence: text.to_owned(), in_history: false };
    let told = NewAction { payload: text.to_owned(), ..action(1, "alert", 0) };
    let leads = vec![change(1, lead), change(1, What::Note(text.to_owned())), detected(2)];
    ledger.commit(&Commit { actions: vec![told], ..of_leads(1, leads) }).unwrap();
    ledger.commit(&of_leads(2, vec![change(1, What::State(LeadState::Refused { reason: text.to_owned() }))])).unwrap();
    ledger.commit(&of_leads(3, vec![change(1, What::Erased { subject: "erased".to_owned() })])).unwrap();
    ledger.scrub().unwrap();
    let said = format!(
        "{:?} {:?} {:?} {:?} {:?}",
        ledger.lead(1),
        ledger.evidence(1),
        ledger.notes(1),
        ledger.history(1),
        ledger.actions(&ActionFilter::default(), 9)
    );
    assert!(!said.contains(text), "{said}");
    assert_eq!((ledger.lead(1).unwrap(), ledger.briefs().unwrap().len()), (None, 1), "nobody is shown it");
    let listed =
        ledger.leads(&LeadFilter::default(), &PageRequest { order: Order::Score, after: None, most: 9 }).unwrap();
    assert_eq!(listed.leads.iter().map(|lead| lead.id).collect::<Vec<_>>(), [2]);
    assert_eq!(ledger.counts(&LeadFilter::default()).unwrap(), [("new".to_owned(), 1)]);
    assert_eq!(ledger.next_lead().unwrap(), 3, "its number is not given again");
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()), "in the files");
    }
}

pub fn rejects_are_bounded_and_counted<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let many: Vec<Reject> = (1..=MOST_KEPT + 50).map(|number| reject("api", number)).collect();
    ledger.reject(&many).unwrap();
    let long = Reject { sample: "ä".repeat(MOST_TEXT_BYTES), reason: "too-long".to_owned(), ..reject("files", 3) };
    ledger.commit(&Commit { offset: 1, rejects: vec![long, reject("api", 1)], ..Commit::default() }).unwrap();
    let kept = ledger.rejects(Some("api"), 5000).unwrap();
    assert_eq!(kept.len() as u64, MOST_KEPT);
    assert_eq!((kept[0].place.as_str(), kept[1].place.as_str()), ("/batch/1", "/batch/1050"), "the newest first");
    assert_eq!(ledger.rejects(None, 2).unwrap()[1].sample.len(), MOST_TEXT_BYTES);
    let totals = ledger.reject_totals().unwrap();
    let totals: Vec<_> = totals.iter().map(|t| (t.source.as_str(), t.reason.as_str(), t.total, t.last_at.0)).collect();
    assert_eq!(totals, [("api", "no-id", MOST_KEPT + 51, 1050), ("files", "too-long", 1, 3)]);
    let silent = Reject { text: String::new(), place: String::new(), sample: String::new(), ..reject("api", 1) };
    ledger.reject(&vec![silent; 2_000]).unwrap();
    assert_eq!(ledger.rejects(Some("api"), 5000).unwrap(), kept, "what says nothing pushes out nothing");
    assert_eq!(ledger.reject_totals().unwrap()[0].total, MOST_KEPT + 51 + 2_000);
}

pub fn rejects_go_by_age<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    ledger.reject(&(1..=5).map(|number| reject("api", number)).collect::<Vec<_>>()).unwrap();
    assert_eq!(ledger.forget_rejects(Timestamp(4), 2).unwrap(), 2, "no more than so many at a time");
    assert_eq!(ledger.forget_rejects(Timestamp(4), 2).unwrap(), 1);
    assert_eq!(ledger.forget_rejects(Timestamp(4), 2).unwrap(), 0);
    let left: Vec<_> = ledger.rejects(None, 9).unwrap().into_iter().map(|reject| reject.at.0).collect();
    assert_eq!(left, [5, 4]);
    assert_eq!(ledger.reject_totals().unwrap()[0].total, 5, "counts stay");
}
