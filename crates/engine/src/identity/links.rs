//! What something points at as time goes by: a device at its user, a workspace at its account.

use super::Ids;
use crate::household::Code;

/// From an instant on, something points at `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Link {
    /// From when on.
    pub at: i64,
    /// At what.
    pub to: Code,
    /// When that was known.
    pub known: i64,
}

/// The links of one thing in order of time: no two at one instant, no two neighbours to the same target.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Links(Vec<Link>);

impl Links {
    /// From statements in any order. At one instant the target with the smaller text wins. Statements of the same
    /// target in a row are one link, known as soon as the first received of them was.
    #[must_use]
    pub fn of(mut statements: Vec<Link>, ids: &dyn Ids) -> Self {
        statements
            .sort_unstable_by(|a, b| a.at.cmp(&b.at).then_with(|| order(a.to, b.to, ids)).then(a.known.cmp(&b.known)));
        let mut links: Vec<Link> = Vec::new();
        let mut instant = None;
        for link in statements {
            let loses = instant == Some(link.at) && links.last().is_some_and(|last| last.to != link.to);
            instant = Some(link.at);
            if loses {
                continue;
            }
            match links.last_mut() {
                Some(last) if last.to == link.to => last.known = last.known.min(link.known),
                _ => links.push(link),
            }
        }
        Self(links)
    }

    /// The link that holds at an instant: the latest at or before it, else the first after it.
    #[must_use]
    pub fn at(&self, instant: i64) -> Option<Link> {
        let after = self.0.partition_point(|link| link.at <= instant);
        self.0.get(after.saturating_sub(1)).copied()
    }

    /// All links in order of time.
    #[must_use]
    pub fn as_slice(&self) -> &[Link] {
        &self.0
    }
}

/// By text, so that the result does not depend on the order in which ids were first seen.
fn order(a: Code, b: Code, ids: &dyn Ids) -> std::cmp::Ordering {
    if a == b { std::cmp::Ordering::Equal } else { ids.text(a).cmp(ids.text(b)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Letters;

    impl Ids for Letters {
        fn text(&self, code: Code) -> &str {
            // Later codes have smaller texts.
            ["", "z", "y", "x"][code as usize]
        }
    }

    fn link(at: i64, to: Code, known: i64) -> Link {
        Link { at, to, known }
    }

    #[test]
    fn latest_before_else_first_after() {
        let links = Links::of(vec![link(20, 2, 21), link(10, 1, 11)], &Letters);
        assert_eq!(links.at(5), Some(link(10, 1, 11)));
        assert_eq!(links.at(10), Some(link(10, 1, 11)));
        assert_eq!(links.at(19), Some(link(10, 1, 11)));
        assert_eq!(links.at(20), Some(link(20, 2, 21)));
        assert_eq!(Links::default().at(5), None);
    }

    #[test]
    fn one_link_for_a_row_of_statements_and_the_smaller_text_at_one_instant() {
        let links = Links::of(
            vec![link(10, 1, 90), link(12, 1, 13), link(20, 2, 30), link(20, 3, 40), link(30, 3, 31)],
            &Letters,
        );
        assert_eq!(links.as_slice(), [link(10, 1, 13), link(20, 3, 31)]);
    }

    #[test]
    fn the_loser_of_an_instant_does_not_split_a_row() {
        let links = Links::of(vec![link(10, 3, 10), link(20, 3, 20), link(20, 1, 20), link(30, 3, 30)], &Letters);
        assert_eq!(links.as_slice(), [link(10, 3, 10)]);
    }
}
