//! The guess as a mapping file.

use std::fmt::Write as _;

use super::Group;
use super::profile::{ColumnProfile, Typed};
use crate::files::mapping::{Format, changed_by_buying};
use crate::files::typing::Judged;

/// The whole file.
pub(super) fn mapping(source: &str, groups: &[Group]) -> String {
    let mut out = String::from(
        "# A proposal, made from a look at the files. Read it through: names of events, ids, times and types are guesses.\n\
         # Remarks that begin with `?` are doubts: settle them, and take them out.\n",
    );
    let _ = writeln!(out, "source: {}", scalar(source));
    out.push_str("zone: UTC # ? the zone of times that state none\n");
    if groups.iter().any(|group| group.roles.amount.is_some() && group.roles.currency.is_none()) {
        out.push_str("currency: USD # ? of amounts without one\n");
    }
    let usable: Vec<&Group> = groups.iter().filter(|group| group.is_usable()).collect();
    for group in groups.iter().filter(|group| !group.is_usable()) {
        let _ = writeln!(out, "\n# ? {} is left out: {}.", group.pattern(), group.why_unusable());
        describe(group, &mut out);
    }
    if usable.is_empty() {
        out.push_str("files: [] # ? nothing here could be told to be about someone\n");
        return out;
    }
    out.push_str("\nfiles:\n");
    for group in usable {
        file(group, &mut out);
    }
    out
}

impl Group {
    /// The name that fits all its files: digits that differ become `*`.
    fn pattern(&self) -> String {
        let mut names: Vec<&str> = self.files.iter().map(|file| file.relative.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let starred = |name: &str| {
            let mut out = String::new();
            for letter in name.chars() {
                if !letter.is_ascii_digit() {
                    out.push(letter);
                } else if !out.ends_with('*') {
                    out.push('*');
                }
            }
            out
        };
        match names.as_slice() {
            [name] => (*name).to_owned(),
            [first, others @ ..] if others.iter().all(|name| starred(name) == starred(first)) => starred(first),
            names => format!("{{{}}}", names.join(",")),
        }
    }

    fn is_usable(&self) -> bool {
        self.roles.has_subject() && (self.roles.time.is_some() || !self.constants().is_empty())
    }

    fn why_unusable(&self) -> &'static str {
        if self.roles.has_subject() {
            "no column was found to hold times, nor any trait that could be constant"
        } else {
            "no column was found to name a user, an account or a workspace"
        }
    }

    /// Columns without another part.
    fn others(&self) -> impl Iterator<Item = &ColumnProfile> {
        let columns = self.profile.columns.iter().enumerate();
        columns.filter(|(place, column)| !self.roles.uses(*place) && column.filled > 0).map(|(_, column)| column)
    }

    /// Columns that may be held to be so always.
    fn constants(&self) -> Vec<&ColumnProfile> {
        let times = |column: &ColumnProfile| column.time_format().is_some();
        self.others().filter(|column| changed_by_buying(&column.name).is_none() && !times(column)).collect()
    }

    fn name(&self, place: Option<usize>) -> Option<&ColumnProfile> {
        self.profile.columns.get(place?)
    }

    /// Words of the file's name, for an event.
    fn title(&self) -> String {
        let name = self.files.first().map(|file| file.relative.as_str()).unwrap_or_default();
        let stem = name.rsplit('/').next().unwrap_or(name).split('.').next().unwrap_or(name);
        let words = stem.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty());
        let title = |word: &str| {
            let mut letters = word.chars();
            let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
            first + letters.as_str()
        };
        let words: Vec<String> = words.map(title).collect();
        if words.is_empty() { "Something Done".to_owned() } else { words.join(" ") }
    }
}

/// A text as a YAML scalar.
fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && !text.ends_with(' ')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | ' ' | '.' | '-' | '/'))
        && !matches!(text.to_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// In double quotes, which JSON's texts are too.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned())
}

/// A comment's words: on one line, and short.
fn words(text: &str) -> String {
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(40).collect();
    if line.len() < text.len() { format!("{line}…") } else { line }
}

