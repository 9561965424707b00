//! Who customers are: the traits that are compared where nobody names any, by what they are usually called.

use std::sync::Arc;

use engine::record::SubjectKind;
use insight::best::Customer;

use crate::question::Data;

/// A company's size: numbers are compared in bands.
const SIZE: [&str; 10] = [
    "employees",
    "employeecount",
    "numberofemployees",
    "numemployees",
    "headcount",
    "companysize",
    "size",
    "teamsize",
    "organizationsize",
    "organisationsize",
];
/// What it does.
const INDUSTRY: [&str; 5] = ["industry", "companyindustry", "sector", "vertical", "branch"];
/// What somebody does there.
const ROLE: [&str; 8] = ["role", "jobtitle", "title", "job", "jobrole", "occupation", "department", "function"];
/// And how high up.
const SENIORITY: [&str; 4] = ["seniority", "senioritylevel", "joblevel", "managementlevel"];

/// The least number of each band of sizes.
const BANDS: [i64; 6] = [1, 11, 51, 201, 501, 1_001];

/// Letters and digits of a name, small.
fn letters(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The traits of the data that say who somebody is: of people their own and their account's, of accounts their own and those of
/// their first member.
pub fn traits(data: &Data, subject: SubjectKind) -> Vec<String> {
    let facts = data.lake.columns().into_iter().filter(|column| column.table == history::Table::Facts);
    let columns: Vec<String> = facts.map(|column| column.name).collect();
    let named = |names: &[&str]| {
        columns.iter().filter(|column| names.contains(&&*letters(column))).cloned().collect::<Vec<String>>()
    };
    let company = [named(&SIZE), named(&INDUSTRY)].concat();
    let person = [named(&ROLE), named(&SENIORITY)].concat();
    let of = |owner: &str, names: &[String]| names.iter().map(|name| format!("{owner}.{name}")).collect::<Vec<_>>();
    match subject {
        // Small products keep the company with the person.
        SubjectKind::User => [of("account", &company), company, person].concat(),
        SubjectKind::Account | SubjectKind::Workspace => [of("first_member", &person), company].concat(),
    }
}

/// Leaves out the traits that none of the customers has.
pub fn only_known(traits: &mut Vec<String>, customers: &mut [Customer]) {
    let known: Vec<bool> = (0..traits.len())
        .map(|place| customers.iter().any(|customer| customer.traits.get(place).is_some_and(Option::is_some)))
        .collect();
    let is_known = |place: usize| known.get(place).copied().unwrap_or(false);
    let kept = |place: &mut usize| {
        *place += 1;
        is_known(*place - 1)
    };
    let mut place = 0;
    traits.retain(|_| kept(&mut place));
    for customer in customers {
        let mut place = 0;
        customer.traits.retain(|_| kept(&mut place));
    }
}

/// Puts sizes that are numbers into bands: `51–200`.
pub fn band_sizes(traits: &[String], customers: &mut [Customer]) {
    for (place, path) in traits.iter().enumerate() {
        let name = path.rsplit('.').next().unwrap_or(path);
        if !SIZE.contains(&&*letters(name)) {
            continue;
        }
        for value in customers.iter_mut().filter_map(|customer| customer.traits.get_mut(place)?.as_mut()) {
            if let Some(band) = band(value) {
                *value = band;
            }
        }
    }
}

/// The band of a number; `None`: it is none, or less than any.
fn band(value: &str) -> Option<Arc<str>> {
    let number: f64 = value.parse().ok()?;
    let place = BANDS.partition_point(|least| *least as f64 <= number).checked_sub(1)?;
    let least = BANDS[place];
    Some(Arc::from(match BANDS.get(place + 1) {
        Some(next) => format!("{least}–{}", next - 1),
        None => format!("{least} or more"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_bands() {
        for (value, expect) in [
            ("1", Some("1–10")),
            ("10.5", Some("1–10")),
            ("51", Some("51–200")),
            ("5000", Some("1001 or more")),
            ("0", None),
        ] {
            assert_eq!(band(value).as_deref(), expect);
        }
        assert_eq!(band("51-200"), None);
    }
}
