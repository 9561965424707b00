//! What a request asks in its query and its body, and what is wrong with it: in words that name the nearest there is, where serde's name a
//! list.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use engine::language::nearest;

use crate::serve::problem::Problem;

/// A query, or why it is none.
pub type Asked<T> = Result<Query<T>, QueryRejection>;

/// What a query says.
pub fn query_of<T>(query: Asked<T>) -> Result<T, Problem> {
    query
        .map(|Query(query)| query)
        .map_err(|error| Problem::bad_request("bad-parameter", in_words(&error.body_text(), "parameter")))
}

/// What is wrong with a text that does not fit: `what` is what it consists of.
pub fn in_words(text: &str, what: &str) -> String {
    const BEGINNINGS: [&str; 2] =
        ["Failed to deserialize query string: ", "Failed to deserialize the JSON body into the target type: "];
    let text = BEGINNINGS.into_iter().find_map(|beginning| text.strip_prefix(beginning)).unwrap_or(text);
    let Some((before, unknown)) = text.split_once("unknown field `") else { return text.to_owned() };
    let Some((name, known)) = unknown.split_once('`') else { return text.to_owned() };
    // Where it stands, where that is not at the top.
    let place = before.strip_suffix(": ").filter(|place| *place != name);
    let place = place.map_or_else(String::new, |place| format!("{place}: "));
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    let cure = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there are none here".to_owned(),
        None => format!("there are {}", known.join(", ")),
    };
    format!("{place}there is no {what} `{name}`; {cure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_named() {
        let query = "Failed to deserialize query string: stat: unknown field `stat`, expected one of `state`, `sort`";
        let body = "Failed to deserialize the JSON body into the target type: ";
        for (text, expected) in [
            (query.to_owned(), "there is no parameter `stat`; did you mean `state`?"),
            (query.replace("stat`,", "xyz`,"), "stat: there is no parameter `xyz`; there are state, sort"),
            (
                format!("{body}files[0].nam: unknown field `nam`, expected `name` or `text` at line 1 column 9"),
                "files[0].nam: there is no parameter `nam`; did you mean `name`?",
            ),
            (format!("{body}unknown field `a`, there are no fields"), "there is no parameter `a`; there are none here"),
            (format!("{body}limit: invalid digit found in string"), "limit: invalid digit found in string"),
            ("Expected an object".to_owned(), "Expected an object"),
        ] {
            assert_eq!(in_words(&text, "parameter"), expected);
        }
    }
}
