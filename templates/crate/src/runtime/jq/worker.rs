//! The side of the process that runs a program: it takes its limits upon itself before it reads anything.
//!
//! Limits hold for what is begun under them, and an allocator may have taken memory before `main`. So the process sets
//! them and then begins anew.

use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use super::program::{self, Stopped};

/// The variable that makes a worker of this program; the only one that it has.
pub(super) const VARIABLE: &str = "MCP_JQ_WORKER";
/// How an answer begins.
pub(super) const ANSWER: &[u8] = b"\x1ejq\x1e";
/// The exit code where limits could not be set (`EX_OSERR`).
pub(super) const UNABLE: i32 = 71;

const LIMIT: &str = "limit ";
const RUN: &str = "run";

/// The value of [`VARIABLE`] at the start, with how many bytes of memory there may be.
pub(super) fn stage(memory: usize) -> String {
    format!("{LIMIT}{memory}")
}

/// What precedes the JSON that a program is run on. Without any JSON it is only compiled.
pub(super) struct Frame<'a> {
    pub(super) program: &'a str,
    /// How many bytes it may give.
    pub(super) most: usize,
}

impl Frame<'_> {
    pub(super) fn head(&self) -> Vec<u8> {
        let mut head = Vec::with_capacity(16 + self.program.len());
        head.extend_from_slice(&(self.program.len() as u64).to_le_bytes());
        head.extend_from_slice(&(self.most as u64).to_le_bytes());
        head.extend_from_slice(self.program.as_bytes());
        head
    }
}

/// What became of a program.
pub(super) enum Verdict {
    Gave,
    Failed,
    TooLarge,
}

impl Verdict {
    fn byte(&self) -> u8 {
        match self {
            Self::Gave => b'=',
            Self::Failed => b'!',
            Self::TooLarge => b'>',
        }
    }

    /// The verdict of an answer, and the text that goes with it.
    pub(super) fn read(answer: &[u8]) -> Option<(Self, &[u8])> {
        let (byte, text) = answer.strip_prefix(ANSWER)?.split_first()?;
        let all = [Self::Gave, Self::Failed, Self::TooLarge];
        let verdict = all.into_iter().find(|verdict| verdict.byte() == *byte)?;
        Some((verdict, text))
    }
}

/// Works, if this process was started for that.
pub(in super::super) fn worker() -> Option<ExitCode> {
    let stage = std::env::var(VARIABLE).ok()?;
    let memory = stage.strip_prefix(LIMIT).map(str::parse);
    let code = match memory {
        Some(Ok(memory)) => limited(memory),
        Some(Err(_)) => UNABLE,
        None => work().map_or(UNABLE, |()| 0),
    };
    // Nothing that could be said after an answer would be read.
    std::process::exit(code)
}

/// Begins anew within limits; what is returned is how that failed.
#[cfg(unix)]
fn limited(memory: u64) -> i32 {
    use std::os::unix::process::CommandExt as _;

    // Where memory runs out all the same, this is the process that is to end.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    if limits::before(memory).is_err() {
        return UNABLE;
    }
    let program = if cfg!(any(target_os = "linux", target_os = "android")) {
        Ok("/proc/self/exe".into())
    } else {
        std::env::current_exe()
    };
    if let Ok(program) = program {
        let _ = std::process::Command::new(program)
            .args(std::env::args_os().skip(1))
            .env_clear()
            .env(VARIABLE, RUN)
            .exec();
    }
    UNABLE
}

#[cfg(not(unix))]
fn limited(_: u64) -> i32 {
    work().map_or(UNABLE, |()| 0)
}

fn work() -> io::Result<()> {
    #[cfg(unix)]
    limits::within()?;
    let mut input = io::stdin().lock();
    let mut number = [0; 8];
    let mut next = || -> io::Result<u64> {
        input.read_exact(&mut number)?;
        Ok(u64::from_le_bytes(number))
    };
    let (length, most) = (next()?, next()?);
    let mut program = String::new();
    (&mut input).take(length).read_to_string(&mut program)?;
    let mut json = Vec::new();
    input.read_to_end(&mut json)?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let (verdict, text) = match program::given(&program, &json, most) {
        Ok(given) => (Verdict::Gave, given),
        Err(Stopped::Failed(why)) => (Verdict::Failed, why.into_bytes()),
        Err(Stopped::TooLarge) => (Verdict::TooLarge, Vec::new()),
    };
    let mut output = io::stdout().lock();
    output.write_all(ANSWER)?;
    output.write_all(&[verdict.byte()])?;
    output.write_all(&text)?;
    output.flush()
}

/// What the system holds a worker to.
#[cfg(unix)]
mod limits {
    use std::io;

    use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};

    /// Seconds of a processor; the server's own clock is stricter.
    const SECONDS: u64 = 3;
    const STACK: u64 = 64 << 20;
    /// The program itself and its libraries.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const PROGRAM: u64 = 512 << 20;

    /// The limits that hold from the first instruction.
    pub(super) fn before(memory: u64) -> io::Result<()> {
        // What the server does for others comes first.
        let _ = nice(10);
        limit(Resource::Core, 0)?;
        limit(Resource::Fsize, 0)?;
        limit(Resource::Cpu, SECONDS)?;
        limit(Resource::Stack, STACK)?;
        limit(Resource::Data, memory)?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        limit(Resource::As, memory.saturating_add(PROGRAM))?;
        Ok(())
    }

    /// Those under which no program could be started: no more files, and no more processes.
    pub(super) fn within() -> io::Result<()> {
        limit(Resource::Nofile, 0)?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        limit(Resource::Nproc, 0)?;
        Ok(())
    }

    fn limit(resource: Resource, most: u64) -> io::Result<()> {
        let most = getrlimit(resource)
            .maximum
            .map_or(most, |own| own.min(most));
        let both = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        let set = setrlimit(resource, both);
        // Not every other system has each of them.
        if cfg!(any(target_os = "linux", target_os = "android")) {
            set?;
        }
        Ok(())
    }
}
