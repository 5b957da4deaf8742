//! One connection on which whole messages go both ways: standard input and output, or an `/sse` stream and its posts.
//!
//! Plain calls are answered here, each in a task of its own; all else goes to the SDK, which is started for the
//! first message that needs it. How bytes become messages is the transport's business.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use http::request::Parts;
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, GetExtensions, GetMeta, ProtocolVersion,
    ServerJsonRpcMessage,
};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::engine::Asker;
use super::handler::{Handler, RequestId};
use super::identity::Identity;
use super::questions::Questions;
use super::server::{Caller, Server, growing, takes_forms};
use super::wire::{self, Call, Era, Message, Request};

/// How many calls of one connection are worked on at once; more wait, and then the client waits.
const MAX_CALLS: u32 = 1024;
/// How many messages may wait for the SDK.
const SDK_INBOX: usize = 64;

/// Stands with a handshake whose client is told when its tools change.
#[derive(Debug, Clone, Copy)]
pub(super) struct ToldOfChanges;

/// One connection.
pub(super) struct Session {
    server: Arc<Server>,
    out: mpsc::Sender<Vec<u8>>,
    calls: Calls,
    permits: Arc<Semaphore>,
    cancelled: CancellationToken,
    lifecycle: Lifecycle,
    questions: Questions,
    /// Asks the user, where the client can.
    asker: Option<Asker>,
    sdk: Option<Sdk>,
    /// Whether the client is told when its tools change.
    is_told: bool,
}

/// What the client has made of the connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lifecycle {
    /// Nothing yet: requests without a handshake, which scripts send, are answered as well.
    Fresh,
    /// There was a handshake.
    Initialized,
    /// The client puts metadata into every request, so one without it is a mistake.
    Modern,
}

/// The SDK at work on this connection.
struct Sdk {
    inbox: mpsc::Sender<ClientJsonRpcMessage>,
    task: JoinHandle<()>,
    /// Whether it is past the handshake; before, anything but a request would end it.
    serving: bool,
}

impl Session {
    /// A connection whose answers go to `out`, one message each. Cancelling the token cancels every call.
    pub(super) fn new(
        server: Arc<Server>,
        out: mpsc::Sender<Vec<u8>>,
        cancelled: CancellationToken,
    ) -> Self {
        Self {
            server,
            out,
            calls: Calls::default(),
            permits: Arc::new(Semaphore::new(MAX_CALLS as usize)),
            cancelled,
            lifecycle: Lifecycle::Fresh,
            questions: Questions::default(),
            asker: None,
            sdk: None,
            is_told: false,
        }
    }

    /// Takes one message. `parts` is the HTTP request that brought it.
    pub(super) async fn receive(&mut self, text: &[u8], parts: Option<Parts>) {
        match Message::read(text) {
            Message::List(request) if self.admits(request.era) => {
                let caller = identity(parts.as_ref());
                let asking = (caller.as_ref(), parts.as_ref().map(|parts| &parts.headers));
                let answer = self.server.answer_list(&request, asking).await;
                self.send(answer).await;
            }
            Message::Call(request, call) if self.admits(request.era) => {
                self.start_call(request, call, parts).await;
            }
            Message::Cancelled(id) if self.calls.cancel(&id) => {}
            Message::Other if self.questions.take(text) => {}
            _ => self.forward(text, parts).await,
        }
    }

    /// Waits until everything that was received is answered.
    pub(super) async fn finish(mut self) {
        self.questions.close();
        // Closed only by dropping it, so this waits for the calls and nothing else.
        let _ = self.permits.acquire_many(MAX_CALLS).await;
        if let Some(Sdk { inbox, task, .. }) = self.sdk.take() {
            drop(inbox);
            let _ = task.await;
        }
    }

    /// Whether a request of this era fits what came before.
    fn admits(&mut self, era: Era) -> bool {
        match (self.lifecycle, era) {
            (Lifecycle::Modern, Era::Legacy) => false,
            (Lifecycle::Fresh, Era::Modern) => {
                self.lifecycle = Lifecycle::Modern;
                true
            }
            _ => true,
        }
    }

