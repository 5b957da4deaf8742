//! Questions to the user of a session, and the answers to them (MCP 2025-06-18, client/elicitation).
//!
//! A question is a request of ours among the messages of the session; its id is ours too, so that no answer to the SDK
//! is taken for one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::engine::{Asker, Question, Reply};

/// In front of every id.
const PREFIX: &str = "ask-";

/// How many questions a user is asked at once.
const MOST: usize = 16;

/// The questions of one session that wait for an answer.
#[derive(Clone, Default)]
pub(super) struct Questions(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    count: u64,
    answers: HashMap<String, oneshot::Sender<Reply>>,
    is_over: bool,
}

impl Questions {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What asks over `out`.
    pub(super) fn asker(&self, out: &mpsc::Sender<Vec<u8>>) -> Asker {
        let (questions, out) = (self.clone(), out.clone());
        Asker(Arc::new(move |question| {
            let (questions, out) = (questions.clone(), out.clone());
            Box::pin(async move { questions.ask(out, question).await })
        }))
    }

    async fn ask(&self, out: mpsc::Sender<Vec<u8>>, question: Question) -> Reply {
        let gone = || Reply::None("the client went away".to_owned());
        let (sender, answer) = oneshot::channel();
        let id = {
            let mut waiting = self.lock();
            if waiting.is_over {
                return gone();
            }
            if waiting.answers.len() >= MOST {
                return Reply::None("too many questions wait for an answer already".to_owned());
            }
            waiting.count += 1;
            let id = format!("{PREFIX}{}", waiting.count);
            waiting.answers.insert(id.clone(), sender);
            id
        };
        let open = Open {
            questions: self.clone(),
            out: out.clone(),
            id,
        };
        if out.send(request(&open.id, &question)).await.is_err() {
            return gone();
        }
        answer.await.unwrap_or_else(|_| gone())
    }

    /// Whether a message is the answer to one of the questions; then it is given to who asked.
    pub(super) fn take(&self, text: &[u8]) -> bool {
        #[derive(Deserialize)]
        struct Response {
            id: Value,
            result: Option<Value>,
            error: Option<Value>,
        }
        if self.lock().answers.is_empty() {
            return false;
        }
        let Ok(response) = serde_json::from_slice::<Response>(text) else {
            return false;
        };
        let sender = (response.id.as_str()).and_then(|id| self.lock().answers.remove(id));
        let Some(sender) = sender else {
            return false;
        };
        let reply = match (response.result, response.error) {
            (Some(result), None) => Reply::of(&result),
            _ => Reply::None("the client could not ask".to_owned()),
        };
        // Who asked may have gone.
        let _ = sender.send(reply);
        true
    }

    /// Nobody will answer any more.
    pub(super) fn close(&self) {
        let mut waiting = self.lock();
        waiting.is_over = true;
        waiting.answers.clear();
    }
}

/// A question that is open: when nobody waits for it any more, the client is told.
struct Open {
    questions: Questions,
    out: mpsc::Sender<Vec<u8>>,
    id: String,
}

impl Drop for Open {
    fn drop(&mut self) {
        let was_open = self.questions.lock().answers.remove(&self.id).is_some();
        if was_open {
            let told = json!({
                "jsonrpc": "2.0",
                "method": "notifications/cancelled",
                "params": {"requestId": self.id, "reason": "the answer is no longer waited for"},
            });
            // A client that does not keep up asks its user for nothing.
            let _ = self.out.try_send(told.to_string().into_bytes());
        }
    }
}

fn request(id: &str, question: &Question) -> Vec<u8> {
    let request = json!({
        "jsonrpc": "2.0",
        "id": id,
        "method": "elicitation/create",
        "params": {"message": question.message, "requestedSchema": question.schema},
    });
    request.to_string().into_bytes()
}
