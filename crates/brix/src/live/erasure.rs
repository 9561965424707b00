//! An erasure: as it stands in the log, as it is kept while it is under way, and its receipt.

use engine::Timestamp;
use engine::erasure::Leaving;
use engine::record::SubjectKind;
use serde::{Deserialize, Serialize};
use store::ledger::erasures::{Erasure, Mentions, Stage};

use crate::console::count;

/// Who is to be erased, as the log has it until the lake has been written anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// By which it is asked for.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// A person, an account or a workspace.
    pub kind: SubjectKind,
    /// One of its ids.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// Nothing of it is to be taken in from now on.
    pub suppress: bool,
}

/// What is kept of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What was erased.
    pub kind: SubjectKind,
    /// Why.
    pub reason: String,
    /// Nothing of it is taken in any more.
    pub suppress: bool,
    /// Up to this entry of the log what names it goes.
    pub until: u64,
    /// By what it is known; as long as something holds it.
    pub leaving: Option<Leaving>,
    /// The numbers of its leads, likewise.
    pub leads: Vec<u64>,
    /// They go because nothing was heard of them since.
    #[serde(default)]
    pub kept_from: Option<Timestamp>,
    /// What has been done.
    pub receipt: Receipt,
}

/// What an erasure has found and removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Ids that stood for it, those of devices among them.
    pub ids: u64,
    /// Nothing was known by the id that was given.
    #[serde(default)]
    pub is_unknown: bool,
    /// Devices that others used too: what was theirs stays.
    pub shared_devices: u64,
    /// Leads.
    pub leads: u64,
    /// Events of the lake.
    pub events: u64,
    /// Traits, aliases and leaves of the lake.
    pub facts: u64,
    /// Entries of the log.
    pub entries: u64,
    /// What was said of it elsewhere in the ledger.
    pub mentions: Mentions,
    /// Rows that imports had put aside.
    pub import_rejects: u64,
    /// When nobody was shown it any more.
    pub hidden_at: Option<Timestamp>,
    /// When the lake had been written anew.
    pub rewritten_at: Option<Timestamp>,
    /// When nothing held it any more.
    pub done_at: Option<Timestamp>,
}

impl Kept {
    /// From the ledger; `None` if that holds something else.
    pub fn of(erasure: &Erasure) -> Option<Self> {
        serde_json::from_str(&erasure.detail).ok()
    }

    /// For the ledger.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The receipt in words.
    pub fn words(&self, stage: Stage) -> Vec<String> {
        let Receipt { ids, shared_devices, leads, events, facts, entries, mentions, import_rejects, .. } =
            &self.receipt;
        let mut words = vec![match (*ids, *leads) {
            _ if self.receipt.is_unknown => {
                let from_now_on = if self.suppress { "; nothing of it is taken in from now on" } else { "" };
                format!("Nothing was known by this id: see whether it is written right{from_now_on}.")
            }
            (1, 0) => {
                "One id was found, and no lead: if you expected more, see whether the id is written right.".to_owned()
            }
            _ => format!(
                "Found: {} and {}, which nobody is shown any more.",
                count(*ids, "id", "ids"),
                count(*leads, "lead", "leads")
            ),
        }];
        if *shared_devices > 0 {
            words.push(format!("{shared_devices} devices were used by others too: what was theirs stays."));
        }
        if matches!(stage, Stage::Hidden) {
            words.push("Still to come: the lake, the log, rejected input, and free pages of the databases.".to_owned());
            return words;
        }
        words.push(format!("From the lake went {events} events and {facts} traits, aliases and leaves."));
        if matches!(stage, Stage::Rewritten) {
            words.push("Still to come: the log, rejected input, and free pages of the databases.".to_owned());
            return words;
        }
        let Mentions { evidence, notes, actions, changes, rejects } = mentions;
        words.push(format!("From the log went {entries} entries."));
        words.push(format!(
            "From what is kept of others went {evidence} pieces of evidence, {notes} notes, {actions} messages and {changes} lines of history; \
             of rejected input, {rejects} pieces, and {import_rejects} rows of imports."
        ));
        if matches!(stage, Stage::Swept) {
            words.push("Still to come: free pages of the databases.".to_owned());
        }
        if self.receipt.is_unknown {
            return words;
        }
        words.push(
            "Backups and other copies that were made before it was done still hold it, and what was sent to destinations is with them: \
             Brix does not reach either."
                .to_owned(),
        );
        words
    }
}
