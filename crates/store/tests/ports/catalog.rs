//! What every catalog promises. A maker takes a folder, which stands for the place where it is kept.

use std::path::Path;

use engine::record::SubjectKind;
use engine::time::Timestamp;
use store::Error;
use store::catalog::access::{ApiKey, Digest, Person, Session};
use store::catalog::audit::{AuditEntry, AuditFilter};
use store::catalog::connections::{Circuit, Destination, Sealed, Source};
use store::catalog::definitions::{Activation, Revision};
use store::catalog::requests::{KeptAnswer, KeptBody, KnownRequest, NewRequest};
use store::catalog::{Catalog, CatalogChange, Suppression};

/// Expands to the tests of one implementation.
macro_rules! catalog_conformance {
    ($make:expr) => {
        crate::suite!(catalog, $make; definitions_have_a_history, a_change_and_its_audit_are_one, keys_end,
            people_are_told_apart, sessions_end, destinations_keep_secret_and_circuit, sources_are_kept,
            suppression_stands, the_audit_is_read_by_pages, the_audit_goes_by_age_only, requests_count_once, secrets_are_not_printed);
    };
}
pub(crate) use catalog_conformance;

const fn at(instant: i64) -> Timestamp {
    Timestamp(instant)
}

pub fn revision(definition: &str, number: u32) -> Revision {
    Revision {
        definition: definition.to_owned(),
        number,
        version: format!("{number:04x}"),
        text: format!("id: {definition}\n# text {number}\n"),
        note: "tried on March".to_owned(),
        by: "ann".to_owned(),
        at: at(i64::from(number)),
    }
}

pub fn activation(definition: &str, revision: Option<u32>, offset: u64) -> Activation {
    Activation { definition: definition.to_owned(), revision, offset, at: at(5) }
}

pub fn key(id: &str, digest: u8) -> ApiKey {
    ApiKey {
        id: id.to_owned(),
        name: "the web shop".to_owned(),
        prefix: "bx_abc".to_owned(),
        digest: Digest([digest; 32]),
        scopes: vec!["ingest".to_owned(), "read".to_owned()],
        source: Some("shop".to_owned()),
        created_at: at(10),
        last_used_at: None,
        revoked_at: None,
        rotated_until: None,
    }
}

pub fn person(id: &str, email: &str) -> Person {
    Person {
        id: id.to_owned(),
        email: email.to_owned(),
        name: "Ann".to_owned(),
        password: Some("$argon2id$secret".to_owned()),
        role: "admin".to_owned(),
        created_at: at(1),
        disabled_at: None,
    }
}

pub fn destination(id: &str) -> Destination {
    Destination {
        id: id.to_owned(),
        name: "Sales".to_owned(),
        kind: "slack".to_owned(),
        settings: "{\"channel\":\"#leads\"}".to_owned(),
        secret: Some(Sealed(vec![1, 2, 3])),
        is_enabled: true,
        circuit: Circuit::default(),
    }
}

pub fn source(name: &str) -> Source {
    Source {
        name: name.to_owned(),
        vendor: "segment".to_owned(),
        is_strict: false,
        settings: "{}".to_owned(),
        secret: None,
        created_at: at(3),
    }
}

pub fn audited(number: i64, target: &str) -> AuditEntry {
    AuditEntry {
        at: at(number),
        who: "ann".to_owned(),
        what: "definition.save".to_owned(),
        target: target.to_owned(),
        detail: format!("{{\"number\":{number}}}"),
    }
}

fn session(digest: u8, person: &str, expires_at: i64) -> Session {
    let person = person.to_owned();
    Session {
        digest: Digest([digest; 32]),
        person,
        csrf: "c".to_owned(),
        created_at: at(1),
        expires_at: at(expires_at),
    }
}

fn change(catalog: &impl Catalog, change: CatalogChange) -> Result<(), Error> {
    catalog.change(&[change], &[])
}

