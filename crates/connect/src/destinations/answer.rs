//! What an answer means for an action, as Standard Webhooks 1.0.0 has it where a destination says nothing else.

use std::time::Duration;

use engine::time::Timestamp;

/// What a destination answered.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`, as it is.
    pub retry_after: Option<&'a str>,
    /// The beginning of the body.
    pub body: &'a [u8],
    /// Now.
    pub at: Timestamp,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The destination has it.
    Delivered {
        /// What the destination calls it.
        remote_id: Option<String>,
    },
    /// Not now.
    Retry {
        /// Why, in words.
        why: String,
        /// The destination wants to be left alone for so long.
        after: Option<Duration>,
    },
    /// The destination wants nothing any more, this or other.
    Gone {
        /// Why, in words.
        why: String,
    },
    /// Never this one.
    Refused {
        /// Why, in words.
        why: String,
    },
}

impl Answer<'_> {
    /// By the status alone.
    ///
    /// What the destination's owner can set right without another message (a key, a path, a deployment) is tried again; so are
    /// redirects, which are not followed. What says that this very message is wrong is not.
    #[must_use]
    pub fn by_status(&self) -> Verdict {
        let why = format!("answered {}", self.status);
        match self.status {
            200..=299 => Verdict::Delivered { remote_id: None },
            410 => Verdict::Gone { why },
            300..=399 => Verdict::Retry {
                why: format!("{why}, a redirect, which is not followed: set the final address"),
                after: None,
            },
            401 | 403 | 404 | 407 | 408 | 409 | 421 | 423 | 425 | 429 => {
                Verdict::Retry { why, after: self.retry_after() }
            }
            400..=499 => Verdict::Refused { why },
            _ => Verdict::Retry { why, after: self.retry_after() },
        }
    }

    /// How long the destination wants to be left alone: seconds, or a date (RFC 9110, 10.2.3).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.retry_after?.trim();
        if let Ok(seconds) = text.parse::<u64>() {
            return Some(Duration::from_secs(seconds));
        }
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        let left = Timestamp::from_jiff(date).0.saturating_sub(self.at.0);
        Some(Duration::from_micros(u64::try_from(left).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<&str>) -> Answer<'_> {
        Answer { status, retry_after, body: b"", at: Timestamp(1_445_412_420_000_000) }
    }

    #[test]
    fn statuses() {
        let word = |status| match answer(status, None).by_status() {
            Verdict::Delivered { .. } => "delivered",
            Verdict::Retry { .. } => "retry",
            Verdict::Gone { .. } => "gone",
            Verdict::Refused { .. } => "refused",
        };
        for (statuses, expect) in [
            (&[200, 201, 202, 204, 299][..], "delivered"),
            (&[100, 301, 302, 304, 307, 308, 401, 403, 404, 408, 425, 429, 500, 502, 503, 504, 599, 999], "retry"),
            (&[410], "gone"),
            (&[400, 405, 413, 415, 422, 451], "refused"),
        ] {
            for &status in statuses {
                assert_eq!(word(status), expect, "{status}");
            }
        }
    }

    #[test]
    fn retry_after() {
        for (text, expect) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(60)),
            ("Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
            ("-5", None),
            ("soon", None),
            ("99999999999999999999999", None),
        ] {
            let found = answer(429, Some(text)).retry_after();
            assert_eq!(found, expect.map(Duration::from_secs), "{text}");
        }
    }
}
