//! What a person does on a day.

use engine::time::{DAY, HOUR, MINUTE, SECOND};

use crate::billing::{Stage, TRIAL_DAYS};
use crate::calendar::weekday;
use crate::draw::Quantiles;
use crate::fact::{Slot, slots};
use crate::life::{Life, letter};
use crate::member::Persona;
use crate::vocabulary::{EventName, Key, Words};
use crate::wire::{Ink, Letter, Teller, lateness};
use crate::world::Kind;

/// Actions in a session at the usual pace.
const ACTIONS: Quantiles = [1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 10, 13, 17, 24, 50];
/// Microseconds from one action to the next.
const GAP: Quantiles = [
    2 * SECOND,
    5 * SECOND,
    8 * SECOND,
    12 * SECOND,
    18 * SECOND,
    25 * SECOND,
    35 * SECOND,
    50 * SECOND,
    70 * SECOND,
    95 * SECOND,
    130 * SECOND,
    180 * SECOND,
    240 * SECOND,
    330 * SECOND,
    8 * MINUTE,
    14 * MINUTE,
    40 * MINUTE,
];
/// Sessions on a day of the week, Monday first, in hundredths of a working day's: at work and at leisure.
const WEEKDAY_PERCENT: [[u32; 7]; 2] = [[100, 105, 105, 100, 85, 10, 8], [80, 80, 85, 85, 100, 150, 140]];

/// One person's doings while a session lasts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Session {
    pub(crate) at: usize,
    pub(crate) time: i64,
    pub(crate) delay: i64,
}

impl Life {
    /// A person's day: perhaps a session.
    pub(crate) fn work(&mut self, ink: &mut Ink<'_>, at: usize, day: i32) {
        let Some(member) = self.members.get(at) else { return };
        if member.left || member.joined_day >= day {
            return;
        }
        if member.persona == Persona::Bot {
            self.call_all_day(ink, at, day);
            return;
        }
        let leisure = matches!(self.arrival.kind, Kind::Hobbyist | Kind::Student);
        let chance = member.intensity_permille * WEEKDAY_PERCENT[usize::from(leisure)][weekday(day)] / 100;
        let (guest, device) = (member.guest, member.device);
        if !self.behaviour.chance(chance * self.phase_percent(day) / 100) {
            return;
        }
        let leaves = if self.standing.stage == Stage::Customer { 4 } else { 9 };
        if self.behaviour.chance(leaves)
            && let Some(member) = self.members.get_mut(at)
        {
            member.left = true;
        }
        let time = self.local_time(day, leisure);
        if !guest && self.behaviour.chance(20) {
            let page = self.behaviour.below(8) as usize;
            let slot = slots([Slot::word(Key::Page, Words::Pages, page)]);
            self.tell(ink, letter(Teller::Device(device), time - MINUTE, EventName::PageViewed, slot));
        }
        self.session(ink, at, time);
    }

    /// How eager people are, in hundredths: by the trial's days, and by what follows it.
    fn phase_percent(&self, day: i32) -> u32 {
        let age = day - self.arrival.signup_day;
        match self.standing.stage {
            _ if self.standing.lapsed => 3,
            Stage::Trial if age < TRIAL_DAYS / 2 => 150,
            Stage::Trial => 110,
            Stage::Free => 40,
            Stage::Customer => 100,
            Stage::Churned => 20,
        }
    }

    /// A session: a login and what follows.
    pub(crate) fn session(&mut self, ink: &mut Ink<'_>, at: usize, time: i64) {
        let delay = lateness(&mut self.wire, ink.world.noise.late_permille);
        let mut session = Session { at, time, delay };
        self.do_it(ink, session, EventName::LoggedIn, []);
        let actions = self.behaviour.shape(&ACTIONS) * i64::from(ink.world.pace_percent) / 100;
        let cohort = ink.world.calendar.month(self.arrival.signup_day);
        for _ in 0..actions.max(1) {
            session.time += self.behaviour.shape(&GAP);
            if session.time > time + 9 * HOUR {
                break;
            }
            let Some(name) = self.choose(at, cohort) else { continue };
            self.act(ink, &mut session, name);
        }
    }

    /// What a person does next.
    fn choose(&mut self, at: usize, cohort: u32) -> Option<EventName> {
        let member = self.members.get(at)?;
        if member.guest {
            // Guests only look: what they do counts for nothing that a rule could ask of an account's own people.
            return None;
        }
        let (persona, steps) = (member.persona, member.steps);
        if steps < 5 && self.behaviour.chance(160) {
            return Some(EventName::OnboardingStepDone);
        }
        // Reports and dashboards become better from month to month, so that later signups use them more.
        if self.behaviour.chance((12 * cohort).min(200)) {
            const BETTER: [EventName; 4] = [
                EventName::ReportViewed,
                EventName::ReportViewed,
                EventName::DashboardBuilt,
                EventName::ReportExported,
            ];
            return Some(self.behaviour.pick(&BETTER));
        }
        let weights = weights(persona);
        let total = weights.iter().map(|(_, weight)| *weight).sum();
        let mut drawn = self.behaviour.below(total);
        for (name, weight) in weights {
            if drawn < *weight {
                return Some(*name);
            }
            drawn -= weight;
        }
        None
    }