pub fn definitions_have_a_history<C: Catalog>(make: impl Fn(&Path) -> C) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = make(folder.path());
    let save = |number| change(&catalog, CatalogChange::SaveRevision(revision("trial", number)));
    let activate = |revision, offset| change(&catalog, CatalogChange::Activate(activation("trial", revision, offset)));
    assert!(matches!(activate(None, 1), Err(Error::Missing { .. })));
    save(1).unwrap();
    save(2).unwrap();
    for taken in [1, 2, 4, 0] {
        assert!(matches!(save(taken), Err(Error::Taken { .. })), "{taken}: somebody was faster, or a gap");
    }
    assert_eq!(catalog.definitions().unwrap()[0].activation, None);
    activate(Some(1), 10).unwrap();
    activate(Some(2), 20).unwrap();
    assert!(matches!(activate(Some(3), 30), Err(Error::Missing { .. })));
    save(3).unwrap();
    change(&catalog, CatalogChange::SaveRevision(revision("another", 1))).unwrap();
    let states = catalog.definitions().unwrap();
    assert_eq!(
        states.iter().map(|state| &state.latest).collect::<Vec<_>>(),
        [&revision("another", 1), &revision("trial", 3)]
    );
    assert_eq!(states[1].activation, Some(activation("trial", Some(2), 20)));
    activate(None, 40).unwrap();
    drop(catalog);
    let catalog = make(folder.path());
    assert_eq!(catalog.definitions().unwrap()[1].activation, Some(activation("trial", None, 40)));
    assert_eq!(catalog.revisions("trial").unwrap(), [3, 2, 1].map(|number| revision("trial", number)));
    let expected =
        [(Some(1), 10), (Some(2), 20), (None, 40)].map(|(number, offset)| activation("trial", number, offset));
    assert_eq!(catalog.activations().unwrap(), expected);
}

pub fn a_change_and_its_audit_are_one<C: Catalog>(make: impl Fn(&Path) -> C) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = make(folder.path());
    let changes = [CatalogChange::PutSource(source("shop")), CatalogChange::RemoveSource { name: "gone".to_owned() }];
    assert!(matches!(catalog.change(&changes, &[audited(1, "shop")]), Err(Error::Missing { .. })));
    assert!(catalog.sources().unwrap().is_empty() && catalog.audit(&AuditFilter::default(), 9).unwrap().is_empty());
    catalog.change(&changes[..1], &[audited(1, "shop")]).unwrap();
    assert_eq!((catalog.sources().unwrap().len(), catalog.audit(&AuditFilter::default(), 9).unwrap().len()), (1, 1));
}

pub fn keys_end<C: Catalog>(make: impl Fn(&Path) -> C) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = make(folder.path());
    catalog.change(&[CatalogChange::AddKey(key("k1", 1)), CatalogChange::AddKey(key("k2", 2))], &[]).unwrap();
    for taken in [key("k1", 3), key("k3", 1)] {
        assert!(matches!(change(&catalog, CatalogChange::AddKey(taken)), Err(Error::Taken { .. })));
    }
    let found = |digest| catalog.key(&Digest([digest; 32])).unwrap();
    assert_eq!((found(1), found(9)), (Some(key("k1", 1)), None));
    let used = [("k1", 30), ("k1", 20), ("gone", 5)].map(|(id, instant)| (id.to_owned(), at(instant)));
    catalog.used_keys(&used).unwrap();
    change(&catalog, CatalogChange::RotateKey { id: "k1".to_owned(), until: at(100) }).unwrap();
    change(&catalog, CatalogChange::RevokeKey { id: "k2".to_owned(), at: at(50) }).unwrap();
    change(&catalog, CatalogChange::RevokeKey { id: "k2".to_owned(), at: at(70) }).unwrap();
    assert!(matches!(
        change(&catalog, CatalogChange::RevokeKey { id: "k9".to_owned(), at: at(70) }),
        Err(Error::Missing { .. })
    ));
    let keys = catalog.keys().unwrap();
    assert_eq!(
        (keys[0].last_used_at, keys[0].rotated_until, keys[1].revoked_at),
        (Some(at(30)), Some(at(100)), Some(at(50)))
    );
    assert_eq!([99, 100].map(|instant| keys[0].is_valid(at(instant))), [true, false]);
    assert_eq!([49, 50].map(|instant| keys[1].is_valid(at(instant))), [true, false]);
}

