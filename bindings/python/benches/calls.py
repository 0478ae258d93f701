"""Compares single calls with hand-written Python and other engines, in one run.

Two policies: that of the peers' suite with its 1,000 requests in random order, and the example policy, which no other
engine implements, with 1,000 random uses by the consumer service. Each candidate must give all 1,000 decisions before it
is timed. A figure is the minimum of several rounds over the requests, divided by the number of requests.

    pip install bindings/python -r bindings/python/benches/requirements.txt
    python bindings/python/benches/calls.py > benches/python_calls.md
"""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import platform
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cedarpy
import cel
import placet
import regopy
import table_rules as rules

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "benches" / "privacy_12"

Request = dict[str, Any]

A1 = {"account", "communication", "third_party", "log", "usage", "device_network", "payment", "user_content"}
A2 = {"account", "communication", "usage", "device_network", "log", "user_content", "public"}
A3 = {"account", "communication", "usage", "device_network", "log"}


def by_hand(request: Request) -> bool:
    """The policy as a Python programmer would write it."""
    age, action, purpose = request["age"], request["action"], request["purpose"]
    consent, recipient, data = request["consent"], request["recipient"], request["data"]
    if (
        age < 13
        or (age < 18 and not request["guardian_permission"])
        or (request["objected"] and purpose in ("improve", "marketing", "train_models"))
        or action == "decide"
        or (request["api_service"] and action == "retain" and "user_content" in data)
        or (purpose == "marketing" and consent != "granted")
        or (recipient == "other" and consent != "granted")
    ):
        return False
    return (
        (action in ("collect", "use", "retain") and purpose in ("provide", "security", "legal") and A1.issuperset(data))
        or (action in ("collect", "use") and purpose == "improve" and A2.issuperset(data))
        or (purpose in ("communicate", "marketing") and A3.issuperset(data))
        or (action in ("disclose", "transfer") and recipient in ("affiliate", "vendor") and purpose in ("provide", "security"))
        or (action == "disclose" and recipient == "government" and request["legal_order"])
        or (action == "disclose" and recipient == "other" and consent == "granted")
    )


DOMAINS = {
    "consent": {"granted", "refused", "withdrawn", "not_asked"},
    "purpose": {"provide", "improve", "communicate", "security", "legal", "marketing", "train_models"},
    "action": {"collect", "use", "disclose", "transfer", "retain", "decide"},
    "recipient": {"self", "affiliate", "vendor", "government", "other"},
}
BOOLS = {"guardian_permission", "objected", "legal_order", "api_service"}
DATA = A1 | A2 | A3 | {"cookies"}


def by_hand_values(
    age: int,
    guardian_permission: bool,
    consent: str,
    purpose: str,
    data: list[str],
    action: str,
    recipient: str,
    objected: bool,
    legal_order: bool,
    api_service: bool,
) -> bool:
    """The same with the values as arguments."""
    if (
        age < 13
        or (age < 18 and not guardian_permission)
        or (objected and purpose in ("improve", "marketing", "train_models"))
        or action == "decide"
        or (api_service and action == "retain" and "user_content" in data)
        or (purpose == "marketing" and consent != "granted")
        or (recipient == "other" and consent != "granted")
    ):
        return False
    return (
        (action in ("collect", "use", "retain") and purpose in ("provide", "security", "legal") and A1.issuperset(data))
        or (action in ("collect", "use") and purpose == "improve" and A2.issuperset(data))
        or (purpose in ("communicate", "marketing") and A3.issuperset(data))
        or (action in ("disclose", "transfer") and recipient in ("affiliate", "vendor") and purpose in ("provide", "security"))
        or (action == "disclose" and recipient == "government" and legal_order)
        or (action == "disclose" and recipient == "other" and consent == "granted")
    )


def by_hand_checked(request: Request) -> bool:
    """The same with checks of all values, like a policy's domains."""
    for name, value in request.items():
        if name in DOMAINS:
            if value not in DOMAINS[name]:
                raise ValueError(name)
        elif name in BOOLS:
            if type(value) is not bool:
                raise TypeError(name)
        elif name == "age":
            if type(value) is not int or not 0 <= value <= 150:
                raise ValueError(name)
        elif name == "data":
            if not value or not DATA.issuperset(value):
                raise ValueError(name)
        else:
            raise KeyError(name)
    return by_hand(request)


def text(name: str) -> str:
    return (FOLDER / name).read_text()


def cedar() -> Callable[[Request], bool]:
    policies = text("policy.cedar")

    def decide(request: Request) -> bool:
        context = {name: value for name, value in request.items() if name != "action"}
        asked = {
            "principal": 'Person::"someone"',
            "action": f'Action::"{request["action"]}"',
            "resource": 'Resource::"something"',
            "context": context,
        }
        return bool(cedarpy.is_authorized(asked, policies, []).allowed)

    return decide


def rego() -> Callable[[Request], bool]:
    interpreter = regopy.Interpreter()
    interpreter.add_module("privacy_12", text("policy.rego"))

    def decide(request: Request) -> bool:
        interpreter.set_input(request)
        # If the default applies, regopy reports the rule as undefined, so look for a true expression.
        results = interpreter.query("data.privacy_12.allow").results
        return any(any(result.expressions) for result in results)

    return decide


def expression() -> Callable[[Request], bool]:
    program = cel.compile(text("policy.cel"))
    return lambda request: bool(program.execute(request))


def measured(decide: Callable[..., Any], rows: list[Row], seconds: float = 1.5) -> float:
    """Returns the nanoseconds per call."""
    best, end = float("inf"), time.perf_counter() + seconds
    rounds = 0
    while rounds < 3 or time.perf_counter() < end:
        start = time.perf_counter_ns()
        for row in rows:
            decide(*row)
        best = min(best, (time.perf_counter_ns() - start) / len(rows))
        rounds += 1
    return best


