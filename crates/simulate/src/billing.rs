//! Trial, purchase, invoices and the end of it.

use engine::record::SubjectKind;
use engine::time::{DAY, HOUR, MINUTE, SECOND};

use crate::account::Subscription;
use crate::fact::{Form, Slot, What, slots};
use crate::life::{Life, letter};
use crate::scenario::{AtRisk, Buyer, Scenario};
use crate::vocabulary::{EventName, Key, Words};
use crate::wire::{Ink, Letter, Teller};
use crate::world::Kind;

/// Days of trial.
pub(crate) const TRIAL_DAYS: i32 = 14;

/// How the account stands with us.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Standing {
    pub(crate) stage: Stage,
    /// Given up: hardly anybody comes any more.
    pub(crate) lapsed: bool,
    /// The place in the list of plans.
    pub(crate) plan: u8,
    pub(crate) contacts: i64,
    pub(crate) storage_megabytes: i64,
    pub(crate) seats: u32,
    /// Paid a month, in hundredths.
    pub(crate) monthly_hundredths: i64,
    pub(crate) next_invoice_day: i32,
}

/// The stage in the list of stages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    #[default]
    Trial = 0,
    Free = 1,
    Customer = 2,
    Churned = 3,
}

/// By plan: trial, free, starter, team, business, personal, test.
const CONTACT_LIMIT: [i64; 7] = [1_000, 500, 2_500, 10_000, 50_000, 1_000, 1_000];
const STORAGE_LIMIT: [i64; 7] = [2_000, 500, 10_000, 50_000, 500_000, 2_000, 2_000];
const SEAT_LIMIT: [usize; 7] = [10, 3, 1_000, 1_000, 1_000, 1, 10];
/// Hundredths a seat and month.
const SEAT_PRICE: [i64; 7] = [0, 0, 1_900, 2_900, 4_900, 1_200, 100];

/// The plan that a team of a company needs: starter, team or business.
const fn plan_for(seats: u32) -> u8 {
    match seats {
        0..=3 => 2,
        4..=10 => 3,
        _ => 4,
    }
}

impl Standing {
    pub(crate) fn contact_limit(&self) -> i64 {
        CONTACT_LIMIT[usize::from(self.plan)]
    }

    pub(crate) fn storage_limit(&self) -> i64 {
        STORAGE_LIMIT[usize::from(self.plan)]
    }

    pub(crate) fn seat_limit(&self) -> usize {
        SEAT_LIMIT[usize::from(self.plan)]
    }
}

impl Life {
    /// The trial begins with the signup.
    pub(crate) fn begin_trial(&mut self, ink: &mut Ink<'_>, time: i64) {
        self.tell(ink, letter(Teller::Member(0), time + SECOND, EventName::TrialStarted, slots([])));
        let ends = time + i64::from(TRIAL_DAYS) * DAY;
        let country = usize::from(self.company.country);
        let name = if self.arrival.kind == Kind::Company {
            slots([
                Slot::of(Key::Name, Form::CompanyName, self.index.into()),
                Slot::of(Key::Domain, Form::CompanyDomain, self.index.into()),
                Slot::word(Key::Country, Words::Countries, country),
            ])
        } else {
            slots([Slot::word(Key::Country, Words::Countries, country)])
        };
        self.tell_of_account(ink, time + SECOND, name);
        // A question at signup: how many of you will use it?
        let asked = [1, 5, 10, 25, 50].into_iter().find(|seats| *seats >= i64::from(self.company.team)).unwrap_or(50);
        let trial = [
            Slot::of(Key::TrialStartedAt, Form::Time, time),
            Slot::of(Key::TrialEndsAt, Form::Time, ends),
            Slot::whole(Key::Seats, asked),
        ];
        self.tell_of_account(ink, time + SECOND, slots(trial));
        self.tell_standing(ink, time + SECOND);
    }

    /// Size and industry become known from a data provider.
    pub(crate) fn enrich(&mut self, ink: &mut Ink<'_>, time: i64) {
        if self.arrival.kind != Kind::Company {
            return;
        }
        let size = Slot::whole(Key::Employees, self.company.employees.into());
        let industry = Slot::word(Key::Industry, Words::Industries, usize::from(self.company.industry));
        self.tell_of_account(ink, time, slots([size, industry]));
    }

