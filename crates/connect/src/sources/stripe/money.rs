//! Amounts as Stripe writes them: whole numbers of a currency's smallest unit.
//!
//! After Stripe's documentation "Supported currencies", sections on zero-decimal, three-decimal and special cases.

use std::sync::Arc;

use engine::Number;
use engine::record::Money;

use crate::files::mapping::is_currency;

/// Currencies without a smaller unit.
const WHOLE: [&str; 15] =
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];
/// Currencies of a thousand parts.
const THOUSANDTHS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];

/// So many smallest units of a currency. ISK and UGX have none any more, but Stripe goes on writing hundredths of them.
pub(super) fn money(units: Number, currency: &str) -> Option<Money> {
    let currency = currency.to_ascii_uppercase();
    if !is_currency(&currency) {
        return None;
    }
    let parts = match currency.as_str() {
        code if WHOLE.contains(&code) => 1,
        code if THOUSANDTHS.contains(&code) => 1_000,
        _ => 100,
    };
    Some(Money { amount: Number::ratio(units.0, parts * Number::UNIT)?, currency: Arc::from(currency) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smallest_units_by_currency() {
        let amount = |units, currency| money(Number::whole(units), currency).map(|money| money.amount.to_string());
        for (units, currency, expect) in [
            (1999, "usd", "19.99"),
            (500, "jpy", "500"),
            (12_345, "KWD", "12.345"),
            (500, "ugx", "5"),
            (-50, "eur", "-0.5"),
        ] {
            assert_eq!(amount(units, currency).as_deref(), Some(expect), "{currency}");
        }
        assert_eq!(amount(1, "dollars"), None);
    }
}
