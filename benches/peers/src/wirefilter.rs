//! wirefilter, which filters network packets: fields with values, and one expression over them.

use crate::{Engine, Failure};
use serde::Deserialize;
use std::sync::LazyLock;
use wirefilter::{ExecutionContext, Filter, LhsValue, Scheme, Type};

/// A policy as one wirefilter expression.
pub struct Wirefilter(Filter<'static>);

/// The values of privacy-12 that are names. A context only borrows its strings, so they are taken from here.
const NAMES: [&str; 22] = [
    "granted",
    "refused",
    "withdrawn",
    "not_asked",
    "provide",
    "improve",
    "communicate",
    "security",
    "legal",
    "marketing",
    "train_models",
    "collect",
    "use",
    "disclose",
    "transfer",
    "retain",
    "decide",
    "self",
    "affiliate",
    "vendor",
    "government",
    "other",
];

/// The categories of data with the field of each: wirefilter has no sets, so each category is true or false.
const CATEGORIES: [(&str, &str); 10] = [
    ("account", "data.account"),
    ("communication", "data.communication"),
    ("user_content", "data.user_content"),
    ("payment", "data.payment"),
    ("device_network", "data.device_network"),
    ("usage", "data.usage"),
    ("log", "data.log"),
    ("cookies", "data.cookies"),
    ("third_party", "data.third_party"),
    ("public", "data.public"),
];

fn set(
    context: &mut ExecutionContext<'static>,
    field: &str,
    value: impl Into<LhsValue<'static>>,
) -> Result<(), Failure> {
    // The crate's errors are older than the standard library's way to pass them on.
    Ok(context.set_field_value(field, value).map_err(|error| error.to_string())?)
}

static SCHEME: LazyLock<Scheme> = LazyLock::new(|| {
    let single = [
        ("age", Type::Int),
        ("guardian_permission", Type::Bool),
        ("consent", Type::Bytes),
        ("purpose", Type::Bytes),
        ("action", Type::Bytes),
        ("recipient", Type::Bytes),
        ("objected", Type::Bool),
        ("legal_order", Type::Bool),
        ("api_service", Type::Bool),
    ];
    let mut scheme = Scheme::new();
    for (name, kind) in single.into_iter().chain(CATEGORIES.map(|(_, field)| (field, Type::Bool))) {
        // It fails on a name that is there already; then the policy does not compile.
        let _ = scheme.add_field(name.to_owned(), kind);
    }
    scheme
});

#[derive(Deserialize)]
struct Request<'a> {
    age: i32,
    guardian_permission: bool,
    consent: &'a str,
    purpose: &'a str,
    #[serde(borrow)]
    data: Vec<&'a str>,
    action: &'a str,
    recipient: &'a str,
    objected: bool,
    legal_order: bool,
    api_service: bool,
}

impl Wirefilter {
    /// Privacy-12.
    ///
    /// # Errors
    ///
    /// The expression does not compile.
    pub fn privacy_12() -> Result<Self, Failure> {
        let filter = SCHEME
            .parse(include_str!("../../privacy_12/policy.wirefilter").trim())
            .map_err(|error| error.to_string())?;
        Ok(Self(filter.compile()))
    }
}

impl Engine for Wirefilter {
    const NAME: &str = "wirefilter";
    const PACKAGE: Option<&str> = Some("wirefilter-engine");
    type Request = ExecutionContext<'static>;

    fn prepare(&self, json: &str) -> Result<Self::Request, Failure> {
        let request: Request<'_> = serde_json::from_str(json)?;
        let mut context = ExecutionContext::new(&SCHEME);
        set(&mut context, "age", request.age)?;
        for (field, name) in [
            ("consent", request.consent),
            ("purpose", request.purpose),
            ("action", request.action),
            ("recipient", request.recipient),
        ] {
            let known = NAMES.into_iter().find(|known| *known == name);
            set(&mut context, field, known.ok_or_else(|| format!("no such value: {name}"))?)?;
        }
        for (field, value) in [
            ("guardian_permission", request.guardian_permission),
            ("objected", request.objected),
            ("legal_order", request.legal_order),
            ("api_service", request.api_service),
        ] {
            set(&mut context, field, value)?;
        }
        for (category, field) in CATEGORIES {
            set(&mut context, field, request.data.contains(&category))?;
        }
        Ok(context)
    }

    fn decide(&mut self, request: &mut Self::Request) -> Result<bool, Failure> {
        Ok(self.0.execute(request).map_err(|error| error.to_string())?)
    }
}
