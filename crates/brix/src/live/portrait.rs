//! Everything that is known of somebody, in one file: for whoever asks what is kept of them.

use std::collections::BTreeSet;
use std::io::{Cursor, Write as _};

use anyhow::{Context as _, Result};
use engine::Value;
use engine::erasure::Leaving;
use engine::household::Needs;
use engine::record::{Body, Properties, Record, SubjectKind};
use engine::workspace::Workspace;
use history::{Lake, SentReader};
use serde_json::{Value as Json, json};
use store::ledger::action::ActionFilter;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::entry::Entry;
use super::plain;
use super::second::Ground;

/// Entries read at a time.
const AT_ONCE: usize = 10_000;
/// Actions of one lead.
const MOST_ACTIONS: usize = 1_000;

/// What is known.
pub struct Portrait {
    /// By which ids.
    who: Leaving,
    /// What was said, by time.
    records: Vec<Record>,
}

impl Portrait {
    /// Looks through lake and log; compaction waits meanwhile.
    ///
    /// # Errors
    /// Lake or log cannot be read.
    pub fn of(ground: &Ground, workspace: &Workspace, kind: SubjectKind, id: &str) -> Result<Self> {
        let _held = ground.gate.hold();
        let lake = match Lake::open(&ground.lake) {
            Ok(lake) => Some(lake),
            Err(history::Error::Absent(_)) => None,
            Err(error) => return Err(error).context("cannot open the lake"),
        };
        let needs = lake.as_ref().map(everything).unwrap_or_default();
        let reader = lake.as_ref().map(|lake| SentReader::new(lake, &needs, workspace));
        let through = lake.as_ref().map_or(0, |lake| lake.manifest().log);
        let mut ids = BTreeSet::from([(kind, id.to_owned())]);
        // What is found may name ids by which more is found.
        loop {
            let mut found: Vec<(u64, Record)> = Vec::new();
            if let Some(reader) = &reader {
                let mut places = BTreeSet::new();
                for (kind, id) in &ids {
                    places.extend(reader.place_of(*kind, id).context("cannot look up an id in the lake")?);
                }
                for place in places {
                    let read = reader.read(place, place, &mut |_, record| found.push((0, record)));
                    read.context("cannot read the lake")?;
                }
            }
            of_log(ground, lake.as_ref(), through, &ids, &mut found)?;
            let records = ground.erasing.without(found.into_iter());
            let who = Leaving::find(&records, kind, id, workspace);
            let more: BTreeSet<_> = who.ids.iter().cloned().chain(shared(&who)).collect();
            if more.is_subset(&ids) {
                return Ok(Self::drawn(who, records));
            }
            ids.extend(more);
        }
    }

    fn drawn(who: Leaving, records: Vec<Record>) -> Self {
        let theirs = who.goes(&records.iter().collect::<Vec<_>>());
        let mut records: Vec<Record> =
            records.into_iter().zip(theirs).filter(|(_, is_theirs)| *is_theirs).map(|(record, _)| record).collect();
        records.sort_by_key(|record| record.timestamp);
        Self { who, records }
    }

