//! `POST /decide`: decides a request.

use crate::facts::AsOf;
use crate::problem::{Problem, json};
use crate::resolvers::{AS_OF, SUBJECT, as_of_key};
use crate::routes::record::check_subject;
use crate::service::Service;
use crate::store::Instant;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use placet::{Decision, Effect, ErrorCode, Explanation, Time, Truth, Uncertain};
use placet_engine::{Failure, Origins};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The attribute that holds the time of the processing.
const AT: &str = "at";

/// The optional parts of an answer, set by the query string.
#[derive(Deserialize, Default)]
pub(crate) struct Wish {
    /// Adds an explanation of the decision.
    #[serde(default)]
    explain: bool,
    /// Adds the origins of the facts.
    #[serde(default)]
    origins: bool,
}

impl<S: Sync> FromRequestParts<S> for Wish {
    type Rejection = QueryRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, QueryRejection> {
        // Most requests have no query string, so they skip its parser.
        match parts.uri.query() {
            None => Ok(Self::default()),
            Some(_) => Query::try_from_uri(&parts.uri).map(|Query(wish)| wish),
        }
    }
}

/// The member of the body that holds the request to the policy.
const REQUEST: &str = "request";

/// The other members of the body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask<'b> {
    #[serde(borrow)]
    subject: Cow<'b, str>,
    #[serde(borrow)]
    at: Option<Cow<'b, str>>,
}

#[derive(Serialize)]
struct Reply<'a> {
    #[serde(flatten)]
    decision: &'a Decision,
    policy: PolicyName<'a>,
    at: &'a str,
    failures: &'a [Failure],
    #[serde(skip_serializing_if = "Option::is_none")]
    origins: Option<&'a Origins>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
}

#[derive(Serialize)]
struct PolicyName<'a> {
    version: Option<&'a str>,
    hash: &'a str,
}

/// Decides a request, and names the policy and the origins of the facts.
pub(crate) async fn decide(
    State(service): State<Service>,
    wish: Wish,
    body: Bytes,
) -> Result<Response, Problem> {
    let begun = std::time::Instant::now();
    let answered = answer(&service, &wish, &body).await;
    match &answered {
        Ok((effect, _)) => service.metrics().decided(*effect, begun.elapsed()),
        Err(_) => service.metrics().refused(),
    }
    answered.map(|(_, response)| response)
}

async fn answer(service: &Service, wish: &Wish, body: &[u8]) -> Result<(Effect, Response), Problem> {
    let body = str::from_utf8(body).map_err(Problem::body)?;
    let mut query = service.engine().query();
    let ask: Ask = query.fill_from_json_member(body, REQUEST)?;
    check_subject(&ask.subject)?;
    let now = service.clock().now();
    let (at, as_of) = match ask.at.as_deref().map(str::parse::<Instant>) {
        None => (now, AsOf::Now),
        Some(Ok(at)) if at <= now => (at, AsOf::Past(at)),
        Some(Ok(_)) => return Err(Problem::Body("`at` lies in the future".to_owned())),
        Some(Err(error)) => return Err(Problem::body(error)),
    };
    query.key(SUBJECT, &*ask.subject)?.key(AS_OF, as_of_key(as_of))?;
    // The service's clock sets the time of the processing. A client that chose it could date a request before a
    // withdrawal.
    let says_when = query.request().gives(AT).then_some(AT);
    if let Some(attribute) = query.client_supplied().or(says_when) {
        return Err(Problem::Claimed(attribute.to_owned()));
    }
    match query.set(AT, Time::from_micros(at.microseconds())) {
        // A policy without this attribute doesn't depend on the time.
        Err(error) if error.code != ErrorCode::UnknownAttribute => return Err(error.into()),
        _ => {}
    }
    let answer = service.engine().decide_async(query).await?;
    let explanation =
        if wish.explain { Some(answer.version.policy().explain(&answer.request)?) } else { None };
    let decision = certain_decision(answer.decision);
    let reply = Reply {
        decision: &decision,
        policy: PolicyName { version: answer.version.version(), hash: answer.version.hash() },
        at: &at.to_string(),
        failures: &answer.failures,
        origins: wish.origins.then_some(&answer.origins),
        explanation: explanation.map(certain_explanation),
    };
    Ok((decision.effect, json(StatusCode::OK, &reply)))
}

/// Removes the rules that may not apply to the person, with their clauses and bases. A failed resolver can leave such
/// rules. Obligations that are possibly due stay, marked as such, since the controller has to know about them.
fn certain_decision(mut decision: Decision) -> Decision {
    decision.rules = decision.certain().cloned().collect();
    decision.cites = decision.certain_cites().cloned().collect();
    decision.basis = decision.certain_basis().cloned().collect();
    decision.undecided.clear();
    decision.uncertain = Uncertain::default();
    decision
}

/// Removes the rules that may not apply to the person. Rules that an exception silenced stay: their traces explain why.
fn certain_explanation(mut explanation: Explanation) -> Explanation {
    explanation.decision = certain_decision(explanation.decision);
    explanation.rules.retain(|rule| rule.fires != Truth::Open);
    explanation
}
