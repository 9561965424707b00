//! Small plots made of letters: bars, ranges, sparklines, curves. No colour: the terminal's own words carry it.

/// Eighths of a block, to draw bars finer than a letter.
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/// Levels of a sparkline.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A bar of a share (0–1) of a width in letters; anything above zero shows at least a sliver.
#[must_use]
pub fn bar(share: f64, width: usize) -> String {
    if !share.is_finite() || share <= 0.0 {
        return String::new();
    }
    let eighths = ((share.min(1.0) * width as f64 * 8.0).round() as usize).max(1);
    let mut text = "█".repeat(eighths / 8);
    if let Some(rest) = EIGHTHS.get(eighths % 8).filter(|_| !eighths.is_multiple_of(8)) {
        text.push(*rest);
    }
    text
}

/// A range with its value on a scale from 0 to `most`: `  ├──●───┤`.
#[must_use]
pub fn range(low: f64, value: f64, high: f64, most: f64, width: usize) -> String {
    if width == 0 || most <= 0.0 {
        return String::new();
    }
    let place = |amount: f64| ((amount / most).clamp(0.0, 1.0) * (width - 1) as f64).round() as usize;
    let (low, value, high) = (place(low), place(value), place(high));
    (0..=high)
        .map(|at| match at {
            _ if at == value => '●',
            _ if at == low => '├',
            _ if at == high => '┤',
            _ if at > low => '─',
            _ => ' ',
        })
        .collect()
}

/// One letter for each value, from the lowest block for 0 to the full one for the largest; a long run is cut into
/// `width` groups of which each shows its mean.
#[must_use]
pub fn sparkline(values: &[f64], width: usize) -> String {
    if values.is_empty() || width == 0 {
        return String::new();
    }
    let size = values.len().div_ceil(width);
    let groups: Vec<f64> = values.chunks(size).map(|group| group.iter().sum::<f64>() / group.len() as f64).collect();
    let most = groups.iter().copied().fold(0.0, f64::max);
    groups
        .into_iter()
        .map(|value| {
            let level = if most > 0.0 { (value / most * 7.0).round() as usize } else { 0 };
            LEVELS.get(level).copied().unwrap_or('█')
        })
        .collect()
}

/// A curve to plot: its letter and its points (x, y).
pub struct Line<'a> {
    /// The letter it is drawn with.
    pub letter: char,
    /// Its points, by x.
    pub points: &'a [(f64, f64)],
}

/// Curves over one another on a grid, with the largest y at the top left and x along the bottom; later lines go
/// below earlier ones.
#[must_use]
pub fn curves(lines: &[Line<'_>], width: usize, height: usize, x_name: &str, y: impl Fn(f64) -> String) -> Vec<String> {
    let all = || lines.iter().flat_map(|line| line.points.iter().copied());
    let most_x = all().map(|(x, _)| x).fold(0.0, f64::max);
    let most_y = all().map(|(_, y)| y).fold(0.0, f64::max);
    if most_x <= 0.0 || most_y <= 0.0 || width < 2 || height < 2 {
        return Vec::new();
    }
    let mut grid = vec![vec![' '; width]; height];
    for line in lines.iter().rev() {
        for column in 0..width {
            let x = most_x * column as f64 / (width - 1) as f64;
            // A step function: the last value at or before x; nothing beyond its end.
            let end = line.points.last().map_or(0.0, |(x, _)| *x);
            let Some((_, value)) = line.points.iter().rev().find(|(at, _)| *at <= x + 1e-9) else { continue };
            if x > end + most_x / width as f64 {
                continue;
            }
            let row = height - 1 - (value / most_y * (height - 1) as f64).round() as usize;
            if let Some(cell) = grid.get_mut(row).and_then(|row| row.get_mut(column)) {
                *cell = line.letter;
            }
        }
    }
    let (top, bottom) = (y(most_y), y(0.0));
    let margin = top.chars().count().max(bottom.chars().count());
    let mut text: Vec<String> = grid
        .into_iter()
        .enumerate()
        .map(|(place, row)| {
            let name = if place == 0 {
                &top
            } else if place + 1 == height {
                &bottom
            } else {
                ""
            };
            let row: String = row.into_iter().collect();
            format!("{name:>margin$} ┤{}", row.trim_end())
        })
        .collect();
    text.push(format!("{:margin$} └{}", "", "─".repeat(width)));
    let last = format!("{most_x:.0} {x_name}");
    text.push(format!("{:margin$}  0{last:>rest$}", "", rest = width - 1));
    text
}
