//! A criterion on events: measure, period, comparison; and sequences.

use super::comparison::{Compared, Sense};
use super::criterion::Context;
use super::diagnostic::{Code, Place};
use super::events::latest_step;
use super::keys;
use super::limits;
use super::mention::MentionOf;
use super::reader::{Fields, Reader};
use super::tree::Node;
use crate::definition::{
    Aggregate, Behaviour, CalendarUnit, DistinctOf, Filter, Measure, Op, Operand, Period, Regularity, Sequence, Test,
};
use crate::record::SubjectKind;
use crate::{Span, Value};

/// The keys that measure.
const MEASURE_KEYS: [&str; 13] =
    ["count", "days", "weeks", "users", "measure", "distinct", "sum", "min", "max", "avg", "first", "latest", "gap"];
/// The keys that say over which period.
const PERIOD_KEYS: [&str; 7] = ["within", "from", "last", "calendar", "since", "since_last", "ever"];

/// A measure with the comparison that stood right behind it.
struct Measured {
    measure: Measure,
    short: Option<Test>,
    named: bool,
}

impl Reader {
    /// A measure of events, compared; or, where `wants_value`, not compared.
    pub fn behaviour(&mut self, node: &Node, context: Context, wants_value: bool) -> Option<Behaviour> {
        let fields = self.fields(node, &keys::BEHAVIOUR)?;
        let errors = self.findings.len();
        let events = self.events_of(&fields, context.on, 0);
        let measured = self.measure(&fields, context, wants_value);
        let period = self.period(&fields, context.on);
        let per = fields.get("per").map(|node| self.unit(node));
        let regularity = fields.get("in_each_of").map(|node| self.regularity(node));
        let against = fields.get("against").map(|node| self.word(node, &["previous"], "base of a trend"));
        let measured = measured?;
        let is = self.compare(&fields, &measured, context, wants_value, against.is_some());
        let (per, regularity) = (optional(per)?, optional(regularity)?);
        let against_previous = optional(against)?.is_some();
        let behaviour = Behaviour {
            events: events?,
            measure: measured.measure,
            period: period?,
            is: is?,
            per,
            regularity,
            against_previous,
        };
        self.check_combinations(&fields, &behaviour);
        self.warn_behaviour(&fields, &behaviour, context);
        (!self.findings.iter().skip(errors).any(super::diagnostic::Diagnostic::is_error)).then_some(behaviour)
    }

