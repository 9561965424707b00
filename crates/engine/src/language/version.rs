//! The version of a definition: a hash of what it means, so that a lead says for ever by which rule it was made.

use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::print::{Piece, definition_piece, goal, population};
use crate::definition::{
    Behaviour, Clock, Criterion, Definition, Entries, Events, Filter, Goal, Operand, Period, Population, Quantity,
    Share, Test,
};
use crate::record::SubjectKind;
use crate::workspace::Workspace;

/// The form that is hashed; a new number for every change to it.
const FORM: &str = "brix-definition/1";

/// A definition's version: SHA-256 of its canonical form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub [u8; 32]);

impl Version {
    /// The first twelve digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

/// The version of a definition among those it can refer to. It changes with whatever changes its meaning: its own
/// words, the versions of the definitions it refers to, the zone, the workspace's goal and population where
/// it has none, the lists of domains where it asks for them. It does not with names, comments, examples, layout, or
/// the order of what has no order.
#[must_use]
pub fn version(definition: &Definition, others: &[Definition], workspace: &Workspace) -> Version {
    version_within(definition, others, workspace, &mut Vec::new())
}

fn version_within(
    definition: &Definition,
    others: &[Definition],
    workspace: &Workspace,
    path: &mut Vec<Arc<str>>,
) -> Version {
    let mut definition = definition.clone();
    let id = std::mem::replace(&mut definition.id, Arc::from(""));
    definition.name = String::new();
    definition.goal = definition.goal.or_else(|| workspace.goal.clone());
    definition.population = definition.population.or_else(|| workspace.population.clone());
    let used = Used::of(&definition);
    order(&mut definition);
    let mut text = format!("{FORM}\nzone {:?}\n", workspace.zone.iana_name());
    definition_piece(&definition).canonical(&mut text);
    let default_population = definition.population.is_none();
    for (name, list, asked) in [
        ("internal", &workspace.internal_domains, used.domains || default_population),
        ("competitor", &workspace.competitor_domains, used.domains),
        ("free", &workspace.free_domains, used.domains),
        ("education", &workspace.education_domains, used.domains),
    ] {
        if asked {
            let _ = write!(text, "\n{name} {list:?}");
        }
    }
    if let Some(profile) = workspace.consent.profile.as_ref().filter(|_| definition.subject == SubjectKind::User) {
        let _ = write!(text, "\nconsent {profile:?} required {}", workspace.consent.required);
    }
    path.push(id);
    for id in used.definitions {
        let other = others.iter().find(|other| other.id == id).filter(|_| !path.contains(&id));
        // A circle, or a missing definition, does not compile; its id stands for it.
        let version =
            other.map_or_else(|| "none".to_owned(), |other| version_within(other, others, workspace, path).to_string());
        let _ = write!(text, "\nmeets {id} {version}");
    }
    path.pop();
    Version(Sha256::digest(text.as_bytes()).into())
}

/// What a definition rests on outside itself.
#[derive(Default)]
struct Used {
    domains: bool,
    definitions: BTreeSet<Arc<str>>,
}

impl Used {
    fn of(definition: &Definition) -> Self {
        let mut used = Self::default();
        if let Some(Population::Meeting(criterion)) = &definition.population {
            used.criterion(criterion);
        }
        used.criterion(&definition.when);
        if let Some(fit) = &definition.fit {
            used.criterion(fit);
        }
        definition.score.iter().for_each(|part| used.share(&part.share));
        let others = [
            definition.goal.as_ref().map(|goal| &goal.events),
            match &definition.clock {
                Clock::Event(events) => Some(events),
                _ => None,
            },
            match &definition.entries {
                Entries::OnEvent(events) => Some(events),
                _ => None,
            },
        ];
        others.into_iter().flatten().for_each(|events| used.events(events));
        used
    }

    fn criterion(&mut self, criterion: &Criterion) {
        match criterion {
            Criterion::All(parts) | Criterion::Any(parts) | Criterion::AtLeast { of: parts, .. } => {
                parts.iter().for_each(|part| self.criterion(part));
            }
            Criterion::Not(part) | Criterion::OfAccount(part) => self.criterion(part),
            Criterion::Behaviour(behaviour) => self.behaviour(behaviour),
            Criterion::Sequence(sequence) => {
                sequence.steps.iter().for_each(|step| self.events(step));
                self.period(&sequence.period);
            }
            Criterion::Trait(test) => self.test(&test.test),
            Criterion::Ratio(ratio) => {
                for side in [&ratio.of, &ratio.to] {
                    if let Quantity::Measure(behaviour) = side {
                        self.behaviour(behaviour);
                    }
                }
            }
            Criterion::Meets { definition, .. } | Criterion::MembersMeeting { definition, .. } => {
                self.definitions.insert(Arc::clone(definition));
            }
        }
    }

    fn behaviour(&mut self, behaviour: &Behaviour) {
        self.events(&behaviour.events);
        self.period(&behaviour.period);
        behaviour.is.iter().for_each(|test| self.test(test));
    }

