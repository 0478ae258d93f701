//! The policy's rules for collecting, using and disclosing in the consumer services, written by hand without Placet.

use crate::request::{
    Action, CookieConsent, Data, Group, LegalGround, Override, Purpose, Recipient, Request,
};
use placet_consent_service::store::{Standing, State};
use serde::Serialize;

/// The facts of the store. `None` stands for an unknown fact.
#[derive(Clone, Copy, Default)]
pub(crate) struct Facts {
    /// The consent for the request's purpose.
    pub(crate) consent: Option<Standing>,
    pub(crate) age: Option<i64>,
    pub(crate) guardian_permission: Option<bool>,
    pub(crate) objected: Option<bool>,
    pub(crate) restricted: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effect {
    Allow,
    Deny,
    Indeterminate,
}

/// A decision and its rules: those that fire, and those that may fire if a fact is unknown.
pub(crate) struct Decision {
    pub(crate) effect: Effect,
    pub(crate) rules: Vec<&'static str>,
    pub(crate) cites: Vec<&'static str>,
    pub(crate) basis: Vec<&'static str>,
    pub(crate) obligations: Vec<Obligation>,
}

#[derive(Serialize)]
pub(crate) struct Obligation {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    within_seconds: Option<i64>,
    certain: bool,
}

/// A rule: its name, its clause, its legal basis, and whether it fires (`None`: unknown).
type Rule = (&'static str, &'static str, Option<&'static str>, Option<bool>);

/// Decides a request.
pub(crate) fn decide(request: &Request, facts: &Facts) -> Decision {
    let denials = denials(request, facts);
    let (effect, rules) = match some_fires(&denials) {
        Some(true) => (Effect::Deny, &denials[..]),
        denied => {
            let allows = allows(request, facts);
            match (denied, some_fires(&allows)) {
                (_, Some(false)) => (Effect::Deny, &denials[..]),
                (Some(false), Some(true)) => return Decision::of(Effect::Allow, &allows),
                _ => (Effect::Indeterminate, &[][..]),
            }
        }
    };
    Decision::of(effect, rules)
}

impl Decision {
    fn of(effect: Effect, rules: &[Rule]) -> Self {
        let mut decision =
            Self { effect, rules: Vec::new(), cites: Vec::new(), basis: Vec::new(), obligations: Vec::new() };
        for (name, cite, basis, fires) in rules {
            if *fires == Some(false) {
                continue;
            }
            decision.rules.push(name);
            decision.cites.push(cite);
            decision.basis.extend(basis);
            if *name == "children" {
                let obligation = Obligation { name: "erase", within_seconds: None, certain: fires.is_some() };
                decision.obligations.push(obligation);
            }
        }
        for list in [&mut decision.cites, &mut decision.basis] {
            list.sort_unstable();
            list.dedup();
        }
        decision
    }
}

/// Returns true if one of the rules fires, and `None` if that is unknown.
fn some_fires(rules: &[Rule]) -> Option<bool> {
    let some = |truth| rules.iter().any(|rule| rule.3 == truth);
    match (some(Some(true)), some(None)) {
        (true, _) => Some(true),
        (false, true) => None,
        (false, false) => Some(false),
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    if a == Some(true) || b == Some(true) { Some(true) } else { Some(a? || b?) }
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    if a == Some(false) || b == Some(false) { Some(false) } else { Some(a? && b?) }
}

/// Returns `then` if `holds`, and false otherwise.
fn if_so(holds: bool, then: Option<bool>) -> Option<bool> {
    if holds { then } else { Some(false) }
}

/// Returns the rules that deny, by name.
fn denials(request: &Request, facts: &Facts) -> [Rule; 14] {
    let Request { action, purpose, data, .. } = *request;
    let group = purpose.group();
    let person = !data.all_in(Data::ANONYMIZED);
    let collecting_or_using = action != Action::Disclose;
    let unlisted = |wanted: bool, listed| Some(collecting_or_using && wanted && !data.all_in(listed));
    let not = |fact: Option<bool>| fact.map(|fact| !fact);
    let consent = facts.consent.map(state);
    let granted = consent.map(|state| state == Some(State::Granted));
    let withdrawn = consent.map(|state| state == Some(State::Withdrawn));
    let against = matches!(group, Group::Improve | Group::Protect | Group::Legal)
        && request.legal_ground != LegalGround::LawOrOrder
        && request.overridden == Override::None;
    let restrictable = action != Action::Collect && request.overridden != Override::LegalClaim;
    let younger = |age| facts.age.map(|known| known < age);
    let cookies_consented = request.cookie_consent.map(|consent| consent == CookieConsent::Granted);
    let to_analysts = request.recipient.map(|recipient| recipient == Recipient::AnalyticsProvider);
    let unfit_recipient = if_so(action == Action::Disclose && !fit_for_analytics(request), to_analysts);
    [
        ("analytics_providers", "§4", None, unfit_recipient),
        ("api_purposes", "preamble", None, Some(group == Group::Api)),
        ("children", "§9", None, if_so(person, younger(13))),
        (
            "cookies_without_consent",
            "§10",
            None,
            if_so(
                collecting_or_using && data.any_in(Data::COOKIES),
                and(request.cookie_consent_required, not(cookies_consented)),
            ),
        ),
        ("customer_data", "preamble", None, Some(data.any_in(Data::CUSTOMER))),
        (
            "location_permission",
            "§2",
            None,
            if_so(action == Action::Collect && data.any_in(Data::LOCATION), not(request.device_permission)),
        ),
        (
            "marketing_consent_missing",
            "§3",
            None,
            if_so(collecting_or_using && purpose == Purpose::Marketing && person, not(granted)),
        ),
        ("minors", "§9", None, if_so(person, and(younger(18), not(facts.guardian_permission)))),
        ("objection", "§5", None, if_so(person && against, facts.objected)),
        ("restriction", "§5", None, if_so(person && restrictable, and(facts.restricted, not(granted)))),
        (
            "unlisted_data/communicate",
            "§3",
            None,
            unlisted(matches!(group, Group::Announce | Group::Marketing), Data::FOR_COMMUNICATING),
        ),
        ("unlisted_data/improve", "§3", None, unlisted(group == Group::Improve, Data::FOR_IMPROVING)),
        (
            "unlisted_data/protect",
            "§3",
            None,
            unlisted(matches!(group, Group::Protect | Group::Legal), Data::FOR_PROTECTING),
        ),
        // The processing happens now, so every withdrawal precedes it.
        ("withdrawal", "§5", None, if_so(person && purpose == Purpose::Marketing, withdrawn)),
    ]
}

/// Returns the rules that allow, by name.
fn allows(request: &Request, facts: &Facts) -> [Rule; 8] {
    let Request { action, purpose, data, .. } = *request;
    let group = purpose.group();
    let granted = facts.consent.map(|standing| state(standing) == Some(State::Granted));
    let row = listed(request);
    let to = |recipient: Recipient, holds: bool| match request.recipient {
        _ if action != Action::Disclose || data.any_in(Data::CUSTOMER) || !holds => Some(false),
        Some(known) => Some(known == recipient),
        None => None,
    };
    let vendors = matches!(group, Group::Provide | Group::Improve);
    let ground = request.legal_ground != LegalGround::None;
    let anonymized = action != Action::Disclose && data.all_in(Data::ANONYMIZED) && group != Group::Api;
    let fires = if purpose == Purpose::Marketing { if_so(row.2, granted) } else { Some(row.2) };
    [
        ("anonymized_data", "§3", None, Some(anonymized)),
        ("disclosure/acquirer", "§4", None, to(Recipient::Acquirer, true)),
        ("disclosure/affiliate", "§4", None, to(Recipient::Affiliate, group == Group::Provide)),
        (
            "disclosure/analytics_provider",
            "§4",
            None,
            to(Recipient::AnalyticsProvider, vendors && fit_for_analytics(request)),
        ),
        ("disclosure/consent", "§4", None, and(to(Recipient::ThirdParty, true), granted)),
        (
            "disclosure/legal_ground",
            "§4",
            None,
            or(to(Recipient::Authority, ground), to(Recipient::ThirdParty, ground)),
        ),
        ("disclosure/service_provider", "§4", None, to(Recipient::ServiceProvider, vendors)),
        (row.0, "§3", Some(row.1), fires),
    ]
}

/// Returns the row of §3 for a purpose, its legal basis, and whether it lists the data.
fn listed(request: &Request) -> (&'static str, &'static str, bool) {
    let by_law = request.legal_ground == LegalGround::LawOrOrder;
    let (name, basis, listed) = match request.purpose.group() {
        Group::Provide => ("purposes/provide", "contract", Data::FOR_PROVIDING),
        Group::Improve => ("purposes/improve", "legitimate_interests", Data::FOR_IMPROVING),
        Group::Announce => ("purposes/announce", "contract", Data::FOR_COMMUNICATING),
        Group::Marketing => ("purposes/marketing", "consent", Data::FOR_COMMUNICATING),
        Group::Protect if by_law => ("purposes/protect_by_law", "legal_obligation", Data::FOR_PROTECTING),
        Group::Protect => ("purposes/protect", "legitimate_interests", Data::FOR_PROTECTING),
        Group::Legal if by_law => ("purposes/legal_by_law", "legal_obligation", Data::FOR_PROTECTING),
        Group::Legal => ("purposes/legal", "legitimate_interests", Data::FOR_PROTECTING),
        Group::Api => return ("", "", false),
    };
    (name, basis, request.action != Action::Disclose && request.data.all_in(listed))
}

fn fit_for_analytics(request: &Request) -> bool {
    let anonymized_only = request.data.all_in(Data::ANONYMIZED);
    request.data.all_in(Data::FOR_ANALYTICS) && (request.pseudonymized || anonymized_only)
}

fn state(standing: Standing) -> Option<State> {
    match standing {
        Standing::Said { state, .. } => Some(state),
        Standing::NotAsked => None,
    }
}
