//! What late data changes of a lead that stands at the same instant with the same score: its evidence, a part of its score, its value.
//!
//! What was kept with a lead is what was known when it was found. When the past before it changes, it is explained again and, if that
//! says something else, corrected: what is kept does not depend on the order in which records came.

use anyhow::{Context as _, Result};
use store::ledger::lead::{Facts, What};

use super::Processor;
use crate::live::book::Changes;

impl Processor {
    /// Looks at the leads in doubt, and corrects those that are no longer as they are kept. To be done before the next records are taken:
    /// a correction holds what is so now.
    pub(super) fn settle_doubts(&self, mut changes: Changes) -> Result<Changes> {
        for doubt in std::mem::take(&mut changes.doubts) {
            let What::Corrected { facts, .. } = &doubt.correction.what else { continue };
            let lead = doubt.correction.lead;
            let kept = self.ledger.lead(lead).context("cannot read a lead")?;
            let mut is_as_kept = kept.is_some_and(|kept| are_alike(&kept.facts, facts));
            if is_as_kept && let Some(found) = self.why(doubt.definition, facts)? {
                let evidence = self.ledger.evidence(lead).context("cannot read a lead")?;
                is_as_kept = evidence.is_some_and(|evidence| found.says(&evidence));
            }
            if !is_as_kept {
                changes.leads.push(doubt.correction);
            }
        }
        Ok(changes)
    }
}

/// Whether the same is said of a lead. Another version of the definition alone says nothing else.
fn are_alike(kept: &Facts, found: &Facts) -> bool {
    let of = |facts: &Facts| (facts.account.clone(), facts.score.clone(), facts.value.clone(), facts.band.clone());
    of(kept) == of(found)
}
