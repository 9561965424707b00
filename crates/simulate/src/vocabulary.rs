//! The words of the simulated product: event names, properties and traits, and what they can be.

use engine::record::EventKind;

macro_rules! names {
    ($($variant:ident $text:literal $kind:ident $doc:literal),* $(,)?) => {
        /// An event of the simulated product.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum EventName { $(#[doc = $doc] $variant),* }

        impl EventName {
            /// Every name.
            pub const ALL: [Self; [$($text),*].len()] = [$(Self::$variant),*];

            /// As it stands in the records.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// What it is about.
            #[must_use]
            pub const fn kind(self) -> EventKind {
                match self { $(Self::$variant => EventKind::$kind),* }
            }
        }
    };
}

names! {
    AdClicked "Ad Clicked" Marketing "A visitor came by an advertisement.",
    PageViewed "Page Viewed" Marketing "A page of the public site was seen.",
    WebinarAttended "Webinar Attended" Marketing "A webinar was attended.",
    NewsletterOpened "Newsletter Opened" Marketing "Our own newsletter was opened.",
    SignedUp "Signed Up" Product "A person made a login: the start of the clock.",
    LoggedIn "Logged In" Product "A session began.",
    OnboardingStepDone "Onboarding Step Done" Product "One of five steps of the set-up.",
    OnboardingFinished "Onboarding Finished" Product "The last of the five steps.",
    ProjectCreated "Project Created" Product "A project was made.",
    TaskCreated "Task Created" Product "A task was made in a project.",
    TaskCompleted "Task Completed" Product "A task was done.",
    CommentAdded "Comment Added" Product "A word on a task.",
    MessageSent "Message Sent" Product "A message in a channel.",
    BoardCreated "Board Created" Product "A drawing board was made.",
    MeetingHosted "Meeting Hosted" Product "A meeting was held, with its length.",
    VideoUploaded "Video Uploaded" Product "A recording was uploaded.",
    VideoViewed "Video Viewed" Product "Somebody outside saw a recording; the account's own event.",
    MemberInvited "Member Invited" Product "A colleague was invited.",
    MemberJoined "Member Joined" Product "An invited colleague came.",
    SourceConnected "Source Connected" Product "A source of data was connected.",
    DashboardBuilt "Dashboard Built" Product "A dashboard was built.",
    DashboardShared "Dashboard Shared" Product "A dashboard was shown to somebody.",
    ReportViewed "Report Viewed" Product "A report was read.",
    ReportExported "Report Exported" Product "A report was taken out; instrumented later than the rest.",
    ApiKeyCreated "API Key Created" Product "A key for the interface was made.",
    ApiCalled "API Called" Product "A call of the interface.",
    IntegrationEnabled "Integration Enabled" Product "An integration was switched on, in a test or production environment.",
    DocsGenerated "Docs Generated" Product "Documentation was generated.",
    FileUploaded "File Uploaded" Product "A file was uploaded.",
    FileShared "File Shared" Product "A file was shown to somebody.",
    ContactsImported "Contacts Imported" Product "Contacts were imported, how many.",
    DealCreated "Deal Created" Product "A deal was entered.",
    CampaignSent "Campaign Sent" Product "A campaign went to so many recipients.",
    EmailOpened "Email Opened" Product "A recipient of a campaign opened it; its sender's event.",
    PricingViewed "Pricing Viewed" Product "The price list inside the product was seen for so many seconds.",
    LimitReached "Limit Reached" Product "A limit of the plan was met.",
    SingleSignOnEnabled "Single Sign-On Enabled" Product "An administrator switched single sign-on on.",
    AuditLogViewed "Audit Log Viewed" Product "An administrator read the audit log.",
    DemoRequested "Demo Requested" Sales "Somebody asked to be called.",
    CallHeld "Call Held" Sales "A call with sales took place.",
    TrialStarted "Trial Started" Billing "The 14 days began.",
    TrialEnded "Trial Ended" Billing "The 14 days were over without a purchase.",
    CheckoutStarted "Checkout Started" Billing "Payment details were entered; only before a purchase.",
    SubscriptionStarted "Subscription Started" Billing "The purchase: the goal.",
    InvoicePaid "Invoice Paid" Billing "A month was paid.",
    SeatAdded "Seat Added" Billing "A customer's team grew by a seat.",
    PlanUpgraded "Plan Upgraded" Billing "A customer took a larger plan: expansion, which recurs.",
    SubscriptionCancelled "Subscription Cancelled" Billing "The purchase came to its end.",
    TicketOpened "Ticket Opened" Support "Somebody asked for help.",
    TicketSolved "Ticket Solved" Support "Somebody was helped.",
}

