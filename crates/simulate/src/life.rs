//! The life of an account, day by day.

use engine::record::SubjectKind;
use engine::time::{DAY, HOUR, MINUTE, SECOND};

use crate::account::{Account, Person, Subscription};
use crate::billing::Standing;
use crate::draw::{Draw, Purpose, Quantiles};
use crate::fact::{Form, PersonCode, Slot, What, slots};
use crate::member::{Member, Persona};
use crate::people::MailKind;
use crate::vocabulary::{EventName, Key, Words};
use crate::wire::{Ink, Letter, Teller};
use crate::world::{Arrival, Kind, World};

/// Everything that an account's future depends on.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    pub(crate) index: u32,
    pub(crate) arrival: Arrival,
    pub(crate) behaviour: Draw,
    pub(crate) buying: Draw,
    pub(crate) wire: Draw,
    /// How many messages were sent.
    pub(crate) messages: u32,
    /// How many things (projects, files) were made.
    pub(crate) things: u32,
    pub(crate) members: Vec<Member>,
    /// People who accepted an invitation and come on a day, with the place of who invited them.
    pub(crate) coming: Vec<(i32, u16)>,
    pub(crate) company: Company,
    pub(crate) standing: Standing,
    pub(crate) made: Made,
    pub(crate) signed_up_at: i64,
    /// When one of the account's own people first met the rule, [`i64::MAX`] if nobody has.
    pub(crate) rule_held_at: i64,
    pub(crate) exposure: Exposure,
    pub(crate) subscriptions: Vec<Subscription>,
}

/// What the company is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Company {
    pub(crate) employees: u32,
    pub(crate) industry: u8,
    /// The place in the lists of countries and time zones.
    pub(crate) country: u8,
    /// How many people will ever use the product.
    pub(crate) team: u16,
    /// The day on which size and industry become known; `i32::MAX` for never.
    pub(crate) enriched_day: i32,
}

/// The latest things made in the account, for what refers to them; 0 is none.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Made {
    pub(crate) project: u32,
    pub(crate) dashboard: u32,
    pub(crate) campaign: u32,
    pub(crate) file: u32,
    pub(crate) video: u32,
    /// Calls of the interface on the latest day with any.
    pub(crate) calls_today: u32,
    pub(crate) calls_day: i32,
}

/// The days on which the account could have bought, for checking what a scenario promises.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Exposure {
    /// Days at risk before the rule held.
    pub days_before: u32,
    /// Days at risk since the rule held.
    pub days_since: u32,
    /// The sum of the chances without the rule's effect over `days_before`, in millionths.
    pub base_before_millionths: u64,
    /// The same over `days_since`.
    pub base_since_millionths: u64,
    /// Purchases on days before the rule held (persons may buy each for themselves).
    pub bought_before: u32,
    /// Purchases on days since the rule held.
    pub bought_since: u32,
}

/// Employees: a log-normal with median 40 and sigma 1.6 at its quantiles; the last is cut at 4,000.
const EMPLOYEES: Quantiles = [2, 3, 6, 10, 14, 18, 24, 31, 40, 51, 67, 88, 118, 165, 252, 466, 4_000];
/// People of a company who will ever use the product.
const TEAM: Quantiles = [1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 7, 9, 12, 18, 48];
/// Offsets from UTC in minutes, standard time, in the order of the list of time zones.
const OFFSET_MINUTES: [i64; 10] = [-300, -480, 0, 60, 60, 60, -180, 120, 240, 330];

impl Life {
    /// An account before its first day.
    pub(crate) fn new(world: &World, index: u32) -> Self {
        let arrival = world.arrival(index);
        let mut behaviour = Draw::new(world.seed, index, Purpose::Behaviour);
        let draw = &mut behaviour;
        let employees = draw.shape(&EMPLOYEES);
        let wanted = draw.shape(&TEAM);
        let (employees, team) = match arrival.kind {
            Kind::Company => (employees, wanted.min(employees)),
            Kind::Hobbyist => (1, 1 + wanted / 6),
            Kind::Internal => (30, wanted.min(6)),
            Kind::Student | Kind::Visitor => (1, 1),
        };
        let enriched_day = arrival.signup_day
            + match draw.below(100) {
                0..=54 => 0,
                55..=91 => draw.between(1, 30) as i32,
                _ => 100_000,
            };
        let company = Company {
            employees: employees as u32,
            industry: draw.below(10) as u8,
            country: draw.below(10) as u8,
            team: team as u16,
            enriched_day,
        };
        Self {
            index,
            arrival,
            behaviour,
            buying: Draw::new(world.seed, index, Purpose::Buying),
            wire: Draw::new(world.seed, index, Purpose::Wire),
            messages: 0,
            things: 0,
            members: Vec::new(),
            coming: Vec::new(),
            company,
            standing: Standing::default(),
            made: Made::default(),
            signed_up_at: i64::MAX,
            rule_held_at: i64::MAX,
            exposure: Exposure::default(),
            subscriptions: Vec::new(),
        }
    }

