//! What becomes of leads with time, and with what people say of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use engine::Timestamp;
use engine::assemble::from_records;
use engine::evaluate::Evaluator;
use engine::household::Directory as _;
use engine::language;
use engine::record::{Body, Properties, Record, SubjectKind, Who};
use engine::time::{DAY, HOUR};
use store::ledger::action::{Action, ActionFilter, Outbox as _};
use store::ledger::lead::{LeadChange, LeadState, What};
use store::ledger::{Commit, Ledger as _};
use store::log::Log as _;
use store::{SqliteLedger, SqliteLog};

use super::{CLOCK, Dice, Site, history, live};
use crate::live::entry::{Entry, LeadAct};
use crate::live::{Processor, Rules};

/// Held and not held many times in a life.
const BUSY: &str = "id: busy\nsubject: user\npopulation: everyone\nwhen: { event: any, count: \">= 4\", last: 3d }\n";

/// Held for ever, with a goal.
const KEEN: &str = "id: keen\nsubject: user\npopulation: everyone\nwhen: { event: Task Created, count: \">= 4\" }\n\
                    goal: { event: Paid }\n";

/// When each subject converted, by its definition.
fn conversions(
    site: &Site,
    records: &[Record],
    now: Timestamp,
) -> BTreeMap<(String, SubjectKind, String), Vec<Timestamp>> {
    let rules = Rules::new(&site.definitions, site.workspace.clone()).expect("they compile");
    let assembled = from_records(records, &site.workspace, rules.program.needs());
    let binding = rules.program.bind(&assembled.names);
    let mut evaluator = Evaluator::new(&rules.program, &binding, now);
    let mut conversions = BTreeMap::new();
    for household in &assembled.households {
        evaluator.household(&household.view(), &mut |outcome| {
            let definition = site.definitions[outcome.definition].id.to_string();
            let subject = (definition, outcome.subject.kind, assembled.directory.id(outcome.subject).to_owned());
            conversions.insert(subject, outcome.conversions);
        });
    }
    conversions
}

/// Shuffled, with restarts: in the end those have lapsed whose definition no longer holds, unless they paid first, and no others.
#[test]
fn those_whose_time_is_over_have_lapsed_and_no_others() {
    for (seed, compact_every) in [(11, u64::MAX), (12, 500)] {
        let mut site = Site::new(compact_every);
        site.definitions.push(language::parse(BUSY, &site.workspace).expect("it is sound").definition);
        let mut records = history(seed, 80);
        let latest = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
        CLOCK.fetch_max(latest.0, Ordering::Relaxed);
        let mut first = BTreeSet::new();
        records.retain(|record| first.insert(record.message.clone()));
        let mut dice = Dice(seed);
        for place in (1..records.len()).rev() {
            records.swap(place, dice.below(place + 1));
        }
        live(&site, &records, &mut dice);
        let conversions = conversions(&site, &records, latest);
        let (mut lapsed, mut open) = (0, 0);
        let (_, ledger) = site.open();
        for lead in ledger.briefs().expect("the ledger can be read").into_iter().filter(|lead| !lead.is_retracted) {
            let subject = (lead.definition.clone(), lead.subject_kind, lead.subject.clone());
            let paid = conversions.get(&subject).is_some_and(|all| all.iter().any(|at| *at > lead.qualified_at));
            let expected = match lead.exit_at {
                _ if paid => LeadState::Converted,
                Some(exit) if exit <= latest => LeadState::Lapsed,
                _ => LeadState::New,
            };
            // What has once paid stays so, also where late data has moved the lead behind it.
            if lead.state != LeadState::Converted || paid {
                assert_eq!(lead.state, expected, "seed {seed}: {lead:?}");
            }
            lapsed += u32::from(lead.state == LeadState::Lapsed);
            open += u32::from(lead.state == LeadState::New);
        }
        assert!(lapsed > 20 && open > 20, "{lapsed} lapsed, {open} open");
    }
}

/// A site with leads, of which the first that nobody has touched and that does not end is at hand.
struct Scene {
    site: Site,
    log: Arc<SqliteLog>,
    ledger: Arc<SqliteLedger>,
    processor: Processor,
    lead: u64,
    now: Timestamp,
}

