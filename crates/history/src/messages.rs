//! The identities of all rows, to count each row once.
//!
//! A file of message ids is a sorted list of records of 20 bytes: the hash of (source, sender, message), 16 bytes most
//! significant first, and a hash of the row's contents, 4 bytes little-endian. Behind the records stand 65 numbers of 8
//! bytes, little-endian: at which record each of the 64 sections begins, and the number of all records. A section holds
//! the ids with the same leading 6 bits, so that new ids are compared section by section, in little memory.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files::NewFile;
use crate::manifest::MessagesEntry;

/// Sections of a file.
const SECTIONS: usize = 64;
/// Bytes of a record.
const RECORD: usize = 20;
/// Ids held in memory over all sections before they are put aside.
const MOST_HELD: usize = 1 << 24;
/// Past this number the files are written as one.
const MOST_FILES: usize = 8;
/// So few ids are looked for one by one.
const FEW: usize = 256;

/// An id, the number of the row that brought it, and its contents' hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    id: u128,
    row: u32,
    digest: u32,
}

/// The ids of an import, by section.
pub(crate) struct Arrivals {
    folder: PathBuf,
    sections: Vec<Vec<Arrival>>,
    held: usize,
    count: u64,
    aside: Vec<Option<BufWriter<File>>>,
}

/// What came of the comparison.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Rows that are not taken: bit by row number.
    dropped: Vec<u64>,
    /// How many rows were copies.
    pub(crate) duplicates: u64,
    /// How many of those said something else.
    pub(crate) differing: u64,
}

impl Verdict {
    /// The rows that are not taken, in order.
    pub(crate) fn copies(&self) -> Vec<u32> {
        let places =
            self.dropped.iter().enumerate().flat_map(|(word, bits)| {
                (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| word * 64 + bit)
            });
        places.filter_map(|row| u32::try_from(row).ok()).collect()
    }

    /// Whether a row counts.
    pub(crate) fn keeps(&self, row: u32) -> bool {
        self.dropped.get(row as usize / 64).is_none_or(|bits| bits >> (row % 64) & 1 == 0)
    }

    fn drop(&mut self, row: u32) {
        let place = row as usize / 64;
        if self.dropped.len() <= place {
            self.dropped.resize(place + 1, 0);
        }
        if let Some(bits) = self.dropped.get_mut(place) {
            *bits |= 1 << (row % 64);
        }
    }
}

