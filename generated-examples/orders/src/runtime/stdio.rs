//! MCP over standard input and output: one message a line.
//!
//! The answers that are ready in one turn of the runtime are written as one piece: to write and to flush each is what
//! limits a server whose client keeps many calls going. Where the two are pipes, they are read and written by the
//! runtime itself, as its sockets are, without a thread to wake for each message.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
};
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
    open: impl FnOnce(&tokio::net::unix::pipe::OpenOptions, &str) -> io::Result<P>,
) -> Option<P> {
    let path = format!("/proc/self/fd/{descriptor}");
    // Not one with a name: whoever opens that when the writer is gone already is not told of the end.
    if !std::fs::read_link(&path)
        .ok()?
        .to_str()?
        .starts_with("pipe:[")
    {
        return None;
    }
    // Refused where the pipe belongs to another user.
    open(&tokio::net::unix::pipe::OpenOptions::new(), &path).ok()
}

/// Serves one client until its input ends or `stop` fires; what was asked until then is answered, for as long as the
/// client reads, or for [`GRACE`] after `stop`.
///
/// # Errors
/// A sentence, when the input cannot be read or the output cannot be written; that the client is gone is none.
pub(super) async fn serve(
    server: Arc<Server>,
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Send + Unpin + 'static,
    stop: CancellationToken,
) -> Result<(), String> {
    let mut input = BufReader::with_capacity(64 << 10, input);
    let (out, answers) = mpsc::channel(ANSWERS);
    let gone = CancellationToken::new();
    let writer = tokio::spawn(write(output, answers, gone.clone()));

    let calls = CancellationToken::new();
    let mut session = Session::new(server, out.clone(), calls.clone());
    let read = {
        // Also while the client does not read its answers, and so keeps a message from being taken.
        let mut ended = std::pin::pin!(async {
            tokio::select! {
                () = gone.cancelled() => {}
                () = stop.cancelled() => {}
            }
        });
        loop {
            let line = match before(ended.as_mut(), read_line(&mut input, MAX_LINE)).await {
                Some(Ok(Some(line))) => line,
                Some(Err(error)) => break Err(format!("standard input cannot be read: {error}")),
                Some(Ok(None)) | None => break Ok(()),
            };
            let taken = take(&mut session, &out, line);
            if before(ended.as_mut(), taken).await.is_none() {
                break Ok(());
            }
        }
    };
    drop(out);
    let answered = async {
        tokio::select! {
            () = session.finish() => {}
            () = gone.cancelled() => {}
        }
        calls.cancel();
        // The writer ends when the last sender is gone.
        writer.await.unwrap_or(Ok(()))
    };
    let told_to_stop = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    let written = tokio::select! {
        written = answered => written,
        () = told_to_stop => Ok(()),
    };
    read.and(written.map_err(|error| format!("standard output cannot be written: {error}")))
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
async fn read_line(
    input: &mut (impl AsyncBufRead + Unpin),
    max: usize,
) -> io::Result<Option<Line>> {
    loop {
        let mut text = Vec::new();
        // One byte more than allowed tells a line that is too long from one that just fits.
        let limit = u64::try_from(max + 1).unwrap_or(u64::MAX);
        if input.take(limit).read_until(b'\n', &mut text).await? == 0 {
            return Ok(None);
        }
        if text.len() > max && !text.ends_with(b"\n") {
            skip_line(input).await?;
            return Ok(Some(Line::TooLong));
        }
        text.truncate(text.trim_ascii_end().len());
        if !text.trim_ascii_start().is_empty() {
            return Ok(Some(Line::Text(text)));
        }
    }
}

async fn skip_line(input: &mut (impl AsyncBufRead + Unpin)) -> io::Result<()> {
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

/// Writes the answers that are ready as one piece, until there are no more senders or they cannot be written.
async fn write(
    mut output: impl AsyncWrite + Unpin,
    mut answers: mpsc::Receiver<Vec<u8>>,
    gone: CancellationToken,
) -> io::Result<()> {
    while let Some(mut batch) = answers.recv().await {
        batch.push(b'\n');
        while batch.len() < BATCH {
            let Ok(next) = answers.try_recv() else { break };
            batch.extend_from_slice(&next);
            batch.push(b'\n');
        }
        if let Err(error) = write_batch(&mut output, &batch).await {
            gone.cancel();
            return match error.kind() {
                io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => Ok(()),
                _ => Err(error),
            };
        }
    }
    Ok(())
}

async fn write_batch(output: &mut (impl AsyncWrite + Unpin), batch: &[u8]) -> io::Result<()> {
    output.write_all(batch).await?;
    output.flush().await
}
