//! Which column may be what.

use super::profile::{ColumnProfile, Profile, Typed};
use crate::files::typing::Judged;

/// Columns by their likely part, as places in the profile.
#[derive(Debug, Clone, Default)]
pub(super) struct Roles {
    pub(super) user: Option<usize>,
    pub(super) anonymous: Option<usize>,
    pub(super) account: Option<usize>,
    pub(super) workspace: Option<usize>,
    pub(super) event: Option<usize>,
    pub(super) time: Option<usize>,
    pub(super) received: Option<usize>,
    pub(super) message: Option<usize>,
    pub(super) amount: Option<usize>,
    pub(super) currency: Option<usize>,
    /// Other columns that hold times.
    pub(super) other_times: Vec<usize>,
    /// Whether each row is a subject of its own, rather than something that happened.
    pub(super) is_register: bool,
}

const USERS: [&str; 20] = [
    "user_id",
    "userid",
    "user",
    "uid",
    "person_id",
    "distinct_id",
    "member_id",
    "student_id",
    "learner_id",
    "contact_id",
    "lead_id",
    "mql_id",
    "prospect_id",
    "client_id",
    "subscriber_id",
    "profile_id",
    "customer_id",
    "email",
    "user_email",
    "e_mail",
];
const ANONYMOUS: [&str; 7] =
    ["anonymous_id", "anonymousid", "anon_id", "device_id", "visitor_id", "cookie_id", "session_id"];
const ACCOUNTS: [&str; 18] = [
    "account_id",
    "accountid",
    "account",
    "org_id",
    "organization_id",
    "organisation_id",
    "org",
    "organization",
    "organisation",
    "company_id",
    "company",
    "tenant_id",
    "group_id",
    "team_id",
    "seller_id",
    "customer_id",
    "account_name",
    "domain",
];
const WORKSPACES: [&str; 3] = ["workspace_id", "workspace", "workspaceid"];
const EVENTS: [&str; 8] = ["event", "event_name", "eventname", "event_type", "action", "activity", "verb", "type"];
const TIMES: [&str; 14] = [
    "timestamp",
    "event_time",
    "occurred_at",
    "time",
    "original_timestamp",
    "time_stamp",
    "datetime",
    "ts",
    "event_date",
    "date",
    "created_at",
    "created",
    "creation_time",
    "signup_date",
];
const RECEIPTS: [&str; 8] = [
    "received_at",
    "ingested_at",
    "server_time",
    "loaded_at",
    "server_received_time",
    "server_upload_time",
    "inserted_at",
    "collected_at",
];
const MESSAGES: [&str; 9] =
    ["message_id", "messageid", "event_id", "eventid", "insert_id", "uuid", "id", "$insert_id", "row_id"];
/// Names that can be nothing but a message's: in exports of events a few of them come twice.
const PLAIN_MESSAGES: [&str; 4] = ["message_id", "messageid", "insert_id", "$insert_id"];
const AMOUNTS: [&str; 9] = ["amount", "revenue", "price", "total", "mrr", "mrr_amount", "value", "charge", "payment"];
const CURRENCIES: [&str; 2] = ["currency", "currency_code"];

/// A name in small letters, its words joined by `_`.
fn plain(name: &str) -> String {
    let mut out = String::new();
    let mut was_small = false;
    for letter in name.chars() {
        if letter.is_uppercase() && was_small || (!letter.is_alphanumeric() && letter != '$') {
            out.push('_');
        }
        if letter.is_alphanumeric() || letter == '$' {
            out.extend(letter.to_lowercase());
        }
        was_small = letter.is_lowercase();
    }
    out.trim_matches('_').replace("__", "_")
}

