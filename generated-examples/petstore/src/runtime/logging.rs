//! Logs: JSON lines on standard error, written in the background.
//!
//! Standard output belongs to MCP in stdio mode, so nothing here touches it. A call never waits for the log: lines
//! are gathered in memory and written in batches by a thread of their own; when nobody reads them, the newest are
//! dropped and counted.

use std::io::{self, Write};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tracing_subscriber::filter::{FilterFn, LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

use super::batches::Batches;
use super::engine::StartError;

/// How long the writer gathers lines before it writes them.
const GATHER: Duration = Duration::from_millis(20);
/// How much may wait when nobody reads standard error.
const CAPACITY: usize = 4 << 20;

/// Starts logging to standard error; the log is complete once the value is dropped.
///
/// # Errors
/// The filter cannot be understood: one line.
pub fn start(filter: &str) -> Result<Logging, StartError> {
    let filter = targets(filter)
        .map_err(|why| StartError(format!("--log `{filter}` cannot be understood: {why}")))?;
    let (logging, writer) = Logging::new(io::stderr());
    // A process has one subscriber: where the surrounding program has set its own, that one stays.
    let _ = tracing::subscriber::set_global_default(subscriber(filter, writer));
    Ok(logging)
}

/// The filter, without what the library takes for the name of a part of a program and is most likely a misspelt level.
fn targets(filter: &str) -> Result<Targets, String> {
    let is_told = |word: &&str| word.contains("::") || word.parse::<LevelFilter>().is_ok();
    let words = filter.split(',').map(str::trim);
    match (words.filter(|word| !word.is_empty() && !word.contains('='))).find(|word| !is_told(word))
    {
        Some(word) => Err(format!(
            "`{word}` is not `error`, `warn`, `info`, `debug`, `trace` or `off`; a part of the program has a level, as in \
             `mcp::call=debug`"
        )),
        None => filter.parse().map_err(|error| format!("{error}")),
    }
}

fn subscriber(filter: Targets, writer: LogWriter) -> impl tracing::Subscriber + Send + Sync {
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(writer);
    Registry::default()
        .with(filter)
        .with(lines.with_filter(without_secrets()))
}

/// Keeps the libraries from logging what passes through them: requests and headers hold credentials, at any level
/// that somebody turns on to find a fault. rmcp's own warnings repeat what is logged here.
fn without_secrets() -> FilterFn {
    const QUIET: [&str; 6] = ["hyper", "hyper_util", "h2", "rustls", "tower", "axum"];
    FilterFn::new(|metadata| {
        let library = metadata.target().split("::").next().unwrap_or_default();
        match library {
            "rmcp" => false,
            _ if QUIET.contains(&library) => *metadata.level() <= LevelFilter::WARN,
            _ => true,
        }
    })
}

/// Writes what is left when it is dropped.
pub struct Logging {
    lines: Arc<Batches<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Logging {
    fn new(mut out: impl Write + Send + 'static) -> (Self, LogWriter) {
        let lines = Arc::new(Batches::new(GATHER));
        let written = Arc::clone(&lines);
        let thread = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || {
                while let Some((lines, dropped)) = written.next() {
                    // When standard error is gone there is nobody to tell.
                    let _ = out.write_all(&with_note(lines, dropped));
                }
                let _ = out.flush();
            })
            .ok();
        let writer = LogWriter(Arc::clone(&lines));
        (Self { lines, thread }, writer)
    }
}

fn with_note(mut lines: Vec<u8>, dropped: usize) -> Vec<u8> {
    if dropped > 0 {
        let note = format!(
            "{{\"level\":\"WARN\",\"message\":\"log lines dropped\",\"dropped\":{dropped}}}\n"
        );
        lines.extend_from_slice(note.as_bytes());
    }
    lines
}

impl Drop for Logging {
    fn drop(&mut self) {
        self.lines.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[derive(Clone)]
struct LogWriter(Arc<Batches<Vec<u8>>>);

impl Write for LogWriter {
    /// Takes one whole line, as tracing-subscriber hands it over.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.add(|lines| {
            let has_room = lines.len() + line.len() <= CAPACITY;
            if has_room {
                lines.extend_from_slice(line);
            }
            has_room
        });
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A sink that the test can read after the log is complete.
    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, log: impl FnOnce()) -> String {
        let sink = Sink::default();
        let (logging, writer) = Logging::new(sink.clone());
        let filter = filter.parse::<Targets>().expect("a valid filter");
        tracing::subscriber::with_default(subscriber(filter, writer), log);
        drop(logging);
        let bytes = sink.0.lock().expect("no panic").clone();
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn each_event_is_one_line_of_json() {
        let text = logged("info", || {
            tracing::info!(request_id = "abc", "first");
            tracing::debug!("not asked for");
            tracing::warn!("second\nline");
        });
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["request_id"], "abc");
        assert_eq!(lines[0]["message"], "first");
        assert_eq!(lines[1]["message"], "second\nline");
    }

    #[test]
    fn a_misspelt_level_is_an_error() {
        for filter in [
            "info",
            "off",
            "",
            "warn,mcp::call=debug",
            "hyper=trace, error",
            "mcp::call",
        ] {
            assert!(targets(filter).is_ok(), "{filter}");
        }
        for filter in ["loud", "info,loud", "info,mcp=loud"] {
            assert!(targets(filter).is_err(), "{filter}");
        }
    }

    #[test]
    fn libraries_cannot_log_what_passes_through_them() {
        let text = logged("trace", || {
            tracing::error!(target: "rmcp::service", "failed to send pending response during drain");
            tracing::trace!(target: "hyper::proto", "authorization: Bearer hunter2");
            tracing::debug!(target: "h2::codec", "authorization: Bearer hunter2");
            tracing::warn!(target: "hyper::server", "kept");
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains("kept"), "{text}");
    }

    #[test]
    fn lines_that_nobody_reads_are_dropped_and_counted() {
        let lines = Arc::new(Batches::new(GATHER));
        let mut writer = LogWriter(Arc::clone(&lines));
        let line = vec![b'x'; CAPACITY];
        writer.write_all(&line).expect("never fails");
        writer.write_all(b"one more\n").expect("never fails");
        lines.close();
        let (written, dropped) = lines.next().expect("a batch");
        let written = with_note(written, dropped);
        let text = String::from_utf8_lossy(&written[CAPACITY..]).into_owned();
        assert!(text.contains("\"dropped\":1"), "{text}");
        assert!(lines.next().is_none());
    }
}
