//! The audit log: one line of JSON about every call, denied ones too.
//!
//! Its fields are a contract: `time`, `request_id`, `identity`, `means`, `tenant`, `team`, `client`, `tool`,
//! `data_class`, `arguments` (a fingerprint; not of confidential tools), `outcome`, `error_type`, `duration_ms`, `upstream_status`,
//! `result_bytes`, `cache`, `confirmation` and `operation_of`; what is not known is null. Lines are written by a thread of their own: a disk that is slow or full
//! never holds up a call, and what could not be written is counted and told.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use ring::digest::{SHA256, digest};
use serde::Serialize;
use serde_json::{Map, Value};

use super::engine::StartError;
use super::metrics::Metrics;
use super::text::hex;

/// How many lines may wait to be written.
const CAPACITY: usize = 16_384;
/// In bytes: what most lines take.
const USUAL: usize = 512;
/// How long lines are gathered that are written together: a busy server wakes a thread and the disk once for many calls.
const GATHERING: Duration = Duration::from_millis(5);
/// How long to wait after a failure before the next attempt.
const AGAIN: Duration = Duration::from_millis(200);

/// One line.
#[derive(Debug, Serialize)]
pub(super) struct Entry<'a> {
    pub(super) time: String,
    pub(super) request_id: &'a str,
    pub(super) identity: Option<&'a str>,
    pub(super) means: Option<&'static str>,
    pub(super) tenant: Option<&'a Value>,
    pub(super) team: Option<&'a Value>,
    pub(super) client: Option<std::net::IpAddr>,
    pub(super) tool: &'a str,
    pub(super) data_class: &'static str,
    /// `None` where it would give away what is confidential.
    pub(super) arguments: Option<String>,
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

/// Where entries go.
#[derive(Debug, Clone)]
pub(super) struct AuditLog {
    lines: SyncSender<Line>,
    metrics: Arc<Metrics>,
}

enum Line {
    Entry(Vec<u8>),
    /// All before it is to be written.
    End,
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
        let (lines, waiting) = sync_channel(CAPACITY);
        let counted = Arc::clone(metrics);
        let thread = std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || write_all(out, &waiting, &counted))
            .map_err(|error| StartError(format!("the audit log cannot be started: {error}")))?;
        let metrics = Arc::clone(metrics);
        Ok(Self {
            log: AuditLog { lines, metrics },
            thread: Some(thread),
        })
    }

    pub(super) fn log(&self) -> AuditLog {
        self.log.clone()
    }
}

impl Drop for Auditing {
    fn drop(&mut self) {
        // Fails when the thread is gone, which then has nothing to write.
        if self.log.lines.send(Line::End).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

impl AuditLog {
    /// Takes an entry; it never waits.
    pub(super) fn write(&self, entry: &Entry<'_>) {
        let mut line = Vec::with_capacity(USUAL);
        serde_json::to_writer(&mut line, entry).expect("an entry is JSON");
        line.push(b'\n');
        if self.lines.try_send(Line::Entry(line)).is_err() {
            self.metrics.audit_lost(1);
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

fn write_all(mut out: Box<dyn Out>, lines: &Receiver<Line>, metrics: &Metrics) {
    let mut is_broken = false;
    let mut is_over = false;
    while !is_over {
        let mut batch = Vec::new();
        let mut count = 0;
        match lines.recv() {
            Ok(Line::Entry(line)) => {
                batch.extend_from_slice(&line);
                count = 1;
                std::thread::sleep(GATHERING);
            }
            Ok(Line::End) | Err(_) => is_over = true,
        }
        while let Ok(line) = lines.try_recv() {
            match line {
                Line::Entry(line) => {
                    batch.extend_from_slice(&line);
                    count += 1;
                }
                Line::End => is_over = true,
            }
        }
        match out.append(&batch) {
            Ok(()) => {
                if !batch.is_empty() && std::mem::take(&mut is_broken) {
                    tracing::info!("the audit log is written again");
                }
            }
            Err(error) => {
                metrics.audit_lost(count);
                if !std::mem::replace(&mut is_broken, true) {
                    tracing::error!(%error, "the audit log cannot be written; calls go on without it");
                }
                // A full disk is not asked a thousand times a second.
                std::thread::sleep(AGAIN);
            }
        }
    }
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
