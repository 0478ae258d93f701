//! What goes wrong, as answers.

use crate::store::StoreError;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use placet::{EnvelopeError, RequestError};
use placet_engine::KeyError;
use serde::Serialize;

/// Why something asked of the service was not done. It is never a decision.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// What was sent is not what is expected there.
    #[error("{0}")]
    Body(String),
    /// The request is erroneous.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The request claims what is the store's to say.
    #[error("`{0}` is taken from the store, not from requests")]
    Claimed(String),
    /// The policy can't have the subject.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store has no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something broke.
    #[error("the service failed")]
    Broken,
}

impl Problem {
    /// That what was sent is not what is expected there, as who read it says.
    pub(crate) fn body(error: impl ToString) -> Self {
        Self::Body(error.to_string())
    }
}

/// As the language writes errors.
#[derive(Serialize)]
struct Body {
    error: RequestError,
}

/// As the language writes errors, of other kinds.
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
        json(status, &OtherBody { error: OtherError { code, message: self.to_string(), attribute } })
    }
}

/// Bytes that most answers fit into.
const USUAL_LENGTH: usize = 512;

/// An answer of JSON, and a line's end for terminals.
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
