//! Log lines: one for each failure, at the place that handles it. Fields are dotted by what they are of; no key, body or id of a
//! person is among them.

use std::io::IsTerminal as _;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Has log lines written to standard error. Does nothing the second time.
pub fn start(format: LogFormat) {
    let lines = tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false);
    // Whoever has set up log lines before goes on writing them.
    let _ = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}
