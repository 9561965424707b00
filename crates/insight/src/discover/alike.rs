//! Who is alike: people who were equally active, and of whom equally much would be expected by who they are (fit).
//!
//! Active people do everything more often, and the right kind of people buy more often. A behaviour says something of its own only
//! where it tells buyers from others among people who are alike in both.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::definition::TraitPath;
use stats::logistic::{Logistic, Problem};

use super::catalog::Catalog;
use super::cohort::{Cohort, Half};
use super::leaks::Leaks;
use super::logarithms::Logarithms;
use super::rule::Rule;
use super::search::Searched;
use super::table::{Measure, Slot};
use crate::workers::{Workers, all_of};

/// A stratum of each place; people of one stratum are alike.
pub(crate) struct Strata {
    pub of: Vec<u16>,
    pub count: usize,
    /// Whether they are alike in fit, too.
    pub by_fit: bool,
}

/// How many groups the activity is cut into at most, of equal size as far as equal counts allow.
const MOST_ACTIVITY_GROUPS: usize = 40;
/// How many groups of equal fit each of them is cut into at most.
const MOST_FIT_GROUPS: usize = 8;
/// The least people at risk in a group, on average: the estimates of Mantel and Haenszel hold for many small groups, too.
const LEAST_PEOPLE: usize = 25;
/// Counts of events from here on are as good as each other.
const MOST_COUNTED: u32 = 50_000;
/// The most features of traits that tell the fit: those that tell most by themselves.
const MOST_TRAITS: usize = 12;
/// The most people of the searched half that the fit is learned from.
const MOST_LEARNED: usize = 20_000;
/// The least buyers among them for each feature.
const BUYERS_FOR_FEATURE: usize = 10;
/// Coefficients are drawn together by this much (ridge), on features of at most a few units.
const RIDGE: f64 = 1.0;

/// What each person would be expected to do by how active it was and by its traits, by window; learned on the searched half,
/// so that those who judge have no say in it.
pub(crate) struct Expected<'a> {
    pub cohort: &'a Cohort<'a>,
    /// The features that say how active somebody was, beside the number of product events: days, kinds, members.
    active: Vec<usize>,
    /// By window, the features of traits that tell most: its slot and whose trait it is.
    traits: Vec<Vec<(usize, TraitPath)>>,
    logarithms: Logarithms,
    /// The features that count doubted events: what may be a step of buying is no activity. Their days and kinds are among the
    /// others: one more day or kind says little, and without these the adjustment would be worse.
    doubted: Vec<usize>,
    /// By window, how many product events each place has without these; empty where none is doubted.
    undoubted: Vec<Vec<u32>>,
}

/// What is learned of one window.
pub(crate) struct Model {
    /// What the logarithm of the number of product events counts for.
    events: f64,
    /// What those of [`Expected::active`] say of each place.
    active: Vec<f64>,
    /// Each place's score by its traits; `None` where they tell nothing.
    fit: Option<Vec<f32>>,
}

impl<'a> Expected<'a> {
    /// Of a cohort, by what the search says of single traits.
    pub fn new(catalog: &Catalog, cohort: &'a Cohort<'a>, searched: &Searched, leaks: &Leaks) -> Self {
        let mut ranked: Vec<_> =
            searched.candidates.iter().filter(|of| of.condition.slot.measure == Measure::Trait).collect();
        ranked.sort_by(|left, right| {
            right.z.abs().total_cmp(&left.z.abs()).then_with(|| left.condition.cmp(&right.condition))
        });
        let mut traits = vec![Vec::new(); cohort.landmarks.len()];
        for candidate in ranked {
            let of_window: &mut Vec<(usize, TraitPath)> = &mut traits[candidate.window];
            if of_window.len() < MOST_TRAITS
                && let Some(feature) = candidate.condition.trait_feature(catalog)
                && let Some(slot) = cohort.slot(candidate.condition.slot)
                // What was set by the purchase is no fit: people alike in it would be alike in having bought.
                && leaks.about(candidate.condition.slot).is_none()
            {
                of_window.push((slot, feature.path.clone()));
            }
        }
        let count_of = |event| cohort.slot(Slot { event: Some(event), measure: Measure::Count, of: None });
        let doubted: Vec<usize> = leaks.of_use(catalog).into_iter().filter_map(count_of).collect();
        let active = [Measure::Days, Measure::Kinds, Measure::Users];
        let active = active.into_iter().filter_map(|measure| cohort.slot(Slot { event: None, measure, of: None }));
        let logarithms = Logarithms::new(&cohort.table.layout.levels);
        let own: Vec<(usize, u32)> = doubted.iter().map(|slot| (*slot, 0)).collect();
        let without = |window: usize| {
            let of_doubted = beyond(cohort, window, &own, |_| 0);
            cohort.activity(window).iter().zip(of_doubted).map(|(all, doubted)| all.saturating_sub(doubted)).collect()
        };
        let windows = if own.is_empty() { 0 } else { cohort.landmarks.len() };
        let undoubted = (0..windows).map(without).collect();
        let active = active.collect();
        Self { cohort, active, traits, logarithms, doubted, undoubted }
    }

