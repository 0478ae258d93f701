"""Facts are fetched where a decision hangs on them, by functions and coroutines, and a failure is never an allow."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import datetime as dt
import enum
import functools
import gc
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import placet
import pytest

SHOP_TEXT = """
policy shop version "1"
request {
  purpose: { deliver, improve, marketing }
  consent: { granted, refused }
  objected: bool default false
  subject.age: int 0..150
  country: string
}
rule delivery  { allow when purpose is deliver  oblige tell when subject.age < 18 }
rule marketing { allow when purpose is marketing and consent is granted and subject.age >= 18 }
rule improving { allow when purpose is improve }
rule objection { deny when objected and purpose is not deliver  oblige remember when country is "DE" }
"""
SHOP = placet.Policy.from_text(SHOP_TEXT)
ALL = {"consent": "granted", "subject.age": 30, "objected": False}
MARKETING = {"purpose": "marketing"}
ANNA = {"subject.id": "anna"}

Fetch = Callable[[dict[str, Any]], Any]


class Asked:
    """What fetches the same for everybody, and notes whom it was asked for."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.facts = facts
        self.keys: list[dict[str, Any]] = []

    def __call__(self, key: dict[str, Any]) -> Mapping[str, Any]:
        self.keys.append(key)
        return self.facts

    def __len__(self) -> int:
        return len(self.keys)


class AskedAsync(Asked):
    """As `Asked`, a coroutine."""

    async def __call__(self, key: dict[str, Any]) -> Mapping[str, Any]:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().__call__(key)


def resolver(
    name: str, facts: Mapping[str, Any], kind: type[Asked] = Asked, **options: Any
) -> tuple[placet.Resolver, Asked]:
    asked = kind(facts)
    return placet.Resolver(name, asked, serves=list(facts), **{"keys": ["subject.id"], **options}), asked


def faulty(fetch: Fetch, **options: Any) -> placet.Engine:
    """An engine with one resolver for all that marketing hangs on."""
    options = {"keys": ["subject.id"], "time_to_live": 60, **options}
    return placet.Engine(SHOP, [placet.Resolver("faulty", fetch, serves=list(ALL), **options)])


def ask(engine: placet.Engine, request: Mapping[str, Any] = MARKETING, **options: Any) -> placet.Answer:
    return engine.decide(request, **{"keys": ANNA, **options})


def ask_async(engine: placet.Engine, request: Mapping[str, Any] = MARKETING, **options: Any) -> placet.Answer:
    """As `ask`, on an event loop of its own."""
    return asyncio.run(engine.decide_async(request, **{"keys": ANNA, **options}))


def eventually(holds: Callable[[], bool]) -> None:
    """Waits until something holds."""
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until, "it never holds"
        time.sleep(0.001)


# Whatever the resolver is and whoever drives it, it is the same.
EVERY_WAY = pytest.mark.parametrize("way", [ask, ask_async], ids=["blocking", "asyncio"])
EVERY_KIND = pytest.mark.parametrize("kind", [Asked, AskedAsync], ids=["function", "coroutine"])


@EVERY_WAY
@EVERY_KIND
def test_nobody_is_asked_for_what_does_not_matter(way: Callable[..., placet.Answer], kind: type[Asked]) -> None:
    consent, consents = resolver("consent", {"consent": "granted"}, kind)
    person, people = resolver("person", {"subject.age": 30}, kind)
    objection, objections = resolver("objection", {"objected": False}, kind)
    engine = placet.Engine(SHOP, [consent, person, objection])

    def counts() -> tuple[int, int, int]:
        return len(consents), len(people), len(objections)

    assert way(engine, {"purpose": "deliver"}).origins == () and counts() == (0, 0, 0)
    assert way(engine, {"purpose": "improve"}) and counts() == (0, 0, 1)
    # What the request gives, nobody is asked for.
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


def test_what_is_cheap_for_what_it_settles_is_asked_first() -> None:
    for cost_of_consent, cost_of_age, first in [(1, 5, "consent"), (5, 1, "person")]:
        consent, _ = resolver("consent", {"consent": "refused"}, cost=cost_of_consent)
        person, _ = resolver("person", {"subject.age": 3}, cost=cost_of_age)
        answer = ask(placet.Engine(SHOP, [consent, person]), {**MARKETING, "objected": False})
        assert answer.effect is placet.Effect.DENY
        # Either of them settles it.
        assert [origin.resolver for origin in answer.origins] == [first]