fn describe(group: &Group, out: &mut String) {
    let profile = &group.profile;
    let seen = if profile.is_whole { "all" } else { "the first" };
    let _ = writeln!(out, "  # Seen in {seen} {} rows:", profile.rows);
    if profile.broken > 0 {
        let _ =
            writeln!(out, "  # ? {} of them could not be cut into fields; `brix import` says where", profile.broken);
    }
    for column in &profile.columns {
        let empty = (profile.rows - profile.broken).saturating_sub(column.filled);
        let share = if profile.rows == 0 { 0.0 } else { 100.0 * empty as f64 / profile.rows as f64 };
        let examples: Vec<String> = column.examples(3).into_iter().map(words).collect();
        let distinct =
            if column.is_varied { format!("over {}", column.values.len()) } else { column.values.len().to_string() };
        let _ = writeln!(
            out,
            "  #   {}: {}, {share:.1} % empty, {distinct} different, such as {}",
            words(&column.name),
            kind(column),
            examples.join(" · ")
        );
        if let Some(doubt) = column.day_and_month() {
            let mark = if doubt.contains("cannot") { "? " } else { "" };
            let _ = writeln!(out, "  #     {mark}{}", words_of_doubt(&doubt));
        }
        for (literal, count) in &column.nulls {
            let _ = writeln!(
                out,
                "  #     ? {} stands {count} times: a value, or none?{}",
                quoted(literal),
                null_hint(column, literal)
            );
        }
    }
}

fn words_of_doubt(doubt: &str) -> String {
    doubt.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

fn null_hint(column: &ColumnProfile, literal: &str) -> &'static str {
    match literal {
        "NA" if column.name.to_lowercase().contains("country") => " NA is also the code of Namibia",
        _ if is_missing(column, literal) => " Taken for none, as the rest is of another type",
        _ => "",
    }
}

/// Whether a literal is taken for "none" without asking: if all other values are numbers, truths or times.
fn is_missing(column: &ColumnProfile, literal: &str) -> bool {
    column.judged() != Judged::Text
        || column.time_format().is_some()
        || matches!(literal, "NULL" | "\\N" | "(null)" | "#N/A")
}

fn kind(column: &ColumnProfile) -> &'static str {
    match (column.typed, column.time_format()) {
        _ if column.filled == 0 => "empty",
        (_, Some(_)) => "times",
        (Some(Typed::List), _) => "lists",
        (Some(Typed::Mixed), _) => "mixed",
        _ => match column.judged() {
            Judged::Number => "numbers",
            Judged::Boolean => "true or false",
            Judged::Time => "times",
            Judged::Text => "texts",
        },
    }
}

fn file(group: &Group, out: &mut String) {
    let roles = &group.roles;
    let _ = writeln!(out, "  - match: {}", quoted(&group.pattern()));
    describe(group, out);
    if group.format == Format::Csv {
        if let Some(delimiter) = group.delimiter.filter(|delimiter| *delimiter != b',') {
            let delimiter = char::from(delimiter).to_string();
            let _ = writeln!(out, "    delimiter: {}", quoted(&delimiter));
        }
        if let Some(encoding) = group.encoding.filter(|encoding| *encoding != "UTF-8") {
            let _ = writeln!(out, "    encoding: {encoding} # ? as the bytes are not UTF-8");
        }
    }
    out.push_str("    records:\n");
    if let Some(time) = group.name(roles.time) {
        event(group, time, out);
    }
    if roles.is_register || roles.time.is_none() {
        constant_traits(group, out);
    }
    out.push('\n');
}

fn event(group: &Group, time: &ColumnProfile, out: &mut String) {
    let roles = &group.roles;
    match group.name(roles.event) {
        Some(event) => {
            let _ = writeln!(out, "      - event: {{ column: {} }}", quoted(&event.name));
        }
        None => {
            let _ = writeln!(out, "      - event: {} # ? name what each row says was done", scalar(&group.title()));
        }
    }
    ids(group, out);
    let _ = writeln!(out, "        time: {}", time_of(time));
    for place in &roles.other_times {
        if let Some(other) = group.profile.columns.get(*place) {
            let _ = writeln!(
                out,
                "        # ? {} holds times too: is it something that happened by itself?",
                words(&other.name)
            );
        }
    }
    if let Some(received) = group.name(roles.received) {
        let _ = writeln!(out, "        received: {}", time_of(received));
    }
    if let Some(message) = group.name(roles.message) {
        let repeats = message.repeats().filter(|repeats| *repeats > 0);
        let doubt = repeats.map_or_else(String::new, |rows| format!(" # ? {rows} rows repeat one: copies count once"));
        let _ = writeln!(
            out,
            "        id: {{ column: {}, prefix: {} }}{doubt}",
            quoted(&message.name),
            quoted(&format!("{}/", group.pattern()))
        );
    }
    if let Some(amount) = group.name(roles.amount) {
        match group.name(roles.currency) {
            Some(currency) => {
                let (amount, currency) = (quoted(&amount.name), quoted(&currency.name));
                let _ = writeln!(
                    out,
                    "        amount: {{ column: {amount}, currency: {{ column: {currency} }} }} # ? is it money"
                );
            }
            None => {
                let _ = writeln!(out, "        amount: {{ column: {} }} # ? is it money", quoted(&amount.name));
            }
        }
    }
    let properties: Vec<&ColumnProfile> = if roles.is_register { Vec::new() } else { group.others().collect() };
    values("properties", &properties, out);
}

