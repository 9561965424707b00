//! Traits that cannot be held to have always been so, because buying changes them.

/// Words in the names of traits that buying, or the run-up to it, changes.
const CHANGED_BY_BUYING: [&str; 42] = [
    "plan",
    "plans",
    "tier",
    "price",
    "pricing",
    "spend",
    "spent",
    "mrr",
    "arr",
    "acv",
    "ltv",
    "seat",
    "seats",
    "licence",
    "licences",
    "license",
    "licenses",
    "stage",
    "owner",
    "status",
    "subscription",
    "subscriptions",
    "subscribed",
    "subscriber",
    "billing",
    "billed",
    "trial",
    "churn",
    "churned",
    "customer",
    "paying",
    "paid",
    "payment",
    "payments",
    "invoice",
    "purchase",
    "purchased",
    "converted",
    "conversion",
    "enrolled",
    "premium",
    "deal",
];

/// The word in a trait's or column's name for which it cannot be constant. Names are cut into words at anything that is
/// not a letter, and where a capital follows a small letter.
pub(crate) fn changed_by_buying(name: &str) -> Option<&'static str> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for letter in name.chars() {
        if !letter.is_alphabetic() || (was_small && letter.is_uppercase()) {
            words.push(String::new());
        }
        if letter.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        was_small = letter.is_lowercase();
    }
    CHANGED_BY_BUYING.into_iter().find(|changed| words.iter().any(|word| word == changed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_whole_words() {
        for (name, expect) in [
            ("plan", Some("plan")),
            ("plan_tier", Some("plan")),
            ("account.planName", Some("plan")),
            ("Seats", Some("seats")),
            ("mrr_amount", Some("mrr")),
            ("isTrial", Some("trial")),
            ("planet", None),
            ("country", None),
            ("plant_size", None),
            ("deal stage", Some("stage")),
        ] {
            assert_eq!(changed_by_buying(name), expect, "{name}");
        }
    }
}
