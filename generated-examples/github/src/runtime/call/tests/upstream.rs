//! An HTTP/1.1 server of a few lines, so that the tests see bytes and not another library's idea of them.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

type Reply = Arc<dyn Fn(&str) -> Vec<u8> + Send + Sync>;

pub(super) struct Recording {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<String>>>,
    closed: watch::Receiver<usize>,
}

impl Recording {
    /// Answers every request with what `reply` makes of its text. Nothing is sent for an empty answer.
    pub(super) async fn start(reply: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::start_on("127.0.0.1:0", reply)
            .await
            .expect("a free port")
    }

    pub(super) async fn start_on(
        address: &str,
        reply: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (closing, closed) = watch::channel(0);
        let (recorded, reply): (_, Reply) = (Arc::clone(&requests), Arc::new(reply));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (recorded, reply) = (Arc::clone(&recorded), Arc::clone(&reply));
                let closing = closing.clone();
                tokio::spawn(async move {
                    serve(stream, &recorded, &reply).await;
                    closing.send_modify(|closed| *closed += 1);
                });
            }
        });
        Ok(Self {
            url,
            requests,
            closed,
        })
    }

    /// The requests so far, head and body.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("not poisoned").clone()
    }

    /// The only request so far.
    pub(super) fn request(&self) -> String {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:#?}");
        requests.concat()
    }

    /// Waits until the client has closed a connection.
    pub(super) async fn closed(&self) {
        let mut closed = self.closed.clone();
        closed.wait_for(|count| *count > 0).await.expect("running");
    }
}

async fn serve(mut stream: TcpStream, recorded: &Mutex<Vec<String>>, reply: &Reply) {
    let mut buffer = Vec::new();
    loop {
        let Some(request) = read_request(&mut stream, &mut buffer).await else {
            return;
        };
        let answer = reply(&request);
        recorded.lock().expect("not poisoned").push(request);
        let closes = String::from_utf8_lossy(&answer).contains("Connection: close\r\n");
        if stream.write_all(&answer).await.is_err() || closes {
            return;
        }
    }
}

async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
            let length = (head.lines())
                .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())
                .unwrap_or(0);
            if buffer.len() >= end + 4 + length {
                let rest = buffer.split_off(end + 4 + length);
                let request = std::mem::replace(buffer, rest);
                return Some(String::from_utf8_lossy(&request).into_owned());
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}
