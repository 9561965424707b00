//! From batches to rows of the lake's codes.

use engine::batch::{ABSENT, Batch, Message, PropertyValues, Shape};
use engine::identity::HouseholdKey;
use engine::record::{SubjectKind, is_generic};
use engine::workspace::Workspace;
use twox_hash::{XxHash3_64, XxHash3_128};

use crate::columns::{Carried, ColumnName, Table, ValueType, column_code, list_to_json};
use crate::dictionary::{Dictionary, name_text};
use crate::error::Result;
use crate::rows::{ALIAS, CONSTANT, FACT, LEAVE, NEVER, Row, Rows};

/// All dictionaries of a lake.
#[derive(Debug, Default)]
pub(crate) struct Dictionaries {
    pub(crate) persons: Dictionary,
    pub(crate) accounts: Dictionary,
    pub(crate) workspaces: Dictionary,
    pub(crate) names: Dictionary,
    pub(crate) sources: Dictionary,
    pub(crate) columns: Dictionary,
}

/// Why a row is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// All ids are missing or name nobody.
    #[error("no id names a user, an account or a workspace")]
    Nobody,
    /// Traits of a kind of subject that the row does not name.
    #[error("the {} whose traits these are is not named", .0.word())]
    NoOwner(SubjectKind),
    /// An alias without a user or anonymous id, or without another id.
    #[error("an alias needs two ids")]
    HalfAlias,
    /// A leave without user or account.
    #[error("a leave needs a user and an account")]
    HalfLeave,
    /// The values of one row take more than 16 MiB.
    #[error("the row's values are larger than 16 MiB")]
    Huge,
}

/// The largest size of one row's values.
const MOST_BYTES: usize = 1 << 24;

/// Rows of one batch, before identity is resolved.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    pub(crate) rows: Rows,
    /// Hashes of the identities (source, sender, message).
    pub(crate) messages: Vec<u128>,
    /// Hashes of the contents, to tell differing copies.
    pub(crate) digests: Vec<u32>,
    /// The accounts of e-mail domains by row, where accounts are taken from e-mails.
    pub(crate) emails: Vec<(u32, u32)>,
    /// Aliases by row: the other id's code.
    pub(crate) aliases: Vec<(u32, u32)>,
    /// Refused rows of the batch.
    pub(crate) refused: Vec<(usize, Refusal)>,
}

/// Codes of a batch's texts in one of the lake's dictionaries, found on first use.
struct Translation {
    codes: Vec<u32>,
    ids: bool,
}

/// Not looked up yet.
const OPEN: u32 = u32::MAX;

impl Translation {
    fn new(batch: &Batch, ids: bool) -> Self {
        Self { codes: vec![OPEN; batch.texts.len()], ids }
    }

    /// The lake's code; 0 for none and for ids that name nobody.
    fn code(&mut self, text: u32, batch: &Batch, dictionary: &mut Dictionary) -> u32 {
        let Some(place) = self.codes.get_mut(text as usize) else { return 0 };
        if *place == OPEN {
            let words = batch.texts.get(text).unwrap_or_default();
            *place = if self.ids && is_generic(words) { 0 } else { dictionary.intern(words) };
        }
        *place
    }
}

/// Takes a batch.
pub(crate) fn take(batch: &Batch, dictionaries: &mut Dictionaries, workspace: &Workspace) -> Result<Chunk> {
    let mut chunk = Chunk::default();
    let (ends, values) = values_of(batch, dictionaries)?;
    let mut intake = Intake {
        persons: Translation::new(batch, true),
        accounts: Translation::new(batch, true),
        workspaces: Translation::new(batch, true),
        sources: Translation::new(batch, false),
        names: std::array::from_fn(|_| Vec::new()),
        seeds: Vec::new(),
        batch,
    };
    let emails = if workspace.account_from_email { emails_of(batch, dictionaries, workspace) } else { Vec::new() };
    for at in 0..batch.len() {
        let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
        let range = start..ends.get(at).copied().unwrap_or(start);
        intake.push(at, values.get(range).unwrap_or_default(), dictionaries, &mut chunk);
    }
    chunk.emails = kept_emails(&emails, &chunk);
    Ok(chunk)
}

struct Intake<'a> {
    persons: Translation,
    accounts: Translation,
    workspaces: Translation,
    sources: Translation,
    /// By stated kind (0: none), by text.
    names: [Vec<u32>; 7],
    /// Seeds of message hashes by (source, sender), most often a handful.
    seeds: Vec<(u32, u32, u64)>,
    batch: &'a Batch,
}

