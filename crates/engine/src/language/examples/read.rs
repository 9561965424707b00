//! Reads examples into records and expectations.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::super::behaviour::optional;
use super::super::diagnostic::{Code, Place};
use super::super::keys;
use super::super::limits;
use super::super::reader::{Fields, Reader};
use super::super::scalars;
use super::super::tree::{Content, Node, Pair, Scalar, Style};
use super::{Example, Expectation};
use crate::definition::TraitOwner;
use crate::record::{Body, Properties, Record, SubjectKind, Who, is_generic};
use crate::{Number, Span, Timestamp, Value};

/// Monday, 1 January 2024: what times count from unless an example says otherwise.
const DEFAULT_START: &str = "2024-01-01";
/// How long after the last record is looked unless an example says otherwise.
const DEFAULT_REST: Span = Span::days(90);
const DEFAULT_USER: &str = "ann";
const DEFAULT_ACCOUNT: &str = "acme";
const DEFAULT_WORKSPACE: &str = "main";

/// All examples of a definition of this kind of subject; `None` after an error.
pub(crate) fn read(reader: &mut Reader, node: &Node, kind: SubjectKind, zone: &TimeZone) -> Option<Vec<Example>> {
    let items = reader.items(node, "examples", limits::EXAMPLES)?;
    let examples: Vec<Example> = items.iter().filter_map(|item| example(reader, item, kind, zone)).collect();
    (examples.len() == items.len()).then_some(examples)
}

/// The ids that records carry unless they say otherwise, and what has been read so far.
struct Story<'z> {
    kind: SubjectKind,
    zone: &'z TimeZone,
    start: Timestamp,
    who: Who,
    records: Vec<Record>,
}

fn example(reader: &mut Reader, node: &Node, kind: SubjectKind, zone: &TimeZone) -> Option<Example> {
    let fields = reader.fields(node, &keys::EXAMPLE)?;
    let name = reader.name(fields.get("name")?, "the example's name")?.to_string();
    let start = match fields.get("start") {
        Some(node) => date(reader, node, zone)?,
        None => scalars::time(DEFAULT_START, zone)?.ok()?,
    };
    let user = default_id(reader, &fields, "user", Some(DEFAULT_USER))?;
    let account = (kind == SubjectKind::Account).then_some(DEFAULT_ACCOUNT);
    let account = default_id(reader, &fields, "account", account)?;
    let workspace = (kind == SubjectKind::Workspace).then_some(DEFAULT_WORKSPACE);
    let workspace = default_id(reader, &fields, "workspace", workspace)?;
    let about = match fields.get("about") {
        Some(node) => Some(reader.name(node, "an id")?),
        None => match kind {
            SubjectKind::User => user.clone(),
            SubjectKind::Account => account.clone(),
            SubjectKind::Workspace => workspace.clone(),
        },
    };
    let Some(about) = about else {
        reader.error_with(Code::MissingKey, node.place, "whose outcome is expected?", "say `about:` with an id");
        return None;
    };
    let who = Who { user, anonymous: None, account, workspace };
    let mut story = Story { kind, zone, start, who, records: Vec::new() };
    if let Some(node) = fields.get("traits") {
        story.traits(reader, node, start, None, &Fields { node, pairs: Vec::new() })?;
    }
    let timeline = reader.items(fields.get("timeline")?, "times with what happened", limits::EXAMPLE_RECORDS)?;
    let read: Vec<()> = timeline.iter().filter_map(|item| story.entry(reader, item)).collect();
    if story.records.len() > limits::EXAMPLE_RECORDS {
        let message = format!("an example has at most {} records", limits::EXAMPLE_RECORDS);
        reader.error(Code::OverLimit, node.place, message);
    }
    let last = story.records.iter().map(|record| record.timestamp).max().unwrap_or(start);
    let until = match fields.get("until") {
        Some(node) => story.instant_of(reader, node)?,
        None => last.plus(DEFAULT_REST, zone),
    };
    let expect = story.expectation(reader, fields.get("expect")?, until)?;
    if read.len() != timeline.len() {
        return None;
    }
    Some(Example { name, place: node.place, start, until, kind, about, records: story.records, expect })
}

/// An id for all records; `none` is nobody's. The outer `None` after an error.
fn default_id(reader: &mut Reader, fields: &Fields<'_>, key: &str, default: Option<&str>) -> Option<Option<Arc<str>>> {
    match fields.get(key) {
        Some(node) => id(reader, node),
        None => Some(default.map(Arc::from)),
    }
}

