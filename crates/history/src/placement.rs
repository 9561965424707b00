//! The settings that decide which rows stand together.

use engine::workspace::Workspace;

/// The account settings of a workspace as a text that two workspaces share if they place all rows alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement(pub String);

impl Placement {
    /// Of a workspace: empty where accounts are not taken from e-mail addresses.
    #[must_use]
    pub fn of(workspace: &Workspace) -> Self {
        if !workspace.account_from_email {
            return Self(String::new());
        }
        let aliases = workspace.domain_aliases.iter().map(|(domain, account)| format!("{domain}={account}"));
        let lists = [
            ("internal", &workspace.internal_domains),
            ("competitor", &workspace.competitor_domains),
            ("free", &workspace.free_domains),
            ("education", &workspace.education_domains),
        ];
        let mut text = String::from("e-mail domains");
        for alias in aliases {
            text.push_str(&format!("; {alias}"));
        }
        for (word, list) in lists {
            text.push_str(&format!("; {word}:"));
            for domain in list {
                text.push_str(&format!(" {domain}"));
            }
        }
        Self(text)
    }
}
