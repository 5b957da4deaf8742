//! MCP over standard input and output: one message a line.
//!
//! The answers that are ready in one turn of the runtime are written as one piece: to write and to flush each is what
//! limits a server whose client keeps many calls going. Where the two are pipes, they are read and written by the
//! runtime itself, as sockets are: to wake a thread for each message would be a third of what a call costs.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt,
};
use tokio::io::{BufReader, Result};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::server::Server;
use super::session::Session;
use super::wire;

/// The longest line that is read: that of the SDK's own transport.
const MAX_LINE: usize = 16 << 20;
/// How many answers may wait to be written.
const ANSWERS: usize = 256;
/// How much is written at once.
const BATCH: usize = 1 << 20;
/// How long calls may go on after the server was told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Standard input, without a thread where that can be.
pub(super) fn input() -> Box<dyn AsyncRead + Send + Unpin> {
    #[cfg(target_os = "linux")]
    if let Some(pipe) = pipe(0, |options, path| options.open_receiver(path)) {
        return Box::new(pipe);
    }
    Box::new(tokio::io::stdin())
}

/// Standard output, without a thread where that can be.
pub(super) fn output() -> Box<dyn AsyncWrite + Send + Unpin> {
    #[cfg(target_os = "linux")]
    if let Some(pipe) = pipe(1, |options, path| options.open_sender(path)) {
        return Box::new(pipe);
    }
    Box::new(tokio::io::stdout())
}

/// The pipe that is this file descriptor, opened once more: that it does not block must not be seen by the other
/// processes that hold the same end of it.
#[cfg(target_os = "linux")]
fn pipe<P>(
    descriptor: u8,
    open: impl FnOnce(&tokio::net::unix::pipe::OpenOptions, &str) -> Result<P>,
) -> Option<P> {
    use std::os::unix::fs::FileTypeExt;

    let path = format!("/proc/self/fd/{descriptor}");
    let metadata = std::fs::metadata(&path).ok()?;
    if !metadata.file_type().is_fifo() {
        return None;
    }
    // Refused where the pipe belongs to another user.
    open(&tokio::net::unix::pipe::OpenOptions::new(), &path).ok()
}

/// Serves one client until its input ends or `stop` fires; what was asked until then is answered.
pub(super) async fn serve(
    server: Arc<Server>,
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Send + Unpin + 'static,
    stop: CancellationToken,
) {
    let mut input = BufReader::with_capacity(64 << 10, input);
    let (out, answers) = mpsc::channel(ANSWERS);
    let gone = CancellationToken::new();
    let writer = tokio::spawn(write(output, answers, gone.clone()));

    let calls = CancellationToken::new();
    let mut session = Session::new(server, out.clone(), calls.clone());
    {
        // Also while the client does not read its answers, and so keeps a message from being taken.
        let mut ended = std::pin::pin!(async {
            tokio::select! {
                () = gone.cancelled() => {}
                () = stop.cancelled() => {}
            }
        });
        while let Some(line) = before(ended.as_mut(), read_line(&mut input, MAX_LINE))
            .await
            .flatten()
        {
            let taken = take(&mut session, &out, line);
            if before(ended.as_mut(), taken).await.is_none() {
                break;
            }
        }
    }
    drop(out);
    let told_to_stop = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = session.finish() => {}
        () = gone.cancelled() => {}
        () = told_to_stop => {}
    }
    calls.cancel();
    // The writer ends when the last sender is gone; a client that does not read cannot keep the server alive.
    let _ = tokio::time::timeout(GRACE, writer).await;
}

/// What comes out of the second future, unless the first is over before.
async fn before<T>(
    end: Pin<&mut impl Future<Output = ()>>,
    work: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        () = end => None,
        done = work => Some(done),
    }
}

async fn take(session: &mut Session, out: &mpsc::Sender<Vec<u8>>, line: Line) {
    match line {
        Line::Text(text) => session.receive(&text, None).await,
        Line::TooLong => {
            let error = rmcp::ErrorData::invalid_request("the message is too long", None);
            // Fails only when the client is gone.
            let _ = out.send(wire::error(None, &error)).await;
        }
    }
}

enum Line {
    Text(Vec<u8>),
    TooLong,
}

/// The next line that is not empty, or none when the input has ended.
async fn read_line(input: &mut (impl AsyncBufRead + Unpin), max: usize) -> Option<Line> {
    loop {
        let mut text = Vec::new();
        // One byte more than allowed tells a line that is too long from one that just fits.
        let limit = u64::try_from(max + 1).unwrap_or(u64::MAX);
        match input.take(limit).read_until(b'\n', &mut text).await {
            Ok(0) | Err(_) => return None,
            Ok(_) => {}
        }
        if text.len() > max && !text.ends_with(b"\n") {
            skip_line(input).await.ok()?;
            return Some(Line::TooLong);
        }
        text.truncate(text.trim_ascii_end().len());
        if !text.trim_ascii_start().is_empty() {
            return Some(Line::Text(text));
        }
    }
}

async fn skip_line(input: &mut (impl AsyncBufRead + Unpin)) -> Result<()> {
    loop {
        let buffered = input.fill_buf().await?;
        let end = buffered.iter().position(|byte| *byte == b'\n');
        let (skipped, over) = match end {
            Some(end) => (end + 1, true),
            None => (buffered.len(), buffered.is_empty()),
        };
        input.consume(skipped);
        if over {
            return Ok(());
        }
    }
}

/// Writes the answers that are ready as one piece, until there are no more senders or the client is gone.
async fn write(
    mut output: impl AsyncWrite + Unpin,
    mut answers: mpsc::Receiver<Vec<u8>>,
    gone: CancellationToken,
) {
    while let Some(mut batch) = answers.recv().await {
        batch.push(b'\n');
        while batch.len() < BATCH {
            let Ok(next) = answers.try_recv() else { break };
            batch.extend_from_slice(&next);
            batch.push(b'\n');
        }
        if write_batch(&mut output, &batch).await.is_err() {
            gone.cancel();
            return;
        }
    }
}

async fn write_batch(output: &mut (impl AsyncWrite + Unpin), batch: &[u8]) -> Result<()> {
    output.write_all(batch).await?;
    output.flush().await
}
