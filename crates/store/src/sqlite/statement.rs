//! SQL lives in text files, a statement under a heading `-- name`; the compiler takes it out.

/// The statement under the heading `-- name`, up to the next heading.
pub(crate) const fn statement(file: &'static str, name: &str) -> &'static str {
    let (bytes, wanted) = (file.as_bytes(), name.as_bytes());
    let mut at = 0;
    loop {
        assert!(at < bytes.len(), "the SQL file has no statement of this name");
        if is_heading(bytes, at) && is_at(bytes, at + 3, wanted) && ends_line(bytes, at + 3 + wanted.len()) {
            let start = at + 3 + wanted.len();
            let mut end = start;
            while end < bytes.len() && !is_heading(bytes, end) {
                end += 1;
            }
            return file.split_at(end).0.split_at(start).1;
        }
        at += 1;
    }
}

/// A heading is a comment at the start of a line.
const fn is_heading(bytes: &[u8], at: usize) -> bool {
    (at == 0 || bytes[at - 1] == b'\n') && is_at(bytes, at, b"-- ")
}

const fn is_at(bytes: &[u8], at: usize, wanted: &[u8]) -> bool {
    let mut place = 0;
    while place < wanted.len() {
        if at + place >= bytes.len() || bytes[at + place] != wanted[place] {
            return false;
        }
        place += 1;
    }
    true
}

const fn ends_line(bytes: &[u8], at: usize) -> bool {
    at >= bytes.len() || bytes[at] == b'\n'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_is_under_the_heading() {
        const FILE: &str = "-- get\nSELECT 1;\n-- get all\nSELECT 2\n  FROM a;\n-- last\nSELECT 3;";
        assert_eq!(statement(FILE, "get").trim(), "SELECT 1;");
        assert_eq!(statement(FILE, "get all").trim(), "SELECT 2\n  FROM a;");
        assert_eq!(statement(FILE, "last").trim(), "SELECT 3;");
    }
}
