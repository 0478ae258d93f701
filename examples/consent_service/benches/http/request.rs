//! A request, as a service without Placet reads it.

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask<'a> {
    #[serde(borrow)]
    pub(crate) subject: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) at: Option<Cow<'a, str>>,
    pub(crate) request: Request,
}

/// A request to the consumer services.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    #[serde(rename = "service")]
    pub(crate) _service: Service,
    pub(crate) action: Action,
    pub(crate) purpose: Purpose,
    pub(crate) data: Data,
    pub(crate) recipient: Option<Recipient>,
    #[serde(default)]
    pub(crate) pseudonymized: bool,
    #[serde(default)]
    pub(crate) legal_ground: LegalGround,
    #[serde(default, rename = "override")]
    pub(crate) overridden: Override,
    pub(crate) cookie_consent: Option<CookieConsent>,
    pub(crate) cookie_consent_required: Option<bool>,
    pub(crate) device_permission: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Service {
    Consumer,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    Collect,
    Use,
    Disclose,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    Deliver,
    Analyze,
    Maintain,
    Develop,
    Research,
    TrainModels,
    ServiceAnnouncement,
    Marketing,
    FraudPrevention,
    IllegalActivity,
    Misuse,
    SystemSecurity,
    LegalObligation,
    RightsProtection,
    ProvideApi,
    SupportApi,
}

/// The groups of purposes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Provide,
    Improve,
    Announce,
    Marketing,
    Protect,
    Legal,
    Api,
}

impl Purpose {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Analyze => "analyze",
            Self::Maintain => "maintain",
            Self::Develop => "develop",
            Self::Research => "research",
            Self::TrainModels => "train_models",
            Self::ServiceAnnouncement => "service_announcement",
            Self::Marketing => "marketing",
            Self::FraudPrevention => "fraud_prevention",
            Self::IllegalActivity => "illegal_activity",
            Self::Misuse => "misuse",
            Self::SystemSecurity => "system_security",
            Self::LegalObligation => "legal_obligation",
            Self::RightsProtection => "rights_protection",
            Self::ProvideApi => "provide_api",
            Self::SupportApi => "support_api",
        }
    }

    pub(crate) fn group(self) -> Group {
        match self {
            Self::Deliver | Self::Analyze | Self::Maintain => Group::Provide,
            Self::Develop | Self::Research | Self::TrainModels => Group::Improve,
            Self::ServiceAnnouncement => Group::Announce,
            Self::Marketing => Group::Marketing,
            Self::FraudPrevention | Self::IllegalActivity | Self::Misuse | Self::SystemSecurity => {
                Group::Protect
            }
            Self::LegalObligation | Self::RightsProtection => Group::Legal,
            Self::ProvideApi | Self::SupportApi => Group::Api,
        }
    }
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Recipient {
    Affiliate,
    ServiceProvider,
    AnalyticsProvider,
    Acquirer,
    Authority,
    ThirdParty,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LegalGround {
    #[default]
    None,
    LawOrOrder,
    RightsProtection,
    VitalInterest,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Override {
    #[default]
    None,
    CompellingGrounds,
    LegalClaim,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CookieConsent {
    Granted,
    Refused,
    Withdrawn,
    NotAsked,
}

/// A set of data categories, one bit each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Data(u64);

/// The categories. Those of a group are adjacent, so that a group is a range of bits.
const LEAVES: [(&str, &str); 33] = [
    ("account", "date_of_birth"),
    ("account", "username"),
    ("account", "email"),
    ("account", "password"),
    ("communication", "identity_proof"),
    ("communication", "age_proof"),
    ("communication", "contact_details"),
    ("communication", "message"),
    ("user_content", "text_prompt"),
    ("user_content", "image"),
    ("user_content", "file"),
    ("device_network", "device_type"),
    ("device_network", "operating_system"),
    ("device_network", "browser"),
    ("device_network", "identifiers"),
    ("device_network", "ip_address"),
    ("device_network", "location"),
    ("device_network", "network"),
    ("device_network", "time_zone"),
    ("device_network", "referrer"),
    ("usage", "access_time"),
    ("usage", "browsing_history"),
    ("usage", "clicks"),
    ("log", "error_report"),
    ("cookies", "cookie"),
    ("cookies", "web_beacon"),
    ("other_sources", "sign_in_token"),
    ("other_sources", "security_signal"),
    ("other_sources", "public_information"),
    ("payment", "payment"),
    ("anonymized", "anonymized"),
    ("customer", "customer_content"),
    ("customer", "customer_record"),
];

impl Data {
    const USER_CONTENT: Self = Self::bits(8, 11);
    const DEVICE_NETWORK: Self = Self::bits(11, 20);
    pub(crate) const LOCATION: Self = Self::bits(16, 17);
    const USAGE: Self = Self::bits(20, 23);
    pub(crate) const COOKIES: Self = Self::bits(24, 26);
    const OTHER_SOURCES: Self = Self::bits(26, 29);
    const PAYMENT: Self = Self::bits(29, 30);
    pub(crate) const ANONYMIZED: Self = Self::bits(30, 31);
    pub(crate) const CUSTOMER: Self = Self::bits(31, 33);

    const ACCOUNT_AND_COMMUNICATION: Self = Self::bits(0, 8);
    /// The categories that §3 lists for each purpose.
    pub(crate) const FOR_COMMUNICATING: Self =
        Self::bits(11, 26).and(Self::ACCOUNT_AND_COMMUNICATION).and(Self::ANONYMIZED);
    pub(crate) const FOR_IMPROVING: Self = Self::FOR_COMMUNICATING.and(Self::OTHER_SOURCES);
    pub(crate) const FOR_PROTECTING: Self = Self::FOR_IMPROVING.and(Self::PAYMENT);
    pub(crate) const FOR_PROVIDING: Self = Self::FOR_PROTECTING.and(Self::USER_CONTENT);
    pub(crate) const FOR_ANALYTICS: Self = Self::DEVICE_NETWORK.and(Self::USAGE).and(Self::ANONYMIZED);

    const fn bits(first: u32, end: u32) -> Self {
        Self((1 << end) - (1 << first))
    }

    const fn and(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    pub(crate) fn any_in(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }

    pub(crate) fn all_in(self, of: Self) -> bool {
        self.0 & !of.0 == 0
    }

    /// Returns a category by its name, or all categories of a group.
    fn named(name: &str) -> Option<Self> {
        let leaf = |(bit, _)| Self::bits(bit, bit + 1);
        if let Some(at) = (0..).zip(LEAVES).find(|(_, (_, leaf))| *leaf == name) {
            return Some(leaf(at));
        }
        let of_group = (0..).zip(LEAVES).filter(|(_, (group, _))| {
            *group == name || name == "personal" && !matches!(*group, "anonymized" | "customer")
        });
        of_group.map(leaf).reduce(Self::and)
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Data;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("categories of data")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Data, A::Error> {
                let mut data = Data(0);
                while let Some(name) = names.next_element::<&str>()? {
                    data =
                        data.and(Data::named(name).ok_or_else(|| A::Error::custom("no category of data"))?);
                }
                if data == Data(0) { Err(A::Error::custom("no data")) } else { Ok(data) }
            }
        }

        deserializer.deserialize_seq(Names)
    }
}
