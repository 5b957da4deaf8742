//! Progress of a call: sent, answered, so many bytes read, done. It only ever grows.

use super::engine::Progress;
use super::events::Events;

/// How many bytes are worth another notification.
const STRIDE: usize = 64 * 1024;
/// How many events of a stream are told with what they say.
const MOST_EVENTS: usize = 1000;
/// How much of one, in characters.
const MOST_CHARS: usize = 200;

/// Makes of what an event says what the client may see of it.
type Shown<'a> = Box<dyn FnMut(&str) -> Option<String> + Send + Sync + 'a>;

/// Tells a client how far a call is, if it asked.
pub(super) struct Steps<'a> {
    progress: Option<&'a Progress>,
    /// What was said last.
    last: f64,
    next_bytes: usize,
    stride: usize,
    shown: Option<Shown<'a>>,
    /// The body as a stream of events, and how many more of them are told.
    events: Option<(Events, usize)>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(progress: Option<&'a Progress>) -> Self {
        Self {
            progress,
            last: -1.0,
            next_bytes: 1,
            stride: STRIDE,
            shown: None,
            events: None,
        }
    }

    /// Tells what events say, as far as they may be shown.
    pub(super) fn showing(
        mut self,
        shown: impl FnMut(&str) -> Option<String> + Send + Sync + 'a,
    ) -> Self {
        self.shown = self.progress.is_some().then(|| Box::new(shown) as _);
        self
    }

    /// The body is a stream, of which each piece is news.
    pub(super) fn stream(&mut self, of_events: bool) {
        self.stride = 1;
        self.events = (of_events && self.shown.is_some()).then(|| (Events::default(), MOST_EVENTS));
    }

    /// The request is on its way.
    pub(super) fn sent(&mut self) {
        self.say(0.0, None, || "request sent".to_owned());
    }

    /// The status has come.
    pub(super) fn answered(&mut self, status: u16) {
        self.say(1.0, None, || format!("the API answered {status}"));
    }

    /// The API works on it still, and may have said how much of it is done.
    pub(super) fn working(&mut self, percent: Option<f64>, message: String) {
        /// What says no more than that it goes on.
        const LITTLE: f64 = 0.01;
        let value = match percent {
            // A client must see it grow.
            Some(percent) => percent.max(self.last + LITTLE),
            None => self.last + 1.0,
        };
        let total = percent.map(|_| value.max(100.0));
        self.say(value, total, || message);
    }

    /// These have come, and so many bytes of the body by now.
    pub(super) fn read(&mut self, new: &[u8], bytes: usize, total: Option<u64>) {
        if let Some((mut events, mut left)) = self.events.take() {
            let before = bytes - new.len();
            events.take(new, |data, end| {
                left = left.saturating_sub(1);
                self.event(data, before + end, total);
            });
            // Who sends so many is not listened to that closely for ever.
            self.stride = if left > 0 { 1 } else { STRIDE };
            self.events = (left > 0).then_some((events, left));
        }
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

    /// An event has ended here.
    fn event(&mut self, data: &str, bytes: usize, total: Option<u64>) {
        let Some(text) = self.shown.as_mut().and_then(|shown| shown(data)) else {
            return;
        };
        let text = match text.char_indices().nth(MOST_CHARS) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        };
        self.next_bytes = bytes + 1;
        let total = total.map(|total| number(total) + 2.0);
        self.say(after_answer(bytes), total, || text);
    }

    /// All of it has come.
    pub(super) fn done(&mut self, bytes: usize) {
        let end = after_answer(bytes).max(self.last) + 1.0;
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
