//! Values of messages as properties, ids and money: the rules that all sources share.
//!
//! They are those of JSON files: members of nested objects get dotted names (`plan.name`); lists keep their scalars, and
//! hold nested values as their JSON text; nulls are nothing; texts over the limit are cut and counted.

use std::sync::Arc;

use engine::record::{Money, Properties};
use engine::{Number, Value};

use super::json::{Json, Object};
use super::reject::{Fault, Reason, shown};
use crate::files::field::Field;
use crate::files::limits;
use crate::files::mapping::is_currency;
use crate::files::reject::capped;
use crate::files::typing;

/// Properties in the making.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) properties: Properties,
    /// Texts that were cut.
    pub(crate) texts_cut: u64,
}

impl Collected {
    /// Takes in the members of an object; `prefix` is put before their names, `pointer` is where the object stands. Names
    /// that are taken already are overwritten.
    pub(crate) fn take(&mut self, object: &Object<'_>, prefix: &str, pointer: &str) -> Result<(), Fault> {
        self.take_except(object, prefix, pointer, &[])
    }

    /// The same without some members.
    pub(crate) fn take_except(
        &mut self,
        object: &Object<'_>,
        prefix: &str,
        pointer: &str,
        except: &[&str],
    ) -> Result<(), Fault> {
        let mut name = prefix.to_owned();
        for (member, value) in &object.members {
            if except.contains(&member.as_ref()) {
                continue;
            }
            name.truncate(prefix.len());
            name.push_str(member);
            self.value(&mut name, value).map_err(|reason| Fault::at(format!("{pointer}/{member}"), reason))?;
        }
        Ok(())
    }

    /// Takes in one value under a name.
    pub(crate) fn put(&mut self, name: &str, value: &Json<'_>, pointer: &str) -> Result<(), Fault> {
        self.value(&mut name.to_owned(), value).map_err(|reason| Fault::at(pointer, reason))
    }

    fn value(&mut self, name: &mut String, value: &Json<'_>) -> Result<(), Reason> {
        if let Json::Object(object) = value {
            let length = name.len();
            for (member, value) in &object.members {
                name.push('.');
                name.push_str(member);
                self.value(name, value)?;
                name.truncate(length);
            }
            return Ok(());
        }
        let Some(value) = self.scalar_or_list(value)? else { return Ok(()) };
        if name.is_empty() {
            return Ok(());
        }
        if name.len() > limits::NAME_BYTES {
            return Err(Reason::NameTooLong);
        }
        self.properties.insert(Arc::from(name.as_str()), value);
        if self.properties.len() > limits::PROPERTIES { Err(Reason::TooManyProperties) } else { Ok(()) }
    }

    /// The value, `None` for null and lists without items.
    fn scalar_or_list(&mut self, value: &Json<'_>) -> Result<Option<Value>, Reason> {
        Ok(Some(match value {
            Json::Null => return Ok(None),
            Json::Boolean(truth) => Value::Boolean(*truth),
            Json::Numeral(digits) => Value::Number(number(digits)?),
            Json::Text(text) => self.text(text),
            Json::Object(object) => self.text(object.text),
            Json::TooDeep => return Err(Reason::TooDeep),
            Json::List(items) => {
                if items.len() > limits::ITEMS {
                    return Err(Reason::TooManyItems);
                }
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.extend(match item {
                        Json::List(_) => Some(self.text(&text_of_list(item)?)),
                        item => self.scalar_or_list(item)?,
                    });
                }
                if list.is_empty() {
                    return Ok(None);
                }
                Value::List(list.into())
            }
        }))
    }

    fn text(&mut self, text: &str) -> Value {
        let cut = capped(text, limits::TEXT_BYTES);
        self.texts_cut += u64::from(cut.len() < text.len());
        Value::text(cut)
    }
}

/// A list inside a list, as JSON text again.
fn text_of_list(list: &Json<'_>) -> Result<String, Reason> {
    let mut text = String::new();
    write_json(list, &mut text)?;
    Ok(text)
}

fn write_json(json: &Json<'_>, out: &mut String) -> Result<(), Reason> {
    match json {
        Json::Null => out.push_str("null"),
        Json::Boolean(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Json::Numeral(digits) => out.push_str(digits),
        Json::Text(text) => out.push_str(&serde_json::Value::from(text.as_ref()).to_string()),
        Json::Object(object) => out.push_str(object.text),
        Json::TooDeep => return Err(Reason::TooDeep),
        Json::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json(item, out)?;
            }
            out.push(']');
        }
    }
    Ok(())
}

/// The exact number of written digits.
pub(crate) fn number(digits: &str) -> Result<Number, Reason> {
    typing::number(Field::Numeral(digits), b'.').map_err(|_| Reason::NumberTooLarge(shown(digits)))
}

/// An id: a text, or a number as it is written. `None` if it is not there, null or empty.
pub(crate) fn id(value: Option<&Json<'_>>) -> Result<Option<Arc<str>>, Reason> {
    let text = match value {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Text(text)) => text.as_ref(),
        Some(Json::Numeral(digits)) => digits,
        Some(other) => return Err(Reason::WrongType { expected: "an id", found: other.word() }),
    };
    id_of(text)
}

