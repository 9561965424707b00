//! What an action leaves behind: its properties, what it needs, and what follows from it.

use engine::time::{DAY, HOUR, MINUTE, SECOND};

use crate::draw::Quantiles;
use crate::fact::{PersonCode, Slot, slots};
use crate::life::{Life, letter};
use crate::session::Session;
use crate::vocabulary::{EventName, Key, Words};
use crate::wire::{Ink, Teller};

/// Contacts in one import.
const CONTACTS: Quantiles = [5, 12, 20, 30, 45, 60, 90, 130, 180, 250, 340, 480, 650, 900, 1_400, 2_600, 9_000];
/// Megabytes of a file.
const MEGABYTES: Quantiles = [1, 1, 1, 1, 1, 2, 2, 3, 4, 6, 9, 14, 22, 40, 80, 200, 1_200];
/// Times that people outside see a recording.
const VIEWS: Quantiles = [0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 7, 9, 12, 18, 28, 50, 150];
/// Seconds on the price list.
const SECONDS: Quantiles = [1, 3, 5, 8, 11, 15, 20, 26, 33, 41, 50, 62, 78, 100, 140, 220, 900];

impl Life {
    /// Does one action. Where something is missing that it needs (a project, contacts), another is done or none.
    pub(crate) fn act(&mut self, ink: &mut Ink<'_>, session: &mut Session, name: EventName) {
        match name {
            EventName::OnboardingStepDone => self.set_up(ink, *session),
            EventName::MemberInvited => self.invite(ink, *session),
            EventName::ContactsImported => self.import_contacts(ink, *session),
            EventName::CampaignSent => self.send_campaign(ink, *session),
            EventName::ApiCalled => self.call(ink, session),
            EventName::MessageSent => self.talk(ink, session),
            EventName::FileUploaded => self.upload(ink, *session),
            EventName::VideoUploaded => self.upload_video(ink, *session),
            EventName::DemoRequested => self.ask_for_a_call(ink, *session),
            EventName::TicketOpened => self.ask_for_help(ink, *session),
            EventName::ProjectCreated => {
                self.made.project = self.new_thing();
                let template = self.behaviour.below(5) as usize;
                let project = Slot::thing(Key::ProjectId, self.made.project);
                self.do_it(ink, *session, name, [project, Slot::word(Key::Template, Words::Templates, template)]);
            }
            EventName::TaskCreated | EventName::TaskCompleted | EventName::CommentAdded => {
                if self.made.project != 0 {
                    let project = Slot::thing(Key::ProjectId, self.made.project);
                    self.do_it(ink, *session, name, [project]);
                }
            }
            EventName::DashboardBuilt => {
                self.made.dashboard = self.new_thing();
                let dashboard = Slot::thing(Key::DashboardId, self.made.dashboard);
                self.do_it(ink, *session, name, [dashboard]);
            }
            EventName::DashboardShared => self.share(ink, *session, name, Key::DashboardId, self.made.dashboard),
            EventName::FileShared => self.share(ink, *session, name, Key::FileId, self.made.file),
            _ => self.simple(ink, *session, name),
        }
    }

    /// An action that needs nothing and leaves nothing.
    fn simple(&mut self, ink: &mut Ink<'_>, session: Session, name: EventName) {
        let given = match name {
            EventName::BoardCreated => slots([Slot::thing(Key::BoardId, self.new_thing())]),
            EventName::MeetingHosted => slots([
                Slot::whole(Key::Minutes, self.behaviour.between(5, 75)),
                Slot::whole(Key::Participants, self.behaviour.between(2, 9)),
            ]),
            EventName::SourceConnected => slots([Slot::word(Key::Source, Words::DataSources, self.below(5))]),
            EventName::ReportViewed => slots([
                Slot::whole(Key::ReportId, self.behaviour.between(1, 40)),
                Slot::whole(Key::Seconds, self.behaviour.shape(&SECONDS)),
            ]),
            EventName::ReportExported => slots([Slot::word(Key::Format, Words::Formats, self.below(3))]),
            EventName::IntegrationEnabled => slots([
                Slot::word(Key::Integration, Words::Integrations, self.below(5)),
                Slot::word(Key::Environment, Words::Environments, self.below(2)),
            ]),
            EventName::DealCreated => slots([Slot::whole(Key::DealValue, self.behaviour.shape(&CONTACTS) * 50)]),
            EventName::PricingViewed => slots([Slot::whole(Key::Seconds, self.behaviour.shape(&SECONDS))]),
            _ => slots([]),
        };
        let told = crate::wire::Letter {
            delay: session.delay,
            ..letter(Teller::Member(session.at), session.time, name, given)
        };
        self.tell(ink, told);
    }

