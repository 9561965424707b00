//! The whole way from the log to leads, in one process: whatever the order of arrival, the copies, the restarts and the
//! compactions, leads are those that a replay of all records gives.

mod compacting;
mod going_live;
mod joining;
mod reviving;
mod time;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use engine::assemble::from_records;
use engine::definition::Definition;
use engine::evaluate::Evaluator;
use engine::household::Directory as _;
use engine::language;
use engine::record::{Record, SubjectKind};
use engine::workspace::Workspace;
use engine::{Number, Timestamp};
use simulate::{Encoder, Order, Part, Product, Scenario};
use store::catalog::Suppression;
use store::catalog::audit::AuditEntry;
use store::ledger::Ledger;
use store::ledger::action::{ActionFilter, ActionState, Outbox as _};
use store::ledger::lead::{Brief, ChangeKind, Qualification};
use store::ledger::rejects::Rejects as _;
use store::log::{Log, LogLimits};
use store::{SnapshotFiles, SqliteCatalog, SqliteLedger, SqliteLog};

use super::activation::{Activation, ActiveText};
use super::{Erasing, Gate, Processor, Route, Rules, Settings, Status, Suppressed, When, entry::Entry};

/// The clock of the processor stands still unless a test moves it.
static CLOCK: AtomicI64 = AtomicI64::new(0);

fn clock() -> Timestamp {
    Timestamp(CLOCK.load(Ordering::Relaxed))
}

/// Chance with a seed (SplitMix64: Steele, Lea and Flood, OOPSLA 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ mixed >> 31) % end.max(1) as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

fn workspace() -> Workspace {
    let text = "zone: UTC\ncurrency: USD\ngoal: { event: Subscription Started }\naccount_from_email: true\n";
    language::parse_workspace(text)
        .map_or_else(|_| Workspace { account_from_email: true, ..Workspace::default() }, |document| document.workspace)
}

fn definitions(workspace: &Workspace) -> Vec<Definition> {
    let ids = ["project-management", "minimum-viable", "expansion-seats", "stalled-trial", "hand-raise"];
    let shipped = language::templates();
    let text = |id: &str| shipped.iter().find(|template| template.id == id).map(|template| template.text);
    ids.iter()
        .map(|id| language::parse(text(id).expect("it ships"), workspace).expect("it is sound").definition)
        .collect()
}

/// What was received by a small product, in the order of receipt, copies and late events among it.
fn history(seed: u64, users: u32) -> Vec<Record> {
    let product = Product { order: Order::Received, ..Product::for_users(seed, users, 3, Scenario::PLANTED) };
    let mut encoder = Encoder::new(seed, "app");
    let mut records = Vec::new();
    product
        .generate(&mut |part| {
            if let Part::Facts(facts) = part {
                records.extend(encoder.to_batch(facts).to_records());
            }
        })
        .expect("the product can be");
    records
}

/// A lead: what of it must not depend on the order of arrival.
type Fact = (String, SubjectKind, String, Qualification, Timestamp, Option<Timestamp>, Option<Number>);

fn replayed(records: &[Record], definitions: &[Definition], workspace: &Workspace, now: Timestamp) -> BTreeSet<Fact> {
    let rules = Rules::new(definitions, workspace.clone()).expect("they compile");
    let assembled = from_records(records, workspace, rules.program.needs());
    let binding = rules.program.bind(&assembled.names);
    let mut evaluator = Evaluator::new(&rules.program, &binding, now);
    let mut facts = BTreeSet::new();
    for household in &assembled.households {
        evaluator.household(&household.view(), &mut |outcome| {
            let definition = definitions[outcome.definition].id.to_string();
            let (kind, id) = (outcome.subject.kind, assembled.directory.id(outcome.subject).to_owned());
            for entry in &outcome.entries {
                let score = entry.score.as_ref().map(|score| score.total);
                facts.insert((definition.clone(), kind, id.clone(), Qualification::ToBuy, entry.at, entry.exit, score));
            }
            if let (Some(met_at), true) = (outcome.met_at, outcome.entries.is_empty()) {
                facts.insert((definition, kind, id, Qualification::ToUse, met_at, None, None));
            }
        });
    }
    facts
}

