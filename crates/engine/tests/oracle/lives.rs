//! What a definition says of a subject through its life: clock, standing, entries (rules 11–13, 27–28).

use std::rc::Rc;
use std::sync::Arc;

use engine::definition::{Clock, Criterion, Definition, Entries, Goal, Population};
use engine::outcome::{Standing, Truth};
use engine::record::{EventKind, SubjectKind};
use engine::workspace::DomainKind;
use engine::{Timestamp, Value};

use super::judge::{Frame, Judge};
use super::traits::Cut;
use super::values::date_of;
use super::world::Subject;

/// A time inside a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    pub at: Timestamp,
    pub exit: Option<Timestamp>,
}

/// All first instants and entries of one subject, up to the horizon.
#[derive(Debug, Clone, Default)]
pub struct Life {
    pub clock: Timestamp,
    pub population_from: Option<Timestamp>,
    pub met_at: Option<Timestamp>,
    pub outside_at: Option<Timestamp>,
    pub stays: Vec<Stay>,
    pub now: Standing,
}

impl Judge<'_> {
    /// The goal that a definition is judged by.
    pub fn goal<'d>(&'d self, definition: &'d Definition) -> Option<&'d Goal> {
        definition.goal.as_ref().or(self.workspace.goal.as_ref())
    }

    /// The definition's seat for a subject, if its clock is known and starts by the horizon.
    pub fn frame<'d>(&'d self, place: usize, subject: Subject) -> Option<Frame<'d>> {
        let definition = &self.definitions[place];
        let goal = self.goal(definition);
        let points = self.points(place);
        let bare = Frame { points: points.clone(), ..Frame::bare(subject, goal) };
        let (known, clock) = match &definition.clock {
            Clock::FirstSeen => {
                let timeline = self.world.timeline(subject);
                let first = timeline.iter().find(|event| event.kind == EventKind::Product)?.at;
                (first, first)
            }
            Clock::Event(events) => {
                let first = self.matching(events, &bare).first()?.at;
                (first, first)
            }
            Clock::Trait(path) => {
                let shown = |at: &Timestamp| Some((*at, self.path_value(path, &bare, None, Cut::at(*at))?));
                let (at, first) = std::iter::once(&Timestamp::MIN).chain(points.iter()).find_map(shown)?;
                (at, date_of(&first, &self.workspace.zone)?)
            }
        };
        let started = known.max(clock);
        let frame = Frame { clock, started, window: definition.window.as_ref(), ..bare };
        (started <= self.horizon).then_some(frame)
    }

    /// The behaviour as of `t`, with the window binding it (rule 13).
    pub fn behaviour_at(&self, definition: &Definition, frame: &Frame, t: Timestamp) -> bool {
        self.bound(frame, t).is_some_and(|t| self.truth(&definition.when, frame, t) == Truth::True)
    }

    /// The instant as of which `when` is evaluated at `t`; none before the clock has started.
    pub fn bound(&self, frame: &Frame, t: Timestamp) -> Option<Timestamp> {
        if t < frame.started {
            return None;
        }
        match self.window_end(frame, t) {
            Some(end) if end < t => self.bound(frame, end),
            _ => Some(t),
        }
    }

    /// Whether a person refuses to be judged (rule 35).
    pub fn refuses(&self, subject: Subject, t: Timestamp) -> bool {
        let consent = &self.workspace.consent;
        let said = |name: &Arc<str>| self.own_trait(subject, name, None, Cut::at(t));
        subject.kind == SubjectKind::User
            && consent.profile.as_ref().is_some_and(|name| consent.refuses(said(name).as_ref()))
    }

    fn in_population(&self, definition: &Definition, frame: &Frame, t: Timestamp) -> bool {
        if self.refuses(frame.subject, t) {
            return false;
        }
        match definition.population.as_ref().or(self.workspace.population.as_ref()) {
            Some(Population::Everyone) => true,
            Some(Population::Meeting(criterion)) => self.truth(criterion, frame, t) == Truth::True,
            None => {
                let email = self.own_trait(frame.subject, "email", frame.goal, Cut::at(t));
                let internal = matches!(&email, Some(Value::Text(email))
                    if self.workspace.domain_kind(email) == Some(DomainKind::Internal));
                !internal && !self.converted_before(frame.subject, frame.goal, Cut::at(t))
            }
        }
    }

    /// The three questions at an instant.
    pub fn standing(&self, definition: &Definition, frame: &Frame, t: Timestamp) -> Standing {
        if t < frame.started {
            return Standing::default();
        }
        let fit = |fit: &Criterion| self.truth(fit, &frame.three_valued(), t);
        Standing {
            in_population: self.in_population(definition, frame, t),
            when: self.behaviour_at(definition, frame, t),
            fit: definition.fit.as_ref().map_or(Truth::True, fit),
        }
    }

    /// What is said of a subject through its life; none if its clock does not start.
    pub fn life(&self, place: usize, subject: Subject) -> Option<Rc<Life>> {
        if let Some(known) = self.lives.borrow().get(&(place, subject)) {
            return known.clone();
        }
        let life = self.live(place, subject).map(Rc::new);
        self.lives.borrow_mut().insert((place, subject), life.clone());
        life
    }

    fn live(&self, place: usize, subject: Subject) -> Option<Life> {
        let definition = &self.definitions[place];
        let frame = self.frame(place, subject)?;
        let mut life = Life { clock: frame.clock, ..Life::default() };
        let mut inside = false;
        let instants = frame.points.iter().copied().filter(|t| frame.started <= *t && *t <= self.horizon);
        for t in instants {
            let now = self.standing(definition, &frame, t);
            let first = |known: &mut Option<Timestamp>, holds: bool| {
                if holds && known.is_none() {
                    *known = Some(t);
                }
            };
            first(&mut life.population_from, now.in_population);
            first(&mut life.met_at, now.in_population && now.when);
            first(&mut life.outside_at, !now.in_population && now.when && now.fit.holds());
            let holds = now.in_population && now.when && now.fit.holds();
            if holds && !inside {
                life.stays.push(Stay { at: t, exit: None });
            }
            if let (false, true, Some(stay)) = (holds, inside, life.stays.last_mut()) {
                stay.exit = Some(t);
            }
            inside = holds;
            life.now = now;
        }
        match &definition.entries {
            Entries::Once => life.stays.truncate(1),
            Entries::Repeated => {}
            Entries::OnEvent(events) => {
                let calls = self.matching(events, &frame);
                let calls = calls.iter().map(|event| event.at).filter(|at| {
                    *at <= self.horizon && self.counts(&frame, *at) && self.holds_at(definition, &frame, *at)
                });
                life.stays = calls.map(|at| Stay { at, exit: None }).collect();
            }
        }
        Some(life)
    }

    fn holds_at(&self, definition: &Definition, frame: &Frame, t: Timestamp) -> bool {
        let now = self.standing(definition, frame, t);
        now.in_population && now.when && now.fit.holds()
    }

    /// The instant at which the entry began that the subject is inside at `t`.
    pub fn inside_since(&self, definition: &str, subject: Subject, t: Timestamp) -> Option<Timestamp> {
        let place = self.definitions.iter().position(|other| &*other.id == definition)?;
        let life = self.life(place, subject)?;
        let inside = life.stays.iter().find(|stay| stay.at <= t && stay.exit.is_none_or(|exit| exit > t));
        inside.map(|stay| stay.at)
    }
}
