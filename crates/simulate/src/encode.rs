//! Facts as the engine's batches.

use engine::batch::{ABSENT, Batch, Cell, Message, Row, Shape};
use engine::{Number, Timestamp};

use crate::fact::{Fact, Form, PersonCode, Slot, What};
use crate::ids::{Ids, write_thing};
use crate::people::{write_company, write_domain, write_email, write_name};
use crate::vocabulary::{EventName, Key};

/// Turns facts into batches. It keeps what it has already put into the dictionary of the current batch.
#[derive(Debug)]
pub struct Encoder {
    ids: Ids,
    source: String,
    text: String,
    names: [u32; EventName::ALL.len()],
    keys: [u32; Key::ALL.len()],
    /// Codes of the words of each list.
    words: Vec<Vec<u32>>,
    /// Columns of each key: texts, numbers, instants.
    columns: [[usize; 3]; Key::ALL.len()],
    last_user: (PersonCode, bool, u32),
    last_account: (u32, u32),
}

impl Encoder {
    /// An encoder for products with this seed, whose records name this source.
    #[must_use]
    pub fn new(seed: u64, source: &str) -> Self {
        Self {
            ids: Ids::new(seed),
            source: source.to_owned(),
            text: String::new(),
            names: [ABSENT; EventName::ALL.len()],
            keys: [ABSENT; Key::ALL.len()],
            words: Vec::new(),
            columns: [[usize::MAX; 3]; Key::ALL.len()],
            last_user: (PersonCode::NONE, false, ABSENT),
            last_account: (0, ABSENT),
        }
    }

    /// The facts as a batch of records, in their order. Times are held at receipt, as records demand; money is in
    /// [`Batch::amounts`].
    pub fn to_batch(&mut self, facts: &[Fact]) -> Batch {
        *self = Self { text: std::mem::take(&mut self.text), ..Self::anew(self.ids, std::mem::take(&mut self.source)) };
        let mut batch = Batch::default();
        let source = batch.texts.intern(&self.source);
        let sender = batch.texts.intern("");
        for fact in facts {
            let (shape, name) = self.statement(&mut batch, fact);
            let alias = fact.what == What::Alias;
            let row = Row {
                source,
                sender,
                message: Message::Digest(self.ids.message(fact.message)),
                timestamp: Timestamp(fact.time.min(fact.received)),
                received: Timestamp(fact.received),
                user: self.user(&mut batch, fact.user, fact.by_previous_id),
                anonymous: self.device(&mut batch, fact.device),
                account: if alias { ABSENT } else { self.account(&mut batch, fact.account.0) },
                workspace: ABSENT,
                shape,
                name,
            };
            batch.push(row);
            self.set_slots(&mut batch, fact);
        }
        batch
    }

    fn anew(ids: Ids, source: String) -> Self {
        Self { ids, ..Self::new(0, &source) }
    }

    fn statement(&mut self, batch: &mut Batch, fact: &Fact) -> (Shape, u32) {
        match fact.what {
            What::Event(name) => {
                let code = &mut self.names[name as usize];
                if *code == ABSENT {
                    *code = batch.texts.intern(name.text());
                }
                (Shape::Event(Some(name.kind())), *code)
            }
            What::Traits(of) => (Shape::Traits { of, constant: false }, ABSENT),
            What::Alias => {
                self.text.clear();
                self.ids.write_user(&mut self.text, fact.user, true);
                (Shape::Alias, batch.texts.intern(&self.text))
            }
        }
    }

    fn user(&mut self, batch: &mut Batch, person: PersonCode, previous: bool) -> u32 {
        if person.is_none() {
            return ABSENT;
        }
        let (last, last_previous, code) = self.last_user;
        if (last, last_previous) == (person, previous) {
            return code;
        }
        self.text.clear();
        self.ids.write_user(&mut self.text, person, previous);
        let code = batch.texts.intern(&self.text);
        self.last_user = (person, previous, code);
        code
    }

