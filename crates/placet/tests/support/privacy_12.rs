//! The policy of the peers' suite, and its requests as a program would hold them.

use placet::{Attribute, Limits, Policy, Request, Symbol, SymbolSet};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) age: i64,
    pub(crate) guardian_permission: bool,
    pub(crate) consent: Consent,
    pub(crate) purpose: Purpose,
    pub(crate) data: Vec<Data>,
    pub(crate) action: Action,
    pub(crate) recipient: Recipient,
    pub(crate) objected: bool,
    pub(crate) legal_order: bool,
    pub(crate) api_service: bool,
}

macro_rules! names {
    ($($kind:ident { $($name:ident = $text:literal,)* })*) => {
        $(
            #[derive(Debug, Clone, Copy, Serialize, Deserialize)]
            pub(crate) enum $kind { $(#[serde(rename = $text)] $name,)* }

            impl $kind {
                pub(crate) fn name(self) -> &'static str {
                    match self { $($kind::$name => $text,)* }
                }
            }
        )*
    };
}

names! {
    Consent { Granted = "granted", Refused = "refused", Withdrawn = "withdrawn", NotAsked = "not_asked", }
    Purpose {
        Provide = "provide", Improve = "improve", Communicate = "communicate", Security = "security",
        Legal = "legal", Marketing = "marketing", TrainModels = "train_models",
    }
    Data {
        Account = "account", Communication = "communication", UserContent = "user_content", Payment = "payment",
        DeviceNetwork = "device_network", Usage = "usage", Log = "log", Cookies = "cookies",
        ThirdParty = "third_party", Public = "public",
    }
    Action {
        Collect = "collect", Use = "use", Disclose = "disclose", Transfer = "transfer", Retain = "retain",
        Decide = "decide",
    }
    Recipient {
        Own = "self", Affiliate = "affiliate", Vendor = "vendor", Government = "government", Other = "other",
    }
}

/// A line of the requests: the text of the request, the request, and the answer.
pub(crate) struct Case {
    pub(crate) text: String,
    pub(crate) question: Question,
    pub(crate) allow: bool,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    request: &'a serde_json::value::RawValue,
    allow: bool,
}

pub(crate) fn cases() -> Vec<Case> {
    let lines = std::fs::read_to_string(super::root().join("benches/privacy_12/requests.jsonl")).unwrap();
    let case = |line| {
        let line: Line<'_> = serde_json::from_str(line).unwrap();
        let text = line.request.get().to_owned();
        Case { question: serde_json::from_str(&text).unwrap(), text, allow: line.allow }
    };
    lines.lines().map(case).collect()
}

/// The policy, under each engine in turn.
pub(crate) fn policies() -> Vec<(&'static str, Policy)> {
    let text = std::fs::read_to_string(super::root().join("benches/privacy_12/policy.placet")).unwrap();
    let policy = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        Policy::from_text_with("privacy_12", &text, &limits).unwrap()
    };
    let masks: fn(&mut Limits) = |limits| limits.mask_words = usize::MAX;
    let graph: fn(&mut Limits) = |limits| limits.mask_words = 0;
    let bitmaps: fn(&mut Limits) = |limits| (limits.mask_words, limits.graph_nodes) = (0, 0);
    [("masks", masks), ("graph", graph), ("bitmaps", bitmaps)]
        .map(|(engine, change)| (engine, policy(change)))
        .into()
}

/// The handles of its attributes.
pub(crate) struct Handles {
    age: Attribute<i64>,
    guardian_permission: Attribute<bool>,
    consent: Attribute<Symbol>,
    purpose: Attribute<Symbol>,
    data: Attribute<[Symbol]>,
    data_set: Attribute<SymbolSet>,
    action: Attribute<Symbol>,
    recipient: Attribute<Symbol>,
    objected: Attribute<bool>,
    legal_order: Attribute<bool>,
    api_service: Attribute<bool>,
}

/// A request in the policy's own words.
pub(crate) struct Prepared {
    age: i64,
    consent: Symbol,
    purpose: Symbol,
    data: Vec<Symbol>,
    data_set: SymbolSet,
    action: Symbol,
    recipient: Symbol,
    flags: [bool; 4],
}

impl Handles {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self {
            age: policy.attribute("age").unwrap(),
            guardian_permission: policy.attribute("guardian_permission").unwrap(),
            consent: policy.attribute("consent").unwrap(),
            purpose: policy.attribute("purpose").unwrap(),
            data: policy.attribute("data").unwrap(),
            data_set: policy.attribute("data").unwrap(),
            action: policy.attribute("action").unwrap(),
            recipient: policy.attribute("recipient").unwrap(),
            objected: policy.attribute("objected").unwrap(),
            legal_order: policy.attribute("legal_order").unwrap(),
            api_service: policy.attribute("api_service").unwrap(),
        }
    }

    pub(crate) fn prepare(&self, policy: &Policy, question: &Question) -> Prepared {
        let data = question.data.iter().map(|data| data.name());
        Prepared {
            age: question.age,
            consent: policy.symbol(self.consent, question.consent.name()).unwrap(),
            purpose: policy.symbol(self.purpose, question.purpose.name()).unwrap(),
            data: data.clone().map(|name| policy.symbol(self.data, name).unwrap()).collect(),
            data_set: policy.symbol_set(self.data, data).unwrap(),
            action: policy.symbol(self.action, question.action.name()).unwrap(),
            recipient: policy.symbol(self.recipient, question.recipient.name()).unwrap(),
            flags: [
                question.guardian_permission,
                question.objected,
                question.legal_order,
                question.api_service,
            ],
        }
    }

    /// Gives a request through the handles; the set by its members, or as it is.
    pub(crate) fn put(&self, request: &mut Request, prepared: &Prepared, by_members: bool) {
        let [guardian_permission, objected, legal_order, api_service] = prepared.flags;
        request.clear();
        request.put(self.age, prepared.age).unwrap();
        request.put(self.guardian_permission, guardian_permission).unwrap();
        request.put(self.consent, prepared.consent).unwrap();
        request.put(self.purpose, prepared.purpose).unwrap();
        if by_members {
            request.put(self.data, &prepared.data).unwrap();
        } else {
            request.put(self.data_set, &prepared.data_set).unwrap();
        }
        request.put(self.action, prepared.action).unwrap();
        request.put(self.recipient, prepared.recipient).unwrap();
        request.put(self.objected, objected).unwrap();
        request.put(self.legal_order, legal_order).unwrap();
        request.put(self.api_service, api_service).unwrap();
    }
}
