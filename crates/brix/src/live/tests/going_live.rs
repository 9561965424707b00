//! Definitions that are applied while everything goes on.

use super::*;
use crate::live::plan::{Fate, Planned, plan};
use crate::live::{Ground, Progress};

/// The text of a definition that ships.
fn shipped(id: &str) -> String {
    let found = language::templates().iter().find(|template| template.id == id).expect("it ships");
    found.text.to_owned()
}

/// Definitions that ship are applied.
fn activation(edition: u64, definitions: &[Definition]) -> Vec<u8> {
    activation_of(edition, definitions.iter().map(|definition| shipped(&definition.id)).collect())
}

/// Texts are applied.
fn activation_of(edition: u64, texts: Vec<String>) -> Vec<u8> {
    let active = |text| ActiveText { id: String::new(), revision: 1, version: String::new(), text };
    let definitions = texts.into_iter().map(active).collect();
    let activation = Activation { edition, at: clock(), by: "ann".to_owned(), definitions };
    Entry::Activation(Box::new(activation)).encode().expect("it encodes")
}

fn catch_up(processor: &mut Processor) {
    while processor.lag() > 0 {
        processor.step().expect("it goes on");
    }
}

fn until_in_force(processor: &mut Processor, status: &Status, edition: u64) {
    while status.edition.load(Ordering::Relaxed) < edition {
        assert_eq!(status.complaint(), None);
        processor.step().expect("it goes on");
    }
    assert_eq!(status.activating(), None);
}

/// Applied at a random moment, with records coming in meanwhile, compactions and restarts, also in the middle of it.
#[test]
fn applied_definitions_give_the_leads_of_a_fresh_start() {
    let mut middles = 0;
    for seed in 20..26 {
        let mut dice = Dice(seed);
        let mut site = Site::new(if seed % 2 == 0 { 900 } else { u64::MAX });
        let all = definitions(&site.workspace);
        // One stays, one goes, the others come.
        site.definitions = all[..2].to_vec();
        let records = history(seed, 80);
        let latest = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
        CLOCK.fetch_max(latest.0, Ordering::Relaxed);
        let (before, after) = records.split_at(dice.below(records.len()));
        live(&site, before, &mut dice);
        let (log, ledger) = site.open();
        let mut processor = site.load(&log, &ledger);
        let applied = all[1..].to_vec();
        site.applied = Some((log.end(), std::mem::replace(&mut site.definitions, applied)));
        log.append(vec![activation(1, &site.definitions)]).expect("it is durable");
        for _ in 0..dice.below(6) {
            processor.step().expect("it goes on");
        }
        if dice.chance(50) {
            processor.die();
            middles += 1;
        } else {
            processor.finish().expect("it ends well");
            drop(processor);
        }
        drop((log, ledger));
        live(&site, after, &mut dice);
        let (log, ledger) = site.open();
        let status = Arc::new(Status::default());
        let mut processor = site.load_with(&log, &ledger, Arc::clone(&status));
        catch_up(&mut processor);
        until_in_force(&mut processor, &status, 1);
        processor.finish().expect("it ends well");
        let expected = replayed(&records, &site.definitions, &site.workspace, clock());
        // What is retired stays as it was.
        let retired = &*all[0].id;
        let found: BTreeSet<Fact> = kept(&ledger).into_iter().filter(|fact| fact.0 != retired).collect();
        assert!(expected.len() > 10, "only {} leads: too little happens", expected.len());
        assert_eq!(expected.difference(&found).next(), None, "seed {seed}: missing");
        assert_eq!(found.difference(&expected).next(), None, "seed {seed}: surplus");
    }
    assert!(middles > 0, "no restart was in the middle");
}

