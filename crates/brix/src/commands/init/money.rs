//! The currency, as far as the data tells.

use std::collections::BTreeMap;

use engine::Value;
use engine::language;

use super::look::Look;
use super::section::Section;
use crate::console::{count, grouped};

/// The currency of most amounts, else of properties and traits that are called so, else dollars.
pub fn choose(look: &Look) -> Section {
    let mut amounts: BTreeMap<&str, u64> = BTreeMap::new();
    for (currency, rows) in look.events().iter().flat_map(|event| &event.money) {
        *amounts.entry(currency).or_default() += rows;
    }
    let without = amounts.remove("").unwrap_or(0);
    let mut section = Section {
        key: "currency",
        because: vec!["The currency of money that has none of its own.".to_owned()],
        ..Section::default()
    };
    let mut ranked: Vec<(String, u64)> = amounts.into_iter().map(|(word, rows)| (word.to_owned(), rows)).collect();
    let source = if ranked.is_empty() {
        ranked = words(look);
        "Values of `currency`"
    } else {
        "Amounts"
    };
    ranked.retain(|(word, _)| is_currency(word));
    ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let told: Vec<String> = ranked.iter().take(4).map(|(word, rows)| format!("{word} {}", grouped(*rows))).collect();
    match ranked.first() {
        Some((first, _)) => {
            section.because.push(format!("{source} seen: {}.", told.join(", ")));
            if ranked.len() > 1 {
                section.doubts.push(format!(
                    "Several currencies: sums over amounts add them as they are. {first} is the most frequent."
                ));
            }
            section.settings = vec![format!("currency: {first}")];
        }
        None => {
            section.doubts.push("The data has no money: write your currency if it is not the dollar.".to_owned());
            section.settings = vec!["currency: USD".to_owned()];
        }
    }
    if without > 0 {
        section.because.push(format!("{} without a currency.", count(without, "amount is", "amounts are")));
    }
    section
}

/// Values of properties and traits that are called currency.
fn words(look: &Look) -> Vec<(String, u64)> {
    let mut all: BTreeMap<String, u64> = BTreeMap::new();
    let properties = look.events().iter().flat_map(|event| &event.properties);
    let columns = properties.chain(look.profile.traits.iter().map(|found| &found.column));
    for column in columns.filter(|column| column.name.to_lowercase().contains("currency")) {
        for (value, rows) in &column.values.common {
            if let Value::Text(word) = value {
                *all.entry(word.to_uppercase()).or_default() += rows;
            }
        }
    }
    all.into_iter().collect()
}

/// Whether `brix.yaml` takes it.
fn is_currency(word: &str) -> bool {
    word.len() == 3 && language::parse_workspace(&format!("currency: {}\n", language::text_to_yaml(word))).is_ok()
}
