//! What to import from a vendor's export: the vendor, and what its owner says beside. A mapping file that begins with `vendor:`.

use jiff::tz::TimeZone;

use super::{Vendor, all, find};
use crate::files::mapping::yaml::{self, Mark, Table, nearest};
use crate::files::mapping::{MappingError, Problem, is_currency};
use crate::sources::{Groups, Settings};

/// A vendor's export, with its settings.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Whose export it is.
    pub vendor: &'static Vendor,
    /// How its rows are read: as those of the live source of this name.
    pub settings: Settings,
    /// The zone of clocks that the export shows.
    pub zone: TimeZone,
}

/// The vendor that a mapping file names, if it is one for an export: `None` for a mapping of columns.
#[must_use]
pub fn vendor_of(text: &str) -> Option<String> {
    let root = yaml::read(text).ok()?;
    let mut problems = Vec::new();
    let mut table = Table::new(&root, "a mapping", &mut problems)?;
    table.text("vendor", &mut problems).map(|(_, vendor)| vendor.to_owned())
}

impl Plan {
    /// A vendor's export with nothing said beside: its source has the vendor's name.
    ///
    /// # Errors
    /// If there is no such vendor; in words, with the cure.
    pub fn of(vendor: &str) -> Result<Self, String> {
        let vendor = known(vendor)?;
        Ok(Self { vendor, settings: super::settings(vendor.id, None, Groups::default()), zone: TimeZone::UTC })
    }

    /// Reads a mapping file with `vendor:`. `file` names it in messages.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Self, MappingError> {
        read(text).map_err(|problems| MappingError::new(file, text, problems))
    }
}

fn known(id: &str) -> Result<&'static Vendor, String> {
    find(id).ok_or_else(|| {
        let ids: Vec<&str> = all().iter().map(|vendor| vendor.id).collect();
        let cure = nearest(id, ids.iter().copied())
            .map_or_else(|| format!("there are {}", ids.join(", ")), |near| format!("did you mean `{near}`?"));
        format!("exports of `{id}` are not known; {cure}")
    })
}

fn read(text: &str) -> Result<Plan, Vec<Problem>> {
    let root = yaml::read(text).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let Some(mut table) = Table::new(&root, "a mapping", &mut problems) else { return Err(problems) };
    let problem = |mark: Mark, message: String| Problem { line: mark.line, column: mark.column, message };
    let vendor = match table.text("vendor", &mut problems) {
        None => Err(problem(table.mark, "`vendor:` is missing: whose export it is".to_owned())),
        Some((mark, id)) => known(id).map_err(|message| problem(mark, message)),
    };
    let source = table.text("source", &mut problems).map(|(_, text)| text.to_owned());
    let zone = match table.text("zone", &mut problems) {
        None => Ok(TimeZone::UTC),
        Some((mark, name)) => TimeZone::get(name)
            .map_err(|_| problem(mark, format!("`{name}` is no time zone; write it as UTC or Europe/Berlin"))),
    };
    let currency = table.text("currency", &mut problems);
    if let Some((mark, currency)) = currency
        && !is_currency(currency)
    {
        problems.push(problem(mark, format!("`{currency}` is not a currency: three letters such as USD are")));
    }
    let mut group = |key: &'static str| table.text(key, &mut problems).map(|(_, text)| text.to_owned());
    let groups = Groups { account: group("account_group"), workspace: group("workspace_group") };
    table.finish(&mut problems);
    match (vendor, zone) {
        (Ok(vendor), Ok(zone)) if problems.is_empty() => {
            let source = source.unwrap_or_else(|| vendor.id.to_owned());
            let settings = super::settings(&source, currency.map(|(_, text)| text.to_owned()), groups);
            Ok(Plan { vendor, settings, zone })
        }
        (vendor, zone) => {
            problems.extend(vendor.err());
            problems.extend(zone.err());
            Err(problems)
        }
    }
}