def package(name: str) -> str:
    return f"{name} {importlib.metadata.version(name)}"


def example_by_hand(request: Request) -> bool:
    """The part of the example policy for uses by the consumer service, as a Python programmer would write it."""
    purpose, data = request["purpose"], request["data"]
    age, consented = request["subject.age"], request["consent"] == "granted"
    if (
        purpose in rules.API
        or not rules.CUSTOMER.isdisjoint(data)
        or not rules.COOKIES.isdisjoint(data)
        and request["cookie_consent_required"]
        and request["cookie_consent"] != "granted"
    ):
        return False
    if all(name == "anonymized" for name in data):
        return True
    if (
        age < 13
        or (age < 18 and not request["subject.guardian_permission"])
        or (request["restricted"] and not consented)
        or (request["objected"] and purpose in OBJECTIONABLE)
    ):
        return False
    if purpose in rules.PROVIDE:
        return rules.FOR_PROVIDING.issuperset(data)
    if purpose in rules.IMPROVE:
        return rules.FOR_IMPROVING.issuperset(data)
    if purpose in rules.PROTECT or purpose in rules.LEGAL:
        return rules.FOR_PROTECTING.issuperset(data)
    if purpose == "marketing" and not consented:
        return False
    return rules.FOR_COMMUNICATING.issuperset(data)


OBJECTIONABLE = {*rules.IMPROVE, *rules.PROTECT, *rules.LEGAL}


def example_request() -> Request:
    """Returns a random use. Flags are true in a quarter of the cases, and data has one to three members."""
    request: Request = dict(rules.EXAMPLE_CONSTANTS)
    for name, words in rules.EXAMPLE.items():
        request[name] = random.sample(words, random.randint(1, 3)) if name == "data" else random.choice(words)
    for flag in rules.EXAMPLE_FLAGS:
        request[flag] = random.random() < 0.25
    request["subject.age"] = random.randint(0, 99)
    return request


def interned(value: Any) -> Any:
    """Returns a value with the strings that a program's literals are, instead of those of its JSON parser."""
    return sys.intern(value) if isinstance(value, str) else [*map(interned, value)] if isinstance(value, list) else value


def one(request: Request) -> Row:
    return (request,)


Row = tuple[Any, ...]

# A way to decide, and the arguments that it takes for a request.
Way = tuple[str, Callable[..., Any], Callable[[Request], Row]]


def compare(title: str, ways: list[Way], requests: list[Request], expected: list[bool]) -> None:
    """Checks the decisions of each candidate, measures it, and prints a table."""
    print(f"\n## {title}\n")
    print("| one decision | ns | of hand-written |\n| --- | ---: | ---: |")
    unit = 0.0
    for name, decide, arguments in ways:
        rows = [arguments(request) for request in requests]
        wrong = [row for row, allow in zip(rows, expected) if bool(decide(*row)) != allow]
        if wrong:
            raise SystemExit(f"{name} decides {len(wrong)} requests otherwise: {wrong[0]}")
        # Slow candidates get fewer requests.
        start = time.perf_counter()
        for row in rows[:10]:
            decide(*row)
        each = (time.perf_counter() - start) / 10
        nanoseconds = measured(decide, rows[: max(10, min(1_000, int(0.5 / each)))])
        unit = unit or nanoseconds
        print(f"| {name} | {nanoseconds:,.0f} | {nanoseconds / unit:.2f} |", flush=True)


def placet_ways(policy: placet.Policy, names: list[str]) -> list[Way]:
    ask = policy.bind(*names)
    return [
        ("placet: bind(…)(*values)", ask, lambda request: tuple(request[name] for name in names)),
        ("the same, interned strings", ask, lambda request: tuple(interned(request[name]) for name in names)),
        ("placet: allows(dict)", policy.allows, one),
        ("placet: allows(**keywords)", lambda request: policy.allows(**request), one),
        ("placet: decide(dict), with reasons", policy.decide, one),
    ]


def main() -> None:
    cases = [json.loads(line) for line in text("requests.jsonl").splitlines()]
    random.seed(12)
    random.shuffle(cases)
    twelve = placet.Policy.from_file(FOLDER / "policy.placet")
    example = placet.Policy.from_file(ROOT / "examples" / "zai" / "privacy.placet")
    print(f"# Single calls from Python\n\nPython {platform.python_version()}, {package('placet')}. By `calls.py`, which")
    print("says what is compared. Every way gave the same decisions.")
    names = list(inspect.signature(by_hand_values).parameters)
    hand: list[Way] = [
        ("hand-written Python", by_hand, one),
        ("the same, with the values as arguments", by_hand_values, lambda request: tuple(request[name] for name in names)),
        ("hand-written Python that checks values", by_hand_checked, one),
    ]
    peers: list[Way] = [
        (package("common-expression-language"), expression(), one),
        (package("cedarpy"), cedar(), one),
        (package("regopy"), rego(), one),
    ]
    requests, expected = [case["request"] for case in cases], [case["allow"] for case in cases]
    title = f"Twelve rules, decided by {twelve.strategy.evaluator}"
    compare(title, hand + placet_ways(twelve, names) + peers, requests, expected)
    requests = [example_request() for _ in range(1_000)]
    expected = [example_by_hand(request) for request in requests]
    title = f"The example policy, decided by {example.strategy.evaluator}"
    compare(title, [("hand-written Python", example_by_hand, one), *placet_ways(example, list(requests[0]))], requests, expected)


if __name__ == "__main__":
    main()
