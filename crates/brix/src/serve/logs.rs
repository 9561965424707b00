//! Log lines: one for each failure, at the place that handles it. Fields are dotted by what they are of; no key, body or id of a
//! person is among them.

use std::fmt;
use std::io::IsTerminal as _;
use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The parts that write log lines, with where they are.
const PARTS: [(&str, &str); 6] = [
    ("delivery", "brix::delivery"),
    ("listen", "brix::serve::listen"),
    ("live", "brix::live"),
    ("pulls", "brix::serve::pulls"),
    ("retention", "brix::serve::retention"),
    ("serve", "brix::serve"),
];
const LEVELS: [(&str, LevelFilter); 6] = [
    ("off", LevelFilter::OFF),
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

/// Which log lines are written: from which level on, and from which of a part.
#[derive(Debug, Clone)]
pub struct Levels {
    /// As it was written.
    said: String,
    /// Of all that no part is named for.
    all: LevelFilter,
    /// By the place of a part.
    parts: Vec<(&'static str, LevelFilter)>,
}

impl Default for Levels {
    fn default() -> Self {
        Self { said: "info".to_owned(), all: LevelFilter::INFO, parts: Vec::new() }
    }
}

impl fmt::Display for Levels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.said)
    }
}

impl FromStr for Levels {
    /// What is wrong with it, and the cure.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut levels = Self { said: text.to_owned(), ..Self::default() };
        for one in text.split(',').map(str::trim) {
            match one.split_once('=') {
                None => levels.all = known("level", one, &LEVELS)?,
                Some((part, level)) => {
                    levels.parts.push((known("part", part.trim(), &PARTS)?, known("level", level.trim(), &LEVELS)?));
                }
            }
        }
        Ok(levels)
    }
}

fn known<T: Copy>(what: &str, word: &str, words: &[(&str, T)]) -> Result<T, String> {
    let found = words.iter().find(|(known, _)| *known == word).map(|(_, meaning)| *meaning);
    let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
    found.ok_or_else(|| format!("`{word}` is no {what}; there are {}", known.join(", ")))
}

/// Has log lines written to standard error. Does nothing the second time.
pub fn start(format: LogFormat, levels: &Levels) {
    let targets = Targets::new().with_default(levels.all).with_targets(levels.parts.iter().copied());
    let lines = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(std::io::stderr);
    let lines = lines.with_target(false);
    // Whoever has set up log lines before goes on writing them.
    let _ = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).finish().with(targets).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).finish().with(targets).try_init(),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_of_all_or_of_a_part() {
        let levels: Levels = "warn, delivery=debug,pulls = off".parse().unwrap();
        assert_eq!(levels.all, LevelFilter::WARN);
        assert_eq!(levels.parts, [("brix::delivery", LevelFilter::DEBUG), ("brix::serve::pulls", LevelFilter::OFF)]);
        for (text, expected) in [
            ("loud", "`loud` is no level; there are off, error"),
            ("delivry=info", "`delivry` is no part; there are delivery"),
            ("live=", "`` is no level"),
            ("", "`` is no level"),
        ] {
            let why = text.parse::<Levels>().unwrap_err();
            assert!(why.contains(expected), "{text}: {why}");
        }
    }
}
