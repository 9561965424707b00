//! Text as Slack wants it: escaped, on one line, and no longer than allowed.

/// What Slack asks to be escaped, and nothing else; whatever would end a line becomes a blank. At most so many characters once
/// escaped, with `…` at the end of what was cut; no escape is cut in two.
pub(super) fn escaped(text: &str, most: usize) -> String {
    let mut out = String::new();
    // The length before the last characters, where a cut can be made with room for the dots.
    let (mut length, mut fits) = (0, 0);
    for letter in text.chars() {
        let piece = match letter {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            letter if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') => " ",
            _ => "",
        };
        length += if piece.is_empty() { 1 } else { piece.len() };
        if length > most {
            out.truncate(fits);
            if most > 0 {
                out.push('…');
            }
            return out;
        }
        if piece.is_empty() {
            out.push(letter);
        } else {
            out.push_str(piece);
        }
        if length < most {
            fits = out.len();
        }
    }
    out
}

/// An address as the first part of a link; `None` if it is no web address or too long.
pub(super) fn address(url: &str) -> Option<String> {
    let is_web = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    let is_plain = !url.chars().any(|letter| letter.is_control() || letter.is_whitespace());
    let address = url.replace('&', "&amp;").replace('<', "%3C").replace('>', "%3E").replace('|', "%7C");
    (is_web && is_plain && address.chars().count() <= 1000).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_cuts() {
        for (text, most, expect) in [
            ("a<!channel>&b", 99, "a&lt;!channel&gt;&amp;b"),
            ("two\nlines\r\u{2028}\u{0}x", 99, "two lines   x"),
            ("abcdef", 6, "abcdef"),
            ("abcdefg", 6, "abcde…"),
            ("abcd&", 6, "abcd…"),
            ("ab&cd", 6, "ab…"),
            ("a&", 6, "a&amp;"),
            ("äöüß", 3, "äö…"),
            ("&&", 4, "…"),
            ("x", 0, ""),
        ] {
            assert_eq!(escaped(text, most), expect, "{text:?} {most}");
        }
    }

    #[test]
    fn addresses() {
        assert_eq!(address("https://a.example/?x=1&y=<|>").as_deref(), Some("https://a.example/?x=1&amp;y=%3C%7C%3E"));
        assert_eq!(address("javascript:alert(1)"), None);
        assert_eq!(address("https://a.example/ b"), None);
        assert_eq!(address(&format!("https://{}", "a".repeat(1000))), None);
    }
}
