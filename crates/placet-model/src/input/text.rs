//! The owned texts of facts.

use smol_str::SmolStr;
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// An owned text of a [`Fact`](super::Fact): a `str` that is cheap to clone.
///
/// Up to 23 bytes are stored in place, so that the usual keys and names need no allocation. Longer texts are shared.
///
/// ```
/// # use placet_model::input as placet;
/// use placet::FactText;
///
/// let text = FactText::from("granted");
/// assert_eq!((&*text, text.len()), ("granted", 7));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactText(SmolStr);

impl Deref for FactText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FactText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FactText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

macro_rules! from {
    ($($from:ty),+) => {$(
        impl From<$from> for FactText {
            fn from(text: $from) -> Self {
                Self(text.into())
            }
        }
    )+};
}

from!(&str, &String, String, Cow<'_, str>, Arc<str>);

impl From<FactText> for String {
    fn from(text: FactText) -> Self {
        text.0.into()
    }
}
