//! Resolves names of properties and traits to slots, and filters and comparisons to what the evaluator reads.

use std::sync::Arc;

use super::build::Builder;
use super::pass::{self, Capture, Derived, TraitRef, TraitSlots};
use crate::definition::{self as ast, TraitOwner, TraitPath};
use crate::record::SubjectKind;

/// What earlier steps of a sequence leave behind, while its filters are compiled.
#[derive(Default)]
pub(super) struct Captures {
    /// In the order of their places in a partial match: the step (from 0) and what of it.
    pub places: Vec<(usize, Capture)>,
    /// The step whose filter is compiled, from 1; 0 outside sequences.
    pub current: usize,
}

impl Captures {
    fn place(&self, step: usize, what: Capture) -> Option<usize> {
        self.places.iter().position(|known| *known == (step, what))
    }
}

impl Builder<'_> {
    /// The slot of an event property.
    pub(super) fn property(&mut self, name: &Arc<str>) -> u32 {
        slot(&mut self.needs.properties, name.clone())
    }

    pub(super) fn trait_slot(&mut self, kind: SubjectKind, name: &Arc<str>) -> u32 {
        slot(&mut self.needs.traits, (kind, name.clone()))
    }

    /// A trait as the evaluator finds it. `goal` is the pass's goal that the derived stage follows.
    pub(super) fn trait_ref(&mut self, path: &TraitPath, subject: SubjectKind, goal: Option<usize>) -> TraitRef {
        let slots = TraitSlots {
            user: self.trait_slot(SubjectKind::User, &path.name),
            account: self.trait_slot(SubjectKind::Account, &path.name),
            workspace: self.trait_slot(SubjectKind::Workspace, &path.name),
        };
        let own = path.of == TraitOwner::Own || (path.of == TraitOwner::User && subject == SubjectKind::User);
        self.needs.accounts |= !own;
        let derived = match &*path.name {
            "first_seen" => Some(Derived::FirstSeen),
            "last_seen" => Some(Derived::LastSeen),
            "first_source" => Some(Derived::FirstOf(self.property(&Arc::from("utm_source")))),
            "first_campaign" => Some(Derived::FirstOf(self.property(&Arc::from("utm_campaign")))),
            "members" => Some(Derived::Members),
            "rank" => Some(Derived::Rank),
            "stage" => Some(Derived::Stage(goal)),
            _ => None,
        };
        if matches!(derived, Some(Derived::Members | Derived::Rank | Derived::Stage(_))) {
            self.needs.accounts = true;
        }
        let workspace = path.of == TraitOwner::Workspace || subject == SubjectKind::Workspace;
        self.needs.workspaces |= workspace;
        TraitRef { owner: path.of, slots, derived }
    }

    pub(super) fn operand(
        &mut self,
        operand: &ast::Operand,
        subject: SubjectKind,
        goal: Option<usize>,
        captures: &Captures,
    ) -> pass::Operand {
        use ast::Operand as From;
        let captured = |step: usize, what: Capture| {
            captures.place(step - 1, what).map_or(pass::Operand::Captured(usize::MAX), pass::Operand::Captured)
        };
        match operand {
            From::Constant(value) => pass::Operand::Constant(value.clone()),
            From::Property(name) => pass::Operand::Property(self.property(name)),
            From::StepDay(step) if *step == 0 || *step == captures.current => {
                self.uses_days = true;
                pass::Operand::Day
            }
            From::StepTime(step) if *step == 0 || *step == captures.current => pass::Operand::Time,
            From::StepProperty(step, name) if *step == 0 || *step == captures.current => {
                pass::Operand::Property(self.property(name))
            }
            From::StepProperty(step, name) => {
                let slot = self.property(name);
                captured(*step, Capture::Property(slot))
            }
            From::StepDay(step) => captured(*step, Capture::Day),
            From::StepTime(step) => captured(*step, Capture::Time),
            From::UserId => {
                self.needs.user_ids = true;
                pass::Operand::UserId
            }
            From::Trait(path) => pass::Operand::Trait(self.trait_ref(path, subject, goal)),
        }
    }

    pub(super) fn test(
        &mut self,
        test: &ast::Test,
        subject: SubjectKind,
        goal: Option<usize>,
        captures: &Captures,
    ) -> pass::Test {
        use ast::Test as From;
        let mut list = |operands: &[ast::Operand]| {
            operands.iter().map(|operand| self.operand(operand, subject, goal, captures)).collect::<Vec<_>>()
        };
        match test {
            From::In(operands) => pass::Test::In(list(operands)),
            From::NotIn(operands) => pass::Test::NotIn(list(operands)),
            From::Is(op, operand) => pass::Test::Is(*op, self.operand(operand, subject, goal, captures)),
            From::Between(low, high) => pass::Test::Between(
                self.operand(low, subject, goal, captures),
                self.operand(high, subject, goal, captures),
            ),
            From::Contains(operand) => pass::Test::Contains(self.operand(operand, subject, goal, captures)),
            From::Starts(text) => pass::Test::Starts(text.clone()),
            From::Ends(text) => pass::Test::Ends(text.clone()),
            From::Matches(pattern) => pass::Test::Matches(pattern.clone()),
            From::Exists => pass::Test::Exists,
            From::Missing => pass::Test::Missing,
            From::OlderThan(span) => pass::Test::OlderThan(*span),
            From::WithinLast(span) => pass::Test::WithinLast(*span),
            From::WithinNext(span) => pass::Test::WithinNext(*span),
            From::DomainKind(kind) => pass::Test::DomainKind(*kind),
        }
    }

    pub(super) fn filter(
        &mut self,
        filter: &ast::Filter,
        subject: SubjectKind,
        goal: Option<usize>,
        captures: &Captures,
    ) -> pass::Filter {
        use ast::Filter as From;
        match filter {
            From::All(parts) => {
                pass::Filter::All(parts.iter().map(|part| self.filter(part, subject, goal, captures)).collect())
            }
            From::Any(parts) => {
                pass::Filter::Any(parts.iter().map(|part| self.filter(part, subject, goal, captures)).collect())
            }
            From::Not(part) => pass::Filter::Not(Box::new(self.filter(part, subject, goal, captures))),
            From::Test { left, test } => pass::Filter::Test {
                left: self.operand(left, subject, goal, captures),
                test: self.test(test, subject, goal, captures),
            },
        }
    }
}

/// What a filter needs of earlier steps: (step from 1, what).
pub(super) fn relations(filter: &ast::Filter, found: &mut Vec<ast::Operand>) {
    let mut look = |operand: &ast::Operand| {
        if matches!(
            operand,
            ast::Operand::StepProperty(1.., _) | ast::Operand::StepDay(1..) | ast::Operand::StepTime(1..)
        ) {
            found.push(operand.clone());
        }
    };
    match filter {
        ast::Filter::All(parts) | ast::Filter::Any(parts) => {
            for part in parts {
                relations(part, found);
            }
        }
        ast::Filter::Not(part) => relations(part, found),
        ast::Filter::Test { left, test } => {
            look(left);
            match test {
                ast::Test::Is(_, operand) | ast::Test::Contains(operand) => look(operand),
                ast::Test::Between(low, high) => {
                    look(low);
                    look(high);
                }
                ast::Test::In(list) | ast::Test::NotIn(list) => list.iter().for_each(look),
                _ => {}
            }
        }
    }
}

fn slot<T: PartialEq>(list: &mut Vec<T>, item: T) -> u32 {
    let place = list.iter().position(|known| *known == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    });
    place as u32
}
