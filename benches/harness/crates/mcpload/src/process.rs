//! The server as a process: starting it, and what it has used so far, from `/proc`.

use std::{fs, process::Stdio};

use tokio::process::{Child, Command};

use crate::{Outcome, options::Options, sentence};

/// What a process has used.
#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    /// User and system time, in seconds.
    pub(crate) cpu: f64,
    pub(crate) resident_kib: u64,
    pub(crate) peak_kib: u64,
}

impl Usage {
    /// All zero for a process that is not there.
    pub(crate) fn of(pid: u32) -> Self {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The program's name stands in parentheses and may hold spaces; utime and stime are fields 14 and 15.
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap_or("")
            .split_whitespace()
            .collect();
        let ticks: u64 = [11, 12]
            .iter()
            .filter_map(|&at| fields.get(at)?.parse::<u64>().ok())
            .sum();
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let kib = |key: &str| {
            let line = status.lines().find(|line| line.starts_with(key));
            line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
                .unwrap_or(0)
        };
        Self {
            cpu: ticks as f64 / rustix::param::clock_ticks_per_second() as f64,
            resident_kib: kib("VmRSS:"),
            peak_kib: kib("VmHWM:"),
        }
    }
}

/// Starts the command after `--`; its stderr goes to `--log`, or nowhere.
pub(crate) fn spawn(options: &Options, stdin_and_stdout: fn() -> Stdio) -> Outcome<Child> {
    let (program, arguments) = options.command.split_first().ok_or("no command after --")?;
    let log = match options.get("--log") {
        Some(file) => fs::File::create(file).map_err(sentence)?.into(),
        None => Stdio::null(),
    };
    Command::new(program)
        .args(arguments)
        .stdin(stdin_and_stdout())
        .stdout(stdin_and_stdout())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{program}: {error}"))
}