    fn below(&mut self, bound: u32) -> usize {
        self.behaviour.below(bound) as usize
    }

    /// A step of the set-up; the fifth finishes it.
    fn set_up(&mut self, ink: &mut Ink<'_>, session: Session) {
        let Some(member) = self.members.get_mut(session.at) else { return };
        let step = usize::from(member.steps);
        member.steps += 1;
        let slot = Slot::word(Key::Step, Words::Steps, step);
        self.do_it(ink, session, EventName::OnboardingStepDone, [slot]);
        if step == 4 {
            let finished = Session { time: session.time + SECOND, ..session };
            self.do_it(ink, finished, EventName::OnboardingFinished, []);
        }
    }

    /// An invitation; somewhat more than half are accepted, if anybody is left to come, and few are sent if not.
    fn invite(&mut self, ink: &mut Ink<'_>, session: Session) {
        let people = self.members.len() + self.coming.len();
        let role = self.below(3);
        let complete = people >= usize::from(self.company.team);
        if complete && !self.behaviour.chance(250) {
            return;
        }
        if people >= self.standing.seat_limit() {
            self.meet_limit(ink, session, 3);
            return;
        }
        self.do_it(ink, session, EventName::MemberInvited, [Slot::word(Key::Role, Words::Roles, role)]);
        if !complete && self.behaviour.chance(560) {
            let today = session.time.div_euclid(DAY) as i32;
            let after = self.behaviour.shape(&[1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 8, 12]) as i32;
            self.coming.push((today + after, session.at as u16));
        }
    }

    /// Contacts come in up to the plan's limit.
    fn import_contacts(&mut self, ink: &mut Ink<'_>, session: Session) {
        let wanted = self.behaviour.shape(&CONTACTS);
        let room = self.standing.contact_limit() - self.standing.contacts;
        let contacts = wanted.min(room).max(0);
        if contacts > 0 {
            self.standing.contacts += contacts;
            self.do_it(ink, session, EventName::ContactsImported, [Slot::whole(Key::Contacts, contacts)]);
            let total = Slot::whole(Key::Contacts, self.standing.contacts);
            self.tell_of_account(ink, session.time + SECOND, slots([total]));
        }
        if wanted > room {
            self.meet_limit(ink, session, 0);
        }
    }

    /// A limit of the plan is met: contacts, storage, rate or users.
    fn meet_limit(&mut self, ink: &mut Ink<'_>, session: Session, limit: usize) {
        let met = Session { time: session.time + 2 * SECOND, ..session };
        self.do_it(ink, met, EventName::LimitReached, [Slot::word(Key::Limit, Words::Limits, limit)]);
    }

    /// A campaign to some of the contacts; the first few openings within the next day are told.
    fn send_campaign(&mut self, ink: &mut Ink<'_>, session: Session) {
        if self.standing.contacts == 0 {
            return;
        }
        self.made.campaign = self.new_thing();
        let campaign = Slot::thing(Key::CampaignId, self.made.campaign);
        let recipients = self.behaviour.between(1, self.standing.contacts.min(100_000));
        self.do_it(ink, session, EventName::CampaignSent, [campaign, Slot::whole(Key::Recipients, recipients)]);
        let most = recipients.min(4) as u32 + 1;
        for _ in 0..self.behaviour.below(most) {
            let time = session.time + self.behaviour.between(1, 1_440) * MINUTE;
            let opened = Session { time, delay: 0, ..session };
            self.do_it(ink, opened, EventName::EmailOpened, [campaign]);
        }
    }

