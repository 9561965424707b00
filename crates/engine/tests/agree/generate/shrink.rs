//! Smaller cases that still fail.

use engine::definition::{Criterion, Definition, Entries, Filter, Population, Share};
use engine::record::Body;

use super::Case;

/// A smallest case (by removing one thing at a time) that still fails.
pub fn shrink(mut case: Case, fails: &dyn Fn(&Case) -> bool) -> Case {
    loop {
        let Some(smaller) = smaller(&case).into_iter().find(|smaller| fails(smaller)) else { return case };
        case = smaller;
    }
}

fn smaller(case: &Case) -> Vec<Case> {
    let mut found = Vec::new();
    let half = case.records.len() / 2;
    if half > 1 {
        for keep in [0..half, half..case.records.len()] {
            found.push(Case { records: case.records[keep].to_vec(), ..case.clone() });
        }
    }
    for place in 0..case.definitions.len() {
        let mut definitions = case.definitions.clone();
        definitions.remove(place);
        found.push(Case { definitions, ..case.clone() });
    }
    for place in 0..case.records.len() {
        let mut records = case.records.clone();
        records.remove(place);
        found.push(Case { records, ..case.clone() });
    }
    for (place, definition) in case.definitions.iter().enumerate() {
        for simpler in simpler_definitions(definition) {
            let mut definitions = case.definitions.clone();
            definitions[place] = simpler;
            found.push(Case { definitions, ..case.clone() });
        }
    }
    for place in 0..case.records.len() {
        for record in simpler_records(&case.records[place]) {
            let mut records = case.records.clone();
            records[place] = record;
            found.push(Case { records, ..case.clone() });
        }
    }
    found.extend(simpler_workspaces(case));
    found
}

fn simpler_workspaces(case: &Case) -> Vec<Case> {
    let mut found = Vec::new();
    let mut with = |change: &dyn Fn(&mut engine::workspace::Workspace)| {
        let mut workspace = case.workspace.clone();
        change(&mut workspace);
        if workspace != case.workspace {
            found.push(Case { workspace, ..case.clone() });
        }
    };
    with(&|workspace| workspace.goal = None);
    with(&|workspace| workspace.zone = jiff::tz::TimeZone::UTC);
    with(&|workspace| workspace.account_from_email = false);
    with(&|workspace| workspace.population = Some(Population::Everyone));
    found
}

fn simpler_records(record: &engine::record::Record) -> Vec<engine::record::Record> {
    let mut found = Vec::new();
    let mut with = |change: &dyn Fn(&mut engine::record::Record)| {
        let mut simpler = record.clone();
        change(&mut simpler);
        if simpler != *record {
            found.push(simpler);
        }
    };
    with(&|record| record.received_at = None);
    with(&|record| record.who.anonymous = None);
    with(&|record| record.who.account = None);
    with(&|record| record.who.workspace = None);
    let keys: Vec<_> = match &record.body {
        Body::Event { properties, .. } => properties.keys().cloned().collect(),
        Body::Traits { traits, .. } => traits.keys().cloned().collect(),
        Body::Alias { .. } | Body::Leave => Vec::new(),
    };
    for key in keys {
        with(&|record| match &mut record.body {
            Body::Event { properties, .. } => drop(properties.remove(&key)),
            Body::Traits { traits, .. } => drop(traits.remove(&key)),
            Body::Alias { .. } | Body::Leave => {}
        });
    }
    with(&|record| {
        if let Body::Traits { constant, .. } = &mut record.body {
            *constant = false;
        }
    });
    found
}

fn simpler_definitions(definition: &Definition) -> Vec<Definition> {
    let mut found = Vec::new();
    let mut with = |change: &dyn Fn(&mut Definition)| {
        let mut simpler = definition.clone();
        change(&mut simpler);
        if simpler != *definition {
            found.push(simpler);
        }
    };
    with(&|definition| definition.fit = None);
    with(&|definition| definition.score.clear());
    with(&|definition| definition.value = None);
    with(&|definition| definition.goal = None);
    with(&|definition| definition.window = None);
    with(&|definition| definition.population = Some(Population::Everyone));
    with(&|definition| definition.clock = engine::definition::Clock::FirstSeen);
    with(&|definition| definition.entries = Entries::Repeated);
    for when in simpler_criteria(&definition.when) {
        with(&|definition| definition.when = when.clone());
    }
    for fit in definition.fit.iter().flat_map(simpler_criteria) {
        with(&|definition| definition.fit = Some(fit.clone()));
    }
    if let Some(Population::Meeting(criterion)) = &definition.population {
        for simpler in simpler_criteria(criterion) {
            with(&|definition| definition.population = Some(Population::Meeting(simpler.clone())));
        }
    }
    for place in 0..definition.score.len() {
        with(&|definition| drop(definition.score.remove(place)));
        if let Share::Points { table, .. } = &definition.score[place].share {
            for row in 0..table.len().saturating_sub(usize::from(table.len() == 1)) {
                with(&|definition| {
                    if let Share::Points { table, .. } = &mut definition.score[place].share {
                        table.remove(row);
                    }
                });
            }
        }
        if let Share::Max(shares) = &definition.score[place].share {
            for share in shares {
                with(&|definition| definition.score[place].share = share.clone());
            }
        }
    }
    found
}

