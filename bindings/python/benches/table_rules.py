"""Two policies as a data engineer would write them, once for all libraries: a `Table` builds a library's conditions."""

from __future__ import annotations

import functools
import operator
from typing import Any, Protocol


class Table(Protocol):
    """Builds conditions of a library, which `&`, `|` and `~` combine."""

    def flag(self, column: str) -> Any:
        """True if the column is true."""

    def below(self, column: str, bound: int) -> Any:
        """True if the column is less than the bound."""

    def one_of(self, column: str, *words: str) -> Any:
        """True if the column is one of the words."""

    def within(self, column: str, members: set[str]) -> Any:
        """True if the column's set is a subset of the members."""

    def meets(self, column: str, members: set[str]) -> Any:
        """True if the column's set intersects the members."""


def any_of(*conditions: Any) -> Any:
    return functools.reduce(operator.or_, conditions)


# ------------------------------------------------------------------------------------- the peers' suite

TWELVE: dict[str, tuple[str, ...]] = {
    "consent": ("granted", "refused", "withdrawn", "not_asked"),
    "purpose": ("provide", "improve", "communicate", "security", "legal", "marketing", "train_models"),
    "action": ("collect", "use", "disclose", "transfer", "retain", "decide"),
    "recipient": ("self", "affiliate", "vendor", "government", "other"),
    "data": (
        "account",
        "communication",
        "user_content",
        "payment",
        "device_network",
        "usage",
        "log",
        "cookies",
        "third_party",
        "public",
    ),
}
TWELVE_FLAGS = ("guardian_permission", "objected", "legal_order", "api_service")

A3 = {"account", "communication", "usage", "device_network", "log"}
A2 = A3 | {"user_content", "public"}
A1 = A3 | {"third_party", "payment", "user_content"}


def twelve(t: Table) -> Any:
    """The condition for an allowed row of `benches/privacy_12`."""
    consented = t.one_of("consent", "granted")
    marketing = t.one_of("purpose", "marketing")
    to_other = t.one_of("recipient", "other")
    denied = any_of(
        t.below("age", 13),
        t.below("age", 18) & ~t.flag("guardian_permission"),
        t.flag("objected") & t.one_of("purpose", "improve", "marketing", "train_models"),
        t.one_of("action", "decide"),
        t.flag("api_service") & t.one_of("action", "retain") & t.meets("data", {"user_content"}),
        marketing & ~consented,
        to_other & ~consented,
    )
    disclosed = t.one_of("action", "disclose")
    allowed = any_of(
        t.one_of("action", "collect", "use", "retain")
        & t.one_of("purpose", "provide", "security", "legal")
        & t.within("data", A1),
        t.one_of("action", "collect", "use") & t.one_of("purpose", "improve") & t.within("data", A2),
        t.one_of("purpose", "communicate", "marketing") & t.within("data", A3),
        t.one_of("action", "disclose", "transfer")
        & t.one_of("recipient", "affiliate", "vendor")
        & t.one_of("purpose", "provide", "security"),
        disclosed & t.one_of("recipient", "government") & t.flag("legal_order"),
        disclosed & to_other & consented,
    )
    return allowed & ~denied


# ------------------------------------------------------------- small policies over attributes of that suite

SMALL_AGE, SMALL_PURPOSE = "age: int 0..150", f"purpose: {{ {', '.join(TWELVE['purpose'])} }}"
SMALL_DATA = f"data: set of {{ {', '.join(TWELVE['data'])} }}"
SMALL_CONSENT = f"consent: {{ {', '.join(TWELVE['consent'])} }}"

ONE_INTS = f"policy p request {{ {SMALL_AGE} }} rule r {{ allow when age >= 50 }}"
ONE_WORDS = f"policy p request {{ {SMALL_PURPOSE} }} rule r {{ allow when purpose in {{provide, improve}} }}"
ONE_LISTS = f"policy p request {{ {SMALL_DATA} }} rule r {{ allow when all data in {{{', '.join(sorted(A1))}}} }}"
THREE_INTS = """policy p request { age: int 0..150 amount: int 0..150 }
rule minors { deny when age < 18 } rule small { allow when amount < 30 } rule old { allow when age >= 65 }"""
THREE = """
rule minors { deny when age < 18 and purpose is marketing }
rule provide { allow when purpose in {provide, security} and age < 70 }
rule consented { allow when consent is granted %s}"""
THREE_WORDS = f"policy p request {{ {SMALL_AGE} {SMALL_PURPOSE} {SMALL_CONSENT} }}" + THREE % ""
THREE_LISTS = (
    f"policy p request {{ {SMALL_AGE} {SMALL_PURPOSE} {SMALL_CONSENT} {SMALL_DATA} }}"
    + THREE % f"and all data in {{{', '.join(sorted(A1))}}} "
)


