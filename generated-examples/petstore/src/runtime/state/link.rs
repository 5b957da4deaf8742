//! The connection to Redis: asked with little patience, given up at the first failure, and looked for until it is back.
//!
//! While it is down nobody waits for it: a question then has no answer at once.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, ErrorKind, FromRedisValue, RedisError, ServerErrorKind};
use rustls::pki_types::ServerName;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use super::super::engine::StartError;
use super::super::files::{reason, without_mark};
use super::super::metrics::Metrics;
use super::super::settings::{Budget, Frequency};
use super::super::upstream::Trust;
use super::address::{Address, EXPECTED};
#[cfg(feature = "http")]
use super::channels::Channels;
use super::scripts::{SCRIPTS, SPEND, Script, TAKE};
use super::{Claim, Condition, Draft, Spent, StateSettings, Taken};

/// How long it may take to connect.
pub(super) const CONNECT: Duration = Duration::from_secs(2);
/// How often it is asked whether it is still there.
pub(super) const EVERY: Duration = Duration::from_secs(1);
/// How long it is left alone after a failure: the first time, and at most.
pub(super) const PAUSES: (Duration, Duration) =
    (Duration::from_millis(100), Duration::from_secs(2));

/// The way to the state that replicas share.
pub(super) struct Link {
    address: Address,
    trust: Trust,
    pub(super) timeout: Duration,
    /// What all names begin with. In braces, so that a cluster would keep all of them at one place.
    prefix: String,
    replicas: u32,
    metrics: Arc<Metrics>,
    open: Mutex<Option<Open>>,
    opened: AtomicU64,
    condition: watch::Sender<Option<Condition>>,
    #[cfg(feature = "http")]
    pub(super) channels: Channels,
}

/// A connection that is up.
#[derive(Clone)]
struct Open {
    number: u64,
    connection: MultiplexedConnection,
    /// What Redis calls the scripts.
    hashes: Arc<[String]>,
    broken: CancellationToken,
}

/// A connection to Redis, plain or with TLS.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// What a script is called with: text or bytes.
pub(super) trait Argument: AsRef<[u8]> + Send + Sync {}

impl<T: AsRef<[u8]> + Send + Sync> Argument for T {}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

impl Link {
    /// `None` where no state is to be shared.
    ///
    /// # Errors
    /// The address or a file is of no use: one line.
    pub(super) fn new(
        settings: &StateSettings,
        server: &str,
        trust: &Trust,
        metrics: &Arc<Metrics>,
    ) -> Result<Option<Self>, StartError> {
        let Some(address) = address(settings)? else {
            return Ok(None);
        };
        let prefix = settings.prefix.as_deref().unwrap_or(server);
        metrics.state(false);
        Ok(Some(Self {
            address,
            trust: trust.clone(),
            timeout: settings.timeout,
            prefix: format!("mcp:{{{prefix}}}:"),
            replicas: settings.replicas,
            metrics: Arc::clone(metrics),
            open: Mutex::default(),
            opened: AtomicU64::new(1),
            condition: watch::Sender::new(None),
            #[cfg(feature = "http")]
            channels: Channels::default(),
        }))
    }

    #[cfg(any(feature = "http", all(test, feature = "redis")))]
    pub(super) fn condition(&self) -> Condition {
        self.condition.borrow().unwrap_or(Condition::Down)
    }

    /// Waits until it is known whether Redis answers.
    pub(super) async fn first_seen(&self) {
        let mut seen = self.condition.subscribe();
        let _ = seen.wait_for(Option::is_some).await;
    }

    /// Waits until Redis answers.
    #[cfg(feature = "cache")]
    pub(super) async fn seen_up(&self) {
        let mut seen = self.condition.subscribe();
        let _ = seen.wait_for(|seen| *seen == Some(Condition::Up)).await;
    }

