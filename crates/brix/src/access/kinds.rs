//! What the audit can tell of.

/// All kinds of what is done, as they stand in `what` of the audit.
pub const KINDS: [&str; 19] = [
    "definitions.apply",
    "delivery.replay",
    "destination.disable",
    "destination.enable",
    "destination.set_up",
    "erasure.begin",
    "export",
    "key.add",
    "key.revoke",
    "key.rotate",
    "person.add",
    "person.disable",
    "person.enable",
    "person.password",
    "person.role",
    "retention.audit",
    "retention.people",
    "suppression.lift",
    "suppression.set",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Texts of the form `word.word` in a file whose first word is the first one of a kind.
    fn found_in(path: &Path, found: &mut BTreeSet<String>) {
        if path.is_dir() {
            std::fs::read_dir(path).unwrap().for_each(|entry| found_in(&entry.unwrap().path(), found));
            return;
        }
        let text = std::fs::read_to_string(path).unwrap();
        for word in text.split('"').skip(1).step_by(1) {
            let first = word.split_once('.').map_or(word, |(first, _)| first);
            let is_kind = KINDS.iter().any(|kind| kind.split_once('.').is_some_and(|(known, _)| known == first));
            let is_word = word.bytes().all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte));
            if is_kind && is_word && word.contains('.') && !word.contains("..") && !word.ends_with(['.', '_']) {
                found.insert(word.to_owned());
            }
        }
    }

    #[test]
    fn all_that_is_written_is_known() {
        let mut found = BTreeSet::new();
        for folder in ["access", "delivery", "serve", "commands"] {
            found_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder), &mut found);
        }
        let known: BTreeSet<String> = KINDS.iter().filter(|kind| kind.contains('.')).map(ToString::to_string).collect();
        assert_eq!(found, known);
        assert!(KINDS.is_sorted());
    }
}