    async fn send(&self, message: Vec<u8>) {
        // Fails only when the transport is gone, which then ends the session.
        let _ = self.out.send(message).await;
    }

    async fn start_call(&self, request: Request, call: Call, parts: Option<Parts>) {
        let permits = Arc::clone(&self.permits);
        let Ok(permit) = permits.acquire_owned().await else {
            return;
        };
        let cancelled = self.cancelled.child_token();
        let guard = self.calls.begin(request.id.get(), cancelled.clone());
        let progress = self.progress(&call);
        let (server, out) = (Arc::clone(&self.server), self.out.clone());
        let known = caller(&server, parts.as_ref(), cancelled.clone());
        let caller = Caller {
            headers: parts.map(|parts| parts.headers).unwrap_or_default(),
            progress,
            asker: self.asker.clone().filter(|_| request.era == Era::Legacy),
            ..known
        };
        // On the heap: a task is moved several times on its way to the runtime and when it is over.
        tokio::spawn(Box::pin(async move {
            let answer = server.answer(&request, call, caller).await;
            drop(guard);
            // MCP, basic/utilities/cancellation: a cancelled request is not answered.
            if !cancelled.is_cancelled() {
                let _ = out.send(answer).await;
            }
            drop(permit);
        }));
    }

    fn progress(&self, call: &Call) -> Option<super::engine::Progress> {
        let token = wire::progress_token(&call.meta)?;
        let out = self.out.clone();
        Some(growing(move |progress, total, message| {
            // A client that does not keep up misses a report, not the answer.
            let _ = out.try_send(wire::progress(&token, progress, total, &message));
        }))
    }

    async fn forward(&mut self, text: &[u8], parts: Option<Parts>) {
        let Ok(mut message) = serde_json::from_slice::<ClientJsonRpcMessage>(text) else {
            self.send(wire::unreadable(text)).await;
            return;
        };
        let opens = match &mut message {
            ClientJsonRpcMessage::Request(request) => {
                if matches!(request.request, ClientRequest::InitializeRequest(_)) {
                    self.tell_of_changes(identity(parts.as_ref()));
                    request.request.extensions_mut().insert(ToldOfChanges);
                }
                if let Some(parts) = parts {
                    request.request.extensions_mut().insert(parts);
                }
                let opens = self.opens(&request.request);
                // Where every request says what it is, a result asks, and no request of ours.
                let is_legacy = self.lifecycle == Lifecycle::Initialized;
                if let Some(asker) = self.asker.clone().filter(|_| is_legacy) {
                    request.request.extensions_mut().insert(asker);
                }
                opens
            }
            _ if self.sdk.as_ref().is_some_and(|sdk| sdk.serving) => true,
            _ => return,
        };
        self.hand_over(message, opens).await;
    }

    /// Tells the client from now on when it sees other tools than before (MCP, server/tools, "List Changed Notification").
    fn tell_of_changes(&mut self, identity: Option<Identity>) {
        if std::mem::replace(&mut self.is_told, true) {
            return;
        }
        let (server, cancelled) = (Arc::clone(&self.server), self.cancelled.clone());
        // The connection ends when nobody has an answer for it any more, and this is none.
        let out = self.out.downgrade();
        let (mut changes, mut seen) = server.seen(identity.as_ref());
        let telling = async move {
            loop {
                (server.other_tools(identity.as_ref(), &mut seen, &mut changes)).await;
                let Some(out) = out.upgrade() else { return };
                if out.send(wire::tools_changed()).await.is_err() {
                    return;
                }
            }
        };
        tokio::spawn(async move {
            tokio::select! {
                () = telling => {}
                () = cancelled.cancelled() => {}
            }
        });
    }

