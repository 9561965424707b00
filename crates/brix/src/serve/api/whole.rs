//! Whole numbers in bodies, as JSON Schema means them: `845.0` is one too, and none is larger than what the store can hold.

use serde::{Deserialize as _, Deserializer, de::Error as _};
use serde_json::Number;

/// Beyond it, a number with a point may stand for several whole ones.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number, or null.
pub fn optional<'de, D: Deserializer<'de>, T: TryFrom<i64>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(deserializer)? else { return Ok(None) };
    let whole = number.as_i64().or_else(|| {
        let number = number.as_f64().filter(|number| number.fract() == 0.0 && number.abs() <= EXACT)?;
        Some(number as i64)
    });
    match whole.and_then(|whole| T::try_from(whole).ok()) {
        Some(whole) => Ok(Some(whole)),
        None => Err(D::Error::custom(format!("`{number}` is not a whole number, is below 0 or too large"))),
    }
}
