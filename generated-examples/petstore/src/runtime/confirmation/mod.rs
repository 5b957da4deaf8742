//! Asking the user while a call waits: whether it may be made, and for arguments that it lacks.
//!
//! Here is what is asked and what comes back. How a question reaches a user is the transport's business: in a session
//! that can be asked (MCP 2025-06-18, client/elicitation), by a result that asks for input (MCP 2026-07-28,
//! basic/utilities/mrtr), or, where neither is possible, by a token that the model gives back after it has asked.

mod ask;
mod missing;
mod token;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::custom::BoxFuture;

pub(super) use ask::{Asked, confirm, declined, given_before, unspent};
pub(super) use missing::{KEY as ARGUMENTS, missing};
pub(super) use token::{Confirmations, Subject, Ticket};

/// `--confirm`: which calls are not made before the user agrees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confirm {
    /// None.
    #[default]
    Never,
    /// Those that may delete or overwrite.
    Destructive,
    /// Those that change anything.
    Writes,
    /// All.
    Always,
}

impl FromStr for Confirm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "never" => Ok(Self::Never),
            "destructive" => Ok(Self::Destructive),
            "writes" => Ok(Self::Writes),
            "always" => Ok(Self::Always),
            _ => Err("expected `never`, `destructive`, `writes` or `always`".to_owned()),
        }
    }
}

/// How users are asked.
#[derive(Debug, Clone)]
pub struct ConfirmSettings {
    /// `--confirm-timeout`: how long a question waits for its answer.
    pub timeout: Duration,
    /// `--confirm-key-file`: what tokens are signed with; made up at start unless given.
    pub key_file: Option<PathBuf>,
    /// `--ask-missing`: whether users are asked for arguments that a call lacks.
    pub asks_missing: bool,
}

impl Default for ConfirmSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(300),
            key_file: None,
            asks_missing: false,
        }
    }
}

/// What a user is asked: a form (MCP, client/elicitation, "Requested Schema").
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What the question is called among those of a result.
    pub key: &'static str,
    /// What the user reads.
    pub message: String,
    /// The JSON Schema of the answer: an object of plain values.
    pub schema: Value,
    /// What the client gives back with the answer.
    pub state: Option<String>,
}

/// What a user says.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Yes, with what was asked for.
    Accepted(Map<String, Value>),
    /// No.
    Declined,
    /// Neither.
    Dismissed,
    /// There was no answer that can be understood: why.
    None(String),
}

impl Reply {
    /// Reads the result of `elicitation/create`.
    pub(super) fn of(result: &Value) -> Self {
        match result.get("action").and_then(Value::as_str) {
            Some("accept") => {
                let content = result.get("content").and_then(Value::as_object);
                Self::Accepted(content.cloned().unwrap_or_default())
            }
            Some("decline") => Self::Declined,
            Some("cancel") => Self::Dismissed,
            _ => Self::None("the client's answer has no `action`".to_owned()),
        }
    }
}

/// How the user behind a call can be asked.
#[derive(Debug, Clone, Default)]
pub enum Asking {
    /// Not at all.
    #[default]
    No,
    /// By a result that asks, after which the client calls again: with these answers, if it does.
    Again(Option<Box<Answers>>),
    /// At once.
    Now(Asker),
    /// Not for this kind of request, which no token makes good either.
    Never,
    /// There is no need to: it is the client that wants this, and no model.
    Nobody,
}

/// What comes back with a call that was asked about.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Results of `elicitation/create` by the keys of their questions.
    pub replies: Map<String, Value>,
    /// [`Question::state`].
    pub state: Option<String>,
}

/// Asks the user of a session, and waits.
#[derive(Clone)]
pub struct Asker(pub(super) Arc<dyn Fn(Question) -> BoxFuture<'static, Reply> + Send + Sync>);

impl Asker {
    /// What the user says within this time.
    pub(super) async fn ask(&self, question: Question, limit: Duration) -> Reply {
        let answer = tokio::time::timeout(limit, (self.0)(question)).await;
        answer.unwrap_or_else(|_| Reply::None("nobody answered in time".to_owned()))
    }
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asker")
    }
}
