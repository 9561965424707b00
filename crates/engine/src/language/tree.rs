//! YAML with places: scalars, lists and mappings, each knowing where it stands. Strict: no anchors, no tags,
//! no repeated keys, one document. What a scalar means is decided by whoever asks for it.

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::diagnostic::{Code, Diagnostic, Place};
use super::limits;

/// A piece of the file.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub content: Content,
    pub place: Place,
}

/// What a piece is.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Pair>),
}

/// A single value as written.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    pub text: String,
    pub style: Style,
}

/// How a single value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Quoted,
    Block,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub key: String,
    pub key_place: Place,
    pub value: Node,
}

impl Node {
    /// What it is, for messages.
    pub fn shape(&self) -> &'static str {
        match &self.content {
            Content::Scalar(scalar) if scalar.is_null() => "nothing",
            Content::Scalar(_) => "a single value",
            Content::List(_) => "a list",
            Content::Map(_) => "a mapping",
        }
    }

    pub fn scalar(&self) -> Option<&Scalar> {
        if let Content::Scalar(scalar) = &self.content { Some(scalar) } else { None }
    }

    pub fn pairs(&self) -> Option<&[Pair]> {
        if let Content::Map(pairs) = &self.content { Some(pairs) } else { None }
    }

    pub fn list(&self) -> Option<&[Self]> {
        if let Content::List(items) = &self.content { Some(items) } else { None }
    }
}

impl Scalar {
    /// Whether nothing is written (or YAML's words for it).
    pub fn is_null(&self) -> bool {
        self.style == Style::Plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }
}

/// Reads the text into a tree.
///
/// # Errors
/// All findings, if there is one: the first break of YAML's syntax with every sign that wants quotes, or every
/// use of a feature that is refused.
pub(crate) fn read(text: &str) -> Result<Node, Vec<Diagnostic>> {
    let start = Place { line: 1, column: 1, length: 1 };
    if text.len() > limits::TEXT_BYTES {
        let message = format!("the file has {} bytes; at most {} are read", text.len(), limits::TEXT_BYTES);
        return Err(vec![Diagnostic::error(Code::OverLimit, start, message)]);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(at) = text.chars().position(|sign| sign == '\0') {
        let line = text.chars().take(at).filter(|sign| *sign == '\n').count() + 1;
        let place = Place { line, column: 1, length: 1 };
        return Err(vec![Diagnostic::error(Code::YamlSyntax, place, "the file holds a zero byte; it is not a text")]);
    }
    let mut builder = Builder { signs: text.chars().collect(), ..Builder::default() };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => {
                let place = builder.place_of(span);
                builder.take(event, place);
            }
            Err(fault) => {
                let marker = *fault.marker();
                let place = Place { line: marker.line().max(1), column: marker.col() + 1, length: 1 };
                return Err(explain_syntax(text, place, fault.info()));
            }
        }
        if builder.given_up {
            break;
        }
    }
    drop::<Parser<'_, StrInput<'_>>>(parser);
    builder.finish(start)
}

#[derive(Default)]
struct Builder {
    signs: Vec<char>,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    faults: Vec<Diagnostic>,
    given_up: bool,
}

/// A list or mapping whose end has not come yet.
enum Open {
    List(Place, Vec<Node>),
    Map(Place, Vec<Pair>, Option<(String, Place)>),
}

impl Builder {
    /// The place of a piece: its length is that of its first line, without the space behind it.
    fn place_of(&self, span: Span) -> Place {
        let shown = self.signs.get(span.start.index()..span.end.index()).unwrap_or_default();
        let line = shown.split(|sign| *sign == '\n').next().unwrap_or_default();
        let length = line.iter().rposition(|sign| !sign.is_whitespace()).map_or(1, |last| last + 1);
        Place { line: span.start.line().max(1), column: span.start.col() + 1, length }
    }

