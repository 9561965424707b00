//! Every key of the language, once: the parser refuses what is not here, and the JSON Schema for editors is
//! written from here.

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

/// Which events.
pub static EVENTS: Table = Table { name: "events", what: "a choice of events", keys: &[EVENT, KIND, WHERE] };

/// Groups of events by a property.
pub static GROUPED: Table = Table {
    name: "grouped",
    what: "a grouped measure",
    keys: &[
        key("sum", Shape::Text, "Within a group: the sum of this property."),
        key("min", Shape::Text, "Within a group: the least value of this property."),
        key("max", Shape::Text, "Within a group: the largest value of this property."),
        key("avg", Shape::Text, "Within a group: the mean of this property."),
        key("first", Shape::Text, "Within a group: the earliest value of this property."),
        key("latest", Shape::Text, "Within a group: the latest value of this property."),
        required("by", Shape::Text, "The property that tells the groups apart."),
    ],
};

const MEASURED: Shape = Shape::Either(&[Shape::Text, Shape::Of(&GROUPED)]);

/// Regularity.
pub static REGULARITY: Table = Table {
    name: "regularity",
    what: "a regularity",
    keys: &[
        key("days", Shape::Whole, "Of the last so many calendar days, today included."),
        key("weeks", Shape::Whole, "Of the last so many calendar weeks, this one included."),
        key("months", Shape::Whole, "Of the last so many calendar months, this one included."),
        key("at_least", Shape::Whole, "In how many of them it must hold; in all, if left out."),
    ],
};

/// A measure of events over a period, compared. Keys of periods and comparisons follow those of events and measures.
pub static BEHAVIOUR: Table = Table {
    name: "behaviour",
    what: "a criterion on events",
    keys: &[
        EVENT,
        KIND,
        WHERE,
        key("count", Shape::Counted, "How many events."),
        key("days", Shape::Counted, "On how many separate calendar days."),
        key("weeks", Shape::Counted, "In how many separate calendar weeks."),
        key("users", Shape::Counted, "By how many different members (accounts and workspaces)."),
        key(
            "measure",
            Shape::Words(&MEASURES),
            "What is measured, where the comparison stands in `is:` or a value is wanted.",
        ),
        key("distinct", Shape::Text, "How many different values of a property; `$event`: how many different events."),
        key("sum", MEASURED, "The sum of a property, or over groups."),
        key("min", MEASURED, "The least value of a property, or over groups."),
        key("max", MEASURED, "The largest value of a property, or over groups."),
        key("avg", MEASURED, "The mean of a property, or over groups."),
        key("first", Shape::Text, "The earliest value of a property."),
        key("latest", Shape::Text, "The latest value of a property."),
        key("gap", Shape::Whole, "The time from the first to the n-th event."),
        key("within", Shape::Duration, "Only in this long from the clock."),
        key("from", Shape::Duration, "Only from this long after the clock; with `to`."),
        key("to", Shape::Duration, "Only until this long after the clock; with `from`."),
        key("last", Shape::Duration, "Only in the last so long, rolling."),
        key("calendar", Shape::Words(&UNITS), "Only in the current calendar day, week or month."),
        key("since", Shape::Events, "Only from the first of these events on."),
        key("since_last", Shape::Events, "Only from the latest of these events on."),
        key("ever", Shape::Boolean, "From the beginning of the history, also before the clock."),
        key("per", Shape::Words(&UNITS), "The comparison holds in some one day, week or month of the period."),
        key(
            "in_each_of",
            Shape::Of(&REGULARITY),
            "The comparison holds in each (or enough) of the last days, weeks or months.",
        ),
        key("against", Shape::Words(&["previous"]), "Compare the growth on the period before, as a share of it."),
        key("is", Shape::Comparison, "With what it is compared."),
        key("in", Shape::List(&Shape::Value), "It is one of these."),
        key("not_in", Shape::List(&Shape::Value), "It is none of these."),
        key("between", Shape::List(&Shape::Value), "It lies between the two, both included."),
        key("contains", Shape::Value, "The text holds it, or the list has it."),
        key("starts", Shape::Text, "The text starts so."),
        key("ends", Shape::Text, "The text ends so."),
        key("matches", Shape::Text, "The regular expression matches somewhere."),
        key("exists", Shape::Boolean, "There is a value."),
        key("missing", Shape::Boolean, "There is none."),
    ],
};