/// The same of a text.
pub(crate) fn id_of(text: &str) -> Result<Option<Arc<str>>, Reason> {
    if text.len() > limits::ID_BYTES {
        return Err(Reason::IdTooLong);
    }
    Ok(if text.trim().is_empty() { None } else { Some(Arc::from(text)) })
}

/// The id in a member of an object, whose pointer is told if it is none.
pub(crate) fn id_in(object: &Object<'_>, name: &str, pointer: &str) -> Result<Option<Arc<str>>, Fault> {
    id(object.get(name)).map_err(|reason| Fault::at(format!("{pointer}/{name}"), reason))
}

/// An event's name.
pub(crate) fn name_in(object: &Object<'_>, member: &'static str) -> Result<Arc<str>, Fault> {
    let at = |reason| Fault::at(format!("/{member}"), reason);
    match object.get(member) {
        Some(Json::Text(name)) if !name.trim().is_empty() => name_of(name).map_err(at),
        None | Some(Json::Text(_)) => Err(at(Reason::NoName(member))),
        Some(other) => Err(at(Reason::WrongType { expected: "an event name", found: other.word() })),
    }
}

/// An event's name of a text that is not empty.
pub(crate) fn name_of(name: &str) -> Result<Arc<str>, Reason> {
    if name.len() > limits::NAME_BYTES { Err(Reason::NameTooLong) } else { Ok(Arc::from(name)) }
}

/// Money of a number and a currency in any case. What is not both stays a property only.
pub(crate) fn money(amount: Option<&Json<'_>>, currency: &str) -> Option<Money> {
    let Some(Json::Numeral(digits)) = amount else { return None };
    let currency = currency.trim().to_ascii_uppercase();
    let amount = number(digits).ok()?;
    is_currency(&currency).then(|| Money { amount, currency: Arc::from(currency) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::json;

    fn collected(text: &str) -> Result<Collected, Fault> {
        let object = json::object(json::checked(text.as_bytes()).expect("JSON"))?;
        let mut collected = Collected::default();
        collected.take(&object, "", "/properties")?;
        Ok(collected)
    }

    #[test]
    fn objects_get_dotted_names() {
        let text = r#"{"plan":{"name":"pro","seats":{"paid":3}},"tags":["a",1,null,{"k":[1]},[1,["x"]]],
            "none":null,"empty":[],"":1,"big":0.1,"plan.name":"twice"}"#;
        let collected = collected(text).expect("collected");
        let plain: Vec<String> = collected.properties.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        assert_eq!(
            plain,
            [
                "big=Number(0.1)",
                r#"plan.name=Text("twice")"#,
                "plan.seats.paid=Number(3)",
                r#"tags=List([Text("a"), Number(1), Text("{\"k\":[1]}"), Text("[1,[\"x\"]]")])"#,
            ]
        );
    }

    #[test]
    fn limits_are_held() {
        let many =
            |count: usize| format!("{{{}}}", (0..count).map(|at| format!("\"p{at}\":1")).collect::<Vec<_>>().join(","));
        let list = |count: usize| format!("{{\"l\":[{}]}}", vec!["1"; count].join(","));
        let deep = |depth: usize| format!("{{\"d\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
        let nested = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        assert!(collected(&many(1_000)).is_ok() && collected(&list(10_000)).is_ok() && collected(&deep(31)).is_ok());
        assert!(collected(&nested(32)).is_ok());
        for (text, code) in [
            (many(1_001), "too-many-properties"),
            (list(10_001), "too-many-items"),
            (deep(32), "too-deep"),
            (nested(33), "too-deep"),
            (format!("{{\"{}\":1}}", "n".repeat(257)), "name-too-long"),
            ("{\"n\":1e18}".to_owned(), "number-too-large"),
            ("{\"n\":[1e400]}".to_owned(), "number-too-large"),
        ] {
            assert_eq!(collected(&text).map_err(|fault| fault.reason.code()).map(|_| ()), Err(code));
        }
        let long = collected(&format!("{{\"t\":\"{}\"}}", "é".repeat(10_000))).expect("collected");
        assert_eq!(long.texts_cut, 1);
    }

    #[test]
    fn ids_are_texts_or_digits() {
        let read = |text: &'static str| id(Some(&Json::read(text))).map(|id| id.map(|id| id.to_string()));
        assert_eq!(read("\"u 1\""), Ok(Some("u 1".to_owned())));
        assert_eq!(read("\"用户一\""), Ok(Some("用户一".to_owned())));
        assert_eq!(read("12345678901234567890"), Ok(Some("12345678901234567890".to_owned())));
        assert_eq!(read("\" \""), Ok(None));
        assert_eq!(read("null"), Ok(None));
        assert!(read("true").is_err() && read("[1]").is_err() && read("{}").is_err());
        assert_eq!(id_of(&"x".repeat(513)), Err(Reason::IdTooLong));
    }
}
