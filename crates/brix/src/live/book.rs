//! What is known of all leads, and what news about a household changes in it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use engine::definition::{Definition, Goal};
use engine::erasure::Leaving;
use engine::outcome::Outcome;
use engine::record::{Money, SubjectKind};
use engine::{Number, Timestamp};
use insight::question::length;
use store::ledger::lead::{Brief, Facts, LeadChange, LeadScore, LeadState, Qualification, What};

use super::course::Courses;
use super::rules::Rules;
use super::town::{News, Said};

/// A definition's id, what it qualifies, and the id by which people know the subject.
type Key = (Arc<str>, SubjectKind, String);

/// A lead that is known.
#[derive(Debug, Clone)]
struct Known {
    id: u64,
    definition: Arc<str>,
    has_account: bool,
    entry: u32,
    qualification: Qualification,
    qualified_at: Timestamp,
    exit_at: Option<Timestamp>,
    score: Option<Number>,
    value: Option<Money>,
    band: Option<Arc<str>>,
    may_contact: bool,
    is_retracted: bool,
}

/// A lead that should be.
#[derive(Debug, Clone)]
struct Wanted {
    qualification: Qualification,
    qualified_at: Timestamp,
    exit_at: Option<Timestamp>,
    score: Option<LeadScore>,
    value: Option<Number>,
}

/// What of a change is told to the outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tell {
    /// A new lead.
    Qualified,
    /// One that was qualified to use is now qualified to buy.
    QualifiedToBuy,
    /// One that was told of has vanished.
    Retracted,
    /// One that was snoozed is to be looked at again.
    Woken {
        /// It was snoozed until then.
        until: Timestamp,
        /// Its time was over meanwhile.
        is_over: bool,
    },
}

/// A lead to be told of.
#[derive(Debug, Clone)]
pub struct Telling {
    /// The lead.
    pub lead: u64,
    /// The how-manyth of its subject and definition.
    pub entry: u32,
    /// What.
    pub tell: Tell,
    /// The definition's place.
    pub definition: usize,
    /// What is so now.
    pub facts: Facts,
}

/// What news changes.
#[derive(Debug, Default)]
pub struct Changes {
    /// Changes of leads, without evidence.
    pub leads: Vec<LeadChange>,
    /// Leads to be told of.
    pub tellings: Vec<Telling>,
    /// Leads of which nothing more is to be sent.
    pub cancelled: Vec<u64>,
    /// Of leads that stand as they stood, while what came before them has changed: what is to be corrected if it differs from
    /// what is kept.
    pub doubts: Vec<LeadChange>,
    /// Leads whose goal was reached, perhaps for the first time since their state was set.
    pub goals: Vec<Reached>,
}

/// A lead's goal was reached.
#[derive(Debug, Clone, Copy)]
pub struct Reached {
    /// The lead.
    pub lead: u64,
    /// When, the last time.
    pub goal: Timestamp,
    /// When that is said.
    pub at: Timestamp,
}

/// All leads.
pub struct Book {
    rules: Arc<Rules>,
    next: u64,
    /// By what and whom.
    known: HashMap<(SubjectKind, String), Vec<Known>>,
    /// What becomes of each with time.
    courses: Courses,
}

/// At which instants of the processor something is said.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// The log's time.
    pub at: Timestamp,
    /// Nobody is told: this is history.
    pub is_silent: bool,
}

impl Book {
    /// Of all leads that the ledger knows.
    pub fn new(rules: Arc<Rules>, briefs: Vec<Brief>, next: u64) -> Self {
        let mut known: HashMap<(SubjectKind, String), Vec<Known>> = HashMap::new();
        let mut courses = Courses::default();
        for brief in briefs {
            let definition: Arc<str> = match rules.place(&brief.definition) {
                Some(place) => Arc::clone(&rules.program.definitions()[place].id),
                None => Arc::from(brief.definition),
            };
            courses.know(brief.id, Arc::clone(&definition), &brief.state);
            known.entry((brief.subject_kind, brief.subject)).or_default().push(Known {
                id: brief.id,
                definition,
                has_account: brief.has_account,
                entry: brief.entry,
                qualification: brief.qualification,
                qualified_at: brief.qualified_at,
                exit_at: brief.exit_at,
                score: brief.score,
                value: brief.value,
                band: brief.band.map(Arc::from),
                may_contact: brief.may_contact,
                is_retracted: brief.is_retracted,
            });
        }
        let mut book = Self { rules, next, known, courses };
        book.set_ends();
        book
    }