/// An id of somebody; `none` is nobody's. The outer `None` after an error.
fn id(reader: &mut Reader, node: &Node) -> Option<Option<Arc<str>>> {
    let id = reader.name(node, "an id")?;
    if &*id == "none" {
        return Some(None);
    }
    if is_generic(&id) {
        let message = format!("`{id}` names nobody: many senders use it, so that records with it are not tied");
        reader.error_with(Code::BadExample, node.place, message, "take another id, or `none`");
        return None;
    }
    Some(Some(id))
}

fn date(reader: &mut Reader, node: &Node, zone: &TimeZone) -> Option<Timestamp> {
    let scalar = reader.scalar(node, "a date like `2024-01-01`")?;
    match scalars::time(&scalar.text, zone) {
        Some(Ok(time)) => Some(time),
        Some(Err(message)) => {
            reader.error(Code::BadDate, node.place, message);
            None
        }
        None => {
            let message = format!("`{}` is not a date", scalar.text);
            reader.error_with(Code::BadDate, node.place, message, "like `2024-01-01` or `2024-01-01T09:00`");
            None
        }
    }
}

impl Story<'_> {
    /// A time from the start, or a date.
    fn instant(&self, reader: &mut Reader, text: &str, place: Place) -> Option<Timestamp> {
        match scalars::time(text, self.zone) {
            Some(Ok(time)) => return Some(time),
            Some(Err(message)) => {
                reader.error(Code::BadDate, place, message);
                return None;
            }
            None => {}
        }
        match scalars::duration(text) {
            Ok(span) => Some(self.start.plus(span, self.zone)),
            Err(message) => {
                let help = "a time from the start (`0d`, `3d 2h`, `3 months`), or a date (`2024-01-05T10:00`)";
                reader.error_with(Code::BadDuration, place, message, help);
                None
            }
        }
    }

    /// One time, or `1d every 2h 30 times`.
    fn times(&self, reader: &mut Reader, text: &str, place: Place) -> Option<Vec<Timestamp>> {
        let Some((first, rest)) = text.split_once(" every ") else {
            return self.instant(reader, text, place).map(|at| vec![at]);
        };
        let step = rest.strip_suffix(" times").and_then(|rest| rest.rsplit_once(' '));
        let step = step.and_then(|(span, count)| {
            let span = scalars::duration(span).ok()?;
            Some((span, count.parse::<usize>().ok().filter(|count| (1..=limits::EXAMPLE_RECORDS).contains(count))?))
        });
        let Some((span, count)) = step else {
            let message = format!("`{text}` is no row of times");
            reader.error_with(Code::BadDuration, place, message, "like `1d every 2h 30 times`");
            return None;
        };
        let first = self.instant(reader, first, place)?;
        let times = std::iter::successors(Some(first), |at| Some(at.plus(span, self.zone)));
        Some(times.take(count).collect())
    }

    fn instant_of(&self, reader: &mut Reader, node: &Node) -> Option<Timestamp> {
        let scalar = reader.scalar(node, "a time from the start")?;
        self.instant(reader, &scalar.text, node.place)
    }

    /// One entry of the timeline: times, and what happened then.
    fn entry(&mut self, reader: &mut Reader, node: &Node) -> Option<()> {
        let Some(pairs) = node.pairs().filter(|pairs| !pairs.is_empty()) else {
            let message = format!("expected a time with what happened then, found {}", node.shape());
            reader.error_with(Code::WrongShape, node.place, message, "like `- 3d 2h: Project Created`");
            return None;
        };
        for Pair { key, key_place, value } in pairs {
            for time in key.split(',') {
                for at in self.times(reader, time.trim(), *key_place)? {
                    let happenings = value.list().unwrap_or(std::slice::from_ref(value));
                    for happening in happenings {
                        self.happening(reader, happening, at)?;
                    }
                }
            }
        }
        Some(())
    }

    fn happening(&mut self, reader: &mut Reader, node: &Node, at: Timestamp) -> Option<()> {
        if node.pairs().is_none() {
            let name = reader.name(node, "the name of an event")?;
            let body = Body::Event { name, kind: None, properties: Properties::new(), amount: None };
            self.push(at, None, self.who.clone(), body);
            return Some(());
        }
        let (known, beside): (Vec<&Pair>, Vec<&Pair>) = node
            .pairs()
            .unwrap_or_default()
            .iter()
            .partition(|pair| keys::EXAMPLE_RECORD.keys.iter().any(|key| key.name == pair.key));
        let fields = Fields { node, pairs: known };
        let says = ["event", "traits", "joins", "leaves", "alias"];
        let Some(pair) = reader.at_most_one(&fields, &says, "one thing happens in one record") else {
            let help = "`event`, `traits`, `joins`, `leaves` or `alias`";
            reader.error_with(Code::MissingKey, node.place, "what happened?", help);
            return None;
        };
        if let (Some(extra), true) = (beside.first(), pair.key != "event") {
            let message = format!("`{}` is no key of a record that says `{}`", extra.key, pair.key);
            reader.error(Code::UnknownKey, extra.key_place, message);
            return None;
        }
        let received = optional(fields.get("received").map(|node| self.instant_of(reader, node)))?;
        let mut who = self.who_of(reader, &fields)?;
        match pair.key.as_str() {
            "traits" => return self.traits(reader, &pair.value, at, received, &fields),
            "event" => {
                let name = reader.name(&pair.value, "the name of an event")?;
                let kind = optional(fields.get("kind").map(|node| reader.kind(node)))?;
                let mut properties = Properties::new();
                for extra in beside {
                    collect(reader, &extra.key, extra.key_place, &extra.value, &mut properties)?;
                }
                for extra in fields.get("properties").and_then(Node::pairs).unwrap_or_default() {
                    collect(reader, &extra.key, extra.key_place, &extra.value, &mut properties)?;
                }
                self.push(at, received, who, Body::Event { name, kind, properties, amount: None });
            }
            "alias" => {
                let previous = reader.name(&pair.value, "an id")?;
                self.push(at, received, who, Body::Alias { previous });
            }
            joins_or_leaves => {
                who.account = Some(reader.name(&pair.value, "an account's id")?);
                let body = if joins_or_leaves == "leaves" {
                    Body::Leave
                } else {
                    // A record with a user and an account makes the one a member of the other.
                    Body::Traits { of: SubjectKind::User, traits: Properties::new(), constant: false }
                };
                self.push(at, received, who, body);
            }
        }
        Some(())
    }

    fn who_of(&self, reader: &mut Reader, fields: &Fields<'_>) -> Option<Who> {
        let mut who = self.who.clone();
        for (key, own) in [
            ("user", &mut who.user),
            ("anonymous", &mut who.anonymous),
            ("account", &mut who.account),
            ("workspace", &mut who.workspace),
        ] {
            if let Some(node) = fields.get(key) {
                *own = id(reader, node)?;
            }
        }
        Some(who)
    }

    /// Traits by owner, one record each.
    fn traits(
        &mut self,
        reader: &mut Reader,
        node: &Node,
        at: Timestamp,
        received: Option<Timestamp>,
        fields: &Fields<'_>,
    ) -> Option<()> {
        let Some(pairs) = node.pairs() else {
            let message = format!("expected traits with values, found {}", node.shape());
            reader.error_with(Code::WrongShape, node.place, message, "`traits: { plan: pro, account.employees: 80 }`");
            return None;
        };
        let mut by_owner: [(SubjectKind, Properties); 3] =
            [SubjectKind::Account, SubjectKind::Workspace, SubjectKind::User].map(|kind| (kind, Properties::new()));
        for pair in pairs {
            let path = scalars::trait_path(&pair.key);
            let of = match path.of {
                TraitOwner::Own => self.kind,
                TraitOwner::User => SubjectKind::User,
                TraitOwner::Account => SubjectKind::Account,
                TraitOwner::Workspace => SubjectKind::Workspace,
                TraitOwner::FirstMember | TraitOwner::AnyMember => {
                    let help = "give the member's `user:` and the trait as `user.…`";
                    reader.error_with(Code::NotHere, pair.key_place, "which member's trait?", help);
                    return None;
                }
            };
            let properties = by_owner.iter_mut().find(|(kind, _)| *kind == of).map(|(_, properties)| properties)?;
            collect(reader, &path.name, pair.key_place, &pair.value, properties)?;
        }
        let explicit_user = fields.has("user");
        for (of, traits) in by_owner {
            if traits.is_empty() {
                continue;
            }
            let mut who = self.who_of(reader, fields)?;
            match of {
                SubjectKind::Account => {
                    who.account.get_or_insert_with(|| Arc::from(DEFAULT_ACCOUNT));
                    // On a user's definition the account is his; on others nobody joins by it.
                    if self.kind != SubjectKind::User && !explicit_user {
                        who.user = None;
                    }
                    who.workspace = None;
                }
                SubjectKind::Workspace => {
                    who.workspace.get_or_insert_with(|| Arc::from(DEFAULT_WORKSPACE));
                    if self.kind != SubjectKind::User && !explicit_user {
                        who.user = None;
                    }
                }
                SubjectKind::User => {}
            }
            self.push(at, received, who, Body::Traits { of, traits, constant: false });
        }
        Some(())
    }

    fn push(&mut self, timestamp: Timestamp, received_at: Option<Timestamp>, who: Who, body: Body) {
        let message = Arc::from(format!("{:04}", self.records.len()));
        let source = Arc::from("example");
        self.records.push(Record { source, sender: Arc::from(""), message, timestamp, received_at, who, body });
    }

    fn expectation(&self, reader: &mut Reader, node: &Node, until: Timestamp) -> Option<Expectation> {
        let fields = reader.fields(node, &keys::EXPECT)?;
        let qualified = self.instants(reader, fields.get("qualified")?)?;
        let qualified: Vec<Timestamp> = qualified.into_iter().flatten().collect();
        let exits = optional(fields.get("exits").map(|node| self.instants(reader, node)))?;
        let to_use = optional(fields.get("to_use").map(|node| self.instants(reader, node)))?;
        let to_use = to_use.map(|instants| instants.first().copied().flatten());
        if let Some(node) = fields.get("exits")
            && exits.as_ref().is_some_and(|exits| exits.len() != qualified.len())
        {
            let message = "as many exits as entries are expected, `never` where an entry does not end";
            reader.error(Code::BadExample, node.place, message);
            return None;
        }
        let latest = qualified.iter().chain(to_use.iter().flatten()).chain(exits.iter().flatten().flatten()).max();
        if latest.is_some_and(|latest| *latest > until) {
            let message = format!("something is expected after the example's end, {until}");
            reader.error_with(Code::BadExample, node.place, message, "say `until:` with a later time");
            return None;
        }
        let mut number = |key: &str| optional(fields.get(key).map(|node| reader.number(node)));
        let (score, value): (Option<Number>, Option<Number>) = (number("score")?, number("value")?);
        let band = optional(fields.get("band").map(|node| reader.name(node, "the name of a band")))?;
        let band = band.map(|band| (&*band != "none").then_some(band));
        if qualified.is_empty()
            && let Some(pair) = fields.present(&["score", "band", "value"]).first()
        {
            let message = format!("without an entry there is no {}", pair.key);
            reader.error(Code::BadExample, pair.key_place, message);
            return None;
        }
        Some(Expectation { qualified, exits, to_use, score, band, value })
    }

    /// Instants or `never`, one or several.
    fn instants(&self, reader: &mut Reader, node: &Node) -> Option<Vec<Option<Timestamp>>> {
        let nodes = node.list().unwrap_or(std::slice::from_ref(node));
        let instants: Vec<Option<Timestamp>> = nodes
            .iter()
            .filter_map(|node| {
                let scalar = reader.scalar(node, "a time from the start, or `never`")?;
                if scalar.text == "never" {
                    return Some(None);
                }
                self.instant(reader, &scalar.text, node.place).map(Some)
            })
            .collect();
        (instants.len() == nodes.len()).then_some(instants)
    }
}