    /// How many product events each place has in a window, without those that are doubted.
    fn activity(&self, window: usize) -> &[u32] {
        self.undoubted.get(window).map_or_else(|| self.cohort.activity(window), Vec::as_slice)
    }

    /// For each rule, what is learned of its window without the traits that it is itself about: once for all rules that share it.
    pub fn models(&self, catalog: &Catalog, rules: &[&Rule], workers: Workers<'_>) -> Vec<Arc<Model>> {
        let left_out = |rule: &&Rule| {
            let mut own: Vec<TraitPath> =
                rule.conditions.iter().filter_map(|condition| condition.trait_path(catalog).cloned()).collect();
            own.sort_unstable();
            own.dedup();
            (rule.window, own)
        };
        let of_rules: Vec<_> = rules.iter().map(left_out).collect();
        let distinct: BTreeSet<_> = of_rules.iter().collect();
        let distinct: Vec<_> = distinct.into_iter().collect();
        let models = all_of(workers, distinct.len(), |place| {
            let (window, own) = distinct[place];
            let traits = self.traits[*window].iter().filter(|(_, path)| !own.contains(path));
            let traits: Vec<usize> = traits.map(|(slot, _)| *slot).collect();
            Arc::new(learn(self.cohort, &self.logarithms, (*window, self.activity(*window)), &self.active, &traits))
        });
        let models: BTreeMap<_, _> = distinct.into_iter().zip(models).collect();
        of_rules.iter().map(|left_out| Arc::clone(&models[left_out])).collect()
    }
}

/// The sum over features, each with its weight, of the logarithms of each place.
fn weighed(cohort: &Cohort<'_>, logarithms: &Logarithms, window: usize, slots: &[usize], weights: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; cohort.len()];
    for (slot, weight) in slots.iter().zip(weights) {
        let of_levels: Vec<f64> = logarithms.of_levels().iter().map(|value| value * weight).collect();
        for (sum, level) in sums.iter_mut().zip(cohort.levels(*slot, window)) {
            *sum += of_levels[usize::from(*level)];
        }
    }
    sums
}

/// Converting by activity and traits, learned from a sample of the searched half.
fn learn(
    cohort: &Cohort<'_>,
    logarithms: &Logarithms,
    (window, events): (usize, &[u32]),
    active: &[usize],
    traits: &[usize],
) -> Model {
    let landmark = &cohort.landmarks[window];
    let (people, buyers) = cohort.totals(window, Half::Search);
    let every = (people as usize).div_ceil(MOST_LEARNED).max(1);
    let traits = &traits[..traits.len().min(buyers as usize / every / BUYERS_FOR_FEATURE)];
    let columns = 1 + active.len() + traits.len();
    let (mut cells, mut outcomes) = (Vec::new(), Vec::new());
    for place in cohort.range(Half::Search).filter(|place| landmark.at_risk.has(*place)).step_by(every) {
        cells.push(logarithms.of_count(events[place]));
        let level = |slot: &usize| usize::from(cohort.levels(*slot, window)[place]);
        cells.extend(active.iter().chain(traits).map(|slot| logarithms.of_levels()[level(slot)]));
        outcomes.push(landmark.won.has(place));
    }
    let problem = Problem { columns, cells: &cells, outcomes: &outcomes, offsets: None, ridge: RIDGE, least: None };
    // Where nothing can be learned, events are as good as anything.
    let model = Logistic::fit(&problem).map(|model| model.coefficients);
    let coefficients = model.unwrap_or_else(|_| std::iter::once(1.0).chain(vec![0.0; columns - 1]).collect());
    let (of_active, of_traits) = coefficients.split_at(1 + active.len());
    let fit = || weighed(cohort, logarithms, window, traits, of_traits).into_iter().map(|sum| sum as f32).collect();
    Model {
        events: of_active[0],
        active: weighed(cohort, logarithms, window, active, &of_active[1..]),
        fit: (!traits.is_empty()).then(fit),
    }
}