    fn device(&mut self, batch: &mut Batch, device: PersonCode) -> u32 {
        if device.is_none() {
            return ABSENT;
        }
        self.text.clear();
        self.ids.write_device(&mut self.text, device);
        batch.texts.intern(&self.text)
    }

    fn account(&mut self, batch: &mut Batch, account: u32) -> u32 {
        if account == 0 {
            return ABSENT;
        }
        let (last, code) = self.last_account;
        if last == account {
            return code;
        }
        self.text.clear();
        self.ids.write_account(&mut self.text, account - 1);
        let code = batch.texts.intern(&self.text);
        self.last_account = (account, code);
        code
    }

    fn set_slots(&mut self, batch: &mut Batch, fact: &Fact) {
        let is_event = matches!(fact.what, What::Event(_));
        for slot in fact.filled() {
            let cell = self.cell(batch, slot);
            match (slot.key, cell) {
                (Key::Amount, Cell::Number(amount)) if is_event => {
                    let currency = fact.slot(Key::Currency).map_or(ABSENT, |slot| self.word(batch, slot));
                    batch.set_amount(amount, currency);
                }
                (Key::Currency, _) if is_event => {}
                (_, cell) => self.set(batch, slot.key, cell),
            }
        }
    }

    fn set(&mut self, batch: &mut Batch, key: Key, cell: Cell) {
        let class = match cell {
            Cell::Number(_) => 1,
            Cell::Time(_) => 2,
            _ => 0,
        };
        let name = &mut self.keys[key as usize];
        if *name == ABSENT {
            *name = batch.texts.intern(key.text());
        }
        let column = &mut self.columns[key as usize][class];
        if *column == usize::MAX {
            *column = batch.column(*name, &cell);
        }
        batch.set_in(*column, cell);
    }

    fn cell(&mut self, batch: &mut Batch, slot: &Slot) -> Cell {
        match slot.form {
            Form::Whole => Cell::Number(Number::whole(slot.value)),
            Form::Hundredths => Cell::Number(Number(i128::from(slot.value) * (Number::UNIT / 100))),
            Form::Time => Cell::Time(Timestamp(slot.value)),
            Form::Word(_) => Cell::Text(self.word(batch, slot)),
            _ => {
                self.text.clear();
                write_text(&mut self.text, &self.ids, slot);
                Cell::Text(batch.texts.intern(&self.text))
            }
        }
    }

    fn word(&mut self, batch: &mut Batch, slot: &Slot) -> u32 {
        let Form::Word(words) = slot.form else { return ABSENT };
        let list = words.list();
        let at = usize::try_from(slot.value).unwrap_or(usize::MAX);
        if self.words.len() <= words as usize {
            self.words.resize(words as usize + 1, Vec::new());
        }
        let codes = &mut self.words[words as usize];
        codes.resize(list.len(), ABSENT);
        let (Some(code), Some(word)) = (codes.get_mut(at), list.get(at)) else { return ABSENT };
        if *code == ABSENT {
            *code = batch.texts.intern(word);
        }
        *code
    }
}

/// Appends a slot's value that is a text.
pub(crate) fn write_text(out: &mut String, ids: &Ids, slot: &Slot) {
    let person = PersonCode(slot.value as u64);
    let account = slot.value as u32;
    match slot.form {
        Form::Word(words) => {
            out.push_str(usize::try_from(slot.value).ok().and_then(|at| words.list().get(at)).copied().unwrap_or(""));
        }
        Form::Person if person.is_none() => {}
        Form::Person => ids.write_user(out, person, false),
        Form::Email => write_email(out, slot.value),
        Form::PersonName => write_name(out, person),
        Form::CompanyName => write_company(out, account),
        Form::CompanyDomain => write_domain(out, account),
        Form::Thing => write_thing(out, slot.key, account),
        Form::Empty | Form::Whole | Form::Hundredths | Form::Time => {}
    }
}