    /// Lives one day, from the first visit's on. Rows are of this day or a little later.
    pub(crate) fn day(&mut self, ink: &mut Ink<'_>, day: i32) {
        if day <= self.arrival.signup_day {
            self.visit(ink, day);
            if day == self.arrival.signup_day && self.arrival.kind != Kind::Visitor {
                self.found(ink, day);
            }
            return;
        }
        self.consider_buying(ink, day);
        self.turn_of_the_day(ink, day);
        if day == self.company.enriched_day {
            self.enrich(ink, i64::from(day) * DAY + 3 * HOUR);
        }
        self.welcome(ink, day);
        for at in 0..self.members.len() {
            self.work(ink, at, day);
        }
    }

    /// Whether the days to come can still bring anything.
    pub(crate) fn is_over(&self, day: i32) -> bool {
        self.arrival.kind == Kind::Visitor && day > self.arrival.signup_day
    }

    /// A visit to the public site by somebody not yet known.
    fn visit(&mut self, ink: &mut Ink<'_>, day: i32) {
        if day != self.arrival.first_day && !self.behaviour.chance(250) {
            return;
        }
        let device = PersonCode::new(self.index, 0);
        let mut time =
            i64::from(day) * DAY + self.behaviour.between(6, 8) * HOUR + self.behaviour.between(0, 3_599) * SECOND;
        let first = day == self.arrival.first_day;
        if first && self.source(ink.world) == 1 {
            let campaign = self.behaviour.below(4) as usize;
            let slot = slots([
                Slot::word(Key::Campaign, Words::Campaigns, campaign),
                Slot::word(Key::Source, Words::Sources, 1),
            ]);
            self.tell(ink, letter(Teller::Device(device), time, EventName::AdClicked, slot));
        }
        for _ in 0..=self.behaviour.below(4) {
            time += self.behaviour.between(10, 240) * SECOND;
            let page = self.behaviour.below(8) as usize;
            let slot = slots([Slot::word(Key::Page, Words::Pages, page)]);
            self.tell(ink, letter(Teller::Device(device), time, EventName::PageViewed, slot));
        }
        if self.source(ink.world) == 2 && first {
            let slot = slots([Slot::word(Key::Topic, Words::Topics, 0)]);
            self.tell(ink, letter(Teller::Device(device), time + 5 * MINUTE, EventName::WebinarAttended, slot));
        }
    }

    /// Where the account comes from: advertisements become more from month to month.
    fn source(&self, world: &World) -> u8 {
        let cohort = world.calendar.month(self.arrival.signup_day);
        let at = (crate::draw::mix(world.seed ^ u64::from(self.index) << 20) % 1_000) as u32;
        let advertised = (200 + 12 * cohort).min(500);
        if at < advertised {
            1
        } else {
            match (at - advertised) * 100 / (1_000 - advertised) {
                0..=54 => 0,
                55..=64 => 2,
                65..=87 => 3,
                _ => 4,
            }
        }
    }

    /// The owner signs up and the trial begins.
    fn found(&mut self, ink: &mut Ink<'_>, day: i32) {
        let time = self.local_time(day, false).max(i64::from(day) * DAY + 10 * HOUR);
        self.signed_up_at = time;
        let code = PersonCode::new(self.index, 0);
        let arrival = self.arrival;
        let mut owner = Member::new(ink.world, &mut self.behaviour, code, arrival.kind, arrival.level, day);
        owner.source = self.source(ink.world);
        owner.admin = true;
        self.sign_up(ink, owner, time, None);
        self.begin_trial(ink, time);
        if day == self.company.enriched_day {
            self.enrich(ink, time + 30 * SECOND);
        }
        self.session(ink, 0, time + MINUTE);
        if arrival.kind == Kind::Company && self.behaviour.chance(ink.world.noise.bot_permille) {
            self.company.team += 1;
            self.coming.push((day + self.behaviour.between(3, 40) as i32, BOT));
        }
        if arrival.kind == Kind::Company && self.index > 0 && self.behaviour.chance(ink.world.noise.guest_permille) {
            self.coming.push((day + self.behaviour.between(5, 60) as i32, GUEST));
        }
    }