    /// Draws whether somebody buys today. What he has done before today is all that can matter.
    pub(crate) fn consider_buying(&mut self, ink: &mut Ink<'_>, day: i32) {
        let scenario = ink.world.scenario;
        if self.arrival.kind == Kind::Internal {
            if self.subscriptions.is_empty() && self.buying.rare(40_000) {
                self.buy(ink, day, &[0]);
            }
            return;
        }
        if self.arrival.kind != Kind::Company && !scenario.hobbyists_buy() {
            return;
        }
        let rule_held = self.rule_held_at < i64::from(day) * DAY;
        let at_risk = AtRisk {
            age_days: (day - self.arrival.signup_day) as u32,
            cohort: ink.world.calendar.month(self.arrival.signup_day),
            level: self.arrival.level,
            rule_held,
        };
        let chance = scenario.chance_millionths(&at_risk);
        if let Scenario::Null { buyer: Buyer::Person, .. } = scenario {
            for at in 0..self.members.len() {
                let free = self.members.get(at).is_some_and(|member| !member.guest && member.converted_at.is_none());
                if free {
                    self.expose(rule_held, scenario.base_millionths(&at_risk));
                    if self.buying.rare(chance) {
                        self.count_purchase(rule_held);
                        self.buy(ink, day, &[at]);
                    }
                }
            }
        } else if self.subscriptions.is_empty() {
            self.expose(rule_held, scenario.base_millionths(&at_risk));
            if self.buying.rare(chance) {
                self.count_purchase(rule_held);
                let together = matches!(scenario, Scenario::Null { buyer: Buyer::WholeAccount, .. });
                let last = if together { self.members.len() } else { 1 };
                let own = |at: &usize| self.members.get(*at).is_some_and(|member| !member.guest);
                let buyers: Vec<usize> = (0..last).filter(own).collect();
                self.buy(ink, day, &buyers);
            }
        }
    }

    fn expose(&mut self, rule_held: bool, base_millionths: u64) {
        if rule_held {
            self.exposure.days_since += 1;
            self.exposure.base_since_millionths += base_millionths;
        } else {
            self.exposure.days_before += 1;
            self.exposure.base_before_millionths += base_millionths;
        }
    }

    fn count_purchase(&mut self, rule_held: bool) {
        if rule_held {
            self.exposure.bought_since += 1;
        } else {
            self.exposure.bought_before += 1;
        }
    }

    /// The purchase, by each of these people.
    fn buy(&mut self, ink: &mut Ink<'_>, day: i32, buyers: &[usize]) {
        let time = i64::from(day) * DAY + self.buying.between(9 * 60, 20 * 60) * MINUTE;
        let people = self.members.iter().filter(|member| !member.left).count() as u32;
        let seats = if buyers.len() > 1 { 1 } else { people + self.buying.below(3) };
        let plan = match self.arrival.kind {
            Kind::Internal => 6,
            Kind::Hobbyist | Kind::Student => 5,
            Kind::Company | Kind::Visitor => plan_for(seats),
        };
        let yearly = self.buying.chance(250);
        let currency = match self.company.country {
            2 => 2,
            3..=5 => 1,
            _ => 0,
        };
        let monthly = SEAT_PRICE[usize::from(plan)] * i64::from(seats);
        let amount = if yearly { monthly * 10 } else { monthly };
        for at in buyers.iter().copied() {
            if matches!(ink.world.scenario, Scenario::Planted { .. }) {
                let before = self.buying.between(3, 15) * MINUTE;
                let slot = slots([Slot::word(Key::Plan, Words::Plans, plan.into())]);
                self.tell(ink, letter(Teller::Member(at), time - before, EventName::CheckoutStarted, slot));
            }
            let details = slots([
                Slot::word(Key::Plan, Words::Plans, plan.into()),
                Slot::of(Key::Amount, Form::Hundredths, amount),
                Slot::word(Key::Currency, Words::Currencies, currency.into()),
                Slot::whole(Key::Seats, seats.into()),
            ]);
            let told = self.tell(ink, letter(Teller::Member(at), time, EventName::SubscriptionStarted, details));
            let (Some(started_at), Some(member)) = (told, self.members.get_mut(at)) else { continue };
            member.converted_at = Some(started_at);
            let (by, amount_hundredths) = (member.code, amount);
            let cancelled_at = None;
            self.subscriptions.push(Subscription {
                by,
                started_at,
                cancelled_at,
                plan,
                currency,
                amount_hundredths,
                seats,
                yearly,
            });
        }
        self.become_customer(ink, time, plan, seats, monthly * buyers.len() as i64);
        self.standing.next_invoice_day = day + 30;
    }

    fn become_customer(&mut self, ink: &mut Ink<'_>, time: i64, plan: u8, seats: u32, monthly_hundredths: i64) {
        self.standing.stage = Stage::Customer;
        self.standing.lapsed = false;
        self.standing.plan = plan;
        self.standing.seats = seats;
        self.standing.monthly_hundredths = monthly_hundredths;
        self.tell_standing(ink, time + 2 * SECOND);
    }

    /// What becomes due: the trial's end, invoices, cancellation.
    pub(crate) fn turn_of_the_day(&mut self, ink: &mut Ink<'_>, day: i32) {
        match self.standing.stage {
            Stage::Trial if day == self.arrival.signup_day + TRIAL_DAYS => self.end_trial(ink),
            Stage::Customer if day == self.standing.next_invoice_day => self.invoice(ink, day),
            Stage::Trial | Stage::Free | Stage::Customer | Stage::Churned => {}
        }
    }

    fn end_trial(&mut self, ink: &mut Ink<'_>) {
        let time = self.signed_up_at + i64::from(TRIAL_DAYS) * DAY;
        self.standing.stage = Stage::Free;
        self.standing.plan = 1;
        let stays = if self.arrival.kind == Kind::Company { 350 } else { 850 };
        self.standing.lapsed = !self.behaviour.chance(stays);
        self.tell(ink, letter(Teller::Account, time, EventName::TrialEnded, slots([])));
        self.tell_standing(ink, time);
    }

