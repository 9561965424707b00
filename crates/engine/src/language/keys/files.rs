//! The keys of whole files: a definition, its examples, `brix.yaml`.

use super::criteria::SCORE_PART;
use super::{EVENT, KIND, KINDS, Key, SUBJECTS, Shape, Table, WHERE, key, required};

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
        required("timeline", Shape::List(&Shape::MapOf(&Shape::Happening)), "Times with what happened then."),
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

/// What people agree to.
pub static CONSENT: Table = Table {
    name: "consent",
    what: "what people agree to",
    keys: &[
        key("profile", Shape::Text, "The trait of a person that says whether he may be judged."),
        key("contact", Shape::Text, "The trait of a person that says whether he may be contacted."),
        key("required", Shape::Boolean, "Who has not said so has not agreed."),
    ],
};

/// What counts against a limit.
pub static LIMIT: Table = Table {
    name: "limit",
    what: "what counts against a limit",
    keys: &[
        key("event", Shape::Text, "The event that uses it up, by how often it happened."),
        key("trait", Shape::Text, "The trait of the same subject that says how much is used."),
        key("measure", Shape::Words(&["users"]), "How many members used the product (accounts and workspaces)."),
    ],
};

const LIMIT_SHAPES: &[Shape] = &[Shape::Text, Shape::Of(&LIMIT)];

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
        key("consent", Shape::Of(&CONSENT), "Which traits say what people agree to."),
        key(
            "limits",
            Shape::MapOf(&Shape::Either(LIMIT_SHAPES)),
            "A trait that is a limit: the event that uses it up, or what else counts against it.",
        ),
    ],
};
