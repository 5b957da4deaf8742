//! The operations over HTTP: who asks, what is asked, and what the store says to it.

mod answer;
mod input;
mod reports;

use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde_json::{Value, json};

use crate::recorder::Recorder;
use crate::store::{self, Filter, Made, Order, Refund, Refusal, Status, Store, User};
use input::Query;

type Answer = Result<Response, Refusal>;

#[derive(Debug)]
struct App {
    store: Mutex<Store>,
    recorder: Option<Recorder>,
    delays: Vec<(String, Duration)>,
}

impl App {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The whole service.
pub(crate) fn router(record: bool, delays: Vec<(String, Duration)>) -> Router {
    let app = Arc::new(App {
        store: Mutex::new(store::seed()),
        recorder: record.then(Recorder::default),
        delays,
    });
    let api = Router::new()
        .route("/v1/orders", get(list_orders))
        .route("/v1/orders/export", get(export_orders))
        .route("/v1/orders/{order_id}", get(get_order).patch(update_order))
        .route("/v1/orders/{order_id}/cancel", post(cancel_order))
        .route(
            "/v1/orders/{order_id}/gift-message",
            put(set_gift_message).delete(remove_gift_message),
        )
        .route("/v0/orders/{number}", get(get_order_v0))
        .route(
            "/v1/orders/{order_id}/refunds",
            get(list_refunds).post(create_refund),
        )
        .route("/v1/reports", post(reports::create))
        .route("/v1/reports/{number}", get(reports::result))
        .route(
            "/v1/operations/{number}",
            get(reports::status).delete(reports::cancel),
        )
        .route("/v1/me", get(get_my_account))
        .route("/v1/orders/{order_id}/shipments", get(list_shipments))
        .route("/v1/shipments/{shipment_id}/label", get(get_shipment_label))
        .route("/v1/tracking/{tracking_number}", get(track_parcel))
        .method_not_allowed_fallback(async || {
            Refusal::new(405, "method_not_allowed", "not with this method")
        });
    let service = Router::new()
        .nest("/api", api)
        .fallback(async |uri: Uri| {
            Refusal::new(404, "no_such_path", format!("nothing at {}", uri.path()))
        })
        .layer(middleware::from_fn_with_state(Arc::clone(&app), observe));
    let service = if record {
        service.route("/__requests", get(recorded).delete(forget))
    } else {
        service
    };
    service.with_state(app)
}

/// Reads the request, notes it, waits where a `--delay` says so, and lets it be answered.
async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, 1 << 20).await else {
        return Refusal::new(413, "body_too_large", "at most 1 MiB").into_response();
    };
    let ticket = Recorder::begin(app.recorder.as_ref(), &parts, &body);
    let path = parts.uri.path();
    if let Some((_, time)) = app
        .delays
        .iter()
        .find(|(start, _)| path.starts_with(start.as_str()))
    {
        tokio::time::sleep(*time).await;
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    ticket.answered(response.status().as_u16());
    response
}

async fn recorded(State(app): State<Arc<App>>) -> Response {
    let requests = app.recorder.as_ref().map(Recorder::to_json);
    answer::json(StatusCode::OK, &requests.unwrap_or_default())
}

async fn forget(State(app): State<Arc<App>>) -> StatusCode {
    if let Some(recorder) = &app.recorder {
        recorder.clear();
    }
    StatusCode::NO_CONTENT
}

