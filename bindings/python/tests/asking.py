"""A shop's policy, resolvers, and helpers for tests of the engine."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
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
KEYS = {"subject.id": str}

Fetch = Callable[[dict[str, Any]], Any]


class Asked:
    """A resolver function that returns the same facts for every key, and records the keys."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.facts = facts
        self.keys: list[dict[str, Any]] = []

    def __call__(self, key: dict[str, Any]) -> Mapping[str, Any]:
        self.keys.append(key)
        return self.facts

    def __len__(self) -> int:
        return len(self.keys)


class AskedAsync(Asked):
    """Like `Asked`, as a coroutine."""

    async def __call__(self, key: dict[str, Any]) -> Mapping[str, Any]:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().__call__(key)


def resolver(
    name: str, facts: Mapping[str, Any], kind: type[Asked] = Asked, **options: Any
) -> tuple[placet.Resolver, Asked]:
    asked = kind(facts)
    return placet.Resolver(name, asked, serves=list(facts), **{"keys": ["subject.id"], "timeout": 30, **options}), asked


def faulty(fetch: Fetch, **options: Any) -> placet.Engine:
    """Creates an engine with one resolver for all attributes that a marketing decision depends on."""
    options = {"keys": ["subject.id"], "timeout": 30, "time_to_live": 60, **options}
    return placet.Engine(SHOP, [placet.Resolver("faulty", fetch, serves=list(ALL), **options)], keys=KEYS)


def ask(engine: placet.Engine, request: Mapping[str, Any] = MARKETING, **options: Any) -> placet.Answer:
    return engine.decide(request, **{"keys": ANNA, **options})


def ask_async(engine: placet.Engine, request: Mapping[str, Any] = MARKETING, **options: Any) -> placet.Answer:
    """Like `ask`, on a new event loop."""
    return asyncio.run(engine.decide_async(request, **{"keys": ANNA, **options}))


def eventually(holds: Callable[[], bool]) -> None:
    """Waits until a condition holds."""
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until, "it never holds"
        time.sleep(0.001)


# Blocking and asynchronous decisions must agree, for functions and for coroutines.
EVERY_WAY = pytest.mark.parametrize("way", [ask, ask_async], ids=["blocking", "asyncio"])
EVERY_KIND = pytest.mark.parametrize("kind", [Asked, AskedAsync], ids=["function", "coroutine"])


def fail(error: BaseException) -> Fetch:
    def fetch(_: dict[str, Any]) -> Any:
        raise error

    return fetch


def gives(facts: Any) -> Fetch:
    return lambda _: facts


class Gate:
    """A resolver function that blocks until it is released, and counts its calls."""

    def __init__(self) -> None:
        self.begun = 0
        self.open = threading.Event()

    def __call__(self, _: dict[str, Any]) -> Mapping[str, Any]:
        self.begun += 1
        assert self.open.wait(20)
        return ALL
