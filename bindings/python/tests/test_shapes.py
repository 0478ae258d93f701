"""A policy that has learned the shape of its requests decides all of them as before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import placet
import pytest
from test_bound_policy import VALUES, answer, flat
from test_corpus import POLICIES, objects

DICTS = 300
"""More requests than a policy needs to learn their shape."""


def learned(policy: placet.Policy, request: dict[str, Any]) -> placet.Policy:
    """Returns an equal policy that has decided many requests of one shape."""
    other = placet.Policy.from_bytes(policy.to_bytes())
    for _ in range(DICTS):
        answer(lambda: other.allows(request))
    return other


def expected(policy: placet.Policy, request: dict[str, Any]) -> Any:
    decision = answer(lambda: policy.decide(request))
    return decision if isinstance(decision, tuple) else decision.effect


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_learned_policies_decide_the_corpus_like_decide(path: Path) -> None:
    policy = placet.Policy.from_file(path)
    shapes: dict[tuple[str, ...], dict[str, Any]] = {}
    requests: list[tuple[dict[str, Any], Any]] = []
    for request in objects(path):
        requests.append((request, expected(policy, request)))
        request = flat(policy, request)
        requests.append((request, expected(policy, request)))
        shapes.setdefault(tuple(request), request)
    assert shapes
    for request in sorted(shapes.values(), key=len)[-4:]:
        other = learned(policy, request)
        for question, effect in requests:
            assert answer(lambda: other.effect(question)) == effect, question


def test_learned_policies_take_each_value_like_decide(every_type: placet.Policy) -> None:
    shape = {name: values[0] for name, values in VALUES.items()}
    policy = learned(every_type, shape)
    for name, values in VALUES.items():
        for value in values:
            for request in (
                shape | {name: value},
                # Equal keys that are other objects, another order, and other names.
                {"".join(list(key)): given for key, given in (shape | {name: value}).items()},
                dict(reversed((shape | {name: value}).items())),
                {key: value for key, value in shape.items() if key != name},
                {key if key != name else "other": value for key, value in shape.items()},
                shape | {name: value, "other": 1},
            ):
                effect = expected(every_type, request)
                assert answer(lambda: policy.effect(request)) == effect, request
                assert answer(lambda: policy.effect(request, ignore_unknown=True)) == answer(
                    lambda: every_type.effect(request, ignore_unknown=True)
                )


def test_learned_policies_take_keywords_like_decide() -> None:
    policy = placet.Policy.from_text(
        "policy p request { age: int 0..150  member: bool } rule adults { allow when age >= 18 and member }"
    )
    for _ in range(DICTS):
        assert policy.allows(age=30, member=True)
    assert policy.allows(age=30, member=True) and policy.allows({"age": 30, "member": True})
    assert policy.allows({"age": 30}, member=True) and not policy.allows(member=True, age=3)
    assert policy.effect(age=None, member=True) == "indeterminate"
    with pytest.raises(placet.RequestError):
        policy.allows({"age": 30, "member": True}, member=True)
    with pytest.raises(placet.RequestError):
        policy.allows(age=151, member=True)


def test_learned_policies_raise_what_a_value_raises() -> None:
    policy = placet.Policy.from_text("policy p request { age: int 0..150 } rule adults { allow when age >= 18 }")
    request: dict[str, Any] = {"age": 30}
    policy = learned(policy, request)

    class Growing:
        def __index__(self) -> int:
            request["other"] = 1
            return 30

    class Broken:
        def __index__(self) -> int:
            raise ZeroDivisionError

    request["age"] = Growing()
    with pytest.raises(RuntimeError, match="changed while it was read"):
        policy.allows(request)
    with pytest.raises(ZeroDivisionError):
        policy.allows({"age": Broken()})
