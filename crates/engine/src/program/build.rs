//! Builds a program's passes: shares clocks, gates, leaves and nodes that are the same.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::operands::Captures;
use super::pass::{
    ClockRule, DefinitionUnit, Effect, Filter, Gate, GoalRule, Leaf, LeafKind, Node, Pass, Selector, Share, Touch,
    Unit, WindowRule,
};
use super::{CompileError, ConsentSlots, Program, references};
use crate::definition::{self as ast, Clock, Criterion, Definition, Entries, Events, Population, Window};
use crate::household::Needs;
use crate::record::SubjectKind;
use crate::workspace::Workspace;
use crate::{Number, Span};

/// What a criterion is compiled within.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub key: PassKey,
    pub gate: usize,
    pub goal: Option<usize>,
    /// Whether a missing trait is unknown (in a fit).
    pub in_fit: bool,
    pub all: &'a [Definition],
}

/// Passes in their order: definitions of level n run at 2n + 1, account signals for them at 2n.
pub(super) type PassKey = (usize, SubjectKind);

pub(super) struct Builder<'w> {
    pub workspace: &'w Workspace,
    pub needs: Needs,
    pub passes: BTreeMap<PassKey, Pass>,
    /// The place of what was built before, by pass and by its own text.
    known: HashMap<(PassKey, String), usize>,
    pub next_output: usize,
    pub kept: Vec<usize>,
    pub uses_days: bool,
}

impl<'w> Builder<'w> {
    pub fn new(workspace: &'w Workspace) -> Self {
        Self {
            workspace,
            needs: Needs::default(),
            passes: BTreeMap::new(),
            known: HashMap::new(),
            next_output: 0,
            kept: Vec::new(),
            uses_days: false,
        }
    }

    pub fn pass(&mut self, key: PassKey) -> &mut Pass {
        match key.1 {
            SubjectKind::User => {}
            SubjectKind::Account => self.needs.accounts = true,
            SubjectKind::Workspace => self.needs.workspaces = true,
        }
        let pass = self.passes.entry(key).or_default();
        pass.kind = Some(key.1);
        pass
    }

    /// The place of an equal thing built before, or what `make` builds.
    pub fn shared(&mut self, key: PassKey, text: String, make: impl FnOnce(&mut Self) -> usize) -> usize {
        if let Some(place) = self.known.get(&(key, text.clone())) {
            return *place;
        }
        let place = make(self);
        self.known.insert((key, text), place);
        place
    }

    /// Makes events touch something in a pass.
    pub fn touch(&mut self, scope: Scope<'_>, events: &Events, effect: Effect, index: usize) {
        self.touch_relating(scope, events, effect, index, &Captures::default());
    }

    /// The same for a sequence's step, whose filter may look at earlier steps. Says whether it does.
    pub fn touch_relating(
        &mut self,
        scope: Scope<'_>,
        events: &Events,
        effect: Effect,
        index: usize,
        captures: &Captures,
    ) -> bool {
        let filter: Option<Filter> =
            events.filter.as_ref().map(|filter| self.filter(filter, scope.key.1, scope.goal, captures));
        let relates = filter.as_ref().is_some_and(Filter::relates);
        let pass = self.pass(scope.key);
        let place = filter.map_or(Touch::UNFILTERED, |filter| {
            pass.filters.push(filter);
            pass.filters.len() as u32 - 1
        });
        pass.touches.push((Selector::of(events), Touch { effect, index: index as u32, filter: place }));
        relates
    }