/// What was before is recorded and not told; what comes after is told.
#[test]
fn applied_definitions_tell_only_of_what_comes_after() {
    let mut site = Site::new(1_500);
    let all = std::mem::take(&mut site.definitions);
    site.definitions = all[1..2].to_vec();
    let records = history(31, 100);
    let latest = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
    CLOCK.fetch_max(latest.0, Ordering::Relaxed);
    let (before, after) = records.split_at(records.len() * 2 / 3);
    live(&site, before, &mut Dice(31));
    let (log, ledger) = site.open();
    let status = Arc::new(Status::default());
    let mut processor = site.load_with(&log, &ledger, Arc::clone(&status));
    catch_up(&mut processor);
    let actions = || ledger.actions(&ActionFilter::default(), 100_000).expect("the outbox can be read");
    let (told, known) = (actions().len(), kept(&ledger).len());
    log.append(vec![activation(1, &all)]).expect("it is durable");
    until_in_force(&mut processor, &status, 1);
    let found = kept(&ledger).len();
    assert!(found > known + 10, "{known} leads became {found}");
    assert_eq!(actions().len(), told, "nobody was told of history");
    for brief in ledger.briefs().expect("the ledger can be read") {
        let evidence = ledger.evidence(brief.id).expect("the ledger can be read").expect("there is evidence");
        assert!(evidence.contains("\"reasons\":[\""), "lead {} has no reason: {evidence}", brief.id);
        let lead = ledger.lead(brief.id).expect("the ledger can be read").expect("it is there");
        let version = Rules::new(&all, site.workspace.clone()).expect("they compile");
        let place = version.place(&lead.definition).expect("it is one of them");
        assert_eq!(lead.facts.version, version.version(place), "the version that made it");
    }
    append(&log, after);
    catch_up(&mut processor);
    processor.finish().expect("it ends well");
    let of_new = |lead: u64| ledger.lead(lead).expect("the ledger can be read").expect("it is there").definition;
    let told_of_new = actions().iter().filter(|action| of_new(action.lead) != *all[1].id).count();
    assert!(told_of_new > 3, "only {told_of_new} were told after it");
    let expected = replayed(&records, &all, &site.workspace, clock());
    assert_eq!(kept(&ledger), expected);
}

/// Records come until the definitions are in force, some being kept for later: the second town has them all, and the first one tells
/// of its own.
#[test]
fn records_that_come_meanwhile_count() {
    let mut site = Site::new(1_500);
    let all = std::mem::take(&mut site.definitions);
    site.definitions = all[1..2].to_vec();
    let records = history(37, 250);
    let latest = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
    CLOCK.fetch_max(latest.0, Ordering::Relaxed);
    let (before, mut after) = records.split_at(records.len() / 3);
    live(&site, before, &mut Dice(37));
    let (log, ledger) = site.open();
    let status = Arc::new(Status::default());
    let mut processor = site.load_with(&log, &ledger, Arc::clone(&status));
    log.append(vec![activation(1, &all)]).expect("it is durable");
    let mut meanwhile = 0;
    while status.edition.load(Ordering::Relaxed) < 1 {
        let (now, later) = after.split_at(after.len().saturating_sub(1_000).min(300));
        (after, meanwhile) = (later, meanwhile + now.len());
        append(&log, now);
        processor.step().expect("it goes on");
    }
    assert!(meanwhile > 30 && !after.is_empty(), "{meanwhile} came meanwhile, {} after it", after.len());
    let expected = replayed(&records[..records.len() - after.len()], &all, &site.workspace, clock());
    catch_up(&mut processor);
    assert_eq!(kept(&ledger), expected);
    append(&log, after);
    catch_up(&mut processor);
    processor.finish().expect("it ends well");
    assert_eq!(kept(&ledger), replayed(&records, &all, &site.workspace, clock()));
    // Of the definition that stays, everybody was told, whenever they came.
    let actions = ledger.actions(&ActionFilter::default(), 100_000).expect("the outbox can be read");
    let told: BTreeSet<u64> = actions.iter().map(|action| action.lead).collect();
    let stays = &*all[1].id;
    for brief in ledger.briefs().expect("the ledger can be read") {
        if brief.definition == stays && brief.entry == 1 && !brief.is_retracted {
            assert!(told.contains(&brief.id), "nobody was told of {brief:?}");
        }
    }
}

/// The last decision counts, also where an earlier one is still being made ready or comes later in the log.
#[test]
fn what_was_overtaken_does_not_come_into_force() {
    let mut site = Site::new(u64::MAX);
    let all = std::mem::take(&mut site.definitions);
    let records = history(33, 40);
    let latest = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
    CLOCK.fetch_max(latest.0, Ordering::Relaxed);
    live(&site, &records, &mut Dice(33));
    let (log, ledger) = site.open();
    let status = Arc::new(Status::default());
    let mut processor = site.load_with(&log, &ledger, Arc::clone(&status));
    for (edition, definitions) in [(1, &all[..1]), (3, &all[1..3]), (2, &all[3..])] {
        log.append(vec![activation(edition, definitions)]).expect("it is durable");
        processor.step().expect("it goes on");
    }
    until_in_force(&mut processor, &status, 3);
    log.append(vec![activation(3, &all)]).expect("it is durable");
    catch_up(&mut processor);
    processor.finish().expect("it ends well");
    assert_eq!(kept(&ledger), replayed(&records, &all[1..3], &site.workspace, clock()));
}

