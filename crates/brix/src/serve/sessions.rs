//! People who are signed in. A session's token is random and kept as its digest; whoever only guesses passwords is slowed down.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::Timestamp;
use engine::time::{DAY, HOUR, MINUTE};
use store::catalog::Catalog;
use store::catalog::access::{Digest, Person, Session};
use tokio::sync::Semaphore;

use crate::access::Refusal;
use crate::access::secret::digest_of;
use crate::access::{people, secret};

/// A session ends when nothing was asked for so long.
const IDLE: i64 = 12 * HOUR;
/// A session ends after so long in any case.
const LONGEST: i64 = 7 * DAY;
/// A session's end is moved only if it moves by so much: each move is a sync.
const STEP: i64 = 5 * MINUTE;
/// Attempts in [`WINDOW`] for one person, and from one address.
const MOST_OF_PERSON: u32 = 10;
const MOST_OF_ADDRESS: u32 = 50;
const WINDOW: Duration = Duration::from_secs(60);
/// So many who try are remembered; beyond, nobody new may try until the window is over.
const MOST_REMEMBERED: usize = 10_000;
/// The longest e-mail address; a longer one is nobody's, and not remembered.
const LONGEST_EMAIL: usize = 254;
/// So many passwords are hashed at a time, each in 19 MiB.
const MOST_HASHED: usize = 2;

/// Why somebody is not signed in.
pub enum NotIn {
    /// Nobody of this address and password may come in.
    Wrong,
    /// Nobody's password is as long as this, so it is not hashed.
    TooLong,
    /// Too many attempts: again after so many seconds.
    TooOften(u64),
    /// A fault of ours.
    Fault(Refusal),
}

impl From<store::Error> for NotIn {
    fn from(error: store::Error) -> Self {
        Self::Fault(error.into())
    }
}

/// A session that has just begun.
pub struct Begun {
    /// The token: it goes to the browser, and is kept nowhere.
    pub token: String,
    /// What is kept.
    pub session: Session,
    /// Whose it is.
    pub person: Person,
}

/// Whose an address is: one who has an address of IPv6 has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

/// Signing in and out.
pub struct Sessions {
    catalog: Arc<dyn Catalog>,
    /// By who tries: when the window began, and how often since.
    attempts: Mutex<HashMap<String, (Instant, u32)>>,
    hashing: Semaphore,
}

impl Sessions {
    /// Those of a catalog.
    pub fn new(catalog: Arc<dyn Catalog>) -> Self {
        Self { catalog, attempts: Mutex::default(), hashing: Semaphore::new(MOST_HASHED) }
    }

    /// Signs somebody in.
    pub async fn begin(&self, email: String, password: String, from: IpAddr, now: Timestamp) -> Result<Begun, NotIn> {
        self.attempt(&format!("from {}", network(from)), MOST_OF_ADDRESS)?;
        if email.len() > LONGEST_EMAIL {
            return Err(NotIn::Wrong);
        }
        if password.chars().count() > people::LONGEST {
            return Err(NotIn::TooLong);
        }
        self.attempt(&format!("as {}", email.to_ascii_lowercase()), MOST_OF_PERSON)?;
        let _place = self.hashing.acquire().await;
        let catalog = Arc::clone(&self.catalog);
        let begun = tokio::task::spawn_blocking(move || {
            let found = catalog.person_by_email(&email)?;
            // An unknown person takes as long as a wrong password.
            let hash = found.as_ref().and_then(|person| person.password.as_deref());
            let is_right = secret::is_password(&password, hash);
            let Some(person) = found.filter(|person| is_right && person.disabled_at.is_none()) else {
                return Err(NotIn::Wrong);
            };
            catalog.sweep_sessions(now)?;
            let random = || secret::random::<32>().map_err(|error| NotIn::Fault(error.into()));
            let (token, csrf) = (random()?, random()?);
            let session = Session {
                digest: Digest(digest_of(&token)),
                person: person.id.clone(),
                csrf,
                created_at: now,
                expires_at: Timestamp(now.0 + IDLE),
            };
            catalog.begin_session(&session)?;
            Ok(Begun { token, session, person })
        });
        begun.await.map_err(|error| NotIn::Fault(std::io::Error::other(error).into()))?
    }

    /// Counts an attempt, if it may be made.
    fn attempt(&self, who: &str, most: u32) -> Result<(), NotIn> {
        let now = Instant::now();
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if attempts.len() >= MOST_REMEMBERED {
            attempts.retain(|_, (since, _)| now.duration_since(*since) < WINDOW);
        }
        if attempts.len() >= MOST_REMEMBERED && !attempts.contains_key(who) {
            return Err(NotIn::TooOften(WINDOW.as_secs()));
        }
        let (since, count) = attempts.entry(who.to_owned()).or_insert((now, 0));
        let elapsed = now.duration_since(*since);
        if elapsed >= WINDOW {
            (*since, *count) = (now, 0);
        }
        if *count >= most {
            return Err(NotIn::TooOften((WINDOW.saturating_sub(elapsed)).as_secs().max(1)));
        }
        *count += 1;
        Ok(())
    }

    /// The session of a token, with its person; it goes on from now. To be called on a thread that may wait.
    pub fn of(&self, token: &str, now: Timestamp) -> store::Result<Option<(Session, Person)>> {
        let found = self.catalog.session(&Digest(digest_of(token)), now)?;
        if let Some((session, _)) = &found {
            let end = Timestamp((now.0 + IDLE).min(session.created_at.0 + LONGEST));
            if end.0 - session.expires_at.0 >= STEP {
                self.catalog.extend_session(&session.digest, end)?;
            }
        }
        Ok(found)
    }

    /// Ends the session of a token.
    pub fn end(&self, token: &str) -> store::Result<()> {
        self.catalog.end_session(&Digest(digest_of(token)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_many_addresses_is_one() {
        let network = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:10.0.0.1"), "10.0.0.1");
    }
}
