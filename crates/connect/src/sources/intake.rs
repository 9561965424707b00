//! What comes of a request: every message ends as records or as a reject, and is counted.

use std::collections::HashMap;
use std::sync::Arc;

use engine::Timestamp;
use engine::record::{Body, EventKind, Money, Record, SubjectKind, Who, is_generic};
use twox_hash::XxHash3_128;

use super::answer::Answer;
use super::clock::Dated;
use super::json::{self, Items, Object};
use super::reject::{Fault, Place, Reason, Reject, sample_of, shown};
use super::values::Collected;
use crate::files::body::Row;
use crate::secret::Secret;

/// What a source made of a request.
#[derive(Debug, Clone)]
pub struct Received {
    /// The key that the sender shows, if it shows one. Nothing of the outcome may be kept unless the key is known.
    pub key: Option<Secret>,
    /// What the request says.
    pub outcome: Outcome,
    /// What the sender is told, once the records are safe.
    pub answer: Answer,
}

/// What a request says.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The records, in the order of the messages.
    pub records: Vec<Record>,
    /// What is not taken.
    pub rejects: Vec<Reject>,
    /// How many messages there were; each gave records or one reject, or was passed over.
    pub messages: usize,
    /// How many of them the owner's own mapping leaves out on purpose.
    pub passed_over: usize,
    /// What was changed on the way in.
    pub changed: Changed,
}

/// What was changed on the way in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changed {
    /// Texts that were cut to their limit.
    pub texts_cut: u64,
    /// Times that were later than the receipt, and were set to it.
    pub clamped: u64,
    /// Changes of traits that only one who knows the value before could make (add, append, remove), and were left out.
    pub left_out: u64,
}

/// The messages of a request, as they are turned into records.
#[derive(Debug)]
pub(crate) struct Intake {
    source: Arc<str>,
    received_at: Timestamp,
    outcome: Outcome,
    /// How often each message without an id came before in this request.
    repeated: HashMap<u128, u64>,
}

/// What one message says.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) who: Who,
    pub(crate) dated: Dated,
    /// The message's own id; made from its text if there is none.
    pub(crate) message: Option<Arc<str>>,
    /// The sender's own id, mostly none.
    pub(crate) sender: Option<Arc<str>>,
    /// One statement or more. The first has the message's id, others get its suffix behind it.
    pub(crate) bodies: Vec<(&'static str, Body)>,
    pub(crate) texts_cut: u64,
    pub(crate) left_out: u64,
}

impl Intake {
    pub(crate) fn new(source: &Arc<str>, received_at: Timestamp) -> Self {
        Self { source: Arc::clone(source), received_at, outcome: Outcome::default(), repeated: HashMap::new() }
    }

    pub(crate) const fn received_at(&self) -> Timestamp {
        self.received_at
    }

    /// From here on messages are of another time of receipt: those of an export were received one by one.
    pub(crate) const fn receive_at(&mut self, received_at: Timestamp) {
        self.received_at = received_at;
    }

    /// The records of a message, which the caller keeps instead of the outcome.
    pub(crate) fn said(&mut self, text: &str, said: Said) -> Result<Vec<Record>, Fault> {
        self.records(text, said)?;
        Ok(std::mem::take(&mut self.outcome.records))
    }

    /// Takes in what became of the next message, whose text is given.
    pub(crate) fn take(&mut self, text: &str, said: Result<Said, Fault>) {
        let number = self.outcome.messages;
        match said.and_then(|said| self.records(text, said)) {
            Ok(()) => self.outcome.messages += 1,
            Err(fault) => self.reject(Some(number), fault, text.as_bytes()),
        }
    }

