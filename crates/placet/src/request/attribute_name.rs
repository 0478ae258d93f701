//! The ways to name an attribute: by text, by handle, by its declaration, by a prepared value.

use crate::request::handle::Attribute;
use crate::request::prepared::PreparedValue;
use crate::request::schema::Schema;
use placet_model::request::RequestError;
use placet_model::types::AttributeId;
use std::sync::Arc;

/// Identifies an attribute: a name, a handle, a declaration, or a prepared value of the attribute.
pub trait AttributeName: sealed::Find {}

pub(crate) mod sealed {
    use super::{AttributeId, RequestError, Schema};

    /// Resolves the attribute. Sealed, since the schema is private.
    pub trait Find {
        fn find(&self, schema: &Schema) -> Option<AttributeId>;

        /// Returns the error for a failed `find`. It searches for similar names, so it is slow.
        fn not_found(&self, schema: &Schema) -> RequestError;
    }
}

macro_rules! texts {
    ($($text:ty)*) => {
        $(impl AttributeName for $text {}

        impl sealed::Find for $text {
            fn find(&self, schema: &Schema) -> Option<AttributeId> {
                schema.names.attribute(self)
            }

            fn not_found(&self, schema: &Schema) -> RequestError {
                RequestError::unknown(schema.program.model(), self)
            }
        })*
    };
}

texts! { &str &String &Arc<str> }

impl<T: ?Sized> AttributeName for Attribute<T> {}

impl<T: ?Sized> sealed::Find for Attribute<T> {
    #[inline]
    fn find(&self, schema: &Schema) -> Option<AttributeId> {
        (self.schema == schema.id).then_some(self.id)
    }

    fn not_found(&self, schema: &Schema) -> RequestError {
        Self::foreign(schema)
    }
}

/// Identifies the attribute of the value.
impl AttributeName for &PreparedValue {}

impl sealed::Find for &PreparedValue {
    #[inline]
    fn find(&self, schema: &Schema) -> Option<AttributeId> {
        (self.schema == schema.id).then_some(self.id)
    }

    fn not_found(&self, schema: &Schema) -> RequestError {
        PreparedValue::foreign(schema)
    }
}
