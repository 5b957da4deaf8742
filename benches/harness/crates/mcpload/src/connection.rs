//! One kept-alive HTTP/1.1 connection to the loopback interface, and the event stream on one.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode, Uri, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::mpsc, time::timeout};

use crate::{Outcome, sentence};

/// Name and value.
pub(crate) type Headers = Vec<(String, String)>;
/// The `data:` lines of an event stream, one message each.
pub(crate) type Events = mpsc::UnboundedReceiver<Bytes>;

const LIMIT: Duration = Duration::from_secs(30);

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) session: Option<String>,
    pub(crate) body: Bytes,
}

/// A connection that is opened again when the server has closed it.
pub(crate) struct Connection {
    uri: Uri,
    sender: http1::SendRequest<Full<Bytes>>,
}

impl Connection {
    pub(crate) async fn open(uri: &Uri) -> Outcome<Self> {
        let host = uri.host().ok_or("no host in the URL")?;
        if host != "127.0.0.1" && host != "localhost" {
            return Err("loopback only".into());
        }
        let socket = TcpStream::connect(("127.0.0.1", uri.port_u16().unwrap_or(80)))
            .await
            .map_err(sentence)?;
        socket.set_nodelay(true).map_err(sentence)?;
        let (sender, connection) = http1::handshake(TokioIo::new(socket))
            .await
            .map_err(sentence)?;
        tokio::task::spawn_local(connection);
        Ok(Self {
            uri: uri.clone(),
            sender,
        })
    }

    fn request(
        &self,
        method: &str,
        target: &str,
        headers: &Headers,
        body: Bytes,
    ) -> Outcome<Request<Full<Bytes>>> {
        let authority = self
            .uri
            .authority()
            .map_or("", hyper::http::uri::Authority::as_str);
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header("host", authority);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.body(Full::new(body)).map_err(sentence)
    }

    /// Sends one request and reads the whole answer.
    pub(crate) async fn exchange(
        &mut self,
        method: &str,
        target: &str,
        headers: &Headers,
        body: Bytes,
    ) -> Outcome<Answer> {
        if self.sender.ready().await.is_err() {
            *self = Self::open(&self.uri.clone()).await?;
            self.sender.ready().await.map_err(sentence)?;
        }
        let request = self.request(method, target, headers, body)?;
        let response = timeout(LIMIT, self.sender.send_request(request))
            .await
            .map_err(sentence)?
            .map_err(sentence)?;
        let (parts, body) = response.into_parts();
        let session = parts
            .headers
            .get("mcp-session-id")
            .and_then(|id| id.to_str().ok())
            .map(str::to_owned);
        let body = timeout(LIMIT, body.collect())
            .await
            .map_err(sentence)?
            .map_err(sentence)?
            .to_bytes();
        Ok(Answer {
            status: parts.status,
            session,
            body,
        })
    }

    /// Turns this connection into an event stream. Does not wait for the headers: some servers send none before
    /// the first event.
    pub(crate) fn into_events(mut self, headers: &Headers) -> Outcome<Events> {
        let target = self
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str())
            .to_owned();
        let mut headers = headers.clone();
        headers.retain(|(name, _)| name != "accept" && name != "content-type");
        headers.push(("accept".into(), "text/event-stream".into()));
        let response =
            self.sender
                .send_request(self.request("GET", &target, &headers, Bytes::new())?);
        let (messages, events) = mpsc::unbounded_channel();
        tokio::task::spawn_local(async move {
            let Ok(response) = response.await else { return };
            let mut body = response.into_body();
            let mut read = Vec::new();
            while let Some(Ok(frame)) = body.frame().await {
                read.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
                let mut taken = 0;
                while let Some(end) = memchr::memchr(b'\n', &read[taken..]) {
                    let line = &read[taken..taken + end];
                    taken += end + 1;
                    if let Some(data) = line.strip_prefix(b"data:")
                        && messages
                            .send(Bytes::copy_from_slice(data.trim_ascii()))
                            .is_err()
                    {
                        return;
                    }
                }
                read.drain(..taken);
            }
            drop(self); // the stream lives as long as its connection
        });
        Ok(events)
    }
}