pub fn people_are_told_apart<C: Catalog>(make: impl Fn(&Path) -> C) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = make(folder.path());
    change(&catalog, CatalogChange::AddPerson(person("p2", "bob@example.com"))).unwrap();
    change(&catalog, CatalogChange::AddPerson(person("p1", "Ann@example.com"))).unwrap();
    for taken in [person("p3", "ann@EXAMPLE.com"), person("p1", "new@example.com")] {
        assert!(matches!(change(&catalog, CatalogChange::AddPerson(taken)), Err(Error::Taken { .. })));
    }
    assert_eq!(catalog.people().unwrap(), [person("p1", "Ann@example.com"), person("p2", "bob@example.com")]);
    let (id, hash, role) = ("p1".to_owned(), "$new".to_owned(), "viewer".to_owned());
    change(&catalog, CatalogChange::SetPassword { person: id.clone(), hash }).unwrap();
    change(&catalog, CatalogChange::SetRole { person: id, role }).unwrap();
    let ann = catalog.person_by_email("ann@example.COM").unwrap().unwrap();
    assert_eq!((ann.password.as_deref(), ann.role.as_str()), (Some("$new"), "viewer"));
    assert_eq!(catalog.person_by_email("eve@example.com").unwrap(), None);
    let missing = CatalogChange::SetRole { person: "p9".to_owned(), role: "admin".to_owned() };
    assert!(matches!(change(&catalog, missing), Err(Error::Missing { .. })));
}

pub fn sessions_end<C: Catalog>(make: impl Fn(&Path) -> C) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = make(folder.path());
    change(&catalog, CatalogChange::AddPerson(person("p1", "ann@example.com"))).unwrap();
    let is_there = |digest: u8, now| catalog.session(&Digest([digest; 32]), at(now)).unwrap().is_some();
    for digest in 1..=4 {
        catalog.begin_session(&session(digest, "p1", 100)).unwrap();
    }
    let found = catalog.session(&Digest([1; 32]), at(99)).unwrap();
    assert_eq!(found, Some((session(1, "p1", 100), person("p1", "ann@example.com"))));
    assert!(!is_there(1, 100) && !is_there(9, 0));
    catalog.extend_session(&Digest([1; 32]), at(200)).unwrap();
    catalog.end_session(&Digest([2; 32])).unwrap();
    assert!(is_there(1, 199) && !is_there(2, 0) && is_there(3, 0));
    assert_eq!(catalog.sweep_sessions(at(100)).unwrap(), 2);
    for what in [
        CatalogChange::SetPassword { person: "p1".to_owned(), hash: "$".to_owned() },
        CatalogChange::SetDisabled { person: "p1".to_owned(), at: Some(at(5)) },
    ] {
        change(&catalog, what).unwrap();
        assert!(!is_there(1, 0), "all of the person's sessions end");
        catalog.begin_session(&session(1, "p1", 100)).unwrap();
    }
    assert!(!is_there(1, 0), "nor does one begin");
    change(&catalog, CatalogChange::SetDisabled { person: "p1".to_owned(), at: None }).unwrap();
    catalog.begin_session(&session(1, "p1", 100)).unwrap();
    assert!(is_there(1, 0));
}

