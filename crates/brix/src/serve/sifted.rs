//! What is said of suppressed subjects stays outside: it is counted, and nothing of it is kept.

use connect::sources::{self, Outcome};
use engine::record::Record;
use store::ledger::rejects::Reject;

use super::clock;
use crate::live::Suppressed;

/// What is left to keep.
pub struct Sifted {
    /// Records, none of suppressed subjects.
    pub records: Vec<Record>,
    /// What is not taken, with a line without content for each record of a suppressed subject.
    pub rejects: Vec<Reject>,
}

/// Goes through what a request or a page says.
pub fn sift(suppressed: &Suppressed, source: &str, outcome: Outcome) -> Sifted {
    let mut records = outcome.records;
    let mut rejects: Vec<Reject> = outcome.rejects.iter().map(|reject| kept_reject(source, reject)).collect();
    if suppressed.is_empty() {
        return Sifted { records, rejects };
    }
    for (reject, came) in rejects.iter_mut().zip(&outcome.rejects) {
        // Our own words are of nobody, whatever somebody's id is.
        let said = [Some(came.sample.as_str()), Some(came.place.pointer.as_str()), came.reason.of_input()];
        if said.into_iter().flatten().any(|text| suppressed.stand_in(text)) {
            let reason = std::mem::take(&mut reject.reason);
            *reject = Reject { reason, ..without_content(source) };
        }
    }
    let came = records.len();
    records.retain(|record| !suppressed.is_named_by(record));
    rejects.extend((records.len()..came).map(|_| without_content(source)));
    Sifted { records, rejects }
}

/// It is counted, and pushes out nothing that has something to say.
fn without_content(source: &str) -> Reject {
    Reject {
        at: clock::now(),
        source: source.to_owned(),
        reason: "suppressed".to_owned(),
        text: String::new(),
        place: String::new(),
        sample: String::new(),
    }
}

/// A reject as it is kept.
fn kept_reject(source: &str, reject: &sources::Reject) -> Reject {
    Reject {
        at: clock::now(),
        source: source.to_owned(),
        reason: reject.reason.code().to_owned(),
        text: reject.reason.to_string(),
        place: reject.place.to_string(),
        sample: reject.sample.clone(),
    }
}
