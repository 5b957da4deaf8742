//! Why there is no answer, in words for a person. Nothing of the libraries' own words but a certificate's fault shows.

use std::error::Error;
use std::fmt;
use std::io;

use super::super::engine::ErrorType;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Failure {
    /// A timeout.
    Timeout(Stage),
    /// The host's name is not known.
    Dns,
    /// The name leads to an address that a description may not name.
    Forbidden,
    /// There is no connection.
    Connect(&'static str),
    /// There is no proxy, or it refuses.
    Proxy,
    /// No secure connection: why.
    Tls(String),
    /// A redirect to another origin, which is not followed.
    Redirect(String),
    /// A redirect to nowhere.
    BadRedirect,
    /// A circle of redirects.
    TooManyRedirects,
    /// The connection broke before the answer was complete.
    Broken,
}

/// What took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Stage {
    /// The connection.
    Connect,
    /// The next byte of the answer.
    Read,
    /// The whole call.
    Total,
}

impl Failure {
    /// Finds out what an error of the client means: our own errors are found in its chain of causes.
    pub(super) fn of(error: &(dyn Error + 'static)) -> Self {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(Dialled(failure)) = error.downcast_ref() {
                return failure.clone();
            }
            // An I/O error may hold another error that is not among its causes.
            if let Some(inner) = error
                .downcast_ref::<io::Error>()
                .and_then(io::Error::get_ref)
            {
                if let Some(Dialled(failure)) = inner.downcast_ref() {
                    return failure.clone();
                }
                // With TLS 1.3 a server refuses a certificate, or that there is none, when the client is done already.
                if let Some(alert @ rustls::Error::AlertReceived(_)) = inner.downcast_ref() {
                    return Self::Tls(alert.to_string());
                }
            }
            cause = error.source();
        }
        Self::Broken
    }

    /// Whether the API has seen nothing of the request.
    pub(in super::super) fn is_before_request(&self) -> bool {
        matches!(
            self,
            Self::Dns
                | Self::Forbidden
                | Self::Connect(_)
                | Self::Proxy
                | Self::Tls(_)
                | Self::Timeout(Stage::Connect)
        )
    }

    /// The label in the metrics.
    pub(in super::super) fn error_type(&self) -> ErrorType {
        match self {
            Self::Timeout(_) => ErrorType::Timeout,
            Self::Dns | Self::Connect(_) | Self::Proxy | Self::Tls(_) | Self::Broken => {
                ErrorType::Connect
            }
            Self::Forbidden => ErrorType::Forbidden,
            Self::Redirect(_) | Self::BadRedirect | Self::TooManyRedirects => ErrorType::Internal,
        }
    }
}

/// A failure on the way through the libraries that open connections.
#[derive(Debug)]
pub(super) struct Dialled(pub(super) Failure);

impl fmt::Display for Dialled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no connection")
    }
}

impl Error for Dialled {}

/// What an I/O error says about a connection that could not be opened.
pub(super) fn unreachable(error: &(dyn Error + 'static)) -> Failure {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(Dialled(failure)) = error.downcast_ref() {
            return failure.clone();
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            match error.kind() {
                io::ErrorKind::ConnectionRefused => return Failure::Connect("connection refused"),
                io::ErrorKind::TimedOut => return Failure::Timeout(Stage::Connect),
                io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                    return Failure::Connect("the network does not reach it");
                }
                io::ErrorKind::PermissionDenied => {
                    return Failure::Connect("the system does not permit it");
                }
                _ => {}
            }
        }
        cause = error.source();
    }
    Failure::Connect("no connection could be opened")
}
