//! MCP over standard input and output: one message a line.
//!
//! Two threads do the blocking reads and writes. The answers that are ready in one turn of the runtime go to the writer
//! as one piece: to wake it and to flush for each is what limits a server whose client keeps many calls going.

use std::io::{BufRead, BufReader, Read, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::server::Server;
use super::session::Session;
use super::wire;

/// The longest line that is read: that of the SDK's own transport.
const MAX_LINE: usize = 16 << 20;
/// How many lines may wait to be worked on.
const LINES: usize = 256;
/// How many answers may wait to be written.
const ANSWERS: usize = 256;
/// How much is written at once.
const BATCH: usize = 1 << 20;
/// How long calls may go on after the server was told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serves one client until its input ends or `stop` fires; what was asked until then is answered.
pub(super) async fn serve(
    server: Arc<Server>,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    stop: CancellationToken,
) {
    let (lines, mut inbox) = mpsc::channel(LINES);
    let (out, answers) = mpsc::channel(ANSWERS);
    let (batches, to_write) = mpsc::channel(1);
    let gone = CancellationToken::new();
    // The reader is left behind when the process ends: a blocked read cannot be interrupted.
    std::thread::spawn(move || {
        read_lines(input, MAX_LINE, |line| lines.blocking_send(line).is_ok());
    });
    let (written, all_written) = oneshot::channel();
    let client_gone = gone.clone();
    std::thread::spawn(move || {
        write_batches(output, to_write, &client_gone);
        let _ = written.send(());
    });
    tokio::spawn(gather(answers, batches));

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
        while let Some(line) = before(ended.as_mut(), inbox.recv()).await.flatten() {
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
    let _ = tokio::time::timeout(GRACE, all_written).await;
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

/// Hands over each line that is not empty until the input ends or `take` says no.
fn read_lines(input: impl Read, max: usize, take: impl Fn(Line) -> bool) {
    let mut input = BufReader::with_capacity(64 << 10, input);
    loop {
        let mut text = Vec::new();
        // One byte more than allowed tells a line that is too long from one that just fits.
        let limit = u64::try_from(max + 1).unwrap_or(u64::MAX);
        match input.by_ref().take(limit).read_until(b'\n', &mut text) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let too_long = text.len() > max && !text.ends_with(b"\n");
        if too_long && input.skip_until(b'\n').is_err() {
            return;
        }
        text.truncate(text.trim_ascii_end().len());
        let line = if too_long {
            Line::TooLong
        } else if text.trim_ascii_start().is_empty() {
            continue;
        } else {
            Line::Text(text)
        };
        if !take(line) {
            return;
        }
    }
}

/// Puts the answers that are ready into lines, until there are no more senders or the client is gone.
async fn gather(mut answers: mpsc::Receiver<Vec<u8>>, batches: mpsc::Sender<Vec<u8>>) {
    while let Some(mut batch) = answers.recv().await {
        batch.push(b'\n');
        while batch.len() < BATCH {
            let Ok(next) = answers.try_recv() else { break };
            batch.extend_from_slice(&next);
            batch.push(b'\n');
        }
        if batches.send(batch).await.is_err() {
            return;
        }
    }
}

/// Writes until there is nothing more to come, or the client is gone.
fn write_batches(
    mut output: impl Write,
    mut batches: mpsc::Receiver<Vec<u8>>,
    gone: &CancellationToken,
) {
    while let Some(batch) = batches.blocking_recv() {
        let written = output.write_all(&batch).and_then(|()| output.flush());
        if written.is_err() {
            gone.cancel();
            return;
        }
    }
}
