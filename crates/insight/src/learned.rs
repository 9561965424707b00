//! A learned score: a card of whole points that a person can read and a definition can hold.
//!
//! It learns from discovery's feature table at one landmark: what was done inside the window, who converted after it. The
//! earlier cohorts teach, the later ones judge; colleagues are on one side. Every row of the card is a plain condition
//! ("Member Invited 2 or more times: 3 points"), chosen one after the other while it says something that the rows before it do
//! not. A row may also count what was *not* done, unless the card is to be monotone: more use then never means fewer points.
//! Beside it stands an ordinary logistic
//! regression on all counts and properties, fitted on the same people, to see what being readable costs.
//!
//! A card is written as a definition in the language as it is: `at_least` of a list in which a criterion stands as often as
//! it has points. So the engine that qualifies is the only one that evaluates it.

mod baseline;
mod card;
mod people;
pub mod text;

use std::sync::Arc;

use engine::definition::{Band, Criterion, Definition, Entries, Period, PointRow, ScorePart, Share as ScoreShare};
use engine::time::DAY;
use engine::{Number, Span, Timestamp};
use serde::Serialize;
use stats::calibration::{ReliabilityBin, brier_score, reliability};
use stats::roc::{area_clustered, compare_areas_clustered};

pub use card::Row;

use crate::discover::Question;
use crate::discover::table::FeatureTable;
use crate::figure::{CONFIDENCE, Ranged, Share, When};
use card::Card;
use people::{Side, Sides};

/// The version of the JSON's names and meanings.
pub const FORMAT: u32 = 1;

/// What decides what is learned, in one place; written into every JSON answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rules {
    /// Conversions among those who teach at least.
    pub teaching_conversions: u64,
    /// Conversions among those who judge at least.
    pub judging_conversions: u64,
    /// Conversions for each row of the card at least (Peduzzi et al. 1996).
    pub conversions_per_row: u64,
    /// Rows at most.
    pub most_rows: usize,
    /// The first row is taken if its p-value, times the number of conditions looked at (Bonferroni), is at most this: else
    /// there is no card.
    pub level: f64,
    /// Further rows while their p-values, given the rows before them, are at most this. The later signups judge the whole.
    pub level_of_further_rows: f64,
    /// Points of one row at most.
    pub most_points: u32,
    /// The coarsest points are taken that lose at most this share of what the card gains over knowing nothing.
    pub rounding_loss: f64,
}

/// The rules in force.
pub const RULES: Rules = Rules {
    teaching_conversions: 50,
    judging_conversions: 20,
    conversions_per_row: 10,
    most_rows: 10,
    level: 0.05,
    level_of_further_rows: 0.01,
    most_points: 10,
    rounding_loss: 0.01,
};

/// What came of learning.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Learned {
    /// A card.
    Card(Box<LearnedCard>),
    /// Too few conversions, or nothing that says anything.
    Refused(Refused),
}

/// Why nothing was learned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Refused {
    /// The version of this format.
    pub format: u32,
    /// In words.
    pub because: String,
    /// The rules.
    pub rules: Rules,
    /// People and conversions among those who would teach.
    pub teaching: Share,
    /// Among those who would judge.
    pub judging: Share,
}

/// A card with how it did on those who judge.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LearnedCard {
    /// The version of this format.
    pub format: u32,
    /// The goal in words.
    pub goal: String,
    /// The window in days.
    pub window_days: f64,
    /// The end of the outcome, in days after the clock.
    pub within_days: f64,
    /// The rules.
    pub rules: Rules,
    /// Those who judge started then or later.
    pub judged_from: When,
    /// People and conversions among those who taught.
    pub teaching: Share,
    /// Among those who judge.
    pub judging: Share,
    /// Conditions looked at.
    pub conditions: u64,
    /// The rows, the most points first.
    pub rows: Vec<Row>,
    /// The sum of all points.
    pub most: u32,
    /// Log-odds of somebody without points, and for each point more (fitted on those who taught).
    pub log_odds: [f64; 2],
    /// What a number of points meant among those who judge.
    pub totals: Vec<Total>,
    /// The least total that the definition asks for: the best balance of precision and recall among those who taught.
    pub threshold: u32,
    /// Whether the card tells buyers from others among those who judge: the interval of `area` lies above one half.
    pub reliable: bool,
    /// Of those who judge and reach it, the converted.
    pub precision: Share,
    /// Of the conversions of those who judge, those who reach it.
    pub recall: Share,
    /// The chance that a buyer has more points than another person, among those who judge.
    pub area: Option<Ranged>,
    /// The same of a logistic regression on all counts and properties, fitted on those who taught.
    pub baseline_area: Option<Ranged>,
    /// The card's area less the regression's, on the same people; colleagues count as one.
    pub against_baseline: Option<Ranged>,
    /// How many times as often the tenth with the most points converts as everybody, among those who judge.
    pub lift_of_top_tenth: Option<f64>,
    /// The same of the regression.
    pub baseline_lift_of_top_tenth: Option<f64>,
    /// Predicted and observed, among those who judge.
    pub reliability: Vec<ReliabilityBin>,
    /// The mean squared error of the predictions (Brier 1950), and of always saying the share of those who taught.
    pub brier: Option<[f64; 2]>,
    /// The card as a definition, as a file.
    pub definition: String,
}

