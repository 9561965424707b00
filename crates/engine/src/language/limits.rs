//! Every limit of the language, in one place. Whoever meets one is told its name and size.

/// Bytes of one definition file or `brix.yaml`.
pub const TEXT_BYTES: usize = 262_144;
/// Mappings and lists inside each other, in the YAML.
pub const YAML_DEPTH: usize = 64;
/// Criteria inside each other.
pub const CRITERIA_DEPTH: usize = 12;
/// Criteria and filter tests of one definition, counted wherever they stand.
pub const CRITERIA: usize = 400;
/// Names, values or criteria in one list.
pub const LIST: usize = 1_000;
/// Steps of a sequence.
pub const STEPS: usize = 8;
/// Characters of a name: an id, an event, a property, a trait.
pub const NAME_CHARS: usize = 200;
/// Characters of a text that values are compared with.
pub const VALUE_CHARS: usize = 2_000;
/// Characters of a regular expression.
pub const PATTERN_CHARS: usize = 1_000;
/// Bytes a compiled regular expression may take.
pub const PATTERN_BYTES: usize = 1_048_576;
/// Units looked back upon by `in_each_of`.
pub const REGULARITY_UNITS: u32 = 366;
/// The n of `gap`.
pub const GAP_EVENTS: u32 = 1_000;
/// Parts of a score, each with its shares.
pub const SCORE_PARTS: usize = 32;
/// Rows of a point table.
pub const POINT_ROWS: usize = 100;
/// Shares inside each other by `max`.
pub const SHARE_DEPTH: usize = 4;
/// Names for scores.
pub const BANDS: usize = 16;
/// Examples of one definition.
pub const EXAMPLES: usize = 100;
/// Records of one example.
pub const EXAMPLE_RECORDS: usize = 5_000;
/// Definitions that refer to each other in a chain.
pub const REFERENCE_DEPTH: usize = 8;
/// Findings reported about one file.
pub const DIAGNOSTICS: usize = 100;
/// The longest exact span, in microseconds: a hundred years of 365 days.
pub const SPAN_MICROSECONDS: i64 = 36_500 * crate::time::DAY;
/// The longest span of the calendar, in months: a hundred years.
pub const SPAN_MONTHS: u32 = 1_200;