    /// Tells of an action of the session.
    pub(crate) fn do_it<const N: usize>(
        &mut self,
        ink: &mut Ink<'_>,
        session: Session,
        name: EventName,
        given: [Slot; N],
    ) {
        let by = Teller::Member(session.at);
        let told = Letter { delay: session.delay, ..letter(by, session.time, name, slots(given)) };
        self.tell(ink, told);
    }

    /// A program calls the interface at regular intervals.
    fn call_all_day(&mut self, ink: &mut Ink<'_>, at: usize, day: i32) {
        let Some(bot) = self.members.get(at).filter(|bot| day <= bot.last_day) else { return };
        let calls = i64::from(bot.intensity_permille.max(1));
        for call in 0..calls {
            let time = i64::from(day) * DAY + DAY / calls * call + i64::from(self.behaviour.below(1_500)) * 1_000;
            let session = Session { at, time, delay: 0 };
            let place =
                [Slot::word(Key::Endpoint, Words::Endpoints, 3), Slot::word(Key::Environment, Words::Environments, 1)];
            self.do_it(ink, session, EventName::ApiCalled, place);
        }
    }
}

/// What a person of this work does, with weights.
const fn weights(persona: Persona) -> &'static [(EventName, u32)] {
    match persona {
        Persona::Manager => &MANAGER,
        Persona::Marketer => &MARKETER,
        Persona::Analyst => &ANALYST,
        Persona::Developer | Persona::Bot => &DEVELOPER,
        Persona::Operations => &OPERATIONS,
    }
}

const MANAGER: [(EventName, u32); 18] = [
    (EventName::TaskCreated, 210),
    (EventName::TaskCompleted, 160),
    (EventName::CommentAdded, 140),
    (EventName::MessageSent, 90),
    (EventName::ReportViewed, 60),
    (EventName::ProjectCreated, 62),
    (EventName::MemberInvited, 90),
    (EventName::FileUploaded, 35),
    (EventName::MeetingHosted, 25),
    (EventName::FileShared, 20),
    (EventName::BoardCreated, 15),
    (EventName::PricingViewed, 15),
    (EventName::DashboardBuilt, 10),
    (EventName::DashboardShared, 6),
    (EventName::VideoUploaded, 5),
    (EventName::TicketOpened, 5),
    (EventName::DemoRequested, 3),
    (EventName::NewsletterOpened, 8),
];
const MARKETER: [(EventName, u32); 17] = [
    (EventName::ReportViewed, 150),
    (EventName::TaskCreated, 100),
    (EventName::MessageSent, 100),
    (EventName::FileUploaded, 80),
    (EventName::CommentAdded, 80),
    (EventName::TaskCompleted, 70),
    (EventName::CampaignSent, 70),
    (EventName::ContactsImported, 45),
    (EventName::ProjectCreated, 38),
    (EventName::MemberInvited, 60),
    (EventName::VideoUploaded, 30),
    (EventName::FileShared, 20),
    (EventName::DealCreated, 20),
    (EventName::PricingViewed, 15),
    (EventName::NewsletterOpened, 20),
    (EventName::TicketOpened, 5),
    (EventName::DemoRequested, 2),
];
const ANALYST: [(EventName, u32); 14] = [
    (EventName::ReportViewed, 290),
    (EventName::ReportExported, 60),
    (EventName::DashboardBuilt, 75),
    (EventName::DashboardShared, 60),
    (EventName::SourceConnected, 40),
    (EventName::CommentAdded, 80),
    (EventName::TaskCreated, 70),
    (EventName::TaskCompleted, 60),
    (EventName::FileUploaded, 40),
    (EventName::ProjectCreated, 30),
    (EventName::MemberInvited, 50),
    (EventName::PricingViewed, 12),
    (EventName::TicketOpened, 6),
    (EventName::DemoRequested, 1),
];
const DEVELOPER: [(EventName, u32); 14] = [
    (EventName::ApiCalled, 150),
    (EventName::TaskCompleted, 120),
    (EventName::CommentAdded, 110),
    (EventName::TaskCreated, 80),
    (EventName::DocsGenerated, 45),
    (EventName::ApiKeyCreated, 25),
    (EventName::IntegrationEnabled, 25),
    (EventName::SourceConnected, 25),
    (EventName::ProjectCreated, 32),
    (EventName::FileUploaded, 30),
    (EventName::MemberInvited, 45),
    (EventName::PricingViewed, 10),
    (EventName::TicketOpened, 8),
    (EventName::DemoRequested, 1),
];
const OPERATIONS: [(EventName, u32); 16] = [
    (EventName::DealCreated, 130),
    (EventName::TaskCreated, 120),
    (EventName::TaskCompleted, 110),
    (EventName::MessageSent, 90),
    (EventName::ContactsImported, 30),
    (EventName::MeetingHosted, 50),
    (EventName::ReportViewed, 90),
    (EventName::FileUploaded, 60),
    (EventName::FileShared, 40),
    (EventName::ProjectCreated, 35),
    (EventName::MemberInvited, 65),
    (EventName::AuditLogViewed, 25),
    (EventName::SingleSignOnEnabled, 4),
    (EventName::PricingViewed, 15),
    (EventName::TicketOpened, 6),
    (EventName::DemoRequested, 2),
];
