//! The dictionary of event names.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::household::EventName;
use crate::record::{Body, EventKind, Record};
use crate::workspace::Workspace;

/// Event names after aliases, with their kinds, by first use.
#[derive(Debug, Clone, Default)]
pub struct EventNames {
    codes: HashMap<EventName, u32, FixedState>,
    /// As sent, with the stated kind: what most events are looked up by.
    sent: HashMap<Arc<str>, [u32; 7], FixedState>,
    list: Vec<EventName>,
}

/// A name that is not in the dictionary.
const ABSENT: u32 = u32::MAX;

impl EventNames {
    /// Adds the names that records carry. Says whether there was a new one.
    pub fn take<'a>(&mut self, records: impl IntoIterator<Item = &'a Record>, workspace: &Workspace) -> bool {
        let before = self.list.len();
        for record in records {
            if let Body::Event { name, kind, .. } = &record.body {
                self.add(name, *kind, workspace);
            }
        }
        self.list.len() > before
    }

    /// Adds a name as sent.
    pub fn add(&mut self, name: &Arc<str>, kind: Option<EventKind>, workspace: &Workspace) {
        if self.sent.get(name).is_some_and(|codes| codes[place(kind)] != ABSENT) {
            return;
        }
        let known_as = workspace.name_of(name);
        let entry = EventName { name: Arc::clone(known_as), kind: workspace.kind_of(known_as, kind) };
        let next = u32::try_from(self.list.len()).unwrap_or(ABSENT);
        let code = *self.codes.entry(entry.clone()).or_insert_with(|| {
            self.list.push(entry);
            next
        });
        self.sent.entry(Arc::clone(name)).or_insert([ABSENT; 7])[place(kind)] = code;
    }

    /// The code of a name as sent; [`u32::MAX`], which touches nothing, for one that was never added.
    #[must_use]
    pub fn code(&self, name: &Arc<str>, kind: Option<EventKind>) -> u32 {
        self.sent.get(name).map_or(ABSENT, |codes| codes[place(kind)])
    }

    /// The names as sent, with the stated kinds. [Added](Self::add) in this order, they get the codes that they have here.
    #[must_use]
    pub fn sent(&self) -> Vec<(Arc<str>, Option<EventKind>)> {
        let kinds = || std::iter::once(None).chain(EventKind::ALL.into_iter().map(Some));
        let of_name = |(name, codes): (&Arc<str>, &[u32; 7])| {
            let known = kinds().zip(*codes).filter(|(_, code)| *code != ABSENT);
            known.map(|(kind, code)| (code, Arc::clone(name), kind)).collect::<Vec<_>>()
        };
        let mut sent: Vec<_> = self.sent.iter().flat_map(of_name).collect();
        sent.sort_unstable_by(|left, right| (left.0, &left.1, place(left.2)).cmp(&(right.0, &right.1, place(right.2))));
        sent.into_iter().map(|(_, name, kind)| (name, kind)).collect()
    }

    /// The names, by code.
    #[must_use]
    pub fn list(&self) -> &[EventName] {
        &self.list
    }

    /// The names, by code.
    #[must_use]
    pub fn into_list(self) -> Vec<EventName> {
        self.list
    }
}

/// A stated kind's place; 0: none is stated.
fn place(kind: Option<EventKind>) -> usize {
    kind.map_or(0, |kind| 1 + kind as usize)
}
