//! How the entries of one commit lie in a row.
//!
//! Format 1: each entry as its length (32 bits, little-endian) and its bytes, one after the other, packed with zstd. The checksum
//! is the XXH3-64 of the first offset, the number of entries, the length before packing (64 bits each, little-endian) and the
//! packed bytes, so that a batch that is whole but in another's place is found out too.

use std::hash::Hasher as _;

use rusqlite::Row;
use twox_hash::XxHash3_64;
use zstd::bulk::Compressor;

/// The format of new rows.
pub(super) const FORMAT: u32 = 1;
const LEVEL: i32 = 1;

/// A row.
pub(super) struct Batch {
    pub first: u64,
    pub entries: u64,
    pub format: u32,
    pub bytes: u64,
    pub checksum: u64,
    pub packed: Vec<u8>,
}

impl Batch {
    /// Packs entries; at least one, each shorter than 4 GiB.
    pub fn pack(first: u64, entries: &[Vec<u8>]) -> std::io::Result<Self> {
        let mut plain = Vec::with_capacity(entries.iter().map(|entry| entry.len() + 4).sum());
        for entry in entries {
            let length = u32::try_from(entry.len()).map_err(std::io::Error::other)?;
            plain.extend_from_slice(&length.to_le_bytes());
            plain.extend_from_slice(entry);
        }
        let mut compressor = Compressor::new(LEVEL)?;
        let packed = compressor.compress(&plain)?;
        let entries = entries.len() as u64;
        let bytes = plain.len() as u64;
        let checksum = checksum([first, entries, bytes], &packed);
        Ok(Self { first, entries, format: FORMAT, bytes, checksum, packed })
    }

    /// As the statements give it.
    pub fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            first: row.get(0)?,
            entries: row.get(1)?,
            format: row.get(2)?,
            bytes: row.get(3)?,
            checksum: row.get::<_, i64>(4)?.cast_unsigned(),
            packed: row.get(5)?,
        })
    }

    /// Offset of the last entry.
    pub fn last(&self) -> u64 {
        self.first + self.entries.saturating_sub(1)
    }

    /// The entries.
    ///
    /// # Errors
    /// What is wrong, in words, if they are not as they were written.
    pub fn unpack(&self) -> Result<Vec<Vec<u8>>, String> {
        if self.format != FORMAT {
            return Err(format!("they are of format {}, this Brix knows {FORMAT}", self.format));
        }
        if checksum([self.first, self.entries, self.bytes], &self.packed) != self.checksum {
            return Err("their checksum differs".to_owned());
        }
        let length = usize::try_from(self.bytes).map_err(|error| error.to_string())?;
        let plain = zstd::bulk::decompress(&self.packed, length).map_err(|error| error.to_string())?;
        let mut entries = Vec::new();
        let mut rest = plain.as_slice();
        while let Some((length, tail)) = rest.split_first_chunk::<4>() {
            let length = u32::from_le_bytes(*length) as usize;
            let (entry, tail) = tail.split_at_checked(length).ok_or("an entry is cut off")?;
            entries.push(entry.to_vec());
            rest = tail;
        }
        if rest.is_empty() && entries.len() as u64 == self.entries {
            Ok(entries)
        } else {
            Err(format!("there are {} instead of {}", entries.len(), self.entries))
        }
    }
}

fn checksum(numbers: [u64; 3], packed: &[u8]) -> u64 {
    let mut hasher = XxHash3_64::new();
    numbers.iter().for_each(|number| hasher.write(&number.to_le_bytes()));
    hasher.write(packed);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacks_what_was_packed() {
        for entries in [vec![vec![]], vec![b"a".to_vec(), vec![], vec![7; 100_000]], vec![b"same".to_vec(); 1000]] {
            assert_eq!(Batch::pack(5, &entries).unwrap().unpack().unwrap(), entries);
        }
    }

    #[test]
    fn any_changed_byte_is_found() {
        let batch = Batch::pack(5, &[b"first entry".to_vec(), b"second entry".to_vec()]).unwrap();
        for place in 0..batch.packed.len() {
            let mut changed = Batch::pack(5, &[b"first entry".to_vec(), b"second entry".to_vec()]).unwrap();
            changed.packed[place] ^= 0x10;
            assert!(changed.unpack().is_err());
        }
        let elsewhere = Batch { first: 6, ..batch };
        assert!(elsewhere.unpack().is_err(), "in another's place");
    }
}
