//! Privacy-12: a policy that every general engine can express, written in Rust by hand, and its recorded requests.

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The policy in Placet's language.
pub const POLICY: &str = include_str!("../privacy_12/policy.placet");

/// A request and its expected decision.
#[derive(Debug, Clone)]
pub struct Case {
    /// The request as JSON text.
    pub json: String,
    /// The decision.
    pub allow: bool,
}

/// Returns the recorded requests.
///
/// # Errors
/// If a line of the record is not of the form `{"request": {…}, "allow": …}`.
pub fn cases() -> Result<Vec<Case>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        request: &'a serde_json::value::RawValue,
        allow: bool,
    }
    include_str!("../privacy_12/requests.jsonl")
        .lines()
        .map(|line| {
            let line: Line<'_> = serde_json::from_str(line)?;
            Ok(Case { json: line.request.get().to_owned(), allow: line.allow })
        })
        .collect()
}

/// A request of privacy-12.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the policy explains the names")]
pub struct Request {
    pub age: u8,
    pub guardian_permission: bool,
    pub consent: Consent,
    pub purpose: Purpose,
    pub data: Data,
    pub action: Action,
    pub recipient: Recipient,
    pub objected: bool,
    pub legal_order: bool,
    pub api_service: bool,
}

impl Request {
    /// Returns a request whose values are each that of one of some requests, chosen by a function that returns a number below
    /// its argument.
    ///
    /// # Panics
    /// If there are no requests.
    pub fn mixed(requests: &[Self], mut below: impl FnMut(u64) -> u64) -> Self {
        let mut one = || &requests[below(requests.len() as u64) as usize];
        Self {
            age: one().age,
            guardian_permission: one().guardian_permission,
            consent: one().consent,
            purpose: one().purpose,
            data: one().data,
            action: one().action,
            recipient: one().recipient,
            objected: one().objected,
            legal_order: one().legal_order,
            api_service: one().api_service,
        }
    }
}

/// A request of privacy-12 whose fields are attributes.
#[derive(Debug, Clone, placet::Attributes)]
#[allow(missing_docs, reason = "the policy explains the names")]
pub struct TypedRequest {
    pub age: u8,
    pub guardian_permission: bool,
    pub consent: Consent,
    pub purpose: Purpose,
    pub data: placet::Set<Category>,
    pub action: Action,
    pub recipient: Recipient,
    pub objected: bool,
    pub legal_order: bool,
    pub api_service: bool,
}

impl From<&Request> for TypedRequest {
    fn from(request: &Request) -> Self {
        let Request { age, guardian_permission, consent, purpose, data, action, recipient, .. } = *request;
        let Request { objected, legal_order, api_service, .. } = *request;
        let data = CATEGORIES.into_iter().filter(|category| data.contains(*category)).collect();
        Self {
            age,
            guardian_permission,
            consent,
            purpose,
            data,
            action,
            recipient,
            objected,
            legal_order,
            api_service,
        }
    }
}

/// One of the policy's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, placet::Symbols)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the policy explains the names")]
pub enum Consent {
    Granted,
    Refused,
    Withdrawn,
    NotAsked,
}

/// One of the policy's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, placet::Symbols)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the policy explains the names")]
pub enum Purpose {
    Provide,
    Improve,
    Communicate,
    Security,
    Legal,
    Marketing,
    TrainModels,
}

/// One of the policy's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, placet::Symbols)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the policy explains the names")]
pub enum Category {
    Account,
    Communication,
    UserContent,
    Payment,
    DeviceNetwork,
    Usage,
    Log,
    Cookies,
    ThirdParty,
    Public,
}

/// One of the policy's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, placet::Symbols)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the policy explains the names")]
pub enum Action {
    Collect,
    Use,
    Disclose,
    Transfer,
    Retain,
    Decide,
}

/// One of the policy's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, placet::Symbols)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the policy explains the names")]
pub enum Recipient {
    #[serde(rename = "self")]
    Own,
    Affiliate,
    Vendor,
    Government,
    Other,
}

const CATEGORIES: [Category; 10] = [
    Category::Account,
    Category::Communication,
    Category::UserContent,
    Category::Payment,
    Category::DeviceNetwork,
    Category::Usage,
    Category::Log,
    Category::Cookies,
    Category::ThirdParty,
    Category::Public,
];

/// A set of categories, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Data(u16);

impl Data {
    const fn of(categories: &[Category]) -> Self {
        let mut bits = 0;
        let mut rest = categories;
        while let [first, tail @ ..] = rest {
            bits |= 1 << *first as u16;
            rest = tail;
        }
        Self(bits)
    }

    fn contains(self, category: Category) -> bool {
        self.0 & Self::of(&[category]).0 != 0
    }

    fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(CATEGORIES.iter().filter(|category| self.contains(**category)))
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Categories;

        impl<'de> Visitor<'de> for Categories {
            type Value = Data;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of categories of data")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Data, A::Error> {
                let mut data = Data(0);
                while let Some(category) = seq.next_element::<Category>()? {
                    data.0 |= Data::of(&[category]).0;
                }
                Ok(data)
            }
        }

        deserializer.deserialize_seq(Categories)
    }
}

/// Returns true if the policy allows a request: the `if`s that a programmer would write without an engine.
pub fn is_allowed(request: &Request) -> bool {
    !is_denied(request) && is_permitted(request)
}

fn is_denied(request: &Request) -> bool {
    request.age < 13
        || (request.age < 18 && !request.guardian_permission)
        || (request.objected
            && matches!(request.purpose, Purpose::Improve | Purpose::Marketing | Purpose::TrainModels))
        || request.action == Action::Decide
        || (request.api_service
            && request.action == Action::Retain
            && request.data.contains(Category::UserContent))
        || (request.purpose == Purpose::Marketing && request.consent != Consent::Granted)
        || (request.recipient == Recipient::Other && request.consent != Consent::Granted)
}

fn is_permitted(request: &Request) -> bool {
    use Category::{
        Account, Communication, DeviceNetwork, Log, Payment, Public, ThirdParty, Usage, UserContent,
    };
    const TO_PROVIDE: Data =
        Data::of(&[Account, Communication, ThirdParty, Log, Usage, DeviceNetwork, Payment, UserContent]);
    const TO_IMPROVE: Data =
        Data::of(&[Account, Communication, Usage, DeviceNetwork, Log, UserContent, Public]);
    const TO_COMMUNICATE: Data = Data::of(&[Account, Communication, Usage, DeviceNetwork, Log]);

    (matches!(request.action, Action::Collect | Action::Use | Action::Retain)
        && matches!(request.purpose, Purpose::Provide | Purpose::Security | Purpose::Legal)
        && request.data.within(TO_PROVIDE))
        || (matches!(request.action, Action::Collect | Action::Use)
            && request.purpose == Purpose::Improve
            && request.data.within(TO_IMPROVE))
        || (matches!(request.purpose, Purpose::Communicate | Purpose::Marketing)
            && request.data.within(TO_COMMUNICATE))
        || (matches!(request.action, Action::Disclose | Action::Transfer)
            && matches!(request.recipient, Recipient::Affiliate | Recipient::Vendor)
            && matches!(request.purpose, Purpose::Provide | Purpose::Security))
        || (request.action == Action::Disclose
            && request.recipient == Recipient::Government
            && request.legal_order)
        || (request.action == Action::Disclose
            && request.recipient == Recipient::Other
            && request.consent == Consent::Granted)
}