/// Events in order.
pub static SEQUENCE: Table = Table {
    name: "sequence",
    what: "a sequence",
    keys: &[
        required("sequence", Shape::List(&Shape::Events), "The steps, in the order of time."),
        key("span", Shape::Duration, "From the first to the last step at most this long."),
        key("where", Shape::Filter, "How the steps relate: `\"$2.day\": \"> $1.day\"`."),
        key("within", Shape::Duration, "All in this long from the clock."),
        key("from", Shape::Duration, "All from this long after the clock; with `to`."),
        key("to", Shape::Duration, "All until this long after the clock; with `from`."),
        key("last", Shape::Duration, "All in the last so long, rolling."),
        key("calendar", Shape::Words(&UNITS), "All in the current calendar day, week or month."),
        key("since", Shape::Events, "All from the first of these events on."),
        key("since_last", Shape::Events, "All from the latest of these events on."),
        key("ever", Shape::Boolean, "From the beginning of the history."),
    ],
};

/// The base of a trend.
pub static AGAINST: Table = Table {
    name: "against",
    what: "the base of a trend",
    keys: &[
        required("trait", Shape::Text, "The trait that is the base."),
        key("ago", Shape::Duration, "Its value this long ago; now, if left out."),
    ],
};

/// A trait compared.
pub static TRAIT: Table = Table {
    name: "trait",
    what: "a criterion on a trait",
    keys: &[
        required("trait", Shape::Text, "The trait: `email`, `account.employees`, `any_member.role`."),
        FOR,
        key(
            "against",
            Shape::Of(&AGAINST),
            "Compare the growth on another trait, or on its own past, as a share of it.",
        ),
        key("is", Shape::Comparison, "With what it is compared."),
        key("in", Shape::List(&Shape::Value), "It is one of these."),
        key("not_in", Shape::List(&Shape::Value), "It is none of these."),
        key("between", Shape::List(&Shape::Value), "It lies between the two, both included."),
        key("contains", Shape::Value, "The text holds it, or the list has it."),
        key("starts", Shape::Text, "The text starts so."),
        key("ends", Shape::Text, "The text ends so."),
        key("matches", Shape::Text, "The regular expression matches somewhere."),
        key("exists", Shape::Boolean, "There is a value."),
        key("missing", Shape::Boolean, "There is none."),
        key("domain_kind", Shape::Words(&DOMAIN_KINDS), "The e-mail address is of such a domain."),
    ],
};

/// The tests that a value in a filter can stand before.
pub static TESTS: Table = Table {
    name: "tests",
    what: "a comparison",
    keys: &[
        key("is", Shape::Comparison, "With what it is compared."),
        key("in", Shape::List(&Shape::Value), "It is one of these."),
        key("not_in", Shape::List(&Shape::Value), "It is none of these."),
        key("between", Shape::List(&Shape::Value), "It lies between the two, both included."),
        key("contains", Shape::Value, "The text holds it, or the list has it."),
        key("starts", Shape::Text, "The text starts so."),
        key("ends", Shape::Text, "The text ends so."),
        key("matches", Shape::Text, "The regular expression matches somewhere."),
        key("exists", Shape::Boolean, "There is a value."),
        key("missing", Shape::Boolean, "There is none."),
        key("domain_kind", Shape::Words(&DOMAIN_KINDS), "The e-mail address is of such a domain."),
    ],
};

/// The stage in short.
pub static STAGE: Table = Table {
    name: "stage",
    what: "a criterion on the stage",
    keys: &[
        required(
            "stage",
            Shape::Either(&[Shape::Value, Shape::List(&Shape::Value)]),
            "The lifecycle stage, or several.",
        ),
        FOR,
    ],
};

