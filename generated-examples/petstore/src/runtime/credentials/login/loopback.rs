//! Where a browser comes back to after a login: a listener on this machine (RFC 8252 §7.3) that takes one answer.
//!
//! What the answer means is `authorization`'s business. Whatever else knocks, other pages and other programs too, gets a plain
//! refusal and ends nothing.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::{Host, Url};

/// The usual place; its port is whichever is free.
pub(super) const USUAL: &str = "http://127.0.0.1/callback";
/// In bytes: no head of a browser's is longer.
const MOST_HEAD: usize = 32 * 1024;
/// Browsers open connections that they then do not use.
const PATIENCE: Duration = Duration::from_secs(30);
const MOST_CONNECTIONS: usize = 32;

const PAGE: &str = "<!doctype html><meta charset=utf-8><title>Login</title><p>The login goes on in the terminal. You may close this page.</p>\n";
const REFUSAL: &str = "<!doctype html><meta charset=utf-8><title>Login</title><p>This is not the answer that the login waits for.</p>\n";

/// A listener for one login.
#[derive(Debug)]
pub(super) struct Loopback {
    listener: TcpListener,
    /// Where the browser is sent, as the issuer is told.
    pub(super) redirect_uri: String,
    /// What the browser's `Host` has to be: a page of another name must not speak for this one.
    authority: String,
    path: String,
}

impl Loopback {
    /// Listens where a redirect URI leads, on any free port if it names none.
    ///
    /// # Errors
    /// It leads to no place of this machine, or somebody listens there already: a sentence without its end.
    pub(super) async fn bind(uri: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{uri}` is no address of this machine such as `http://127.0.0.1:8765/callback`"
            )
        };
        let url = Url::parse(uri).map_err(|_| wrong())?;
        let is_plain = url.scheme() == "http"
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let ip = match url.host() {
            // Browsers try both addresses of the name.
            Some(Host::Ipv4(Ipv4Addr::LOCALHOST) | Host::Domain("localhost")) => {
                Ipv4Addr::LOCALHOST.into()
            }
            Some(Host::Ipv6(Ipv6Addr::LOCALHOST)) => Ipv6Addr::LOCALHOST.into(),
            _ => return Err(wrong()),
        };
        if !is_plain {
            return Err(wrong());
        }
        let named = port(uri).map_err(|()| wrong())?;
        let address = SocketAddr::new(ip, named.unwrap_or(0));
        let listener = TcpListener::bind(address).await.map_err(|error| {
            format!(
                "the browser cannot come back to `{uri}`: {error}; choose another `--redirect-uri`"
            )
        })?;
        let port = listener
            .local_addr()
            .map_err(|error| error.to_string())?
            .port();
        let authority = authority(url.host_str().unwrap_or_default(), port);
        let redirect_uri = match named {
            // Issuers compare texts.
            Some(_) => uri.to_owned(),
            None => format!("http://{authority}{}", url.path()),
        };
        Ok(Self {
            listener,
            redirect_uri,
            authority,
            path: url.path().to_owned(),
        })
    }

    /// Waits for the first answer that `meant` makes something of, shows a page for it, and listens no more.
    pub(super) async fn answer<T: Send + 'static>(
        self,
        meant: impl Fn(&str) -> Option<T> + Clone + Send + 'static,
    ) -> T {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                Some(done) = connections.join_next() => {
                    if let Ok(Some(answer)) = done {
                        return answer;
                    }
                }
                accepted = self.listener.accept(), if connections.len() < MOST_CONNECTIONS => {
                    if let Ok((stream, _)) = accepted {
                        let (meant, wanted) = (meant.clone(), (self.authority.clone(), self.path.clone()));
                        let served = async move { serve(stream, &wanted, meant).await };
                        connections.spawn(async move { tokio::time::timeout(PATIENCE, served).await.ok().flatten() });
                    }
                }
            }
        }
    }
}

