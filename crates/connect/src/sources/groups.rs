//! Kinds of groups: vendors let each product name its own.

use std::sync::Arc;

use engine::record::{SubjectKind, Who};

use super::json::{Json, Object};
use super::reject::{Fault, Reason};
use super::values;

/// Which kinds of groups are accounts and workspaces. Where nothing is said, usual words are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    /// The kind that is an account.
    pub account: Option<String>,
    /// The kind that is a workspace.
    pub workspace: Option<String>,
}

const ACCOUNTS: [&str; 8] =
    ["company", "organization", "organisation", "org", "account", "customer", "tenant", "company_id"];
const WORKSPACES: [&str; 4] = ["workspace", "project", "team", "instance"];

impl Groups {
    /// What a kind of group is.
    pub(crate) fn kind(&self, word: &str) -> Option<SubjectKind> {
        let is = |said: &Option<String>, usual: &[&str]| match said {
            Some(said) => said == word,
            None => usual.iter().any(|known| known.eq_ignore_ascii_case(word)),
        };
        if is(&self.account, &ACCOUNTS) {
            Some(SubjectKind::Account)
        } else if is(&self.workspace, &WORKSPACES) {
            Some(SubjectKind::Workspace)
        } else {
            None
        }
    }

    /// Puts the groups of a message, such as `{"company": "acme"}`, into who it is about. Of several of one kind the first
    /// counts; other kinds do not.
    pub(crate) fn place(&self, groups: Option<&Json<'_>>, who: &mut Who, pointer: &str) -> Result<(), Fault> {
        let Some(Json::Object(groups)) = groups else { return Ok(()) };
        for (word, id) in &groups.members {
            self.place_one(word, id, who).map_err(|reason| Fault::at(format!("{pointer}/{word}"), reason))?;
        }
        Ok(())
    }

    /// Puts the one group that the message itself is about.
    pub(crate) fn place_one(&self, word: &str, id: &Json<'_>, who: &mut Who) -> Result<Option<SubjectKind>, Reason> {
        let kind = self.kind(word);
        let slot = match kind {
            Some(SubjectKind::Account) => &mut who.account,
            Some(SubjectKind::Workspace) => &mut who.workspace,
            Some(SubjectKind::User) | None => return Ok(None),
        };
        let id = if let Json::List(ids) = id { values::id(ids.first())? } else { values::id(Some(id))? };
        if slot.is_none() {
            *slot = id;
        }
        Ok(kind)
    }

    /// The account that an event names by a property of its own, if the owner has said which one.
    pub(crate) fn account_in(&self, properties: &Object<'_>) -> Result<Option<Arc<str>>, Fault> {
        let Some(name) = &self.account else { return Ok(None) };
        let id = match properties.get(name) {
            Some(Json::List(ids)) => values::id(ids.first()),
            id => values::id(id),
        };
        id.map_err(|reason| Fault::at(format!("/properties/{name}"), reason))
    }
}

/// What is told of groups that are neither.
pub(crate) const OTHER_GROUP: Reason =
    Reason::NotTaken("the group is neither an account nor a workspace; say in the source's settings which kinds are");
