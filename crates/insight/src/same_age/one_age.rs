//! Everybody once, at one age.

use serde::Serialize;
use stats::table::{AssociationTest, TwoByTwo};

use super::ages::Ages;
use super::test::Test;
use crate::case::Case;
use crate::enough::{THRESHOLDS, at_least};
use crate::figure::{Answer, CONFIDENCE, NotEnough, Ranged, Share, duration};

/// Everyone who at one age was in the population and had not converted, by whether they had qualified (landmark
/// analysis, Anderson, Cain and Gelber 1983).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtOneAge {
    /// The age: by then three in four of the judged leads had qualified.
    pub age_days: f64,
    /// Of those who had qualified, how many converted within the horizon.
    pub qualified: Share,
    /// Of those who had not.
    pub others: Share,
    /// The ratio of the two (Katz 1978).
    pub ratio: Option<Ranged>,
    /// Chi-square where every expected count allows it, else Fisher's exact test.
    pub test: Test,
}

/// The table at the age by which three in four of the judged leads had qualified.
pub(super) fn at_one_age(everyone: &[(&Case<'_>, Ages)], horizon: i64) -> Answer<AtOneAge> {
    let mut known: Vec<i64> = everyone
        .iter()
        .filter(|(case, _)| case.fate.and_then(crate::case::Fate::judged).is_some())
        .map(|(_, ages)| ages.known)
        .collect();
    known.sort_unstable();
    let place = (known.len() * 3).div_ceil(4).saturating_sub(1);
    let Some(&age) = known.get(place) else {
        return Answer::NotEnough(NotEnough::new(
            0,
            THRESHOLDS.people_in_comparison,
            "leads watched for the whole horizon",
        ));
    };
    let mut table = TwoByTwo::default();
    for (_, ages) in everyone {
        let at_risk = ages.from <= age && ages.converted > age && ages.watched.saturating_sub(horizon) >= age;
        let unknown_yet = ages.qualified <= age && ages.known > age;
        if at_risk && !unknown_yet {
            table.add(ages.known <= age, ages.converted < age.saturating_add(horizon));
        }
    }
    let when = if age == 0 { "at their start".to_owned() } else { format!("at the age of {}", duration(age as f64)) };
    let of = format!("people on either side {when}");
    at_least(table.exposed().min(table.unexposed()), THRESHOLDS.people_in_comparison, &of, || {
        let association = table.association()?;
        Some(AtOneAge {
            age_days: age as f64 / engine::time::DAY as f64,
            qualified: Share::new(table.exposed_event, table.exposed()),
            others: Share::new(table.unexposed_event, table.unexposed()),
            ratio: table.risk_ratio(CONFIDENCE).map(|ratio| Ranged {
                value: ratio.value,
                low: ratio.interval.low,
                high: ratio.interval.high,
            }),
            test: Test {
                name: test_name(association.test),
                statistic: association.statistic,
                p_value: association.p_value,
            },
        })
    })
}

fn test_name(test: AssociationTest) -> &'static str {
    if test == AssociationTest::FisherExact { "Fisher's exact test" } else { "chi-square test" }
}