    /// Whether the SDK is past the handshake after this request.
    fn opens(&mut self, request: &ClientRequest) -> bool {
        if let ClientRequest::InitializeRequest(handshake) = request {
            self.lifecycle = Lifecycle::Initialized;
            let elicitation = handshake.params.capabilities.elicitation.as_ref();
            let takes_forms = elicitation.is_some_and(|kinds| {
                serde_json::to_value(kinds).is_ok_and(|kinds| takes_forms(&kinds))
            });
            self.asker = takes_forms.then(|| self.questions.asker(&self.out));
            return true;
        }
        let meta = request.get_meta();
        let known = |version| ProtocolVersion::KNOWN_VERSIONS.contains(&version);
        let complete = meta
            .missing_required_keys(&ProtocolVersion::V_2026_07_28)
            .is_empty();
        complete
            && meta.protocol_version().is_some_and(known)
            && !matches!(
                request,
                ClientRequest::DiscoverRequest(_) | ClientRequest::PingRequest(_)
            )
    }

    async fn hand_over(&mut self, message: ClientJsonRpcMessage, opens: bool) {
        let mut sdk = match self.sdk.take() {
            Some(sdk) if !sdk.inbox.is_closed() => sdk,
            // A handshake that failed ended the last one.
            _ => self.start_sdk(),
        };
        sdk.serving |= opens;
        let _ = sdk.inbox.send(message).await;
        self.sdk = Some(sdk);
    }

    fn start_sdk(&self) -> Sdk {
        let (inbox, mut messages) = mpsc::channel(SDK_INBOX);
        let stream = futures_util::stream::poll_fn(move |cx| messages.poll_recv(cx));
        let sink = futures_util::sink::unfold(
            self.out.clone(),
            |out, message: ServerJsonRpcMessage| async move {
                let text = serde_json::to_vec(&message)?;
                let sent = out.send(text).await;
                sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
                Ok::<_, io::Error>(out)
            },
        );
        let handler = Handler(Arc::clone(&self.server));
        let cancelled = self.cancelled.child_token();
        let task = tokio::spawn(async move {
            let transport = (Box::pin(sink), stream);
            // It ends with an error when the connection does, or after a handshake that it has itself answered.
            let serving = rmcp::service::serve_server_with_ct(handler, transport, cancelled);
            // On the heap: it is as large as the messages that it waits for.
            if let Ok(running) = Box::pin(serving).await {
                let _ = running.waiting().await;
            }
        });
        Sdk {
            inbox,
            task,
            serving: false,
        }
    }
}

/// The id that the transport gave to the HTTP request, or a new one.
fn request_id(server: &Server, parts: Option<&Parts>) -> String {
    let given = parts.and_then(|parts| parts.extensions.get::<RequestId>());
    given.map_or_else(|| server.next_request_id(), |id| id.0.clone())
}

/// Who sent a request, by what the transport keeps with it: without headers, and with nobody who could be asked or told.
pub(super) fn caller(
    server: &Server,
    parts: Option<&Parts>,
    cancelled: CancellationToken,
) -> Caller {
    Caller {
        request_id: request_id(server, parts),
        headers: HeaderMap::new(),
        identity: identity(parts),
        client: client(parts),
        cancelled,
        progress: None,
        asker: None,
        answers: None,
    }
}

/// Who sent the HTTP request.
pub(super) fn identity(parts: Option<&Parts>) -> Option<Identity> {
    parts?.extensions.get::<Identity>().cloned()
}

/// Where the HTTP request came from, kept with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClientAddress(pub(super) IpAddr);

/// Where the HTTP request came from.
pub(super) fn client(parts: Option<&Parts>) -> Option<IpAddr> {
    let address = parts?.extensions.get::<ClientAddress>()?;
    Some(address.0)
}

/// The calls that a client may cancel, by the JSON text of their ids.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<HashMap<String, CancellationToken>>>);

impl Calls {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, id: &str, token: CancellationToken) -> CallGuard {
        self.lock().insert(id.to_owned(), token);
        CallGuard {
            calls: self.clone(),
            id: id.to_owned(),
        }
    }

    /// Whether there was a call of this id.
    fn cancel(&self, id: &str) -> bool {
        let token = self.lock().remove(id);
        token.is_some_and(|token| {
            token.cancel();
            true
        })
    }
}

/// Forgets a call when it is over.
struct CallGuard {
    calls: Calls,
    id: String,
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        self.calls.lock().remove(&self.id);
    }
}
