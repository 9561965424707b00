//! The key of an action, by which a destination knows it again.

/// The key of what is told of a lead: the same each time, and another one for each other action.
///
/// Letters, digits, `_`, `-` and `/` stay as they are; all else becomes `~` and its hexadecimal value, for Standard Webhooks wants no
/// full stop in it and a header no blanks.
#[must_use]
pub fn key(lead: u64, action: &str) -> String {
    let mut key = format!("lead_{lead}/");
    for byte in action.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'/' => key.push(char::from(byte)),
            _ => key.push_str(&format!("~{byte:02x}")),
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn different_actions_have_different_keys() {
        assert_eq!(key(17, "sales/to-buy"), "lead_17/sales/to-buy");
        assert_eq!(key(17, "v1.2 ~ü"), "lead_17/v1~2e2~20~7e~c3~bc");
        assert_ne!(key(1, "a.b"), key(1, "a~2eb"));
    }
}
