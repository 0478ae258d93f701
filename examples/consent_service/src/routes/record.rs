//! Recording: consents, objections, restrictions, and facts about subjects.

use crate::problem::{Problem, json};
use crate::purpose::purposes;
use crate::service::Service;
use crate::store::{Born, Event, Instant, MAX_SUBJECT, Mark, State, is_subject};
use axum::body::Bytes;
use axum::extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

/// The body of `POST /consents`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsentBody {
    subject: String,
    purpose: String,
    state: String,
}

/// The body of `POST /objections` and `POST /restrictions`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarkBody {
    subject: String,
    on: bool,
}

/// The body of `POST /subjects`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectBody {
    subject: String,
    born: Option<String>,
    guardian_permission: Option<bool>,
    verified: Option<bool>,
}

/// The response to a recorded event. The event is on disk and counts from now on.
#[derive(Serialize)]
struct Recorded {
    subject: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    purposes: Vec<String>,
    recorded_at: String,
}

/// Records a consent, a refusal, or a withdrawal.
pub(crate) async fn consent(
    extract::State(service): extract::State<Service>,
    body: Bytes,
) -> Result<Response, Problem> {
    let body: ConsentBody = read(&body)?;
    let state: State = body.state.parse().map_err(Problem::body)?;
    let purposes = purposes(service.engine().version().policy(), &body.purpose)?;
    let events = purposes.iter().map(|purpose| Event::Consent { purpose: purpose.clone(), state }).collect();
    record(service, body.subject, events, purposes, false).await
}

/// Records an objection, or its withdrawal.
pub(crate) async fn objection(
    extract::State(service): extract::State<Service>,
    body: Bytes,
) -> Result<Response, Problem> {
    mark(service, Mark::Objected, &body).await
}

/// Records a restriction, or its end.
pub(crate) async fn restriction(
    extract::State(service): extract::State<Service>,
    body: Bytes,
) -> Result<Response, Problem> {
    mark(service, Mark::Restricted, &body).await
}

async fn mark(service: Service, mark: Mark, body: &[u8]) -> Result<Response, Problem> {
    let MarkBody { subject, on } = read(body)?;
    record(service, subject, vec![Event::Mark { mark, on }], Vec::new(), false).await
}

/// Registers a subject, or adds facts about one.
pub(crate) async fn subject(
    extract::State(service): extract::State<Service>,
    body: Bytes,
) -> Result<Response, Problem> {
    let body: SubjectBody = read(&body)?;
    let mut events = Vec::new();
    if let Some(text) = body.born {
        let born: Born = text.parse().map_err(Problem::body)?;
        if born.age(service.clock().now()) < 0 {
            return Err(Problem::Body("nobody is born tomorrow".to_owned()));
        }
        events.push(Event::Born(born));
    }
    let marks = [(Mark::GuardianPermission, body.guardian_permission), (Mark::Verified, body.verified)];
    events.extend(marks.into_iter().filter_map(|(mark, on)| Some(Event::Mark { mark, on: on? })));
    record(service, body.subject, events, Vec::new(), true).await
}

/// Parses a body.
fn read<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(Problem::body)
}

/// Checks that a text is a valid name of a subject.
pub(crate) fn check_subject(subject: &str) -> Result<(), Problem> {
    if !is_subject(subject) {
        return Err(Problem::Body(format!(
            "a subject has a name of 1 to {MAX_SUBJECT} bytes, none of control"
        )));
    }
    Ok(())
}

/// Records events, invalidates the cached facts, and only then acknowledges. The work runs in a task of its own, so it
/// completes even if the client disconnects.
async fn record(
    service: Service,
    subject: String,
    events: Vec<Event>,
    purposes: Vec<String>,
    new: bool,
) -> Result<Response, Problem> {
    check_subject(&subject)?;
    let recorded = tokio::task::spawn_blocking(move || {
        let appended = service.store().append(&subject, &events, service.clock().now(), new);
        // A failed append may have recorded the events nevertheless, so the cache is invalidated in any case.
        let invalidated = service.invalidate(&subject);
        let recorded: Instant = appended?;
        invalidated?;
        service.clock().recorded(recorded);
        Ok::<_, Problem>(Recorded { subject, purposes, recorded_at: recorded.to_string() })
    });
    Ok(json(StatusCode::CREATED, &recorded.await.map_err(|_| Problem::Broken)??))
}
