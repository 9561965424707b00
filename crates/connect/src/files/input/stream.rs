//! A file's bytes after decompression, with what they begin with.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use super::{ByteCount, Found};
use crate::files::limits;
use crate::files::reject::FileError;

/// A file that counts what is read of it.
pub(crate) struct Counted {
    file: File,
    count: Arc<ByteCount>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.file.read(buffer)?;
        self.count.add_read(got as u64);
        Ok(got)
    }
}

/// Reads until the buffer is full or the end is reached; gives the number of bytes.
pub(crate) fn read_fully(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(got) => filled += got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A file's plain bytes.
pub(crate) struct Opened {
    /// The first [`limits::HEAD_BYTES`], or all.
    pub(crate) head: Vec<u8>,
    /// All bytes, the head among them.
    pub(crate) bytes: Box<dyn Read + Send>,
    /// Whether the head is all there is.
    pub(crate) is_whole: bool,
    /// Whether the bytes were unpacked on the way.
    pub(crate) was_packed: bool,
}

/// Opens a file, an archive's member, and undoes gzip and zstd, which are told by their first bytes.
pub(crate) fn open(found: &Found, count: &Arc<ByteCount>) -> Result<Opened, FileError> {
    open_plain(found, count).map_err(|source| FileError::Read { file: Arc::clone(&found.shown), source })
}

fn open_plain(found: &Found, count: &Arc<ByteCount>) -> io::Result<Opened> {
    let counted = |file| Counted { file, count: Arc::clone(count) };
    let raw: Box<dyn Read + Send> = match &found.member {
        Some(member) => member.open(&found.path, counted)?,
        None => Box::new(counted(File::open(&found.path)?)),
    };
    let (mut bytes, unpacked) = decompress(raw)?;
    let mut head = vec![0; limits::HEAD_BYTES];
    let got = read_fully(&mut bytes, &mut head)?;
    let is_whole = got < head.len();
    head.truncate(got);
    let bytes = Box::new(Cursor::new(head.clone()).chain(bytes));
    Ok(Opened { head, bytes, is_whole, was_packed: unpacked || found.member.is_some() })
}

type Unpacked = (Box<dyn Read + Send>, bool);

fn decompress(mut raw: Box<dyn Read + Send>) -> io::Result<Unpacked> {
    let mut first = [0_u8; 4];
    let got = read_fully(&mut raw, &mut first)?;
    let magic = first.get(..got).unwrap_or_default().to_vec();
    let is_gzip = magic.starts_with(&[0x1f, 0x8b]);
    let is_zstd = magic == [0x28, 0xb5, 0x2f, 0xfd];
    let whole = Cursor::new(magic).chain(raw);
    Ok(if is_gzip {
        (Box::new(Unpacking { inner: MultiGzDecoder::new(whole), by: "gzip" }), true)
    } else if is_zstd {
        (Box::new(Unpacking { inner: zstd::stream::read::Decoder::new(whole)?, by: "zstd" }), true)
    } else {
        (Box::new(whole), false)
    })
}

/// Says of data that cannot be unpacked what is the matter with it.
struct Unpacking<R> {
    inner: R,
    by: &'static str,
}

impl<R: Read> Read for Unpacking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            kind => {
                let by = self.by;
                io::Error::new(kind, format!("what {by} packed is damaged or cut off: {error}; fetch the file again"))
            }
        })
    }
}
