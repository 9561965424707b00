//! JSON as messages are read: the body is checked once, cut into messages, and each message becomes a tree.
//!
//! What is JSON is decided by `serde_json` (RFC 8259) before anything is cut, so that the cutting here can rely on it.
//! Numbers keep their written digits, and so stay exact decimals. Halves of surrogate pairs, which browsers send when a
//! text was cut in the middle of a sign, become replacement signs.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, Visitor};
use serde_json::value::RawValue;

use super::limits;
use super::reject::{Fault, Reason};

/// A value of a message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'text> {
    Null,
    Boolean(bool),
    /// A number as it is written.
    Numeral(&'text str),
    Text(Cow<'text, str>),
    List(Vec<Self>),
    Object(Object<'text>),
    /// A list or object that is nested too deep to be read.
    TooDeep,
}

/// The members of an object, and its text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Object<'text> {
    pub(crate) text: &'text str,
    pub(crate) members: Vec<(Cow<'text, str>, Json<'text>)>,
}

impl<'text> Object<'text> {
    /// A member that is there and not null; the last, if it is given twice.
    pub(crate) fn get(&self, name: &str) -> Option<&Json<'text>> {
        let (_, value) = self.members.iter().rev().find(|(known, _)| known == name)?;
        if matches!(value, Json::Null) { None } else { Some(value) }
    }

    /// A member that is an object.
    pub(crate) fn object(&self, name: &str) -> Option<&Self> {
        self.get(name).and_then(Json::as_object)
    }

    /// A member that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Json::as_text)
    }
}

impl<'text> Json<'text> {
    pub(crate) const fn as_object(&self) -> Option<&Object<'text>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// What it is, in words.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "true or false",
            Self::Numeral(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
            Self::TooDeep => "something nested too deep",
        }
    }

    /// Reads a text that has been checked.
    pub(crate) fn read(text: &'text str) -> Self {
        Self::at_depth(text.trim_matches(is_blank), 0)
    }

    fn at_depth(text: &'text str, depth: usize) -> Self {
        match text.as_bytes().first() {
            None | Some(b'n') => Self::Null,
            Some(b't') => Self::Boolean(true),
            Some(b'f') => Self::Boolean(false),
            Some(b'"') => Self::Text(text_of(text)),
            Some(b'{' | b'[') if depth >= limits::JSON_DEPTH => Self::TooDeep,
            Some(b'[') => Self::List(Items::of(text).map(|item| Self::at_depth(item, depth + 1)).collect()),
            Some(b'{') => {
                let members = Members::of(text).map(|(name, value)| (name, Self::at_depth(value, depth + 1)));
                Self::Object(Object { text, members: members.collect() })
            }
            Some(_) => Self::Numeral(text),
        }
    }
}

/// Whether bytes are one JSON value; if so, as text without what stands around it.
pub(crate) fn checked(bytes: &[u8]) -> Result<&str, Reason> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| Reason::NotUtf8)?;
    match serde_json::from_str::<&RawValue>(text) {
        Ok(value) => Ok(value.get()),
        Err(error) => Err(Reason::Json(error.to_string())),
    }
}

/// A checked text's object, read whole.
pub(crate) fn object(text: &str) -> Result<Object<'_>, Fault> {
    match Json::read(text) {
        Json::Object(object) => Ok(object),
        other => Err(Reason::WrongType { expected: "an object", found: other.word() }.into()),
    }
}

const fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r')
}

/// The items of a checked list's text, each as its text.
pub(crate) struct Items<'text>(Cutter<'text>);

impl<'text> Items<'text> {
    /// None, if it is no list.
    pub(crate) fn of(text: &'text str) -> Self {
        Self(Cutter::into(text, b'['))
    }
}

impl<'text> Iterator for Items<'text> {
    type Item = &'text str;

    fn next(&mut self) -> Option<&'text str> {
        self.0.value()
    }
}

/// The members of a checked object's text: name, and the value's text.
pub(crate) struct Members<'text>(Cutter<'text>);

impl<'text> Members<'text> {
    /// None, if it is no object.
    pub(crate) fn of(text: &'text str) -> Self {
        Self(Cutter::into(text, b'{'))
    }
}

impl<'text> Iterator for Members<'text> {
    type Item = (Cow<'text, str>, &'text str);

    fn next(&mut self) -> Option<Self::Item> {
        let name = self.0.value()?;
        let value = self.0.value()?;
        Some((text_of(name), value))
    }
}

/// Cuts the values out of a list or object.
struct Cutter<'text> {
    text: &'text str,
    at: usize,
}