impl Scene {
    fn new() -> Self {
        let mut site = Site::new(u64::MAX);
        site.definitions.push(language::parse(BUSY, &site.workspace).expect("it is sound").definition);
        site.definitions.push(language::parse(KEEN, &site.workspace).expect("it is sound").definition);
        let records = history(7, 60);
        let now = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
        CLOCK.fetch_max(now.0, Ordering::Relaxed);
        live(&site, &records, &mut Dice(7));
        let (log, ledger) = site.open();
        let processor = site.load(&log, &ledger);
        let leads = ledger.briefs().expect("the ledger can be read");
        let lead =
            leads.iter().find(|lead| !lead.is_retracted && lead.state == LeadState::New && lead.exit_at.is_none());
        let lead = lead.expect("there is one").id;
        Self { site, log, ledger, processor, lead, now }
    }

    /// Eve is keen, which she stays.
    fn keen() -> Self {
        let mut scene = Self::new();
        let from = scene.now;
        scene.pass(HOUR);
        scene.eve_does_tasks(from, "keen");
        scene
    }

    /// Somebody says something of the lead.
    fn say(&mut self, state: LeadState) {
        let what = LeadAct::State(state);
        self.append(Entry::Lead { lead: self.lead, at: self.now, by: "ann".to_owned(), what });
    }

    fn pass(&mut self, span: i64) {
        self.now = Timestamp(self.now.0 + span);
        self.append(Entry::Tick(self.now));
    }

    fn append(&mut self, entry: Entry) {
        self.log.append(vec![entry.encode().expect("it encodes")]).expect("it is durable");
        while self.processor.lag() > 0 {
            self.processor.step().expect("it goes on");
        }
        self.processor.finish().expect("it commits");
    }

    /// The lead's subject starts a subscription.
    fn pays(&mut self) {
        self.acts("Subscription Started");
    }

    /// The lead's subject does something.
    fn acts(&mut self, name: &str) {
        self.now = Timestamp(self.now.0 + HOUR);
        let lead = self.ledger.lead(self.lead).expect("the ledger can be read").expect("it is there").facts;
        let is_user = lead.subject_kind == SubjectKind::User;
        let subject: Arc<str> = Arc::from(lead.subject);
        let who = Who {
            user: is_user.then(|| Arc::clone(&subject)),
            account: if is_user { lead.account.map(Arc::from) } else { Some(subject) },
            ..Who::default()
        };
        self.does(who, name, self.now);
    }

    /// Somebody did something; it is known from now on.
    fn does(&mut self, who: Who, name: &str, timestamp: Timestamp) {
        self.append(self.event(who, name, timestamp));
    }

    fn event(&self, who: Who, name: &str, timestamp: Timestamp) -> Entry {
        let body = Body::Event { name: Arc::from(name), kind: None, properties: Properties::new(), amount: None };
        Entry::Record(Box::new(Record {
            source: Arc::from("app"),
            sender: Arc::from(""),
            message: Arc::from(format!("{name} {timestamp}")),
            timestamp,
            received_at: Some(self.now),
            who,
            body,
        }))
    }

    fn restart(self) -> Self {
        let Self { site, log, ledger, processor, lead, now } = self;
        processor.die();
        drop((log, ledger));
        let (log, ledger) = site.open();
        let processor = site.load(&log, &ledger);
        Self { site, log, ledger, processor, lead, now }
    }

    /// Eve does four things, one after the other, and is the lead from now on.
    fn eve_is_busy(&mut self, from: Timestamp) {
        self.eve_does_tasks(from, "busy");
    }

    fn eve_does_tasks(&mut self, from: Timestamp, definition: &str) {
        for number in 0..4 {
            let who = Who { user: Some(Arc::from("eve")), ..Who::default() };
            self.does(who, "Task Created", Timestamp(from.0 + number * 1_000_000));
        }
        let leads = self.ledger.briefs().expect("the ledger can be read");
        let eve = leads.iter().find(|lead| lead.subject == "eve" && lead.definition == definition);
        self.lead = eve.expect("she is a lead").id;
    }

    fn state(&self) -> LeadState {
        self.ledger.lead(self.lead).expect("the ledger can be read").expect("it is there").state
    }

    /// What was told of it since it woke.
    fn wakings(&self) -> Vec<Action> {
        let mut actions = self.ledger.actions(&ActionFilter::default(), 100_000).expect("the outbox can be read");
        actions.retain(|action| action.lead == self.lead && action.action.contains("woken"));
        actions
    }
}