/// The sides of a ratio.
pub static SIDES: Table = Table {
    name: "sides",
    what: "the two sides of a ratio",
    keys: &[
        required("of", Shape::Either(&[Shape::Text, Shape::Of(&BEHAVIOUR)]), "The share: a trait or a measure."),
        required("to", Shape::Either(&[Shape::Text, Shape::Of(&BEHAVIOUR)]), "The whole: a trait or a measure."),
    ],
};

/// One quantity's share of another.
pub static RATIO: Table = Table {
    name: "ratio",
    what: "a ratio",
    keys: &[
        required("ratio", Shape::Of(&SIDES), "The two sides."),
        key("is", Shape::Comparison, "With what the share is compared: `\">= 80%\"`."),
        key("between", Shape::List(&Shape::Value), "It lies between the two, both included."),
    ],
};

/// A reference to another definition.
pub static MEETS: Table = Table {
    name: "meets",
    what: "a reference to another definition",
    keys: &[required("meets", Shape::Text, "The other definition's id: the subject is inside an entry of it."), FOR],
};

/// Members inside another definition.
pub static MEETING: Table = Table {
    name: "meeting",
    what: "a number of members who meet another definition",
    keys: &[
        required("users", Shape::Comparison, "With what their number is compared."),
        required("meeting", Shape::Text, "The user definition's id."),
    ],
};

/// All hold.
pub static ALL: Table = Table {
    name: "all",
    what: "`all`",
    keys: &[required("all", Shape::List(&Shape::Criterion), "Every one of these holds.")],
};
/// One holds.
pub static ANY: Table = Table {
    name: "any",
    what: "`any`",
    keys: &[required("any", Shape::List(&Shape::Criterion), "At least one of these holds.")],
};
/// It does not hold so far.
pub static NOT: Table =
    Table { name: "not", what: "`not`", keys: &[required("not", Shape::Criterion, "This does not hold so far.")] };
/// Enough hold.
pub static AT_LEAST: Table = Table {
    name: "at_least",
    what: "`at_least`",
    keys: &[
        required("at_least", Shape::Whole, "How many must hold."),
        required("of", Shape::List(&Shape::Criterion), "Of these."),
    ],
};
/// On the account's timeline.
pub static ACCOUNT: Table = Table {
    name: "account",
    what: "a criterion on the user's account",
    keys: &[required("account", Shape::Criterion, "This holds of the account the user is in.")],
};

/// Every kind of criterion, with the key by which it is known.
pub static CRITERIA: [(&str, &Table); 13] = [
    ("all", &ALL),
    ("any", &ANY),
    ("not", &NOT),
    ("at_least", &AT_LEAST),
    ("event", &BEHAVIOUR),
    ("kind", &BEHAVIOUR),
    ("sequence", &SEQUENCE),
    ("trait", &TRAIT),
    ("stage", &STAGE),
    ("ratio", &RATIO),
    ("meets", &MEETS),
    ("meeting", &MEETING),
    ("account", &ACCOUNT),
];

/// A row of a point table is a criterion with these keys added.
pub static POINT_ROW: Table = Table {
    name: "points",
    what: "a row of a point table",
    keys: &[
        required("points", Shape::Number, "So many points if the criterion of this row holds."),
        key("half_life", Shape::Duration, "The points halve for each such time since the criterion came true."),
    ],
};

const BEST: Key = key("best", Shape::Duration, "From the clock to qualification: as soon as this, full marks.");
const WORST: Key = key("worst", Shape::Duration, "From the clock to qualification: as late as this, nothing.");
const FIT_OR_MEASURE: &[Shape] = &[Shape::Words(&["fit"]), Shape::Of(&BEHAVIOUR)];
const OF: Key = key(
    "of",
    Shape::Either(FIT_OR_MEASURE),
    "A measure of events, or `fit`: the share of the fit criteria that are met.",
);
const FULL: Key = key("full", Shape::Either(&[Shape::Number, Shape::Duration]), "The measure that earns full marks.");
const POINTS: Key =
    key("points", Shape::List(&Shape::Criterion), "Criteria with points; a row may have a `half_life`.");
const CAP: Key = key("cap", Shape::Number, "The points that earn full marks.");