    pub fn definition(
        &mut self,
        place: usize,
        definition: &Definition,
        all: &[Definition],
        level: usize,
    ) -> Result<(), Vec<CompileError>> {
        self.next_output = self.next_output.max(all.len());
        let key = (level * 2 + 1, definition.subject);
        let rule = definition.goal.as_ref().or(self.workspace.goal.as_ref()).cloned();
        let goal = rule.map(|rule| self.goal(key, &rule));
        let gate = self.gate(key, goal, &definition.clock, definition.window.as_ref());
        let scope = Scope { key, gate, goal, in_fit: false, all };
        let given_population = match definition.population.as_ref().or(self.workspace.population.as_ref()) {
            Some(Population::Everyone) => None,
            Some(Population::Meeting(criterion)) => Some(self.node(scope, criterion)?),
            None => self.default_population(scope),
        };
        let population = self.consenting(scope, given_population);
        let when = self.node(scope, &definition.when)?;
        let in_fit = Scope { in_fit: true, ..scope };
        let fit = definition.fit.as_ref().map(|fit| self.node(in_fit, fit)).transpose()?;
        let mut score = Vec::new();
        for part in &definition.score {
            score.push((part.weight, self.share(scope, definition, &part.share)?));
        }
        let value = definition
            .value
            .as_ref()
            .map(|rule| (rule.of.as_ref().map(|path| self.trait_ref(path, definition.subject, goal)), rule.times));
        let body = DefinitionUnit {
            place,
            once: matches!(definition.entries, Entries::Once),
            on_event: matches!(definition.entries, Entries::OnEvent(_)),
            score,
            value,
            goal,
        };
        let unit =
            Unit { output: place, kept: false, gate, population, given_population, when, fit, definition: Some(body) };
        let unit = self.unit(key, unit);
        if let Entries::OnEvent(events) = &definition.entries {
            self.touch(scope, events, Effect::Entry, unit);
        }
        Ok(())
    }

    /// Adds a unit to its pass and its gate.
    fn unit(&mut self, key: PassKey, unit: Unit) -> usize {
        let pass = self.pass(key);
        let place = pass.units.len();
        if let Some(gate) = pass.gates.get_mut(unit.gate) {
            gate.units.push(place as u32);
        }
        pass.units.push(unit);
        place
    }

    pub fn gate(&mut self, key: PassKey, goal: Option<usize>, clock: &Clock, window: Option<&Window>) -> usize {
        let text = format!("gate {clock:?} {window:?}");
        let text = format!("{text}{}", goal_behind(&text, goal));
        self.shared(key, text, |builder| {
            let clock = builder.clock(key, goal, clock);
            let window = match window {
                None => WindowRule::Open,
                Some(Window::For(span)) => WindowRule::For(*span),
                Some(Window::Until(path)) => WindowRule::Until(builder.trait_ref(path, key.1, goal)),
            };
            let pass = builder.pass(key);
            pass.gates.push(Gate { clock, window, units: Vec::new(), loud: Vec::new() });
            pass.gates.len() - 1
        })
    }

    fn clock(&mut self, key: PassKey, goal: Option<usize>, clock: &Clock) -> usize {
        let text = format!("clock {clock:?}");
        let text = format!("{text}{}", goal_behind(&text, goal));
        self.shared(key, text, |builder| {
            let rule = match clock {
                Clock::FirstSeen => ClockRule::FirstSeen,
                Clock::Event(_) => ClockRule::Event,
                Clock::Trait(path) => ClockRule::Trait(builder.trait_ref(path, key.1, goal)),
            };
            let pass = builder.pass(key);
            pass.clocks.push(rule);
            let place = pass.clocks.len() - 1;
            if let Clock::Event(events) = clock {
                let scope = Scope { key, gate: 0, goal, in_fit: false, all: &[] };
                builder.touch(scope, events, Effect::Clock, place);
            }
            place
        })
    }

    /// The subject's goal within its pass; for users also the account's conversions, found in an earlier pass.
    fn goal(&mut self, key: PassKey, rule: &ast::Goal) -> usize {
        self.shared(key, format!("goal {rule:?}"), |builder| {
            let of = if key.1 == SubjectKind::User { rule.of } else { None };
            let own = of != Some(SubjectKind::Account);
            let with_account = key.1 == SubjectKind::User && of != Some(SubjectKind::User);
            let of_account = with_account.then(|| builder.account_conversions(rule));
            let pass = builder.pass(key);
            pass.goals.push(GoalRule { of: rule.of, own, of_account, output: None });
            let place = pass.goals.len() - 1;
            if own {
                let scope = Scope { key, gate: 0, goal: None, in_fit: false, all: &[] };
                builder.touch(scope, &rule.events, Effect::Goal, place);
            }
            place
        })
    }

