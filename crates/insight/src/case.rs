//! One life under one definition: where it is counted, what became of the lead, how the customer was met.

use engine::Timestamp;

use crate::figure::{Person, When};
use crate::life::{Life, LifeEntry, LifeOutcome};
use crate::question::{DefinitionFacts, Question, length};

/// Where a life is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Its time started before an event that the definition needs first appeared in the data.
    BeforeInstrument,
    /// It converted before it came into the population.
    ConvertedBefore,
    /// It was never in the population.
    Outside,
    /// In the population, but with too little time so far to be counted in the rate.
    TooYoung,
    /// In the population.
    Counted,
}

/// What became of a lead: of the first entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Converted after it could be known and within the horizon.
    Won(Timestamp),
    /// Watched for the whole horizon without a conversion in it; perhaps one later.
    Lost(Option<Timestamp>),
    /// Not yet watched for the whole horizon; perhaps converted already.
    Immature(Option<Timestamp>),
    /// Converted at the very instant of qualification.
    SameInstant(Timestamp),
    /// Converted after qualifying but before anyone could have known of it.
    BeforeKnown(Timestamp),
    /// Had converted before it qualified.
    AlreadyConverted(Timestamp),
}

impl Fate {
    /// Whether the lead counts in precision: `Some(won)`.
    pub(crate) const fn judged(self) -> Option<bool> {
        match self {
            Self::Won(_) => Some(true),
            Self::Lost(_) => Some(false),
            _ => None,
        }
    }

    pub(crate) const fn conversion(self) -> Option<Timestamp> {
        match self {
            Self::Won(at) | Self::SameInstant(at) | Self::BeforeKnown(at) | Self::AlreadyConverted(at) => Some(at),
            Self::Lost(at) | Self::Immature(at) => at,
        }
    }
}

/// One life under one definition.
pub(crate) struct Case<'a> {
    pub(crate) life: &'a Life,
    pub(crate) outcome: &'a LifeOutcome,
    pub(crate) place: Place,
    /// The conversion that counts: the first (where the goal recurs: the first in the population).
    pub(crate) conversion: Option<Timestamp>,
    /// What became of the first entry.
    pub(crate) fate: Option<Fate>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(life: &'a Life, outcome: &'a LifeOutcome, facts: &DefinitionFacts, question: &Question) -> Self {
        let population_from = outcome.population_from;
        let conversion = if facts.recurs {
            let from = population_from.unwrap_or(outcome.clock);
            life.conversions.iter().copied().find(|conversion| *conversion >= from)
        } else {
            life.conversions.first().copied()
        };
        let before = |instant: Timestamp| !facts.recurs && conversion.is_some_and(|conversion| conversion < instant);
        let place = if facts.not_yet_instrumented(outcome.clock, &question.zone) {
            Place::BeforeInstrument
        } else if let Some(from) = population_from {
            if before(from) {
                Place::ConvertedBefore
            } else if outcome.clock.0.saturating_add(length(question.minimum_age)) > question.data_until.0 {
                Place::TooYoung
            } else {
                Place::Counted
            }
        } else if before(outcome.clock) {
            Place::ConvertedBefore
        } else {
            Place::Outside
        };
        let mut case = Self { life, outcome, place, conversion, fate: None };
        case.fate = case.entry().map(|entry| case.fate_of(entry, facts.recurs, question));
        case
    }

    /// The first entry, of those who are in the population and whose events were instrumented.
    pub(crate) fn entry(&self) -> Option<&'a LifeEntry> {
        self.entries().first()
    }

    /// All entries of those who are counted.
    pub(crate) fn entries(&self) -> &'a [LifeEntry] {
        if self.is_in_population() { &self.outcome.entries } else { &[] }
    }

    /// In the population, old enough or not.
    pub(crate) fn is_in_population(&self) -> bool {
        matches!(self.place, Place::Counted | Place::TooYoung)
    }

    /// What becomes of an entry.
    pub(crate) fn fate_of(&self, entry: &LifeEntry, recurs: bool, question: &Question) -> Fate {
        let known = entry.known();
        let conversion = if recurs {
            self.life.conversions.iter().copied().find(|conversion| *conversion >= entry.at)
        } else {
            self.conversion
        };
        let judged = question.is_judged(known);
        match conversion {
            Some(at) if at < entry.at => Fate::AlreadyConverted(at),
            Some(at) if at == entry.at => Fate::SameInstant(at),
            Some(at) if at <= known => Fate::BeforeKnown(at),
            _ if !judged => Fate::Immature(conversion),
            Some(at) if at < question.horizon_end(known) => Fate::Won(at),
            _ => Fate::Lost(conversion),
        }
    }

    /// Microseconds from the clock to an instant.
    pub(crate) fn age(&self, at: Timestamp) -> i64 {
        at.0.saturating_sub(self.outcome.clock.0)
    }

    /// The person as a lead, with what became of the first entry.
    pub(crate) fn person(&self, facts: &DefinitionFacts) -> Person {
        let mut person = Person {
            id: self.life.id.clone(),
            clock: Some(When(self.outcome.clock)),
            converted_at: self.fate.map_or(self.conversion, Fate::conversion).map(When),
            ..Person::default()
        };
        if let Some(entry) = self.entry() {
            describe(&mut person, entry, facts);
        }
        person
    }
}

