"""Conversion of Python values, and the errors of rejected values."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import enum
import re
import types
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import pandas
import placet
import pydantic
import pytest

UTC = dt.timezone.utc


class Consent(enum.Enum):
    YES = "granted"
    NO = "refused"


class ConsentText(str, enum.Enum):
    YES = "granted"


class Age(enum.IntEnum):
    CHILD = 12


class Index:
    def __index__(self) -> int:
        return 12


class Text(str):
    pass


def seen(policy: placet.Policy, attribute: str, value: Any) -> str:
    """Returns the value as the policy read it, from the explanation of a rule that reads it."""
    page = policy.decide({attribute: value}).explain()
    line = next(line for line in page.splitlines() if line.startswith(f"  {attribute} is "))
    return line.removeprefix(f"  {attribute} is ").removesuffix(" (by default)")


def looking_at(kind: str, condition: str) -> placet.Policy:
    # Rules that always fire and read the value.
    return placet.Policy.from_text(
        f"policy p request {{ x: {kind}  on: bool default true }}"
        f"rule one {{ allow when on or {condition} }} rule other {{ allow when on or not ({condition}) }}"
    )


GOOD = [
    ("bool", "x", True, "true"),
    ("bool", "x", np.bool_(False), "false"),
    ("int", "x < 3", 12, "12"),
    ("int", "x < 3", Age.CHILD, "12"),
    ("int", "x < 3", Index(), "12"),
    ("int", "x < 3", np.int8(12), "12"),
    ("int", "x < 3", np.uint64(12), "12"),
    ("int", "x < 3", np.array(12), "12"),
    ("int", "x < 3", Decimal("12"), "12"),
    ("int", "x < 3", 2**63 - 1, "9223372036854775807"),
    ("int", "x < 3", -(2**63), "-9223372036854775808"),
    ("number", "x < 3", 1.5, "1.5"),
    ("number", "x < 3", 12, "12"),
    ("number", "x < 3", 2**70, "1180591620717411300000"),
    ("number", "x < 3", np.float32(1.5), "1.5"),
    ("number", "x < 3", np.float64(1.5), "1.5"),
    ("number", "x < 3", Decimal("0.1"), "0.1"),
    ("number", "x < 3", Decimal("1.5E+1"), "15"),
    ("number", "x < 3", Fraction(3, 2), "1.5"),
    ("number", "x < 3", -0.0, "0"),
    ("string", 'x is "a"', "héllo", '"héllo"'),
    ("string", 'x is "a"', Text("b"), '"b"'),
    ("string", 'x is "a"', np.str_("b"), '"b"'),
    ("{ granted, refused }", "x is granted", "refused", "refused"),
    ("{ granted, refused }", "x is granted", Consent.NO, "refused"),
    ("{ granted, refused }", "x is granted", ConsentText.YES, "granted"),
    ("set of { a, b, c }", "a in x", ["a", "b"], "{a, b}"),
    ("set of { a, b, c }", "a in x", ("b", "a", "b"), "{a, b}"),
    ("set of { a, b, c }", "a in x", {"b"}, "{b}"),
    ("set of { a, b, c }", "a in x", frozenset({"b", "c"}), "{b, c}"),
    ("set of { granted, refused }", "granted in x", [Consent.YES, ConsentText.YES], "{granted}"),
    ("set of string", '"a" in x', ["a", Text("b")], '{"a", "b"}'),
    ("set? of { a, b }", "a in x", [], "{}"),
    ("date", "x is 2026-01-15", dt.date(2026, 1, 16), "2026-01-16"),
    ("date", "x is 2026-01-15", dt.date.min, "0001-01-01"),
    ("date", "x is 2026-01-15", dt.date.max, "9999-12-31"),
    ("date", "x is 2026-01-15", "2026-01-16", "2026-01-16"),
    ("time", "x < 2026-01-15T00:00:00Z", dt.datetime(2026, 1, 15, tzinfo=UTC), "2026-01-15T00:00:00Z"),
    (
        "time",
        "x < 2026-01-15T00:00:00Z",
        dt.datetime(2026, 1, 15, 1, 2, 3, 4, dt.timezone(dt.timedelta(hours=-5))),
        "2026-01-15T06:02:03.000004Z",
    ),
    ("time", "x < 2026-01-15T00:00:00Z", dt.datetime.max.replace(tzinfo=UTC), "9999-12-31T23:59:59.999999Z"),
    ("duration", "x < 1 day", dt.timedelta(days=2), "2 days"),
    ("duration", "x < 1 day", dt.timedelta(days=-1, seconds=1), "-86399 seconds"),
    ("duration", "x < 1 day", 61, "61 seconds"),
    ("duration", "x < 1 day", Decimal("172800"), "2 days"),
]


@pytest.mark.parametrize(("kind", "condition", "value", "shown"), GOOD, ids=repr)
def test_decide_reads_every_value_type(kind: str, condition: str, value: Any, shown: str) -> None:
    assert seen(looking_at(kind, condition), "x", value) == shown


WRONG_TYPE = [
    ("flag", 1),
    ("flag", "true"),
    ("count", True),
    ("count", 18.0),
    ("count", "18"),
    ("count", Decimal("18.0")),
    ("count", np.bool_(True)),
    ("count", np.float32(18)),
    ("count", np.timedelta64(18, "ns")),
    ("count", np.array([18])),
    ("score", "1.5"),
    ("score", 1 + 2j),
    ("name", 5),
    ("name", b"text"),
    ("consent", Age.CHILD),
    ("kind", ["email"]),
    ("data", "email"),
    ("data", {"email": True}),
    ("data", ["email", 5]),
    ("data", [["email"]]),
    ("data", [None]),
    ("data", iter(["email"])),
    ("day", dt.datetime(2026, 1, 15, tzinfo=UTC)),
    ("day", dt.datetime(2026, 1, 15)),
    ("at", dt.date(2026, 1, 15)),
    ("at", np.datetime64("2026-01-15")),
    ("since", dt.time(1, 2)),
    ("since", np.timedelta64(1, "s")),
    ("since", "a while"),
    ("count", object()),
    ("count", {}),
]


@pytest.mark.parametrize(("attribute", "value"), WRONG_TYPE, ids=repr)
def test_decide_rejects_values_of_the_wrong_type(every_type: placet.Policy, attribute: str, value: Any) -> None:
    with pytest.raises(placet.RequestError) as raised:
        every_type.decide({"must": True, attribute: value})
    error = raised.value
    assert (error.code, error.attribute) == ("wrong_type", attribute), error
    assert error.expected == every_type.attributes[attribute].type
    assert f"`{attribute}`" in str(error) and error.expected in str(error)


OUTSIDE = [
    ("age", 151),
    ("age", -1),
    ("count", 2**63),
    ("count", -(2**63) - 1),
    ("count", 10**5000),
    ("score", float("nan")),
    ("score", float("inf")),
    ("score", Decimal("NaN")),
    ("score", Decimal("-Infinity")),
    ("score", 10**5000),
    ("score", 10**320),
    ("share", 1.5),
    ("name", "a lone \ud800 surrogate"),
    ("consent", "grantd"),
    ("consent", "\udfff"),
    ("kind", "nothing"),
    ("data", []),
    ("data", ["email", "nothing"]),
    ("labels", ["\ud800"]),
    ("at", dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-12)))),
    ("at", dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=12)))),
    ("since", dt.timedelta.max),
    ("since", dt.timedelta.min),
    ("since", 2**60),
    ("since", Decimal("0.0000001")),
    ("since", float("inf")),
]


@pytest.mark.parametrize(("attribute", "value"), OUTSIDE, ids=[f"{at}{i}" for i, (at, _) in enumerate(OUTSIDE)])
def test_allows_rejects_values_outside_their_domain(every_type: placet.Policy, attribute: str, value: Any) -> None:
    with pytest.raises(placet.RequestError) as raised:
        every_type.allows({"must": True, attribute: value})
    assert (raised.value.code, raised.value.attribute) == ("outside_domain", attribute), raised.value
    assert len(str(raised.value)) < 300


def test_datetime_without_a_zone_is_rejected_with_a_hint(every_type: placet.Policy) -> None:
    with pytest.raises(placet.RequestError, match="without a time zone is no instant") as raised:
        every_type.decide(must=True, at=dt.datetime(2026, 1, 15))
    assert raised.value.attribute == "at" and raised.value.code == "wrong_type"


HINTS: list[tuple[str, Any, str]] = [
    ("day", dt.datetime(2026, 1, 15, tzinfo=UTC), "a datetime is no date"),
    ("day", dt.datetime(2026, 1, 15), "a datetime is no date"),
    ("score", float("nan"), "give None for a value that is missing"),
    ("count", float("nan"), "give None for a value that is missing"),
    ("day", np.datetime64("2026-01-15"), "give its `.item()`"),
]


@pytest.mark.parametrize(("attribute", "value", "hint"), HINTS, ids=repr)
def test_rejected_values_have_a_hint(every_type: placet.Policy, attribute: str, value: Any, hint: str) -> None:
    with pytest.raises(placet.RequestError, match=re.escape(hint)) as raised:
        every_type.decide({"must": True, attribute: value})
    assert raised.value.attribute == attribute


def test_pandas_missing_values_are_none(every_type: placet.Policy) -> None:
    for attribute, value in (("day", pandas.NaT), ("at", pandas.NaT), ("age", pandas.NA), ("name", pandas.NA)):
        assert every_type.decide({"must": True, attribute: value}) == every_type.decide({"must": True, attribute: None})


def test_none_is_unknown_despite_a_default() -> None:
    policy = placet.Policy.from_text(
        'policy p request { country: string default "SG" } rule r { allow when country is "SG" }'
    )
    assert policy.allows() and policy.allows({})
    assert policy.decide(country=None).missing == ("country",)


def test_none_for_a_required_attribute_is_an_error(every_type: placet.Policy) -> None:
    for request in ({"must": None}, {}, None):
        with pytest.raises(placet.RequestError) as raised:
            every_type.decide(request)
        assert (raised.value.code, raised.value.attribute) == ("required_attribute", "must")


@dataclasses.dataclass
class Home:
    country: str = "SG"


@dataclasses.dataclass(frozen=True)
class Subject:
    age: int
    home: Home = dataclasses.field(default_factory=Home)
    count: ClassVar[int] = 3


@dataclasses.dataclass
class Slotted:
    __slots__ = ("must", "subject")
    must: bool
    subject: Subject


class SubjectModel(pydantic.BaseModel):
    age: int


class Model(pydantic.BaseModel):
    must: bool
    subject: SubjectModel
    consent: Consent | None = None


class OpenModel(pydantic.BaseModel, extra="allow"):
    must: bool


ADULTS: list[Any] = [
    {"must": True, "subject": {"age": 30}},
    {"must": True, "subject.age": 30},
    {"must": True, "subject": {"age": 30, "home": {"country": "SG"}}},
    {"must": True, "subject": {"age": 30, "home.country": "SG"}},
    {"must": True, "subject": Subject(30)},
    {"must": True, "subject": types.MappingProxyType({"age": 30})},
    collections.OrderedDict(must=True, subject=collections.UserDict(age=30)),
    collections.ChainMap({"must": True}, {"subject.age": 30}),
    Slotted(True, Subject(30)),
    Model(must=True, subject=SubjectModel(age=30)),
    OpenModel.model_validate({"must": True, "subject": {"age": 30}}),
]


@pytest.mark.parametrize("request_", ADULTS, ids=lambda value: type(value).__name__)
def test_decide_reads_every_kind_of_object(every_type: placet.Policy, request_: Any) -> None:
    decision = every_type.decide(request_)
    assert "adult" in decision.rules or decision.missing == ("age",), decision
    assert "subject.age is 30" in decision.explain()


def test_decide_merges_keywords_and_objects(every_type: placet.Policy) -> None:
    expected = every_type.decide({"must": True, "subject.age": 30, "age": 30})
    assert every_type.decide({"must": True}, subject={"age": 30}, age=30) == expected
    dotted: dict[str, Any] = {"subject.age": 30}
    assert every_type.decide({"must": True}, age=30, **dotted) == expected
    assert expected.rules == ("adult", "always")


@pytest.mark.parametrize(
    ("request_", "keywords", "attribute"),
    [
        ({"must": True}, {"must": True}, "must"),
        ({"subject": {"age": 3}}, {"subject.age": 3}, "subject.age"),
        ({"subject": {"age": 3}}, {"subject": {"home": {}}}, "subject"),
        ({"subject.age": 3, "subject": {"age": 3}}, {}, "subject.age"),
    ],
)
def test_decide_rejects_duplicate_attributes(
    every_type: placet.Policy, request_: Any, keywords: dict[str, Any], attribute: str
) -> None:
    with pytest.raises(placet.RequestError) as raised:
        every_type.decide(request_, **keywords)
    assert (raised.value.code, raised.value.attribute) == ("duplicate_attribute", attribute)


UNKNOWN: list[tuple[dict[Any, Any], str]] = [
    ({"agee": 3}, "agee"),
    ({"subject": {"agee": 3}}, "subject.agee"),
    ({"subject.agee": 3}, "subject.agee"),
    ({5: 3}, "5"),
    ({"\ud800": 3}, "'\\ud800'"),
    ({"": 3}, ""),
    ({("a",): 3}, "('a',)"),
]


@pytest.mark.parametrize(("request_", "attribute"), UNKNOWN, ids=repr)
def test_unknown_keys_are_errors_unless_ignored(
    every_type: placet.Policy, request_: dict[Any, Any], attribute: str
) -> None:
    with pytest.raises(placet.RequestError) as raised:
        every_type.decide(request_, must=True)
    assert (raised.value.code, raised.value.attribute) == ("unknown_attribute", attribute)
    ignoring = every_type.decide(request_, must=True, ignore_unknown=True)
    assert ignoring == every_type.decide(must=True)


def test_unknown_attribute_suggests_a_similar_name(every_type: placet.Policy) -> None:
    with pytest.raises(placet.RequestError, match="did you mean `subject.age`") as raised:
        every_type.decide(subject={"agee": 3})
    assert raised.value.expected == "subject.age"


@pytest.mark.parametrize("value", [5, "adult", [("age", 3)]])
def test_decide_rejects_a_value_in_place_of_a_group(every_type: placet.Policy, value: Any) -> None:
    for ignore in (False, True):
        with pytest.raises(placet.RequestError) as raised:
            every_type.decide(must=True, subject=value, ignore_unknown=ignore)
        assert (raised.value.code, raised.value.attribute) == ("unknown_attribute", "subject")


@pytest.mark.parametrize("value", [5, "text", [], True, Subject, object(), b"{}"])
def test_decide_rejects_other_objects(every_type: placet.Policy, value: Any) -> None:
    with pytest.raises(TypeError, match="a request is a mapping"):
        every_type.decide(value)


def test_decide_rejects_cyclic_and_deep_requests(every_type: placet.Policy) -> None:
    cycle: dict[str, Any] = {}
    cycle["subject"] = cycle
    with pytest.raises(placet.RequestError, match="subject.subject"):
        every_type.decide(cycle)
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"subject": deep}
    with pytest.raises(placet.RequestError, match="subject.subject"):
        every_type.decide(deep)
    members: list[Any] = []
    members.append(members)
    with pytest.raises(placet.RequestError) as raised:
        every_type.decide(must=True, data=members)
    assert raised.value.code == "wrong_type"
    # These values are too deep for `repr`.
    for _ in range(100_000):
        members = [members]
    with pytest.raises(placet.RequestError):
        every_type.decide(must=True, count=members)


def test_decide_raises_if_the_request_changes_meanwhile(every_type: placet.Policy) -> None:
    request: dict[str, Any] = {}

    class Growing:
        def __index__(self) -> int:
            request[f"key{len(request)}"] = 1
            return 5

    class Shrinking:
        def __index__(self) -> int:
            request.clear()
            return 5

    for value in (Growing(), Shrinking()):
        request.clear()
        request.update(must=True, count=value, age=30)
        with pytest.raises(RuntimeError, match="changed while it was read"):
            every_type.decide(request)


def test_decide_propagates_exceptions_of_values(every_type: placet.Policy) -> None:
    class Broken:
        def __index__(self) -> int:
            raise ZeroDivisionError

        def __repr__(self) -> str:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        every_type.decide(must=True, count=Broken())
    with pytest.raises(placet.RequestError, match="a value of `Broken`"):
        every_type.decide(must=True, data=[Broken()])


def test_values_may_reenter_the_policy(every_type: placet.Policy) -> None:
    class Asking:
        def __index__(self) -> int:
            assert every_type.allows({"must": True, "count": 1, "age": 40, "subject.age": 40})
            return 20

    decision = every_type.decide({"must": True, "count": Asking(), "age": 30, "subject.age": 30})
    assert decision.rules == ("adult", "always")