    /// A burst of calls; the trial allows a hundred a day, other plans more.
    fn call(&mut self, ink: &mut Ink<'_>, session: &mut Session) {
        let today = session.time.div_euclid(DAY) as i32;
        if self.made.calls_day != today {
            (self.made.calls_day, self.made.calls_today) = (today, 0);
        }
        let allowed = if self.standing.plan < 2 { 100 } else { 2_000 };
        let endpoint = Slot::word(Key::Endpoint, Words::Endpoints, self.below(5));
        let environment = Slot::word(Key::Environment, Words::Environments, self.below(2));
        for _ in 0..self.behaviour.between(1, 25) {
            session.time += self.behaviour.between(100, 3_000) * 1_000;
            if self.made.calls_today >= allowed {
                self.meet_limit(ink, *session, 2);
                return;
            }
            self.made.calls_today += 1;
            self.do_it(ink, *session, EventName::ApiCalled, [endpoint, environment]);
        }
    }

    /// Some messages in one channel.
    fn talk(&mut self, ink: &mut Ink<'_>, session: &mut Session) {
        let channel = Slot::word(Key::Channel, Words::Channels, self.below(4));
        for _ in 0..self.behaviour.between(1, 7) {
            session.time += self.behaviour.between(4, 90) * SECOND;
            self.do_it(ink, *session, EventName::MessageSent, [channel]);
        }
    }

    fn upload(&mut self, ink: &mut Ink<'_>, session: Session) {
        let megabytes = self.behaviour.shape(&MEGABYTES);
        if self.standing.storage_megabytes + megabytes > self.standing.storage_limit() {
            self.meet_limit(ink, session, 1);
            return;
        }
        self.standing.storage_megabytes += megabytes;
        self.made.file = self.new_thing();
        let file = Slot::thing(Key::FileId, self.made.file);
        self.do_it(ink, session, EventName::FileUploaded, [file, Slot::whole(Key::Megabytes, megabytes)]);
        if self.behaviour.chance(200) {
            let total = Slot::whole(Key::StorageMegabytes, self.standing.storage_megabytes);
            self.tell_of_account(ink, session.time + SECOND, slots([total]));
        }
    }

    /// A recording, which people outside see in the days that follow: told by the account's server.
    fn upload_video(&mut self, ink: &mut Ink<'_>, session: Session) {
        self.made.video = self.new_thing();
        let video = Slot::thing(Key::VideoId, self.made.video);
        self.do_it(ink, session, EventName::VideoUploaded, [video]);
        for _ in 0..self.behaviour.shape(&VIEWS) {
            let time = session.time + self.behaviour.between(10, 4_000) * MINUTE;
            self.tell(ink, letter(Teller::Account, time, EventName::VideoViewed, slots([video])));
        }
    }

    /// Something is shown to a colleague; by those who have none, to themselves.
    fn share(&mut self, ink: &mut Ink<'_>, session: Session, name: EventName, key: Key, thing: u32) {
        if thing == 0 {
            return;
        }
        let with = self.somebody(session.at);
        self.do_it(ink, session, name, [Slot::thing(key, thing), Slot::person(Key::With, with)]);
    }

    /// A colleague, if there is one and mostly.
    fn somebody(&mut self, at: usize) -> PersonCode {
        let count = self.members.len();
        let step = if count > 1 && self.behaviour.chance(920) { 1 + self.below(count as u32 - 1) } else { 0 };
        self.members.get((at + step) % count.max(1)).map_or(PersonCode::NONE, |member| member.code)
    }

    /// A hand is raised; most are called within three days.
    fn ask_for_a_call(&mut self, ink: &mut Ink<'_>, session: Session) {
        self.do_it(ink, session, EventName::DemoRequested, []);
        if self.behaviour.chance(700) {
            let held = Session { time: session.time + self.behaviour.between(4, 72) * HOUR, delay: 0, ..session };
            let minutes = Slot::whole(Key::Minutes, self.behaviour.between(8, 60));
            self.do_it(ink, held, EventName::CallHeld, [minutes]);
        }
    }

    fn ask_for_help(&mut self, ink: &mut Ink<'_>, session: Session) {
        let topic = Slot::word(Key::Topic, Words::Topics, self.below(6));
        self.do_it(ink, session, EventName::TicketOpened, [topic]);
        let solved = Session { time: session.time + self.behaviour.between(1, 60) * HOUR, delay: 0, ..session };
        self.do_it(ink, solved, EventName::TicketSolved, [topic]);
    }
}