impl Arrivals {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            sections: vec![Vec::new(); SECTIONS],
            held: 0,
            count: 0,
            aside: (0..SECTIONS).map(|_| None).collect(),
        }
    }

    fn aside_path(&self, section: usize) -> PathBuf {
        self.folder.join(format!("messages-{section}.aside"))
    }

    /// Takes the id of a row.
    pub(crate) fn push(&mut self, id: u128, row: u32, digest: u32) -> Result<()> {
        if let Some(section) = self.sections.get_mut((id >> 122) as usize) {
            section.push(Arrival { id, row, digest });
        }
        self.held += 1;
        self.count += 1;
        if self.held >= MOST_HELD { self.put_aside() } else { Ok(()) }
    }

    fn put_aside(&mut self) -> Result<()> {
        for section in 0..SECTIONS {
            let path = self.aside_path(section);
            let (Some(held), Some(place)) = (self.sections.get_mut(section), self.aside.get_mut(section)) else {
                continue;
            };
            let file = match place {
                Some(file) => file,
                None => place.insert(BufWriter::new(File::create(&path).map_err(Error::system("make", &path))?)),
            };
            for arrival in held.drain(..) {
                let mut record = [0; 24];
                for (into, from) in record.chunks_exact_mut(4).zip([
                    (arrival.id >> 96) as u32,
                    (arrival.id >> 64) as u32,
                    (arrival.id >> 32) as u32,
                    arrival.id as u32,
                    arrival.row,
                    arrival.digest,
                ]) {
                    into.copy_from_slice(&from.to_le_bytes());
                }
                file.write_all(&record).map_err(Error::system("write", &path))?;
            }
        }
        self.held = 0;
        Ok(())
    }

    /// The arrivals of a section, sorted by id and row.
    fn section(&mut self, section: usize) -> Result<Vec<Arrival>> {
        let mut all = self.sections.get_mut(section).map(std::mem::take).unwrap_or_default();
        let path = self.aside_path(section);
        if let Some(file) = self.aside.get_mut(section).and_then(Option::take) {
            drop(file.into_inner().map_err(|error| Error::system("write", &path)(error.into_error()))?);
            let bytes = fs::read(&path).map_err(Error::system("read", &path))?;
            fs::remove_file(&path).map_err(Error::system("remove", &path))?;
            for record in bytes.chunks_exact(24) {
                let word = |at: usize| {
                    let word = record.get(at * 4..).and_then(|rest| rest.first_chunk::<4>());
                    word.map_or(0, |word| u32::from_le_bytes(*word))
                };
                let id = (0..4).fold(0, |id, at| id << 32 | u128::from(word(at)));
                all.push(Arrival { id, row: word(4), digest: word(5) });
            }
        }
        all.sort_unstable();
        Ok(all)
    }

    /// Compares the arrivals with all that is in the lake and with each other, and writes the new ones to a file that
    /// takes the place of as many young files as keeps their number small. `files` changes only if something is new.
    pub(crate) fn settle(mut self, version: u64, files: &mut Vec<MessagesEntry>) -> Result<Verdict> {
        let mut verdict = Verdict::default();
        let mut known = Vec::new();
        for entry in files.iter() {
            known.push(Source::open(&self.folder, entry)?);
        }
        let stay = staying(files, self.count);
        let mut target = Target::create(&self.folder, version)?;
        let mut fresh = 0;
        for section in 0..SECTIONS {
            let arrivals = self.section(section)?;
            let mut lists = Vec::new();
            for source in &mut known {
                lists.push(source.section(section)?);
            }
            let new = compare(&arrivals, &lists, &mut verdict);
            fresh += new.len();
            let joined = lists.into_iter().skip(stay).flatten();
            target.section(new.into_iter().chain(joined).collect())?;
        }
        if fresh == 0 {
            target.abandon()?;
            return Ok(verdict);
        }
        files.truncate(stay);
        files.push(target.finish()?);
        Ok(verdict)
    }
}

/// How many of the oldest files stay as they are: each at least twice as large as what comes behind it.
fn staying(files: &[MessagesEntry], new: u64) -> usize {
    let mut stay = files.len();
    let mut behind = new;
    while let Some(last) = stay.checked_sub(1).and_then(|place| files.get(place)) {
        if stay < MOST_FILES && last.entries >= 2 * behind {
            break;
        }
        behind += last.entries;
        stay -= 1;
    }
    stay
}

/// The new ids with their hashes. Marks copies.
fn compare(arrivals: &[Arrival], lists: &[Vec<(u128, u32)>], verdict: &mut Verdict) -> Vec<(u128, u32)> {
    let mut places = vec![0; lists.len()];
    let mut new = Vec::with_capacity(arrivals.len());
    for copies in arrivals.chunk_by(|a, b| a.id == b.id) {
        let Some(first) = copies.first() else { continue };
        let mut counts = None;
        for (list, place) in lists.iter().zip(&mut places) {
            while list.get(*place).is_some_and(|(id, _)| *id < first.id) {
                *place += 1;
            }
            if let Some((_, digest)) = list.get(*place).filter(|(id, _)| *id == first.id) {
                counts = Some(*digest);
            }
        }
        let duplicates = if counts.is_none() { copies.get(1..).unwrap_or_default() } else { copies };
        let digest = counts.unwrap_or(first.digest);
        if counts.is_none() {
            new.push((first.id, first.digest));
        }
        for copy in duplicates {
            verdict.drop(copy.row);
            verdict.duplicates += 1;
            verdict.differing += u64::from(copy.digest != digest);
        }
    }
    new
}

