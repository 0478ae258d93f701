"""Engines fetch the facts that a decision depends on, with functions and coroutines; a failure is never an allow."""

from __future__ import annotations

import asyncio
import datetime as dt
import enum
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import placet
import pytest

from asking import (
    ALL,
    ANNA,
    EVERY_KIND,
    EVERY_WAY,
    KEYS,
    MARKETING,
    SHOP,
    Asked,
    AskedAsync,
    Fetch,
    ask,
    ask_async,
    eventually,
    fail,
    faulty,
    gives,
    resolver,
)


@EVERY_WAY
@EVERY_KIND
def test_decide_asks_only_resolvers_that_matter(way: Callable[..., placet.Answer], kind: type[Asked]) -> None:
    consent, consents = resolver("consent", {"consent": "granted"}, kind)
    person, people = resolver("person", {"subject.age": 30}, kind)
    objection, objections = resolver("objection", {"objected": False}, kind)
    engine = placet.Engine(SHOP, [consent, person, objection], keys=KEYS)

    def counts() -> tuple[int, int, int]:
        return len(consents), len(people), len(objections)

    assert way(engine, {"purpose": "deliver"}).origins == () and counts() == (0, 0, 0)
    assert way(engine, {"purpose": "improve"}) and counts() == (0, 0, 1)
    # No resolver is asked for an attribute that the request gives.
    assert way(engine, {"purpose": "improve", "objected": False}) and counts() == (0, 0, 1)
    answer = way(engine)
    assert answer and counts() == (1, 1, 2) and consents.keys == [ANNA]
    assert {origin.attribute: origin.resolver for origin in answer.origins} == {
        "consent": "consent",
        "subject.age": "person",
        "objected": "objection",
    }
    assert {origin.source for origin in answer.origins} == {"fetched"} and answer.failures == ()
    explained = answer.decision.explain()
    assert "consent is granted" in explained and "subject.age is 30" in explained


def test_decide_asks_the_cheapest_resolver_first() -> None:
    for cost_of_consent, cost_of_age, first in [(1, 5, "consent"), (5, 1, "person")]:
        consent, _ = resolver("consent", {"consent": "refused"}, cost=cost_of_consent)
        person, _ = resolver("person", {"subject.age": 3}, cost=cost_of_age)
        answer = ask(placet.Engine(SHOP, [consent, person], keys=KEYS), {**MARKETING, "objected": False})
        assert answer.effect is placet.Effect.DENY
        # Either attribute settles the decision.
        assert [origin.resolver for origin in answer.origins] == [first]


def test_depth_obligations_fetches_for_obligations() -> None:
    person, people = resolver("person", {"subject.age": 17})
    engine = placet.Engine(SHOP, [person], keys=KEYS)
    answer = ask(engine, {"purpose": "deliver"})
    assert not answer.decision.obligations[0].certain and len(people) == 0
    answer = ask(engine, {"purpose": "deliver"}, depth="obligations")
    assert answer.decision.obligations[0].certain and len(people) == 1


def test_depth_reasons_fetches_for_reasons() -> None:
    policy = placet.Policy.from_text(
        """
        policy shop
        request { consent: { granted, refused }  subject.age: int 0..150 }
        rule marketing { allow when consent is granted }
        rule no_consent { deny when consent is refused }
        rule children { deny when subject.age < 13  oblige erase }
        """
    )
    consent, _ = resolver("consent", {"consent": "refused"})
    person, people = resolver("person", {"subject.age": 30}, cost=9)
    engine = placet.Engine(policy, [consent, person], keys=KEYS)
    assert ask(engine, {}).decision.rules == ("children", "no_consent") and len(people) == 0
    answer = ask(engine, {}, depth="reasons")
    assert answer.decision.rules == ("no_consent",) and answer.decision.obligations == () and len(people) == 1
    with pytest.raises(ValueError, match="reasons"):
        ask(engine, {}, depth="reason")