fn kept(ledger: &SqliteLedger) -> BTreeSet<Fact> {
    let leads = ledger.briefs().expect("the ledger can be read").into_iter().filter(|brief| !brief.is_retracted);
    leads
        .map(|brief| {
            let Brief { definition, subject_kind, subject, qualification, qualified_at, exit_at, score, .. } = brief;
            (definition, subject_kind, subject, qualification, qualified_at, exit_at, score)
        })
        .collect()
}

struct Site {
    folder: tempfile::TempDir,
    /// The log's end when the present definitions were applied, if they were while it lived, and those before.
    applied: Option<(u64, Vec<Definition>)>,
    gate: Arc<Gate>,
    definitions: Vec<Definition>,
    workspace: Workspace,
    compact_every: u64,
}

impl Site {
    fn new(compact_every: u64) -> Self {
        let workspace = workspace();
        let definitions = definitions(&workspace);
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, applied: None, gate: Arc::default(), definitions, workspace, compact_every }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn open(&self) -> (Arc<SqliteLog>, Arc<SqliteLedger>) {
        let log = SqliteLog::open(&self.path().join("log.db"), LogLimits::default()).expect("the log opens");
        let ledger = SqliteLedger::open(&self.path().join("ledger.db")).expect("the ledger opens");
        (Arc::new(log), Arc::new(ledger))
    }

    fn suppressed(&self) -> Arc<Suppressed> {
        let catalog = SqliteCatalog::open(&self.path().join("catalog.db")).expect("the catalog opens");
        Arc::new(Suppressed::of(Arc::new(catalog)).expect("the catalog can be read"))
    }

    fn load(&self, log: &Arc<SqliteLog>, ledger: &Arc<SqliteLedger>) -> Processor {
        self.load_with(log, ledger, Arc::new(Status::default()))
    }

    fn load_with(&self, log: &Arc<SqliteLog>, ledger: &Arc<SqliteLedger>, status: Arc<Status>) -> Processor {
        let committed = ledger.offset().expect("the ledger can be read");
        let (edition, definitions) = match &self.applied {
            Some((end, before)) if committed <= *end => (0, before),
            Some(_) => (1, &self.definitions),
            None => (0, &self.definitions),
        };
        let settings = Settings {
            rules: Rules::new(definitions, self.workspace.clone()).expect("they compile"),
            edition,
            gate: Arc::clone(&self.gate),
            lake: self.path().join("lake"),
            compaction: When { every: Duration::from_secs(3600), entries: self.compact_every },
            snapshots: Arc::new(SnapshotFiles::open(&self.path().join("snapshots")).expect("a folder")),
            routes: vec![Route { destination: "hook".into(), definitions: Vec::new(), to_use: true, woken: true }],
            suppressed: self.suppressed(),
            erasing: Arc::new(Erasing::of(ledger.as_ref()).expect("the ledger can be read")),
            clock,
        };
        let (log, ledger): (Arc<dyn Log>, Arc<dyn Ledger>) = (log.clone(), ledger.clone());
        Processor::load(settings, log, ledger, status).expect("it takes up what is there")
    }
}

fn append(log: &SqliteLog, records: &[Record]) {
    let entries = records.iter().map(|record| Entry::Record(Box::new(record.clone())).encode().expect("it encodes"));
    log.append(entries.collect()).expect("it is durable");
}

/// Lives through the records with restarts in between; gives how many there were.
fn live(site: &Site, records: &[Record], dice: &mut Dice) -> u32 {
    let mut restarts = 0;
    let (mut log, mut ledger) = site.open();
    let mut processor = site.load(&log, &ledger);
    let mut rest = records;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.len().min(1 + dice.below(400)));
        rest = later;
        append(&log, now);
        while processor.lag() > 0 && !dice.chance(20) {
            processor.step().expect("it goes on");
        }
        if dice.chance(4) {
            restarts += 1;
            // What was not committed is forgotten with the process.
            processor.die();
            drop((log, ledger));
            (log, ledger) = site.open();
            processor = site.load(&log, &ledger);
        }
    }
    while processor.lag() > 0 {
        processor.step().expect("it goes on");
    }
    processor.finish().expect("it ends well");
    restarts
}

