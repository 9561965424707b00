//! The definitions that ship with Brix, embedded: each a file under `definitions/` that explains itself.

/// A definition that ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// Its id, which is also the name of its file.
    pub id: &'static str,
    /// The text of the file.
    pub text: &'static str,
}

macro_rules! templates {
    ($($id:literal,)+) => {
        // In the order of the product's pages.
        static TEMPLATES: &[Template] = &[$(
            Template { id: $id, text: include_str!(concat!("../../../../definitions/", $id, ".yaml")) },
        )+];
    };
}

templates! {
    "minimum-viable",
    "project-management",
    "email-marketing",
    "analytics",
    "developer-tools",
    "crm",
    "video-hosting",
    "chat",
    "meetings",
    "file-storage",
    "design",
    "security",
    "usage-limit-near",
    "rate-limit-hit",
    "expansion-seats",
    "expansion-spend",
    "hand-raise",
    "stalled-trial",
    "power-user-without-budget",
}

impl Template {
    /// The first lines' comment: what it is for.
    #[must_use]
    pub fn about(&self) -> String {
        let lines = self.text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim);
        lines.collect::<Vec<_>>().join(" ")
    }
}

/// Every template.
#[must_use]
pub fn templates() -> &'static [Template] {
    TEMPLATES
}
