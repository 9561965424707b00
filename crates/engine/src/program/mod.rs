//! Definitions compiled once to an immutable program: passes over timelines with a reverse index from what an
//! event is called to what it can change.

mod build;
mod criteria;
mod foresight;
mod link;
mod operands;
pub(crate) mod pass;
mod reads;
mod references;
pub(crate) mod screen;

use std::collections::HashMap;
use std::sync::Arc;

use crate::definition::Definition;
use crate::household::{EventName, Needs};
use crate::record::EventKind;
use crate::workspace::Workspace;

use foresight::Foresight;
pub(crate) use pass::{Effect, Pass, Touch};
use screen::ScreenBinding;

/// Why definitions cannot be compiled together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("definition `{definition}`: {reason}")]
pub struct CompileError {
    /// Which definition.
    pub definition: Arc<str>,
    /// Why.
    pub reason: String,
}

/// Definitions ready to run. Immutable; shared by threads.
#[derive(Debug)]
pub struct Program {
    pub(crate) definitions: Vec<Arc<Definition>>,
    pub(crate) workspace: Workspace,
    pub(crate) passes: Vec<Pass>,
    pub(crate) outputs: usize,
    needs: Needs,
    /// The user's time zone trait's slot, if a pass counts calendar units of users.
    pub(crate) zone_slot: Option<u32>,
    /// The slots of the traits by which people say what they agree to.
    consent: ConsentSlots,
}

/// Slots of users' traits; `None`: the workspace asks for no consent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ConsentSlots {
    pub profile: Option<u32>,
    pub contact: Option<u32>,
}

impl Program {
    /// Compiles definitions, with all they refer to among them.
    ///
    /// # Errors
    /// One for each definition that refers to none, to itself in a circle or to a definition of the wrong kind, or that names
    /// what cannot be said (see `docs/meaning.md`).
    pub fn compile(definitions: &[Definition], workspace: &Workspace) -> Result<Self, Vec<CompileError>> {
        references::check(definitions)?;
        let mut builder = build::Builder::new(workspace);
        for (place, definition) in definitions.iter().enumerate() {
            let level = references::level(definition, definitions);
            builder.definition(place, definition, definitions, level)?;
        }
        Ok(builder.finish(definitions))
    }

    /// The definitions, in the order given; their places are the numbers used in outcomes.
    #[must_use]
    pub fn definitions(&self) -> &[Arc<Definition>] {
        &self.definitions
    }

    /// The settings it was compiled with.
    #[must_use]
    pub const fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// What has to be fetched for it.
    #[must_use]
    pub const fn needs(&self) -> &Needs {
        &self.needs
    }

    /// Where it stands what people agree to.
    pub(crate) const fn consent(&self) -> ConsentSlots {
        self.consent
    }

    /// A short digest of what was compiled: a saved state belongs to one program.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(format!("{:?} {:?}", self.definitions, self.workspace));
        digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }

    /// Whether a life can be cut at a frontier: no criterion looks at events in a way that is not kept in the state.
    #[must_use]
    pub fn is_splittable(&self) -> bool {
        self.passes.iter().all(Pass::is_splittable)
    }

    /// The reverse index for a history's dictionary of event names.
    #[must_use]
    pub fn bind(&self, names: &[EventName]) -> Binding {
        let product = names.iter().map(|name| name.kind == EventKind::Product).collect();
        let passes = self.passes.iter().map(|pass| PassBinding::new(pass, names)).collect();
        let mut first: HashMap<&str, u32> = HashMap::new();
        let alike = names.iter().zip(0..).map(|(name, code)| *first.entry(&name.name).or_insert(code)).collect();
        Binding { product, alike, passes }
    }
}

/// A program's reverse index: event name code → what it touches, for each pass.
#[derive(Debug)]
pub struct Binding {
    /// Whether events of a name are product events.
    pub(crate) product: Vec<bool>,
    /// For each code the first one of the same name, whatever the kinds.
    pub(crate) alike: Vec<u32>,
    pub(crate) passes: Vec<PassBinding>,
}

