//! People who sign in, each with one role.

use serde::{Deserialize, Serialize};
use serde_json::json;
use store::catalog::access::Person;
use store::catalog::{Catalog, CatalogChange};
use utoipa::ToSchema;

use super::{By, Refusal, secret};

/// The shortest password, in characters.
pub const SHORTEST: usize = 12;
/// The longest: longer ones only cost time.
pub const LONGEST: usize = 256;

/// What a person may do; each role may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks at things.
    Viewer,
    /// Works on leads.
    Member,
    /// Changes definitions and destinations.
    Editor,
    /// Decides who comes in.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Member, Self::Editor, Self::Admin];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }

    /// A person's. What is not known allows the least.
    pub fn of(person: &Person) -> Self {
        Self::ALL.into_iter().find(|role| role.word() == person.role).unwrap_or(Self::Viewer)
    }
}

/// Adds a person; gives the password if none was chosen.
///
/// # Errors
/// The address is no address or is taken, or the password is too short.
pub fn add(
    catalog: &dyn Catalog,
    by: &By,
    email: &str,
    role: Role,
    password: Option<String>,
) -> Result<(Person, Option<String>), Refusal> {
    let email = email.trim();
    let is_address = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if !is_address || email.len() > 254 || email.chars().any(|sign| sign.is_control() || sign.is_whitespace()) {
        return Err(Refusal::Senseless("this is not an e-mail address".to_owned()));
    }
    if catalog.person_by_email(email)?.is_some() {
        return Err(Refusal::Taken { what: "person", name: email.to_owned() });
    }
    let (hash, generated) = hashed(password)?;
    let person = Person {
        id: format!("person_{}", secret::random::<8>()?),
        email: email.to_owned(),
        name: email.split('@').next().unwrap_or(email).to_owned(),
        password: Some(hash),
        role: role.word().to_owned(),
        created_at: by.at,
        disabled_at: None,
    };
    let change = CatalogChange::AddPerson(person.clone());
    by.change(catalog, &[change], "person.add", &person.id, &json!({ "role": role.word() }))?;
    Ok((person, generated))
}

/// What is to be another; what is `None` stays as it is.
#[derive(Default)]
pub struct Wish {
    /// The role.
    pub role: Option<Role>,
    /// Whether the person may not come in.
    pub disabled: Option<bool>,
    /// The password; `Some(None)` has one made.
    pub password: Option<Option<String>>,
}

/// Changes a person, all of it or nothing; gives the password if one was made. Another password, and whether the person may come in,
/// end the person's sessions.
///
/// # Errors
/// There is no such person, nobody could decide any more who comes in, or the password is too short.
pub fn change(catalog: &dyn Catalog, by: &By, email: &str, wish: Wish) -> Result<(Person, Option<String>), Refusal> {
    let mut person = found(catalog, email)?;
    if wish.disabled == Some(true) || wish.role.is_some_and(|role| role != Role::Admin) {
        keep_an_admin(catalog, &person)?;
    }
    let (mut changes, mut lines, mut made) = (Vec::new(), Vec::new(), None);
    let id = person.id.clone();
    if let Some(role) = wish.role {
        let role = role.word().to_owned();
        lines.push(by.line("person.role", &id, &json!({ "role": role, "before": person.role })));
        person.role.clone_from(&role);
        changes.push(CatalogChange::SetRole { person: id.clone(), role });
    }
    if let Some(disabled) = wish.disabled {
        let what = if disabled { "person.disable" } else { "person.enable" };
        lines.push(by.line(what, &id, &json!({})));
        person.disabled_at = disabled.then_some(by.at);
        changes.push(CatalogChange::SetDisabled { person: id.clone(), at: person.disabled_at });
    }
    if let Some(password) = wish.password {
        let (hash, generated) = hashed(password)?;
        made = generated;
        lines.push(by.line("person.password", &id, &json!({})));
        changes.push(CatalogChange::SetPassword { person: id, hash });
    }
    catalog.change(&changes, &lines)?;
    Ok((person, made))
}

/// The hash of a password, or of a new one, which is given too.
fn hashed(password: Option<String>) -> Result<(String, Option<String>), Refusal> {
    let Some(password) = password else {
        let generated = secret::random::<12>()?;
        return Ok((secret::hash(&generated)?, Some(generated)));
    };
    if !(SHORTEST..=LONGEST).contains(&password.chars().count()) {
        return Err(Refusal::Senseless(format!("a password has {SHORTEST} to {LONGEST} characters")));
    }
    Ok((secret::hash(&password)?, None))
}

fn found(catalog: &dyn Catalog, email: &str) -> Result<Person, Refusal> {
    catalog.person_by_email(email)?.ok_or_else(|| Refusal::Unknown { what: "person", name: email.to_owned() })
}

/// That somebody else is an admin, if this person is.
fn keep_an_admin(catalog: &dyn Catalog, person: &Person) -> Result<(), Refusal> {
    let is_admin = |person: &Person| Role::of(person) == Role::Admin && person.disabled_at.is_none();
    if !is_admin(person) || catalog.people()?.iter().any(|other| other.id != person.id && is_admin(other)) {
        return Ok(());
    }
    Err(Refusal::Senseless("this is the last admin: make somebody else one first".to_owned()))
}