    /// Takes in each message of a list, or the one that the text is.
    pub(crate) fn each(&mut self, text: &str, most: usize, read: impl Fn(&Object<'_>) -> Result<Said, Fault>) {
        let read_text = |text: &str| read(&json::object(text)?);
        if !text.starts_with('[') {
            return self.take(text, read_text(text));
        }
        for (number, item) in Items::of(text).enumerate() {
            let said = if number < most { read_text(item) } else { Err(Reason::TooManyMessages(most).into()) };
            self.take(item, said);
        }
    }

    /// Takes in what a mapping made of the next row.
    pub(crate) fn row(&mut self, text: &str, row: Row) {
        let number = self.outcome.messages;
        let mut records = match row {
            Row::Records(records) => records,
            Row::LeftOut => {
                self.outcome.messages += 1;
                self.outcome.passed_over += 1;
                return;
            }
            Row::Rejected(reason, column) => {
                let pointer = column.map(|column| format!("/{}", column.replace('.', "/"))).unwrap_or_default();
                return self.reject(Some(number), Fault::at(pointer, Reason::Mapping(reason)), text.as_bytes());
            }
        };
        if let Some(fault) = records.iter().find_map(|record| named(&record.who).err()) {
            return self.reject(Some(number), fault, text.as_bytes());
        }
        for record in &mut records {
            record.source = Arc::clone(&self.source);
            record.received_at = Some(record.received_at.unwrap_or(self.received_at).min(self.received_at));
            if record.timestamp > self.received_at {
                record.timestamp = self.received_at;
                self.outcome.changed.clamped += 1;
            }
        }
        self.outcome.messages += 1;
        self.outcome.records.append(&mut records);
    }

    /// A fault of the whole request, which then counts as one message.
    pub(crate) fn refuse(&mut self, fault: impl Into<Fault>, body: &[u8]) {
        self.reject(None, fault.into(), body);
    }

    fn reject(&mut self, message: Option<usize>, fault: Fault, text: &[u8]) {
        self.outcome.messages += 1;
        let id = if message.is_some() { id_of(text) } else { None };
        let place = Place { message, pointer: fault.pointer };
        self.outcome.rejects.push(Reject { place, reason: fault.reason, id, sample: sample_of(text) });
    }

    fn records(&mut self, text: &str, said: Said) -> Result<(), Fault> {
        said.check()?;
        let id = match &said.message {
            Some(id) => Arc::clone(id),
            None => self.made_id(text, &said),
        };
        self.outcome.changed.texts_cut += said.texts_cut;
        self.outcome.changed.left_out += said.left_out;
        self.outcome.changed.clamped += u64::from(said.dated.clamped);
        for (suffix, body) in said.bodies {
            let message = if suffix.is_empty() { Arc::clone(&id) } else { Arc::from(format!("{id}{suffix}")) };
            self.outcome.records.push(Record {
                source: Arc::clone(&self.source),
                sender: said.sender.clone().unwrap_or_default(),
                message,
                timestamp: said.dated.timestamp,
                received_at: Some(self.received_at),
                who: said.who.clone(),
                body,
            });
        }
        Ok(())
    }

    /// The id of a message without one: a hash of the source, the text and its ordinal among equal ones of the request, and
    /// of the time if the message states none, as it is then another one each time.
    fn made_id(&mut self, text: &str, said: &Said) -> Arc<str> {
        let mut hashed = Vec::with_capacity(text.len() + self.source.len() + 32);
        hashed.extend_from_slice(self.source.as_bytes());
        hashed.push(0);
        if said.dated.timestamp == self.received_at {
            hashed.extend_from_slice(&self.received_at.0.to_le_bytes());
        }
        hashed.extend_from_slice(text.as_bytes());
        let digest = XxHash3_128::oneshot(&hashed);
        let ordinal = self.repeated.entry(digest).or_default();
        *ordinal += 1;
        if *ordinal > 1 {
            hashed.extend_from_slice(&ordinal.to_le_bytes());
        }
        Arc::from(format!("{:032x}", XxHash3_128::oneshot(&hashed)))
    }

    /// Counts what a mapping changed in the rows.
    pub(crate) const fn changed_by_mapping(&mut self, texts_cut: u64, clamped: u64) {
        self.outcome.changed.texts_cut += texts_cut;
        self.outcome.changed.clamped += clamped;
    }

    pub(crate) fn finish(self) -> Outcome {
        self.outcome
    }
}

/// The message's id for an answer that lists faults, under whichever name it goes.
fn id_of(text: &[u8]) -> Option<String> {
    let object = json::object(json::checked(text).ok()?).ok()?;
    let inner = object.object("properties");
    let named = ["messageId", "message_id", "insert_id", "$insert_id", "uuid", "id"];
    let found = named.iter().find_map(|name| object.text(name).or_else(|| inner.and_then(|inner| inner.text(name))));
    found.filter(|id| id.len() <= crate::files::limits::ID_BYTES).map(str::to_owned)
}

/// Whether somebody is named by an id of his own.
fn named(who: &Who) -> Result<(), Fault> {
    let ids = [&who.user, &who.anonymous, &who.account, &who.workspace];
    let Some(first) = ids.into_iter().flatten().next() else {
        return Err(Reason::NoSubject("the source's ids").into());
    };
    if who.names_somebody() { Ok(()) } else { Err(Reason::NamesNobody(shown(first)).into()) }
}

impl Said {
    /// The statement of a message, about somebody at some time.
    pub(crate) const fn by(who: Who, dated: Dated, message: Option<Arc<str>>) -> Self {
        Self { who, dated, message, sender: None, bodies: Vec::new(), texts_cut: 0, left_out: 0 }
    }