    /// What becomes of leads with time.
    pub const fn courses(&mut self) -> &mut Courses {
        &mut self.courses
    }

    /// When something is to become of a lead without any news.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.courses.next_due()
    }

    /// When the time of each is over, by the definitions in force.
    fn set_ends(&mut self) {
        for lead in self.known.values().flatten() {
            let ends = self.rules.place(&lead.definition).and_then(|place| end(&self.rules, place, lead));
            // Nothing that was over comes to life by this: nothing is known of the present.
            self.courses.set_end(lead.id, ends, lead.is_retracted, Timestamp::MIN);
        }
    }

    /// Other definitions are in force. Leads of those that are not any more stay as they are.
    pub fn adopt(&mut self, rules: Arc<Rules>) {
        self.rules = rules;
        self.set_ends();
    }

    /// Of each lead that stands: its definition, and its instant.
    pub fn standing(&self) -> impl Iterator<Item = (&str, Timestamp)> {
        let standing = self.known.values().flatten().filter(|known| !known.is_retracted);
        standing.map(|known| (&*known.definition, known.qualified_at))
    }

    /// Everyone who is or was a lead.
    pub fn subjects(&self) -> impl Iterator<Item = (SubjectKind, &str)> {
        self.known.keys().map(|(kind, id)| (*kind, id.as_str()))
    }

    /// The definition that a lead is of.
    pub fn definition_of(&self, lead: u64) -> Option<&str> {
        self.courses.definition_of(lead).map(|id| &**id)
    }

    /// Forgets the leads of those who are erased; gives their numbers.
    pub fn erase(&mut self, leaving: &Leaving) -> Vec<u64> {
        let known = leaving.ids.iter().filter_map(|subject| self.known.remove(subject)).flatten();
        let leads: Vec<u64> = known.map(|lead| lead.id).collect();
        leads.iter().for_each(|lead| self.courses.forget(*lead));
        leads
    }

    /// What news about a household changes.
    pub fn read(&mut self, news: &News, now: Now, changes: &mut Changes) {
        let rules = Arc::clone(&self.rules);
        let mut groups: BTreeMap<Key, (Vec<Known>, Option<&Said>)> = BTreeMap::new();
        for (kind, id, shown) in &news.ids {
            for known in self.known.remove(&(*kind, id.clone())).unwrap_or_default() {
                let key = (Arc::clone(&known.definition), *kind, shown.clone());
                groups.entry(key).or_default().0.push(known);
            }
        }
        for said in &news.said {
            let Some(definition) = rules.definition(&said.outcome) else { continue };
            let key = (Arc::clone(&definition.id), said.outcome.subject.kind, said.id.clone());
            groups.entry(key).or_default().1 = Some(said);
        }
        for ((definition, kind, id), (mut known, said)) in groups {
            if let Some(place) = rules.place(&definition) {
                let refuses = kind == SubjectKind::User && news.refusing.contains(&id);
                let of = Of { rules: &rules, place, kind, id: &id, said, now, reached: news.reached, refuses };
                self.settle(&of, &mut known, changes);
            }
            self.known.entry((kind, id)).or_default().extend(known);
        }
    }

    /// Matches the leads of one definition and subject with those that should be.
    fn settle(&mut self, of: &Of<'_>, known: &mut Vec<Known>, changes: &mut Changes) {
        known.sort_by_key(|lead| lead.entry);
        let mut wanted = of.wanted();
        let mut open: Vec<usize> = (0..known.len()).collect();
        let mut pairs: Vec<(usize, Wanted)> = Vec::new();
        // The same instant, then in order; those that had vanished come last.
        wanted.retain(|want| {
            let same = |place: &usize| known.get(*place).is_some_and(|lead| lead.qualified_at == want.qualified_at);
            let Some(found) = open.iter().position(same) else { return true };
            pairs.push((open.remove(found), want.clone()));
            false
        });
        open.sort_by_key(|place| known.get(*place).map(|lead| (lead.is_retracted, lead.entry)));
        let paired = open.len().min(wanted.len());
        pairs.extend(open.drain(..paired).zip(wanted.drain(..paired)));
        for (place, want) in pairs {
            if let Some(lead) = known.get_mut(place) {
                of.keep(lead, &want, changes);
            }
        }
        for place in open {
            if let Some(lead) = known.get_mut(place).filter(|lead| !lead.is_retracted) {
                lead.is_retracted = true;
                changes.leads.push(of.change(lead.id, of.gone()));
                changes.cancelled.push(lead.id);
                of.tell((lead.id, lead.entry), Tell::Retracted, of.facts_of(lead), changes);
            }
        }
        let latest = known.iter().map(|lead| lead.qualified_at).max();
        for want in wanted {
            let entry = known.iter().map(|lead| lead.entry).max().unwrap_or(0) + 1;
            let facts = of.facts(&want);
            let lead = Known {
                id: self.next,
                definition: Arc::clone(&of.definition().id),
                has_account: facts.account.is_some(),
                entry,
                qualification: want.qualification,
                qualified_at: want.qualified_at,
                exit_at: want.exit_at,
                score: want.score.as_ref().map(|score| score.total),
                value: facts.value.clone(),
                band: facts.band.as_deref().map(Arc::from),
                may_contact: facts.may_contact,
                is_retracted: false,
            };
            self.courses.know(lead.id, Arc::clone(&lead.definition), &LeadState::New);
            self.courses.is_new(lead.id);
            self.next += 1;
            let detected = What::Detected {
                definition: lead.definition.to_string(),
                entry,
                facts: Box::new(facts.clone()),
                evidence: String::new(),
                in_history: of.now.is_silent,
            };
            changes.leads.push(of.change(lead.id, detected));
            // An entry wholly before one that is known is recorded in silence.
            if latest.is_none_or(|latest| want.qualified_at > latest) {
                of.tell((lead.id, entry), Tell::Qualified, facts, changes);
            }
            known.push(lead);
        }
        for lead in known.iter() {
            let goal = of.goal(lead.qualified_at).filter(|_| !lead.is_retracted);
            if self.courses.reached(lead.id, goal) {
                changes.goals.extend(goal.map(|goal| Reached { lead: lead.id, goal, at: of.now.at }));
            }
            self.courses.set_end(lead.id, end(of.rules, of.place, lead), lead.is_retracted, of.now.at);
        }
    }
}