/// An existing file.
struct Source {
    path: PathBuf,
    file: BufReader<File>,
    starts: Vec<u64>,
}

impl Source {
    fn open(folder: &Path, entry: &MessagesEntry) -> Result<Self> {
        let (mut file, path) = entry.file.open(folder)?;
        let footer = (SECTIONS + 1) * 8;
        let start = entry.entries * RECORD as u64;
        if start + footer as u64 != entry.file.bytes {
            return Err(Error::damaged(&path, format!("it does not hold {} ids", entry.entries)));
        }
        let mut bytes = vec![0; footer];
        file.seek(SeekFrom::Start(start)).map_err(Error::system("read", &path))?;
        file.read_exact(&mut bytes).map_err(Error::system("read", &path))?;
        let number = |bytes: &[u8]| bytes.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let starts: Vec<u64> = bytes.chunks_exact(8).map(number).collect();
        if !starts.is_sorted() || starts.last() != Some(&entry.entries) {
            return Err(Error::damaged(&path, "its sections are out of order"));
        }
        file.seek(SeekFrom::Start(0)).map_err(Error::system("read", &path))?;
        Ok(Self { path, file: BufReader::with_capacity(1 << 18, file), starts })
    }

    /// Whether an id is there.
    fn has(&mut self, id: u128) -> Result<bool> {
        let section = (id >> 122) as usize;
        let start = |at: usize| self.starts.get(at).copied().unwrap_or(0);
        let (mut from, mut to) = (start(section), start(section + 1));
        while from < to {
            let middle = from + (to - from) / 2;
            let mut record = [0; 16];
            let at = SeekFrom::Start(middle * RECORD as u64);
            self.file.get_mut().seek(at).map_err(Error::system("read", &self.path))?;
            self.file.get_mut().read_exact(&mut record).map_err(Error::system("read", &self.path))?;
            match u128::from_be_bytes(record).cmp(&id) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        Ok(false)
    }

    /// The records of the next section; sections are asked for in order.
    fn section(&mut self, section: usize) -> Result<Vec<(u128, u32)>> {
        let start = |at: usize| self.starts.get(at).copied().unwrap_or(0);
        let count = usize::try_from(start(section + 1) - start(section)).unwrap_or(0);
        let mut bytes = vec![0; count * RECORD];
        self.file.read_exact(&mut bytes).map_err(Error::system("read", &self.path))?;
        let record = |record: &[u8]| {
            let (id, digest) = record.split_first_chunk::<16>()?;
            Some((u128::from_be_bytes(*id), u32::from_le_bytes(*digest.first_chunk::<4>()?)))
        };
        Ok(bytes.chunks_exact(RECORD).filter_map(record).collect())
    }
}

/// Which of some ids are in the files: few are looked for by halving, many by reading the files.
pub(crate) fn known(folder: &Path, files: &[MessagesEntry], ids: &[u128]) -> Result<Vec<bool>> {
    let mut found = vec![false; ids.len()];
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_unstable_by_key(|place| ids.get(*place));
    for entry in files {
        let mut source = Source::open(folder, entry)?;
        if ids.len() <= FEW {
            for (id, found) in ids.iter().zip(&mut found).filter(|(_, found)| !**found) {
                *found = source.has(*id)?;
            }
            continue;
        }
        let mut next = order.iter().peekable();
        for section in 0..SECTIONS {
            let records = source.section(section)?;
            let mut place = 0;
            while let Some(at) = next.next_if(|at| ids.get(**at).is_some_and(|id| (id >> 122) as usize == section)) {
                let id = ids.get(*at).copied().unwrap_or_default();
                place += records.get(place..).map_or(0, |rest| rest.partition_point(|(known, _)| *known < id));
                if let (Some(found), Some((known, _))) = (found.get_mut(*at), records.get(place)) {
                    *found |= *known == id;
                }
            }
        }
    }
    Ok(found)
}

/// The ids of the files that were written last, as long as there are at most so many in all.
pub(crate) fn latest(folder: &Path, files: &[MessagesEntry], most: usize) -> Result<Vec<u128>> {
    let mut ids = Vec::new();
    for entry in files.iter().rev() {
        if ids.len() as u64 + entry.entries > most as u64 {
            break;
        }
        let mut source = Source::open(folder, entry)?;
        for section in 0..SECTIONS {
            ids.extend(source.section(section)?.into_iter().map(|(id, _)| id));
        }
    }
    Ok(ids)
}

/// A file on its way.
struct Target {
    file: NewFile,
    starts: Vec<u64>,
    entries: u64,
}

impl Target {
    fn create(folder: &Path, version: u64) -> Result<Self> {
        let file = NewFile::create(folder, format!("messages-{version}.bin"))?;
        Ok(Self { file, starts: Vec::new(), entries: 0 })
    }