    /// Those who accepted an invitation come.
    fn welcome(&mut self, ink: &mut Ink<'_>, day: i32) {
        while let Some(at) = self.coming.iter().position(|(when, _)| *when == day) {
            let (_, inviter) = self.coming.swap_remove(at);
            match inviter {
                GUEST => self.admit_guest(ink, day),
                BOT => self.start_bot(ink, day),
                _ => self.admit(ink, usize::from(inviter), day),
            }
        }
    }

    /// An invited colleague signs up.
    fn admit(&mut self, ink: &mut Ink<'_>, inviter: usize, day: i32) {
        let code = PersonCode::new(self.index, self.members.len() as u16);
        let arrival = self.arrival;
        let mut member = Member::new(ink.world, &mut self.behaviour, code, arrival.kind, arrival.level, day);
        member.source = 5;
        member.admin = self.behaviour.chance(120);
        if self.behaviour.chance(ink.world.noise.shared_device_permille) {
            member.device = self.members.get(inviter).map_or(code, |inviter| inviter.device);
        }
        let time = self.local_time(day, false);
        self.sign_up(ink, member, time, Some(inviter));
        let at = self.members.len() - 1;
        self.session(ink, at, time + MINUTE);
        self.count_seat(ink, time + 2 * SECOND);
    }

    /// The owner of the account before this one begins to work here too, if he is of flesh, has signed up and has a
    /// company.
    fn admit_guest(&mut self, ink: &mut Ink<'_>, day: i32) {
        let other = ink.world.arrival(self.index - 1);
        if other.kind != Kind::Company || other.signup_day >= day {
            return;
        }
        let code = PersonCode::new(self.index - 1, 0);
        let arrival = self.arrival;
        let mut guest = Member::new(ink.world, &mut self.behaviour, code, arrival.kind, arrival.level, day);
        guest.guest = true;
        guest.ahead = 0;
        guest.uncorrected = false;
        let time = self.local_time(day, false);
        self.members.push(guest);
        let at = self.members.len() - 1;
        let slot = slots([Slot::word(Key::Role, Words::Roles, 2)]);
        self.tell(ink, letter(Teller::Member(at), time, EventName::MemberJoined, slot));
    }

    /// A login for a program of the customer.
    fn start_bot(&mut self, ink: &mut Ink<'_>, day: i32) {
        let code = PersonCode::new(self.index, self.members.len() as u16);
        let arrival = self.arrival;
        let mut bot = Member::new(ink.world, &mut self.behaviour, code, arrival.kind, arrival.level, day);
        bot.persona = Persona::Bot;
        bot.last_day = day + self.behaviour.between(5, 40) as i32;
        (bot.ahead, bot.uncorrected) = (0, false);
        // Calls on one day.
        bot.intensity_permille = self.behaviour.between(48, 288) as u32;
        let time = i64::from(day) * DAY + 9 * HOUR;
        self.sign_up(ink, bot, time, None);
    }

