//! A finding as a definition file, ready for `brix check` and `brix backtest`.

use std::fmt::Write as _;
use std::sync::Arc;

use engine::definition::{Definition, Entries, Window};
use engine::{Span, language};

use super::question::Question;
use super::report::{Discovery, Finding};
use crate::text::table::wrap;

/// The file: the definition, with the figures of people who were not used in the search as comments above it.
///
/// `base` says of whom, from when, and by which goal.
#[must_use]
pub fn definition_file(
    question: &Question,
    discovery: &Discovery,
    finding: &Finding,
    base: &Definition,
    id: &str,
) -> String {
    let definition = Definition {
        id: Arc::from(id),
        name: capital(&finding.words),
        window: Some(Window::For(Span::Exact(question.windows[finding.rule.window]))),
        when: finding.rule.criterion(question),
        entries: Entries::Once,
        ..base.clone()
    };
    let mut text = String::new();
    let halves = &discovery.halves;
    let held_out = &finding.held_out;
    let mut comments = vec![finding.sentence.clone()];
    comments.push(format!(
        "Found on {} earlier signups among {} thresholds of {} features and {} rules of several conditions; judged with {} others on {} later ones.",
        halves.searched,
        discovery.tried.cells,
        discovery.tried.features,
        discovery.tried.combinations,
        discovery.tried.judged.saturating_sub(1),
        halves.held_out
    ));
    comments.push(format!(
        "Held out: {} of {} who met it converted, {} of {} others; p {:.2e}, after correction {:.2e}.",
        held_out.met_buyers,
        held_out.met,
        held_out.buyers - held_out.met_buyers,
        held_out.people - held_out.met,
        held_out.p_value,
        finding.corrected_p
    ));
    comments.push(format!(
        "Conversions known until {}. Prove it on the whole history: brix backtest",
        discovery.observed_until.0
    ));
    comments.extend(for_capacity(discovery, finding));
    for comment in comments {
        for line in wrap(&comment, 110, "# ", "# ") {
            let _ = writeln!(text, "{line}");
        }
    }
    text.push_str(&language::to_yaml(&definition));
    text
}

/// The threshold that gives as many leads as can be worked, where it is another one than was judged.
fn for_capacity(discovery: &Discovery, finding: &Finding) -> Option<String> {
    let capacity = f64::from(discovery.capacity_per_week?);
    let closer = discovery.closer.iter().find(|closer| discovery.findings[closer.finding].rule == finding.rule)?;
    let load = closer.loads.iter().find(|load| load.leads_per_week <= capacity)?;
    let text = format!(
        "For {capacity:.0} leads a week write instead {} ({:.1} a week on the later signups, of whom {:.1} buy).",
        load.criterion, load.leads_per_week, load.buyers_per_week
    );
    (load.criterion != finding.criterion).then_some(text)
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