#[test]
fn leads_are_those_of_a_replay() {
    let mut restarts = 0;
    for (seed, compact_every) in [(1, 700), (2, 3_000), (3, u64::MAX)] {
        let site = Site::new(compact_every);
        let records = history(seed, 120);
        let latest = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
        CLOCK.store(latest.0, Ordering::Relaxed);
        restarts += live(&site, &records, &mut Dice(seed));
        let (_, ledger) = site.open();
        let expected = replayed(&records, &site.definitions, &site.workspace, latest);
        assert!(expected.len() > 30, "only {} leads: too little happens", expected.len());
        let found = kept(&ledger);
        let missing: Vec<_> = expected.difference(&found).take(3).collect();
        let surplus: Vec<_> = found.difference(&expected).take(3).collect();
        assert!(missing.is_empty() && surplus.is_empty(), "seed {seed}: missing {missing:#?}, surplus {surplus:#?}");
    }
    assert!(restarts > 3, "only {restarts} restarts");
}

/// Shuffled as a whole, with copies: worse than any network.
#[test]
fn order_does_not_matter() {
    let site = Site::new(400);
    let mut records = history(5, 60);
    let latest = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
    CLOCK.store(latest.0, Ordering::Relaxed);
    let expected = replayed(&records, &site.definitions, &site.workspace, latest);
    let mut dice = Dice(5);
    // Of differing copies the first one accepted counts, so the first to arrive must be the same one.
    let mut first = BTreeMap::new();
    records.retain(|record| first.insert(record.message.clone(), ()).is_none());
    for place in (1..records.len()).rev() {
        records.swap(place, dice.below(place + 1));
    }
    live(&site, &records, &mut dice);
    // Copies of what has long been in the lake, to a processor that has just started and remembers nothing.
    let copies: Vec<Record> = records.iter().filter(|_| dice.chance(30)).cloned().collect();
    live(&site, &copies, &mut dice);
    let (_, ledger) = site.open();
    let found = kept(&ledger);
    assert_eq!(expected.difference(&found).next(), None, "missing");
    assert_eq!(found.difference(&expected).next(), None, "surplus");
}

/// Each lead is told of once for what it is qualified for, with its reasons; what was told of stays told when definitions come back.
#[test]
fn leads_are_told_of_once() {
    let site = Site::new(u64::MAX);
    let records = history(7, 80);
    let latest = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
    CLOCK.store(latest.0, Ordering::Relaxed);
    live(&site, &records, &mut Dice(7));
    let (_, ledger) = site.open();
    let actions = ledger.actions(&ActionFilter::default(), 100_000).expect("the outbox can be read");
    let leads = ledger.briefs().expect("the ledger can be read");
    let told: BTreeSet<u64> =
        actions.iter().filter(|action| !action.action.ends_with("retracted")).map(|action| action.lead).collect();
    assert!(!told.is_empty());
    for lead in leads.iter().filter(|lead| !lead.is_retracted) {
        let changes = ledger.history(lead.id).expect("the ledger can be read");
        let detected = changes.iter().filter(|change| change.kind == ChangeKind::Detected).count();
        assert_eq!(detected, 1, "lead {} was detected {detected} times", lead.id);
        let evidence = ledger.evidence(lead.id).expect("the ledger can be read").expect("there is evidence");
        assert!(evidence.contains("\"reasons\":[\""), "lead {} has no reason: {evidence}", lead.id);
    }
    assert!(
        actions.iter().all(|action| action.state == ActionState::Waiting || action.state == ActionState::Cancelled)
    );
    let keys: BTreeSet<(u64, &str)> = actions.iter().map(|action| (action.lead, action.action.as_str())).collect();
    assert_eq!(keys.len(), actions.len(), "an action is there once");
}

