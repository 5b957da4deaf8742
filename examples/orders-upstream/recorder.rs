//! What came in and how it ended, for tests: the raw request, and whether the client waited for the answer.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::request::Parts;
use serde_json::{Value, json};

/// The requests since the start or the last [`Recorder::clear`].
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    entries: Mutex<Vec<Arc<Entry>>>,
}

#[derive(Debug)]
struct Entry {
    request: Value,
    outcome: Mutex<Outcome>,
}

#[derive(Debug, Clone, Copy)]
enum Outcome {
    Running,
    Answered(u16),
    /// The client went away before the answer was ready.
    Aborted,
}

/// One request that is being answered. Dropped without [`Ticket::answered`], it was aborted.
#[derive(Debug)]
pub(crate) struct Ticket {
    entry: Option<Arc<Entry>>,
    line: String,
    answered: bool,
}

impl Recorder {
    /// Notes a request that has arrived whole.
    pub(crate) fn begin(recorder: Option<&Self>, parts: &Parts, body: &[u8]) -> Ticket {
        let entry = recorder.map(|recorder| {
            let entry = Arc::new(Entry {
                request: describe(parts, body),
                outcome: Mutex::new(Outcome::Running),
            });
            lock(&recorder.entries).push(Arc::clone(&entry));
            entry
        });
        Ticket {
            entry,
            line: format!("{} {}", parts.method, parts.uri),
            answered: false,
        }
    }

    /// Forgets all requests.
    pub(crate) fn clear(&self) {
        lock(&self.entries).clear();
    }

    /// All requests, oldest first.
    pub(crate) fn to_json(&self) -> Value {
        lock(&self.entries)
            .iter()
            .map(|entry| {
                let mut value = entry.request.clone();
                let (outcome, status) = match *lock(&entry.outcome) {
                    Outcome::Running => ("running", Value::Null),
                    Outcome::Answered(status) => ("answered", status.into()),
                    Outcome::Aborted => ("aborted", Value::Null),
                };
                value["outcome"] = outcome.into();
                value["status"] = status;
                value
            })
            .collect()
    }
}

impl Ticket {
    /// The answer is ready.
    pub(crate) fn answered(mut self, status: u16) {
        self.end(Outcome::Answered(status));
        crate::log(&format!("{} {status}", self.line));
        self.answered = true;
    }

    fn end(&self, outcome: Outcome) {
        if let Some(entry) = &self.entry {
            *lock(&entry.outcome) = outcome;
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.answered {
            self.end(Outcome::Aborted);
            crate::log(&format!("{} aborted by the client", self.line));
        }
    }
}

fn describe(parts: &Parts, body: &[u8]) -> Value {
    let headers: Vec<Value> = parts
        .headers
        .iter()
        .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]))
        .collect();
    json!({
        "method": parts.method.as_str(),
        "target": parts.uri.to_string(),
        "headers": headers,
        "body": String::from_utf8_lossy(body),
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
