//! Who is told of a lead, and how soon leads are there.

use std::borrow::Cow;

use anyhow::Result;
use store::ledger::action::NewAction;
use store::ledger::lead::Qualification;

use super::Processor;
use crate::live::book::{Tell, Telling};
use crate::live::told::payload;

impl Processor {
    /// Tells the destinations that want to know.
    pub(super) fn route(
        &self,
        telling: &Telling,
        reasons: Option<&Vec<String>>,
        actions: &mut Vec<NewAction>,
    ) -> Result<()> {
        if self.suppressed.are_told_by(&telling.facts) {
            return Ok(());
        }
        let is_woken = matches!(telling.tell, Tell::Woken { .. });
        let reasons = match reasons {
            Some(reasons) => Cow::Borrowed(reasons),
            // Nothing of it has changed.
            None if is_woken => Cow::Owned(self.words_kept(telling.lead)?),
            None => Cow::Owned(Vec::new()),
        };
        let to_buy = telling.facts.qualification == Qualification::ToBuy;
        let id = self.rules.facts(telling.definition).map_or("", |facts| &facts.id);
        let heard = match telling.tell {
            Tell::Retracted => Some(self.heard_of(telling.lead)?),
            Tell::Qualified | Tell::QualifiedToBuy | Tell::Woken { .. } => None,
        };
        for route in &self.routes {
            if heard.as_ref().is_some_and(|heard| !heard.contains(&route.destination)) {
                continue;
            }
            let wanted = route.definitions.is_empty() || route.definitions.iter().any(|wanted| wanted == id);
            if !wanted || !(to_buy || route.to_use) || (is_woken && !route.woken) {
                continue;
            }
            let what = match telling.tell {
                Tell::Qualified | Tell::QualifiedToBuy if to_buy => Cow::from("to-buy"),
                Tell::Qualified | Tell::QualifiedToBuy => Cow::from("to-use"),
                Tell::Retracted => Cow::from("retracted"),
                // It may be snoozed once more.
                Tell::Woken { until, .. } => Cow::from(format!("woken-{}", until.0)),
            };
            actions.push(NewAction {
                lead: telling.lead,
                action: format!("{}/{what}", route.destination),
                destination: route.destination.clone(),
                payload: payload(&self.rules, telling, &reasons, self.now),
                not_before: self.now,
                priority: i32::from(to_buy),
            });
        }
        Ok(())
    }

    /// Leads have been committed just now.
    pub(super) fn note_how_soon(&self, tellings: &[Telling]) {
        let committed = (self.clock)();
        let new = tellings.iter().filter(|telling| matches!(telling.tell, Tell::Qualified | Tell::QualifiedToBuy));
        for telling in new {
            self.status.promptness.note(self.received, telling.facts.qualified_at, committed);
        }
    }
}
