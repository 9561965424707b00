//! What late data changes of a lead that stands at the same instant with the same score: its evidence, a part of its score, its value.
//!
//! What was kept with a lead is what was known when it was found. When the past before it changes, it is explained again and, if that
//! says something else, corrected: what is kept does not depend on the order in which records came.

use anyhow::{Context as _, Result};
use store::ledger::lead::{Facts, LeadChange, What};

use super::Processor;
use crate::live::book::Changes;
use crate::live::evidence::inquiry;
use crate::live::town::Inquiry;

impl Processor {
    /// Looks at the leads in doubt, and corrects those that are no longer as they are kept. To be done before the next records are taken:
    /// a correction holds what is so now.
    pub(super) fn settle_doubts(&self, mut changes: Changes) -> Result<Changes> {
        let doubts = std::mem::take(&mut changes.doubts);
        let kept: Vec<Option<String>> = doubts.iter().map(|doubt| self.kept_evidence(doubt)).collect::<Result<_>>()?;
        let mut are_as_kept: Vec<bool> = kept.iter().map(Option::is_some).collect();
        let alike = doubts.iter().zip(&kept).zip(&mut are_as_kept);
        let asked = alike.filter_map(|((doubt, kept), is_as_kept)| {
            Some(((kept.as_deref()?, is_as_kept), inquiry(doubt, &self.book, &self.rules)?))
        });
        let (alike, inquiries): (Vec<(&str, &mut bool)>, Vec<Inquiry<'_>>) = asked.unzip();
        for ((kept, is_as_kept), found) in alike.into_iter().zip(self.town.reasons(&inquiries)?) {
            *is_as_kept = found.is_none_or(|found| found.says(kept));
        }
        let corrections = doubts.into_iter().zip(are_as_kept).filter(|(_, is_as_kept)| !is_as_kept);
        changes.leads.extend(corrections.map(|(doubt, _)| doubt));
        Ok(changes)
    }

    /// The evidence that is kept of a lead; `None` if something else of it is kept than is so now.
    fn kept_evidence(&self, doubt: &LeadChange) -> Result<Option<String>> {
        let What::Corrected { facts, .. } = &doubt.what else { return Ok(None) };
        let kept = self.ledger.lead(doubt.lead).context("cannot read a lead")?;
        if !kept.is_some_and(|kept| are_alike(&kept.facts, facts)) {
            return Ok(None);
        }
        self.ledger.evidence(doubt.lead).context("cannot read a lead")
    }
}

/// Whether the same is said of a lead. Another version of the definition alone says nothing else.
fn are_alike(kept: &Facts, found: &Facts) -> bool {
    let of = |facts: &Facts| (facts.account.clone(), facts.score.clone(), facts.value.clone(), facts.band.clone());
    of(kept) == of(found)
}
