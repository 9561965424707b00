//! The features of a cohort by column: what is asked of one feature of everybody reads one stretch of memory.

use super::table::FeatureTable;
use crate::workers::{Workers, all_of};

/// The levels of all places, column by column (by feature, then by window).
pub(crate) struct Columns {
    /// Some columns each, one after the other.
    of_groups: Vec<Vec<u8>>,
    places: usize,
}

/// Columns that are laid out at once: rows lie in another order than places, and this much of each is read together.
const COLUMNS: usize = 128;
/// Rows and columns that are turned at once.
const SQUARE: usize = 8;
/// Rows that are near while their columns are written.
const ROWS: usize = 64;

impl Columns {
    /// Of the rows of a table, each given by its part and its row there; places of nobody have only zeros.
    pub fn of(table: &FeatureTable, places: &[(u32, u32)], workers: Workers<'_>) -> Self {
        let stride = table.layout.stride();
        let group = |group: usize| {
            let (first, behind) = (group * COLUMNS, ((group + 1) * COLUMNS).min(stride));
            let nobody = vec![0; behind - first];
            let mut levels = vec![0; places.len() * (behind - first)];
            let mut rows: Vec<&[u8]> = Vec::with_capacity(ROWS);
            for (block, of_block) in places.chunks(ROWS).enumerate() {
                rows.clear();
                rows.extend(of_block.iter().map(|(part, row)| {
                    let start = *row as usize * stride;
                    let part = table.parts.get(*part as usize);
                    part.and_then(|part| part.levels.get(start + first..start + behind)).unwrap_or(&nobody)
                }));
                turn(&rows, block * ROWS, places.len(), &mut levels);
            }
            levels
        };
        Self { of_groups: all_of(workers, stride.div_ceil(COLUMNS), group), places: places.len() }
    }

    /// A column: the level of each place.
    pub fn get(&self, column: usize) -> &[u8] {
        let (group, column) = (column / COLUMNS, column % COLUMNS);
        &self.of_groups[group][column * self.places..(column + 1) * self.places]
    }
}

/// Writes rows as parts of columns, `first` being the first row's place in a column of `length`.
fn turn(rows: &[&[u8]], first: usize, length: usize, columns: &mut [u8]) {
    let width = rows.first().map_or(0, |row| row.len());
    let squares = width - width % SQUARE;
    let mut groups = rows.chunks_exact(SQUARE);
    for (group, of_group) in groups.by_ref().enumerate() {
        let place = first + group * SQUARE;
        for column in (0..squares).step_by(SQUARE) {
            let mut square = [0_u64; SQUARE];
            for (word, row) in square.iter_mut().zip(of_group) {
                let mut bytes = [0; SQUARE];
                bytes.copy_from_slice(&row[column..column + SQUARE]);
                *word = u64::from_le_bytes(bytes);
            }
            for (number, word) in turned(square).into_iter().enumerate() {
                let start = (column + number) * length + place;
                columns[start..start + SQUARE].copy_from_slice(&word.to_le_bytes());
            }
        }
        for column in squares..width {
            for (number, row) in of_group.iter().enumerate() {
                columns[column * length + place + number] = row[column];
            }
        }
    }
    let place = first + rows.len() - groups.remainder().len();
    for (number, row) in groups.remainder().iter().enumerate() {
        for (column, level) in row.iter().enumerate() {
            columns[column * length + place + number] = *level;
        }
    }
}

/// Eight words of eight bytes with rows and columns exchanged: in halves, quarters and single bytes.
fn turned(mut square: [u64; SQUARE]) -> [u64; SQUARE] {
    for (step, mask) in [(4, 0x0000_0000_ffff_ffff_u64), (2, 0x0000_ffff_0000_ffff), (1, 0x00ff_00ff_00ff_00ff)] {
        for upper in (0..SQUARE).filter(|row| row & step == 0) {
            let lower = upper + step;
            let exchanged = ((square[upper] >> (8 * step)) ^ square[lower]) & mask;
            square[lower] ^= exchanged;
            square[upper] ^= exchanged << (8 * step);
        }
    }
    square
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_hold_what_rows_held() {
        let mut generator = stats::random::Generator::new(5);
        for (count, width) in [(1, 1), (7, 8), (8, 8), (64, 17), (71, 40)] {
            let rows: Vec<Vec<u8>> =
                (0..count).map(|_| (0..width).map(|_| generator.below(256) as u8).collect()).collect();
            let mut columns = vec![0; count * width];
            let rows: Vec<&[u8]> = rows.iter().map(Vec::as_slice).collect();
            turn(&rows, 0, count, &mut columns);
            for (row, levels) in rows.iter().enumerate() {
                for (column, level) in levels.iter().enumerate() {
                    assert_eq!(columns[column * count + row], *level, "row {row}, column {column}");
                }
            }
        }
    }
}