def test_obligations_are_fetched_for_where_they_are_wanted() -> None:
    person, people = resolver("person", {"subject.age": 17})
    engine = placet.Engine(SHOP, [person])
    answer = ask(engine, {"purpose": "deliver"})
    assert not answer.decision.obligations[0].certain and len(people) == 0
    answer = ask(engine, {"purpose": "deliver"}, depth="obligations")
    assert answer.decision.obligations[0].certain and len(people) == 1


@EVERY_WAY
@EVERY_KIND
def test_what_is_kept_is_not_fetched_until_it_is_forgotten(
    way: Callable[..., placet.Answer], kind: type[Asked]
) -> None:
    person, people = resolver("person", ALL, kind, time_to_live=dt.timedelta(minutes=1))
    engine = placet.Engine(SHOP, [person])
    assert way(engine) and way(engine) and len(people) == 1 and engine.cached == 1
    assert {origin.source for origin in way(engine).origins} == {"cached"}
    assert way(engine, keys={"subject.id": "bert"}) and len(people) == 2
    people.facts = {**ALL, "consent": "refused"}
    engine.forget("subject.id", "anna")
    assert not way(engine) and len(people) == 3
    assert way(engine, keys={"subject.id": "bert"}) and len(people) == 3
    engine.forget_all()
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


def test_values_are_those_of_requests() -> None:
    assert TYPES.decide(VALUES)
    engine = placet.Engine(TYPES, [placet.Resolver("all", lambda _: VALUES, serves=list(VALUES))])
    assert engine.decide() and len(engine.decide().origins) == len(VALUES)
    # One after the other, step by step.
    progress = TYPES.begin()
    for name, value in VALUES.items():
        progress.give(name, value)
    assert progress.decision
    # What is None is not known.
    engine = placet.Engine(TYPES, [placet.Resolver("all", lambda _: {**VALUES, "day": None}, serves=list(VALUES))])
    answer = engine.decide()
    assert answer.decision.missing == ("day",) and answer.failures == ()


def test_keys_are_what_python_means_by_them() -> None:
    asked = Asked({"yes": True})
    names = [*(name for name in VALUES if name != "yes"), "number", "tenant"]
    engine = placet.Engine(TYPES, [placet.Resolver("yes", asked, serves=["yes"], keys=names, time_to_live=60)])
    given = {name: value for name, value in VALUES.items() if name != "yes"}
    keys = {"number": 7, "tenant": "t", "nobody": None}
    assert engine.decide(given, keys=keys)
    at = dt.datetime(2026, 1, 15, 10, 0, 0, 1, dt.timezone.utc)
    expected = {**given, "share": 0.25, "country": "DE", "some": frozenset({"x", "y"}), "at": at}
    assert asked.keys == [{**expected, "number": 7, "tenant": "t"}]
    assert asked.keys[0]["at"].utcoffset() == dt.timedelta(0)
    # Forgotten by any of them, as any of the objects that mean it.
    for name, value in [*expected.items(), *given.items(), ("number", 7)]:
        before = len(asked)
        engine.forget(name, value)
        assert engine.decide(given, keys=keys) and len(asked) == before + 1, name
    engine.forget("number", 8)
    before = len(asked)
    assert engine.decide(given, keys=keys) and len(asked) == before
    with pytest.raises(TypeError):
        engine.forget("number", None)


def fail(error: BaseException) -> Fetch:
    def fetch(_: dict[str, Any]) -> Any:
        raise error

    return fetch


def gives(facts: Any) -> Fetch:
    return lambda _: facts