pub fn destinations_keep_secret_and_circuit<C: Catalog>(make: impl Fn(&Path) -> C) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = make(folder.path());
    let put = |destination: Destination| change(&catalog, CatalogChange::PutDestination(destination)).unwrap();
    put(destination("sales"));
    put(destination("crm"));
    let circuit = Circuit { failures: 5, open_until: Some(at(50)), last_error: Some("timeout".to_owned()) };
    catalog.set_circuit("sales", &circuit).unwrap();
    assert!(matches!(catalog.set_circuit("gone", &circuit), Err(Error::Missing { .. })));
    put(Destination { secret: None, is_enabled: false, name: "Sales team".to_owned(), ..destination("sales") });
    let expected = Destination { circuit, is_enabled: false, name: "Sales team".to_owned(), ..destination("sales") };
    assert_eq!(catalog.destinations().unwrap(), [destination("crm"), expected]);
    change(&catalog, CatalogChange::RemoveDestination { id: "sales".to_owned() }).unwrap();
    assert_eq!(catalog.destinations().unwrap(), [destination("crm")]);
}

pub fn sources_are_kept<C: Catalog>(make: impl Fn(&Path) -> C) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = make(folder.path());
    let put = |source| change(&catalog, CatalogChange::PutSource(source)).unwrap();
    put(Source { secret: Some(Sealed(vec![7])), ..source("stripe") });
    put(Source { is_strict: true, created_at: at(99), ..source("stripe") });
    let expected = Source { is_strict: true, secret: Some(Sealed(vec![7])), ..source("stripe") };
    assert_eq!(catalog.sources().unwrap(), [expected], "made when it was first made, with the secret it had");
}

pub fn suppression_stands<C: Catalog>(make: impl Fn(&Path) -> C) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = make(folder.path());
    let suppression = |instant| Suppression {
        kind: SubjectKind::User,
        subject: "u1".to_owned(),
        at: at(instant),
        reason: "asked to be erased".to_owned(),
    };
    change(&catalog, CatalogChange::Suppress(suppression(1))).unwrap();
    change(&catalog, CatalogChange::Suppress(suppression(2))).unwrap();
    assert_eq!(catalog.suppressions().unwrap(), [suppression(1)]);
    let unsuppress = CatalogChange::Unsuppress { kind: SubjectKind::User, subject: "u1".to_owned() };
    change(&catalog, unsuppress.clone()).unwrap();
    assert!(catalog.suppressions().unwrap().is_empty());
    assert!(matches!(change(&catalog, unsuppress), Err(Error::Missing { .. })));
}

pub fn the_audit_goes_by_age_only<C: Catalog>(make: impl Fn(&Path) -> C) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = make(folder.path());
    let lines: Vec<_> = (1..=5).map(|number| audited(number, "shop")).collect();
    catalog.change(&[], &lines).unwrap();
    let before = lines[3].at;
    assert_eq!(catalog.shorten_audit(before, 2).unwrap(), 2, "no more than so many at a time");
    assert_eq!(catalog.shorten_audit(before, 2).unwrap(), 1);
    assert_eq!(catalog.shorten_audit(before, 2).unwrap(), 0);
    let left = |catalog: &C| -> Vec<_> {
        catalog
            .audit(&AuditFilter::default(), 9)
            .unwrap()
            .into_iter()
            .map(|line| (line.number, line.entry.at))
            .collect()
    };
    assert_eq!(left(&catalog), [(5, lines[4].at), (4, lines[3].at)]);
    catalog.change(&[], &[audited(6, "shop")]).unwrap();
    assert_eq!(left(&catalog)[0].0, 6, "numbers go on");
}