    /// As a zip of JSON lines, with leads and what was sent of them; `None`: nothing is known.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn packed(&self, ground: &Ground) -> Result<Option<Vec<u8>>> {
        let leads = self.leads(ground)?;
        if self.records.is_empty() && leads.is_empty() && self.who.shared.is_empty() {
            return Ok(None);
        }
        let mut files = ZipWriter::new(Cursor::new(Vec::new()));
        let mut put = |name: &str, text: &str| -> Result<()> {
            files.start_file(name, SimpleFileOptions::default()).context("cannot pack a file")?;
            files.write_all(text.as_bytes()).context("cannot pack a file")
        };
        put("README.txt", README)?;
        let own = self.who.ids.iter().map(|(kind, id)| json!({ "kind": kind.word(), "id": id, "shared": false }));
        let of_others = shared(&self.who).map(|(kind, id)| json!({ "kind": kind.word(), "id": id, "shared": true }));
        put("ids.jsonl", &lines(own.chain(of_others)))?;
        put("records.jsonl", &lines(self.records.iter().map(shown)))?;
        put("traits.jsonl", &lines(self.traits()))?;
        put("memberships.jsonl", &lines(self.memberships()))?;
        put("leads.jsonl", &lines(leads.into_iter()))?;
        Ok(Some(files.finish().context("cannot pack what is known")?.into_inner()))
    }

    /// The latest value of each trait.
    fn traits(&self) -> impl Iterator<Item = Json> {
        let mut latest: Vec<(SubjectKind, String, String, Json)> = Vec::new();
        for record in &self.records {
            let Body::Traits { of, traits, .. } = &record.body else { continue };
            let id = match of {
                SubjectKind::User => record.who.user.as_deref().or(record.who.anonymous.as_deref()),
                SubjectKind::Account => record.who.account.as_deref(),
                SubjectKind::Workspace => record.who.workspace.as_deref(),
            };
            let id = id.unwrap_or_default();
            for (name, value) in traits {
                let said = json!({
                    "kind": of.word(), "id": id, "name": name, "value": json_of(value), "since": record.timestamp.to_string(),
                });
                match latest
                    .iter_mut()
                    .find(|known| (known.0, known.1.as_str(), known.2.as_str()) == (*of, id, &**name))
                {
                    Some(known) => known.3 = said,
                    None => latest.push((*of, id.to_owned(), name.to_string(), said)),
                }
            }
        }
        latest.into_iter().map(|(.., said)| said)
    }

    /// Who was said to be in which company, and when first.
    fn memberships(&self) -> impl Iterator<Item = Json> {
        let mut known = BTreeSet::new();
        self.records.iter().filter_map(move |record| {
            let person = record.who.user.as_ref().or(record.who.anonymous.as_ref())?;
            let account = record.who.account.as_ref()?;
            let leaves = matches!(record.body, Body::Leave);
            known.insert((person.clone(), account.clone(), leaves)).then(
                || json!({ "user": person, "account": account, "left": leaves, "at": record.timestamp.to_string() }),
            )
        })
    }

    fn leads(&self, ground: &Ground) -> Result<Vec<Json>> {
        let ledger = ground.ledger.as_ref();
        let mut leads = Vec::new();
        for brief in ledger.briefs().context("cannot read the leads")? {
            if !self.who.has(brief.subject_kind, &brief.subject) {
                continue;
            }
            let Some(lead) = ledger.lead(brief.id).context("cannot read a lead")? else { continue };
            let facts = &lead.facts;
            let evidence = ledger.evidence(lead.id).context("cannot read a lead")?;
            let notes = ledger.notes(lead.id).context("cannot read a lead")?;
            let history = ledger.history(lead.id).context("cannot read a lead")?;
            let of_lead = ActionFilter { lead: Some(lead.id), ..ActionFilter::default() };
            let actions = ledger.actions(&of_lead, MOST_ACTIONS).context("cannot read what was sent")?;
            leads.push(json!({
                "lead": lead.id,
                "definition": lead.definition,
                "version": facts.version,
                "subject": { "kind": facts.subject_kind.word(), "id": facts.subject, "account": facts.account },
                "qualification": facts.qualification.word(),
                "qualified_at": facts.qualified_at.to_string(),
                "exit_at": facts.exit_at.map(|at| at.to_string()),
                "detected_at": lead.detected_at.to_string(),
                "score": facts.score.as_ref().map(|score| score.total.to_string()),
                "band": facts.band,
                "state": lead.state.word(),
                "retracted": lead.is_retracted,
                "owner": lead.owner,
                "stage": lead.stage,
                "evidence": evidence.map(|kept| plain::evidence(&kept)),
                "notes": notes.iter().map(|note| json!({ "at": note.at.to_string(), "by": note.by, "text": note.text }))
                    .collect::<Vec<_>>(),
                "history": history.iter().map(|change| json!({
                    "at": change.at.to_string(), "by": change.by, "kind": change.kind.word(),
                    "detail": plain::detail(&change.detail),
                })).collect::<Vec<_>>(),
                "sent": actions.iter().map(|action| json!({
                    "destination": action.destination, "state": action.state.word(),
                    "payload": serde_json::from_str::<Json>(&action.payload).ok(),
                })).collect::<Vec<_>>(),
            }));
        }
        Ok(leads)
    }
}

