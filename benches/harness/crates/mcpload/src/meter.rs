//! Counts calls and their latencies inside a window that starts when the warm-up ends.

use std::{
    cell::RefCell,
    rc::Rc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{options::Options, process::Usage, protocol};

/// CPU seconds of the server, of the upstream and of mcpload itself.
type Cpu = [f64; 3];

/// Shared by the connections of one run.
pub(crate) struct Meter {
    expected: Vec<u8>,
    from: Instant,
    until: Instant,
    latencies_us: Vec<u32>,
    errors: u64,
    bytes: u64,
    first_error: Option<String>,
    /// Taken at the start of the window; `None` during the warm-up.
    cpu_at_start: Option<Cpu>,
    server: u32,
    upstream: u32,
}

impl Meter {
    /// Starts the warm-up now. `server` is the process whose use is reported.
    pub(crate) fn start(options: &Options, server: u32) -> Rc<RefCell<Self>> {
        let from = Instant::now() + Duration::from_secs_f64(options.number("--warmup", 0.5));
        Rc::new(RefCell::new(Self {
            expected: options.text("--expect", "").into_bytes(),
            from,
            until: from + Duration::from_secs_f64(options.number("--secs", 3.0)),
            latencies_us: Vec::with_capacity(1 << 20),
            errors: 0,
            bytes: 0,
            first_error: None,
            cpu_at_start: None,
            server,
            upstream: options.number("--upstream-pid", 0),
        }))
    }

    fn cpu(&self) -> Cpu {
        [self.server, self.upstream, std::process::id()].map(|pid| Usage::of(pid).cpu)
    }

    /// May another call be sent? Also opens the window when the warm-up is over.
    pub(crate) fn goes_on(&mut self) -> bool {
        let now = Instant::now();
        if self.cpu_at_start.is_none() && now >= self.from {
            self.cpu_at_start = Some(self.cpu());
            self.from = Instant::now();
        }
        now < self.until
    }

    /// A call was answered.
    pub(crate) fn answered(&mut self, sent_at: Instant, body: &[u8]) {
        let elapsed = sent_at.elapsed();
        if !protocol::is_good(body, &self.expected) {
            self.failed(String::from_utf8_lossy(body).chars().take(400).collect());
        }
        if self.cpu_at_start.is_some() && sent_at >= self.from {
            self.latencies_us
                .push(u32::try_from(elapsed.as_micros()).unwrap_or(u32::MAX));
            self.bytes += body.len() as u64;
        }
    }

    /// A call was not answered, or not well.
    pub(crate) fn failed(&mut self, error: String) {
        self.errors += 1;
        self.first_error.get_or_insert(error);
    }

    /// Closes the window.
    pub(crate) fn report(&mut self) -> Value {
        let secs = self.from.elapsed().as_secs_f64();
        let cpu_at_end = self.cpu();
        let cpu_at_start = self.cpu_at_start.unwrap_or(cpu_at_end);
        let calls = self.latencies_us.len();
        self.latencies_us.sort_unstable();
        let quantile = |part: f64| {
            let at = (calls as f64 * part) as usize;
            self.latencies_us
                .get(at.min(calls.saturating_sub(1)))
                .copied()
                .unwrap_or(0)
        };
        let per_call = |of: usize| (cpu_at_end[of] - cpu_at_start[of]) * 1e6 / calls.max(1) as f64;
        let usage = Usage::of(self.server);
        json!({
            "calls": calls, "errors": self.errors, "first_error": self.first_error,
            "secs": secs, "rps": calls as f64 / secs,
            "p50_us": quantile(0.50), "p90_us": quantile(0.90), "p99_us": quantile(0.99), "max_us": quantile(1.0),
            "bytes_per_reply": self.bytes / calls.max(1) as u64,
            "cpu_us_per_call": per_call(0), "upstream_cpu_us": per_call(1), "load_cpu_us": per_call(2),
            "rss_kib": usage.resident_kib, "peak_kib": usage.peak_kib,
        })
    }
}
