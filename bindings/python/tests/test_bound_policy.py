"""Bound policies decide like `Policy.decide`, and binding names everything that doesn't fit."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Optional

import placet
import pydantic
import pytest
from test_corpus import POLICIES, objects


def answer(decide: Callable[[], Any]) -> Any:
    """Returns a decision or an effect, or the error of the request."""
    try:
        return decide()
    except placet.RequestError as error:
        return (str(error), error.code, error.attribute, error.expected)


def flat(policy: placet.Policy, request: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Returns a request with dotted names."""
    found: dict[str, Any] = {}
    for name, value in request.items():
        if isinstance(value, dict) and prefix + name not in policy.attributes:
            found |= flat(policy, value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_bound_policies_decide_the_corpus_like_decide(path: Path) -> None:
    policy = placet.Policy.from_file(path)
    asks: dict[tuple[str, ...], placet.BoundPolicy] = {}
    compared = 0
    for request in objects(path):
        request = flat(policy, request)
        names = tuple(request)
        try:
            ask = asks[names] if names in asks else asks.setdefault(names, policy.bind(*names))
        except placet.BindError:
            # An attribute is unknown, or a required one is missing: the request is an error, too. Only a group can be
            # None there.
            is_group = any(request[name] is None for name in names if name not in policy.attributes)
            assert is_group or isinstance(answer(lambda: policy.decide(request)), tuple)
            continue
        values = tuple(request.values())
        expected = answer(lambda: policy.decide(request))
        assert answer(lambda: ask.decide(*values)) == expected, request
        effect = expected if isinstance(expected, tuple) else expected.effect
        assert answer(lambda: ask.effect(*values)) == effect, request
        keywords = {name.replace(".", "_"): value for name, value in request.items()}
        assert answer(lambda: ask.effect(**keywords)) == effect, request
        if not isinstance(expected, tuple):
            assert ask(*values) is bool(expected)
        compared += 1
    assert compared > 0


VALUES: dict[str, list[Any]] = {
    "flag": [True, False, None, 1, "true"],
    "count": [0, -(2**63), 2**63 - 1, 2**63, -(2**70), True, 1.0, "1", Decimal(1), None],
    "age": [0, 12, 13, 150, 151, -1, None, "12"],
    "score": [0, 0.5, -1e300, float("nan"), float("inf"), 2**80, Decimal("0.1"), None, "1", True],
    "share": [0, 1, 0.5, 1.5, -0.0, None],
    "name": ["", "a", "\ud800", "\0", uuid.UUID(int=1), 1, None],
    "consent": ["granted", "refused", "".join(["gran", "ted"]), "other", "", "\ud800", 1, None, ["granted"]],
    "kind": ["email", "contact", "clicks", "Data", "x", None],
    "data": [["email"], [], ("contact", "clicks"), {"email", "phone"}, ["email", "x"], ["email", 1], "email", None],
    "some": [[], ["x"], frozenset("xy"), ["x", "x"], ["".join(["", "y"])], {"x": 1}, None],
    "labels": [[], ["a"], ["a", "b"], ("a", 1), None],
    "day": [dt.date(2026, 1, 1), "2026-01-01", "2026-02-30", dt.datetime(2026, 1, 1), 1, None],
    "at": [dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc), dt.datetime(2026, 1, 1), "2026-01-01T00:00:00Z", "x", None],
    "since": [dt.timedelta(days=1), dt.timedelta.max, 5, 0.5, "P1D", "x", None],
    "subject.age": [12, 13, None, 200],
    "subject.home.country": ["SG", None],
    "must": [True, False, None, 0],
    "country": ["DE", None, 7],
}


