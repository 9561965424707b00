//! Aligned columns.

/// A table in the making: the first row is its head.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
    right: Vec<bool>,
}

impl Table {
    /// With a head; a name that begins with `>` makes its column stand on the right.
    #[must_use]
    pub fn new(head: &[&str]) -> Self {
        Self {
            right: head.iter().map(|name| name.starts_with('>')).collect(),
            rows: vec![head.iter().map(|name| name.trim_start_matches('>').to_owned()).collect()],
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Whether there is nothing below the head.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    /// The lines, each after an indentation, cut at a width.
    #[must_use]
    pub fn lines(&self, indent: usize, width: usize) -> Vec<String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                self.rows.iter().filter_map(|row| row.get(column)).map(|cell| letters(cell)).max().unwrap_or(0)
            })
            .collect();
        self.rows
            .iter()
            .map(|row| {
                let mut line = " ".repeat(indent);
                for ((cell, size), place) in row.iter().zip(&widths).zip(0..) {
                    if place > 0 {
                        line.push_str("  ");
                    }
                    let gap = " ".repeat(size - letters(cell));
                    if self.right.get(place).copied().unwrap_or(false) {
                        line.push_str(&gap);
                        line.push_str(cell);
                    } else {
                        line.push_str(cell);
                        line.push_str(&gap);
                    }
                }
                cut(line.trim_end(), width)
            })
            .collect()
    }
}

fn letters(text: &str) -> usize {
    text.chars().count()
}

/// At most so many letters; an ellipsis shows that some are missing.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    if letters(text) <= width {
        return text.to_owned();
    }
    let short: String = text.chars().take(width.saturating_sub(1)).collect();
    // What ends in one already, and blanks before it, do without.
    format!("{}…", short.trim_end_matches(['…', ' ']))
}

/// Words broken into lines of a width; the lines after the first are indented.
#[must_use]
pub fn wrap(text: &str, width: usize, first: &str, rest: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && letters(&line) + 1 + letters(word) > width {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines
}
