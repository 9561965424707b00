//! Traits in a table.

use insight::text::WIDTH;
use insight::text::table::{Table, cut};

use super::notes::percent;
use super::told::{ColumnTold, Told, TraitTold, printable};
use crate::console::grouped;

/// A table of traits.
pub fn text(told: &Told, most: usize) -> Vec<String> {
    if told.traits.is_empty() {
        return vec!["There is no trait.".to_owned()];
    }
    let mut table = Table::new(&["TRAIT", "TYPE", ">HAVE IT", "SINCE", "VALUES"]);
    for found in told.traits.iter().take(most) {
        let name = match found.of {
            "user" => found.column.name.clone(),
            of => format!("{of}.{}", found.column.name),
        };
        table.row(vec![
            cut(&printable(&name), 32),
            found.column.value_type.to_owned(),
            format!("{} %", (found.coverage * 100.0).round()),
            dated(found).to_owned(),
            values(&found.column),
        ]);
    }
    let mut lines = table.lines(0, WIDTH);
    if told.traits.len() > most {
        lines.push(format!("and {} more: brix data traits", told.traits.len() - most));
    }
    lines
}

const fn dated(found: &TraitTold) -> &'static str {
    if found.constant_rows == 0 {
        "dated"
    } else if found.constant_rows == found.column.rows {
        "constant"
    } else {
        "both"
    }
}

/// What stands in a column, on a line.
pub fn values(column: &ColumnTold) -> String {
    if let (Some(least), Some(most)) = (&column.least, &column.most) {
        let day =
            |text: &str| if column.value_type == "time" { text.chars().take(10).collect() } else { text.to_owned() };
        return format!("{} to {}", day(least), day(most));
    }
    let few: Vec<String> = column
        .values
        .iter()
        .take(4)
        .map(|found| {
            let value = cut(&printable(&found.value), 24);
            if column.is_exact { format!("{value} {}", percent(found.rows, column.rows)) } else { value }
        })
        .collect();
    if column.is_exact && column.different <= 4 {
        return few.join(", ");
    }
    if column.is_exact {
        return format!("{} different: {}, …", grouped(column.different), few.join(", "));
    }
    format!("about {} different, such as {}", grouped(rounded(column.different)), few.join(", "))
}

/// To two digits: an estimate promises no more.
fn rounded(number: u64) -> u64 {
    let unit = 10_u64.pow(number.max(1).ilog10().saturating_sub(1));
    (number + unit / 2) / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_have_two_digits() {
        for (number, expected) in [(0, 0), (7, 7), (84, 84), (123, 120), (12_650, 13_000), (999, 1_000)] {
            assert_eq!(rounded(number), expected);
        }
    }
}