/// Leads of a definition with what is told of them.
fn told(ledger: &SqliteLedger, definition: &str) -> BTreeMap<u64, Brief> {
    let briefs = ledger.briefs().expect("the ledger can be read").into_iter();
    briefs
        .filter(|brief| brief.definition == definition && !brief.is_retracted)
        .map(|brief| (brief.id, brief))
        .collect()
}

/// What a plan says is what the apply does, kind by kind.
#[test]
fn what_is_planned_is_what_comes() {
    let mut site = Site::new(1_200);
    let shipped = ["project-management", "minimum-viable", "stalled-trial"].map(shipped);
    let parsed = |texts: &[String], workspace: &Workspace| -> Vec<Definition> {
        texts.iter().map(|text| language::parse(text, workspace).expect("it is sound").definition).collect()
    };
    site.definitions = parsed(&shipped, &site.workspace);
    let records = history(41, 150);
    let latest = records.iter().filter_map(|record| record.received_at).max().expect("there are records");
    CLOCK.fetch_max(latest.0, Ordering::Relaxed);
    live(&site, &records, &mut Dice(41));
    let (log, ledger) = site.open();
    let status = Arc::new(Status::default());
    let mut processor = site.load_with(&log, &ledger, Arc::clone(&status));
    catch_up(&mut processor);
    let with = |from: &str, to: &str| {
        assert!(shipped[0].contains(from), "{from}");
        shipped[0].replace(from, to)
    };
    let days = r#"{ event: Logged In, days: ">= 5" }"#;
    let versions = [
        with("bands: { high: 70, medium: 40 }", "bands: { high: 55, medium: 30 }"),
        with(days, r#"{ event: Logged In, days: ">= 4" }"#),
        with(days, r#"{ event: Logged In, days: ">= 7" }"#),
        with("times: 120", "times: 90"),
    ];
    let mut texts = vec![shipped[0].clone(), shipped[1].clone(), shipped[2].clone()];
    let mut kinds = [0; 5];
    for (edition, version) in (1..).zip(versions) {
        let before = Rules::new(&parsed(&texts, &site.workspace), site.workspace.clone()).expect("they compile");
        texts = vec![version, shipped[1].clone()];
        let after = Rules::new(&parsed(&texts, &site.workspace), site.workspace.clone()).expect("they compile");
        let ground = Ground {
            lake: site.path().join("lake"),
            log: log.clone(),
            ledger: ledger.clone(),
            gate: Arc::clone(&site.gate),
            status: Arc::clone(&status),
            erasing: Arc::default(),
        };
        let progress = Progress::default();
        // As in a server the processor goes on meanwhile: it sees a compaction through that the plan waits for.
        let plan = std::thread::scope(|scope| {
            let plan = scope.spawn(|| plan(&ground, edition - 1, &before, after, &progress));
            while !plan.is_finished() {
                processor.step().expect("it goes on");
            }
            plan.join().expect("it does not panic").expect("it is made").expect("so")
        });
        let (done, total) = progress.figures();
        assert!(done > total / 2 && done <= total && total > 1_200, "{done} of {total}");
        let [viable, planned, rest @ ..] = &plan.definitions[..] else { panic!("{plan:?}") };
        assert_eq!(
            (&*viable.id, viable.fate, &*planned.id, planned.fate),
            ("minimum-viable", Fate::Unchanged, "project-management", Fate::Changed)
        );
        assert_eq!(rest.iter().map(|one| one.fate).collect::<Vec<_>>(), vec![Fate::Retired; rest.len()]);
        let was = told(&ledger, "project-management");
        log.append(vec![activation_of(edition, texts.clone())]).expect("it is durable");
        until_in_force(&mut processor, &status, edition);
        let is = told(&ledger, "project-management");
        let both = || is.iter().filter_map(|(lead, brief)| was.get(lead).map(|before| (before, brief)));
        let instant = both().filter(|(before, after)| before.qualified_at != after.qualified_at).count();
        let same = || both().filter(|(before, after)| before.qualified_at == after.qualified_at);
        let band = same().filter(|(before, after)| before.band != after.band).count();
        let other = same().filter(|(before, after)| before.band == after.band && before != after).count();
        let found = [is.len() - both().count(), was.len() - both().count(), instant, band, other];
        let Planned { appear, leave, instant, band, other, .. } = planned;
        let counts = [appear, leave, instant, band, other].map(|named| named.count as usize);
        assert_eq!(counts, found, "edition {edition}");
        assert_eq!((planned.leads_before, planned.leads), (was.len() as u64, is.len() as u64));
        assert!(planned.a_week <= planned.leads as f64);
        kinds.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    assert!(kinds.iter().all(|sum| *sum > 0), "each kind of change is seen: {kinds:?}");
    processor.finish().expect("it ends well");
}
