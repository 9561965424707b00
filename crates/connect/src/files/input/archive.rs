//! Members of zip archives, each readable by itself.
//!
//! The `zip` crate reads the directory; a member's bytes are then read by our own handle from their place on, so that a
//! reader owns all it needs.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::DeflateDecoder;
use flate2::{Crc, CrcReader};
use zip::{CompressionMethod, ZipArchive};

/// A member of an archive.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) compressed_bytes: u64,
    starts_at: u64,
    deflated: bool,
    checksum: u32,
    plain_bytes: u64,
}

fn refused(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, why)
}

/// The members, in the archive's order and without folders; `None` if the file is no zip archive.
pub(crate) fn members(path: &Path) -> io::Result<Option<Vec<Member>>> {
    let mut file = File::open(path)?;
    let mut first = [0_u8; 4];
    let got = super::stream::read_fully(&mut file, &mut first)?;
    let magic = first.get(..got).unwrap_or_default();
    if magic != b"PK\x03\x04" && magic != b"PK\x05\x06" {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(0))?;
    let mut archive = ZipArchive::new(file)?;
    let mut members = Vec::new();
    for at in 0..archive.len() {
        let entry = archive.by_index_raw(at)?;
        let name = entry.name()?.into_owned();
        let hidden = name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
        if entry.is_dir() || hidden {
            continue;
        }
        if entry.encrypted() {
            return Err(refused(format!("{name} in the archive is encrypted; unpack it first")));
        }
        let deflated = match entry.compression() {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            other => return Err(refused(format!("{name} in the archive is packed by {other}; unpack it first"))),
        };
        let starts_at = entry.data_start().ok_or_else(|| refused(format!("{name} in the archive has no place")))?;
        members.push(Member {
            name,
            compressed_bytes: entry.compressed_size(),
            starts_at,
            deflated,
            checksum: entry.crc32(),
            plain_bytes: entry.size(),
        });
    }
    Ok(Some(members))
}

impl Member {
    /// The member's bytes, unpacked and checked against their sum; `wrap` gets the packed bytes, to count them.
    pub(crate) fn open(&self, path: &Path, wrap: impl FnOnce(File) -> Counted) -> io::Result<Box<dyn Read + Send>> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(self.starts_at))?;
        let packed = wrap(file).take(self.compressed_bytes);
        let plain: Box<dyn Read + Send> =
            if self.deflated { Box::new(DeflateDecoder::new(packed)) } else { Box::new(packed) };
        Ok(Box::new(Checked { inner: CrcReader::new(plain), checksum: self.checksum, plain_bytes: self.plain_bytes }))
    }
}

use super::stream::Counted;

/// Compares length and checksum when the end is reached.
struct Checked {
    inner: CrcReader<Box<dyn Read + Send>>,
    checksum: u32,
    plain_bytes: u64,
}

impl Checked {
    fn is_whole(&self, sum: &Crc) -> bool {
        // The checksum's own count is of 32 bits.
        sum.sum() == self.checksum && u64::from(sum.amount()) == self.plain_bytes & u64::from(u32::MAX)
    }
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        if got == 0 && !buffer.is_empty() && !self.is_whole(self.inner.crc()) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the archive is damaged: checksum or length differ",
            ));
        }
        Ok(got)
    }
}
