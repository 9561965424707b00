//! What is wrong with a file, where, and how to cure it; and the text that shows it to a person.

use std::fmt::{self, Write};

/// Where in a file: line and column counted from 1, in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// In characters; what runs over the line's end is cut when shown.
    pub length: usize,
}

/// Whether the file can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, but likely does not mean what its writer thinks.
    Warning,
}

macro_rules! codes {
    ($($(#[doc = $about:literal])+ $name:ident = $word:literal,)+) => {
        /// The kind of a finding: a stable word that pages and scripts can rely on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $about])+ $name,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// What it means, in a sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => concat!($($about,)+),)+ }
            }
        }
    };
}

codes! {
    /// The text is not YAML.
    YamlSyntax = "yaml-syntax",
    /// A part of YAML that definitions do without: anchors, aliases, tags, several documents, keys that are no words.
    YamlFeature = "yaml-feature",
    /// YAML reads the sign as something else; in quotes it is a comparison.
    QuoteNeeded = "quote-needed",
    /// A key stands twice in one mapping.
    DuplicateKey = "duplicate-key",
    /// No such key here.
    UnknownKey = "unknown-key",
    /// A key that must be there is not.
    MissingKey = "missing-key",
    /// Keys that exclude each other.
    ConflictingKeys = "conflicting-keys",
    /// A mapping, a list or a single value where another is wanted.
    WrongShape = "wrong-shape",
    /// Not one of the words that can stand here.
    UnknownWord = "unknown-word",
    /// Not a name that can be used.
    BadName = "bad-name",
    /// Not a number, or not one that can stand here.
    BadNumber = "bad-number",
    /// Not a length of time, or not one that can stand here.
    BadDuration = "bad-duration",
    /// Not a date or time.
    BadDate = "bad-date",
    /// Not a comparison.
    BadComparison = "bad-comparison",
    /// Not a `$` path, or not one that can be followed here.
    BadPath = "bad-path",
    /// Not a regular expression.
    BadPattern = "bad-pattern",
    /// It has no meaning at this place.
    NotHere = "not-here",
    /// Over a limit of the language.
    OverLimit = "over-limit",
    /// Two definitions have one id.
    DuplicateDefinition = "duplicate-definition",
    /// No definition has this id.
    UnknownDefinition = "unknown-definition",
    /// The other definition is of the wrong kind of subject.
    WrongKind = "wrong-kind",
    /// Definitions refer to each other in a circle.
    Cycle = "cycle",
    /// An example contradicts itself.
    BadExample = "bad-example",
    /// `not` is true from the start until the event comes.
    NotSoFar = "not-so-far",
    /// It can never hold.
    NeverHolds = "never-holds",
    /// It always holds.
    AlwaysHolds = "always-holds",
    /// A count, which is a whole number, is compared with a fraction.
    NotWhole = "not-whole",
    /// The same criterion stands twice in a list under `all` or `any`.
    Repeated = "repeated",
    /// No score reaches this band.
    UnreachableBand = "unreachable-band",
    /// The score's weights sum to more than 100.
    WeightsOverHundred = "weights-over-100",
    /// The period ends after the window.
    BeyondWindow = "beyond-window",
    /// The data has no such event.
    UnknownEvent = "unknown-event",
    /// The data has no such property.
    UnknownProperty = "unknown-property",
    /// The data has no such trait.
    UnknownTrait = "unknown-trait",
    /// The workspace reads events of this name under another.
    AliasedEvent = "aliased-event",
    /// A criterion rests on the goal itself, so that the definition would be judged by its own words.
    GoalInside = "goal-inside",
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether the file can still be used.
    pub severity: Severity,
    /// What kind.
    pub code: Code,
    /// What is wrong, naming the thing.
    pub message: String,
    /// The cure.
    pub help: Option<String>,
    /// Where.
    pub place: Place,
}

impl Diagnostic {
    /// An error.
    #[must_use]
    pub fn error(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, message: message.into(), help: None, place }
    }

    /// A warning.
    #[must_use]
    pub fn warning(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, place, message) }
    }

    /// With its cure.
    #[must_use]
    pub fn help(mut self, cure: impl Into<String>) -> Self {
        self.help = Some(cure.into());
        self
    }

    /// Whether the file cannot be used.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The finding with the line it is about and a caret under the place, as plain text ending in a new line.
    #[must_use]
    pub fn render(&self, source: &str, file_name: &str) -> String {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let mut text = format!("{word}[{}]: {}\n", self.code.word(), self.message);
        let Place { line, column, length } = self.place;
        let margin = " ".repeat(line.to_string().len());
        let _ = writeln!(text, "{margin}--> {file_name}:{line}:{column}");
        if let Some(shown) = source.lines().nth(line.saturating_sub(1)) {
            let before = column.saturating_sub(1);
            let room = shown.chars().count().saturating_sub(before).max(1);
            let pad: String = shown.chars().take(before).map(|sign| if sign == '\t' { '\t' } else { ' ' }).collect();
            let carets = "^".repeat(length.clamp(1, room));
            let _ = writeln!(text, "{margin} |\n{line} | {shown}\n{margin} | {pad}{carets}");
        }
        if let Some(help) = &self.help {
            let _ = writeln!(text, "{margin} = help: {help}");
        }
        text
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.place.line, self.place.column, self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(formatter, " ({help})"))
    }
}

/// All findings of one file as plain text, in the order of their places, a blank line between them.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], source: &str, file_name: &str) -> String {
    let mut ordered: Vec<&Diagnostic> = diagnostics.iter().collect();
    ordered.sort_by_key(|diagnostic| (diagnostic.place, diagnostic.severity));
    let shown: Vec<String> = ordered.iter().map(|diagnostic| diagnostic.render(source, file_name)).collect();
    shown.join("\n")
}

/// The known word nearest to a mistyped one, if it is near enough to be meant: at most a third of its letters wrong.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let allowed = (word.chars().count() / 3).clamp(1, 4);
    known
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}
