//! Secrets that a program prints: it is run at the start, and again when what it printed is refused or too old.
//!
//! There is no shell, no input, and an end after ten seconds. Neither the command nor anything that it prints is ever shown:
//! both may hold the secret. A program that it starts in its turn is not stopped with it.

use std::fmt;
use std::io::Read as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};

use super::super::engine::StartError;
use super::super::files::reason;
use super::source::MOST_BYTES;
use super::words::words;

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(10);
/// How long a command is left alone that failed, or printed again what was refused.
const PAUSE: Duration = Duration::from_secs(10);
/// How often a program is looked at that has closed its output and not ended.
const LOOK: Duration = Duration::from_millis(5);

/// A secret that a command prints.
#[derive(Clone)]
pub(super) struct Printed(Arc<State>);

struct State {
    /// The variable that holds the command.
    variable: String,
    words: Vec<String>,
    /// For how long what it prints is good.
    good_for: Option<Duration>,
    kept: Mutex<Kept>,
    /// Held while the command runs, also by a run for which no call waits any more.
    running: Arc<tokio::sync::Mutex<()>>,
}

struct Kept {
    secret: SecretString,
    /// How many secrets there were before this one.
    count: u64,
    since: Instant,
    is_refused: bool,
    not_before: Instant,
}

impl fmt::Debug for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Printed").field(&self.0.variable).finish()
    }
}

impl Printed {
    /// Runs a command for the first time.
    ///
    /// # Errors
    /// It is no command, or prints no secret: one line that names the variable.
    pub(super) fn first(
        variable: String,
        line: &str,
        good_for: Option<Duration>,
    ) -> Result<Self, StartError> {
        let words = words(line).map_err(|why| StartError(format!("`{variable}` {why}")))?;
        Self::of(variable, words, good_for)
    }

    /// The same with a command whose words are known.
    ///
    /// # Errors
    /// It prints no secret: one line that names the variable.
    pub(super) fn of(
        variable: String,
        words: Vec<String>,
        good_for: Option<Duration>,
    ) -> Result<Self, StartError> {
        let wrong = |why: String| StartError(format!("`{variable}` {why}"));
        let now = Instant::now();
        let secret = output(&words, LIMIT).map_err(wrong)?;
        Ok(Self(Arc::new(State {
            variable,
            words,
            good_for,
            kept: Mutex::new(Kept {
                secret,
                count: 0,
                since: now,
                is_refused: false,
                not_before: now,
            }),
            running: Arc::default(),
        })))
    }

    /// The words of the command.
    pub(super) fn words(&self) -> &[String] {
        &self.0.words
    }

    /// The variable that holds the command.
    pub(super) fn variable(&self) -> &str {
        &self.0.variable
    }

    /// The secret as of now.
    pub(super) fn secret(&self) -> SecretString {
        self.0.lock().secret.clone()
    }

    /// Another number for another secret.
    pub(super) fn count(&self) -> u64 {
        self.0.lock().count
    }

    /// Says that the secret is of no use any more.
    pub(super) fn refused(&self) {
        self.0.lock().is_refused = true;
    }

    /// Whether the command is to be run again.
    pub(super) fn is_due(&self) -> bool {
        self.0.is_due()
    }

