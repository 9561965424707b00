//! Ids in words: made from codes one to one, so that two different ids never meet.

use crate::draw::mix;
use crate::fact::PersonCode;
use crate::text::push_ascii;
use crate::vocabulary::Key;

/// Writes the ids of one product; those of another seed are others.
#[derive(Debug, Clone, Copy)]
pub struct Ids {
    salt: u64,
}

const HEX: [u8; 16] = *b"0123456789abcdef";

impl Ids {
    /// The ids of products with this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { salt: mix(seed ^ 0x6964_7300) }
    }

    /// Appends a person's user id: `u` and 16 hexadecimal digits; for the id before an alias `old` and the same.
    pub fn write_user(&self, out: &mut String, person: PersonCode, previous: bool) {
        out.push_str(if previous { "old" } else { "u" });
        write_hex(out, mix(person.0 ^ self.salt), 16);
    }

    /// Appends a device's id: `d` and 16 hexadecimal digits.
    pub fn write_device(&self, out: &mut String, first_user: PersonCode) {
        out.push('d');
        write_hex(out, mix(first_user.0 ^ !self.salt), 16);
    }

    /// Appends an account's id: `a` and 12 hexadecimal digits.
    pub fn write_account(&self, out: &mut String, number: u32) {
        out.push('a');
        // Odd factors and shifts of 48 bits are one to one; the number itself has 32.
        let mask = 0xffff_ffff_ffff;
        let value = u64::from(number) ^ (self.salt & 0xffff_ffff);
        let value = value.wrapping_mul(0x9e37_79b9_7f4b) & mask;
        let value = (value ^ (value >> 23)).wrapping_mul(0x2545_f491_4f6d) & mask;
        write_hex(out, value ^ (value >> 25), 12);
    }

    /// A message's id as a number; in words 32 hexadecimal digits.
    #[must_use]
    pub const fn message(&self, message: u64) -> u128 {
        (mix(self.salt ^ (message >> 32)) as u128) << 64 | mix(message ^ self.salt) as u128
    }

    /// Appends a message's id.
    pub fn write_message(&self, out: &mut String, message: u64) {
        let digest = self.message(message);
        write_hex(out, (digest >> 64) as u64, 16);
        write_hex(out, digest as u64, 16);
    }
}

/// Appends a thing's id: its key's first three letters, `_` and 8 hexadecimal digits.
pub(crate) fn write_thing(out: &mut String, key: Key, id: u32) {
    out.push_str(key.text().get(..3).unwrap_or_default());
    out.push('_');
    write_hex(out, u64::from(id), 8);
}

fn write_hex(out: &mut String, value: u64, digits: usize) {
    let all: [u8; 16] = std::array::from_fn(|at| HEX[(value >> (60 - 4 * at)) as usize & 15]);
    push_ascii(out, &all[16 - digits.min(16)..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_differ_and_name_somebody() {
        let ids = Ids::new(9);
        let mut seen = BTreeSet::new();
        let mut written = 0;
        let mut add = |write: &dyn Fn(&mut String)| {
            let mut text = String::new();
            write(&mut text);
            assert!(!engine::record::is_generic(&text));
            seen.insert(text);
            written += 1;
        };
        for account in (0..2_000).chain((1 << 31)..(1 << 31) + 2_000) {
            add(&|text| ids.write_account(text, account));
            add(&|text| ids.write_message(text, u64::from(account) << 32 | 7));
            for number in 0..3 {
                let person = PersonCode::new(account, number);
                add(&|text| ids.write_user(text, person, false));
                add(&|text| ids.write_user(text, person, true));
                add(&|text| ids.write_device(text, person));
            }
        }
        assert_eq!(seen.len(), written);
    }
}
