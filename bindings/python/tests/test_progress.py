"""Decisions step by step: they end as the whole request does, and ask for nothing that could not matter."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import placet
import pytest
from test_corpus import CORPUS, POLICIES, Repeated, entries

SHOP = placet.Policy.from_text(
    """
    policy shop
    request {
      purpose: { deliver, marketing }
      consent: { granted, refused }
      subject.age: int 0..150
      objected: bool default false
      at: time
    }
    rule delivery { allow when purpose is deliver  oblige tell when subject.age < 18 }
    rule marketing { allow when purpose is marketing and consent is granted and subject.age >= 18 }
    rule objection { deny when objected and purpose is marketing }
    rule late { deny when at >= 2027-01-01T00:00:00Z and purpose is marketing }
    """
)


DEPTHS: tuple[Literal["effect", "obligations"], ...] = ("effect", "obligations")


def names(progress: placet.IncrementalDecision) -> list[str]:
    return [need.attribute for need in progress.dependencies()]


def test_what_still_matters_is_named() -> None:
    progress = SHOP.begin({"purpose": "marketing", "at": "2026-01-01T00:00:00Z"})
    assert names(progress) == ["consent", "subject.age"]
    assert all(0.0 <= need.settles <= 1.0 for need in progress.dependencies())
    assert progress.decision.effect is placet.Effect.INDETERMINATE
    progress.give("subject.age", 30)
    assert names(progress) == ["consent"] and repr(progress) == "<IncrementalDecision hangs on consent>"
    progress.give("consent", "granted")
    assert progress.dependencies() == () and progress.decision and progress.decision.rules == ("marketing",)
    assert "consent is granted" in progress.decision.explain()
    assert repr(progress) == "<IncrementalDecision allow>"


def test_what_settles_it_ends_it() -> None:
    progress = SHOP.begin(purpose="marketing")
    progress.give("consent", "refused")
    assert progress.dependencies() == () and progress.decision.effect is placet.Effect.DENY
    assert not SHOP.begin(purpose="deliver").dependencies()


def test_what_can_be_had_is_said() -> None:
    progress = SHOP.begin(purpose="marketing", pending=["consent"])
    assert progress.is_pending("consent") and not progress.is_pending("subject.age")
    progress.give("consent", "granted")
    assert progress.dependencies() == ()
    assert progress.decision.missing == ("at", "subject.age")
    # That nobody has looked yet says nothing, whatever the default.
    progress = SHOP.begin({"purpose": "marketing", "consent": "granted", "subject.age": 30}, pending=("objected",))
    assert names(progress) == ["objected"]
    with pytest.raises(placet.RequestError):
        SHOP.begin(pending=["consnt"])
    with pytest.raises(TypeError, match="one text"):
        SHOP.begin(pending="consent")


def test_what_is_withheld_stays_missing() -> None:
    progress = SHOP.begin({"purpose": "marketing", "at": None})
    for attribute in ("consent", "at"):
        progress.mark_unavailable(attribute)
        assert not progress.is_pending(attribute)
    progress.give("subject.age", 30)
    assert progress.dependencies() == ()
    assert progress.decision.missing == ("at", "consent")
    # None is what nobody knows.
    progress = SHOP.begin(purpose="marketing", subject={"age": 30}, at="2026-01-01T00:00:00Z")
    progress.give("consent", None)
    assert progress.dependencies() == () and progress.decision.missing == ("consent",)


def test_obligations_are_settled_where_they_are_wanted() -> None:
    assert not SHOP.begin(purpose="deliver", depth="effect").dependencies()
    progress = SHOP.begin({"purpose": "deliver"}, depth="obligations")
    assert names(progress) == ["subject.age"] and progress.decision
    progress.give("subject.age", 12)
    assert progress.dependencies() == () and progress.decision.obligations[0].certain
    with pytest.raises(ValueError, match="depth"):
        SHOP.begin(depth="both")  # type: ignore[arg-type]


def test_values_are_those_of_requests() -> None:
    progress = SHOP.begin(purpose="marketing")
    for name, value in [("consent", "maybe"), ("subject.age", 151), ("subject.age", 3.0), ("subject.age", object())]:
        with pytest.raises(placet.RequestError) as given:
            progress.give(name, value)
        with pytest.raises(placet.RequestError) as asked:
            SHOP.decide({name: value})
        assert str(given.value) == str(asked.value) and given.value.attribute == name
    with pytest.raises(placet.RequestError) as raised:
        progress.give("subject", {"age": 3})
    assert raised.value.code == "unknown_attribute"
    with pytest.raises(placet.RequestError) as raised:
        progress.mark_unavailable("agee")
    assert raised.value.code == "unknown_attribute"
    assert names(progress) == ["consent", "subject.age", "at"], "it is where it was"


def test_what_is_required_is_asked_for_first() -> None:
    policy = placet.Policy.from_text(
        "policy door request { key: bool required late: bool } rule open { allow when key and not late }"
    )
    progress = policy.begin()
    (need,) = progress.dependencies()
    assert (need.attribute, need.settles, repr(need)) == ("key", 1.0, "<Dependency key>")
    with pytest.raises(placet.RequestError):
        _ = progress.decision
    progress.give("key", False)
    assert progress.decision.effect is placet.Effect.DENY
    with pytest.raises(placet.RequestError) as raised:
        policy.begin(pending=["late"]).dependencies()
    assert raised.value.code == "required_attribute"


def flat(request: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in request.items():
        out |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return out


def requests(path: Path) -> Iterator[dict[str, Any]]:
    """The requests of a policy's corpus that JSON and dicts can hold."""
    name = "clauses" if path.stem == "privacy" else path.stem
    for line in (CORPUS / f"{name}.requests.jsonl").read_text().splitlines():
        try:
            request = json.loads(line, object_pairs_hook=entries)
        except (json.JSONDecodeError, Repeated):
            continue
        if isinstance(request, dict):
            yield flat(request)


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_any_split_and_any_order_end_as_the_whole_request(path: Path) -> None:
    policy = placet.Policy.from_file(path)
    known = policy.attributes
    chance = random.Random(7)
    ended = 0
    for whole in requests(path):
        try:
            expected = policy.decide(whole)
        except placet.RequestError:
            continue
        if expected.approximate:
            continue
        depth = chance.choice(DEPTHS)
        later = {key for key in whole if chance.random() < 0.5 and whole[key] is not None}
        given = {key: value for key, value in whole.items() if key not in later}
        obtainable = later | {key for key in known if key not in whole and known[key].default is None}
        progress = policy.begin(given, pending=obtainable, depth=depth)
        while needs := progress.dependencies():
            asked = chance.choice(needs).attribute
            assert asked in obtainable and progress.is_pending(asked)
            if asked in whole:
                progress.give(asked, whole[asked])
            else:
                progress.mark_unavailable(asked)
            assert not progress.is_pending(asked)
        came = progress.decision
        if came.approximate:
            continue
        assert came.effect is expected.effect, f"{whole}\nexpected {expected}\ncame     {came}"
        if depth == "obligations" and expected.effect is not placet.Effect.INDETERMINATE:
            assert set(came.obligations) == set(expected.obligations), whole
        ended += 1
    assert ended >= 10
