//! What is asked: which definitions, which goal, over which time, with how many hands.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::definition::{
    Band, Criterion, Definition, Events, NamePattern, Operand, Population, Quantity, Share, Test, TraitTest, Window,
};
use engine::record::SubjectKind;
use engine::time::DAY;
use engine::{Number, Span, Timestamp, Value};
use jiff::tz::TimeZone;

/// A backtest's question. All instants are arguments: nothing here knows what day it is.
#[derive(Debug, Clone)]
pub struct Question {
    /// What is judged, side by side; each [`crate::Life`] has one outcome for each, in this order.
    pub definitions: Vec<DefinitionFacts>,
    /// A plain rule to compare with ("logged in 5 times"). Its outcome stands behind those of the definitions.
    pub baseline: Option<DefinitionFacts>,
    /// The goal in words, for people: `Subscription Started`.
    pub goal: String,
    /// The zone of days, weeks (from Monday) and months.
    pub zone: TimeZone,
    /// Only subjects whose time started at or after this instant; `None`: from the beginning.
    pub from: Option<Timestamp>,
    /// Only subjects whose time started before this instant; `None`: to the end.
    pub to: Option<Timestamp>,
    /// Until when conversions are known (inclusive): the end of the goal's own source, which may be sooner than the
    /// end of the data. Whoever has not converted by then is censored there.
    pub observed_until: Timestamp,
    /// Until when behaviour is known (inclusive): "today" for the report.
    pub data_until: Timestamp,
    /// How long after it could be known a lead has to convert to count as won: known < conversion < known + within.
    /// Months count as 30 days.
    pub within: Span,
    /// Subjects younger than this at the end of the data had no time to qualify: they are left out of the rate.
    pub minimum_age: Span,
    /// How many leads a team can call in a week.
    pub capacity_per_week: u32,
    /// Names of the traits and sources to break down by; each [`crate::Life`] has one value for each, in this order.
    pub segments: Vec<String>,
    /// At most so many people are listed behind a count.
    pub people_listed: usize,
    /// How many of the latest customers the first lines are about.
    pub last_customers: usize,
}

impl Question {
    /// Calls a week, unless asked otherwise.
    pub const CAPACITY_PER_WEEK: u32 = 40;
    /// People listed behind each count, unless asked otherwise.
    pub const PEOPLE_LISTED: usize = 100;
    /// Customers in the first lines, unless asked otherwise.
    pub const LAST_CUSTOMERS: usize = 50;
    /// The horizon, where neither the question nor the goal says one.
    pub const WITHIN: Span = Span::days(60);

    /// A question about one or more definitions with every setting at its default: the whole history, the horizon
    /// of 60 days, the longest window among the definitions as minimum age.
    #[must_use]
    pub fn new(definitions: Vec<DefinitionFacts>, goal: &str, observed_until: Timestamp) -> Self {
        let minimum_age =
            definitions.iter().filter_map(|definition| definition.window).max_by_key(|span| length(*span));
        Self {
            definitions,
            baseline: None,
            goal: goal.to_owned(),
            zone: TimeZone::UTC,
            from: None,
            to: None,
            observed_until,
            data_until: observed_until,
            within: Self::WITHIN,
            minimum_age: minimum_age.unwrap_or(Span::Exact(0)),
            capacity_per_week: Self::CAPACITY_PER_WEEK,
            segments: Vec::new(),
            people_listed: Self::PEOPLE_LISTED,
            last_customers: Self::LAST_CUSTOMERS,
        }
    }

    /// The horizon in microseconds.
    #[must_use]
    pub fn horizon(&self) -> i64 {
        length(self.within)
    }

    pub(crate) fn in_period(&self, clock: Timestamp) -> bool {
        self.from.is_none_or(|from| clock >= from) && self.to.is_none_or(|to| clock < to)
    }

    /// The end of the horizon of a lead known at an instant.
    pub(crate) fn horizon_end(&self, known: Timestamp) -> Timestamp {
        Timestamp(known.0.saturating_add(self.horizon()))
    }

    /// Whether a lead known then has been watched for its whole horizon.
    pub(crate) fn is_judged(&self, known: Timestamp) -> bool {
        self.horizon_end(known) <= self.observed_until
    }

