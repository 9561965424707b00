//! How much better than everybody the tenth with the highest scores does, and by how much two scores differ in that.

use stats::confidence::Confidence;
use stats::quantile::SortedValues;
use stats::random::Generator;

use crate::figure::Ranged;

/// Samples drawn for a range.
const SAMPLES: usize = 1_000;
/// From what all chance comes.
const SEED: u64 = 1;

/// People in the order of their scores, equal ones together.
struct Ranking {
    /// The highest scores first.
    groups: Vec<Vec<usize>>,
}

impl Ranking {
    fn of(scores: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|left, right| scores[*right].total_cmp(&scores[*left]));
        Self { groups: order.chunk_by(|left, right| scores[*left] == scores[*right]).map(<[usize]>::to_vec).collect() }
    }

    /// The rate of the highest tenth over everybody's, each person counted so many times; those who tie at its edge count in
    /// part. `None`: nobody converted.
    fn lift(&self, outcomes: &[bool], times: &[u32]) -> Option<f64> {
        let count = |place: &usize| f64::from(times[*place]);
        let all: f64 = times.iter().map(|times| f64::from(*times)).sum();
        let buyers: f64 = outcomes.iter().zip(times).filter(|(won, _)| **won).map(|(_, times)| f64::from(*times)).sum();
        let (mut people, mut won) = (0.0, 0.0);
        for equal in &self.groups {
            let size: f64 = equal.iter().map(count).sum();
            if size > 0.0 {
                let part = ((all / 10.0 - people) / size).clamp(0.0, 1.0);
                people += size * part;
                won += equal.iter().filter(|place| outcomes[**place]).map(count).sum::<f64>() * part;
                if part < 1.0 {
                    break;
                }
            }
        }
        (people > 0.0 && buyers > 0.0).then(|| (won / people) / (buyers / all))
    }
}

/// The lift of the highest tenth. `None`: nobody converted.
pub(super) fn lift_of_top_tenth(scores: &[f64], outcomes: &[bool]) -> Option<f64> {
    Ranking::of(scores).lift(outcomes, &vec![1; outcomes.len()])
}

/// The lift of the one less that of the other, with a range from samples of households drawn with replacement (percentiles;
/// Efron and Tibshirani 1993, 13.3): both lifts of a sample are of the same people. Households stand together.
pub(super) fn difference(
    one: &[f64],
    other: &[f64],
    outcomes: &[bool],
    households: &[u64],
    confidence: Confidence,
) -> Option<Ranged> {
    let (one, other) = (Ranking::of(one), Ranking::of(other));
    let apart = |times: &[u32]| Some(one.lift(outcomes, times)? - other.lift(outcomes, times)?);
    let value = apart(&vec![1; outcomes.len()])?;
    let mut starts: Vec<usize> = Vec::new();
    for (place, household) in households.iter().enumerate() {
        if place == 0 || households[place - 1] != *household {
            starts.push(place);
        }
    }
    let mut random = Generator::new(SEED);
    let mut times = vec![0_u32; outcomes.len()];
    let mut drawn: Vec<f64> = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        times.fill(0);
        for _ in 0..starts.len() {
            let number = random.below(starts.len() as u64) as usize;
            let end = starts.get(number + 1).copied().unwrap_or(times.len());
            times[starts[number]..end].iter_mut().for_each(|times| *times += 1);
        }
        drawn.extend(apart(&times));
    }
    let drawn = SortedValues::new(drawn).ok()?;
    let tail = confidence.tail();
    Some(Ranged { value, low: drawn.quantile(tail)?, high: drawn.quantile(1.0 - tail)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::CONFIDENCE;

    #[test]
    fn the_tenth_with_the_highest_scores() {
        let scores: Vec<f64> = (0..100).map(f64::from).collect();
        let outcomes: Vec<bool> = (0..100).map(|place| !(5..95).contains(&place)).collect();
        assert_eq!(lift_of_top_tenth(&scores, &outcomes), Some(5.0));
        // Who ties counts in part: all have one score.
        assert_eq!(lift_of_top_tenth(&[1.0; 100], &outcomes), Some(1.0));
        assert_eq!(lift_of_top_tenth(&scores, &[false; 100]), None);
    }

    #[test]
    fn the_range_of_a_difference_grows_with_what_belongs_together() {
        let mut random = Generator::new(4);
        let good: Vec<f64> = (0..2_000).map(|_| random.uniform()).collect();
        let outcomes: Vec<bool> = good.iter().map(|score| random.happens(score * 0.4)).collect();
        let useless: Vec<f64> = (0..2_000).map(|_| random.uniform()).collect();
        let alone: Vec<u64> = (0..2_000).collect();
        let by_ten: Vec<u64> = (0..2_000).map(|place| place / 10).collect();
        let of = |households: &[u64]| difference(&good, &useless, &outcomes, households, CONFIDENCE).unwrap();
        assert!(of(&alone).low > 0.0 && of(&alone).high < 2.0, "{:?}", of(&alone));
        let same = difference(&good, &good, &outcomes, &by_ten, CONFIDENCE).unwrap();
        assert_eq!((same.value, same.low, same.high), (0.0, 0.0, 0.0));
        // Copies of a person add nothing.
        let ten = |values: &[f64]| values.iter().take(200).flat_map(|value| [*value; 10]).collect::<Vec<f64>>();
        let won: Vec<bool> = outcomes.iter().take(200).flat_map(|won| [*won; 10]).collect();
        let width = |households: &[u64]| {
            let range = difference(&ten(&good), &ten(&useless), &won, households, CONFIDENCE).unwrap();
            range.high - range.low
        };
        assert!(width(&by_ten) > 2.0 * width(&alone), "{} {}", width(&by_ten), width(&alone));
    }
}