#[test]
fn who_was_snoozed_wakes_as_it_was_and_is_told_of_with_its_reasons() {
    let mut scene = Scene::new();
    scene.say(LeadState::Working);
    let until = Timestamp(scene.now.0 + 2 * HOUR);
    scene.say(LeadState::Snoozed { until });
    scene.pass(HOUR);
    assert_eq!(scene.state(), LeadState::Snoozed { until });
    // It wakes also where the processor was started anew meanwhile.
    scene = scene.restart();
    scene.pass(HOUR);
    assert_eq!(scene.state(), LeadState::Working);
    let told = scene.wakings();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].payload.contains("\"lead.woken\"") && !told[0].payload.contains("\"reasons\":[]"), "{told:?}");
    scene.pass(400 * DAY);
    assert_eq!((scene.state(), scene.wakings().len()), (LeadState::Working, 1));
    // Again, and told again.
    let until = Timestamp(scene.now.0 + 1);
    scene.say(LeadState::Snoozed { until });
    scene.pass(HOUR);
    assert_eq!((scene.state(), scene.wakings().len()), (LeadState::Working, 2));
}

#[test]
fn what_somebody_says_is_in_force_at_once() {
    let mut scene = Scene::new();
    scene.say(LeadState::Converted);
    let changes = |scene: &Scene| {
        let history = scene.ledger.history(scene.lead).expect("the ledger can be read");
        history.iter().filter(|change| change.detail.contains("converted")).count()
    };
    assert_eq!(changes(&scene), 1);
    // Now it pays, which was known.
    scene.pays();
    assert_eq!((changes(&scene), scene.state()), (1, LeadState::Converted));
}

/// Also where the server has started anew, and where nothing has happened to the lead since: that it paid is known from its life.
#[test]
fn what_somebody_takes_back_stays_so_until_the_next_conversion() {
    let mut scene = Scene::keen();
    scene.acts("Paid");
    assert_eq!(scene.state(), LeadState::Converted);
    scene.say(LeadState::Working);
    scene.acts("Task Created");
    assert_eq!(scene.state(), LeadState::Working);
    scene = scene.restart();
    scene.acts("Task Created");
    assert_eq!(scene.state(), LeadState::Working, "what was known when it was said is no news");
    scene.acts("Paid");
    assert_eq!(scene.state(), LeadState::Converted, "this is");
    // It pays once more while it is converted, which is no change; then all of it is taken back.
    scene.acts("Paid");
    scene = scene.restart();
    scene.say(LeadState::Accepted);
    scene = scene.restart();
    scene.acts("Task Created");
    assert_eq!(scene.state(), LeadState::Accepted);
    std::fs::remove_dir_all(scene.site.path().join("snapshots")).expect("they can be removed");
    scene = scene.restart();
    scene.acts("Task Created");
    assert_eq!(scene.state(), LeadState::Accepted, "nor to one that reads everyone's life anew");
    scene.acts("Paid");
    assert_eq!(scene.state(), LeadState::Converted);
}

/// Who was said to have converted before it paid, and then not.
#[test]
fn a_conversion_that_came_after_somebody_said_so_is_taken_back_with_it() {
    let mut scene = Scene::keen();
    scene.say(LeadState::Converted);
    scene.acts("Paid");
    scene = scene.restart();
    scene.say(LeadState::New);
    scene.acts("Task Created");
    assert_eq!(scene.state(), LeadState::New);
}

/// However the log is cut into batches.
#[test]
fn what_somebody_says_and_a_conversion_in_one_batch_count_in_their_order() {
    for (pays_first, expected) in [(false, LeadState::Converted), (true, LeadState::Working)] {
        let mut scene = Scene::keen();
        scene.now = Timestamp(scene.now.0 + HOUR);
        let who = Who { user: Some(Arc::from("eve")), ..Who::default() };
        let paid = scene.event(who, "Paid", scene.now);
        let what = LeadAct::State(LeadState::Working);
        let said = Entry::Lead { lead: scene.lead, at: scene.now, by: "ann".to_owned(), what };
        let entries = if pays_first { [paid, said] } else { [said, paid] };
        let entries = entries.map(|entry| entry.encode().expect("it encodes"));
        scene.log.append(entries.to_vec()).expect("it is durable");
        scene.processor.step().expect("it goes on");
        assert_eq!(scene.processor.lag(), 0, "both were taken");
        scene.pass(HOUR);
        assert_eq!(scene.state(), expected, "pays first: {pays_first}");
    }
}