FAULTS: list[tuple[str, Fetch, str, str]] = [
    ("an exception", fail(OSError("the store is down")), "failed", "the store is down"),
    ("without words", fail(ValueError()), "failed", "ValueError"),
    ("an exit", fail(SystemExit(3)), "failed", "3"),
    ("no mapping", gives([("consent", "granted")]), "failed", "a resolver gives a mapping of attributes to values"),
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
def test_a_failure_leaves_its_attributes_missing_and_says_why(
    way: Callable[..., placet.Answer], is_async: bool, fetch: Fetch, why: str, message: str
) -> None:
    async def coroutine(key: dict[str, Any]) -> Any:
        try:
            return fetch(key)
        except SystemExit as error:  # It would end the loop, as it should.
            raise RuntimeError(*error.args) from error

    engine = faulty(coroutine if is_async else fetch)
    for _ in range(2):
        answer = way(engine)
        assert answer.effect is placet.Effect.INDETERMINATE and not answer
        # As exact as the same request without a resolver.
        assert answer.decision.missing == ("consent", "objected", "subject.age") and answer.origins == ()
        (failure,) = answer.failures
        assert (failure.resolver, failure.why) == ("faulty", why) and message in failure.message
        assert "<object" not in str(failure) and "151" not in str(failure), "values are nobody's business"
        assert str(failure).startswith("the resolver `faulty` ")
        assert engine.cached == 0, "errors are not kept"
    assert engine.counts()["faulty"].failures == 2


def test_who_is_late_is_not_waited_for() -> None:
    release = threading.Event()
    engine = faulty(lambda _: release.wait(20) and ALL, timeout=0.02)
    try:
        (failure,) = ask(engine).failures
        assert (failure.why, failure.message) == ("late", "had not answered after 20 ms")
        (failure,) = ask_async(engine).failures
        assert failure.why == "late" and engine.counts()["faulty"].late == 2
    finally:
        release.set()


def test_a_coroutine_that_is_late_is_cancelled() -> None:
    ended: list[str] = []

    async def never(_: dict[str, Any]) -> Any:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    engine = faulty(never, timeout=dt.timedelta(milliseconds=20))
    assert ask_async(engine).failures[0].why == "late" and ended == ["cancelled"]
    # On a loop of its own too.
    assert ask(engine).failures[0].why == "late"
    eventually(lambda: len(ended) == 2)


def test_a_default_is_no_answer_of_a_resolver() -> None:
    objection, _ = resolver("objection", {"objected": True})
    assert ask(placet.Engine(SHOP, [objection]), {"purpose": "improve"}).effect is placet.Effect.DENY
    # One that says nothing of an attribute leaves it missing, whatever its default.
    silent = placet.Resolver("objection", gives({}), serves=["objected"])
    answer = ask(placet.Engine(SHOP, [silent]), {"purpose": "improve"})
    assert answer.effect is placet.Effect.INDETERMINATE and answer.failures == ()


def test_a_key_may_come_from_another_resolver() -> None:
    age = placet.Resolver(
        "age",
        lambda key: {"subject.age": 30 if key["country"] == "DE" else 3},
        serves=["subject.age"],
        keys=["country"],
    )
    home, homes = resolver("home", {"country": "DE"})
    engine = placet.Engine(SHOP, [age, home])
    request = {**MARKETING, "consent": "granted", "objected": False}
    assert ask(engine, request) and len(homes) == 1
    # Without the key there is nobody to ask.
    (failure,) = engine.decide(request).failures
    assert (failure.why, failure.name) == ("no_key", "subject.id")


def test_resolvers_that_do_not_fit_together_are_refused() -> None:
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


def test_what_a_resolver_is() -> None:
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


def test_erroneous_requests_are_errors_of_the_language() -> None:
    engine = faulty(gives(ALL))
    for request, code in [({"purpose": "fly"}, "outside_domain"), ({"purpos": "deliver"}, "unknown_attribute")]:
        for way in (ask, ask_async):
            with pytest.raises(placet.RequestError) as raised:
                way(engine, request)
            assert raised.value.code == code
    assert engine.decide({"trace": 7}, keys=ANNA, ignore_unknown=True, purpose="deliver")
    door = placet.Policy.from_text("policy door request { key: bool required } rule open { allow when key }")
    opens = placet.Engine(door, [placet.Resolver("key", gives({"key": True}), serves=["key"])])
    assert ask(opens, {}) and ask_async(opens, {})
    for fetch in (fail(OSError("down")), AskedAsync({})):
        engine = placet.Engine(door, [placet.Resolver("key", fetch, serves=["key"])])
        for way in (ask, ask_async):
            with pytest.raises(placet.RequestError) as raised:
                way(engine, {})
            assert raised.value.code == "required_attribute"


def test_a_policy_that_is_swapped_in_is_asked_for_what_it_knows() -> None:
    person, people = resolver("person", {"subject.age": 30, "consent": "granted", "score": 7}, time_to_live=60)
    engine = placet.Engine(SHOP, [person])
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
    # What was kept is checked anew: a score of 7 is none for the new policy.
    answer = ask(engine, {})
    assert (answer.effect, answer.policy_hash, answer.version) == ("indeterminate", scored.hash, "2")
    assert (answer.failures[0].why, answer.failures[0].name) == ("unfit", "score") and len(people) == 1


def test_an_answer_as_a_dict() -> None:
    engine = placet.Engine(
        SHOP,
        [
            resolver("person", {"subject.age": 3})[0],
            placet.Resolver("other", fail(OSError("down")), serves=["objected"]),
        ],
    )
    answer = ask(engine, {**MARKETING, "consent": "granted"})
    told = answer.to_dict()
    assert told.items() >= answer.decision.to_dict().items()
    assert told["policy"] == {"version": "1", "hash": SHOP.hash} and answer.elapsed > 0
    assert told["origins"] == [{"attribute": "subject.age", "resolver": "person", "source": "fetched"}]
    assert told["effect"] == "deny" and repr(answer).startswith("<Answer deny")


# ------------------------------------------------------------------------------------------------- one fetch for all


class Gate:
    """A fetch that is held until it is let go, and counts how many began."""

    def __init__(self) -> None:
        self.begun = 0
        self.open = threading.Event()

    def __call__(self, _: dict[str, Any]) -> Mapping[str, Any]:
        self.begun += 1
        assert self.open.wait(20)
        return ALL


def test_threads_that_ask_for_the_same_share_a_fetch() -> None:
    gate = Gate()
    engine = faulty(gate, timeout=30)
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(ask, engine) for _ in range(8)]
        eventually(lambda: engine.counts()["faulty"].shared == 7)
        gate.open.set()
        assert all(answer.result() for answer in answers)
    assert gate.begun == 1 and engine.counts()["faulty"].fetches == 1


