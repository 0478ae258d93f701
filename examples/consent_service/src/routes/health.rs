//! Liveness, readiness and metrics.

use crate::problem::{Problem, json};
use crate::service::Service;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::time::Duration;

/// The timeout for the store's answer.
const TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Serialize)]
struct Health<'a> {
    status: &'static str,
    policy: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<String>,
}

/// Responds while the process is alive, whatever the state of the store.
pub(crate) async fn live(State(service): State<Service>) -> Response {
    let version = service.engine().version();
    json(StatusCode::OK, &Health { status: "alive", policy: version.hash(), store: None })
}

/// Responds with 200 only if the store answers too. Without it, decisions that need a fact are indeterminate.
pub(crate) async fn ready(State(service): State<Service>) -> Response {
    let asked = service.clone();
    let asked = tokio::task::spawn_blocking(move || asked.store().ready());
    let failure = match tokio::time::timeout(TIMEOUT, asked).await {
        Ok(Ok(Ok(()))) => None,
        Ok(Ok(Err(error))) => Some(error.to_string()),
        Ok(Err(_)) => Some(Problem::Broken.to_string()),
        Err(_) => Some("the store does not answer".to_owned()),
    };
    let version = service.engine().version();
    match failure {
        None => json(StatusCode::OK, &Health { status: "ready", policy: version.hash(), store: None }),
        store => json(
            StatusCode::SERVICE_UNAVAILABLE,
            &Health { status: "unready", policy: version.hash(), store },
        ),
    }
}

/// Responds with the metrics for Prometheus.
pub(crate) async fn metrics(State(service): State<Service>) -> Response {
    const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
    match service.metrics().text() {
        Ok(text) => ([(header::CONTENT_TYPE, FORMAT)], text).into_response(),
        Err(_) => Problem::Broken.into_response(),
    }
}