    /// See [`super::State::take`].
    pub(super) async fn take(&self, claims: &[Claim]) -> Option<Taken> {
        let keys = claims.iter().map(|claim| self.key("limit", &claim.bucket));
        let worth = |of: Frequency| of.span.as_secs_f64() * 1e6 / f64::from(of.count);
        let arguments = claims.iter().flat_map(|claim| {
            let frequency = claim.frequency;
            [worth(frequency).to_string(), frequency.burst.to_string()]
        });
        let (place, wait): (usize, u64) = self.run(&TAKE, keys, arguments).await?;
        Some(match place.checked_sub(1) {
            None => Ok(()),
            Some(place) => Err((place, Duration::from_micros(wait))),
        })
    }

    /// See [`super::State::spend`].
    pub(super) async fn spend(
        &self,
        drafts: &[Draft],
        lifetime: Duration,
        is_made: bool,
    ) -> Option<Spent> {
        let keys = drafts.iter().map(|draft| self.key("spent", &draft.account));
        let most = |limit: Option<u64>| limit.map_or_else(|| "-1".to_owned(), |it| it.to_string());
        let all = [
            milliseconds(lifetime).to_string(),
            u8::from(is_made).to_string(),
        ];
        let each = drafts.iter().flat_map(|draft| {
            let Budget { calls, cost } = draft.budget;
            let (alone, own) = (draft.alone, draft.own);
            let amounts = [draft.cost, alone.0, alone.1, own.0, own.1];
            let amounts = amounts.map(|amount| amount.to_string());
            [most(calls), most(cost)].into_iter().chain(amounts)
        });
        let answer: Vec<u64> = self.run(&SPEND, keys, all.into_iter().chain(each)).await?;
        let (place, used) = answer.split_first()?;
        let before: Vec<(u64, u64)> = used.chunks(2).map(|used| (used[0], used[1])).collect();
        Some(match place.checked_sub(1).map(usize::try_from) {
            None => Ok(before),
            Some(place) => {
                let place = place.ok()?;
                Err((place, *before.get(place)?))
            }
        })
    }

    /// See [`super::State::once`].
    pub(super) async fn once(&self, name: &str, lifetime: Duration) -> Option<bool> {
        let mut mark = redis::cmd("SET");
        mark.arg(self.key("once", name)).arg(1).arg("NX");
        mark.arg("PX").arg(milliseconds(lifetime));
        // `nil` where it was there.
        let marked: Option<String> = self.ask(&mark).await?;
        Some(marked.is_some())
    }

    /// The number of the connection that is open.
    pub(super) fn connection(&self) -> Option<u64> {
        self.lock().as_ref().map(|open| open.number)
    }

    /// Waits for a connection that has another number than this one.
    pub(super) async fn connected_anew(&self, last: Option<u64>) -> u64 {
        let mut seen = self.condition.subscribe();
        loop {
            if let Some(number) = self.connection().filter(|number| Some(*number) != last) {
                return number;
            }
            // It does not end before this link does.
            let _ = seen.changed().await;
        }
    }

