//! Caches the policy bound to the column types of a query.
//!
//! Planning asks for the function's return type, and execution invokes the function for each batch. Both need the policy
//! bound to the types of the columns, so bound policies are cached by these types.

use arrow_schema::{DataType, Field, Schema};
use placet::{Policy, Request};
use placet_arrow::{BoundPolicy, ColumnError, OnError, Options};
use std::sync::{Mutex, PoisonError};

/// The maximum number of cached type lists. Queries use few.
const MAX_TYPE_LISTS: usize = 32;

/// The bound policies of a function, made on first use.
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    made: Mutex<Vec<(Vec<DataType>, BoundPolicy)>>,
}

impl Bindings {
    /// Returns the policy bound to columns of these types, one for each attribute.
    ///
    /// # Errors
    /// If a type does not fit its attribute, or no column or constant gives a required attribute.
    pub(crate) fn get(
        &self,
        policy: &Policy,
        base: &Request,
        attributes: &[String],
        on_error: OnError,
        types: &[DataType],
    ) -> Result<BoundPolicy, ColumnError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, binding)) = made.iter().find(|(known, _)| known == types) {
            return Ok(binding.clone());
        }
        let fields = attributes.iter().zip(types).map(|(name, kind)| Field::new(name, kind.clone(), true));
        let schema = Schema::new(fields.collect::<Vec<_>>());
        let binding = BoundPolicy::upon(base.clone(), policy, &schema, &Options::new().on_error(on_error))?;
        if made.len() >= MAX_TYPE_LISTS {
            made.remove(0);
        }
        made.push((types.to_vec(), binding.clone()));
        Ok(binding)
    }
}
