//! Explanations from a live household of which nothing is folded, against those from all its records.

use engine::Timestamp;
use engine::assemble::OwnedHousehold;
use engine::evaluate::Evaluator;
use engine::household::{Directory as _, Subject};
use engine::live::{Frame, LiveHousehold};
use engine::outcome::{Explanation, Finding};
use engine::program::{Binding, Program};
use engine::record::{Record, SubjectKind};

/// The first difference, for these definitions and subjects of the live household.
pub fn difference(
    (live, records): (&LiveHousehold, &[Record]),
    frame: &Frame<'_>,
    (program, binding): (&Program, &Binding),
    asked: impl Iterator<Item = (usize, Subject)>,
    at: Timestamp,
) -> Option<String> {
    let unfolded = live.unfolded(program.needs())?;
    let replayed = LiveHousehold::replayed(records, frame);
    let mut evaluator = Evaluator::new(program, binding, at);
    for (definition, subject) in asked {
        let id = live.id(subject).to_owned();
        // Who is meant by an id is looked up on both sides: it may have been somebody's anonymous one meanwhile.
        let [Some(subject), Some(other)] = [&unfolded, &replayed].map(|life| life.directory.find(subject.kind, &id))
        else {
            return Some(format!("{id} is not known on both sides"));
        };
        let ours = evaluator.explain(&unfolded.view(), definition, subject, at).map(|ours| by_events(ours, &unfolded));
        let theirs = evaluator.explain(&replayed.view(), definition, other, at).map(|all| by_events(all, &replayed));
        if ours != theirs {
            return Some(format!(
                "definition {definition} of {id} at {at}: {ours:?} at hand, {theirs:?} from all records"
            ));
        }
    }
    None
}

/// An event: when, its name's code, whose.
type Event = (i64, u32, String);

/// An explanation without the numbers of rows, and the events that these were, criterion by criterion.
fn by_events(mut explanation: Explanation, household: &OwnedHousehold) -> (Explanation, Vec<Vec<Event>>) {
    let mut events = Vec::new();
    for finding in [Some(&mut explanation.when), explanation.fit.as_mut()].into_iter().flatten() {
        take_rows(finding, household, &mut events);
    }
    (explanation, events)
}

fn take_rows(finding: &mut Finding, household: &OwnedHousehold, events: &mut Vec<Vec<Event>>) {
    let event = |row: usize| {
        let run = household.users.iter().find(|run| (run.start..run.end).contains(&row)).expect("a row is somebody's");
        let user = household.directory.id(Subject { kind: SubjectKind::User, code: run.user });
        (household.times[row], household.names[row], user.to_owned())
    };
    let mut of_finding: Vec<Event> = std::mem::take(&mut finding.evidence.rows).into_iter().map(event).collect();
    of_finding.sort();
    events.push(of_finding);
    finding.parts.iter_mut().for_each(|part| take_rows(part, household, events));
}
