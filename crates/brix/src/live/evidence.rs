//! Leads and why they are leads: who has to be asked about, and where the answer goes.

use engine::Timestamp;
use engine::record::SubjectKind;
use store::ledger::lead::{Facts, LeadChange, Qualification, What};

use super::book::Book;
use super::rules::Rules;
use super::town::Inquiry;

/// An entry of a lead: definition, kind and id of the subject, instant.
pub type EntryKey = (String, SubjectKind, String, Timestamp);

/// What is so of a lead whose evidence has to be found: of new ones, and of those that late data has moved.
fn without_evidence(change: &LeadChange) -> Option<&Facts> {
    match &change.what {
        What::Detected { facts, .. } | What::Corrected { facts, .. } => Some(facts),
        What::Moved { facts, .. } if facts.qualification == Qualification::ToBuy => Some(facts),
        _ => None,
    }
}

/// What has to be asked to find the evidence that a change lacks; `None` if it lacks none, or its definition is not in force.
pub fn inquiry<'a>(change: &'a LeadChange, book: &Book, rules: &Rules) -> Option<Inquiry<'a>> {
    let facts = without_evidence(change)?;
    let definition = rules.place(book.definition_of(change.lead)?)?;
    Some(Inquiry { definition, kind: facts.subject_kind, id: &facts.subject, at: facts.qualified_at })
}

/// The entry that a change without evidence speaks of.
pub fn entry_of(change: &LeadChange, book: &Book) -> Option<EntryKey> {
    let facts = without_evidence(change)?;
    let definition = book.definition_of(change.lead)?.to_owned();
    Some((definition, facts.subject_kind, facts.subject.clone(), facts.qualified_at))
}

/// Gives a change the evidence that it lacks.
pub fn give(change: &mut LeadChange, found: String) {
    match &mut change.what {
        What::Detected { evidence, .. } => *evidence = found,
        What::Moved { evidence, .. } | What::Corrected { evidence, .. } => *evidence = Some(found),
        _ => {}
    }
}