impl EventName {
    /// The name with this text.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.text() == text)
    }

    /// Whether a person's own use of the product makes such events, so that a planted rule can count them.
    #[must_use]
    pub fn is_use(self) -> bool {
        self.kind() == EventKind::Product && !matches!(self, Self::SignedUp | Self::VideoViewed)
    }
}

macro_rules! keys {
    ($($variant:ident $text:literal),* $(,)?) => {
        /// The name of a property or trait.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Key { $(#[doc = concat!("`", $text, "`")] $variant),* }

        impl Key {
            /// Every key.
            pub const ALL: [Self; [$($text),*].len()] = [$(Self::$variant),*];

            /// As it stands in the records.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }
    };
}

keys! {
    Page "page", Campaign "campaign", Source "source", Topic "topic", Method "method", Step "step",
    ProjectId "project_id", Template "template", Channel "channel", BoardId "board_id", Minutes "minutes",
    Participants "participants", VideoId "video_id", Role "role", DashboardId "dashboard_id", With "with",
    ReportId "report_id", Format "format", Endpoint "endpoint", Environment "environment", Integration "integration",
    FileId "file_id", Megabytes "megabytes", Contacts "contacts", CampaignId "campaign_id", Recipients "recipients",
    Seconds "seconds", Limit "limit", Plan "plan", Seats "seats", Interval "interval", Reason "reason",
    DealValue "deal_value", Email "email", Name "name", Timezone "timezone", CreatedAt "created_at",
    Domain "domain", Country "country", Industry "industry", Employees "employees", Stage "stage",
    ContactLimit "contact_limit", TrialStartedAt "trial_started_at", TrialEndsAt "trial_ends_at", Mrr "mrr",
    Forecast "forecast", StorageMegabytes "storage_megabytes", StorageLimit "storage_limit", Title "title",
    Amount "amount", Currency "currency",
}

macro_rules! words {
    ($($variant:ident [$($word:literal),* $(,)?]),* $(,)?) => {
        /// A list of words that a property or trait takes its value from.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Words { $(#[doc = concat!("`", stringify!($variant), "`")] $variant),* }

        impl Words {
            /// The words of the list.
            #[must_use]
            pub const fn list(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($word),*]),* }
            }
        }
    };
}

words! {
    Pages ["/", "/features", "/pricing", "/customers", "/blog/first-week", "/docs", "/security", "/compare"],
    Campaigns ["spring-launch", "brand", "competitor", "retargeting", "newsletter"],
    Sources ["organic", "ads", "webinar", "referral", "partner", "invite"],
    Topics ["getting started", "billing", "bug", "import", "permissions", "interface"],
    Methods ["email", "google", "microsoft", "invite", "api"],
    Steps ["profile", "workspace", "data", "team", "tour"],
    Templates ["blank", "launch", "sprint", "content calendar", "client work"],
    Channels ["general", "launch", "support", "random"],
    Roles ["admin", "member", "viewer"],
    Formats ["csv", "pdf", "xlsx"],
    Endpoints ["/v1/projects", "/v1/tasks", "/v1/contacts", "/v1/events", "/v1/reports"],
    Environments ["test", "production"],
    Integrations ["chat", "calendar", "crm", "warehouse", "code host"],
    DataSources ["postgres", "spreadsheet", "crm", "warehouse", "billing"],
    Limits ["contacts", "storage", "rate", "users"],
    Plans ["trial", "free", "starter", "team", "business", "personal", "test"],
    Intervals ["month", "year"],
    Reasons ["price", "missing feature", "no longer needed", "moved to another product"],
    Stages ["trial", "free", "customer", "churned"],
    Timezones [
        "America/New_York", "America/Los_Angeles", "Europe/London", "Europe/Berlin", "Europe/Paris",
        "Europe/Amsterdam", "America/Sao_Paulo", "Africa/Johannesburg", "Asia/Dubai", "Asia/Kolkata",
    ],
    Countries ["US", "US", "GB", "DE", "FR", "NL", "BR", "ZA", "AE", "IN"],
    Industries [
        "software", "marketing", "retail", "finance", "health", "education", "manufacturing", "media", "logistics",
        "consulting",
    ],
    Titles ["founder", "product manager", "marketer", "analyst", "developer", "operations", "student", "service"],
    Currencies ["USD", "EUR", "GBP"],
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_found_and_differ() {
        let texts: BTreeSet<&str> = EventName::ALL.iter().map(|name| name.text()).collect();
        assert_eq!(texts.len(), EventName::ALL.len());
        for (at, name) in EventName::ALL.into_iter().enumerate() {
            assert_eq!(EventName::find(name.text()), Some(name));
            assert_eq!(name as usize, at);
        }
        assert_eq!(EventName::find("project created"), None);
        let keys: BTreeSet<&str> = Key::ALL.iter().map(|key| key.text()).collect();
        assert_eq!(keys.len(), Key::ALL.len());
    }
}
