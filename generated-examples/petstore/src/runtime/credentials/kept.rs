//! A token that is kept: until when it is good, and who asks for the next one.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Credential;

/// How long a token is kept that does not say how long it is good for.
const UNSAID: Duration = Duration::from_secs(300);
/// How long before its end a token is renewed at the latest.
const EARLY: Duration = Duration::from_secs(30);
/// How long nobody asks again after there was no token to be had.
const PAUSE: Duration = Duration::from_secs(2);
/// As good as any longer time, and can be added to now.
const YEAR: Duration = Duration::from_secs(31_536_000);

/// A token as it is sent, and its times.
#[derive(Debug, Clone)]
pub(super) struct Token {
    credential: Arc<Credential>,
    renewal: Instant,
    end: Instant,
}

impl Token {
    /// A token that is good for so many seconds since it was asked for.
    pub(super) fn new(credential: Credential, seconds: Option<f64>, asked: Instant) -> Self {
        let given = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let span = given.unwrap_or(UNSAID).min(YEAR);
        let renewal = span.mul_f64(0.8).min(span.saturating_sub(EARLY));
        Self {
            credential: Arc::new(credential),
            renewal: asked + renewal,
            end: asked + span,
        }
    }
}

/// Room for one token.
#[derive(Default)]
pub(super) struct Room {
    token: Mutex<Option<Token>>,
    /// When there was none to be had the last time, and why.
    failed: Mutex<Option<(Instant, String)>>,
    asking: tokio::sync::Mutex<()>,
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Room")
    }
}

impl Room {
    fn lock(&self) -> MutexGuard<'_, Option<Token>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token, if there is one that is still good.
    pub(super) fn current(&self) -> Option<Arc<Credential>> {
        let token = self.lock().clone()?;
        (token.end > Instant::now()).then_some(token.credential)
    }

    /// When the token ends.
    pub(super) fn end(&self) -> Option<Instant> {
        self.lock().as_ref().map(|token| token.end)
    }

    fn is_fresh(&self) -> bool {
        let token = self.lock();
        (token.as_ref()).is_some_and(|token| token.renewal > Instant::now())
    }

    fn failed(&self) -> MutexGuard<'_, Option<(Instant, String)>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why there was no token to be had a moment ago.
    fn failure(&self) -> Option<String> {
        let failed = self.failed();
        let (when, why) = failed.as_ref()?;
        (when.elapsed() < PAUSE).then(|| why.clone())
    }

    /// Sees to it that there is a token: one call asks for it while the others wait, or go on with the old one. Where that
    /// fails it fails for all of them, and for those that come in the next 2 s.
    ///
    /// # Errors
    /// There is none to be had: what `ask` says.
    pub(super) async fn ensure(
        &self,
        scheme: &str,
        ask: impl AsyncFnOnce() -> Result<Token, String>,
    ) -> Result<(), String> {
        if self.is_fresh() {
            return Ok(());
        }
        // On the heap: nearly every call goes by, and carries room for what it may have to do.
        Box::pin(self.renew(scheme, ask)).await
    }

    async fn renew(
        &self,
        scheme: &str,
        ask: impl AsyncFnOnce() -> Result<Token, String>,
    ) -> Result<(), String> {
        let _turn = match (self.asking.try_lock(), self.current()) {
            (Ok(turn), _) => turn,
            // Somebody renews it, and the old one is still good.
            (Err(_), Some(_)) => return Ok(()),
            (Err(_), None) => self.asking.lock().await,
        };
        if self.is_fresh() {
            return Ok(());
        }
        if let Some(why) = self.failure() {
            return self.without(&why);
        }
        match ask().await {
            Ok(token) => {
                *self.lock() = Some(token);
                Ok(())
            }
            Err(why) => {
                tracing::warn!(target: "mcp::credentials", scheme, why, "there is no new token");
                *self.failed() = Some((Instant::now(), why.clone()));
                self.without(&why)
            }
        }
    }

    /// What becomes of a call without a new token: it goes on with the old one while that is good.
    fn without(&self, why: &str) -> Result<(), String> {
        if self.current().is_some() {
            return Ok(());
        }
        let pause = PAUSE.as_secs();
        Err(format!("{why} (tried again after {pause} s)"))
    }

    /// Forgets a token that the API did not take, which may be an older one; whether it was this one.
    pub(super) fn forget(&self, refused: &Arc<Credential>) -> bool {
        let mut token = self.lock();
        let is_it = |token: &mut Token| Arc::ptr_eq(&token.credential, refused);
        token.take_if(is_it).is_some()
    }

    /// Has the token renewed by the next call, whatever came of it before; until then it is as good as before.
    pub(super) fn expire(&self) {
        *self.failed() = None;
        if let Some(token) = &mut *self.lock() {
            token.renewal = Instant::now();
        }
    }
}
