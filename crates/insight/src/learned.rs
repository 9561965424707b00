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
mod candidates;
mod card;
mod doubts;
mod folds;
mod lift;
mod path;
mod people;
pub mod text;

use std::sync::Arc;

use engine::definition::{
    Band, Criterion, Definition, Entries, Period, PointRow, Quantity, ScorePart, Share as ScoreShare,
};
use engine::time::DAY;
use engine::{Number, Span, Timestamp};
use serde::Serialize;
use stats::calibration::{ReliabilityBin, brier_score, reliability};
use stats::logistic::probability;
use stats::roc::{area_clustered, compare_areas_clustered};

pub use card::Row;

use crate::discover::Question;
use crate::discover::table::FeatureTable;
use crate::figure::{CONFIDENCE, Ranged, Share, When};
use card::Card;
use doubts::Doubts;
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
    /// Rows at most, for a card that can be read; how many there are is chosen by folds of those who teach.
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
    most_rows: 30,
    level: 0.05,
    level_of_further_rows: 0.01,
    most_points: 10,
    rounding_loss: 0.01,
};

/// What a card may be made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// No row counts what was not done: more use never means fewer points.
    pub monotone: bool,
    /// Also what somebody is: traits as they are at the landmark. How much of a limit somebody has used by what he did is looked at anyway.
    pub traits: bool,
    /// Events, properties and traits that are known to have been there before, and are not left out although they look too good.
    pub trusted: Vec<String>,
}

/// What came of learning.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Learned {
    /// A card.
    Card(Box<LearnedCard>),
    /// Too few conversions, or nothing that says anything.
    Refused(Box<Refused>),
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
    /// What was left out because it looks too good to be true, and why.
    pub left_out: Vec<String>,
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
    /// What was left out because it looks too good to be true, and why.
    pub left_out: Vec<String>,
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
    /// The same of those who taught: what it promised.
    pub precision_of_teaching: Share,
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
    /// The card's less the regression's, on the same people; colleagues count as one.
    pub lift_against_baseline: Option<Ranged>,
    /// How many the card says would convert of those who judge, and how many the regression says.
    pub expected: [Option<f64>; 2],
    /// Predicted and observed, among those who judge.
    pub reliability: Vec<ReliabilityBin>,
    /// The mean squared error of the predictions (Brier 1950), and of always saying the share of those who taught.
    pub brier: Option<[f64; 2]>,
    /// The same of the regression's predictions.
    pub baseline_brier: Option<f64>,
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
/// population and clock the table was made with.
#[must_use]
pub fn learn(
    table: &FeatureTable,
    question: &Question,
    window: usize,
    like: &Definition,
    allowed: &Allowed,
) -> Learned {
    let sides = Sides::of(table, window);
    let (teaching, judging) = (sides.share(Side::Teaching), sides.share(Side::Judging));
    let refused = |because: String, left_out: Vec<String>| {
        Learned::Refused(Box::new(Refused { format: FORMAT, because, rules: RULES, teaching, judging, left_out }))
    };
    let enough = teaching.count >= RULES.teaching_conversions && judging.count >= RULES.judging_conversions;
    if !enough {
        let because = format!(
            "not enough data: it takes {} conversions among the earlier signups and {} among the later ones, {} in all; there are {} and {}",
            RULES.teaching_conversions,
            RULES.judging_conversions,
            2 * RULES.teaching_conversions.max(RULES.judging_conversions),
            teaching.count,
            judging.count
        );
        return refused(because, Vec::new());
    }
    let looked_at = |slot| candidates::is_looked_at(table, &question.catalog, slot, allowed.traits);
    // A limit that the purchase sets is doubted also where it is no row by itself.
    let rested_on = candidates::under_shares(&question.catalog);
    let mut candidates =
        candidates::candidates(table, window, &sides, |slot| looked_at(slot) || rested_on.contains(&slot));
    let doubts = Doubts::of(table, question, &sides, &candidates, &allowed.trusted, looked_at);
    let kept = |slot| looked_at(slot) && !doubts.about(slot);
    candidates.retain(|candidate| kept(candidate.condition.slot));
    let Some(card) = Card::learn(candidates, question, &sides, allowed.monotone) else {
        let nothing = "nothing that was done inside the window says reliably who converts after it";
        return refused(nothing.to_owned(), doubts.told);
    };
    let baseline = baseline::scores(table, window, &sides, kept);
    let learned = LearnedCard::of(question, window, &sides, card, baseline, like);
    Learned::Card(Box::new(LearnedCard { left_out: doubts.told, ..learned }))
}

