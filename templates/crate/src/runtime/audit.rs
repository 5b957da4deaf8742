//! The audit log: one line of JSON about every call, denied ones too.
//!
//! Its [`FIELDS`] are a contract; what is not known is null. Lines are written by a thread of their own: a disk that is
//! slow or full never holds up a call, and what could not be written is counted and told.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use ring::digest::{SHA256, digest};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::batches::Batches;
use super::engine::StartError;
use super::metrics::Metrics;
use super::text::hex;

/// How many lines may wait to be written.
const CAPACITY: usize = 16_384;
/// How long lines are gathered that are written together.
const GATHERING: Duration = Duration::from_millis(10);
/// How long to wait after a failure before the next attempt.
const AGAIN: Duration = Duration::from_millis(200);

/// A field of a line, as the reference tells of it.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) text: &'static str,
    /// When it is null; empty where it never is.
    pub(super) null: &'static str,
}

const fn field(
    name: &'static str,
    kind: &'static str,
    text: &'static str,
    null: &'static str,
) -> Field {
    Field {
        name,
        kind,
        text,
        null,
    }
}

/// The fields of a line, in its order.
pub(super) const FIELDS: [Field; 18] = [
    field(
        "time",
        "text",
        "When the call ended: RFC 3339, UTC, with milliseconds",
        "",
    ),
    field(
        "request_id",
        "text",
        "What the log, the header `X-Request-Id` and results that are errors call the request",
        "",
    ),
    field(
        "identity",
        "text",
        "Who called: the name of a key, `sub` of a token (`client:ID` where only a client is named), a name of a \
         certificate, or what a trusted proxy says",
        "nobody has proven who calls",
    ),
    field(
        "means",
        "text",
        "How that was proven: `api_key`, `jwt`, `introspection`, `proxy` or `mtls`",
        "as `identity`",
    ),
    field(
        "tenant",
        "any",
        "The identity's claim that `tenant-claim` names",
        "there is none",
    ),
    field(
        "team",
        "any",
        "The identity's claim that `team-claim` names",
        "there is none",
    ),
    field(
        "client",
        "text",
        "The address of the client, as trusted proxies tell it; `0.0.0.0` where they do not",
        "over stdio",
    ),
    field(
        "tool",
        "text",
        "What was called; `unknown` where there is no such tool, or the request of a caller who was refused was not read",
        "",
    ),
    field(
        "data_class",
        "text",
        "The tool's class: `public`, `internal`, `confidential` or `restricted`",
        "",
    ),
    field(
        "arguments",
        "text",
        "A fingerprint of the arguments, 16 hexadecimal digits",
        "the tool is confidential",
    ),
    field(
        "outcome",
        "text",
        "`ok`, `error`, `denied` or `cancelled`",
        "",
    ),
    field(
        "error_type",
        "text",
        "What was wrong: `invalid_arguments`, `unauthorized`, `forbidden`, `rate_limited`, `upstream_4xx`, \
         `upstream_5xx`, `timeout`, `connect`, `too_large`, `breaker_open`, `cancelled` or `internal`",
        "nothing was, or the client went away",
    ),
    field(
        "duration_ms",
        "number",
        "How long the call took, in milliseconds",
        "",
    ),
    field(
        "upstream_status",
        "number",
        "The status of the API's last answer",
        "the API was not asked, or did not answer",
    ),
    field(
        "result_bytes",
        "number",
        "The size of the API's answer; 0 without one",
        "",
    ),
    field(
        "cache",
        "text",
        "How an answer was come by that the call did not ask for alone: `hit`, `shared`, `revalidated` or `stale`",
        "the API was asked for it",
    ),
    field(
        "confirmation",
        "text",
        "Whether the user was `asked` for consent, or has `given` or `declined` it",
        "there was no such question",
    ),
    field(
        "operation_of",
        "text",
        "The tool whose long work the call was about",
        "it was about none",
    ),
];

