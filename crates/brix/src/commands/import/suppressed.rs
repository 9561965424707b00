//! Of whom an import takes nothing: those who are suppressed by the server whose lake it is, and those whom a file names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use engine::record::SubjectKind;
use history::Lake;
use store::SqliteCatalog;
use store::catalog::Catalog as _;

use crate::exit::Failure;
use crate::live::SuppressedIds;

/// The file of a server's data folder that has them.
const CATALOG: &str = "catalog.db";

/// Where they stand.
#[derive(Debug, Args)]
pub struct SuppressedArguments {
    /// Take nothing of those whom this file names: on each line `user`, `account` or `workspace` and an id
    #[arg(long, value_name = "FILE", requires = "paths")]
    suppressed: Option<PathBuf>,
    /// The data folder of the server whose lake it is, where it does not lie around the lake: its suppressed are left out
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

impl SuppressedArguments {
    /// All of them.
    ///
    /// # Errors
    /// The lake is a server's whose data folder is not known; a file cannot be read.
    pub fn ids(&self, lake: &Path) -> Result<Arc<SuppressedIds>> {
        let around = lake.canonicalize().ok().and_then(|lake| lake.parent().map(Path::to_path_buf));
        let data = self.data.clone().or(around.filter(|folder| folder.join(CATALOG).is_file()));
        let mut ids = match data {
            Some(data) => of_server(&data)?,
            None if is_of_a_server(lake)? => {
                return Err(Failure::usage(format!(
                    "{} is the lake of a server, whose data folder does not lie around it: name that by --data, so that \
                     whoever is suppressed is left out",
                    lake.display()
                )));
            }
            None => SuppressedIds::default(),
        };
        if let Some(file) = &self.suppressed {
            of_file(file, &mut ids)?;
        }
        Ok(Arc::new(ids))
    }
}

fn of_server(data: &Path) -> Result<SuppressedIds> {
    let file = data.join(CATALOG);
    if !file.is_file() {
        bail!("{} is no data folder of a server", data.display());
    }
    let all = SqliteCatalog::open(&file).and_then(|catalog| catalog.suppressions());
    Ok(SuppressedIds::of(all.context("cannot read who is suppressed")?))
}

/// Whether a server's log has gone into it.
fn is_of_a_server(lake: &Path) -> Result<bool> {
    match Lake::open(lake) {
        Ok(lake) => Ok(lake.manifest().log > 0),
        Err(history::Error::Absent(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn of_file(file: &Path, ids: &mut SuppressedIds) -> Result<()> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let (word, id) = line.trim().split_once([' ', '\t']).unwrap_or((line, ""));
        let kinds = [SubjectKind::User, SubjectKind::Account, SubjectKind::Workspace];
        match kinds.into_iter().find(|kind| kind.word() == word).filter(|_| !id.trim().is_empty()) {
            Some(kind) => ids.add(kind, id.trim().to_owned()),
            // The line may be an id, and is not shown.
            None => {
                let expected = "`user`, `account` or `workspace`, and an id";
                bail!("{shown}:{}: there must stand {expected}", number + 1);
            }
        }
    }
    Ok(())
}