const README: &str = "Everything that Brix keeps of one person, company or workspace, as JSON, one object a line. Times are UTC.\n\n\
    ids.jsonl          by which ids it is known; `shared`: a device that others used too\n\
    records.jsonl      everything that was said of it, by time: events, traits, aliases, memberships\n\
    traits.jsonl       the latest value of each trait\n\
    memberships.jsonl  who was said to be in which company, and when first; for a company, its people\n\
    leads.jsonl        what was concluded from it, why, what people wrote, and what was sent of it to whom\n\n\
    Not in here: rejected input, whether it is suppressed, and copies of before (backups).\n";

/// All properties and traits that there are.
fn everything(lake: &Lake) -> Needs {
    let columns = lake.columns();
    let properties: BTreeSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let kinds = [SubjectKind::User, SubjectKind::Account, SubjectKind::Workspace];
    let traits = kinds.iter().flat_map(|kind| properties.iter().map(|name| (*kind, (*name).into())));
    Needs {
        traits: traits.collect(),
        properties: properties.iter().map(|name| (*name).into()).collect(),
        accounts: true,
        workspaces: true,
        // The life is told as it is; nothing is compared.
        user_ids: false,
    }
}

/// Records of the log that name one of some ids, if the lake does not have them.
fn of_log(
    ground: &Ground,
    lake: Option<&Lake>,
    through: u64,
    ids: &BTreeSet<(SubjectKind, String)>,
    found: &mut Vec<(u64, Record)>,
) -> Result<()> {
    let naming = Leaving { ids: ids.clone(), shared: BTreeSet::new() };
    let end = ground.log.end();
    let mut from = through.max(ground.log.start().saturating_sub(1)) + 1;
    let mut named: Vec<(u64, Record)> = Vec::new();
    while from <= end {
        let entries = ground.log.read(from, AT_ONCE).context("cannot read the log")?;
        let Some((last, _)) = entries.last() else { break };
        from = last + 1;
        for (offset, bytes) in &entries {
            if let Entry::Record(record) = Entry::decode(bytes).with_context(|| format!("entry {offset} of the log"))?
                && naming.is_named_by(&record)
            {
                named.push((*offset, *record));
            }
        }
    }
    let identities: Vec<u128> = named.iter().map(|(_, record)| super::home::identity(record)).collect();
    let known = lake.map(|lake| lake.knows(&identities)).transpose().context("cannot look up records in the lake")?;
    let known = known.unwrap_or_else(|| vec![false; named.len()]);
    let mut seen = BTreeSet::new();
    let new =
        named.into_iter().zip(identities).zip(known).filter(|((_, identity), known)| !known && seen.insert(*identity));
    found.extend(new.map(|((record, _), _)| record));
    Ok(())
}

fn shared(who: &Leaving) -> impl Iterator<Item = (SubjectKind, String)> {
    who.shared.iter().map(|id| (SubjectKind::User, id.clone()))
}

fn lines(all: impl Iterator<Item = Json>) -> String {
    all.map(|one| format!("{one}\n")).collect()
}

/// A record as it was said.
fn shown(record: &Record) -> Json {
    let who = &record.who;
    let values = |properties: &Properties| -> serde_json::Map<String, Json> {
        properties.iter().map(|(name, value)| (name.to_string(), json_of(value))).collect()
    };
    let says = match &record.body {
        Body::Event { name, kind, properties, amount } => json!({
            "event": name,
            "kind": kind.map(|kind| kind.word()),
            "properties": values(properties),
            "amount": amount.as_ref().map(|money| json!({ "amount": money.amount.to_string(), "currency": money.currency })),
        }),
        Body::Traits { of, traits, constant } => {
            json!({ "traits_of": of.word(), "traits": values(traits), "constant": constant })
        }
        Body::Alias { previous } => json!({ "alias_of": previous }),
        Body::Leave => json!({ "leaves": true }),
    };
    let mut shown = json!({
        "timestamp": record.timestamp.to_string(),
        "received_at": record.received_at.map(|at| at.to_string()),
        "source": record.source,
        "user": who.user,
        "device": who.anonymous,
        "account": who.account,
        "workspace": who.workspace,
    });
    if let (Some(shown), Json::Object(says)) = (shown.as_object_mut(), says) {
        shown.extend(says);
    }
    shown
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Number(number) => {
            serde_json::from_str(&number.to_string()).unwrap_or_else(|_| json!(number.to_string()))
        }
        Value::Boolean(truth) => json!(truth),
        Value::Time(at) => json!(at.to_string()),
        Value::List(values) => values.iter().map(json_of).collect(),
    }
}
