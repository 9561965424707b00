//! The score's parts, bands and the value.

use std::sync::Arc;

use super::criterion::Context;
use super::diagnostic::{Code, Place};
use super::keys;
use super::limits;
use super::reader::{Fields, Reader};
use super::tree::{Content, Node};
use crate::definition::{Band, Behaviour, Measure, PointRow, ScorePart, Share, ValueRule};
use crate::time::HOUR;
use crate::{Number, Span};

impl Reader {
    /// The named parts.
    pub fn score(&mut self, node: &Node, context: Context) -> Option<Vec<ScorePart>> {
        let pairs = match &node.content {
            Content::Map(pairs) if !pairs.is_empty() => pairs,
            _ => {
                let message = format!("a score is a mapping of named parts, found {}", node.shape());
                let help = "`engagement: { weight: 30, of: { event: any, measure: days, last: 14d }, full: 10 }`";
                self.error_with(Code::WrongShape, node.place, message, help);
                return None;
            }
        };
        if pairs.len() > limits::SCORE_PARTS {
            let message = format!("a score has at most {} parts", limits::SCORE_PARTS);
            self.error(Code::OverLimit, node.place, message);
            return None;
        }
        let parts: Vec<ScorePart> = pairs
            .iter()
            .filter_map(|pair| {
                let name = self.check_name(&pair.key, pair.key_place, "the name of a part");
                let fields = self.fields(&pair.value, &keys::SCORE_PART)?;
                let weight = self.positive(fields.get("weight")?, "a weight");
                let share = self.share(&fields, context, 1);
                Some(ScorePart { name: name?, weight: weight?, share: share? })
            })
            .collect();
        if parts.len() != pairs.len() {
            return None;
        }
        let total = total_weight(&parts);
        if total > Number::whole(100) {
            let help = "weights that sum to 100 make scores of 0 to 100";
            self.warn(Code::WeightsOverHundred, node.place, format!("the weights sum to {total}"), help);
        }
        Some(parts)
    }

    fn positive(&mut self, node: &Node, what: &str) -> Option<Number> {
        let number = self.number(node)?;
        if number <= Number::ZERO {
            self.error(Code::BadNumber, node.place, format!("{what} is above zero, not {number}"));
            return None;
        }
        Some(number)
    }

    fn share(&mut self, fields: &Fields<'_>, context: Context, depth: usize) -> Option<Share> {
        let place = fields.node.place;
        let Some(pair) = self.at_most_one(fields, &["best", "of", "points", "max"], "a share comes about in one way")
        else {
            let help = "`best` and `worst`, `of` and `full`, `points` and `cap`, or `max`";
            self.error_with(Code::MissingKey, place, "how does the share come about?", help);
            return None;
        };
        let partners = [("worst", "best"), ("full", "of"), ("cap", "points")];
        for (partner, of) in partners {
            if let Some(extra) = fields.pair(partner)
                && of != pair.key
            {
                let message = format!("`{partner}` goes with `{of}`, not with `{}`", pair.key);
                self.error(Code::ConflictingKeys, extra.key_place, message);
            }
        }
        match pair.key.as_str() {
            "best" => self.time_share(fields, &pair.value),
            "of" => self.measured_share(fields, &pair.value, pair.key_place, context),
            "points" => self.points(fields, &pair.value, context),
            _ => {
                if depth >= limits::SHARE_DEPTH {
                    let message = format!("more than {} shares inside each other", limits::SHARE_DEPTH);
                    self.error(Code::OverLimit, pair.value.place, message);
                    return None;
                }
                let items = self.items(&pair.value, "shares", limits::SCORE_PARTS)?;
                let shares: Vec<Share> = items
                    .iter()
                    .filter_map(|item| {
                        let fields = self.fields(item, &keys::SHARE)?;
                        self.share(&fields, context, depth + 1)
                    })
                    .collect();
                (shares.len() == items.len()).then_some(Share::Max(shares))
            }
        }
    }

    fn time_share(&mut self, fields: &Fields<'_>, best: &Node) -> Option<Share> {
        let Some(worst) = fields.get("worst") else {
            self.error_with(Code::MissingKey, best.place, "`best` needs `worst`", "like `best: 2d, worst: 14d`");
            return None;
        };
        let (best, worst_span) = (self.exact_duration(best, true)?, self.exact_duration(worst, false)?);
        if best >= worst_span {
            self.error(Code::BadDuration, worst.place, "`worst` is longer than `best`");
            return None;
        }
        Some(Share::Time { best, worst: worst_span })
    }

    fn measured_share(&mut self, fields: &Fields<'_>, of: &Node, key: Place, context: Context) -> Option<Share> {
        if let Some(scalar) = of.scalar() {
            if scalar.text != "fit" {
                let help = "`of: fit` is the share of the fit criteria met; a measure is a mapping with `event:`";
                self.error_with(Code::UnknownWord, of.place, format!("`{}` is no share", scalar.text), help);
                return None;
            }
            if let Some(pair) = fields.pair("full") {
                self.error(Code::ConflictingKeys, pair.key_place, "the share of the fit is full by itself");
            }
            return Some(Share::FitMet);
        }
        let behaviour = self.behaviour(of, context, true);
        let Some(full) = fields.get("full") else {
            self.error_with(
                Code::MissingKey,
                key,
                "`of` needs `full`",
                "the measure that earns full marks: `full: 10`",
            );
            return None;
        };
        let behaviour = behaviour?;
        let full = self.full_marks(&behaviour, full)?;
        Some(Share::Measure { of: Box::new(behaviour), full })
    }