    fn period(&mut self, period: &Period) {
        if let Period::Since { events, .. } = period {
            self.events(events);
        }
    }

    fn events(&mut self, events: &Events) {
        if let Some(filter) = &events.filter {
            self.filter(filter);
        }
    }

    fn filter(&mut self, filter: &Filter) {
        match filter {
            Filter::All(parts) | Filter::Any(parts) => parts.iter().for_each(|part| self.filter(part)),
            Filter::Not(part) => self.filter(part),
            Filter::Test { test, .. } => self.test(test),
        }
    }

    fn test(&mut self, test: &Test) {
        self.domains |= matches!(test, Test::DomainKind(_));
    }

    fn share(&mut self, share: &Share) {
        match share {
            Share::Time { .. } | Share::FitMet => {}
            Share::Measure { of, .. } => self.behaviour(of),
            Share::Points { table, .. } => table.iter().for_each(|row| self.criterion(&row.criterion)),
            Share::Max(shares) => shares.iter().for_each(|share| self.share(share)),
        }
    }
}

/// Puts what has no order into one: the parts of `all`, `any`, `at_least` and filters, names, lists of values, the parts
/// of the score, rows of point tables.
fn order(definition: &mut Definition) {
    if let Some(Population::Meeting(criterion)) = &mut definition.population {
        order_criterion(criterion);
    }
    order_criterion(&mut definition.when);
    definition.fit.iter_mut().for_each(order_criterion);
    definition.score.iter_mut().for_each(|part| order_share(&mut part.share));
    definition.score.sort_by(|one, other| one.name.cmp(&other.name));
    if let Clock::Event(events) = &mut definition.clock {
        order_events(events);
    }
    if let Entries::OnEvent(events) = &mut definition.entries {
        order_events(events);
    }
    definition.goal.iter_mut().for_each(|goal| order_events(&mut goal.events));
}

fn canonical(piece: &Piece) -> String {
    let mut text = String::new();
    piece.canonical(&mut text);
    text
}

fn order_criteria(criteria: &mut [Criterion]) {
    criteria.iter_mut().for_each(order_criterion);
    criteria.sort_by_cached_key(|criterion| canonical(&population(&Population::Meeting(criterion.clone()))));
}

fn order_criterion(criterion: &mut Criterion) {
    match criterion {
        Criterion::All(parts) | Criterion::Any(parts) | Criterion::AtLeast { of: parts, .. } => order_criteria(parts),
        Criterion::Not(part) | Criterion::OfAccount(part) => order_criterion(part),
        Criterion::Behaviour(behaviour) => order_behaviour(behaviour),
        Criterion::Sequence(sequence) => {
            sequence.steps.iter_mut().for_each(order_events);
            order_period(&mut sequence.period);
        }
        Criterion::Trait(test) => order_test(&mut test.test),
        Criterion::Ratio(ratio) => {
            order_test(&mut ratio.is);
            for side in [&mut ratio.of, &mut ratio.to] {
                if let Quantity::Measure(behaviour) = side {
                    order_behaviour(behaviour);
                }
            }
        }
        Criterion::MembersMeeting { is, .. } => order_test(is),
        Criterion::Meets { .. } => {}
    }
}

fn order_behaviour(behaviour: &mut Behaviour) {
    order_events(&mut behaviour.events);
    order_period(&mut behaviour.period);
    behaviour.is.iter_mut().for_each(order_test);
}

fn order_period(period: &mut Period) {
    if let Period::Since { events, .. } = period {
        order_events(events);
    }
}

fn order_events(events: &mut Events) {
    events.names.sort_by_cached_key(|name| format!("{name:?}"));
    events.names.dedup();
    events.filter.iter_mut().for_each(order_filter);
}

fn order_filter(filter: &mut Filter) {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => {
            parts.iter_mut().for_each(order_filter);
            parts.sort_by_cached_key(filter_key);
        }
        Filter::Not(part) => order_filter(part),
        Filter::Test { test, .. } => order_test(test),
    }
}

fn filter_key(filter: &Filter) -> String {
    let events = Events { names: Vec::new(), kind: None, filter: Some(filter.clone()) };
    canonical(&goal(&Goal { events, of: None, within: None }))
}

fn order_test(test: &mut Test) {
    if let Test::In(operands) | Test::NotIn(operands) = test {
        operands.sort_by_cached_key(|operand: &Operand| format!("{operand:?}"));
        operands.dedup();
    }
}

fn order_share(share: &mut Share) {
    match share {
        Share::Time { .. } | Share::FitMet => {}
        Share::Measure { of, .. } => order_behaviour(of),
        Share::Points { table, .. } => {
            table.iter_mut().for_each(|row| order_criterion(&mut row.criterion));
            table.sort_by_cached_key(|row| {
                let criterion = canonical(&population(&Population::Meeting(row.criterion.clone())));
                format!("{criterion} {} {:?}", row.points, row.half_life)
            });
        }
        Share::Max(shares) => {
            shares.iter_mut().for_each(order_share);
            shares.sort_by_cached_key(|share| format!("{share:?}"));
        }
    }
}