/// A share without a weight.
pub static SHARE: Table = Table {
    name: "share",
    what: "a share",
    keys: &[
        BEST,
        WORST,
        OF,
        FULL,
        POINTS,
        CAP,
        key("max", Shape::List(&Shape::Of(&SHARE)), "The largest of several shares."),
    ],
};

/// A part of the score.
pub static SCORE_PART: Table = Table {
    name: "score_part",
    what: "a part of the score",
    keys: &[
        required("weight", Shape::Number, "The points of a share of 1."),
        BEST,
        WORST,
        OF,
        FULL,
        POINTS,
        CAP,
        key("max", Shape::List(&Shape::Of(&SHARE)), "The largest of several shares."),
    ],
};

/// When the subject's time starts.
pub static CLOCK: Table = Table {
    name: "clock",
    what: "a clock",
    keys: &[EVENT, KIND, WHERE, key("trait", Shape::Text, "The trait whose first value holds the date.")],
};

/// A window that a trait ends.
pub static WINDOW: Table = Table {
    name: "window",
    what: "a window",
    keys: &[required("until", Shape::Text, "The trait that holds the date of the window's end.")],
};

/// What a lead may be worth.
pub static VALUE: Table = Table {
    name: "value",
    what: "a value",
    keys: &[
        key("trait", Shape::Text, "The trait that is multiplied."),
        key("times", Shape::Number, "Times this; 1, if left out."),
        key("currency", Shape::Text, "ISO 4217; the workspace's, if left out."),
    ],
};

/// What a conversion is.
pub static GOAL: Table = Table {
    name: "goal",
    what: "a goal",
    keys: &[
        EVENT,
        KIND,
        WHERE,
        key("of", Shape::Words(&SUBJECTS), "On whose timeline it is looked for."),
        key("within", Shape::Duration, "Within this long after qualification."),
    ],
};

const POPULATION: Key = key("population", Shape::Population, "Who can qualify, tested at each instant.");
const GOAL_SHAPES: &[Shape] = &[Shape::Text, Shape::Of(&GOAL)];
const GOAL_KEY: Key = key("goal", Shape::Either(GOAL_SHAPES), "What a conversion is.");

/// A definition file.
pub static DEFINITION: Table = Table {
    name: "definition",
    what: "a definition",
    keys: &[
        required("id", Shape::Text, "The stable name: small letters, digits, `-` and `_`."),
        key("name", Shape::Text, "For people."),
        key("subject", Shape::Words(&SUBJECTS), "What is qualified: a user, an account or a workspace."),
        POPULATION,
        key(
            "clock",
            Shape::Either(&[Shape::Words(&["first_seen"]), Shape::Of(&CLOCK)]),
            "When the subject's time starts; first seen, if left out.",
        ),
        key(
            "window",
            Shape::Either(&[Shape::Duration, Shape::Of(&WINDOW)]),
            "How long after the clock `when` can be met; for ever, if left out.",
        ),
        required("when", Shape::Criterion, "The behaviour."),
        key("fit", Shape::Criterion, "The fit; who meets `when` without it is qualified to use."),
        key("score", Shape::MapOf(&Shape::Of(&SCORE_PART)), "0 to 100, the sum of named parts."),
        key("bands", Shape::MapOf(&Shape::Number), "Names for scores from these thresholds on."),
        key("value", Shape::Of(&VALUE), "What the lead may be worth in a year."),
        GOAL_KEY,
        key("once", Shape::Boolean, "Only the first entry is kept (the default); `false` numbers each entry."),
        key("on", Shape::Events, "An entry for each of these events at which the definition holds."),
        key("examples", Shape::List(&Shape::Of(&EXAMPLE)), "Small timelines with the expected outcome."),
    ],
};