impl Intake<'_> {
    fn push(&mut self, at: usize, values: &[u8], dictionaries: &mut Dictionaries, chunk: &mut Chunk) {
        let batch = self.batch;
        let Some(sent) = batch.row(at) else { return };
        let mut row = Row {
            at: sent.timestamp.0,
            received: sent.received.0,
            known: 0,
            household: HouseholdKey::default(),
            person: 0,
            user: self.persons.code(sent.user, batch, &mut dictionaries.persons),
            anonymous: self.persons.code(sent.anonymous, batch, &mut dictionaries.persons),
            account: self.accounts.code(sent.account, batch, &mut dictionaries.accounts),
            workspace: self.workspaces.code(sent.workspace, batch, &mut dictionaries.workspaces),
            what: 0,
            source: self.sources.code(sent.source, batch, &mut dictionaries.sources),
        };
        let previous = match self.what(&mut row, sent.shape, sent.name, dictionaries) {
            Ok(previous) => previous,
            Err(refusal) => return chunk.refused.push((at, refusal)),
        };
        if values.len() > MOST_BYTES {
            return chunk.refused.push((at, Refusal::Huge));
        }
        let message = self.message(sent.source, sent.sender, sent.message);
        let place = u32::try_from(chunk.rows.len()).unwrap_or(u32::MAX);
        if let Some(previous) = previous {
            chunk.aliases.push((place, previous));
        }
        chunk.digests.push(digest(&row, previous.unwrap_or(0), values));
        chunk.rows.push(&row, values);
        chunk.messages.push(message);
    }

    /// Sets what the row says. For aliases: the other id's code.
    fn what(
        &mut self,
        row: &mut Row,
        shape: Shape,
        name: u32,
        dictionaries: &mut Dictionaries,
    ) -> std::result::Result<Option<u32>, Refusal> {
        let person = if row.user == 0 { row.anonymous } else { row.user };
        if person == 0 && row.account == 0 && row.workspace == 0 {
            return Err(Refusal::Nobody);
        }
        match shape {
            Shape::Event(kind) => row.what = self.name(kind.map_or(0, |kind| 1 + kind as usize), name, dictionaries),
            Shape::Traits { of, constant } => {
                let (code, owner) = match of {
                    SubjectKind::User => (0, person),
                    SubjectKind::Account => (1, row.account),
                    SubjectKind::Workspace => (2, row.workspace),
                };
                if owner == 0 {
                    return Err(Refusal::NoOwner(of));
                }
                row.what = FACT | code | if constant { CONSTANT } else { 0 };
            }
            Shape::Alias => {
                let previous = self.persons.code(name, self.batch, &mut dictionaries.persons);
                if person == 0 || previous == 0 {
                    return Err(Refusal::HalfAlias);
                }
                row.what = ALIAS;
                return Ok(Some(previous));
            }
            Shape::Leave => {
                if person == 0 || row.account == 0 {
                    return Err(Refusal::HalfLeave);
                }
                row.what = LEAVE;
            }
        }
        Ok(None)
    }

    fn name(&mut self, kind: usize, text: u32, dictionaries: &mut Dictionaries) -> u32 {
        let Some(codes) = self.names.get_mut(kind) else { return 0 };
        if codes.is_empty() {
            codes.resize(self.batch.texts.len(), OPEN);
        }
        let Some(place) = codes.get_mut(text as usize) else { return 0 };
        if *place == OPEN {
            let stated = kind.checked_sub(1).and_then(|kind| engine::record::EventKind::ALL.get(kind)).copied();
            *place = dictionaries.names.intern(&name_text(stated, self.batch.texts.get(text).unwrap_or_default()));
        }
        *place
    }

    /// The hash of the identity. Digests are hashed as their text, so that either form gives one hash.
    fn message(&mut self, source: u32, sender: u32, message: Message) -> u128 {
        let seed = match self.seeds.iter().find(|(a, b, _)| (*a, *b) == (source, sender)) {
            Some((.., seed)) => *seed,
            None => {
                let texts = &self.batch.texts;
                let (name, device) = (texts.get(source).unwrap_or_default(), texts.get(sender).unwrap_or_default());
                let seed = seed(name, device);
                if self.seeds.len() > 64 {
                    self.seeds.clear();
                }
                self.seeds.push((source, sender, seed));
                seed
            }
        };
        match message {
            Message::Text(place) => {
                let text = self.batch.message_texts.get(place).unwrap_or_default();
                XxHash3_128::oneshot_with_seed(seed, text.as_bytes())
            }
            Message::Digest(digest) => XxHash3_128::oneshot_with_seed(seed, &hexadecimal(digest)),
        }
    }
}

