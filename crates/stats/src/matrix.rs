//! Small symmetric positive definite systems.

/// A square matrix, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Square {
    size: usize,
    cells: Vec<f64>,
}

impl Square {
    pub(crate) fn zero(size: usize) -> Self {
        Self { size, cells: vec![0.0; size * size] }
    }

    pub(crate) fn at(&self, row: usize, column: usize) -> f64 {
        self.cells[row * self.size + column]
    }

    pub(crate) fn at_mut(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.cells[row * self.size + column]
    }

    /// The Cholesky factor L with L Lᵀ = self, from the lower triangle; `None` unless the matrix is positive definite by
    /// a margin that rounding cannot explain.
    pub(crate) fn factor(&self) -> Option<Factor> {
        let mut lower = Self::zero(self.size);
        for row in 0..self.size {
            for column in 0..=row {
                let known: f64 = (0..column).map(|k| lower.at(row, k) * lower.at(column, k)).sum();
                let rest = self.at(row, column) - known;
                if row == column {
                    // A pivot lost to cancellation means a column that is a combination of others.
                    if !rest.is_finite() || rest <= 1e-10 * self.at(row, row).abs() {
                        return None;
                    }
                    *lower.at_mut(row, row) = rest.sqrt();
                } else {
                    *lower.at_mut(row, column) = rest / lower.at(column, column);
                }
            }
        }
        Some(Factor { lower })
    }
}

/// The triangular half of a positive definite matrix.
#[derive(Debug, Clone)]
pub(crate) struct Factor {
    lower: Square,
}

impl Factor {
    /// The solution x of (L Lᵀ) x = right, where `right` has as many entries as the matrix has rows.
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut x = right.to_vec();
        let size = self.lower.size;
        for row in 0..size {
            let known: f64 = (0..row).map(|k| self.lower.at(row, k) * x[k]).sum();
            x[row] = (x[row] - known) / self.lower.at(row, row);
        }
        for row in (0..size).rev() {
            let known: f64 = (row + 1..size).map(|k| self.lower.at(k, row) * x[k]).sum();
            x[row] = (x[row] - known) / self.lower.at(row, row);
        }
        x
    }

    /// The inverse of L Lᵀ.
    pub(crate) fn inverse(&self) -> Square {
        let size = self.lower.size;
        let mut inverse = Square::zero(size);
        for column in 0..size {
            let mut unit = vec![0.0; size];
            unit[column] = 1.0;
            for (row, value) in self.solve(&unit).into_iter().enumerate() {
                *inverse.at_mut(row, column) = value;
            }
        }
        inverse
    }
}