impl Strata {
    /// By how much people did in a window and, where traits tell anything, by their fit.
    pub fn new(catalog: &Catalog, expected: &Expected<'_>, model: &Model, rule: &Rule) -> Self {
        let values = activity(catalog, expected, rule, model);
        let scores = model.fit.as_deref();
        let groups = (values.len() / LEAST_PEOPLE).max(1);
        let of_fit = if scores.is_some() { MOST_FIT_GROUPS.min((groups as f64).sqrt() as usize).max(1) } else { 1 };
        let ends = quantiles(&values, (groups / of_fit).clamp(1, MOST_ACTIVITY_GROUPS));
        let mut strata = Self { of: vec![0; expected.cohort.len()], count: ends.len() + 1, by_fit: of_fit > 1 };
        let groups: Vec<u16> =
            (0..=MOST_COUNTED).map(|value| ends.partition_point(|end| *end <= value) as u16).collect();
        for (value, place) in &values {
            strata.of[*place] = groups[(*value).min(MOST_COUNTED) as usize];
        }
        if let Some(scores) = scores.filter(|_| strata.by_fit) {
            strata.split(&values, scores, of_fit);
        }
        strata
    }

    /// Cuts each stratum by a score, everywhere at the same values: groups of equal size as far as equal scores allow.
    fn split(&mut self, values: &[(u32, usize)], scores: &[f32], groups: usize) {
        let mut sorted: Vec<f32> = values.iter().map(|(_, place)| scores[*place]).collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let mut ends: Vec<f32> =
            (1..groups).filter_map(|group| sorted.get(group * sorted.len() / groups).copied()).collect();
        ends.dedup();
        for (_, place) in values {
            let group = ends.partition_point(|end| *end <= scores[*place]);
            self.of[*place] = (usize::from(self.of[*place]) * (ends.len() + 1) + group) as u16;
        }
        self.count *= ends.len() + 1;
    }
}

/// How active those at risk were, as places on a scale of [`MOST_COUNTED`] steps, and who they are: by the number of product events,
/// and by their days, kinds and members as far as these tell more.
///
/// Of the events that a rule is about, only so many count as it takes to meet it twice: without any, those who meet it would be
/// more active than those they are compared with; with all, who lives in one feature would be compared with those who do everything
/// else. Where they are more than half of everything that people do, all others alone count: nobody would be left to compare with.
fn activity(catalog: &Catalog, expected: &Expected<'_>, rule: &Rule, model: &Model) -> Vec<(u32, usize)> {
    let (cohort, logarithms) = (expected.cohort, &expected.logarithms);
    let mut own = rule.own(catalog, cohort);
    own.retain(|(slot, _)| !expected.doubted.contains(slot));
    let landmark = &cohort.landmarks[rule.window];
    let all = expected.activity(rule.window);
    let about = beyond(cohort, rule.window, &own, |_| 0);
    let sum = |counts: &[u32]| landmark.at_risk.places().map(|place| u64::from(counts[place])).sum::<u64>();
    if sum(&about) * 2 > sum(all) {
        let others = |place: usize| all[place].saturating_sub(about[place]);
        return landmark.at_risk.places().map(|place| (others(place), place)).collect();
    }
    let too_many = beyond(cohort, rule.window, &own, |twice| twice);
    let score = |place: usize| {
        let events = all[place].saturating_sub(too_many[place]);
        model.events * logarithms.of_count(events) + model.active[place]
    };
    let scores: Vec<(f64, usize)> = landmark.at_risk.places().map(|place| (score(place), place)).collect();
    let (low, high) =
        scores.iter().fold((f64::MAX, f64::MIN), |(low, high), (score, _)| (score.min(low), score.max(high)));
    let scale = if high > low { f64::from(MOST_COUNTED) / (high - low) } else { 0.0 };
    scores.into_iter().map(|(score, place)| (((score - low) * scale) as u32, place)).collect()
}

