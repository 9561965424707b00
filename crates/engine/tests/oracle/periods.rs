//! Which events count, and which lie in a period (rules 12–14).

use engine::definition::{CalendarUnit, Events, Period, Window};
use engine::time::week_start;
use engine::{Span, Timestamp};

use super::judge::{Frame, Judge};
use super::traits::Cut;
use super::values::date_of;
use super::world::{Event, Subject};

/// Twice a span.
pub fn twice(span: Span) -> Span {
    match span {
        Span::Exact(length) => Span::Exact(length.saturating_mul(2)),
        Span::Months(months) => Span::Months(months.saturating_mul(2)),
    }
}

/// The number of the unit before, so many times.
pub fn units_before(unit: CalendarUnit, number: i64, back: i64) -> i64 {
    match unit {
        CalendarUnit::Day | CalendarUnit::Month => number - back,
        CalendarUnit::Week => number - 7 * back,
    }
}

impl<'a> Judge<'a> {
    fn after(&self, from: Timestamp, span: Span) -> Timestamp {
        from.plus(span, &self.workspace.zone)
    }

    /// The window's end E as known at an instant.
    pub fn window_end(&self, frame: &Frame, at: Timestamp) -> Option<Timestamp> {
        match frame.window? {
            Window::For(span) => Some(self.after(frame.clock, *span)),
            Window::Until(path) => date_of(&self.path_value(path, frame, None, Cut::at(at))?, &self.workspace.zone),
        }
    }

    /// Whether an event at this instant counts for the definition.
    pub fn counts(&self, frame: &Frame, at: Timestamp) -> bool {
        frame.clock <= at && self.window_end(frame, at).is_none_or(|end| at < end)
    }

    /// Which day, week or month an instant is in, in the subject's calendar as of that instant.
    pub fn unit_of(&self, subject: Subject, unit: CalendarUnit, at: Timestamp) -> i64 {
        let zone = self.zone_at(subject, at);
        let day = at.day(&zone);
        match unit {
            CalendarUnit::Day => i64::from(day),
            CalendarUnit::Week => i64::from(week_start(day)),
            CalendarUnit::Month => {
                let date = at.in_zone(&zone).date();
                i64::from(date.year()) * 12 + i64::from(date.month())
            }
        }
    }

    /// The events that a selector means in the period as of `t`; `earlier` is one for the period before.
    pub fn events_in(
        &self,
        events: &Events,
        period: &Period,
        earlier: i64,
        frame: &Frame,
        t: Timestamp,
    ) -> Vec<&'a Event> {
        let matching = self.matching(events, frame);
        let past = matching.iter().filter(|event| event.at <= t).copied();
        past.filter(|event| self.in_period(period, earlier, frame, event.at, t)).collect()
    }

    /// Whether an instant lies in a period as of `t`.
    pub fn period_holds(&self, period: &Period, frame: &Frame, e: Timestamp, t: Timestamp) -> bool {
        self.in_period(period, 0, frame, e, t)
    }

    fn in_period(&self, period: &Period, earlier: i64, frame: &Frame, e: Timestamp, t: Timestamp) -> bool {
        if matches!(period, Period::Ever) {
            return true;
        }
        if !self.counts(frame, e) {
            return false;
        }
        match period {
            Period::Window | Period::Ever => true,
            Period::Within(span) => e < self.after(frame.clock, *span),
            Period::FromTo(from, to) => self.after(frame.clock, *from) <= e && e < self.after(frame.clock, *to),
            Period::Last(span) if earlier == 0 => t < self.after(e, *span),
            Period::Last(span) => self.after(e, *span) <= t && t < self.after(e, twice(*span)),
            Period::Calendar(unit) => {
                let now = self.unit_of(frame.subject, *unit, t);
                self.unit_of(frame.subject, *unit, e) == units_before(*unit, now, earlier)
            }
            Period::Since { events, latest } => {
                let marks = self.matching(events, frame);
                let mut marks = marks.iter().map(|mark| mark.at).filter(|at| *at <= t && self.counts(frame, *at));
                let mark = if *latest { marks.next_back() } else { marks.next() };
                mark.is_some_and(|mark| mark <= e)
            }
        }
    }

    /// The instant from which on one more event can no longer break a comparison; none where it is taken as it is.
    pub fn closed_from(&self, period: &Period, frame: &Frame, t: Timestamp) -> Option<Timestamp> {
        let end = self.window_end(frame, t);
        let within_window = |own: Timestamp| end.map_or(own, |end| end.min(own));
        match period {
            Period::Window => end,
            Period::Within(span) | Period::FromTo(_, span) => Some(within_window(self.after(frame.clock, *span))),
            Period::Last(span) => Some(self.after(frame.clock, *span)),
            Period::Calendar(_) | Period::Since { .. } | Period::Ever => None,
        }
    }
}
