//! Every limit of the file sources, in one place.

/// Bytes that are read and cut into rows at a time.
pub const BLOCK_BYTES: usize = 1 << 20;

/// The longest row, after decompression and as UTF-8. A quote that is never closed would otherwise take the rest of
/// the file into memory.
pub const ROW_BYTES: usize = 16 << 20;

/// Bytes from a file's start that format, delimiter, encoding and column types are judged by.
pub const HEAD_BYTES: usize = 256 << 10;

/// The most columns of a table, or different dotted names of a JSON file.
pub const COLUMNS: usize = 4_096;

/// How deep JSON objects may be nested; their members become columns with dotted names.
pub const JSON_DEPTH: usize = 32;

/// The longest text of a property or trait in bytes. Longer texts are cut at a character's border and counted.
pub const TEXT_BYTES: usize = 16 << 10;

/// The longest id of a user, account, workspace, sender or message in bytes. Rows with longer ones are rejected: a cut
/// id could be someone else's.
pub const ID_BYTES: usize = 512;

/// The longest name of an event or property in bytes. Rows with longer ones are rejected.
pub const NAME_BYTES: usize = 256;

/// The most items that one list, or one row's `each`, may have.
pub const ITEMS: usize = 10_000;

/// The most properties or traits of one record.
pub const PROPERTIES: usize = 1_000;

/// Rows after which a batch is handed over.
pub const BATCH_ROWS: usize = 65_536;

/// Bytes of memory after which a batch is handed over.
pub const BATCH_BYTES: usize = 64 << 20;

/// How much of a rejected row's text is kept, in bytes.
pub const REJECT_RAW_BYTES: usize = 2_048;

/// How many rejected rows [`KeptRejects`](super::KeptRejects) holds in memory unless told otherwise.
pub const REJECTS_KEPT: usize = 1_000;

/// The most rows of one file that may need an id made from their content. Eight bytes of memory are kept for each, so
/// that identical rows can be told apart by their order.
pub const ROWS_WITHOUT_ID: usize = 200_000_000;

/// The largest mapping file in bytes.
pub const MAPPING_BYTES: usize = 4 << 20;

/// The most files of one import.
pub const FILES: usize = 100_000;

/// How deep folders may be nested.
pub const FOLDER_DEPTH: usize = 64;

/// Rows that a column's type is judged by where the mapping leaves it open.
pub const TYPING_ROWS: usize = 5_000;