def one_ints(t: Table) -> Any:
    return ~t.below("age", 50)


def one_words(t: Table) -> Any:
    return t.one_of("purpose", "provide", "improve")


def one_lists(t: Table) -> Any:
    return t.within("data", A1)


def three_ints(t: Table) -> Any:
    return (t.below("amount", 30) | ~t.below("age", 65)) & ~t.below("age", 18)


def _three(t: Table, consented: Any) -> Any:
    minors = t.below("age", 18) & t.one_of("purpose", "marketing")
    return (t.one_of("purpose", "provide", "security") & t.below("age", 70) | consented) & ~minors


def three_words(t: Table) -> Any:
    return _three(t, t.one_of("consent", "granted"))


def three_lists(t: Table) -> Any:
    return _three(t, t.one_of("consent", "granted") & t.within("data", A1))


# -------------------------------------------------------------- the example: data of a consumer service, used

PROVIDE = ("deliver", "analyze", "maintain")
IMPROVE = ("develop", "research", "train_models")
PROTECT = ("fraud_prevention", "illegal_activity", "misuse", "system_security")
LEGAL = ("legal_obligation", "rights_protection")
API = ("provide_api", "support_api")

ACCOUNT = {"date_of_birth", "username", "email", "password"}
COMMUNICATION = {"identity_proof", "age_proof", "contact_details", "message"}
CONTENT = {"text_prompt", "image", "file"}
DEVICE = {
    "device_type",
    "operating_system",
    "browser",
    "identifiers",
    "ip_address",
    "location",
    "network",
    "time_zone",
    "referrer",
}
USAGE = {"access_time", "browsing_history", "clicks"}
COOKIES = {"cookie", "web_beacon"}
CUSTOMER = {"customer_content", "customer_record"}
OTHER_SOURCES = {"sign_in_token", "security_signal", "public_information"}
FOR_COMMUNICATING = ACCOUNT | COMMUNICATION | {"error_report"} | USAGE | DEVICE | COOKIES | {"anonymized"}
FOR_IMPROVING = FOR_COMMUNICATING | OTHER_SOURCES
FOR_PROTECTING = FOR_IMPROVING | {"payment"}
FOR_PROVIDING = FOR_PROTECTING | CONTENT

EXAMPLE: dict[str, tuple[str, ...]] = {
    "purpose": (*PROVIDE, *IMPROVE, "service_announcement", "marketing", *PROTECT, *LEGAL, *API),
    "consent": ("granted", "refused", "withdrawn", "not_asked"),
    "cookie_consent": ("granted", "refused", "withdrawn", "not_asked"),
    "data": tuple(sorted(FOR_PROVIDING | CUSTOMER)),
}
EXAMPLE_FLAGS = ("subject.guardian_permission", "cookie_consent_required", "objected", "restricted")
# The attributes that are the same in all rows. The withdrawal precedes the decision, so it applies.
EXAMPLE_CONSTANTS = {
    "service": "consumer",
    "action": "use",
    "at": "2026-01-15T00:00:00Z",
    "consent.withdrawn_at": "2026-01-10T00:00:00Z",
}


def example(t: Table) -> Any:
    """The condition for an allowed use by the consumer service in `examples/zai/privacy.placet`."""
    anonymized = t.within("data", {"anonymized"})
    consented = t.one_of("consent", "granted")
    marketing = t.one_of("purpose", "marketing")
    api = t.one_of("purpose", *API)
    personal = any_of(
        marketing & ~consented,
        t.flag("objected") & t.one_of("purpose", *IMPROVE, *PROTECT, *LEGAL),
        t.flag("restricted") & ~consented,
        t.below("subject.age", 13),
        t.below("subject.age", 18) & ~t.flag("subject.guardian_permission"),
    )
    denied = any_of(
        api,
        t.meets("data", CUSTOMER),
        personal & ~anonymized,
        t.meets("data", COOKIES) & t.flag("cookie_consent_required") & ~t.one_of("cookie_consent", "granted"),
    )
    allowed = any_of(
        t.one_of("purpose", *PROVIDE) & t.within("data", FOR_PROVIDING),
        t.one_of("purpose", *IMPROVE) & t.within("data", FOR_IMPROVING),
        t.one_of("purpose", "service_announcement") & t.within("data", FOR_COMMUNICATING),
        marketing & consented & t.within("data", FOR_COMMUNICATING),
        t.one_of("purpose", *PROTECT, *LEGAL) & t.within("data", FOR_PROTECTING),
        anonymized,
    )
    return allowed & ~denied
