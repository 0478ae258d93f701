//! What people say, recorded: consents, objections, restrictions, who they are.

use crate::problem::{Problem, json};
use crate::purpose::purposes;
use crate::service::Service;
use crate::store::{Born, Event, Instant, MAX_SUBJECT, Mark, State, is_subject};
use axum::body::Bytes;
use axum::extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

/// `POST /consents`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsentBody {
    subject: String,
    purpose: String,
    state: String,
}

/// `POST /objections`, `POST /restrictions`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarkBody {
    subject: String,
    on: bool,
}

/// `POST /subjects`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectBody {
    subject: String,
    born: Option<String>,
    guardian_permission: Option<bool>,
    verified: Option<bool>,
}

/// What was recorded, on the disk, and counts from now on.
#[derive(Serialize)]
struct Recorded {
    subject: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    purposes: Vec<String>,
    recorded_at: String,
}

/// Takes a consent, a refusal, or a withdrawal.
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

/// Takes an objection, or takes it back.
pub(crate) async fn objection(
    extract::State(service): extract::State<Service>,
    body: Bytes,
) -> Result<Response, Problem> {
    mark(service, Mark::Objected, &body).await
}

/// Takes a restriction, or takes it back.
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

/// Registers somebody, or takes more of who they are.
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

/// What a body says.
fn read<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(Problem::body)
}

/// That a text can name a subject.
pub(crate) fn check_subject(subject: &str) -> Result<(), Problem> {
    if !is_subject(subject) {
        return Err(Problem::Body(format!(
            "a subject has a name of 1 to {MAX_SUBJECT} bytes, none of control"
        )));
    }
    Ok(())
}

/// Records events, invalidates what was known, and only then says so. It ends what it began, whether or not somebody still
/// waits for the answer.
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
        // Also after a failure: the events may have been recorded none the less.
        let invalidated = service.invalidate(&subject);
        let recorded: Instant = appended?;
        invalidated?;
        service.clock().recorded(recorded);
        Ok::<_, Problem>(Recorded { subject, purposes, recorded_at: recorded.to_string() })
    });
    Ok(json(StatusCode::CREATED, &recorded.await.map_err(|_| Problem::Broken)??))
}