/// One definition and one subject.
struct Of<'a> {
    rules: &'a Rules,
    place: usize,
    kind: SubjectKind,
    id: &'a str,
    said: Option<&'a Said>,
    now: Now,
    reached: Option<Timestamp>,
    /// It does not want to be judged.
    refuses: bool,
}

impl Of<'_> {
    fn definition(&self) -> &Definition {
        &self.rules.program.definitions()[self.place]
    }

    fn outcome(&self) -> Option<&Outcome> {
        self.said.map(|said| &said.outcome)
    }

    /// The entries; for those who have none, the instant at which the behaviour was met.
    fn wanted(&self) -> Vec<Wanted> {
        let Some(outcome) = self.outcome() else { return Vec::new() };
        let names = self.rules.facts(self.place).map_or(&[][..], |facts| &facts.score_parts);
        let to_buy = outcome.entries.iter().map(|entry| Wanted {
            qualification: Qualification::ToBuy,
            qualified_at: entry.at,
            exit_at: entry.exit,
            score: entry.score.as_ref().map(|score| LeadScore {
                total: score.total,
                parts: names.iter().map(ToString::to_string).zip(score.parts.iter().copied()).collect(),
            }),
            value: entry.value,
        });
        let all: Vec<Wanted> = to_buy.collect();
        if !all.is_empty() {
            return all;
        }
        let to_use = outcome.met_at.map(|at| Wanted {
            qualification: Qualification::ToUse,
            qualified_at: at,
            exit_at: None,
            score: None,
            value: None,
        });
        to_use.into_iter().collect()
    }

    fn facts(&self, want: &Wanted) -> Facts {
        let facts = self.rules.facts(self.place);
        let band = want.score.as_ref().and_then(|score| facts?.band(score.total));
        let currency = facts.and_then(|facts| facts.currency.clone());
        Facts {
            version: self.rules.version(self.place).to_owned(),
            subject_kind: self.kind,
            subject: self.id.to_owned(),
            account: self.said.and_then(|said| said.account.clone()),
            qualification: want.qualification,
            qualified_at: want.qualified_at,
            knowable_at: None,
            exit_at: want.exit_at,
            score: want.score.clone(),
            value: want.value.zip(currency).map(|(amount, currency)| Money { amount, currency }),
            band: band.map(ToString::to_string),
            may_contact: self.said.is_none_or(|said| said.may_contact),
        }
    }

    /// The little that is still known of a lead that vanishes.
    fn facts_of(&self, lead: &Known) -> Facts {
        let facts = self.facts(&Wanted {
            qualification: lead.qualification,
            qualified_at: lead.qualified_at,
            exit_at: lead.exit_at,
            score: None,
            value: None,
        });
        Facts { may_contact: lead.may_contact && facts.may_contact, ..facts }
    }

    /// Why a lead is none: late data, or a version of the definition that does not name it.
    fn gone(&self) -> What {
        match self.now.is_silent {
            _ if self.refuses => What::Unconsented,
            true => What::Withdrawn { version: self.rules.version(self.place).to_owned() },
            false => What::Retracted,
        }
    }

    fn change(&self, lead: u64, what: What) -> LeadChange {
        LeadChange { lead, at: self.now.at, by: None, what }
    }

    /// Tells of a lead, unless this is history, or nobody is to be told.
    fn tell(&self, (lead, entry): (u64, u32), tell: Tell, facts: Facts, changes: &mut Changes) {
        if !self.now.is_silent && facts.may_contact {
            changes.tellings.push(Telling { lead, entry, tell, definition: self.place, facts });
        }
    }

    /// A lead that goes on, perhaps set right.
    fn keep(&self, lead: &mut Known, want: &Wanted, changes: &mut Changes) {
        let facts = self.facts(want);
        // Told otherwise, or by another version once more.
        let mut drifted = lead.is_retracted && self.now.is_silent;
        if lead.is_retracted {
            lead.is_retracted = false;
            changes.leads.push(self.change(lead.id, What::Reinstated { in_history: self.now.is_silent }));
        }
        let score = want.score.as_ref().map(|score| score.total);
        let upgraded = (lead.qualification, want.qualification) == (Qualification::ToUse, Qualification::ToBuy);
        let moved = (lead.qualification, lead.qualified_at) != (want.qualification, want.qualified_at);
        drifted |= (lead.exit_at, lead.score, &lead.value) != (want.exit_at, score, &facts.value);
        drifted |= lead.band.as_deref() != facts.band.as_deref() || lead.may_contact != facts.may_contact;
        // Companies were not followed when it was made, or it came to be known later whose it is: nobody is alerted by that.
        drifted |= !lead.has_account && facts.account.is_some();
        if !moved && !drifted {
            if self.reached.is_some_and(|reached| reached <= want.qualified_at) {
                let facts = Box::new(self.facts(want));
                changes.doubts.push(self.change(lead.id, What::Corrected { facts, evidence: None }));
            }
            return;
        }
        lead.has_account = facts.account.is_some();
        lead.qualification = want.qualification;
        lead.qualified_at = want.qualified_at;
        lead.exit_at = want.exit_at;
        lead.score = score;
        lead.value.clone_from(&facts.value);
        lead.band = facts.band.as_deref().map(Arc::from);
        if lead.may_contact && !facts.may_contact {
            changes.cancelled.push(lead.id);
        }
        lead.may_contact = facts.may_contact;
        let facts = Box::new(facts);
        if upgraded {
            self.tell((lead.id, lead.entry), Tell::QualifiedToBuy, Facts::clone(&facts), changes);
        }
        let what = if moved && !upgraded {
            What::Corrected { facts, evidence: None }
        } else {
            What::Moved { facts, evidence: None }
        };
        changes.leads.push(self.change(lead.id, what));
    }

    /// When the goal was reached last after an instant, within the goal's time. A goal at the very instant does not count.
    fn goal(&self, qualified_at: Timestamp) -> Option<Timestamp> {
        let within = time_to_convert(self.rules, self.place).unwrap_or(i64::MAX);
        let after = |at: &Timestamp| *at > qualified_at && at.0.saturating_sub(qualified_at.0) <= within;
        self.outcome()?.conversions.iter().copied().filter(after).max()
    }
}

/// How long after it has qualified a lead can convert; `None`: for ever.
fn time_to_convert(rules: &Rules, place: usize) -> Option<i64> {
    let own = rules.program.definitions()[place].goal.as_ref();
    let goal: Option<&Goal> = own.or(rules.workspace.goal.as_ref());
    goal.and_then(|goal| goal.within).map(length)
}

/// When a lead's time is over: its definition no longer holds, or a conversion would no longer count.
fn end(rules: &Rules, place: usize, lead: &Known) -> Option<Timestamp> {
    let behind = |within: i64| Timestamp(lead.qualified_at.0.saturating_add(within).saturating_add(1));
    [time_to_convert(rules, place).map(behind), lead.exit_at].into_iter().flatten().min()
}
