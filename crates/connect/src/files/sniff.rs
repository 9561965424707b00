//! Telling a file's format and delimiter by its first bytes.

use csv_core::{ReadRecordResult, ReaderBuilder};

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Delimited text.
    Csv,
    /// JSON lines, an array of objects, or objects one after the other.
    Json,
    /// Apache Parquet.
    Parquet,
    /// Apache Avro's object container files.
    Avro,
}

impl Format {
    /// The format's word in mapping files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Parquet => "parquet",
            Self::Avro => "avro",
        }
    }
}

/// What the first bytes say: `PAR1` is Parquet, `Obj` and a one Avro; a file that begins with `{` or `[` is JSON; all else is delimited.
/// A name that ends in `.csv` or `.tsv` is believed before the brackets.
pub(crate) fn format(head: &[u8], name: &str) -> Format {
    if head.starts_with(b"PAR1") {
        return Format::Parquet;
    }
    if head.starts_with(b"Obj\x01") {
        return Format::Avro;
    }
    let name = name.to_ascii_lowercase();
    if [".csv", ".tsv", ".tab", ".psv"].iter().any(|ending| name.ends_with(ending)) {
        return Format::Csv;
    }
    if [".json", ".jsonl", ".ndjson"].iter().any(|ending| name.ends_with(ending)) {
        return Format::Json;
    }
    // Skips byte order marks and UTF-16's zero bytes.
    let first =
        head.iter().find(|byte| !matches!(byte, 0xEF | 0xBB | 0xBF | 0xFE | 0xFF | 0 | b' ' | b'\t' | b'\n' | b'\r'));
    if matches!(first, Some(b'{' | b'[')) { Format::Json } else { Format::Csv }
}

/// Whether a head that was read as text is that: a program, a picture or whatever is packed has many characters that nobody writes.
/// A few may have got into a text.
pub(crate) fn is_text(head: &str) -> bool {
    let is_odd = |letter: &char| letter.is_control() && !matches!(letter, '\t' | '\n' | '\r');
    let (odd, all) = (head.chars().filter(is_odd).count(), head.chars().count());
    odd * 20 <= all
}

/// The usual delimiters, the likeliest first.
pub(crate) const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The delimiter that cuts the head's rows into the same number of fields most often; a comma if none does.
pub(crate) fn delimiter(head: &str, quote: u8) -> u8 {
    let mut best = (b',', 0.0, 0);
    for delimiter in DELIMITERS {
        let counts = field_counts(head.as_bytes(), delimiter, quote);
        let Some(header) = counts.first().copied().filter(|count| *count > 1) else { continue };
        let alike = counts.iter().filter(|count| **count == header).count() as f64 / counts.len() as f64;
        // More fields break ties: a comma inside the texts of a file cut by semicolons also gives a few.
        if alike > best.1 + 0.001 || (alike > best.1 - 0.001 && header > best.2) {
            best = (delimiter, alike, header);
        }
    }
    best.0
}

/// How many fields each whole row of the head has, if cut by this delimiter; at most 200 rows.
fn field_counts(head: &[u8], delimiter: u8, quote: u8) -> Vec<usize> {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).quote(quote).build();
    let mut output = vec![0; head.len() + 1];
    let mut ends = vec![0; head.len() + 1];
    let mut counts = Vec::new();
    let mut from = 0;
    while counts.len() < 200 {
        let rest = head.get(from..).unwrap_or_default();
        let (result, read, _, fields) = reader.read_record(rest, &mut output, &mut ends);
        from += read;
        match result {
            ReadRecordResult::Record => counts.push(fields),
            // A head without a single whole row is judged by what there is of it.
            _ if counts.is_empty() && fields > 0 => {
                counts.push(fields + 1);
                break;
            }
            _ => break,
        }
    }
    counts
}

/// Whether the first line is Excel's `sep=;`, and its delimiter.
pub(crate) fn stated_delimiter(head: &str) -> Option<u8> {
    let line = head.lines().next()?;
    let rest = line.trim_start_matches('\u{feff}').strip_prefix("sep=")?;
    match rest.as_bytes() {
        [delimiter] => Some(*delimiter),
        _ => None,
    }
}
