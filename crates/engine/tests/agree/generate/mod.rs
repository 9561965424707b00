//! Random definitions and histories over small alphabets, so that things happen and coincide.

mod consent;
pub mod criteria;
pub mod definitions;
pub mod dice;
pub mod filters;
pub mod histories;
pub mod shrink;
pub mod spans;

use std::sync::Arc;

use engine::definition::{Definition, Events, Goal, NamePattern, Population};
use engine::record::{EventKind, Record, SubjectKind};
use engine::workspace::Workspace;
use engine::{Span, Timestamp};
use jiff::tz::TimeZone;

use dice::Dice;

/// One history with definitions to judge it by.
#[derive(Debug, Clone)]
pub struct Case {
    pub records: Vec<Record>,
    pub definitions: Vec<Definition>,
    pub workspace: Workspace,
    pub horizon: Timestamp,
}

/// An id or name.
pub fn name(words: &str) -> Arc<str> {
    Arc::from(words)
}

/// Event names; `Pay` is billing and `Visit …` marketing, the others product.
pub const EVENTS: [&str; 7] = ["A", "A", "B", "C", "Report x", "Pay", "Visit home"];

impl Case {
    /// The case of a seed.
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let workspace = workspace(&mut dice);
        let spans = spans::Spans::of(&mut dice);
        let records = histories::history(&mut dice, &workspace, &spans);
        let definitions = definitions::definitions(&mut dice, &spans);
        let latest = records.iter().map(|record| record.timestamp).max().unwrap_or(Timestamp(0));
        let zone = &workspace.zone;
        let horizon = match dice.below(6) {
            0 => latest,
            1 => latest.plus(spans.any(&mut dice), zone),
            2 => latest.minus(Span::days(2), zone),
            _ => latest.plus(Span::days(40), zone),
        };
        let mut case = Self { records, definitions, workspace, horizon };
        // Dice of its own, so that the cases of kept seeds stay what they were.
        consent::ask(&mut case, &mut Dice::new(seed.rotate_left(17) ^ 0xC0_45E7));
        case
    }

    /// The same history under plain definitions, of people who are asked for no consent.
    pub fn plain(seed: u64) -> Self {
        let mut dice = Dice::new(seed.rotate_left(29) ^ 0x50_1A17);
        let mut case = Self::of(seed);
        let spans = spans::Spans::of(&mut dice);
        case.definitions = definitions::plain(&mut dice, &spans);
        case.workspace.consent = Default::default();
        case
    }
}

fn workspace(dice: &mut Dice) -> Workspace {
    let zone = dice.weigh(&[(4, "UTC"), (4, "Europe/Berlin"), (2, "America/Sao_Paulo")]);
    let goal = dice.chance(70).then(|| goal(dice));
    let population = dice.chance(10).then_some(Population::Everyone);
    Workspace {
        zone: TimeZone::get(zone).expect("the zone is in the bundled database"),
        goal,
        population,
        internal_domains: ["ours.io".to_owned()].into(),
        competitor_domains: ["rival.com".to_owned()].into(),
        account_from_email: dice.chance(30),
        domain_aliases: [("acme.org".to_owned(), "acme.com".to_owned())].into(),
        event_aliases: [(name("a"), name("A"))].into(),
        event_kinds: [(name("Pay"), EventKind::Billing), (name("Visit*"), EventKind::Marketing)].into(),
        ..Workspace::default()
    }
}

/// What a conversion is.
pub fn goal(dice: &mut Dice) -> Goal {
    let event = dice.pick(&["Pay", "Pay", "Pay", "C"]);
    Goal {
        events: Events { names: vec![NamePattern::Exactly(name(event))], kind: None, filter: None },
        of: dice.weigh(&[(6, None), (2, Some(SubjectKind::Account)), (2, Some(SubjectKind::User))]),
        within: None,
    }
}
