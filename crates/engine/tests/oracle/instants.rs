//! Every instant at which anything that a definition reads may change: more than needed does no harm, since what
//! is said of an instant is a function of that instant alone.

use std::collections::BTreeSet;
use std::rc::Rc;

use engine::definition::{
    Behaviour, CalendarUnit, Criterion, Definition, Period, Population, Quantity, Share, TraitTest, Window,
};
use engine::record::SubjectKind;
use engine::time::{day_start, week_start};
use engine::{Span, Timestamp, Value};
use jiff::tz::TimeZone;

use super::judge::Judge;
use super::periods::twice;
use super::values::{date_of, span_of};

/// The lengths of time in a definition.
#[derive(Default)]
struct Spans {
    /// After events and clocks.
    after: BTreeSet<Span>,
    /// Before and after dates.
    around: BTreeSet<Span>,
    /// After a trait's value or entry has come true.
    lasting: BTreeSet<Span>,
    /// How many calendar units back, by unit.
    units: Vec<(CalendarUnit, u32)>,
    /// The definitions referred to.
    references: Vec<String>,
}

impl Spans {
    fn criterion(&mut self, criterion: &Criterion) {
        match criterion {
            Criterion::All(parts) | Criterion::Any(parts) | Criterion::AtLeast { of: parts, .. } => {
                parts.iter().for_each(|part| self.criterion(part));
            }
            Criterion::Not(part) | Criterion::OfAccount(part) => self.criterion(part),
            Criterion::Behaviour(behaviour) => self.behaviour(behaviour),
            Criterion::Sequence(sequence) => self.period(&sequence.period),
            Criterion::Trait(test) => self.trait_test(test),
            Criterion::Ratio(ratio) => {
                for side in [&ratio.of, &ratio.to] {
                    if let Quantity::Measure(behaviour) = side {
                        self.behaviour(behaviour);
                    }
                }
            }
            Criterion::Meets { definition, lasting } => {
                self.references.push(definition.to_string());
                self.lasting.extend(lasting);
            }
            Criterion::MembersMeeting { definition, .. } => self.references.push(definition.to_string()),
        }
    }

    fn trait_test(&mut self, test: &TraitTest) {
        self.around.extend(span_of(&test.test));
        self.after.extend(test.against.as_ref().map(|against| against.ago));
        self.lasting.extend(test.lasting);
    }

    fn behaviour(&mut self, behaviour: &Behaviour) {
        self.period(&behaviour.period);
        if let (Period::Last(span), true) = (&behaviour.period, behaviour.against_previous) {
            self.after.insert(twice(*span));
        }
        if let Some(regularity) = behaviour.regularity {
            self.units.push((regularity.unit, regularity.units + 1));
        }
    }

    fn period(&mut self, period: &Period) {
        match period {
            Period::Within(span) | Period::Last(span) => self.after.extend([*span]),
            Period::FromTo(from, to) => self.after.extend([*from, *to]),
            Period::Calendar(unit) => self.units.push((*unit, 2)),
            Period::Window | Period::Since { .. } | Period::Ever => {}
        }
    }

    fn share(&mut self, share: &Share) {
        match share {
            Share::Measure { of, .. } => self.behaviour(of),
            Share::Points { table, .. } => table.iter().for_each(|row| self.criterion(&row.criterion)),
            Share::Max(shares) => shares.iter().for_each(|share| self.share(share)),
            Share::Time { .. } | Share::FitMet => {}
        }
    }

    fn definition(&mut self, definition: &Definition, population: Option<&Population>) {
        self.criterion(&definition.when);
        definition.fit.iter().for_each(|fit| self.criterion(fit));
        definition.score.iter().for_each(|part| self.share(&part.share));
        if let Some(Population::Meeting(criterion)) = population {
            self.criterion(criterion);
        }
        if let Some(Window::For(span)) = definition.window {
            self.after.insert(span);
        }
    }
}

