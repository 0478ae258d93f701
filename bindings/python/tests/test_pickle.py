"""Pickles and copies of decisions, answers and errors."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import pickle
import threading
import uuid
from typing import Any

import placet
import pyarrow
import pydantic
import pytest


def same(thing: Any) -> Any:
    """Returns an object after pickling, and checks that its copies are the object itself."""
    assert copy.copy(thing) is thing and copy.deepcopy([thing])[0] is thing
    return pickle.loads(pickle.dumps(thing))


def test_decisions_can_be_pickled_and_copied(every_type: placet.Policy, newsletter: placet.Policy) -> None:
    requests: list[dict[str, Any]] = [
        {"must": True, "age": 12, "kind": "contact", "data": ["email"], "labels": ["x"], "country": None},
        {"must": True, "day": dt.date(2026, 1, 1), "at": dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc), "since": 0.5},
        {"must": True, "subject": {"age": 12}, "score": 0.1, "name": "é", "some": [], "consent": "granted"},
    ]
    for request in requests:
        decision = every_type.decide(request)
        came = same(decision)
        assert came == decision and came.to_json() == decision.to_json() and came.explain() == decision.explain()
        assert [same(due) for due in came.obligations] == list(decision.obligations)
    # A pickle contains the policy once.
    decisions = [newsletter.decide(subject={"age": age}) for age in range(100)]
    assert pickle.loads(pickle.dumps(decisions)) == decisions
    assert len(pickle.dumps(decisions)) < len(pickle.dumps(decisions[0])) + 100 * 80


def test_tallies_can_be_pickled_and_copied(newsletter: placet.Policy) -> None:
    table = pyarrow.table({"subject.age": [36, 151], "purpose": ["deliver", "deliver"]})
    tally = newsletter.tally(table, on_error="null", rules=True)
    came = same(tally)
    assert came == tally and came.rules == tally.rules and came.faults[0].args == tally.faults[0].args


def test_policy_errors_can_be_pickled_and_copied() -> None:
    with pytest.raises(placet.PolicyError) as raised:
        placet.Policy.from_text("policy p request { a: { b } } rule r { allow when a is c }")
    error = raised.value
    for came in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert str(came) == str(error) and came.diagnostics == error.diagnostics
    assert same(error.diagnostics[0]) == error.diagnostics[0]


class Broken(Exception):
    """An exception that can be pickled, unless an argument can't."""


@dataclasses.dataclass
class Person:
    age: int | None
    trusted: bool = True


class Found(pydantic.BaseModel):
    subject: dict[str, Any]


POLICY = placet.Policy.from_text("""
policy p
request { subject.age: int  subject.trusted: bool  consent: { granted, refused } }
rule r { allow when subject.age >= 18 and subject.trusted and consent is granted }
""")


def asked(found: Any, consent: Any = None) -> placet.Answer:
    def fetch(_: dict[str, Any]) -> object:
        if isinstance(consent, BaseException):
            raise consent
        return {"consent": consent}

    engine = placet.Engine(
        POLICY,
        [
            placet.Resolver("person", lambda _: found, serves=["subject.age", "subject.trusted"], keys=["id"], timeout=30),
            placet.Resolver("consent", fetch, serves=["consent"], keys=["id"], timeout=30),
        ],
        keys={"id": str},
    )
    return engine.decide(keys={"id": "a"})


def test_pickled_answers_keep_exceptions_of_failures() -> None:
    error = Broken("no line")
    answer = asked({"subject.age": 30, "subject.trusted": True}, error)
    (failure,) = answer.failures
    assert failure.exception is error and failure.exception.__traceback__ is not None
    came = same(answer)
    assert (came.decision, came.origins, came.failures) == (answer.decision, answer.origins, answer.failures)
    assert (came.policy_hash, came.elapsed, came.to_dict()) == (answer.policy_hash, answer.elapsed, answer.to_dict())
    (gone,) = came.failures
    assert isinstance(gone.exception, Broken) and gone == failure and hash(gone) == hash(failure)
    # An exception that can't be pickled is left out; the failure remains.
    (failure,) = asked({"subject.age": 30, "subject.trusted": True}, Broken(threading.Lock())).failures
    assert isinstance(failure.exception, Broken)
    assert same(failure) == failure and same(failure).exception is None


@pytest.mark.parametrize(
    "found",
    [
        {"subject": {"age": 30, "trusted": True}},
        {"subject": Person(30)},
        {"subject.age": 30, "subject": {"trusted": True}},
        Found(subject={"age": 30, "trusted": True}),
    ],
    ids=["dict", "dataclass", "dotted and nested", "model"],
)
def test_resolvers_may_return_nested_objects(found: Any) -> None:
    answer = asked(found, "granted")
    assert answer and not answer.failures


def test_resolvers_may_return_null_groups() -> None:
    answer = asked({"subject": None}, "granted")
    assert answer.effect == "indeterminate" and not answer.failures
    (failure,) = asked({"subject.age": 30, "subject": Person(30)}, "granted").failures
    assert "`subject.age` is given twice" in failure.message and isinstance(failure.exception, TypeError)


def test_uuids_are_read_as_strings() -> None:
    one = uuid.UUID(int=1)
    keys: list[dict[str, Any]] = []
    policy = placet.Policy.from_text(
        f'policy p request {{ id: string  ids: set of string }} rule r {{ allow when id is "{one}" and "{one}" in ids }}'
    )
    assert policy.allows(id=one, ids=[one])

    def fetch(key: dict[str, Any]) -> dict[str, Any]:
        keys.append(key)
        return {}

    engine = placet.Engine(
        POLICY,
        [placet.Resolver("a", fetch, serves=["consent"], keys=["id"], timeout=30)],
        keys={"id": str},
    )
    engine.decide(keys={"id": one})
    assert keys == [{"id": str(one)}]


def test_package_has_a_version() -> None:
    assert placet.__version__.count(".") == 2