/// The port that an address names, if it does. A URL forgets one that is usual, which is another than any free one.
///
/// # Errors
/// It is none, or 0, where nobody can be called back.
fn port(uri: &str) -> Result<Option<u16>, ()> {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    // What stands in brackets is an address with colons of its own.
    let after = authority.rsplit(']').next().unwrap_or_default();
    match after.split_once(':') {
        None | Some((_, "")) => Ok(None),
        Some((_, port)) => match port.parse() {
            Ok(0) | Err(_) => Err(()),
            Ok(port) => Ok(Some(port)),
        },
    }
}

/// What a browser calls a server (RFC 9110 §7.2): the usual port is left out.
fn authority(host: &str, port: u16) -> String {
    match port {
        80 => host.to_owned(),
        port => format!("{host}:{port}"),
    }
}

/// One request and its answer; connections are not kept.
async fn serve<T>(
    mut stream: TcpStream,
    wanted: &(String, String),
    meant: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let head = head(&mut stream).await?;
    let answer = query(&head, wanted).and_then(meant);
    let (status, page) = match answer {
        Some(_) => ("200 OK", PAGE),
        None => ("400 Bad Request", REFUSAL),
    };
    let reply = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nContent-Security-Policy: default-src 'none'\r\nReferrer-Policy: no-referrer\r\n\
         X-Content-Type-Options: nosniff\r\n\r\n{page}",
        page.len()
    );
    // A browser that does not listen any more has still brought the answer.
    if stream.write_all(reply.as_bytes()).await.is_ok() {
        let _ = stream.shutdown().await;
    }
    answer
}

/// The head of a request: its lines.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > MOST_HEAD || stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    String::from_utf8(head).ok()
}

/// The query of a request for the redirect URI.
fn query<'h>(head: &'h str, (authority, path): &(String, String)) -> Option<&'h str> {
    let (line, fields) = head.split_once("\r\n")?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (asked, query) = target.split_once('?')?;
    let mut hosts = fields
        .lines()
        .filter_map(|field| field.split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("host"))
        .map(|(_, value)| value.trim());
    let is_ours = hosts.next() == Some(authority) && hosts.next().is_none();
    (method == "GET" && asked == path && is_ours).then_some(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_port_is_a_port_where_it_is_written() {
        for (uri, named) in [
            ("http://127.0.0.1:80/callback", Some(80)),
            ("http://127.0.0.1/callback", None),
            ("http://127.0.0.1:/callback", None),
            ("http://[::1]:080/callback", Some(80)),
            ("http://[::1]/callback:8", None),
            ("http://localhost:8765", Some(8765)),
        ] {
            assert_eq!(port(uri), Ok(named), "{uri}");
        }
        assert_eq!(authority("127.0.0.1", 80), "127.0.0.1");
        assert_eq!(authority("[::1]", 8765), "[::1]:8765");
    }

    #[tokio::test]
    async fn a_browser_comes_back_to_this_machine_only() {
        for wrong in [
            "https://127.0.0.1/callback",
            "http://login.example/callback",
            "http://0.0.0.0/callback",
            "http://localhost.example/callback",
            "http://a@127.0.0.1/callback",
            "http://127.0.0.1/callback?a=b",
            "127.0.0.1:9",
            "http://127.0.0.1:0/callback",
            "http://[::1]:0/callback",
        ] {
            let told = Loopback::bind(wrong).await.expect_err(wrong);
            assert!(told.contains("is no address of this machine"), "{told}");
        }
        let free = Loopback::bind("http://localhost/a/b")
            .await
            .expect("a free port");
        let port = free.listener.local_addr().expect("bound").port();
        assert_eq!(free.redirect_uri, format!("http://localhost:{port}/a/b"));
        let told = Loopback::bind(&free.redirect_uri).await.expect_err("taken");
        assert!(told.contains("choose another `--redirect-uri`"), "{told}");
        // Issuers compare texts: a port that was chosen stays as it was written.
        let uri = free.redirect_uri.clone();
        drop(free);
        let again = Loopback::bind(&uri).await.expect("free again");
        assert_eq!(again.redirect_uri, uri);
    }
}