impl Binding {
    /// Whether an event of this name touches any criterion, clock or goal. First-seen clocks and derived traits
    /// read product rows whatever their name.
    #[must_use]
    pub fn touches(&self, name: u32) -> bool {
        self.passes.iter().any(|pass| !pass.touches(name).is_empty())
    }

    /// How many criteria, clocks and goals an event of this name touches.
    #[must_use]
    pub fn touched_by(&self, name: u32) -> usize {
        self.passes.iter().map(|pass| pass.touches(name).len()).sum()
    }
}

/// For each name code a slice of touches, sorted by effect.
#[derive(Debug, Default)]
pub(crate) struct PassBinding {
    starts: Vec<u32>,
    touches: Vec<Touch>,
    /// For names that touch nothing but hot leaves, without a filter: those leaves' places.
    hot_starts: Vec<u32>,
    hot: Vec<u32>,
    /// For each name whether it still matters once all windows have ended.
    lasting: Vec<bool>,
    /// Whether any name does.
    pub any_lasts: bool,
    pub screen: ScreenBinding,
    pub foresight: Foresight,
}

impl PassBinding {
    fn new(pass: &Pass, names: &[EventName]) -> Self {
        let mut starts = Vec::with_capacity(names.len() + 1);
        let mut touches: Vec<Touch> = Vec::new();
        let mut hot_starts = Vec::with_capacity(names.len() + 1);
        let mut hot = Vec::new();
        let mut lasting = Vec::with_capacity(names.len());
        let mut screen = ScreenBinding::default();
        for name in names {
            starts.push(touches.len() as u32);
            let from = touches.len();
            touches.extend(pass.touches.iter().filter(|(selector, _)| selector.selects(name)).map(|(_, touch)| *touch));
            touches[from..].sort_unstable();
            lasting.push(touches[from..].iter().any(|touch| pass.outlasts_windows(touch)));
            hot_starts.push(hot.len() as u32);
            let plain = |touch: &Touch| touch.effect == Effect::Hot && touch.filter == Touch::UNFILTERED;
            let from_hot = hot.len();
            let only_hot = touches[from..].iter().all(plain);
            if only_hot {
                hot.extend(touches[from..].iter().map(|touch| touch.index));
            }
            let counters = pass.screen.counters.iter().enumerate().filter(|(_, counter)| counter.selects(name));
            screen.add(&pass.screen, counters.map(|(place, _)| place), only_hot.then_some(&hot[from_hot..]));
        }
        hot_starts.push(hot.len() as u32);
        starts.push(touches.len() as u32);
        let any_lasts = lasting.contains(&true);
        let mut binding = Self { starts, touches, hot_starts, hot, any_lasts, lasting, screen, ..Self::default() };
        binding.foresight = Foresight::of(pass, names.len(), |name| binding.touches(name));
        binding
    }

    /// The hot leaves that an event of a name counts for, if it touches nothing else; else none.
    #[inline]
    pub fn only_hot(&self, name: u32) -> &[u32] {
        let name = name as usize;
        match (self.hot_starts.get(name), self.hot_starts.get(name + 1)) {
            (Some(start), Some(end)) => &self.hot[*start as usize..*end as usize],
            _ => &[],
        }
    }

    /// Whether an event of a name matters once all windows have ended.
    #[inline]
    pub fn lasts(&self, name: u32) -> bool {
        self.lasting.get(name as usize).copied().unwrap_or(false)
    }

    /// What an event of a name touches; nothing for a code outside the dictionary.
    #[inline]
    pub fn touches(&self, name: u32) -> &[Touch] {
        let name = name as usize;
        match (self.starts.get(name), self.starts.get(name + 1)) {
            (Some(start), Some(end)) => &self.touches[*start as usize..*end as usize],
            _ => &[],
        }
    }
}