pub fn the_audit_is_read_by_pages<C: Catalog>(make: impl Fn(&Path) -> C) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = make(folder.path());
    for number in 1..=10 {
        catalog.change(&[], &[audited(number, if number % 2 == 0 { "even" } else { "odd" })]).unwrap();
    }
    let filter = AuditFilter { target: Some("even".to_owned()), who: Some("ann".to_owned()), ..AuditFilter::default() };
    let first = catalog.audit(&filter, 2).unwrap();
    let next = AuditFilter { before: Some(first[1].number), ..filter.clone() };
    let all: Vec<_> = first.into_iter().chain(catalog.audit(&next, 9).unwrap()).map(|line| line.entry).collect();
    assert_eq!(all, [10, 8, 6, 4, 2].map(|number| audited(number, "even")));
    assert!(catalog.audit(&AuditFilter { who: Some("eve".to_owned()), ..filter.clone() }, 9).unwrap().is_empty());
    let of = |filter: AuditFilter| {
        let lines = catalog.audit(&filter, 99).unwrap();
        lines.into_iter().map(|line| line.entry.at.0).collect::<Vec<_>>()
    };
    assert_eq!(of(AuditFilter { from: Some(at(4)), until: Some(at(8)), ..filter.clone() }), [6, 4]);
    assert_eq!(of(AuditFilter { what: Some("definition.save".to_owned()), ..filter.clone() }).len(), 5);
    assert!(of(AuditFilter { what: Some("key.add".to_owned()), ..filter }).is_empty());
}

pub fn request(digest: u8, asked: u8, instant: i64) -> NewRequest {
    NewRequest { digest: Digest([digest; 32]), asked: Digest([asked; 32]), at: at(instant) }
}

pub fn answer() -> KeptAnswer {
    let body = KeptBody { kind: "application/json".to_owned(), bytes: b"{}".to_vec() };
    KeptAnswer { status: 201, body: Some(body) }
}

pub fn requests_count_once<C: Catalog>(make: impl Fn(&Path) -> C) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = make(folder.path());
    let known = |answer| Some(KnownRequest { asked: Digest([7; 32]), at: at(10), answer });
    assert_eq!(catalog.begin_request(&request(1, 7, 10)).unwrap(), None);
    assert_eq!(catalog.begin_request(&request(1, 8, 11)).unwrap(), known(None), "the first one stays");
    catalog.answer_request(&Digest([1; 32]), &answer()).unwrap();
    assert_eq!(catalog.begin_request(&request(2, 7, 20)).unwrap(), None);
    let bare = KeptAnswer { status: 204, body: None };
    catalog.answer_request(&Digest([2; 32]), &bare).unwrap();
    drop(catalog);
    let catalog = make(folder.path());
    assert_eq!(catalog.begin_request(&request(1, 7, 30)).unwrap(), known(Some(answer())));
    catalog.scrub().unwrap();
    let forgotten = KeptAnswer { body: None, ..answer() };
    assert_eq!(catalog.begin_request(&request(1, 7, 30)).unwrap(), known(Some(forgotten)));
    assert_eq!(catalog.begin_request(&request(2, 7, 30)).unwrap().unwrap().answer, Some(bare));
    catalog.forget_request(&Digest([1; 32])).unwrap();
    assert_eq!(catalog.begin_request(&request(1, 7, 40)).unwrap(), None);
    assert_eq!(catalog.sweep_requests(at(21), 9).unwrap(), 1, "what is old");
    assert_eq!(catalog.begin_request(&request(2, 7, 50)).unwrap(), None);
    assert_eq!(catalog.begin_request(&request(3, 7, 60)).unwrap(), None);
    assert_eq!(catalog.sweep_requests(at(21), 2).unwrap(), 1, "what is too many, the oldest first");
    assert_eq!(catalog.begin_request(&request(1, 7, 70)).unwrap(), None);
}

pub fn secrets_are_not_printed<C: Catalog>(_: impl Fn(&Path) -> C) {
    let printed =
        format!("{:?} {:?} {:?} {:?}", destination("d"), key("k", 7), person("p", "a@b.c"), session(7, "p", 1));
    for secret in ["[1, 2, 3]", "7, 7", "argon2", "a@b.c", "\"c\""] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
