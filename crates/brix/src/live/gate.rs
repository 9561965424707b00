//! Whether the log may go into the lake just now: not while somebody reads both, one after the other.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Lets either readers through, or compaction.
#[derive(Debug, Default)]
pub struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    readers: u32,
    is_compacting: bool,
}

/// While this is there the lake stays as it is, and the log keeps what is not in it.
#[derive(Debug)]
pub struct Held(Arc<Gate>);

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no compaction is under way; none begins until what this gives is dropped. Not for the processor's thread, which
    /// has to see compaction through.
    pub fn hold(self: &Arc<Self>) -> Held {
        let mut state = self.state();
        while state.is_compacting {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.readers += 1;
        Held(Arc::clone(self))
    }

    /// Whether compaction may begin; if so it has to say when it has ended.
    pub fn begin(&self) -> bool {
        let mut state = self.state();
        let may = state.readers == 0;
        state.is_compacting |= may;
        may
    }

    /// Compaction has ended.
    pub fn end(&self) {
        self.state().is_compacting = false;
        self.changed.notify_all();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.state().readers -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compaction_and_readers_keep_out_of_each_others_way() {
        let gate = Arc::new(Gate::default());
        let (first, second) = (gate.hold(), gate.hold());
        drop(first);
        assert!(!gate.begin(), "somebody reads");
        drop(second);
        assert!(gate.begin());
        let (sender, receiver) = std::sync::mpsc::channel();
        let other = Arc::clone(&gate);
        let reader = std::thread::spawn(move || {
            let held = other.hold();
            sender.send(()).unwrap();
            held
        });
        assert!(receiver.recv_timeout(std::time::Duration::from_millis(50)).is_err(), "it waits for compaction");
        gate.end();
        receiver.recv().unwrap();
        drop(reader.join().unwrap());
        assert!(gate.begin());
    }
}
