//! What is written for other commands: interviews to fill in, and the best customers as an event.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use engine::record::SubjectKind;
use insight::best::BestCustomers;

use crate::console::Console;
use crate::instant;

/// The event that a best customer's first payment is written as.
pub const LABEL: &str = "Best Customer Paid";

/// Ten customers with the question to each; answers are filled in and imported as traits dated by `answered_at`.
pub fn interviews(folder: &Path, subject: SubjectKind, answer: &BestCustomers, console: &mut Console) -> Result<()> {
    let key = subject.word();
    let mut rows = vec![format!("{key},paid_at,last_actions,question,answered_at,reason_to_buy,almost_stopped_by")];
    for interview in &answer.interviews {
        let actions: Vec<String> = interview.last_actions.iter().map(|(_, name)| name.to_string()).collect();
        let cells = [&*interview.id, &instant::written(interview.paid_at.0), &actions.join(" < "), &interview.question];
        rows.push(format!("{},,,", cells.map(quoted).join(",")));
    }
    let mapping = format!(
        "# Fill in answered_at (2025-03-31) and the answers, then: brix import --mapping {0}/mapping.yaml {0}\nsource: interviews\n\
         files:\n  - match: interviews.csv\n    records:\n      - traits: {key}\n        {key}: {key}\n        time: answered_at\n        \
         only_if: {{ column: answered_at, present: true }}\n        values:\n          \
         reason_to_buy: {{ column: reason_to_buy, type: text }}\n          \
         almost_stopped_by: {{ column: almost_stopped_by, type: text }}\n",
        folder.display()
    );
    write(folder, "interviews.csv", &rows, &mapping)?;
    console.say(format_args!("Whom to ask: {}/interviews.csv", folder.display()));
    Ok(())
}

/// The first payment of each of the best as an event, at the instant at which they paid.
pub fn label(folder: &Path, subject: SubjectKind, answer: &BestCustomers, console: &mut Console) -> Result<()> {
    let key = subject.word();
    let mut rows = vec![format!("{key},paid_at")];
    for ranked in answer.ranking.known().into_iter().flatten().filter(|ranked| ranked.best) {
        rows.push(format!("{},{}", quoted(&ranked.id), instant::written(ranked.paid_at.0)));
    }
    let mapping = format!(
        "source: best-customers\nfiles:\n  - match: best.csv\n    records:\n      - event: {LABEL}\n        kind: billing\n        \
         {key}: {key}\n        time: paid_at\n"
    );
    write(folder, "best.csv", &rows, &mapping)?;
    console.say(format_args!(
        "The {} best customers' first payments as “{LABEL}”: brix import {}, then brix discover --goal best-customer",
        rows.len() - 1,
        folder.display()
    ));
    Ok(())
}

fn write(folder: &Path, name: &str, rows: &[String], mapping: &str) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for (file, text) in [(name, format!("{}\n", rows.join("\n"))), ("mapping.yaml", mapping.to_owned())] {
        let path = folder.join(file);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// A cell of a CSV file.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