    fn section(&mut self, mut records: Vec<(u128, u32)>) -> Result<()> {
        records.sort_unstable();
        self.starts.push(self.entries);
        self.entries += records.len() as u64;
        let mut bytes = Vec::with_capacity(records.len() * RECORD);
        for (id, digest) in records {
            bytes.extend_from_slice(&id.to_be_bytes());
            bytes.extend_from_slice(&digest.to_le_bytes());
        }
        let path = self.file.path().to_owned();
        self.file.write_all(&bytes).map_err(Error::system("write", &path))
    }

    fn finish(mut self) -> Result<MessagesEntry> {
        self.starts.push(self.entries);
        let path = self.file.path().to_owned();
        for start in &self.starts {
            self.file.write_all(&start.to_le_bytes()).map_err(Error::system("write", &path))?;
        }
        Ok(MessagesEntry { entries: self.entries, file: self.file.finish()? })
    }

    fn abandon(self) -> Result<()> {
        let path = self.file.path().to_owned();
        drop(self.file);
        fs::remove_file(&path).map_err(Error::system("remove", &path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(
        folder: &Path,
        version: u64,
        files: &mut Vec<MessagesEntry>,
        ids: &[(u128, u32)],
    ) -> (Vec<bool>, u64, u64) {
        let mut arrivals = Arrivals::new(folder);
        for (row, (id, digest)) in (0..).zip(ids) {
            arrivals.push(*id << 120 | *id, row, *digest).unwrap();
            if row % 3 == 2 {
                arrivals.put_aside().unwrap();
            }
        }
        let verdict = arrivals.settle(version, files).unwrap();
        let kept = (0..ids.len()).map(|row| verdict.keeps(u32::try_from(row).unwrap())).collect();
        (kept, verdict.duplicates, verdict.differing)
    }

    #[test]
    fn each_id_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Vec::new();
        let first = [(7, 1), (250, 1), (7, 1), (7, 2), (9, 1)];
        assert_eq!(settle(folder.path(), 1, &mut files, &first), (vec![true, true, false, false, true], 2, 1));
        let before = files.clone();
        assert_eq!(settle(folder.path(), 2, &mut files, &first).0, [false; 5]);
        assert_eq!(files, before, "nothing new, nothing written");
        assert_eq!(settle(folder.path(), 3, &mut files, &[(8, 1), (9, 2), (255, 1)]), (vec![true, false, true], 1, 1));
        for id in 10..40 {
            assert_eq!(settle(folder.path(), 4 + u64::try_from(id).unwrap(), &mut files, &[(id, 1)]).0, [true]);
            assert!(files.len() <= MOST_FILES);
        }
        assert_eq!(files.iter().map(|file| file.entries).sum::<u64>(), 35);
        let all: Vec<_> = (7..=40).chain([250, 255]).map(|id| (id, 1)).collect();
        let kept = settle(folder.path(), 99, &mut files, &all).0;
        assert_eq!(kept.iter().filter(|kept| **kept).count(), 1, "only 40 is new");
    }
}