impl Roles {
    /// Judges by names and what stands in the columns; `file` is the file's name, in which `users` and the like count.
    pub(super) fn of(profile: &Profile, file: &str) -> Self {
        // What messages say of their surroundings (`context.groupId`) names whom they are about, too.
        let outer = |name: &str| plain(name.strip_prefix("context.").unwrap_or(name));
        let names: Vec<String> = profile.columns.iter().map(|column| outer(&column.name)).collect();
        let find = |wanted: &[&str], fits: &dyn Fn(&ColumnProfile) -> bool| {
            wanted.iter().find_map(|wanted| {
                let mut places = names.iter().enumerate().filter(|(_, name)| name == wanted).map(|(place, _)| place);
                places.find(|place| profile.columns.get(*place).is_some_and(fits))
            })
        };
        let filled = |column: &ColumnProfile| column.filled * 2 >= profile.rows.saturating_sub(profile.broken);
        let time_like = |column: &ColumnProfile| column.time_format().is_some();
        let numeric = |column: &ColumnProfile| column.typed == Some(Typed::Number) || column.judged() == Judged::Number;
        let few = |column: &ColumnProfile| !column.is_varied && column.values.len() <= 1_000 && !time_like(column);
        let times: Vec<usize> =
            (0..profile.columns.len()).filter(|place| profile.columns.get(*place).is_some_and(time_like)).collect();

        let received = find(&RECEIPTS, &time_like);
        let time = find(&TIMES, &|column| time_like(column) && filled(column))
            .or_else(|| {
                let full = |place: &&usize| profile.columns.get(**place).is_some_and(filled);
                times.iter().filter(|place| Some(**place) != received).find(full).copied()
            })
            .filter(|place| Some(*place) != received);
        let mut roles = Self {
            user: find(&USERS, &|column| column.filled > 0),
            anonymous: find(&ANONYMOUS, &|column| column.filled > 0),
            account: find(&ACCOUNTS, &|column| column.filled > 0),
            workspace: find(&WORKSPACES, &|column| column.filled > 0),
            event: find(&EVENTS, &|column| few(column) && filled(column) && !numeric(column)),
            time,
            received,
            message: find(&MESSAGES, &|column| column.is_unique() && filled(column))
                .or_else(|| find(&PLAIN_MESSAGES, &|column| column.is_nearly_unique() && filled(column))),
            amount: find(&AMOUNTS, &numeric),
            currency: find(&CURRENCIES, &few),
            other_times: times.into_iter().filter(|place| Some(*place) != time && Some(*place) != received).collect(),
            is_register: false,
        };
        roles.subject_by_file(profile, &names, file);
        if roles.account == roles.user {
            roles.account = None;
        }
        if roles.message == roles.user || roles.message == roles.account {
            roles.message = None;
        }
        let subject = roles.user.or(roles.account).or(roles.workspace);
        roles.is_register = roles.event.is_none()
            && subject.and_then(|place| profile.columns.get(place)).is_some_and(ColumnProfile::is_unique);
        roles
    }

    /// In a file of users or accounts, a column that is plainly `id` is theirs; else a unique first column ending in `id` is
    /// taken for a user's where no other id was found.
    fn subject_by_file(&mut self, profile: &Profile, names: &[String], file: &str) {
        let file = plain(file);
        let is_of = |words: &[&str]| words.iter().any(|word| file.contains(word));
        let own = names.iter().position(|name| matches!(name.as_str(), "id" | "object_id" | "objectid" | "key"));
        if let Some(own) = own.filter(|own| profile.columns.get(*own).is_some_and(ColumnProfile::is_unique)) {
            if self.user.is_none()
                && is_of(&["user", "person", "people", "customer", "student", "contact", "lead", "member"])
            {
                self.user = Some(own);
            } else if self.account.is_none() && is_of(&["account", "org", "compan", "tenant"]) {
                self.account = Some(own);
            }
        }
        if self.user.is_none() && self.account.is_none() && self.workspace.is_none() && self.anonymous.is_none() {
            self.user = names.iter().position(|name| name.ends_with("id"));
        }
    }

    /// Whether a column has a part other than being a property.
    pub(super) fn uses(&self, place: usize) -> bool {
        [
            self.user,
            self.anonymous,
            self.account,
            self.workspace,
            self.event,
            self.time,
            self.received,
            self.message,
            self.amount,
            self.currency,
        ]
        .contains(&Some(place))
    }

    /// Whether there is anyone whom the rows are about.
    pub(super) fn has_subject(&self) -> bool {
        self.user.or(self.anonymous).or(self.account).or(self.workspace).is_some()
    }
}