/// How many of the events that a rule is about each place has beyond so many of each.
fn beyond(cohort: &Cohort<'_>, window: usize, own: &[(usize, u32)], most: impl Fn(u32) -> u32) -> Vec<u32> {
    let levels = &cohort.table.layout.levels;
    let mut sums = vec![0; cohort.len()];
    for (slot, twice) in own {
        let of_levels: Vec<u32> = (0..=u8::MAX).map(|level| levels.least(level).saturating_sub(most(*twice))).collect();
        for (sum, level) in sums.iter_mut().zip(cohort.levels(*slot, window)) {
            *sum += of_levels[usize::from(*level)];
        }
    }
    sums
}

/// The values that cut people into groups of equal size, as far as equal values allow: by counting, not by sorting.
fn quantiles(values: &[(u32, usize)], groups: usize) -> Vec<u32> {
    let mut counts = vec![0_usize; MOST_COUNTED as usize + 1];
    values.iter().for_each(|(value, _)| counts[(*value).min(MOST_COUNTED) as usize] += 1);
    let mut ends = Vec::new();
    let (mut below, mut group) = (0, 1);
    for (value, count) in counts.iter().enumerate() {
        below += count;
        // The value of the person in place `group × people / groups`.
        while group < groups && group * values.len() / groups < below {
            ends.push(value as u32);
            group += 1;
        }
    }
    ends.dedup();
    ends
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::layout::Layout;
    use crate::discover::table::{FeatureTable, Following, Part, TableRow};
    use crate::discover::testing;
    use crate::workers::in_turn;
    use engine::household::Subject;
    use engine::record::SubjectKind;
    use engine::time::DAY;

    /// Most buyers do the second event within the hour before they buy: who did it was not the more active for it.
    #[test]
    fn what_may_be_a_step_of_buying_is_no_activity() {
        let question = testing::question(2, &[DAY]);
        let layout = Arc::new(Layout::new(&question));
        let mut part = Part::default();
        for person in 0..128_u32 {
            let start = part.levels.len();
            part.levels.resize(start + layout.stride(), 0);
            for (slot, feature) in layout.slots.iter().enumerate() {
                if feature.measure == Measure::Count && feature.event.is_some() {
                    part.levels[start + slot] = if feature.event == Some(1) { 3 } else { 4 };
                }
            }
            part.activity.push(7);
            let subject = Subject { kind: SubjectKind::User, code: person + 1 };
            let clock = i64::from(person) * DAY;
            let won = u8::from(person % 2 == 0);
            part.rows.push(TableRow { subject, clock, household: person, in_population: 1, unconverted: 1, won });
        }
        let step = Following { buyers: 64, after: 0, just_before: 60, others: 64 };
        for (of_second, expect) in [(Following::default(), 7), (step, 4)] {
            let following = vec![Following::default(), of_second];
            let table = FeatureTable { layout: Arc::clone(&layout), parts: vec![part.clone()], following };
            let cohort = Cohort::new(&table, &in_turn);
            let leaks = Leaks::of(&question, &cohort, &Searched::default());
            let expected = Expected::new(&question.catalog, &cohort, &Searched::default(), &leaks);
            assert_eq!(expected.activity(0)[0], expect);
        }
    }

    #[test]
    fn quantiles_are_those_of_sorted_values() {
        let mut generator = stats::random::Generator::new(3);
        for groups in 1..12 {
            let values: Vec<(u32, usize)> =
                (0..997).map(|place| (generator.below(1 + groups * 5) as u32, place)).collect();
            let groups = groups as usize;
            let mut sorted: Vec<u32> = values.iter().map(|(value, _)| *value).collect();
            sorted.sort_unstable();
            let mut expect: Vec<u32> = (1..groups).map(|group| sorted[group * sorted.len() / groups]).collect();
            expect.dedup();
            assert_eq!(quantiles(&values, groups), expect);
        }
        assert_eq!(quantiles(&[], 5), Vec::<u32>::new());
    }
}
