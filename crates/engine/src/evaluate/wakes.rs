//! The instants at which something changes that a subject reads without any event of its own.

use super::leaf::change_times;
use super::scene::{Scene, account};
use crate::program::pass::{ClockRule, Derived, LeafKind, Pass, WindowRule};
use crate::record::SubjectKind;

const NEVER: i64 = i64::MAX;

/// The instants at which something that the subject reads of traits, memberships or earlier passes changes, sorted.
pub(super) fn wakes(scene: &Scene<'_>) -> Vec<i64> {
    let pass = scene.pass;
    let moving = pass.gates.iter().any(|gate| matches!(gate.window, WindowRule::Until(_)));
    let by_trait = pass.clocks.iter().any(|clock| matches!(clock, ClockRule::Trait(_)));
    if pass.wakeful.is_empty() && !moving && !by_trait {
        return Vec::new();
    }
    let books = scene.books;
    let subject = scene.subject;
    let mut times: Vec<i64> = books.trait_times(subject).to_vec();
    let stays = books.stays(subject).iter().flat_map(|stay| [stay.from, stay.until]);
    times.extend(stays);
    let mut accounts: Vec<u32> = books.stays(subject).iter().map(|stay| stay.account).collect();
    if subject.kind == SubjectKind::Account {
        accounts.push(subject.code);
    }
    accounts.sort_unstable();
    accounts.dedup();
    let with_members = subject.kind != SubjectKind::User || reads_members(pass);
    for code in &accounts {
        times.extend(books.trait_times(account(*code)));
        if with_members || uses_ranks(pass) {
            times.extend(books.members(*code).iter().flat_map(|stay| [stay.from, stay.until]));
        }
        if with_members {
            for stay in books.members(*code) {
                times.extend(books.trait_times(stay.member));
            }
        }
    }
    if subject.kind == SubjectKind::Workspace && counts_members(pass) {
        times.extend((0..scene.rows.len()).map(|place| scene.household.times[scene.rows.row(place)]));
        for member in scene.members_at(i64::MAX) {
            times.extend(books.trait_times(member));
        }
    }
    said_times(scene, &accounts, &mut times);
    for path in pass.trait_refs() {
        if path.derived.is_some() {
            let members = accounts.iter().filter(|_| with_members).flat_map(|code| books.members(*code));
            let members = members.map(|stay| stay.member);
            let subjects = accounts.iter().map(|code| account(*code)).chain([subject]).chain(members);
            for other in subjects {
                times.extend(change_times(scene, path, other));
            }
        }
    }
    times.retain(|time| *time != i64::MIN && *time != NEVER);
    times.sort_unstable();
    times.dedup();
    times
}

/// The instants at which what earlier passes said of the subject, its accounts and their members changes.
fn said_times(scene: &Scene<'_>, accounts: &[u32], times: &mut Vec<i64>) {
    let books = scene.books;
    let subject = scene.subject;
    for rule in &scene.pass.goals {
        if let Some(output) = rule.of_account {
            for code in accounts {
                times.extend(books.conversions(output, *code).iter().map(|time| time.saturating_add(1)));
            }
        }
    }
    let mut inside = |output: usize, code: u32| {
        if let Some(intervals) = books.intervals.get(output).and_then(|map| map.get(&code)) {
            times.extend(intervals.iter().flat_map(|(from, until)| [*from, *until]));
        }
    };
    for leaf in &scene.pass.leaves {
        match &leaf.kind {
            LeafKind::Meets { unit, .. } => inside(*unit, subject.code),
            LeafKind::OfAccount { unit } => accounts.iter().for_each(|code| inside(*unit, *code)),
            LeafKind::MembersMeeting { unit, .. } if subject.kind == SubjectKind::Workspace => {
                scene.members_at(i64::MAX).iter().for_each(|member| inside(*unit, member.code));
            }
            LeafKind::MembersMeeting { unit, .. } => {
                for code in accounts {
                    for stay in books.members(*code) {
                        if stay.member.kind == SubjectKind::User {
                            inside(*unit, stay.member.code);
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whether a leaf looks at the members at an instant.
fn counts_members(pass: &Pass) -> bool {
    pass.leaves.iter().any(|leaf| matches!(leaf.kind, LeafKind::MembersMeeting { .. })) || reads_members(pass)
}

fn reads_members(pass: &Pass) -> bool {
    use crate::definition::TraitOwner::{AnyMember, FirstMember};
    pass.trait_refs().any(|path| matches!(path.owner, FirstMember | AnyMember))
}

fn uses_ranks(pass: &Pass) -> bool {
    pass.trait_refs().any(|path| matches!(path.derived, Some(Derived::Members | Derived::Rank)))
}