@EVERY_WAY
@EVERY_KIND
def test_cached_facts_are_fetched_again_after_invalidate(
    way: Callable[..., placet.Answer], kind: type[Asked]
) -> None:
    person, people = resolver("person", ALL, kind, time_to_live=dt.timedelta(minutes=1))
    engine = placet.Engine(SHOP, [person], keys=KEYS)
    assert way(engine) and way(engine) and len(people) == 1 and engine.cached == 1
    assert {origin.source for origin in way(engine).origins} == {"cached"}
    assert way(engine, keys={"subject.id": "bert"}) and len(people) == 2
    people.facts = {**ALL, "consent": "refused"}
    engine.invalidate("subject.id", "anna")
    assert not way(engine) and len(people) == 3
    assert way(engine, keys={"subject.id": "bert"}) and len(people) == 3
    engine.invalidate_all()
    assert not way(engine, keys={"subject.id": "bert"}) and len(people) == 4
    counts = engine.counts()["person"]
    assert (counts.fetches, counts.shared, counts.failures, counts.late) == (4, 0, 0, 0) and counts.hits >= 3


class Country(enum.Enum):
    GERMANY = "DE"


TYPES = placet.Policy.from_text(
    """
    policy types
    request {
      yes: bool  count: int 0..10  share: number 0..1  country: string  kind: { a, b }  some: set of { x, y, z }
      day: date  at: time  span: duration
    }
    rule every_one {
      allow when yes and count is 3 and share is 0.25 and country is "DE" and kind is a and some is {x, y}
        and day is 2026-01-15 and at is 2026-01-15T10:00:00.000001Z and span is 1 hour
    }
    """
)
VALUES: dict[str, Any] = {
    "yes": True,
    "count": 3,
    "share": Decimal("0.25"),
    "country": Country.GERMANY,
    "kind": "a",
    "some": {"x", "y"},
    "day": dt.date(2026, 1, 15),
    "at": dt.datetime(2026, 1, 15, 12, 0, 0, 1, dt.timezone(dt.timedelta(hours=2))),
    "span": dt.timedelta(hours=1),
}


def test_resolvers_accept_the_values_of_requests() -> None:
    assert TYPES.decide(VALUES)
    engine = placet.Engine(TYPES, [placet.Resolver("all", lambda _: VALUES, serves=list(VALUES))])
    assert engine.decide() and len(engine.decide().origins) == len(VALUES)
    # The same values in an incremental decision.
    incremental = TYPES.begin()
    for name, value in VALUES.items():
        incremental.give(name, value)
    assert incremental.decision
    # None means unknown.
    engine = placet.Engine(TYPES, [placet.Resolver("all", lambda _: {**VALUES, "day": None}, serves=list(VALUES))])
    answer = engine.decide()
    assert answer.decision.missing == ("day",) and answer.failures == ()


def test_keys_of_equal_values_are_equal() -> None:
    asked = Asked({"yes": True})
    names = [*(name for name in VALUES if name != "yes"), "number", "tenant"]
    yes = placet.Resolver("yes", asked, serves=["yes"], keys=names, time_to_live=60)
    engine = placet.Engine(TYPES, [yes], keys={"number": int, "tenant": str})
    given = {name: value for name, value in VALUES.items() if name != "yes"}
    keys = {"number": 7, "tenant": "t", "day": None}
    assert engine.decide(given, keys=keys)
    at = dt.datetime(2026, 1, 15, 10, 0, 0, 1, dt.timezone.utc)
    expected = {**given, "share": 0.25, "country": "DE", "some": frozenset({"x", "y"}), "at": at}
    assert asked.keys == [{**expected, "number": 7, "tenant": "t"}]
    assert asked.keys[0]["at"].utcoffset() == dt.timedelta(0)
    # Invalidating any part of the key works, with any Python value that equals it.
    for name, value in [*expected.items(), *given.items(), ("number", 7)]:
        before = len(asked)
        engine.invalidate(name, value)
        assert engine.decide(given, keys=keys) and len(asked) == before + 1, name
    engine.invalidate("number", 8)
    before = len(asked)
    assert engine.decide(given, keys=keys) and len(asked) == before


FAULTS: list[tuple[str, Fetch, str, str]] = [
    ("an exception", fail(OSError("the store is down")), "failed", "the store is down"),
    ("without words", fail(ValueError()), "failed", "ValueError"),
    ("an exit", fail(SystemExit(3)), "failed", "3"),
    ("no mapping", gives([("consent", "granted")]), "failed", "a resolver gives attributes in a mapping"),
    ("nothing", gives(None), "failed", "not `NoneType`"),
    ("a key", gives({1: True}), "failed", ""),
    ("no value", gives({**ALL, "consent": object()}), "failed", "`consent`: the value is of no attribute's type"),
    ("no zone", gives({**ALL, "consent": dt.datetime(2026, 1, 1)}), "failed", "a datetime without a time zone"),
    ("outside", gives({**ALL, "subject.age": 151}), "unfit", "expected int 0..150"),
    ("no type", gives({**ALL, "objected": "no"}), "unfit", "`objected`"),
    ("foreign", gives({**ALL, "country": "DE"}), "unfit", "`country`"),
]


