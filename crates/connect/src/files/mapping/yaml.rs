//! YAML with places, and mappings whose keys are all accounted for.
//!
//! Strict: one document, no anchors, no aliases, no tags, no repeated keys. Scalars stay text: what they mean is decided by
//! who asks.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::Problem;
use crate::files::limits;

/// A line and a character in it, both from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) mark: Mark,
    pub(crate) content: Content,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// As written, and whether it stood in quotes.
    Scalar(String, bool),
    List(Vec<Node>),
    Map(Vec<(Mark, String, Node)>),
}

/// A list or mapping whose end has not come.
enum Open {
    List(Mark, Vec<Node>),
    Map(Mark, Vec<(Mark, String, Node)>, Option<(Mark, String)>),
}

/// How deep a mapping file may be nested.
const DEPTH: usize = 32;

fn mark_of(span: Span) -> Mark {
    let line = span.start.line();
    Mark { line: if line == 0 { 1 } else { line }, column: span.start.col() + 1 }
}

fn problem(mark: Mark, message: impl Into<String>) -> Problem {
    Problem { line: mark.line, column: mark.column, message: message.into() }
}

/// Reads a text.
///
/// # Errors
/// What is no YAML, or YAML that mapping files do without.
pub(crate) fn read(text: &str) -> Result<Node, Problem> {
    if text.len() > limits::MAPPING_BYTES {
        let message = format!("the mapping is longer than {} MiB", limits::MAPPING_BYTES >> 20);
        return Err(problem(Mark { line: 1, column: 1 }, message));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut stack: Vec<Open> = Vec::new();
    let mut root = None;
    let mut documents = 0;
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let place = Mark { line: error.marker().line().max(1), column: error.marker().col() + 1 };
            problem(place, format!("not YAML: {}", error.info()))
        })?;
        let mark = mark_of(span);
        let done = match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err(problem(mark, "a second document starts here; one file holds one mapping"));
                }
                None
            }
            Event::Alias(_) => {
                return Err(problem(mark, "`*` makes an alias; write the value out, or put it in quotes"));
            }
            Event::SequenceStart(anchor, tag) => {
                plain(mark, anchor, tag.is_some())?;
                stack.push(Open::List(mark, Vec::new()));
                None
            }
            Event::MappingStart(anchor, tag) => {
                plain(mark, anchor, tag.is_some())?;
                stack.push(Open::Map(mark, Vec::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => match stack.pop() {
                Some(Open::List(mark, items)) => Some(Node { mark, content: Content::List(items) }),
                Some(Open::Map(mark, pairs, _)) => Some(Node { mark, content: Content::Map(pairs) }),
                None => None,
            },
            Event::Scalar(text, style, anchor, tag) => {
                plain(mark, anchor, tag.is_some())?;
                let quoted = style != ScalarStyle::Plain;
                Some(Node { mark, content: Content::Scalar(text.into_owned(), quoted) })
            }
            _ => None,
        };
        if stack.len() > DEPTH {
            return Err(problem(mark, format!("nested deeper than {DEPTH} levels")));
        }
        if let Some(node) = done {
            place(node, &mut stack, &mut root)?;
        }
    }
    root.ok_or_else(|| problem(Mark { line: 1, column: 1 }, "the mapping is empty"))
}

fn plain(mark: Mark, anchor: usize, has_tag: bool) -> Result<(), Problem> {
    if anchor != 0 {
        return Err(problem(mark, "`&` makes an anchor; put the value in quotes"));
    }
    if has_tag { Err(problem(mark, "`!` makes a tag; put the value in quotes")) } else { Ok(()) }
}

