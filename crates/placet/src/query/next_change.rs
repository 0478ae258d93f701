//! The next value of an ordered attribute at which the answer changes.

use super::axis::{Axis, Classes, Sets};
use super::{Answer, QueryError};
use crate::policy::Policy;
use crate::request::Request;
use placet_model::input::Fact;
use placet_model::request::{Assignment, AttributeInput, RequestError};
use placet_model::value::Value;
use serde::Serialize;
use std::sync::Arc;

/// The next change of an answer, all else as it is.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct NextChange {
    /// The attribute that grows.
    pub attribute: Arc<str>,
    /// The answer until then.
    pub before: Answer,
    /// The first value at which the effect changes.
    pub at: Fact,
    /// The answer from then on.
    pub after: Answer,
}

impl Policy {
    /// Returns the first value of an ordered attribute, after the one that the request gives, at which the effect changes;
    /// `None` if it never does.
    ///
    /// The value is exact, also through differences, years and months: for a time, to the microsecond.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("
    ///     policy newsletter
    ///     request { at: time  consented_at: time }
    ///     rule fresh { allow when months(consented_at, at) < 24 }
    /// ")?;
    /// let request = policy.request_from_json(
    ///     r#"{"at": "2026-05-01T09:00:00Z", "consented_at": "2025-02-28T12:00:00Z"}"#,
    /// )?;
    /// let change = policy.next_change(&request, "at")?.ok_or("it never changes")?;
    /// assert_eq!(change.at.to_string(), r#""2027-02-28T00:00:00Z""#);
    /// assert_eq!(change.after.effect, placet::Effect::Deny);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: one evaluation of the policy's conditions, and a decision for each later class of values.
    ///
    /// # Errors
    /// Returns an error if the policy has no such attribute, or the attribute no order; if the request doesn't give it; and
    /// if conditions relate it to unknown attributes in a way whose boundaries can't be listed.
    pub fn next_change(&self, request: &Request, attribute: &str) -> Result<Option<NextChange>, QueryError> {
        let (program, model) = (self.program(), self.model());
        let frame = self.frame(request)?;
        let id = model.find(attribute).ok_or_else(|| RequestError::unknown(model, attribute))?;
        let facts = Assignment::of_partial(model, &frame.request(program));
        let name: Arc<str> = attribute.into();
        let Some(AttributeInput::Value(now)) = frame.given(program, id) else {
            return Err(QueryError::NotGiven { attribute: name });
        };
        let Some(now) = now.ordinal() else { return Err(QueryError::NotOrdered { attribute: name }) };
        let mut axes = Axis::list(model, &[facts], &[id], Sets::All)?;
        let Some(axis) = axes.pop() else { return Ok(None) };
        let Classes::Ordered(starts) = &axis.classes else { return Ok(None) };
        let (before, _) = program.decide_partial(frame);
        let mut later = frame.clone();
        for start in starts.iter().filter(|start| **start > now) {
            let Some(value) = Value::from_ordinal(&axis.attribute.kind, *start) else { continue };
            // The first value of a class fits its attribute.
            let _ = later.put_unchecked(program, id, &AttributeInput::Value(value.clone()));
            if program.effect_of_partial(&later).0 == before.effect {
                continue;
            }
            let (after, _) = program.decide_partial(&later);
            let at = Fact::from_value(&axis.attribute.kind, &value);
            let answers = Answer::new([before].iter()).zip(Answer::new([after].iter()));
            return Ok(at.zip(answers).map(|(at, (before, after))| NextChange {
                attribute: name,
                before,
                at,
                after,
            }));
        }
        Ok(None)
    }
}