@EVERY_WAY
@pytest.mark.parametrize("is_async", [False, True], ids=["function", "coroutine"])
@pytest.mark.parametrize(
    ("fetch", "why", "message"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_failure_leaves_attributes_unknown_and_names_the_reason(
    way: Callable[..., placet.Answer], is_async: bool, fetch: Fetch, why: str, message: str
) -> None:
    async def coroutine(key: dict[str, Any]) -> Any:
        try:
            return fetch(key)
        except SystemExit as error:  # It would end the event loop.
            raise RuntimeError(*error.args) from error

    engine = faulty(coroutine if is_async else fetch)
    for _ in range(2):
        answer = way(engine)
        assert answer.effect is placet.Effect.INDETERMINATE and not answer
        # The same missing attributes as for a request without a resolver.
        assert answer.decision.missing == ("consent", "objected", "subject.age") and answer.origins == ()
        (failure,) = answer.failures
        assert (failure.resolver, failure.why) == ("faulty", why) and message in failure.message
        assert "<object" not in str(failure) and "151" not in str(failure), "messages contain no values"
        assert str(failure).startswith("the resolver `faulty` ")
        assert engine.cached == 0, "errors are not kept"
    assert engine.counts()["faulty"].failures == 2


def test_late_resolver_times_out() -> None:
    release = threading.Event()
    engine = faulty(lambda _: release.wait(20) and ALL, timeout=0.02)
    try:
        (failure,) = ask(engine).failures
        assert (failure.why, failure.message) == ("late", "had not answered after 20 ms")
        (failure,) = ask_async(engine).failures
        assert failure.why == "late" and engine.counts()["faulty"].late == 2
    finally:
        release.set()


def test_late_coroutine_is_cancelled() -> None:
    began: list[str] = []
    ended: list[str] = []

    async def never(_: dict[str, Any]) -> Any:
        began.append("")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    engine = faulty(never, timeout=dt.timedelta(milliseconds=20))
    assert ask_async(engine).failures[0].why == "late" and ended == ["cancelled"]
    # Also on a new event loop, if the coroutine has begun by then.
    assert ask(engine).failures[0].why == "late"
    eventually(lambda: len(ended) == len(began))


def test_default_does_not_replace_a_resolver() -> None:
    objection, _ = resolver("objection", {"objected": True})
    assert ask(placet.Engine(SHOP, [objection], keys=KEYS), {"purpose": "improve"}).effect is placet.Effect.DENY
    # A resolver that leaves out its attribute makes it unknown, even if it has a default.
    silent = placet.Resolver("objection", gives({}), serves=["objected"], keys=["subject.id"])
    answer = ask(placet.Engine(SHOP, [silent], keys=KEYS), {"purpose": "improve"})
    assert answer.effect is placet.Effect.INDETERMINATE and answer.failures == ()


def test_resolver_may_give_the_key_of_another() -> None:
    age = placet.Resolver(
        "age",
        lambda key: {"subject.age": 30 if key["country"] == "DE" else 3},
        serves=["subject.age"],
        keys=["country"],
    )
    home, homes = resolver("home", {"country": "DE"})
    engine = placet.Engine(SHOP, [age, home], keys=KEYS)
    request = {**MARKETING, "consent": "granted", "objected": False}
    assert ask(engine, request) and len(homes) == 1
    # Without its key, the resolver can't be asked.
    (failure,) = engine.decide(request).failures
    assert (failure.why, failure.name) == ("no_key", "subject.id")


def test_engine_rejects_conflicting_resolvers() -> None:
    one, _ = resolver("one", {"consent": "granted"})
    other, _ = resolver("other", {"consent": "granted"})
    nothing = placet.Resolver("none", gives({}), serves=[])
    itself = placet.Resolver("itself", gives({}), serves=["consent"], keys=["consent"])
    for resolvers, message in [
        ([one, one], "two resolvers"),
        ([one, other], "served by"),
        ([nothing], "no attribute"),
        ([itself], "itself"),
    ]:
        with pytest.raises(ValueError, match=message):
            placet.Engine(SHOP, resolvers)
    wrong: list[tuple[Any, ...]] = [(SHOP, [SHOP]), ("policy",), (SHOP, 7)]
    for arguments in wrong:
        with pytest.raises(TypeError):
            placet.Engine(*arguments)
    keys: Any = [("subject.id", "anna")]
    with pytest.raises(TypeError):
        placet.Engine(SHOP).decide(keys=keys)
    with pytest.raises(TypeError, match="one text"):
        placet.Resolver("one", gives({}), serves="consent")
    with pytest.raises(TypeError, match="is called"):
        placet.Resolver("one", {}, serves=["consent"])  # type: ignore[arg-type]
    for seconds in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="seconds"):
            placet.Resolver("one", gives({}), serves=["consent"], timeout=seconds)
    with pytest.raises((ValueError, OverflowError)):
        placet.Engine(SHOP, capacity=0)


def test_resolver_attributes_are_readable() -> None:
    made = placet.Resolver(
        "one", gives({}), serves=("a", "b"), keys=["k"], cost=2, timeout=dt.timedelta(milliseconds=50), time_to_live=3
    )
    assert (made.name, made.serves, made.keys, made.cost, made.timeout, made.time_to_live) == (
        "one",
        ("a", "b"),
        ("k",),
        2.0,
        0.05,
        3.0,
    )
    assert callable(made.fetch) and repr(made) == "<Resolver one>"
    assert placet.Resolver("one", gives({}), serves=["a"]).time_to_live is None


def test_decide_raises_request_errors() -> None:
    engine = faulty(gives(ALL))
    for request, code in [({"purpose": "fly"}, "outside_domain"), ({"purpos": "deliver"}, "unknown_attribute")]:
        for way in (ask, ask_async):
            with pytest.raises(placet.RequestError) as raised:
                way(engine, request)
            assert raised.value.code == code
    assert engine.decide({"trace": 7}, keys=ANNA, ignore_unknown=True, purpose="deliver")
    door = placet.Policy.from_text("policy door request { key: bool required } rule open { allow when key }")
    opens = placet.Engine(door, [placet.Resolver("key", gives({"key": True}), serves=["key"])])
    assert ask(opens, {}, keys=None) and ask_async(opens, {}, keys=None)
    for fetch in (fail(OSError("down")), AskedAsync({})):
        engine = placet.Engine(door, [placet.Resolver("key", fetch, serves=["key"])])
        for way in (ask, ask_async):
            with pytest.raises(placet.RequestError) as raised:
                way(engine, {}, keys=None)
            assert raised.value.code == "required_attribute"


def test_swap_validates_cached_facts_anew() -> None:
    person, people = resolver("person", {"subject.age": 30, "consent": "granted", "score": 7}, time_to_live=60)
    engine = placet.Engine(SHOP, [person], keys=KEYS)
    assert engine.unknown == (("person", "score"),) and engine.policy == SHOP
    answer = ask(engine, {**MARKETING, "objected": False})
    assert (bool(answer), answer.policy_hash, answer.version) == (True, SHOP.hash, "1")
    scored = placet.Policy.from_text(
        'policy shop version "2" request { score: int 0..5  consent: { granted, refused } }'
        "rule scored { allow when score > 3 or consent is granted }"
    )
    swap = engine.swap(scored)
    assert (swap.old, swap.new, swap.unknown) == (
        SHOP,
        scored,
        (("person", "subject.age"),),
    ) and engine.policy == scored
    # The new policy validates cached facts: it rejects the score of 7.
    answer = ask(engine, {})
    assert (answer.effect, answer.policy_hash, answer.version) == ("indeterminate", scored.hash, "2")
    assert (answer.failures[0].why, answer.failures[0].name) == ("unfit", "score") and len(people) == 1


def test_answer_to_dict() -> None:
    engine = placet.Engine(
        SHOP,
        [
            resolver("person", {"subject.age": 3})[0],
            placet.Resolver("other", fail(OSError("down")), serves=["objected"]),
        ],
        keys=KEYS,
    )
    answer = ask(engine, {**MARKETING, "consent": "granted"})
    as_dict = answer.to_dict()
    assert as_dict.items() >= answer.decision.to_dict().items()
    assert as_dict["policy"] == {"version": "1", "hash": SHOP.hash} and answer.elapsed > 0
    assert as_dict["origins"] == [{"attribute": "subject.age", "resolver": "person", "source": "fetched"}]
    assert as_dict["effect"] == "deny" and repr(answer).startswith("<Answer deny")