impl<'text> Cutter<'text> {
    fn into(text: &'text str, opened_by: u8) -> Self {
        let text = text.trim_matches(is_blank);
        let at = if text.as_bytes().first() == Some(&opened_by) { 1 } else { text.len() };
        Self { text, at }
    }

    /// The next value; what separates it from the last, and the bracket at the end, are passed over.
    fn value(&mut self) -> Option<&'text str> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let start = self.at + rest.iter().position(|byte| !b" \t\n\r,:]}".contains(byte))?;
        let end = start + length_of_value(self.text.as_bytes().get(start..)?);
        self.at = end;
        self.text.get(start..end)
    }
}

/// How many bytes the value has that a checked text begins with.
fn length_of_value(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b'"') => length_of_text(bytes),
        Some(b'{' | b'[') => {
            let (mut at, mut open) = (0, 0_usize);
            while let Some(byte) = bytes.get(at) {
                match byte {
                    b'"' => {
                        at += length_of_text(bytes.get(at..).unwrap_or_default());
                        continue;
                    }
                    b'{' | b'[' => open += 1,
                    b'}' | b']' if open <= 1 => return at + 1,
                    b'}' | b']' => open -= 1,
                    _ => {}
                }
                at += 1;
            }
            bytes.len()
        }
        _ => bytes.iter().position(|byte| b" \t\n\r,:]}".contains(byte)).unwrap_or(bytes.len()),
    }
}

/// How many bytes a text has, with its quotes.
fn length_of_text(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// What a checked text says, borrowed where it has no escapes.
fn text_of(text: &str) -> Cow<'_, str> {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    if !inner.as_bytes().contains(&b'\\') {
        return Cow::Borrowed(inner);
    }
    struct Bytes;
    impl Visitor<'_> for Bytes {
        type Value = String;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a text")
        }
        // Read as bytes, `serde_json` lets halves of surrogate pairs pass: as three bytes, of which the first tells.
        fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
            let mut words = String::with_capacity(bytes.len());
            for chunk in bytes.utf8_chunks() {
                words.push_str(chunk.valid());
                if chunk.invalid().first() == Some(&0xED) {
                    words.push(char::REPLACEMENT_CHARACTER);
                }
            }
            Ok(words)
        }
    }
    match serde_json::Deserializer::from_str(text).deserialize_bytes(Bytes) {
        Ok(words) => Cow::Owned(words),
        Err(_) => Cow::Borrowed(inner),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The tree as `serde_json` would have it, numbers as texts.
    fn plain(json: &Json<'_>) -> serde_json::Value {
        match json {
            Json::Null | Json::TooDeep => serde_json::Value::Null,
            Json::Boolean(truth) => (*truth).into(),
            Json::Numeral(digits) => serde_json::from_str(digits).expect("a number"),
            Json::Text(text) => text.as_ref().into(),
            Json::List(items) => items.iter().map(plain).collect(),
            Json::Object(object) => serde_json::Value::Object(
                object.members.iter().map(|(name, value)| (name.to_string(), plain(value))).collect(),
            ),
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            "\\PC{0,12}".prop_map(Into::into),
            "[\"\\\\{}\\[\\]:,\n\u{1F600}]{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(6, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::btree_map("[\"\\\\a-c:,{ ]{0,3}", inner, 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn cuts_as_serde_json_reads(value in any_json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let text = text.expect("written");
            let checked = checked(text.as_bytes()).expect("JSON");
            // Read back, as `serde_json` does not give every binary number back to the last bit.
            let expect: serde_json::Value = serde_json::from_str(&text).expect("read");
            prop_assert_eq!(plain(&Json::read(checked)), expect);
        }

        #[test]
        fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(text) = checked(&bytes) {
                Json::read(text);
            }
        }
    }

    #[test]
    fn keeps_digits_and_mends_halves() {
        let read = |text: &'static str| Json::read(checked(text.as_bytes()).expect("JSON"));
        assert_eq!(read(" 12345678901234567890.5000 "), Json::Numeral("12345678901234567890.5000"));
        assert_eq!(read(r#""a\ud83d""#).as_text(), Some("a\u{fffd}"));
        assert_eq!(read(r#""\ud83d\ude00\n""#).as_text(), Some("\u{1F600}\n"));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
        let mut json = &Json::read(checked(deep.as_bytes()).expect("JSON"));
        let mut depth = 0;
        while let Json::List(items) = json {
            depth += 1;
            json = items.first().expect("an item");
        }
        assert_eq!((depth, json), (limits::JSON_DEPTH, &Json::TooDeep));
    }
}
