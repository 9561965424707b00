//! Aligned columns.

/// Words in a column are cut to so many letters before the head is broken into lines.
const SHORT: usize = 20;
/// Words in a column are not cut to fewer letters.
const SHORTEST: usize = 12;

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

    /// The lines, each after an indentation, within a width. Figures are never cut: where a row is too long, words are cut a
    /// little, the head is broken into several lines, words are cut more, and what still does not fit stands below, beside the first column once more.
    #[must_use]
    pub fn lines(&self, indent: usize, width: usize) -> Vec<String> {
        let room = width.saturating_sub(indent);
        let mut natural: Vec<usize> = (0..self.columns()).map(|column| self.width_of(column, letters)).collect();
        self.shorten_words(&mut natural, room, SHORT);
        if taken(&natural) <= room {
            return self.block(&(0..natural.len()).collect::<Vec<_>>(), &natural, indent, 1);
        }
        let longest_word = |head: &str| head.split(' ').map(letters).max().unwrap_or(0);
        let mut widths: Vec<usize> =
            natural.iter().enumerate().map(|(column, _)| self.width_of(column, longest_word)).collect();
        self.shorten_words(&mut widths, room, SHORTEST);
        let mut lines = Vec::new();
        let mut columns: Vec<usize> = Vec::new();
        for column in 0..widths.len() {
            let with_it: Vec<usize> =
                columns.iter().chain([&column]).filter_map(|column| widths.get(*column).copied()).collect();
            if columns.len() > 1 && taken(&with_it) > room {
                lines.extend(self.block(&columns, &widths, indent, usize::MAX));
                lines.push(String::new());
                columns.truncate(1);
            }
            columns.push(column);
        }
        lines.extend(self.block(&columns, &widths, indent, usize::MAX));
        lines
    }

    fn columns(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// How wide a column is, whose head takes as much as `of_head` says.
    fn width_of(&self, column: usize, of_head: impl Fn(&str) -> usize) -> usize {
        let head = self.rows.first().and_then(|row| row.get(column)).map_or(0, |head| of_head(head));
        let body = self.rows.iter().skip(1).filter_map(|row| row.get(column)).map(|cell| letters(cell)).max();
        head.max(body.unwrap_or(0))
    }

    /// Makes the widest columns of words narrower until all fit, as far as words can be read.
    fn shorten_words(&self, widths: &mut [usize], room: usize, shortest: usize) {
        while let over @ 1.. = taken(widths).saturating_sub(room) {
            let of_words = widths.iter_mut().zip(&self.right).filter(|(_, right)| !**right).map(|(width, _)| width);
            let Some(widest) = of_words.max().filter(|widest| **widest > shortest) else { return };
            *widest = widest.saturating_sub(over).max(shortest);
        }
    }

    /// Some of the columns, the head on at most so many lines.
    fn block(&self, columns: &[usize], widths: &[usize], indent: usize, head_lines: usize) -> Vec<String> {
        let width = |column: usize| widths.get(column).copied().unwrap_or(0);
        let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
        let heads: Vec<Vec<String>> = columns
            .iter()
            .map(|column| {
                let head = self.rows.first().map_or(String::new(), |row| cell(row, *column));
                if head_lines == 1 { vec![head] } else { wrap(&head, width(*column), "", "") }
            })
            .collect();
        let tall = heads.iter().map(Vec::len).max().unwrap_or(1);
        // A head of few lines stands right above its column.
        let head = |line: usize| {
            let at = |head: &Vec<String>| {
                (line + head.len()).checked_sub(tall).and_then(|line| head.get(line)).cloned().unwrap_or_default()
            };
            heads.iter().map(at).collect::<Vec<String>>()
        };
        let body = self.rows.iter().skip(1).map(|row| columns.iter().map(|column| cell(row, *column)).collect());
        (0..tall)
            .map(head)
            .chain(body)
            .map(|cells: Vec<String>| {
                let mut line = " ".repeat(indent);
                for (place, (cell, column)) in cells.iter().zip(columns).enumerate() {
                    if place > 0 {
                        line.push_str("  ");
                    }
                    let size = width(*column);
                    let cell = cut(cell, size);
                    let gap = " ".repeat(size - letters(&cell));
                    let on_the_right = self.right.get(*column).copied().unwrap_or(false);
                    let (first, second) = if on_the_right { (&gap, &cell) } else { (&cell, &gap) };
                    line.push_str(first);
                    line.push_str(second);
                }
                line.trim_end().to_owned()
            })
            .collect()
    }
}

/// What columns take, with the gaps between them.
fn taken(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn wide() -> Table {
        let mut table = Table::new(&["value", ">people", ">converted so far", ">recall"]);
        table.row(vec![
            "a rather long value".to_owned(),
            "35,230".to_owned(),
            "2,135".to_owned(),
            "2.9 % (1.9–4.4)".to_owned(),
        ]);
        table
    }

    #[test]
    fn figures_are_never_cut() {
        let all = |width| wide().lines(2, width).join("\n");
        assert_eq!(
            all(80),
            "  value                people  converted so far           recall\n  a rather long value  35,230             2,135  2.9 % (1.9–4.4)"
        );
        assert_eq!(
            all(60),
            "                               converted\n  value                people     so far           recall\n  a rather long value  35,230      2,135  2.9 % (1.9–4.4)"
        );
        assert_eq!(
            all(52),
            "                          converted\n  value           people     so far           recall\n  a rather long…  35,230      2,135  2.9 % (1.9–4.4)"
        );
        for width in 20..80 {
            let lines = all(width);
            for figure in ["35,230", "2,135", "2.9 % (1.9–4.4)"] {
                assert!(lines.contains(figure), "{width}: {lines}");
            }
            assert!(width < 32 || lines.lines().all(|line| letters(line) <= width), "{width}: {lines}");
        }
    }
}