def test_tasks_that_ask_for_the_same_share_a_fetch() -> None:
    begun = 0

    async def fetch(_: dict[str, Any]) -> Mapping[str, Any]:
        nonlocal begun
        begun += 1
        await asyncio.sleep(0.01)
        return ALL

    async def main(engine: placet.Engine) -> None:
        tasks = [asyncio.create_task(engine.decide_async(MARKETING, keys=ANNA)) for _ in range(500)]
        assert all(await asyncio.gather(*tasks))

    engine = faulty(fetch)
    asyncio.run(main(engine))
    assert begun == 1 and engine.counts()["faulty"].shared == 499


def test_many_at_once_wait_side_by_side() -> None:
    waiting, most = 0, 0

    async def fetch(key: dict[str, Any]) -> Mapping[str, Any]:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        await asyncio.sleep(0.05)
        waiting -= 1
        return {**ALL, "consent": "granted" if int(key["subject.id"]) % 2 else "refused"}

    async def main() -> None:
        engine = faulty(fetch, timeout=30)
        asks = [engine.decide_async(MARKETING, keys={"subject.id": str(number)}) for number in range(1_000)]
        answers = await asyncio.gather(*asks)
        assert [bool(answer) for answer in answers] == [number % 2 == 1 for number in range(1_000)]

    asyncio.run(main())
    assert most > 900, "they don't wait for each other"


def test_functions_and_coroutines_side_by_side_on_a_loop() -> None:
    async def age(_: dict[str, Any]) -> Mapping[str, Any]:
        await asyncio.sleep(0)
        return {"subject.age": 30}

    def rest(_: dict[str, Any]) -> Mapping[str, Any]:
        time.sleep(0.001)
        return {"consent": "granted", "objected": False}

    engine = placet.Engine(
        SHOP,
        [
            placet.Resolver("age", age, serves=["subject.age"], keys=["subject.id"]),
            placet.Resolver("rest", rest, serves=["consent", "objected"], keys=["subject.id"]),
        ],
    )

    async def main() -> None:
        asks = [engine.decide_async(MARKETING, keys={"subject.id": number}) for number in range(200)]
        assert all(await asyncio.gather(*asks))

    asyncio.run(main())
    assert ask(engine)