/// Puts a finished node where it belongs.
fn place(node: Node, stack: &mut [Open], root: &mut Option<Node>) -> Result<(), Problem> {
    match stack.last_mut() {
        None => *root = Some(node),
        Some(Open::List(_, items)) => items.push(node),
        Some(Open::Map(_, pairs, key @ None)) => {
            let Content::Scalar(text, _) = node.content else {
                return Err(problem(node.mark, "a key must be a single value"));
            };
            if let Some((first, ..)) = pairs.iter().find(|(_, other, _)| *other == text) {
                return Err(problem(
                    node.mark,
                    format!("`{text}` stands here again; its first is in line {}", first.line),
                ));
            }
            *key = Some((node.mark, text));
        }
        Some(Open::Map(_, pairs, key)) => {
            if let Some((mark, name)) = key.take() {
                pairs.push((mark, name, node));
            }
        }
    }
    Ok(())
}

impl Node {
    /// What it is, for messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self.content {
            Content::Scalar(..) => "a single value",
            Content::List(_) => "a list",
            Content::Map(_) => "a mapping",
        }
    }

    /// Whether nothing is written, or YAML's word for it.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar(text, false) if matches!(text.as_str(), "" | "~" | "null"))
    }

    pub(crate) fn scalar(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(text, _) if !self.is_null() => Some(text),
            _ => None,
        }
    }
}

/// A mapping that is read key by key. What is left at the end is unknown.
pub(crate) struct Table<'node> {
    pub(crate) mark: Mark,
    what: &'static str,
    pairs: &'node [(Mark, String, Node)],
    asked: Vec<&'static str>,
}

impl<'node> Table<'node> {
    /// `what` names the mapping in messages, such as "a file".
    pub(crate) fn new(node: &'node Node, what: &'static str, problems: &mut Vec<Problem>) -> Option<Self> {
        match &node.content {
            Content::Map(pairs) => Some(Self { mark: node.mark, what, pairs, asked: Vec::new() }),
            _ => {
                problems.push(problem(node.mark, format!("{what} must be a mapping of keys, this is {}", node.kind())));
                None
            }
        }
    }

    /// The value under a key.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<&'node Node> {
        self.asked.push(key);
        self.pairs.iter().find(|(_, name, _)| name == key).map(|(.., node)| node)
    }

    /// A single value under a key, as text.
    pub(crate) fn text(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<(Mark, &'node str)> {
        let node = self.take(key)?;
        let text = node.scalar();
        if text.is_none() {
            problems.push(problem(node.mark, format!("`{key}` must be a single value, this is {}", node.kind())));
        }
        text.map(|text| (node.mark, text))
    }

    /// True or false under a key.
    pub(crate) fn truth(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<bool> {
        let (mark, text) = self.text(key, problems)?;
        match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                problems.push(problem(mark, format!("`{key}` must be true or false, not `{text}`")));
                None
            }
        }
    }

    /// Reports the keys that nobody asked for.
    pub(crate) fn finish(self, problems: &mut Vec<Problem>) {
        for (mark, name, _) in self.pairs {
            if self.asked.contains(&name.as_str()) {
                continue;
            }
            let near = nearest(name, self.asked.iter().copied());
            let cure = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its keys are: {}", self.asked.join(", ")),
            };
            problems.push(problem(*mark, format!("{} has no key `{name}`; {cure}", self.what)));
        }
    }
}

/// Texts under a key: one or a list.
pub(crate) fn texts(node: &Node, key: &str, problems: &mut Vec<Problem>) -> Vec<String> {
    let items = match &node.content {
        Content::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut texts = Vec::with_capacity(items.len());
    for item in items {
        match &item.content {
            Content::Scalar(text, _) => texts.push(text.clone()),
            _ => problems.push(problem(item.mark, format!("`{key}` holds single values, this is {}", item.kind()))),
        }
    }
    texts
}

/// The name that is most like a misspelt one, if any is near enough: at most a third of its letters differ.
pub(crate) fn nearest<'name>(wrong: &str, names: impl Iterator<Item = &'name str>) -> Option<&'name str> {
    let lower = wrong.to_lowercase();
    let near = names.map(|name| (strsim::levenshtein(&lower, &name.to_lowercase()), name)).min()?;
    (near.0 <= 1 + wrong.chars().count() / 3).then_some(near.1)
}