fn ids(group: &Group, out: &mut String) {
    let roles = &group.roles;
    let all = [
        ("user", roles.user),
        ("anonymous", roles.anonymous),
        ("account", roles.account),
        ("workspace", roles.workspace),
    ];
    for (key, place) in all {
        if let Some(column) = group.name(place) {
            let _ = writeln!(out, "        {key}: {}", quoted(&column.name));
        }
    }
}

fn constant_traits(group: &Group, out: &mut String) {
    let roles = &group.roles;
    let (of, id) = match (roles.user, roles.anonymous, roles.account, roles.workspace) {
        (Some(user), ..) => ("user", ("user", user)),
        (_, Some(anonymous), ..) => ("user", ("anonymous", anonymous)),
        (_, _, Some(account), _) => ("account", ("account", account)),
        (_, _, _, Some(workspace)) => ("workspace", ("workspace", workspace)),
        _ => return,
    };
    let constants = group.constants();
    for column in group.others().filter(|column| changed_by_buying(&column.name).is_some()) {
        let word = changed_by_buying(&column.name).unwrap_or_default();
        let _ = writeln!(
            out,
            "      # ? {} is left out: buying changes {word}, so it needs the time from which it holds",
            words(&column.name)
        );
    }
    if constants.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "      - traits: {of} # ? are these so from the beginning? What is filled in later tells the past what came after"
    );
    out.push_str("        constant: true\n");
    if let Some(column) = group.profile.columns.get(id.1) {
        let _ = writeln!(out, "        {}: {}", id.0, quoted(&column.name));
    }
    values("values", &constants, out);
}

fn values(key: &str, columns: &[&ColumnProfile], out: &mut String) {
    if columns.is_empty() {
        return;
    }
    let _ = writeln!(out, "        {key}:");
    for column in columns {
        let mut spec = format!("column: {}", quoted(&column.name));
        match (column.typed, column.time_format()) {
            (Some(Typed::List | Typed::Mixed), _) => {}
            (_, Some("iso")) => spec.push_str(", type: time"),
            (_, Some(format)) => {
                let _ = write!(spec, ", type: time, format: {}", quoted(format));
            }
            (Some(_), None) => {}
            (None, None) => spec.push_str(match column.judged() {
                Judged::Number => ", type: number",
                Judged::Boolean => ", type: boolean",
                Judged::Time => ", type: time",
                Judged::Text => ", type: text",
            }),
        }
        let missing: Vec<String> = column
            .nulls
            .iter()
            .filter(|(literal, _)| is_missing(column, literal))
            .map(|(literal, _)| quoted(literal))
            .collect();
        if !missing.is_empty() {
            let _ = write!(spec, ", missing: [\"\", {}]", missing.join(", "));
        }
        let name = short_name(&column.name, columns);
        let _ = writeln!(out, "          {}: {{ {spec} }}", quoted(name));
    }
}

/// A name without the object that messages keep their properties or traits in, where no other column has that name.
fn short_name<'a>(name: &'a str, columns: &[&ColumnProfile]) -> &'a str {
    let short = ["properties.", "traits."].iter().find_map(|object| name.strip_prefix(object));
    let is_alone = |short: &&str| {
        let alike = columns.iter().filter(|other| {
            let other = other.name.as_str();
            let inner = ["properties.", "traits."].iter().find_map(|object| other.strip_prefix(object));
            inner.unwrap_or(other) == *short
        });
        !short.is_empty() && alike.count() == 1
    };
    short.filter(is_alone).unwrap_or(name)
}

fn time_of(column: &ColumnProfile) -> String {
    match column.time_format() {
        Some("iso") | None => quoted(&column.name),
        Some(format) => format!("{{ column: {}, format: {} }}", quoted(&column.name), quoted(format)),
    }
}