/// Whoever is suppressed, or belongs to an account that is, has leads of which nobody is told.
#[test]
fn nobody_is_told_of_whoever_is_suppressed() {
    let records = history(7, 80);
    let latest = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
    CLOCK.fetch_max(latest.0, Ordering::Relaxed);
    let told = |site: &Site| -> BTreeSet<u64> {
        live(site, &records, &mut Dice(7));
        let actions = site.open().1.actions(&ActionFilter::default(), 100_000).expect("the outbox can be read");
        actions.iter().map(|action| action.lead).collect()
    };
    let of = |site: &Site, lead: u64| {
        let found = site.open().1.lead(lead).expect("the ledger can be read").expect("it is there").facts;
        (found.subject_kind, found.subject, found.account)
    };
    let site = Site::new(u64::MAX);
    let everyone: Vec<_> = told(&site).into_iter().map(|lead| of(&site, lead)).collect();
    let user = everyone.iter().find(|lead| lead.0 == SubjectKind::User).expect("there are some").clone();
    let account = everyone.iter().rev().find_map(|lead| lead.2.clone()).expect("there are some");
    let site = Site::new(u64::MAX);
    for (kind, id) in [(SubjectKind::User, user.1.clone()), (SubjectKind::Account, account.clone())] {
        let new = Suppression { kind, subject: id, at: Timestamp(0), reason: String::new() };
        let line = AuditEntry {
            at: Timestamp(0),
            who: "test".into(),
            what: "suppression.set".into(),
            target: "suppressions".into(),
            detail: "{}".into(),
        };
        site.suppressed().suppress(new, line).expect("it is kept");
    }
    let rest: Vec<_> = told(&site).into_iter().map(|lead| of(&site, lead)).collect();
    let is_left = |lead: &(SubjectKind, String, Option<String>)| {
        (lead.0, &lead.1) != (SubjectKind::User, &user.1)
            && (lead.0, &lead.1) != (SubjectKind::Account, &account)
            && lead.2.as_ref() != Some(&account)
    };
    let expected: BTreeSet<_> = everyone.iter().filter(|lead| is_left(lead)).cloned().collect();
    assert!(!expected.is_empty() && expected.len() < everyone.len());
    assert_eq!(rest.into_iter().collect::<BTreeSet<_>>(), expected);
}

/// Definitions that come to a history find their leads, and tell nobody.
#[test]
fn history_is_taken_up_in_silence() {
    let mut site = Site::new(1_000);
    let all = std::mem::take(&mut site.definitions);
    site.definitions = all[1..2].to_vec();
    let records = history(9, 80);
    let latest = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
    CLOCK.store(latest.0, Ordering::Relaxed);
    live(&site, &records, &mut Dice(9));
    let before = site.open().1.actions(&ActionFilter::default(), 100_000).expect("the outbox can be read").len();
    site.definitions = all;
    live(&site, &[], &mut Dice(9));
    let (_, ledger) = site.open();
    let expected = replayed(&records, &site.definitions, &site.workspace, latest);
    assert_eq!(kept(&ledger), expected);
    assert!(expected.iter().any(|fact| fact.0 != *site.definitions[1].id), "the others have leads");
    let after = ledger.actions(&ActionFilter::default(), 100_000).expect("the outbox can be read").len();
    assert_eq!(after, before, "nobody was told of history");
}