    /// Adds an event.
    pub(crate) fn event(
        mut self,
        name: Arc<str>,
        kind: Option<EventKind>,
        collected: Collected,
        amount: Option<Money>,
    ) -> Self {
        self.texts_cut += collected.texts_cut;
        self.bodies.push(("", Body::Event { name, kind, properties: collected.properties, amount }));
        self
    }

    /// Adds traits. Traits without values still tie the ids, and make the user a member of the account.
    pub(crate) fn traits(mut self, suffix: &'static str, of: SubjectKind, collected: Collected) -> Self {
        self.texts_cut += collected.texts_cut;
        self.bodies.push((suffix, Body::Traits { of, traits: collected.properties, constant: false }));
        self
    }

    /// Adds traits of which some are given.
    pub(crate) fn traits_if_any(self, suffix: &'static str, of: SubjectKind, collected: Collected) -> Self {
        if collected.properties.is_empty() { self } else { self.traits(suffix, of, collected) }
    }

    /// Adds an alias.
    pub(crate) fn alias(mut self, previous: Arc<str>) -> Self {
        self.bodies.push(("", Body::Alias { previous }));
        self
    }

    /// Whether somebody is named, and by an id of his own.
    fn check(&self) -> Result<(), Fault> {
        let who = &self.who;
        named(who)?;
        let is_named = |id: &Option<Arc<str>>| id.as_ref().is_some_and(|id| !is_generic(id));
        for (_, body) in &self.bodies {
            match body {
                Body::Traits { of: SubjectKind::User, .. } if !is_named(&who.user) && !is_named(&who.anonymous) => {
                    return Err(Reason::NoId("id of a user").into());
                }
                Body::Traits { of: SubjectKind::Account, .. } if !is_named(&who.account) => {
                    return Err(Reason::NoId("id of an account").into());
                }
                Body::Traits { of: SubjectKind::Workspace, .. } if !is_named(&who.workspace) => {
                    return Err(Reason::NoId("id of a workspace").into());
                }
                Body::Alias { previous } if is_generic(previous) => {
                    return Err(Reason::NamesNobody(shown(previous)).into());
                }
                Body::Alias { .. } if !is_named(&who.user) => return Err(Reason::NoId("id of a user").into()),
                Body::Leave if !is_named(&who.account) || !(is_named(&who.user) || is_named(&who.anonymous)) => {
                    return Err(Reason::NoId("user and account").into());
                }
                Body::Event { .. } | Body::Traits { .. } | Body::Alias { .. } | Body::Leave => {}
            }
        }
        Ok(())
    }
}
