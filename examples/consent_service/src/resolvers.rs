//! The resolvers, each of which fetches a group of attributes with one query to the store.

use crate::facts::{AsOf, Source};
use crate::purpose::PURPOSE;
use crate::store::{Instant, Mark};
use placet_engine::{Fact, Key, Resolver, ResolverError};

/// The key that identifies the subject.
pub(crate) const SUBJECT: &str = "subject.id";
/// The key that says when facts must hold: an instant as text, or [`NOW`].
pub(crate) const AS_OF: &str = "as_of";
/// The value of [`AS_OF`] that includes all recorded events.
pub(crate) const NOW: &str = "now";

/// Returns all resolvers.
pub(crate) fn resolvers(source: &Source) -> [Resolver; 5] {
    let (consents, people) = (source.clone(), source.clone());
    let consent = Resolver::blocking("consent", move |key: &Key| {
        Ok(consents.consent(key.text(SUBJECT)?, key.text(PURPOSE)?, as_of(key)?)?)
    });
    let person =
        Resolver::blocking("person", move |key: &Key| Ok(people.person(key.text(SUBJECT)?, as_of(key)?)?));
    [
        consent.attributes(["consent", "consent.withdrawn_at"]).keyed_by([SUBJECT, PURPOSE, AS_OF]),
        person.attributes(["subject.age", "subject.guardian_permission"]).keyed_by([SUBJECT, AS_OF]),
        mark(source, "identity", "subject.verified", Mark::Verified),
        mark(source, "objection", "objected", Mark::Objected),
        mark(source, "restriction", "restricted", Mark::Restricted),
    ]
}

fn mark(source: &Source, name: &'static str, attribute: &'static str, mark: Mark) -> Resolver {
    let source = source.clone();
    let fetch = move |key: &Key| Ok(source.mark(attribute, mark, key.text(SUBJECT)?, as_of(key)?)?);
    Resolver::blocking(name, fetch).attributes([attribute]).keyed_by([SUBJECT, AS_OF])
}

fn as_of(key: &Key) -> Result<AsOf, ResolverError> {
    match key.text(AS_OF)? {
        NOW => Ok(AsOf::Now),
        instant => Ok(AsOf::Past(instant.parse::<Instant>()?)),
    }
}

/// Returns the value of the key [`AS_OF`].
pub(crate) fn as_of_key(as_of: AsOf) -> Fact {
    match as_of {
        AsOf::Now => NOW.into(),
        AsOf::Past(instant) => instant.to_string().into(),
    }
}