# ---------------------------------------------------------------------------------------------------- what is forgotten


@EVERY_WAY
@EVERY_KIND
def test_a_fetch_that_began_before_is_not_used_after(way: Callable[..., placet.Answer], kind: type[Asked]) -> None:
    """A withdrawal that comes while consent is on its way counts for whoever asks later."""
    store = {"consent": "granted"}
    reading, read = threading.Event(), threading.Event()

    def held(_: dict[str, Any]) -> Mapping[str, Any]:
        facts = {**ALL, **store}
        if facts["consent"] == "granted":
            reading.set()
            assert read.wait(20)
        return facts

    async def held_async(key: dict[str, Any]) -> Mapping[str, Any]:
        return await asyncio.to_thread(held, key)

    engine = faulty(held if kind is Asked else held_async, timeout=30)
    with ThreadPoolExecutor(1) as pool:
        before = pool.submit(way, engine)
        assert reading.wait(20)
        store["consent"] = "refused"
        engine.forget("subject.id", "anna")
        assert not way(engine), "it is asked anew"
        read.set()
        before.result()
    assert not way(engine), "what came late was not kept"


def test_withdrawals_count_at_once_under_load() -> None:
    store = {str(subject): "granted" for subject in range(4)}
    wrong: list[str] = []
    done = threading.Event()

    def fetch(key: dict[str, Any]) -> Mapping[str, Any]:
        state = store[key["subject.id"]]
        time.sleep(0.0005)
        return {**ALL, "consent": state}

    engine = faulty(fetch)

    def read() -> None:
        while not done.is_set():
            for subject in store:
                ask(engine, keys={"subject.id": subject})

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for turn in range(200):
            subject, state = str(turn % 4), "refused" if turn // 4 % 2 == 0 else "granted"
            store[subject] = state
            engine.forget("subject.id", subject)
            if bool(ask(engine, keys={"subject.id": subject})) != (state == "granted"):
                wrong.append(f"{turn}: {subject} {state}")
        done.set()
        for reader in readers:
            reader.result()
    assert wrong == [] and engine.counts()["faulty"].hits > 0


# ------------------------------------------------------------------------------------------------------ who waits, how


def test_others_go_on_while_a_function_waits() -> None:
    gate = Gate()
    engine = faulty(gate, timeout=30)
    answers: list[placet.Answer] = []
    asking = threading.Thread(target=lambda: answers.append(ask(engine)))
    asking.start()
    # This thread goes on, though that one waits within the engine: it would not if that held the GIL.
    eventually(lambda: gate.begun == 1)
    assert not answers
    gate.open.set()
    asking.join()
    assert answers[0]


def test_a_loop_goes_on_while_a_function_waits() -> None:
    gate = Gate()
    engine = faulty(gate, timeout=30)

    async def main() -> bool:
        asked = asyncio.create_task(engine.decide_async(MARKETING, keys=ANNA))
        while not gate.begun:
            await asyncio.sleep(0.001)
        assert not asked.done()
        gate.open.set()
        return bool(await asked)

    assert asyncio.run(main())


def test_what_is_kept_is_answered_without_waiting() -> None:
    engine = faulty(AskedAsync(ALL))

    async def main() -> None:
        await engine.decide_async(MARKETING, keys=ANNA)
        others: list[str] = []
        asyncio.get_running_loop().call_soon(others.append, "another")
        assert (await engine.decide_async(MARKETING, keys=ANNA)).origins[0].source == "cached"
        assert others == [], "nothing else came in between"
        # So that even who blocks the loop may ask.
        assert engine.decide(MARKETING, keys=ANNA)

    asyncio.run(main())


def test_who_would_block_the_loop_that_is_needed_is_told() -> None:
    engine = faulty(AskedAsync(ALL))
    functions = faulty(gives(ALL))

    async def main() -> None:
        with pytest.raises(RuntimeError, match="decide_async"):
            engine.decide(MARKETING, keys=ANNA)
        assert engine.decide({"purpose": "deliver"}), "nobody is needed"
        assert functions.decide(MARKETING, keys=ANNA), "nor is a loop"
        # Also while the fetch is on its way.
        asked = asyncio.create_task(engine.decide_async(MARKETING, keys=ANNA))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="decide_async"):
            engine.decide(MARKETING, keys=ANNA)
        assert await asked
        assert await asyncio.to_thread(engine.decide, MARKETING, keys={"subject.id": "bert"}), "another thread may"

    asyncio.run(main())


