//! What other definitions would change, for people: which leads appear, leave, or are told differently.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use anyhow::Result;
use engine::Timestamp;
use engine::time::DAY;
use serde::{Deserialize, Serialize};
use store::ledger::lead::{Brief, Facts, LeadChange, What};
use utoipa::ToSchema;

use super::progress::Progress;
use super::rules::Rules;
use super::second::{Differences, Ground};

/// So many leads of a kind are named.
const NAMED: usize = 20;
/// Over so many weeks leads are counted for the figure a week.
const WEEKS: i64 = 4;

/// What would change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// The edition that it is compared with.
    pub edition: u64,
    /// The log's time: as of when this is so.
    pub as_of: String,
    /// Definition by definition, by id.
    pub definitions: Vec<Planned>,
}

/// What becomes of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It means what it meant.
    Unchanged,
    /// There was none of this id in force.
    New,
    /// It means something else.
    Changed,
    /// It is in force no more; its leads stay as they are.
    Retired,
}

/// What would change of a definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Planned {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub fate: Fate,
    /// The hash of its version; `None` if it is retired.
    pub version: Option<String>,
    /// The hash of the version in force; `None` if it is new.
    pub version_before: Option<String>,
    /// Its leads.
    pub leads: u64,
    /// Its leads now.
    pub leads_before: u64,
    /// Leads a week over the last four weeks.
    pub a_week: f64,
    /// The same now.
    pub a_week_before: f64,
    /// Leads that appear.
    pub appear: Named,
    /// Leads that leave.
    pub leave: Named,
    /// Leads with another instant.
    pub instant: Named,
    /// Leads in another band.
    pub band: Named,
    /// Leads of which something else is told: what they are qualified for, score, value, end.
    pub other: Named,
}

/// How many, and the first of them by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Named {
    /// How many.
    pub count: u64,
    /// The first twenty by the subject's id.
    pub first: Vec<NamedLead>,
}

/// A lead, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct NamedLead {
    /// The subject's id.
    pub subject: String,
    /// Whether a person, an account or a workspace.
    pub kind: String,
    /// The qualification instant; for those who leave the one that they had.
    pub qualified_at: String,
    /// What for.
    pub qualification: String,
    /// The band.
    pub band: Option<String>,
    /// What it was, where that is what changes.
    pub was: Option<String>,
}

/// Builds a second town by other definitions and compares it with what is known. `None` if nobody wants it any more.
///
/// # Errors
/// Lake, log or ledger cannot be read.
pub fn plan(ground: &Ground, edition: u64, before: &Rules, after: Rules, progress: &Progress) -> Result<Option<Plan>> {
    ground.beside(|| {
        let after = Arc::new(after);
        let Some(mut second) = ground.build(Arc::clone(&after), progress)? else { return Ok(None) };
        let differences = ground.compare(&mut second)?;
        let planning = Planning { before, after: &after, differences: &differences, now: second.now };
        Ok(Some(planning.plan(edition)))
    })
}

struct Planning<'a> {
    before: &'a Rules,
    after: &'a Rules,
    differences: &'a Differences,
    now: Timestamp,
}

/// What becomes of a lead.
#[derive(Default)]
struct Becoming<'a> {
    stands: Option<bool>,
    facts: Option<&'a Facts>,
}

impl<'a> Becoming<'a> {
    fn read(&mut self, change: &'a LeadChange) {
        match &change.what {
            What::Detected { facts, .. } => {
                self.stands = Some(true);
                self.facts = Some(facts);
            }
            What::Moved { facts, .. } | What::Corrected { facts, .. } => self.facts = Some(facts),
            What::Retracted | What::Withdrawn { .. } => self.stands = Some(false),
            What::Reinstated { .. } => self.stands = Some(true),
            _ => {}
        }
    }
}

