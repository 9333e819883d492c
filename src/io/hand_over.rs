//! What threads share: state under a lock that signals its changes, and a bounded queue built on it.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// State under a lock; a thread can wait for its changes.
#[derive(Debug, Default)]
pub(crate) struct Monitor<S> {
    state: Mutex<S>,
    changed: Condvar,
}

/// Why a lock cannot be taken: the panic of the other thread goes on here.
const POISONED: &str = "another thread panicked while it held the lock";

impl<S> Monitor<S> {
    pub(crate) fn new(state: S) -> Self {
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, S> {
        self.state.lock().expect(POISONED)
    }

    /// Waits for [`Monitor::notify`].
    pub(crate) fn wait<'s>(&self, state: MutexGuard<'s, S>) -> MutexGuard<'s, S> {
        self.changed.wait(state).expect(POISONED)
    }

    /// Waits for [`Monitor::notify`], at most for `longest`; true if that time has passed.
    fn wait_for<'s>(
        &self,
        state: MutexGuard<'s, S>,
        longest: Duration,
    ) -> (MutexGuard<'s, S>, bool) {
        let waited = self.changed.wait_timeout(state, longest);
        let (state, waited) = waited.expect(POISONED);
        (state, waited.timed_out())
    }

    /// Wakes all threads that wait.
    pub(crate) fn notify(&self) {
        self.changed.notify_all();
    }
}

/// When the two threads of a queue wait. A thread is not woken for every item: that costs as much as reading some 10 KiB or
/// analyzing some ten cycles.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The sender waits once the items in the queue weigh this much,
    pub(crate) full: usize,
    /// until they weigh no more than this.
    pub(crate) resume: usize,
    /// A receiver that has found the queue empty waits until the items weigh this much.
    pub(crate) wake: usize,
}

/// One end of a bounded queue. Items go from the sender to the receiver, and back to be used again. When one end is dropped,
/// the other one waits no longer.
pub(crate) struct End<T>(Arc<Queue<T>>);

struct Queue<T> {
    limits: Limits,
    weigh: fn(&T) -> usize,
    monitor: Monitor<State<T>>,
}

struct State<T> {
    /// Oldest first.
    items: VecDeque<T>,
    weight: usize,
    /// Items given back.
    used: Vec<T>,
    sender_waits: bool,
    receiver_waits: bool,
    /// The sender waits until the queue is empty and the receiver waits.
    draining: bool,
    /// One end was dropped.
    closed: bool,
}

/// What [`End::receive`] has found.
pub(crate) enum Received<T> {
    Item(T),
    /// The time is over.
    Nothing,
    /// The sender was dropped, and all of its items were received.
    Ended,
}

/// A queue: its sender and its receiver.
pub(crate) fn hand_over<T>(limits: Limits, weigh: fn(&T) -> usize) -> (End<T>, End<T>) {
    let queue = Arc::new(Queue {
        limits,
        weigh,
        monitor: Monitor::new(State {
            items: VecDeque::new(),
            weight: 0,
            used: Vec::new(),
            sender_waits: false,
            receiver_waits: false,
            draining: false,
            closed: false,
        }),
    });
    (End(Arc::clone(&queue)), End(queue))
}

impl<T> End<T> {
    /// Sends an item; waits while the queue is full. `join` may append it to the newest item instead: then it is given back.
    /// `Err` if the receiver was dropped.
    pub(crate) fn send(&self, item: T, join: impl Fn(&mut T, &T) -> bool) -> Result<Option<T>, ()> {
        let Queue {
            limits,
            weigh,
            monitor,
        } = &*self.0;
        let mut state = monitor.lock();
        state.sender_waits = state.weight >= limits.full;
        while state.sender_waits && !state.closed {
            state = monitor.wait(state);
        }
        if state.closed {
            return Err(());
        }
        state.weight += weigh(&item);
        let joined = state.items.back_mut().is_some_and(|last| join(last, &item));
        let left = if joined {
            Some(item)
        } else {
            state.items.push_back(item);
            None
        };
        let wakes = state.receiver_waits && state.weight >= limits.wake;
        drop(state);
        if wakes {
            monitor.notify();
        }
        Ok(left)
    }