    fn take(&mut self, event: Event<'_>, place: Place) {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents == 2 {
                    self.refuse(place, "a second document starts here", "keep one definition in one file");
                    self.given_up = true;
                }
            }
            Event::Alias(_) => {
                let help = "write the value out; a name that starts with `*` goes in quotes, every event is `any`";
                self.refuse(place, "`*` is an alias in YAML, which definitions do without", help);
                self.add(null_at(place));
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map(|tag| format!("{}{}", tag.handle, tag.suffix));
                self.refuse_extras(anchor, tag.as_deref(), place);
                // YAML forbids it; the scanner lets it pass within brackets.
                if style == ScalarStyle::Plain && text.starts_with('>') {
                    self.faults.push(quote_needed(place, if text.starts_with(">=") { ">=" } else { ">" }));
                }
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                self.add(Node { content: Content::Scalar(Scalar { text: text.into_owned(), style }), place });
            }
            Event::SequenceStart(anchor, tag) => {
                let tag = tag.map(|tag| format!("{}{}", tag.handle, tag.suffix));
                self.refuse_extras(anchor, tag.as_deref(), place);
                self.enter(Open::List(place, Vec::new()));
            }
            Event::MappingStart(anchor, tag) => {
                let tag = tag.map(|tag| format!("{}{}", tag.handle, tag.suffix));
                self.refuse_extras(anchor, tag.as_deref(), place);
                self.enter(Open::Map(place, Vec::new(), None));
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(place, items)) => self.add(Node { content: Content::List(items), place }),
                Some(Open::Map(place, pairs, _)) => self.add(Node { content: Content::Map(pairs), place }),
                None => {}
            },
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
    }

    fn enter(&mut self, open: Open) {
        if self.open.len() >= limits::YAML_DEPTH {
            let place = match &open {
                Open::List(place, _) | Open::Map(place, _, _) => *place,
            };
            let message = format!("more than {} lists and mappings inside each other", limits::YAML_DEPTH);
            self.faults.push(Diagnostic::error(Code::OverLimit, place, message));
            self.given_up = true;
        }
        self.open.push(open);
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut() {
            None => {
                self.root.get_or_insert(node);
            }
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Map(_, pairs, waiting)) => match waiting.take() {
                Some((key, key_place)) => pairs.push(Pair { key, key_place, value: node }),
                None => {
                    let place = node.place;
                    let key = match node.content {
                        Content::Scalar(scalar) => scalar.text,
                        Content::List(_) | Content::Map(_) => {
                            *waiting = Some((String::new(), place));
                            self.refuse(place, "a key must be a word, not a list or mapping", "put the key in quotes");
                            return;
                        }
                    };
                    let earlier = pairs.iter().find(|pair| pair.key == key).map(|pair| pair.key_place.line);
                    *waiting = Some((key.clone(), place));
                    if let Some(line) = earlier {
                        let message = format!("`{key}` stands twice in one mapping, first in line {line}");
                        let help = "keep one; in a definition, several conditions go into a list under `all:`";
                        self.faults.push(Diagnostic::error(Code::DuplicateKey, place, message).help(help));
                    }
                }
            },
        }
    }

    fn refuse_extras(&mut self, anchor: usize, tag: Option<&str>, place: Place) {
        if anchor > 0 {
            self.refuse(place, "`&` is an anchor in YAML, which definitions do without", "write the value out");
        }
        if let Some(tag) = tag {
            if tag.starts_with("!=") {
                self.faults.push(quote_needed(place, "!="));
            } else {
                let message = format!("`{tag}` is a tag in YAML, which definitions do without");
                self.refuse(place, &message, "leave it out, or put the text in quotes");
            }
        }
    }

    fn refuse(&mut self, place: Place, message: &str, help: &str) {
        self.faults.push(Diagnostic::error(Code::YamlFeature, place, message).help(help));
    }

    fn finish(mut self, start: Place) -> Result<Node, Vec<Diagnostic>> {
        if !self.faults.is_empty() {
            self.faults.truncate(limits::DIAGNOSTICS);
            return Err(self.faults);
        }
        self.root.ok_or_else(|| vec![Diagnostic::error(Code::WrongShape, start, "the file is empty")])
    }
}

fn null_at(place: Place) -> Node {
    Node { content: Content::Scalar(Scalar { text: String::new(), style: Style::Plain }), place }
}

fn quote_needed(place: Place, sign: &str) -> Diagnostic {
    let message = format!("YAML reads `{sign}` as something else than a comparison");
    let help = format!("put it in quotes, like `\"{sign} 3\"`");
    Diagnostic::error(Code::QuoteNeeded, place, message).help(help)
}

/// A break of the syntax, and, as that is its usual cause, every unquoted sign of comparison.
fn explain_syntax(text: &str, place: Place, info: &str) -> Vec<Diagnostic> {
    let mut faults: Vec<Diagnostic> =
        text.lines().enumerate().flat_map(|(index, line)| unquoted_signs(line, index + 1)).collect();
    faults.truncate(limits::DIAGNOSTICS);
    if info.contains("recursion limit") {
        let message = format!("more than {} lists and mappings inside each other", limits::YAML_DEPTH);
        return vec![Diagnostic::error(Code::OverLimit, place, message)];
    }
    if faults.is_empty() {
        let fault = Diagnostic::error(Code::YamlSyntax, place, format!("this is not YAML: {info}"));
        let help = if info.contains("mapping values are not allowed") {
            "a text with a colon in it goes in quotes; otherwise look at the indentation of this line"
        } else if info.contains("tab") {
            "indent with spaces, not with tabs"
        } else {
            "look for a missing quote, bracket or brace, or a wrong indentation, in this line or the one above"
        };
        faults.push(fault.help(help));
    }
    faults
}

/// The places in a line where a value starts with a sign that YAML takes for its own.
fn unquoted_signs(line: &str, number: usize) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut quote: Option<char> = None;
    let mut value_may_start = true;
    let signs: Vec<char> = line.chars().collect();
    let mut at = 0;
    while at < signs.len() {
        let (sign, next) = (signs[at], signs.get(at + 1).copied().unwrap_or(' '));
        match (quote, sign) {
            (Some(open), _) if sign == open => quote = None,
            (Some(_), _) => {}
            (None, '#') if at == 0 || signs[at - 1].is_whitespace() => break,
            (None, '\'' | '"') if value_may_start => quote = Some(sign),
            (None, '>' | '!') if value_may_start && (next == '=' || (sign == '>' && is_operand(&signs[at + 1..]))) => {
                let rest: String = signs[at..].iter().collect();
                let length = rest.find([',', '}', ']']).unwrap_or(rest.trim_end().len());
                let place = Place { line: number, column: at + 1, length };
                found.push(quote_needed(
                    place,
                    if sign == '!' {
                        "!="
                    } else if next == '=' {
                        ">="
                    } else {
                        ">"
                    },
                ));
            }
            _ => {}
        }
        if quote.is_none() && !sign.is_whitespace() {
            value_may_start = matches!(sign, ',' | '[' | '{') || (matches!(sign, ':' | '-') && next.is_whitespace());
        }
        at += 1;
    }
    found
}

/// Whether what follows a `>` is something to compare with, not the header of a block of text.
fn is_operand(rest: &[char]) -> bool {
    let text: String = rest.iter().collect();
    let text = text.trim();
    !text.is_empty() && !matches!(text, "-" | "+") && !text.starts_with('#')
}
