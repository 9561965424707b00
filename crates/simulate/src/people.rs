//! Names and addresses: made from codes when they are written, so that nobody has to remember them.
//!
//! Companies have domains under `.example`, which belongs to nobody (RFC 2606).

use crate::draw::mix;
use crate::fact::PersonCode;
use crate::text::push_ascii;
use crate::world::Kind;

/// The domain of the company that makes the simulated product: its people are internal.
pub const OWN_DOMAIN: &str = "tidewater.example";

/// Whose domain an address is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailKind {
    /// The company's own.
    Company,
    /// A provider where anyone gets an address, by its place in the list.
    Free(u8),
    /// A school.
    School(u8),
    /// The maker of the product.
    Own,
}

const FREE: [&str; 6] = ["gmail.com", "outlook.com", "yahoo.com", "icloud.com", "gmx.de", "proton.me"];
const SCHOOLS: [&str; 4] = ["northfield.edu", "lakeside.edu", "harbour.ac.uk", "westbrook.edu"];

impl MailKind {
    /// The kind of a person's address.
    pub(crate) const fn of(kind: Kind, code: PersonCode) -> Self {
        let at = mix(code.0 ^ 0x006d_6169_6c00);
        match kind {
            Kind::Hobbyist => Self::Free((at % FREE.len() as u64) as u8),
            Kind::Student => Self::School((at % SCHOOLS.len() as u64) as u8),
            Kind::Internal => Self::Own,
            // A few sign up with their private address.
            Kind::Company | Kind::Visitor if at % 1_000 < 40 => Self::Free((at / 1_000 % FREE.len() as u64) as u8),
            Kind::Company | Kind::Visitor => Self::Company,
        }
    }

    /// The value of a slot in the form [`Form::Email`](crate::fact::Form::Email).
    pub(crate) const fn with(self, code: PersonCode) -> i64 {
        let kind = match self {
            Self::Company => 0,
            Self::Own => 1,
            Self::Free(at) => 0x100 | at as i64,
            Self::School(at) => 0x200 | at as i64,
        };
        kind << 48 | code.0 as i64
    }

    /// The person and kind of a slot's value.
    pub(crate) const fn split(value: i64) -> (Self, PersonCode) {
        let code = PersonCode(value as u64 & 0xffff_ffff_ffff);
        let kind = value >> 48;
        let kind = match kind >> 8 {
            1 => Self::Free(kind as u8),
            2 => Self::School(kind as u8),
            _ if kind == 1 => Self::Own,
            _ => Self::Company,
        };
        (kind, code)
    }
}

const FIRST: [&str; 32] = [
    "Ada", "Ben", "Carla", "Dmitri", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Keiko", "Liam", "Maya",
    "Noah", "Olga", "Pablo", "Quinn", "Rosa", "Sami", "Tara", "Umar", "Vera", "Wen", "Ximena", "Yusuf", "Zoe", "Anton",
    "Bea", "Chidi", "Dana", "Emil", "Fatima",
];
const LAST: [&str; 32] = [
    "Abbott", "Becker", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ivanov", "Jansen", "Kumar",
    "Lopez", "Meyer", "Novak", "Okafor", "Patel", "Quist", "Rossi", "Sato", "Torres", "Usman", "Vogel", "Walsh", "Xu",
    "Yilmaz", "Zhang", "Adeyemi", "Brandt", "Chen", "Diaz", "Evans", "Foster",
];
const BUSINESS: [&str; 32] = [
    "amber", "birch", "cobalt", "delta", "ember", "fjord", "granite", "harbor", "iris", "juniper", "kite", "lumen",
    "maple", "north", "opal", "pine", "quartz", "river", "sable", "terra", "umbra", "vale", "willow", "xenon",
    "yonder", "zephyr", "anchor", "beacon", "cedar", "drift", "echo", "flint",
];
const TRADE: [&str; 16] = [
    "works",
    "labs",
    "studio",
    "systems",
    "media",
    "foods",
    "health",
    "capital",
    "logistics",
    "energy",
    "retail",
    "design",
    "partners",
    "cloud",
    "motors",
    "travel",
];