def test_bound_policies_take_each_type_of_value_like_decide(every_type: placet.Policy) -> None:
    assert VALUES.keys() == every_type.attributes.keys()
    ask = every_type.bind(*VALUES)
    assert ask.attributes == tuple(VALUES)
    base = {name: values[0] for name, values in VALUES.items()}
    for name, values in VALUES.items():
        for value in values:
            request = base | {name: value}
            expected = answer(lambda: every_type.decide(request))
            assert answer(lambda: ask.decide(*request.values())) == expected, (name, value)
            effect = expected if isinstance(expected, tuple) else expected.effect
            assert answer(lambda: ask.effect(*request.values())) == effect, (name, value)
            pair = every_type.bind("must", name) if name != "must" else every_type.bind(name)
            request = {"must": True, name: value}
            assert answer(lambda: pair.effect(*request.values())) == answer(lambda: every_type.effect(request)), (name, value)


class Consent(enum.Enum):
    GRANTED = "granted"
    REFUSED = "refused"


class Kind(str, enum.Enum):
    EMAIL = "email"
    CONTACT = "contact"


@dataclasses.dataclass
class Home:
    country: Optional[str] = "SG"


@dataclasses.dataclass
class Subject:
    age: Optional[int] = None
    home: Optional[Home] = dataclasses.field(default_factory=Home)


@dataclasses.dataclass
class Ask:
    must: bool
    consent: Optional[Consent] = None
    kind: Optional[Kind] = None
    data: list[Kind] = dataclasses.field(default_factory=lambda: [Kind.EMAIL])
    some: frozenset[Literal["x", "y"]] = frozenset()
    subject: Optional[Subject] = dataclasses.field(default_factory=Subject)
    day: Optional[dt.date] = None
    age: Any = None


@dataclasses.dataclass
class More(Ask):
    flag: bool = True


