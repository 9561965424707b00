//! A destination as it stands in the file: its connector's settings beside those that all have.

use std::collections::BTreeMap;
use std::sync::Arc;

use connect::destinations::{self, Settings};

use super::Destination;
use super::read::{Reader, is_name};
use super::section::{Said, Section};
use crate::delivery::Configured;

/// Looks at it as a whole; what is wrong is told to the reader.
pub(super) fn read(mut table: Section<'_>, reader: &mut Reader<'_>) -> Option<Destination> {
    let name = table.needed("name", reader);
    let has_name = name.as_ref().is_some_and(|name| is_name(&name.value));
    if let Some(name) = name.as_ref().filter(|_| !has_name) {
        reader.wrong(name, "a name is of letters, digits, `-`, `_` and `.`");
    }
    let kinds: Vec<_> = destinations::all().iter().map(|kind| (kind.id, kind)).collect();
    let kind = table.needed("kind", reader).and_then(|said| reader.choice(&said, &kinds));
    let definitions = table.texts("definitions", reader).into_iter().map(|said| said.value).collect();
    let [to_use, woken, allow_private] = ["to_use", "woken", "allow_private"].map(|key| table.flag(key, reader));
    let Some(kind) = kind else {
        // What else there can be, only its kind could tell.
        table.finish_where_near(reader);
        return None;
    };
    let mut settings = Settings::default();
    let mut said: BTreeMap<&str, Vec<Said<String>>> = BTreeMap::new();
    let mut missing = Vec::new();
    for field in kind.fields {
        for one in table.any(field.name, reader) {
            let text = match one.value.strip_prefix("env:") {
                None => Some(one.value.clone()),
                Some(variable) => reader.variable(table.path_of(field.name), &one, variable),
            };
            match text {
                Some(text) => settings = settings.with(field.name, text),
                None => missing.push(field.name),
            }
            said.entry(field.name).or_default().push(one);
        }
    }
    let secrets = said.iter().map(|(key, values)| ((*key).to_owned(), values.len())).collect();
    let configured = Configured::new(name.as_ref().map_or("", |name| &name.value), kind.id, &settings, allow_private);
    // What was told above is not told again.
    let is_told = |key: &str| missing.contains(&key) || (key == "name" && !has_name);
    for fault in configured.as_ref().err().into_iter().flatten().filter(|fault| !is_told(&fault.name)) {
        match said.get(fault.name.as_str()).and_then(|values| values.first()) {
            Some(one) => reader.wrong(one, &fault.cure),
            None => table.fault(&format!("{} {}", fault.name, fault.cure), reader),
        }
    }
    table.finish(reader);
    let configured = Arc::new(configured.ok().filter(|_| missing.is_empty())?);
    Some(Destination { name: name?.value, definitions, to_use, woken, secrets, configured })
}