/// First and last name.
pub(crate) fn person_name(code: PersonCode) -> (&'static str, &'static str) {
    let at = mix(code.0 ^ 0x006e_616d_6500);
    (FIRST[(at % 32) as usize], LAST[(at / 32 % 32) as usize])
}

/// Appends the first and last name.
pub(crate) fn write_name(out: &mut String, code: PersonCode) {
    let (first, last) = person_name(code);
    out.push_str(first);
    out.push(' ');
    out.push_str(last);
}

/// Appends the address: unlike every other person's.
pub(crate) fn write_email(out: &mut String, value: i64) {
    let (kind, code) = MailKind::split(value);
    let (first, last) = person_name(code);
    out.extend(first.chars().map(|letter| letter.to_ascii_lowercase()));
    out.push('.');
    out.extend(last.chars().map(|letter| letter.to_ascii_lowercase()));
    match kind {
        MailKind::Company => write_number(out, code.0 & 0xffff),
        MailKind::Free(_) | MailKind::School(_) | MailKind::Own => write_number(out, code.0),
    }
    out.push('@');
    match kind {
        MailKind::Company => write_domain(out, code.account()),
        MailKind::Free(at) => out.push_str(FREE[usize::from(at) % FREE.len()]),
        MailKind::School(at) => out.push_str(SCHOOLS[usize::from(at) % SCHOOLS.len()]),
        MailKind::Own => out.push_str(OWN_DOMAIN),
    }
}

/// Appends a company's domain: unlike every other company's.
pub(crate) fn write_domain(out: &mut String, account: u32) {
    let (business, trade) = business(account);
    out.push_str(business);
    out.push_str(trade);
    out.push('-');
    write_number(out, u64::from(account));
    out.push_str(".example");
}

/// Appends a company's name.
pub(crate) fn write_company(out: &mut String, account: u32) {
    let (business, trade) = business(account);
    let capital = |out: &mut String, word: &str| {
        let mut letters = word.chars();
        out.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    };
    capital(out, business);
    out.push(' ');
    capital(out, trade);
    out.push(' ');
    write_number(out, u64::from(account));
}

fn business(account: u32) -> (&'static str, &'static str) {
    let at = mix(u64::from(account) ^ 0x6669_726d);
    (BUSINESS[(at % 32) as usize], TRADE[(at / 32 % 16) as usize])
}

/// Appends a whole number.
pub(crate) fn write_number(out: &mut String, number: u64) {
    let mut digits = [0_u8; 20];
    let mut rest = number;
    let mut start = digits.len();
    while let Some(place) = start.checked_sub(1) {
        digits[place] = b'0' + (rest % 10) as u8;
        start = place;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    push_ascii(out, &digits[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_sound_and_differ() {
        let mut seen = std::collections::BTreeSet::new();
        for account in 0..300 {
            for number in 0..3 {
                let code = PersonCode::new(account, number);
                for kind in [Kind::Company, Kind::Hobbyist, Kind::Student, Kind::Internal] {
                    let mail = MailKind::of(kind, code);
                    assert_eq!(MailKind::split(mail.with(code)), (mail, code));
                    let mut text = String::new();
                    write_email(&mut text, mail.with(code));
                    assert!(engine::workspace::domain_of(&text).is_some(), "{text}");
                    seen.insert((kind, text));
                }
            }
        }
        assert_eq!(seen.len(), 300 * 3 * 4);
    }

    #[test]
    fn numbers_are_written() {
        for number in [0, 7, 10, 1_234_567_890, u64::MAX] {
            let mut text = String::new();
            write_number(&mut text, number);
            assert_eq!(text, number.to_string());
        }
    }
}
