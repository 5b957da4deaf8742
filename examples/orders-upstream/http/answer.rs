//! How answers look on the wire.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::store::{Order, Refusal};

/// A label of one white pixel.
pub(super) const LABEL_PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b,
    0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0xf8, 0x0f, 0x00, 0x01,
    0x01, 0x01, 0x00, 0x1c, 0xb0, 0x8c, 0x99, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae,
    0x42, 0x60, 0x82,
];

/// A label of one empty page.
pub(super) const LABEL_PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n\
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 283 425]>>endobj\n\
trailer<</Root 1 0 R>>\n%%EOF\n";

pub(super) fn bytes(media_type: &'static str, body: Vec<u8>) -> Response {
    ([("content-type", media_type)], body).into_response()
}

pub(super) fn json(status: StatusCode, body: &Value) -> Response {
    (status, bytes("application/json", body.to_string().into())).into_response()
}

/// An order with its revision as `ETag`.
pub(super) fn revision(order: &Order, details: Map<String, Value>) -> Response {
    let mut response = json(StatusCode::OK, &Value::Object(details));
    header(&mut response, "etag", &format!("\"{}\"", order.revision));
    response
}

pub(super) fn header(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        let name = HeaderName::from_static(name);
        response.headers_mut().insert(name, value);
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut problem = json!({
            "type": format!("/problems/{}", self.code),
            "title": status.canonical_reason().unwrap_or_default(),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        });
        if !self.errors.is_empty() {
            let errors = self.errors.into_iter();
            problem["errors"] = errors
                .map(|(field, message)| json!({"field": field, "message": message}))
                .collect();
        }
        let body = bytes("application/problem+json", problem.to_string().into());
        let mut response = (status, body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            header(&mut response, "www-authenticate", "Bearer realm=\"orders\"");
        }
        response
    }
}
