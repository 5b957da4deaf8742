//! The side of the server: starts a process for a program, gives it the answer, reads what it makes of it, and kills it
//! when it is late or says too much, and when its call ends.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::engine::ErrorType;
use super::Failed;
#[cfg(test)]
use super::worker::ANSWER;
use super::worker::{Frame, UNABLE, VARIABLE, Verdict, stage};

/// How long a program may take, with the start of its process.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many bytes of memory it may have, and how many more for each byte of the answer.
const MEMORY: usize = 128 << 20;
const MEMORY_PER_BYTE: usize = 16;
/// The longest program.
const MOST_PROGRAM: usize = 64 << 10;
/// What a worker says beside what the program gives.
const MARGIN: u64 = 64 << 10;

/// The turns of the processes: no more of them at once than there are processors.
#[derive(Debug)]
pub(in super::super) struct Programs {
    turns: Semaphore,
    /// One turn for each caller, so that nobody's programs keep those of all others waiting.
    callers: Mutex<HashMap<u64, Arc<Semaphore>>>,
}

impl Programs {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "there are none without the feature"
    )]
    pub(in super::super) fn new() -> Option<Self> {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Some(Self {
            turns: Semaphore::new(processors),
            callers: Mutex::default(),
        })
    }

    /// Waits for the turn of a caller, whose programs run one after the other.
    pub(in super::super) async fn turn(&self, caller: u64) -> Option<OwnedSemaphorePermit> {
        let turn = {
            let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever waits or runs has one more of it.
            callers.retain(|_, turn| Arc::strong_count(turn) > 1);
            let turn = callers.entry(caller);
            Arc::clone(turn.or_insert_with(|| Arc::new(Semaphore::new(1))))
        };
        turn.acquire_owned().await.ok()
    }

    /// # Errors
    /// It is no program.
    pub(in super::super) async fn check(&self, program: &str) -> Result<(), Failed> {
        self.run(program, "", 0).await.map(|_| ())
    }

    /// What a program gives for a JSON text: JSON values, each on a line. There are `most` bytes of them at most.
    ///
    /// # Errors
    /// It is no program, it failed, it took too long or needed too much, or it cannot be run here.
    pub(in super::super) async fn run(
        &self,
        program: &str,
        json: &str,
        most: usize,
    ) -> Result<String, Failed> {
        if program.len() > MOST_PROGRAM {
            return Err(wrong(format!(
                "the program has more than {MOST_PROGRAM} bytes"
            )));
        }
        let _turn = (self.turns.acquire().await).map_err(|_| unable("there are no turns"))?;
        match tokio::time::timeout(PATIENCE, answered(program, json, most)).await {
            Ok(answered) => answered,
            // What was begun is dropped, and with it its process killed.
            Err(_) => Err(late()),
        }
    }
}

async fn answered(program: &str, json: &str, most: usize) -> Result<String, Failed> {
    let mut child = started(json.len()).map_err(|error| unable(&error.to_string()))?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(unable("it has no pipes"));
    };
    let head = Frame { program, most }.head();
    let write = async move {
        // Who ends early does not read all of it, and the answer says why.
        let _ = input.write_all(&head).await;
        let _ = input.write_all(json.as_bytes()).await;
    };
    let mut bytes = Vec::new();
    let room = u64::try_from(most).unwrap_or(u64::MAX - MARGIN) + MARGIN;
    let mut output = output.take(room);
    let ((), read) = tokio::join!(write, output.read_to_end(&mut bytes));
    read.map_err(|error| unable(&error.to_string()))?;
    if output.limit() == 0 {
        return Err(large(most));
    }
    let status = (child.wait().await).map_err(|error| unable(&error.to_string()))?;
    ended(status, &bytes, most)
}

/// The process, which has nothing of this one's but a pipe at either end.
fn started(bytes: usize) -> std::io::Result<Child> {
    let memory = MEMORY.saturating_add(bytes.saturating_mul(MEMORY_PER_BYTE));
    Command::new(this_program()?)
        .args(arguments())
        .env_clear()
        .env(VARIABLE, stage(memory))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

/// This program as it runs, also where its file has been replaced by now.
fn this_program() -> std::io::Result<PathBuf> {
    if cfg!(any(target_os = "linux", target_os = "android")) {
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    std::env::current_exe()
}

#[cfg(not(test))]
fn arguments() -> [OsString; 0] {
    []
}

/// A program of tests works as any of its tests, which is asked for by name.
#[cfg(test)]
fn arguments() -> [OsString; 4] {
    let name = concat!(
        module_path!(),
        "::tests::the_program_of_the_tests_works_too"
    );
    let name = name.split_once("::").map_or(name, |(_, name)| name);
    [name, "--exact", "--nocapture", "--quiet"].map(OsString::from)
}

fn ended(status: ExitStatus, bytes: &[u8], most: usize) -> Result<String, Failed> {
    if status.code() == Some(UNABLE) {
        return Err(unable("its limits could not be set"));
    }
    if !status.success() {
        return Err(wrong(
            "the program needs more memory than it may have, or calls itself too deep; make it do less".to_owned(),
        ));
    }
    match Verdict::read(said(bytes)) {
        Some((Verdict::Gave, text)) => Ok(String::from_utf8_lossy(text).into_owned()),
        Some((Verdict::Failed, text)) => Err(wrong(String::from_utf8_lossy(text).into_owned())),
        Some((Verdict::TooLarge, _)) => Err(large(most)),
        None => Err(unable("it does not work as a worker")),
    }
}

#[cfg(not(test))]
fn said(bytes: &[u8]) -> &[u8] {
    bytes
}

/// Whoever runs tests says so first.
#[cfg(test)]
fn said(bytes: &[u8]) -> &[u8] {
    let mut starts = 0..bytes.len();
    let start = starts.find(|at| bytes[*at..].starts_with(ANSWER));
    &bytes[start.unwrap_or_default()..]
}

fn wrong(text: String) -> Failed {
    Failed {
        text,
        kind: ErrorType::InvalidArguments,
    }
}

fn late() -> Failed {
    wrong(format!(
        "the program took longer than {} s; make it do less",
        PATIENCE.as_secs()
    ))
}

fn large(most: usize) -> Failed {
    wrong(format!(
        "the program gives more than {most} bytes; make it choose less"
    ))
}

/// What is amiss stands in the log: it is the operator's to mend.
fn unable(why: &str) -> Failed {
    tracing::error!(target: "mcp::jq", why, "the process for a jq program did not start");
    Failed::unable()
}

#[cfg(test)]
mod tests;
