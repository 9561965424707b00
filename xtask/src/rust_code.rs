//! Rust source without what is not code: comments and the insides of strings become spaces, lines stay where they
//! are. It knows as much of the syntax as the checks need: nested comments, raw strings, character literals beside
//! lifetimes.

/// The code of a Rust file, of the same number of lines and characters.
pub fn code_only(source: &str) -> String {
    let text: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut at = 0;
    while at < text.len() {
        let end = end_of_what_is_not_code(&text, at);
        for (place, letter) in text.iter().enumerate().take(end).skip(at) {
            let keep = *letter == '\n' || (*letter == '"' && (place == at || place + 1 == end));
            code.push(if keep { *letter } else { ' ' });
        }
        if end == at {
            code.extend(text.get(at));
        }
        at = end.max(at + 1);
    }
    code
}

/// The first place at or after `at` that is code again.
fn end_of_what_is_not_code(text: &[char], at: usize) -> usize {
    let letter = |place: usize| text.get(place).copied().unwrap_or('\0');
    let after_name = at > 0 && (letter(at - 1).is_alphanumeric() || letter(at - 1) == '_');
    match (letter(at), letter(at + 1)) {
        ('/', '/') => (at..text.len()).find(|place| letter(*place) == '\n').unwrap_or(text.len()),
        ('/', '*') => end_of_comment(text, at),
        ('"', _) => end_of_string(text, at),
        ('r', '"' | '#') if !after_name => end_of_raw_string(text, at).unwrap_or(at),
        ('b', 'r') if !after_name => end_of_raw_string(text, at + 1).unwrap_or(at),
        // A quote as a character would open a string that is none.
        ('\'', '"') if letter(at + 2) == '\'' => at + 3,
        ('\'', '\\') if letter(at + 3) == '\'' => at + 4,
        _ => at,
    }
}

fn end_of_comment(text: &[char], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while at < text.len() {
        match (text.get(at), text.get(at + 1)) {
            (Some('/'), Some('*')) => (depth, at) = (depth + 1, at + 2),
            (Some('*'), Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn end_of_string(text: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < text.len() {
        match text.get(at) {
            Some('\\') => at += 2,
            Some('"') => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// `None` when the `r` at `start` opens no raw string.
fn end_of_raw_string(text: &[char], start: usize) -> Option<usize> {
    let marks = text.get(start + 1..)?.iter().take_while(|letter| **letter == '#').count();
    let open = start + 1 + marks;
    if text.get(open) != Some(&'"') {
        return None;
    }
    let closes = |place: usize| {
        text.get(place) == Some(&'"')
            && text
                .get(place + 1..)
                .is_some_and(|rest| rest.iter().take_while(|letter| **letter == '#').count() >= marks)
    };
    Some((open + 1..text.len()).find(|place| closes(*place)).map_or(text.len(), |place| place + 1 + marks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_gone() {
        let cases = [
            ("let a = 1; // std::fs", "let a = 1;"),
            ("a /* std::fs /* b */ c */ d", "a d"),
            (r#"say("std::fs \" std::env") + b"#, r#"say(" ") + b"#),
            (r##"say(r#"std::fs " x"#) + b"##, "say( ) + b"),
            (r#"('"', std::fs)"#, "( , std::fs)"),
            (r"('\'', std::fs)", "( , std::fs)"),
            ("fn of<'a>(b: &'a str)", "fn of<'a>(b: &'a str)"),
            ("for r in bar {}", "for r in bar {}"),
        ];
        for (source, expected) in cases {
            let code = code_only(source);
            assert_eq!(code.split_whitespace().collect::<Vec<_>>().join(" "), expected, "{source}");
            assert_eq!(code.chars().count(), source.chars().count(), "{source}");
        }
    }

    #[test]
    fn lines_stay_where_they_are() {
        assert_eq!(code_only("a\n/* b\n c */\nd").lines().collect::<Vec<_>>(), ["a", "    ", "     ", "d"]);
    }

    #[test]
    fn what_never_ends_is_no_code() {
        for source in ["/* a", "\"a", "r#\"a\"", "'\\", "\"\\"] {
            assert_eq!(code_only(source).chars().count(), source.chars().count(), "{source}");
        }
    }
}
