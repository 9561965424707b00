//! Backups: a server's folder as it was at one moment, copied while the server goes on, and put back.
//!
//! A backup is a folder like the server's own, with a file more, [`MANIFEST`], that names every file with its digest; it is written last. What
//! is in it hangs together: the lake reaches no further than the leads, the leads no further than the log, and the log goes on where the
//! lake ends. The log is cut where the leads end, or where it ended when the backup began: so nobody is told of a lead of which the
//! backup knows nothing, and all that had been acknowledged is there.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use engine::Timestamp;
use history::Lake;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::Moment;

/// The file that names all others.
pub const MANIFEST: &str = "backup.json";
/// The list of the backups that were made of a folder, in that folder.
const LIST: &str = "backups.json";
const LAKE: &str = "lake";
const PULLS: &str = "pulls";
const STORE: [&str; 3] = ["ledger.db", "log.db", "catalog.db"];
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The format of the manifest.
const FORMAT: u32 = 1;
/// Compaction may come in between.
const TRIES: u32 = 5;
/// How long the processor may take for what was acknowledged before.
const PATIENCE: Duration = Duration::from_secs(5);
/// If nothing is committed for so long, nothing is to come.
const QUIET: Duration = Duration::from_millis(500);
/// A server that was put back gives no number to a lead that may have been given after the backup.
const NUMBERS_LEFT_OUT: u64 = 100_000;
/// Why something is not told that waited when the backup was made.
const HELD: &str = "held when a backup was put back, as it may have been told since";

/// What a backup is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The format of this file.
    pub format: u32,
    /// When it was begun.
    pub at: String,
    /// The version of Brix that made it.
    pub version: String,
    /// Where the log and the leads stand in it.
    pub moment: Moment,
    /// Up to this entry the log is in the lake.
    pub lake: u64,
    /// Every file.
    pub files: Vec<Kept>,
}

/// What every format of the manifest has.
#[derive(Deserialize)]
struct Head {
    format: u32,
    #[serde(default)]
    version: String,
}

impl Head {
    fn cure(&self) -> String {
        format!("it was made by Brix {}, and this is {}: use that version, or a later one", self.version, VERSION)
    }
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its path within the backup.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
}

/// A backup that was made, as the list has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// When it was begun.
    pub at: String,
    /// Where it was put.
    pub folder: PathBuf,
    /// The last entry of the log that is in it.
    pub through: u64,
    /// The lengths of all files together.
    pub bytes: u64,
}