def test_what_coroutine_functions_are() -> None:
    async def fetch(_: dict[str, Any]) -> Mapping[str, Any]:
        return ALL

    async def with_more(_more: int, key: dict[str, Any]) -> Mapping[str, Any]:
        return await fetch(key)

    class Store:
        async def find(self, key: dict[str, Any]) -> Mapping[str, Any]:
            return await fetch(key)

    for one in (fetch, functools.partial(with_more, 1), Store().find, AskedAsync(ALL)):
        assert ask(faulty(one)) and ask_async(faulty(one))


def test_resolvers_see_the_variables_of_who_asks() -> None:
    request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="nobody")
    seen = []

    async def one(_: dict[str, Any]) -> Mapping[str, Any]:
        await asyncio.sleep(0)
        seen.append(request_id.get())
        return {"consent": "granted"}

    async def other(_: dict[str, Any]) -> Mapping[str, Any]:
        seen.append(request_id.get())
        return {"subject.age": 30}

    engine = placet.Engine(
        SHOP, [placet.Resolver("one", one, serves=["consent"]), placet.Resolver("other", other, serves=["subject.age"])]
    )

    async def main(name: str) -> None:
        request_id.set(name)
        assert await engine.decide_async(MARKETING, objected=False)

    asyncio.run(main("first"))
    asyncio.run(main("second"))
    assert seen == ["first", "first", "second", "second"]


def test_cancelled_decisions_wedge_nothing() -> None:
    began, ended = 0, 0

    async def fetch(_: dict[str, Any]) -> Mapping[str, Any]:
        nonlocal began, ended
        began += 1
        try:
            await asyncio.sleep(0.02)
        except asyncio.CancelledError:
            ended += 1
            raise
        return ALL

    engine = faulty(fetch, timeout=30)

    async def main() -> None:
        ask = functools.partial(engine.decide_async, MARKETING, keys=ANNA)
        first = asyncio.create_task(ask())
        others = [asyncio.create_task(ask()) for _ in range(10)]
        await asyncio.sleep(0.001)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        # Those who waited for the same fetch it themselves.
        assert all(await asyncio.gather(*others)) and (began, ended) == (2, 1)
        engine.forget_all()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(ask(), 0.001)
        assert await ask(), "it can be asked again"

    asyncio.run(main())
    assert ended == 2


def test_functions_outlive_who_gave_them_up() -> None:
    gate = Gate()
    engine = faulty(gate, timeout=30)

    async def main() -> None:
        asked = asyncio.create_task(engine.decide_async(MARKETING, keys=ANNA))
        while not gate.begun:
            await asyncio.sleep(0.001)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked

    asyncio.run(main())
    gate.open.set()
    eventually(lambda: engine.cached == 1)
    assert ask(engine) and gate.begun == 1


def test_a_loop_that_is_closed_takes_its_decisions_along() -> None:
    async def never(_: dict[str, Any]) -> Any:
        await asyncio.Event().wait()

    engine = faulty(never, timeout=0.2)
    loop = asyncio.new_event_loop()
    asked = loop.create_task(engine.decide_async(MARKETING, keys=ANNA))
    loop.run_until_complete(asyncio.sleep(0.01))
    asked.cancel()
    loop.run_until_complete(asyncio.gather(asked, return_exceptions=True))
    loop.close()
    assert ask(engine).failures[0].why == "late"


# ------------------------------------------------------------------------------------------------------- its own limits


def test_it_belongs_to_its_process() -> None:
    engine = faulty(gives(ALL))
    for act in (lambda: pickle.dumps(engine), lambda: copy.copy(engine), lambda: copy.deepcopy(engine)):
        with pytest.raises(TypeError, match="an engine can't be pickled"):
            act()
    with pytest.raises(AttributeError):
        engine.other = 1  # type: ignore[attr-defined]
    assert repr(engine) == "<Engine shop [faulty]>"


