//! What people have agreed to, as their traits say it.
//!
//! Forms, tag managers and consent platforms say it in many words; these are taken in any case of letters. What is neither is as
//! good as nothing said.

use std::sync::Arc;

use crate::{Number, Value};

/// Which traits of people say what they have agreed to. Dated like any trait, so that it is known as of any instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consent {
    /// The trait that says whether somebody may be judged.
    pub profile: Option<Arc<str>>,
    /// The trait that says whether somebody may be contacted.
    pub contact: Option<Arc<str>>,
    /// Who has not said so has not agreed.
    pub required: bool,
}

const GRANTED: [&str; 13] = [
    "true",
    "yes",
    "y",
    "on",
    "1",
    "allow",
    "allowed",
    "given",
    "granted",
    "accepted",
    "opt_in",
    "opted_in",
    "subscribed",
];
const REFUSED: [&str; 17] = [
    "false",
    "no",
    "n",
    "off",
    "0",
    "deny",
    "denied",
    "refused",
    "rejected",
    "declined",
    "objected",
    "revoked",
    "withdrawn",
    "opt_out",
    "opted_out",
    "unsubscribed",
    "none",
];

impl Consent {
    /// Whether somebody with this value of the trait has to be left in peace.
    #[must_use]
    pub fn refuses(&self, said: Option<&Value>) -> bool {
        match said.and_then(agrees) {
            Some(agrees) => !agrees,
            None => self.required,
        }
    }
}

/// Whether a value says yes; `None`: neither yes nor no.
fn agrees(said: &Value) -> Option<bool> {
    match said {
        Value::Boolean(agrees) => Some(*agrees),
        Value::Number(number) if *number == Number::ZERO => Some(false),
        Value::Number(number) if *number == Number::whole(1) => Some(true),
        Value::Text(text) => {
            let word = text.trim().to_lowercase().replace(['-', ' '], "_");
            let among = |words: &[&str]| words.contains(&word.as_str());
            among(&GRANTED).then_some(true).or_else(|| among(&REFUSED).then_some(false))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_understood() {
        let (open, strict) = (Consent::default(), Consent { required: true, ..Consent::default() });
        for (said, refuses) in [
            (Value::Boolean(true), Some(false)),
            (Value::Boolean(false), Some(true)),
            (Value::whole(1), Some(false)),
            (Value::whole(0), Some(true)),
            (Value::whole(2), None),
            (Value::text("Granted"), Some(false)),
            (Value::text("opt-out"), Some(true)),
            (Value::text(" Opted In "), Some(false)),
            (Value::text("UNSUBSCRIBED"), Some(true)),
            (Value::text("later"), None),
            (Value::List([Value::Boolean(false)].into()), None),
        ] {
            assert_eq!(open.refuses(Some(&said)), refuses.unwrap_or(false), "{said:?}");
            assert_eq!(strict.refuses(Some(&said)), refuses.unwrap_or(true), "{said:?}");
        }
        assert!(!open.refuses(None) && strict.refuses(None));
    }
}
