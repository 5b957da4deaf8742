//! What stands for TLS on our own port in a program without it: nothing but a way to get it.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;

use super::super::engine::StartError;
use super::super::identity::Identity;
use super::super::settings::Options;
use super::patience::Patient;

/// There is none.
#[derive(Debug)]
pub(super) enum Tls {}

/// There are none.
#[derive(Debug)]
pub(super) enum Certified {}

impl Certified {
    pub(super) fn identity(&self) -> Result<Option<Identity>, &'static str> {
        match *self {}
    }

    pub(super) fn is(&self, _: &str) -> bool {
        match *self {}
    }
}

impl Tls {
    /// # Errors
    /// It is asked for: one line.
    pub(super) fn new(options: &Options) -> Result<Option<Arc<Self>>, StartError> {
        if options.uses_tls() {
            return Err(StartError(
                "this program was built without TLS; build it with `--features tls`, or put a proxy that encrypts in \
                 front of it"
                    .to_owned(),
            ));
        }
        Ok(None)
    }

    pub(super) fn takes_certificates(&self) -> bool {
        match *self {}
    }

    /// Never called.
    #[expect(
        clippy::unused_async,
        reason = "the same signature as with the feature"
    )]
    pub(super) async fn accept(
        self: Arc<Self>,
        _: Patient<TcpStream>,
        _: SocketAddr,
    ) -> Option<(Patient<TcpStream>, Option<Arc<Certified>>)> {
        match *self {}
    }
}