    pub(crate) fn facts(&self) -> impl Iterator<Item = &DefinitionFacts> {
        self.definitions.iter().chain(self.baseline.as_ref())
    }
}

/// A span as microseconds; a month is 30 days here, since ages and horizons are compared among people.
#[must_use]
pub fn length(span: Span) -> i64 {
    match span {
        Span::Exact(length) => length.max(0),
        Span::Months(months) => i64::from(months).saturating_mul(30 * DAY),
    }
}

/// What a report says of a definition itself.
#[derive(Debug, Clone, PartialEq)]
pub struct DefinitionFacts {
    /// Its id.
    pub id: Arc<str>,
    /// Its name.
    pub name: String,
    /// Whom it qualifies.
    pub subject: SubjectKind,
    /// Bands, highest threshold first.
    pub bands: Vec<Band>,
    /// The names of the score's parts.
    pub score_parts: Vec<Arc<str>>,
    /// The currency of values.
    pub currency: Option<Arc<str>>,
    /// The window's span.
    pub window: Option<Span>,
    /// Those who have converted can qualify and convert again (an expansion): earlier conversions don't count against.
    pub recurs: bool,
    /// The events it needs, with their first appearance in the data.
    pub needed: Vec<NeededEvent>,
}

/// An event that a definition needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededEvent {
    /// Its name.
    pub name: Arc<str>,
    /// When it first appeared in the data, for anyone; `None`: never.
    pub first_seen: Option<Timestamp>,
}

impl DefinitionFacts {
    /// What a report needs of a definition. `others` are the definitions it may refer to; `first_seen` tells when an
    /// event name first appeared in the data.
    #[must_use]
    pub fn of(definition: &Definition, others: &[Definition], first_seen: impl Fn(&str) -> Option<Timestamp>) -> Self {
        let needed = needed_events(definition, others)
            .into_iter()
            .map(|name| NeededEvent { first_seen: first_seen(&name), name })
            .collect();
        Self {
            id: Arc::clone(&definition.id),
            name: definition.name.clone(),
            subject: definition.subject,
            bands: definition.bands.clone(),
            score_parts: definition.score.iter().map(|part| Arc::clone(&part.name)).collect(),
            currency: definition.value.as_ref().map(|rule| Arc::clone(&rule.currency)),
            window: match &definition.window {
                Some(Window::For(span)) => Some(*span),
                Some(Window::Until(_)) | None => None,
            },
            recurs: goal_recurs(definition),
            needed,
        }
    }

    /// Of a question that asks about nothing.
    pub(crate) fn nameless() -> Self {
        Self {
            id: Arc::from(""),
            name: String::new(),
            subject: SubjectKind::User,
            bands: Vec::new(),
            score_parts: Vec::new(),
            currency: None,
            window: None,
            recurs: false,
            needed: Vec::new(),
        }
    }

    /// The band of a score.
    #[must_use]
    pub fn band(&self, score: Number) -> Option<&Arc<str>> {
        self.bands.iter().find(|band| score >= band.at_least).map(|band| &band.name)
    }

    /// Needed events of which nobody could have had one at an instant, since they appeared later.
    pub(crate) fn not_yet_instrumented(&self, clock: Timestamp, zone: &TimeZone) -> bool {
        // By day: on the day of an event's first appearance it is taken to have been there.
        self.needed.iter().filter_map(|event| event.first_seen).any(|first| clock.day(zone) < first.day(zone))
    }
}

/// Whether the population is of those who have converted already: it asks for the stage `customer`.
#[must_use]
pub fn goal_recurs(definition: &Definition) -> bool {
    fn asks_for_customers(criterion: &Criterion) -> bool {
        match criterion {
            Criterion::All(parts) | Criterion::Any(parts) | Criterion::AtLeast { of: parts, .. } => {
                parts.iter().any(asks_for_customers)
            }
            Criterion::OfAccount(inner) => asks_for_customers(inner),
            Criterion::Trait(test) => names_customer(test),
            _ => false,
        }
    }
    fn names_customer(test: &TraitTest) -> bool {
        let customer =
            |operand: &Operand| matches!(operand, Operand::Constant(Value::Text(word)) if &**word == "customer");
        &*test.path.name == "stage"
            && match &test.test {
                Test::Is(engine::definition::Op::Equal, operand) => customer(operand),
                Test::In(operands) => operands.iter().any(customer),
                _ => false,
            }
    }
    matches!(&definition.population, Some(Population::Meeting(criterion)) if asks_for_customers(criterion))
}

