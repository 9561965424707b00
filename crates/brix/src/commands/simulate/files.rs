//! The files of a simulated export.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use simulate::csv::{self, Properties};
use simulate::{Account, Fact, Ids, Part, jsonl};

use super::Format;
use crate::exit::Failure;

/// How `brix import` reads the files of each format.
const CSV_MAPPING: &str = include_str!("../../../../../examples/simulated/mapping.yaml");
const JSONL_MAPPING: &str = include_str!("../../../../../examples/simulated/lines.yaml");
/// Its name in the folder.
const MAPPING: &str = "mapping.yaml";
/// Bytes that are gathered before they are written.
const BLOCK: usize = 1 << 20;

/// The open files of an export.
pub struct Files {
    ids: Ids,
    sheets: Vec<Sheet>,
}

/// A file in the making.
struct Sheet {
    kind: Kind,
    path: PathBuf,
    file: File,
    text: Vec<u8>,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Events,
    AccountHistory,
    Users,
    Accounts,
    Subscriptions,
    Truth,
    Calls,
}

impl Kind {
    /// The files of a format. The truth is told beside every format.
    const fn of(format: Format) -> &'static [Self] {
        match format {
            Format::Csv => {
                &[Self::Events, Self::AccountHistory, Self::Users, Self::Accounts, Self::Subscriptions, Self::Truth]
            }
            Format::Jsonl => &[Self::Calls, Self::Truth],
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Events => "events.csv",
            Self::AccountHistory => "account_history.csv",
            Self::Users => "users.csv",
            Self::Accounts => "accounts.csv",
            Self::Subscriptions => "subscriptions.csv",
            Self::Truth => "truth.csv",
            Self::Calls => "events.jsonl",
        }
    }

    fn header(self, text: &mut Vec<u8>) {
        match self {
            Self::Events => csv::events_header(text, Properties::Columns),
            Self::AccountHistory => csv::account_history_header(text),
            Self::Users => csv::users_header(text),
            Self::Accounts => csv::accounts_header(text),
            Self::Subscriptions => csv::subscriptions_header(text),
            Self::Truth => csv::truth_header(text),
            Self::Calls => {}
        }
    }

    fn facts(self, text: &mut Vec<u8>, ids: &Ids, facts: &[Fact]) {
        match self {
            Self::Events => csv::events(text, ids, Properties::Columns, facts),
            Self::AccountHistory => csv::account_history(text, ids, facts),
            Self::Calls => jsonl::lines(text, ids, facts),
            Self::Users | Self::Accounts | Self::Subscriptions | Self::Truth => {}
        }
    }

    fn account(self, text: &mut Vec<u8>, ids: &Ids, account: &Account) {
        match self {
            Self::Users => csv::users(text, ids, account),
            Self::Accounts => csv::accounts(text, ids, account),
            Self::Subscriptions => csv::subscriptions(text, ids, account),
            Self::Truth => csv::truth(text, ids, account),
            Self::Events | Self::AccountHistory | Self::Calls => {}
        }
    }
}

impl Files {
    /// Makes the folder, its mapping and its files.
    pub fn create(folder: &Path, format: Format, seed: u64, force: bool) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let kinds = Kind::of(format);
        let mut names = kinds.iter().map(|kind| kind.name()).chain([MAPPING]);
        if let Some(name) = names.find(|name| !force && folder.join(name).exists()) {
            return Err(Failure::usage(format!(
                "{} is there already; take another folder, or say --force to write over it",
                folder.join(name).display()
            )));
        }
        let mapping = match format {
            Format::Csv => CSV_MAPPING,
            Format::Jsonl => JSONL_MAPPING,
        };
        let path = folder.join(MAPPING);
        fs::write(&path, mapping).with_context(|| format!("cannot write {}", path.display()))?;
        let sheets = kinds.iter().map(|kind| Sheet::create(folder, *kind)).collect::<Result<_>>()?;
        Ok(Self { ids: Ids::new(seed), sheets })
    }

    /// Writes a part of the product.
    pub fn write(&mut self, part: &Part<'_>) -> Result<()> {
        for sheet in &mut self.sheets {
            match part {
                Part::Facts(facts) => sheet.kind.facts(&mut sheet.text, &self.ids, facts),
                Part::Account(account) => sheet.kind.account(&mut sheet.text, &self.ids, account),
            }
            if sheet.text.len() >= BLOCK {
                sheet.flush()?;
            }
        }
        Ok(())
    }

    /// Writes what is left.
    pub fn finish(mut self) -> Result<()> {
        self.sheets.iter_mut().try_for_each(Sheet::flush)
    }
}

impl Sheet {
    fn create(folder: &Path, kind: Kind) -> Result<Self> {
        let path = folder.join(kind.name());
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut text = Vec::with_capacity(BLOCK);
        kind.header(&mut text);
        Ok(Self { kind, path, file, text })
    }

    fn flush(&mut self) -> Result<()> {
        let done = self.file.write_all(&self.text);
        self.text.clear();
        done.with_context(|| format!("cannot write to {}", self.path.display()))
    }
}
