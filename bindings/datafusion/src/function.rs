//! The scalar function that returns the effect of each row.

use crate::bindings::Bindings;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::DataType;
use datafusion_common::{DataFusionError, Result};
use datafusion_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use placet::{Input, Policy, Request};
use placet_arrow::{BoundPolicy, ColumnError, OnError};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A scalar function of the columns that give attributes; it returns the effect of each row.
///
/// Each row is a request, and null means unknown, or `none` for an optional attribute. The function returns the strings `allow`, `deny` and `indeterminate`
/// as a dictionary, which compares like a string. A column whose type does not fit the policy is an error when a query
/// is planned. A value that does not fit ends the query, or gives null with [`OnError::Null`].
///
/// ```
/// use placet::Policy;
/// use placet_datafusion::EffectFunction;
///
/// let policy = Policy::from_text("
///     policy shop
///     request { subject.age: int 0..150  purpose: { deliver, marketing } }
///     rule adults { allow when purpose is deliver or subject.age >= 18 }
/// ")?;
/// assert!(EffectFunction::new("effect", &policy, ["subject.age"]).is_ok());
/// assert!(EffectFunction::new("effect", &policy, ["subject.agee"]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct EffectFunction {
    name: String,
    policy: Policy,
    hash: [u8; 32],
    /// The constants as text, by attribute. Equality and hashing of functions use them, since `Request` has neither.
    constants: Vec<(String, String)>,
    base: Request,
    attributes: Vec<String>,
    on_error: OnError,
    signature: Signature,
    bindings: Bindings,
}

impl EffectFunction {
    /// Creates a function whose arguments give these attributes, in this order.
    ///
    /// # Errors
    /// If the policy does not declare an attribute, or an attribute appears twice.
    pub fn new<A: Into<String>>(
        name: impl Into<String>,
        policy: &Policy,
        attributes: impl IntoIterator<Item = A>,
    ) -> Result<Self, ColumnError> {
        let attributes: Vec<String> = attributes.into_iter().map(Into::into).collect();
        for (at, attribute) in attributes.iter().enumerate() {
            policy.untyped_attribute(attribute)?;
            if attributes.iter().take(at).any(|other| other == attribute) {
                let by = || "a column".to_owned();
                return Err(ColumnError::Duplicate {
                    attribute: attribute.clone(),
                    first: by(),
                    second: by(),
                });
            }
        }
        let signature = match attributes.len() {
            0 => Signature::nullary(Volatility::Immutable),
            count => Signature::any(count, Volatility::Immutable),
        };
        Ok(Self {
            name: name.into(),
            policy: policy.clone(),
            hash: policy.hash(),
            constants: Vec::new(),
            base: policy.request(),
            attributes,
            on_error: OnError::default(),
            signature,
            bindings: Bindings::default(),
        })
    }

    /// Sets an attribute to the same value in every row.
    ///
    /// # Errors
    /// If the attribute rejects the value, or a column or another constant gives the attribute.
    pub fn constant<'i>(mut self, attribute: &str, value: impl Into<Input<'i>>) -> Result<Self, ColumnError> {
        let by = |by: &str| Some(by.to_owned());
        let first = match attribute {
            _ if self.attributes.iter().any(|other| other == attribute) => by("a column"),
            _ if self.constants.iter().any(|(other, _)| other == attribute) => by("a constant"),
            _ => None,
        };
        if let Some(first) = first {
            let (attribute, second) = (attribute.to_owned(), "a constant".to_owned());
            return Err(ColumnError::Duplicate { attribute, first, second });
        }
        let value = value.into();
        self.constants.push((attribute.to_owned(), format!("{value:?}")));
        self.base.set(attribute, value)?;
        Ok(self)
    }

    /// Sets the handling of rows that are erroneous requests: end the query (the default), or return null.
    #[must_use]
    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.on_error = on_error;
        self
    }

    fn binding(&self, types: &[DataType]) -> Result<BoundPolicy> {
        let binding = self.bindings.get(&self.policy, &self.base, &self.attributes, self.on_error, types);
        binding.map_err(|error| DataFusionError::Plan(format!("{}: {error}", self.name)))
    }
}

impl PartialEq for EffectFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.hash == other.hash
            && self.constants == other.constants
            && self.attributes == other.attributes
            && self.on_error == other.on_error
    }
}

impl Eq for EffectFunction {}

impl Hash for EffectFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.hash.hash(state);
        self.constants.hash(state);
        self.attributes.hash(state);
    }
}

impl ScalarUDFImpl for EffectFunction {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.binding(types)?;
        Ok(DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8)))
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = call.args.into_iter().map(|column| column.into_array_of_size(call.number_rows));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let types: Vec<DataType> = columns.iter().map(|column| column.data_type().clone()).collect();
        let binding = self.binding(&types)?;
        let options = RecordBatchOptions::new().with_row_count(Some(call.number_rows));
        let batch = RecordBatch::try_new_with_options(binding.input_schema(), columns, &options)?;
        let decisions = binding.decide(&batch).map_err(|error| match error {
            // The batches of a query have no order, so a row number within one batch would not help.
            ColumnError::Value(error) => DataFusionError::Execution(format!(
                "{}: `{}` is given {}, expected {}",
                self.name, error.attribute, error.value, error.expected
            )),
            error => DataFusionError::External(Box::new(error)),
        })?;
        let effects = decisions.effects().map_err(|error| DataFusionError::External(Box::new(error)))?;
        Ok(ColumnarValue::Array(Arc::new(effects) as ArrayRef))
    }
}
