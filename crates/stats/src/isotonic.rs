//! The best curve that never falls.

use crate::error::Unanswerable;

/// A step function that never falls, fitted to points.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Isotonic {
    /// Where each step begins, ascending; the first also holds for everything below it.
    pub from: Vec<f64>,
    /// Its height.
    pub value: Vec<f64>,
}

impl Isotonic {
    /// The function that never falls with the least sum of squared distances to the points, each with its weight: pool adjacent
    /// violators (Ayer et al. 1955; Barlow et al. 1972). Points at one place count as their mean.
    ///
    /// # Errors
    /// [`Unanswerable::NoObservations`]; [`Unanswerable::LengthsDiffer`]; [`Unanswerable::OutOfRange`] for numbers that are not
    /// finite, or weights that are not positive.
    pub fn fit(places: &[f64], values: &[f64], weights: &[f64]) -> Result<Self, Unanswerable> {
        for other in [values.len(), weights.len()] {
            if other != places.len() {
                return Err(Unanswerable::LengthsDiffer { left: places.len(), right: other });
            }
        }
        if places.is_empty() {
            return Err(Unanswerable::NoObservations);
        }
        if places.iter().chain(values).any(|number| !number.is_finite())
            || weights.iter().any(|weight| !weight.is_finite() || *weight <= 0.0)
        {
            return Err(Unanswerable::OutOfRange("a point is not finite, or its weight is not positive"));
        }
        let mut points: Vec<(f64, f64, f64)> = places
            .iter()
            .zip(values)
            .zip(weights)
            .map(|((place, value), weight)| (*place, value * weight, *weight))
            .collect();
        points.sort_by(|left, right| left.0.total_cmp(&right.0));
        let mut blocks: Vec<Block> = Vec::new();
        for equal in points.chunk_by(|left, right| left.0 == right.0) {
            let mut block = Block { from: equal.first().map_or(0.0, |point| point.0), sum: 0.0, weight: 0.0 };
            for (_, sum, weight) in equal {
                block.sum += sum;
                block.weight += weight;
            }
            while let Some(last) = blocks.last().filter(|last| last.mean() >= block.mean()) {
                block = Block { from: last.from, sum: last.sum + block.sum, weight: last.weight + block.weight };
                blocks.pop();
            }
            blocks.push(block);
        }
        Ok(Self {
            from: blocks.iter().map(|block| block.from).collect(),
            value: blocks.iter().map(Block::mean).collect(),
        })
    }

    /// The height at a place.
    #[must_use]
    pub fn at(&self, place: f64) -> f64 {
        let step = self.from.partition_point(|from| *from <= place).saturating_sub(1);
        self.value.get(step).copied().unwrap_or(f64::NAN)
    }
}

/// Neighbours that share one height.
struct Block {
    from: f64,
    sum: f64,
    weight: f64,
}

impl Block {
    fn mean(&self) -> f64 {
        self.sum / self.weight
    }
}
