//! The files of a simulated export.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use simulate::csv::{self, Properties};
use simulate::{Account, Fact, Ids, Part, jsonl};

use super::Format;
use super::parquet::Table;
use crate::exit::Failure;

/// How `brix import` reads the files of each format.
const TABLES_MAPPING: &str = include_str!("../../../../../examples/simulated/mapping.yaml");
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
    output: Output,
    text: Vec<u8>,
}

/// Where a file's lines go.
enum Output {
    Text(File),
    Parquet(Box<Table>),
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
            Format::Csv | Format::Parquet => {
                &[Self::Events, Self::AccountHistory, Self::Users, Self::Accounts, Self::Subscriptions, Self::Truth]
            }
            Format::Jsonl => &[Self::Calls, Self::Truth],
        }
    }

    fn name(self, format: Format) -> String {
        let (name, ending) = match self {
            Self::Events => ("events", format.ending()),
            Self::AccountHistory => ("account_history", format.ending()),
            Self::Users => ("users", format.ending()),
            Self::Accounts => ("accounts", format.ending()),
            Self::Subscriptions => ("subscriptions", format.ending()),
            Self::Truth => ("truth", "csv"),
            Self::Calls => ("events", format.ending()),
        };
        format!("{name}.{ending}")
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
        let mut names = kinds.iter().map(|kind| kind.name(format)).chain([MAPPING.to_owned()]);
        if let Some(name) = names.find(|name| !force && folder.join(name).exists()) {
            return Err(Failure::usage(format!(
                "{} is there already; take another folder, or say --force to write over it",
                folder.join(name).display()
            )));
        }
        let mapping = match format {
            Format::Csv | Format::Parquet => TABLES_MAPPING,
            Format::Jsonl => JSONL_MAPPING,
        };
        let path = folder.join(MAPPING);
        fs::write(&path, mapping).with_context(|| format!("cannot write {}", path.display()))?;
        let sheets = kinds.iter().map(|kind| Sheet::create(folder, *kind, format)).collect::<Result<_>>()?;
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
    pub fn finish(self) -> Result<()> {
        self.sheets.into_iter().try_for_each(Sheet::finish)
    }
}

impl Sheet {
    fn create(folder: &Path, kind: Kind, format: Format) -> Result<Self> {
        let path = folder.join(kind.name(format));
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut text = Vec::with_capacity(BLOCK);
        kind.header(&mut text);
        let output = if format == Format::Parquet && kind != Kind::Truth {
            let table = Table::create(file, &String::from_utf8_lossy(&text))?;
            text.clear();
            Output::Parquet(Box::new(table))
        } else {
            Output::Text(file)
        };
        Ok(Self { kind, path, output, text })
    }

    fn flush(&mut self) -> Result<()> {
        let done = match &mut self.output {
            Output::Text(file) => file.write_all(&self.text).map_err(Into::into),
            Output::Parquet(table) => table.write(&String::from_utf8_lossy(&self.text)),
        };
        self.text.clear();
        done.with_context(|| format!("cannot write to {}", self.path.display()))
    }

    fn finish(mut self) -> Result<()> {
        self.flush()?;
        match self.output {
            Output::Text(_) => Ok(()),
            Output::Parquet(table) => table.finish(),
        }
        .with_context(|| format!("cannot write to {}", self.path.display()))
    }
}
