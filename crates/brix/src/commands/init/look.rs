//! The data that a proposal rests on: a lake, or files that are put into one that lives as long as the look.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use connect::files::{Batches, Options, Reject, RejectSink};
use engine::language::{self, text_to_yaml};
use engine::workspace::Workspace;
use history::{EventProfile, Lake, LakeWriter, Profile};
use serde_json::{Value, json};

use crate::commands::{data, import};
use crate::console::{Console, count};
use crate::progress;
use crate::scratch::Scratch;

/// Records of files that are looked at; the rest would hardly say anything new.
const RECORDS: u64 = 3_000_000;
/// Event names that are looked at, the most frequent: no product has more on purpose.
const NAMES: usize = 500;

/// What was looked at.
pub struct Look {
    /// The data, in words.
    pub what: String,
    /// What is in it, with UTC days and without aliases.
    pub profile: Profile,
    /// Whether it is a lake that stays.
    pub is_lake: bool,
}

impl Look {
    /// Looks at a lake.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn at_lake(folder: &Path, console: &Console) -> Result<Self> {
        let lake = match Lake::open(folder) {
            Err(history::Error::Absent(_)) => anyhow::bail!(
                "there is nothing to look at: no lake in {}; name the files (`brix init FOLDER --mapping mapping.yaml`), \
                 or import them first",
                folder.display()
            ),
            lake => lake?,
        };
        let profile = data::profile(&lake, &Workspace::default(), console)?;
        let what = format!("the lake in {}: {}", folder.display(), size(&profile));
        Ok(Self { what, profile: writable(profile), is_lake: true })
    }

    /// Looks at files.
    ///
    /// # Errors
    /// They, or their mapping, cannot be read.
    pub fn at_files(paths: &[PathBuf], mapping: Option<&Path>, console: &Console) -> Result<Self> {
        let import = import::open(paths, mapping, Options::default())?;
        let scratch = Scratch::new("init")?;
        let is_whole = take(import, scratch.path(), console)?;
        let lake = Lake::open(scratch.path()).map_err(|error| match error {
            history::Error::Absent(_) => anyhow::anyhow!("the files hold no record that the mapping takes"),
            error => error.into(),
        })?;
        let profile = data::profile(&lake, &Workspace::default(), console)?;
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let part = if is_whole { "" } else { "the first part of " };
        let what = format!("{part}{}: {}", names.join(", "), size(&profile));
        Ok(Self { what, profile: writable(profile), is_lake: false })
    }

    /// Events, the most frequent first.
    pub fn events(&self) -> &[EventProfile] {
        &self.profile.events
    }

    /// For scripts.
    pub fn seen(&self) -> Value {
        let profile = &self.profile;
        let events: Vec<Value> = profile
            .events
            .iter()
            .map(|event| {
                json!({
                    "name": &*event.name.name,
                    "events": event.rows,
                    "people": event.people,
                    "with_account": event.with_account,
                    "money": event.money,
                    "first_day": event.days.keys().next().map(|day| data::day(*day)),
                    "last_day": event.days.keys().next_back().map(|day| data::day(*day)),
                })
            })
            .collect();
        let domains: Vec<Value> = profile
            .domains
            .iter()
            .take(20)
            .map(|found| json!({ "domain": found.domain, "people": found.people, "accounts": found.accounts }))
            .collect();
        json!({
            "what": self.what,
            "people": profile.people.all,
            "people_with_account": profile.people.with_account,
            "people_with_email": profile.people.with_email,
            "accounts": profile.ids[0],
            "events": events,
            "domains": domains,
        })
    }
}

/// Names that settings cannot hold, like those with line breaks, and the rarest of very many, are not proposed.
fn writable(mut profile: Profile) -> Profile {
    profile.events.retain(|event| {
        let name = text_to_yaml(&event.name.name);
        language::parse_workspace(&format!("event_kinds: {{ {name}: product }}\n")).is_ok()
    });
    profile.events.truncate(NAMES);
    profile
}

/// How much it is, and of when.
fn size(profile: &Profile) -> String {
    let mut words = format!(
        "{} and {} of {} and {}",
        count(profile.totals.events, "event", "events"),
        count(profile.totals.facts, "fact", "facts"),
        count(profile.people.all, "person", "people"),
        count(profile.ids[0].into(), "account", "accounts"),
    );
    let first = profile.events.iter().filter_map(|event| event.days.keys().next()).min();
    let last = profile.events.iter().filter_map(|event| event.days.keys().next_back()).max();
    if let Some((first, last)) = first.zip(last) {
        words.push_str(&format!(", {} to {}", data::day(*first), data::day(*last)));
    }
    words
}

/// Puts records into a lake; says whether these are all.
fn take(mut import: Box<dyn Batches>, folder: &Path, console: &Console) -> Result<bool> {
    let mut writer = LakeWriter::begin(folder, &Workspace::default())?;
    let bar = progress::bytes(console, "Looking");
    let progress = import.progress();
    let started = Instant::now();
    let mut records = 0;
    let is_whole = loop {
        let Some(batch) = import.next_batch(&mut Unheeded)? else { break true };
        writer.append(&batch)?;
        records += batch.len() as u64;
        bar.set_length(progress.total());
        bar.set_position(progress.read());
        bar.set_message(progress::rate(records, started.elapsed()));
        if records >= RECORDS {
            break false;
        }
    };
    bar.finish_and_clear();
    writer.commit()?;
    Ok(is_whole)
}

/// Rejected rows are the import's business.
struct Unheeded;

impl RejectSink for Unheeded {
    fn reject(&mut self, _reject: Reject) -> std::io::Result<()> {
        Ok(())
    }
}
