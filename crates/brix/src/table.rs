//! Aligned columns for people.

use std::io::{self, Write};

/// A table in the making.
pub struct Table {
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With a head; a name that begins with `>` makes its column stand on the right.
    pub fn new(head: &[&str]) -> Self {
        Self {
            right: head.iter().map(|name| name.starts_with('>')).collect(),
            rows: vec![head.iter().map(|name| name.trim_start_matches('>').to_owned()).collect()],
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Writes all rows; the last column may run as far as it likes.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let widths: Vec<usize> = (0..self.right.len()).map(|column| self.width(column)).collect();
        for row in &self.rows {
            let mut line = String::new();
            for (place, cell) in row.iter().enumerate() {
                let width = widths.get(place).copied().unwrap_or_default();
                let gap = " ".repeat(width.saturating_sub(letters(cell)));
                if place > 0 {
                    line.push_str("  ");
                }
                if self.right.get(place) == Some(&true) {
                    line.push_str(&gap);
                    line.push_str(cell);
                } else {
                    line.push_str(cell);
                    line.push_str(&gap);
                }
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn width(&self, column: usize) -> usize {
        self.rows.iter().filter_map(|row| row.get(column)).map(|cell| letters(cell)).max().unwrap_or(0)
    }
}

fn letters(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align() {
        let mut table = Table::new(&["name", ">count", "why"]);
        table.row(["a".to_owned(), "1".to_owned(), "x".to_owned()]);
        table.row(["longer".to_owned(), "1,000".to_owned(), String::new()]);
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        let expect = "name    count  why\na           1  x\nlonger  1,000\n";
        assert_eq!(String::from_utf8(out).unwrap(), expect);
    }
}
