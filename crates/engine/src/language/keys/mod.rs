//! Every key of the language, once: the parser refuses what is not here, and the JSON Schema for editors is
//! written from here.

mod criteria;
mod files;

pub use criteria::*;
pub use files::*;

/// The keys of one kind of mapping.
#[derive(Debug)]
pub struct Table {
    /// Its name in the schema.
    pub name: &'static str,
    /// What it is, for messages: `a definition`, `a criterion on events`.
    pub what: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

/// A key.
#[derive(Debug)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What can stand behind it.
    pub shape: Shape,
    /// What it says, in a sentence.
    pub about: &'static str,
}

/// What can stand behind a key.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// A whole number from 1.
    Whole,
    /// A length of time.
    Duration,
    /// A comparison, or a value that must be equal.
    Comparison,
    /// A comparison of a number, or nothing.
    Counted,
    /// A single value.
    Value,
    /// One of these words.
    Words(&'static [&'static str]),
    /// Several of something.
    List(&'static Shape),
    /// Names behind which something stands.
    MapOf(&'static Shape),
    /// A mapping with these keys.
    Of(&'static Table),
    /// One or the other.
    Either(&'static [Shape]),
    /// A criterion.
    Criterion,
    /// A criterion with points.
    Row,
    /// What happens at a time of an example: one thing, or several.
    Happening,
    /// A filter on one event.
    Filter,
    /// The name of an event, several, or a selector.
    Events,
    /// Traits with values, or a criterion.
    Population,
}

const fn key(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, required: false, shape, about }
}

const fn required(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, required: true, shape, about }
}

const NAMES: Shape = Shape::Either(&[Shape::Text, Shape::List(&Shape::Text)]);
const EVENT: Key = key("event", NAMES, "The event's name, several names, `any`, or a prefix like `Report *`.");
const KIND: Key = key("kind", Shape::Words(&KINDS), "Only events of this kind.");
const WHERE: Key = key("where", Shape::Filter, "Only events whose properties (and traits as they were then) are so.");
const FOR: Key = key("for", Shape::Duration, "It has held without a break for this long.");

/// The kinds of events.
pub const KINDS: [&str; 6] = ["product", "marketing", "sales", "billing", "support", "brix"];
/// The kinds of subjects.
pub const SUBJECTS: [&str; 3] = ["user", "account", "workspace"];
/// The kinds of e-mail domains.
pub const DOMAIN_KINDS: [&str; 5] = ["work", "free", "education", "internal", "competitor"];
/// The units of the calendar.
pub const UNITS: [&str; 3] = ["day", "week", "month"];
/// What `measure:` can be.
pub const MEASURES: [&str; 4] = ["count", "days", "weeks", "users"];
/// What can be made of many values of a property.
pub const AGGREGATES: [&str; 6] = ["sum", "min", "max", "avg", "first", "latest"];
