//! The routes of the service.

mod decide;
mod health;
mod record;

use crate::service::Service;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

/// The largest request body, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// Returns the router of all routes.
pub(crate) fn router(service: Service) -> Router {
    Router::new()
        .route("/decide", post(decide::decide))
        .route("/consents", post(record::consent))
        .route("/objections", post(record::objection))
        .route("/restrictions", post(record::restriction))
        .route("/subjects", post(record::subject))
        .route("/health", get(health::live))
        .route("/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(service)
}
