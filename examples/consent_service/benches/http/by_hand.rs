//! What the policy says of collecting, using and disclosing in the consumer services, as it is written without Placet.

use crate::request::{Action, CookieConsent, Data, Group, LegalGround, Override, Recipient, Request};
use placet_consent_service::store::{Standing, State};

/// What the store says. `None`: not known.
#[derive(Clone, Copy, Default)]
pub(crate) struct Facts {
    /// Consent for the purpose at hand.
    pub(crate) consent: Option<Standing>,
    pub(crate) age: Option<i64>,
    pub(crate) guardian_permission: Option<bool>,
    pub(crate) objected: Option<bool>,
    pub(crate) restricted: Option<bool>,
}

/// Allow, or deny with its rule; `None` where something is not known.
pub(crate) type Answer = Option<Result<&'static str, &'static str>>;

/// Decides a request.
pub(crate) fn decide(request: &Request, facts: &Facts) -> Answer {
    let Request { action, purpose, data, .. } = *request;
    let group = purpose.group();
    if data.any_in(Data::CUSTOMER) {
        return Some(Err("customer_data"));
    }
    if group == Group::Api {
        return Some(Err("api_purposes"));
    }
    if action == Action::Collect && data.any_in(Data::LOCATION) && !request.device_permission? {
        return Some(Err("location_permission"));
    }
    let anonymized_only = data.all_in(Data::ANONYMIZED);
    let allowed = match action {
        Action::Collect | Action::Use => {
            let listed = match group {
                Group::Provide => Data::FOR_PROVIDING,
                Group::Improve => Data::FOR_IMPROVING,
                Group::Announce | Group::Marketing => Data::FOR_COMMUNICATING,
                Group::Protect | Group::Legal | Group::Api => Data::FOR_PROTECTING,
            };
            if !data.all_in(listed) {
                return Some(Err("unlisted_data"));
            }
            "purposes"
        }
        Action::Disclose => disclosure(request, anonymized_only, facts)?,
    };
    if allowed.is_empty() {
        return Some(Err(if request.recipient == Some(Recipient::AnalyticsProvider) {
            "analytics_providers"
        } else {
            ""
        }));
    }
    if anonymized_only {
        return Some(Ok(allowed));
    }
    if action != Action::Disclose && cookies_lack_consent(request)? {
        return Some(Err("cookies_without_consent"));
    }
    if group == Group::Marketing {
        // Of what happens now, a withdrawal was before.
        let state = match facts.consent? {
            Standing::Said { state, .. } => Some(state),
            Standing::NotAsked => None,
        };
        match (action, state) {
            (_, Some(State::Withdrawn)) => return Some(Err("withdrawal")),
            (Action::Collect | Action::Use, Some(State::Refused) | None) => {
                return Some(Err("marketing_consent_missing"));
            }
            _ => {}
        }
    }
    let against = matches!(group, Group::Improve | Group::Protect | Group::Legal)
        && request.legal_ground != LegalGround::LawOrOrder
        && request.overridden == Override::None;
    if against && facts.objected? {
        return Some(Err("objection"));
    }
    let restrictable = action != Action::Collect && request.overridden != Override::LegalClaim;
    if restrictable && facts.restricted? {
        let consented = matches!(facts.consent?, Standing::Said { state: State::Granted, .. });
        if !consented {
            return Some(Err("restriction"));
        }
    }
    match facts.age? {
        ..13 => Some(Err("children")),
        13..18 if !facts.guardian_permission? => Some(Err("minors")),
        _ => Some(Ok(allowed)),
    }
}

/// The clause that a rule cites.
pub(crate) fn cite(rule: &'static str) -> &'static str {
    match rule {
        "customer_data" | "api_purposes" => "preamble",
        "location_permission" => "§2",
        "disclosure" | "analytics_providers" => "§4",
        "objection" | "restriction" | "withdrawal" => "§5",
        "children" | "minors" => "§9",
        "cookies_without_consent" => "§10",
        _ => "§3",
    }
}

/// The rule that allows a disclosure; empty where none does.
fn disclosure(request: &Request, anonymized_only: bool, facts: &Facts) -> Option<&'static str> {
    let (data, group) = (request.data, request.purpose.group());
    let fit = data.all_in(Data::FOR_ANALYTICS) && (request.pseudonymized || anonymized_only);
    let ground = request.legal_ground != LegalGround::None;
    let allowed = match request.recipient? {
        Recipient::Affiliate => group == Group::Provide,
        Recipient::ServiceProvider => matches!(group, Group::Provide | Group::Improve),
        Recipient::AnalyticsProvider => fit && matches!(group, Group::Provide | Group::Improve),
        Recipient::Acquirer => true,
        Recipient::Authority => ground,
        Recipient::ThirdParty => {
            ground || matches!(facts.consent?, Standing::Said { state: State::Granted, .. })
        }
    };
    Some(if allowed { "disclosure" } else { "" })
}

fn cookies_lack_consent(request: &Request) -> Option<bool> {
    if !request.data.any_in(Data::COOKIES) || request.cookie_consent == Some(CookieConsent::Granted) {
        return Some(false);
    }
    Some(request.cookie_consent_required? && request.cookie_consent? != CookieConsent::Granted)
}