impl Backup {
    /// The lengths of all files together.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// Makes a backup of a folder and its lake, which a server may be using, and notes it in the folder's list.
///
/// # Errors
/// The place is taken, or something cannot be read or written, or is damaged.
pub fn make(data: &Path, lake: &Path, to: &Path, now: Timestamp) -> Result<Backup> {
    require_empty(to)?;
    let began = store::moment(data).context("cannot read the store")?;
    wait_for_leads(data, began.log_end)?;
    let mut tries = 0;
    let (moment, lake) = loop {
        let reached = Lake::copy(lake, &to.join(LAKE)).context("cannot copy the lake")?.map_or(0, |lake| lake.log);
        copy_folder(&data.join(PULLS), &to.join(PULLS))?;
        store::backup(data, to).context("cannot copy the store")?;
        let moment = store::moment(to).context("cannot read the copy")?;
        // What was forgotten of the log is in the lake; and more is in it than that, as long as nobody compacts meanwhile.
        if moment.log_start <= reached + 1 && reached <= moment.offset && moment.offset <= moment.log_end {
            break (moment, reached);
        }
        tries += 1;
        ensure!(tries < TRIES, "the log goes into the lake too often to be copied; try again");
        fs::remove_dir_all(to).with_context(|| format!("cannot remove {}", to.display()))?;
    };
    store::cut_log(to, moment.offset.max(began.log_end)).context("cannot shorten the copied log")?;
    let moment = store::moment(to).context("cannot read the copy")?;
    let mut files = Vec::new();
    each_file(to, to, &mut files)?;
    files.sort_by(|left, right| left.path.cmp(&right.path));
    let version = VERSION.to_owned();
    let backup = Backup { format: FORMAT, at: now.to_string(), version, moment, lake, files };
    write(&to.join(MANIFEST), &backup)?;
    let mut list = made(data)?;
    let folder = fs::canonicalize(to).unwrap_or_else(|_| to.to_owned());
    list.push(Made { at: backup.at.clone(), folder, through: moment.log_end, bytes: backup.bytes() });
    write(&data.join(LIST), &list)?;
    Ok(backup)
}

/// The backups that were made of a folder, the oldest first.
///
/// # Errors
/// The list cannot be read.
pub fn made(data: &Path) -> Result<Vec<Made>> {
    let path = data.join(LIST);
    match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Reads what a backup says it is, and compares every file with its digest.
///
/// # Errors
/// It is none, of a later Brix, or damaged.
pub fn verify(backup: &Path) -> Result<Backup> {
    let path = backup.join(MANIFEST);
    let text = fs::read(&path).with_context(|| format!("{} is no backup: it has no {MANIFEST}", backup.display()))?;
    let damaged = || format!("{} is damaged", path.display());
    // The format first: later ones may have other fields.
    let head: Head = serde_json::from_slice(&text).with_context(damaged)?;
    ensure!(
        head.format <= FORMAT,
        "the backup is of format {}, and this Brix reads up to {FORMAT}; {}",
        head.format,
        head.cure()
    );
    let read: Backup = serde_json::from_slice(&text).with_context(damaged)?;
    for file in &read.files {
        let path = Path::new(&file.path);
        // A manifest that was tampered with could name files elsewhere.
        let is_inside = path.components().all(|part| matches!(part, Component::Normal(_)));
        ensure!(is_inside, "the backup is damaged: it names the file {}", file.path);
        let path = backup.join(path);
        let (bytes, sha256) = digest(&path)?;
        let is_same = bytes == file.bytes && sha256 == file.sha256;
        ensure!(is_same, "the backup is damaged: {} is not as it was written", path.display());
    }
    // What a server would refuse is refused before anything is written.
    store::look(backup).with_context(|| head.cure())?;
    match Lake::open(&backup.join(LAKE)) {
        Ok(_) | Err(history::Error::Absent(_)) => Ok(read),
        Err(error) => Err(error).with_context(|| head.cure()),
    }
}

/// What was put back.
pub struct PutBack {
    /// The backup.
    pub backup: Backup,
    /// So many deliveries that waited when it was made are held.
    pub held: u64,
}

/// Puts a backup into a new folder, from which a server can start. What waited to be told when it was made is told then, with the keys of before;
/// or it is held until somebody has it replayed.
///
/// # Errors
/// The backup is damaged, or the folder has something in it; and if it cannot be written.
pub fn restore(backup: &Path, to: &Path, is_held: bool) -> Result<PutBack> {
    let read = verify(backup)?;
    require_empty(to)?;
    for file in &read.files {
        let copy = to.join(&file.path);
        if let Some(folder) = copy.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let source = backup.join(&file.path);
        fs::copy(&source, &copy).with_context(|| format!("cannot copy {} to {}", source.display(), copy.display()))?;
        sync(&copy)?;
    }
    store::skip_leads(to, NUMBERS_LEFT_OUT).context("cannot write to the ledger")?;
    let held = if is_held { store::hold_actions(to, HELD).context("cannot write to the ledger")? } else { 0 };
    Ok(PutBack { backup: read, held })
}

/// Waits until the processor has committed up to an entry, as long as it goes on doing so.
fn wait_for_leads(data: &Path, through: u64) -> Result<()> {
    let (began, mut last) = (Instant::now(), (0, Instant::now()));
    loop {
        let offset = store::moment(data).context("cannot read the store")?.offset;
        if offset > last.0 {
            last = (offset, Instant::now());
        }
        if offset >= through || last.1.elapsed() > QUIET || began.elapsed() > PATIENCE {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn require_empty(folder: &Path) -> Result<()> {
    match fs::read_dir(folder) {
        Ok(entries) => {
            let is_empty = entries.take(1).count() == 0;
            ensure!(is_empty, "{} has something in it; name a new folder", folder.display());
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot look into {}", folder.display())),
    }
}

/// Copies the files of a folder that has no others in it, if it is there.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot look into {}", from.display()))? {
        let entry = entry.with_context(|| format!("cannot look into {}", from.display()))?;
        let copy = to.join(entry.file_name());
        fs::copy(entry.path(), &copy).with_context(|| format!("cannot copy {}", entry.path().display()))?;
        sync(&copy)?;
    }
    Ok(())
}

/// The files of a backup: of the store those that it needs, and of the folders in it all.
fn each_file(root: &Path, folder: &Path, found: &mut Vec<Kept>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot look into {}", folder.display()))? {
        let path = entry.with_context(|| format!("cannot look into {}", folder.display()))?.path();
        if path.is_dir() {
            each_file(root, &path, found)?;
            continue;
        }
        let name = path.strip_prefix(root).map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        if folder == root && !STORE.contains(&name.as_str()) {
            continue;
        }
        let (bytes, sha256) = digest(&path)?;
        found.push(Kept { path: name, bytes, sha256 });
    }
    Ok(())
}

fn digest(path: &Path) -> Result<(u64, String)> {
    let told = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(told)?;
    let (mut hasher, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut buffer).with_context(told)?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
        hasher.update(part);
        bytes += read as u64;
    }
    Ok((bytes, hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// Writes a file as a whole: beside, synced, renamed.
fn write(path: &Path, what: &impl Serialize) -> Result<()> {
    let beside = path.with_extension("aside");
    let text = serde_json::to_vec_pretty(what).context("cannot write JSON")?;
    fs::write(&beside, text).with_context(|| format!("cannot write {}", beside.display()))?;
    sync(&beside)?;
    fs::rename(&beside, path).with_context(|| format!("cannot write {}", path.display()))
}

fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).with_context(|| format!("cannot write {}", path.display()))
}