impl LearnedCard {
    fn of(
        question: &Question,
        window: usize,
        sides: &Sides,
        card: Card,
        baseline: Option<Vec<f64>>,
        like: &Definition,
    ) -> Self {
        let judges = sides.places(Side::Judging);
        let outcomes = sides.outcomes(&judges);
        let households = sides.households(&judges);
        let totals: Vec<u32> = judges.iter().map(|place| card.total(*place)).collect();
        let points: Vec<f64> = totals.iter().map(|total| f64::from(*total)).collect();
        let predicted: Vec<f64> = totals.iter().map(|total| card.probability(*total)).collect();
        let baseline_predicted: Option<Vec<f64>> =
            baseline.as_ref().map(|scores| scores.iter().map(|log_odds| probability(*log_odds)).collect());
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
        let precision = precision(&card, sides, Side::Judging);
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
            left_out: Vec::new(),
            most: card.most(),
            log_odds: card.log_odds,
            totals: card.groups(&totals, &outcomes),
            threshold: card.threshold,
            reliable: own_area.is_some_and(|area| area.low > 0.5),
            precision,
            precision_of_teaching: self::precision(&card, sides, Side::Teaching),
            recall: Share::new(precision.count, buyers),
            area: own_area,
            baseline_area: baseline.as_ref().and_then(|scores| area(scores)),
            against_baseline: against.map(|area| area.difference.into()),
            lift_of_top_tenth: lift::lift_of_top_tenth(&points, &outcomes),
            baseline_lift_of_top_tenth: baseline.as_ref().and_then(|scores| lift::lift_of_top_tenth(scores, &outcomes)),
            lift_against_baseline: baseline
                .as_ref()
                .and_then(|scores| lift::difference(&points, scores, &outcomes, &households, CONFIDENCE)),
            expected: [Some(&predicted), baseline_predicted.as_ref()].map(|chances| Some(chances?.iter().sum())),
            baseline_brier: baseline_predicted.as_ref().and_then(|chances| brier_score(chances, &outcomes).ok()),
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

/// Of those of a side who reach what the definition asks for, the converted.
fn precision(card: &Card, sides: &Sides, side: Side) -> Share {
    let places = sides.places(side);
    let outcomes = sides.outcomes(&places);
    let named = places.iter().zip(outcomes).filter(|(place, _)| card.total(**place) >= card.threshold);
    let (count, won) = named.fold((0, 0), |(count, won), (_, yes)| (count + 1, won + u64::from(yes)));
    Share::new(won, count)
}

/// The card in the language: each criterion as often as it has points. What was not done counts when its time has passed,
/// so that the window stands in each criterion and the definition has none.
fn definition(card: &Card, question: &Question, window: i64, like: &Definition) -> Definition {
    let criterion = |row: &Row| {
        let mut criterion = row.condition.criterion(&question.catalog, window);
        let behaviour = match &mut criterion {
            Criterion::Behaviour(behaviour) => Some(behaviour),
            Criterion::Ratio(ratio) => match &mut ratio.of {
                Quantity::Measure(behaviour) => Some(behaviour),
                Quantity::Trait(_) => None,
            },
            _ => None,
        };
        if let Some(behaviour) = behaviour {
            behaviour.period = Period::Within(Span::Exact(window));
        }
        criterion
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
