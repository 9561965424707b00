//! Which features a table has, and in which order.

use engine::record::SubjectKind;

use super::levels::Levels;
use super::question::Question;
use super::timing;

/// What is measured of an event, or of all product events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// How often.
    Count,
    /// On how many separate calendar days.
    Days,
    /// By how many different members (accounts only).
    Users,
    /// How many different events (of all product events only).
    Kinds,
    /// A feature of the event's property: [`Slot::of`] is its place among the catalog's.
    Property,
    /// A trait at the landmark: [`Slot::of`] is its place among the catalog's.
    Trait,
    /// How soon the first came after the clock, in steps of [`timing`].
    Soon,
    /// How soon the so-manieth came after the first, in steps.
    Again(u8),
    /// How much more often it came in the second half of the window than in the first, in steps.
    Growth,
    /// How often in the last quarter of the window.
    Lately,
    /// How soon after it the event [`Slot::of`] came, in steps.
    Then,
    /// How much of a limit is used at the landmark, in steps of [`share`](super::share): [`Slot::of`] is its place among the
    /// catalog's.
    Share,
}

impl Measure {
    /// Whether it is about when events came: its values are steps, or of a part of the window only.
    #[must_use]
    pub const fn is_timing(self) -> bool {
        matches!(self, Self::Soon | Self::Again(_) | Self::Growth | Self::Lately | Self::Then)
    }

    /// Whether its values are amounts of something: neither steps nor of a part of the window.
    #[must_use]
    pub const fn is_amount(self) -> bool {
        !self.is_timing() && !matches!(self, Self::Share)
    }

    /// Whether it reads traits: as they are at the landmark, where a definition takes them as they are at each instant.
    #[must_use]
    pub const fn reads_traits(self) -> bool {
        matches!(self, Self::Trait | Self::Share)
    }
}

/// A feature: which events, what is measured. It has one value for each window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The event's place in the catalog; `None`: any product event.
    pub event: Option<u16>,
    /// What is measured.
    pub measure: Measure,
    /// Of which property, trait, later event or share of a limit.
    pub of: Option<u16>,
}

/// What a feature is about: the event or trait, which property, value, later event or limit of it, and as what it is taken.
pub type About = (Option<u16>, Option<u16>, Taken);

/// As what an event or trait is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Taken {
    /// By itself.
    Alone,
    /// Before another event.
    InOrder,
    /// As a share of a limit.
    OfLimit,
}

impl Slot {
    /// What it is about: features about the same say the same in other words.
    #[must_use]
    pub const fn about(self) -> About {
        let taken = match self.measure {
            Measure::Then => Taken::InOrder,
            Measure::Share => Taken::OfLimit,
            _ => Taken::Alone,
        };
        (self.event, self.of, taken)
    }

    /// Whether it counts whatever people do with the product.
    #[must_use]
    pub const fn counts_all_use(self) -> bool {
        self.event.is_none() && !self.measure.reads_traits()
    }

    /// The events of the catalog that it is about.
    pub fn events(self) -> impl Iterator<Item = u16> {
        let later = self.of.filter(|_| self.measure == Measure::Then);
        self.event.into_iter().chain(later)
    }
}

/// Which features a table has, in their order.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The features.
    pub slots: Vec<Slot>,
    /// How many windows.
    pub windows: usize,
    pub(crate) measures: usize,
    pub(crate) accounts: bool,
    /// Where the number of different events is; behind it come features of properties.
    pub(crate) kinds: usize,
    /// Where features of traits begin.
    pub(crate) traits: usize,
    /// Where features of timing begin.
    pub(crate) timing: usize,
    /// Where features of limits begin.
    pub(crate) shares: usize,
    /// Values to bytes.
    pub levels: Levels,
}

impl Layout {
    /// The features of a question.
    #[must_use]
    pub fn new(question: &Question) -> Self {
        let accounts = question.subject != SubjectKind::User;
        let measures = if accounts {
            &[Measure::Count, Measure::Days, Measure::Users][..]
        } else {
            &[Measure::Count, Measure::Days]
        };
        let events = (0..question.catalog.events.len() as u16).map(Some);
        let mut slots: Vec<Slot> = std::iter::once(None)
            .chain(events)
            .flat_map(|event| measures.iter().map(move |measure| Slot { event, measure: *measure, of: None }))
            .collect();
        slots.push(Slot { event: None, measure: Measure::Kinds, of: None });
        let kinds = slots.len() - 1;
        let catalog = &question.catalog;
        let properties = catalog.properties.iter().zip(0..);
        slots.extend(properties.map(|(feature, of)| Slot {
            event: Some(feature.event),
            measure: Measure::Property,
            of: Some(of),
        }));
        let traits = slots.len();
        slots.extend((0..catalog.traits.len() as u16).map(|of| Slot {
            event: None,
            measure: Measure::Trait,
            of: Some(of),
        }));
        let timing = slots.len();
        slots.extend(timing::slots(catalog.events.len()));
        let shares = slots.len();
        slots.extend(catalog.shares.iter().zip(0..).map(|(feature, of)| Slot {
            event: feature.used.event(),
            measure: Measure::Share,
            of: Some(of),
        }));
        Self {
            slots,
            timing,
            shares,
            windows: question.windows.len(),
            measures: measures.len(),
            accounts,
            kinds,
            traits,
            levels: Levels::new(),
        }
    }

    /// Bytes of a subject.
    #[must_use]
    pub fn stride(&self) -> usize {
        self.slots.len() * self.windows
    }
}