FORK = """
import os, placet
policy = placet.Policy.from_text("policy p request { a: bool  b: bool } rule r { allow when a and b }")
make = lambda: placet.Engine(policy, [placet.Resolver("a", lambda _: {"a": True}, serves=["a"], time_to_live=60)])
def child(work):
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(work())
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(9)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
def refused():
    assert engine.decide(b=True), "what is kept is there"
    engine.forget_all()
    try:
        engine.decide(b=True)
    except RuntimeError as error:
        assert "forked" in str(error)
        return 7
engine = make()
assert child(lambda: 5 if engine.decide(b=True) else 6) == 5, "nothing has run before the fork"
assert engine.decide(b=True)
assert child(refused) == 7
assert engine.decide(b=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_forks_before_fetching_work_and_later_ones_are_told() -> None:
    ran = subprocess.run([sys.executable, "-W", "ignore", "-c", FORK], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr


ENDING = """
import sys, threading, time, placet
policy = placet.Policy.from_text("policy p request { a: bool } rule r { allow when a }")
def slow(key):
    time.sleep(0.3)
    print("ended", flush=True)
    return {"a": True}
engine = placet.Engine(policy, [placet.Resolver("a", slow, serves=["a"], timeout=0.01)])
assert engine.decide().failures[0].why == "late"
reloader = placet.watch(engine, sys.argv[1], on_report=lambda report: None)
"""


def test_the_interpreter_ends_well_while_a_function_runs(tmp_path: Path) -> None:
    (tmp_path / "p.placet").write_text("policy p request { a: bool } rule r { allow when a }")
    command = [sys.executable, "-W", "error", "-c", ENDING, str(tmp_path / "p.placet")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ended\n", "")


def test_what_nobody_holds_is_let_go() -> None:
    class Service:
        def __init__(self) -> None:
            self.engine = faulty(self.fetch)

        def fetch(self, _: dict[str, Any]) -> Mapping[str, Any]:
            return ALL

    service = Service()
    assert ask(service.engine)
    gone = weakref.ref(service)
    del service

    def is_gone() -> bool:
        gc.collect()
        return gone() is None

    # What fetched lets go of it when its thread does.
    eventually(is_gone)


def in_a_worker(number: int) -> bool:
    return bool(ask(faulty(gives(ALL)))) and number >= 0


def test_other_processes_have_engines_of_their_own() -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert all(pool.map(in_a_worker, range(4)))


# ------------------------------------------------------------------------------------------------------------ the log


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_answers_are_logged_without_values(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    person, _ = resolver("person", ALL, time_to_live=60)
    with placet.DecisionLog(path) as log:
        engine = placet.Engine(SHOP, [person], log=log)
        assert engine.log is log
        assert ask(engine) and ask_async(engine)
        for request in ({"purpose": "fly"}, {"purpos": "deliver"}):
            with pytest.raises(placet.RequestError):
                ask(engine, request)
        log.flush()
        first, second, *errors = lines(path)
        assert (first["effect"], first["rules"], first["policy"]["hash"]) == ("allow", ["marketing"], SHOP.hash)
        assert {origin["source"] for origin in first["resolved"]} == {"fetched"}
        assert {origin["source"] for origin in second["resolved"]} == {"cached"}
        assert [error["error"]["code"] for error in errors] == ["outside_domain", "unknown_attribute"]
        assert "anna" not in path.read_text() and "30" not in json.dumps(first["resolved"])
        counts = log.counts()
        assert (counts.written, counts.dropped, counts.failed, counts.write_errors, log.trouble) == (4, 0, 0, 0, None)
        path.rename(tmp_path / "older.jsonl")
        log.reopen()
        ask(engine)
    assert len(lines(path)) == 1
    ask(engine)
    assert log.counts().dropped == 1, "it is closed"


def test_shares_and_values_are_chosen(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    log = placet.DecisionLog(path, values=["purpose"], keep={"allow": 0.0, "deny": 1.0}, keep_errors=0)
    engine = placet.Engine(SHOP, log=log)
    assert engine.decide(purpose="deliver")
    assert not engine.decide({**MARKETING, "objected": True})
    with pytest.raises(placet.RequestError):
        engine.decide(purpose="fly")
    log.close()
    (line,) = lines(path)
    assert line["effect"] == "deny" and line["values"] == {"purpose": "marketing"}
    assert log.counts().sampled_out == 2
    with pytest.raises(OSError, match="can't be opened"):
        placet.DecisionLog(tmp_path / "nowhere" / "log")
    wrong: Any = {"perhaps": 1}
    with pytest.raises(ValueError, match="effect"):
        placet.DecisionLog(path, keep=wrong)
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(log)


LOGGING = """
import sys, placet
policy = placet.Policy.from_text("policy p request { a: bool } rule r { allow when a }")
log = placet.DecisionLog(sys.argv[1])
engine = placet.Engine(policy, log=log)
for _ in range(1000):
    engine.decide(a=True)
