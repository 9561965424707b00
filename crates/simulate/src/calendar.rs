//! When signups arrive, and the days of the week.

use engine::time::DAY;

use crate::draw::Draw;
use crate::product::{Product, ProductError};

/// The days of a product's months.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    /// The first day, as days since 1970-01-01.
    pub(crate) first_day: i32,
    /// The day after the last.
    pub(crate) end_day: i32,
    /// Rising sums of how many of the signups come on each day.
    sums: Vec<u32>,
    /// The first day of each month.
    months: Vec<i32>,
}

impl Calendar {
    pub(crate) fn new(product: &Product) -> Result<Self, ProductError> {
        let months = (0..=product.months).map(|month| product.month_start(month)).collect::<Result<Vec<_>, _>>()?;
        let (first_day, end_day) = (product.month_start(0)?, product.month_start(product.months)?);
        let mut sum = 0;
        let mut sums = Vec::new();
        for day in first_day..end_day {
            // Three thousandths more signups every five days; weekends are quiet.
            let grown = 1_000 + 3 * (day - first_day) as u32 / 5;
            sum += grown * WEEKDAY_PERCENT_OF_SIGNUPS[weekday(day)] / 100;
            sums.push(sum);
        }
        Ok(Self { first_day, end_day, sums, months })
    }

    /// A day on which somebody signs up.
    pub(crate) fn signup_day(&self, draw: &mut Draw) -> i32 {
        self.first_day + draw.weighted(&self.sums) as i32
    }

    /// The month of the product that a day is in, from 0 on.
    pub(crate) fn month(&self, day: i32) -> u32 {
        self.months.partition_point(|start| *start <= day).saturating_sub(1) as u32
    }

    /// The instant at which the observation ends.
    pub(crate) fn end(&self) -> i64 {
        i64::from(self.end_day) * DAY
    }
}

const WEEKDAY_PERCENT_OF_SIGNUPS: [u32; 7] = [110, 120, 115, 105, 90, 40, 35];

/// The day of the week, Monday 0 … Sunday 6, of a day since 1970-01-01 (a Thursday).
pub(crate) const fn weekday(day: i32) -> usize {
    (day + 3).rem_euclid(7) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Purpose;
    use crate::scenario::Scenario;

    #[test]
    fn months_and_weekdays() {
        let product = Product::for_users(1, 10, 14, Scenario::NULL);
        let calendar = Calendar::new(&product).unwrap();
        assert_eq!(calendar.first_day, 20_089, "2025-01-01");
        assert_eq!(calendar.end_day - calendar.first_day, 365 + 31 + 28);
        assert_eq!(weekday(calendar.first_day), 2, "a Wednesday");
        assert_eq!(calendar.month(20_089), 0);
        assert_eq!(calendar.month(20_089 + 30), 0);
        assert_eq!(calendar.month(20_089 + 31), 1);
        assert_eq!(calendar.month(calendar.end_day - 1), 13);
    }

    #[test]
    fn signups_come_on_all_days_and_mostly_in_the_week() {
        let calendar = Calendar::new(&Product::for_users(1, 10, 2, Scenario::NULL)).unwrap();
        let mut draw = Draw::new(1, 1, Purpose::Arrival);
        let days: Vec<i32> = (0..20_000).map(|_| calendar.signup_day(&mut draw)).collect();
        assert_eq!(days.iter().min(), Some(&calendar.first_day));
        assert_eq!(days.iter().max(), Some(&(calendar.end_day - 1)));
        let weekend = days.iter().filter(|day| weekday(**day) >= 5).count();
        assert!((1_800..3_200).contains(&weekend), "{weekend}");
    }
}
