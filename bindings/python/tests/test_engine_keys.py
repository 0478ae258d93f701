"""Keys of an engine: each has one type, and a name by which no resolver is keyed is an error."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import placet
import pytest

from asking import EVERY_KIND, EVERY_WAY, Asked, ask


def consents(attributes: str, version: str = "1") -> str:
    return f"""
    policy consents version "{version}"
    request {{ consent: {{ granted, refused }}  {attributes} }}
    rule consented {{ allow when consent is granted }}
    """


def policy(attributes: str = "") -> placet.Policy:
    return placet.Policy.from_text(consents(attributes))


def consent(*keys: str, kind: type[Asked] = Asked) -> tuple[placet.Resolver, Asked]:
    asked = kind({"consent": "granted"})
    return placet.Resolver("consents", asked, serves=["consent"], keys=keys, time_to_live=60, timeout=30), asked


@EVERY_WAY
@EVERY_KIND
def test_invalidate_rejects_unknown_names_and_other_types(way: Any, kind: type[Asked]) -> None:
    resolver, asked = consent("subject.id", kind=kind)
    engine = placet.Engine(policy(), [resolver], keys={"subject.id": int})

    def fetches() -> int:
        assert way(engine, {}, keys={"subject.id": 7})
        return len(asked)

    assert fetches() == 1 and fetches() == 1
    for key, value, code, message in [
        ("subject.id", "7", "wrong_type", "the key `subject.id` is an int, but the value is a text"),
        ("subject.id", 7.0, "wrong_type", "the key `subject.id` is an int, but the value is a number"),
        ("subject.id", True, "wrong_type", "the key `subject.id` is an int, but the value is a bool"),
        ("subject.id", None, "wrong_type", "the key `subject.id` has no value"),
        ("subject_id", 7, "unknown", "no resolver is keyed by `subject_id`; did you mean `subject.id`?"),
        ("consent", "granted", "unknown", "no resolver is keyed by `consent`"),
    ]:
        with pytest.raises(placet.InvalidKeyError) as raised:
            engine.invalidate(key, value)
        error = raised.value
        assert (error.code, error.key, str(error)) == (code, key, message)
        assert error.suggestion == ("subject.id" if key == "subject_id" else None)
    assert fetches() == 1, "nothing was invalidated"
    engine.invalidate("subject.id", 8)
    assert fetches() == 1
    engine.invalidate("subject.id", 7)
    assert fetches() == 2


@EVERY_WAY
def test_decide_rejects_unknown_keys_and_other_types(way: Any) -> None:
    engine = placet.Engine(policy("tenant: int 0..9"), [consent("subject.id", "tenant")[0]], keys={"subject.id": str})
    assert way(engine, {"tenant": 7}, keys={"subject.id": "anna"})
    for keys, code, expected in [
        ({"subject.id": 7}, "wrong_type", "a text"),
        ({"subject_id": "anna"}, "unknown", None),
        ({"subject.id": "anna", "tenant": "7"}, "wrong_type", "an int"),
        ({"subject.id": "anna", "tenant": 10}, "outside_domain", "int 0..9"),
    ]:
        with pytest.raises(placet.InvalidKeyError) as raised:
            way(engine, {"tenant": 7}, keys=keys)
        assert (raised.value.code, raised.value.expected) == (code, expected)


def test_keys_that_are_attributes_accept_their_values() -> None:
    resolver, asked = consent("tenant")
    engine = placet.Engine(policy("tenant: int 0..9"), [resolver])
    assert ask(engine, {"tenant": 7}, keys=None) and ask(engine, {}, keys={"tenant": 7}) and len(asked) == 1
    for value in ("7", 10):
        with pytest.raises(placet.InvalidKeyError):
            engine.invalidate("tenant", value)
    assert ask(engine, {"tenant": 7}, keys=None) and len(asked) == 1
    engine.invalidate("tenant", 7)
    assert ask(engine, {"tenant": 7}, keys=None) and len(asked) == 2


def test_engine_accepts_every_key_type() -> None:
    utc = dt.timezone.utc
    types: list[tuple[type, Any, Any]] = [
        (str, "anna", "anna"),
        (int, 7, 7),
        (float, 7, 7.0),
        (bool, True, True),
        (dt.date, dt.date(2026, 1, 15), dt.date(2026, 1, 15)),
        (
            dt.datetime,
            dt.datetime(2026, 1, 15, 10, tzinfo=utc),
            dt.datetime(2026, 1, 15, 12, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        ),
        (dt.timedelta, dt.timedelta(hours=1), dt.timedelta(minutes=60)),
        (frozenset, {"b", "a"}, frozenset({"a", "b"})),
        (set, ["b", "a", "b"], {"a", "b"}),
    ]
    for type_, value, same in types:
        resolver, asked = consent("id")
        engine = placet.Engine(policy(), [resolver], keys={"id": type_})
        assert ask(engine, {}, keys={"id": value}) and ask(engine, {}, keys={"id": same}) and len(asked) == 1, type_
        engine.invalidate("id", same)
        assert ask(engine, {}, keys={"id": value}) and len(asked) == 2, type_
    wrong: Any
    for wrong in (bytes, "str", object, None):
        with pytest.raises(TypeError, match="the type of the key `id`"):
            placet.Engine(policy(), [consent("id")[0]], keys={"id": wrong})


def test_engine_rejects_keys_without_a_source() -> None:
    for attributes, keyed_by, keys, code, suggestion, message in [
        ("", "subject.di", {"subject.id": str}, "unknown", "subject.id", "the resolver `consents` is keyed by `subject.di`"),
        ("purpose: string", "purposes", {}, "unknown", "purpose", "did you mean `purpose`"),
        ("purpose: string", "purpose", {"subject.id": str}, "unused", None, "no resolver is keyed by `subject.id`"),
        ("subject.id: int", "subject.id", {"subject.id": str}, "wrong_type", None, "an int, but declared as a text"),
    ]:
        with pytest.raises(placet.InvalidKeyError, match=message) as raised:
            placet.Engine(policy(attributes), [consent(keyed_by)[0]], keys=keys)
        assert (raised.value.code, raised.value.suggestion) == (code, suggestion)


def test_swap_rejects_a_policy_that_changes_a_key(tmp_path: Path) -> None:
    file = tmp_path / "consents.placet"
    file.write_text(consents("tenant: int 0..9"))
    resolver, asked = consent("tenant")
    engine = placet.Engine(placet.Policy.from_file(file), [resolver])
    for attributes, code in [("tenant: string", "wrong_type"), ("tenants: int", "unknown")]:
        with pytest.raises(placet.InvalidKeyError) as raised:
            engine.swap(policy(attributes))
        assert (raised.value.code, raised.value.key) == (code, "tenant")
    with placet.watch(engine, file, events=False) as reloader:
        assert ask(engine, {"tenant": 7}, keys=None)
        file.write_text(consents("tenant: string", "2"))
        report = reloader.reload_now()
        assert report.outcome == "kept" and "the key `tenant` is an int to the engine" in str(report)
        file.write_text(consents("tenant: int 0..20", "3"))
        assert reloader.reload_now().outcome == "swapped"
        assert ask(engine, {"tenant": 7}, keys=None) and len(asked) == 1
        with pytest.raises(placet.InvalidKeyError):
            engine.invalidate("tenant", "7")
        assert ask(engine, {"tenant": 7}, keys=None) and len(asked) == 1
        engine.invalidate("tenant", 7)
        assert ask(engine, {"tenant": 7}, keys=None) and len(asked) == 2


def test_invalidate_applies_to_a_running_fetch() -> None:
    store = {"consent": "granted"}
    reading, go_on = threading.Event(), threading.Event()

    def held(_: dict[str, Any]) -> Mapping[str, Any]:
        facts = dict(store)
        if facts["consent"] == "granted":
            reading.set()
            assert go_on.wait(20)
        return facts

    resolver = placet.Resolver("consents", held, serves=["consent"], keys=["subject.id"], time_to_live=60, timeout=30)
    engine = placet.Engine(policy("subject.id: int"), [resolver])
    with ThreadPoolExecutor(1) as pool:
        before = pool.submit(engine.decide, {"subject.id": 7})
        assert reading.wait(20)
        store["consent"] = "refused"
        with pytest.raises(placet.InvalidKeyError):
            engine.invalidate("subject.id", "7")
        engine.invalidate("subject.id", 7)
        assert not engine.decide(keys={"subject.id": 7})
        go_on.set()
        assert before.result(), "it had begun before"
    assert not engine.decide({"subject.id": 7})