    /// The output that holds the conversions of each account.
    fn account_conversions(&mut self, rule: &ast::Goal) -> usize {
        let key = (0, SubjectKind::Account);
        let goal = self.shared(key, format!("conversions {:?}", rule.events), |builder| {
            let output = builder.next_output;
            builder.next_output += 1;
            let pass = builder.pass(key);
            pass.goals.push(GoalRule { of: None, own: true, of_account: None, output: Some(output) });
            let place = pass.goals.len() - 1;
            let scope = Scope { key, gate: 0, goal: None, in_fit: false, all: &[] };
            builder.touch(scope, &rule.events, Effect::Goal, place);
            place
        });
        self.pass(key).goals.get(goal).and_then(|goal| goal.output).unwrap_or(usize::MAX)
    }

    fn default_population(&mut self, scope: Scope<'_>) -> Option<u32> {
        let internal = !self.workspace.internal_domains.is_empty();
        if !internal && scope.goal.is_none() {
            return None;
        }
        let email = internal.then(|| {
            let path = ast::TraitPath { of: ast::TraitOwner::Own, name: Arc::from("email") };
            self.trait_ref(&path, scope.key.1, scope.goal)
        });
        let leaf = self.shared(scope.key, format!("default population {} {:?}", scope.gate, scope.goal), |builder| {
            let kind = LeafKind::DefaultPopulation { email, goal: scope.goal };
            let leaf =
                builder.leaf(scope, kind, "not internal, and neither converted nor a colleague of who has".into());
            builder.pass(scope.key).wakeful.push(leaf as u32);
            leaf
        });
        Some(self.push_node(scope.key, Node::Leaf(leaf as u32)))
    }

    /// The population without people who refuse to be judged.
    fn consenting(&mut self, scope: Scope<'_>, population: Option<u32>) -> Option<u32> {
        let name = self.workspace.consent.profile.clone().filter(|_| scope.key.1 == SubjectKind::User);
        let Some(name) = name else { return population };
        let path = self.trait_ref(&ast::TraitPath { of: ast::TraitOwner::Own, name }, scope.key.1, scope.goal);
        let leaf = self.shared(scope.key, format!("consent {} {:?}", scope.gate, scope.goal), |builder| {
            let leaf = builder.leaf(scope, LeafKind::Consent(path), "does not refuse to be judged".into());
            builder.pass(scope.key).wakeful.push(leaf as u32);
            leaf
        });
        let leaf = self.push_node(scope.key, Node::Leaf(leaf as u32));
        match population {
            None => Some(leaf),
            Some(population) => Some(self.push_node(scope.key, Node::All(vec![population, leaf]))),
        }
    }

    /// A criterion on the account's own timeline, as a unit of an earlier pass. Its output.
    pub fn account_signal(&mut self, scope: Scope<'_>, criterion: &Criterion) -> Result<usize, Vec<CompileError>> {
        let key = (references::criterion_level(criterion, scope.all) * 2, SubjectKind::Account);
        let text = format!("signal {criterion:?}");
        if let Some(output) = self.known.get(&(key, text.clone())) {
            return Ok(*output);
        }
        let rule = self.workspace.goal.clone();
        let goal = rule.map(|rule| self.goal(key, &rule));
        let gate = self.gate(key, goal, &Clock::FirstSeen, None);
        let inner = Scope { key, gate, goal, in_fit: false, all: scope.all };
        let when = self.node(inner, criterion)?;
        let output = self.next_output;
        self.next_output += 1;
        let (population, given_population) = (None, None);
        self.unit(
            key,
            Unit { output, kept: true, gate, population, given_population, when, fit: None, definition: None },
        );
        self.known.insert((key, text), output);
        Ok(output)
    }

