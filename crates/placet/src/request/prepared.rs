//! Prepared values: parsed and checked once, put into many requests.

use crate::request::Request;
use crate::request::pool::with_buffer;
use crate::request::schema::{PutError, Schema};
use placet_model::input::Input;
use placet_model::request::{AttributeInput, RequestError};
use placet_model::types::AttributeId;

/// A checked value of one attribute of one policy. [`Policy::prepare`](crate::Policy::prepare) returns it,
/// [`Request::put_prepared`] takes it.
///
/// Unlike an [`Input`], it holds the attribute already looked up and the text already parsed, so putting it allocates
/// nothing. Requests of other policies refuse it.
#[derive(Debug, Clone)]
pub struct PreparedValue {
    pub(crate) schema: u64,
    pub(crate) id: AttributeId,
    given: Compact,
}

/// A compact value: callers keep many prepared values for a long time.
#[derive(Debug, Clone)]
enum Compact {
    /// A value of an ordered type.
    Ordinal(i64),
    /// A value of a `bool`, an enum or a taxonomy.
    Symbol(u32),
    Other(Box<AttributeInput>),
}

impl From<AttributeInput> for Compact {
    fn from(given: AttributeInput) -> Self {
        if let AttributeInput::Value(value) = &given {
            match (value.ordinal(), value.symbol()) {
                (Some(ordinal), _) => return Self::Ordinal(ordinal),
                (None, Some(symbol)) => return Self::Symbol(symbol),
                (None, None) => {}
            }
        }
        Self::Other(Box::new(given))
    }
}

impl PreparedValue {
    pub(crate) fn new(schema: &Schema, name: &str, value: &Input<'_>) -> Result<Self, RequestError> {
        let id = schema.attribute(name)?;
        // Through a frame, so that a prepared value passes the same checks as any other.
        let given = with_buffer(schema, |writer| {
            writer.clear();
            writer.input(id, value)?;
            Ok(writer.frame.given(&schema.program, id))
        });
        match given {
            // INVARIANT: the value was put into the frame just above, so it is there.
            Ok(given) => {
                Ok(Self { schema: schema.id, id, given: given.unwrap_or(AttributeInput::Null).into() })
            }
            Err(refusal) => Err(schema.refused(id, refusal, &placet_core::quoted(value))),
        }
    }

    pub(crate) fn foreign(schema: &Schema) -> RequestError {
        schema.foreign("value", "prepared")
    }
}

impl Request {
    /// Sets the attribute of a prepared value, replacing any earlier value.
    ///
    /// ```
    /// use placet::{Effect, Policy};
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { consent: { granted, refused } }
    ///     rule marketing { allow when consent is granted }
    /// ")?;
    /// let granted = policy.prepare("consent", "granted")?;
    ///
    /// let mut request = policy.request();
    /// assert_eq!(policy.effect(request.put_prepared(&granted)?)?, Effect::Allow);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: that of finding the value's class, without looking up names or allocating.
    ///
    /// # Errors
    /// If the value belongs to another policy. The request stays as it was.
    pub fn put_prepared(&mut self, value: &PreparedValue) -> Result<&mut Self, RequestError> {
        if value.schema != self.schema().id {
            return Err(PreparedValue::foreign(self.schema()));
        }
        let (schema, memory) = self.parts();
        let (frame, program) = (&mut memory.frame, &schema.program);
        let put = match &value.given {
            Compact::Ordinal(ordinal) => frame.put_ordinal(program, value.id, *ordinal),
            Compact::Symbol(symbol) => frame.put_symbol(program, value.id, *symbol),
            Compact::Other(given) => frame.put_unchecked(program, value.id, given),
        };
        match put {
            Ok(()) => Ok(self),
            // INVARIANT: `PreparedValue::new` put the same value under the same schema.
            Err(error) => Err(self.schema().refused(value.id, PutError::from(error), "a prepared value")),
        }
    }
}
