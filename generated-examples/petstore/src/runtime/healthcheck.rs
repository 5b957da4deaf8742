//! `--healthcheck`: one request to the server's own `/health`, so that an image without a shell can check itself.
//!
//! Over https whatever certificate the server has will do: nothing secret is sent, and it is known by its address.

#[cfg(feature = "tls")]
mod tls;

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::settings::Listen;
#[cfg(not(feature = "tls"))]
use asked as asked_with_tls;
#[cfg(feature = "tls")]
use tls::asked as asked_with_tls;

const TIMEOUT: Duration = Duration::from_secs(3);

/// What is asked.
const REQUEST: &[u8] = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Asks the server at this address, over https where it listens with TLS.
///
/// # Errors
/// It does not answer, or not with 200: one line.
pub(super) fn ask(address: &Listen, is_encrypted: bool) -> Result<(), String> {
    let failed = |reason: String| format!("`{address}` is not healthy: {reason}");
    let targets = (address.host.as_str(), address.port)
        .to_socket_addrs()
        .map_err(|error| failed(error.to_string()))?;
    let mut last = "its name does not resolve".to_owned();
    for target in targets {
        match status_line(reachable(target), is_encrypted) {
            Ok(status) if status.contains(" 200 ") => return Ok(()),
            Ok(status) => last = format!("it answered `{status}`"),
            Err(error) => last = error.to_string(),
        }
    }
    Err(failed(last))
}

/// The address at which a server that listens on all of them is reached.
fn reachable(target: SocketAddr) -> SocketAddr {
    let ip = match target.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, target.port())
}

fn status_line(target: SocketAddr, is_encrypted: bool) -> std::io::Result<String> {
    let stream = TcpStream::connect_timeout(&target, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let head = if is_encrypted {
        asked_with_tls(stream)?
    } else {
        asked(stream)?
    };
    let text = String::from_utf8_lossy(&head);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// The beginning of the answer.
fn asked(mut stream: impl Read + Write) -> std::io::Result<Vec<u8>> {
    stream.write_all(REQUEST)?;
    let mut head = Vec::new();
    stream.take(1024).read_to_end(&mut head)?;
    Ok(head)
}