    fn share(
        &mut self,
        scope: Scope<'_>,
        definition: &Definition,
        share: &ast::Share,
    ) -> Result<Share, Vec<CompileError>> {
        let fail = |reason: &str| vec![CompileError { definition: definition.id.clone(), reason: reason.to_owned() }];
        Ok(match share {
            ast::Share::Time { best: Span::Exact(best), worst: Span::Exact(worst) } if best < worst => {
                Share::Time { best: *best, worst: *worst }
            }
            ast::Share::Time { .. } => {
                return Err(fail("a score's `best` and `worst` are hours, days or weeks, `best` the shorter one"));
            }
            ast::Share::Measure { of, full } => {
                if *full <= Number::ZERO {
                    return Err(fail("a score's `full` must be above 0"));
                }
                let leaf = self.behaviour(scope, of)?;
                Share::Measure { leaf, full: *full }
            }
            ast::Share::Points { table, cap } => {
                if *cap <= Number::ZERO {
                    return Err(fail("a point table's `cap` must be above 0"));
                }
                let mut rows = Vec::new();
                for row in table {
                    let node = self.node(Scope { in_fit: true, ..scope }, &row.criterion)?;
                    let half_life = match row.half_life {
                        None => None,
                        Some(Span::Exact(length)) if length >= crate::time::HOUR => Some(length / crate::time::HOUR),
                        Some(_) => return Err(fail("a half-life is one hour or more, in hours, days or weeks")),
                    };
                    let single = matches!(self.pass(scope.key).nodes.get(node as usize), Some(Node::Leaf(_)));
                    if half_life.is_some() && !single {
                        return Err(fail("a half-life needs a single criterion, not a combination"));
                    }
                    rows.push((node, row.points, half_life));
                }
                Share::Points { rows, cap: *cap }
            }
            ast::Share::FitMet => {
                let parts: &[Criterion] = match &definition.fit {
                    None => &[],
                    Some(Criterion::All(parts)) => parts,
                    Some(single) => std::slice::from_ref(single),
                };
                let in_fit = Scope { in_fit: true, ..scope };
                Share::FitMet(parts.iter().map(|part| self.node(in_fit, part)).collect::<Result<_, _>>()?)
            }
            ast::Share::Max(parts) => {
                Share::Max(parts.iter().map(|part| self.share(scope, definition, part)).collect::<Result<_, _>>()?)
            }
        })
    }

    /// Adds a leaf to its pass.
    pub fn leaf(&mut self, scope: Scope<'_>, kind: LeafKind, words: Arc<str>) -> usize {
        let pass = self.pass(scope.key);
        pass.leaves.push(Leaf { gate: scope.gate, kind, words });
        pass.leaf_units.push(Vec::new());
        pass.leaves.len() - 1
    }

    /// The place of a node, the same for the same node.
    pub fn push_node(&mut self, key: PassKey, node: Node) -> u32 {
        let pass = self.pass(key);
        let place = pass.nodes.iter().position(|known| *known == node).unwrap_or_else(|| {
            pass.nodes.push(node);
            pass.nodes.len() - 1
        });
        place as u32
    }

    pub fn finish(mut self, definitions: &[Definition]) -> Program {
        let zone_slot = self.uses_days.then(|| {
            let wanted = (SubjectKind::User, Arc::from("timezone"));
            let place = self.needs.traits.iter().position(|known| *known == wanted).unwrap_or_else(|| {
                self.needs.traits.push(wanted);
                self.needs.traits.len() - 1
            });
            place as u32
        });
        if self.workspace.account_from_email && self.needs.accounts {
            let wanted = (SubjectKind::User, Arc::from("email"));
            if !self.needs.traits.contains(&wanted) {
                self.needs.traits.push(wanted);
            }
        }
        let consent = self.workspace.consent.clone();
        let mut slot = |name: Option<Arc<str>>| name.map(|name| self.trait_slot(SubjectKind::User, &name));
        let consent = ConsentSlots { profile: slot(consent.profile), contact: slot(consent.contact) };
        let mut passes: Vec<Pass> = self.passes.into_values().collect();
        for pass in &mut passes {
            for unit in &mut pass.units {
                unit.kept |= self.kept.contains(&unit.output);
            }
            pass.link();
        }
        Program {
            definitions: definitions.iter().cloned().map(Arc::new).collect(),
            workspace: self.workspace.clone(),
            passes,
            outputs: self.next_output.max(definitions.len()),
            needs: self.needs,
            zone_slot,
            consent,
        }
    }
}

/// What tells apart two readings of one text: the derived stage follows the goal of the definition that asks.
pub(super) fn goal_behind(text: &str, goal: Option<usize>) -> String {
    if text.contains("\"stage\"") { format!(" goal {goal:?}") } else { String::new() }
}
