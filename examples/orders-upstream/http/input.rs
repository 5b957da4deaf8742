//! Reading requests, strictly: what the spec does not know is refused.

use std::borrow::Cow;

use axum::http::{HeaderMap, Uri};
use serde_json::{Map, Value};

use crate::store::{self, Cents, Order, Refusal, User};

/// The caller, or 401.
pub(super) fn user(headers: &HeaderMap) -> Result<User, Refusal> {
    let refusal = |detail: &str| Refusal::new(401, "unauthorized", detail);
    let value = headers
        .get("authorization")
        .ok_or_else(|| refusal("an access token is needed"))?;
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix("Bearer "))
        .ok_or_else(|| refusal("the Authorization header must be a bearer token"))?;
    User::of_token(token).ok_or_else(|| refusal("the access token is not valid"))
}

/// 400 for a parameter.
pub(super) fn bad(name: &str, value: &str) -> Refusal {
    let detail = format!("{name} cannot be `{value}`");
    Refusal::new(400, "bad_parameter", detail)
}

/// The parameters of a query, each to be taken once.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn of(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        Self(
            url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    pub(super) fn all(&mut self, name: &str) -> Vec<String> {
        let (taken, rest) = std::mem::take(&mut self.0)
            .into_iter()
            .partition::<Vec<_>, _>(|(key, _)| key == name);
        self.0 = rest;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    pub(super) fn one(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        let mut values = self.all(name);
        if values.len() > 1 {
            let detail = format!("{name} is given {} times", values.len());
            return Err(Refusal::new(400, "bad_parameter", detail));
        }
        Ok(values.pop())
    }

    pub(super) fn number(
        &mut self,
        name: &str,
        least: u32,
        most: u32,
    ) -> Result<Option<u32>, Refusal> {
        let Some(text) = self.one(name)? else {
            return Ok(None);
        };
        match text.parse() {
            Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
            _ => Err(bad(name, &text)),
        }
    }

    pub(super) fn date(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        let Some(text) = self.one(name)? else {
            return Ok(None);
        };
        let shape = text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        if shape && text.len() == 10 {
            return Ok(Some(text));
        }
        Err(bad(name, &text))
    }

    pub(super) fn cents(&mut self, name: &str) -> Result<Option<Cents>, Refusal> {
        let Some(text) = self.one(name)? else {
            return Ok(None);
        };
        store::cents(&text)
            .map(Some)
            .ok_or_else(|| bad(name, &text))
    }

    /// 400 if a parameter is left that nobody took.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let detail = format!("there is no parameter {name}");
                Err(Refusal::new(400, "unknown_parameter", detail))
            }
        }
    }
}

/// The same list's other page.
pub(super) fn with_page(uri: &Uri, page: usize) -> String {
    let query = uri.query().unwrap_or_default();
    let rest = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "page");
    let page = (Cow::from("page"), Cow::from(page.to_string()));
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(rest.chain([page]))
        .finish();
    format!("{}?{query}", uri.path())
}

/// 415 unless the body is of this type.
pub(super) fn content_type(headers: &HeaderMap, expected: &str) -> Result<(), Refusal> {
    let given = headers.get("content-type").and_then(|v| v.to_str().ok());
    let given = given.unwrap_or_default().split(';').next();
    if given.is_some_and(|given| given.trim().eq_ignore_ascii_case(expected)) {
        return Ok(());
    }
    let detail = format!("the body must be {expected}");
    Err(Refusal::new(415, "unsupported_media_type", detail))
}

/// A JSON object without unknown fields.
pub(super) fn object(
    headers: &HeaderMap,
    body: &str,
    known: &[&'static str],
) -> Result<Map<String, Value>, Refusal> {
    content_type(headers, "application/json")?;
    let value: Value = serde_json::from_str(body)
        .map_err(|error| Refusal::new(400, "bad_json", error.to_string()))?;
    let Value::Object(object) = value else {
        return Err(Refusal::field("body", "must be an object"));
    };
    for name in object.keys() {
        if !known.contains(&name.as_str()) {
            return Err(Refusal::field("body", format!("unknown field {name}")));
        }
    }
    Ok(object)
}

/// A required string of an enumeration.
pub(super) fn choice(
    fields: &Map<String, Value>,
    name: &'static str,
    choices: &[&str],
) -> Result<String, Refusal> {
    match fields.get(name).and_then(Value::as_str) {
        Some(text) if choices.contains(&text) => Ok(text.to_owned()),
        _ => {
            let message = format!("must be one of {}", choices.join(", "));
            Err(Refusal::field(name, message))
        }
    }
}

/// An address with all its parts.
pub(super) fn address(value: Value) -> Result<Value, Refusal> {
    for part in ["name", "street", "postal_code", "city", "country"] {
        if !value[part].is_string() {
            let message = format!("{part} is missing");
            return Err(Refusal::field("shipping_address", message));
        }
    }
    Ok(value)
}

/// Labels: an object of strings.
pub(super) fn labels(value: Value) -> Result<Map<String, Value>, Refusal> {
    match value {
        Value::Object(labels) if labels.values().all(Value::is_string) => Ok(labels),
        _ => Err(Refusal::field("labels", "must be an object of strings")),
    }
}

/// 422 when an item is refunded that was not bought.
pub(super) fn check_items(items: Option<&Value>, order: &Order) -> Result<(), Refusal> {
    let Some(items) = items else { return Ok(()) };
    let Some(items) = items.as_array() else {
        return Err(Refusal::field("items", "must be an array"));
    };
    for item in items {
        let bought = order.items.iter().find(|bought| item["sku"] == bought.sku);
        let quantity = item["quantity"].as_u64().unwrap_or(0);
        if bought.is_none_or(|bought| quantity == 0 || quantity > bought.quantity.into()) {
            let message = format!("{quantity} × {} was not bought", item["sku"]);
            return Err(Refusal::field("items", message));
        }
    }
    Ok(())
}
