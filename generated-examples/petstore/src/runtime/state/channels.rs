//! Messages between replicas: each goes to who listens for its name, and nothing is kept of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt as _;
use redis::aio::PubSub;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::link::{CONNECT, EVERY, Link, PAUSES};

/// How many messages may wait for one listener.
const WAITING: usize = 256;

/// Who listens on this replica.
pub(super) struct Channels {
    listeners: Mutex<HashMap<String, mpsc::Sender<Vec<u8>>>>,
    changes: mpsc::UnboundedSender<Change>,
    /// Where the changes come out, until somebody listens for the first time.
    unread: Mutex<Option<mpsc::UnboundedReceiver<Change>>>,
}

enum Change {
    /// Tells when it has begun.
    Begin(String, oneshot::Sender<()>),
    End(String),
}

/// Listens until it is dropped.
pub(in super::super) struct Listening {
    link: Arc<Link>,
    name: String,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let channels = &self.link.channels;
        channels.lock().remove(&self.name);
        let _ = channels.changes.send(Change::End(self.name.clone()));
    }
}

impl Default for Channels {
    fn default() -> Self {
        let (changes, unread) = mpsc::unbounded_channel();
        Self {
            listeners: Mutex::default(),
            changes,
            unread: Mutex::new(Some(unread)),
        }
    }
}

impl Channels {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, mpsc::Sender<Vec<u8>>>> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Who does not keep up hears no more: that something is missing must not be overheard.
    fn deliver(&self, name: &str, message: &[u8]) {
        let mut listeners = self.lock();
        let sent = listeners
            .get(name)
            .map(|to| to.try_send(message.to_owned()));
        if matches!(sent, Some(Err(_))) {
            listeners.remove(name);
        }
    }
}

impl Link {
    /// Listens for a name, if it can: the messages end when it is not listened any more, or too many wait.
    pub(super) async fn listen(
        self: &Arc<Self>,
        name: &str,
    ) -> (Listening, mpsc::Receiver<Vec<u8>>) {
        let name = self.key("channel", name);
        let (sender, messages) = mpsc::channel(WAITING);
        self.channels.lock().insert(name.clone(), sender);
        let unread = (self.channels.unread.lock())
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(changes) = unread {
            tokio::spawn(Arc::clone(self).deliver(changes));
        }
        let (begins, begun) = oneshot::channel();
        let _ = (self.channels.changes).send(Change::Begin(name.clone(), begins));
        // Who is told where to write may be written to at once.
        let _ = timeout(self.timeout, begun).await;
        let link = Arc::clone(self);
        (Listening { link, name }, messages)
    }

    /// Whether somebody listens for a name, who has got the message then; `None` without an answer.
    pub(super) async fn tell(&self, name: &str, message: &[u8]) -> Option<bool> {
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(self.key("channel", name)).arg(message);
        let listeners: u64 = self.ask(&publish).await?;
        Some(listeners > 0)
    }

    async fn deliver(self: Arc<Self>, mut changes: mpsc::UnboundedReceiver<Change>) {
        loop {
            if let Err(why) = self.subscribed(&mut changes).await {
                tracing::debug!(why, "messages of other replicas are not heard");
            }
            tokio::time::sleep(PAUSES.0).await;
        }
    }

    /// Delivers messages for as long as the connection lasts.
    async fn subscribed(
        &self,
        changes: &mut mpsc::UnboundedReceiver<Change>,
    ) -> Result<(), String> {
        let opening = async {
            let opened = PubSub::new(self.login(), self.wire().await?).await;
            opened.map_err(|error| error.to_string())
        };
        let opened = timeout(CONNECT, opening).await;
        let (mut sink, mut messages) = opened.map_err(|error| error.to_string())??.split();
        let names: Vec<String> = self.channels.lock().keys().cloned().collect();
        let failed = |error: redis::RedisError| error.to_string();
        if !names.is_empty() {
            sink.subscribe(names).await.map_err(failed)?;
        }
        loop {
            tokio::select! {
                message = messages.next() => {
                    let message = message.ok_or("the connection was closed")?;
                    self.channels.deliver(message.get_channel_name(), message.get_payload_bytes());
                }
                change = changes.recv() => match change.ok_or("nobody is left")? {
                    Change::Begin(name, begins) => {
                        sink.subscribe(name).await.map_err(failed)?;
                        let _ = begins.send(());
                    }
                    Change::End(name) => sink.unsubscribe(name).await.map_err(failed)?,
                },
                () = tokio::time::sleep(EVERY) => {
                    let alive = timeout(CONNECT, sink.ping::<redis::Value>()).await;
                    alive.map_err(|error| error.to_string())?.map_err(failed)?;
                }
            }
        }
    }
}