    /// What a command says; `None` without an answer.
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        let open = self.lock().clone()?;
        let mut connection = open.connection.clone();
        self.answered(&open, command.query_async(&mut connection))
            .await
    }

    pub(super) fn key(&self, kind: &str, name: &str) -> String {
        format!("{}{kind}:{name}", self.prefix)
    }

    /// What a script says; `None` without an answer.
    pub(super) async fn run<T: FromRedisValue, A: Argument>(
        &self,
        script: &Script,
        keys: impl IntoIterator<Item = String>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Option<T> {
        let open = self.lock().clone()?;
        let keys: Vec<_> = keys.into_iter().collect();
        let arguments: Vec<_> = arguments.into_iter().collect();
        let evaluated = evaluated(&open, script, &keys, &arguments);
        self.answered(&open, evaluated).await
    }

    /// What comes of a question, in time; without it, the connection is given up.
    async fn answered<T>(
        &self,
        open: &Open,
        question: impl Future<Output = Result<T, RedisError>>,
    ) -> Option<T> {
        let why = match tokio::time::timeout(self.timeout, question).await {
            Ok(Ok(answer)) => return Some(answer),
            // It answers, and something else may work: whoever can bring this about must not part the replicas. Whether
            // what all need works is asked again and again.
            Ok(Err(error)) if matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Parse) => {
                self.metrics.state_error();
                tracing::debug!(%error, "Redis refuses something of this server's");
                return None;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => self.too_slow(),
        };
        self.metrics.state_error();
        self.give_up(open, &why);
        None
    }

    fn too_slow(&self) -> String {
        format!("no answer within {} ms", self.timeout.as_millis())
    }

    /// Keeps a connection for as long as it is polled.
    pub(super) async fn keep(self: Arc<Self>) {
        let mut pause = PAUSES.0;
        loop {
            match self.connected().await {
                Ok((open, driver)) => {
                    pause = PAUSES.0;
                    self.up(&open);
                    #[cfg(feature = "http")]
                    self.try_channels(&open).await;
                    let why = self.watched(&open, driver).await;
                    self.give_up(&open, &why);
                }
                Err(why) => self.down(&why),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Waits until a connection is of no use any more: why.
    async fn watched(&self, open: &Open, driver: JoinHandle<()>) -> String {
        let asked = async {
            loop {
                tokio::time::sleep(EVERY).await;
                if let Err(why) = self.probed(open).await {
                    self.metrics.state_error();
                    return why;
                }
            }
        };
        tokio::select! {
            _ = driver => "the connection was closed".to_owned(),
            () = open.broken.cancelled() => String::new(),
            why = asked => why,
        }
    }

    async fn connected(&self) -> Result<(Open, JoinHandle<()>), String> {
        let opening = async {
            let config = AsyncConnectionConfig::new().set_response_timeout(None);
            let wire = self.wire().await?;
            let opened = MultiplexedConnection::new_with_config(&self.address.login, wire, config);
            let (mut connection, driver) = opened.await.map_err(|error| error.to_string())?;
            let driver = tokio::spawn(driver);
            let mut hashes = Vec::new();
            for script in SCRIPTS {
                let load = redis::cmd("SCRIPT").arg("LOAD").arg(script.text).to_owned();
                let hash: Result<String, _> = load.query_async(&mut connection).await;
                hashes.push(hash.map_err(|error| error.to_string())?);
            }
            let open = Open {
                number: self.opened.fetch_add(1, Ordering::Relaxed),
                connection,
                hashes: hashes.into(),
                broken: CancellationToken::new(),
            };
            Ok::<_, String>((open, driver))
        };
        let opened = tokio::time::timeout(CONNECT, opening).await;
        let opened =
            opened.map_err(|_| format!("no connection within {} s", CONNECT.as_secs()))??;
        self.probed(&opened.0).await?;
        Ok(opened)
    }

    /// Whether what is needed works: scripts, the clock, and writing.
    async fn probed(&self, open: &Open) -> Result<(), String> {
        let bucket = [self.key("limit", "probe")];
        let arguments = ["1".to_owned(), "1000000".to_owned()];
        let probe = evaluated::<(usize, u64)>(open, &TAKE, &bucket, &arguments);
        match tokio::time::timeout(self.timeout, probe).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(self.too_slow()),
        }
    }

    /// Says so where Redis lets this server not use channels: everything else is shared all the same.
    #[cfg(feature = "http")]
    async fn try_channels(&self, open: &Open) {
        let mut connection = open.connection.clone();
        let channel = self.key("channel", "probe");
        let publish = redis::cmd("PUBLISH").arg(&channel).arg("").to_owned();
        let published = publish.query_async::<u64>(&mut connection);
        if let Ok(Err(error)) = tokio::time::timeout(self.timeout, published).await
            && error.kind() == ErrorKind::Server(ServerErrorKind::NoPerm)
        {
            tracing::warn!(
                %error,
                "messages to an `/sse` stream of another replica are lost: the Redis user needs the commands PUBLISH, SUBSCRIBE and UNSUBSCRIBE, and the channels `{}*`",
                self.key("channel", "")
            );
        }
    }

    /// Who this server is there.
    #[cfg(feature = "http")]
    pub(super) fn login(&self) -> &redis::RedisConnectionInfo {
        &self.address.login
    }

    pub(super) async fn wire(&self) -> Result<Box<dyn Wire>, String> {
        let Address { host, port, .. } = &self.address;
        let tcp = TcpStream::connect((host.as_str(), *port)).await;
        let tcp = tcp.map_err(|error| format!("no connection to {host}:{port}: {error}"))?;
        let _ = tcp.set_nodelay(true);
        if !self.address.is_tls {
            return Ok(Box::new(tcp));
        }
        let name = ServerName::try_from(host.clone()).map_err(|error| error.to_string())?;
        let connector = TlsConnector::from(Arc::new(self.trust.config(false)));
        let tls = connector.connect(name, tcp).await;
        let tls = tls.map_err(|error| format!("no secure connection to {host}:{port}: {error}"))?;
        Ok(Box::new(tls))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn up(&self, open: &Open) {
        *self.lock() = Some(open.clone());
        self.metrics.state(true);
        if self.condition.send_replace(Some(Condition::Up)) != Some(Condition::Up) {
            tracing::info!("the shared state answers: replicas share limits");
        }
    }

    /// Of several that find a connection broken, the first one says so.
    fn give_up(&self, open: &Open, why: &str) {
        let mut current = self.lock();
        if current
            .as_ref()
            .is_some_and(|current| current.number == open.number)
        {
            *current = None;
            drop(current);
            open.broken.cancel();
            self.down(why);
        }
    }

    fn down(&self, why: &str) {
        self.metrics.state(false);
        if self.condition.send_replace(Some(Condition::Down)) != Some(Condition::Down) {
            tracing::warn!(
                why,
                replicas = self.replicas,
                "the shared state does not answer: until it does, this replica is on its own and has its part of every \
                 limit"
            );
        }
    }
}

/// # Errors
/// What names the address is of no use: one line, without the address.
fn address(settings: &StateSettings) -> Result<Option<Address>, StartError> {
    let (option, url) = match (&settings.url, &settings.url_file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(StartError(
                "--state and --state-file both say where the state is: leave one out".to_owned(),
            ));
        }
        (Some(url), None) => ("--state".to_owned(), url.clone()),
        (None, Some(path)) => {
            let option = format!("--state-file `{}`", path.display());
            let text = std::fs::read_to_string(path).map_err(|error| {
                StartError(format!("{option} cannot be read: {}", reason(&error)))
            })?;
            (option, without_mark(&text).into())
        }
    };
    let address = Address::parse(url.expose_secret());
    let address = address.ok_or_else(|| StartError(format!("{option}: {EXPECTED}")))?;
    Ok(Some(address))
}

/// Runs a script by its hash, and by its text where Redis has forgotten it.
async fn evaluated<T: FromRedisValue>(
    open: &Open,
    script: &Script,
    keys: &[String],
    arguments: &[impl Argument],
) -> Result<T, RedisError> {
    let command = |name: &str, what: &str| -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(what).arg(keys.len()).arg(keys);
        for argument in arguments {
            command.arg(argument.as_ref());
        }
        command
    };
    let mut connection = open.connection.clone();
    let by_hash = command("EVALSHA", &open.hashes[script.at]);
    match by_hash.query_async(&mut connection).await {
        Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
            let by_text = command("EVAL", script.text);
            by_text.query_async(&mut connection).await
        }
        answer => answer,
    }
}

pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}