def test_instances_decide_like_decide(every_type: placet.Policy) -> None:
    ask = every_type.bind(Ask)
    assert "subject.home.country" in ask.attributes
    for instance in [
        Ask(True),
        Ask(False, Consent.GRANTED, Kind.CONTACT, [Kind.EMAIL, Kind.CONTACT], frozenset(["x"]), age=30),
        Ask(True, subject=Subject(age=12)),
        Ask(True, subject=None),
        Ask(True, subject=Subject(age=20, home=None)),
        Ask(True, "granted", "phone", ["clicks"], ["y"], {"age": 20}),  # type: ignore[arg-type, list-item]
        Ask(True, "other"),  # type: ignore[arg-type]
        Ask(True, age=151),
        Ask(None),  # type: ignore[arg-type]
        Ask(True, data=[]),
        More(True, subject=Subject(age=20)),
    ]:
        expected = answer(lambda: every_type.decide(instance))
        assert answer(lambda: ask.decide(instance)) == expected, instance
        effect = expected if isinstance(expected, tuple) else expected.effect
        assert answer(lambda: ask.effect(instance)) == effect, instance
    incomplete = Subject()
    del incomplete.home
    with pytest.raises(AttributeError):
        ask(Ask(True, subject=incomplete))
    with pytest.raises(ZeroDivisionError):
        ask(Ask(True, age=type("Raises", (), {"__index__": lambda self: 1 // 0})()))
    for wrong in [(), ({"must": True},), (Ask(True), Ask(True))]:
        with pytest.raises(TypeError, match="one instance of `Ask`"):
            ask(*wrong)
    with pytest.raises(TypeError, match="one instance of `Ask`"):
        ask(Ask(True), age=3)


def test_models_of_pydantic_decide_like_decide(every_type: placet.Policy) -> None:
    class Person(pydantic.BaseModel):
        age: int

    class Model(pydantic.BaseModel):
        must: bool
        subject: Person
        trace: str = ""

    with pytest.raises(placet.BindError, match="no attribute `trace`"):
        every_type.bind(Model)
    ask = every_type.bind(Model, ignore_unknown=True)
    assert ask.attributes == ("must", "subject.age")
    for age in (12, 30, 151):
        model = Model(must=True, subject=Person(age=age))
        expected = answer(lambda: every_type.effect(model, ignore_unknown=True))
        assert answer(lambda: ask.effect(model)) == expected

    class Open(pydantic.BaseModel, extra="allow"):
        must: bool

    with pytest.raises(TypeError, match="allows extra values"):
        every_type.bind(Open)


def test_bind_names_everything_that_does_not_fit(every_type: placet.Policy) -> None:
    with pytest.raises(placet.BindError) as names:
        every_type.bind("agee", "flag", "flag", "kind")
    assert [line.split(" (")[0] for line in names.value.mismatches] == [
        "the policy has no attribute `agee`; did you mean `age`?",
        "`flag` and `flag` are both `flag`",
        "`must` is required, and has no field",
    ]
    assert str(names.value) == "\n".join(names.value.mismatches)

    class Wrong(enum.Enum):
        YES = "granted"
        NO = "refusedd"

    @dataclasses.dataclass
    class Misfits:
        must: Optional[bool]
        age: str
        score: bool
        consent: Any
        data: list[int]
        day: dt.datetime
        countri: str

    Misfits.__annotations__ |= {"consent": Wrong}
    # Annotations that name local classes can't be evaluated, unless they are classes already.
    with pytest.raises(placet.BindError) as fields:
        every_type.bind(Misfits)
    prefix = f"{Misfits.__qualname__}."
    wrong = Wrong.__qualname__
    assert [line.split(" (policy")[0].replace(prefix, "") for line in fields.value.mismatches] == [
        "`must` may be missing, but `must` is required",
        "`age` is `str`, but `age` is int 0..150",
        "`score` is `bool`, but `score` is number",
        f"`consent` has no `refusedd` for a variant of `{wrong}`; did you mean `refused`?",
        "`day` is `datetime`, but `day` is date",
        "the policy has no attribute `countri` for `countri`; did you mean `country`?",
    ]
    for arguments in [(1,), ("age", Ask), (int,), (Ask, Ask)]:
        with pytest.raises(TypeError):
            every_type.bind(*arguments)  # type: ignore[arg-type]
    same = placet.Policy.from_text("policy p  request { a.b: bool  a_b: bool }  rule r { allow when a.b }")
    with pytest.raises(ValueError, match="have the same keyword `a_b`"):
        same.bind("a.b", "a_b")


def test_every_value_is_given_once(newsletter: placet.Policy) -> None:
    ask = newsletter.bind("purpose", "subject.age", "consent")
    assert ask("newsletter", 30, "granted") and ask("newsletter", consent="granted", subject_age=30)
    assert not ask("newsletter", 30, None)
    assert ask.decide("newsletter", 30, None).missing == ("consent",)
    assert repr(ask) == "<BoundPolicy newsletter: purpose, subject.age, consent>"
    with pytest.raises(TypeError, match="no value is given for `subject_age`, `consent`: give None"):
        ask("newsletter")
    with pytest.raises(TypeError, match="`purpose` is given twice"):
        ask("newsletter", 30, "granted", purpose="deliver")
    with pytest.raises(TypeError, match="`age` is the keyword of no bound attribute"):
        ask("newsletter", age=30, consent="granted", subject_age=30)
    with pytest.raises(TypeError, match="4 values are given for 3 attributes"):
        ask("newsletter", 30, "granted", 1)


def test_large_taxonomies_and_reentrant_values_decide_like_decide() -> None:
    names = [f"n{index}" for index in range(150)]
    text = f"policy p  taxonomy T {{ {' '.join(names)} }}  request {{ many: set of T  one: T  n: int }}"
    policy = placet.Policy.from_text(f"{text} rule r {{ allow when any many in {{n3, n149}} and one is n100 and n > 2 }}")
    ask = policy.bind("many", "one", "n")

    class Nested:
        def __index__(self) -> int:
            return 3 if ask([names[149]], names[100], 5) else 0

    for members in (["n3"], ["n2", "n70", "n149"], ["n70"], [names[149]]):
        for one in ("n100", "n99", None):
            for number in (3, 2, Nested()):
                request = {"many": members, "one": one, "n": number}
                assert ask.decide(*request.values()) == policy.decide(request)
                assert ask.effect(*request.values()) == policy.effect(request)