/// A start goes on from the checkpoint, and where that is missing, damaged or of other definitions, from everything.
#[test]
fn a_start_goes_on_from_a_checkpoint() {
    let mut site = Site::new(500);
    let records = history(15, 80);
    let latest = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
    CLOCK.fetch_max(latest.0, Ordering::Relaxed);
    let (first, rest) = records.split_at(records.len() / 2);
    live(&site, first, &mut Dice(15));
    let snapshots = site.path().join("snapshots");
    let is_restored = |site: &Site| {
        let (log, ledger) = site.open();
        let status = Arc::new(Status::default());
        drop(site.load_with(&log, &ledger, Arc::clone(&status)));
        status.is_restored.load(Ordering::Relaxed)
    };
    assert!(is_restored(&site));
    let parts = || std::fs::read_dir(&snapshots).expect("a folder").map(|file| file.expect("a file").path());
    let part = parts().filter(|path| !path.ends_with("bucket-00000.snapshot")).min().expect("there are parts");
    let whole = std::fs::read(&part).expect("it can be read");
    std::fs::write(&part, &whole[..whole.len() / 2]).expect("it can be written");
    assert!(!is_restored(&site), "half a part");
    std::fs::write(&part, &whole).expect("it can be written");
    assert!(is_restored(&site), "whole again");
    let all = site.definitions.clone();
    site.definitions.truncate(2);
    assert!(!is_restored(&site), "of other definitions");
    site.definitions = all;
    live(&site, rest, &mut Dice(16));
    let (log, ledger) = site.open();
    assert!(log.start() > records.len() as u64 / 2, "the log goes when lake and checkpoint have it");
    let expected = replayed(&records, &site.definitions, &site.workspace, latest);
    assert!(expected.len() > 30, "only {} leads: too little happens", expected.len());
    assert_eq!(kept(&ledger), expected);
}

/// Where nobody qualifies, the log goes into the lake all the same.
#[test]
fn what_makes_no_lead_goes_into_the_lake() {
    let mut site = Site::new(1);
    site.definitions.clear();
    let (log, ledger) = site.open();
    let mut processor = site.load(&log, &ledger);
    append(&log, &history(17, 20));
    let is_compacted = || history::Lake::open(&site.path().join("lake")).is_ok_and(|lake| lake.manifest().log > 0);
    for _ in 0..1_000 {
        processor.step().expect("it goes on");
        if is_compacted() {
            return;
        }
    }
    panic!("nothing has gone into the lake");
}

/// Copies that wait in the log while their records are in the lake already: a processor that starts remembers neither.
#[test]
fn a_start_counts_no_copy_of_what_is_in_the_lake() {
    let records = history(13, 60);
    let latest = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
    CLOCK.fetch_max(latest.0, Ordering::Relaxed);
    let site = Site::new(records.len() as u64);
    let (log, ledger) = site.open();
    let mut processor = site.load(&log, &ledger);
    append(&log, &records);
    while processor.lag() > 0 {
        processor.step().expect("it goes on");
    }
    processor.finish().expect("it commits");
    let is_compacted = || history::Lake::open(&site.path().join("lake")).is_ok_and(|lake| lake.manifest().log > 0);
    while !is_compacted() {
        processor.step().expect("it goes on");
    }
    processor.step().expect("it takes up the lake");
    let copies = &records[records.len() - records.len() / 3..];
    append(&log, copies);
    while processor.lag() > 0 {
        processor.step().expect("it goes on");
    }
    processor.finish().expect("it commits");
    let before = ledger.changes(0, 1_000_000).expect("the ledger can be read").len();
    assert!(before > 30, "only {before} changes: too little happens");
    drop((processor, log, ledger));
    live(&site, &[], &mut Dice(13));
    let after = site.open().1.changes(0, 1_000_000).expect("the ledger can be read").len();
    assert_eq!(after, before, "a start found something new in copies");
}

/// The door keeps such records out; should one get into the log it is still counted, and nothing stops.
#[test]
fn what_names_nobody_is_kept_among_the_rejects() {
    let site = Site::new(u64::MAX);
    let mut records = history(11, 20);
    records.truncate(50);
    records[20].who = engine::record::Who::default();
    CLOCK.fetch_max(1, Ordering::Relaxed);
    live(&site, &records, &mut Dice(11));
    let totals = site.open().1.reject_totals().expect("the ledger can be read");
    let found: Vec<_> = totals.iter().map(|total| (total.reason.as_str(), total.total)).collect();
    assert_eq!(found, [("nobody", 1)]);
}