impl Planning<'_> {
    fn plan(&self, edition: u64) -> Plan {
        let mut definitions: BTreeMap<String, Planned> = BTreeMap::new();
        for rules in [self.before, self.after] {
            for definition in rules.program.definitions() {
                let planned = self.blank(&definition.id, definition.name.clone());
                definitions.insert(definition.id.to_string(), planned);
            }
        }
        self.count(&mut definitions);
        self.read_changes(&mut definitions);
        for planned in definitions.values_mut() {
            [&mut planned.appear, &mut planned.leave, &mut planned.instant, &mut planned.band, &mut planned.other]
                .into_iter()
                .for_each(Named::cut);
        }
        Plan { edition, as_of: self.now.to_string(), definitions: definitions.into_values().collect() }
    }

    fn blank(&self, id: &str, name: String) -> Planned {
        let version = |rules: &Rules| rules.place(id).map(|place| rules.version(place).to_owned());
        let (was, is) = (version(self.before), version(self.after));
        let fate = match (&was, &is) {
            (None, _) => Fate::New,
            (_, None) => Fate::Retired,
            (was, is) if was == is => Fate::Unchanged,
            _ => Fate::Changed,
        };
        Planned {
            id: id.to_owned(),
            name,
            fate,
            version: is,
            version_before: was,
            leads: 0,
            leads_before: 0,
            a_week: 0.0,
            a_week_before: 0.0,
            appear: Named::default(),
            leave: Named::default(),
            instant: Named::default(),
            band: Named::default(),
            other: Named::default(),
        }
    }

    fn count(&self, definitions: &mut BTreeMap<String, Planned>) {
        let since = self.now.0.saturating_sub(WEEKS * 7 * DAY);
        let a_week = |at: Timestamp| if at.0 > since { 1.0 / WEEKS as f64 } else { 0.0 };
        for brief in self.differences.briefs.iter().filter(|brief| !brief.is_retracted) {
            if let Some(planned) = definitions.get_mut(&brief.definition) {
                planned.leads_before += 1;
                planned.a_week_before += a_week(brief.qualified_at);
            }
        }
        for (definition, at) in self.differences.book.standing() {
            if let Some(planned) = definitions.get_mut(definition) {
                planned.leads += 1;
                planned.a_week += a_week(at);
            }
        }
    }

    fn read_changes(&self, definitions: &mut BTreeMap<String, Planned>) {
        let mut becoming: BTreeMap<u64, Becoming<'_>> = BTreeMap::new();
        for change in &self.differences.changes.leads {
            becoming.entry(change.lead).or_default().read(change);
        }
        let briefs: HashMap<u64, &Brief> = self.differences.briefs.iter().map(|brief| (brief.id, brief)).collect();
        for (lead, becoming) in becoming {
            let definition = self.differences.book.definition_of(lead).and_then(|id| definitions.get_mut(id));
            // What of an unchanged definition differs is not of this plan's doing.
            let Some(planned) = definition.filter(|planned| planned.fate != Fate::Unchanged) else { continue };
            let brief = briefs.get(&lead).copied();
            let stood = brief.is_some_and(|brief| !brief.is_retracted);
            match (stood, becoming.stands.unwrap_or(stood)) {
                (false, false) => {}
                (false, true) => planned.appear.add(named(brief, becoming.facts, None)),
                (true, false) => planned.leave.add(named(brief, None, None)),
                (true, true) => Self::read_move(planned, brief, becoming.facts),
            }
        }
    }

    /// A lead that goes on, told differently.
    fn read_move(planned: &mut Planned, brief: Option<&Brief>, facts: Option<&Facts>) {
        let (Some(brief), Some(facts)) = (brief, facts) else { return };
        if brief.qualified_at != facts.qualified_at {
            planned.instant.add(named(Some(brief), Some(facts), Some(brief.qualified_at.to_string())));
        } else if brief.band != facts.band {
            planned.band.add(named(Some(brief), Some(facts), brief.band.clone()));
        } else {
            planned.other.add(named(Some(brief), Some(facts), None));
        }
    }
}

fn named(brief: Option<&Brief>, facts: Option<&Facts>, was: Option<String>) -> Option<NamedLead> {
    let (subject, kind, at, qualification) = match (facts, brief) {
        (Some(facts), _) => (&facts.subject, facts.subject_kind, facts.qualified_at, facts.qualification),
        (None, Some(brief)) => (&brief.subject, brief.subject_kind, brief.qualified_at, brief.qualification),
        (None, None) => return None,
    };
    Some(NamedLead {
        subject: subject.clone(),
        kind: kind.word().to_owned(),
        qualified_at: at.to_string(),
        qualification: qualification.word().to_owned(),
        band: facts.and_then(|facts| facts.band.clone()),
        was,
    })
}

impl Named {
    fn add(&mut self, lead: Option<NamedLead>) {
        self.count += 1;
        self.first.extend(lead);
    }

    fn cut(&mut self) {
        self.first.sort();
        self.first.truncate(NAMED);
    }
}
