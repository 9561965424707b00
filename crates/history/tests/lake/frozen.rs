//! Lakes written by earlier builds stay readable.
//!
//! `BRIX_FREEZE=1 cargo test -p brix-history frozen` writes the sample of the current format anew; do that only together
//! with a new format number, and keep the samples of all earlier formats.

use std::fs;
use std::path::{Path, PathBuf};

use engine::household::Needs;
use engine::record::{Record, SubjectKind};
use engine::workspace::Workspace;
use history::{FORMAT, Lake};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::{any_record, dump_lake, import};

fn needs() -> Needs {
    Needs {
        properties: ["p", "q", "r", "$amount", "$currency"].map(Into::into).to_vec(),
        traits: vec![(SubjectKind::User, "email".into()), (SubjectKind::Account, "plan".into())],
        accounts: true,
        workspaces: true,
        user_ids: false,
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frozen")
}

fn words(lake: &Lake) -> String {
    let households = dump_lake(lake, &Workspace::default(), &needs());
    households.iter().map(|lines| lines.join("\n") + "\n").collect::<Vec<_>>().join("\n")
}

fn freeze(sample: &Path) {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let mut records: Vec<Record> = Vec::new();
    for _ in 0..60 {
        records.push(any_record().new_tree(&mut runner).unwrap().current());
    }
    for part in [&records[..40], &records[40..55], &records[55..]] {
        import(sample, &Workspace::default(), part);
    }
    fs::remove_file(sample.join("lock")).unwrap();
    let named = Lake::open(sample).unwrap();
    let named: Vec<_> = named.manifest().files().map(|file| file.name.clone()).collect();
    let current = fs::read_to_string(sample.join("current")).unwrap();
    for entry in fs::read_dir(sample).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if !named.contains(&name) && name != "current" && name != current.trim() {
            fs::remove_file(sample.join(name)).unwrap();
        }
    }
    fs::write(sample.with_extension("txt"), words(&Lake::open(sample).unwrap())).unwrap();
}

#[test]
fn every_format_so_far() {
    if std::env::var("BRIX_FREEZE").is_ok() {
        freeze(&folder().join(format!("format-{FORMAT}")));
    }
    for format in 1..=FORMAT {
        let sample = folder().join(format!("format-{format}"));
        let lake = Lake::open(&sample).unwrap();
        lake.verify().unwrap();
        assert_eq!(lake.manifest().format, format);
        assert_eq!(words(&lake), fs::read_to_string(sample.with_extension("txt")).unwrap(), "format {format}");
    }
}
