"""Incremental decisions: they end like the complete request, and depend on no irrelevant attribute."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Literal

import placet
import pytest
from test_corpus import POLICIES, objects

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


def names(incremental: placet.IncrementalDecision) -> list[str]:
    return [dependency.attribute for dependency in incremental.dependencies()]


def test_dependencies_names_unknown_attributes() -> None:
    incremental = SHOP.begin({"purpose": "marketing", "at": "2026-01-01T00:00:00Z"})
    assert names(incremental) == ["consent", "subject.age"]
    assert all(0.0 <= dependency.settles <= 1.0 for dependency in incremental.dependencies())
    assert incremental.decision.effect is placet.Effect.INDETERMINATE
    incremental.give("subject.age", 30)
    assert names(incremental) == ["consent"] and repr(incremental) == "<IncrementalDecision depends on consent>"
    incremental.give("consent", "granted")
    assert incremental.dependencies() == () and incremental.decision and incremental.decision.rules == ("marketing",)
    assert "consent is granted" in incremental.decision.explain()
    assert repr(incremental) == "<IncrementalDecision allow>"


def test_give_completes_a_decision() -> None:
    incremental = SHOP.begin(purpose="marketing")
    incremental.give("consent", "refused")
    assert incremental.dependencies() == () and incremental.decision.effect is placet.Effect.DENY
    assert not SHOP.begin(purpose="deliver").dependencies()


def test_begin_pending_limits_dependencies() -> None:
    incremental = SHOP.begin(purpose="marketing", pending=["consent"])
    assert incremental.is_pending("consent") and not incremental.is_pending("subject.age")
    incremental.give("consent", "granted")
    assert incremental.dependencies() == ()
    assert incremental.decision.missing == ("at", "subject.age")
    # A pending attribute is unknown, even if it has a default.
    incremental = SHOP.begin({"purpose": "marketing", "consent": "granted", "subject.age": 30}, pending=("objected",))
    assert names(incremental) == ["objected"]
    with pytest.raises(placet.RequestError):
        SHOP.begin(pending=["consnt"])
    with pytest.raises(TypeError, match="one text"):
        SHOP.begin(pending="consent")


def test_mark_unavailable_leaves_attributes_missing() -> None:
    incremental = SHOP.begin({"purpose": "marketing", "at": None})
    for attribute in ("consent", "at"):
        incremental.mark_unavailable(attribute)
        assert not incremental.is_pending(attribute)
    incremental.give("subject.age", 30)
    assert incremental.dependencies() == ()
    assert incremental.decision.missing == ("at", "consent")
    # None means unknown.
    incremental = SHOP.begin(purpose="marketing", subject={"age": 30}, at="2026-01-01T00:00:00Z")
    incremental.give("consent", None)
    assert incremental.dependencies() == () and incremental.decision.missing == ("consent",)


def test_begin_depth_obligations_settles_obligations() -> None:
    assert not SHOP.begin(purpose="deliver", depth="effect").dependencies()
    incremental = SHOP.begin({"purpose": "deliver"}, depth="obligations")
    assert names(incremental) == ["subject.age"] and incremental.decision
    incremental.give("subject.age", 12)
    assert incremental.dependencies() == () and incremental.decision.obligations[0].certain
    with pytest.raises(ValueError, match="depth"):
        SHOP.begin(depth="both")  # type: ignore[arg-type]


def test_give_raises_the_errors_of_decide() -> None:
    incremental = SHOP.begin(purpose="marketing")
    for name, value in [("consent", "maybe"), ("subject.age", 151), ("subject.age", 3.0), ("subject.age", object())]:
        with pytest.raises(placet.RequestError) as given:
            incremental.give(name, value)
        with pytest.raises(placet.RequestError) as asked:
            SHOP.decide({name: value})
        assert str(given.value) == str(asked.value) and given.value.attribute == name
    with pytest.raises(placet.RequestError) as raised:
        incremental.give("subject", {"age": 3})
    assert raised.value.code == "unknown_attribute"
    with pytest.raises(placet.RequestError) as raised:
        incremental.mark_unavailable("agee")
    assert raised.value.code == "unknown_attribute"
    assert names(incremental) == ["consent", "subject.age", "at"], "it is where it was"


def test_dependencies_begin_with_required_attributes() -> None:
    policy = placet.Policy.from_text(
        "policy door request { key: bool required late: bool } rule open { allow when key and not late }"
    )
    incremental = policy.begin()
    (dependency,) = incremental.dependencies()
    assert (dependency.attribute, dependency.settles, repr(dependency)) == ("key", 1.0, "<Dependency key>")
    with pytest.raises(placet.RequestError):
        _ = incremental.decision
    incremental.give("key", False)
    assert incremental.decision.effect is placet.Effect.DENY
    with pytest.raises(placet.RequestError) as raised:
        policy.begin(pending=["late"]).dependencies()
    assert raised.value.code == "required_attribute"


def flat(request: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in request.items():
        out |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return out


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_any_order_ends_like_the_complete_request(path: Path) -> None:
    policy = placet.Policy.from_file(path)
    known = policy.attributes
    chance = random.Random(7)
    ended = 0
    for whole in map(flat, objects(path)):
        try:
            expected = policy.decide(whole)
        except placet.RequestError:
            continue
        if expected.approximate:
            continue
        depth = chance.choice(DEPTHS)
        later = {key for key in whole if chance.random() < 0.5 and whole[key] is not None}
        given = {key: value for key, value in whole.items() if key not in later}
        pending = later | {key for key in known if key not in whole and known[key].default is None}
        incremental = policy.begin(given, pending=pending, depth=depth)
        while dependencies := incremental.dependencies():
            asked = chance.choice(dependencies).attribute
            assert asked in pending and incremental.is_pending(asked)
            if asked in whole:
                incremental.give(asked, whole[asked])
            else:
                incremental.mark_unavailable(asked)
            assert not incremental.is_pending(asked)
        came = incremental.decision
        if came.approximate:
            continue
        assert came.effect is expected.effect, f"{whole}\nexpected {expected}\ncame     {came}"
        if depth == "obligations" and expected.effect is not placet.Effect.INDETERMINATE:
            assert set(came.obligations) == set(expected.obligations), whole
        ended += 1
    assert ended >= 10