/// Puts an entry's facts on a person, but for the reasons: only the few lists that show them carry them.
pub(crate) fn describe(person: &mut Person, entry: &LifeEntry, facts: &DefinitionFacts) {
    person.qualified_at = Some(When(entry.at));
    person.knowable_at = (entry.known() != entry.at).then(|| When(entry.known()));
    person.score = entry.score.as_ref().map(|score| score.total.to_f64());
    person.band = entry.score.as_ref().and_then(|score| facts.band(score.total)).cloned();
    person.value = entry.value.map(engine::Number::to_f64);
}

/// How a customer was met: by the entries known before the conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Met {
    /// Named before, and converted within the horizon.
    Named,
    /// Named, but longer before than the horizon.
    NamedLongBefore,
    /// Converted at the very instant of qualification: never a success.
    SameInstant,
    /// Qualified before, but the records came in only after the conversion.
    KnownTooLate,
    /// The behaviour was met before, the fit was not met or not known: qualified to use.
    FitNotMet,
    /// Met the definition only after converting.
    AfterConverting,
    /// Converted without a signal.
    WithoutSignal,
}

impl Met {
    /// Every way, the best first.
    pub const ALL: [Self; 7] = [
        Self::Named,
        Self::NamedLongBefore,
        Self::SameInstant,
        Self::KnownTooLate,
        Self::FitNotMet,
        Self::AfterConverting,
        Self::WithoutSignal,
    ];

    /// In a few letters, for tables.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Named => "named before",
            Self::NamedLongBefore => "named long before",
            Self::SameInstant => "same instant",
            Self::KnownTooLate => "known too late",
            Self::FitNotMet => "fit not met",
            Self::AfterConverting => "met after paying",
            Self::WithoutSignal => "no signal",
        }
    }

    /// In words, behind a number: "9 paid without a signal".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Named => "named before they paid",
            Self::NamedLongBefore => "named, but longer before than the horizon",
            Self::SameInstant => "qualified at the very instant they paid",
            Self::KnownTooLate => "qualified before, but the data came in after they paid",
            Self::FitNotMet => "met the behaviour but not (or not known) the fit",
            Self::AfterConverting => "met it only after they paid",
            Self::WithoutSignal => "paid without a signal",
        }
    }
}

impl Case<'_> {
    /// How the customer was met, and by which entry. `None`: no customer, or not counted.
    pub(crate) fn met(&self, question: &Question) -> Option<(Met, Option<&LifeEntry>)> {
        let conversion = self.conversion.filter(|_| self.is_in_population())?;
        let entries = &self.outcome.entries;
        let found = |test: &dyn Fn(&LifeEntry) -> bool| {
            entries.iter().filter(|entry| test(entry)).min_by_key(|entry| entry.known())
        };
        let named = found(&|entry| entry.known() < conversion && conversion < question.horizon_end(entry.known()));
        if named.is_some() {
            return Some((Met::Named, named));
        }
        for (met, entry) in [
            (Met::NamedLongBefore, found(&|entry| entry.known() < conversion)),
            (Met::SameInstant, found(&|entry| entry.at == conversion)),
            (Met::KnownTooLate, found(&|entry| entry.at < conversion)),
        ] {
            if entry.is_some() {
                return Some((met, entry));
            }
        }
        if self.outcome.met_at.is_some_and(|met| met < conversion) {
            return Some((Met::FitNotMet, None));
        }
        let after = entries.first().map(|entry| entry.at).or(self.outcome.outside_at);
        let met =
            if after.is_some_and(|after| after >= conversion) { Met::AfterConverting } else { Met::WithoutSignal };
        Some((met, entries.first()))
    }
}