    /// Full marks: a number above zero; of a gap a length of time, in microseconds.
    fn full_marks(&mut self, behaviour: &Behaviour, node: &Node) -> Option<Number> {
        if let Measure::Gap(_) = behaviour.measure {
            let Span::Exact(length) = self.exact_duration(node, false)? else { return None };
            return Some(Number(i128::from(length) * Number::UNIT));
        }
        self.positive(node, "`full`")
    }

    fn points(&mut self, fields: &Fields<'_>, table: &Node, context: Context) -> Option<Share> {
        let Some(cap) = fields.get("cap") else {
            let help = "the points that earn full marks: `cap: 15`";
            self.error_with(Code::MissingKey, table.place, "`points` needs `cap`", help);
            return None;
        };
        let cap = self.positive(cap, "`cap`");
        let items = self.items(table, "rows", limits::POINT_ROWS)?;
        let rows: Vec<PointRow> = items.iter().filter_map(|item| self.point_row(item, context)).collect();
        (rows.len() == items.len()).then_some(Share::Points { table: rows, cap: cap? })
    }

    fn point_row(&mut self, node: &Node, context: Context) -> Option<PointRow> {
        let Some(pairs) = node.pairs() else {
            let help = "`{ trait: role, is: admin, points: 5 }`";
            self.error_with(Code::WrongShape, node.place, format!("expected a row, found {}", node.shape()), help);
            return None;
        };
        let own = |key: &str| matches!(key, "points" | "half_life");
        let Some(points) = pairs.iter().find(|pair| pair.key == "points") else {
            self.error_with(Code::MissingKey, node.place, "the row has no `points:`", "so many, if it holds");
            return None;
        };
        let points = self.number(&points.value);
        let half_life = pairs.iter().find(|pair| pair.key == "half_life").map(|pair| self.half_life(&pair.value));
        let rest = Content::Map(pairs.iter().filter(|pair| !own(&pair.key)).cloned().collect());
        let criterion = self.criterion(&Node { content: rest, place: node.place }, context);
        Some(PointRow { criterion: criterion?, points: points?, half_life: super::behaviour::optional(half_life)? })
    }

    fn half_life(&mut self, node: &Node) -> Option<Span> {
        let span = self.exact_duration(node, false)?;
        if let Span::Exact(length) = span
            && length % HOUR != 0
        {
            self.error(Code::BadDuration, node.place, "points fade by the whole hour");
            return None;
        }
        Some(span)
    }

    /// The bands, highest first.
    pub fn bands(&mut self, node: &Node, score: &[ScorePart]) -> Option<Vec<Band>> {
        let pairs = match &node.content {
            Content::Map(pairs) if !pairs.is_empty() && pairs.len() <= limits::BANDS => pairs,
            _ => {
                let message = format!("bands are a mapping of 1 to {} names, found {}", limits::BANDS, node.shape());
                self.error_with(Code::WrongShape, node.place, message, "`bands: { high: 70, medium: 40 }`");
                return None;
            }
        };
        let most = total_weight(score);
        let mut bands: Vec<Band> = Vec::new();
        let mut sound = true;
        for pair in pairs {
            let name = self.check_name(&pair.key, pair.key_place, "the name of a band");
            let (Some(name), Some(at_least)) = (name, self.number(&pair.value)) else {
                sound = false;
                continue;
            };
            if at_least < Number::ZERO || at_least > Number::whole(100) {
                self.error(Code::BadNumber, pair.value.place, "scores go from 0 to 100");
                sound = false;
            } else if at_least > most {
                let message = format!("no score reaches {at_least}: the weights sum to {most}");
                self.warn(Code::UnreachableBand, pair.value.place, message, "lower the band or raise the weights");
            }
            if let Some(twin) = bands.iter().find(|band| band.at_least == at_least) {
                let message = format!("`{}` and `{name}` start at the same score", twin.name);
                self.error(Code::ConflictingKeys, pair.value.place, message);
                sound = false;
            }
            bands.push(Band { name, at_least });
        }
        bands.sort_by_key(|band| std::cmp::Reverse(band.at_least));
        sound.then_some(bands)
    }

    /// What the lead may be worth.
    pub fn value_rule(&mut self, node: &Node, context: Context) -> Option<ValueRule> {
        let fields = self.fields(node, &keys::VALUE)?;
        let of = fields.get("trait").map(|node| self.trait_at(node, context));
        let times = fields.get("times").map(|node| self.positive(node, "`times`"));
        let currency = match fields.get("currency") {
            Some(node) => self.currency(node)?,
            None => Arc::clone(&self.currency),
        };
        let (of, times) = (super::behaviour::optional(of)?, super::behaviour::optional(times)?);
        if of.is_none() && times.is_none() {
            let help = "`value: { trait: account.seats, times: 120 }`";
            self.error_with(Code::MissingKey, node.place, "a value is a trait, a number, or one times the other", help);
            return None;
        }
        Some(ValueRule { of, times: times.unwrap_or(Number::ONE), currency })
    }

    /// An ISO 4217 code.
    pub fn currency(&mut self, node: &Node) -> Option<Arc<str>> {
        let scalar = self.scalar(node, "a currency like `USD`")?;
        if scalar.text.len() == 3 && scalar.text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Some(Arc::from(scalar.text.as_str()));
        }
        let message = format!("`{}` is no currency", scalar.text);
        self.error_with(Code::UnknownWord, node.place, message, "three capital letters of ISO 4217: `USD`, `EUR`");
        None
    }
}

/// The most that a score can be.
pub(crate) fn total_weight(parts: &[ScorePart]) -> Number {
    parts.iter().fold(Number::ZERO, |sum, part| sum.plus(part.weight))
}