    fn measure(&mut self, fields: &Fields<'_>, context: Context, wants_value: bool) -> Option<Measured> {
        let Some(pair) = self.at_most_one(fields, &MEASURE_KEYS, "a criterion has one measure") else {
            return Some(Measured { measure: Measure::Count, short: None, named: false });
        };
        let node = &pair.value;
        let counted = |word: &str| match word {
            "days" => Measure::Days,
            "weeks" => Measure::Weeks,
            "users" => Measure::Users,
            _ => Measure::Count,
        };
        let plain = |measure| Some(Measured { measure, short: None, named: true });
        match pair.key.as_str() {
            "measure" => plain(counted(self.word(node, &keys::MEASURES, "measure")?)),
            "distinct" => {
                let name = self.name(node, "the name of a property")?;
                if &*name == "$event" {
                    return plain(Measure::Distinct(DistinctOf::EventName));
                }
                let name = name.strip_prefix("$this.").map_or(name.clone(), std::sync::Arc::from);
                self.mention(MentionOf::Property, &name, node.place);
                plain(Measure::Distinct(DistinctOf::Property(name)))
            }
            "gap" => plain(Measure::Gap(self.whole(node, 2, limits::GAP_EVENTS, "the n of a gap")?)),
            word @ ("count" | "days" | "weeks" | "users") => {
                let measure = counted(word);
                if node.scalar().is_some_and(super::tree::Scalar::is_null) {
                    return plain(measure);
                }
                if wants_value {
                    let help = format!("write `measure: {word}`");
                    self.error_with(Code::NotHere, node.place, "here a value is wanted, not a comparison", help);
                    return None;
                }
                let text = node.scalar().map(|scalar| scalar.text.trim()).unwrap_or_default();
                if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
                    let message = format!("`{word}: {text}` does not say whether at least or exactly");
                    let help = format!("write `{word}: \">= {text}\"` or `{word}: \"= {text}\"`");
                    self.error_with(Code::BadComparison, node.place, message, help);
                    return None;
                }
                let sense = Sense { of: Compared::Numbers, on: context.on, step: None };
                Some(Measured { measure, short: Some(self.comparison(node, sense)?), named: true })
            }
            word => plain(self.aggregate(word, node)?),
        }
    }

    fn aggregate(&mut self, word: &str, node: &Node) -> Option<Measure> {
        let outer = aggregate_of(word);
        if node.pairs().is_none() {
            let name = self.name(node, "the name of a property")?;
            self.mention(MentionOf::Property, &name, node.place);
            return Some(Measure::Of(outer, name));
        }
        let fields = self.fields(node, &keys::GROUPED)?;
        if matches!(outer, Aggregate::First | Aggregate::Latest) {
            let help = "over groups there is `sum`, `min`, `max` and `avg`";
            self.error_with(Code::NotHere, node.place, format!("`{word}` does not go over groups"), help);
            return None;
        }
        let Some(pair) = self.at_most_one(&fields, &keys::AGGREGATES, "within a group one thing is measured") else {
            let message = "what is measured within a group?";
            self.error_with(Code::MissingKey, node.place, message, "`sum: { latest: views, by: video_id }`");
            return None;
        };
        let of = self.name(&pair.value, "the name of a property")?;
        let by_node = fields.get("by")?;
        let by = self.name(by_node, "the name of a property")?;
        self.mention(MentionOf::Property, &of, pair.value.place);
        self.mention(MentionOf::Property, &by, by_node.place);
        Some(Measure::Grouped { outer, inner: aggregate_of(&pair.key), of, by })
    }

    /// The comparison; the outer `None` after an error.
    fn compare(
        &mut self,
        fields: &Fields<'_>,
        measured: &Measured,
        context: Context,
        wants_value: bool,
        trend: bool,
    ) -> Option<Option<Test>> {
        let written = fields.present(&super::comparison::TEST_KEYS);
        if wants_value {
            let Some(pair) = written.first() else { return Some(None) };
            let message = format!("here a value is wanted, not a comparison: `{}` has no meaning", pair.key);
            self.error(Code::NotHere, pair.key_place, message);
            return None;
        }
        if let (Some(short), Some(pair)) = (&measured.short, written.first()) {
            let _ = short;
            let message = format!("`{}` is a second comparison", pair.key);
            self.error_with(Code::ConflictingKeys, pair.key_place, message, "keep one of the two");
            return None;
        }
        if let Some(short) = &measured.short {
            return Some(Some(short.clone()));
        }
        if written.is_empty() {
            if trend || measured.named {
                let message = "with what is it compared? `is:` is missing";
                self.error_with(Code::MissingKey, fields.node.place, message, "like `is: \">= 3\"`");
                return None;
            }
            // No measure and no comparison: at least once.
            return Some(Some(Test::Is(Op::AtLeast, Operand::Constant(Value::whole(1)))));
        }
        let of = match measured.measure {
            _ if trend => Compared::Numbers,
            Measure::Gap(_) => Compared::Durations,
            Measure::Of(Aggregate::First | Aggregate::Latest, _) => Compared::Values,
            _ => Compared::Numbers,
        };
        self.one_test(fields, Sense { of, on: context.on, step: None }).map(Some)
    }

    /// The period; the window if none is named.
    pub fn period(&mut self, fields: &Fields<'_>, on: SubjectKind) -> Option<Period> {
        if let Some(pair) = fields.pair("to")
            && !fields.has("from")
        {
            let help = "`within: 7d` counts from the clock, `from: 3d, to: 7d` from later on";
            self.error_with(Code::MissingKey, pair.key_place, "`to` needs `from`", help);
            return None;
        }
        let Some(pair) = self.at_most_one(fields, &PERIOD_KEYS, "a criterion has one period") else {
            return Some(Period::Window);
        };
        let node = &pair.value;
        Some(match pair.key.as_str() {
            "within" => Period::Within(self.duration(node, false)?),
            "last" => Period::Last(self.duration(node, false)?),
            "calendar" => Period::Calendar(self.unit(node)?),
            "ever" => {
                if self.boolean(node)? {
                    Period::Ever
                } else {
                    Period::Window
                }
            }
            "from" => {
                let from = self.duration(node, true)?;
                let Some(to) = fields.get("to") else {
                    self.error_with(Code::MissingKey, pair.key_place, "`from` needs `to`", "like `from: 3d, to: 7d`");
                    return None;
                };
                let to_span = self.duration(to, false)?;
                if let (Span::Exact(early), Span::Exact(late)) = (from, to_span)
                    && early >= late
                {
                    self.error(Code::BadDuration, to.place, "the period ends before it starts");
                    return None;
                }
                Period::FromTo(from, to_span)
            }
            key => Period::Since { events: self.events(node, on, 0)?, latest: key == "since_last" },
        })
    }

    pub fn unit(&mut self, node: &Node) -> Option<CalendarUnit> {
        Some(match self.word(node, &keys::UNITS, "unit of the calendar")? {
            "day" => CalendarUnit::Day,
            "week" => CalendarUnit::Week,
            _ => CalendarUnit::Month,
        })
    }

    fn regularity(&mut self, node: &Node) -> Option<Regularity> {
        let fields = self.fields(node, &keys::REGULARITY)?;
        let Some(pair) = self.at_most_one(&fields, &["days", "weeks", "months"], "one unit for a regularity") else {
            let message = "in each of how many days, weeks or months?";
            self.error_with(Code::MissingKey, node.place, message, "`in_each_of: { weeks: 4, at_least: 3 }`");
            return None;
        };
        let units = self.whole(&pair.value, 1, limits::REGULARITY_UNITS, "their number")?;
        let at_least = match fields.get("at_least") {
            Some(node) => self.whole(node, 1, units, "in how many of them it holds")?,
            None => units,
        };
        let unit = match pair.key.as_str() {
            "days" => CalendarUnit::Day,
            "weeks" => CalendarUnit::Week,
            _ => CalendarUnit::Month,
        };
        Some(Regularity { unit, units, at_least })
    }

    fn check_combinations(&mut self, fields: &Fields<'_>, behaviour: &Behaviour) {
        let place = |key: &str| fields.pair(key).map_or(fields.node.place, |pair| pair.key_place);
        if behaviour.regularity.is_some() {
            if let Some(pair) = fields.present(&PERIOD_KEYS).first() {
                let message = format!("`{}` does not go with `in_each_of`, which names its own period", pair.key);
                self.error(Code::ConflictingKeys, pair.key_place, message);
            }
            for key in ["per", "against"] {
                if fields.has(key) {
                    self.error(Code::ConflictingKeys, place(key), format!("`{key}` does not go with `in_each_of`"));
                }
            }
        }
        if behaviour.against_previous {
            if !matches!(behaviour.period, Period::Last(_) | Period::Calendar(_)) {
                let message = "`against: previous` needs a period that has one before it";
                self.error_with(Code::NotHere, place("against"), message, "`last: 30d` or `calendar: month`");
            }
            if behaviour.per.is_some() {
                self.error(Code::ConflictingKeys, place("per"), "`per` does not go with `against: previous`");
            }
            let grows =
                !matches!(behaviour.measure, Measure::Gap(_) | Measure::Of(Aggregate::First | Aggregate::Latest, _));
            if !grows {
                let message = "only amounts grow: this measure is no amount of the period";
                self.error(Code::NotHere, place("against"), message);
            }
        }
    }

    /// Events in order.
    pub fn sequence(&mut self, node: &Node, context: Context) -> Option<Sequence> {
        let fields = self.fields(node, &keys::SEQUENCE)?;
        let list = fields.get("sequence")?;
        let items = self.items(list, "steps", limits::STEPS)?;
        if items.len() < 2 {
            self.error(Code::WrongShape, list.place, "a sequence has at least two steps");
            return None;
        }
        let steps: Vec<_> =
            items.iter().enumerate().filter_map(|(index, item)| self.events(item, context.on, index + 1)).collect();
        let period = self.period(&fields, context.on);
        let span = fields.get("span").map(|node| self.exact_duration(node, true));
        let relations = fields.get("where").map(|node| {
            let sense = Sense { of: Compared::Values, on: context.on, step: Some(items.len()) };
            Some((node.place, self.filters(node, sense, 1)?))
        });
        let (span, relations) = (optional(span)?, optional(relations)?);
        if steps.len() != items.len() {
            return None;
        }
        let mut sequence = Sequence { steps, span, period: period? };
        for relation in relations.iter().flat_map(|(_, relations)| relations) {
            let place = relations.as_ref().map_or(node.place, |(place, _)| *place);
            self.relate(&mut sequence, relation.clone(), place)?;
        }
        Some(sequence)
    }

    /// Gives a relation between steps to the latest step it mentions.
    fn relate(&mut self, sequence: &mut Sequence, relation: Filter, place: Place) -> Option<()> {
        let step = latest_step(&relation).filter(|step| *step > 0);
        let Some(events) = step.and_then(|step| sequence.steps.get_mut(step - 1)) else {
            let message = "which step? a sequence's `where` names the steps it relates";
            self.error_with(
                Code::BadPath,
                place,
                message,
                "like `\"$2.day\": \"> $1.day\"`; a step has its own `where:`",
            );
            return None;
        };
        events.filter = Some(match events.filter.take() {
            None => relation,
            Some(Filter::All(mut parts)) => {
                parts.push(relation);
                Filter::All(parts)
            }
            Some(own) => Filter::All(vec![own, relation]),
        });
        Some(())
    }
}

/// `None` after an error, `Some(None)` if it was not written.
pub(crate) fn optional<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
    }
}

fn aggregate_of(word: &str) -> Aggregate {
    match word {
        "min" => Aggregate::Min,
        "max" => Aggregate::Max,
        "avg" => Aggregate::Avg,
        "first" => Aggregate::First,
        "latest" => Aggregate::Latest,
        _ => Aggregate::Sum,
    }
}
