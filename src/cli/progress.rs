//! Shows on a terminal which stage a long run is in; a short run shows nothing.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shorter work than this is not worth a flicker.
const DELAY: Duration = Duration::from_millis(400);
const TICK: Duration = Duration::from_millis(100);

/// A bar over a known number of stages; it disappears when it is dropped.
pub(super) struct Progress {
    bar: ProgressBar,
    finished: Option<Sender<()>>,
    painter: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts to count `stages` stages.
    pub(super) fn new(stages: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(stages), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner} [{bar:20}] {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        let (finished, waiting) = mpsc::channel();
        let shown = bar.clone();
        let painter = std::thread::spawn(move || {
            if waiting.recv_timeout(DELAY) == Err(RecvTimeoutError::Timeout) {
                // indicatif draws only if stderr is a terminal.
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(TICK);
            }
        });
        Self {
            bar,
            finished: Some(finished),
            painter: Some(painter),
        }
    }

    /// The next stage begins.
    pub(super) fn stage(&self, message: impl Into<String>) {
        self.bar.set_message(message.into());
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.finished.take());
        if let Some(painter) = self.painter.take() {
            // The painter only waits; it cannot panic.
            let _ = painter.join();
        }
        self.bar.finish_and_clear();
    }
}