fn simpler_criteria(criterion: &Criterion) -> Vec<Criterion> {
    let mut found = Vec::new();
    match criterion {
        Criterion::All(parts) | Criterion::Any(parts) | Criterion::AtLeast { of: parts, .. } => {
            found.extend(parts.iter().cloned());
            for (place, part) in parts.iter().enumerate() {
                let mut fewer = parts.clone();
                fewer.remove(place);
                let rest = simpler_criteria(part).into_iter().map(|simpler| {
                    let mut parts = parts.clone();
                    parts[place] = simpler;
                    parts
                });
                let kinds = std::iter::once(fewer).filter(|fewer| !fewer.is_empty()).chain(rest);
                found.extend(kinds.map(|parts| match criterion {
                    Criterion::All(_) => Criterion::All(parts),
                    Criterion::AtLeast { least, .. } if *least as usize <= parts.len() => {
                        Criterion::AtLeast { least: *least, of: parts }
                    }
                    _ => Criterion::Any(parts),
                }));
            }
        }
        Criterion::Not(part) => {
            found.push((**part).clone());
            found.extend(simpler_criteria(part).into_iter().map(|part| Criterion::Not(Box::new(part))));
        }
        Criterion::OfAccount(part) => {
            found.extend(simpler_criteria(part).into_iter().map(|part| Criterion::OfAccount(Box::new(part))));
        }
        Criterion::Behaviour(behaviour) => {
            for filter in simpler_filters(behaviour.events.filter.as_ref()) {
                let mut simpler = behaviour.clone();
                simpler.events.filter = filter;
                found.push(Criterion::Behaviour(simpler));
            }
            let ever = engine::definition::Period::Ever;
            if !behaviour.against_previous && behaviour.regularity.is_none() && behaviour.period != ever {
                let mut simpler = behaviour.clone();
                simpler.period = ever;
                found.push(Criterion::Behaviour(simpler));
            }
            if behaviour.per.is_some() {
                let mut simpler = behaviour.clone();
                simpler.per = None;
                found.push(Criterion::Behaviour(simpler));
            }
        }
        Criterion::Sequence(sequence) => {
            for place in 0..sequence.steps.len() {
                for filter in simpler_filters(sequence.steps[place].filter.as_ref()) {
                    let mut simpler = sequence.clone();
                    simpler.steps[place].filter = filter;
                    found.push(Criterion::Sequence(simpler));
                }
            }
            if sequence.steps.len() > 1 {
                let mut simpler = sequence.clone();
                simpler.steps.pop();
                found.push(Criterion::Sequence(simpler));
            }
            if sequence.span.is_some() {
                let mut simpler = sequence.clone();
                simpler.span = None;
                found.push(Criterion::Sequence(simpler));
            }
        }
        Criterion::Trait(test) if test.lasting.is_some() => {
            let mut simpler = test.clone();
            simpler.lasting = None;
            found.push(Criterion::Trait(simpler));
        }
        Criterion::Meets { definition, lasting: Some(_) } => {
            found.push(Criterion::Meets { definition: definition.clone(), lasting: None });
        }
        _ => {}
    }
    found
}

fn simpler_filters(filter: Option<&Filter>) -> Vec<Option<Filter>> {
    let Some(filter) = filter else { return Vec::new() };
    let mut found = vec![None];
    match filter {
        Filter::All(parts) | Filter::Any(parts) => found.extend(parts.iter().cloned().map(Some)),
        Filter::Not(part) => found.push(Some((**part).clone())),
        Filter::Test { .. } => {}
    }
    found
}
