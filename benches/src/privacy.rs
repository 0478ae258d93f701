//! The example policy `examples/zai/privacy.placet`, written in Rust by hand, and random complete requests.

use placet::Time;

/// The policy in Placet's language.
pub const POLICY: &str = include_str!("../../examples/zai/privacy.placet");

/// A complete request, with the set of data as a `D`: [`placet::Set`] for Placet, [`DataSet`] for [`is_allowed`].
#[derive(Debug, Clone, placet::Attributes)]
#[allow(missing_docs, reason = "the policy explains the names")]
pub struct Request<D> {
    pub service: Service,
    pub action: Action,
    pub purpose: Purpose,
    pub data: D,
    pub subject: Subject,
    pub consent: Consent,
    #[placet(rename = "consent.withdrawn_at")]
    pub consent_withdrawn_at: Time,
    pub at: Time,
    pub cookie_consent: Consent,
    pub cookie_consent_required: bool,
    pub device_permission: bool,
    pub objected: bool,
    pub restricted: bool,
    pub r#override: Override,
    pub recipient: Recipient,
    pub pseudonymized: bool,
    pub legal_ground: LegalGround,
    pub destination: String,
    pub transfer_mechanism: TransferMechanism,
    pub account_open: bool,
    pub still_needed: bool,
    pub retention_required_by_law: bool,
    pub solely_automated: bool,
    pub effect_on_subject: EffectOnSubject,
    pub right: Right,
    pub instructed: bool,
    pub contract_active: bool,
    pub notice_prohibited: bool,
}

/// The person of a request.
#[derive(Debug, Clone, placet::Attributes)]
#[allow(missing_docs, reason = "the policy explains the names")]
pub struct Subject {
    pub age: u8,
    pub guardian_permission: bool,
    pub verified: bool,
}

/// Defines the policy's enums, and its taxonomies as enums of their leaves.
macro_rules! symbols {
    ($($name:ident { $($variant:ident),* $(,)? })*) => {$(
        /// The names of an enum of the policy, or the leaves of a taxonomy.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, placet::Symbols)]
        #[placet(rename_all = "snake_case")]
        #[allow(missing_docs, reason = "the policy explains the names")]
        pub enum $name { $($variant),* }

        impl $name {
            const ALL: &[Self] = &[$(Self::$variant),*];
        }
    )*};
}

symbols! {
    Service { Consumer, Api }
    Action { Collect, Use, Disclose, Transfer, Retain, Reidentify, Decide, Answer }
    Purpose {
        Deliver, Analyze, Maintain,
        Develop, Research, TrainModels,
        ServiceAnnouncement, Marketing,
        FraudPrevention, IllegalActivity, Misuse, SystemSecurity,
        LegalObligation, RightsProtection,
        ProvideApi, SupportApi,
    }
    Data {
        DateOfBirth, Username, Email, Password,
        IdentityProof, AgeProof, ContactDetails, Message,
        TextPrompt, Image, File,
        DeviceType, OperatingSystem, Browser, Identifiers, IpAddress, Location, Network, TimeZone, Referrer,
        AccessTime, BrowsingHistory, Clicks,
        ErrorReport,
        Cookie, WebBeacon,
        SignInToken, SecuritySignal, PublicInformation,
        Payment,
        Anonymized,
        CustomerContent, CustomerRecord,
    }
    Recipient { Affiliate, ServiceProvider, AnalyticsProvider, Acquirer, Authority, ThirdParty }
    Consent { Granted, Refused, Withdrawn, NotAsked }
    Override { None, CompellingGrounds, LegalClaim }
    LegalGround { None, LawOrOrder, RightsProtection, VitalInterest }
    TransferMechanism { None, Adequacy, ContractualClauses, BindingCorporateRules, Derogation }
    EffectOnSubject { None, Minor, Legal, Significant }
    Right { Know, Access, Portability, Erase, Correct, Object, Restrict, WithdrawConsent, Complain }
}

impl Purpose {
    fn is_provide(self) -> bool {
        matches!(self, Self::Deliver | Self::Analyze | Self::Maintain)
    }

    fn is_improve(self) -> bool {
        matches!(self, Self::Develop | Self::Research | Self::TrainModels)
    }

    fn is_protect(self) -> bool {
        matches!(self, Self::FraudPrevention | Self::IllegalActivity | Self::Misuse | Self::SystemSecurity)
    }

