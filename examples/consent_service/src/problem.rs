//! Error responses.

use crate::store::StoreError;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use placet::{EnvelopeError, RequestError, with_sources};
use placet_engine::KeyError;
use serde::Serialize;

/// The reason why the service didn't do what a client asked for. It is never a decision.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// The body isn't what the route expects.
    #[error("{0}")]
    Body(String),
    /// The request to the policy is erroneous.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The request gives an attribute that only the store may give.
    #[error("`{0}` is taken from the store, not from requests")]
    Claimed(String),
    /// The policy can't have the subject.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The service has a bug.
    #[error("the service failed")]
    Broken,
}

impl Problem {
    /// Creates a [`Problem::Body`] from a reader's error.
    pub(crate) fn body(error: impl ToString) -> Self {
        Self::Body(error.to_string())
    }
}

/// The body of a request error, in the form that the language defines.
#[derive(Serialize)]
struct Body {
    error: RequestError,
}

/// The body of any other error, in the same form.
#[derive(Serialize)]
struct OtherBody<'a> {
    error: OtherError<'a>,
}

#[derive(Serialize)]
struct OtherError<'a> {
    code: &'static str,
    message: String,
    attribute: Option<&'a str>,
}

impl From<EnvelopeError> for Problem {
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::Request(error) => Self::Request(error),
            other => Self::body(other),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code, attribute) = match &self {
            Problem::Request(error) => {
                return json(StatusCode::BAD_REQUEST, &Body { error: error.clone() });
            }
            Problem::Body(_) => (StatusCode::BAD_REQUEST, "invalid_body", None),
            Problem::Claimed(attribute) => {
                (StatusCode::BAD_REQUEST, "claimed_attribute", Some(attribute.as_str()))
            }
            Problem::Key(error) => (StatusCode::BAD_REQUEST, "invalid_key", Some(error.key())),
            Problem::Store(StoreError::UnknownSubject(_)) => (StatusCode::NOT_FOUND, "unknown_subject", None),
            Problem::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "store_failed", None),
            Problem::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "broken", None),
        };
        json(status, &OtherBody { error: OtherError { code, message: with_sources(&self), attribute } })
    }
}

/// A buffer size that holds most responses, in bytes.
const USUAL_LENGTH: usize = 512;

/// Creates a JSON response. It ends with a newline, for terminals.
pub(crate) fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    let mut text = Vec::with_capacity(USUAL_LENGTH);
    match serde_json::to_writer(&mut text, body) {
        Ok(()) => {
            text.push(b'\n');
            (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