/// A value under its name; nested mappings become dotted names.
fn collect(reader: &mut Reader, name: &str, place: Place, node: &Node, into: &mut Properties) -> Option<()> {
    match &node.content {
        Content::Scalar(scalar) => {
            let value = literal(reader, scalar, node.place)?;
            into.insert(reader.check_name(name, place, "a name")?, value);
        }
        Content::List(items) => {
            let values: Vec<Value> = items
                .iter()
                .filter_map(|item| match item.scalar() {
                    Some(scalar) => literal(reader, scalar, item.place),
                    None => {
                        reader.error(Code::WrongShape, item.place, "lists hold single values");
                        None
                    }
                })
                .collect();
            if values.len() != items.len() {
                return None;
            }
            into.insert(reader.check_name(name, place, "a name")?, Value::List(values.into()));
        }
        Content::Map(pairs) => {
            for pair in pairs {
                collect(reader, &format!("{name}.{}", pair.key), pair.key_place, &pair.value, into)?;
            }
        }
    }
    Some(())
}

/// A value as data: unquoted it is typed by how it looks.
fn literal(reader: &mut Reader, scalar: &Scalar, place: Place) -> Option<Value> {
    if scalar.is_null() {
        reader.error_with(Code::WrongShape, place, "expected a value, found nothing", "an empty text is `\"\"`");
        return None;
    }
    if scalar.style != Style::Plain {
        return Some(Value::text(&scalar.text));
    }
    reader.value(&scalar.text, place)
}
