//! Progress of a call: sent, answered, so many bytes read, done. It only ever grows.

use super::engine::Progress;

/// How many bytes are worth another notification.
const STRIDE: usize = 64 * 1024;

/// Tells a client how far a call is, if it asked.
pub(super) struct Steps<'a> {
    progress: Option<&'a Progress>,
    /// What was said last.
    last: f64,
    next_bytes: usize,
    stride: usize,
}

impl<'a> Steps<'a> {
    pub(super) fn new(progress: Option<&'a Progress>) -> Self {
        Self {
            progress,
            last: -1.0,
            next_bytes: 1,
            stride: STRIDE,
        }
    }

    /// The body is a stream, of which each piece is news.
    pub(super) fn stream(&mut self) {
        self.stride = 1;
    }

    /// The request is on its way.
    pub(super) fn sent(&mut self) {
        self.say(0.0, None, || "request sent".to_owned());
    }

    /// The status has come.
    pub(super) fn answered(&mut self, status: u16) {
        self.say(1.0, None, || format!("the API answered {status}"));
    }

    /// So many bytes of the body have come.
    pub(super) fn read(&mut self, bytes: usize, total: Option<u64>) {
        if bytes >= self.next_bytes {
            self.next_bytes = bytes + self.stride;
            self.say(
                after_answer(bytes),
                total.map(|total| number(total) + 2.0),
                || match total {
                    Some(total) => format!("{bytes} of {total} bytes"),
                    None => format!("{bytes} bytes"),
                },
            );
        }
    }

    /// All of it has come.
    pub(super) fn done(&mut self, bytes: usize) {
        let end = after_answer(bytes) + 1.0;
        self.say(end, Some(end), || "done".to_owned());
    }

    fn say(&mut self, value: f64, total: Option<f64>, message: impl FnOnce() -> String) {
        if let Some(Progress(send)) = self.progress
            && value > self.last
        {
            self.last = value;
            send(value, total, message());
        }
    }
}

/// Bytes count from the answer on, which is 1.
fn after_answer(bytes: usize) -> f64 {
    1.0 + number(bytes as u64)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "MCP's progress is a JSON number, and no body has 2^53 bytes"
)]
fn number(bytes: u64) -> f64 {
    bytes as f64
}
