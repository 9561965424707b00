//! The keys of criteria and of the score.

use super::{DOMAIN_KINDS, EVENT, FOR, KIND, Key, MEASURES, Shape, Table, UNITS, WHERE, key, required};

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
        key("domain_kind", Shape::Words(&DOMAIN_KINDS), "The e-mail address is of such a domain."),
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
        key("in", Shape::List(&Shape::Value), "It is one of these."),
        key("not_in", Shape::List(&Shape::Value), "It is none of these."),
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
const POINTS: Key = key("points", Shape::List(&Shape::Row), "Criteria with points; a row may have a `half_life`.");
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
