//! Which properties and traits are looked at: those of few values, numbers, and how many different values there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use engine::Value;
use engine::definition::{TraitOwner, TraitPath};
use engine::household::{Household, Needs};
use engine::record::SubjectKind;
use history::{ColumnProfile, Profile, ScanRequest, ValueType};
use insight::discover::Catalog;
use insight::discover::catalog::{OfProperty, PropertyFeature, TraitFeature};
use insight::discover::share::shares;

use crate::console::Console;
use crate::progress;
use crate::question::Data;

/// The most values of a property that are told apart: the most frequent ones.
const MOST_VALUES: usize = 60;
/// The most values of a trait.
const MOST_TRAIT_VALUES: usize = 30;
/// Texts with more different values are names of things, not kinds.
const MOST_DIFFERENT: u64 = 2_000;
/// A value that fewer rows or subjects have is left out.
const LEAST: u64 = 40;
/// The most features of properties, and of traits.
const MOST_FEATURES: usize = 400;

/// How often each value stands in a property, by code of the event's name.
type Counts = BTreeMap<(u32, u32, Value), u64>;

/// Adds them to a catalog and to what is read.
pub fn add(
    catalog: &mut Catalog,
    needs: &mut Needs,
    subject: SubjectKind,
    data: &Data,
    console: &Console,
) -> Result<()> {
    if data.lake.columns().is_empty() {
        return Ok(());
    }
    let bar = progress::parts(console, data.lake.totals().events, "Looking");
    let profile = data.lake.profile(&data.workspace, 0, &|rows| bar.inc(rows))?;
    bar.finish_and_clear();
    let mut profile = profile;
    complete(&mut profile, data)?;
    properties(catalog, needs, &profile);
    traits(catalog, needs, subject, &profile);
    catalog.shares = shares(catalog, subject, &data.workspace.limits);
    Ok(())
}

/// Of texts with somewhat more values than a profile keeps, the most frequent ones: counted in a reading of their own.
fn complete(profile: &mut Profile, data: &Data) -> Result<()> {
    let wanted = |column: &ColumnProfile| {
        column.value_type == ValueType::Text && !column.values.is_exact && column.values.different <= MOST_DIFFERENT
    };
    let mut names: Vec<Arc<str>> = Vec::new();
    for column in profile.events.iter().flat_map(|event| &event.properties).filter(|column| wanted(column)) {
        slot(&mut names, Arc::from(column.name.as_str()));
    }
    if names.is_empty() {
        return Ok(());
    }
    let needs = Needs { properties: names.clone(), ..Needs::default() };
    let request = ScanRequest { needs: &needs, workspace: &data.workspace, threads: 0 };
    let step = |counts: &mut Counts, household: &Household<'_>| {
        for (row, code) in household.names.iter().enumerate() {
            for slot in 0..names.len() as u32 {
                if let Some(value) = household.properties.value(row, slot) {
                    *counts.entry((*code, slot, value)).or_default() += 1;
                }
            }
        }
    };
    let counts = data.lake.scan(&request, Counts::new, step, |all, part| {
        for (key, count) in part {
            *all.entry(key).or_default() += count;
        }
    })?;
    let codes = data.lake.names(&data.workspace).list;
    for event in &mut profile.events {
        let Some(code) = codes.iter().position(|name| *name == event.name) else { continue };
        for column in event.properties.iter_mut().filter(|column| wanted(column)) {
            let Some(slot) = names.iter().position(|name| **name == *column.name) else { continue };
            let of_column =
                counts.iter().filter(|((of, property, _), _)| (*of as usize, *property as usize) == (code, slot));
            let mut common: Vec<(Value, u64)> = of_column.map(|((.., value), count)| (value.clone(), *count)).collect();
            common.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
            column.values.common = common;
            column.values.is_exact = true;
        }
    }
    Ok(())
}

fn properties(catalog: &mut Catalog, needs: &mut Needs, profile: &Profile) {
    let mut found = Vec::new();
    for (event, place) in catalog.events.iter().zip(0..) {
        for of_event in profile.events.iter().filter(|of_event| of_event.name.name == event.name) {
            for column in &of_event.properties {
                let property: Arc<str> = Arc::from(column.name.as_str());
                let measures = of_property(column);
                if measures.is_empty() {
                    continue;
                }
                let slot = slot(&mut needs.properties, Arc::clone(&property));
                found.extend(measures.into_iter().map(|what| PropertyFeature {
                    event: place,
                    property: Arc::clone(&property),
                    slot,
                    what,
                }));
            }
        }
    }
    found.truncate(MOST_FEATURES);
    catalog.properties = found;
}

/// What is measured of a property.
fn of_property(column: &ColumnProfile) -> Vec<OfProperty> {
    let values = &column.values;
    let mut measures = Vec::new();
    if values.different < 2 || column.rows < LEAST {
        return measures;
    }
    match column.value_type {
        ValueType::Text | ValueType::Boolean => {
            if values.is_exact {
                let common = values.common.iter().filter(|(_, rows)| *rows >= LEAST).take(MOST_VALUES);
                measures.extend(common.map(|(value, _)| OfProperty::Is(value.clone())));
            }
            if values.different > 2 {
                measures.push(OfProperty::Distinct);
            }
        }
        ValueType::Number => measures.push(OfProperty::Sum),
        ValueType::Time | ValueType::List => {}
    }
    measures
}

fn traits(catalog: &mut Catalog, needs: &mut Needs, subject: SubjectKind, profile: &Profile) {
    let mut found = Vec::new();
    for of_trait in &profile.traits {
        let owner = match (of_trait.of, subject) {
            (of, subject) if of == subject => TraitOwner::Own,
            (SubjectKind::Account, SubjectKind::User) => TraitOwner::Account,
            _ => continue,
        };
        let column = &of_trait.column;
        let values = &column.values;
        let path = TraitPath { of: owner, name: Arc::from(column.name.as_str()) };
        let is: Vec<Option<Value>> = match column.value_type {
            ValueType::Text | ValueType::Boolean if values.is_exact && values.different <= MOST_TRAIT_VALUES as u64 => {
                values.common.iter().filter(|(_, rows)| *rows >= LEAST).map(|(value, _)| Some(value.clone())).collect()
            }
            ValueType::Number => vec![None],
            _ => Vec::new(),
        };
        if values.different < 2 || is.is_empty() {
            continue;
        }
        let slot = slot(&mut needs.traits, (of_trait.of, Arc::from(column.name.as_str())));
        found.extend(is.into_iter().map(|is| TraitFeature { path: path.clone(), slot, is }));
    }
    found.truncate(MOST_FEATURES);
    catalog.traits = found;
}

/// The place of what is needed, which is added where it is not there.
fn slot<T: PartialEq>(needed: &mut Vec<T>, wanted: T) -> u32 {
    let place = needed.iter().position(|known| *known == wanted).unwrap_or_else(|| {
        needed.push(wanted);
        needed.len() - 1
    });
    u32::try_from(place).unwrap_or(u32::MAX)
}