    /// Runs the command again if that is due, once for everybody who waits.
    pub(super) async fn renewed(&self) {
        if !self.0.is_due() {
            return;
        }
        let turn = Arc::clone(&self.0.running).lock_owned().await;
        if !self.0.is_due() {
            return;
        }
        let state = Arc::clone(&self.0);
        let run = tokio::task::spawn_blocking(move || {
            state.run();
            drop(turn);
        });
        // It ends by itself; a run that breaks off leaves the secret of before.
        let _ = run.await;
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_due(&self) -> bool {
        let kept = self.lock();
        let is_old = self
            .good_for
            .is_some_and(|span| kept.since.elapsed() >= span);
        (kept.is_refused || is_old) && kept.not_before <= Instant::now()
    }

    fn run(&self) {
        let fresh = output(&self.words, LIMIT);
        // It is as old as the end of the command, however long that took.
        let now = Instant::now();
        let mut kept = self.lock();
        match fresh {
            Ok(fresh) if fresh.expose_secret() == kept.secret.expose_secret() => {
                kept.since = now;
                if std::mem::take(&mut kept.is_refused) {
                    kept.not_before = Instant::now() + PAUSE;
                }
            }
            Ok(fresh) => {
                *kept = Kept {
                    secret: fresh,
                    count: kept.count + 1,
                    since: now,
                    is_refused: false,
                    not_before: now,
                };
            }
            Err(why) => {
                kept.not_before = Instant::now() + PAUSE;
                drop(kept);
                let variable = &self.variable;
                tracing::warn!(target: "mcp::credentials", "`{variable}` {why}; what it printed before is used");
            }
        }
    }
}

/// What a program prints, less one line break at the end.
///
/// # Errors
/// The end of a sentence, without anything that it printed.
fn output(words: &[String], limit: Duration) -> Result<SecretString, String> {
    let (program, arguments) = words.split_first().ok_or("names no program")?;
    let mut child = Command::new(program)
        .args(arguments)
        // Standard input is the client's, over stdio.
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot be run: {}", reason(&error)))?;
    let ended = printed(&mut child, Instant::now() + limit);
    // One that has ended is waited for, which is all that is left to do; any other is stopped.
    let _ = child.kill();
    let _ = child.wait();
    let bytes = match ended {
        Ok((status, bytes)) if status.success() => bytes,
        Ok((status, _)) => return Err(failure(status)),
        Err(Broken::Late) => return Err(format!("did not end within {} s", limit.as_secs_f64())),
        Err(Broken::Large) => return Err("printed more than a credential can be".to_owned()),
        Err(Broken::Pipe) => return Err("could not be read from".to_owned()),
    };
    let text = String::from_utf8(bytes).map_err(|_| "printed something that is no text")?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.trim().is_empty() {
        return Err("printed nothing".to_owned());
    }
    Ok(text.into())
}

/// Why there is no output.
enum Broken {
    Late,
    Large,
    Pipe,
}

fn printed(child: &mut Child, deadline: Instant) -> Result<(ExitStatus, Vec<u8>), Broken> {
    let pipe = child.stdout.take().ok_or(Broken::Pipe)?;
    let (sender, receiver) = channel();
    // It cannot be interrupted: somebody else may have the other end when the program is gone.
    let reader = thread::Builder::new().name("command".to_owned());
    reader
        .spawn(move || {
            let mut bytes = Vec::new();
            let read = pipe.take(MOST_BYTES + 1).read_to_end(&mut bytes);
            let _ = sender.send(read.map(|_| bytes));
        })
        .map_err(|_| Broken::Pipe)?;
    let left = deadline.saturating_duration_since(Instant::now());
    let read = receiver.recv_timeout(left).map_err(|_| Broken::Late)?;
    let bytes = read.map_err(|_| Broken::Pipe)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Broken::Large);
    }
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok((status, bytes)),
            Ok(None) if Instant::now() < deadline => thread::sleep(LOOK),
            Ok(None) => return Err(Broken::Late),
            Err(_) => return Err(Broken::Pipe),
        }
    }
}

fn failure(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("was ended by signal {signal}");
    }
    let code = status.code().unwrap_or_default();
    format!("ended with status {code}; run the command by hand to see why")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn printed(line: &str) -> Result<String, String> {
        let words = words(line).expect("words");
        let secret = output(&words, Duration::from_secs(5))?;
        Ok(secret.expose_secret().to_owned())
    }

    #[test]
    fn what_a_program_prints_is_the_secret_less_one_line_break() {
        assert_eq!(printed("echo geheim").as_deref(), Ok("geheim"));
        assert_eq!(printed("printf 'a b '").as_deref(), Ok("a b "));
        assert_eq!(printed(r"printf 'a\r\n'").as_deref(), Ok("a"));
        assert_eq!(printed(r"printf 'a\n\n'").as_deref(), Ok("a\n"));
    }

    #[test]
    fn a_program_that_prints_no_secret_is_told_without_what_it_printed() {
        for (line, why) in [
            (
                "sh -c 'echo geheim; echo geheim >&2; exit 3'",
                "ended with status 3",
            ),
            ("sh -c 'echo geheim; kill -9 $$'", "was ended by signal 9"),
            ("true", "printed nothing"),
            ("/no/such/geheim", "cannot be run: there is no such file"),
            (r"printf '\377geheim'", "printed something that is no text"),
            ("yes geheim", "printed more than a credential can be"),
        ] {
            let told = printed(line).expect_err(line);
            assert!(told.starts_with(why), "{told}");
            assert!(!told.contains("geheim"), "{told}");
        }
    }

    #[test]
    fn a_program_that_hangs_is_stopped_whether_it_holds_its_output_or_not() {
        for line in [
            "sleep 60",
            "sh -c 'exec >&-; exec sleep 60'",
            // The output outlives the program.
            "sh -c 'sleep 3 & echo geheim'",
        ] {
            let began = Instant::now();
            let words = words(line).expect("words");
            let told = output(&words, Duration::from_millis(200)).expect_err(line);
            assert_eq!(told, "did not end within 0.2 s");
            assert!(began.elapsed() < Duration::from_secs(2), "{line}");
        }
    }
}