impl Judge<'_> {
    /// The instants of a definition up to the horizon, in order; the same for all subjects.
    pub fn points(&self, place: usize) -> Rc<Vec<Timestamp>> {
        if let Some(known) = self.points.borrow().get(&place) {
            return known.clone();
        }
        let found = Rc::new(self.find_points(place));
        self.points.borrow_mut().insert(place, found.clone());
        found
    }

    fn find_points(&self, place: usize) -> Vec<Timestamp> {
        let definition = &self.definitions[place];
        let zone = &self.workspace.zone;
        let mut spans = Spans::default();
        spans.definition(definition, definition.population.as_ref().or(self.workspace.population.as_ref()));

        let mut points: BTreeSet<Timestamp> = self.world.events.iter().map(|event| event.at).collect();
        points.extend(self.world.facts.iter().map(|fact| fact.at));
        points.extend(self.world.moves.iter().map(|step| step.at));
        points.remove(&Timestamp::MIN);
        self.add_units(&spans, &mut points);
        points.extend(self.world.facts.iter().filter_map(|fact| date_of(&fact.value, zone)));
        points.extend(self.world.events.iter().flat_map(|event| {
            ["utm_source", "utm_campaign"].iter().filter_map(|name| date_of(event.properties.get(*name)?, zone))
        }));
        // What is "before t" or "t ≤ date" changes just after.
        points.extend(points.clone().into_iter().map(|at| Timestamp(at.0 + 1)));

        let start = points.clone();
        for span in &spans.after {
            points.extend(start.iter().map(|at| at.plus(*span, zone)));
        }
        for span in &spans.around {
            points.extend(start.iter().flat_map(|at| [at.plus(*span, zone), at.minus(*span, zone)]));
        }
        for other in &spans.references {
            if let Some(place) = self.definitions.iter().position(|definition| *definition.id == **other) {
                points.extend(self.entry_points(place));
            }
        }
        let start = points.clone();
        for span in &spans.lasting {
            points.extend(start.iter().map(|at| at.plus(*span, zone)));
        }
        let kept = points.into_iter().filter(|at| *at <= self.horizon).chain([self.horizon]);
        kept.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn entry_points(&self, place: usize) -> Vec<Timestamp> {
        let subjects = self.world.subjects(self.definitions[place].subject);
        let lives = subjects.into_iter().filter_map(|(subject, _)| self.life(place, subject));
        lives
            .flat_map(|life| {
                life.stays.iter().flat_map(|stay| [Some(stay.at), stay.exit]).flatten().collect::<Vec<_>>()
            })
            .collect()
    }

    fn add_units(&self, spans: &Spans, points: &mut BTreeSet<Timestamp>) {
        let mut zones = vec![self.workspace.zone.clone()];
        for fact in
            self.world.facts.iter().filter(|fact| fact.of.kind == SubjectKind::User && &*fact.name == "timezone")
        {
            if let Value::Text(name) = &fact.value {
                zones.extend(TimeZone::get(name));
            }
        }
        let start: Vec<Timestamp> = points.iter().copied().collect();
        for (unit, units) in &spans.units {
            for zone in &zones {
                for at in &start {
                    points.extend((-1..=i64::from(*units)).map(|ahead| unit_start(*unit, *at, ahead, zone)));
                }
            }
        }
    }
}

/// The first instant of the unit so many after the one that holds an instant.
fn unit_start(unit: CalendarUnit, at: Timestamp, ahead: i64, zone: &TimeZone) -> Timestamp {
    let day = at.day(zone);
    match unit {
        CalendarUnit::Day => day_start(day + ahead as i32, zone),
        CalendarUnit::Week => day_start(week_start(day) + 7 * ahead as i32, zone),
        CalendarUnit::Month => {
            let date = at.in_zone(zone).date().first_of_month();
            let month = date.checked_add(jiff::Span::new().months(ahead)).expect("within jiff's range");
            day_start(jiff::civil::date(1970, 1, 1).until(month).expect("within jiff's range").get_days(), zone)
        }
    }
}
