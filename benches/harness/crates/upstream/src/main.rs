//! The REST API that every server under test forwards to: `benches/petstore.yaml`, on one thread, loopback only.
//!
//! ```text
//! upstream [PORT=18080]
//!
//! GET  /pets/{id}   ~300 B of JSON (404: not found)     GET /pets?limit=&tags=   10 KB of JSON
//! POST /pets        echoes the body (201)
//! PUT, DELETE /pets/{id}             echo, 204
//! GET  /__last      the method, URI and body of the last API call
//! ```
//!
//! Every call but the last needs `Authorization: Bearer bench-token`, else 401.

use std::{cell::RefCell, convert::Infallible, error::Error, net::Ipv4Addr, rc::Rc};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

const LIST_BYTES: usize = 10 * 1024;

struct Api {
    one: Bytes,
    list: Bytes,
    last: RefCell<String>,
}

fn pet(id: u64) -> String {
    format!(
        r#"{{"id":{id},"name":"petmark7f","species":"dog","breed":"border collie","age":4,"weightKg":18.5,"vaccinated":true,"tags":["friendly","trained","indoor"],"owner":{{"id":91,"name":"Ada Example","email":"ada@example.org","city":"Zurich"}},"status":"available","createdAt":"2026-01-15T09:30:00Z"}}"#
    )
}

fn json(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

impl Api {
    fn new() -> Self {
        let mut list = pet(0);
        for id in 1.. {
            let next = pet(id);
            if list.len() + next.len() > LIST_BYTES {
                break;
            }
            list.push(',');
            list.push_str(&next);
        }
        Self {
            one: pet(7).into(),
            list: format!("[{list}]").into(),
            last: RefCell::default(),
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path();
        if path == "/__last" {
            return json(StatusCode::OK, self.last.borrow().clone());
        }
        let line = format!("{} {}", request.method(), request.uri());
        if request
            .headers()
            .get(AUTHORIZATION)
            .map(HeaderValue::as_bytes)
            != Some(b"Bearer bench-token")
        {
            *self.last.borrow_mut() = format!("401 {line}");
            return json(StatusCode::UNAUTHORIZED, r#"{"error":"unauthorized"}"#);
        }
        *self.last.borrow_mut() = line;
        let names_a_pet = path.strip_prefix("/pets/").is_some_and(|id| !id.is_empty());
        match (request.method(), path) {
            (&Method::GET, "/pets/404") => json(
                StatusCode::NOT_FOUND,
                r#"{"error":"no such pet","code":"PET_MISSING"}"#,
            ),
            (&Method::GET, "/pets") => json(StatusCode::OK, self.list.clone()),
            (&Method::GET, _) if names_a_pet => json(StatusCode::OK, self.one.clone()),
            (&Method::DELETE, _) if names_a_pet => json(StatusCode::NO_CONTENT, ""),
            (&Method::POST, "/pets") => self.echo(StatusCode::CREATED, request).await,
            (&Method::PUT, _) if names_a_pet => self.echo(StatusCode::OK, request).await,
            _ => json(StatusCode::NOT_FOUND, r#"{"error":"not found"}"#),
        }
    }

    async fn echo(&self, status: StatusCode, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let body = request
            .into_body()
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        let mut last = self.last.borrow_mut();
        last.push(' ');
        last.push_str(&String::from_utf8_lossy(&body));
        json(status, body)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args()
        .nth(1)
        .map_or(Ok(18080), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let api = Rc::new(Api::new());
    let local = tokio::task::LocalSet::new();
    local.run_until(serve(listener, api)).await;
    Ok(())
}

async fn serve(listener: TcpListener, api: Rc<Api>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            continue;
        };
        let _ = socket.set_nodelay(true);
        let api = api.clone();
        tokio::task::spawn_local(async move {
            let service = service_fn(move |request| {
                let api = api.clone();
                async move { Ok::<_, Infallible>(api.answer(request).await) }
            });
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}