/// The hash by which the lake knows a record: of its source, sender and message id.
#[must_use]
pub fn message_hash(source: &str, sender: &str, message: &str) -> u128 {
    XxHash3_128::oneshot_with_seed(seed(source, sender), message.as_bytes())
}

fn seed(source: &str, sender: &str) -> u64 {
    XxHash3_64::oneshot(format!("{}:{source}{sender}", source.len()).as_bytes())
}

fn hexadecimal(digest: u128) -> [u8; 32] {
    let mut text = [0; 32];
    for (pair, byte) in text.chunks_exact_mut(2).zip(digest.to_be_bytes()) {
        for (digit, value) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
            *digit = if value < 10 { b'0' + value } else { b'a' + value - 10 };
        }
    }
    text
}

/// A hash of what the row says, its receipt apart.
fn digest(row: &Row, previous: u32, values: &[u8]) -> u32 {
    let at = row.at as u64;
    let words = [at as u32, (at >> 32) as u32, row.user, row.anonymous, row.account, row.workspace, row.what, previous];
    let head = XxHash3_64::oneshot(bytemuck::cast_slice(&words));
    let hash = if values.is_empty() { head } else { head ^ XxHash3_64::oneshot_with_seed(head, values) };
    (hash ^ hash >> 32) as u32
}

/// Values of all rows as bytes, and where each row's end.
fn values_of(batch: &Batch, dictionaries: &mut Dictionaries) -> Result<(Vec<usize>, Vec<u8>)> {
    let mut cells = Cells { batch, lists: Vec::new(), columns: columns_of(batch, &mut dictionaries.columns)? };
    cells.lists = cells.lists_as_json();
    let mut ends = vec![0_usize; batch.len()];
    cells.each(|_, row, value| {
        if let Some(size) = ends.get_mut(row as usize) {
            *size += value.size();
        }
    });
    let mut total = 0;
    for size in &mut ends {
        total += std::mem::replace(size, total);
    }
    // `ends` now holds where each row starts, and moves to its end as the columns are written.
    let mut values = vec![0; total];
    cells.each(|code, row, value| {
        if let Some(place) = ends.get_mut(row as usize) {
            if let Some(into) = values.get_mut(*place..) {
                value.write(code, into);
            }
            *place += value.size();
        }
    });
    Ok((ends, values))
}

/// What a column of bytes comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    /// A property column of the batch.
    Property(usize),
    Amount,
    Currency,
    Previous,
}

/// Codes for events and for facts (the same property can be in both), by ascending code where that matters.
fn columns_of(batch: &Batch, columns: &mut Dictionary) -> Result<Vec<(u16, Table, Origin)>> {
    let mut all = Vec::new();
    for (place, column) in batch.properties.iter().enumerate() {
        let value_type = match &column.values {
            PropertyValues::Text(_) => ValueType::Text,
            PropertyValues::Number(_) => ValueType::Number,
            PropertyValues::Boolean(_) => ValueType::Boolean,
            PropertyValues::Time(_) => ValueType::Time,
            PropertyValues::List(_) => ValueType::List,
        };
        let name = batch.texts.get(column.name).unwrap_or_default();
        for table in [Table::Events, Table::Facts] {
            let belongs = |row: &u32| shape_table(batch, *row) == Some(table);
            if column.rows.iter().any(belongs) {
                let code = column_code(columns, &ColumnName::text(table, value_type, name))?;
                all.push((code, table, Origin::Property(place)));
            }
        }
    }
    if !batch.amounts.rows.is_empty() {
        all.push((column_code(columns, ColumnName::AMOUNT)?, Table::Events, Origin::Amount));
        all.push((column_code(columns, ColumnName::CURRENCY)?, Table::Events, Origin::Currency));
    }
    if batch.shapes.contains(&Shape::Alias) {
        all.push((column_code(columns, ColumnName::PREVIOUS)?, Table::Facts, Origin::Previous));
    }
    all.sort_unstable();
    Ok(all)
}

fn shape_table(batch: &Batch, row: u32) -> Option<Table> {
    let shape = batch.shapes.get(row as usize)?;
    Some(if matches!(shape, Shape::Event(_)) { Table::Events } else { Table::Facts })
}