    /// Somebody gets a login: identified, with his device, and counted.
    fn sign_up(&mut self, ink: &mut Ink<'_>, mut member: Member, time: i64, inviter: Option<usize>) {
        let alias = self.behaviour.chance(ink.world.noise.alias_permille)
            && member.persona != Persona::Bot
            && time + 3 * DAY < ink.world.end;
        if alias {
            member.previous_until = time + 2 * DAY;
        }
        let (code, persona, source) = (member.code, member.persona, usize::from(member.source));
        let role = usize::from(!member.admin);
        self.members.push(member);
        let at = self.members.len() - 1;
        let by = Teller::Member(at);
        let method = match (persona, inviter) {
            (Persona::Bot, _) => 4,
            (_, Some(_)) => 3,
            (_, None) => self.behaviour.below(3) as usize,
        };
        let slot =
            slots([Slot::word(Key::Method, Words::Methods, method), Slot::word(Key::Source, Words::Sources, source)]);
        let clock = self.tell(ink, letter(by, time, EventName::SignedUp, slot));
        if let Some(member) = self.members.get_mut(at) {
            member.clock = clock.unwrap_or(i64::MAX);
        }
        let mail = MailKind::of(self.arrival.kind, code);
        let title = persona.title(self.arrival.kind, at == 0);
        let traits = [
            slots([
                Slot::of(Key::Email, Form::Email, mail.with(code)),
                Slot::of(Key::Name, Form::PersonName, code.0 as i64),
                Slot::word(Key::Title, Words::Titles, title),
                Slot::word(Key::Role, Words::Roles, role),
            ]),
            slots([
                Slot::word(Key::Source, Words::Sources, source),
                Slot::word(Key::Timezone, Words::Timezones, usize::from(self.company.country)),
                Slot::of(Key::CreatedAt, Form::Time, time),
            ]),
        ];
        for slots in traits {
            let what = What::Traits(SubjectKind::User);
            self.tell(ink, Letter { by, time: time + SECOND, what, slots, delay: 0 });
        }
        if inviter.is_some() {
            let slot = slots([Slot::word(Key::Role, Words::Roles, role)]);
            self.tell(ink, letter(by, time + 2 * SECOND, EventName::MemberJoined, slot));
        }
        if alias {
            let what = What::Alias;
            self.tell(ink, Letter { by, time: time + 2 * DAY, what, slots: slots([]), delay: 0 });
        }
    }

    /// An instant of a day at which the account's people are at work (or, for pastimes, at leisure).
    pub(crate) fn local_time(&mut self, day: i32, leisure: bool) -> i64 {
        const WORK: [i64; 20] = [7, 8, 8, 9, 9, 9, 10, 10, 10, 11, 11, 13, 14, 14, 15, 15, 16, 16, 17, 20];
        const LEISURE: [i64; 12] = [8, 10, 12, 17, 18, 19, 19, 20, 20, 21, 21, 22];
        let hour = if leisure { self.behaviour.pick(&LEISURE) } else { self.behaviour.pick(&WORK) };
        let offset = OFFSET_MINUTES[usize::from(self.company.country)] * MINUTE;
        let within = hour * HOUR + i64::from(self.behaviour.below(3_600_000)) * 1_000 - offset;
        i64::from(day) * DAY + within.max(0)
    }

    /// A new thing's id: different from every other of the account, and nearly always of the product.
    pub(crate) fn new_thing(&mut self) -> u32 {
        self.things += 1;
        (crate::draw::mix(u64::from(self.index) << 32 | u64::from(self.things)) >> 32) as u32 | 1
    }

    /// What the world may know of the account and what only the truth tells.
    pub(crate) fn account(&self) -> Account {
        let people = self.members.iter().enumerate().filter(|(_, member)| !member.guest);
        Account {
            number: self.index,
            kind: self.arrival.kind,
            level: self.arrival.level,
            signed_up_at: self.signed_up_at,
            employees: self.company.employees,
            industry: self.company.industry,
            country: self.company.country,
            rule_held_at: (self.rule_held_at != i64::MAX).then_some(self.rule_held_at),
            converted_at: self.subscriptions.iter().map(|subscription| subscription.started_at).min(),
            exposure: self.exposure,
            people: people.map(|(at, member)| self.person(at, member)).collect(),
            subscriptions: self.subscriptions.clone(),
        }
    }

    fn person(&self, at: usize, member: &Member) -> Person {
        Person {
            code: member.code,
            device: member.device,
            mail: MailKind::of(self.arrival.kind, member.code),
            title: member.persona.title(self.arrival.kind, at == 0) as u8,
            admin: member.admin,
            source: member.source,
            signed_up_at: (member.clock != i64::MAX).then_some(member.clock),
            had_previous_id: member.previous_until != 0,
            bot: member.persona == Persona::Bot,
            clock_ahead: member.ahead,
            rule_held_at: (member.rule_held_at != i64::MAX).then_some(member.rule_held_at),
            converted_at: member.converted_at,
        }
    }
}

/// Stands for the inviter of a guest.
const GUEST: u16 = u16::MAX;
/// Stands for the inviter of a bot.
const BOT: u16 = u16::MAX - 1;

/// An event that arrives without delay.
pub(crate) fn letter(by: Teller, time: i64, name: EventName, slots: [Slot; 4]) -> Letter {
    Letter { by, time, what: What::Event(name), slots, delay: 0 }
}
