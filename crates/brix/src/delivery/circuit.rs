//! When to leave a destination alone: after so many failures in a row nothing is sent for a while, then one action to see, then all
//! again. What waits meanwhile uses up none of its attempts.

use engine::time::{MINUTE, SECOND, Timestamp};
use store::catalog::connections::Circuit;

/// So many failures in a row open the circuit.
const MOST_FAILURES: u32 = 5;
/// For so long the first time, twice as long each time after, up to a limit.
const SHORTEST_US: i64 = 30 * SECOND;
const LONGEST_US: i64 = 15 * MINUTE;

/// What may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Anything.
    Closed,
    /// One action, to see.
    Probe,
    /// Nothing until then.
    OpenUntil(Timestamp),
}

/// What may be sent now.
pub fn gate(circuit: &Circuit, now: Timestamp) -> Gate {
    match circuit.open_until {
        Some(until) if now < until => Gate::OpenUntil(until),
        Some(_) if circuit.failures >= MOST_FAILURES => Gate::Probe,
        _ => Gate::Closed,
    }
}

/// After a failure. What was under way when the circuit opened says nothing new.
pub fn failed(circuit: &mut Circuit, why: &str, now: Timestamp) {
    circuit.last_error = Some(why.to_owned());
    if circuit.failures >= MOST_FAILURES && matches!(gate(circuit, now), Gate::OpenUntil(_)) {
        return;
    }
    circuit.failures = circuit.failures.saturating_add(1);
    if let Some(doublings) = circuit.failures.checked_sub(MOST_FAILURES) {
        let longer = SHORTEST_US.saturating_mul(1 << doublings.min(10));
        pause(circuit, now, longer.min(LONGEST_US));
    }
}

/// The destination is left alone for so many microseconds, or longer if it already was to be.
pub fn pause(circuit: &mut Circuit, now: Timestamp, wait_us: i64) {
    let until = Timestamp(now.0.saturating_add(wait_us));
    circuit.open_until = circuit.open_until.max(Some(until));
}

/// After a success; gives whether that changed anything.
pub fn succeeded(circuit: &mut Circuit, now: Timestamp) -> bool {
    let paused = circuit.failures < MOST_FAILURES && matches!(gate(circuit, now), Gate::OpenUntil(_));
    let closed = Circuit { open_until: circuit.open_until.filter(|_| paused), ..Circuit::default() };
    let changes = *circuit != closed;
    *circuit = closed;
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * SECOND)
    }

    #[test]
    fn opens_probes_and_closes() {
        let mut circuit = Circuit::default();
        for second in 0..4 {
            failed(&mut circuit, "answered 500", at(second));
            assert_eq!(gate(&circuit, at(second)), Gate::Closed);
        }
        failed(&mut circuit, "answered 500", at(4));
        assert_eq!(gate(&circuit, at(4)), Gate::OpenUntil(at(34)));
        for _ in 0..20 {
            failed(&mut circuit, "answered 500", at(5));
        }
        assert_eq!(gate(&circuit, at(33)), Gate::OpenUntil(at(34)), "what was under way does not count");
        assert_eq!(gate(&circuit, at(34)), Gate::Probe);
        failed(&mut circuit, "answered 500", at(35));
        assert_eq!(gate(&circuit, at(40)), Gate::OpenUntil(at(95)), "twice as long");
        for round in 1..40 {
            failed(&mut circuit, "answered 500", at(10_000 * round));
        }
        assert_eq!(gate(&circuit, at(390_001)), Gate::OpenUntil(at(390_900)), "at most a quarter of an hour");
        assert!(succeeded(&mut circuit, at(390_901)));
        assert_eq!(circuit, Circuit::default());
        assert!(!succeeded(&mut circuit, at(390_901)));
    }

    #[test]
    fn a_pause_that_was_asked_for() {
        let mut circuit = Circuit::default();
        pause(&mut circuit, at(0), 60 * SECOND);
        pause(&mut circuit, at(1), SECOND);
        assert_eq!(gate(&circuit, at(59)), Gate::OpenUntil(at(60)));
        succeeded(&mut circuit, at(30));
        assert_eq!(gate(&circuit, at(59)), Gate::OpenUntil(at(60)), "is kept, whatever was under way says");
        assert_eq!(gate(&circuit, at(60)), Gate::Closed, "no failure, no probe");
        assert!(succeeded(&mut circuit, at(61)));
    }
}
