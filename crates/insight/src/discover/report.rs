//! What discovery says: one value, written as JSON or told as text.

use std::sync::Arc;

use serde::Serialize;

use super::adjusted::Adjusted;
use super::catalog::Excluded;
use super::closer::{Curve, HeatMap, Load, Missed, Overlap};
use super::leaks::Declared;
use super::luck::Luck;
use super::measures::Measures;
use super::question::Question;
use super::rule::{ConditionWords, Rule};
use super::touched::Touched;
use super::verdict::{Verdict, VerdictThresholds};
use crate::figure::When;

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct Discovery {
    /// `user`, `account` or `workspace`.
    pub subject: &'static str,
    /// What is predicted.
    pub goal: String,
    /// Days after the clock by which a conversion counts: the same for all windows.
    pub end_days: f64,
    /// Until when conversions are known.
    pub observed_until: When,
    /// Who was looked at, and who was left out.
    pub population: Population,
    /// How many people are left out because they refuse to be judged; `None`: the workspace asks for no consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_profiling: Option<u64>,
    /// The windows compared.
    pub windows: Vec<WindowCounts>,
    /// How the people were cut into those searched and those who judge.
    pub halves: Halves,
    /// How much was tried.
    pub tried: Tried,
    /// How good the best looks by luck, where outcomes were permuted.
    pub luck: Option<Luck>,
    /// What was judged, the surest first.
    pub findings: Vec<Finding>,
    /// The place of the finding to go on with: of the reliable ones the simplest within the noise of the best.
    pub recommended: Option<usize>,
    /// A closer look at the first findings that are more than luck.
    pub closer: Vec<Closer>,
    /// How they overlap.
    pub overlaps: Vec<Overlap>,
    /// Each feature's best threshold in the searched half, the best first: what an uncorrected search would show.
    pub candidates: Vec<CandidateFigures>,
    /// What is doubted, and why, each once; without what only follows the goal.
    pub doubted: Vec<String>,
    /// Events, properties and traits that are declared to have been known before the outcome.
    pub trusted: Vec<Arc<str>>,
    /// Whether those whom sales had touched are left out.
    pub without_sales_touched: bool,
    /// How many leads can be worked in a week, where it was told.
    pub capacity_per_week: Option<u32>,
    /// Events left out by construction.
    pub excluded: Vec<Excluded>,
    /// Whether anything is reliable, and what to do where nothing is.
    pub nothing: Option<Nothing>,
    /// The thresholds of the verdicts.
    pub thresholds: VerdictThresholds,
}

/// Who was looked at, and who was left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Population {
    /// Those whose time started.
    pub started: u64,
    /// Their time started outside the period asked for.
    pub outside_period: u64,
    /// Converted before their time started.
    pub converted_before: u64,
    /// Not watched to the end of the outcome.
    pub immature: u64,
    /// In the population at no landmark: our own people, colleagues of customers, or whom the population rules out.
    pub outside: u64,
    /// In no account at any landmark, where it is accounts that convert: nothing that they do could show it.
    pub in_no_account: u64,
    /// Touched by sales before every landmark, where these are left out.
    pub touched_by_sales: u64,
    /// Converted before the first landmark.
    pub before_first_landmark: u64,
    /// Looked at.
    pub counted: u64,
}

/// One window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WindowCounts {
    /// Its length in days.
    pub days: f64,
    /// At its landmark in the population and not yet converted.
    pub people: u64,
    /// Of those, converted by the end of the outcome.
    pub buyers: u64,
    /// Buyers lost to it: converted before its landmark.
    pub buyers_lost: u64,
    /// Of those at the landmark, the ones whom sales had touched by then; where these are left out, they are not among `people`.
    pub touched_by_sales: Touched,
}

/// The two halves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Halves {
    /// People searched: the earlier signups.
    pub searched: u64,
    /// People who judge: the later signups.
    pub held_out: u64,
    /// The clock of the first of these.
    pub held_out_from: Option<When>,
    /// Its day, in the workspace's zone.
    pub held_out_from_day: Option<String>,
    /// Households, the units of chance; equal to people where nobody shares one.
    pub households: u64,
}

/// How much was tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// Features (event × measure × window).
    pub features: u64,
    /// Thresholds in them: features × thresholds.
    pub cells: u64,
    /// Of so many thresholds, those that look good by luck: positive with p below 0.05.
    pub good_by_luck: u64,
    /// Thresholds that look so in the searched half.
    pub look_good: u64,
    /// Rules of several conditions tried.
    pub combinations: u64,
    /// Findings judged on the held-out half.
    pub judged: u64,
}

