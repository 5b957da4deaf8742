//! Programs in jq by which a call has its answer transformed before it is fitted into a result.
//!
//! A program comes from a model that somebody else may steer, and jq has no bounds of its own. So each runs in a process of its
//! own: this binary once more (`worker`), with no environment and no files, within limits of time and memory, at which
//! it is killed (`process`). What a program may use is `program`'s to say.

#[cfg(not(feature = "jq"))]
mod absent;
#[cfg(feature = "jq")]
mod process;
#[cfg(feature = "jq")]
mod program;
#[cfg(feature = "jq")]
mod worker;

#[cfg(not(feature = "jq"))]
pub(super) use absent::Programs;
#[cfg(feature = "jq")]
pub(super) use process::Programs;
#[cfg(feature = "jq")]
pub(super) use worker::worker;

use super::engine::{ErrorType, StartError};

/// Why a program gives nothing.
#[derive(Debug)]
pub(super) struct Failed {
    /// A sentence without its full stop.
    pub(super) text: String,
    pub(super) kind: ErrorType,
}

impl Failed {
    /// Nothing can be run here.
    pub(super) fn unable() -> Self {
        let text = "this server could not start a process for the program; that is for its operator to mend";
        Self {
            text: text.to_owned(),
            kind: ErrorType::Internal,
        }
    }
}

/// # Errors
/// Programs are to be run, and this one was built without that: the end of a sentence.
pub(super) fn check(is_wanted: bool) -> Result<(), StartError> {
    if is_wanted && !cfg!(feature = "jq") {
        let why = "this program was built without jq; build it with `--features jq`, or leave `result-jq` out";
        return Err(StartError(why.to_owned()));
    }
    Ok(())
}

#[cfg(not(feature = "jq"))]
pub(super) fn worker() -> Option<std::process::ExitCode> {
    None
}
