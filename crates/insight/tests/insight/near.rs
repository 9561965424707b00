//! Who is one step away: exactly those whom one more event makes qualify. And what is missing is what is missing: with it they qualify.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests stand outside test functions")]

use std::sync::Arc;

use engine::assemble::EventNames;
use engine::definition::Definition;
use engine::evaluate::Evaluator;
use engine::household::Directory as _;
use engine::language;
use engine::live::{Frame, LiveHousehold};
use engine::program::{Binding, Program};
use engine::record::{Body, Properties, Record, Who};
use engine::time::{DAY, HOUR};
use engine::workspace::Workspace;
use engine::{Span, Timestamp};
use insight::near::{Near, Terms};
use proptest::prelude::*;

const EVENTS: [&str; 4] = ["Project Created", "Member Invited", "Report Shared", "File Uploaded"];
const ZERO: Timestamp = Timestamp(1_740_000_000_000_000);

fn event(name: &str, at: i64, number: usize) -> Record {
    Record {
        source: Arc::from("app"),
        sender: Arc::from(""),
        message: Arc::from(format!("m{number}")),
        timestamp: Timestamp(ZERO.0 + at),
        received_at: None,
        who: Who { user: Some(Arc::from("ada")), ..Who::default() },
        body: Body::Event { name: Arc::from(name), kind: None, properties: Properties::new(), amount: None },
    }
}

/// A definition with what a life is looked at with.
struct Bench {
    workspace: Workspace,
    definition: Definition,
    program: Program,
    names: EventNames,
    binding: Binding,
}

impl Bench {
    fn of(text: &str) -> Self {
        let workspace = Workspace::default();
        let definition =
            language::parse(text, &workspace).unwrap_or_else(|faults| panic!("{text}\n{faults:?}")).definition;
        let program = Program::compile(std::slice::from_ref(&definition), &workspace).unwrap();
        let mut names = EventNames::default();
        let all: Vec<Record> = EVENTS.iter().chain(&["Signed Up"]).map(|name| event(name, 0, 0)).collect();
        names.take(&all, &workspace);
        let binding = program.bind(names.list());
        Self { workspace, definition, program, names, binding }
    }

    fn frame(&self) -> Frame<'_> {
        Frame { workspace: &self.workspace, needs: self.program.needs(), names: &self.names }
    }

    fn has_met(&self, records: &[Record], now: Timestamp) -> bool {
        let whole = LiveHousehold::replayed(records, &self.frame());
        let mut has_met = false;
        Evaluator::new(&self.program, &self.binding, now)
            .household(&whole.view(), &mut |outcome| has_met |= outcome.met_at.is_some());
        has_met
    }

    fn near(&self, records: &[Record], now: Timestamp) -> Option<Near> {
        let whole = LiveHousehold::replayed(records, &self.frame());
        let mut near = None;
        Evaluator::new(&self.program, &self.binding, now).progress(&whole.view(), &mut |progress| {
            let id = whole.directory.id(progress.outcome.subject).to_owned();
            near = Near::of(&id, &self.definition, &progress, now, &self.workspace.zone);
        });
        near
    }

    /// The same of a state whose first part is folded for good.
    fn near_by_state(&self, records: &[Record], frontier: Timestamp, now: Timestamp) -> Option<Near> {
        let mut live = LiveHousehold::of(records, &self.frame());
        let mut evaluator = Evaluator::new(&self.program, &self.binding, frontier);
        assert!(live.advance(&mut evaluator));
        let live = LiveHousehold::decode(&live.encode(&self.program).unwrap(), &self.program).unwrap();
        evaluator.set_horizon(now);
        let mut near = None;
        live.progress(&mut evaluator, &mut |progress| {
            let id = live.id(progress.outcome.subject).to_owned();
            near = Near::of(&id, &self.definition, &progress, now, &self.workspace.zone);
        })
        .unwrap();
        near
    }
}