/// A conversion that was kept by an older version of Brix, which did not say when the goal was reached.
#[test]
fn a_conversion_of_old_answers_what_was_before_it() {
    let mut scene = Scene::keen();
    scene.say(LeadState::Converted);
    scene.acts("Paid");
    let tick = Entry::Tick(scene.now).encode().expect("it encodes");
    let offset = scene.log.append(vec![tick]).expect("it is durable").last;
    let change = |by: Option<&str>, state| LeadChange {
        lead: scene.lead,
        at: scene.now,
        by: by.map(str::to_owned),
        what: What::State(state),
    };
    let leads = vec![change(None, LeadState::Converted), change(Some("ann"), LeadState::Working)];
    scene.ledger.commit(&Commit { offset, leads, ..Commit::default() }).expect("it is kept");
    // Nothing knows any more what was answered but the ledger.
    std::fs::remove_dir_all(scene.site.path().join("snapshots")).expect("they can be removed");
    scene = scene.restart();
    assert_eq!(scene.state(), LeadState::Working);
    scene.acts("Task Created");
    assert_eq!(scene.state(), LeadState::Working);
    scene.acts("Paid");
    assert_eq!(scene.state(), LeadState::Converted);
}

/// Whoever wanted to be reminded is, though it is too late.
#[test]
fn who_was_snoozed_beyond_its_end_wakes_as_lapsed_and_that_is_told() {
    let mut scene = Scene::new();
    let from = scene.now;
    scene.pass(HOUR);
    scene.eve_is_busy(from);
    let until = Timestamp(scene.now.0 + 5 * DAY);
    scene.say(LeadState::Snoozed { until });
    scene.pass(4 * DAY);
    assert_eq!((scene.state(), scene.wakings().len()), (LeadState::Snoozed { until }, 0));
    scene.pass(DAY);
    assert_eq!(scene.state(), LeadState::Lapsed);
    let told = scene.wakings();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].payload.contains("\"over\":true") && !told[0].payload.contains("\"reasons\":[]"), "{told:?}");
    // Who has time left is told of as before.
    let mut scene = Scene::new();
    let until = Timestamp(scene.now.0 + HOUR);
    scene.say(LeadState::Snoozed { until });
    scene.pass(HOUR);
    assert!(scene.wakings()[0].payload.contains("\"over\":false"));
}

#[test]
fn late_data_that_gives_more_time_revives_whom_time_ended_and_nobody_else() {
    let mut scene = Scene::new();
    let from = scene.now;
    scene.pass(HOUR);
    scene.eve_is_busy(from);
    assert_eq!(scene.state(), LeadState::New);
    scene.pass(4 * DAY);
    assert_eq!(scene.state(), LeadState::Lapsed);
    // She had gone on meanwhile, which comes to be known late; also to a processor that was started anew.
    scene = scene.restart();
    scene.eve_is_busy(Timestamp(from.0 + 2 * DAY));
    assert_eq!(scene.state(), LeadState::New);
    scene.pass(DAY);
    assert_eq!(scene.state(), LeadState::Lapsed);
    // What somebody has said stays.
    scene.say(LeadState::Lapsed);
    scene.eve_is_busy(Timestamp(from.0 + 4 * DAY));
    assert_eq!(scene.state(), LeadState::Lapsed);
}

/// What was acknowledged before a crash is taken together with the tick of the next start.
#[test]
fn who_was_taken_in_hand_in_time_does_not_lapse_though_it_comes_to_be_known_late() {
    let mut scene = Scene::new();
    let from = scene.now;
    scene.pass(HOUR);
    scene.eve_is_busy(from);
    let accepted = LeadAct::State(LeadState::Accepted);
    let entry = Entry::Lead { lead: scene.lead, at: scene.now, by: "ann".to_owned(), what: accepted };
    scene.now = Timestamp(scene.now.0 + 4 * DAY);
    let entries = [entry, Entry::Tick(scene.now)].map(|entry| entry.encode().expect("it encodes"));
    scene.log.append(entries.to_vec()).expect("it is durable");
    scene.processor.step().expect("it goes on");
    scene.pass(DAY);
    let history = scene.ledger.history(scene.lead).expect("the ledger can be read");
    assert!(!history.iter().any(|change| change.detail.contains("lapsed")), "{history:?}");
    assert_eq!(scene.state(), LeadState::Accepted);
}
