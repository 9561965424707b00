//! Markup that cannot be broken from outside: only fixed strings go in as they are, all else is escaped.

/// A page in the making.
#[derive(Debug, Default)]
pub(crate) struct Html(String);

impl Html {
    /// Markup written in the source code.
    pub(crate) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Words, escaped.
    pub(crate) fn text(&mut self, words: impl AsRef<str>) -> &mut Self {
        escape(words.as_ref(), &mut self.0);
        self
    }

    /// Opens an element; the values of attributes are escaped.
    pub(crate) fn open(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) -> &mut Self {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            escape(value, &mut self.0);
            self.0.push('"');
        }
        self.0.push('>');
        self
    }

    /// Closes an element.
    pub(crate) fn close(&mut self, tag: &'static str) -> &mut Self {
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
        self
    }

    /// An element that holds words.
    pub(crate) fn element(&mut self, tag: &'static str, class: &str, words: impl AsRef<str>) -> &mut Self {
        if class.is_empty() {
            self.open(tag, &[])
        } else {
            self.open(tag, &[("class", class)])
        };
        self.text(words).close(tag)
    }

    /// The finished page.
    pub(crate) fn finish(self) -> String {
        self.0
    }
}

fn escape(words: &str, out: &mut String) {
    for letter in words.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Control letters have no place on a page, and some readers stumble over them.
            control if control.is_control() && !matches!(control, '\n' | '\t') => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Html;

    #[test]
    fn nothing_from_outside_is_markup() {
        let mut html = Html::default();
        html.open("a", &[("title", "\"><script>'")]).text("<b>&\u{0}").close("a");
        assert_eq!(html.finish(), "<a title=\"&quot;&gt;&lt;script&gt;&#39;\">&lt;b&gt;&amp;\u{fffd}</a>");
    }
}