fn criteria() -> impl Strategy<Value = String> {
    let period = prop_oneof![
        3 => Just(""), 2 => Just(", last: 3d"), 2 => Just(", within: 5d"), 1 => Just(", ever: true")
    ];
    let one = (1_u32..4, period);
    let several = proptest::collection::vec(one, 2..=4);
    let how = prop_oneof![Just("all"), Just("any"), Just("at_least")];
    (several, how).prop_map(|(several, how)| {
        let list = several
            .iter()
            .zip(EVENTS)
            .map(|((count, period), name)| format!("    - {{ event: {name}, count: \">= {count}\"{period} }}\n"));
        let list: String = list.collect();
        match how {
            "at_least" => format!("when:\n  at_least: 2\n  of:\n{list}"),
            how => format!("when:\n  {how}:\n{list}"),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn one_step_away_are_those_whom_one_more_event_makes_qualify(
        criteria in criteria(),
        life in proptest::collection::vec((0_usize..4, 0_i64..16 * 24), 0..9),
        // The very end of the window is an instant of its own: events of it count over `ever` only.
        now in prop_oneof![9 => 0_i64..18 * 24, 1 => Just(14 * 24)],
        folded in 0_i64..18 * 24,
    ) {
        let text = format!("id: near\nname: Near\nsubject: user\nclock: {{ event: Signed Up }}\nwindow: 14d\n{criteria}");
        let bench = Bench::of(&text);
        let now = Timestamp(ZERO.0 + now * HOUR);
        let mut records = vec![event("Signed Up", 0, 0)];
        let happened = life.iter().enumerate().map(|(number, (name, hour))| event(EVENTS[*name], hour * HOUR, number + 1));
        records.extend(happened.filter(|record| record.timestamp <= now));
        let near = bench.near(&records, now);
        let more = |names: &[(&str, u64)]| {
            let mut all = records.clone();
            for (name, count) in names {
                for _ in 0..*count {
                    all.push(event(name, now.0 - ZERO.0, 100 + all.len()));
                }
            }
            bench.has_met(&all, now)
        };
        let by_one_event = !bench.has_met(&records, now) && EVENTS.iter().any(|name| more(&[(name, 1)]));
        prop_assert_eq!(near.as_ref().and_then(|near| near.way.steps) == Some(1), by_one_event, "{}{:?}", text, near);
        if let Some(near) = &near {
            let missing: Option<Vec<_>> = near.way.missing.iter().map(|gap| {
                let name = EVENTS.into_iter().find(|name| gap.words.starts_with(name))?;
                Some((name, gap.steps?))
            }).collect();
            prop_assert!(more(&missing.expect("counts are told in steps")), "{text}{near:?}");
            let criteria = near.way.met + u32::try_from(near.way.missing.len()).unwrap();
            prop_assert_eq!(criteria, near.way.of);
        }
        // A state that is partly folded says the same, save for events that it no longer tells apart.
        let frontier = Timestamp(ZERO.0 + folded * HOUR).min(now);
        let by_state = bench.near_by_state(&records, frontier, now);
        prop_assert_eq!(near.as_ref().map(|near| &near.way), by_state.as_ref().map(|near| &near.way));
        if let (Some(near), Some(by_state)) = (&near, &by_state) {
            prop_assert!(by_state.last_at == near.last_at || (by_state.is_open && by_state.last_at.is_none()));
        }
    }
}

const DEFINITION: &str = "
id: builder
name: Builder
subject: user
clock: { event: Signed Up }
window: 14d
when:
  all:
    - { event: Project Created, count: \">= 3\" }
    - { event: Member Invited, days: \">= 4\" }
";

#[test]
fn what_is_missing_is_told_in_words() {
    let bench = Bench::of(DEFINITION);
    let mut records = vec![event("Signed Up", 0, 0)];
    records.extend((1..=3).map(|number| event("Project Created", HOUR, number)));
    records.extend((0..3).map(|day| event("Member Invited", day * DAY, 10 + day as usize)));
    let now = Timestamp(ZERO.0 + 4 * DAY);
    let near = bench.near(&records, now).unwrap();
    assert_eq!(
        near.way.missing[0].words,
        "Member Invited on at least 4 days: 3 so far; needs 1 more day by 2025-03-05 21:20"
    );
    assert_eq!((near.way.met, near.way.of, near.share, near.way.steps), (1, 2, 0.875, Some(1)));
    assert_eq!(near.last_at.map(|at| at.0), Some(Timestamp(ZERO.0 + 2 * DAY)));
    assert!(near.is_near(&Terms::default()));
    // Nothing more is possible behind the window's end.
    assert_eq!(bench.near(&records, Timestamp(ZERO.0 + 14 * DAY)), None);
}

#[test]
fn at_the_very_end_of_the_window_events_count_over_ever_only() {
    let text = DEFINITION.replace(">= 3\"", ">= 3\", ever: true");
    let bench = Bench::of(&text);
    let mut records = vec![event("Signed Up", 0, 0)];
    records.extend((1..=2).map(|number| event("Project Created", HOUR, number)));
    let near = |days: i64, at: i64| {
        let mut records = records.clone();
        records.extend((0..days).map(|day| event("Member Invited", day * DAY, 10 + day as usize)));
        bench.near(&records, Timestamp(ZERO.0 + at)).map(|near| near.way.steps)
    };
    assert_eq!(near(4, 14 * DAY), Some(Some(1)), "the third project may still come");
    assert_eq!(near(3, 14 * DAY), None, "a fourth day counts no more");
    assert_eq!(near(3, 14 * DAY - HOUR), Some(Some(2)));
    assert_eq!(near(4, 14 * DAY + HOUR), None);
}

#[test]
fn near_is_one_criterion_or_a_few_percent_away_and_stalled_is_silent() {
    let bench = Bench::of(&DEFINITION.replace(">= 3", ">= 10").replace(">= 4", ">= 5"));
    let life = |projects: usize, days: i64| {
        let mut records = vec![event("Signed Up", 0, 0)];
        records.extend((1..=projects).map(|number| event("Project Created", HOUR, number)));
        records.extend((0..days).map(|day| event("Member Invited", day * HOUR * 24, 100 + day as usize)));
        records
    };
    let at = |days: i64| Timestamp(ZERO.0 + days * DAY);
    let is_near = |projects, days, within| {
        let terms = Terms { within, ..Terms::default() };
        bench.near(&life(projects, days), at(6)).is_some_and(|near| near.is_near(&terms))
    };
    assert!(is_near(8, 4, 0.2), "both are within a fifth");
    assert!(!is_near(7, 4, 0.2) && is_near(7, 4, 0.3), "seven of ten are not");
    assert!(is_near(0, 5, 0.0), "one criterion is missing and the other one holds");
    assert!(!is_near(0, 0, 0.9), "nothing is begun");
    let stalled = |projects, days, now, silent| {
        let terms = Terms { silent: Span::days(silent), ..Terms::default() };
        bench.near(&life(projects, days), at(now)).is_some_and(|near| near.has_stalled(&terms, at(now)))
    };
    assert!(stalled(5, 3, 9, 7), "the last one was exactly seven days ago");
    assert!(!stalled(5, 3, 8, 7), "not yet");
    assert!(!stalled(4, 2, 9, 7), "not half of the way");
    assert!(!stalled(5, 3, 14, 7), "it can no longer come");
}