async fn list_orders(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Answer {
    let user = input::user(&headers)?;
    let mut query = Query::of(&uri);
    let filter = Filter {
        statuses: query
            .all("status")
            .iter()
            .map(|text| Status::parse(text).ok_or_else(|| input::bad("status", text)))
            .collect::<Result<_, _>>()?,
        placed_after: query.date("placed_after")?,
        placed_before: query.date("placed_before")?,
        min_total: query.cents("min_total")?,
        text: query.one("q")?,
        account: query.one("account")?,
    };
    let sort = query.one("sort")?.unwrap_or_else(|| "-placed_at".into());
    let page = query.number("page", 1, u32::MAX)?.unwrap_or(1) as usize;
    let per_page = query.number("per_page", 1, 100)?.unwrap_or(20) as usize;
    query.finish()?;

    let store = app.store();
    let mut orders = store.list(user, &filter);
    match sort.as_str() {
        "-placed_at" => {}
        "placed_at" => orders.reverse(),
        "total" => orders.sort_by_key(|order| order.total()),
        "-total" => orders.sort_by_key(|order| std::cmp::Reverse(order.total())),
        other => return Err(input::bad("sort", other)),
    }
    let total = orders.len();
    let data: Vec<Value> = orders
        .iter()
        .skip((page - 1).saturating_mul(per_page))
        .take(per_page)
        .map(|order| Value::Object(order.summary()))
        .collect();
    let body = json!({"data": data, "page": page, "per_page": per_page, "total": total});
    let mut response = answer::json(StatusCode::OK, &body);
    if page.saturating_mul(per_page) < total {
        let next = input::with_page(&uri, page + 1);
        answer::header(&mut response, "link", &format!("<{next}>; rel=\"next\""));
    }
    Ok(response)
}

async fn export_orders(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Answer {
    let user = input::user(&headers)?;
    let mut query = Query::of(&uri);
    let year = query
        .number("year", 2014, 2100)?
        .ok_or_else(|| Refusal::new(400, "missing_parameter", "year is required"))?;
    let account = query.one("account")?;
    query.finish()?;
    let mut csv = String::from("id,status,placed_at,total,currency\n");
    let year = year.to_string();
    let filter = Filter {
        account,
        ..Filter::default()
    };
    for order in app.store().list(user, &filter) {
        if order.placed_at.starts_with(&year) {
            let (id, status) = (order.id(), order.status.name());
            let (placed_at, total) = (&order.placed_at, store::decimal(order.total()));
            let _ = writeln!(csv, "{id},{status},{placed_at},{total},EUR");
        }
    }
    Ok(answer::bytes("text/csv; charset=utf-8", csv.into_bytes()))
}

async fn get_order(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Answer {
    let user = input::user(&headers)?;
    let mut query = Query::of(&uri);
    let include = query.one("include")?.unwrap_or_default();
    query.finish()?;
    let mut store = app.store();
    let order = store.order(user, &id)?;
    let mut details = order.details();
    for part in include.split(',').filter(|part| !part.is_empty()) {
        let value = match part {
            "refunds" => order.refunds_json(),
            "shipments" => order.parcels(),
            other => return Err(input::bad("include", other)),
        };
        details.insert(part.to_owned(), value.into());
    }
    Ok(answer::revision(order, details))
}

async fn update_order(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Answer {
    let user = input::user(&headers)?;
    let mut change = input::object(
        &headers,
        &body,
        &["reference", "shipping_address", "labels"],
    )?;
    if change.is_empty() {
        return Err(Refusal::field("body", "at least one field is needed"));
    }
    let mut store = app.store();
    let order = store.order(user, &id)?;
    order.check_open()?;
    if let Some(tag) = headers.get("if-match") {
        let now = format!("\"{}\"", order.revision);
        if tag != "*" && tag.as_bytes() != now.as_bytes() {
            let detail = format!("the order's revision is {now} by now");
            return Err(Refusal::new(412, "revision_changed", detail));
        }
    }
    let address = change
        .remove("shipping_address")
        .map(input::address)
        .transpose()?;
    let labels = change.remove("labels").map(input::labels).transpose()?;
    match change.remove("reference") {
        Some(Value::String(text)) => order.reference = Some(text),
        Some(Value::Null) => order.reference = None,
        Some(_) => return Err(Refusal::field("reference", "must be a string or null")),
        None => {}
    }
    if let Some(address) = address {
        order.address = address;
    }
    if let Some(labels) = labels {
        order.labels = labels;
    }
    order.revision += 1;
    Ok(answer::revision(order, order.details()))
}

async fn cancel_order(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Answer {
    const REASONS: [&str; 5] = [
        "changed_mind",
        "found_cheaper",
        "ordered_twice",
        "too_slow",
        "other",
    ];
    let user = input::user(&headers)?;
    let fields = input::object(&headers, &body, &["reason", "comment"])?;
    let reason = input::choice(&fields, "reason", &REASONS)?;
    let mut store = app.store();
    let order = store.order(user, &id)?;
    order.cancel(reason)?;
    Ok(answer::revision(order, order.details()))
}

async fn set_gift_message(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Answer {
    let user = input::user(&headers)?;
    input::content_type(&headers, "text/plain")?;
    if body.chars().count() > 300 {
        return Err(Refusal::field("body", "at most 300 characters"));
    }
    write_gift_message(&app, user, &id, Some(body))
}

async fn remove_gift_message(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    write_gift_message(&app, input::user(&headers)?, &id, None)
}

fn write_gift_message(app: &App, user: User, id: &str, text: Option<String>) -> Answer {
    let mut store = app.store();
    let order = store.order(user, id)?;
    order.check_open()?;
    order.gift_message = text;
    order.revision += 1;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn get_order_v0(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let user = input::user(&headers)?;
    let mut store = app.store();
    let order = store
        .order_by_number(user, number.parse().ok())
        .ok_or_else(|| {
            Refusal::new(
                404,
                "order_not_found",
                format!("there is no order {number}"),
            )
        })?;
    // Written by hand: `129.90` keeps its zero, as the old service has it.
    let body = format!(
        r#"{{"number": {number}, "state": {state}, "total": {total}, "ship_to": {ship_to}}}"#,
        state = json!(order.status.name().to_uppercase()),
        total = store::decimal(order.total()),
        ship_to = order.address["city"],
    );
    Ok(answer::bytes("application/json", body.into_bytes()))
}

async fn list_refunds(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let user = input::user(&headers)?;
    let refunds = app.store().order(user, &id)?.refunds_json();
    Ok(answer::json(StatusCode::OK, &refunds.into()))
}

async fn create_refund(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Answer {
    const REASONS: [&str; 4] = ["damaged", "missing_item", "late", "goodwill"];
    let user = input::user(&headers)?;
    let known = ["amount", "reason", "items", "notify"];
    let fields = input::object(&headers, &body, &known)?;
    let amount = fields
        .get("amount")
        .and_then(Value::as_str)
        .and_then(store::cents)
        .ok_or_else(|| Refusal::field("amount", "must be a decimal string such as \"12.50\""))?;
    let reason = input::choice(&fields, "reason", &REASONS)?;
    let key = headers.get("idempotency-key");
    let key = key.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let mut store = app.store();
    let order = store.order(user, &id)?;
    input::check_items(fields.get("items"), order)?;
    let refund = Refund {
        amount,
        reason,
        key,
    };
    match order.refund(refund)? {
        (Made::Before, refund) => Ok(answer::json(StatusCode::OK, &refund)),
        (Made::New, refund) => {
            let mut response = answer::json(StatusCode::CREATED, &refund);
            let location = format!("/api/v1/orders/{id}/refunds");
            answer::header(&mut response, "location", &location);
            Ok(response)
        }
    }
}

async fn get_my_account(headers: HeaderMap) -> Answer {
    let user = input::user(&headers)?;
    Ok(answer::json(StatusCode::OK, &user.account()))
}

async fn list_shipments(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let user = input::user(&headers)?;
    let parcels = app.store().order(user, &id)?.parcels();
    Ok(answer::json(StatusCode::OK, &parcels.into()))
}

async fn get_shipment_label(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Answer {
    let user = input::user(&headers)?;
    let mut query = Query::of(&uri);
    let format = query.one("format")?.unwrap_or_else(|| "pdf".into());
    query.finish()?;
    let store = app.store();
    store
        .order_of_parcel(|order, parcel| user.sees(order.owner) && parcel["id"] == id.as_str())
        .ok_or_else(|| {
            Refusal::new(
                404,
                "shipment_not_found",
                format!("there is no parcel {id}"),
            )
        })?;
    match format.as_str() {
        "pdf" => Ok(answer::bytes("application/pdf", answer::LABEL_PDF.to_vec())),
        "png" => Ok(answer::bytes("image/png", answer::LABEL_PNG.to_vec())),
        other => Err(input::bad("format", other)),
    }
}

async fn track_parcel(State(app): State<Arc<App>>, Path(number): Path<String>) -> Answer {
    let store = app.store();
    let (order, _) = store
        .order_of_parcel(|_, parcel| parcel["tracking_number"] == number.as_str())
        .ok_or_else(|| {
            let detail = format!("no carrier knows {number}");
            Refusal::new(404, "tracking_number_unknown", detail)
        })?;
    let body = json!({"tracking_number": number, "events": events(order)});
    Ok(answer::json(StatusCode::OK, &body))
}

fn events(order: &Order) -> Vec<Value> {
    let mut events = vec![json!({
        "at": order.shipped_at, "place": "Rotterdam", "text": "Handed to the carrier",
    })];
    if order.status == Status::Delivered {
        let place = &order.address["city"];
        events.push(json!({"at": store::NOW, "place": place, "text": "Delivered"}));
    }
    events
}
