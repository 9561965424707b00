//! Taking one record as it comes, where that needs nothing but the state.

use super::{Frame, LiveHousehold};
use crate::evaluate::{Change, NewRow};
use crate::household::{Code, Subject, TraitFact};
use crate::identity::{Joining, Link, known_at};
use crate::record::{Body, Properties, Record, SubjectKind, is_generic};
use crate::{Timestamp, Value};

/// What came of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is in the state, or says nothing that is read.
    Yes,
    /// The household has to be read again from all its records, this one among them.
    NeedsReplay,
}

/// The codes of a record's ids; 0 where there is none.
#[derive(Debug, Clone, Copy)]
struct Codes {
    user: Code,
    anonymous: Code,
    account: Code,
    workspace: Code,
    person: Code,
    /// No row of the person, the anonymous id or the workspace is known.
    new_person: bool,
    new_anonymous: bool,
    new_workspace: bool,
}

impl LiveHousehold {
    /// Takes a record. A copy of one that was taken must have been left out before: a record counts once.
    pub fn take(&mut self, record: &Record, frame: &Frame<'_>) -> Taken {
        match self.try_take(record, frame) {
            Some(()) => Taken::Yes,
            None => Taken::NeedsReplay,
        }
    }

    /// `None`: replay.
    fn try_take(&mut self, record: &Record, frame: &Frame<'_>) -> Option<()> {
        let at = record.timestamp;
        if at <= self.frontier() && self.frontier() != Timestamp::MIN {
            return None;
        }
        let mut codes = self.codes(record);
        if !names_somebody(record, &codes) {
            return Some(());
        }
        let known = known_at(at.0, record.received_at.map(|received| received.0));
        if codes.user != 0 && codes.anonymous != 0 {
            let link = Link { at: at.0, to: codes.user, known };
            let tied = self.ids.identity.tie(codes.anonymous, codes.new_anonymous, link, &self.ids.persons);
            tied.then_some(())?;
            if frame.needs.user_ids && codes.new_anonymous && !codes.new_person {
                return None;
            }
        }
        codes.person = self.ids.identity.person_of_row(codes.user, codes.anonymous, at.0).0;
        if !frame.together() && codes.person == 0 {
            return Some(());
        }
        if frame.together() {
            self.belong(&codes, at, known)?;
        }
        match &record.body {
            Body::Event { name, kind, properties, .. } => {
                let name = frame.names.code(name, *kind);
                self.event(&codes, at, name, properties, frame);
                Some(())
            }
            Body::Traits { of, traits, constant } => self.traits(&codes, (at, known), *of, traits, *constant, frame),
            // Other ids of the person may be shown from now on; what was left out of an account, come back.
            Body::Alias { .. } | Body::Leave => None,
        }
    }

    fn codes(&mut self, record: &Record) -> Codes {
        let ends = [self.ids.persons.end(), self.ids.workspaces.end()];
        let who = &record.who;
        let user = who.user.as_deref().map_or(0, |id| self.ids.persons.intern(id));
        let anonymous = who.anonymous.as_deref().map_or(0, |id| self.ids.persons.intern(id));
        let account = who.account.as_deref().map_or(0, |id| self.ids.accounts.intern(id));
        let workspace = who.workspace.as_deref().map_or(0, |id| self.ids.workspaces.intern(id));
        let person = if user == 0 { anonymous } else { user };
        Codes {
            user,
            anonymous,
            account,
            workspace,
            person,
            new_person: person >= ends[0],
            new_anonymous: anonymous >= ends[0] && anonymous != user,
            new_workspace: workspace >= ends[1],
        }
    }

    /// What the record says about who belongs where.
    fn belong(&mut self, codes: &Codes, at: Timestamp, known: i64) -> Option<()> {
        let Codes { person, account, workspace, .. } = *codes;
        if account == 0 {
            return Some(());
        }
        if workspace != 0 {
            match self.belonging.owning(workspace, codes.new_workspace, account, at.0) {
                Joining::Nothing => {}
                Joining::Begins => {
                    let owned = self.belonging.own(workspace, account, at.0, known, &self.ids.accounts);
                    self.state.insert(Change::Membership(owned));
                }
                Joining::Unsettles => return None,
            }
        }
        if person != 0 {
            match self.belonging.joining(person, codes.new_person, account, at.0) {
                Joining::Nothing => {}
                Joining::Begins => self.join(person, account, at, known, false)?,
                Joining::Unsettles => return None,
            }
        }
        Some(())
    }

    fn join(&mut self, person: Code, account: Code, at: Timestamp, known: i64, by_address: bool) -> Option<()> {
        if self.state.latest_of(person).is_some_and(|latest| latest >= at) {
            return None;
        }
        let joined = self.belonging.begin(person, account, at.0, known, by_address);
        self.state.insert(Change::Membership(joined));
        Some(())
    }

    fn event(&mut self, codes: &Codes, at: Timestamp, name: u32, properties: &Properties, frame: &Frame<'_>) {
        let (account, _) = self.belonging.account_of_row(codes.person, codes.account, codes.workspace, at.0);
        let values = frame.needs.properties.iter().map(|name| properties.get(name).cloned());
        self.state.insert(Change::Row(NewRow {
            at,
            name,
            user: codes.person,
            account: if frame.needs.accounts { account } else { 0 },
            workspace: if frame.needs.workspaces { codes.workspace } else { 0 },
            properties: values.collect(),
        }));
    }

    fn traits(
        &mut self,
        codes: &Codes,
        (at, known): (Timestamp, i64),
        of: SubjectKind,
        traits: &Properties,
        constant: bool,
        frame: &Frame<'_>,
    ) -> Option<()> {
        if constant {
            return None;
        }
        let code = match of {
            SubjectKind::User => codes.person,
            SubjectKind::Account => codes.account,
            SubjectKind::Workspace => codes.workspace,
        };
        let by_address = frame.together() && frame.workspace.account_from_email && of == SubjectKind::User;
        if by_address && let Some(Value::Text(address)) = traits.get("email") {
            let account = frame.workspace.account_of_email(address);
            let account = account.map_or(0, |account| self.ids.accounts.intern(&account));
            match self.belonging.addressing(code, codes.new_person, account, at.0) {
                Joining::Nothing => {}
                Joining::Begins => self.join(code, account, at, known, true)?,
                Joining::Unsettles => return None,
            }
        }
        let of = Subject { kind: of, code };
        let known = if known <= at.0 { Timestamp::MIN } else { Timestamp(known) };
        for ((kind, name), slot) in frame.needs.traits.iter().zip(0..) {
            if let Some(value) = traits.get(name).filter(|_| *kind == of.kind) {
                self.state.insert(Change::Trait(TraitFact { at, known, of, slot, value: value.clone() }));
            }
        }
        Some(())
    }
}

/// As [`crate::assemble`] takes records: others say nothing of anybody.
fn names_somebody(record: &Record, codes: &Codes) -> bool {
    match &record.body {
        Body::Event { .. } => codes.person != 0 || codes.account != 0 || codes.workspace != 0,
        Body::Traits { of: SubjectKind::User, .. } => codes.person != 0,
        Body::Traits { of: SubjectKind::Account, .. } => codes.account != 0,
        Body::Traits { of: SubjectKind::Workspace, .. } => codes.workspace != 0,
        Body::Alias { previous } => codes.person != 0 && !is_generic(previous),
        Body::Leave => codes.person != 0 && codes.account != 0,
    }
}
