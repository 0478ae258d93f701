//! No engine: the policies written in Rust by hand, over the types that a Rust programmer would choose.

use crate::{Engine, Failure, growth};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::HashMap;
use std::fmt;

/// Privacy-12 as `if`s.
pub struct Privacy12;

/// A request of privacy-12.
#[derive(Deserialize)]
pub struct Request {
    age: u8,
    guardian_permission: bool,
    consent: Consent,
    purpose: Purpose,
    data: Data,
    action: Action,
    recipient: Recipient,
    objected: bool,
    legal_order: bool,
    api_service: bool,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Consent {
    Granted,
    Refused,
    Withdrawn,
    NotAsked,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Purpose {
    Provide,
    Improve,
    Communicate,
    Security,
    Legal,
    Marketing,
    TrainModels,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Category {
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

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Action {
    Collect,
    Use,
    Disclose,
    Transfer,
    Retain,
    Decide,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Recipient {
    #[serde(rename = "self")]
    Own,
    Affiliate,
    Vendor,
    Government,
    Other,
}

/// A set of categories, one bit each.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Data(u16);

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

impl Engine for Privacy12 {
    const NAME: &str = "hand-written";
    const PACKAGE: Option<&str> = None;
    type Request = Request;

    fn prepare(&self, json: &str) -> Result<Request, Failure> {
        Ok(serde_json::from_str(json)?)
    }

    fn decide(&mut self, request: &mut Request) -> Result<bool, Failure> {
        Ok(!is_denied(request) && is_permitted(request))
    }
}

/// The growing policy as a hash map: who writes it by hand looks the tenant up.
pub struct Growth(HashMap<String, (Purpose, i64)>);

impl Growth {
    /// The policy of this size.
    pub fn new(rules: usize) -> Self {
        Self(
            growth::rules(rules)
                .map(|rule| {
                    let purpose = match rule.purpose {
                        "improve" => Purpose::Improve,
                        "communicate" => Purpose::Communicate,
                        _ => Purpose::Provide,
                    };
                    (rule.tenant, (purpose, rule.age))
                })
                .collect(),
        )
    }
}

/// A request of the growing policy.
#[derive(Deserialize)]
pub struct GrowthRequest {
    tenant: String,
    purpose: Purpose,
    age: i64,
}

impl Engine for Growth {
    const NAME: &str = "hand-written";
    const PACKAGE: Option<&str> = None;
    type Request = GrowthRequest;

    fn prepare(&self, json: &str) -> Result<GrowthRequest, Failure> {
        Ok(serde_json::from_str(json)?)
    }

    fn decide(&mut self, request: &mut GrowthRequest) -> Result<bool, Failure> {
        let rule = self.0.get(&request.tenant);
        Ok(rule.is_some_and(|(purpose, age)| *purpose == request.purpose && request.age >= *age))
    }
}
