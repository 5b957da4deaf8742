//! Reports: work that goes on after it was taken on, as Azure's API guidelines have it (`Operation-Location`).
//!
//! There is no clock in the service, so a report is ready when it was asked for often enough.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{Answer, App, answer, input};
use crate::store::{Filter, Refusal, Report, Work};

/// Takes one on.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: String,
) -> Answer {
    let user = input::user(&headers)?;
    let fields = input::object(&headers, &body, &["year", "account"])?;
    let year = fields.get("year").and_then(serde_json::Value::as_u64);
    let year = year
        .filter(|year| (2014..=2100).contains(year))
        .ok_or_else(|| Refusal::field("year", "must be a year from 2014 on"))?;
    let account = fields.get("account").and_then(serde_json::Value::as_str);
    let filter = Filter {
        account: account.map(str::to_owned),
        ..Filter::default()
    };
    let mut store = app.store();
    let report = Report::of(&store.list(user, &filter), user, year);
    let number = store.begin(report);
    let mut response = StatusCode::ACCEPTED.into_response();
    let location = format!("/api/v1/operations/{number}");
    answer::header(&mut response, "operation-location", &location);
    Ok(response)
}

/// How far one is.
pub(super) async fn status(
    State(app): State<Arc<App>>,
    Path(number): Path<usize>,
    headers: HeaderMap,
) -> Answer {
    let user = input::user(&headers)?;
    let mut store = app.store();
    let report = store.report(user, number)?;
    report.go_on();
    let body = match report.work {
        Work::Running(percent) => json!({"status": "Running", "percentComplete": percent}),
        Work::Cancelled => json!({"status": "Canceled"}),
        Work::Done => {
            let location = format!("/api/v1/reports/{number}");
            json!({"status": "Succeeded", "percentComplete": 100, "resourceLocation": location})
        }
    };
    let mut response = answer::json(StatusCode::OK, &body);
    if matches!(report.work, Work::Running(_)) {
        answer::header(&mut response, "retry-after", "1");
    }
    Ok(response)
}

/// One that is ready.
pub(super) async fn result(
    State(app): State<Arc<App>>,
    Path(number): Path<usize>,
    headers: HeaderMap,
) -> Answer {
    let user = input::user(&headers)?;
    let mut store = app.store();
    let report = store.report(user, number)?;
    match report.work {
        Work::Done => Ok(answer::json(StatusCode::OK, &report.json())),
        _ => Err(Refusal::new(404, "report_not_ready", "it is not ready")),
    }
}

/// Stops the work on one.
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    Path(number): Path<usize>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let user = input::user(&headers)?;
    let mut store = app.store();
    let report = store.report(user, number)?;
    if matches!(report.work, Work::Running(_)) {
        report.work = Work::Cancelled;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