/// Those with so many points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Total {
    /// From so many points.
    pub from: u32,
    /// To so many, included.
    pub to: u32,
    /// What the card says: the chance to convert, at the mean of these.
    pub predicted: f64,
    /// What became of those who judge.
    pub converted: Share,
}

/// The window that is learned from: the longest of at most 14 days, else the shortest.
#[must_use]
pub fn usual_window(question: &Question) -> usize {
    question.windows.iter().rposition(|window| *window <= 14 * DAY).unwrap_or(0)
}

/// Learns from the table at one of its windows, by its place. `like` says whom and from when on: the definition whose
/// population and clock the table was made with. `monotone`: no row counts what was not done.
#[must_use]
pub fn learn(table: &FeatureTable, question: &Question, window: usize, like: &Definition, monotone: bool) -> Learned {
    let sides = Sides::of(table, window);
    let (teaching, judging) = (sides.share(Side::Teaching), sides.share(Side::Judging));
    let refused =
        |because: String| Learned::Refused(Refused { format: FORMAT, because, rules: RULES, teaching, judging });
    let enough = teaching.count >= RULES.teaching_conversions && judging.count >= RULES.judging_conversions;
    if !enough {
        return refused(format!(
            "not enough data: it takes {} conversions among the earlier signups and {} among the later ones, {} in all; there are {} and {}",
            RULES.teaching_conversions,
            RULES.judging_conversions,
            2 * RULES.teaching_conversions.max(RULES.judging_conversions),
            teaching.count,
            judging.count
        ));
    }
    let Some(card) = Card::learn(table, question, window, &sides, monotone) else {
        return refused("nothing that was done inside the window says reliably who converts after it".to_owned());
    };
    Learned::Card(Box::new(LearnedCard::of(table, question, window, &sides, card, like)))
}

impl LearnedCard {
    fn of(
        table: &FeatureTable,
        question: &Question,
        window: usize,
        sides: &Sides,
        card: Card,
        like: &Definition,
    ) -> Self {
        let judges = sides.places(Side::Judging);
        let outcomes = sides.outcomes(&judges);
        let households = sides.households(&judges);
        let totals: Vec<u32> = judges.iter().map(|place| card.total(*place)).collect();
        let points: Vec<f64> = totals.iter().map(|total| f64::from(*total)).collect();
        let predicted: Vec<f64> = totals.iter().map(|total| card.probability(*total)).collect();
        let baseline = baseline::scores(table, window, sides);
        let area = |scores: &[f64]| {
            let area = area_clustered(scores, &outcomes, &households, CONFIDENCE).ok()?;
            area.interval.map(|interval| Ranged { value: area.value, low: interval.low, high: interval.high })
        };
        let own_area = area(&points);
        let against = baseline
            .as_ref()
            .and_then(|baseline| compare_areas_clustered(&points, baseline, &outcomes, &households, CONFIDENCE).ok());
        let base = sides.share(Side::Teaching);
        let always = vec![base.count as f64 / base.of.max(1) as f64; outcomes.len()];
        let reaches = |total: &u32| *total >= card.threshold;
        let named = totals.iter().zip(&outcomes).filter(|(total, _)| reaches(total));
        let won = named.clone().filter(|(_, won)| **won).count() as u64;
        let named = named.count() as u64;
        let buyers = outcomes.iter().filter(|won| **won).count() as u64;
        let days = |length: i64| length as f64 / DAY as f64;
        let span = question.windows.get(window).copied().unwrap_or(0);
        Self {
            format: FORMAT,
            goal: question.goal.clone(),
            window_days: days(span),
            within_days: days(question.end),
            rules: RULES,
            judged_from: When(Timestamp(sides.judged_from())),
            teaching: base,
            judging: sides.share(Side::Judging),
            conditions: card.looked_at,
            most: card.most(),
            log_odds: card.log_odds,
            totals: card.groups(&totals, &outcomes),
            threshold: card.threshold,
            reliable: own_area.is_some_and(|area| area.low > 0.5),
            precision: Share::new(won, named),
            recall: Share::new(won, buyers),
            area: own_area,
            baseline_area: baseline.as_ref().and_then(|scores| area(scores)),
            against_baseline: against.map(|area| area.difference.into()),
            lift_of_top_tenth: lift_of_top_tenth(&points, &outcomes),
            baseline_lift_of_top_tenth: baseline.and_then(|scores| lift_of_top_tenth(&scores, &outcomes)),
            reliability: reliability(&predicted, &outcomes, 10, CONFIDENCE).unwrap_or_default(),
            brier: brier_score(&predicted, &outcomes)
                .ok()
                .zip(brier_score(&always, &outcomes).ok())
                .map(|(card, always)| [card, always]),
            definition: engine::language::to_yaml(&definition(&card, question, span, like)),
            rows: card.rows,
        }
    }

