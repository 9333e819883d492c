//! A thread behind a bounded queue: the reading hands items over and goes on.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long [`Worker::finish`] waits once the end is urgent.
const PATIENCE: Duration = Duration::from_millis(500);

/// A thread that processes the items of a queue in their order.
#[derive(Debug)]
pub(crate) struct Worker<T, R = ()> {
    queue: SyncSender<T>,
    thread: JoinHandle<R>,
}

impl<T: Send + 'static, R: Send + 'static> Worker<T, R> {
    /// Starts the thread. Its queue holds at most `bound` items; with 0 an item is only taken while the thread waits for
    /// one.
    ///
    /// # Errors
    /// The system cannot start another thread.
    pub(crate) fn start(
        name: &str,
        bound: usize,
        work: impl FnOnce(Receiver<T>) -> R + Send + 'static,
    ) -> io::Result<Self> {
        let (queue, items) = sync_channel(bound);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(items))?;
        Ok(Self { queue, thread })
    }

    /// Queues an item; never blocks.
    ///
    /// # Errors
    /// The queue is full, or the thread has ended: the item comes back.
    pub(crate) fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        self.queue.try_send(item)
    }

    /// Waits until the queue is worked off and gives the thread's result. `None` where the thread is still blocked 0.5 s
    /// after `urgent` first returned true.
    pub(crate) fn finish(self, urgent: impl Fn() -> bool) -> Option<R> {
        drop(self.queue);
        let mut since: Option<Instant> = None;
        let mut pause = Duration::from_micros(20);
        while !self.thread.is_finished() {
            if urgent() && since.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                return None;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
        self.thread.join().ok()
    }
}

/// Locks a mutex. A thread that panicked with the lock leaves whole values behind, so poisoning is ignored.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