"""


def test_what_was_recorded_is_written_when_the_interpreter_ends(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", LOGGING, str(tmp_path / "log")], check=True, timeout=60)
    assert len(lines(tmp_path / "log")) == 1000


# --------------------------------------------------------------------------------------------------------------- reload


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "door.placet"
    path.write_text(door(18))
    yield path


def door(age: int, name: str = "age") -> str:
    rule = f"policy door request {{ age: int 0..150 }} rule adults {{ allow when {name} >= {age} }}"
    return rule + ' test "t" { given { age: 20 } expect allow }'


def test_a_policy_is_swapped_in_once_it_is_fit(file: Path) -> None:
    engine = placet.Engine(placet.Policy.from_file(file))
    reports: list[placet.ReloadReport] = []
    with placet.watch(engine, file, on_report=reports.append, events=False) as reloader:
        report = reloader.reload_now()
        assert (report.cause, report.outcome, report.swap, report.error) == ("call", "unchanged", None, None)
        assert report.difference() is None and report.diagnostics == () == report.failed_tests
        old = engine.policy
        file.write_text(door(16))
        report = reloader.reload_now()
        assert (
            report.outcome == "swapped" and report.swap and (report.swap.old, report.swap.new) == (old, engine.policy)
        )
        assert engine.decide(age=17) and report.elapsed > 0 and report.unwatched == ()
        difference = report.difference()
        assert difference and difference["effects"][0]["when"][0]["is"] == "16..17"
        # One that does not compile, and one whose test fails.
        file.write_text(door(14, "aeg"))
        report = reloader.reload_now()
        assert report.outcome == "kept" and report.error and "there is no attribute `aeg`" in report.error
        assert report.diagnostics[0].code == "P0304" and str(report).startswith("kept the policy so far")
        file.write_text(door(30))
        report = reloader.reload_now()
        assert report.outcome == "kept" and len(report.failed_tests) == 1 and "`t`" in report.failed_tests[0]
        assert engine.decide(age=17)
        counts = reloader.counts()
        assert (counts.swapped, counts.unchanged, counts.failed) == (1, 2, 2)
        eventually(lambda: len(reports) == 5)
        assert [report.cause for report in reports] == ["start", *["call"] * 4]
        with pytest.raises(TypeError, match="can't be pickled"):
            pickle.dumps(reloader)
    reloader.close()
    with pytest.raises(RuntimeError, match="closed"):
        reloader.reload_now()


def test_changes_are_noticed(file: Path) -> None:
    engine = placet.Engine(placet.Policy.from_file(file))
    with placet.watch(engine, str(file), quiet=0.01, poll=dt.timedelta(milliseconds=20)):
        file.write_text(door(10))
        eventually(lambda: bool(engine.decide(age=12)))


def test_a_watch_begins_with_what_the_file_says(file: Path) -> None:
    engine = placet.Engine(placet.Policy.from_text(door(1)))
    reloader = placet.watch(engine, file)
    assert not engine.decide(age=12)
    # Let go of, it ends.
    del reloader
    with pytest.raises(TypeError, match="on_report"):
        placet.watch(engine, file, on_report=7)  # type: ignore[arg-type]


def test_what_a_callback_raises_does_no_harm(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = placet.Engine(placet.Policy.from_file(file))
    raised: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: raised.append(unraisable.exc_value))

    def callback(report: placet.ReloadReport) -> None:
        raise ValueError(str(report))

    with placet.watch(engine, file, on_report=callback) as reloader:
        file.write_text(door(12))
        reloader.reload_now()
        assert engine.decide(age=12)
        eventually(lambda: len(raised) >= 2)
    assert all(isinstance(error, ValueError) for error in raised)
