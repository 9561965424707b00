//! The product as JSON lines in the shape of Segment's specification: `track`, `identify`, `group` and `alias` calls as
//! an archive holds them, with `messageId`, `originalTimestamp`, `sentAt`, `receivedAt` and the corrected `timestamp`.
//!
//! A sender whose clock is wrong says `originalTimestamp` and `sentAt` by that clock, and `timestamp` is
//! `receivedAt − (sentAt − originalTimestamp)` cleaned of the way's length; where it did not say `sentAt`, `timestamp`
//! stays wrong and can be later than `receivedAt`.

use engine::record::SubjectKind;
use engine::time::SECOND;

use crate::fact::{Fact, What};
use crate::ids::Ids;
use crate::text::{write_json_member, write_time};

/// Appends a line for each fact.
pub fn lines(out: &mut Vec<u8>, ids: &Ids, facts: &[Fact]) {
    let mut line = String::new();
    for fact in facts {
        line.clear();
        write_line(&mut line, ids, fact);
        line.push('\n');
        out.extend_from_slice(line.as_bytes());
    }
}

fn write_line(line: &mut String, ids: &Ids, fact: &Fact) {
    line.push_str("{\"type\":\"");
    let payload = match fact.what {
        What::Event(name) => {
            line.push_str("track\",\"event\":\"");
            line.push_str(name.text());
            "properties"
        }
        What::Traits(SubjectKind::User) => {
            line.push_str("identify");
            "traits"
        }
        What::Traits(_) => {
            line.push_str("group");
            "traits"
        }
        What::Alias => {
            line.push_str("alias\",\"previousId\":\"");
            ids.write_user(line, fact.user, true);
            ""
        }
    };
    line.push_str("\",\"messageId\":\"");
    ids.write_message(line, fact.message);
    line.push('"');
    write_ids(line, ids, fact);
    write_times(line, fact);
    if !payload.is_empty() {
        line.push_str(",\"");
        line.push_str(payload);
        line.push_str("\":{");
        for (at, slot) in fact.filled().enumerate() {
            line.push_str(if at == 0 { "" } else { "," });
            write_json_member(line, ids, slot);
        }
        line.push('}');
    }
    line.push_str(",\"context\":{");
    if !matches!(fact.what, What::Traits(SubjectKind::Account) | What::Alias) && !fact.account.is_none() {
        line.push_str("\"groupId\":\"");
        ids.write_account(line, fact.account.0 - 1);
        line.push_str("\",");
    }
    line.push_str("\"library\":{\"name\":\"simulated\",\"version\":\"1.0.0\"}}}");
}

fn write_ids(line: &mut String, ids: &Ids, fact: &Fact) {
    if !fact.user.is_none() {
        line.push_str(",\"userId\":\"");
        ids.write_user(line, fact.user, fact.by_previous_id);
        line.push('"');
    }
    if !fact.device.is_none() {
        line.push_str(",\"anonymousId\":\"");
        ids.write_device(line, fact.device);
        line.push('"');
    }
    if fact.what == What::Traits(SubjectKind::Account) && !fact.account.is_none() {
        line.push_str(",\"groupId\":\"");
        ids.write_account(line, fact.account.0 - 1);
        line.push('"');
    }
}

fn write_times(line: &mut String, fact: &Fact) {
    let member = |line: &mut String, name: &str, time: i64| {
        line.push_str(",\"");
        line.push_str(name);
        line.push_str("\":\"");
        write_time(line, time);
        line.push('"');
    };
    member(line, "timestamp", fact.time);
    member(line, "receivedAt", fact.received);
    if fact.uncorrected {
        member(line, "originalTimestamp", fact.time);
    } else {
        member(line, "originalTimestamp", fact.time + fact.clock_ahead);
        member(line, "sentAt", (fact.received - SECOND / 20).max(fact.time) + fact.clock_ahead);
    }
}
