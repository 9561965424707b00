//! Who judges whom: the world, the definitions, and which events a selector means.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use engine::definition::{Definition, Events, Filter, Goal, NamePattern, Operand, Window};
use engine::record::EventKind;
use engine::workspace::Workspace;
use engine::{Number, Timestamp, Value};

use super::lives::Life;
use super::traits::Cut;
use super::values::{Held, held, test_holds};
use super::world::{Event, Subject, World};

/// What was found before.
type Memory<K, V> = RefCell<HashMap<K, V>>;

/// All that a judgement rests on.
pub struct Judge<'a> {
    pub world: &'a World,
    pub definitions: &'a [Definition],
    pub workspace: &'a Workspace,
    pub horizon: Timestamp,
    /// What was found before: pure memory.
    pub lives: Memory<(usize, Subject), Option<Rc<Life>>>,
    pub points: Memory<usize, Rc<Vec<Timestamp>>>,
    selected: Memory<(usize, usize, Subject), Rc<Vec<&'a Event>>>,
}

/// From whose seat, and since when, criteria are judged.
#[derive(Clone)]
pub struct Frame<'d> {
    pub subject: Subject,
    /// C; bare frames have none.
    pub clock: Timestamp,
    /// From when on the clock was known and had started.
    pub started: Timestamp,
    pub window: Option<&'d Window>,
    pub goal: Option<&'d Goal>,
    /// Missing traits are unknown.
    pub three_valued: bool,
    /// All instants at which anything may change.
    pub points: Rc<Vec<Timestamp>>,
}

impl<'d> Frame<'d> {
    /// For selectors alone.
    pub fn bare(subject: Subject, goal: Option<&'d Goal>) -> Self {
        Self {
            subject,
            clock: Timestamp::MAX,
            started: Timestamp::MAX,
            window: None,
            goal,
            three_valued: false,
            points: Rc::new(Vec::new()),
        }
    }

    /// The same with missing traits unknown.
    pub fn three_valued(&self) -> Self {
        Self { three_valued: true, ..self.clone() }
    }
}

/// An event in a filter: the one at hand, and the steps before it and itself where it is one of a sequence.
#[derive(Clone, Copy)]
pub struct Seen<'e> {
    pub event: &'e Event,
    pub steps: &'e [&'e Event],
}

impl<'a> Judge<'a> {
    pub fn new(world: &'a World, definitions: &'a [Definition], workspace: &'a Workspace, horizon: Timestamp) -> Self {
        Self {
            world,
            definitions,
            workspace,
            horizon,
            lives: RefCell::default(),
            points: RefCell::default(),
            selected: RefCell::default(),
        }
    }

    /// The events of a subject's timeline that a selector means, in time order.
    pub fn matching(&self, events: &Events, frame: &Frame) -> Rc<Vec<&'a Event>> {
        let address = std::ptr::from_ref(events) as usize;
        let goal = frame.goal.map_or(0, |goal| std::ptr::from_ref(goal) as usize);
        let key = (address, goal, frame.subject);
        if let Some(known) = self.selected.borrow().get(&key) {
            return known.clone();
        }
        let timeline = self.world.timeline(frame.subject);
        let found = timeline.into_iter().filter(|event| self.selects(events, frame, Seen { event, steps: &[] }));
        let found = Rc::new(found.collect::<Vec<_>>());
        self.selected.borrow_mut().insert(key, found.clone());
        found
    }

    /// Whether a selector means an event.
    pub fn selects(&self, events: &Events, frame: &Frame, seen: Seen) -> bool {
        let any = events.names.contains(&NamePattern::Any);
        let kind = events.kind.or(any.then_some(EventKind::Product));
        let name = &seen.event.name;
        let named = events.names.iter().any(|pattern| match pattern {
            NamePattern::Any => true,
            NamePattern::Exactly(exactly) => exactly == name,
            NamePattern::Prefix(prefix) => name.starts_with(&**prefix),
        });
        named
            && kind.is_none_or(|kind| kind == seen.event.kind)
            && events.filter.as_ref().is_none_or(|filter| self.passes(filter, frame, seen))
    }

    fn passes(&self, filter: &Filter, frame: &Frame, seen: Seen) -> bool {
        match filter {
            Filter::All(parts) => parts.iter().all(|part| self.passes(part, frame, seen)),
            Filter::Any(parts) => parts.iter().any(|part| self.passes(part, frame, seen)),
            Filter::Not(part) => !self.passes(part, frame, seen),
            Filter::Test { left, test } => {
                let resolve = |operand: &Operand| self.operand(operand, frame, Some(seen), seen.event.at);
                test_holds(test, resolve(left).as_ref(), seen.event.at, self.workspace, &resolve)
            }
        }
    }

    /// What an operand stands for: in a filter with its event, else as of an instant.
    pub fn operand(&self, operand: &Operand, frame: &Frame, seen: Option<Seen>, now: Timestamp) -> Option<Held> {
        let step = |place: usize| match (seen, place) {
            (Some(seen), 0) => Some(seen.event),
            (Some(seen), _) => seen.steps.get(place - 1).copied(),
            (None, _) => None,
        };
        match operand {
            Operand::Constant(value) => Some(held(value.clone())),
            Operand::Property(name) => step(0)?.properties.get(name).cloned().map(held),
            Operand::StepProperty(place, name) => step(*place)?.properties.get(name).cloned().map(held),
            Operand::StepDay(place) => {
                let at = step(*place)?.at;
                let day = at.day(&self.zone_at(frame.subject, at));
                Some(held(Value::Number(Number::whole(i64::from(day)))))
            }
            Operand::StepTime(place) => Some(held(Value::Time(step(*place)?.at))),
            Operand::UserId => {
                let user = match seen {
                    Some(seen) => seen.event.user?,
                    None if frame.subject.kind == engine::record::SubjectKind::User => frame.subject.number,
                    None => return None,
                };
                Some(Held::Ids(self.world.people.get(user)?.ids.clone()))
            }
            Operand::Trait(path) => self.path_value(path, frame, seen.map(|seen| seen.event), Cut::at(now)).map(held),
        }
    }
}