/// A feature's best threshold in the searched half.
#[derive(Debug, Clone, Serialize)]
pub struct CandidateFigures {
    /// The condition.
    pub condition: ConditionWords,
    /// The window in days.
    pub window_days: f64,
    /// People searched who meet it, and the buyers among them.
    pub met: u64,
    /// Of those, buyers.
    pub met_buyers: u64,
    /// The correlation with converting.
    pub phi: Option<f64>,
    /// Standard errors from chance.
    pub z: f64,
    /// Uncorrected.
    pub p_value: f64,
    /// Among all cells tried (Benjamini and Hochberg).
    pub q_value: f64,
    /// The chance that the best of the whole search looks as good where nothing matters, where outcomes were permuted.
    pub luck: Option<f64>,
    /// How many thresholds were tried.
    pub thresholds: u32,
}

/// Something that was judged.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// In words.
    pub words: String,
    /// Its conditions.
    pub conditions: Vec<ConditionWords>,
    /// How many of them must hold.
    pub least: usize,
    /// Rules of the same window that pick exactly the same people: they were not judged again. The plainest is the finding.
    pub same_people: Vec<SamePeople>,
    /// The window in days.
    pub window_days: f64,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it may be a leak.
    pub leak: Option<String>,
    /// What of it is declared to have been known before the outcome, and is therefore not doubted.
    pub declared: Option<Declared>,
    /// On the earlier signups, among whom it was found: these figures flatter.
    pub search: Measures,
    /// On later signups, not used in the search: the figures to believe.
    pub held_out: Measures,
    /// Among the equally active and similar, on the later signups.
    pub adjusted: Option<Adjusted>,
    /// The held-out p-value after Holm's correction over all that was judged.
    pub corrected_p: f64,
    /// The held-out q-value (Benjamini and Hochberg) over all that was judged.
    pub q_value: f64,
    /// By how much the search flattered: the logarithm of the lift there less that on later signups.
    pub optimism: Option<f64>,
    /// By month of the clock.
    pub months: Vec<Month>,
    /// The sentence.
    pub sentence: String,
    /// As one line of a definition.
    pub criterion: String,
    /// The rule itself.
    #[serde(skip)]
    pub rule: Rule,
}

/// The same people in other words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SamePeople {
    /// In words.
    pub words: String,
    /// As one line of a definition.
    pub criterion: String,
}

impl SamePeople {
    pub(crate) fn of(question: &Question, rule: &Rule) -> Self {
        Self {
            words: rule.words(&question.catalog),
            criterion: engine::language::criterion_to_yaml(&rule.criterion(question)),
        }
    }
}

/// A month's people at the landmark.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Month {
    /// `2024-03`.
    pub month: String,
    /// Those who meet the rule.
    pub met: u64,
    /// Of those, buyers.
    pub met_buyers: u64,
    /// The others.
    pub others: u64,
    /// Of those, buyers.
    pub other_buyers: u64,
}

/// A closer look at a finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Closer {
    /// The finding's place.
    pub finding: usize,
    /// Conversion by the value of its first feature.
    pub curve: Option<Curve>,
    /// Conversion by threshold and window of its first feature.
    pub heat_map: Option<HeatMap>,
    /// Whom it misses.
    pub missed: Missed,
    /// Thresholds and what they give in a week, where a capacity was told.
    pub loads: Vec<Load>,
}

/// Nothing is reliable.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Nothing {
    /// People at the first landmark.
    pub people: u64,
    /// Buyers at the first landmark.
    pub buyers: u64,
    /// How many buyers it takes to see the effect, by the chance of `power` in the half that judges.
    pub buyers_needed: Option<u64>,
    /// For a behaviour that this share of people shows.
    pub for_share: f64,
    /// That chance.
    pub power: f64,
    /// Whether the effect is to buy twice as often; else so many buy that nobody can, and it is that half as many do not buy as of all.
    pub is_twice: bool,
    /// The effect at the present share of buyers: of those with the behaviour, and of the others.
    pub rates: [f64; 2],
    /// When there will be so many at the present pace; `None` also where that is beyond 2200.
    pub when: Option<Arc<str>>,
}

impl Discovery {
    /// Of whom it speaks: `people`, `accounts`, `workspaces`.
    pub(crate) fn whom(&self) -> String {
        match self.subject {
            "user" => "people".to_owned(),
            other => format!("{other}s"),
        }
    }

    /// Puts ids on those who are named among the missed.
    pub fn name_missed(&mut self, id: impl Fn(engine::household::Subject) -> String) {
        for closer in &mut self.closer {
            closer.missed.subjects = closer.missed.who.iter().map(|subject| id(*subject)).collect();
        }
    }
}
