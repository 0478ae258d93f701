//! What tells an attribute from others.

use crate::request::handle::Attribute;
use crate::request::prepared::PreparedValue;
use crate::request::schema::Schema;
use placet_model::request::RequestError;
use placet_model::types::AttributeId;
use std::sync::Arc;

/// What tells an attribute from others: its name, or what was looked up before, a handle or a value of it.
pub trait AttributeName: sealed::Find {}

mod sealed {
    use super::{AttributeId, RequestError, Schema};

    /// What a schema does with the name of an attribute.
    pub trait Find {
        fn find(&self, schema: &Schema) -> Option<AttributeId>;

        /// Why it finds none; it takes its time to say what may have been meant.
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

/// The attribute whose value it is.
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