    /// Moves the items given back so far into `used`.
    pub(crate) fn take_used(&self, used: &mut Vec<T>) {
        used.append(&mut self.0.monitor.lock().used);
    }

    /// Waits until the receiver has done all that was sent.
    pub(crate) fn drain(&self) {
        let monitor = &self.0.monitor;
        let mut state = monitor.lock();
        state.draining = true;
        monitor.notify();
        while !(state.items.is_empty() && state.receiver_waits) && !state.closed {
            state = monitor.wait(state);
        }
        state.draining = false;
    }

    /// The oldest item; waits until there is one, at most for `longest` if that is given. Gives back `used`.
    pub(crate) fn receive(&self, used: &mut Vec<T>, longest: Option<Duration>) -> Received<T> {
        let Queue {
            limits,
            weigh,
            monitor,
        } = &*self.0;
        let mut state = monitor.lock();
        state.used.append(used);
        let mut enough = 0;
        while (state.items.is_empty() || (state.weight < enough && !state.draining)) && !state.closed
        {
            enough = limits.wake;
            state.receiver_waits = true;
            if state.draining {
                monitor.notify();
            }
            let over;
            (state, over) = match longest {
                Some(longest) => monitor.wait_for(state, longest),
                None => (monitor.wait(state), false),
            };
            if over && state.items.is_empty() && !state.closed {
                state.receiver_waits = false;
                return Received::Nothing;
            }
        }
        state.receiver_waits = false;
        let Some(item) = state.items.pop_front() else {
            return Received::Ended;
        };
        state.weight -= weigh(&item);
        let wakes = state.sender_waits && state.weight <= limits.resume;
        state.sender_waits &= !wakes;
        drop(state);
        if wakes {
            monitor.notify();
        }
        Received::Item(item)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.monitor.lock().items.is_empty()
    }
}

impl<T> Drop for End<T> {
    fn drop(&mut self) {
        // In a thread that panics the lock may be poisoned, and the other end finds it so.
        if let Ok(mut state) = self.0.monitor.state.lock() {
            state.closed = true;
        }
        self.0.monitor.notify();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const LIMITS: Limits = Limits {
        full: 6,
        resume: 2,
        wake: 3,
    };

    #[test]
    fn items_come_in_order_and_the_end_after_them() {
        let (sender, receiver) = hand_over(LIMITS, |_: &u32| 1);
        let received = thread::spawn(move || {
            let (mut all, mut used) = (Vec::new(), Vec::new());
            while let Received::Item(n) = receiver.receive(&mut used, None) {
                all.push(n);
                used.push(n);
            }
            all
        });
        let mut back = Vec::new();
        for n in 0..1_000 {
            assert_eq!(sender.send(n, |_, _| false), Ok(None));
            if n % 100 == 0 {
                sender.drain();
            }
            sender.take_used(&mut back);
        }
        drop(sender);
        assert_eq!(received.join().ok(), Some((0..1_000).collect::<Vec<_>>()));
        assert!(back.iter().copied().eq(0..back.len() as u32) && back.len() >= 900);
    }

    #[test]
    fn an_item_may_join_the_one_before() {
        let (sender, receiver) = hand_over(LIMITS, String::len);
        let join = |last: &mut String, item: &String| {
            last.push_str(item);
            true
        };
        assert_eq!(sender.send("a".to_owned(), join), Ok(None));
        assert_eq!(sender.send("b".to_owned(), join), Ok(Some("b".to_owned())));
        let item = receiver.receive(&mut Vec::new(), None);
        assert!(matches!(item, Received::Item(text) if text == "ab"));
        let nothing = receiver.receive(&mut Vec::new(), Some(Duration::from_millis(1)));
        assert!(matches!(nothing, Received::Nothing));
        drop(receiver);
        assert_eq!(sender.send("c".to_owned(), join), Err(()));
    }
}