/// An example.
pub static EXAMPLE: Table = Table {
    name: "example",
    what: "an example",
    keys: &[
        required("name", Shape::Text, "What it shows."),
        key("start", Shape::Text, "The date that times count from; Monday, 1 January 2024, if left out."),
        key(
            "until",
            Shape::Text,
            "How far is looked: a time from the start, or a date; 90 days after the last record, if left out.",
        ),
        key(
            "user",
            Shape::Text,
            "Whose records these are unless they say otherwise; `ann`, if left out. `none`: nobody's.",
        ),
        key("account", Shape::Text, "The account of the records unless they say otherwise."),
        key("workspace", Shape::Text, "The workspace of the records unless they say otherwise."),
        key("about", Shape::Text, "The id of the subject whose outcome is expected."),
        key("traits", Shape::MapOf(&Shape::Value), "Traits that hold from the start."),
        required(
            "timeline",
            Shape::List(&Shape::MapOf(&Shape::Either(&[Shape::Text, Shape::Of(&EXAMPLE_RECORD)]))),
            "Times with what happened then.",
        ),
        required("expect", Shape::Of(&EXPECT), "The outcome."),
    ],
};

/// A record of an example: these keys, and the event's properties beside them.
pub static EXAMPLE_RECORD: Table = Table {
    name: "example_record",
    what: "a record of an example",
    keys: &[
        key("event", Shape::Text, "The event's name; the keys beside it are its properties."),
        key("kind", Shape::Words(&KINDS), "The event's kind."),
        key("properties", Shape::MapOf(&Shape::Value), "Properties whose names are keys of this table."),
        key(
            "traits",
            Shape::MapOf(&Shape::Value),
            "Traits that hold from then on; `account.` and `workspace.` before a name say whose.",
        ),
        key("joins", Shape::Text, "The user becomes a member of this account."),
        key("leaves", Shape::Text, "The user leaves this account."),
        key("alias", Shape::Text, "The user is the same person as this other id."),
        key("user", Shape::Text, "Whose record it is; `none`: nobody's."),
        key("anonymous", Shape::Text, "The anonymous id."),
        key("account", Shape::Text, "The account."),
        key("workspace", Shape::Text, "The workspace."),
        key("received", Shape::Text, "When it was received: a time from the start, or a date."),
    ],
};

/// What is expected of an example.
pub static EXPECT: Table = Table {
    name: "expect",
    what: "an expectation",
    keys: &[
        required(
            "qualified",
            Shape::Either(&[Shape::Text, Shape::List(&Shape::Text)]),
            "When the subject qualifies: a time from the start, a date, several of them, or `never`.",
        ),
        key(
            "exits",
            Shape::Either(&[Shape::Text, Shape::List(&Shape::Text)]),
            "When each entry ends; `never` where it does not.",
        ),
        key("to_use", Shape::Text, "When the behaviour is first met, whatever the fit; or `never`."),
        key("score", Shape::Number, "The score at the first entry."),
        key("band", Shape::Text, "The band of that score; `none`: below all."),
        key("value", Shape::Number, "The value at the first entry."),
    ],
};

/// How an account is found.
pub static ACCOUNT_RULE: Table = Table {
    name: "account_rule",
    what: "how an account is found",
    keys: &[
        key(
            "from",
            Shape::Words(&["email_domain"]),
            "A user without a membership belongs to the account of his e-mail's domain.",
        ),
        key("aliases", Shape::MapOf(&Shape::Text), "Domain: the account it really is."),
    ],
};

/// `brix.yaml`.
pub static WORKSPACE: Table = Table {
    name: "workspace",
    what: "the workspace",
    keys: &[
        key("zone", Shape::Text, "The IANA name of the time zone of days, weeks and months."),
        key("currency", Shape::Text, "ISO 4217."),
        GOAL_KEY,
        POPULATION,
        key("internal_domains", Shape::List(&Shape::Text), "Our own e-mail domains."),
        key("competitor_domains", Shape::List(&Shape::Text), "E-mail domains of competitors."),
        key("free_domains", Shape::List(&Shape::Text), "Domains of free mail, beside the usual ones."),
        key("education_domains", Shape::List(&Shape::Text), "Domains of schools, beside `.edu` and `.ac.` ones."),
        key("account", Shape::Of(&ACCOUNT_RULE), "How an account is found."),
        key("event_aliases", Shape::MapOf(&Shape::Text), "Another spelling of an event: its name."),
        key(
            "event_kinds",
            Shape::MapOf(&Shape::Words(&KINDS)),
            "An event's name, or a prefix ending in `*`: its kind.",
        ),
    ],
};