    fn invoice(&mut self, ink: &mut Ink<'_>, day: i32) {
        let time = i64::from(day) * DAY + 2 * HOUR;
        self.standing.next_invoice_day = day + 30;
        if self.behaviour.chance(40) {
            self.cancel(ink, time);
            return;
        }
        let currency = self.subscriptions.last().map_or(0, |subscription| subscription.currency);
        let amount = self.standing.monthly_hundredths;
        let details = slots([
            Slot::of(Key::Amount, Form::Hundredths, amount),
            Slot::word(Key::Currency, Words::Currencies, currency.into()),
        ]);
        self.tell(ink, letter(Teller::Account, time, EventName::InvoicePaid, details));
        if matches!(self.standing.plan, 2 | 3) && self.behaviour.chance(25) {
            self.upgrade(ink, time + HOUR, self.standing.plan + 1);
        }
        let forecast = amount * self.behaviour.between(80, 190) / 100;
        let outlook =
            [Slot::of(Key::Mrr, Form::Hundredths, amount), Slot::of(Key::Forecast, Form::Hundredths, forecast)];
        self.tell_of_account(ink, time, slots(outlook));
    }

    fn cancel(&mut self, ink: &mut Ink<'_>, time: i64) {
        let reason = self.behaviour.below(4) as usize;
        let slot = slots([Slot::word(Key::Reason, Words::Reasons, reason)]);
        self.tell(ink, letter(Teller::Member(0), time, EventName::SubscriptionCancelled, slot));
        for subscription in &mut self.subscriptions {
            subscription.cancelled_at.get_or_insert(time);
        }
        self.standing.stage = Stage::Churned;
        self.standing.plan = 1;
        self.standing.lapsed = self.behaviour.chance(800);
        self.standing.monthly_hundredths = 0;
        self.tell_standing(ink, time);
    }

    /// A customer's team outgrows its seats.
    pub(crate) fn count_seat(&mut self, ink: &mut Ink<'_>, time: i64) {
        let people = self.members.iter().filter(|member| !member.left && !member.guest).count() as u32;
        if self.standing.stage != Stage::Customer || people <= self.standing.seats {
            return;
        }
        self.standing.seats = people;
        self.standing.monthly_hundredths += SEAT_PRICE[usize::from(self.standing.plan)];
        let slot = slots([Slot::whole(Key::Seats, people.into())]);
        self.tell(ink, letter(Teller::Member(0), time, EventName::SeatAdded, slot));
        let seats = Slot::whole(Key::Seats, people.into());
        let monthly = Slot::of(Key::Mrr, Form::Hundredths, self.standing.monthly_hundredths);
        self.tell_of_account(ink, time, slots([seats, monthly]));
        let plan = plan_for(people);
        if matches!(self.standing.plan, 2 | 3) && plan > self.standing.plan && self.behaviour.chance(300) {
            self.upgrade(ink, time + MINUTE, plan);
        }
    }

    /// A customer takes a larger plan.
    fn upgrade(&mut self, ink: &mut Ink<'_>, time: i64, plan: u8) {
        self.standing.plan = plan;
        self.standing.monthly_hundredths = SEAT_PRICE[usize::from(plan)] * i64::from(self.standing.seats);
        let currency = self.subscriptions.last().map_or(0, |subscription| subscription.currency);
        let details = slots([
            Slot::word(Key::Plan, Words::Plans, plan.into()),
            Slot::of(Key::Amount, Form::Hundredths, self.standing.monthly_hundredths),
            Slot::word(Key::Currency, Words::Currencies, currency.into()),
            Slot::whole(Key::Seats, self.standing.seats.into()),
        ]);
        self.tell(ink, letter(Teller::Member(0), time, EventName::PlanUpgraded, details));
        self.tell_standing(ink, time + SECOND);
    }

    /// Stage, plan and its limits.
    fn tell_standing(&mut self, ink: &mut Ink<'_>, time: i64) {
        let standing = self.standing;
        let state = [
            Slot::word(Key::Stage, Words::Stages, standing.stage as usize),
            Slot::word(Key::Plan, Words::Plans, standing.plan.into()),
            Slot::whole(Key::ContactLimit, standing.contact_limit()),
            Slot::whole(Key::StorageLimit, standing.storage_limit()),
        ];
        self.tell_of_account(ink, time, slots(state));
        if matches!(standing.stage, Stage::Customer | Stage::Churned) {
            let seats = Slot::whole(Key::Seats, standing.seats.into());
            let monthly = Slot::of(Key::Mrr, Form::Hundredths, standing.monthly_hundredths);
            self.tell_of_account(ink, time, slots([seats, monthly]));
        }
    }

    /// Traits of the account, from its server.
    pub(crate) fn tell_of_account(&mut self, ink: &mut Ink<'_>, time: i64, slots: [Slot; 4]) {
        let what = What::Traits(SubjectKind::Account);
        self.tell(ink, Letter { by: Teller::Account, time, what, slots, delay: 0 });
    }
}