    /// The answer as indented JSON.
    ///
    /// # Errors
    /// None that the types allow.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
}

/// The card in the language: each criterion as often as it has points. What was not done counts when its time has passed,
/// so that the window stands in each criterion and the definition has none.
fn definition(card: &Card, question: &Question, window: i64, like: &Definition) -> Definition {
    let criterion = |row: &Row| match row.condition.criterion(&question.catalog, window) {
        Criterion::Behaviour(mut behaviour) => {
            behaviour.period = Period::Within(Span::Exact(window));
            Criterion::Behaviour(behaviour)
        }
        other => other,
    };
    let repeated = card.rows.iter().flat_map(|row| std::iter::repeat_n(criterion(row), row.points as usize));
    let table = card.rows.iter().map(|row| PointRow {
        criterion: criterion(row),
        points: Number::whole(i64::from(row.points)),
        half_life: None,
    });
    let most = Number::whole(i64::from(card.most()));
    let share = |total: u32| Number::ratio(i128::from(total) * 100, i128::from(card.most().max(1)));
    let bands = [("high", card.high), ("medium", card.threshold)]
        .into_iter()
        .filter_map(|(name, total)| Some(Band { name: Arc::from(name), at_least: share(total)? }));
    let mut bands: Vec<Band> = bands.collect();
    bands.dedup_by(|second, first| second.at_least >= first.at_least);
    Definition {
        id: Arc::from("learned"),
        name: format!("{} or more of {} points", card.threshold, card.most()),
        window: None,
        when: Criterion::AtLeast { least: card.threshold, of: repeated.collect() },
        fit: None,
        score: vec![ScorePart {
            name: Arc::from("points"),
            weight: Number::whole(100),
            share: ScoreShare::Points { table: table.collect(), cap: most },
        }],
        bands,
        value: None,
        entries: Entries::Once,
        ..like.clone()
    }
}

/// The rate of the tenth with the highest scores over everybody's; those who tie at its edge count in part.
fn lift_of_top_tenth(scores: &[f64], outcomes: &[bool]) -> Option<f64> {
    let mut order: Vec<(f64, bool)> = scores.iter().copied().zip(outcomes.iter().copied()).collect();
    order.sort_by(|left, right| right.0.total_cmp(&left.0));
    let (wanted, buyers) = (order.len() as f64 / 10.0, outcomes.iter().filter(|won| **won).count() as f64);
    let (mut people, mut won) = (0.0, 0.0);
    for equal in order.chunk_by(|left, right| left.0 == right.0) {
        let part = ((wanted - people) / equal.len() as f64).clamp(0.0, 1.0);
        people += equal.len() as f64 * part;
        won += equal.iter().filter(|(_, won)| *won).count() as f64 * part;
    }
    (people > 0.0 && buyers > 0.0).then(|| (won / people) / (buyers / order.len() as f64))
}
