//! Definitions that are applied while everything goes on.

use super::*;

/// The texts of definitions that ship.
fn activation(edition: u64, definitions: &[Definition]) -> Vec<u8> {
    let shipped = language::templates();
    let text = |definition: &Definition| {
        let found = shipped.iter().find(|template| template.id == &*definition.id).expect("it ships");
        ActiveText { id: definition.id.to_string(), revision: 1, version: String::new(), text: found.text.to_owned() }
    };
    let definitions = definitions.iter().map(text).collect();
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