struct Cells<'a> {
    batch: &'a Batch,
    /// By property column: its lists as JSON.
    lists: Vec<Vec<String>>,
    columns: Vec<(u16, Table, Origin)>,
}

impl Cells<'_> {
    fn lists_as_json(&self) -> Vec<Vec<String>> {
        let json = |values: &PropertyValues| match values {
            PropertyValues::List(lists) => lists.iter().map(list_to_json).collect(),
            _ => Vec::new(),
        };
        self.batch.properties.iter().map(|column| json(&column.values)).collect()
    }

    /// Every value with its column's code and its row, column by column.
    fn each(&self, mut visit: impl FnMut(u16, u32, Carried<'_>)) {
        for (code, table, origin) in &self.columns {
            match origin {
                Origin::Property(place) => self.each_property(*code, *table, *place, &mut visit),
                Origin::Amount => {
                    for (row, amount) in self.batch.amounts.rows.iter().zip(&self.batch.amounts.amounts) {
                        visit(*code, *row, Carried::Number(*amount));
                    }
                }
                Origin::Currency => {
                    for (row, text) in self.batch.amounts.rows.iter().zip(&self.batch.amounts.currencies) {
                        visit(*code, *row, Carried::Text(self.batch.texts.get(*text).unwrap_or_default()));
                    }
                }
                Origin::Previous => {
                    for (row, shape) in (0..).zip(&self.batch.shapes) {
                        let name = self.batch.names.get(row as usize).copied().unwrap_or(ABSENT);
                        if *shape == Shape::Alias {
                            visit(*code, row, Carried::Text(self.batch.texts.get(name).unwrap_or_default()));
                        }
                    }
                }
            }
        }
    }

    fn each_property(&self, code: u16, table: Table, place: usize, visit: &mut impl FnMut(u16, u32, Carried<'_>)) {
        let Some(column) = self.batch.properties.get(place) else { return };
        for (at, row) in column.rows.iter().enumerate() {
            if shape_table(self.batch, *row) != Some(table) {
                continue;
            }
            let value = match &column.values {
                PropertyValues::Text(codes) => {
                    codes.get(at).and_then(|code| self.batch.texts.get(*code)).map(Carried::Text)
                }
                PropertyValues::Number(numbers) => numbers.get(at).map(|number| Carried::Number(*number)),
                PropertyValues::Boolean(truths) => truths.get(at).map(|truth| Carried::Boolean(*truth)),
                PropertyValues::Time(times) => times.get(at).map(|time| Carried::Time(time.0)),
                PropertyValues::List(_) => {
                    self.lists.get(place).and_then(|lists| lists.get(at)).map(|text| Carried::Text(text))
                }
            };
            if let Some(value) = value {
                visit(code, *row, value);
            }
        }
    }
}

/// Rows of user traits that hold an e-mail address, with the account of its domain (0: nobody's).
fn emails_of(batch: &Batch, dictionaries: &mut Dictionaries, workspace: &Workspace) -> Vec<(u32, u32)> {
    let Some(name) = batch.texts.find("email") else { return Vec::new() };
    let mut found = Vec::new();
    for column in batch.properties.iter().filter(|column| column.name == name) {
        let PropertyValues::Text(codes) = &column.values else { continue };
        for (row, code) in column.rows.iter().zip(codes) {
            let of_user = Some(&SubjectKind::User)
                == batch.shapes.get(*row as usize).and_then(|shape| match shape {
                    Shape::Traits { of, .. } => Some(of),
                    Shape::Event(_) | Shape::Alias | Shape::Leave => None,
                });
            let account = batch.texts.get(*code).and_then(|address| workspace.account_of_email(address));
            if let (true, Some(account)) = (of_user, account) {
                found.push((*row, dictionaries.accounts.intern(&account)));
            }
        }
    }
    found.sort_unstable();
    found
}

/// From rows of the batch to rows of the chunk, which lacks the refused ones.
fn kept_emails(emails: &[(u32, u32)], chunk: &Chunk) -> Vec<(u32, u32)> {
    let mut refused = chunk.refused.iter().map(|(row, _)| *row).peekable();
    let mut gone = 0;
    let mut kept = Vec::new();
    for (row, account) in emails {
        while refused.next_if(|refused| *refused < *row as usize).is_some() {
            gone += 1;
        }
        if refused.peek() != Some(&(*row as usize)) {
            kept.push((row - gone, *account));
        }
    }
    kept
}

/// For times of receipt that are not known.
const _: () = assert!(NEVER == engine::Timestamp::MIN.0, "batches and rows mark unknown receipts alike");