    fn is_legal(self) -> bool {
        matches!(self, Self::LegalObligation | Self::RightsProtection)
    }

    fn is_api_service(self) -> bool {
        matches!(self, Self::ProvideApi | Self::SupportApi)
    }
}

/// A set of data, one bit for each leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataSet(u64);

impl DataSet {
    const fn new(data: &[Data]) -> Self {
        let mut bits = 0;
        let mut rest = data;
        while let [first, tail @ ..] = rest {
            bits |= 1 << *first as u64;
            rest = tail;
        }
        Self(bits)
    }

    const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl FromIterator<Data> for DataSet {
    fn from_iter<I: IntoIterator<Item = Data>>(data: I) -> Self {
        data.into_iter().fold(Self(0), |set, leaf| set.union(Self::new(&[leaf])))
    }
}

const ACCOUNT: DataSet = DataSet::new(&[Data::DateOfBirth, Data::Username, Data::Email, Data::Password]);
const COMMUNICATION: DataSet =
    DataSet::new(&[Data::IdentityProof, Data::AgeProof, Data::ContactDetails, Data::Message]);
const USER_CONTENT: DataSet = DataSet::new(&[Data::TextPrompt, Data::Image, Data::File]);
const LOCATION: DataSet = DataSet::new(&[Data::Location]);
const DEVICE_NETWORK: DataSet = DataSet::new(&[
    Data::DeviceType,
    Data::OperatingSystem,
    Data::Browser,
    Data::Identifiers,
    Data::IpAddress,
    Data::Location,
    Data::Network,
    Data::TimeZone,
    Data::Referrer,
]);
const USAGE: DataSet = DataSet::new(&[Data::AccessTime, Data::BrowsingHistory, Data::Clicks]);
const LOG: DataSet = DataSet::new(&[Data::ErrorReport]);
const COOKIES: DataSet = DataSet::new(&[Data::Cookie, Data::WebBeacon]);
const OTHER_SOURCES: DataSet =
    DataSet::new(&[Data::SignInToken, Data::SecuritySignal, Data::PublicInformation]);
const PAYMENT: DataSet = DataSet::new(&[Data::Payment]);
const ANONYMIZED: DataSet = DataSet::new(&[Data::Anonymized]);
const CUSTOMER_CONTENT: DataSet = DataSet::new(&[Data::CustomerContent]);
const CUSTOMER_RECORD: DataSet = DataSet::new(&[Data::CustomerRecord]);
const CUSTOMER: DataSet = CUSTOMER_CONTENT.union(CUSTOMER_RECORD);

const FOR_COMMUNICATING: DataSet = ACCOUNT
    .union(COMMUNICATION)
    .union(LOG)
    .union(USAGE)
    .union(DEVICE_NETWORK)
    .union(COOKIES)
    .union(ANONYMIZED);
const FOR_IMPROVING: DataSet = FOR_COMMUNICATING.union(OTHER_SOURCES);
const FOR_PROTECTING: DataSet = FOR_IMPROVING.union(PAYMENT);
const FOR_PROVIDING: DataSet = FOR_PROTECTING.union(USER_CONTENT);
const FOR_ANALYTICS: DataSet = DEVICE_NETWORK.union(USAGE).union(ANONYMIZED);
const ACCOUNT_RECORDS: DataSet = ACCOUNT.union(USER_CONTENT).union(ANONYMIZED);

/// Returns true if the policy allows a request: the `if`s that a programmer would write without an engine.
///
/// They are grouped by service and action, because most rules are of one. Denials of requests that no rule allows are left
/// out.
pub fn is_allowed(request: &Request<DataSet>) -> bool {
    match request.service {
        Service::Consumer => consumer_services_allow(request),
        Service::Api => api_services_allow(request),
    }
}

fn consumer_services_allow(request: &Request<DataSet>) -> bool {
    match request.action {
        Action::Answer => request.subject.verified,
        _ if request.data.intersects(CUSTOMER) => false,
        Action::Reidentify => request.legal_ground == LegalGround::LawOrOrder,
        _ if !is_of_age(request) => false,
        Action::Collect | Action::Use => may_collect_or_use(request),
        Action::Disclose => may_disclose(request),
        Action::Transfer => is_permitted_transfer(request),
        Action::Retain => may_retain(request),
        Action::Decide => may_decide(request),
    }
}

fn is_anonymized(request: &Request<DataSet>) -> bool {
    request.data.is_within(ANONYMIZED)
}

fn is_of_age(request: &Request<DataSet>) -> bool {
    let Subject { age, guardian_permission, .. } = request.subject;
    age >= 18 || (age >= 13 && guardian_permission) || is_anonymized(request)
}

fn may_collect_or_use(request: &Request<DataSet>) -> bool {
    if request.purpose.is_api_service() {
        return false;
    }
    if is_anonymized(request) {
        return true;
    }
    let denied = (request.action == Action::Collect
        && request.data.intersects(LOCATION)
        && !request.device_permission)
        || (request.data.intersects(COOKIES)
            && request.cookie_consent_required
            && request.cookie_consent != Consent::Granted)
        || is_objected_to(request)
        || (request.action == Action::Use && is_restricted(request))
        || (request.purpose == Purpose::Marketing && !has_marketing_consent(request));
    !denied && request.data.is_within(listed(request.purpose))
}

fn listed(purpose: Purpose) -> DataSet {
    match purpose {
        Purpose::Deliver | Purpose::Analyze | Purpose::Maintain => FOR_PROVIDING,
        Purpose::Develop | Purpose::Research | Purpose::TrainModels => FOR_IMPROVING,
        Purpose::ServiceAnnouncement | Purpose::Marketing => FOR_COMMUNICATING,
        Purpose::FraudPrevention
        | Purpose::IllegalActivity
        | Purpose::Misuse
        | Purpose::SystemSecurity
        | Purpose::LegalObligation
        | Purpose::RightsProtection => FOR_PROTECTING,
        Purpose::ProvideApi | Purpose::SupportApi => DataSet(0),
    }
}

fn has_marketing_consent(request: &Request<DataSet>) -> bool {
    request.consent == Consent::Granted
        || (request.consent == Consent::Withdrawn && request.at < request.consent_withdrawn_at)
}

fn is_objected_to(request: &Request<DataSet>) -> bool {
    request.objected
        && (request.purpose.is_improve() || request.purpose.is_protect() || request.purpose.is_legal())
        && request.legal_ground != LegalGround::LawOrOrder
        && request.r#override == Override::None
}

fn is_restricted(request: &Request<DataSet>) -> bool {
    request.restricted && request.consent != Consent::Granted && request.r#override != Override::LegalClaim
}

fn is_withdrawn(request: &Request<DataSet>) -> bool {
    request.purpose == Purpose::Marketing
        && request.consent == Consent::Withdrawn
        && request.at >= request.consent_withdrawn_at
}

fn may_disclose(request: &Request<DataSet>) -> bool {
    if request.purpose.is_api_service()
        || (!is_anonymized(request)
            && (is_objected_to(request) || is_restricted(request) || is_withdrawn(request)))
    {
        return false;
    }
    let has_legal_ground = request.legal_ground != LegalGround::None;
    match request.recipient {
        Recipient::Affiliate => request.purpose.is_provide(),
        Recipient::ServiceProvider => request.purpose.is_provide() || request.purpose.is_improve(),
        Recipient::AnalyticsProvider => {
            (request.purpose.is_provide() || request.purpose.is_improve()) && is_fit_for_analytics(request)
        }
        Recipient::Acquirer => true,
        Recipient::Authority => has_legal_ground,
        Recipient::ThirdParty => has_legal_ground || request.consent == Consent::Granted,
    }
}

fn is_fit_for_analytics(request: &Request<DataSet>) -> bool {
    request.data.is_within(FOR_ANALYTICS) && (request.pseudonymized || is_anonymized(request))
}

fn is_permitted_transfer(request: &Request<DataSet>) -> bool {
    request.destination == "SG"
        || (matches!(
            request.recipient,
            Recipient::Affiliate | Recipient::ServiceProvider | Recipient::AnalyticsProvider
        ) && request.transfer_mechanism != TransferMechanism::None)
}

fn may_retain(request: &Request<DataSet>) -> bool {
    is_anonymized(request)
        || (request.account_open && request.data.is_within(ACCOUNT_RECORDS))
        || request.still_needed
        || request.retention_required_by_law
}

fn may_decide(request: &Request<DataSet>) -> bool {
    let is_of_weight =
        matches!(request.effect_on_subject, EffectOnSubject::Legal | EffectOnSubject::Significant);
    (request.purpose.is_provide() || request.purpose.is_protect())
        && !(request.solely_automated && is_of_weight)
}

fn api_services_allow(request: &Request<DataSet>) -> bool {
    if !request.data.is_within(CUSTOMER) {
        return false;
    }
    let is_instructed = request.instructed && request.purpose.is_api_service();
    match request.action {
        Action::Use => is_instructed,
        Action::Disclose => match request.recipient {
            Recipient::Affiliate | Recipient::ServiceProvider => is_instructed,
            Recipient::Authority => request.legal_ground == LegalGround::LawOrOrder,
            Recipient::AnalyticsProvider | Recipient::Acquirer | Recipient::ThirdParty => false,
        },
        Action::Transfer => {
            is_permitted_transfer(request) && request.recipient != Recipient::AnalyticsProvider
        }
        Action::Retain => {
            !request.data.intersects(CUSTOMER_CONTENT)
                && (request.contract_active || request.retention_required_by_law)
        }
        Action::Collect | Action::Reidentify | Action::Decide | Action::Answer => false,
    }
}

/// Returns a request of random values near the boundaries of the policy's conditions, chosen by a function that returns
/// a number below its argument. The same choices give the same request with each `D`.
pub fn random_request<D: FromIterator<Data>>(mut below: impl FnMut(u64) -> u64) -> Request<D> {
    let below = &mut below;
    let service = pick(below, Service::ALL);
    let purposes = match service {
        _ if flag(below) => Purpose::ALL,
        Service::Consumer => &[Purpose::Deliver, Purpose::Research, Purpose::Marketing, Purpose::Misuse],
        Service::Api => &[Purpose::ProvideApi, Purpose::SupportApi],
    };
    let customer: &[Data] = &[Data::CustomerContent, Data::CustomerRecord];
    let pools = match service {
        Service::Consumer => [Data::ALL, Data::ALL, Data::ALL, &[Data::Anonymized]],
        Service::Api => [customer, customer, customer, Data::ALL],
    };
    let data = pick(below, &pools);
    Request {
        service,
        action: pick(below, Action::ALL),
        purpose: pick(below, purposes),
        data: random_data(below, data),
        subject: Subject {
            age: pick(below, &[0, 12, 13, 17, 18, 19, 30, 150]),
            guardian_permission: flag(below),
            verified: flag(below),
        },
        consent: pick(below, Consent::ALL),
        consent_withdrawn_at: time(below),
        at: time(below),
        cookie_consent: pick(below, Consent::ALL),
        cookie_consent_required: flag(below),
        device_permission: flag(below),
        objected: flag(below),
        restricted: flag(below),
        r#override: pick(below, Override::ALL),
        recipient: pick(below, Recipient::ALL),
        pseudonymized: flag(below),
        legal_ground: pick(below, LegalGround::ALL),
        destination: pick(below, &["SG", "SG", "SG", "JP", "DE", "sg", "S", "SGP"]).to_owned(),
        transfer_mechanism: pick(below, TransferMechanism::ALL),
        account_open: flag(below),
        still_needed: flag(below),
        retention_required_by_law: flag(below),
        solely_automated: flag(below),
        effect_on_subject: pick(below, EffectOnSubject::ALL),
        right: pick(below, Right::ALL),
        instructed: flag(below),
        contract_active: flag(below),
        notice_prohibited: flag(below),
    }
}

fn pick<T: Copy>(below: &mut impl FnMut(u64) -> u64, from: &[T]) -> T {
    from[below(from.len() as u64) as usize]
}

fn flag(below: &mut impl FnMut(u64) -> u64) -> bool {
    below(2) == 0
}

/// Returns a time around a fixed one: microseconds before and after it, the time itself, or a day away.
fn time(below: &mut impl FnMut(u64) -> u64) -> Time {
    const DAY: i64 = 86_400_000_000;
    Time::from_micros(20_454 * DAY + pick(below, &[-DAY, -1, 0, 1, DAY]))
}

/// Returns one to five neighbours of a list of leaves: most are of the same inner node, some of the next.
fn random_data<D: FromIterator<Data>>(below: &mut impl FnMut(u64) -> u64, leaves: &[Data]) -> D {
    let first = below(leaves.len() as u64);
    let count = 1 + below(5);
    (0..count).map(|_| leaves[(first + below(5)) as usize % leaves.len()]).collect()
}
