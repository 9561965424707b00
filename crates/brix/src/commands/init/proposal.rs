//! The proposed file: its settings one by one, each with what it rests on and what is doubtful.

use insight::text::table::wrap;

use super::look::Look;
use super::section::Section;
use super::{account, goal, kinds, limits, money, spelling, zone};

/// Letters in a line.
const WIDTH: usize = 100;

/// A proposed `brix.yaml`.
pub struct Proposal {
    /// What it rests on, in words.
    what: String,
    /// The settings, in the order of the file.
    pub sections: Vec<Section>,
    /// Whether a lake that was made without it has to be laid out anew.
    pub changes_accounts: bool,
}

impl Proposal {
    /// From a look at the data.
    pub fn of(look: &Look) -> Self {
        let goal = goal::choose(look);
        let accounts = account::rule(look);
        let changes_accounts = !accounts.settings.is_empty();
        let mut sections = vec![
            zone::choose(look),
            money::choose(look),
            goal::section(look, &goal),
            goal::population(look, &goal),
            account::internal_domains(look),
            account::competitor_domains(),
            accounts,
            spelling::section(look),
            kinds::section(look),
        ];
        sections.extend(limits::section(look));
        Self { what: look.what.clone(), sections, changes_accounts }
    }

    /// The file.
    pub fn to_yaml(&self) -> String {
        let mut lines = wrap(
            &format!("What all definitions of this workspace share, proposed by `brix init` from {}.", self.what),
            WIDTH,
            "# ",
            "# ",
        );
        lines.extend(wrap(
            "Lines that begin with `# ?` are doubts: decide, and take the line out. docs/language.md says what else can stand here.",
            WIDTH,
            "# ",
            "# ",
        ));
        for section in &self.sections {
            lines.push(String::new());
            for words in &section.because {
                lines.extend(wrap(words, WIDTH, "# ", "# "));
            }
            for words in &section.doubts {
                lines.extend(wrap(words, WIDTH, "# ? ", "#   "));
            }
            lines.extend(section.settings.iter().cloned());
            lines.extend(section.proposed.iter().map(|line| format!("# {line}")));
        }
        let mut text = lines.join("\n");
        text.push('\n');
        text
    }
}
