//! What every ledger promises of erasures.

use std::path::Path;

use engine::time::Timestamp;
use store::ledger::action::{ActionFilter, ActionState, NewAction};
use store::ledger::erasures::{Erasure, Mentions, Stage};
use store::ledger::lead::{LeadState, What};
use store::ledger::rejects::Reject;
use store::ledger::{Commit, Ledger};

use crate::ledger::{action, change, detected, of_leads, reject};

fn erasure(id: &str, offset: u64) -> Erasure {
    let at = Timestamp(i64::try_from(offset).unwrap());
    Erasure { id: id.to_owned(), offset, at, by: "ann".to_owned(), stage: Stage::Hidden, detail: "{}".to_owned() }
}

pub fn an_erasure_goes_on<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    {
        let ledger = make(folder.path());
        let (first, second) = (erasure("one", 1), erasure("two", 2));
        ledger.commit(&Commit { erasures: vec![first.clone(), second.clone()], ..of_leads(2, vec![]) }).unwrap();
        let refused = Commit { erasures: vec![erasure("three", 3)], ..of_leads(2, vec![]) };
        ledger.commit(&refused).unwrap();
        assert_eq!(ledger.erasures().unwrap(), [second, first], "a commit at the same offset changes nothing");
        ledger.keep_erasure(&Erasure { stage: Stage::Swept, detail: "[1]".to_owned(), ..erasure("one", 1) }).unwrap();
    }
    let ledger = make(folder.path());
    let kept = ledger.erasure("one").unwrap().unwrap();
    assert_eq!((kept.stage, kept.detail.as_str(), kept.offset), (Stage::Swept, "[1]", 1));
    assert_eq!(ledger.erasure("three").unwrap(), None);
}

pub fn texts_that_mention_somebody_go<L: Ledger>(make: impl Fn(&Path) -> L) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let gone = "ann-4711";
    let evidence = |text: &str| {
        let What::Detected { definition, entry, facts, .. } = detected(1).what else { panic!("it is detected") };
        What::Detected { definition, entry, facts, evidence: text.to_owned(), in_history: false }
    };
    let refused = LeadState::Refused { reason: format!("{gone} said no") };
    let leads = vec![
        change(1, evidence(&format!("{{\"user\":\"{gone}\"}}"))),
        change(2, evidence("{}")),
        change(1, What::Note(format!("ask {gone}"))),
        change(1, What::Note("ask ben".to_owned())),
        change(2, What::State(refused)),
    ];
    let told = |lead, payload: &str| NewAction { payload: payload.to_owned(), ..action(lead, "alert", 5) };
    let rejects = vec![Reject { sample: format!("<{gone}>"), ..reject("app", 1) }, reject("app", 2)];
    let actions = vec![told(1, gone), told(2, "ben")];
    ledger.commit(&Commit { actions, rejects, ..of_leads(1, leads) }).unwrap();
    let mentions = ledger.forget_mentions(&|text| text.contains(gone)).unwrap();
    assert_eq!(mentions, Mentions { evidence: 1, notes: 2, actions: 1, changes: 1, rejects: 1 });
    let again = ledger.forget_mentions(&|text| text.contains(gone)).unwrap();
    assert_eq!(again, Mentions::default(), "once more there is nothing");
    assert_eq!((ledger.evidence(1).unwrap(), ledger.evidence(2).unwrap()), (None, Some("{}".to_owned())));
    let notes: Vec<String> = ledger.notes(1).unwrap().into_iter().map(|note| note.text).collect();
    assert_eq!(notes, ["ask ben"]);
    assert_eq!(ledger.lead(2).unwrap().unwrap().state, LeadState::Refused { reason: String::new() });
    let of = |state| ledger.actions(&ActionFilter { state: Some(state), ..ActionFilter::default() }, 9).unwrap();
    let (waiting, cancelled) = (of(ActionState::Waiting), of(ActionState::Cancelled));
    assert_eq!((waiting.len(), waiting[0].lead, cancelled.len(), cancelled[0].lead), (1, 2, 1, 1));
    assert_eq!(ledger.rejects(None, 9).unwrap().len(), 1);
    let total: u64 = ledger.reject_totals().unwrap().iter().map(|total| total.total).sum();
    assert_eq!(total, 2, "what was rejected still counts");
}
