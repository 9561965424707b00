//! Links between Markdown pages lead somewhere: to a file that is there, and to a heading that is in it.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::finding::Finding;
use crate::repository::Repository;

/// Relative links that lead nowhere. Addresses on the network are not asked.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let pages: BTreeMap<&str, Page> =
        repository.texts_with(&["md"]).map(|(path, text)| (path, Page::read(text))).collect();
    let mut findings = Vec::new();
    for (path, page) in &pages {
        for (line, link) in &page.links {
            if let Some(message) = wrong_with(link, path, repository, &pages) {
                findings.push(Finding::at(path, *line, format!("link {link}: {message}")));
            }
        }
    }
    findings
}

/// What a Markdown page offers and asks for.
struct Page {
    /// Line and target of each link and picture.
    links: Vec<(usize, String)>,
    /// The anchors of its headings.
    anchors: BTreeSet<String>,
}

impl Page {
    fn read(text: &str) -> Self {
        let mut page = Self { links: Vec::new(), anchors: BTreeSet::new() };
        let mut heading: Option<String> = None;
        for (event, place) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    let line = text.get(..place.start).unwrap_or_default().matches('\n').count() + 1;
                    page.links.push((line, dest_url.into_string()));
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => page.add_anchor(&heading.take().unwrap_or_default()),
                Event::Text(words) | Event::Code(words) => {
                    if let Some(title) = &mut heading {
                        title.push_str(&words);
                    }
                }
                _ => {}
            }
        }
        page
    }

    /// The anchor that forges make of a heading: lower case, blanks as hyphens, without punctuation; a repeated one
    /// gets a number.
    fn add_anchor(&mut self, heading: &str) {
        let anchor: String = heading
            .to_lowercase()
            .chars()
            .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
            .map(|letter| if letter == ' ' { '-' } else { letter })
            .collect();
        let repeated = (1..).map(|count| format!("{anchor}-{count}"));
        let free = std::iter::once(anchor.clone()).chain(repeated).find(|name| !self.anchors.contains(name));
        self.anchors.extend(free);
    }
}

fn wrong_with(link: &str, from: &str, repository: &Repository, pages: &BTreeMap<&str, Page>) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (target, anchor) = link.split_once('#').map_or((link, None), |(target, anchor)| (target, Some(anchor)));
    let path = if target.is_empty() {
        from.to_owned()
    } else {
        match resolve(from, target) {
            Some(path) => path,
            None => return Some("leaves the repository".to_owned()),
        }
    };
    if !repository.has(&path) {
        return Some(format!("there is no {path}"));
    }
    let (page, anchor) = (pages.get(path.as_str())?, anchor?);
    (!page.anchors.contains(anchor)).then(|| format!("{path} has no heading #{anchor}"))
}

/// The path from the root of `target` as seen from the page `from`; `None` when it lies outside.
fn resolve(from: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<usize> {
        let files = [
            ("docs/guides/a.md", text),
            ("docs/b.md", "# Who? `when`\n\n## Twice\n\n## Twice\n"),
            ("README.md", ""),
            ("docs/a.png", ""),
        ];
        check(&Repository::of(&files)).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        for link in ["c.md", "../c.md", "../../../README.md", "/README.md", "../b.md#what", "#here", "b.md"] {
            assert_eq!(found(&format!("a\n\n[x]({link})\n")), [3], "{link}");
            assert_eq!(found(&format!("![x]({link})\n")), [1], "{link}");
        }
        assert_eq!(found("[x][y]\n\n[y]: c.md\n"), [1]);
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        for link in ["../b.md", "../b.md#who-when", "../b.md#twice", "../b.md#twice-1", "../..", "../a.png", "a.md"] {
            assert_eq!(found(&format!("[x]({link})\n")), [], "{link}");
        }
        assert_eq!(found("[x](https://brix.example/a) `[x](c.md)`\n\n```\n[x](c.md)\n```\n"), []);
        assert_eq!(found("## Here\n\n[x](#here)\n"), []);
    }
}