/// The names of the events that `when` and `fit` count, also those of definitions referred to.
///
/// Patterns (`Report *`, `any`) name no single event and are passed over.
#[must_use]
pub fn needed_events(definition: &Definition, others: &[Definition]) -> BTreeSet<Arc<str>> {
    let mut names = BTreeSet::new();
    walk_definition(definition, others, &mut |_, events| {
        names.extend(events.names.iter().filter_map(|pattern| match pattern {
            NamePattern::Exactly(name) => Some(Arc::clone(name)),
            NamePattern::Any | NamePattern::Prefix(_) => None,
        }));
    });
    names
}

/// Where in a definition something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// The behaviour.
    When,
    /// The fit.
    Fit,
    /// The score.
    Score,
}

/// Shows every event selector of `when` and `fit`, also through references, to a visitor.
fn walk_definition(definition: &Definition, others: &[Definition], visit: &mut dyn FnMut(Place, &Events)) {
    let mut walk = Walk { others, entered: BTreeSet::new(), visit };
    walk.definition(definition, false);
}

/// Shows every event selector of `when`, `fit` and `score`, also through references, to a visitor.
pub(crate) fn walk_with_score(definition: &Definition, others: &[Definition], visit: &mut dyn FnMut(Place, &Events)) {
    let mut walk = Walk { others, entered: BTreeSet::new(), visit };
    walk.definition(definition, true);
}

struct Walk<'a> {
    others: &'a [Definition],
    entered: BTreeSet<Arc<str>>,
    visit: &'a mut dyn FnMut(Place, &Events),
}

impl Walk<'_> {
    fn definition(&mut self, definition: &Definition, with_score: bool) {
        if !self.entered.insert(Arc::clone(&definition.id)) {
            return;
        }
        self.criterion(Place::When, &definition.when);
        if let Some(fit) = &definition.fit {
            self.criterion(Place::Fit, fit);
        }
        if with_score {
            for part in &definition.score {
                self.share(&part.share);
            }
        }
    }

    fn share(&mut self, share: &Share) {
        match share {
            Share::Measure { of, .. } => self.behaviour(Place::Score, of),
            Share::Points { table, .. } => {
                for row in table {
                    self.criterion(Place::Score, &row.criterion);
                }
            }
            Share::Max(shares) => {
                for share in shares {
                    self.share(share);
                }
            }
            Share::Time { .. } | Share::FitMet => {}
        }
    }

    fn behaviour(&mut self, place: Place, behaviour: &engine::definition::Behaviour) {
        (self.visit)(place, &behaviour.events);
        self.period(place, &behaviour.period);
    }

    fn period(&mut self, place: Place, period: &engine::definition::Period) {
        if let engine::definition::Period::Since { events, .. } = period {
            (self.visit)(place, events);
        }
    }

    fn referred(&mut self, id: &str) {
        let others = self.others;
        if let Some(other) = others.iter().find(|other| &*other.id == id) {
            self.definition(other, false);
        }
    }

    fn criterion(&mut self, place: Place, criterion: &Criterion) {
        match criterion {
            Criterion::All(parts) | Criterion::Any(parts) | Criterion::AtLeast { of: parts, .. } => {
                for part in parts {
                    self.criterion(place, part);
                }
            }
            Criterion::Not(inner) | Criterion::OfAccount(inner) => self.criterion(place, inner),
            Criterion::Behaviour(behaviour) => self.behaviour(place, behaviour),
            Criterion::Sequence(sequence) => {
                for step in &sequence.steps {
                    (self.visit)(place, step);
                }
                self.period(place, &sequence.period);
            }
            Criterion::Ratio(ratio) => {
                for side in [&ratio.of, &ratio.to] {
                    if let Quantity::Measure(behaviour) = side {
                        self.behaviour(place, behaviour);
                    }
                }
            }
            Criterion::Meets { definition, .. } | Criterion::MembersMeeting { definition, .. } => {
                self.referred(definition);
            }
            Criterion::Trait(_) => {}
        }
    }
}
