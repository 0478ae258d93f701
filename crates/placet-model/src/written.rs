//! The author's text of conditions that the checker writes out.
//!
//! A quantifier, and a comparison with a lookup's value, become plain conditions: often long disjunctions. Their text is
//! what people recognise, so the model keeps it beside them.

use crate::condition::{Collection, ConditionId};
use crate::policy::Model;
use crate::types::AttributeId;
use crate::value::{Member, Value};
use std::sync::Arc;

/// The author's text of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The text, on one line. A long one is cut with an ellipsis.
    pub text: Arc<str>,
    /// The lookups whose values it compares.
    pub calls: Vec<LookupCall>,
}

/// The use of a lookup: `digital_age(country)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupCall {
    /// The lookup.
    pub lookup: Arc<Lookup>,
    /// The attribute whose value is the key.
    pub key: AttributeId,
}

/// A lookup, with its values in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The name.
    pub name: Arc<str>,
    /// The keys, and the value that they have.
    pub cases: Vec<(Collection, Arc<str>)>,
    /// The value of all other keys.
    pub otherwise: Option<Arc<str>>,
}

impl Lookup {
    /// Returns the value of a key, in words. `None` if the key is of another type. Cost: linear in the cases.
    ///
    /// ```
    /// use placet_model::condition::Collection;
    /// use placet_model::value::Value;
    /// use placet_model::written::Lookup;
    ///
    /// let french = Collection::Texts(["FR".into()].into());
    /// let lookup = Lookup { name: "digital_age".into(), cases: vec![(french, "15".into())], otherwise: Some("13".into()) };
    /// assert_eq!(lookup.value(&Value::String("FR".into())).map(|value| &**value), Some("15"));
    /// assert_eq!(lookup.value(&Value::String("SG".into())).map(|value| &**value), Some("13"));
    /// ```
    pub fn value(&self, key: &Value) -> Option<&Arc<str>> {
        let key = match key {
            Value::Symbol(symbol) => Member::Symbol(*symbol),
            Value::String(text) => Member::Text(text.clone()),
            _ => return None,
        };
        let case = self.cases.iter().find(|(keys, _)| keys.contains(&key)).map(|(_, value)| value);
        case.or(self.otherwise.as_ref())
    }
}

impl Model {
    /// Returns the uses of lookups in a condition, each once. Cost: linear in the condition.
    pub fn lookups_in(&self, condition: ConditionId) -> Vec<&LookupCall> {
        let mut out: Vec<&LookupCall> = Vec::new();
        if self.written.is_empty() {
            return out;
        }
        for call in self
            .conditions
            .below([condition])
            .iter()
            .filter_map(|id| self.written.get(id))
            .flat_map(|written| &written.calls)
        {
            let is_same =
                |known: &&LookupCall| known.key == call.key && known.lookup.name == call.lookup.name;
            if !out.iter().any(is_same) {
                out.push(call);
            }
        }
        out
    }
}