/// One line. `T` is what its texts are, and `V` its values.
#[derive(Debug, Serialize)]
pub(super) struct Entry<T, V> {
    #[serde(serialize_with = "rfc3339")]
    pub(super) time: DateTime<Utc>,
    pub(super) request_id: T,
    pub(super) identity: Option<T>,
    pub(super) means: Option<&'static str>,
    pub(super) tenant: Option<V>,
    pub(super) team: Option<V>,
    pub(super) client: Option<IpAddr>,
    pub(super) tool: T,
    pub(super) data_class: &'static str,
    /// `None` where it would give away what is confidential.
    pub(super) arguments: Option<T>,
    pub(super) outcome: &'static str,
    pub(super) error_type: Option<&'static str>,
    pub(super) duration_ms: f64,
    pub(super) upstream_status: Option<u16>,
    pub(super) result_bytes: usize,
    /// Whether the answer was kept, or asked for by another call, as in `_meta`.
    pub(super) cache: Option<&'static str>,
    /// Whether the user was `asked` for consent, has `given` or `declined` it.
    pub(super) confirmation: Option<&'static str>,
    pub(super) operation_of: Option<&'static str>,
}

impl<T, V> Entry<T, V> {
    /// The same with what these make of its texts and values.
    fn map<'a, C, U, W>(
        &'a self,
        context: &mut C,
        text: impl Fn(&mut C, &'a T) -> U,
        value: impl Fn(&mut C, &'a V) -> W,
    ) -> Entry<U, W> {
        Entry {
            time: self.time,
            request_id: text(context, &self.request_id),
            identity: (self.identity.as_ref()).map(|it| text(context, it)),
            means: self.means,
            tenant: (self.tenant.as_ref()).map(|it| value(context, it)),
            team: (self.team.as_ref()).map(|it| value(context, it)),
            client: self.client,
            tool: text(context, &self.tool),
            data_class: self.data_class,
            arguments: (self.arguments.as_ref()).map(|it| text(context, it)),
            outcome: self.outcome,
            error_type: self.error_type,
            duration_ms: self.duration_ms,
            upstream_status: self.upstream_status,
            result_bytes: self.result_bytes,
            cache: self.cache,
            confirmation: self.confirmation,
            operation_of: self.operation_of,
        }
    }
}

fn rfc3339<S: Serializer>(time: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// Entries as they wait: they become lines on the thread that writes them, and a call pays for a copy of its texts alone.
#[derive(Debug, Default)]
struct Batch {
    entries: Vec<Entry<Range<usize>, Waiting>>,
    texts: String,
}

/// A value that waits: most are texts, which stand with the others.
#[derive(Debug)]
enum Waiting {
    Text(Range<usize>),
    Other(Value),
}

/// A value of a line.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Shown<'a> {
    Text(&'a str),
    Other(&'a Value),
}

impl Batch {
    fn add(&mut self, entry: &Entry<&str, &Value>) {
        let text = |texts: &mut String, text: &str| {
            let start = texts.len();
            texts.push_str(text);
            start..texts.len()
        };
        let value = |texts: &mut String, value: &Value| match value {
            Value::String(it) => Waiting::Text(text(texts, it)),
            other => Waiting::Other(other.clone()),
        };
        let entry = entry.map(
            &mut self.texts,
            |to, it| text(to, it),
            |to, it| value(to, it),
        );
        self.entries.push(entry);
    }

    fn text(&self, place: &Range<usize>) -> &str {
        &self.texts[place.clone()]
    }

    fn shown<'a>(&'a self, value: &'a Waiting) -> Shown<'a> {
        match value {
            Waiting::Text(place) => Shown::Text(self.text(place)),
            Waiting::Other(value) => Shown::Other(value),
        }
    }

    fn lines(&self) -> Vec<u8> {
        /// In bytes: what most lines take.
        const USUAL: usize = 512;
        let mut lines = Vec::with_capacity(USUAL * self.entries.len());
        for entry in &self.entries {
            let entry = entry.map(&mut (), |(), it| self.text(it), |(), it| self.shown(it));
            serde_json::to_writer(&mut lines, &entry).expect("an entry is JSON");
            lines.push(b'\n');
        }
        lines
    }
}

/// Where entries go.
#[derive(Debug, Clone)]
pub(super) struct AuditLog {
    batches: Arc<Batches<Batch>>,
    metrics: Arc<Metrics>,
}

/// The thread that writes; the log is complete once it is dropped.
pub(super) struct Auditing {
    log: AuditLog,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Auditing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Auditing")
    }
}

impl Auditing {
    /// Opens the log: `stderr`, or a file that is appended to and opened anew when it is moved away.
    ///
    /// # Errors
    /// The file cannot be opened: one line.
    pub(super) fn start(target: &str, metrics: &Arc<Metrics>) -> Result<Self, StartError> {
        let out: Box<dyn Out> = if target == "stderr" {
            Box::new(io::stderr())
        } else {
            let opened = Rotated::open(PathBuf::from(target));
            Box::new(opened.map_err(|error| {
                StartError(format!("--audit-log `{target}` cannot be written: {error}"))
            })?)
        };
        let log = AuditLog {
            batches: Arc::new(Batches::new(GATHERING)),
            metrics: Arc::clone(metrics),
        };
        let written = log.clone();
        let thread = std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || written.write_all(out))
            .map_err(|error| StartError(format!("the audit log cannot be started: {error}")))?;
        Ok(Self {
            log,
            thread: Some(thread),
        })
    }

    pub(super) fn log(&self) -> AuditLog {
        self.log.clone()
    }
}

impl Drop for Auditing {
    fn drop(&mut self) {
        self.log.batches.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl AuditLog {
    /// Takes an entry; it never waits.
    pub(super) fn write(&self, entry: &Entry<&str, &Value>) {
        let is_taken = self.batches.add(|batch| {
            let has_room = batch.entries.len() < CAPACITY;
            if has_room {
                batch.add(entry);
            }
            has_room
        });
        if !is_taken {
            self.metrics.audit_lost(1);
        }
    }

    fn write_all(&self, mut out: Box<dyn Out>) {
        let mut is_broken = false;
        while let Some((batch, _)) = self.batches.next() {
            match out.append(&batch.lines()) {
                Ok(()) => {
                    if std::mem::take(&mut is_broken) {
                        tracing::info!("the audit log is written again");
                    }
                }
                Err(error) => {
                    self.metrics.audit_lost(batch.entries.len() as u64);
                    if !std::mem::replace(&mut is_broken, true) {
                        tracing::error!(%error, "the audit log cannot be written; calls go on without it");
                    }
                    // A full disk is not asked a thousand times a second.
                    std::thread::sleep(AGAIN);
                }
            }
        }
    }
}

/// What identifies arguments without showing them: 64 bits of the SHA-256 of their JSON, names in order.
pub(super) fn fingerprint(arguments: &Map<String, Value>) -> String {
    let mut sorted: Vec<(&String, &Value)> = arguments.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    let text = serde_json::to_string(&sorted).unwrap_or_default();
    let digest = digest(&SHA256, text.as_bytes());
    hex(&digest.as_ref()[..8])
}

/// What can be appended to.
trait Out: Send {
    fn append(&mut self, batch: &[u8]) -> io::Result<()>;
}

impl Out for io::Stderr {
    fn append(&mut self, batch: &[u8]) -> io::Result<()> {
        self.write_all(batch)
    }
}

/// A file that may be moved away by who rotates logs.
struct Rotated {
    path: PathBuf,
    file: File,
    /// Whether a line may have been written in part.
    is_torn: bool,
}

impl Rotated {
    fn open(path: PathBuf) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        Ok(Self {
            path,
            file,
            is_torn: false,
        })
    }

    #[cfg(unix)]
    fn is_moved(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let place = |metadata: io::Result<std::fs::Metadata>| {
            metadata
                .ok()
                .map(|metadata| (metadata.dev(), metadata.ino()))
        };
        place(std::fs::metadata(&self.path)) != place(self.file.metadata())
    }

    #[cfg(not(unix))]
    fn is_moved(&self) -> bool {
        !self.path.exists()
    }
}

impl Out for Rotated {
    fn append(&mut self, batch: &[u8]) -> io::Result<()> {
        if self.is_moved() {
            *self = Self::open(self.path.clone())?;
        }
        if std::mem::take(&mut self.is_torn) {
            self.file.write_all(b"\n")?;
        }
        let written = self.file.write_all(batch);
        self.is_torn = written.is_err();
        written
    }
}
